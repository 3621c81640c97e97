package migrate

import (
	"context"
	"io"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// Draft says what a new revision is to be; see package revision.
type Draft = revision.Draft

// Generated is a new revision, as source.
type Generated struct {
	Revision revision.Revision
	File     string   // the name of the file: "3f2a9c1d4e5b_add_bio.go"
	Source   []byte   // gofmt's
	Name     string   // of the variable
	Changes  []string // what it does, one line each; empty for an empty one
	Loss     []string // what its way up destroys

	up []op.Op
}

// Directive is a revision that is about to be written, for Lineage.Revise.
type Directive struct {
	Revision revision.Revision // Doc and Labels may be changed
	Upgrade  []op.Op           // may be changed; see op.FromChanges for where they come from
	// Downgrade is what undoes Upgrade; nil has it worked out.
	Downgrade []op.Op
	// Compared says that it comes from a comparison. It is not written when
	// nothing is left in Upgrade.
	Compared bool
	// Drop keeps the revision from being written.
	Drop bool
}

// NewRevision writes an empty revision. It is nil when Lineage.Revise drops it.
// The runner must have one lineage: see [Runner.In].
func (r *Runner) NewRevision(d Draft, y Layout) (*Generated, error) {
	l, err := r.only()
	if err != nil {
		return nil, err
	}
	rev, err := l.graph.Next(d)
	if err != nil {
		return nil, err
	}
	return r.revise(l, y, &Directive{Revision: rev}, nil, nil)
}

// MergeRevision writes a revision that joins heads.
func (r *Runner) MergeRevision(d Draft, y Layout) (*Generated, error) {
	l, err := r.only()
	if err != nil {
		return nil, err
	}
	rev, err := l.graph.Merge(d)
	if err != nil {
		return nil, err
	}
	return r.revise(l, y, &Directive{Revision: rev}, nil, nil)
}

// Autogenerate writes a revision that makes the database what the lineage
// declares, with a way back. It returns nil when there is nothing to change.
// The database must be at the head. What no comparison can tell is said with
// renames.
//
// A runner without an Engine compares with what the history makes by itself.
// What a revision does in SQL of its own is not in that.
//
// Read what it wrote: values for rows that exist, and the order of steps under
// load, are for people to decide.
func (r *Runner) Autogenerate(ctx context.Context, d Draft, renames Renames, y Layout) (*Generated, error) {
	l, err := r.only()
	if err != nil {
		return nil, err
	}
	if len(l.Tables) == 0 {
		return nil, dberr.New(dberr.Invalid, "revision", "lineage "+l.Name+" declares no tables to compare with; set Lineage.Tables")
	}
	if r.o.Target == nil {
		return nil, dberr.New(dberr.Invalid, "revision", "tables are compared as one engine holds them; give the runner an Engine or a Target")
	}
	rev, err := l.graph.Next(d)
	if err != nil {
		return nil, err
	}
	before, changes, err := r.difference(ctx, l, renames)
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 && len(renames.ops()) == 0 {
		return nil, nil
	}
	x := &Directive{Revision: rev, Compared: true}
	var history *op.State
	if x.Upgrade, history = r.declaredOps(l, before, renames, changes); x.Upgrade == nil {
		x.Upgrade = append(renames.ops(), l.portable(op.FromChanges(changes))...)
	}
	if len(x.Upgrade) == 0 {
		return nil, nil
	}
	return r.revise(l, y, x, before, history)
}

// difference compares a lineage with the database, or with what the history
// makes.
func (r *Runner) difference(ctx context.Context, l *lineage, renames Renames) (before *op.State, changes []schema.Change, err error) {
	if r.o.Engine == nil {
		s, err := r.replay(*r.o.Target, l, l.graph.Tips())
		if err != nil {
			return nil, nil, err
		}
		owns := r.owns(l)
		made := slices.DeleteFunc(s.Tables(), func(t *schema.Table) bool { return !owns(t.Name) })
		if before, err = op.NewState(r.o.Target.DDL, made...); err != nil {
			return nil, nil, err
		}
	} else {
		if err := r.CheckHeads(ctx); err != nil {
			return nil, nil, err
		}
		if before, err = r.live(ctx, l); err != nil {
			return nil, nil, err
		}
	}
	changes, err = r.differences(l, before, renames)
	return before, changes, err
}

// live reads the tables of a lineage.
func (r *Runner) live(ctx context.Context, l *lineage) (*op.State, error) {
	tables, err := r.o.Engine.Inspect(ctx, driver.InspectOptions{Tables: r.owns(l)})
	if err != nil {
		return nil, err
	}
	return op.NewState(r.o.Target.DDL, tables...)
}

// differences is what has to be done to make before, with the renames carried
// out, what the lineage declares.
func (r *Runner) differences(l *lineage, before *op.State, renames Renames) ([]schema.Change, error) {
	live := before.Clone()
	if err := live.Apply(renames.ops()...); err != nil {
		return nil, err
	}
	declared, err := op.NewState(r.o.Target.DDL, l.Tables...)
	if err != nil {
		return nil, err
	}
	changes := l.judge(schema.Diff(live.Tables(), declared.Tables()), live, declared)
	if l.Ignore != nil {
		changes = slices.DeleteFunc(changes, func(c schema.Change) bool { return l.Ignore(live.Table(c.On()), c) })
	}
	return changes, nil
}

// revise lets the lineage have its say, and writes what is left. before is
// what the way back is worked out from, in the words of history where there
// are any; both may be nil for an empty revision.
func (r *Runner) revise(l *lineage, y Layout, d *Directive, before, history *op.State) (*Generated, error) {
	if l.Revise != nil {
		if err := l.Revise(d); err != nil {
			return nil, &dberr.Error{Op: "revision", Code: dberr.Invalid, Msg: "the program refuses the revision: " + err.Error(), Err: err}
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
			if before, err = r.made(l, d.Revision); err != nil {
				return nil, err
			}
		}
		if down == nil && history != nil {
			down = declaredBack(before, history, d.Upgrade)
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
	return y.write(r.o.Now(), d, down, loss, l.Render)
}

// made is the state that the parents of a revision make, as declared where
// there is no engine to write for.
func (r *Runner) made(l *lineage, rev revision.Revision) (*op.State, error) {
	var t Target
	if r.o.Target != nil {
		t = *r.o.Target
	}
	s, err := r.replay(t, l, slices.Concat(rev.Down, rev.DependsOn))
	if err != nil {
		return nil, err
	}
	return s.State, nil
}

// Script writes the statements of a revision that was just generated, as
// [Runner.SQL] does for one that is in the history.
func (r *Runner) Script(w io.Writer, g *Generated) error {
	l, err := r.only()
	if err != nil {
		return err
	}
	if r.o.Target == nil {
		return dberr.New(dberr.Invalid, "script", "a script is written for one engine; give the runner an Engine or a Target")
	}
	ext := l.Lineage
	rev := Revision{ID: g.Revision.ID, Down: g.Revision.Down, DependsOn: g.Revision.DependsOn, Labels: g.Revision.Labels, Doc: g.Revision.Doc,
		Upgrade: func(ops *op.Ops) { ops.Do(g.up...) }}
	ext.Revisions = append(slices.Clone(l.Revisions), rev)
	with, err := newLineage(ext)
	if err != nil {
		return err
	}
	rows := l.graph.Tips()
	st, err := r.replay(*r.o.Target, l, rows)
	if err != nil {
		return err
	}
	steps, err := with.graph.Upgrade(rows, rev.ID)
	if err != nil {
		return err
	}
	s := &script{r: r, w: w, t: op.Target{Dialect: r.o.Target.Dialect, DDL: r.o.Target.DDL, Literal: true}}
	if len(rows) == 0 {
		sts, err := l.version().create(s.t.Dialect, s.t.DDL)
		if err != nil {
			return err
		}
		for _, text := range sts {
			s.statement(text)
		}
	}
	for _, step := range steps {
		if err := s.step(st, aimed{with, step}); err != nil {
			return err
		}
	}
	return s.err
}

// only returns the lineage that a new revision is for.
func (r *Runner) only() (*lineage, error) {
	if len(r.in) != 1 {
		return nil, dberr.New(dberr.Invalid, "revision", "there are several lineages ("+names(r.in)+"); name the one that the revision is for with --lineage")
	}
	return r.in[0], nil
}

// portable puts what was declared in the place of what the engine makes of it,
// so that the revision runs on every engine. What only stands in for something
// that the engine lacks comes by itself, and is left out.
func (l *lineage) portable(ops []op.Op) []op.Op {
	var out []op.Op
	for _, o := range ops {
		switch o := o.(type) {
		case op.CreateTable:
			if t := l.declared(o.Table.Name); t != nil && len(t.ForeignKeys) == len(o.Table.ForeignKeys) {
				o.Table = t.Clone()
			}
			out = append(out, o)
		case op.AddColumn:
			t := l.declared(o.Table)
			if t == nil {
				out = append(out, o)
				continue
			}
			if c := t.Column(o.Column.Name); c != nil {
				o.Column = c.Clone()
				out = append(out, o)
			}
		case op.AlterColumn:
			if t := l.declared(o.Table); t != nil {
				if c := t.Column(o.Column); c != nil {
					to := *c.Clone()
					// What is not declared is the engine's own.
					if to.Collation == "" {
						to.Collation = o.To.Collation
					}
					o.To = to
				}
			}
			out = append(out, o)
		case op.CreateIndex:
			t := l.declared(o.Table)
			if t == nil {
				out = append(out, o)
				continue
			}
			if i := t.IndexNamed(o.Index.Name); i != nil {
				o.Index = i.Clone()
				out = append(out, o)
			}
		case op.AddCheck:
			c := l.enumOf(o.Table, o.Check.Name)
			switch {
			case c == nil:
				out = append(out, o)
			case !changesType(ops, o.Table, c.Name):
				out = append(out, op.AlterColumn{Table: o.Table, Column: c.Name, Facets: []schema.Facet{schema.TypeFacet}, To: *c.Clone()})
			}
		case op.DropCheck:
			if l.enumOf(o.Table, o.Name) == nil {
				out = append(out, o)
			}
		default:
			out = append(out, o)
		}
	}
	return out
}

func (l *lineage) declared(table string) *schema.Table {
	n := slices.IndexFunc(l.Tables, func(t *schema.Table) bool { return t.Name == table })
	if n < 0 {
		return nil
	}
	return l.Tables[n]
}

// enumOf returns the column of which a check is what an engine without enums
// has in its place; nil when it is one of its own.
func (l *lineage) enumOf(table, check string) *schema.Column {
	t := l.declared(table)
	if t == nil {
		return nil
	}
	for _, c := range t.Columns {
		if c.Type.Kind == schema.Enum && check == schema.InventName(t.Name, []string{c.Name}, "enum") {
			return c
		}
	}
	return nil
}

// changesType reports whether the operations give a column its type anyhow.
func changesType(ops []op.Op, table, column string) bool {
	return slices.ContainsFunc(ops, func(o op.Op) bool {
		switch o := o.(type) {
		case op.AddColumn:
			return o.Table == table && o.Column.Name == column
		case op.AlterColumn:
			return o.Table == table && o.Column == column && slices.Contains(o.Facets, schema.TypeFacet)
		}
		return false
	})
}
