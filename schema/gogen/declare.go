package gogen

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/larder-db/larder/schema"
)

// Column writes the call that declares c on the table in the variable on:
// t.Text("title").Null(). What the call cannot say is in rest, as statements
// that follow it.
func Column(on string, c *schema.Column) (call string, rest []string) {
	q := strconv.Quote
	call = on + "." + kindCall(c)
	if c.Nullable {
		call += ".Null()"
	}
	switch {
	case c.Default == nil:
	case c.Default.Expr != "":
		call += ".DefaultExpr(" + Value(c.Default.Expr) + ")"
	default:
		call += ".Default(" + Literal(c.Default.Value) + ")"
	}
	if c.Generated != nil {
		call += fmt.Sprintf(".Generated(%q, %t)", string(c.Generated.Expr), c.Generated.Stored)
	}
	if c.Identity != nil {
		call += ".Identity()"
		if *c.Identity != (schema.Identity{}) {
			rest = append(rest, fmt.Sprintf("%s.Column(%s).Identity = %s", on, q(c.Name), Value(c.Identity)))
		}
	}
	if c.Collation != "" {
		rest = append(rest, fmt.Sprintf("%s.Column(%s).Collation = %s", on, q(c.Name), q(c.Collation)))
	}
	if c.Comment != "" {
		call += ".Comment(" + q(c.Comment) + ")"
	}
	if c.Unit != "" {
		call += ".Unit(" + Value(c.Unit) + ")"
	}
	if c.Doc != "" {
		call += ".Doc(" + q(c.Doc) + ")"
	}
	return call, rest
}

// methods are the methods of a table that take nothing but a column's name.
var methods = map[schema.Kind]string{
	schema.Text: "Text", schema.Integer: "Integer", schema.BigInt: "BigInt", schema.SmallInt: "SmallInt",
	schema.Boolean: "Boolean", schema.Float: "Float",
	schema.Date: "Date", schema.Time: "Time", schema.DateTime: "DateTime",
	schema.JSON: "JSON", schema.JSONB: "JSONB", schema.Bytes: "Bytes", schema.UUID: "UUID",
}

// kindCall is the method that adds the column with its type.
func kindCall(c *schema.Column) string {
	q := strconv.Quote(c.Name)
	ty := typeOnly(c.Type)
	key := ""
	if ty.KeyLength > 0 {
		key = fmt.Sprintf(".Key(%d)", ty.KeyLength)
		ty.KeyLength = 0
	}
	is := func(of schema.Type) bool { return reflect.DeepEqual(ty, of) }
	switch {
	case methods[ty.Kind] != "" && is(schema.Type{Kind: ty.Kind}):
		return methods[ty.Kind] + "(" + q + ")" + key
	case is(schema.Type{Kind: schema.DateTime, WithZone: true}):
		return "DateTimeTZ(" + q + ")"
	case is(schema.Type{Kind: schema.String, Length: ty.Length}):
		return fmt.Sprintf("String(%s, %d)", q, ty.Length) + key
	case is(schema.Type{Kind: schema.Enum, Name: ty.Name, Values: ty.Values}):
		return "Enum(" + quoted(append([]string{c.Name, ty.Name}, ty.Values...)) + ")"
	case is(schema.Type{Kind: schema.Numeric, Precision: ty.Precision, Scale: ty.Scale}):
		return fmt.Sprintf("Numeric(%s, %d, %d)", q, ty.Precision, ty.Scale)
	}
	return "Typed(" + q + ", " + Value(ty) + ")" + key
}

// Constraints are the statements that give the table in the variable on what
// is more than its columns: keys, constraints, indexes, comment.
func Constraints(on string, t *schema.Table) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(on+"."+format, args...)) }
	if k := t.PrimaryKey; k != nil {
		add("Primary(%s)", quoted(append([]string{k.Name}, k.Columns...)))
		if k.Prefix != nil {
			add("PrimaryKey.Prefix = %s", Value(k.Prefix))
		}
	}
	for _, u := range t.Uniques {
		needs := ""
		if u.Needs != "" {
			needs = fmt.Sprintf(".Needs = %q", string(u.Needs))
		}
		add("Unique(%s)%s", quoted(append([]string{u.Name}, u.Columns...)), needs)
	}
	for _, f := range t.ForeignKeys {
		add("ForeignKey(%s)", Value(f))
	}
	for _, k := range t.Checks {
		add("Check(%q, %q)", k.Name, string(k.Expr))
	}
	for _, i := range t.Indexes {
		out = append(out, index(on, i))
	}
	if t.Comment != "" {
		add("Comment = %q", t.Comment)
	}
	for _, v := range t.Variants {
		if v.KeyName != "" {
			add("On(%q).KeyName = %q", string(v.Needs), v.KeyName)
		}
		if v.Order != nil {
			add("On(%q).Order = []string{%s}", string(v.Needs), quoted(v.Order))
		}
	}
	return out
}

// index adds an index: by a call where one can say it.
func index(on string, i *schema.Index) string {
	names := []string{i.Name}
	bare := *i
	bare.Name, bare.Unique, bare.Parts, bare.Where = "", false, nil, ""
	simple := reflect.DeepEqual(bare, schema.Index{})
	for _, p := range i.Parts {
		name := p.Column
		if p.Desc {
			name += " DESC"
		}
		simple = simple && p == (schema.IndexPart{Column: p.Column, Desc: p.Desc}) &&
			!strings.HasSuffix(p.Column, " DESC")
		names = append(names, name)
	}
	if !simple {
		return fmt.Sprintf("%s.Indexes = append(%s.Indexes, %s)", on, on, Value(i))
	}
	method := "Index"
	if i.Unique {
		method = "UniqueIndex"
	}
	where := ""
	if i.Where != "" {
		where = fmt.Sprintf(".Where = %q", string(i.Where))
	}
	return fmt.Sprintf("%s.%s(%s)%s", on, method, quoted(names), where)
}

// quoted are string literals, separated by commas.
func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, ", ")
}
