package postgres

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// DDL writes schema statements for PostgreSQL, without a connection. Names are
// not qualified: the connection's search path decides in which schema they are.
type DDL struct {
	// Has reports which of the features that concern tables there are.
	Has func(f schema.Feature) bool

	text ddltext.Writer
}

// NewDDL returns what writes schema statements.
func NewDDL() *DDL {
	return &DDL{Has: hasTableFeature, text: ddltext.Writer{
		Ident: quoteIdent, Text: quoteText, CheckName: checkName, False: "false", True: "true", CommentOn: true,
		Constraints: []ddltext.Part{ddltext.PrimaryKey, ddltext.Uniques, ddltext.Checks, ddltext.ForeignKeys},
		Type: func(c *schema.Column) (string, error) {
			if c.Type.Kind == schema.Enum {
				return quoteIdent(c.Type.Name), nil
			}
			return c.Type.Raw, nil
		},
		Special:  ddltext.NowAs("now()"),
		Identity: identity,
	}}
}

// identity is the clause that numbers the rows.
func identity(c *schema.Column) string {
	if id := c.Identity; id.Standard != "" {
		return " GENERATED " + id.Standard + " AS IDENTITY (SEQUENCE NAME " + quoteIdent(id.Sequence) + ")"
	}
	return " DEFAULT nextval(" + quoteText(quoteIdent(c.Identity.Sequence)) + ")"
}

// sequenceType gives a sequence the range of its column; a domain's is not known.
func sequenceType(c *schema.Column) string {
	if !c.Type.Kind.IsWhole() {
		return ""
	}
	return " AS " + c.Type.Raw
}

// sequences makes those of a table, and gives them to their columns.
func sequences(t *schema.Table) (before, behind []string) {
	for _, c := range t.Columns {
		if c.Identity != nil && c.Identity.Standard == "" {
			seq := quoteIdent(c.Identity.Sequence)
			before = append(before, "CREATE SEQUENCE "+seq+sequenceType(c))
			behind = append(behind, "ALTER SEQUENCE "+seq+" OWNED BY "+quoteIdent(t.Name)+"."+quoteIdent(c.Name))
		}
	}
	return before, behind
}

// tableFeatures are the features that change what a table looks like.
var tableFeatures = []schema.Feature{
	schema.PartialIndex, schema.ExpressionIndex, schema.NativeJSON, schema.UnboundedKey, schema.TransactionalDDL, schema.Comments,
	schema.Sequences, schema.DeferrableFK, schema.ConstraintNames, schema.IncludeColumns, schema.ColumnStorage, schema.AlterInPlace,
}

func hasTableFeature(f schema.Feature) bool { return slices.Contains(tableFeatures, f) }

// textRules read text that the server prints.
func textRules(t *schema.Table) sqltext.Rules {
	r := sqltext.Rules{Dollars: true, Casts: true, TimeColumns: map[string]string{}}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, c.Name)
		if c.Type.Kind == schema.String {
			r.TextColumns = append(r.TextColumns, c.Name)
		}
		switch {
		case c.Type.Kind == schema.Date:
			r.TimeColumns[c.Name] = sqltext.Date
		case c.Type.Kind == schema.Time:
			r.TimeColumns[c.Name] = sqltext.TimeOfDay
		case c.Type.Kind == schema.DateTime && c.Type.WithZone:
			r.TimeColumns[c.Name] = sqltext.ZoneInstant
		case c.Type.Kind == schema.DateTime:
			r.TimeColumns[c.Name] = sqltext.Instant
		}
		if c.Type.Kind == schema.Enum && c.Type.Name != "" {
			r.EnumTypes = append(r.EnumTypes, c.Type.Name)
		}
	}
	return r
}

// declaredRules read the expressions of a declaration.
func declaredRules(t *schema.Table) sqltext.Rules {
	r := textRules(t)
	r.Template = true
	return r
}

