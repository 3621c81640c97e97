package mysql

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// noteTable notes what a table is that others are not.
func noteTable(t *schema.Table, kind, engine, options string) {
	if kind == "SYSTEM VERSIONED" {
		t.Note("is SYSTEM VERSIONED")
	}
	if engine != "" && !strings.EqualFold(engine, "InnoDB") {
		t.Note("is kept by " + engine)
	}
	for _, o := range strings.Fields(options) {
		switch low := strings.ToLower(o); {
		case low == "partitioned":
			t.Note("is partitioned")
		case low != "row_format=dynamic":
			t.Note("has the option " + o)
		}
	}
}

// withParser finds the full-text indexes that have a parser of their own.
var withParser = regexp.MustCompile("FULLTEXT KEY `((?:[^`]|``)+)`.*WITH PARSER `([^`]+)`")

// ofPeriod finds the period of an application, and unique keys within it.
var ofPeriod = regexp.MustCompile("(?m)^ *(PERIOD FOR|UNIQUE KEY|PRIMARY KEY) ?(`(?:[^`]|``)+`)? \\(.*?( WITHOUT OVERLAPS\\))?,?$")

// notePeriods notes the period of an application, whose columns alone say little.
func notePeriods(t *schema.Table, create string) {
	for _, m := range ofPeriod.FindAllStringSubmatch(create, -1) {
		name := strings.ReplaceAll(strings.Trim(m[2], "`"), "``", "`")
		switch {
		case m[1] == "PERIOD FOR" && name != "":
			t.Note("has a PERIOD FOR " + name)
		case m[3] != "" && m[1] == "PRIMARY KEY":
			t.Note("the primary key is WITHOUT OVERLAPS")
		case m[3] != "":
			t.Note("unique " + name + " is WITHOUT OVERLAPS")
		}
	}
}

// mayHavePeriod reports whether a table has two columns that could be one.
func mayHavePeriod(t *schema.Table) bool {
	n := 0
	for _, c := range t.Columns {
		if !c.Nullable && (c.Type.Kind == schema.Date || c.Type.Kind == schema.DateTime ||
			strings.HasPrefix(c.Type.Raw, "datetime") || strings.HasPrefix(c.Type.Raw, "timestamp")) {
			n++
		}
	}
	return n > 1
}

// definitions asks for the statements that make tables, where information_schema
// does not tell: what it prints of a default that is bytes is cut at a zero, or
// has question marks for what is no UTF-8, and the parser of a full-text index and
// the periods of applications are not in it.
func (in *inspection) definitions(ctx context.Context) error {
	for _, t := range in.order {
		bytes := slices.ContainsFunc(t.Columns, func(c *schema.Column) bool { return in.literalBytes[c] })
		words := slices.ContainsFunc(t.Indexes, func(i *schema.Index) bool { return i.Method == "fulltext" })
		periods := in.periodsFor() && mayHavePeriod(t)
		if !bytes && !words && !periods {
			continue
		}
		at := quoteIdent(t.Name)
		if in.o.Schema != "" {
			at = quoteIdent(in.o.Schema) + "." + at
		}
		var name, text string
		err := driver.EachRow(ctx, in.q, func(rows *sql.Rows) error { return rows.Scan(&name, &text) },
			"SHOW CREATE TABLE "+at)
		if refused := (*mysql.MySQLError)(nil); errors.As(err, &refused) {
			in.unread[t] = in.unsupported("the server refuses to show the definition of table %s, with error %d", t.Name,
				refused.Number)
			continue
		}
		if err != nil {
			return err
		}
		if periods {
			notePeriods(t, text)
		}
		for _, m := range withParser.FindAllStringSubmatch(text, -1) {
			t.Note("index " + strings.ReplaceAll(m[1], "``", "`") + " has the parser " + m[2])
		}
		values, err := bytesOf(text)
		if err != nil {
			in.unread[t] = in.unsupported("the definition of table %s is in a form that is not understood: %v", t.Name, err)
		}
		for _, c := range t.Columns {
			if v, ok := values[c.Name]; ok && in.literalBytes[c] {
				c.Default = inHex(c.Type, v)
			}
		}
	}
	return nil
}

// bytesOf reads the defaults that are literals from CREATE TABLE, by column.
func bytesOf(create string) (map[string]string, error) {
	toks, err := sqltext.Lex(create, sqltext.Rules{Backticks: true, Backslash: true, Introducers: true})
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	column, depth := "", 0
	for i, t := range toks {
		switch {
		case t.IsOp("("):
			depth++
		case t.IsOp(")"):
			depth--
		}
		if i == 0 || depth != 1 {
			continue
		}
		switch before := toks[i-1]; {
		case before.IsOp("(") || before.IsOp(","):
			column = ""
			if t.Kind == sqltext.Quoted {
				column = t.Text
			}
		case column == "" || !before.Is("DEFAULT"):
		case t.Kind == sqltext.Str:
			out[column] = t.Text
		case t.Kind == sqltext.Num && strings.HasPrefix(t.Text, "0x"):
			b, err := hex.DecodeString(t.Text[2:])
			if err != nil {
				return nil, err
			}
			out[column] = string(b)
		}
	}
	return out, nil
}
