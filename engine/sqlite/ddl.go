package sqlite

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

// ddl writes schema statements for SQLite.
type ddl struct{}

// NewDDL returns what writes schema statements. It needs no connection.
func NewDDL() driver.DDL { return &ddl{} }

// tableFeatures are the features that change what a table looks like.
var tableFeatures = []schema.Feature{
	schema.PartialIndex, schema.ExpressionIndex, schema.RepeatedKey, schema.UnboundedKey,
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

func (d *ddl) Normalize(t *schema.Table) (*schema.Table, error) {
	if err := t.Validate(); err != nil {
		return nil, dberr.WithOp(err, "normalize "+t.Name)
	}
	c := t.For(hasTableFeature)
	rules := driver.NormalizeRules{Canon: driver.CanonBy("normalize "+t.Name, declaredRules(c)), Literal: defaultLiteral,
		Column: func(col *schema.Column) error { return d.column(c, col) }}
	if err := rules.Normalize(c); err != nil {
		return nil, err
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
func (d *ddl) column(t *schema.Table, c *schema.Column) error {
	if strings.EqualFold(c.Collation, "BINARY") {
		c.Collation = ""
	}
	single := t.PrimaryKey != nil && len(t.PrimaryKey.Columns) == 1 && t.PrimaryKey.Columns[0] == c.Name
	if c.Identity != nil {
		if !single {
			return dberr.New(dberr.Unsupported, "normalize "+t.Name, fmt.Sprintf("column %s.%s numbers the rows and is not the primary key by itself, which SQLite cannot do", t.Name, c.Name))
		}
		c.Type = schema.Type{Kind: schema.Integer}
	}
	if c.Type.Kind == schema.Enum {
		values := make([]string, len(c.Type.Values))
		longest := 1
		for i, v := range c.Type.Values {
			values[i] = ddlString(v)
			longest = max(longest, len([]rune(v)))
		}
		t.Checks = append(t.Checks, &schema.Check{
			Name: schema.InventName(t.Name, []string{c.Name}, "enum"),
			Expr: schema.Expr(sqltext.Name(c.Name) + " IN (" + strings.Join(values, ", ") + ")"),
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
	return ty.Literal(v)
}

// TypeName writes a type as SQLAlchemy does, whose databases are opened here.
func (d *ddl) TypeName(ty schema.Type) (string, error) {
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
		"BOOLEAN": schema.Boolean, "FLOAT": schema.Float, "NUMERIC": schema.Numeric, "DATE": schema.Date, "DATETIME": schema.DateTime,
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

func (d *ddl) CreateTables(tables ...*schema.Table) ([]string, error) {
	var out []string
	normal, err := driver.NormalizeAll(d, tables)
	if err != nil {
		return nil, err
	}
	// A foreign key may name a table that does not exist yet, so that circles
	// need no second step; the order only makes the text easier to read.
	sorted, _ := schema.Sorted(normal)
	for _, t := range sorted {
		s, err := d.createTable(t)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		for _, i := range t.Indexes {
			s, err := d.createIndex(t, i)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func (d *ddl) createTable(t *schema.Table) (string, error) {
	var items []string
	auto := ""
	for _, c := range t.Columns {
		s, err := d.columnText(t, c)
		if err != nil {
			return "", err
		}
		if c.Identity != nil && c.Identity.NoReuse {
			auto = c.Name
		}
		items = append(items, s)
	}
	if pk := t.PrimaryKey; pk != nil && auto == "" {
		items = append(items, keyText("PRIMARY KEY", pk.Name, pk.Columns))
	}
	for _, u := range t.Uniques {
		items = append(items, keyText("UNIQUE", u.Name, u.Columns))
	}
	for _, f := range t.ForeignKeys {
		s := keyText("FOREIGN KEY", f.Name, f.Columns) + " " + keyText("REFERENCES "+ddlIdent(f.RefTable), "", f.RefColumns)
		if f.OnUpdate != schema.NoAction {
			s += " ON UPDATE " + string(f.OnUpdate)
		}
		if f.OnDelete != schema.NoAction {
			s += " ON DELETE " + string(f.OnDelete)
		}
		if f.Deferrable {
			s += " DEFERRABLE INITIALLY DEFERRED"
		}
		items = append(items, s)
	}
	for _, k := range t.Checks {
		e, err := renderExpr(k.Expr)
		if err != nil {
			return "", err
		}
		s := "CHECK (" + e + ")"
		if k.Name != "" {
			s = "CONSTRAINT " + ddlIdent(k.Name) + " " + s
		}
		items = append(items, s)
	}
	return "CREATE TABLE " + ddlIdent(t.Name) + " (\n\t" + strings.Join(items, ",\n\t") + "\n)", nil
}

func keyText(what, name string, columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = ddlIdent(c)
	}
	s := what + " (" + strings.Join(quoted, ", ") + ")"
	if name != "" {
		s = "CONSTRAINT " + ddlIdent(name) + " " + s
	}
	return s
}

func (d *ddl) columnText(t *schema.Table, c *schema.Column) (string, error) {
	s := ddlIdent(c.Name)
	if c.Type.Raw != noType {
		s += " " + c.Type.Raw
	}
	if c.Identity != nil && c.Identity.NoReuse {
		key := " PRIMARY KEY AUTOINCREMENT"
		if n := t.PrimaryKey.Name; n != "" {
			key = " CONSTRAINT " + ddlIdent(n) + key
		}
		return s + " NOT NULL" + key, nil
	}
	if c.Collation != "" {
		s += " COLLATE " + ddlIdent(c.Collation)
	}
	if def := c.Default; def != nil {
		text, err := defaultText(def)
		if err != nil {
			return "", err
		}
		s += " DEFAULT " + text
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
	}
	if !c.Nullable {
		s += " NOT NULL"
	}
	return s, nil
}

func defaultText(d *schema.Default) (string, error) {
	if d.Expr != "" {
		if d.Expr == schema.Now {
			return string(schema.Now), nil
		}
		e, err := renderExpr(d.Expr)
		return "(" + e + ")", err
	}
	return driver.DefaultText(d.Value, "0", "1", ddlString)
}

func (d *ddl) createIndex(t *schema.Table, i *schema.Index) (string, error) {
	s := "CREATE INDEX "
	if i.Unique {
		s = "CREATE UNIQUE INDEX "
	}
	parts := make([]string, len(i.Parts))
	for n, p := range i.Parts {
		if p.Expr != "" {
			e, err := renderExpr(p.Expr)
			if err != nil {
				return "", err
			}
			parts[n] = e
		} else {
			parts[n] = ddlIdent(p.Column)
		}
		if p.Options != "" {
			parts[n] += " " + p.Options
		}
		if p.Desc {
			parts[n] += " DESC"
		}
	}
	s += ddlIdent(i.Name) + " ON " + ddlIdent(t.Name) + " (" + strings.Join(parts, ", ") + ")"
	if i.Where != "" {
		e, err := renderExpr(i.Where)
		if err != nil {
			return "", err
		}
		s += " WHERE " + e
	}
	return s, nil
}

func (d *ddl) Batch(statements []string) []string {
	if len(statements) < 2 {
		return statements
	}
	return []string{strings.Join(statements, ";\n")}
}

func renderExpr(e schema.Expr) (string, error) {
	s, err := sqltext.Render(string(e),
		func(name string) (string, error) { return ddlIdent(name), nil },
		func(text string) (string, error) { return ddlString(text), nil })
	if err != nil {
		return "", dberr.New(dberr.Invalid, "expression", err.Error())
	}
	return s, nil
}

func ddlIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func ddlString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
