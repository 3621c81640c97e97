package transfer

import (
	"context"
	"fmt"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// keyLength is how many characters a text in a key of n columns has at most,
// on engines that limit keys, when nobody has said: n of them fit 3,072 bytes.
func keyLength(n int) int { return min(191, 3072/4/max(n, 1)) }

// Portable makes declarations that every engine can create out of tables as one
// engine reports them: with types by kind, without what only that engine has
// (access methods, collations, names that it invented). Tables that are
// declared lend their lengths of keys to columns of the same name; a text in a
// key without one gets a length of its own. A column of a type that no kind
// describes is dberr.Unsupported.
func Portable(found, declared []*schema.Table) ([]*schema.Table, error) {
	var out []*schema.Table
	for _, t := range stored(found) {
		d := declaredAs(declared, t.Name)
		t.Comment = ""
		for _, c := range t.Columns {
			if c.Type.Kind == schema.Other {
				return nil, dberr.New(dberr.Unsupported, name, fmt.Sprintf("column %s.%s has the type %s, which other engines do not have; leave the table out",
					t.Name, c.Name, c.Type.Raw))
			}
			c.Type.Raw, c.Type.Name, c.Collation = "", "", ""
			if c.Identity != nil {
				c.Identity = &schema.Identity{NoReuse: c.Identity.NoReuse}
			}
			if c.Type.KeyLength == 0 && c.Type.Kind.IsText() {
				c.Type.KeyLength = lengthOf(t, d, c)
			}
		}
		if t.PrimaryKey != nil {
			t.PrimaryKey.Name = ""
		}
		for _, i := range t.Indexes {
			i.Method, i.Comment = "", ""
			for p := range i.Parts {
				i.Parts[p].Options, i.Parts[p].Prefix = "", 0
			}
		}
		out = append(out, t)
	}
	return out, nil
}

func declaredAs(declared []*schema.Table, name string) *schema.Table {
	for _, d := range declared {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// lengthOf is the length of a column in keys; 0 when it is in none.
func lengthOf(t, declared *schema.Table, c *schema.Column) int {
	if declared != nil {
		if d := declared.Column(c.Name); d != nil && d.Type.KeyLength > 0 {
			return d.Type.KeyLength
		}
	}
	most := 0
	for _, k := range keysOf(t) {
		if slices.Contains(k, c.Name) {
			most = max(most, len(k))
		}
	}
	if most == 0 || c.Type.Length > 0 {
		return 0
	}
	return keyLength(most)
}

// keysOf are the columns of the keys and indexes of a table.
func keysOf(t *schema.Table) [][]string {
	var out [][]string
	if t.PrimaryKey != nil {
		out = append(out, t.PrimaryKey.Columns)
	}
	for _, u := range t.Uniques {
		out = append(out, u.Columns)
	}
	for _, f := range t.ForeignKeys {
		out = append(out, f.Columns)
	}
	for _, i := range t.Indexes {
		var columns []string
		for _, p := range i.Parts {
			if p.Column != "" {
				columns = append(columns, p.Column)
			}
			columns = append(columns, p.Expr.Columns()...)
		}
		out = append(out, columns)
	}
	return out
}

// Create makes tables in a database that has none of them. Those that exist
// already, from a run that was cut off, stay. A table that cannot be made is the
// error of its statement, and those before it stay.
func (r *Run) Create(ctx context.Context, tables []*schema.Table) error {
	found, err := r.to.Inspect(ctx, driver.InspectOptions{})
	if err != nil {
		return err
	}
	sorted, _ := schema.Sorted(tables)
	for _, t := range sorted {
		if declaredAs(found, t.Name) != nil {
			continue
		}
		if _, err := r.to.CreateTables(ctx, t); err != nil {
			return err
		}
	}
	return nil
}
