package sqlite

import (
	"strconv"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/jsonparts"
)

// jsonArgs writes "doc, path", the arguments of most JSON functions.
func jsonArgs(b *driver.Builder, doc driver.Expr, path string) {
	b.Expr(doc).SQL(", ").Arg(path)
}

func jsonPath(b *driver.Builder, p driver.Path) (string, bool) {
	s, err := jsonparts.Path(p, func(n int) string { return "#-" + strconv.Itoa(n) })
	if err != nil {
		b.Fail(err)
		return "", false
	}
	return s, true
}

// guarded writes a CASE over json_type(doc, path), and NULL where the column
// holds something that is not JSON: a column has no check in an existing
// database, and JSON functions fail on such a text.
func guarded(b *driver.Builder, doc driver.Expr, p driver.Path, branches func(path string)) {
	path, ok := jsonPath(b, p)
	if !ok {
		return
	}
	b.SQL("(CASE WHEN json_valid(").Expr(doc).SQL(") THEN ")
	branches(path)
	b.SQL(" END)")
}

func (Dialect) JSONGet(b *driver.Builder, doc driver.Expr, p driver.Path, ty driver.JSONType) {
	guarded(b, doc, p, func(path string) {
		if ty == driver.AsJSON {
			b.Expr(doc).SQL(" -> ").Arg(path)
			return
		}
		switch ty {
		case driver.AsInteger:
			// A whole number may be spelled 1.0; one over 64 bits reads as REAL.
			b.SQL("(SELECT CASE typeof(larder_v.v) WHEN 'integer' THEN larder_v.v WHEN 'real' THEN CASE WHEN larder_v.v >= -9223372036854775808.0 AND larder_v.v < 9223372036854775808.0 AND larder_v.v = CAST(larder_v.v AS INTEGER) THEN CAST(larder_v.v AS INTEGER) END END FROM (SELECT CASE WHEN json_type(")
			jsonArgs(b, doc, path)
			b.SQL(") IN ('integer', 'real') THEN json_extract(")
			jsonArgs(b, doc, path)
			b.SQL(") END AS v) AS larder_v)")
			return
		case driver.AsFloat:
			b.SQL("(SELECT CASE WHEN abs(larder_v.v) <= 1.7976931348623157e308 THEN larder_v.v END FROM (SELECT CASE WHEN json_type(")
			jsonArgs(b, doc, path)
			b.SQL(") IN ('integer', 'real') THEN CAST(json_extract(")
			jsonArgs(b, doc, path)
			b.SQL(") AS REAL) END AS v) AS larder_v)")
			return
		}
		b.SQL("CASE json_type(")
		jsonArgs(b, doc, path)
		b.SQL(") ")
		switch ty {
		case driver.AsText:
			b.SQL("WHEN 'text' THEN ").Expr(doc).SQL(" ->> ").Arg(path).SQL(" WHEN 'null' THEN NULL ELSE ").Expr(doc).
				SQL(" -> ").Arg(path)
		case driver.AsNumeric:
			// -> gives the digits as they are stored, json_extract a double.
			b.SQL("WHEN 'integer' THEN larder_decimal_plain(").Expr(doc).SQL(" -> ").Arg(path).
				SQL(") WHEN 'real' THEN larder_decimal_plain(").Expr(doc).SQL(" -> ").Arg(path).SQL(")")
		case driver.AsBool:
			b.SQL("WHEN 'true' THEN 1 WHEN 'false' THEN 0")
		}
		b.SQL(" END")
	})
}

func (Dialect) JSONHas(b *driver.Builder, doc driver.Expr, p driver.Path) {
	path, ok := jsonPath(b, p)
	if !ok {
		return
	}
	b.SQL("(CASE WHEN json_valid(").Expr(doc).SQL(") THEN json_type(")
	jsonArgs(b, doc, path)
	b.SQL(") IS NOT NULL ELSE 0 END)")
}

func (Dialect) JSONKind(b *driver.Builder, doc driver.Expr, p driver.Path) {
	guarded(b, doc, p, func(path string) {
		b.SQL("CASE json_type(")
		jsonArgs(b, doc, path)
		b.SQL(") WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'bool' WHEN 'false' THEN 'bool' ELSE json_type(")
		jsonArgs(b, doc, path)
		b.SQL(") END")
	})
}

