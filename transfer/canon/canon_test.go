package canon_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

func TestRead(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 123456000, time.UTC)
	for _, c := range []struct {
		kind  schema.Kind
		raw   any
		want  any
		class canon.Class
	}{
		{schema.Text, []byte("a"), "a", ""},
		{schema.Text, int64(12), "12", ""},
		{schema.JSON, int64(1), "1", ""},
		{schema.JSON, 1.5, "1.5", ""},
		{schema.UUID, "ABCDEF00-0000-0000-0000-000000000000", "abcdef00-0000-0000-0000-000000000000", ""},
		{schema.BigInt, int64(math.MaxInt64), int64(math.MaxInt64), ""},
		{schema.BigInt, "17", "17", canon.Numbers},
		{schema.BigInt, 17.0, 17.0, canon.Numbers},
		{schema.BigInt, "x", "x", canon.Numbers},
		{schema.Boolean, int64(1), true, ""},
		{schema.Boolean, int64(2), int64(2), canon.Booleans},
		{schema.Boolean, "true", "true", canon.Booleans},
		{schema.Float, int64(3), 3.0, ""},
		{schema.Float, "3", "3", canon.Numbers},
		{schema.Numeric, "1.500", "1.5", ""},
		{schema.Numeric, "1e2", "100", ""},
		{schema.Numeric, "many", "many", canon.Numbers},
		{schema.DateTime, "2026-01-02 12:00:00.123456", noon, ""},
		{schema.DateTime, noon, noon, ""},
		{schema.DateTime, "soon", "soon", canon.Times},
		{schema.Date, noon, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), ""},
		{schema.Bytes, []byte{0, 1}, []byte{0, 1}, ""},
		{schema.Text, nil, nil, ""},
	} {
		got, err := canon.Read(schema.Type{Kind: c.kind}, c.raw)
		class := canon.Class("")
		if e, ok := err.(*canon.Error); ok {
			class = e.Class
		}
		if d := cmp.Diff(c.want, got); d != "" || class != c.class {
			t.Errorf("%s of %v (%T): class %q, want %q\n%s", c.kind, c.raw, c.raw, class, c.class, d)
		}
	}
}

func TestJSONIsOneSpellingOfAValue(t *testing.T) {
	for text, want := range map[string]string{
		` { "b" : 1.0, "a": [1e2, 0.10, -0] } `: `{"a":[100,0.1,0],"b":1}`,
		`{"a":1,"a":2}`:                         `{"a":2}`,
		`"\u00e9\/"`:                            `"é/"`,
		`{"x":18446744073709551617}`:            `{"x":18446744073709551617}`,
		`null`:                                  `null`,
		`{not json`:                             `{not json`,
		`{"k":{"z":true,"y":false}}`:            `{"k":{"y":false,"z":true}}`,
		`[0.12345678901234567]`:                 `[0.12345678901234567]`,
		`"<&>"`:                                 `"<&>"`,
	} {
		if got := canon.JSON(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestALineKeepsEveryValueAndItsType(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := []any{
			nil, rapid.Bool().Draw(t, "bool"), rapid.Int64().Draw(t, "int"), rapid.Float64().Draw(t, "float"),
			rapid.String().Draw(t, "text"), string(rapid.SliceOf(rapid.Byte()).Draw(t, "no text")),
			append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")...),
			time.UnixMicro(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "time")).UTC(),
		}
		got, err := canon.ParseLineRow(canon.AppendLineRow(nil, row))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(row, got); d != "" {
			t.Fatal(d)
		}
	})
	for _, f := range []float64{math.Inf(1), math.Inf(-1)} {
		if got, err := canon.ParseLine(canon.AppendLine(nil, f)); err != nil || got != f {
			t.Errorf("%v: %v, %v", f, got, err)
		}
	}
}

func TestSumsTellRowsApartAndDoNotCareForTheirOrder(t *testing.T) {
	types := []schema.Type{{Kind: schema.Text}, {Kind: schema.Text}, {Kind: schema.JSONB}}
	s := canon.NewSummer(types)
	rows := [][]any{{"ab", "c", nil}, {"a", "bc", nil}, {"a", nil, "bc"}, {nil, nil, nil}, {"", nil, nil},
		{int64(1), nil, nil}, {"1", nil, nil}}
	seen := map[canon.Sum]bool{}
	var forth, back canon.Sum
	for i := range rows {
		seen[s.Row(rows[i])] = true
		forth.Add(s.Row(rows[i]))
		back.Add(s.Row(rows[len(rows)-1-i]))
	}
	if len(seen) != len(rows) {
		t.Errorf("%d sums for %d rows", len(seen), len(rows))
	}
	if forth != back {
		t.Error("the sum depends on the order")
	}
	if p, ok := canon.ParseSum(forth.String()); !ok || p != forth {
		t.Error("a sum is not read back")
	}
	if s.Row([]any{"", "", `{"b": 1, "a": 2}`}) != s.Row([]any{"", "", `{"a":2,"b":1.0}`}) {
		t.Error("equal documents of a column that keeps values have different sums")
	}
}
