package mysql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/jsonparts"
)

// JSON is LONGTEXT here. JSON_TABLE takes it apart: it names the document once
// however many members an expression needs, and on MariaDB it gives the text
// of a member as it stands, and finds keys that are stored with escapes, which
// JSON_EXTRACT does not.
//
// MySQL parses the whole document, and numbers become doubles unless they are
// integers of 64 bits. Where that matters the text is first protected: numbers
// become marked strings, and numbers again in what comes out.

// exactly is an expression over LONGTEXT with the numbers protected.
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
	b.SQL(", ").Arg(marked).SQL(", ").Arg(unmark).SQL(", 1, 0, 'c'), ").Arg(control + control).SQL(", ").Arg(control).SQL("), ")
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

func (d dialect) path(b *driver.Builder, p driver.Path) (string, bool) {
	s, err := jsonparts.Path(p, func(n int) string {
		if d.mariadb() {
			return "-" + strconv.Itoa(n)
		}
		if n == 1 {
			return "last"
		}
		return "last-" + strconv.Itoa(n-1)
	})
	if err != nil {
		b.Fail(err)
		return "", false
	}
	if d.mariadb() {
		// MariaDB takes a minus at the head of a quoted key for its own.
		s = strings.ReplaceAll(s, `."-`, `."\u002d`)
	}
	return s, true
}

// pathLiteral writes p, and what follows it, as the literal that JSON_TABLE requires.
func (d dialect) pathLiteral(b *driver.Builder, p driver.Path, tail string) {
	s, ok := d.path(b, p)
	if !ok {
		return
	}
	t, err := d.AppendString(nil, s+tail)
	if err != nil {
		b.Fail(err)
		return
	}
	b.SQL(string(t))
}

// scope is a subquery over one member. Its table has a name of its own:
// MariaDB takes two conditions for one that differ only in the path of a
// JSON_TABLE.
type scope struct {
	*driver.Builder
	name string
}

func newScope(b *driver.Builder) scope {
	return scope{b, "larder_" + strconv.Itoa(b.Len())}
}

// SQL adds text in which larder_m is the member's table.
func (s scope) SQL(text string) *driver.Builder {
	return s.Builder.SQL(strings.ReplaceAll(text, "larder_m", s.name))
}

// table writes FROM and WHERE of a scalar subquery over the member at p, which
// is larder_m.m, and larder_m.e is 1 when it is there.
func (d dialect) table(b scope, doc driver.Expr, p driver.Path) {
	b.SQL(" FROM JSON_TABLE(").Expr(doc).SQL(", '$' COLUMNS (m JSON PATH ")
	d.pathLiteral(b.Builder, p, "")
	b.SQL(", e INT EXISTS PATH ")
	d.pathLiteral(b.Builder, p, "")
	d.guardColumns(b, p)
	b.SQL(")) AS larder_m")
	d.guards(b, p, " WHERE ")
}

// elements writes FROM and WHERE of a subquery over the elements of the array
// at p: larder_m.n counts them from 1, larder_m.m is the element. With members,
// those of an object are larder_m.n2 and larder_m.m2.
func (d dialect) elements(b scope, doc driver.Expr, p driver.Path, members bool) {
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

// guardColumns and guards see to it that a place in something that is no array
// leads nowhere: the engines' paths take a scalar for an array of one element.
func (d dialect) guardColumns(b scope, p driver.Path) {
	for i, s := range p {
		if _, ok := s.(int); ok {
			b.SQL(fmt.Sprintf(", g%d JSON PATH ", i))
			d.pathLiteral(b.Builder, p[:i], "")
		}
	}
}

func (d dialect) guards(b scope, p driver.Path, first string) {
	for i, s := range p {
		if _, ok := s.(int); !ok {
			continue
		}
		b.SQL(first)
		first = " AND "
		if d.mariadb() {
			b.SQL(fmt.Sprintf("LEFT(larder_m.g%d, 1) = '['", i))
		} else {
			b.SQL(fmt.Sprintf("JSON_TYPE(larder_m.g%d)"+binary+" = 'ARRAY'", i))
		}
	}
}

// old is whether a position from the end needs help: MariaDB has them from 10.9.
func (d dialect) old() bool { return d.mariadb() && d.version < 100900 }

// fromEnd takes a path with positions from the end apart where the engine has
// none: doc becomes the element, p what is left of the path.
func (d dialect) fromEnd(doc driver.Expr, p driver.Path) (driver.Expr, driver.Path) {
	if !d.old() {
		return doc, p
	}
	i := slices.IndexFunc(p, func(s any) bool { n, ok := s.(int); return ok && n < 0 })
	if i < 0 {
		return doc, p
	}
	whole, head := doc, p[:i]
	element := driver.ExprFunc(func(b *driver.Builder) {
		array := func() { d.JSONGet(b, whole, head, driver.AsJSON) }
		n := strconv.Itoa(-p[i].(int))
		b.SQL("(CASE WHEN ")
		d.JSONKind(b, whole, head)
		b.SQL(" = 'array' AND JSON_LENGTH(")
		array()
		b.SQL(") >= " + n + " THEN JSON_EXTRACT(")
		array()
		b.SQL(", CONCAT('$[', JSON_LENGTH(")
		array()
		b.SQL(") - " + n + ", ']')) END)")
	})
	return d.fromEnd(element, p[i+1:])
}

func (d dialect) JSONGet(b *driver.Builder, doc driver.Expr, p driver.Path, ty driver.JSONType) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b)
	s.SQL("(SELECT ")
	if d.mariadb() {
		d.readText(s, ty)
	} else {
		d.readDocument(s, doc, p, ty)
	}
	d.table(s, doc, p)
	s.SQL(")")
}

