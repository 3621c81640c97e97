package run

import (
	"context"
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/schema"
)

// values say what rows that exist hold in columns that a change adds or gives
// another type.
type values struct {
	// fill and using are by table and column.
	fill, using map[string]map[string]schema.Expr
	// again are columns, by table, that the change adds and fills. It is not
	// seen how far that has come, and nobody else has written to them: those
	// that are there go and are added once more.
	again map[string][]string
}

// valuesOf are what the operations of a group say. t is how its tables were
// before.
func valuesOf(g plan.Group, t tablesBefore) values {
	v := values{fill: map[string]map[string]schema.Expr{}, using: map[string]map[string]schema.Expr{},
		again: map[string][]string{}}
	set := func(m map[string]map[string]schema.Expr, table, column string, e schema.Expr) {
		if m[table] == nil {
			m[table] = map[string]schema.Expr{}
		}
		m[table][column] = e
	}
	for o := range op.All([]op.Op{g.Op}) {
		switch o := o.(type) {
		case op.AddColumn:
			if o.Fill == "" {
				continue
			}
			set(v.fill, o.Table, o.Column.Name, o.Fill)
			if was := tableNamed(t.Before, o.Table); was != nil && was.Column(o.Column.Name) == nil {
				v.again[o.Table] = append(v.again[o.Table], o.Column.Name)
			}
		case op.AlterColumn:
			if o.Using != "" {
				set(v.using, o.Table, o.Column, o.Using)
			}
		}
	}
	return v
}

// valuesBack are the values for the way back to tables as they were: what a
// column held is not known any more. g may be nil.
func valuesBack(g *plan.Group, t tablesBefore) values {
	v := values{fill: map[string]map[string]schema.Expr{}, using: map[string]map[string]schema.Expr{}}
	for _, was := range t.Before {
		v.fill[was.Name], v.using[was.Name] = map[string]schema.Expr{}, map[string]schema.Expr{}
		for _, c := range was.Columns {
			if e := op.EmptyValue(c); e != "" {
				v.fill[was.Name][c.Name] = e
			}
		}
	}
	if g == nil {
		return v
	}
	for o := range op.All([]op.Op{g.Op}) {
		if o, ok := o.(op.AlterColumn); ok && o.Back != "" && v.using[o.Table] != nil {
			v.using[o.Table][o.Column] = o.Back
		}
	}
	return v
}

// narrow reduces values by column to the columns that changes are about.
func narrow(values map[string]schema.Expr, changes []schema.Change,
	column func(schema.Change) string) map[string]schema.Expr {
	var out map[string]schema.Expr
	for _, c := range changes {
		if e := values[column(c)]; e != "" {
			if out == nil {
				out = map[string]schema.Expr{}
			}
			out[column(c)] = e
		}
	}
	return out
}

func addedColumn(c schema.Change) string {
	if add, ok := c.(schema.AddColumn); ok {
		return add.Column.Name
	}
	return ""
}

func retypedColumn(c schema.Change) string {
	if alter, ok := c.(schema.AlterColumn); ok && slices.Contains(alter.Facets, schema.TypeFacet) {
		return alter.To.Name
	}
	return ""
}

// reconcile writes the scripts that make the named tables of the database what
// they are in wanted.
func (r *Migrator) reconcile(ctx context.Context, t tablesBefore, wanted *op.State, target op.Target,
	v values) ([]driver.Script, error) {
	live, err := r.o.Engine.Inspect(ctx,
		driver.InspectOptions{Tables: func(name string) bool { return slices.Contains(t.Names, name) }})
	if err != nil {
		return nil, err
	}
	var want []*schema.Table
	for _, n := range t.Names {
		if w := wanted.Table(n); w != nil {
			want = append(want, w)
		}
	}
	var out []driver.Script
	for _, n := range t.Names {
		had, get := tableNamed(live, n), tableNamed(want, n)
		if had != nil && get != nil {
			less, err := r.unfilled(had, v.again[n])
			if err != nil {
				return nil, err
			}
			if out, err = r.alter(out, had, less, target, v); err != nil {
				return nil, err
			}
			had = less
		}
		if out, err = r.alter(out, had, get, target, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// unfilled is a table without columns that are to be filled anew.
func (r *Migrator) unfilled(had *schema.Table, columns []string) (*schema.Table, error) {
	s, err := op.NewState(r.target().DDL, had)
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		if had.Column(c) == nil {
			continue
		}
		if err := s.Apply(op.DropColumn{Table: had.Name, Column: c}); err != nil {
			return nil, err
		}
	}
	return s.Table(had.Name), nil
}

// alter adds the script that makes one table another one; nothing where they
// are the same.
func (r *Migrator) alter(out []driver.Script, had, get *schema.Table, target op.Target, v values) ([]driver.Script,
	error) {
	changes := schema.Diff(optional(had), optional(get))
	if len(changes) == 0 {
		return out, nil
	}
	a := driver.Alteration{Before: had, After: get, Changes: changes}
	if had != nil {
		a.Fill, a.Using = narrow(v.fill[had.Name], changes, addedColumn), narrow(v.using[had.Name], changes, retypedColumn)
		var err error
		if a.Extras, err = target.Extras(had.Name); err != nil {
			return nil, err
		}
	}
	s, err := r.target().DDL.Change(a)
	if err != nil {
		return nil, err
	}
	return append(out, s), nil
}

func tableNamed(ts []*schema.Table, name string) *schema.Table {
	for _, t := range ts {
		if t.Name == name {
			return t
		}
	}
	return nil
}

func optional(t *schema.Table) []*schema.Table {
	if t == nil {
		return nil
	}
	return []*schema.Table{t}
}
