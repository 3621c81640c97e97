package mysql

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// A zero date, 0000-00-00, is refused in the sessions that this package makes. A
// table of another program may have it as a default or in rows, and then the
// server refuses every statement that states or copies the table. So these are
// run without that rule, unless they make dates of something else.
const (
	zeroDatesOn = "SET @@SESSION.sql_mode = REPLACE(REPLACE(@@SESSION.sql_mode, 'NO_ZERO_IN_DATE', ''), 'NO_ZERO_DATE', '')"
	// The modes that are given twice count once.
	zeroDatesOff = "SET @@SESSION.sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_ZERO_IN_DATE,NO_ZERO_DATE')"
)

func (w *alteration) allowZeroDates() {
	if len(w.script.Statements) == 0 || !w.mayHaveZeroDates() {
		return
	}
	for _, c := range w.Changes {
		switch c := c.(type) {
		case schema.DropTable, schema.RenameTable:
			return // nothing is stated, and nothing copied
		case schema.AddColumn:
			if isDate(c.Column) && !c.Column.Nullable && c.Column.Default == nil {
				return
			}
		case schema.AlterColumn:
			if isDate(c.To) && slices.Contains(c.Facets, schema.TypeFacet) {
				return
			}
		}
	}
	w.script = driver.Script{Before: []string{zeroDatesOn}, After: []string{zeroDatesOff}}.Append(w.script)
}

// mayHaveZeroDates reports whether the table has dates in rows, or a zero date
// as a default.
func (w *alteration) mayHaveZeroDates() bool {
	if w.Before != nil {
		return slices.ContainsFunc(w.Before.Columns, isDate)
	}
	return slices.ContainsFunc(w.After.Columns, func(c *schema.Column) bool {
		if c.Default == nil {
			return false
		}
		s, ok := c.Default.Value.(string)
		return ok && isDate(c) && strings.HasPrefix(s, "0000-00-00")
	})
}

func isDate(c *schema.Column) bool {
	return c.Type.Kind == schema.Date || c.Type.Kind == schema.DateTime
}
