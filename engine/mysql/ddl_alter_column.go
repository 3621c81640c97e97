package mysql

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// freshName names the column that takes the new values of a column while the
// old one is there. Several columns of a table can change at once.
func freshName(column string) string { return schema.InventName("larder_new", []string{column}, "") }

func (w *alteration) addColumn(c schema.AddColumn) error {
	col, fill := c.Column, w.Fill[c.Column.Name]
	now := col
	if fill != "" && !col.Nullable {
		now = col.Clone()
		now.Nullable = true
	}
	text, err := w.d.text.Column(w.After, now)
	if err != nil {
		return err
	}
	lock := driver.BriefLock
	if col.Generated != nil || col.Identity != nil {
		lock = driver.Copy
	}
	w.heavier(lock)
	if !col.Nullable && col.Default == nil && fill == "" && col.Generated == nil && col.Identity == nil {
		// The server would make up a value for rows that exist.
		w.script.Expect = append(w.script.Expect, driver.Check{
			Query: "SELECT 1 FROM " + quoteIdent(w.table()) + " LIMIT 1",
			Msg:   "column " + w.table() + "." + col.Name + " is NOT NULL, has no default, and the table has rows; give it a default, or say with Fill what they get",
		})
	}
	w.columns.add(c.String(), "ADD COLUMN "+text, columnThere(w.table(), col.Name))
	if fill == "" {
		return w.addJSON(col)
	}
	e, err := w.d.text.Expr(fill)
	if err != nil {
		return err
	}
	alter := "ALTER TABLE " + quoteIdent(w.table()) + " "
	w.after = append(w.after,
		driver.ScriptStatement{SQL: "UPDATE " + quoteIdent(w.table()) + " SET " + quoteIdent(col.Name) + " = " + e,
			Comment: "fill column " + col.Name + " in the rows that exist", Lock: driver.DataLock})
	if !col.Nullable {
		text, err := w.d.text.Column(w.After, col)
		if err != nil {
			return err
		}
		w.after = append(w.after,
			driver.ScriptStatement{SQL: alter + "MODIFY COLUMN " + text, Comment: "column " + col.Name + " is not null",
				Lock: driver.Copy})
	}
	if col.Type.Kind == schema.JSON {
		name := jsonName(w.table(), col.Name)
		w.after = append(w.after, driver.ScriptStatement{SQL: alter + "ADD " + jsonCheck(name, col.Name),
			Comment: "column " + col.Name + " holds JSON", Lock: driver.Copy, Probe: constraintThere(w.table(), name)})
	}
	return nil
}

// alterColumn states the whole column again: what MODIFY does not name is lost.
func (w *alteration) alterColumn(c schema.AlterColumn) error {
	if slices.Contains(c.Facets, schema.GeneratedFacet) && w.remade(c) {
		return w.remake(c)
	}
	retype := slices.Contains(c.Facets, schema.TypeFacet)
	if e := w.Using[c.To.Name]; retype && e != "" {
		s, err := w.d.text.Expr(e)
		if err != nil {
			return err
		}
		return w.exchange(c, s)
	}
	if retype && c.From.Generated == nil {
		done, err := w.convert(c)
		if done || err != nil {
			return err
		}
	}
	text, err := w.stated(c.To)
	if err != nil {
		return err
	}
	lock := driver.Copy
	cheap := []schema.Facet{schema.DefaultFacet, schema.CommentFacet}
	if !slices.ContainsFunc(c.Facets, func(f schema.Facet) bool { return !slices.Contains(cheap, f) }) {
		lock = driver.BriefLock
	}
	w.heavier(lock)
	// A check that is part of the column goes when the column is stated again.
	inline := w.jsonCheckOf(w.table(), c.From.Name) == ""
	switch from, to := c.From.Type.Kind == schema.JSON, c.To.Type.Kind == schema.JSON; {
	case from && !to:
		w.dropJSON(c.From)
	case to && (!from || inline):
		if err := w.addJSON(c.To); err != nil {
			return err
		}
	}
	w.columns.add(c.String(), "MODIFY COLUMN "+text, "")
	return nil
}

