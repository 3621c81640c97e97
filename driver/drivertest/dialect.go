package drivertest

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Dialect runs what a dialect writes on its engine: names and literals, values
// and what is refused, text, JSON and clauses. It needs no table.
func Dialect(t *testing.T, d driver.Driver, url string) {
	DialectOn(t, Open(t, d, url))
}

// DialectOn is [Dialect] on a database that is open, whose dialect may be
// another than the server's own.
func DialectOn(t *testing.T, db *driver.Database) {
	s := dialectSuite{db: db, d: db.Dialect}
	t.Run("comparable", func(t *testing.T) {
		// Compiled statements are kept by dialect.
		if m := map[driver.Dialect]bool{s.d: true}; !m[db.Dialect] {
			t.Error("a dialect does not equal itself")
		}
	})
	t.Run("names", s.names)
	t.Run("literals", s.literals)
	t.Run("encode", s.encode)
	t.Run("refusals", s.refusals)
	t.Run("casts", s.casts)
	t.Run("instants", s.instants)
	t.Run("text", s.text)
	t.Run("fold", s.fold)
	t.Run("json", s.json)
	t.Run("clauses", s.clauses)
}

type dialectSuite struct {
	db *driver.Database
	d  driver.Dialect
}

// value is an expression: text, a Go value under a type, or what f writes.
func (s dialectSuite) value(ty schema.Type, v any) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) {
		x, err := s.d.Encode(ty, v)
		if err != nil {
			b.Fail(err)
			return
		}
		s.d.Cast(b, driver.ExprFunc(func(b *driver.Builder) { b.Arg(x) }), ty)
	})
}

func (s dialectSuite) str(v any) driver.Expr { return s.value(schema.Type{Kind: schema.Text}, v) }

// rows runs "SELECT e" and what more writes behind it, and returns the first
// column as text; NULL is "NULL".
func (s dialectSuite) rows(t *testing.T, write func(b *driver.Builder)) []string {
	t.Helper()
	b := driver.NewBuilder(s.d)
	write(b)
	text, args, err := b.Done()
	if err != nil {
		t.Errorf("writing: %v", err)
		return nil
	}
	rows, err := s.db.Reader.QueryContext(t.Context(), text, args...)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return nil
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var v sql.NullString
		if err := rows.Scan(&v); err != nil {
			t.Errorf("%s: %v", text, err)
			return nil
		}
		if !v.Valid {
			v.String = "NULL"
		}
		out = append(out, v.String)
	}
	if err := rows.Err(); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return out
}

// one is the value of an expression.
func (s dialectSuite) one(t *testing.T, write func(b *driver.Builder)) string {
	t.Helper()
	got := s.rows(t, func(b *driver.Builder) {
		b.SQL("SELECT ")
		write(b)
	})
	if len(got) != 1 {
		t.Errorf("%d rows for one value", len(got))
		return ""
	}
	return got[0]
}

// holds is whether a condition does: "yes", "no" or "NULL".
func (s dialectSuite) holds(t *testing.T, write func(b *driver.Builder)) string {
	t.Helper()
	return s.one(t, func(b *driver.Builder) {
		b.SQL("CASE WHEN ")
		write(b)
		b.SQL(" THEN 'yes' WHEN NOT (")
		write(b)
		b.SQL(") THEN 'no' END")
	})
}

