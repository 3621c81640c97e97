package mysql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// ddl writes schema statements for MySQL, or for MariaDB.
type ddl struct{ mariadb bool }

// NewDDL returns what writes schema statements for MySQL, or for MariaDB. It
// needs no connection.
func NewDDL(mariadb bool) driver.DDL { return &ddl{mariadb} }

// tableFeatures are the features that change what a table looks like.
var tableFeatures = []schema.Feature{schema.Comments, schema.ConstraintNames, schema.AlterInPlace}

func hasTableFeature(f schema.Feature) bool { return slices.Contains(tableFeatures, f) }

const (
	maxName = 64   // characters of a name
	maxKey  = 3072 // bytes of a key
	maxChar = 4    // bytes of a character
)

func (d *ddl) engine() string {
	if d.mariadb {
		return "mariadb"
	}
	return "mysql"
}

// collation compares text by its bytes and does not pad it.
func (d *ddl) collation() string {
	if d.mariadb {
		return "utf8mb4_nopad_bin"
	}
	return "utf8mb4_0900_bin"
}

// aliases are names of functions for which the servers print another.
var aliases = map[string]string{
	"lcase": "lower", "ucase": "upper", "substr": "substring", "mid": "substring", "octet_length": "length",
	"character_length": "char_length", "ceil": "ceiling", "power": "pow", "schema": "database",
}

// textRules read text that the server prints.
func textRules(t *schema.Table) sqltext.Rules {
	r := sqltext.Rules{Backticks: true, DoubleString: true, Backslash: true, Introducers: true, HashComments: true,
		Concat: true, BoolNumbers: true, PushNot: true, Aliases: aliases}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, c.Name)
	}
	return r
}

// declaredRules read the expressions of a declaration, which are standard SQL:
// a backslash is a character like others.
func declaredRules(t *schema.Table) sqltext.Rules {
	r := textRules(t)
	r.Template = true
	r.Backticks, r.DoubleString, r.Backslash, r.Introducers, r.HashComments = false, false, false, false, false
	return r
}

func (d *ddl) Normalize(t *schema.Table) (*schema.Table, error) {
	if err := t.Validate(); err != nil {
		return nil, dberr.WithOp(err, "normalize "+t.Name)
	}
	c := t.For(hasTableFeature)
	n := &normalizer{ddl: d, t: c, rules: declaredRules(c), keyed: map[string]int{}}
	for _, col := range c.Columns {
		n.keyed[col.Name] = col.Type.KeyLength
	}
	for _, step := range []func() error{n.expressions, n.checks, n.keys, n.indexes, n.foreignKeys, n.names, n.limits} {
		if err := step(); err != nil {
			return nil, dberr.WithOp(err, "normalize "+t.Name)
		}
	}
	return c, nil
}

func (d *ddl) unsupported(format string, args ...any) error {
	return &dberr.Error{Code: dberr.Unsupported, Engine: d.engine(), Msg: fmt.Sprintf(format, args...)}
}

func (d *ddl) tooLarge(format string, args ...any) error {
	return &dberr.Error{Code: dberr.TooLarge, Engine: d.engine(), Msg: fmt.Sprintf(format, args...)}
}

// validJSON is the check of a column that holds JSON.
func validJSON(column string) schema.Expr {
	return schema.Expr("json_valid(" + sqltext.Name(column) + ")")
}

// TypeName writes a type as information_schema prints it, without the display
// width of integers. JSON is text with a check beside it.
func (d *ddl) TypeName(ty schema.Type) (string, error) {
	switch ty.Kind {
	case schema.String, schema.Text:
		n := ty.Length
		if n == 0 || n > maxVarchar {
			n = ty.KeyLength
		}
		if n > 0 {
			return "varchar(" + strconv.Itoa(n) + ")", nil
		}
		return "longtext", nil
	case schema.Integer:
		return "int", nil
	case schema.BigInt:
		return "bigint", nil
	case schema.SmallInt:
		return "smallint", nil
	case schema.Boolean:
		return "tinyint(1)", nil
	case schema.Float:
		return "double", nil
	case schema.Numeric:
		p, s := ty.Precision, ty.Scale
		if p == 0 {
			p, s = 65, 30 // all that there is
		}
		if p > 65 || s > 30 {
			return "", d.tooLarge("a decimal has at most 65 digits, 30 of them behind the point")
		}
		return fmt.Sprintf("decimal(%d,%d)", p, s), nil
	case schema.Date:
		return "date", nil
	case schema.DateTime:
		if ty.Precision > 0 && ty.Precision < 6 {
			return "datetime(" + strconv.Itoa(ty.Precision) + ")", nil
		}
		return "datetime(6)", nil
	case schema.JSON:
		return "longtext", nil
	case schema.JSONB:
		if d.mariadb {
			return "longtext", nil
		}
		return "json", nil
	case schema.Bytes:
		if ty.KeyLength > 0 {
			return "varbinary(" + strconv.Itoa(ty.KeyLength) + ")", nil
		}
		return "longblob", nil
	case schema.UUID:
		return "char(36)", nil
	case schema.Enum:
		values := make([]string, len(ty.Values))
		for i, v := range ty.Values {
			values[i] = ddlString(v)
		}
		return "enum(" + strings.Join(values, ",") + ")", nil
	case schema.Other:
		return ty.Raw, nil
	}
	return "", d.unsupported("there is no type for the kind %q", ty.Kind)
}

