package mysql

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// DDL writes schema statements for a flavour, without a connection.
type DDL struct {
	Flavour
	// HasTable reports which of the features that concern tables there are.
	HasTable func(f schema.Feature) bool

	text ddltext.Writer
}

// NewDDL returns what writes schema statements for a flavour.
func NewDDL(f Flavour) *DDL {
	d := &DDL{Flavour: f, HasTable: hasTableFeature}
	d.text = ddltext.Writer{
		Ident: quoteIdent, Text: quoteText, False: "0", True: "1", NullFirst: true, InlineComment: true, PipesCall: true, BareGenerated: f.nullGenerated(),
		Constraints: []ddltext.Part{ddltext.PrimaryKey, ddltext.Indexes, ddltext.Checks, ddltext.ForeignKeys},
		Type:        func(c *schema.Column) (string, error) { return d.TypeName(c.Type) },
		Identity:    func(*schema.Column) string { return " AUTO_INCREMENT" },
		Special:     special,
		Literal:     literal,
		Items:       jsonChecks,
		Tail: func(*schema.Table) string {
			return " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE " + f.collation()
		},
	}
	return d
}

// bytesLiteral is a default that is written in bits or in hexadecimal digits.
var bytesLiteral = regexp.MustCompile(`^([bB]'[01]*'|[xX]'[0-9a-fA-F]*')$`)

var (
	nowOf     = regexp.MustCompile(`^current_timestamp\([1-6]\)$`)
	timestamp = regexp.MustCompile(`^timestamp(\([1-6]\))?`)
)

// special is the time of the insert in the precision of the column, and bytes,
// which are a literal like others: in parentheses the server would keep an
// expression.
func special(c *schema.Column) string {
	switch e := c.Default.Expr; {
	case e == schema.Now && c.Type.Kind == schema.DateTime:
		return fmt.Sprintf("CURRENT_TIMESTAMP(%d)", cmp.Or(c.Type.Precision, 6))
	case e == schema.Now && timestamp.MatchString(c.Type.Raw):
		return strings.ToUpper(strings.Replace(timestamp.FindStringSubmatch(c.Type.Raw)[0], "timestamp",
			"current_timestamp", 1))
	case bytesLiteral.MatchString(string(e)), nowOf.MatchString(string(e)) && strings.HasPrefix(c.Type.Raw, "timestamp"),
		nowOf.MatchString(string(e)) && strings.HasPrefix(c.Type.Raw, "datetime"):
		return string(e)
	}
	return ""
}

// unbounded are the types that take a default only as an expression.
var unbounded = regexp.MustCompile(`^(tiny|medium|long)?(text|blob)|^(geometry|point|linestring|polygon|multi|geomcollection|json)`)

// literal is a text as the default of a column.
func literal(c *schema.Column, v string) string {
	if beyondBMP(v) {
		// The server prints defaults in three-byte UTF-8; the bytes survive.
		return fmt.Sprintf("(CONVERT(0x%X USING utf8mb4))", v)
	}
	switch {
	case slices.Contains([]schema.Kind{schema.Text, schema.JSON, schema.JSONB, schema.Bytes}, c.Type.Kind) &&
		!isBinary(c.Type),
		c.Type.Kind == schema.Other && unbounded.MatchString(c.Type.Raw):
		// Such a column takes a default only as an expression.
		return "(" + quoteText(v) + ")"
	}
	return quoteText(v)
}

// jsonChecks keep the columns of JSON text valid.
func jsonChecks(t *schema.Table) []string {
	var out []string
	for _, c := range t.Columns {
		if c.Type.Kind == schema.JSON {
			out = append(out, jsonCheck(jsonName(t.Name, c.Name), c.Name))
		}
	}
	return out
}

// jsonCheck is the constraint that keeps a column JSON.
func jsonCheck(name, column string) string {
	return "CONSTRAINT " + quoteIdent(name) + " CHECK (json_valid(" + quoteIdent(column) + "))"
}

// tableFeatures are the features that change what a table looks like.
var tableFeatures = []schema.Feature{schema.Comments, schema.ConstraintNames, schema.AlterInPlace}

func hasTableFeature(f schema.Feature) bool { return slices.Contains(tableFeatures, f) }

const (
	maxName = 64   // characters of a name
	maxKey  = 3072 // bytes of a key
	maxChar = 4    // bytes of a character
)

// aliases are names of functions for which the servers print another.
var aliases = map[string]string{
	"lcase": "lower", "ucase": "upper", "substr": "substring", "mid": "substring", "octet_length": "length",
	"character_length": "char_length", "ceil": "ceiling", "power": "pow", "schema": "database",
	"now": "current_timestamp", "localtime": "current_timestamp", "localtimestamp": "current_timestamp",
}

