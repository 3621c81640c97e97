package mysql

import (
	"strconv"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/jsonparts"
)

// MariaDB reads a document as text, and gives the text of a member as it stands.

// isNumber holds for the text of a number on MariaDB.
const isNumber = "LEFT(larder_m.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')"

// fitsDecimal holds for the text of a number that DECIMAL(65,30) does not clamp.
const fitsDecimal = "larder_m.m REGEXP '^[-]?[0-9]{1,25}([.][0-9]+)?([eE]([-][0-9]+|[+]?[0-9]))?$'"

// member reads larder_m.m where it is the text of the member.
func (MariaDB) member(d Dialect, b scope, _ driver.Expr, _ driver.Path, ty driver.JSONType) {
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
		b.SQL("CASE WHEN " + isNumber + " AND " + fitsDecimal +
			" THEN CASE WHEN CAST(larder_m.m AS DECIMAL(65,30)) = FLOOR(CAST(larder_m.m AS DECIMAL(65,30))) AND CAST(larder_m.m AS DECIMAL(65,30)) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(CAST(larder_m.m AS DECIMAL(65,30)) AS SIGNED) END END")
	case driver.AsFloat:
		b.SQL("CASE WHEN " + isNumber +
			" AND larder_m.m NOT REGEXP '[eE][+]?0*([4-9][0-9]{2}|3[1-9][0-9]|30[9]|[0-9]{4})' THEN larder_m.m + 0e0 END")
	case driver.AsBool:
		b.SQL("CASE larder_m.m WHEN 'true' THEN 1 WHEN 'false' THEN 0 END")
	}
}

func (MariaDB) table(d Dialect, b scope, doc driver.Expr, p driver.Path) { d.jsonTable(b, doc, p) }

func (MariaDB) fromLast(n int) string { return "-" + strconv.Itoa(n) }

// hasFromLast: positions from the end came with 10.9.
func (MariaDB) hasFromLast(version int) bool { return version >= 100900 }

// pathText: a minus at the head of a quoted key would be taken for MariaDB's own.
func (MariaDB) pathText(path string) string { return strings.ReplaceAll(path, `."-`, `."\u002d`) }

func (MariaDB) isArray(column string) string { return "LEFT(" + column + ", 1) = '['" }
func (MariaDB) isObject() string             { return "LEFT(larder_m.m, 1) = '{'" }
func (MariaDB) isContainer() string          { return "LEFT(larder_m.m, 1) IN ('{', '[')" }

func (MariaDB) kind() string {
	return "CASE WHEN larder_m.m IS NULL THEN NULL ELSE CASE LEFT(larder_m.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array'" +
		" WHEN '\"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END"
}

func (MariaDB) equal(d Dialect, s scope, v any) {
	switch x := v.(type) {
	case nil:
		s.SQL("larder_m.m = 'null'")
	case bool:
		s.SQL("larder_m.m = '" + strconv.FormatBool(x) + "'")
	case string:
		s.SQL("LEFT(larder_m.m, 1) = '\"' AND JSON_UNQUOTE(larder_m.m)")
		d.collate(s.Builder)
		s.SQL(" = ").Arg(x)
	case int64:
		s.SQL(isNumber + " AND " + fitsDecimal + " AND CAST(larder_m.m AS DECIMAL(65,30)) = ").Arg(x)
	default:
		s.SQL(isNumber + " AND larder_m.m + 0e0 = ").Arg(x)
	}
}

// each refers to other tables from a subquery in the argument of JSON_TABLE:
// there are no lateral tables.
// inArray does without a nested path, which takes "$[-1][*]" to nowhere and
// compares the letters of a key as they are stored: "\u00e9" is not "é" there.
func (MariaDB) inArray(d Dialect, s scope, doc driver.Expr, p driver.Path) {
	s.SQL(" FROM JSON_TABLE((SELECT CASE LEFT(larder_m.m, 1) WHEN '[' THEN larder_m.m END")
	d.table(d, s, doc, p)
	s.SQL("), '$[*]' COLUMNS (n FOR ORDINALITY, m JSON PATH '$')) AS larder_m WHERE larder_m.n IS NOT NULL")
}

func (MariaDB) each(d Dialect, s scope, doc driver.Expr, p driver.Path) {
	s.SQL("JSON_TABLE((SELECT CASE LEFT(larder_m.m, 1) WHEN '[' THEN larder_m.m WHEN '{' THEN JSON_EXTRACT(larder_m.m, '$.*') END")
	d.table(d, s, doc, p)
	s.SQL("), '$[*]' COLUMNS (position FOR ORDINALITY, value JSON PATH '$'))")
}

func (MariaDB) key(d Dialect, s scope, doc driver.Expr, p driver.Path, key func()) {
	s.SQL("(SELECT ")
	key()
	d.collate(s.Builder)
	d.table(d, s, doc, p)
	s.SQL(")")
}

func (MariaDB) element(_ *driver.Builder, _ driver.Expr, value func()) { value() }

func (MariaDB) change(d Dialect, b *driver.Builder, doc driver.Expr, p driver.Path, fn string, value driver.Expr) {
	var v func()
	if value != nil {
		v = func() { b.SQL("JSON_EXTRACT(").Expr(value).SQL(", '$')") }
	}
	d.changed(b, doc, p, fn, v)
}

// let has JSON_TABLE take the document as it is: a derived table cannot refer to
// the row around it. A document that is NULL makes no row of it.
func (MariaDB) let(b *driver.Builder, doc driver.Typed, name string, use func(doc driver.Typed)) {
	b.SQL("(SELECT ")
	use(jsonparts.Ref(doc, name, "d"))
	b.SQL(" FROM (SELECT 1 AS one) AS larder_one LEFT JOIN JSON_TABLE(").Expr(doc).
		SQL(", '$' COLUMNS (d JSON PATH '$')) AS ").Ident(name).SQL(" ON 1 = 1)")
}
