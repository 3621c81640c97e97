package postgres

import (
	"fmt"
	"strconv"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/jsonparts"
	"github.com/larder-db/larder/schema"
)

// Two types hold JSON: json, which is text, and jsonb. Their functions have
// names that differ in the prefix.
func isBinary(doc driver.Expr) bool {
	t, ok := doc.(driver.Typed)
	return ok && t.SQLType().Kind == schema.JSONB
}

func prefix(doc driver.Expr) string {
	if isBinary(doc) {
		return "jsonb"
	}
	return "json"
}

// document writes doc so that its members can be read. A json column accepts
// escapes that are no text, \u0000 and halves of surrogate pairs, and every
// operator then fails on the whole document; they are read as U+FFFD.
func document(b *driver.Builder, doc driver.Expr) {
	if isBinary(doc) {
		b.Expr(doc)
		return
	}
	text := func() { b.SQL("CAST(").Expr(doc).SQL(" AS text)") }
	b.SQL("(CASE WHEN strpos(")
	text()
	b.SQL(`, E'\\u0000') = 0 AND strpos(`)
	text()
	b.SQL(`, E'\\ud') = 0 AND strpos(`)
	text()
	b.SQL(`, E'\\uD') = 0 THEN CAST(`).Expr(doc) // which a DISTINCT has as its text
	b.SQL(` AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(`)
	text()
	b.SQL(`, E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g')`)
	b.SQL(`, E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g')`)
	b.SQL(`, E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END)`)
}

// member writes the member at p, of doc's own type, SQL NULL when absent.
func member(b *driver.Builder, doc driver.Expr, p driver.Path) {
	if len(p) == 0 {
		document(b, doc)
		return
	}
	head, last := p[:len(p)-1], p[len(p)-1]
	if _, place := last.(int); place && isBinary(doc) {
		// jsonb takes a scalar for an array of one element.
		b.SQL("(CASE jsonb_typeof(")
		member(b, doc, head)
		b.SQL(") WHEN 'array' THEN ")
		member(b, doc, head)
		b.SQL(" -> ")
		step(b, last)
		b.SQL(" END)")
		return
	}
	b.SQL("(")
	member(b, doc, head)
	b.SQL(" -> ")
	step(b, last)
	b.SQL(")")
}

// step writes one step. Each has one meaning: text is a key, an integer is a
// place in an array; on anything else it leads nowhere.
func step(b *driver.Builder, s any) {
	switch x := s.(type) {
	case string:
		if _, err := b.Dialect().Encode(schema.Type{Kind: schema.Text}, x); err != nil {
			b.Fail(dberr.WithOp(err, "JSON path"))
			return
		}
		b.SQL("CAST(").Arg(x).SQL(" AS text)")
	case int:
		b.SQL("(" + strconv.Itoa(x) + ")")
	default:
		b.Fail(dberr.New(dberr.Invalid, "JSON path", fmt.Sprintf("a path element is %T; it must be a string or an int", s)))
	}
}

func isKey(step any) bool { _, ok := step.(string); return ok }

// over writes a subquery in which the member at p is larder_m.m: it is worked
// out once, however often the expression mentions it.
func over(b *driver.Builder, doc driver.Expr, p driver.Path, write func()) {
	b.SQL("(SELECT ")
	write()
	b.SQL(" FROM (SELECT ")
	member(b, doc, p)
	b.SQL(" AS m OFFSET 0) AS larder_m)")
}

// number writes larder_m.m as numeric where it is a number that numeric holds
// whatever is done with it then.
func number(b *driver.Builder, fn string) {
	b.SQL("CASE " + fn + "_typeof(larder_m.m) WHEN 'number' THEN CASE WHEN length(larder_m.m #>> '{}') < 1000 AND (larder_m.m #>> '{}') !~ '[eE][+-]?0*[1-9][0-9]{3}' THEN CAST(larder_m.m #>> '{}' AS numeric) END END")
}

