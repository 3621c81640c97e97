package op

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/schema"
)

// mapColumns returns e with every column name replaced by what f gives for it.
func mapColumns(e schema.Expr, f func(string) string) schema.Expr {
	s := string(e)
	var b strings.Builder
	for i := 0; i < len(s); {
		switch s[i] {
		case '\'':
			_, end, ok := quoted(s, i)
			if !ok {
				end = len(s)
			}
			b.WriteString(s[i:end])
			i = end
		case '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				b.WriteString(s[i:])
				return schema.Expr(b.String())
			}
			b.WriteString("{" + f(s[i+1:i+end]) + "}")
			i += end + 1
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return schema.Expr(b.String())
}

// columnsOf returns the columns that e names, each once.
func columnsOf(e schema.Expr) []string {
	var out []string
	mapColumns(e, func(n string) string {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
		return n
	})
	return out
}

func names(e schema.Expr, column string) bool { return slices.Contains(columnsOf(e), column) }

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
	expr := func(e *schema.Expr) { *e = mapColumns(*e, one) }
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
	each(t.Reordered)
}

// indexUses reports whether the index stands or falls with the column.
func indexUses(i *schema.Index, column string) bool {
	return slices.Contains(i.Include, column) || names(i.Where, column) || slices.ContainsFunc(i.Parts, func(p schema.IndexPart) bool {
		return p.Column == column || names(p.Expr, column)
	})
}