// remade reports whether the column has to be dropped and made again: what is
// kept and what is not cannot become each other in place.
func (w *alteration) remade(c schema.AlterColumn) bool {
	from, to := c.From.Generated, c.To.Generated
	switch {
	case from == nil:
		return to != nil && !to.Stored
	case to == nil:
		return !from.Stored
	}
	return from.Stored != to.Stored
}

func (w *alteration) remake(c schema.AlterColumn) error {
	if c.To.Generated == nil {
		return w.exchange(c, quoteIdent(c.From.Name))
	}
	text, err := w.again(c.To)
	if err != nil {
		return err
	}
	w.heavier(driver.Copy)
	if err := w.indexesOf(c.To.Name); err != nil {
		return err
	}
	w.drops.add(c.String(), "DROP COLUMN "+quoteIdent(c.To.Name), "")
	w.columns.add("", "ADD COLUMN "+text+w.place(c.To.Name), "")
	return nil
}

// place is where a column stands that is made again: behind the nearest one
// before it that stays.
func (w *alteration) place(column string) string {
	at := slices.IndexFunc(w.Before.Columns, func(c *schema.Column) bool { return c.Name == column })
	for at--; at >= 0; at-- {
		if prev := w.Before.Columns[at].Name; w.After.Column(prev) != nil {
			return " AFTER " + quoteIdent(prev)
		}
	}
	return " FIRST"
}

// indexesOf drops and makes again what is over a column that is made again,
// and that no change names.
func (w *alteration) indexesOf(column string) error {
	for _, i := range w.Before.Indexes {
		uses := slices.ContainsFunc(i.Parts, func(p schema.IndexPart) bool { return p.Column == column })
		if !uses || w.changes(i.Name) {
			continue
		}
		w.drops.add("", "DROP INDEX "+quoteIdent(i.Name), "")
		key, err := w.d.text.Key(i)
		if err != nil {
			return err
		}
		w.adds.add("", "ADD "+key, "")
	}
	return nil
}

// changes reports whether a change drops the index or check of that name.
func (w *alteration) changes(name string) bool {
	return slices.ContainsFunc(w.Changes, func(c schema.Change) bool {
		switch c := c.(type) {
		case schema.DropIndex:
			return c.Index.Name == name
		case schema.DropCheck:
			return c.Check.Name == name
		}
		return false
	})
}

// exchange computes the new values into a column of their own, which then
// takes the place of the old one in a single statement.
func (w *alteration) exchange(c schema.AlterColumn, expr string) error {
	name := c.To.Name
	for _, f := range w.Before.ForeignKeys {
		if slices.Contains(f.Columns, name) {
			return w.d.unsupported("column %s.%s is part of foreign key %s; drop the key, change the column, add the key again",
				w.table(), name, f.Name)
		}
	}
	for _, g := range w.Before.Columns {
		if g.Generated != nil && g.Name != name && w.After.Column(g.Name) != nil &&
			strings.Contains(string(g.Generated.Expr), "{"+name+"}") {
			return w.d.unsupported("column %s.%s is generated from %s; drop it, change the column, add it again",
				w.table(), g.Name, name)
		}
	}
	if pk := w.Before.PrimaryKey; pk != nil && slices.Contains(pk.Columns, name) {
		return w.d.unsupported("column %s.%s is part of the primary key; give the table another key first", w.table(), name)
	}
	fresh := freshName(name)
	loose := c.To.Clone()
	loose.Name, loose.Nullable, loose.Default, loose.Generated, loose.Identity, loose.Comment = fresh, true,
		nil, nil, nil, ""
	text, err := w.d.text.Column(w.After, loose)
	if err != nil {
		return err
	}
	final, err := w.again(c.To)
	if err != nil {
		return err
	}
	table := quoteIdent(w.table())
	w.statement(driver.BriefLock, "a column for the new values of "+name, "ALTER TABLE "+table+" ADD COLUMN "+text, columnThere(w.table(), fresh))
	w.statement(driver.DataLock, "compute the new values of "+name, "UPDATE "+table+" SET "+quoteIdent(fresh)+" = "+expr, "")
	w.heavier(driver.Copy)
	if err := w.indexesOf(name); err != nil {
		return err
	}
	for _, k := range w.Before.Checks {
		if strings.Contains(string(k.Expr), "{"+name+"}") && !w.changes(k.Name) {
			if !w.inline(k.Name) {
				w.first.add("drop check "+k.Name, w.d.withoutCheck(k.Name), not(constraintThere(w.table(), k.Name)))
			}
			if err := w.addCheck("", k.Name, k.Expr); err != nil {
				return err
			}
		}
	}
	if c.To.Type.Kind == schema.JSON && c.From.Type.Kind == schema.JSON {
		// The name of its check is used again.
		w.first, w.drops = w.drops, w.first
		w.dropJSON(c.From)
		w.first, w.drops = w.drops, w.first
	} else {
		w.dropJSON(c.From)
	}
	w.drops.add(c.String(), "DROP COLUMN "+quoteIdent(name), "")
	w.columns.add("", "CHANGE COLUMN "+quoteIdent(fresh)+" "+final+w.place(name), not(columnThere(w.table(), fresh)))
	return w.addJSON(c.To)
}

