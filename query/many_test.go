package query_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// Many rows by keys of two columns, in a time that grows with their number.
func TestManyKeysOfTwoColumns(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		const n = 20000
		tab := schema.Define("stock")
		shelf, at, item, mood, amount := query.Col[int64](tab.BigInt("shelf")), query.Col[time.Time](tab.DateTime("at")),
			query.Col[string](tab.String("item", 20)),
			query.Col[string](tab.Enum("mood", "stock_mood", "good", "bad")), query.Col[int64](tab.BigInt("amount"))
		tab.Primary("", "shelf", "item")
		create(t, eng, tab)
		day := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
		put := query.Insert(tab)
		for i := range int64(n) {
			put = put.Values(shelf.Set(i/10), item.Set(fmt.Sprint("i", i%10)), at.Set(day.Add(time.Duration(i)*time.Second)),
				mood.Set([]string{"good", "bad"}[i%2]), amount.Set(i))
		}
		if got := exec(t, eng, put); got != n {
			t.Fatalf("%d rows", got)
		}
		type key struct {
			Shelf int64
			Item  string
		}
		type stock struct {
			Shelf  int64  `db:"shelf"`
			Item   string `db:"item"`
			Amount int64  `db:"amount"`
		}
		type order struct {
			Key   key
			Stock *stock
		}
		orders := make([]order, n)
		for i := range orders {
			orders[i].Key = key{int64(n-1-i) / 10, fmt.Sprint("i", (n-1-i)%10)}
		}
		began := time.Now()
		err := query.Load(t.Context(), eng, orders, query.ToOne(func(o *order) (key, bool) { return o.Key, true },
			query.Select(shelf, item, amount).
				From(tab), []query.AnyColumn{shelf, item}, func(o *order, s *stock) { o.Stock = s }))
		if err != nil {
			t.Fatalf("%v (%v)", err, unwrapped(err))
		}
		for i, o := range orders {
			if o.Stock == nil || o.Stock.Amount != int64(n-1-i) {
				t.Fatalf("order %d has %v", i, o.Stock)
			}
		}
		t.Log("loaded in", time.Since(began))
		var rows [][]any
		for i := range int64(10000) {
			rows = append(rows, []any{day.Add(time.Duration(i) * time.Second), []string{"good", "bad"}[i%2], i})
		}
		began = time.Now()
		for _, c := range []struct {
			c    query.Cond
			want int64
		}{{query.Tuple(at, mood, amount).In(rows...), 10000}, {query.Tuple(at, mood, amount).NotIn(rows[:1000]...), n - 1000},
			{query.Tuple(at, mood, amount).In(rows[:64]...), 64}, {query.Tuple(at, mood, amount).In(rows[:65]...), 65}} {
			got, err := query.Count(t.Context(), eng, query.Select(amount).From(tab).Where(c.c))
			if err != nil || got != c.want {
				t.Errorf("%d rows, want %d, %v (%v)", got, c.want, err, unwrapped(err))
			}
		}
		t.Log("found in", time.Since(began))
	})
}

// Statements that grow from the same one have only their own rows.
func TestGrowingInsertsAreApart(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("grown")
		id, who := query.Col[int64](tab.BigInt("id")), query.Col[int64](tab.BigInt("who"))
		create(t, eng, tab)
		base := query.Insert(tab)
		for i := range int64(5) {
			base = base.Values(id.Set(i), who.Set(-1))
		}
		branches := make([]query.InsertStmt, 8)
		var wg sync.WaitGroup
		for b := range branches {
			wg.Go(func() {
				st := base
				for i := range int64(9) {
					st = st.Values(id.Set(100+i), who.Set(int64(b)))
				}
				branches[b] = st
			})
		}
		wg.Wait()
		for b, st := range branches {
			if n := exec(t, eng, st); n != 14 {
				t.Errorf("%d rows", n)
			}
			if n, err := query.Count(t.Context(), eng, query.Select(id).From(tab).
				Where(who.Eq(int64(b)))); err != nil || n != 9 {
				t.Errorf("%d rows of %d, %v", n, b, err)
			}
		}
		if n := exec(t, eng, base); n != 5 {
			t.Errorf("the first has %d rows", n)
		}
	})
}
