package sqltext_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/schema/sqltext"
)

var (
	standard = sqltext.Rules{Template: true}
	file     = sqltext.Rules{Backticks: true, Brackets: true, LooseQuotes: true, TightConcat: true,
		Columns: []string{"a", "b", "Email"}}
	casting = sqltext.Rules{Dollars: true, Casts: true, Columns: []string{"a", "b", "email", "data", "meta"},
		TextColumns: []string{"email"}}
	escaping = sqltext.Rules{Backticks: true, DoubleString: true, Backslash: true, Introducers: true, HashComments: true, Concat: true,
		BoolNumbers: true, PushNot: true, Condition: true, Columns: []string{"a", "b", "s"}, Aliases: map[string]string{"lcase": "lower"}}
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		rules    sqltext.Rules
		in, want string
	}{
		{standard, `{a}`, `{a}`},
		{standard, `((({a})))`, `{a}`},
		{standard, `({user_id} is null)<>({app_id} IS  NULL)`, `({user_id} IS NULL) <> ({app_id} IS NULL)`},
		{standard, `{a}=1 and {b}!=2 AND {c}<3`, `({a} = 1) AND ({b} <> 2) AND ({c} < 3)`},
		{standard, `({a}=1 and {b}=2) AND {c}=3`, `({a} = 1) AND ({b} = 2) AND ({c} = 3)`},
		{standard, `{a}=1 or {b}=2 and {c}=3`, `({a} = 1) OR (({b} = 2) AND ({c} = 3))`},
		{standard, `not {a}`, `NOT {a}`},
		{standard, `not {a} = 1`, `NOT ({a} = 1)`},
		{standard, `{a} between 1 and 2 and {b}`, `({a} >= 1) AND ({a} <= 2) AND {b}`},
		{standard, `{a} not in ( 1,2 )`, `{a} NOT IN (1, 2)`},
		{standard, `{a} like 'x%' escape '!'`, `{a} LIKE 'x%' ESCAPE '!'`},
		{standard, `-1`, `-1`},
		{standard, `- {a}`, `-{a}`},
		{standard, `{a} - -1`, `{a} - -1`},
		{standard, `- -1`, `-(-1)`},
		{standard, `{a} + {b} * 2`, `{a} + ({b} * 2)`},
		{standard, `({a} + {b}) + 2`, `({a} + {b}) + 2`},
		{standard, `COALESCE( {a},0 )`, `coalesce({a}, 0)`},
		{standard, `case when {a} is null then 0 else {a} end`, `CASE WHEN {a} IS NULL THEN 0 ELSE {a} END`},
		{standard, `case {a} when 1 then 'x' end`, `CASE {a} WHEN 1 THEN 'x' END`},
		{standard, `cast({a} as varchar(10))`, `CAST({a} AS varchar(10))`},
		{standard, `now()`, `CURRENT_TIMESTAMP`},
		{standard, `current_timestamp`, `CURRENT_TIMESTAMP`},
		{standard, `'it''s {not} a name'`, `'it''s {not} a name'`},
		{standard, `{a} is distinct from {b}`, `{a} IS DISTINCT FROM {b}`},
		{standard, `{a} -- words
			= /* more */ 1`, `{a} = 1`},
		{standard, `({meta} -> 'data') ->> 'knowledge_id'`, `({meta} -> 'data') ->> 'knowledge_id'`},
		{file, "`a` = [b]", `{a} = {b}`},
		{file, `A = "B"`, `{a} = {b}`},
		{file, `lower(EMAIL)`, `lower({Email})`},
		{file, `a = "no column"`, `{a} = 'no column'`},
		{file, `a || b + 1`, `({a} || {b}) + 1`},
		{file, `a NOTNULL`, `{a} IS NOT NULL`},
		{file, `a NOT NULL`, `{a} IS NOT NULL`},
		{file, `a ISNULL`, `{a} IS NULL`},
		{file, `a == 1`, `{a} = 1`},
		{file, `a GLOB 'x*'`, `{a} GLOB 'x*'`},
		{file, `a COLLATE nocase = 'x'`, `({a} COLLATE nocase) = 'x'`},
		{file, `x'00FF'`, `X'00ff'`},
		{casting, `lower((email)::text)`, `lower({email})`},
		{casting, `((data ->> 'status'::text) = ANY (ARRAY['pending'::text, 'processing'::text]))`, `({data} ->> 'status') IN ('pending', 'processing')`},
		{casting, `((email)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))`, `{email} IN ('a', 'b')`},
		{casting, `(a <> ALL (ARRAY[1, 2]))`, `{a} NOT IN (1, 2)`},
		{casting, `(((meta -> 'data'::text) ->> 'knowledge_id'::text))`, `({meta} -> 'data') ->> 'knowledge_id'`},
		{casting, `(a > (0)::numeric)`, `{a} > 0`},
		{casting, `(a > '-5'::integer)`, `{a} > -5`},
		{casting, `(a > '-5'::bigint)`, `{a} > -5`},
		{casting, `('2024-01-01'::date < b)`, `CAST('2024-01-01' AS date) < {b}`},
		{casting, `(a)::text`, `CAST({a} AS text)`},
		{casting, `(email ~~ 'x%'::text)`, `{email} LIKE 'x%'`},
		{casting, `(email !~~* 'x%'::text)`, `{email} NOT ILIKE 'x%'`},
		{casting, `"substring"(email, 1, 2)`, `substring({email}, 1, 2)`},
		{casting, `CASE WHEN (a > 0) THEN b ELSE NULL::bigint END`, `CASE WHEN {a} > 0 THEN {b} END`},
		{casting, `E'a\\b'`, `'a\b'`},
		{casting, `$x$it's$x$`, `'it''s'`},
		{casting, `nextval('config_id_seq'::regclass)`, `nextval(CAST('config_id_seq' AS regclass))`},
		{escaping, "(`a` in (_utf8mb4'x',_utf8mb4'it\\'s'))", `{a} IN ('x', 'it''s')`},
		{escaping, "lcase(`s`) = 'x'", `lower({s}) = 'x'`},
		{escaping, "(`a` <> 1) or (`s` <> _utf8mb4'x')", `({a} <> 1) OR ({s} <> 'x')`},
		{escaping, "not (a = 1 and s = 'x')", `({a} <> 1) OR ({s} <> 'x')`},
		{escaping, "(not((`s` like 'x')))", `{s} NOT LIKE 'x'`},
		{escaping, "((`a` = 1) or (0 = coalesce(`b`,0)))", `({a} = 1) OR (coalesce({b}, 0) = 0)`},
		{escaping, "a = 1 or !coalesce(b,0)", `({a} = 1) OR (coalesce({b}, 0) = 0)`},
		{escaping, "a and not b", `({a} <> 0) AND ({b} = 0)`},
		{escaping, "(0 <> a) and (0 = b)", `({a} <> 0) AND ({b} = 0)`},
		{escaping, "a || b", `concat({a}, {b}) <> 0`},
		{escaping, "a MOD 2 = true", `({a} % 2) = 1`},
		{escaping, "json_valid(`a`)", `json_valid({a})`},
		{escaping, "a = 1 # words", `{a} = 1`},
		{escaping, "not (a like 'x%' escape '!')", `{a} NOT LIKE 'x%' ESCAPE '!'`},
		{escaping, "timestampdiff(DAY,`a`,`b`)", `timestampdiff(DAY, {a}, {b}) <> 0`},
		{casting, "(a IS NFC NORMALIZED)", `({a} IS NFC NORMALIZED)`},
		{casting, "ARRAY[]::text[]", `CAST(ARRAY[] AS text[])`},
		{casting, "(ARRAY[]::character varying[])::text[]", `CAST(CAST(ARRAY[] AS character varying[]) AS text[])`},
		{casting, "ARRAY['a'::text]", `ARRAY['a']`},
		{casting, "CURRENT_CATALOG", `CURRENT_CATALOG`},
		{escaping, `a = "x"`, `{a} = 'x'`},
		// Not understood: words in normal form, parentheses as they were.
		{standard, `exists (select 1 from  {t})`, `EXISTS(SELECT 1 FROM {t})`},
		{casting, `EXTRACT(year FROM a)`, `EXTRACT(YEAR FROM {a})`},
		{standard, ``, ``},
	} {
		got, err := sqltext.Canonical(c.in, c.rules)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
		// The normal form is one: reading it changes nothing.
		r := c.rules
		r.Template, r.Backticks, r.Brackets, r.DoubleString, r.Backslash, r.Introducers, r.HashComments, r.LooseQuotes = true,
			false, false, false, false, false, false, false
		if again, err := sqltext.Canonical(got, r); err != nil || again != got {
			t.Errorf("%s becomes %s, %v", got, again, err)
		}
	}
}

