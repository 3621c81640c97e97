package op

import (
	"slices"

	"github.com/larder-db/larder/schema"
)

// FromChanges returns the operations that make the differences that
// schema.Diff found, in an order in which they can be run. Renames that people
// stated stand among the changes as schema.RenameTable and schema.RenameColumn.
//
// Tables are those that there are before: foreign keys of theirs between columns
// whose types change are taken away first and made again at the end, because
// some engines change neither side of a key that stands.
func FromChanges(changes []schema.Change, tables ...*schema.Table) []Op {
	out, late := keysAround(changes, tables)
	early, later := keysApart(changes)
	for _, c := range changes {
		if gone, ok := c.(schema.DropTable); ok {
			for _, f := range gone.Table.ForeignKeys {
				if early[f] {
					out = append(out, DropForeignKey{Table: gone.Table.Name, Name: f.Name, Columns: f.Columns})
				}
			}
		}
	}
	for _, c := range changes {
		switch c := c.(type) {
		case schema.AddTable:
			t := c.Table
			if slices.ContainsFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool { return later[f] }) {
				t = t.Clone()
				t.ForeignKeys = nil
				for _, f := range c.Table.ForeignKeys {
					if later[f] {
						late = append(late, AddForeignKey{Table: t.Name, ForeignKey: f})
					} else {
						t.ForeignKeys = append(t.ForeignKeys, f)
					}
				}
			}
			out = append(out, CreateTable{Table: t})
		case schema.DropTable:
			out = append(out, DropTable{Name: c.Table.Name})
		case schema.RenameTable:
			out = append(out, RenameTable{From: c.From, To: c.To})
		case schema.RenameColumn:
			out = append(out, RenameColumn{Table: c.Table.Name, From: c.From, To: c.To})
		default:
			out = append(out, fromChange(c))
		}
	}
	return append(out, late...)
}

// keysAround takes away the foreign keys of tables whose columns, on either side,
// change their types, and makes them again.
func keysAround(changes []schema.Change, tables []*schema.Table) (drop, add []Op) {
	retyped := map[[2]string]bool{}
	after := map[string]*schema.Table{}
	gone := map[[2]string]bool{}
	for _, c := range changes {
		switch c := c.(type) {
		case schema.AlterColumn:
			after[c.Table.Name] = c.Table
			if slices.Contains(c.Facets, schema.TypeFacet) || slices.Contains(c.Facets, schema.CollationFacet) {
				retyped[[2]string{c.Table.Name, c.To.Name}] = true
			}
		case schema.DropForeignKey:
			gone[[2]string{c.Table.Name, c.ForeignKey.String()}] = true
		case schema.DropTable:
			for _, f := range c.Table.ForeignKeys {
				gone[[2]string{c.Table.Name, f.String()}] = true
			}
		}
	}
	changed := func(table string, columns []string) bool {
		return slices.ContainsFunc(columns, func(name string) bool { return retyped[[2]string{table, name}] })
	}
	for _, t := range tables {
		for _, f := range t.ForeignKeys {
			if gone[[2]string{t.Name, f.String()}] ||
				!changed(t.Name, f.Columns) && (f.RefSchema != "" || !changed(f.RefTable, f.RefColumns)) {
				continue
			}
			drop = append(drop, DropForeignKey{Table: t.Name, Name: f.Name, Columns: f.Columns})
			again := f
			if now := after[t.Name]; now != nil {
				i := slices.IndexFunc(now.ForeignKeys, func(n *schema.ForeignKey) bool { return n.String() == f.String() })
				if i >= 0 {
					again = now.ForeignKeys[i]
				}
			}
			add = append(add, AddForeignKey{Table: t.Name, ForeignKey: again})
		}
	}
	return drop, add
}

// keysApart finds the foreign keys that cannot come and go with their tables.
// Of tables that go, early ones refer to a table that goes before, as in a
// circle, or to a key that does. Of tables that come, later ones refer to a table
// that comes after theirs, or to one whose columns or keys still change.
func keysApart(changes []schema.Change) (early, later map[*schema.ForeignKey]bool) {
	early, later = map[*schema.ForeignKey]bool{}, map[*schema.ForeignKey]bool{}
	comes, goes := map[string]int{}, map[string]int{}
	grows, shrinks := map[string]bool{}, map[string]bool{}
	for n, c := range changes {
		switch c := c.(type) {
		case schema.AddTable:
			comes[c.Table.Name] = n
		case schema.DropTable:
			goes[c.Table.Name] = n
		case schema.AddColumn, schema.AlterColumn, schema.AlterPrimaryKey, schema.AddUnique, schema.AddIndex:
			grows[c.On()] = true
		case schema.DropUnique, schema.DropIndex:
			shrinks[c.On()] = true
		}
	}
	for n, c := range changes {
		switch c := c.(type) {
		case schema.AddTable:
			for _, f := range c.Table.ForeignKeys {
				if f.RefSchema != "" {
					continue
				}
				at, new := comes[f.RefTable]
				later[f] = new && at > n || !new && grows[f.RefTable]
			}
		case schema.DropTable:
			for _, f := range c.Table.ForeignKeys {
				if f.RefSchema != "" {
					continue
				}
				at, gone := goes[f.RefTable]
				early[f] = gone && at < n || !gone && shrinks[f.RefTable]
			}
		}
	}
	return early, later
}

// fromChange translates one change of a table. What goes may be gone already:
// a stand-in of the engine goes with what it stands for.
func fromChange(c schema.Change) Op {
	switch c := c.(type) {
	case schema.AddColumn:
		return AddColumn{Table: c.Table.Name, Column: c.Column}
	case schema.DropColumn:
		return DropColumn{Table: c.Table.Name, Column: c.Column.Name, IfExists: true}
	case schema.AlterColumn:
		return AlterColumn{Table: c.Table.Name, Column: c.To.Name, Facets: c.Facets, To: *c.To, IfExists: true}
	case schema.AlterPrimaryKey:
		return SetPrimaryKey{Table: c.Table.Name, Key: c.To}
	case schema.AddUnique:
		return AddUnique{Table: c.Table.Name, Unique: c.Unique}
	case schema.DropUnique:
		return DropUnique{Table: c.Table.Name, Name: c.Unique.Name, Columns: c.Unique.Columns, IfExists: true}
	case schema.AddForeignKey:
		return AddForeignKey{Table: c.Table.Name, ForeignKey: c.ForeignKey}
	case schema.DropForeignKey:
		return DropForeignKey{Table: c.Table.Name, Name: c.ForeignKey.Name, Columns: c.ForeignKey.Columns, IfExists: true}
	case schema.AddCheck:
		return AddCheck{Table: c.Table.Name, Check: c.Check}
	case schema.DropCheck:
		return DropCheck{Table: c.Table.Name, Name: c.Check.Name, Expr: c.Check.Expr, IfExists: true}
	case schema.AddIndex:
		return CreateIndex{Table: c.Table.Name, Index: c.Index}
	case schema.DropIndex:
		return DropIndex{Table: c.Table.Name, Name: c.Index.Name, IfExists: true}
	case schema.CommentTable:
		return SetComment{Table: c.Table.Name, Comment: c.To}
	}
	return nil
}
