package query_test

import (
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

func TestLengthCountsCharacters(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("word")
		id, w, b := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.String("w", 20).Null()),
			query.Col[[]byte](tab.Bytes("b").Null())
		create(t, eng, tab)
		for i, s := range []string{"", "abc", "é", "é🐍x"} {
			exec(t, eng, query.Insert(tab).Values(id.Set(int64(i)), w.Set(s), b.Set([]byte(s))))
		}
		for i, want := range []int64{0, 3, 1, 3} {
			for _, e := range []query.Expr[int64]{query.Length(w), query.Func[int64]("LENGTH", w),
				query.Func[int64]("length", w)} {
				got, err := query.Value[int64](t.Context(), eng, query.Select(e.As("n")).From(tab).Where(id.Eq(int64(i))))
				if err != nil || got == nil || *got != want {
					t.Errorf("%d has %v characters, want %d, %v", i, got, want, err)
				}
			}
		}
		n, err := query.One[int64](t.Context(), eng,
			query.Select(query.Func[int64]("LENGTH", b).As("n")).From(tab).Where(id.Eq(2)))
		if err != nil || n != 2 {
			t.Errorf("%d bytes, %v", n, err)
		}
		n, err = query.One[int64](t.Context(), eng, query.Select(query.Func[int64]("LENGTH", query.Val("é")).As("n")))
		if err != nil || n != 1 {
			t.Errorf("%d characters of a value, %v", n, err)
		}
	})
}