func (Dialect) JSONLength(b *driver.Builder, doc driver.Expr, p driver.Path) {
	guarded(b, doc, p, func(path string) {
		b.SQL("CASE json_type(")
		jsonArgs(b, doc, path)
		b.SQL(") WHEN 'array' THEN json_array_length(")
		jsonArgs(b, doc, path)
		b.SQL(") WHEN 'object' THEN (SELECT COUNT(*) FROM json_each(")
		jsonArgs(b, doc, path)
		b.SQL(")) END")
	})
}

func (Dialect) JSONHasElement(b *driver.Builder, doc driver.Expr, p driver.Path, v any) {
	path, ok := jsonPath(b, p)
	if !ok {
		return
	}
	b.SQL("EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(").Expr(doc).SQL(") THEN CASE json_type(")
	jsonArgs(b, doc, path)
	b.SQL(") WHEN 'array' THEN ").Expr(doc).SQL(" -> ").Arg(path).SQL(" END END) AS larder_in WHERE larder_in.type ")
	switch x := v.(type) {
	case nil:
		b.SQL("= 'null'")
	case bool:
		b.SQL("= '" + strconv.FormatBool(x) + "'")
	case string:
		b.SQL("= 'text' AND larder_in.value = ").Arg(x)
	default:
		b.SQL("IN ('integer', 'real') AND larder_in.value = ").Arg(x)
	}
	b.SQL(")")
}

func (Dialect) JSONContains(b *driver.Builder, doc driver.Expr, p driver.Path, document string) {
	jsonparts.Contains(b, doc, p, document)
}

// JSONEach unfolds the part itself, so that the positions and keys of its
// elements are those of its root.
func (Dialect) JSONEach(b *driver.Builder, doc driver.Expr, p driver.Path, alias string) {
	path, ok := jsonPath(b, p)
	if !ok {
		return
	}
	b.SQL("json_each(CASE WHEN json_valid(").Expr(doc).SQL(") THEN CASE WHEN json_type(")
	jsonArgs(b, doc, path)
	b.SQL(") IN ('array', 'object') THEN ").Expr(doc).SQL(" -> ").Arg(path).SQL(" END END) AS ").Ident(alias)
}

func (Dialect) JSONElement(b *driver.Builder, _ driver.Expr, _ driver.Path, alias string, c driver.ElementColumn) {
	col := func(name string) *driver.Builder { return b.Ident(alias).SQL(".").Ident(name) }
	switch c {
	case driver.ElementKey:
		b.SQL("(CASE typeof(")
		col("key").SQL(") WHEN 'text' THEN ")
		col("key").SQL(" END)")
	case driver.ElementPosition:
		b.SQL("(CASE typeof(")
		col("key").SQL(") WHEN 'integer' THEN ")
		col("key").SQL(" ELSE (SELECT COUNT(*) FROM json_each(")
		col("json").SQL(") AS larder_before WHERE larder_before.id < ")
		col("id").SQL(") END)")
	case driver.ElementValue:
		b.SQL("(CASE ")
		col("type").SQL(" WHEN 'text' THEN json_quote(")
		col("value").SQL(") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN ")
		col("value").SQL(" WHEN 'object' THEN ")
		// The value of a number is a double; its digits are in the document.
		col("value").SQL(" ELSE ")
		col("json").SQL(" -> ")
		col("fullkey").SQL(" END)")
	}
}

func (Dialect) JSONSet(b *driver.Builder, doc driver.Expr, p driver.Path, value driver.Expr) {
	jsonparts.Set(b, doc, p, value, func(p driver.Path, value driver.Expr) {
		path, ok := jsonPath(b, p)
		if !ok {
			return
		}
		b.SQL("json_set(")
		jsonArgs(b, doc, path)
		b.SQL(", json(CAST(").Expr(value).SQL(" AS TEXT)))")
	})
}

func (Dialect) JSONRemove(b *driver.Builder, doc driver.Expr, p driver.Path) {
	path, ok := jsonPath(b, p)
	if !ok || !jsonparts.NeedsPath(b, p) {
		return
	}
	b.SQL("(CASE WHEN json_valid(").Expr(doc).SQL(") THEN json_remove(")
	jsonArgs(b, doc, path)
	b.SQL(") ELSE ").Expr(doc).SQL(" END)")
}

// JSONLet names the document in a derived table.
func (Dialect) JSONLet(b *driver.Builder, doc driver.Typed, name string, use func(doc driver.Typed)) {
	jsonparts.Let(b, doc, name, " UNION ALL SELECT NULL WHERE 0", use)
}