func TestWhatCannotBeSplitIsAnError(t *testing.T) {
	for _, s := range []string{`'open`, `"open`, `{open`, `/* open`, "a \x00 b", "a \x01"} {
		if got, err := sqltext.Canonical(s, standard); err == nil {
			t.Errorf("%q is %q", s, got)
		}
	}
	for _, s := range []string{"`open", "[open"} {
		if got, err := sqltext.Canonical(s, file); err == nil {
			t.Errorf("%q is %q", s, got)
		}
	}
	if got, err := sqltext.Canonical("$x$ open", casting); err == nil {
		t.Errorf("an open quotation is %q", got)
	}
}

func TestLiteral(t *testing.T) {
	for _, c := range []struct {
		rules sqltext.Rules
		in    string
		want  any
	}{
		{casting, `'{}'::json`, "{}"},
		{casting, `'context'::character varying`, "context"},
		{casting, `false`, false},
		{casting, `(-5)`, int64(-5)},
		{casting, `'-5'::integer`, int64(-5)},
		{casting, `1.5`, 1.5},
		{casting, `'9223372036854775807'::bigint`, int64(9223372036854775807)},
		{casting, `'2024-02-29'::date`, "2024-02-29"},
		{casting, `now()`, nil},
		{casting, `NULL::text`, nil},
		{casting, `nextval('x'::regclass)`, nil},
		{file, `'it''s'`, "it's"},
		{file, `"x"`, "x"},
		{file, `(1)`, int64(1)},
		{file, `a`, nil},
		{escaping, `_utf8mb4'{}'`, "{}"},
		{escaping, `'a\\b\'c'`, `a\b'c`},
	} {
		got, ok := sqltext.Literal(c.in, c.rules)
		if ok != (c.want != nil) || got != c.want {
			t.Errorf("%s is %v (%T), %v; want %v", c.in, got, got, ok, c.want)
		}
	}
}

