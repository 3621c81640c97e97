package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
)

// rebuilt is the name of a table while it is copied.
func rebuilt(table string) string { return "larder_rebuild_" + table }

// rebuild makes the table anew beside the old one, copies the rows and takes
// its place, in the order that SQLite's manual gives. It is all in one
// transaction; what hangs on the table is made again from its own text.
func (w *alteration) rebuild() error {
	ct, err := w.edit()
	if err != nil {
		return err
	}
	old, tmp := quoteIdent(w.Before.Name), quoteIdent(rebuilt(w.Before.Name))
	w.withoutForeignKeys()
	w.add(driver.RewriteWrite, w.comment(), ct.write(rebuilt(w.Before.Name)))
	if err := w.copyRows(ct, old, tmp); err != nil {
		return err
	}
	if autoColumn(w.Before) != "" && autoColumn(w.After) != "" {
		// The number of a row that was deleted does not come back.
		w.add(driver.DataLock, "keep the counter of row numbers", "DELETE FROM sqlite_sequence WHERE name = "+quoteText(rebuilt(w.Before.Name)))
		w.add(driver.DataLock, "keep the counter of row numbers", "INSERT INTO sqlite_sequence (name, seq) SELECT "+quoteText(rebuilt(w.Before.Name))+", seq FROM sqlite_sequence WHERE name = "+quoteText(w.Before.Name))
	}
	w.add(driver.BriefLock, "drop the old table", "DROP TABLE "+old)
	// With the old rules nothing that names the table is looked at: views of
	// it, which now find none, and triggers elsewhere.
	w.add(driver.NoLock, "rename without touching what names the table", legacyOn)
	w.add(driver.BriefLock, "the new table takes its place", "ALTER TABLE "+tmp+" RENAME TO "+old)
	w.add(driver.NoLock, "rename without touching what names the table", legacyOff)
	if err := w.indexes(); err != nil {
		return err
	}
	for _, o := range w.extras().objects {
		if o.kind == "trigger" && strings.EqualFold(o.table, w.Before.Name) {
			w.add(driver.BriefLock, "make trigger "+o.name+" again", o.sql)
		}
	}
	w.verifyForeignKeys(w.Before.Name)
	for _, r := range w.extras().referrers {
		w.verifyForeignKeys(r)
	}
	w.verifyObjects(w.Before.Name, w.After)
	return nil
}

func (w *alteration) comment() string {
	parts := make([]string, len(w.Changes))
	for i, c := range w.Changes {
		parts[i] = c.String()
	}
	return "rebuild table " + w.Before.Name + ": " + strings.Join(parts, "; ")
}

// copyRows copies every row with its row number, which full-text indexes and
// the like may know it by.
func (w *alteration) copyRows(ct *createText, old, tmp string) error {
	var to, from []string
	alias := false
	for _, c := range w.After.Columns {
		if c.Generated != nil {
			continue
		}
		was := w.Before.Column(c.Name)
		if was == nil {
			if e := w.Fill[c.Name]; e != "" {
				s, err := w.d.text.Expr(e)
				if err != nil {
					return err
				}
				to, from = append(to, quoteIdent(c.Name)), append(from, s)
			}
			continue
		}
		alias = alias || c.Identity != nil
		e, err := w.converted(was, c)
		if err != nil {
			return err
		}
		if was.Nullable && !c.Nullable && c.Identity == nil && w.Using[c.Name] == "" {
			w.expect(quoteIdent(c.Name)+" IS NULL",
				"column "+w.Before.Name+"."+c.Name+" has rows without a value and would be NOT NULL; give them one first")
		}
		to, from = append(to, quoteIdent(c.Name)), append(from, e)
	}
	for _, c := range w.Before.Columns {
		alias = alias || c.Identity != nil
	}
	if id := rowID(w.Before, w.After); id != "" && !alias && !strings.Contains(strings.ToUpper(ct.tail), "WITHOUT") {
		to, from = append([]string{id}, to...), append([]string{id}, from...)
	}
	if len(to) == 0 {
		return dberr.New(dberr.Unsupported, "change", "no column of table "+w.Before.Name+" stays")
	}
	w.add(driver.RewriteWrite, "copy the rows",
		"INSERT INTO "+tmp+" ("+strings.Join(to, ", ")+") SELECT "+strings.Join(from, ", ")+" FROM "+old)
	return nil
}

// rowID is a name of the row number that no column has taken.
func rowID(tables ...*schema.Table) string {
	for _, n := range []string{"rowid", "_rowid_", "oid"} {
		if !slices.ContainsFunc(tables, func(t *schema.Table) bool {
			return slices.ContainsFunc(t.Columns, func(c *schema.Column) bool { return strings.EqualFold(c.Name, n) })
		}) {
			return n
		}
	}
	return ""
}