// Normalize returns t as the server holds and reports it.
func (d *DDL) Normalize(t *schema.Table) (*schema.Table, error) {
	if err := t.Validate(); err != nil {
		return nil, dberr.WithOp(err, "normalize "+t.Name)
	}
	c := t.For(d.Has)
	rules := ddltext.NormalizeRules{Canon: ddltext.CanonBy("normalize "+t.Name, declaredRules(c)), Literal: defaultLiteral,
		Plain:  ddltext.PlainBy(declaredRules(c)),
		Column: func(col *schema.Column) error { return d.column(c, col) }}
	if err := rules.Normalize(c); err != nil {
		return nil, err
	}
	for _, i := range c.Indexes {
		if i.Method = strings.ToLower(i.Method); i.Method == "btree" {
			i.Method = ""
		}
		for n := range i.Parts {
			i.Parts[n].Prefix = 0
		}
	}
	if c.PrimaryKey != nil {
		c.PrimaryKey.Prefix = nil
	}
	for _, k := range c.Checks {
		if k.Name != "" && slices.ContainsFunc(c.ForeignKeys, func(f *schema.ForeignKey) bool { return f.Name == k.Name }) {
			return nil, dberr.New(dberr.Invalid, "normalize "+t.Name,
				"table "+t.Name+" has a check and a foreign key called "+k.Name+
					", which PostgreSQL does not tell apart; rename one of them")
		}
	}
	d.name(c)
	for name := range c.Names() {
		if err := checkName(name); err != nil {
			return nil, dberr.WithOp(err, "table "+t.Name)
		}
	}
	return c, checkName(c.Name)
}

// defaultLiteral is the value of a default in the Go type that belongs to the
// column, spelled as the server prints it.
func defaultLiteral(ty schema.Type, v any) any {
	v = ty.Literal(v)
	s, ok := v.(string)
	switch {
	case !ok:
		return v
	case ty.Kind == schema.JSONB:
		return jsonbText(s)
	case ty.Kind == schema.DateTime && ty.WithZone:
		return value.DefaultText(ty, s, "2006-01-02 15:04:05.999999+00")
	case ty.Kind == schema.Bytes && !strings.HasPrefix(s, `\x`):
		return `\x` + hex.EncodeToString([]byte(s))
	}
	return value.DefaultText(ty, s, "2006-01-02 15:04:05.999999")
}

// name gives the constraints that have no name those that the server would
// invent, so that a declared and a live table compare.
func (d *DDL) name(t *schema.Table) {
	taken := t.Names()
	if pk := t.PrimaryKey; pk != nil && pk.Name == "" {
		pk.Name = schema.UniqueName(taken, t.Name, nil, "pkey")
	}
	for _, u := range t.Uniques {
		if u.Name == "" {
			u.Name = schema.UniqueName(taken, t.Name, u.Columns, "key")
		}
	}
	for _, f := range t.ForeignKeys {
		if f.Name == "" {
			f.Name = schema.UniqueName(taken, t.Name, f.Columns, "fkey")
		}
	}
	for _, k := range t.Checks {
		if k.Name == "" {
			cols := sqltext.Columns(string(k.Expr))
			if len(cols) != 1 {
				cols = nil
			}
			k.Name = schema.UniqueName(taken, t.Name, cols, "check")
		}
	}
	for _, c := range t.Columns {
		if c.Identity != nil && c.Identity.Sequence == "" {
			c.Identity.Sequence = schema.InventName(t.Name, []string{c.Name}, "seq")
		}
	}
}

