package query_test

import (
	"encoding/json"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// create makes the tables on eng.
func create(t testing.TB, eng *engine.Engine, tables ...*schema.Table) {
	t.Helper()
	texts, err := eng.DDL().CreateTables(tables...)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range texts {
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func exec(t testing.TB, q engine.Queryer, st query.Statement) int64 {
	t.Helper()
	n, err := query.Exec(t.Context(), q, st)
	if err != nil {
		t.Fatalf("%v (%v)", err, unwrapped(err))
	}
	return n
}

func unwrapped(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || u.Unwrap() == nil {
			return err
		}
		err = u.Unwrap()
	}
}

func all[T any](t testing.TB, q engine.Queryer, st query.Reader) []T {
	t.Helper()
	out, err := query.All[T](t.Context(), q, st)
	if err != nil {
		t.Fatalf("%v (%v)", err, unwrapped(err))
	}
	return out
}

func load(t testing.TB, path string, into any) {
	t.Helper()
	f, err := os.Open("testdata/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// text spells a value of the case files as JSON text: {"$repeat": [unit, n]},
// {"$decimal": digits}, {"$raw": text} and the like stand for what is long or
// has no spelling.
func text(t testing.TB, v any) string {
	t.Helper()
	switch x := v.(type) {
	case map[string]any:
		if len(x) == 1 {
			switch {
			case x["$raw"] != nil:
				return x["$raw"].(string)
			case x["$decimal"] != nil:
				return x["$decimal"].(string)
			case x["$float"] != nil:
				return strings.ToUpper(x["$float"].(string))
			case x["$repeat"] != nil:
				return quoted(t, repeat(x["$repeat"].([]any)))
			case x["$array_range"] != nil:
				n, _ := x["$array_range"].(json.Number).Int64()
				nums := make([]int64, n)
				for i := range nums {
					nums[i] = int64(i)
				}
				return quoted(t, nums)
			}
		}
		parts := []string{}
		for k, e := range x {
			parts = append(parts, quoted(t, k)+":"+text(t, e))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		parts := []string{}
		for _, e := range x {
			parts = append(parts, text(t, e))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case json.Number:
		return x.String()
	}
	return quoted(t, v)
}

func repeat(r []any) string {
	n, _ := r[1].(json.Number).Int64()
	unit := r[0].(string)
	s := strings.Repeat(unit, int(n)/utf8.RuneCountInString(unit)+1)
	return string([]rune(s)[:n])
}

func quoted(t testing.TB, v any) string {
	t.Helper()
	j, err := jsonvalue.Of(v)
	if err != nil {
		t.Fatal(err)
	}
	return j.String()
}

// sameJSON compares documents by value; numbers exactly.
func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	var x, y any
	if err := jsonvalue.Text(a).Decode(&x); err != nil {
		t.Errorf("%v in %.80q", err, a)
		return false
	}
	if err := jsonvalue.Text(b).Decode(&y); err != nil {
		t.Errorf("%v in %.80q", err, b)
		return false
	}
	return sameValue(x, y)
}

func sameValue(x, y any) bool {
	switch a := x.(type) {
	case json.Number:
		b, ok := y.(json.Number)
		return ok && sameNumber(a.String(), b.String())
	case map[string]any:
		b, ok := y.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			w, ok := b[k]
			if !ok || !sameValue(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := y.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameValue(a[i], b[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(x, y)
}

func sameNumber(a, b string) bool {
	x, ok := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok && ok2 && x.Cmp(y) == 0
}

func exprOf(s string) schema.Expr { return schema.Expr(s) }
