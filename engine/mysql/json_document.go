package mysql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/jsonparts"
)

// MySQL parses the whole document, and numbers become doubles unless they are
// integers of 64 bits. Where that matters the text is first protected: numbers
// become marked strings, and numbers again in what comes out.

// protected is an expression over LONGTEXT with the numbers protected.
type protected struct{ doc driver.Expr }

// Texts of patterns are bound, so that no escape is read twice. The mark is
// U+0001 and #; U+0001 that is there before is doubled, so that no string can
// pass for a number.
const (
	risky   = `[0-9]{16}|[0-9][.eE]|\\u0001`
	number  = `\G((?:"(?:[^"\\]++|\\.)*+"|[^"0-9-]++)*+)(-?[0-9][0-9.eE+-]*+)`
	mark    = `$1"\\u0001#$2"`
	marked  = `"\\u0001#(-?[0-9][0-9.eE+-]*+)"`
	unmark  = `$1`
	control = `\u0001`
)

// longest is how many characters a document may have to be protected: MySQL
// ends a replacement that takes more than a certain number of steps with an
// error. In longer documents a number that is no double is read as the nearest
// one, and a change of a member rewrites it so.
const longest = "65536"

func (p protected) WriteSQL(b *driver.Builder) {
	b.SQL("IF(CHAR_LENGTH(").Expr(p.doc).SQL(") <= " + longest + " AND REGEXP_LIKE(").Expr(p.doc).SQL(", ").Arg(risky).
		SQL(", 'c'), REGEXP_REPLACE(REPLACE(").Expr(p.doc).SQL(", ").Arg(control).SQL(", ").Arg(control + control).SQL("), ").
		Arg(number).SQL(", ").Arg(mark).SQL(", 1, 0, 'c'), ").Expr(p.doc).SQL(")")
}

// unprotect writes e, JSON made of the protected doc, as text with its numbers
// as they were.
func unprotect(b *driver.Builder, doc driver.Expr, e func()) {
	text := func() {
		b.SQL("CAST(")
		e()
		b.SQL(" AS CHAR CHARACTER SET utf8mb4)")
	}
	b.SQL("IF(CHAR_LENGTH(").Expr(doc).SQL(") <= " + longest + ", REPLACE(REGEXP_REPLACE(")
	text()
	b.SQL(", ").Arg(marked).SQL(", ").Arg(unmark).SQL(", 1, 0, 'c'), ").Arg(control + control).SQL(", ").
		Arg(control).SQL("), ")
	text()
	b.SQL(")")
}

// doubled is p as it leads through a protected document.
func doubled(p driver.Path) driver.Path {
	out := slices.Clone(p)
	for i, s := range out {
		if key, ok := s.(string); ok {
			out[i] = strings.ReplaceAll(key, "\x01", "\x01\x01")
		}
	}
	return out
}

const (
	anyNumber  = "('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL')"
	anyInteger = "('INTEGER', 'UNSIGNED INTEGER')"
	binary     = " COLLATE utf8mb4_0900_bin" // results of JSON functions are of another collation than literals
	jsonType   = "JSON_TYPE(larder_m.m)" + binary
	jsonText   = "JSON_UNQUOTE(larder_m.m)" + binary
)