// maxVarchar is the length from which a VARCHAR would take too much of the
// 65,535 bytes that the columns of a row have in common.
const maxVarchar = 4096

// jsonRaw tells a column of JSON text from one of plain text.
const jsonRaw = "longtext json"

// typeNamed is the type that a column type of information_schema means.
func (d *ddl) typeNamed(raw string) schema.Type {
	ty := schema.Type{Kind: schema.Other, Raw: raw}
	var n, m int
	switch {
	case raw == jsonRaw:
		ty.Kind = schema.JSON
	case raw == "longtext":
		ty.Kind = schema.Text
	case raw == "int":
		ty.Kind = schema.Integer
	case raw == "bigint":
		ty.Kind = schema.BigInt
	case raw == "smallint":
		ty.Kind = schema.SmallInt
	case raw == "tinyint(1)":
		ty.Kind = schema.Boolean
	case raw == "double":
		ty.Kind = schema.Float
	case raw == "date":
		ty.Kind = schema.Date
	case raw == "datetime(6)":
		ty.Kind = schema.DateTime
	case raw == "json":
		ty.Kind = schema.JSONB
	case raw == "longblob":
		ty.Kind = schema.Bytes
	case raw == "char(36)":
		ty.Kind = schema.UUID
	case driver.ScanType(raw, "varchar(%d)", &n):
		ty.Kind, ty.Length = schema.String, n
	case driver.ScanType(raw, "varbinary(%d)", &n):
		ty.Kind, ty.KeyLength = schema.Bytes, n
	case driver.ScanType(raw, "decimal(%d,%d)", &n, &m):
		ty.Kind, ty.Precision, ty.Scale = schema.Numeric, n, m
	case driver.ScanType(raw, "datetime(%d)", &n) && n > 0:
		ty.Kind, ty.Precision = schema.DateTime, n
	case strings.HasPrefix(raw, "enum("):
		if values, ok := enumValues(raw); ok {
			ty.Kind, ty.Values = schema.Enum, values
		}
	}
	return ty
}

// enumValues reads "enum('a','b')".
func enumValues(raw string) ([]string, bool) {
	toks, err := sqltext.Lex(raw, sqltext.Rules{Backslash: true})
	if err != nil {
		return nil, false
	}
	var out []string
	for _, t := range toks {
		if t.Kind == sqltext.Str {
			out = append(out, t.Text)
		}
	}
	return out, len(out) > 0
}

func (d *ddl) CreateTables(tables ...*schema.Table) ([]string, error) {
	normal, err := driver.NormalizeAll(d, tables)
	if err != nil {
		return nil, err
	}
	var out, later []string
	sorted, late := schema.Sorted(normal)
	for _, t := range sorted {
		s, err := d.createTable(t, late)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		for _, f := range t.ForeignKeys {
			if late[f] != nil {
				later = append(later, "ALTER TABLE "+ddlIdent(t.Name)+" ADD "+foreignKeyText(f))
			}
		}
	}
	return append(out, later...), nil
}

func (d *ddl) createTable(t *schema.Table, late map[*schema.ForeignKey]*schema.Table) (string, error) {
	var items, checks []string
	for _, c := range t.Columns {
		s, err := d.columnText(c)
		if err != nil {
			return "", err
		}
		items = append(items, s)
		if c.Type.Kind == schema.JSON {
			checks = append(checks, "CONSTRAINT "+ddlIdent(schema.InventName(t.Name, []string{c.Name}, "json"))+" CHECK (json_valid("+ddlIdent(c.Name)+"))")
		}
	}
	if pk := t.PrimaryKey; pk != nil {
		items = append(items, "PRIMARY KEY "+identList(pk.Columns))
	}
	for _, i := range t.Indexes {
		items = append(items, indexText(i))
	}
	for _, k := range t.Checks {
		e, err := renderExpr(k.Expr)
		if err != nil {
			return "", err
		}
		items = append(items, "CONSTRAINT "+ddlIdent(k.Name)+" CHECK ("+e+")")
	}
	for _, f := range t.ForeignKeys {
		if late[f] == nil {
			items = append(items, foreignKeyText(f))
		}
	}
	s := "CREATE TABLE " + ddlIdent(t.Name) + " (\n\t" + strings.Join(append(items, checks...), ",\n\t") +
		"\n) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE " + d.collation()
	if t.Comment != "" {
		s += " COMMENT=" + ddlString(t.Comment)
	}
	return s, nil
}