// isNumber holds for the text of a number on MariaDB.
const isNumber = "LEFT(larder_m.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')"

// fitsDecimal holds for the text of a number that DECIMAL(65,30) does not clamp.
const fitsDecimal = "larder_m.m REGEXP '^[-]?[0-9]{1,25}([.][0-9]+)?([eE]([-][0-9]+|[+]?[0-9]))?$'"

// readText reads larder_m.m where it is the text of the member.
func (d dialect) readText(b scope, ty driver.JSONType) {
	switch ty {
	case driver.AsJSON:
		b.SQL("larder_m.m")
		d.collate(b.Builder)
	case driver.AsText:
		b.SQL("CASE WHEN larder_m.m = 'null' THEN NULL WHEN LEFT(larder_m.m, 1) = '\"' THEN JSON_UNQUOTE(larder_m.m) COLLATE utf8mb4_nopad_bin ELSE larder_m.m COLLATE utf8mb4_nopad_bin END")
	case driver.AsNumeric:
		b.SQL("CASE WHEN " + isNumber + " THEN larder_m.m END")
		d.collate(b.Builder)
	case driver.AsInteger:
		b.SQL("CASE WHEN " + isNumber + " AND " + fitsDecimal + " THEN CASE WHEN CAST(larder_m.m AS DECIMAL(65,30)) = FLOOR(CAST(larder_m.m AS DECIMAL(65,30))) AND CAST(larder_m.m AS DECIMAL(65,30)) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(CAST(larder_m.m AS DECIMAL(65,30)) AS SIGNED) END END")
	case driver.AsFloat:
		b.SQL("CASE WHEN " + isNumber + " AND larder_m.m NOT REGEXP '[eE][+]?0*([4-9][0-9]{2}|3[1-9][0-9]|30[9]|[0-9]{4})' THEN larder_m.m + 0e0 END")
	case driver.AsBool:
		b.SQL("CASE larder_m.m WHEN 'true' THEN 1 WHEN 'false' THEN 0 END")
	}
}

const (
	anyNumber  = "('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL')"
	anyInteger = "('INTEGER', 'UNSIGNED INTEGER')"
	binary     = " COLLATE utf8mb4_0900_bin" // results of JSON functions are of another collation than literals
	jsonType   = "JSON_TYPE(larder_m.m)" + binary
	jsonText   = "JSON_UNQUOTE(larder_m.m)" + binary
)