func (s dialectSuite) names(t *testing.T) {
	for _, name := range []string{"a", "select", "a b", `q"u`, "b`t", "%", "?", "$1", ":x", "é键", "🔑", "[x]", "tab\t",
		strings.Repeat("n", 63)} {
		if _, err := s.d.AppendIdent(nil, name); errors.Is(err, dberr.ErrUnsupported) {
			continue
		}
		got := s.one(t, func(b *driver.Builder) {
			b.Ident("t").SQL(".").Ident(name).SQL(" FROM (SELECT 1 AS ").Ident(name).SQL(") AS ").Ident("t")
		})
		if got != "1" {
			t.Errorf("%q: got %s", name, got)
		}
	}
	l := s.d.Limits()
	if l.IdentBytes > 0 {
		if _, err := s.d.AppendIdent(nil, strings.Repeat("é", l.IdentBytes/2+1)); !errors.Is(err, dberr.ErrTooLarge) {
			t.Errorf("a name of too many bytes: %v", err)
		}
	}
	if l.IdentChars > 0 {
		if _, err := s.d.AppendIdent(nil, strings.Repeat("é", l.IdentChars)); err != nil {
			t.Errorf("a name of the most characters: %v", err)
		}
		if _, err := s.d.AppendIdent(nil, strings.Repeat("n", l.IdentChars+1)); !errors.Is(err, dberr.ErrTooLarge) {
			t.Errorf("a name of too many characters: %v", err)
		}
	}
}

var awkward = []string{"", " ", "a", "'", "''", `\`, `\'`, `"`, "`", "\n\r\t", "%_", "?", "$1 :x @p {y}", "é", "🐍",
	"\u200b\ufeff", "-- ", "/* */", "E'\\n'", "\x01\x1f\x7f", "a "}

func (s dialectSuite) literals(t *testing.T) {
	for _, v := range awkward {
		lit, err := s.d.AppendString(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.one(t, func(b *driver.Builder) { b.SQL(string(lit)) }); got != v {
			t.Errorf("the literal of %q is %q", v, got)
		}
		if got := s.one(t, func(b *driver.Builder) { b.Expr(s.str(v)) }); got != v {
			t.Errorf("%q comes back as %q", v, got)
		}
		if s.holds(t, func(b *driver.Builder) { b.Expr(s.str(v)).SQL(" = ").Expr(s.str(v + " ")) }) != "no" {
			t.Errorf("%q equals itself with a space behind", v)
		}
	}
}

func (s dialectSuite) encode(t *testing.T) {
	type text string
	str, n := "x", int64(5)
	at := time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.FixedZone("", 3600))
	for i, c := range []struct {
		kind schema.Kind
		v    any
		nil  bool
	}{
		{schema.Text, "x", false}, {schema.Text, text("x"), false}, {schema.Text, &str, false}, {schema.Text, (*string)(nil), true}, {schema.Text, nil, true},
		{schema.BigInt, 5, false}, {schema.BigInt, int32(5), false}, {schema.BigInt, uint8(5), false}, {schema.BigInt, &n, false}, {schema.Boolean, true, false},
		{schema.Float, 1.5, false}, {schema.Float, 2, false}, {schema.Numeric, "1.50", false}, {schema.Numeric, 3, false}, {schema.DateTime, at, false}, {schema.Date, at, false},
		{schema.Time, "08:30", false}, {schema.Time, 8 * time.Hour, false},
		{schema.Bytes, []byte{0, 255}, false}, {schema.Bytes, []byte(nil), true}, {schema.JSON, `{"a":1}`, false}, {schema.JSON, map[string]any{"a": 1}, false},
		{schema.UUID, "0F8FAD5B-D9CB-469F-A165-70867728950E", false},
	} {
		x, err := s.d.Encode(schema.Type{Kind: c.kind}, c.v)
		if err != nil || (x == nil) != c.nil {
			t.Errorf("%d: %s of %v is %v (%v)", i, c.kind, c.v, x, err)
		}
	}
}