func foreignKeyText(f *schema.ForeignKey) string {
	s := "CONSTRAINT " + ddlIdent(f.Name) + " FOREIGN KEY " + identList(f.Columns) + " REFERENCES " + ddlIdent(f.RefTable) + " " + identList(f.RefColumns)
	if f.OnUpdate != schema.NoAction {
		s += " ON UPDATE " + string(f.OnUpdate)
	}
	if f.OnDelete != schema.NoAction {
		s += " ON DELETE " + string(f.OnDelete)
	}
	return s
}

func (d *ddl) columnText(c *schema.Column) (string, error) {
	ty, err := d.TypeName(c.Type)
	if err != nil {
		return "", err
	}
	s := ddlIdent(c.Name) + " " + ty
	if c.Collation != "" {
		s += " COLLATE " + ddlIdent(c.Collation)
	}
	if g := c.Generated; g != nil {
		e, err := renderExpr(g.Expr)
		if err != nil {
			return "", err
		}
		s += " GENERATED ALWAYS AS (" + e + ")"
		if g.Stored {
			s += " STORED"
		} else {
			s += " VIRTUAL"
		}
		// MariaDB has no NOT NULL on a generated column.
		if !c.Nullable && !d.mariadb {
			s += " NOT NULL"
		}
	} else {
		if c.Nullable {
			s += " NULL"
		} else {
			s += " NOT NULL"
		}
		if c.Default != nil {
			def, err := defaultText(c)
			if err != nil {
				return "", err
			}
			s += " DEFAULT " + def
		}
		if c.Identity != nil {
			s += " AUTO_INCREMENT"
		}
	}
	if c.Comment != "" {
		s += " COMMENT " + ddlString(c.Comment)
	}
	return s, nil
}

func defaultText(c *schema.Column) (string, error) {
	d := c.Default
	if d.Expr != "" {
		if d.Expr == schema.Now && c.Type.Kind == schema.DateTime {
			p := c.Type.Precision
			if p == 0 {
				p = 6
			}
			return fmt.Sprintf("CURRENT_TIMESTAMP(%d)", p), nil
		}
		e, err := renderExpr(d.Expr)
		return "(" + e + ")", err
	}
	return driver.DefaultText(d.Value, "0", "1", func(v string) string {
		if beyondBMP(v) {
			// The server prints defaults in three-byte UTF-8; the bytes survive.
			return fmt.Sprintf("(CONVERT(0x%X USING utf8mb4))", v)
		}
		switch c.Type.Kind {
		case schema.Text, schema.JSON, schema.JSONB, schema.Bytes:
			// Such a column takes a default only as an expression.
			return "(" + ddlString(v) + ")"
		}
		return ddlString(v)
	})
}

func indexText(i *schema.Index) string {
	s := "KEY "
	switch {
	case i.Unique:
		s = "UNIQUE KEY "
	case i.Method == "fulltext" || i.Method == "spatial":
		s = strings.ToUpper(i.Method) + " KEY "
	}
	parts := make([]string, len(i.Parts))
	for n, p := range i.Parts {
		parts[n] = ddlIdent(p.Column)
		if p.Prefix > 0 {
			parts[n] += "(" + strconv.Itoa(p.Prefix) + ")"
		}
		if p.Desc {
			parts[n] += " DESC"
		}
	}
	s += ddlIdent(i.Name) + " (" + strings.Join(parts, ", ") + ")"
	if i.Method == "hash" {
		s += " USING HASH"
	}
	if i.Comment != "" {
		s += " COMMENT " + ddlString(i.Comment)
	}
	return s
}

// Batch leaves statements as they are: several at once would need
// multiStatements, which is off.
func (d *ddl) Batch(statements []string) []string { return statements }

func renderExpr(e schema.Expr) (string, error) {
	s, err := sqltext.Render(string(e),
		func(name string) (string, error) { return ddlIdent(name), nil },
		func(text string) (string, error) { return ddlString(text), nil })
	if err != nil {
		return "", dberr.New(dberr.Invalid, "expression", err.Error())
	}
	return s, nil
}

func identList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = ddlIdent(n)
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

func ddlIdent(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func ddlString(s string) string {
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(s) + "'"
}

// beyondBMP reports whether s has a character that three-byte UTF-8 has not.
// Data may hold any; what the server keeps about tables may not.
func beyondBMP(s string) bool {
	for _, r := range s {
		if r > 0xffff {
			return true
		}
	}
	return false
}