// readDocument reads larder_m.m where it is a parsed document. JSON null is
// SQL NULL there.
func (d dialect) readDocument(b scope, doc driver.Expr, p driver.Path, ty driver.JSONType) {
	plain := "CAST(larder_m.m AS CHAR CHARACTER SET utf8mb4)" + binary
	exact := func() {
		s := newScope(b.Builder)
		s.SQL("(SELECT ")
		unprotect(s.Builder, doc, func() { s.SQL("larder_m.m") })
		d.table(s, protected{doc}, doubled(p))
		s.SQL(")" + binary)
	}
	switch ty {
	case driver.AsJSON:
		b.SQL("CASE WHEN larder_m.m IS NULL THEN CASE larder_m.e WHEN 1 THEN 'null' END" + binary + " WHEN " + jsonType + " IN ('STRING', 'BOOLEAN', 'INTEGER', 'UNSIGNED INTEGER') THEN " + plain + " ELSE ")
		exact()
		b.SQL(" END")
		d.collate(b.Builder)
	case driver.AsText:
		b.SQL("CASE WHEN larder_m.m IS NULL THEN NULL WHEN " + jsonType + " = 'STRING' THEN " + jsonText + " WHEN " + jsonType + " IN ('BOOLEAN', 'INTEGER', 'UNSIGNED INTEGER') THEN " + plain + " ELSE ")
		exact()
		b.SQL(" END")
		d.collate(b.Builder)
	case driver.AsNumeric:
		b.SQL("CASE WHEN " + jsonType + " IN " + anyInteger + " THEN " + plain + " WHEN " + jsonType + " IN " + anyNumber + " THEN ")
		exact()
		b.SQL(" END")
		d.collate(b.Builder)
	case driver.AsInteger:
		b.SQL("CASE " + jsonType + " WHEN 'INTEGER' THEN CAST(larder_m.m AS SIGNED) WHEN 'UNSIGNED INTEGER' THEN CASE WHEN CAST(larder_m.m AS UNSIGNED) <= 9223372036854775807 THEN CAST(larder_m.m AS SIGNED) END" +
			" WHEN 'DOUBLE' THEN CASE WHEN larder_m.m + 0e0 = FLOOR(larder_m.m + 0e0) AND larder_m.m + 0e0 >= -9223372036854775808e0 AND larder_m.m + 0e0 < 9223372036854775808e0 THEN CAST(larder_m.m + 0e0 AS SIGNED) END END")
	case driver.AsFloat:
		b.SQL("CASE WHEN " + jsonType + " IN " + anyNumber + " THEN larder_m.m + 0e0 END")
	case driver.AsBool:
		b.SQL("CASE WHEN " + jsonType + " = 'BOOLEAN' THEN CASE " + jsonText + " WHEN 'true' THEN 1 ELSE 0 END END")
	}
}

func (d dialect) JSONHas(b *driver.Builder, doc driver.Expr, p driver.Path) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b)
	s.SQL("(COALESCE((SELECT larder_m.e")
	d.table(s, doc, p)
	s.SQL("), 0) = 1)")
}

func (d dialect) JSONKind(b *driver.Builder, doc driver.Expr, p driver.Path) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b)
	s.SQL("(SELECT ")
	if d.mariadb() {
		s.SQL("CASE WHEN larder_m.m IS NULL THEN NULL ELSE CASE LEFT(larder_m.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '\"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END")
	} else {
		s.SQL("CASE WHEN larder_m.m IS NULL THEN CASE larder_m.e WHEN 1 THEN 'null' END ELSE CASE " + jsonType + " WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'STRING' THEN 'string' WHEN 'BOOLEAN' THEN 'bool' WHEN 'NULL' THEN 'null' ELSE 'number' END END")
	}
	d.table(s, doc, p)
	s.SQL(")")
}

func (d dialect) JSONLength(b *driver.Builder, doc driver.Expr, p driver.Path) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b)
	s.SQL("(SELECT CASE WHEN ")
	if d.mariadb() {
		s.SQL("LEFT(larder_m.m, 1) IN ('{', '[')")
	} else {
		s.SQL(jsonType + " IN ('OBJECT', 'ARRAY')")
	}
	s.SQL(" THEN JSON_LENGTH(larder_m.m) END")
	d.table(s, doc, p)
	s.SQL(")")
}

func (d dialect) JSONHasElement(b *driver.Builder, doc driver.Expr, p driver.Path, v any) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b)
	// Not EXISTS: MariaDB takes it for independent of the row.
	s.SQL("((SELECT COUNT(*)")
	d.elements(s, doc, p, false)
	s.SQL(" AND ")
	if d.mariadb() {
		switch x := v.(type) {
		case nil:
			s.SQL("larder_m.m = 'null'")
		case bool:
			s.SQL("larder_m.m = '" + strconv.FormatBool(x) + "'")
		case string:
			s.SQL("LEFT(larder_m.m, 1) = '\"' AND JSON_UNQUOTE(larder_m.m)")
			d.collate(b)
			s.SQL(" = ").Arg(x)
		case int64:
			s.SQL(isNumber + " AND " + fitsDecimal + " AND CAST(larder_m.m AS DECIMAL(65,30)) = ").Arg(x)
		default:
			s.SQL(isNumber + " AND larder_m.m + 0e0 = ").Arg(x)
		}
	} else {
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
	s.SQL(") > 0)")
}

func (d dialect) JSONContains(b *driver.Builder, doc driver.Expr, p driver.Path, document string) {
	jsonparts.Contains(b, doc, p, document)
}