// member reads larder_m.m where it is a parsed document. JSON null is SQL NULL
// there.
func (MySQL) member(d Dialect, b scope, doc driver.Expr, p driver.Path, ty driver.JSONType) {
	plain := "CAST(larder_m.m AS CHAR CHARACTER SET utf8mb4)" + binary
	exact := func() {
		s := newScope(b.Builder, protected{doc}, doubled(p))
		s.SQL("(SELECT ")
		unprotect(s.Builder, doc, func() { s.SQL("larder_m.m") })
		d.table(d, s, protected{doc}, doubled(p))
		s.SQL(")" + binary)
	}
	switch ty {
	case driver.AsJSON:
		b.SQL("CASE WHEN larder_m.m IS NULL THEN CASE larder_m.e WHEN 1 THEN 'null' END" + binary + " WHEN " + jsonType +
			" IN ('STRING', 'BOOLEAN', 'INTEGER', 'UNSIGNED INTEGER') THEN " + plain + " ELSE ")
		exact()
		b.SQL(" END")
		d.collate(b.Builder)
	case driver.AsText:
		b.SQL("CASE WHEN larder_m.m IS NULL THEN NULL WHEN " + jsonType + " = 'STRING' THEN " + jsonText + " WHEN " +
			jsonType + " IN ('BOOLEAN', 'INTEGER', 'UNSIGNED INTEGER') THEN " + plain + " ELSE ")
		exact()
		b.SQL(" END")
		d.collate(b.Builder)
	case driver.AsNumeric:
		b.SQL("CASE WHEN " + jsonType + " IN " + anyInteger + " THEN " + plain + " WHEN " + jsonType + " IN " +
			anyNumber + " THEN ")
		exact()
		b.SQL(" END")
		d.collate(b.Builder)
	case driver.AsInteger:
		b.SQL("CASE " + jsonType +
			" WHEN 'INTEGER' THEN CAST(larder_m.m AS SIGNED) WHEN 'UNSIGNED INTEGER' THEN CASE WHEN CAST(larder_m.m AS UNSIGNED) <= 9223372036854775807 THEN CAST(larder_m.m AS SIGNED) END" +
			" WHEN 'DOUBLE' THEN CASE WHEN larder_m.m + 0e0 = FLOOR(larder_m.m + 0e0) AND larder_m.m + 0e0 >= -9223372036854775808e0 AND larder_m.m + 0e0 < 9223372036854775808e0 THEN CAST(larder_m.m + 0e0 AS SIGNED) END END")
	case driver.AsFloat:
		b.SQL("CASE WHEN " + jsonType + " IN " + anyNumber + " THEN larder_m.m + 0e0 END")
	case driver.AsBool:
		b.SQL("CASE WHEN " + jsonType + " = 'BOOLEAN' THEN CASE " + jsonText + " WHEN 'true' THEN 1 ELSE 0 END END")
	}
}

// table is a derived table. The inner one is read before the outer one is taken
// apart, so that the document is parsed once.
func (MySQL) table(d Dialect, b scope, doc driver.Expr, p driver.Path) {
	b.SQL(" FROM (SELECT IF(JSON_TYPE(larder_mx.x)" + binary +
		" = 'NULL', NULL, larder_mx.x) AS m, larder_mx.x IS NOT NULL AS e")
	b.guarded(p, func(name string, _ driver.Path) { b.SQL(", larder_mx." + name) })
	b.SQL(" FROM (SELECT JSON_EXTRACT(").Expr(doc).SQL(", ")
	d.pathLiteral(b.Builder, p, "")
	b.SQL(") AS x")
	b.guarded(p, func(name string, array driver.Path) {
		b.SQL(", JSON_EXTRACT(").Expr(doc).SQL(", ")
		d.pathLiteral(b.Builder, array, "")
		b.SQL(") AS " + name)
	})
	b.SQL(" LIMIT 1) AS larder_mx) AS larder_m")
	d.guards(b, p, " WHERE ")
}

func (MySQL) fromLast(n int) string {
	if n == 1 {
		return "last"
	}
	return "last-" + strconv.Itoa(n-1)
}

func (MySQL) hasFromLast(int) bool        { return true }
func (MySQL) pathText(path string) string { return path }
func (MySQL) isArray(column string) string {
	return "JSON_TYPE(" + column + ")" + binary + " = 'ARRAY'"
}
func (MySQL) isObject() string    { return jsonType + " = 'OBJECT'" }
func (MySQL) isContainer() string { return jsonType + " IN ('OBJECT', 'ARRAY')" }

func (MySQL) kind() string {
	return "CASE WHEN larder_m.m IS NULL THEN CASE larder_m.e WHEN 1 THEN 'null' END ELSE CASE " + jsonType +
		" WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'STRING' THEN 'string' WHEN 'BOOLEAN' THEN 'bool' WHEN 'NULL' THEN 'null' ELSE 'number' END END"
}