// column is the rule for the name, the type and the identity of a column.
func (d *DDL) column(t *schema.Table, c *schema.Column) error {
	if err := checkColumn(t.Name, c.Name); err != nil {
		return err
	}
	if err := checkName(c.Name); err != nil {
		return dberr.WithOp(err, "table "+t.Name)
	}
	if c.Type.Kind == schema.Enum && c.Type.Name == "" {
		c.Type.Name = schema.InventName(t.Name, []string{c.Name}, "enum")
	}
	name, err := d.TypeName(c.Type)
	if err != nil {
		return dberr.WithOp(err, "column "+t.Name+"."+c.Name)
	}
	if c.Type.Kind == schema.Enum {
		c.Type = schema.Type{Kind: schema.Enum, Name: c.Type.Name, Values: c.Type.Values, Raw: name}
	} else {
		c.Type = typeNamed(name)
	}
	if c.Identity != nil {
		c.Nullable = false
		c.Identity.NoReuse = false
		c.Identity.Standard = strings.ToUpper(c.Identity.Standard)
		if k := c.Type.Kind; !k.IsWhole() && (k != schema.Other || c.Identity.Standard != "") { // a domain may be one
			return dberr.New(dberr.Unsupported, "normalize "+t.Name,
				fmt.Sprintf("column %s.%s numbers the rows and is of type %s; use an integer type", t.Name, c.Name, name))
		}
	}
	if c.Generated != nil {
		c.Generated.Stored = true // before version 18 the server keeps every generated column
	}
	return nil
}

// maxName is how many bytes of a name the server keeps.
const maxName = 63

func checkName(name string) error {
	switch {
	case name == "":
		return dberr.New(dberr.Invalid, "name", "a name is empty")
	case strings.ContainsRune(name, 0):
		return dberr.New(dberr.Invalid, "name", "a name holds NUL")
	case len(name) > maxName:
		return &dberr.Error{Op: "name", Code: dberr.TooLarge, Engine: "postgresql",
			Msg: fmt.Sprintf("the name %s has %d bytes and PostgreSQL keeps %d; use a shorter one", name, len(name), maxName)}
	}
	return nil
}

// systemColumns are the names of columns that every table has anyway.
var systemColumns = []string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}

// checkColumn refuses the name of a column that every table has anyway.
func checkColumn(table, name string) error {
	if slices.Contains(systemColumns, name) {
		return &dberr.Error{Op: "table " + table, Code: dberr.Unsupported, Engine: "postgresql",
			Msg: "a column cannot be called " + name +
				", as every table of PostgreSQL has a system column of that name; choose another name"}
	}
	return nil
}

// momentName is the type of a time of day or an instant: microseconds are what a
// server has without a precision.
func momentName(name string, ty schema.Type) string {
	if ty.Precision > 0 && ty.Precision < 6 {
		name += "(" + strconv.Itoa(ty.Precision) + ")"
	}
	if ty.WithZone {
		return name + " with time zone"
	}
	return name + " without time zone"
}

// TypeName writes a type as format_type prints it.
func (d *DDL) TypeName(ty schema.Type) (string, error) {
	switch ty.Kind {
	case schema.String:
		if ty.Length > 0 {
			return "character varying(" + strconv.Itoa(ty.Length) + ")", nil
		}
		return "character varying", nil
	case schema.Text:
		return "text", nil
	case schema.Integer:
		return "integer", nil
	case schema.BigInt:
		return "bigint", nil
	case schema.SmallInt:
		return "smallint", nil
	case schema.Boolean:
		return "boolean", nil
	case schema.Float:
		return "double precision", nil
	case schema.Numeric:
		if ty.Precision > 0 {
			return fmt.Sprintf("numeric(%d,%d)", ty.Precision, ty.Scale), nil
		}
		return "numeric", nil
	case schema.Date:
		return "date", nil
	case schema.Time:
		return momentName("time", ty), nil
	case schema.DateTime:
		return momentName("timestamp", ty), nil
	case schema.JSON:
		return "json", nil
	case schema.JSONB:
		return "jsonb", nil
	case schema.Bytes:
		return "bytea", nil
	case schema.UUID:
		return "uuid", nil
	case schema.Enum:
		if ty.Name == "" {
			return "", dberr.New(dberr.Invalid, "type", "an enum type has no name")
		}
		return ty.Name, checkName(ty.Name)
	case schema.Other:
		return strings.Join(strings.Fields(ty.Raw), " "), nil
	}
	return "", dberr.New(dberr.Unsupported, "type", fmt.Sprintf("PostgreSQL has no type for the kind %q", ty.Kind))
}

