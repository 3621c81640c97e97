package autogen

import (
	"slices"

	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// portable puts what was declared in the place of what the engine makes of it,
// so that the revision runs on every engine. What only stands in for something
// that the engine lacks comes by itself, and is left out.
func portable(m *history.Member, ops []op.Op) []op.Op {
	var out []op.Op
	for _, o := range ops {
		switch o := o.(type) {
		case op.CreateTable:
			if t := m.Declared(o.Table.Name); t != nil {
				o.Table = declaredTable(t, o.Table)
			}
			out = append(out, o)
		case op.AddColumn:
			t := m.Declared(o.Table)
			if t == nil {
				out = append(out, o)
				continue
			}
			if c := t.Column(o.Column.Name); c != nil {
				o.Column = c.Clone()
				out = append(out, o)
			}
		case op.AlterColumn:
			if t := m.Declared(o.Table); t != nil {
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
			t := m.Declared(o.Table)
			if t == nil {
				out = append(out, o)
				continue
			}
			if i := t.IndexNamed(o.Index.Name); i != nil {
				o.Index = i.Clone()
				out = append(out, o)
			}
		case op.AddCheck:
			c := enumOf(m, o.Table, o.Check.Name)
			switch {
			case c == nil:
				out = append(out, o)
			case !changesType(ops, o.Table, c.Name):
				out = append(out, op.AlterColumn{Table: o.Table, Column: c.Name, Facets: []schema.Facet{schema.TypeFacet},
					To: *c.Clone()})
			}
		case op.DropCheck:
			if enumOf(m, o.Table, o.Name) == nil {
				out = append(out, o)
			}
		default:
			out = append(out, o)
		}
	}
	return out
}

// declaredTable is t as it was declared, with the foreign keys that made has:
// those that have to wait for another table come by themselves.
func declaredTable(t, made *schema.Table) *schema.Table {
	t = t.Clone()
	t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool {
		return !slices.ContainsFunc(made.ForeignKeys, func(m *schema.ForeignKey) bool {
			return m.RefTable == f.RefTable && slices.Equal(m.Columns, f.Columns)
		})
	})
	return t
}

// enumOf returns the column of which a check is what an engine without enums
// has in its place; nil when it is one of its own.
func enumOf(m *history.Member, table, check string) *schema.Column {
	t := m.Declared(table)
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
