package op_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// canonical is a value as its type means it, the same on every engine.
func canonical(k schema.Kind, r op.Row) string {
	if r.Null("a") {
		return "NULL"
	}
	switch k {
	case schema.Boolean:
		return fmt.Sprint(r.Bool("a"))
	case schema.Integer, schema.BigInt:
		return fmt.Sprint(r.Int("a"))
	case schema.Numeric, schema.Float:
		if n, ok := new(big.Rat).SetString(r.Text("a")); ok {
			return n.FloatString(4)
		}
	case schema.DateTime:
		return r.Time("a").Format(time.RFC3339Nano)
	case schema.Date:
		return r.Time("a").Format(time.DateOnly)
	}
	return r.Text("a")
}

func columnA(t *testing.T, eng *engine.Engine, k schema.Kind) []string {
	t.Helper()
	rows, err := op.Get(t.Context(), eng, "SELECT {id}, {a} FROM {t} ORDER BY {id}")
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = canonical(k, r)
	}
	return out
}

// TestTypesKeepValues changes the type of a column with 1,000 rows there and
// back: the values are what the new type makes of them, the same on every
// engine, and in the end what they were.
func TestTypesKeepValues(t *testing.T) {
	kind := func(k schema.Kind) schema.Type { return schema.Type{Kind: k} }
	at := func(n int) time.Time { return time.Date(1960+n%100, 3, 1, n%24, n%60, n%50, 0, time.UTC) }
	mood := schema.Type{Kind: schema.Enum, Name: "mood_t", Values: []string{"fine", "it's"}}
	str := func(n int) schema.Type { return schema.Type{Kind: schema.String, Length: n} }
	numeric := func(p, s int) schema.Type { return schema.Type{Kind: schema.Numeric, Precision: p, Scale: s} }
	same := func(n int, s string) string { return s }
	for n, c := range []struct {
		from, to schema.Type
		value    func(n int) any
		want     func(n int, was string) string
	}{
		{str(50), kind(schema.Text), func(n int) any { return fmt.Sprintf("é%d 'x' \\ ", n) }, same},
		{str(50), str(100), func(n int) any { return fmt.Sprint("v", n) }, same},
		{kind(schema.Text), str(20), func(n int) any { return strings.Repeat("ä", n%20) }, same},
		{kind(schema.Integer), kind(schema.BigInt), func(n int) any { return n - 500 }, same},
		{kind(schema.BigInt), kind(schema.Integer), func(n int) any { return n - 500 }, same},
		{kind(schema.Integer), kind(schema.Boolean), func(n int) any { return n % 2 }, func(n int, _ string) string { return fmt.Sprint(n%2 == 1) }},
		{kind(schema.Boolean), kind(schema.Integer), func(n int) any { return n%2 == 1 }, func(n int, _ string) string { return fmt.Sprint(n % 2) }},
		{kind(schema.Boolean), kind(schema.BigInt), func(n int) any { return n%2 == 1 }, func(n int, _ string) string { return fmt.Sprint(n % 2) }},
		{kind(schema.Boolean), kind(schema.Text), func(n int) any { return n%2 == 1 }, same},
		{kind(schema.Text), kind(schema.Boolean), func(n int) any { return fmt.Sprint(n%2 == 1) }, same},
		{kind(schema.Text), kind(schema.JSON), func(n int) any { return fmt.Sprintf(`{"n": %d, "n": "it's \\ \" %d"}`, n, n) }, same},
		{kind(schema.Text), kind(schema.JSON), func(n int) any { return fmt.Sprintf("%d.50", n) }, same},
		{kind(schema.JSON), kind(schema.Text), func(n int) any { return fmt.Sprintf(`[1.0, %d]`, n) }, same},
		{kind(schema.JSON), kind(schema.Text), func(n int) any { return fmt.Sprintf(`%d.0`, n) }, same},
		{kind(schema.Text), kind(schema.BigInt), func(n int) any { return fmt.Sprint(n * 1_000_000_007) }, same},
		{str(30), kind(schema.Integer), func(n int) any { return fmt.Sprint(-n) }, same},
		{kind(schema.BigInt), kind(schema.Text), func(n int) any { return n }, same},
		{kind(schema.DateTime), kind(schema.BigInt), func(n int) any { return at(n) }, func(n int, _ string) string { return fmt.Sprint(at(n).Unix()) }},
		{kind(schema.BigInt), kind(schema.DateTime), func(n int) any { return at(n).Unix() }, func(n int, _ string) string { return at(n).Format(time.RFC3339Nano) }},
		{kind(schema.DateTime), schema.Type{Kind: schema.DateTime, WithZone: true}, func(n int) any { return at(n) }, same},
		{kind(schema.Date), kind(schema.DateTime), func(n int) any { return at(n).Truncate(24 * time.Hour) }, func(_ int, s string) string { return s + "T00:00:00Z" }},
		{numeric(10, 2), numeric(12, 4), func(n int) any { return fmt.Sprintf("%d.25", n) }, same},
		{kind(schema.Integer), numeric(12, 2), func(n int) any { return n }, func(_ int, s string) string { return s + ".0000" }},
		{numeric(10, 2), kind(schema.Float), func(n int) any { return fmt.Sprintf("%d.25", n) }, same},
		{kind(schema.Text), kind(schema.UUID), func(n int) any { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }, same},
		{kind(schema.UUID), str(36), func(n int) any { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }, same},
		{kind(schema.Text), kind(schema.Bytes), func(n int) any { return fmt.Sprintf("é%d", n) }, same},
		{kind(schema.Text), mood, func(n int) any { return mood.Values[n%2] }, same},
		{mood, kind(schema.Text), func(n int) any { return mood.Values[n%2] }, same},
		{kind(schema.JSONB), kind(schema.JSON), func(n int) any { return fmt.Sprintf(`{"n": %d}`, n) }, same},
	} {
		name := strings.NewReplacer("(", " ", ")", "", ",", " ").Replace(c.from.String() + " to " + c.to.String())
		t.Run(fmt.Sprintf("%d %s", n, name), func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
				tb := schema.Define("t")
				tb.BigInt("id").PrimaryKey()
				tb.String("before", 20).Default("b")
				tb.Typed("a", c.from).Null()
				tb.Integer("after").Null()
				tb.Index("ix_after", "after")
				rows := make([][]any, 1000)
				for n := range rows {
					rows[n] = []any{int64(n), any(nil)}
					if n%10 != 9 {
						rows[n][1] = c.value(n)
					}
				}
				mustRun(t, eng, op.CreateTable{Table: tb}, op.BulkInsert{Table: "t", Columns: []string{"id", "a"}, Rows: rows})
				before, was := state(t, eng), columnA(t, eng, c.from.Kind)
				ops := record(t, func(ops *op.Ops) { ops.AlterColumn("t", "a").Type(c.to) })
				back, err := op.Reverse(before, ops)
				if err != nil {
					t.Fatal(err)
				}
				mustRun(t, eng, ops...)
				now := columnA(t, eng, c.to.Kind)
				for n, s := range now {
					want := "NULL"
					if n%10 != 9 {
						want = c.want(n, was[n])
					}
					if s != want {
						t.Fatalf("row %d is %q, was %q, want %q", n, s, was[n], want)
					}
				}
				mustRun(t, eng, back...)
				if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
					t.Errorf("after the way back:%s", lines(d))
				}
				for n, s := range columnA(t, eng, c.from.Kind) {
					if s != was[n] && (c.from.Kind != schema.JSONB || eng.Dialect().Has(schema.NativeJSON)) {
						t.Fatalf("row %d is %q, was %q", n, s, was[n])
					}
				}
			})
		})
	}
}

