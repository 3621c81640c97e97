package sqlite

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// DDL writes schema statements for SQLite. It needs no connection.
type DDL struct {
	// Has reports which of the features that concern tables there are.
	Has func(f schema.Feature) bool

	text ddltext.Writer
}

// NewDDL returns what writes schema statements.
func NewDDL() *DDL {
	return &DDL{Has: hasTableFeature, text: ddltext.Writer{
		Ident: quoteIdent, Text: quoteText, False: "0", True: "1", BareIndexExpr: true, KnowsLater: true,
		Constraints: []ddltext.Part{ddltext.PrimaryKey, ddltext.Uniques, ddltext.ForeignKeys, ddltext.Checks},
		Type: func(c *schema.Column) (string, error) {
			if c.Type.Raw == noType {
				return "", nil
			}
			return c.Type.Raw, nil
		},
		Special:  now,
		Numbered: numbered,
	}}
}

// numbered is the clause of a key whose numbers do not come back.
func numbered(t *schema.Table, c *schema.Column) string {
	if c.Identity == nil || !c.Identity.NoReuse {
		return ""
	}
	if n := t.PrimaryKey.Name; n != "" {
		return " NOT NULL CONSTRAINT " + quoteIdent(n) + " PRIMARY KEY AUTOINCREMENT"
	}
	return " NOT NULL PRIMARY KEY AUTOINCREMENT"
}

// tableFeatures are the features that change what a table looks like.
var tableFeatures = []schema.Feature{
	schema.PartialIndex, schema.ExpressionIndex, schema.RedundantUnique, schema.UnboundedKey,
	schema.TransactionalDDL, schema.DeferrableFK, schema.NullableKey,
}

func hasTableFeature(f schema.Feature) bool { return slices.Contains(tableFeatures, f) }

// textRules read text that SQLite kept.
func textRules(t *schema.Table) sqltext.Rules {
	r := sqltext.Rules{NoBits: true, Backticks: true, Brackets: true, LooseQuotes: true, TightConcat: true}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, c.Name)
	}
	return r
}

// declaredRules read the expressions of a declaration.
func declaredRules(t *schema.Table) sqltext.Rules {
	r := textRules(t)
	r.Template, r.LooseQuotes, r.Backticks, r.Brackets = true, false, false, false
	return r
}

// Normalize returns t as SQLite holds and reports it.
func (d *DDL) Normalize(t *schema.Table) (*schema.Table, error) {
	if err := t.Validate(); err != nil {
		return nil, dberr.WithOp(err, "normalize "+t.Name)
	}
	c := t.For(d.Has)
	rules := ddltext.NormalizeRules{Canon: ddltext.CanonBy("normalize "+t.Name, declaredRules(c)), Literal: defaultLiteral, Seconds: true,
		Plain:  ddltext.PlainBy(declaredRules(c)),
		Column: func(col *schema.Column) error { return d.column(c, col) }}
	if err := rules.Normalize(c); err != nil {
		return nil, err
	}
	if c.PrimaryKey != nil {
		c.PrimaryKey.Prefix = nil
	}
	for _, f := range c.ForeignKeys {
		if f.RefSchema != "" {
			return nil, dberr.New(dberr.Unsupported, "normalize "+t.Name, "foreign key "+f.Name+" of table "+t.Name+
				" refers to a table of schema "+f.RefSchema+", and SQLite has none")
		}
	}
	for _, i := range c.Indexes {
		i.Method = ""
		for n := range i.Parts {
			i.Parts[n].Prefix = 0
		}
	}
	return c, nil
}

// column is the rule for the type, the collation and the identity of a column.
func (d *DDL) column(t *schema.Table, c *schema.Column) error {
	if strings.EqualFold(c.Collation, "BINARY") {
		c.Collation = ""
	}
	spellDefault(c)
	single := t.PrimaryKey != nil && len(t.PrimaryKey.Columns) == 1 && t.PrimaryKey.Columns[0] == c.Name
	if c.Identity != nil {
		if !single {
			return dberr.New(dberr.Unsupported, "normalize "+t.Name,
				fmt.Sprintf("column %s.%s numbers the rows and is not the primary key by itself, which SQLite cannot do",
					t.Name, c.Name))
		}
		c.Type = schema.Type{Kind: schema.Integer}
	}
	if c.Type.Kind == schema.Enum {
		longest := 1
		for _, v := range c.Type.Values {
			longest = max(longest, len([]rune(v)))
		}
		t.Checks = append(t.Checks, &schema.Check{
			Name: schema.InventName(t.Name, []string{c.Name}, "enum"),
			Expr: schema.Expr(sqltext.Name(c.Name) + " IN (" + d.text.Enum(c.Type.Values, ", ") + ")"),
		})
		c.Type = schema.Type{Kind: schema.String, Length: longest}
	}
	name, err := d.TypeName(c.Type)
	if err != nil {
		return dberr.WithOp(err, "column "+t.Name+"."+c.Name)
	}
	c.Type = typeNamed(name)
	if single && name == "INTEGER" {
		// A primary key of this type is the row number, whether that was asked for or not.
		if c.Identity == nil {
			c.Identity = &schema.Identity{}
		}
		c.Nullable = false
	}
	return nil
}