// indexes makes the indexes again that stay, as they were written, and those
// that come.
func (w *alteration) indexes() error {
	gone := map[string]bool{}
	for _, c := range w.Changes {
		if d, ok := c.(schema.DropIndex); ok {
			gone[strings.ToLower(d.Index.Name)] = true
		}
	}
	again := func(name, sql string) { w.add(driver.WritersWait, "make index "+name+" again", sql) }
	if w.extras().create != "" {
		for _, o := range w.extras().objects {
			if o.kind == "index" && strings.EqualFold(o.table, w.Before.Name) && !gone[strings.ToLower(o.name)] {
				again(o.name, o.sql)
			}
		}
	} else {
		for _, i := range w.Before.Indexes {
			if gone[strings.ToLower(i.Name)] {
				continue
			}
			s, err := w.d.text.Index(w.After, i)
			if err != nil {
				return err
			}
			again(i.Name, s)
		}
	}
	for _, c := range w.Changes {
		if a, ok := c.(schema.AddIndex); ok {
			s, err := w.d.text.Index(w.After, a.Index)
			if err != nil {
				return err
			}
			w.add(driver.WritersWait, a.String(), s)
		}
	}
	return nil
}

// expect refuses the change when a row answers the query.
func (w *alteration) expect(where, msg string) {
	w.script.Expect = append(w.script.Expect,
		driver.Check{Query: "SELECT 1 FROM " + quoteIdent(w.Before.Name) + " WHERE " + where + " LIMIT 1", Msg: msg})
}

// hold refuses the change when a value has another storage class afterwards
// than its type says. SQLite itself would keep it.
func (w *alteration) hold(c *schema.Column, classes string) {
	w.script.Verify = append(w.script.Verify, driver.Check{
		Query: "SELECT 1 FROM " + quoteIdent(w.After.Name) + " WHERE typeof(" + quoteIdent(c.Name) + ") NOT IN (" + classes + ", 'null') LIMIT 1",
		Msg:   fmt.Sprintf("a value of column %s.%s is no %s; correct it, or say with Using what it becomes", w.After.Name, c.Name, c.Type),
	})
}

// conversion is how SQLite brings a value into another type.
type conversion struct {
	expr   string // over the old row; $ is the column
	hold   string // the storage classes that the values must have afterwards; empty for any
	refuse string // a condition on values that cannot become one of the type
	why    string // what they are not
}

// conversions are the rules, the first that fits counts. SQLite itself would
// keep a value that does not fit; numbers that the column would round are kept
// as bytes.
func conversions() []ddltext.Conversion[conversion] {
	type c = conversion
	whole, number, text := ddltext.Kinds(schema.Kind.IsWhole), ddltext.Kinds(schema.Kind.IsNumber),
		ddltext.Kinds(schema.Kind.IsText)
	boolean, float, numeric, bytes := ddltext.Of(schema.Boolean), ddltext.Of(schema.Float), ddltext.Of(schema.Numeric),
		ddltext.Of(schema.Bytes)
	json, date, datetime := ddltext.Of(schema.JSON, schema.JSONB), ddltext.Of(schema.Date), ddltext.Of(schema.DateTime)
	clock := ddltext.Of(schema.Time)
	const spelled = "typeof($) = 'text' AND CAST(CAST($ AS INTEGER) AS TEXT) <> $"
	rule := ddltext.Rule[conversion]
	return []ddltext.Conversion[conversion]{
		rule(ddltext.Of(schema.Other), ddltext.Any, c{expr: "$"}),
		rule(ddltext.Any, ddltext.Of(schema.Other), c{expr: "$"}),
		rule(text, text, c{expr: "$"}),
		rule(bytes, text, c{expr: "CAST($ AS TEXT)"}),
		rule(text, bytes, c{expr: "CAST($ AS BLOB)"}),
		rule(number, boolean, c{expr: "($ <> 0)"}),
		rule(boolean, text, c{expr: "CASE $ WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE $ END"}),
		rule(text, boolean, c{expr: "CASE WHEN lower($) IN ('true', 't', 'yes', 'y', 'on', '1') THEN 1" +
			" WHEN lower($) IN ('false', 'f', 'no', 'n', 'off', '0') THEN 0 ELSE $ END", hold: "'integer'"}),
		rule(boolean, number, c{expr: "$"}),
		rule(ddltext.Of(schema.Float, schema.Numeric), whole, c{expr: "CASE typeof($) WHEN 'integer' THEN $ WHEN 'null' THEN NULL ELSE CAST(round(CAST($ AS REAL)) AS INTEGER) END", hold: "'integer'"}),
		rule(number, number, c{expr: "$"}),
		rule(text, whole, c{expr: "$", hold: "'integer'"}),
		rule(text, float, c{expr: "$", hold: "'integer', 'real'"}),
		rule(text, numeric, c{expr: "CASE WHEN " + spelled + " THEN CAST($ AS BLOB) ELSE $ END",
			refuse: "typeof($) = 'text' AND ($ GLOB '*[^0-9.eE+-]*' OR $ NOT GLOB '*[0-9]*')", why: "number"}),
		rule(text, json, c{expr: "CASE WHEN " + spelled + " AND json_type($) IN ('integer', 'real') THEN CAST($ AS BLOB) ELSE $ END",
			refuse: "typeof($) = 'text' AND NOT json_valid($)", why: "JSON"}),
		rule(ddltext.Of(schema.DateTime, schema.Date), whole, c{expr: "CASE typeof($) WHEN 'text' THEN coalesce(CAST(strftime('%s', $) AS INTEGER), $) ELSE $ END", hold: "'integer'"}),
		rule(whole, datetime, c{expr: "CASE typeof($) WHEN 'integer' THEN strftime('%Y-%m-%d %H:%M:%S.000000', $, 'unixepoch') ELSE $ END"}),
		rule(datetime, date, c{expr: "CASE typeof($) WHEN 'text' THEN substr($, 1, 10) ELSE $ END"}),
		rule(datetime, clock, c{expr: "CASE typeof($) WHEN 'text' THEN substr(substr($, 12) || '.000000', 1, 15) ELSE $ END"}),
		rule(text, clock, c{expr: "CASE typeof($) WHEN 'text' THEN substr($, 1, 8) || substr(substr($, 9) || substr('.000000', length($) - 7), 1, 7) ELSE $ END",
			refuse: "typeof($) = 'text' AND ($ NOT GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*' OR strftime('%H', $) IS NULL OR substr($, 9) GLOB '*[^.0-9]*')", why: "time of day"}),
		rule(date, datetime, c{expr: "CASE WHEN length($) = 10 THEN $ || ' 00:00:00.000000' ELSE $ END"}),
		rule(ddltext.Any, text, c{expr: "CASE typeof($) WHEN 'blob' THEN CAST($ AS TEXT) ELSE $ END"}),
		rule(text, ddltext.Any, c{expr: "$"}),
		rule(json, json, c{expr: "$"}),
	}
}

