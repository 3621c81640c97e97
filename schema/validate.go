package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema/sqltext"
)

// Validate says, as a dberr.Invalid error, what is wrong with a declaration,
// whatever the engine: a key or an expression over a column that the table does
// not have, two columns of one name, a foreign key of unequal sides. It returns
// nil for a table that is in order.
func (t *Table) Validate() error {
	if t.Name == "" {
		return invalid("a table has no name")
	}
	if err := t.Readable(); err != nil {
		return err
	}
	for _, check := range []func() error{t.validColumns, t.validConstraints, t.validIndexes} {
		if err := check(); err != nil {
			return err
		}
	}
	for _, v := range t.Variants {
		if err := t.refersTo("the order of table "+t.Name, v.Order); err != nil {
			return err
		}
	}
	return nil
}

// systemColumns are the columns that every table of PostgreSQL has anyway. No
// declaration has them, so that it fits every engine.
var systemColumns = []string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}

func (t *Table) validColumns() error {
	if len(t.Columns) == 0 {
		return invalid("table %s has no columns", t.Name)
	}
	seen := map[string]bool{}
	for _, c := range t.Columns {
		low := strings.ToLower(c.Name)
		switch {
		case c.Name == "":
			return invalid("table %s has a column without a name", t.Name)
		case seen[low]:
			return invalid("table %s has two columns called %s", t.Name, c.Name)
		case slices.Contains(systemColumns, c.Name):
			return invalid("a column cannot be called %s.%s: every table of PostgreSQL has a system column of that name; choose another name", t.Name, c.Name)
		case c.Type.Kind == "":
			return invalid("column %s.%s has no type", t.Name, c.Name)
		case c.Type.Kind == Other && c.Type.Raw == "":
			return invalid("column %s.%s is of kind other and has no Raw type", t.Name, c.Name)
		case c.Type.Kind == Enum && len(c.Type.Values) == 0:
			return invalid("column %s.%s is an enum without values", t.Name, c.Name)
		case c.Type.Kind == Time && c.Default != nil && (c.Default.Expr == Now || c.Default.Expr == NowSeconds):
			return invalid("column %s.%s is a time of day and its default is an instant; give the value in the program, with query.Default", t.Name, c.Name)
		case c.Generated != nil && c.Default != nil:
			return invalid("column %s.%s is generated and has a default", t.Name, c.Name)
		}
		seen[low] = true
		if c.Generated != nil {
			if err := t.knows("generated column "+c.Name, c.Generated.Expr); err != nil {
				return err
			}
		}
	}
	return nil
}

// validConstraints looks at what has columns and, but for the primary key, a
// name. An index may be called like the foreign key that it serves.
func (t *Table) validConstraints() error {
	if pk := t.PrimaryKey; pk != nil {
		if err := t.hasColumns("the primary key", pk.Columns); err != nil {
			return err
		}
	}
	for _, u := range t.Uniques {
		if err := t.hasColumns("unique constraint "+u.Name, u.Columns); err != nil {
			return err
		}
	}
	rules := map[string]bool{}
	for _, f := range t.ForeignKeys {
		if err := t.hasColumns("foreign key "+f.Name, f.Columns); err != nil {
			return err
		}
		if len(f.RefColumns) != len(f.Columns) || f.RefTable == "" {
			return invalid("a foreign key of table %s over %s does not name as many columns of another table",
				t.Name, strings.Join(f.Columns, ", "))
		}
		if err := t.once(rules, f.Name); err != nil {
			return err
		}
	}
	checks := map[string]bool{} // which MySQL keeps apart from keys
	for _, k := range t.Checks {
		if k.Expr == "" {
			return invalid("check %s of table %s has no expression", k.Name, t.Name)
		}
		if err := t.once(checks, k.Name); err != nil {
			return err
		}
		if err := t.knows("check "+k.Name, k.Expr); err != nil {
			return err
		}
	}
	return nil
}

// validIndexes looks at indexes, and at the names that they share with unique
// constraints.
func (t *Table) validIndexes() error {
	names := map[string]bool{}
	for _, u := range t.Uniques {
		if err := t.once(names, u.Name); err != nil {
			return err
		}
	}
	for _, i := range t.Indexes {
		if i.Name == "" || len(i.Parts) == 0 {
			return invalid("an index of table %s has no name or no columns", t.Name)
		}
		for _, p := range i.Parts {
			err := t.knows("index "+i.Name, p.Expr)
			if p.Expr == "" {
				err = t.refersTo("index "+i.Name+" of table "+t.Name, []string{p.Column})
			}
			if err != nil {
				return err
			}
		}
		if err := t.knows("index "+i.Name, i.Where); err != nil {
			return err
		}
		if err := t.once(names, i.Name); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) hasColumns(what string, cols []string) error {
	if len(cols) == 0 {
		return invalid("%s of table %s has no columns", what, t.Name)
	}
	return t.refersTo(what+" of table "+t.Name, cols)
}

// refersTo finds a column that is named and not there.
func (t *Table) refersTo(what string, cols []string) error {
	for _, n := range cols {
		if t.Column(n) == nil {
			return invalid("%s refers to column %q, which the table does not have", what, n)
		}
	}
	return nil
}

// knows refuses an expression over a column that the table does not have. The
// case of a name is the engine's to judge.
func (t *Table) knows(what string, e Expr) error {
	name := t.Unknown(e)
	if name == "" {
		return nil
	}
	return invalid("%s of table %s refers to column %q, which the table does not have", what, t.Name, name)
}

// Unknown is the first name in braces of an expression over the table that is no
// column of it; empty when there is none.
func (t *Table) Unknown(e Expr) string {
	return sqltext.Unknown(string(e), func(name string) bool {
		for _, c := range t.Columns {
			if strings.EqualFold(c.Name, name) {
				return true
			}
		}
		return false
	})
}

func (t *Table) once(names map[string]bool, name string) error {
	if name == "" {
		return nil
	}
	if names[name] {
		return invalid("table %s has two constraints or indexes called %s", t.Name, name)
	}
	names[name] = true
	return nil
}

func invalid(format string, args ...any) error {
	return dberr.New(dberr.Invalid, "schema", fmt.Sprintf(format, args...))
}