// defaultLiteral is the value of a default in the Go type that belongs to the column.
// A quoted literal stays apart from an unquoted one: SQLite keeps the spelling.
func defaultLiteral(ty schema.Type, v any) any {
	if s, ok := v.(string); ok {
		return s
	}
	if ty.Kind != schema.Other {
		return ty.Literal(v)
	}
	// What the column makes of a number says nothing of how it was spelled.
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	}
	return v
}

// TypeName writes a type as SQLAlchemy does, whose databases are opened here.
func (d *DDL) TypeName(ty schema.Type) (string, error) {
	switch ty.Kind {
	case schema.String:
		if ty.Length > 0 {
			return "VARCHAR(" + strconv.Itoa(ty.Length) + ")", nil
		}
		return "VARCHAR", nil
	case schema.Text:
		return "TEXT", nil
	case schema.Integer:
		return "INTEGER", nil
	case schema.BigInt:
		return "BIGINT", nil
	case schema.SmallInt:
		return "SMALLINT", nil
	case schema.Boolean:
		return "BOOLEAN", nil
	case schema.Float:
		return "FLOAT", nil
	case schema.Numeric:
		if ty.Precision > 0 {
			return fmt.Sprintf("NUMERIC(%d,%d)", ty.Precision, ty.Scale), nil
		}
		return "NUMERIC", nil
	case schema.Date:
		return "DATE", nil
	case schema.Time:
		return "TIME", nil
	case schema.DateTime:
		if ty.WithZone {
			return "DATETIME_TZ", nil
		}
		return "DATETIME", nil
	case schema.JSON:
		return "JSON", nil
	case schema.JSONB:
		// The name gives the column text affinity, so that a bare number stays
		// as it was written.
		return "JSONB_TEXT", nil
	case schema.Bytes:
		return "BLOB", nil
	case schema.UUID:
		return "CHAR(36)", nil
	case schema.Enum:
		return "VARCHAR", nil
	case schema.Other:
		return canonicalType(ty.Raw), nil
	}
	return "", dberr.New(dberr.Unsupported, "type", fmt.Sprintf("SQLite has no type for the kind %q", ty.Kind))
}

// canonicalType is a declared type in one spelling: capitals, one space
// between words, none around parentheses.
func canonicalType(s string) string {
	s = strings.Join(strings.Fields(strings.ToUpper(s)), " ")
	for _, p := range []string{"(", ")", ","} {
		s = strings.ReplaceAll(s, " "+p, p)
		s = strings.ReplaceAll(s, p+" ", p)
	}
	return s
}

// noType is how the type of a column is written that was declared without one.
// It is no name that a type can have.
const noType = "(NONE)"

// typeNamed is the type that a column of that declared type has in the normal
// form: the kind that is spelled like it, else Other.
func typeNamed(raw string) schema.Type {
	raw = canonicalType(raw)
	if raw == "" {
		raw = noType
	}
	ty := schema.Type{Kind: schema.Other, Raw: raw}
	base, args := raw, []int(nil)
	if i := strings.IndexByte(raw, '('); i > 0 && strings.HasSuffix(raw, ")") {
		base = raw[:i]
		for _, a := range strings.Split(raw[i+1:len(raw)-1], ",") {
			n, err := strconv.Atoi(a)
			if err != nil || n <= 0 && len(args) == 0 {
				return ty
			}
			args = append(args, n)
		}
	}
	kinds := map[string]schema.Kind{
		"VARCHAR": schema.String, "TEXT": schema.Text, "INTEGER": schema.Integer, "BIGINT": schema.BigInt, "SMALLINT": schema.SmallInt,
		"BOOLEAN": schema.Boolean, "FLOAT": schema.Float, "NUMERIC": schema.Numeric, "DATE": schema.Date, "TIME": schema.Time, "DATETIME": schema.DateTime,
		"DATETIME_TZ": schema.DateTime, "JSON": schema.JSON, "JSONB_TEXT": schema.JSONB, "BLOB": schema.Bytes,
	}
	kind, known := kinds[base]
	switch {
	case raw == "CHAR(36)":
		ty.Kind = schema.UUID
	case !known:
	case len(args) == 0:
		ty.Kind, ty.WithZone = kind, base == "DATETIME_TZ"
	case kind == schema.String && len(args) == 1:
		ty.Kind, ty.Length = kind, args[0]
	case kind == schema.Numeric && len(args) == 2:
		ty.Kind, ty.Precision, ty.Scale = kind, args[0], args[1]
	}
	return ty
}

// CreateTables writes the statements that make the tables.
func (d *DDL) CreateTables(tables ...*schema.Table) ([]string, error) {
	normal, err := ddltext.NormalizeAll(d, tables)
	if err != nil {
		return nil, err
	}
	return d.text.CreateTables(normal)
}

// Batch joins all of them: SQLite reads one statement behind the other.
func (d *DDL) Batch(statements []string) []string {
	if len(statements) < 2 {
		return statements
	}
	return []string{strings.Join(statements, ";\n")}
}

// Analyze returns nothing: its plans follow from the indexes alone, and ANALYZE would leave
// a table in the file that Open WebUI does not make.
func (d *DDL) Analyze(string) string { return "" }

func quoteIdent(name string) string { return string(driver.AppendQuoted(nil, name, '"')) }

func quoteText(s string) string { return string(driver.AppendQuoted(nil, s, '\'')) }
