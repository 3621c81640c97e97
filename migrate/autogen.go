package migrate

import (
	"context"
	"slices"

	"github.com/larder-db/larder/dberr"
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
}

// NewRevision writes an empty revision. The runner must have one lineage: see
// [Runner.In].
func (r *Runner) NewRevision(d Draft, pkg string) (*Generated, error) {
	l, err := r.only()
	if err != nil {
		return nil, err
	}
	rev, err := l.graph.Next(d)
	if err != nil {
		return nil, err
	}
	return generate(pkg, rev, nil, nil, nil)
}

// MergeRevision writes a revision that joins heads.
func (r *Runner) MergeRevision(d Draft, pkg string) (*Generated, error) {
	l, err := r.only()
	if err != nil {
		return nil, err
	}
	rev, err := l.graph.Merge(d)
	if err != nil {
		return nil, err
	}
	return generate(pkg, rev, nil, nil, nil)
}

// Autogenerate writes a revision that makes the database what the lineage
// declares, with a way back. It returns nil when there is nothing to change.
// The database must be at the head. What no comparison can tell is said with
// renames.
//
// Read what it wrote: values for rows that exist, and the order of steps under
// load, are for people to decide.
func (r *Runner) Autogenerate(ctx context.Context, d Draft, renames Renames, pkg string) (*Generated, error) {
	l, err := r.only()
	if err != nil {
		return nil, err
	}
	if len(l.Tables) == 0 {
		return nil, dberr.New(dberr.Invalid, "revision", "lineage "+l.Name+" declares no tables to compare with; set Lineage.Tables")
	}
	if err := r.CheckHeads(ctx); err != nil {
		return nil, err
	}
	tables, err := r.o.Engine.Inspect(ctx, inspectOptions(r.owns(l)))
	if err != nil {
		return nil, err
	}
	before, err := op.NewState(r.o.Target.DDL, tables...)
	if err != nil {
		return nil, err
	}
	changes, err := r.drift(ctx, l, renames)
	if err != nil {
		return nil, err
	}
	up := append(renames.ops(), l.portable(op.FromChanges(changes))...)
	if len(up) == 0 {
		return nil, nil
	}
	down, err := op.Reverse(before, up)
	if err != nil {
		return nil, err
	}
	loss, err := op.Loss(before, up)
	if err != nil {
		return nil, err
	}
	rev, err := l.graph.Next(d)
	if err != nil {
		return nil, err
	}
	return generate(pkg, rev, up, down, loss)
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
