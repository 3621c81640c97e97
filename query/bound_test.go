package query_test

import (
	"math"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// numbers is a table of each kind of number.
type numbers struct {
	t     *schema.Table
	id    query.Column[int64]
	small query.Column[int16]
	n     query.Column[int]
	big   query.Column[int64]
	f     query.Column[float64]
}

func newNumbers(t *testing.T, eng *engine.Engine) numbers {
	t.Helper()
	tab := schema.Define("number")
	n := numbers{t: tab, id: query.Col[int64](tab.BigInt("id").PrimaryKey()), small: query.Col[int16](tab.SmallInt("small").Null()),
		n: query.Col[int](tab.Integer("n").Null()), big: query.Col[int64](tab.BigInt("big").Null()), f: query.Col[float64](tab.Float("f").Null())}
	create(t, eng, tab)
	exec(t, eng, query.Insert(tab).
		Values(n.id.Set(1), n.small.Set(math.MaxInt16), n.n.Set(math.MinInt32), n.big.Set(math.MaxInt64), n.f.Set(1.5)))
	return n
}

// A number that a column does not hold on one engine is stored on none, however
// it comes.
func TestWholeNumbersStayInTheRangeOfTheirColumn(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		n := newNumbers(t, eng)
		type row struct {
			ID int64 `db:"id"`
			N  int64 `db:"n"`
		}
		refused := func(what string, err error) {
			t.Helper()
			if dberr.CodeOf(err) != dberr.TooLarge {
				t.Errorf("%s: %v (%v)", what, err, unwrapped(err))
			}
		}
		run := func(st query.Statement) error {
			_, err := query.Exec(t.Context(), eng, st)
			return err
		}
		one := n.id.Eq(1)
		refused("values", run(query.Insert(n.t).Values(n.id.Set(2), n.n.Set(math.MaxInt32+1))))
		refused("a struct", run(query.Insert(n.t).Row(row{2, math.MinInt32 - 1})))
		refused("rows", run(query.InsertRows(n.t, []row{{2, 1}, {3, math.MaxInt32 + 1}})))
		refused("a map", run(query.Insert(n.t).Map(map[string]any{"id": 2, "small": 1 << 15})))
		_, err := query.BulkInsert(t.Context(), eng, n.t,
			func(yield func(row, error) bool) { yield(row{2, math.MaxInt32 + 1}, nil) })
		refused("bulk", err)
		_, err = query.Prepare[struct{}](query.Update(n.t).Set(n.n.SetTo(query.Param[int]("n"))).Where(one)).
			Exec(t.Context(), eng, math.MaxInt32+1)
		refused("a parameter", err)
		refused("an update", run(query.Update(n.t).Set(n.n.Set(math.MaxInt32+1)).Where(one)))
		refused("a calculation of 16 bits", run(query.Update(n.t).Set(n.small.SetTo(n.small.Plus(1))).Where(one)))
		refused("a calculation of 32 bits", run(query.Update(n.t).Set(n.n.SetTo(n.n.Minus(1))).Where(one)))
		refused("a calculation of 64 bits", run(query.Update(n.t).Set(n.big.SetTo(n.big.Plus(1))).Where(one)))
		refused("a product", run(query.Update(n.t).Set(n.big.SetTo(n.big.Times(2))).Where(one)))
		refused("a condition", run(query.Delete(n.t).Where(n.n.Eq(math.MaxInt32+1))))
		refused("a list", run(query.Delete(n.t).Where(n.n.In(1, math.MaxInt32+1))))
		from := func(q query.Query) error {
			return run(query.Insert(n.t).FromSelect(q, n.id, n.small, n.n))
		}
		moved := query.Select(n.id.Plus(10).As("id"), n.small, n.n.Minus(1).As("n")).From(n.t)
		refused("a query", from(moved))
		refused("a query of twice one name", from(query.Select(n.id.Plus(10).As("id"), n.n.As("id2"), n.n.As("id3")).From(n.t)))
		refused("a union", from(query.UnionAll(moved, moved)))
		refused("a query with CTEs", from(query.Select(query.Field[int64]("w", "id"), query.Field[int64]("w", "small"), query.Field[int64]("w", "n")).With(query.With("w", moved)).FromItem(query.With("w", moved))))
		if eng.Dialect().Has(driver.UpsertTarget) {
			refused("a query, upserted",
				run(query.Insert(n.t).FromSelect(query.Select(n.id, n.n.Plus(-1).As("n")).From(n.t), n.id, n.small).
					OnConflict(n.id).DoUpdate(n.small)))
		}
		refused("an expression in a map", run(query.Insert(n.t).Map(map[string]any{"id": 2, "n": query.Raw[int64]("2147483647 + 1")})))
		refused("a conflict", run(query.Insert(n.t).Values(n.id.Set(1), n.small.Set(1)).OnConflict(n.id).DoUpdateSet(n.small.SetTo(query.Add[int16](n.small, query.Excluded(n.small))))))

		type all struct {
			Small, N, Sum int64
		}
		got, err := query.One[struct {
			Small int64 `db:"small"`
			N     int64 `db:"n"`
			Sum   int64 `db:"sum"`
		}](t.Context(), eng, query.Select(n.small, n.n, n.n.Minus(1).As("sum")).From(n.t))
		if err != nil || (all{got.Small, got.N, got.Sum}) != (all{math.MaxInt16, math.MinInt32, math.MinInt32 - 1}) {
			t.Errorf("the row is %+v, %v (%v)", got, err, unwrapped(err))
		}
	})
}

