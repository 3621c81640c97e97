package postgres

import (
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
)

// retype changes the type or the collation of a column.
func (w *alteration) retype(c schema.AlterColumn) error {
	from, to := c.From.Type, c.To.Type
	if from.Kind == schema.Enum && to.Kind == schema.Enum && from.Name == to.Name {
		return w.enumValues(c)
	}
	// A type that one column has is this column's.
	if from.Kind == schema.Enum && to.Kind == schema.Enum && slices.Equal(from.Values, to.Values) &&
		len(w.users(from.Name)) <= 1 && len(w.users(to.Name)) == 0 {
		w.add(driver.BriefLock, "rename type "+from.Name+" to "+to.Name,
			"ALTER TYPE "+quoteIdent(from.Name)+" RENAME TO "+quoteIdent(to.Name))
		return nil
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
	if from.Kind == schema.String &&
		(to.Kind == schema.Text || to.Kind == schema.String && (to.Length == 0 ||
			from.Length > 0 && to.Length >= from.Length)) {
		lock = driver.BriefLock
	}
	w.alter(lock, c.String(), s)
	if from.Kind == schema.Enum {
		w.dropType(c.From, w.Before.Name, false)
	}
	if id := c.To.Identity; id != nil && c.From.Identity != nil && from.Raw != to.Raw && to.Kind.IsWhole() {
		w.add(driver.BriefLock, "the sequence has the range of the column",
			"ALTER SEQUENCE "+quoteIdent(id.Sequence)+" AS "+to.Raw)
	}
	return nil
}

// conversions are the expressions over the old value that give the new one;
// empty where the server has a rule that loses nothing. $ is the column, @ the
// type. The first that fits counts.
func conversions() []ddltext.Conversion[string] {
	number, text := ddltext.Kinds(schema.Kind.IsNumber), ddltext.Kinds(schema.Kind.IsText)
	whole, boolean, datetime := ddltext.Of(schema.Integer, schema.BigInt), ddltext.Of(schema.Boolean),
		ddltext.Of(schema.DateTime)
	json, instants, bytes, enum := ddltext.Of(schema.JSON, schema.JSONB), ddltext.Of(schema.DateTime, schema.Date),
		ddltext.Of(schema.Bytes), ddltext.Of(schema.Enum)
	rule := ddltext.Rule[string]
	return []ddltext.Conversion[string]{
		rule(number, number, ""),
		rule(text, text, ""),
		rule(bytes, text, "convert_from($, 'UTF8')"),
		rule(text, bytes, "convert_to($, 'UTF8')"),
		rule(ddltext.Any, text, "$::text"),
		rule(number, boolean, "$ <> 0"),
		rule(boolean, number, "$::integer::@"),
		rule(instants, whole, "floor(extract(epoch FROM $))::@"),
		rule(whole, datetime, "to_timestamp($)"),
		rule(text, ddltext.Any, "$::@"),
		rule(json, json, "$::@"),
		rule(instants, instants, "$::@"),
		rule(datetime, ddltext.Of(schema.Time), "$::@"),
		rule(enum, enum, "$::text::@"),
	}
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
	zone := ""
	if to.Kind == schema.DateTime &&
		(from.Kind.IsWhole() && !to.WithZone || from.Kind == schema.DateTime && from.WithZone != to.WithZone) {
		zone = " AT TIME ZONE 'UTC'" // the instant stays, whatever the zone of the session is
	}
	column := quoteIdent(c.To.Name)
	if from.Kind == to.Kind && from.Kind != schema.Other && from.Kind != schema.Enum {
		if zone == "" {
			return "", nil
		}
		return column + zone, nil
	}
	e, err := ddltext.Find(conversions(), w.Before.Name, c.From, c.To)
	if err != nil || e == "" {
		return "", err
	}
	return ddltext.Fill(e, column, ty) + zone, nil
}

// enumValues changes the values of a type: further ones are added to it, else
// a new type takes its place.
func (w *alteration) enumValues(c schema.AlterColumn) error {
	from, to := c.From.Type, c.To.Type
	if rest, ok := further(from.Values, to.Values); ok {
		for _, v := range rest {
			s := "ALTER TYPE " + quoteIdent(to.Name) + " ADD VALUE IF NOT EXISTS " + quoteText(v)
			// One that is new as well stands behind the one before it.
			if n := slices.Index(to.Values, v); n > 0 {
				s += " AFTER " + quoteText(to.Values[n-1])
			} else {
				s += " BEFORE " + quoteText(from.Values[0])
			}
			w.script.Before = append(w.script.Before, whereTypeIs(to.Name, s))
			w.add(driver.BriefLock, c.String(), s)
		}
		return nil
	}
	own := w.Before.Name + "." + c.To.Name
	for _, user := range w.users(to.Name) {
		if user != own {
			return dberr.New(dberr.Unsupported, "alter column",
				"the values of type "+to.Name+" cannot be changed because "+user+
					" has it as well; give the columns types of their own first")
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

// whereTypeIs makes a change of a type that is there already in a transaction of
// its own. A value that was added to an enum can be used when that is committed,
// and defaults, indexes and rows of the same revision may want it. A type that
// comes with the revision has its values at once.
func whereTypeIs(name, change string) string {
	return "DO " + quoteText("BEGIN IF EXISTS (SELECT FROM pg_type WHERE typname = "+quoteText(name)+
		" AND pg_type_is_visible(oid)) THEN "+change+"; END IF; END")
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
