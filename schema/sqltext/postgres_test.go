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
	if got := sqltext.Rename(`({C} COLLATE {C}) > 'x'`,
		func(string) string { return "d" }); got != `({d} COLLATE {C}) > 'x'` {
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

// A literal beside a column of days, times or instants says the same with and
// without its type, and however much of it is written.
func TestMoments(t *testing.T) {
	r := sqltext.Rules{Dollars: true, Casts: true, Columns: []string{"a", "d", "t", "i", "z"}, TimeColumns: map[string]string{
		"d": sqltext.Date, "t": sqltext.TimeOfDay, "i": sqltext.Instant, "z": sqltext.ZoneInstant}}
	for in, want := range map[string]string{
		`t > '06:30:00'::time without time zone`:                                                    `{t} > '06:30:00'`,
		`t > '6:30' AND t < TIME '07:00:00.500000'`:                                                 `({t} > '06:30:00') AND ({t} < '07:00:00.5')`,
		`t = ANY (ARRAY['01:02:03'::time without time zone, '12:00:00.5'::time without time zone])`: `{t} IN ('01:02:03', '12:00:00.5')`,
		`d <> ALL (ARRAY['2024-01-01'::date, '2025-01-01'::date])`:                                  `{d} NOT IN ('2024-01-01', '2025-01-01')`,
		`d BETWEEN DATE '2024-01-01' AND '2025-01-01'`:                                              `({d} >= '2024-01-01') AND ({d} <= '2025-01-01')`,
		`i > '2024-01-01' OR '2024-01-02T03:04:05' < i`:                                             `({i} > '2024-01-01 00:00:00') OR ('2024-01-02 03:04:05' < {i})`,
		`z > '2024-01-01 00:00:00+00'::timestamp with time zone`:                                    `{z} > '2024-01-01 00:00:00'`,
		`a > TIME '06:30'`: `{a} > CAST('06:30' AS time without time zone)`,
		`t > 'noon' AND t > '24:00:00' AND t > '01:02:03.1234567'`: `({t} > 'noon') AND ({t} > '24:00:00') AND ({t} > '01:02:03.1234567')`,
	} {
		if got, err := sqltext.Canonical(in, r); err != nil || got != want {
			t.Errorf("%s\n  is %s (%v)\nwant %s", in, got, err, want)
		}
	}
}