// converted is the expression that gives the value of a column in its new type.
func (w *alteration) converted(from, to *schema.Column) (string, error) {
	if e := w.Using[to.Name]; e != "" {
		return w.d.text.Expr(e)
	}
	column := quoteIdent(from.Name)
	if from.Type.Kind == to.Type.Kind {
		return column, nil
	}
	c, err := ddltext.Find(conversions(), w.Before.Name, from, to)
	if err != nil {
		return "", err
	}
	if c.hold != "" {
		w.hold(to, c.hold)
	}
	if c.refuse != "" {
		w.expect(ddltext.Fill(c.refuse, column, ""),
			"a value of column "+w.Before.Name+"."+from.Name+" is no "+c.why+"; correct it, or say with Using what it becomes")
	}
	return ddltext.Fill(c.expr, column, ""), nil
}

// Extras reads the texts of the table and of what hangs on it, every view and
// trigger that works, and what refers to the table.
func (d *DDL) Extras(ctx context.Context, q driver.DBTX, _ driver.InspectOptions, table string) (driver.Extras, error) {
	x, err := readExtras(ctx, q, table)
	return driver.Extras{Own: x}, err
}

func readExtras(ctx context.Context, q driver.DBTX, table string) (extras, error) {
	var x extras
	each := func(query string, scan func(rows *sql.Rows) error, args ...any) error {
		return driver.EachRow(ctx, q, scan, query, args...)
	}
	err := each(`SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND (tbl_name = ?1 COLLATE NOCASE OR type IN ('view', 'trigger'))
		ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid`, func(rows *sql.Rows) error {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.table, &o.sql); err != nil {
			return err
		}
		if o.kind == "table" {
			x.create = o.sql
		} else {
			x.objects = append(x.objects, o)
		}
		return nil
	}, table)
	if err != nil {
		return x, err
	}
	err = each(`SELECT DISTINCT m.name FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' AND f."table" = ?1 COLLATE NOCASE AND m.name <> ?1 COLLATE NOCASE ORDER BY m.name`, func(rows *sql.Rows) error {
		var n string
		err := rows.Scan(&n)
		x.referrers = append(x.referrers, n)
		return err
	}, table)
	if err != nil {
		return x, err
	}
	for n := range x.objects {
		o := &x.objects[n]
		switch o.kind {
		case "view":
			o.trial = "SELECT * FROM " + quoteIdent(o.name) + " LIMIT 0"
		case "trigger":
			var columns []string
			// A trigger of a view that is broken has no columns to be asked for.
			err := each(`SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0`, func(rows *sql.Rows) error {
				var c string
				err := rows.Scan(&c)
				columns = append(columns, c)
				return err
			}, o.table)
			if err == nil {
				o.trial = triggerTrial(o.sql, o.table, columns)
			}
		}
		if o.trial == "" {
			continue
		}
		if err := each(o.trial, func(*sql.Rows) error { return nil }); err != nil {
			if ctxErr := ctx.Err(); ctxErr != nil {
				return x, errors.Join(ctxErr, err)
			}
			o.trial = "" // it did not work to begin with
		}
	}
	return x, nil
}