// TestTypesRefuse: a value that the new type cannot hold stops the change, and
// nothing is changed.
func TestTypesRefuse(t *testing.T) {
	for _, c := range []struct {
		from, to schema.Kind
		value    any
	}{
		{schema.Text, schema.BigInt, "12 apples"},
		{schema.Text, schema.JSON, "{not json"},
		{schema.Text, schema.Boolean, "maybe"},
		{schema.Text, schema.Float, "one"},
	} {
		t.Run(string(c.from)+" to "+string(c.to), func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
				tb := schema.Define("t")
				tb.BigInt("id").PrimaryKey()
				tb.Typed("a", schema.Type{Kind: c.from}).Null()
				mustRun(t, eng, op.CreateTable{Table: tb},
					op.BulkInsert{Table: "t", Columns: []string{"id", "a"}, Rows: [][]any{{int64(1), c.value}}})
				before := state(t, eng)
				if err := run(t, eng, record(t, func(ops *op.Ops) { ops.AlterColumn("t", "a").Type(schema.Type{Kind: c.to}) })...); err == nil {
					t.Fatal("no error")
				}
				if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
					t.Errorf("changed:%s", lines(d))
				}
				if got := columnA(t, eng, c.from); len(got) != 1 || got[0] != c.value {
					t.Errorf("%q", got)
				}
			})
		})
	}
}

// TestTypesAsk: where no rule says how values become those of another type,
// the error asks for one; with it, the change is made.
func TestTypesAsk(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tb := schema.Define("t")
		tb.BigInt("id").PrimaryKey()
		tb.Boolean("a").Default(true)
		tb.Index("ix_t_a", "a", "id")
		tb.Check("ck_t_id", "{id} > 0")
		mustRun(t, eng, op.CreateTable{Table: tb},
			op.BulkInsert{Table: "t", Columns: []string{"id", "a"}, Rows: [][]any{{int64(1), true}, {int64(2), false}}})
		to := schema.Type{Kind: schema.Date}
		err := run(t, eng, record(t, func(ops *op.Ops) { ops.AlterColumn("t", "a").Type(to).NoDefault().Null() })...)
		if !errors.Is(err, dberr.ErrUnsupported) || !strings.Contains(err.Error(), "Using") {
			t.Fatalf("error: %v", err)
		}
		ops := record(t, func(ops *op.Ops) {
			ops.AlterColumn("t", "a").Type(schema.Type{Kind: schema.String, Length: 9}).NoDefault().Null().
				Using("CASE WHEN {a} AND {id} > 0 THEN 'it''s on' ELSE 'off' END").Back("{a} <> 'off'")
		})
		before := state(t, eng)
		back, err := op.Reverse(before, ops)
		if err != nil {
			t.Fatal(err)
		}
		mustRun(t, eng, ops...)
		if got := strings.Join(columnA(t, eng, schema.Text), " "); got != "it's on off" {
			t.Error(got)
		}
		mustRun(t, eng, back...)
		if got := strings.Join(columnA(t, eng, schema.Boolean), " "); got != "true false" {
			t.Error(got)
		}
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("after the way back:%s", lines(d))
		}
	})
}
