package op

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/schema"
)

// byRule reports whether a name is what an engine makes of a table and columns
// where none was declared, with a number behind it where it was taken.
func byRule(name, table string, columns []string, label string) bool {
	if name == "" {
		return false
	}
	rule := schema.InventName(table, columns, label)
	number, ok := strings.CutPrefix(name, rule)
	return ok && strings.Trim(number, "0123456789") == ""
}

func takeKeyName(t *schema.Table) (taken bool, err error) {
	if k := t.PrimaryKey; k != nil && byRule(k.Name, t.Name, nil, "pkey") {
		k.Name, taken = "", true
	}
	return taken, nil
}

// takeUniqueNames also makes constraints again of the indexes that an engine
// keeps in their place.
func takeUniqueNames(t *schema.Table) (taken bool, err error) {
	for _, u := range t.Uniques {
		if byRule(u.Name, t.Name, u.Columns, "key") {
			u.Name, taken = "", true
		}
	}
	t.Indexes = slices.DeleteFunc(t.Indexes, func(i *schema.Index) bool {
		if !i.Unique || i.Where != "" || i.Method != "" || i.Comment != "" || len(i.Include) > 0 {
			return false
		}
		var columns []string
		for _, p := range i.Parts {
			if p != (schema.IndexPart{Column: p.Column}) {
				return false
			}
			columns = append(columns, p.Column)
		}
		if !byRule(i.Name, t.Name, columns, "key") {
			return false
		}
		t.Uniques, taken = append(t.Uniques, &schema.Unique{Columns: columns}), true
		return true
	})
	return taken, nil
}

func takeForeignNames(t *schema.Table) (taken bool, err error) {
	for _, f := range t.ForeignKeys {
		if byRule(f.Name, t.Name, f.Columns, "fkey") {
			f.Name, taken = "", true
		}
	}
	return taken, nil
}

func takeCheckNames(t *schema.Table) (taken bool, err error) {
	for _, k := range t.Checks {
		if checkByRule(t.Name, k) {
			k.Name, taken = "", true
		}
	}
	return taken, nil
}

// checkByRule reports whether an engine has named the check of a table.
func checkByRule(table string, k *schema.Check) bool {
	columns := k.Expr.Columns()
	return byRule(k.Name, table, columns, "check") || len(columns) > 0 && byRule(k.Name, table, columns[:1], "check") ||
		byRule(k.Name, table, nil, "check")
}

// takeTypeNames takes the names of the sequences and types that columns have.
func takeTypeNames(t *schema.Table) (taken bool, err error) {
	for _, c := range t.Columns {
		if c.Identity != nil && byRule(c.Identity.Sequence, t.Name, []string{c.Name}, "seq") {
			c.Identity.Sequence, taken = "", true
		}
		if c.Type.Kind == schema.Enum && byRule(c.Type.Name, t.Name, []string{c.Name}, "enum") {
			c.Type.Name, taken = "", true
		}
	}
	return taken, nil
}