func (s dialectSuite) refusals(t *testing.T) {
	for what, c := range map[string]struct {
		ty   schema.Type
		v    any
		want error
	}{
		"NUL":           {schema.Type{Kind: schema.Text}, "a\x00b", dberr.ErrInvalid},
		"not UTF-8":     {schema.Type{Kind: schema.Text}, "a\xffb", dberr.ErrInvalid},
		"JSON with NUL": {schema.Type{Kind: schema.JSON}, `"\u0000"`, dberr.ErrInvalid},
		"half a pair":   {schema.Type{Kind: schema.JSON}, `"\ud800"`, dberr.ErrInvalid},
		"not JSON":      {schema.Type{Kind: schema.JSON}, `{a:1}`, dberr.ErrInvalid},
		"deep JSON": {schema.Type{Kind: schema.JSON}, strings.Repeat("[", 1001) + strings.Repeat("]", 1001),
			dberr.ErrTooLarge},
		"JSON of NaN":       {schema.Type{Kind: schema.JSON}, math.NaN(), dberr.ErrInvalid},
		"a struct as text":  {schema.Type{Kind: schema.Text}, struct{}{}, dberr.ErrInvalid},
		"text as a number":  {schema.Type{Kind: schema.BigInt}, "x", dberr.ErrInvalid},
		"over 64 bits":      {schema.Type{Kind: schema.BigInt}, uint64(math.MaxUint64), dberr.ErrTooLarge},
		"half a number":     {schema.Type{Kind: schema.BigInt}, 1.5, dberr.ErrInvalid},
		"two as a truth":    {schema.Type{Kind: schema.Boolean}, 2, dberr.ErrInvalid},
		"not a decimal":     {schema.Type{Kind: schema.Numeric}, "1,5", dberr.ErrInvalid},
		"too many digits":   {schema.Type{Kind: schema.Numeric, Precision: 5, Scale: 2}, "1234.5", dberr.ErrTooLarge},
		"too fine":          {schema.Type{Kind: schema.Numeric, Precision: 5, Scale: 2}, "1.005", dberr.ErrTooLarge},
		"a day of time":     {schema.Type{Kind: schema.Time}, 24 * time.Hour, dberr.ErrTooLarge},
		"before midnight":   {schema.Type{Kind: schema.Time}, -time.Second, dberr.ErrTooLarge},
		"24 o'clock":        {schema.Type{Kind: schema.Time}, "24:00:00", dberr.ErrInvalid},
		"a number as time":  {schema.Type{Kind: schema.Time}, int64(5), dberr.ErrInvalid},
		"not a UUID":        {schema.Type{Kind: schema.UUID}, "x", dberr.ErrInvalid},
		"not of the values": {schema.Type{Kind: schema.Enum, Values: []string{"a", "b"}}, "c", dberr.ErrInvalid},
	} {
		if x, err := s.d.Encode(c.ty, c.v); !errors.Is(err, c.want) {
			t.Errorf("%s: %v (%v)", what, err, x)
		} else if str, ok := c.v.(string); ok && len(str) > 1 && strings.Contains(err.Error(), str) {
			t.Errorf("%s: the message %q quotes the value", what, err)
		}
	}
	for _, ok := range []struct {
		ty schema.Type
		v  any
	}{{schema.Type{Kind: schema.Numeric, Precision: 5, Scale: 2}, "0123.4500"},
		{schema.Type{Kind: schema.String, Length: 2}, "é🐍"},
		{schema.Type{Kind: schema.JSON}, strings.Repeat("[", 31) + strings.Repeat("]", 31)}} {
		if _, err := s.d.Encode(ok.ty, ok.v); err != nil {
			t.Errorf("%v: %v", ok.v, err)
		}
	}
}

func (s dialectSuite) casts(t *testing.T) {
	for _, c := range []struct {
		kind schema.Kind
		v    any
		want string
	}{{schema.Text, "x", "x"}, {schema.BigInt, math.MinInt64, "-9223372036854775808"},
		{schema.BigInt, math.MaxInt64, "9223372036854775807"}, {schema.Text, nil, "NULL"}} {
		if got := s.one(t, func(b *driver.Builder) { b.Expr(s.value(schema.Type{Kind: c.kind}, c.v)) }); got != c.want {
			t.Errorf("%v as %s is %s", c.v, c.kind, got)
		}
	}
	num := schema.Type{Kind: schema.Numeric}
	for _, c := range [][3]string{{"1.0", "1", "="}, {"1e2", "100.00", "="}, {"9.5", "10", "<"}, {"-2", "-1.5", "<"},
		{"-0.5", "0", "<"}, {"99998969694839.983485848", "99998969694839.983485849", "<"}, {"-10", "-9.99", "<"},
		{"0", "-0.0", "="}} {
		for _, op := range []string{"<", "="} {
			got := s.holds(t, func(b *driver.Builder) {
				for i, v := range c[:2] {
					if i > 0 {
						b.SQL(" " + op + " ")
					}
					s.d.Comparable(b, s.str(v), num)
				}
			})
			if want := map[bool]string{true: "yes", false: "no"}[op == c[2]]; got != want {
				t.Errorf("%s %s %s: %s", c[0], op, c[1], got)
			}
		}
	}
}