// conversion is what a change of type needs beside MODIFY, which does the rest.
type conversion struct {
	before, after string // an assignment to the column, ahead of MODIFY or behind it
	where         string // to the rows for which it holds
	exchange      string // the new value, computed into a column that takes the place of the old one
}

// conversions are the rules, in whose texts $ is the column. The first that
// fits counts.
func conversions() []ddltext.Conversion[conversion] {
	type c = conversion
	number, text := ddltext.Kinds(schema.Kind.IsNumber), ddltext.Kinds(schema.Kind.IsText)
	whole, boolean, datetime := ddltext.Of(schema.Integer, schema.BigInt), ddltext.Of(schema.Boolean),
		ddltext.Of(schema.DateTime)
	json, instants := ddltext.Of(schema.JSON, schema.JSONB), ddltext.Of(schema.DateTime, schema.Date)
	rule := ddltext.Rule[conversion]
	return []ddltext.Conversion[conversion]{
		rule(number, boolean, c{before: "$ <> 0", where: "$ NOT IN (0, 1)"}),
		rule(boolean, text, c{after: "CASE $ WHEN '0' THEN 'false' ELSE 'true' END", where: "$ NOT IN ('true', 'false')"}),
		rule(text, boolean, c{before: "CASE WHEN lower($) IN ('true', 't', 'yes', 'y', 'on') THEN '1'" +
			" WHEN lower($) IN ('false', 'f', 'no', 'n', 'off') THEN '0' ELSE $ END", where: "$ NOT IN ('0', '1')"}),
		rule(instants, whole, c{exchange: "TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', $)"}),
		rule(whole, datetime, c{exchange: "TIMESTAMPADD(SECOND, $, CAST('1970-01-01 00:00:00' AS DATETIME(6)))"}),
		rule(number, number, c{}),
		rule(text, ddltext.Any, c{}),
		rule(ddltext.Any, text, c{}),
		rule(boolean, number, c{}),
		rule(instants, instants, c{}),
		rule(datetime, ddltext.Of(schema.Time), c{}),
		rule(json, json, c{}),
	}
}

// convert writes what a change of type needs besides MODIFY: done says that it
// has written all of it.
func (w *alteration) convert(c schema.AlterColumn) (done bool, err error) {
	if c.From.Type.Kind == c.To.Type.Kind {
		return false, nil
	}
	how, err := ddltext.Find(conversions(), w.table(), c.From, c.To)
	if err != nil {
		return false, err
	}
	column := quoteIdent(c.To.Name)
	if how.exchange != "" {
		return true, w.exchange(c, ddltext.Fill(how.exchange, column, ""))
	}
	update := func(set string) driver.ScriptStatement {
		return driver.ScriptStatement{Comment: "values of " + c.To.Name + " as the new type has them", Lock: driver.DataLock,
			SQL: "UPDATE " + quoteIdent(w.table()) + " SET " + column + " = " +
				ddltext.Fill(set+" WHERE "+how.where, column, "")}
	}
	if how.before != "" {
		w.script.Statements = append(w.script.Statements, update(how.before))
	}
	if how.after != "" {
		w.after = append(w.after, update(how.after))
	}
	return false, nil
}

