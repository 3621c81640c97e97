package postgres

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

// ddl writes schema statements for PostgreSQL. Names are not qualified: the
// connection's search path decides in which schema they are.
type ddl struct{}

// NewDDL returns what writes schema statements. It needs no connection.
func NewDDL() driver.DDL { return &ddl{} }

// tableFeatures are the features that change what a table looks like.
var tableFeatures = []schema.Feature{
	schema.PartialIndex, schema.ExpressionIndex, schema.NativeJSON, schema.UnboundedKey, schema.TransactionalDDL, schema.Comments,
	schema.Sequences, schema.TypedEnum, schema.DeferrableFK, schema.ConstraintNames, schema.IncludeColumns, schema.AlterInPlace,
}

func hasTableFeature(f schema.Feature) bool { return slices.Contains(tableFeatures, f) }

// textRules read text that the server prints.
func textRules(t *schema.Table) sqltext.Rules {
	r := sqltext.Rules{Dollars: true, Casts: true}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, c.Name)
		if c.Type.Kind == schema.String {
			r.TextColumns = append(r.TextColumns, c.Name)
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

func (d *ddl) Normalize(t *schema.Table) (*schema.Table, error) {
	if err := t.Validate(); err != nil {
		return nil, dberr.WithOp(err, "normalize "+t.Name)
	}
	c := t.For(hasTableFeature)
	rules := driver.NormalizeRules{Canon: driver.CanonBy("normalize "+t.Name, declaredRules(c)), Literal: schema.Type.Literal,
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
	d.name(c)
	for name := range c.Names() {
		if err := checkName(name); err != nil {
			return nil, dberr.WithOp(err, "table "+t.Name)
		}
	}
	return c, checkName(c.Name)
}

// name gives the constraints that have no name those that the server would
// invent, so that a declared and a live table compare.
func (d *ddl) name(t *schema.Table) {
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
func (d *ddl) column(t *schema.Table, c *schema.Column) error {
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
		if k := c.Type.Kind; k != schema.Integer && k != schema.BigInt && k != schema.SmallInt {
			return dberr.New(dberr.Unsupported, "normalize "+t.Name, fmt.Sprintf("column %s.%s numbers the rows and is of type %s; use an integer type", t.Name, c.Name, name))
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
		return &dberr.Error{Op: "name", Code: dberr.TooLarge, Engine: "postgresql", Msg: fmt.Sprintf("the name %s has %d bytes and PostgreSQL keeps %d; use a shorter one", name, len(name), maxName)}
	}
	return nil
}

// TypeName writes a type as format_type prints it.
func (d *ddl) TypeName(ty schema.Type) (string, error) {
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
	case schema.DateTime:
		s := "timestamp"
		if ty.Precision > 0 && ty.Precision < 6 {
			s += "(" + strconv.Itoa(ty.Precision) + ")"
		}
		if ty.WithZone {
			return s + " with time zone", nil
		}
		return s + " without time zone", nil
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
		"boolean": schema.Boolean, "double precision": schema.Float, "numeric": schema.Numeric, "date": schema.Date,
		"json": schema.JSON, "jsonb": schema.JSONB, "bytea": schema.Bytes, "uuid": schema.UUID,
	}
	ty := schema.Type{Kind: schema.Other, Raw: raw}
	if k, ok := kinds[raw]; ok {
		ty.Kind = k
		return ty
	}
	var n, m int
	switch {
	case driver.ScanType(raw, "character varying(%d)", &n):
		ty.Kind, ty.Length = schema.String, n
	case driver.ScanType(raw, "numeric(%d,%d)", &n, &m):
		ty.Kind, ty.Precision, ty.Scale = schema.Numeric, n, m
	case raw == "timestamp without time zone", raw == "timestamp with time zone":
		ty.Kind, ty.WithZone = schema.DateTime, raw == "timestamp with time zone"
	case driver.ScanType(raw, "timestamp(%d) without time zone", &n), driver.ScanType(raw, "timestamp(%d) with time zone", &n):
		if n > 0 {
			ty.Kind, ty.Precision, ty.WithZone = schema.DateTime, n, strings.HasSuffix(raw, "with time zone")
		}
	}
	return ty
}

func (d *ddl) CreateTables(tables ...*schema.Table) ([]string, error) {
	normal, err := driver.NormalizeAll(d, tables)
	if err != nil {
		return nil, err
	}
	var out, later []string
	enums := map[string]bool{}
	sorted, late := schema.Sorted(normal)
	for _, t := range sorted {
		for _, c := range t.Columns {
			if c.Type.Kind == schema.Enum && !enums[c.Type.Name] {
				enums[c.Type.Name] = true
				values := make([]string, len(c.Type.Values))
				for i, v := range c.Type.Values {
					values[i] = ddlString(v)
				}
				out = append(out, "CREATE TYPE "+ddlIdent(c.Type.Name)+" AS ENUM ("+strings.Join(values, ", ")+")")
			}
		}
		stmts, err := d.createTable(t, late)
		if err != nil {
			return nil, err
		}
		out = append(out, stmts...)
		for _, f := range t.ForeignKeys {
			if late[f] != nil {
				later = append(later, "ALTER TABLE "+ddlIdent(t.Name)+" ADD "+foreignKeyText(f))
			}
		}
		for _, i := range t.Indexes {
			s, err := indexText(t, i)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
			if i.Comment != "" {
				out = append(out, "COMMENT ON INDEX "+ddlIdent(i.Name)+" IS "+ddlString(i.Comment))
			}
		}
		if t.Comment != "" {
			out = append(out, "COMMENT ON TABLE "+ddlIdent(t.Name)+" IS "+ddlString(t.Comment))
		}
		for _, c := range t.Columns {
			if c.Comment != "" {
				out = append(out, "COMMENT ON COLUMN "+ddlIdent(t.Name)+"."+ddlIdent(c.Name)+" IS "+ddlString(c.Comment))
			}
		}
	}
	return append(out, later...), nil
}

func (d *ddl) createTable(t *schema.Table, late map[*schema.ForeignKey]*schema.Table) ([]string, error) {
	var before, items, after []string
	for _, c := range t.Columns {
		s, err := columnText(c)
		if err != nil {
			return nil, err
		}
		items = append(items, s)
		if c.Identity != nil && c.Identity.Standard == "" {
			seq := ddlIdent(c.Identity.Sequence)
			before = append(before, "CREATE SEQUENCE "+seq+" AS "+c.Type.Raw)
			after = append(after, "ALTER SEQUENCE "+seq+" OWNED BY "+ddlIdent(t.Name)+"."+ddlIdent(c.Name))
		}
	}
	if pk := t.PrimaryKey; pk != nil {
		items = append(items, constraint(pk.Name)+"PRIMARY KEY "+identList(pk.Columns))
	}
	for _, u := range t.Uniques {
		items = append(items, constraint(u.Name)+"UNIQUE "+identList(u.Columns))
	}
	for _, k := range t.Checks {
		e, err := renderExpr(k.Expr)
		if err != nil {
			return nil, err
		}
		items = append(items, constraint(k.Name)+"CHECK ("+e+")")
	}
	for _, f := range t.ForeignKeys {
		if late[f] == nil {
			items = append(items, foreignKeyText(f))
		}
	}
	create := "CREATE TABLE " + ddlIdent(t.Name) + " (\n\t" + strings.Join(items, ",\n\t") + "\n)"
	return append(append(before, create), after...), nil
}

func constraint(name string) string {
	if name == "" {
		return ""
	}
	return "CONSTRAINT " + ddlIdent(name) + " "
}

func foreignKeyText(f *schema.ForeignKey) string {
	s := constraint(f.Name) + "FOREIGN KEY " + identList(f.Columns) + " REFERENCES " + ddlIdent(f.RefTable) + " " + identList(f.RefColumns)
	if f.OnUpdate != schema.NoAction {
		s += " ON UPDATE " + string(f.OnUpdate)
	}
	if f.OnDelete != schema.NoAction {
		s += " ON DELETE " + string(f.OnDelete)
	}
	if f.Deferrable {
		s += " DEFERRABLE INITIALLY DEFERRED"
	}
	return s
}

func columnText(c *schema.Column) (string, error) {
	ty := c.Type.Raw
	if c.Type.Kind == schema.Enum {
		ty = ddlIdent(c.Type.Name)
	}
	s := ddlIdent(c.Name) + " " + ty
	if c.Collation != "" {
		s += " COLLATE " + ddlIdent(c.Collation)
	}
	switch id := c.Identity; {
	case id != nil && id.Standard != "":
		s += " GENERATED " + id.Standard + " AS IDENTITY (SEQUENCE NAME " + ddlIdent(id.Sequence) + ")"
	case id != nil:
		s += " DEFAULT nextval(" + ddlString(ddlIdent(id.Sequence)) + ")"
	case c.Default != nil:
		def, err := defaultText(c.Default)
		if err != nil {
			return "", err
		}
		s += " DEFAULT " + def
	case c.Generated != nil:
		e, err := renderExpr(c.Generated.Expr)
		if err != nil {
			return "", err
		}
		s += " GENERATED ALWAYS AS (" + e + ") STORED"
	}
	if !c.Nullable {
		s += " NOT NULL"
	}
	return s, nil
}

func defaultText(d *schema.Default) (string, error) {
	if d.Expr != "" {
		if d.Expr == schema.Now {
			return "now()", nil
		}
		e, err := renderExpr(d.Expr)
		return "(" + e + ")", err
	}
	return driver.DefaultText(d.Value, "false", "true", ddlString)
}

func indexText(t *schema.Table, i *schema.Index) (string, error) {
	s := "CREATE INDEX "
	if i.Unique {
		s = "CREATE UNIQUE INDEX "
	}
	s += ddlIdent(i.Name) + " ON " + ddlIdent(t.Name)
	if i.Method != "" {
		s += " USING " + ddlIdent(i.Method)
	}
	parts := make([]string, len(i.Parts))
	for n, p := range i.Parts {
		if p.Expr != "" {
			e, err := renderExpr(p.Expr)
			if err != nil {
				return "", err
			}
			parts[n] = "(" + e + ")"
		} else {
			parts[n] = ddlIdent(p.Column)
		}
		before, after := splitOptions(p.Options)
		if before != "" {
			parts[n] += " " + before
		}
		if p.Desc {
			parts[n] += " DESC"
		}
		if after != "" {
			parts[n] += " " + after
		}
	}
	s += " (" + strings.Join(parts, ", ") + ")"
	if len(i.Include) > 0 {
		s += " INCLUDE " + identList(i.Include)
	}
	if i.Where != "" {
		e, err := renderExpr(i.Where)
		if err != nil {
			return "", err
		}
		s += " WHERE " + e
	}
	return s, nil
}

// splitOptions parts what stands before ASC or DESC from what stands behind.
func splitOptions(o string) (before, after string) {
	if i := strings.Index(o, "NULLS "); i >= 0 {
		return strings.TrimSpace(o[:i]), o[i:]
	}
	return o, ""
}

// Batch wraps the statements in one anonymous block: the extended protocol
// takes one statement at a time.
func (d *ddl) Batch(statements []string) []string {
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

func renderExpr(e schema.Expr) (string, error) {
	s, err := sqltext.Render(string(e),
		func(name string) (string, error) { return ddlIdent(name), checkName(name) },
		func(text string) (string, error) { return ddlString(text), nil })
	if err != nil && dberr.CodeOf(err) == dberr.Internal {
		return "", dberr.New(dberr.Invalid, "expression", err.Error())
	}
	return s, err
}

func identList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = ddlIdent(n)
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

func ddlIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// ddlString quotes a literal so that it means the same whatever
// standard_conforming_strings is.
func ddlString(s string) string {
	q := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(q, `\`, `\\`)
	}
	return q
}