// instants are compared with one that is stored without a fraction, and with one.
func (s dialectSuite) instants(t *testing.T) {
	ty := schema.Type{Kind: schema.DateTime}
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	for stored, v := range map[string]time.Time{"2024-01-02 03:04:05": at,
		"2024-01-02 03:04:05.250000": at.Add(250 * time.Millisecond)} {
		e := driver.ExprFunc(func(b *driver.Builder) { s.d.Cast(b, s.str(stored), ty) })
		for _, c := range []struct {
			op   string
			v    time.Time
			want string
		}{{"=", v, "yes"}, {"<>", v, "no"}, {"<", v, "no"}, {"<=", v, "yes"}, {">", v, "no"}, {">=", v, "yes"},
			{"=", v.Add(time.Second), "no"}, {"<", v.Add(time.Microsecond), "yes"}, {">", v.Add(-time.Microsecond), "yes"}} {
			if got := s.holds(t, func(b *driver.Builder) { s.d.CompareInstant(b, e, c.op, s.value(ty, c.v)) }); got != c.want {
				t.Errorf("%s %s %s: %s", stored, c.op, c.v, got)
			}
		}
		for _, not := range []bool{false, true} {
			list := []driver.Expr{s.value(ty, v.Add(time.Second)), s.value(ty, v)}
			if got := s.holds(t, func(b *driver.Builder) { s.d.InstantIn(b, e, list, not) }); got != map[bool]string{false: "yes", true: "no"}[not] {
				t.Errorf("%s in (%v): %s", stored, not, got)
			}
		}
	}
}

func (s dialectSuite) text(t *testing.T) {
	for _, c := range []struct {
		text, pattern string
		escape        rune
		want          string
	}{
		{"abc", "abc", 0, "yes"}, {"abc", "ABC", 0, "no"}, {"abc", "a%", 0, "yes"}, {"abc", "_b_", 0, "yes"}, {"abc", "ab", 0, "no"}, {"é🐍x", "_🐍_", 0, "yes"}, {"é", "__", 0, "no"},
		{"a%c", "a/%c", '/', "yes"}, {"abc", "a/%c", '/', "no"}, {"a/c", "a//c", '/', "yes"}, {`a\c`, `a\c`, 0, "yes"}, {`a\%`, `a\\%`, 0, "no"}, {"a\nb", "a%b", 0, "yes"}, {"", "%", 0, "yes"}, {"", "", 0, "yes"},
		{"aXbXc", "a%X%c", 0, "yes"}, {"ab", "%%%b%%", 0, "yes"}, {"a_c", "a#_c", '#', "yes"}, {"É", "é", 0, "no"},
	} {
		if got := s.holds(t, func(b *driver.Builder) { s.d.Like(b, s.str(c.text), s.str(c.pattern), c.escape) }); got != c.want {
			t.Errorf("%q LIKE %q escape %q: %s", c.text, c.pattern, c.escape, got)
		}
	}
	for _, c := range []struct{ text, pattern, want string }{
		{"abc", "b", "yes"}, {"abc", "^b", "no"}, {"abc", "B", "no"}, {"abc", "^(a|x)[b-d]+$", "yes"}, {"a1", "[[:digit:]]", "yes"}, {"é🐍", "^..$", "yes"}, {"a.c", `a\.c`, "yes"}, {"abc", `a\.c`, "no"},
	} {
		if got := s.holds(t, func(b *driver.Builder) { s.d.Regexp(b, s.str(c.text), c.pattern) }); got != c.want {
			t.Errorf("%q ~ %q: %s", c.text, c.pattern, got)
		}
	}
	for _, c := range [][2]string{{"ABC", "abc"}, {"ÄÖÜ É", "äöü é"}, {"ЖЯ", "жя"}, {"ΑΒΓ", "αβγ"}, {"straße", "straße"},
		{"1_x", "1_x"}} {
		if got := s.one(t, func(b *driver.Builder) { s.d.Lower(b, s.str(c[0])) }); got != c[1] {
			t.Errorf("%q in lower case is %q", c[0], got)
		}
	}
	if got := s.one(t, func(b *driver.Builder) { s.d.Concat(b, []driver.Expr{s.str("a"), s.str("\\'"), s.str("")}) }); got != `a\'` {
		t.Errorf("concatenated %q", got)
	}
	if got := s.one(t, func(b *driver.Builder) { s.d.Concat(b, []driver.Expr{s.str("a"), s.str(nil)}) }); got != "NULL" {
		t.Errorf("concatenated with NULL %q", got)
	}
}

