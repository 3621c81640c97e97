package op

import (
	"slices"

	"github.com/larder-db/larder/schema"
)

// FromChanges returns the operations that make the differences that
// schema.Diff found, in an order in which they can be run. Renames that people
// stated stand among the changes as schema.RenameTable and schema.RenameColumn.
func FromChanges(changes []schema.Change) []Op {
	var out, late []Op
	var come, gone []*schema.Table
	for _, c := range changes {
		switch c := c.(type) {
		case schema.AddTable:
			come = append(come, c.Table)
		case schema.DropTable:
			gone = append(gone, c.Table)
		}
	}
	// Where new tables refer to each other in a circle, one key comes last;
	// where old ones do, it goes first.
	_, closing := schema.Sorted(come)
	_, circle := schema.Sorted(gone)
	for _, t := range gone {
		for _, f := range t.ForeignKeys {
			if circle[f] != nil {
				out = append(out, DropForeignKey{Table: t.Name, Name: f.Name, Columns: f.Columns})
			}
		}
	}
	for _, c := range changes {
		switch c := c.(type) {
		case schema.AddTable:
			t := c.Table
			if slices.ContainsFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool { return closing[f] != nil }) {
				t = t.Clone()
				t.ForeignKeys = nil
				for _, f := range c.Table.ForeignKeys {
					if closing[f] != nil {
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