func TestRenderLeavesBracesInStringsAlone(t *testing.T) {
	quote := func(q string) func(string) (string, error) {
		return func(s string) (string, error) { return q + s + q, nil }
	}
	got, err := sqltext.Render(`{a b} <> '{}' AND f({c}) = 'it''s'`, false, quote(`"`), quote("'"))
	if want := `"a b" <> '{}' AND f("c") = 'it's'`; err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	if cols := sqltext.Columns(`{b} + {a} + {b} + '{c}'`); strings.Join(cols, ",") != "b,a" {
		t.Errorf("columns %v", cols)
	}
}

func TestDeepNestingIsNoDanger(t *testing.T) {
	deep := strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000)
	if _, err := sqltext.Canonical(deep, standard); err != nil {
		t.Error(err)
	}
	if _, err := sqltext.Canonical(strings.Repeat("NOT ", 100000)+"{a}", standard); err != nil {
		t.Error(err)
	}
}

// Whatever the text, nothing panics, and the normal form is stable.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`({a} IS NULL) <> ({b} IS NULL)`, `lower((email)::text)`, "`a` in (_utf8mb4\\'x\\')",
		`a = ANY (ARRAY['x'::text])`, `CASE WHEN a THEN 'x' END`, `{a}..{b}`, `not not {a}`, `- -1`,
		`a between b and c and d`, `x'00'`, `'`, `1e5`, `{a} COLLATE "C"`, `cast(a as numeric(1,2))`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range []sqltext.Rules{standard, file, casting, escaping} {
			if one, err := sqltext.Canonical(s, r); err == nil {
				_, _ = sqltext.Literal(s, r)
				_ = sqltext.Columns(one)
			}
		}
		one, err := sqltext.Canonical(s, standard)
		if err != nil {
			return
		}
		two, err := sqltext.Canonical(one, standard)
		if err != nil || one != two {
			t.Errorf("%q becomes %q and then %q, %v", s, one, two, err)
		}
	})
}