func (s dialectSuite) fold(t *testing.T) {
	for _, c := range []struct {
		text, part string
		at         driver.Anchor
		want       string
	}{
		{"Hello", "ELL", driver.Anywhere, "yes"}, {"Hello", "xx", driver.Anywhere, "no"}, {"Hello", "he", driver.AtStart, "yes"}, {"Hello", "el", driver.AtStart, "no"}, {"Hello", "LO", driver.AtEnd, "yes"},
		{"Hello", "ll", driver.AtEnd, "no"}, {"Hello", "hELLO", driver.Whole, "yes"}, {"Hello\n", "hello", driver.Whole, "no"}, {"Hello", "", driver.Anywhere, "yes"}, {"", "", driver.Whole, "yes"}, {"x", "", driver.Whole, "no"},
		{"ÄRGER", "ärger", driver.Whole, "yes"}, {"ЖУК", "жук", driver.Anywhere, "yes"}, {"ΟΔΟΣ", "οδος", driver.Whole, "yes"}, {"οδός", "ΟΔΌΣ", driver.Whole, "yes"}, {"ſ", "S", driver.Whole, "yes"}, {"\u212a", "k", driver.Whole, "yes"},
		{"straße", "STRASSE", driver.Anywhere, "no"}, {"STRAẞE", "straße", driver.Whole, "yes"}, {"İ", "i", driver.Anywhere, "no"}, {"ı", "I", driver.Whole, "no"}, {"𐐀", "𐐨", driver.Whole, "yes"}, {"é", "e", driver.Anywhere, "no"},
		{"a.c", "A.C", driver.Whole, "yes"}, {"abc", "a.c", driver.Whole, "no"}, {"[x](y)*+?{1}^$|\\/-", "[X](Y)*+?{1}^$|\\/-", driver.Whole, "yes"}, {"a b\tc", "B\tC", driver.AtEnd, "yes"}, {"50%", "0%", driver.AtEnd, "yes"}, {"🐍x", "🐍X", driver.Whole, "yes"},
	} {
		if got := s.holds(t, func(b *driver.Builder) { s.d.MatchFold(b, s.str(c.text), c.part, c.at) }); got != c.want {
			t.Errorf("%q in %q at %d: %s", c.part, c.text, c.at, got)
		}
	}
	if got := s.holds(t, func(b *driver.Builder) { s.d.MatchFold(b, s.str(nil), "x", driver.Anywhere) }); got != "NULL" {
		t.Errorf("in NULL: %s", got)
	}
	long := strings.Repeat("aÉ.", 700)
	if got := s.holds(t, func(b *driver.Builder) { s.d.MatchFold(b, s.str("x"+strings.ToUpper(long)), long, driver.AtEnd) }); got != "yes" {
		t.Errorf("a long text: %s", got)
	}
}