func TestNumbersThatAreNoneAreRefused(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		n := newNumbers(t, eng)
		for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for what, st := range map[string]query.Statement{
				"insert":    query.Insert(n.t).Values(n.id.Set(2), n.f.Set(f)),
				"update":    query.Update(n.t).Set(n.f.Set(f)).Where(n.id.Eq(1)),
				"condition": query.Delete(n.t).Where(n.f.Lt(f)),
			} {
				if _, err := query.Exec(t.Context(), eng, st); dberr.CodeOf(err) != dberr.Invalid ||
					!strings.Contains(err.Error(), "number.f") {
					t.Errorf("%s of %v: %v", what, f, err)
				}
			}
		}
	})
}

// What a document may hold is asked before the server sees it, and what is
// accepted is stored.
func TestLimitsOfDocuments(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		create(t, eng, docTable)
		nested := func(n int, in string) string { return strings.Repeat("[", n) + in + strings.Repeat("]", n) }
		objects := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
		for _, s := range []string{nested(31, ""), nested(31, "1"), nested(32, ""), objects(31), objects(32), nested(33, ""),
			nested(100, ""), nested(101, ""), objects(100), objects(101), nested(1000, ""), nested(1001, ""),
			`{"a":1e308}`, `{"a":1e309}`, `{"a":-1e400}`, `[1.7976931348623157e308]`, `[1.7976931348623159e308]`,
			"1" + strings.Repeat("0", 308), "1" + strings.Repeat("0", 309), `1e-400`} {
			for _, doc := range []query.JSONColumn{docJSON, docJSONB} {
				for _, v := range []jsonvalue.JSON{jsonvalue.Text(s), parsed(t, s)} {
					_, err := query.Exec(t.Context(), eng, query.Insert(docTable).Values(docID.Set("1"), doc.Set(v)))
					if err == nil {
						exec(t, eng, query.Delete(docTable).AllRows())
					} else if dberr.CodeOf(err) != dberr.TooLarge || !strings.Contains(err.Error(), doc.Name()) ||
						unwrapped(err).Error() != err.Error() {
						t.Errorf("%.40s of %d bytes: %v (%v)", s, len(s), err, unwrapped(err))
					}
				}
			}
		}
	})
}

func parsed(t *testing.T, s string) jsonvalue.JSON {
	t.Helper()
	j, err := jsonvalue.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return j
}
