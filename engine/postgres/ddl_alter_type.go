package postgres

import (
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// retype changes the type or the collation of a column.
func (w *alteration) retype(c schema.AlterColumn) error {
	from, to := c.From.Type, c.To.Type
	if from.Kind == schema.Enum && to.Kind == schema.Enum && from.Name == to.Name {
		return w.enumValues(c)
	}
	w.needType(c.To)
	ty := to.Raw
	if to.Kind == schema.Enum {
		ty = quoteIdent(to.Name)
	}
	s := "ALTER COLUMN " + quoteIdent(c.To.Name) + " TYPE " + ty
	if c.To.Collation != "" {
		s += " COLLATE " + quoteIdent(c.To.Collation)
	}
	using, err := w.using(c, ty)
	if err != nil {
		return err
	}
	if using != "" {
		s += " USING " + using
	}
	lock := driver.Rewrite
	if from.Kind == schema.String && (to.Kind == schema.Text || to.Kind == schema.String && (to.Length == 0 || from.Length > 0 && to.Length >= from.Length)) {
		lock = driver.BriefLock
	}
	w.alter(lock, c.String(), s)
	if from.Kind == schema.Enum {
		w.dropType(c.From, w.Before.Name, false)
	}
	if id := c.To.Identity; id != nil && c.From.Identity != nil && from.Raw != to.Raw {
		w.add(driver.BriefLock, "the sequence has the range of the column", "ALTER SEQUENCE "+quoteIdent(id.Sequence)+" AS "+to.Raw)
	}
	return nil
}

// using is how the values of a column become those of another type: as the
// author says, or by the rule for the two types; empty where the server has
// one that loses nothing.
func (w *alteration) using(c schema.AlterColumn, ty string) (string, error) {
	if e := w.Using[c.To.Name]; e != "" {
		s, err := w.text.Expr(e)
		return "(" + s + ")", err
	}
	from, to := c.From.Type, c.To.Type
	a := quoteIdent(c.To.Name)
	number := func(k schema.Kind) bool {
		return k == schema.Integer || k == schema.BigInt || k == schema.SmallInt || k == schema.Float || k == schema.Numeric
	}
	text := func(k schema.Kind) bool { return k == schema.String || k == schema.Text }
	whole := func(k schema.Kind) bool { return k == schema.Integer || k == schema.BigInt }
	switch {
	case from.Kind == schema.DateTime && to.Kind == schema.DateTime && from.WithZone != to.WithZone:
		// The instant stays, whatever the zone of the session is.
		return a + " AT TIME ZONE 'UTC'", nil
	case from.Kind == to.Kind && from.Kind != schema.Other, number(from.Kind) && number(to.Kind), text(from.Kind) && text(to.Kind):
		return "", nil
	case from.Kind == schema.Bytes && text(to.Kind):
		return "convert_from(" + a + ", 'UTF8')", nil
	case text(from.Kind) && to.Kind == schema.Bytes:
		return "convert_to(" + a + ", 'UTF8')", nil
	case text(to.Kind):
		return a + "::text", nil
	case number(from.Kind) && to.Kind == schema.Boolean:
		return a + " <> 0", nil
	case from.Kind == schema.Boolean && number(to.Kind):
		return a + "::integer::" + ty, nil
	case (from.Kind == schema.DateTime || from.Kind == schema.Date) && whole(to.Kind):
		return "floor(extract(epoch FROM " + a + "))::" + ty, nil
	case whole(from.Kind) && to.Kind == schema.DateTime && to.WithZone:
		return "to_timestamp(" + a + ")", nil
	case whole(from.Kind) && to.Kind == schema.DateTime:
		return "to_timestamp(" + a + ") AT TIME ZONE 'UTC'", nil
	case text(from.Kind), from.Kind == schema.JSON && to.Kind == schema.JSONB, from.Kind == schema.JSONB && to.Kind == schema.JSON,
		from.Kind == schema.Date && to.Kind == schema.DateTime, from.Kind == schema.DateTime && to.Kind == schema.Date:
		return a + "::" + ty, nil
	case from.Kind == schema.Enum && to.Kind == schema.Enum:
		return a + "::text::" + ty, nil
	}
	return "", dberr.New(dberr.Unsupported, "alter column", "there is no rule how "+from.String()+" becomes "+to.String()+" in column "+w.Before.Name+"."+c.To.Name+"; say it with Using")
}

// enumValues changes the values of a type: further ones are added to it, else
// a new type takes its place.
func (w *alteration) enumValues(c schema.AlterColumn) error {
	from, to := c.From.Type, c.To.Type
	if rest, ok := further(from.Values, to.Values); ok {
		for _, v := range rest {
			s := "ALTER TYPE " + quoteIdent(to.Name) + " ADD VALUE " + quoteText(v)
			// One that is new as well stands behind the one before it.
			if n := slices.Index(to.Values, v); n > 0 {
				s += " AFTER " + quoteText(to.Values[n-1])
			} else {
				s += " BEFORE " + quoteText(from.Values[0])
			}
			w.add(driver.BriefLock, c.String(), s)
		}
		return nil
	}
	own := w.Before.Name + "." + c.To.Name
	for _, user := range w.users(to.Name) {
		if user != own {
			return dberr.New(dberr.Unsupported, "alter column", "the values of type "+to.Name+" cannot be changed because "+user+" has it as well; give the columns types of their own first")
		}
	}
	old := schema.InventName(to.Name, nil, "old")
	w.add(driver.NoLock, "put the old type aside", "ALTER TYPE "+quoteIdent(to.Name)+" RENAME TO "+quoteIdent(old))
	w.add(driver.NoLock, "create type "+to.Name, w.createType(to))
	col := "ALTER COLUMN " + quoteIdent(c.To.Name)
	using := quoteIdent(c.To.Name) + "::text::" + quoteIdent(to.Name)
	if e := w.Using[c.To.Name]; e != "" {
		s, err := w.text.Expr(e)
		if err != nil {
			return err
		}
		using = "(" + s + ")::text::" + quoteIdent(to.Name)
	}
	w.alter(driver.Rewrite, c.String(), col+" TYPE "+quoteIdent(to.Name)+" USING "+using)
	w.add(driver.NoLock, "drop the old type", "DROP TYPE "+quoteIdent(old))
	return nil
}

// further returns the values of b that a has not, when those of a stand in b
// in the same order.
func further(a, b []string) (rest []string, ok bool) {
	n := 0
	for _, v := range b {
		if n < len(a) && a[n] == v {
			n++
			continue
		}
		if slices.Contains(a, v) {
			return nil, false
		}
		rest = append(rest, v)
	}
	return rest, n == len(a) && len(a) > 0
}

// columnsNamed are the columns of t with these names.
func columnsNamed(t *schema.Table, names map[string]bool) []*schema.Column {
	var out []*schema.Column
	if t == nil {
		return nil
	}
	for _, c := range t.Columns {
		if names[c.Name] {
			out = append(out, c)
		}
	}
	return out
}
