package mysql

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// Inspector reads the schema of a MySQL or MariaDB database from
// information_schema, in five statements whatever the number of tables.
type Inspector struct{ *DDL }

// NewInspector returns what reads the schema of a database of a flavour.
func NewInspector(f Flavour) Inspector { return Inspector{NewDDL(f)} }

// Inspect returns the tables in order of name.
func (i Inspector) Inspect(ctx context.Context, q driver.DBTX, o driver.InspectOptions) ([]*schema.Table, error) {
	in := inspection{DDL: i.DDL, q: q, o: o, byName: map[string]*schema.Table{}, unread: map[*schema.Table]error{},
		literalBytes: map[*schema.Column]bool{}, periods: map[*schema.Table][]string{}}
	for _, step := range []func(context.Context) error{in.tables, in.columns, in.indexes, in.definitions, in.foreignKeys, in.readChecks} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return in.finish()
}

type inspection struct {
	*DDL
	q      driver.DBTX
	o      driver.InspectOptions
	byName map[string]*schema.Table
	order  []*schema.Table

	unread map[*schema.Table]error // why a table cannot be read

	literalBytes map[*schema.Column]bool    // whose default is bytes, and still has to be asked for
	periods      map[*schema.Table][]string // the columns in which the server keeps from when to when a row was so
}

// here is the database that is inspected.
const here = `coalesce(nullif(?, ''), DATABASE())`

// each runs a query over the database and calls scan for every row.
func (in *inspection) each(ctx context.Context, query string, scan func(rows *sql.Rows) error) error {
	return driver.EachRow(ctx, in.q, scan, query, in.o.Schema)
}

func (in *inspection) tables(ctx context.Context) error {
	return in.each(ctx, `SELECT table_name, table_comment, table_type, coalesce(engine, ''), coalesce(create_options, '') FROM information_schema.tables
		WHERE table_schema = `+here+` AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name`, func(rows *sql.Rows) error {
		t := &schema.Table{}
		var kind, engine, options string
		if err := rows.Scan(&t.Name, &t.Comment, &kind, &engine, &options); err != nil {
			return err
		}
		noteTable(t, kind, engine, options)
		if in.o.Tables == nil || in.o.Tables(t.Name) {
			in.byName[t.Name] = t
			in.order = append(in.order, t)
		}
		return nil
	})
}

// widths are the display widths that say nothing: every one but that of
// tinyint(1), which is how a boolean is spelled.
var widths = regexp.MustCompile(`^(int|bigint|smallint|mediumint|tinyint)\((\d+)\)`)

func plainType(s string) string {
	if strings.HasPrefix(s, "tinyint(1)") || strings.Contains(s, "zerofill") { // there, it does
		return s
	}
	return widths.ReplaceAllString(s, "$1")
}

func (in *inspection) columns(ctx context.Context) error {
	return in.each(ctx, `SELECT table_name, column_name, column_type, is_nullable, column_default, `+in.columnExtra()+`, coalesce(collation_name, ''),
		column_comment, coalesce(generation_expression, '') FROM information_schema.columns
		WHERE table_schema = `+here+` ORDER BY table_name, ordinal_position`, func(rows *sql.Rows) error {
		var table, ty, nullable, extra, generated string
		var def sql.NullString
		c := &schema.Column{}
		if err := rows.Scan(&table, &c.Name, &ty, &nullable, &def, &extra, &c.Collation, &c.Comment, &generated); err != nil {
			return err
		}
		t := in.byName[table]
		if t == nil {
			return nil
		}
		if generated == "ROW START" || generated == "ROW END" {
			t.Note("column " + c.Name + " is the " + generated + " of its versions")
			in.periods[t] = append(in.periods[t], c.Name)
			return nil
		}
		t.Columns = append(t.Columns, c)
		c.Type = in.typeNamed(plainType(ty))
		c.Nullable = nullable == "YES"
		if c.Collation == in.collation() {
			c.Collation = ""
		}
		low := strings.ToLower(extra)
		if strings.Contains(low, "auto_increment") {
			c.Identity = &schema.Identity{}
		}
		if on := strings.Index(low, "on update"); on >= 0 {
			c.Type = schema.Type{Kind: schema.Other, Raw: c.Type.Raw + " " + low[on:]}
		}
		if strings.Contains(low, "invisible") {
			t.Note("column " + c.Name + " is INVISIBLE")
		}
		if strings.Contains(low, "without system versioning") {
			t.Note("column " + c.Name + " is WITHOUT SYSTEM VERSIONING")
		}
		if at := strings.Index(low, "srid "); at >= 0 {
			c.Type.Raw += " " + low[at:]
		}
		switch {
		case generated != "":
			c.Generated = &schema.Generated{Expr: schema.Expr(in.printed(generated)), Stored: !strings.Contains(low, "virtual")}
		case def.Valid:
			switch d := in.columnDefault(def.String, low); {
			case isBinary(c.Type) && !d.none && (d.literal || strings.HasPrefix(d.text, "'")):
				c.Default, in.literalBytes[c] = &schema.Default{Value: d.text}, true
			case d.none:
			case d.literal:
				c.Default = plainDefault(c.Type, d.text)
			case !strings.EqualFold(d.text, "NULL"):
				c.Default = &schema.Default{Expr: schema.Expr(d.text)}
			}
		}
		return nil
	})
}

