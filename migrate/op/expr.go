package op

import (
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// readable refuses an expression that cannot be read, or whose || would join
// something else on another engine.
func readable(exprs ...schema.Expr) error {
	for _, e := range exprs {
		if _, err := sqltext.Template(string(e), sqltext.TemplateRules{}); err != nil {
			return dberr.New(dberr.Invalid, "migrate", "the expression "+string(e)+" cannot be used: "+err.Error())
		}
	}
	return nil
}

// expressions are all that a table is declared with.
func expressions(t *schema.Table) []schema.Expr {
	var out []schema.Expr
	for _, c := range t.Columns {
		if c.Generated != nil {
			out = append(out, c.Generated.Expr)
		}
		if c.Default != nil {
			out = append(out, c.Default.Expr)
		}
	}
	for _, k := range t.Checks {
		out = append(out, k.Expr)
	}
	for _, i := range t.Indexes {
		out = append(out, indexExpressions(i)...)
	}
	return out
}

func indexExpressions(i *schema.Index) []schema.Expr {
	out := []schema.Expr{i.Where}
	for _, p := range i.Parts {
		out = append(out, p.Expr)
	}
	return out
}

func names(e schema.Expr, column string) bool { return slices.Contains(e.Columns(), column) }

// renameColumn renames a column in all that a table says of it.
func renameColumn(t *schema.Table, from, to string) {
	one := func(n string) string {
		if n == from {
			return to
		}
		return n
	}
	each := func(list []string) {
		for i := range list {
			list[i] = one(list[i])
		}
	}
	expr := func(e *schema.Expr) { *e = schema.Expr(sqltext.Rename(string(*e), one)) }
	for _, c := range t.Columns {
		c.Name = one(c.Name)
		if c.Generated != nil {
			expr(&c.Generated.Expr)
		}
		if c.Default != nil {
			expr(&c.Default.Expr)
		}
	}
	if t.PrimaryKey != nil {
		each(t.PrimaryKey.Columns)
	}
	for _, u := range t.Uniques {
		each(u.Columns)
	}
	for _, f := range t.ForeignKeys {
		each(f.Columns)
	}
	for _, k := range t.Checks {
		expr(&k.Expr)
	}
	for _, i := range t.Indexes {
		for n := range i.Parts {
			i.Parts[n].Column = one(i.Parts[n].Column)
			expr(&i.Parts[n].Expr)
		}
		each(i.Include)
		expr(&i.Where)
	}
	for _, v := range t.Variants {
		each(v.Order)
	}
}

// indexUses reports whether the index stands or falls with the column.
func indexUses(i *schema.Index, column string) bool {
	return slices.Contains(i.Include, column) || names(i.Where, column) ||
		slices.ContainsFunc(i.Parts, func(p schema.IndexPart) bool {
			return p.Column == column || names(p.Expr, column)
		})
}
