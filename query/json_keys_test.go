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
