package autogen

import (
	"fmt"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// renderer writes an operation in a program's own way: see Lineage.Render.
type renderer func(o op.Op) (source string, imports []string, ok bool)

// source writes operations as Go statements.
type source struct {
	render  renderer
	imports map[string]bool
	vars    map[string]int
}

// ops writes the calls that record operations.
func (w *source) ops(ops []op.Op) string {
	w.vars = map[string]int{}
	var lines []string
	for o := range op.All(ops) {
		lines = append(lines, w.op(o))
	}
	return strings.Join(lines, "\n")
}

func (w *source) op(o op.Op) string {
	if w.render != nil {
		if text, imports, ok := w.render(o); ok {
			for _, i := range imports {
				w.imports[i] = true
			}
			return text
		}
	}
	q := strconv.Quote
	when := func(is bool, option string) string {
		if is {
			return ", op." + option
		}
		return ""
	}
	switch o := o.(type) {
	case op.CreateTable:
		return w.createTable(o)
	case op.DropTable:
		return "ops.DropTable(" + q(o.Name) + when(o.IfExists, "IfExists") + when(o.Moved, "Moved") + ")"
	case op.RenameTable:
		if !o.IfExists {
			return "ops.RenameTable(" + q(o.From) + ", " + q(o.To) + ")"
		}
	case op.RenameColumn:
		if !o.IfExists {
			return "ops.RenameColumn(" + q(o.Table) + ", " + q(o.From) + ", " + q(o.To) + ")"
		}
	case op.AlterColumn:
		if text, ok := alterCall(o); ok {
			return text
		}
	case op.AddUnique:
		if o.Unique.Name != "" && o.Unique.Needs == "" && !o.IfNotExists {
			return "ops.AddUnique(" + quotes(o.Table, o.Unique.Name, o.Unique.Columns...) + ")"
		}
	case op.DropUnique:
		if !o.IfExists {
			return "ops.DropUnique(" + quotes(o.Table, o.Name, o.Columns...) + ")"
		}
	case op.AddForeignKey:
		if o.ForeignKey.Name != "" && !o.IfNotExists {
			return "ops.AddForeignKey(" + q(o.Table) + ", " + value(reflect.ValueOf(*o.ForeignKey)) + ")"
		}
	case op.DropForeignKey:
		if !o.IfExists {
			return "ops.DropForeignKey(" + quotes(o.Table, o.Name, o.Columns...) + ")"
		}
	case op.AddCheck:
		if o.Check.Name != "" && !o.IfNotExists {
			return "ops.AddCheck(" + quotes(o.Table, o.Check.Name, string(o.Check.Expr)) + ")"
		}
	case op.AddColumn:
		c, ok := columnCall("op.", o.Column)
		if !ok {
			return literal(o)
		}
		text := "ops.AddColumn(" + q(o.Table) + ", " + c + when(o.IfNotExists, "IfNotExists") + ")"
		if o.Fill != "" {
			text += ".Fill(" + q(string(o.Fill)) + ")"
		} else if col := o.Column; !col.Nullable && col.Default == nil && col.Generated == nil && col.Identity == nil {
			text = "// Rows that exist need a value: give it with Fill, unless the table is empty.\n" + text
		}
		return text
	case op.DropColumn:
		return "ops.DropColumn(" + q(o.Table) + ", " + q(o.Column) + when(o.IfExists, "IfExists") + when(o.Moved, "Moved") + ")"
	case op.CreateIndex:
		return "ops.CreateIndex(" + q(o.Table) + ", " + value(reflect.ValueOf(o.Index)) + when(o.IfNotExists, "IfNotExists") + when(o.Concurrently, "Concurrently") + ")"
	case op.DropIndex:
		return "ops.DropIndex(" + q(o.Table) + ", " + q(o.Name) + when(o.IfExists, "IfExists") + when(o.Concurrently, "Concurrently") + ")"
	case op.SetComment:
		return "ops.Comment(" + q(o.Table) + ", " + q(o.Comment) + ")"
	}
	return literal(o)
}

// quotes are string literals, separated by commas.
func quotes(a, b string, more ...string) string {
	out := []string{strconv.Quote(a), strconv.Quote(b)}
	for _, m := range more {
		out = append(out, strconv.Quote(m))
	}
	return strings.Join(out, ", ")
}

// alterCall changes a column by the calls of a builder; false when it says
// more than these can.
func alterCall(o op.AlterColumn) (string, bool) {
	if o.IfExists || len(o.Facets) == 0 {
		return "", false
	}
	s := "ops.AlterColumn(" + strconv.Quote(o.Table) + ", " + strconv.Quote(o.Column) + ")"
	for _, f := range o.Facets {
		switch to := &o.To; f {
		case schema.TypeFacet:
			s += ".Type(" + value(reflect.ValueOf(typeOnly(to.Type))) + ")"
		case schema.NullFacet:
			s += map[bool]string{true: ".Null()", false: ".NotNull()"}[to.Nullable]
		case schema.DefaultFacet:
			switch {
			case to.Default == nil:
				s += ".NoDefault()"
			case to.Default.Expr != "":
				s += ".DefaultExpr(" + strconv.Quote(string(to.Default.Expr)) + ")"
			default:
				s += ".Default(" + value(reflect.ValueOf(&to.Default.Value).Elem()) + ")"
			}
		case schema.GeneratedFacet:
			if to.Generated == nil {
				return "", false
			}
			s += fmt.Sprintf(".Generated(%q, %t)", string(to.Generated.Expr), to.Generated.Stored)
		case schema.CommentFacet:
			s += ".Comment(" + strconv.Quote(to.Comment) + ")"
		default:
			return "", false
		}
	}
	if o.Using != "" {
		s += ".Using(" + strconv.Quote(string(o.Using)) + ")"
	}
	if o.Back != "" {
		s += ".Back(" + strconv.Quote(string(o.Back)) + ")"
	}
	return s, true
}

// literal records an operation that has no shorter form.
func literal(o op.Op) string { return "ops.Do(" + value(reflect.ValueOf(o)) + ")" }

// createTable declares a table as people would.
func (w *source) createTable(o op.CreateTable) string {
	t := o.Table
	name := w.name(t.Name)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s := schema.Define(%q)", name, t.Name)
	for _, c := range t.Columns {
		if call, ok := columnCall(name+".", c); ok {
			line("%s", call)
		} else {
			line("%s.Columns = append(%s.Columns, %s)", name, name, value(reflect.ValueOf(c)))
		}
	}
	if t.PrimaryKey != nil {
		line("%s.PrimaryKey = %s", name, value(reflect.ValueOf(t.PrimaryKey)))
	}
	for _, u := range t.Uniques {
		line("%s.Uniques = append(%s.Uniques, %s)", name, name, value(reflect.ValueOf(u)))
	}
	for _, f := range t.ForeignKeys {
		line("%s.ForeignKey(%s)", name, value(reflect.ValueOf(f)))
	}
	for _, k := range t.Checks {
		line("%s.Check(%q, %q)", name, k.Name, string(k.Expr))
	}
	for _, i := range t.Indexes {
		line("%s.Indexes = append(%s.Indexes, %s)", name, name, value(reflect.ValueOf(i)))
	}
	if t.Comment != "" {
		line("%s.Comment = %q", name, t.Comment)
	}
	option := ""
	if o.IfNotExists {
		option = ", op.IfNotExists"
	}
	b.WriteString("ops.CreateTable(" + name + option + ")")
	return b.String()
}

// name makes a variable of a table's name that nothing else has.
func (w *source) name(table string) string {
	var b strings.Builder
	up := false
	for _, c := range table {
		switch {
		case c == '_' || !(unicode.IsLetter(c) || unicode.IsDigit(c)):
			up = b.Len() > 0
		case up:
			b.WriteRune(unicode.ToUpper(c))
			up = false
		default:
			b.WriteRune(c)
		}
	}
	n := b.String()
	if !token.IsIdentifier(n) || reservedNames[n] {
		n = "table" + strings.ToUpper(n[:min(1, len(n))]) + n[min(1, len(n)):]
	}
	w.vars[n]++
	if w.vars[n] > 1 {
		n += strconv.Itoa(w.vars[n])
	}
	return n
}

// reservedNames are names that the file uses already, or that Go gives a meaning.
var reservedNames = map[string]bool{"op": true, "ops": true, "schema": true, "migrate": true, "append": true, "true": true, "false": true, "nil": true,
	"string": true, "int64": true, "float64": true, "bool": true, "any": true}

// columnCall declares a column by the calls of a builder; false when it says
// more than these can.
func columnCall(on string, c *schema.Column) (string, bool) {
	ty := c.Type
	ty.Raw = ""
	key := ty.KeyLength
	ty.KeyLength = 0
	var s string
	q := strconv.Quote(c.Name)
	plain := map[schema.Kind]string{schema.Text: "Text", schema.Integer: "Integer", schema.BigInt: "BigInt", schema.Boolean: "Boolean", schema.Float: "Float",
		schema.Date: "Date", schema.DateTime: "DateTime", schema.JSON: "JSON", schema.JSONB: "JSONB", schema.Bytes: "Bytes", schema.UUID: "UUID"}
	switch method := plain[ty.Kind]; {
	case method != "" && reflect.DeepEqual(ty, schema.Type{Kind: ty.Kind}):
		s = on + method + "(" + q + ")"
	case ty.Kind == schema.String && reflect.DeepEqual(ty, schema.Type{Kind: ty.Kind, Length: ty.Length}):
		s = fmt.Sprintf("%sString(%s, %d)", on, q, ty.Length)
	case ty.Kind == schema.Numeric && reflect.DeepEqual(ty, schema.Type{Kind: ty.Kind, Precision: ty.Precision, Scale: ty.Scale}):
		s = fmt.Sprintf("%sNumeric(%s, %d, %d)", on, q, ty.Precision, ty.Scale)
	default:
		s = on + "Typed(" + q + ", " + value(reflect.ValueOf(typeOnly(c.Type))) + ")"
	}
	if c.Collation != "" || c.Identity != nil && *c.Identity != (schema.Identity{}) {
		return "", false
	}
	if key > 0 && !strings.Contains(s, "Typed(") {
		s += fmt.Sprintf(".Key(%d)", key)
	}
	if c.Nullable {
		s += ".Null()"
	}
	switch {
	case c.Default == nil:
	case c.Default.Expr != "":
		s += ".DefaultExpr(" + strconv.Quote(string(c.Default.Expr)) + ")"
	default:
		s += ".Default(" + value(reflect.ValueOf(&c.Default.Value).Elem()) + ")"
	}
	if c.Generated != nil {
		s += fmt.Sprintf(".Generated(%q, %t)", string(c.Generated.Expr), c.Generated.Stored)
	}
	if c.Identity != nil {
		s += ".Identity()"
	}
	if c.Comment != "" {
		s += ".Comment(" + strconv.Quote(c.Comment) + ")"
	}
	if c.Unit != "" {
		s += ".Unit(" + strconv.Quote(string(c.Unit)) + ")"
	}
	return s, true
}

// typeOnly is a type without one engine's spelling, unless that is all there is.
func typeOnly(ty schema.Type) schema.Type {
	if ty.Kind != schema.Other {
		ty.Raw = ""
	}
	return ty
}

// constants are the names of values that have one.
var constants = map[reflect.Type]map[string]string{
	reflect.TypeFor[schema.Kind](): {"string": "String", "text": "Text", "integer": "Integer", "bigint": "BigInt", "smallint": "SmallInt", "boolean": "Boolean",
		"float": "Float", "numeric": "Numeric", "date": "Date", "datetime": "DateTime", "json": "JSON", "jsonb": "JSONB", "bytes": "Bytes", "uuid": "UUID", "enum": "Enum", "other": "Other"},
	reflect.TypeFor[schema.Action](): {"RESTRICT": "Restrict", "CASCADE": "Cascade", "SET NULL": "SetNull", "SET DEFAULT": "SetDefault"},
	reflect.TypeFor[schema.Facet](): {"type": "TypeFacet", "nullable": "NullFacet", "default": "DefaultFacet", "generated": "GeneratedFacet", "identity": "IdentityFacet",
		"collation": "CollationFacet", "comment": "CommentFacet"},
}

// value writes a value as a Go expression; fields that are zero are left out.
func value(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		e := v.Elem()
		switch e.Kind() {
		case reflect.Int64, reflect.Float64, reflect.Int:
			return e.Type().String() + "(" + value(e) + ")"
		}
		return value(e)
	case reflect.Pointer:
		if v.IsNil() {
			return "nil"
		}
		return "&" + value(v.Elem())
	case reflect.Struct:
		if ty, ok := v.Interface().(schema.Type); ok {
			v = reflect.ValueOf(typeOnly(ty))
		}
		var b strings.Builder
		b.WriteString(v.Type().String() + "{")
		n := 0
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || v.Field(i).IsZero() || f.Name == "Doc" {
				continue
			}
			if n++; n > 1 {
				b.WriteString(", ")
			}
			b.WriteString(f.Name + ": " + value(v.Field(i)))
		}
		return b.String() + "}"
	case reflect.Slice:
		if v.IsNil() {
			return "nil"
		}
		var b strings.Builder
		b.WriteString(v.Type().String() + "{")
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(value(v.Index(i)))
		}
		return b.String() + "}"
	case reflect.String:
		if name := constants[v.Type()][v.String()]; name != "" {
			return "schema." + name
		}
		return strconv.Quote(v.String())
	case reflect.Float64, reflect.Float32:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
	return fmt.Sprintf("%v", v)
}