func (s dialectSuite) json(t *testing.T) {
	doc := func(text any) driver.Expr { return jsonDoc{s.value(schema.Type{Kind: schema.JSON}, text)} }
	full := doc(`{"s":"x","n":1.50,"i":7,"t":true,"z":null,"a":[1,"b",null,[2]],"o":{"k y":"v","":0},"q\"\\":3,"\u00e9":4}`)
	for _, c := range []struct {
		path driver.Path
		ty   driver.JSONType
		want string
	}{
		{driver.Path{"s"}, driver.AsText, "x"}, {driver.Path{"s"}, driver.AsInteger, "NULL"}, {driver.Path{"i"}, driver.AsInteger, "7"}, {driver.Path{"n"}, driver.AsInteger, "NULL"}, {driver.Path{"n"}, driver.AsNumeric, "1.5"}, {driver.Path{"n"}, driver.AsText, "1.50"},
		{driver.Path{"t"}, driver.AsText, "true"}, {driver.Path{"z"}, driver.AsText, "NULL"}, {driver.Path{"z"}, driver.AsJSON, "null"}, {driver.Path{"no"}, driver.AsJSON, "NULL"}, {driver.Path{"a", 1}, driver.AsText, "b"}, {driver.Path{"a", -1, 0}, driver.AsInteger, "2"},
		{driver.Path{"a", 4}, driver.AsJSON, "NULL"}, {driver.Path{"a", -5}, driver.AsJSON, "NULL"}, {driver.Path{"s", 0}, driver.AsText, "NULL"}, {driver.Path{"o", 0}, driver.AsText, "NULL"}, {driver.Path{"a", "0"}, driver.AsText, "NULL"}, {driver.Path{"o", "k y"}, driver.AsText, "v"},
		{driver.Path{"o", ""}, driver.AsInteger, "0"}, {driver.Path{`q"\`}, driver.AsInteger, "3"}, {driver.Path{"é"}, driver.AsInteger, "4"},
	} {
		got := s.one(t, func(b *driver.Builder) { s.d.JSONGet(b, full, c.path, c.ty) })
		if c.ty == driver.AsNumeric && strings.Contains(got, ".") {
			got = strings.TrimRight(got, "0") // an engine may leave them out
		}
		if got != c.want {
			t.Errorf("%v as %s: %s, want %s", c.path, c.ty, got, c.want)
		}
	}
	for _, c := range []struct {
		what string
		f    func(b *driver.Builder)
		want string
	}{
		{"has null", func(b *driver.Builder) { s.d.JSONHas(b, full, driver.Path{"z"}) }, "yes"},
		{"has not", func(b *driver.Builder) { s.d.JSONHas(b, full, driver.Path{"zz"}) }, "no"},
		{"of NULL", func(b *driver.Builder) { s.d.JSONHas(b, doc(nil), driver.Path{"z"}) }, "no"},
		{"element", func(b *driver.Builder) { s.d.JSONHasElement(b, full, driver.Path{"a"}, "b") }, "yes"},
		{"element of an element", func(b *driver.Builder) { s.d.JSONHasElement(b, full, driver.Path{"a"}, int64(2)) }, "no"},
		{"element true", func(b *driver.Builder) { s.d.JSONHasElement(b, full, driver.Path{"a"}, true) }, "no"},
		{"element null", func(b *driver.Builder) { s.d.JSONHasElement(b, full, driver.Path{"a"}, nil) }, "yes"},
		{"element of the last one", func(b *driver.Builder) { s.d.JSONHasElement(b, doc(`[0,["b",null]]`), driver.Path{-1}, nil) }, "yes"},
		{"element of a scalar", func(b *driver.Builder) { s.d.JSONHasElement(b, full, driver.Path{"s"}, "x") }, "no"},
		{"contains", func(b *driver.Builder) { s.d.JSONContains(b, full, nil, `{"a":[[2],1],"o":{}}`) }, "yes"},
		{"contains not", func(b *driver.Builder) { s.d.JSONContains(b, full, nil, `{"a":[2]}`) }, "no"},
		{"contains below", func(b *driver.Builder) { s.d.JSONContains(b, full, driver.Path{"a"}, `"b"`) }, "yes"},
	} {
		if got := s.holds(t, c.f); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// jsonDoc is a document given as a value.
type jsonDoc struct{ driver.Expr }

func (jsonDoc) SQLType() schema.Type { return schema.Type{Kind: schema.JSON} }

func (s dialectSuite) clauses(t *testing.T) {
	x := driver.ExprFunc(func(b *driver.Builder) { b.Ident("t").SQL(".").Ident("x") })
	from := func(b *driver.Builder, values ...any) {
		b.SQL("SELECT ").Expr(x).SQL(" FROM (")
		for i, v := range values {
			if i > 0 {
				b.SQL(" UNION ALL ")
			}
			b.SQL("SELECT ").Expr(s.value(schema.Type{Kind: schema.BigInt}, v)).SQL(" AS ").Ident("x")
		}
		b.SQL(") AS ").Ident("t")
	}
	number := func(n int64) driver.Expr {
		return driver.ExprFunc(func(b *driver.Builder) { b.Arg(n) })
	}
	check := func(what, want string, write func(b *driver.Builder)) {
		t.Helper()
		if got := strings.Join(s.rows(t, write), " "); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	for _, desc := range []bool{false, true} {
		for _, first := range []bool{false, true} {
			want := "1 2"
			if desc {
				want = "2 1"
			}
			if first {
				want = "NULL " + want
			} else {
				want += " NULL"
			}
			check(fmt.Sprintf("order, down %v, NULLs first %v", desc, first), want, func(b *driver.Builder) {
				from(b, 2, nil, 1)
				b.SQL(" ORDER BY ")
				s.d.OrderNulls(b, x, desc, first)
			})
		}
	}
	check("limit", "1 2", func(b *driver.Builder) { from(b, 1, 2, 3); b.SQL(" ORDER BY ").Expr(x); s.d.Limit(b, number(2), nil) })
	check("offset", "2 3", func(b *driver.Builder) { from(b, 1, 2, 3); b.SQL(" ORDER BY ").Expr(x); s.d.Limit(b, nil, number(1)) })
	check("both", "2", func(b *driver.Builder) {
		from(b, 1, 2, 3)
		b.SQL(" ORDER BY ").Expr(x)
		s.d.Limit(b, number(1), number(1))
	})
	for _, not := range []bool{false, true} {
		check("in an array", map[bool]string{false: "2 3", true: "1"}[not], func(b *driver.Builder) {
			from(b, 1, 2, 3)
			b.SQL(" WHERE ")
			s.d.InArray(b, x, schema.Type{Kind: schema.BigInt}, "[2,3,9223372036854775807]", not)
			b.SQL(" ORDER BY ").Expr(x)
		})
		check("tuples", map[bool]string{false: "2", true: "1 3"}[not], func(b *driver.Builder) {
			from(b, 1, 2, 3)
			b.SQL(" WHERE ")
			s.d.TupleIn(b, []driver.Expr{x, x}, [][]driver.Expr{{number(2), number(2)}, {number(1), number(3)}}, not)
			b.SQL(" ORDER BY ").Expr(x)
		})
		check("distinct from", map[bool]string{false: "1 NULL", true: "2"}[not], func(b *driver.Builder) {
			from(b, 1, 2, nil)
			b.SQL(" WHERE ")
			s.d.DistinctFrom(b, x, number(2), not)
			b.SQL(" ORDER BY ")
			s.d.OrderNulls(b, x, false, false)
		})
	}
	if got := s.holds(t, func(b *driver.Builder) {
		s.d.InArray(b, s.str("é'\"\\"), schema.Type{Kind: schema.Text}, `["a","é'\"\\"]`, false)
	}); got != "yes" {
		t.Errorf("a text in an array: %s", got)
	}
	if !utf8.ValidString(s.d.Engine()) || s.d.Engine() == "" {
		t.Error("the engine has no name")
	}
}