// plainDefault is a literal as MySQL prints it: without its quotes.
func plainDefault(ty schema.Type, text string) *schema.Default {
	if ty.Kind != schema.Other {
		return &schema.Default{Value: ty.Literal(text)}
	}
	if strings.HasPrefix(ty.Raw, "bit") {
		return &schema.Default{Expr: schema.Expr(text)}
	}
	for _, numeric := range []string{"tinyint", "mediumint", "int", "bigint", "smallint", "float", "decimal",
		"double", "year"} {
		if strings.HasPrefix(ty.Raw, numeric) {
			if v, ok := sqltext.Literal(text, sqltext.Rules{}); ok {
				return &schema.Default{Value: v}
			}
		}
	}
	return &schema.Default{Value: text}
}

// isBinary reports a type whose values are bytes, and which takes a literal for
// its default.
func isBinary(ty schema.Type) bool {
	return strings.HasPrefix(ty.Raw, "binary") || strings.HasPrefix(ty.Raw, "varbinary")
}

// inHex is a text as the default of such a column, which pads it where its
// length is fixed.
func inHex(ty schema.Type, text string) *schema.Default {
	var n int
	if ddltext.ScanType(ty.Raw, "binary(%d)", &n) && len(text) < n {
		text += strings.Repeat("\x00", n-len(text))
	}
	return &schema.Default{Expr: schema.Expr(fmt.Sprintf("X'%x'", text))}
}