// JSONEach has two forms: MySQL refers to other tables from a lateral table
// only, which MariaDB has not; that one refers to them from a subquery in the
// argument of JSON_TABLE.
func (d dialect) JSONEach(b *driver.Builder, doc driver.Expr, p driver.Path, alias string) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b)
	if d.mariadb() {
		s.SQL("JSON_TABLE((SELECT CASE LEFT(larder_m.m, 1) WHEN '[' THEN larder_m.m WHEN '{' THEN JSON_EXTRACT(larder_m.m, '$.*') END")
		d.table(s, doc, p)
		s.SQL("), '$[*]' COLUMNS (position FOR ORDINALITY, value JSON PATH '$')) AS ").Ident(alias)
		return
	}
	s.SQL("LATERAL (SELECT COALESCE(larder_m.n, larder_m.n2) AS position, COALESCE(larder_m.m, larder_m.m2) AS value")
	d.elements(s, protected{doc}, doubled(p), true)
	s.SQL(") AS ").Ident(alias)
}

func (d dialect) JSONElement(b *driver.Builder, doc driver.Expr, p driver.Path, alias string, c driver.ElementColumn) {
	doc, p = d.fromEnd(doc, p)
	value := func() { b.Ident(alias).SQL(".").Ident("value") }
	position := func() { b.Ident(alias).SQL(".").Ident("position") }
	switch c {
	case driver.ElementKey:
		s := newScope(b)
		s.SQL("(SELECT ")
		if d.mariadb() {
			s.SQL("CASE WHEN LEFT(larder_m.m, 1) = '{'")
		} else {
			s.SQL("CASE WHEN " + jsonType + " = 'OBJECT'")
		}
		s.SQL(" THEN JSON_UNQUOTE(JSON_EXTRACT(JSON_KEYS(larder_m.m), CONCAT('$[', ")
		position()
		s.SQL(" - 1, ']'))) END")
		d.collate(b)
		d.table(s, doc, p)
		s.SQL(")")
	case driver.ElementPosition:
		b.SQL("(")
		position()
		b.SQL(" - 1)")
	case driver.ElementValue:
		if d.mariadb() {
			value()
			return
		}
		b.SQL("COALESCE(")
		unprotect(b, doc, value)
		b.SQL(", 'null')")
	}
}

func (d dialect) JSONSet(b *driver.Builder, doc driver.Expr, p driver.Path, value driver.Expr) {
	jsonparts.Set(b, doc, p, value, func(p driver.Path, value driver.Expr) {
		d.change(b, doc, p, "JSON_SET(", value)
	})
}

func (d dialect) JSONRemove(b *driver.Builder, doc driver.Expr, p driver.Path) {
	if !jsonparts.NeedsPath(b, p) {
		return
	}
	// What is not there is left alone: a path may take a scalar for an array.
	b.SQL("(CASE WHEN ")
	d.JSONHas(b, doc, p)
	b.SQL(" THEN ")
	d.change(b, doc, p, "JSON_REMOVE(", nil)
	b.SQL(" ELSE ").Expr(doc).SQL(" END)")
}

// change writes JSON_SET or JSON_REMOVE of doc at p.
func (d dialect) change(b *driver.Builder, doc driver.Expr, p driver.Path, fn string, value driver.Expr) {
	if !d.mariadb() {
		p = doubled(p)
	}
	args := func(doc driver.Expr, value func()) {
		b.SQL(fn).Expr(doc).SQL(", ")
		d.boundPath(b, doc, p)
		if value != nil {
			b.SQL(", ")
			value()
		}
		b.SQL(")")
	}
	if d.mariadb() {
		var v func()
		if value != nil {
			v = func() { b.SQL("JSON_EXTRACT(").Expr(value).SQL(", '$')") }
		}
		args(doc, v)
		return
	}
	unprotect(b, doc, func() {
		var v func()
		if value != nil {
			v = func() { b.SQL("CAST(").Expr(protected{value}).SQL(" AS JSON)") }
		}
		args(protected{doc}, v)
	})
}

// boundPath binds a path, working positions from the end out where the engine
// has none.
func (d dialect) boundPath(b *driver.Builder, doc driver.Expr, p driver.Path) {
	i := slices.IndexFunc(p, func(s any) bool { n, ok := s.(int); return ok && n < 0 })
	if !d.old() || i < 0 {
		if s, ok := d.path(b, p); ok {
			b.Arg(s)
		}
		return
	}
	b.SQL("CONCAT(")
	d.boundPath(b, doc, p[:i])
	b.SQL(", '[', ")
	d.JSONLength(b, doc, p[:i])
	b.SQL(" - " + strconv.Itoa(-p[i].(int)) + ", ']'")
	if rest, ok := d.path(b, p[i+1:]); ok && len(rest) > 1 {
		b.SQL(", ").Arg(rest[1:])
	}
	b.SQL(")")
}
