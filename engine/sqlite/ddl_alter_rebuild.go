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
			w.expect(quoteIdent(c.Name)+" IS NULL", "column "+w.Before.Name+"."+c.Name+" has rows without a value and would be NOT NULL; give them one first")
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
	w.add(driver.RewriteWrite, "copy the rows", "INSERT INTO "+tmp+" ("+strings.Join(to, ", ")+") SELECT "+strings.Join(from, ", ")+" FROM "+old)
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
	w.script.Expect = append(w.script.Expect, driver.Check{Query: "SELECT 1 FROM " + quoteIdent(w.Before.Name) + " WHERE " + where + " LIMIT 1", Msg: msg})
}

// hold refuses the change when a value has another storage class afterwards
// than its type says. SQLite itself would keep it.
func (w *alteration) hold(c *schema.Column, classes string) {
	w.script.Verify = append(w.script.Verify, driver.Check{
		Query: "SELECT 1 FROM " + quoteIdent(w.After.Name) + " WHERE typeof(" + quoteIdent(c.Name) + ") NOT IN (" + classes + ", 'null') LIMIT 1",
		Msg:   fmt.Sprintf("a value of column %s.%s is no %s; correct it, or say with Using what it becomes", w.After.Name, c.Name, c.Type),
	})
}

// converted is the expression that gives the value of a column in its new type.
func (w *alteration) converted(from, to *schema.Column) (string, error) {
	a := quoteIdent(from.Name)
	if e := w.Using[to.Name]; e != "" {
		s, err := w.d.text.Expr(e)
		return s, err
	}
	f, t := from.Type.Kind, to.Type.Kind
	number := func(k schema.Kind) bool {
		return k == schema.Integer || k == schema.BigInt || k == schema.SmallInt || k == schema.Float || k == schema.Numeric
	}
	text := func(k schema.Kind) bool { return k == schema.String || k == schema.Text }
	whole := func(k schema.Kind) bool { return k == schema.Integer || k == schema.BigInt || k == schema.SmallInt }
	// Numbers that the column would have rounded are kept as bytes.
	asText := "CASE typeof(" + a + ") WHEN 'blob' THEN CAST(" + a + " AS TEXT) ELSE " + a + " END"
	spelled := "typeof(" + a + ") = 'text' AND CAST(CAST(" + a + " AS INTEGER) AS TEXT) <> " + a
	switch {
	case f == t, f == schema.Other, t == schema.Other, text(f) && text(t):
		return a, nil
	case f == schema.Bytes && text(t):
		return "CAST(" + a + " AS TEXT)", nil
	case text(f) && t == schema.Bytes:
		return "CAST(" + a + " AS BLOB)", nil
	case number(f) && t == schema.Boolean:
		return "(" + a + " <> 0)", nil
	case f == schema.Boolean && text(t):
		return "CASE " + a + " WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE " + a + " END", nil
	case text(f) && t == schema.Boolean:
		w.hold(to, "'integer'")
		return "CASE WHEN lower(" + a + ") IN ('true', 't', 'yes', 'y', 'on', '1') THEN 1 WHEN lower(" + a + ") IN ('false', 'f', 'no', 'n', 'off', '0') THEN 0 ELSE " + a + " END", nil
	case f == schema.Boolean && number(t):
		return a, nil
	case (f == schema.Float || f == schema.Numeric) && whole(t):
		w.hold(to, "'integer'")
		return "CASE typeof(" + a + ") WHEN 'integer' THEN " + a + " WHEN 'null' THEN NULL ELSE CAST(round(CAST(" + a + " AS REAL)) AS INTEGER) END", nil
	case number(f) && number(t):
		return a, nil
	case text(f) && whole(t):
		w.hold(to, "'integer'")
		return a, nil
	case text(f) && t == schema.Float:
		w.hold(to, "'integer', 'real'")
		return a, nil
	case text(f) && t == schema.Numeric:
		w.expect("typeof("+a+") = 'text' AND ("+a+" GLOB '*[^0-9.eE+-]*' OR "+a+" NOT GLOB '*[0-9]*')", "a value of column "+w.Before.Name+"."+from.Name+" is no number; correct it, or say with Using what it becomes")
		return "CASE WHEN " + spelled + " THEN CAST(" + a + " AS BLOB) ELSE " + a + " END", nil
	case text(f) && (t == schema.JSON || t == schema.JSONB):
		w.expect("typeof("+a+") = 'text' AND NOT json_valid("+a+")", "a value of column "+w.Before.Name+"."+from.Name+" is no JSON; correct it, or say with Using what it becomes")
		return "CASE WHEN " + spelled + " AND json_type(" + a + ") IN ('integer', 'real') THEN CAST(" + a + " AS BLOB) ELSE " + a + " END", nil
	case (f == schema.DateTime || f == schema.Date) && whole(t):
		w.hold(to, "'integer'")
		return "CASE typeof(" + a + ") WHEN 'text' THEN coalesce(CAST(strftime('%s', " + a + ") AS INTEGER), " + a + ") ELSE " + a + " END", nil
	case whole(f) && t == schema.DateTime:
		return "CASE typeof(" + a + ") WHEN 'integer' THEN strftime('%Y-%m-%d %H:%M:%S.000000', " + a + ", 'unixepoch') ELSE " + a + " END", nil
	case f == schema.DateTime && t == schema.Date:
		return "CASE typeof(" + a + ") WHEN 'text' THEN substr(" + a + ", 1, 10) ELSE " + a + " END", nil
	case f == schema.Date && t == schema.DateTime:
		return "CASE WHEN length(" + a + ") = 10 THEN " + a + " || ' 00:00:00.000000' ELSE " + a + " END", nil
	case text(t):
		return asText, nil
	case text(f), f == schema.JSON && t == schema.JSONB, f == schema.JSONB && t == schema.JSON:
		return a, nil
	}
	return "", dberr.New(dberr.Unsupported, "alter column", "there is no rule how "+from.Type.String()+" becomes "+to.Type.String()+" in column "+w.Before.Name+"."+to.Name+"; say it with Using")
}

// Extras reads the texts of the table and of what hangs on it, every view and
// trigger that works, and what refers to the table.
func (d *DDL) Extras(ctx context.Context, q driver.Querier, _ driver.InspectOptions, table string) (driver.Extras, error) {
	x, err := readExtras(ctx, q, table)
	return driver.Extras{Own: x}, err
}

func readExtras(ctx context.Context, q driver.Querier, table string) (extras, error) {
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
			o.probe = "SELECT * FROM " + quoteIdent(o.name) + " LIMIT 0"
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
				o.probe = triggerProbe(o.sql, o.table, columns)
			}
		}
		if o.probe == "" {
			continue
		}
		if err := each(o.probe, func(*sql.Rows) error { return nil }); err != nil {
			if ctxErr := ctx.Err(); ctxErr != nil {
				return x, errors.Join(ctxErr, err)
			}
			o.probe = "" // it did not work to begin with
		}
	}
	return x, nil
}