func (MySQL) equal(_ Dialect, s scope, v any) {
	switch x := v.(type) {
	case nil:
		s.SQL("larder_m.m IS NULL")
	case bool:
		s.SQL(jsonType + " = 'BOOLEAN' AND " + jsonText + " = '" + strconv.FormatBool(x) + "'")
	case string:
		s.SQL(jsonType + " = 'STRING' AND " + jsonText + " = ").Arg(x)
	case int64:
		s.SQL(jsonType + " IN " + anyNumber + " AND larder_m.m = CAST(").Arg(x).SQL(" AS SIGNED)")
	default:
		s.SQL(jsonType + " IN " + anyNumber + " AND larder_m.m + 0e0 = ").Arg(x)
	}
}

// elements writes FROM and WHERE of a subquery over the elements of the array
// at p: larder_m.n counts them from 1, larder_m.m is the element. With members,
// those of an object are larder_m.n2 and larder_m.m2.
func (d Dialect) elements(b scope, doc driver.Expr, p driver.Path, members bool) {
	b.SQL(" FROM JSON_TABLE(").Expr(doc).SQL(", '$' COLUMNS (NESTED PATH ")
	d.pathLiteral(b.Builder, p, "[*]")
	b.SQL(" COLUMNS (n FOR ORDINALITY, m JSON PATH '$')")
	if members {
		b.SQL(", NESTED PATH ")
		d.pathLiteral(b.Builder, p, ".*")
		b.SQL(" COLUMNS (n2 FOR ORDINALITY, m2 JSON PATH '$')")
	}
	d.guardColumns(b, p)
	// A nested path that leads nowhere makes one row of NULLs.
	b.SQL(")) AS larder_m WHERE (larder_m.n IS NOT NULL")
	if members {
		b.SQL(" OR larder_m.n2 IS NOT NULL")
	}
	b.SQL(")")
	d.guards(b, p, " AND ")
}

func (MySQL) inArray(d Dialect, s scope, doc driver.Expr, p driver.Path) {
	d.elements(s, doc, p, false)
}

// each refers to other tables from a lateral table only.
func (MySQL) each(d Dialect, s scope, doc driver.Expr, p driver.Path) {
	s.SQL("LATERAL (SELECT COALESCE(larder_m.n, larder_m.n2) AS position, COALESCE(larder_m.m, larder_m.m2) AS value")
	d.elements(s, protected{doc}, doubled(p), true)
	s.SQL(")")
}

// key asks the protected document, as each does: keys stand in the order of
// their lengths, and a key with U+0001 is longer there.
func (MySQL) key(d Dialect, s scope, doc driver.Expr, p driver.Path, key func()) {
	s.SQL("(SELECT IF(CHAR_LENGTH(").Expr(doc).SQL(") <= " + longest + ", REPLACE(")
	key()
	s.SQL(", ").Arg("\x01\x01").SQL(", ").Arg("\x01").SQL("), ")
	key()
	s.SQL(")")
	d.collate(s.Builder)
	d.table(d, s, protected{doc}, doubled(p))
	s.SQL(")")
}

func (MySQL) element(b *driver.Builder, doc driver.Expr, value func()) {
	b.SQL("COALESCE(")
	unprotect(b, doc, value)
	b.SQL(", 'null')")
}

func (MySQL) change(d Dialect, b *driver.Builder, doc driver.Expr, p driver.Path, fn string, value driver.Expr) {
	unprotect(b, doc, func() {
		var v func()
		if value != nil {
			v = func() { b.SQL("CAST(").Expr(protected{value}).SQL(" AS JSON)") }
		}
		d.changed(b, protected{doc}, doubled(p), fn, v)
	})
}

func (MySQL) let(b *driver.Builder, doc driver.Typed, name string, use func(doc driver.Typed)) {
	jsonparts.Let(b, doc, name, " LIMIT 1", use)
}
