package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// uniqueKey is the key that decides whether the row of an upsert exists.
type uniqueKey struct {
	columns []string           // of a key without expressions
	parts   []schema.IndexPart // of an index that has some
	where   schema.Expr        // of an index over a part of the rows
}

// plain reports whether the key is columns of all rows.
func (k uniqueKey) plain() bool { return k.parts == nil && k.where == "" }

func keyOfIndex(i *schema.Index) uniqueKey {
	k := uniqueKey{where: i.Where}
	for _, p := range i.Parts {
		if p.Expr != "" {
			k.columns, k.parts = nil, i.Parts
			return k
		}
		k.columns = append(k.columns, p.Column)
	}
	return k
}

// conflict is the key of the declaration that the upsert names.
func (n *insertState) conflict() (uniqueKey, error) {
	t, u := n.table, n.upsert
	if u.key != "" {
		return keyNamed(t, u.key)
	}
	if len(u.target) == 0 {
		return uniqueKey{}, dberr.New(dberr.Invalid, t.Name, "OnConflict names the columns of the unique key that decides")
	}
	names := make([]string, len(u.target))
	for i, c := range u.target {
		names[i] = c.reference().col.Name
	}
	return keyOver(t, names)
}

// keyNamed is the unique constraint or unique index of that name.
func keyNamed(t *schema.Table, name string) (uniqueKey, error) {
	if pk := t.PrimaryKey; pk != nil && pk.Name == name {
		return uniqueKey{columns: pk.Columns}, nil
	}
	for _, u := range t.Uniques {
		if u.Name == name {
			return uniqueKey{columns: u.Columns}, nil
		}
	}
	if i := t.IndexNamed(name); i != nil && i.Unique {
		return keyOfIndex(i), nil
	}
	return uniqueKey{}, dberr.New(dberr.Invalid, t.Name,
		fmt.Sprintf("the table declares no unique constraint or unique index called %q; name one that it has", name))
}

// keyOver is the unique key over those columns: one of all rows if there is one,
// else the one of a part of them.
func keyOver(t *schema.Table, names []string) (uniqueKey, error) {
	sorted := slices.Sorted(slices.Values(names))
	over := func(columns []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(columns)), sorted)
	}
	whole := t.PrimaryKey != nil && over(t.PrimaryKey.Columns) ||
		slices.ContainsFunc(t.Uniques, func(u *schema.Unique) bool { return over(u.Columns) })
	var partial []uniqueKey
	for _, i := range t.Indexes {
		k := keyOfIndex(i)
		switch {
		case !i.Unique || k.parts != nil || !over(k.columns):
		case k.where == "":
			whole = true
		default:
			partial = append(partial, k)
		}
	}
	list := strings.Join(names, ", ")
	switch {
	case whole:
		return uniqueKey{columns: names}, nil
	case len(partial) == 1:
		return partial[0], nil
	case len(partial) > 1:
		return uniqueKey{}, dberr.New(dberr.Invalid, t.Name,
			"several unique indexes are over ("+list+") of a part of the rows; name one with OnConflictKey")
	}
	return uniqueKey{}, dberr.New(dberr.Invalid, t.Name,
		"no unique key of the table is over ("+list+"); name the columns of one that it declares, or declare one")
}

// into gives the key to who writes the statement.
func (k uniqueKey) into(u *driver.Upsert) {
	u.Target = k.columns
	for _, p := range k.parts {
		u.Parts = append(u.Parts, driver.ExprFunc(func(b *driver.Builder) {
			if p.Expr == "" {
				b.Ident(p.Column)
				return
			}
			b.SQL("(").Text(string(p.Expr), nil, nil).SQL(")")
		}))
	}
	if k.where != "" {
		u.Partial = driver.ExprFunc(func(b *driver.Builder) { b.Text(string(k.where), nil, nil) })
	}
}

// findBy is the condition that selects the row that has the key of row.
func (n *insertState) findBy(d driver.Dialect, k uniqueKey, row []driver.Expr) (Cond, error) {
	cols := make([]*schema.Column, len(k.columns))
	for i, name := range k.columns {
		cols[i] = n.table.Column(name)
	}
	conds := []Cond{}
	if len(cols) > 0 {
		c, err := n.find(d, cols, row, false)
		if err != nil {
			return Cond{}, err
		}
		conds = append(conds, c)
	}
	var missing string
	given := func(name string) driver.Expr {
		at := slices.IndexFunc(n.cols, func(c *schema.Column) bool { return c.Name == name })
		if at < 0 {
			missing = name
			return text("NULL")
		}
		return driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Cast(b, row[at], n.cols[at].Type) })
	}
	stored := func(name string) driver.Expr { return colRef{table: n.table, col: n.table.Column(name)} }
	over := func(e schema.Expr, column func(string) driver.Expr) driver.Expr {
		return driver.ExprFunc(func(b *driver.Builder) { b.SQL("(").TextOver(string(e), column).SQL(")") })
	}
	for _, p := range k.parts {
		e := p.Expr
		if e == "" {
			e = schema.Expr("{" + strings.ReplaceAll(p.Column, "}", "}}") + "}")
		}
		conds = append(conds, Cond{n: binary{a: over(e, stored), op: " = ", c: over(e, given)}})
	}
	if k.where != "" {
		conds = append(conds, Cond{n: over(k.where, stored)}, Cond{n: over(k.where, given)})
	}
	// The columns are named only when the condition is written.
	driver.NewBuilder(d).Expr(And(conds...))
	if missing != "" {
		return Cond{}, noEmulation(d, n.table, "this upsert", fmt.Sprintf("column %s, which the key looks at, is left to the server", missing))
	}
	return And(conds...), nil
}

// apart is the rows in parts, in each of which no key comes twice. A row whose
// key is not known before the server has it is a part of its own.
func (n *insertState) apart(d driver.Dialect, k uniqueKey) [][][]driver.Expr {
	var parts [][][]driver.Expr
	from := 0
	seen := map[string]bool{}
	cut := func(at int) {
		if at > from {
			parts = append(parts, n.rows[from:at])
		}
		from = at
		clear(seen)
	}
	for i, row := range n.rows {
		key, known := n.keyText(d, k, row)
		switch {
		case !known:
			cut(i)
			cut(i + 1)
		case key == "":
		case seen[key]:
			cut(i)
			seen[key] = true
		default:
			seen[key] = true
		}
	}
	cut(len(n.rows))
	return parts
}

// keyText spells the key of a row; empty for one with a NULL, which equals no
// other, and false for one that is not known.
func (n *insertState) keyText(d driver.Dialect, k uniqueKey, row []driver.Expr) (string, bool) {
	if k.parts != nil {
		return "", false
	}
	out := ""
	for _, name := range k.columns {
		at := slices.IndexFunc(n.cols, func(c *schema.Column) bool { return c.Name == name })
		if at < 0 {
			return "", false
		}
		if !isBound(row[at]) {
			return "", false
		}
		x, err := encodeBound(d, row[at])
		switch {
		case err != nil:
			return "", false
		case x == nil:
			return "", true
		}
		s := fmt.Sprint(x)
		out += fmt.Sprintf("%d:%s", len(s), s)
	}
	return out, true
}