func (Dialect) JSONGet(b *driver.Builder, doc driver.Expr, p driver.Path, ty driver.JSONType) {
	fn := prefix(doc)
	switch ty {
	case driver.AsJSON:
		member(b, doc, p)
	case driver.AsText:
		if n := len(p); n == 0 || isBinary(doc) && !isKey(p[n-1]) {
			b.SQL("(")
			member(b, doc, p)
			b.SQL(" #>> '{}')")
			return
		}
		b.SQL("(")
		member(b, doc, p[:len(p)-1])
		b.SQL(" ->> ")
		step(b, p[len(p)-1])
		b.SQL(")")
	case driver.AsBool:
		over(b, doc, p, func() {
			b.SQL("CASE " + fn + "_typeof(larder_m.m) WHEN 'boolean' THEN CAST(larder_m.m #>> '{}' AS boolean) END")
		})
	case driver.AsNumeric:
		over(b, doc, p, func() { number(b, fn) })
	case driver.AsInteger:
		b.SQL("(SELECT CASE WHEN larder_n.n = trunc(larder_n.n) AND larder_n.n BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(larder_n.n AS bigint) END FROM (SELECT ")
		over(b, doc, p, func() { number(b, fn) })
		b.SQL(" AS n OFFSET 0) AS larder_n)")
	case driver.AsFloat:
		b.SQL("(SELECT CASE WHEN abs(larder_n.n) > 1.7976931348623157e308 THEN NULL WHEN abs(larder_n.n) < 2.4703282292062328e-324 THEN 0 ELSE CAST(larder_n.n AS double precision) END FROM (SELECT ")
		over(b, doc, p, func() { number(b, fn) })
		b.SQL(" AS n OFFSET 0) AS larder_n)")
	}
}

func (Dialect) JSONHas(b *driver.Builder, doc driver.Expr, p driver.Path) {
	b.SQL("(")
	member(b, doc, p)
	b.SQL(" IS NOT NULL)")
}

func (Dialect) JSONKind(b *driver.Builder, doc driver.Expr, p driver.Path) {
	fn := prefix(doc)
	over(b, doc, p, func() {
		b.SQL("CASE " + fn + "_typeof(larder_m.m) WHEN 'boolean' THEN 'bool' ELSE " + fn + "_typeof(larder_m.m) END")
	})
}

func (Dialect) JSONLength(b *driver.Builder, doc driver.Expr, p driver.Path) {
	fn := prefix(doc)
	over(b, doc, p, func() {
		b.SQL("CASE " + fn + "_typeof(larder_m.m) WHEN 'array' THEN CAST(" + fn +
			"_array_length(larder_m.m) AS bigint) WHEN 'object' THEN (SELECT count(*) FROM " + fn +
			"_object_keys(larder_m.m)) END")
	})
}

func (Dialect) JSONHasElement(b *driver.Builder, doc driver.Expr, p driver.Path, v any) {
	var text string
	switch x := v.(type) {
	case string:
		text = jsonparts.Quote(x)
	case int64:
		text = strconv.FormatInt(x, 10)
	case float64:
		text = strconv.FormatFloat(x, 'g', -1, 64)
	case bool:
		text = strconv.FormatBool(x)
	default:
		text = "null"
	}
	fn := prefix(doc)
	// @> alone would find a scalar in a scalar.
	over(b, doc, p, func() {
		b.SQL("COALESCE(" + fn + "_typeof(larder_m.m) = 'array' AND CAST(larder_m.m AS jsonb) @> CAST(").
			Arg("[" + text + "]").SQL(" AS jsonb), FALSE)")
	})
}

func (Dialect) JSONContains(b *driver.Builder, doc driver.Expr, p driver.Path, text string) {
	if isBinary(doc) {
		b.SQL("(")
		member(b, doc, p) // as it is: an index serves it
		b.SQL(" @> CAST(").Arg(text).SQL(" AS jsonb) AND ")
		member(b, doc, p)
		b.SQL(" IS NOT NULL)") // or NOT would not hold where there is nothing
		return
	}
	b.SQL("COALESCE(CAST(")
	member(b, doc, p)
	b.SQL(" AS jsonb) @> CAST(").Arg(text).SQL(" AS jsonb), FALSE)")
}

