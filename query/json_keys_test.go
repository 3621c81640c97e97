package query_test

import (
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
)

// Each element has its own key, whatever is in the others: MySQL orders keys by
// their length, which a control character must not change.
func TestElementsWithTheirKeys(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		create(t, eng, docTable)
		put(t, eng, "1", `{"-1":"-1","\u0001k":"\u0001k","1":"1","\u0001":"\u0001","abc":"abc"}`)
		elements := docJSON.Path().Elements("el")
		type element struct {
			Key   *string        `db:"k"`
			Value jsonvalue.JSON `db:"v"`
		}
		got, err := query.All[element](t.Context(), eng,
			query.Select(elements.Key().As("k"), elements.Value().As("v")).From(docTable).JoinItem(elements))
		if err != nil || len(got) != 5 {
			t.Fatalf("%d elements: %v", len(got), err)
		}
		for _, e := range got {
			var value string
			if err := e.Value.Decode(&value); err != nil || e.Key == nil || *e.Key != value {
				t.Errorf("the value %q has the key %q (%v)", value, deref(e.Key), err)
			}
		}
	})
}

// A key is found in whatever form it is stored: MariaDB compares the letters of
// a key in some places, and reads a minus at its head as its own.
func TestElementsBelowAnyKey(t *testing.T) {
	keys := map[string]string{ // the key, as JSON that may be stored
		"-1": `-1`, "-": `\u002d`, "é": `\u00e9`, "e": `\u0065`, "🔑": `\ud83d\udd11`,
		`q"x`: `q\u0022x`, `b\s`: `b\u005cs`, "\n": `\u000a`, "a/b": `a\/b`, "last": `last`,
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		create(t, eng, docTable)
		for key, stored := range keys {
			exec(t, eng, query.Delete(docTable).AllRows())
			put(t, eng, "1", `{"`+stored+`": ["x", null, 2, ["x"], {"`+stored+`": [true]}]}`)
			for what, c := range map[string]query.Cond{
				"has a text":        docJSON.Path(key).Has("x"),
				"has null":          docJSON.Path(key).Has(nil),
				"has a number":      docJSON.Path(key).Has(int64(2)),
				"contains null":     docJSON.Path(key).Contains(`[null, "x"]`),
				"contains an array": docJSON.Path(key).Contains(`[["x"]]`),
				"has it further in": docJSON.Path(key, -1, key).Has(true),
				"has it inside":     docJSON.Path(key, 3).Has("x"),
				"not a scalar":      query.Not(docJSON.Path(key, 0).Has("x")),
				"contains all":      docJSON.Contains(`{"` + stored + `": [{"` + stored + `": [true]}]}`),
			} {
				n, err := query.Count(t.Context(), eng, query.Select(docID).From(docTable).Where(c))
				if err != nil || n != 1 {
					t.Errorf("%s below %q, stored as %q: %d rows, %v", what, key, stored, n, err)
				}
			}
		}
	})
}
