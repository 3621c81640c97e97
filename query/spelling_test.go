package query_test

import (
	"slices"
	"testing"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

type events struct {
	t      *schema.Table
	id     query.Column[int64]
	at     query.Column[time.Time]
	closed query.Column[time.Time]
}

func newEvents(t *testing.T, eng *engine.Engine) events {
	t.Helper()
	tab := schema.Define("event")
	e := events{tab, query.Col[int64](tab.BigInt("id").PrimaryKey()),
		query.Col[time.Time](tab.DateTime("at").DefaultExpr(schema.Now)),
		query.Col[time.Time](tab.DateTime("closed").Null())}
	create(t, eng, tab)
	return e
}

// finds checks that every way of asking for the instant of a row finds it.
func (e events) finds(t *testing.T, eng *engine.Engine, id int64, at time.Time) {
	t.Helper()
	second := time.Second
	equal := query.Prepare[int64](query.Select(e.id).From(e.t).Where(e.id.Eq(id), e.at.EqTo(query.Param[time.Time]("at"))))
	if n, err := equal.All(t.Context(), eng, at); err != nil || len(n) != 1 {
		t.Errorf("%d: prepared =: %v %v", id, n, err)
	}
	for what, c := range map[string]query.Cond{
		"=": e.at.Eq(at), ">=": e.at.Ge(at), "<=": e.at.Le(at), "not <>": query.Not(e.at.Ne(at)), "not <": query.Not(e.at.Lt(at)), "not >": query.Not(e.at.Gt(at)),
		"between": e.at.Between(at, at), "in": e.at.In(at.Add(second), at), "not in": query.Not(e.at.NotIn(at)), "not distinct": e.at.NotDistinctFrom(&at),
		"distinct": query.Not(e.at.DistinctFrom(&at)), "tuple": query.Tuple(e.id, e.at).In([]any{id, at}), "nullif": query.NullIf(e.at, at).IsNull(),
		"> before": e.at.Gt(at.Add(-time.Microsecond)), "< behind": e.at.Lt(at.Add(time.Microsecond)), "column": e.at.EqTo(e.at), "value": e.at.EqTo(query.Val(at)),
	} {
		if n, err := query.Count(t.Context(), eng, query.Select(e.id).From(e.t).Where(e.id.Eq(id), c)); err != nil || n != 1 {
			t.Errorf("%d: %s: %d rows, %v", id, what, n, err)
		}
	}
}

type event struct {
	ID int64     `db:"id"`
	At time.Time `db:"at"`
}

// pages reads the table page by page and returns the ids.
func (e events) pages(t *testing.T, eng *engine.Engine, order ...query.Ordering) []int64 {
	t.Helper()
	var ids []int64
	var after []any
	for range 20 {
		rows := all[event](t, eng, query.Select(e.id, e.at).From(e.t).OrderBy(order...).Page(3, after...))
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		last := rows[len(rows)-1]
		after = []any{last.At, last.ID}
	}
	slices.Sort(ids)
	return ids
}

func TestInstantsOfDefaultsAreFound(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		e := newEvents(t, eng)
		for id := range int64(10) {
			exec(t, eng, query.Insert(e.t).Values(e.id.Set(id)))
		}
		whole := time.Now().UTC().Truncate(time.Second)
		for id := range int64(5) {
			exec(t, eng, query.Insert(e.t).Values(e.id.Set(10+id), e.at.Set(whole.Add(time.Duration(id)*time.Second/4))))
		}
		for _, r := range all[event](t, eng, query.Select(e.id, e.at).From(e.t)) {
			e.finds(t, eng, r.ID, r.At)
		}
		want := []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
		if got := e.pages(t, eng, e.at, e.id); !slices.Equal(got, want) {
			t.Errorf("pages upwards: %v", got)
		}
		if got := e.pages(t, eng, e.at.Desc(), e.id.Desc()); !slices.Equal(got, want) {
			t.Errorf("pages downwards: %v", got)
		}
	})
}