func (Dialect) JSONEach(b *driver.Builder, doc driver.Expr, p driver.Path, alias string) {
	fn := prefix(doc)
	b.SQL("LATERAL (SELECT NULL AS key, larder_a.value, larder_a.n - 1 AS position FROM (SELECT ")
	member(b, doc, p)
	b.SQL(" AS m OFFSET 0) AS larder_m, " + fn + "_array_elements(CASE " + fn + "_typeof(larder_m.m) WHEN 'array' THEN larder_m.m END) WITH ORDINALITY AS larder_a(value, n)")
	b.SQL(" UNION ALL SELECT larder_o.key, larder_o.value, larder_o.n - 1 FROM (SELECT ")
	member(b, doc, p)
	b.SQL(" AS m OFFSET 0) AS larder_m, " + fn + "_each(CASE " + fn +
		"_typeof(larder_m.m) WHEN 'object' THEN larder_m.m END) WITH ORDINALITY AS larder_o(key, value, n)) AS ").Ident(alias)
}

func (Dialect) JSONElement(b *driver.Builder, _ driver.Expr, _ driver.Path, alias string, c driver.ElementColumn) {
	b.Ident(alias).SQL("." + [...]string{"key", "value", "position"}[c])
}

// changed writes f over doc as jsonb, in doc's own type.
func changed(b *driver.Builder, doc driver.Expr, f func()) {
	if isBinary(doc) {
		f()
		return
	}
	b.SQL("CAST(")
	f()
	b.SQL(" AS json)")
}

func jsonbOf(b *driver.Builder, doc driver.Expr) {
	if isBinary(doc) {
		b.Expr(doc)
		return
	}
	b.SQL("CAST(")
	document(b, doc)
	b.SQL(" AS jsonb)")
}

// path writes p as the array that jsonb_set and #- take.
func path(b *driver.Builder, p driver.Path) {
	b.SQL("ARRAY[")
	b.List(len(p), func(i int) {
		if n, ok := p[i].(int); ok {
			b.SQL("'" + strconv.Itoa(n) + "'")
			return
		}
		step(b, p[i])
	})
	b.SQL("]")
}

func (Dialect) JSONSet(b *driver.Builder, doc driver.Expr, p driver.Path, value driver.Expr) {
	if len(p) == 0 {
		b.SQL("CAST(").Expr(value).SQL(" AS " + prefix(doc) + ")")
		return
	}
	jsonparts.Set(b, doc, p, value, func(p driver.Path, value driver.Expr) {
		changed(b, doc, func() {
			b.SQL("jsonb_set(")
			jsonbOf(b, doc)
			b.SQL(", ")
			path(b, p)
			b.SQL(", CAST(").Expr(value).SQL(" AS jsonb))")
		})
	})
}

// JSONRemove takes away only what is there: #- reads a key of digits as a
// place when it meets an array, and the other way round.
func (d Dialect) JSONRemove(b *driver.Builder, doc driver.Expr, p driver.Path) {
	if !jsonparts.NeedsPath(b, p) {
		return
	}
	b.SQL("(CASE WHEN ")
	d.JSONHas(b, doc, p)
	b.SQL(" THEN ")
	changed(b, doc, func() {
		b.SQL("(")
		jsonbOf(b, doc)
		b.SQL(" #- ")
		path(b, p)
		b.SQL(")")
	})
	b.SQL(" ELSE ").Expr(doc).SQL(" END)")
}

// JSONLet names the document in a derived table.
func (Dialect) JSONLet(b *driver.Builder, doc driver.Typed, name string, use func(doc driver.Typed)) {
	jsonparts.Let(b, doc, name, " OFFSET 0", use)
}