// extras are the checks of the live table that are not what the names by rule
// and the schema say.
type extras struct {
	// json has, by column, the name of the check that keeps it JSON, where that
	// is a check and its name is not the one by rule. A column with the empty
	// name has a check that is part of the column.
	json map[string]string
	// inline has the columns with a check of their own, which goes when the
	// column is stated again without it, and by no other way.
	inline map[string]bool
	// besides has, by column, what stays of it that the schema does not say:
	// INVISIBLE, and that a table which keeps its history keeps none of it.
	besides map[string]string
}

// Extras reads how the checks of the table were made.
func (d *DDL) Extras(ctx context.Context, q driver.DBTX, o driver.InspectOptions, table string) (driver.Extras, error) {
	x := extras{json: map[string]string{}, inline: map[string]bool{}, besides: map[string]string{}}
	err := driver.EachRow(ctx, q, func(rows *sql.Rows) error {
		var of, name, clause, level string
		var loose bool
		if err := rows.Scan(&of, &name, &clause, &level, &loose); err != nil {
			return err
		}
		if level == "Column" {
			x.inline[name] = true
		}
		e, err := sqltext.Canonical(d.printed(clause), textRules(&schema.Table{}))
		if err != nil {
			return nil //nolint:nilerr // no check of ours reads like that
		}
		column, opens := strings.CutPrefix(e, "json_valid({")
		column, closes := strings.CutSuffix(column, "})")
		if !opens || !closes {
			return nil
		}
		if level == "Column" {
			name = ""
		}
		x.json[column] = name
		return nil
	}, d.checks(true), o.Schema, table)
	if err != nil {
		return driver.Extras{}, err
	}
	err = driver.EachRow(ctx, q, func(rows *sql.Rows) error {
		var name, extra string
		err := rows.Scan(&name, &extra)
		for _, word := range []string{"INVISIBLE", "WITHOUT SYSTEM VERSIONING"} {
			if strings.Contains(strings.ToUpper(extra), word) {
				x.besides[name] += " " + word
			}
		}
		return err
	}, "SELECT column_name, extra FROM information_schema.columns WHERE table_schema = "+here+
		" AND table_name = ? AND extra <> ''",
		o.Schema, table)
	return driver.Extras{Own: x}, err
}

// ExtrasOf has nothing to tell: the names by rule are known.
func (*DDL) ExtrasOf([]*schema.Table, string) driver.Extras { return driver.Extras{} }

// jsonCheckOf is the name of the check that keeps a column JSON, of a table
// that was made under that name; empty when it is part of the column.
func (w *alteration) jsonCheckOf(table, column string) string {
	if name, ok := w.extras().json[column]; ok {
		return name
	}
	return jsonName(table, column)
}

func (w *alteration) extras() extras {
	x, _ := w.Alteration.Extras.Own.(extras)
	return x
}

// inline reports whether a check is part of the definition of a column of the
// live table, which it is called like.
func (w *alteration) inline(check string) bool { return w.extras().inline[check] }

// again is the definition of a column that is stated again: what the server
// knows of it besides stays.
func (w *alteration) again(c *schema.Column) (string, error) {
	s, err := w.d.text.Column(w.After, c)
	return s + w.extras().besides[c.Name], err
}

// stated is again with the check that is part of the column and stays.
func (w *alteration) stated(c *schema.Column) (string, error) {
	s, err := w.again(c)
	if err != nil || !w.inline(c.Name) {
		return s, err
	}
	for _, k := range w.After.Checks {
		if k.Name != c.Name || w.changes(k.Name) {
			continue
		}
		e, err := w.d.text.Expr(k.Expr)
		return s + " CHECK (" + e + ")", err
	}
	return s, nil
}

// dropInline takes the check away that is part of a column: with the column, or
// by stating the column without it.
func (w *alteration) dropInline(comment, column string) error {
	c := w.After.Column(column)
	restated := slices.ContainsFunc(w.Changes, func(c schema.Change) bool {
		a, ok := c.(schema.AlterColumn)
		return ok && a.To.Name == column
	})
	if c == nil || restated {
		return nil
	}
	s, err := w.again(c)
	if err != nil {
		return err
	}
	w.heavier(driver.Copy)
	w.columns.add(comment, "MODIFY COLUMN "+s, "")
	return nil
}