// unescape undoes how MySQL keeps the text of expressions: quotes and
// backslashes stand behind a backslash, and the bytes of UTF-8 are taken for
// characters of Latin-1.
func unescape(s string) string {
	bytes := make([]byte, 0, len(s))
	for _, c := range s {
		if c > 0xff {
			bytes = nil
			break
		}
		bytes = append(bytes, byte(c))
	}
	if bytes != nil && utf8.Valid(bytes) {
		s = string(bytes)
	}
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`'"\`, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (in *inspection) indexes(ctx context.Context) error {
	return in.each(ctx, `SELECT table_name, index_name, non_unique, column_name, coalesce(collation, 'A'), coalesce(sub_part, 0), index_type, index_comment, `+in.indexExpression()+`, `+in.hiddenIndex()+`
		FROM information_schema.statistics WHERE table_schema = `+here+` ORDER BY table_name, index_name, seq_in_index`, func(rows *sql.Rows) error {
		var table, name, order, method, comment string
		var column, expr sql.NullString
		var nonUnique, hidden bool
		var prefix int
		if err := rows.Scan(&table, &name, &nonUnique, &column, &order, &prefix, &method, &comment, &expr,
			&hidden); err != nil {
			return err
		}
		t := in.byName[table]
		if t == nil {
			return nil
		}
		if slices.Contains(in.periods[t], column.String) {
			return nil // the server adds the end of the row to every unique key
		}
		if hidden {
			t.Note("index " + name + " is INVISIBLE")
		}
		if name == "PRIMARY" {
			if t.PrimaryKey == nil {
				t.PrimaryKey = &schema.PrimaryKey{}
			}
			t.PrimaryKey.Columns = append(t.PrimaryKey.Columns, column.String)
			if prefix > 0 {
				t.PrimaryKey.Prefix = append(t.PrimaryKey.Prefix,
					make([]int, len(t.PrimaryKey.Columns)-len(t.PrimaryKey.Prefix))...)
				t.PrimaryKey.Prefix[len(t.PrimaryKey.Columns)-1] = prefix
			}
			return nil
		}
		i := t.IndexNamed(name)
		if i == nil {
			i = &schema.Index{Name: name, Unique: !nonUnique, Comment: comment, Method: strings.ToLower(method)}
			switch i.Method {
			case "btree":
				i.Method = ""
			case "hash", "rtree":
				t.Note("index " + name + " is USING " + method)
				i.Method = "" // InnoDB has none
			}
			t.Indexes = append(t.Indexes, i)
		}
		p := schema.IndexPart{Column: column.String, Desc: order == "D", Prefix: prefix}
		if i.Method == "spatial" {
			p.Prefix = 0 // all that can be indexed so
		}
		if expr.Valid {
			p.Column, p.Expr, p.Functional = "", schema.Expr(in.printed(expr.String)), true
		}
		i.Parts = append(i.Parts, p)
		return nil
	})
}

func (in *inspection) foreignKeys(ctx context.Context) error {
	return in.each(ctx, `SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name, r.update_rule, r.delete_rule,
		CASE WHEN k.referenced_table_schema <> k.table_schema THEN k.referenced_table_schema ELSE '' END
		FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
		ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
		WHERE k.table_schema = `+here+` AND k.referenced_table_name IS NOT NULL ORDER BY k.table_name, k.constraint_name, k.ordinal_position`, func(rows *sql.Rows) error {
		var table, name, column, ref, refColumn, onUpdate, onDelete, refSchema string
		if err := rows.Scan(&table, &name, &column, &ref, &refColumn, &onUpdate, &onDelete, &refSchema); err != nil {
			return err
		}
		t := in.byName[table]
		if t == nil {
			return nil
		}
		n := slices.IndexFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool { return f.Name == name })
		if n < 0 {
			n = len(t.ForeignKeys)
			t.ForeignKeys = append(t.ForeignKeys,
				&schema.ForeignKey{Name: name, RefTable: ref, RefSchema: refSchema, OnUpdate: action(onUpdate),
					OnDelete: action(onDelete)})
		}
		f := t.ForeignKeys[n]
		f.Columns, f.RefColumns = append(f.Columns, column), append(f.RefColumns, refColumn)
		return nil
	})
}

func action(rule string) schema.Action {
	if rule == "NO ACTION" || rule == "RESTRICT" {
		return schema.NoAction
	}
	return schema.Action(rule)
}

func (in *inspection) readChecks(ctx context.Context) error {
	return in.each(ctx, in.checks(false), func(rows *sql.Rows) error {
		var table, clause, level string
		var loose bool
		k := &schema.Check{}
		if err := rows.Scan(&table, &k.Name, &clause, &level, &loose); err != nil {
			return err
		}
		if t := in.byName[table]; t != nil {
			if loose {
				t.Note("check " + k.Name + " is NOT ENFORCED")
			}
			k.Expr = schema.Expr(in.printed(clause))
			t.Checks = append(t.Checks, k)
		}
		return nil
	})
}

// finish brings the expressions into normal form and finds the JSON columns.
func (in *inspection) finish() ([]*schema.Table, error) {
	for _, t := range in.order {
		if in.unread[t] == nil {
			in.unread[t] = in.finishTable(t)
		}
		if err := in.unread[t]; err != nil {
			t.Unread(err)
		}
	}
	slices.SortFunc(in.order, func(a, b *schema.Table) int { return strings.Compare(a.Name, b.Name) })
	return in.order, nil
}

func (in *inspection) finishTable(t *schema.Table) error {
	r := textRules(t)
	canon := func(what string, e *schema.Expr) error {
		if *e == "" {
			return nil
		}
		r := r
		r.Condition = strings.HasPrefix(what, "check ")
		s, err := sqltext.Canonical(string(*e), r)
		if err != nil {
			return &dberr.Error{Op: "inspect", Code: dberr.Unsupported, Engine: in.Name(),
				Msg: fmt.Sprintf("%s of table %s is in a form that is not understood: %v", what, t.Name, err)}
		}
		*e = schema.Expr(s)
		return nil
	}
	for _, k := range t.Checks {
		if err := canon("check "+k.Name, &k.Expr); err != nil {
			return err
		}
	}
	for _, c := range t.Columns {
		if err := in.finishColumn(t, c, r, canon); err != nil {
			return err
		}
	}
	for _, i := range t.Indexes {
		for n := range i.Parts {
			if err := canon("index "+i.Name, &i.Parts[n].Expr); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *inspection) finishColumn(t *schema.Table, c *schema.Column, r sqltext.Rules,
	canon func(string, *schema.Expr) error) error {
	if c.Type.Raw == "longtext" {
		n := slices.IndexFunc(t.Checks, func(k *schema.Check) bool { return k.Expr == validJSON(c.Name) })
		if n >= 0 {
			t.Checks = slices.Delete(t.Checks, n, n+1)
			c.Type = in.typeNamed(jsonRaw)
		}
	}
	if c.Generated != nil {
		return canon("generated column "+c.Name, &c.Generated.Expr)
	}
	if c.Default == nil || c.Default.Expr == "" {
		return nil
	}
	text := string(c.Default.Expr)
	if v, ok := convertedHex(text); ok {
		c.Default = &schema.Default{Value: c.Type.Literal(v)}
		return nil
	}
	if v, ok := sqltext.Literal(text, r); ok {
		c.Default = &schema.Default{Value: c.Type.Literal(v)}
		return nil
	}
	if c.Type.Kind == schema.Date && strings.EqualFold(text, "curdate()") {
		c.Default.Expr = "CURRENT_DATE"
		return nil
	}
	if c.Type.Kind == schema.DateTime {
		p := c.Type.Precision
		if p == 0 {
			p = 6
		}
		if strings.EqualFold(text, fmt.Sprintf("current_timestamp(%d)", p)) {
			c.Default.Expr = schema.Now
			return nil
		}
	}
	return canon("the default of "+c.Name, &c.Default.Expr)
}

// convertedHex reads "convert(0xc3bc using utf8mb4)".
func convertedHex(text string) (string, bool) {
	low := strings.Trim(strings.ToLower(text), "()")
	digits, ok := strings.CutPrefix(low, "convert(0x")
	if !ok {
		return "", false
	}
	digits, ok = strings.CutSuffix(digits, " using utf8mb4")
	if !ok {
		return "", false
	}
	b, err := hex.DecodeString(digits)
	return string(b), err == nil
}
