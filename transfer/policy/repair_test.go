package policy

import (
	"testing"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

func TestRepairs(t *testing.T) {
	column := func(k schema.Kind) *schema.Column { return &schema.Column{Name: "c", Type: schema.Type{Kind: k}} }
	withDefault := column(schema.BigInt)
	withDefault.Default = &schema.Default{Value: int64(7)}
	for _, c := range []struct {
		class canon.Class
		col   *schema.Column
		in    any
		out   any
		ok    bool
	}{
		{canon.NUL, column(schema.Text), "a\x00b\x00", "ab", true},
		{canon.NUL, column(schema.Text), `a\u0000b`, `a\u0000b`, true}, // of text, an escape is six characters
		{canon.NUL, column(schema.JSON), `{"a":"x\u0000y"}`, `{"a":"xy"}`, true},
		{canon.NUL, column(schema.JSON), `{"a":"x\\u0000y\u0000"}`, `{"a":"x\\u0000y"}`, true},
		{canon.NUL, column(schema.JSON), "{\"a\":\"x\x00y\"}", `{"a":"xy"}`, true},
		{canon.Encoding, column(schema.Text), "a\xffb", "a\uFFFDb", true},
		{canon.Encoding, column(schema.JSON), `"\ud83d"`, `"\ufffd"`, true},
		{canon.Encoding, column(schema.JSON), `"\ude00\ud83d"`, `"\ufffd\ufffd"`, true},
		{canon.Encoding, column(schema.JSON), `"\ud83d\ude00 \ud83dx"`, `"\ud83d\ude00 \ufffdx"`, true},
		{canon.Encoding, column(schema.JSON), `"\\ud83d"`, `"\\ud83d"`, true},
		{canon.InvalidJSON, column(schema.JSON), `{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN"}`, `{"a": null, "b": [null, null], "c": "NaN"}`, true},
		{canon.InvalidJSON, column(schema.JSON), `{"a": <cut`, `"{\"a\": <cut"`, true},
		{canon.InvalidJSON, column(schema.JSON), ``, `""`, true},
		{canon.InvalidJSON, column(schema.JSON), `"\`, `"\"\\"`, true},
		{canon.Booleans, column(schema.Boolean), int64(2), true, true},
		{canon.Booleans, column(schema.Boolean), " True ", true, true},
		{canon.Booleans, column(schema.Boolean), "off", false, true},
		{canon.Booleans, column(schema.Boolean), "maybe", nil, false},
		{canon.Numbers, column(schema.BigInt), " 17 ", int64(17), true},
		{canon.Numbers, column(schema.BigInt), "17.0", int64(17), true},
		{canon.Numbers, column(schema.BigInt), 1e3, int64(1000), true},
		{canon.Numbers, column(schema.BigInt), 1.5, nil, false},
		{canon.Numbers, column(schema.BigInt), 1e30, nil, false},
		{canon.Numbers, column(schema.BigInt), "many", nil, false},
		{canon.Numbers, column(schema.Float), "1.5", 1.5, true},
		{canon.Nulls, withDefault, nil, int64(7), true},
		{canon.Nulls, column(schema.BigInt), nil, nil, false},
		{canon.TooLong, column(schema.Text), "long", nil, false},
	} {
		got, ok := repaired(c.class, c.col, c.in)
		if ok != c.ok || ok && got != c.out {
			t.Errorf("%s of %v: %v, %v; want %v, %v", c.class, c.in, got, ok, c.out, c.ok)
		}
	}
}

func TestRulesThatMeanNothingAreRefused(t *testing.T) {
	for _, r := range []Rules{{"nothing": Skip}, {canon.NUL: "drop"}, {canon.TooLong: Repair}} {
		if err := r.Check(); err == nil {
			t.Errorf("%v was taken", r)
		}
	}
	if err := (Rules{canon.NUL: Repair, canon.TooLong: Skip, canon.Orphans: Fail}).Check(); err != nil {
		t.Error(err)
	}
	for _, c := range canon.Classes() {
		if what, _ := Describe(c); what == "" {
			t.Errorf("nobody says what %s is", c)
		}
	}
}

func FuzzEscapes(f *testing.F) {
	f.Add(`"\ud83d\u0000\\u0000"`)
	f.Fuzz(func(_ *testing.T, s string) {
		jsontext.ReplaceFunc(s, func(r rune) (string, bool) { return "", r == 0 })
		asJSON(s)
	})
}
