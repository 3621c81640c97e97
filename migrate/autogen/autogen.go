package autogen

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/migrate/rescue"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/migrate/status"
	"github.com/larder-db/larder/schema"
)

// Options say what a [Generator] works with.
type Options struct {
	// Engine is the database that tables are compared with. Without one they
	// are compared with what the history makes by itself.
	Engine *engine.Engine
	// Target is what tables are compared for where there is no Engine.
	Target *op.Target
	// Lineages are the histories, as for migrate.New.
	Lineages []history.Lineage
	// Lineage is the one that revisions are written for; empty is the only one.
	Lineage string
	// Dir has the source of the package that revisions are written to. What it
	// declares and Lineages lack was written since the program was built: a new
	// revision follows that, too. Empty looks at no source.
	Dir string
	// Layout says how revisions are written.
	Layout Layout
	// Notice, if not nil, is told what the comparison could not carry or read,
	// a sentence each.
	Notice func(text string)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Generator writes revisions of one lineage.
type Generator struct {
	o   Options
	set *history.Set
	m   *history.Member

	files   map[string]string // of revisions in Options.Dir, by id
	unbuilt []Declared        // those that the program was built without
}

// New checks the lineages and returns a generator. It does not touch the
// database.
func New(o Options) (*Generator, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Target == nil && o.Engine != nil {
		o.Target = &op.Target{Dialect: o.Engine.Dialect(), DDL: o.Engine.DDL()}
	}
	set, err := history.New(o.Lineages, o.Target)
	if err != nil {
		return nil, err
	}
	if o.Lineage != "" {
		if set, err = set.In(o.Lineage); err != nil {
			return nil, err
		}
	}
	m, err := set.Only()
	if err != nil {
		return nil, err
	}
	g := &Generator{o: o, set: set, m: m}
	return g, g.readDir()
}

// readDir adds the revisions that the program was built without.
func (g *Generator) readDir() error {
	if g.o.Dir == "" {
		return nil
	}
	declared, err := ReadDir(g.o.Dir)
	if err != nil {
		return err
	}
	g.files = map[string]string{}
	known := map[string]bool{}
	for _, m := range g.set.All() {
		for _, r := range m.Revisions {
			known[r.ID] = m == g.m
		}
	}
	for _, d := range declared {
		if _, built := known[d.ID]; !built {
			g.unbuilt = append(g.unbuilt, d)
		}
		g.files[d.ID] = d.File
	}
	if len(g.set.All()) > 1 {
		// Those that follow a revision of another lineage are of that one.
		g.unbuilt = slices.DeleteFunc(g.unbuilt, func(d Declared) bool {
			return slices.ContainsFunc(d.Down, func(id string) bool { own, built := known[id]; return built && !own })
		})
	}
	if len(g.unbuilt) == 0 {
		return nil
	}
	var more []history.Revision
	for _, d := range g.unbuilt {
		more = append(more, history.Revision{ID: d.ID, Down: d.Down, DependsOn: d.DependsOn, Labels: d.Labels, Doc: d.Doc})
	}
	if g.set, g.m, err = g.set.Extended(g.m, more...); err != nil {
		return dberr.WithOp(err, "the directory "+g.o.Dir)
	}
	return nil
}

// next is the revision to write. It follows no revision of which the source is
// gone, unless that is what the draft asks for.
func (g *Generator) next(d Draft) (revision.Revision, error) {
	rev, err := g.m.Graph.Next(d)
	if err != nil || len(d.Head) > 0 {
		return rev, err
	}
	some := slices.ContainsFunc(g.m.Revisions, func(r history.Revision) bool { return g.files[r.ID] != "" })
	for _, id := range rev.Down {
		if some && g.files[id] == "" {
			return rev, dberr.New(dberr.Invalid, "revision", "revision "+id+
				", which the new one would follow, is compiled into this program, and "+
				"no file of "+g.o.Dir+" holds it; build the program again, or say with --head what it follows")
		}
	}
	return rev, nil
}

// built refuses what needs the operations of revisions that the program was
// built without.
func (g *Generator) built() error {
	if len(g.unbuilt) == 0 {
		return nil
	}
	d := g.unbuilt[0]
	return dberr.New(dberr.Invalid, "revision",
		"revision "+d.ID+" ("+d.File+") was written since this program was built; build it again first")
}

// Draft says what a new revision is to be; see package revision.
type Draft = revision.Draft

// Revision is a new revision, as source.
type Revision struct {
	Revision revision.Revision
	File     string   // the name of the file: "3f2a9c1d4e5b_add_bio.go"
	Source   []byte   // gofmt's
	Name     string   // of the variable
	Changes  []string // what it does, one line each; empty for an empty one
	Loss     []string // what its way up destroys

	up []op.Op
}

// Empty writes a revision that does nothing yet. It is nil when Lineage.Revise
// drops it.
func (g *Generator) Empty(d Draft) (*Revision, error) {
	rev, err := g.next(d)
	if err != nil {
		return nil, err
	}
	return g.revise(&history.Directive{Revision: rev}, nil, nil)
}

// Merge writes a revision that joins heads. It is nil when Lineage.Revise drops
// it.
func (g *Generator) Merge(d Draft) (*Revision, error) {
	rev, err := g.m.Graph.Merge(d)
	if err != nil {
		return nil, err
	}
	return g.revise(&history.Directive{Revision: rev}, nil, nil)
}

// Autogenerate writes a revision that makes the database what the lineage
// declares, with a way back. It returns nil when there is nothing to change.
// The database must be at the head. What no comparison can tell is said with
// renames.
//
// Without an Engine it compares with what the history makes by itself. What a
// revision does in SQL of its own is not in that.
func (g *Generator) Autogenerate(ctx context.Context, d Draft, renames Renames) (*Revision, error) {
	if len(g.m.Tables) == 0 {
		return nil, dberr.New(dberr.Invalid, "revision",
			"lineage "+g.m.Name+" declares no tables to compare with; set Lineage.Tables")
	}
	if g.set.Target() == nil {
		return nil, dberr.New(dberr.Invalid, "revision",
			"tables are compared as one engine holds them; give an Engine or a Target")
	}
	if err := g.built(); err != nil {
		return nil, err
	}
	rev, err := g.next(d)
	if err != nil {
		return nil, err
	}
	before, renamed, changes, err := g.difference(ctx, renames)
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 && len(renames.ops()) == 0 {
		return nil, nil
	}
	x := &history.Directive{Revision: rev, Compared: true}
	var made *op.State
	if x.Upgrade, made = g.declaredOps(ctx, before, renames, changes); x.Upgrade == nil {
		x.Upgrade = append(renames.ops(), portable(g.m, op.FromChanges(changes, renamed.Tables()...))...)
	}
	if len(x.Upgrade) == 0 {
		return nil, nil
	}
	return g.revise(x, before, made)
}

// difference compares the lineage with the database, or with what the history
// makes: before, which renamed is with the renames carried out.
func (g *Generator) difference(ctx context.Context, renames Renames) (before, renamed *op.State,
	changes []schema.Change, err error) {
	if g.o.Engine == nil {
		before, err = g.made()
	} else if err = status.CheckHeads(ctx, g.o.Engine, g.set); err == nil {
		before, err = status.Live(ctx, g.o.Engine, g.set, g.m)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if g.o.Notice != nil {
		for _, t := range before.Tables() {
			for _, text := range t.Remarks() {
				g.o.Notice(text)
			}
		}
	}
	renamed = before.Clone()
	if err := renamed.Apply(renames.ops()...); err != nil {
		return nil, nil, nil, err
	}
	changes, err = status.Drift(ctx, g.o.Engine, g.set, g.m, renamed)
	return before, renamed, changes, err
}

// made is the tables of the lineage as the whole history makes them.
func (g *Generator) made() (*op.State, error) {
	s, err := g.set.Replay(g.m, g.m.Graph.Tips())
	if err != nil {
		return nil, err
	}
	owns := rescue.Owns(g.set, g.m)
	return op.NewState(g.set.Target().DDL, slices.DeleteFunc(s.Tables(),
		func(t *schema.Table) bool { return !owns(t.Name) })...)
}

// revise lets the lineage have its say, and writes what is left. before is
// what the way back is worked out from, in the words of made where there are
// any; both may be nil for an empty revision.
func (g *Generator) revise(d *history.Directive, before, made *op.State) (*Revision, error) {
	if g.m.Revise != nil {
		if err := g.m.Revise(d); err != nil {
			return nil, &dberr.Error{Op: "revision", Code: dberr.Invalid, Msg: "the program refuses the revision: " +
				err.Error(), Err: err}
		}
		if d.Drop || d.Compared && len(d.Upgrade) == 0 {
			return nil, nil
		}
	}
	var loss []string
	down := d.Downgrade
	if len(d.Upgrade) > 0 {
		var err error
		if before == nil {
			s, err := g.set.Replay(g.m, slices.Concat(d.Revision.Down, d.Revision.DependsOn))
			if err != nil {
				return nil, err
			}
			before = s.State
		}
		if down == nil && made != nil {
			down = declaredBack(before, made, d.Upgrade)
		}
		if down == nil {
			if down, err = op.Reverse(before, d.Upgrade); err != nil {
				return nil, err
			}
		}
		if loss, err = op.Loss(before, d.Upgrade); err != nil {
			return nil, err
		}
	}
	return g.o.Layout.write(g.o.Now(), d, down, loss, g.m.Render)
}

// Script writes the statements of a revision that was just generated, as a
// script of upgrades has them for one that is in the history.
func (g *Generator) Script(w io.Writer, r *Revision) error {
	if err := g.built(); err != nil {
		return err
	}
	return plan.WriteNewRevision(w, g.set, g.m,
		history.Revision{ID: r.Revision.ID, Down: r.Revision.Down, DependsOn: r.Revision.DependsOn,
			Labels: r.Revision.Labels, Doc: r.Revision.Doc, Upgrade: func(ops *op.Ops) { ops.Do(r.up...) }})
}