// typeNamed is the type that format_type's spelling means: the kind that is
// spelled like it, else Other.
func typeNamed(raw string) schema.Type {
	kinds := map[string]schema.Kind{
		"character varying": schema.String, "text": schema.Text, "integer": schema.Integer, "bigint": schema.BigInt, "smallint": schema.SmallInt,
		"boolean": schema.Boolean, "double precision": schema.Float, "numeric": schema.Numeric, "date": schema.Date, "time without time zone": schema.Time,
		"json": schema.JSON, "jsonb": schema.JSONB, "bytea": schema.Bytes, "uuid": schema.UUID,
	}
	ty := schema.Type{Kind: schema.Other, Raw: raw}
	if k, ok := kinds[raw]; ok {
		ty.Kind = k
		return ty
	}
	var n, m int
	switch {
	case ddltext.ScanType(raw, "character varying(%d)", &n):
		ty.Kind, ty.Length = schema.String, n
	case ddltext.ScanType(raw, "numeric(%d,%d)", &n, &m):
		ty.Kind, ty.Precision, ty.Scale = schema.Numeric, n, m
	case ddltext.ScanType(raw, "time(%d) without time zone", &n) && n > 0:
		ty.Kind, ty.Precision = schema.Time, n
	case raw == "timestamp without time zone", raw == "timestamp with time zone":
		ty.Kind, ty.WithZone = schema.DateTime, raw == "timestamp with time zone"
	case ddltext.ScanType(raw, "timestamp(%d) without time zone", &n),
		ddltext.ScanType(raw, "timestamp(%d) with time zone", &n):
		if n > 0 {
			ty.Kind, ty.Precision, ty.WithZone = schema.DateTime, n, strings.HasSuffix(raw, "with time zone")
		}
	}
	return ty
}

// CreateTables writes the statements that make the tables, and the enum types
// of their columns.
func (d *DDL) CreateTables(tables ...*schema.Table) ([]string, error) {
	normal, err := ddltext.NormalizeAll(d, tables)
	if err != nil {
		return nil, err
	}
	w := d.text
	made := map[string]bool{}
	w.Around = func(t *schema.Table) (before, behind []string) {
		for _, c := range t.Columns {
			if c.Type.Kind == schema.Enum && !made[c.Type.Name] {
				made[c.Type.Name] = true
				before = append(before, d.createType(c.Type))
			}
		}
		seq, behind := sequences(t)
		return append(before, seq...), behind
	}
	return w.CreateTables(normal)
}

func (d *DDL) createType(ty schema.Type) string {
	return "CREATE TYPE " + quoteIdent(ty.Name) + " AS ENUM (" + d.text.Enum(ty.Values, ", ") + ")"
}

// Batch wraps the statements in one anonymous block: the extended protocol
// takes one statement at a time.
func (d *DDL) Batch(statements []string) []string {
	if len(statements) < 2 {
		return statements
	}
	all := strings.Join(statements, ";\n")
	tag := "$ddl$"
	for n := 1; strings.Contains(all, tag); n++ {
		tag = "$ddl" + strconv.Itoa(n) + "$"
	}
	return []string{"DO " + tag + " BEGIN\n" + all + ";\nEND " + tag}
}

// Analyze returns ANALYZE, which autovacuum would run by itself within minutes, and never
// where it is turned off.
func (d *DDL) Analyze(table string) string { return "ANALYZE " + quoteIdent(table) }

func quoteIdent(name string) string { return string(driver.AppendQuoted(nil, name, '"')) }

func quoteText(s string) string { return string(appendText(nil, s)) }

// appendText quotes a literal so that it means the same whatever
// standard_conforming_strings is.
func appendText(b []byte, s string) []byte {
	if strings.IndexByte(s, '\\') >= 0 {
		b = append(b, 'E')
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return driver.AppendQuoted(b, s, '\'')
}
