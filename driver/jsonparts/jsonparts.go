// Package jsonparts writes the JSON operations that an engine lacks from those
// that it has. It is for those who implement an engine.
package jsonparts

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Path spells p in the path language that SQLite, MySQL and MariaDB share,
// with each key quoted like a JSON string. fromEnd spells the array position
// that is n from the end, of which 1 is the last.
func Path(p driver.Path, fromEnd func(n int) string) (string, error) {
	var b strings.Builder
	b.WriteByte('$')
	for _, step := range p {
		switch s := step.(type) {
		case string:
			if strings.IndexByte(s, 0) >= 0 {
				return "", dberr.New(dberr.Invalid, "JSON path", "a key holds the character U+0000 (NUL), which no stored document has")
			}
			b.WriteByte('.')
			b.WriteString(Quote(s))
		case int:
			b.WriteByte('[')
			if s < 0 {
				b.WriteString(fromEnd(-s))
			} else {
				b.WriteString(strconv.Itoa(s))
			}
			b.WriteByte(']')
		default:
			return "", dberr.New(dberr.Invalid, "JSON path", fmt.Sprintf("a path element is %T; it must be a string or an int", step))
		}
	}
	return b.String(), nil
}

// Quote is s as a JSON string with no more escapes than it needs.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// bound is a value bound as text.
type bound string

func (t bound) WriteSQL(b *driver.Builder) { b.Arg(string(t)) }

// member is the JSON at a path of a document, which knows that it is JSON.
type member struct {
	driver.Expr
}

func (member) SQLType() schema.Type { return schema.Type{Kind: schema.JSON} }

// Contains writes the condition of driver.JSON.JSONContains in terms of the
// dialect's JSONKind, JSONGet, JSONHasElement and JSONEach.
func Contains(b *driver.Builder, doc driver.Expr, p driver.Path, document string) {
	dec := json.NewDecoder(strings.NewReader(document))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		b.Fail(dberr.New(dberr.Invalid, "JSON contains", "the text is not valid JSON"))
		return
	}
	w := writer{b: b, d: b.Dialect()}
	switch v.(type) {
	case map[string]any, []any:
		w.contains(doc, p, v)
	default:
		// The one exception: an array contains a scalar that is an element.
		b.SQL("(")
		w.contains(doc, p, v)
		b.SQL(" OR ")
		w.hasElement(doc, p, v)
		b.SQL(")")
	}
}

type writer struct {
	b     *driver.Builder
	d     driver.Dialect
	depth int
}

func (w *writer) kind(doc driver.Expr, p driver.Path, is string) {
	w.b.SQL("COALESCE(")
	w.d.JSONKind(w.b, doc, p)
	w.b.SQL(", '') = '" + is + "'")
}

func (w *writer) contains(doc driver.Expr, p driver.Path, v any) {
	b := w.b
	switch x := v.(type) {
	case map[string]any:
		b.SQL("(")
		w.kind(doc, p, "object")
		for _, k := range keys(x) {
			b.SQL(" AND ")
			w.contains(doc, append(slices.Clip(p), k), x[k])
		}
		b.SQL(")")
	case []any:
		b.SQL("(")
		w.kind(doc, p, "array")
		for _, e := range x {
			b.SQL(" AND ")
			w.hasElement(doc, p, e)
		}
		b.SQL(")")
	default:
		w.equals(doc, p, v)
	}
}

// hasElement: some element of the array at p contains v.
func (w *writer) hasElement(doc driver.Expr, p driver.Path, v any) {
	b := w.b
	switch v.(type) {
	case string, bool, nil:
		b.SQL("(")
		w.d.JSONHasElement(b, doc, p, v)
		b.SQL(")")
		return
	}
	w.depth++
	alias := "larder_e" + strconv.Itoa(w.depth)
	b.SQL("(")
	w.kind(doc, p, "array")
	// COUNT, not EXISTS, which MariaDB takes for independent of the row here.
	b.SQL(" AND (SELECT COUNT(*) FROM ")
	w.d.JSONEach(b, doc, p, alias)
	b.SQL(" WHERE ")
	w.contains(member{driver.ExprFunc(func(b *driver.Builder) { w.d.JSONElement(b, doc, p, alias, driver.ElementValue) })}, nil, v)
	b.SQL(") > 0)")
	w.depth--
}