// textRules read text that the server prints.
func textRules(t *schema.Table) sqltext.Rules {
	r := sqltext.Rules{Backticks: true, DoubleString: true, Backslash: true, Introducers: true, HashComments: true,
		Concat: true, BoolNumbers: true, PushNot: true, Aliases: aliases, TimeColumns: map[string]string{}}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, c.Name)
		switch c.Type.Kind {
		case schema.Date:
			r.TimeColumns[c.Name] = sqltext.Date
		case schema.Time:
			r.TimeColumns[c.Name] = sqltext.TimeOfDay
		case schema.DateTime:
			r.TimeColumns[c.Name] = sqltext.Instant
		}
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

// Normalize returns t as the server holds and reports it.
func (d *DDL) Normalize(t *schema.Table) (*schema.Table, error) {
	if err := t.Validate(); err != nil {
		return nil, dberr.WithOp(err, "normalize "+t.Name)
	}
	c := t.For(d.HasTable)
	n := &normalizer{DDL: d, t: c, rules: declaredRules(c), keyed: map[string]int{}}
	for _, col := range c.Columns {
		n.keyed[col.Name] = col.Type.KeyLength
	}
	for _, step := range []func() error{n.expressions, n.dropJSONChecks, n.keys, n.indexes, n.foreignKeys, n.names, n.limits} {
		if err := step(); err != nil {
			return nil, dberr.WithOp(err, "normalize "+t.Name)
		}
	}
	return c, nil
}

func (d *DDL) unsupported(format string, args ...any) error {
	return &dberr.Error{Code: dberr.Unsupported, Engine: d.Name(), Msg: fmt.Sprintf(format, args...)}
}

func (d *DDL) tooLarge(format string, args ...any) error {
	return &dberr.Error{Code: dberr.TooLarge, Engine: d.Name(), Msg: fmt.Sprintf(format, args...)}
}

// validJSON is the check of a column that holds JSON.
func validJSON(column string) schema.Expr {
	return schema.Expr("json_valid(" + sqltext.Name(column) + ")")
}

// fraction is how many digits of a second a type keeps, all six where it does not say.
func fraction(ty schema.Type) string {
	if ty.Precision <= 0 {
		return "(6)"
	}
	return "(" + strconv.Itoa(min(ty.Precision, 6)) + ")"
}

// TypeName writes a type as information_schema prints it, without the display
// width of integers. JSON is text with a check beside it.
func (d *DDL) TypeName(ty schema.Type) (string, error) {
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
	case schema.Time:
		return "time" + fraction(ty), nil
	case schema.DateTime:
		return "datetime" + fraction(ty), nil
	case schema.JSON:
		return "longtext", nil
	case schema.JSONB:
		return d.jsonb(), nil
	case schema.Bytes:
		if ty.KeyLength > 0 {
			return "varbinary(" + strconv.Itoa(ty.KeyLength) + ")", nil
		}
		return "longblob", nil
	case schema.UUID:
		return "char(36)", nil
	case schema.Enum:
		return "enum(" + d.text.Enum(ty.Values, ",") + ")", nil
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
func (d *DDL) typeNamed(raw string) schema.Type {
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
	case raw == "time(6)":
		ty.Kind = schema.Time
	case ddltext.ScanType(raw, "time(%d)", &n) && n > 0:
		ty.Kind, ty.Precision = schema.Time, n
	case raw == "datetime(6)":
		ty.Kind = schema.DateTime
	case raw == "json":
		ty.Kind = schema.JSONB
	case raw == "longblob":
		ty.Kind = schema.Bytes
	case raw == "char(36)":
		ty.Kind = schema.UUID
	case ddltext.ScanType(raw, "varchar(%d)", &n) && n <= maxVarchar: // longer ones are another program's
		ty.Kind, ty.Length = schema.String, n
	case ddltext.ScanType(raw, "varbinary(%d)", &n):
		ty.Kind, ty.KeyLength = schema.Bytes, n
	case ddltext.ScanType(raw, "decimal(%d,%d)", &n, &m):
		ty.Kind, ty.Precision, ty.Scale = schema.Numeric, n, m
	case ddltext.ScanType(raw, "datetime(%d)", &n) && n > 0:
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

// CreateTables writes the statements that make the tables.
func (d *DDL) CreateTables(tables ...*schema.Table) ([]string, error) {
	normal, err := ddltext.NormalizeAll(d, tables)
	if err != nil {
		return nil, err
	}
	return d.text.CreateTables(normal)
}

// Batch leaves statements as they are: several at once would need
// multiStatements, which is off.
func (d *DDL) Batch(statements []string) []string { return statements }

// Analyze returns ANALYZE TABLE. InnoDB looks by itself, some time later: until then a
// join may read every row of a table that it takes for empty.
func (d *DDL) Analyze(table string) string { return "ANALYZE TABLE " + quoteIdent(table) }

func quoteIdent(name string) string { return string(driver.AppendQuoted(nil, name, '`')) }

func quoteText(s string) string { return string(appendText(nil, s)) }

// appendText doubles backslashes, which every connection of ours reads as
// escapes: its sql_mode is set.
func appendText(b []byte, s string) []byte {
	return driver.AppendQuoted(b, strings.ReplaceAll(s, `\`, `\\`), '\'')
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
