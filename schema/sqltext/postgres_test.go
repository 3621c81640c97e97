package sqltext_test

import (
	"testing"

	"github.com/larder-db/larder/schema/sqltext"
)

// What a server that casts prints is read, and written so that it can be sent again.
func TestOperatorsOfOnesOwn(t *testing.T) {
	r := sqltext.Rules{Dollars: true, Casts: true, Columns: []string{"a", "A", "b"}}
	for in, want := range map[string]string{
		`((|/ (a)::double precision) < (10)::double precision)`: `(|/CAST({a} AS double precision)) < 10`,
		`(||/ b) > @ -5`:                        `(||/{b}) > (@(-5))`,
		`(a -|- b)`:                             `{a} -|- {b}`,
		`a ~= b AND a &< b AND b ^@ 'x'`:        `({a} ~= {b}) AND ({a} &< {b}) AND ({b} ^@ 'x')`,
		`a=-1 OR a<>-1 OR a*-1 = 2`:             `({a} = -1) OR ({a} <> -1) OR (({a} * -1) = 2)`,
		`a -- x` + "\n" + `= 1`:                 `{a} = 1`,
		`(a COLLATE "C") > 'a'`:                 `({a} COLLATE {C}) > 'a'`,
		`a IN ('x')`:                            `{a} = 'x'`,
		`a = ANY (ARRAY['x'::text])`:            `{a} = 'x'`,
		`a <> ALL (ARRAY['x'::text])`:           `{a} <> 'x'`,
		`a = ANY (ARRAY['x'::text, 'y'::text])`: `{a} IN ('x', 'y')`,
		`POSITION(('a'::text) IN (b)) > 0`:      `position('a' IN ({b})) > 0`,
		`"A" > a`:                               `{A} > {a}`,
	} {
		got, err := sqltext.Canonical(in, r)
		if err != nil || got != want {
			t.Errorf("%s\n  is %s (%v)\nwant %s", in, got, err, want)
		}
	}
	if got := sqltext.Columns(`({a} COLLATE {C}) > {b}`); len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("a collation is no column: %v", got)
	}
	if got := sqltext.Rename(`({C} COLLATE {C}) > 'x'`, func(string) string { return "d" }); got != `({d} COLLATE {C}) > 'x'` {
		t.Errorf("a collation is not renamed with a column: %s", got)
	}
}

// A number is a float64 only where that is the same to the last digit.
func TestNumber(t *testing.T) {
	for in, want := range map[string]any{
		"5": int64(5), "-5": int64(-5), "0.1": 0.1, "1.50": 1.5, "1e30": 1e30, "18446744073709551615": "18446744073709551615",
		"12345678901234567890.1230": "12345678901234567890.123", "-0.12345678901234567890": "-0.1234567890123456789", "9007199254740993.0": "9007199254740993",
		"NaN": nil, "Infinity": nil, "0x10": nil, "": nil, "1.2.3": nil,
	} {
		got, ok := sqltext.Number(in)
		if got != want || ok != (want != nil) {
			t.Errorf("%s is %v (%T), want %v", in, got, got, want)
		}
	}
}