func (w *writer) equals(doc driver.Expr, p driver.Path, v any) {
	b := w.b
	get := func(as driver.JSONType) driver.Expr {
		return driver.ExprFunc(func(b *driver.Builder) { w.d.JSONGet(b, doc, p, as) })
	}
	b.SQL("(")
	switch x := v.(type) {
	case nil:
		w.kind(doc, p, "null")
	case bool:
		w.kind(doc, p, "bool")
		b.SQL(" AND ").Expr(get(driver.AsText)).SQL(" = ").Arg(strconv.FormatBool(x))
	case string:
		w.kind(doc, p, "string")
		b.SQL(" AND ").Expr(get(driver.AsText)).SQL(" = ").Arg(x)
	case json.Number:
		ty := schema.Type{Kind: schema.Numeric}
		n, err := w.d.Encode(ty, string(x))
		if err != nil {
			b.Fail(err)
			return
		}
		w.kind(doc, p, "number")
		b.SQL(" AND ")
		w.d.Comparable(b, get(driver.AsNumeric), ty)
		b.SQL(" = ")
		w.d.Comparable(b, driver.ExprFunc(func(b *driver.Builder) { b.Arg(n) }), ty)
	}
	b.SQL(")")
}

func keys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// Set writes driver.JSON.JSONSet. write writes the document with the member at
// p set to value, where the parent of that member is there and is of the right
// shape, and the position is one that exists or the next one.
func Set(b *driver.Builder, doc driver.Expr, p driver.Path, value driver.Expr,
	write func(p driver.Path, value driver.Expr)) {
	if len(p) == 0 {
		b.Expr(value)
		return
	}
	d := b.Dialect()
	b.SQL("CASE")
	if !slices.ContainsFunc(p, func(step any) bool { _, key := step.(string); return !key }) {
		// A document that is missing is an empty object.
		b.SQL(" WHEN ").Expr(doc).SQL(" IS NULL THEN ")
		d.JSONSet(b, doc, nil, nest(d, p, value))
	}
	for i := len(p) - 1; i >= 0; i-- {
		// The parent p[:i] is there; p[i:] is what is to be made.
		if i < len(p)-1 {
			if _, key := p[i+1].(string); !key {
				break // only objects are made
			}
		}
		b.SQL(" WHEN COALESCE(")
		d.JSONKind(b, doc, p[:i])
		switch step := p[i].(type) {
		case string:
			b.SQL(", '') = 'object'")
		case int:
			b.SQL(", '') = 'array' AND ")
			d.JSONLength(b, doc, p[:i])
			if step < 0 {
				step = -step
			}
			b.SQL(" >= " + strconv.Itoa(step))
		}
		if i < len(p)-1 {
			b.SQL(" AND NOT ")
			d.JSONHas(b, doc, p[:i+1])
		}
		b.SQL(" THEN ")
		write(p[:i+1], nest(d, p[i+1:], value))
	}
	b.SQL(" ELSE ").Expr(doc).SQL(" END")
}

// nest is the JSON text of value under keys.
func nest(d driver.Dialect, keys driver.Path, value driver.Expr) driver.Expr {
	if len(keys) == 0 {
		return value
	}
	open := ""
	for _, k := range keys {
		open += "{" + Quote(k.(string)) + ":"
	}
	return driver.ExprFunc(func(b *driver.Builder) {
		d.Concat(b, []driver.Expr{bound(open), value, bound(strings.Repeat("}", len(keys)))})
	})
}

// NeedsPath fails for an operation on the root of a document.
func NeedsPath(b *driver.Builder, p driver.Path) bool {
	if len(p) == 0 {
		b.Fail(dberr.New(dberr.Invalid, "JSON remove",
			"the document itself cannot be removed from its column; set the column to NULL"))
		return false
	}
	return true
}

// Let writes driver.JSON.JSONLet with a derived table that refers to the row
// around it. fence is what keeps the engine from writing the document out again
// wherever it is used, behind its SELECT.
func Let(b *driver.Builder, doc driver.Typed, name, fence string, use func(doc driver.Typed)) {
	b.SQL("(SELECT ")
	use(Ref(doc, name, "d"))
	b.SQL(" FROM (SELECT ").Expr(doc).SQL(" AS d" + fence + ") AS ").Ident(name).SQL(")")
}

// Ref is the column of a table that stands for doc.
func Ref(doc driver.Typed, table, column string) driver.Typed {
	return ref{driver.ExprFunc(func(b *driver.Builder) { b.Ident(table).SQL("." + column) }), doc.SQLType()}
}

type ref struct {
	driver.Expr
	ty schema.Type
}

func (r ref) SQLType() schema.Type { return r.ty }