// Rows that another program wrote, or that an older default did.
func TestInstantsInOtherSpellingsAreFound(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		e := newEvents(t, eng)
		for id, s := range []string{"2024-01-02 03:04:05", "2024-01-02 03:04:05.000000", "2024-01-02 03:04:05.5",
			"2024-01-02 03:04:05.678901", "2024-01-02 03:04:06"} {
			exec(t, eng, query.Text("put", true, "INSERT INTO {event} ({id}, {at}, {closed}) VALUES (?, ?, ?)", int64(id),
				query.Raw[string]("'"+exprOf(s)+"'"), query.Raw[string]("'"+exprOf(s)+"'")))
		}
		for _, r := range all[event](t, eng, query.Select(e.id, e.at).From(e.t)) {
			if r.ID != 2 { // no program writes one digit of a fraction
				e.finds(t, eng, r.ID, r.At)
			}
		}
		at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
		for _, c := range []struct {
			what string
			c    query.Cond
			want int64
		}{
			{"=", e.at.Eq(at), 2}, {"<>", e.at.Ne(at), 3}, {">", e.at.Gt(at), 3}, {">=", e.at.Ge(at), 5}, {"<", e.at.Lt(at), 0}, {"<=", e.at.Le(at), 2},
			{"<= fraction", e.at.Le(at.Add(678901 * time.Microsecond)), 4}, {"columns", e.at.EqTo(e.closed), 5},
			{"in", e.at.In(at, at.Add(time.Second)), 3}, {"between", e.at.Between(at, at.Add(time.Second)), 5},
		} {
			if n, err := query.Count(t.Context(), eng, query.Select(e.id).From(e.t).Where(c.c)); err != nil || n != c.want {
				t.Errorf("%s: %d rows, want %d, %v", c.what, n, c.want, err)
			}
		}
		exec(t, eng, query.Update(e.t).Set(e.closed.Set(at)).Where(e.id.In(0, 1)))
		if n, err := query.Count(t.Context(), eng, query.Select(e.id).From(e.t).
			Where(e.id.Lt(2), e.at.EqTo(e.closed))); err != nil || n != 2 {
			t.Errorf("a bound instant equals %d of 2, %v", n, err)
		}
	})
}

// The value of a default is the value that is bound for the same column.
func TestDefaultsAreSpelledAsBoundValues(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("spelled")
		id := query.Col[int64](tab.BigInt("id").PrimaryKey())
		day := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
		uuid := query.Col[string](tab.UUID("u").Default("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"))
		conds := []query.Cond{
			query.Col[time.Time](tab.DateTime("at").Default("2024-01-02 03:04:05")).Eq(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)),
			query.Col[time.Time](tab.DateTime("midnight").Default("2024-01-02")).Eq(day),
			query.Col[time.Time](tab.Date("day").Default("2024-01-02")).Eq(day),
			query.Col[query.Decimal](tab.Numeric("price", 12, 2).Default("10.10")).Eq("10.1"),
			query.Col[query.Decimal](tab.Numeric("number", 12, 2).Default(10.10)).Eq("10.10"),
			query.Col[bool](tab.Boolean("yes").Default("true")).Eq(true),
			query.Col[bool](tab.Boolean("no").Default(false)).Eq(false),
			query.Col[float64](tab.Float("f").Default(int64(1))).Eq(1),
			query.Col[int64](tab.BigInt("n").Default("7")).Eq(7),
			uuid.Eq("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
			query.Col[[]byte](tab.Bytes("b").Default("abc")).Eq([]byte("abc")),
		}
		today := query.Col[time.Time](tab.Date("today").DefaultExpr(schema.Now))
		create(t, eng, tab)
		live, err := eng.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := eng.DDL().Normalize(tab)
		if err != nil {
			t.Fatal(err)
		}
		if d := schema.Diff(live, []*schema.Table{want}); len(d) != 0 {
			t.Errorf("the table differs from its declaration: %v", d)
		}
		exec(t, eng, query.Insert(tab).Values(id.Set(1)))
		for i, c := range conds {
			if n, err := query.Count(t.Context(), eng, query.Select(id).From(tab).Where(c)); err != nil || n != 1 {
				t.Errorf("condition %d finds %d rows, %v", i, n, err)
			}
		}
		d, err := query.Value[time.Time](t.Context(), eng, query.Select(today).From(tab))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := query.Count(t.Context(), eng, query.Select(id).From(tab).Where(today.Eq(*d))); err != nil || n != 1 {
			t.Errorf("today finds %d rows, %v", n, err)
		}
	})
}

// A time that is bound by hand is spelled like any other.
func TestTimesBoundByHand(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		e := newEvents(t, eng)
		at := time.Date(2024, 1, 2, 3, 4, 5, 600000, time.UTC)
		for id := range int64(2) {
			exec(t, eng, query.Insert(e.t).Values(e.id.Set(id), e.at.Set(at)))
		}
		exec(t, eng, query.Text("move", true, "UPDATE {event} SET {at} = ?, {closed} = ? WHERE {id} = ?", at,
			at.In(time.FixedZone("", 3600)), int64(1)))
		rows := func(yield func([]any, error) bool) { yield([]any{int64(3), at, at}, nil) }
		if _, err := engine.BulkInsert(t.Context(), eng, "event", []string{"id", "at", "closed"}, rows); err != nil {
			t.Fatal(err)
		}
		for id := range int64(3) {
			if id == 2 {
				id = 3
			}
			e.finds(t, eng, id, at)
		}
		if n, err := query.Count(t.Context(), eng, query.Select(e.id).From(e.t).
			Where(query.RawCond("{at} = ?", at))); err != nil || n != 3 {
			t.Errorf("by hand: %d of 3, %v", n, err)
		}
	})
}
