package query_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// jobs is a table with the kinds that some engines have types of their own for.
type jobs struct {
	t     *schema.Table
	id    query.Column[int64]
	state query.Column[string]
	key   query.Column[string]
	name  query.Column[string]
	done  query.Column[bool]
	cost  query.Column[float64]
	raw   query.Column[[]byte]
	doc   query.JSONColumn
}

const uuidEnd = "0000000-0000-0000-0000-000000000000"

func newJobs(t *testing.T, eng *engine.Engine) jobs {
	t.Helper()
	tab := schema.Define("job")
	j := jobs{t: tab, id: query.Col[int64](tab.BigInt("id").PrimaryKey()), state: query.Col[string](tab.Enum("state", "job_state", "waiting", "active", "done").Null()),
		key: query.Col[string](tab.UUID("key").Null()), name: query.Col[string](tab.String("name", 40).Null()), done: query.Col[bool](tab.Boolean("done").Null()),
		cost: query.Col[float64](tab.Float("cost").Null()), raw: query.Col[[]byte](tab.Bytes("raw").Null()), doc: query.JSONCol(tab.JSON("doc").Null())}
	create(t, eng, tab)
	exec(t, eng, query.Insert(tab).
		Values(j.id.Set(1), j.state.Set("waiting"), j.key.Set("a"+uuidEnd), j.name.Set("done"), j.done.Set(true), j.doc.Set(jsonvalue.Text(`{"n":1}`))).
		Values(j.id.Set(2), j.state.Set("active"), j.key.Set("b"+uuidEnd), j.name.Set("b"+uuidEnd), j.done.Set(false), j.doc.Set(jsonvalue.Text(`{"n":2}`))).
		Values(j.id.Set(3), j.state.Set("done"), j.key.Set("c"+uuidEnd), j.name.Set("done"), j.done.Set(false), j.doc.Set(jsonvalue.Text(`{"n":1}`))).
		Values(j.id.Set(4), j.state.SetNull(), j.key.SetNull(), j.name.Set("x"), j.done.SetNull(), j.doc.SetNull()))
	return j
}

func (j jobs) ids(t *testing.T, eng *engine.Engine, what string, want []int64, conds ...query.Cond) {
	t.Helper()
	got, err := query.All[int64](t.Context(), eng, query.Select(j.id).From(j.t).Where(conds...).OrderBy(j.id))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v (%v %v)", what, got, want, err, unwrapped(err))
	}
}

func oneText(t *testing.T, eng *engine.Engine, what, want string, q query.SelectStmt) {
	t.Helper()
	got, err := query.Value[string](t.Context(), eng, q)
	if err != nil || got == nil || *got != want {
		t.Errorf("%s: %v, want %s (%v %v)", what, deref(got), want, err, unwrapped(err))
	}
}

func TestEnumsAreOrderedAndMatchedAsTexts(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		j := newJobs(t, eng)
		some := query.Select(j.state).From(j.t).Where(j.state.NotNull())
		for what, q := range map[string]query.SelectStmt{"column": some.OrderBy(j.state),
			"distinct": some.Distinct().OrderBy(j.state), "grouped": some.GroupBy(j.state).OrderBy(j.state),
			"down": some.OrderBy(j.state.Desc())} {
			got := all[string](t, eng, q)
			want := []string{"active", "done", "waiting"}
			if what == "down" {
				slices.Reverse(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v", what, got)
			}
		}
		j.ids(t, eng, "less", []int64{2}, j.state.Lt("done"))
		j.ids(t, eng, "between", []int64{2, 3}, j.state.Between("active", "done"))
		j.ids(t, eng, "less than a column", []int64{2}, j.state.LtTo(j.name))
		j.ids(t, eng, "as a text", []int64{3}, j.state.EqTo(j.name))
		j.ids(t, eng, "a text as it", []int64{3}, j.name.EqTo(j.state))
		j.ids(t, eng, "in", []int64{1, 3}, j.state.In("waiting", "done"))
		j.ids(t, eng, "contains", []int64{1, 2}, j.state.Contains("ti"))
		j.ids(t, eng, "starts", []int64{3}, j.state.StartsWith("do"))
		j.ids(t, eng, "folded", []int64{3}, j.state.EqFold("DONE"))
		j.ids(t, eng, "regexp", []int64{1, 2}, j.state.Regexp("ti"))
		j.ids(t, eng, "lower", []int64{3}, query.Lower(j.state).Eq("done"))
		j.ids(t, eng, "length", []int64{3}, query.Length(j.state).Eq(4))
		oneText(t, eng, "max", "waiting", query.Select(query.Max(j.state).As("x")).From(j.t))
		oneText(t, eng, "min", "active", query.Select(query.Min(j.state).As("x")).From(j.t))
		oneText(t, eng, "coalesce", "none", query.Select(query.Coalesce(j.state, query.Val("none")).As("x")).From(j.t).Where(j.id.Eq(4)))
		oneText(t, eng, "coalesce of columns", "x", query.Select(query.Coalesce[string](j.state, j.name).As("x")).From(j.t).Where(j.id.Eq(4)))
		oneText(t, eng, "case", "waiting", query.Select(query.Case[string]().WhenTo(j.id.Eq(1), j.state).Else("other").As("x")).From(j.t).Where(j.id.Eq(1)))
		oneText(t, eng, "union", "active", query.Select(query.Min(query.Field[string]("u", "state")).As("x")).FromItem(query.Union(query.Select(j.state).From(j.t), query.Select(j.name).From(j.t)).Subquery("u")))
		page := all[string](t, eng,
			query.Select(j.state).From(j.t).Where(j.state.NotNull()).OrderBy(j.state).Page(5, "active"))
		if !slices.Equal(page, []string{"done", "waiting"}) {
			t.Errorf("the page behind active is %v", page)
		}
	})
}

func TestUUIDsAreTexts(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		j := newJobs(t, eng)
		oneText(t, eng, "max", "c"+uuidEnd, query.Select(query.Max(j.key).As("x")).From(j.t))
		oneText(t, eng, "min", "a"+uuidEnd, query.Select(query.Min(j.key).As("x")).From(j.t))
		oneText(t, eng, "coalesce", "none", query.Select(query.Coalesce(j.key, query.Val("none")).As("x")).From(j.t).Where(j.id.Eq(4)))
		oneText(t, eng, "if null", "d"+uuidEnd, query.Select(j.key.IfNull("d"+uuidEnd).As("x")).From(j.t).Where(j.id.Eq(4)))
		oneText(t, eng, "case", "a"+uuidEnd, query.Select(query.Case[string]().WhenTo(j.id.Eq(1), j.key).Else("other").As("x")).From(j.t).Where(j.id.Eq(1)))
		j.ids(t, eng, "starts", []int64{2}, j.key.StartsWith("b0"))
		j.ids(t, eng, "contains", []int64{1, 2, 3}, j.key.Contains("-0000-"))
		j.ids(t, eng, "folded", []int64{3}, j.key.StartsWithFold("C0"))
		j.ids(t, eng, "as a text", []int64{2}, j.key.EqTo(j.name))
		j.ids(t, eng, "a text as it", []int64{2}, j.name.EqTo(j.key))
		j.ids(t, eng, "greater", []int64{2, 3}, j.key.Gt("a"+uuidEnd))
		j.ids(t, eng, "length", []int64{1, 2, 3}, query.Length(j.key).Eq(36))
		j.ids(t, eng, "the greatest", []int64{3}, j.key.EqTo(query.Scalar[string](query.Select(query.Max(j.key).As("m")).From(j.t))))
		groups := all[string](t, eng,
			query.Select(j.key).From(j.t).Where(j.key.NotNull()).GroupBy(j.key).Having(query.Max(j.key).Ge("b"+uuidEnd)).
				OrderBy(j.key))
		if len(groups) != 2 {
			t.Errorf("groups: %v", groups)
		}
	})
}

func TestDocumentsAreGroupedByTheirText(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		j := newJobs(t, eng)
		some := query.Select(j.doc).From(j.t).Where(j.doc.NotNull())
		for what, q := range map[string]query.Reader{
			"distinct":           some.Distinct(),
			"distinct, labelled": query.Select(j.doc.As("d")).From(j.t).Where(j.doc.NotNull()).Distinct().OrderBy(j.doc),
			"group":              some.GroupBy(j.doc),
			"union":              query.Union(some, some),
			"union in parts":     query.Union(some.OrderBy(j.id).Limit(3), some),
			"derived":            query.Select(query.Field[jsonvalue.JSON]("u", "doc").As("d")).FromItem(some.Distinct().Subquery("u")),
		} {
			got, err := query.All[jsonvalue.JSON](t.Context(), eng, q)
			if err != nil || len(got) != 2 || !strings.HasPrefix(got[0].String(), `{"n":`) {
				t.Errorf("%s: %v, %v (%v)", what, got, err, unwrapped(err))
			}
		}
		type group struct {
			Doc jsonvalue.JSON `db:"doc"`
			N   int64          `db:"n"`
		}
		groups := all[group](t, eng,
			query.Select(j.doc, query.CountAll().As("n")).From(j.t).GroupBy(j.doc).Having(j.doc.NotNull()).OrderBy(j.doc))
		if len(groups) != 2 || groups[0].N != 2 || groups[1].Doc.String() != `{"n":2}` {
			t.Errorf("groups: %+v", groups)
		}
		n, err := query.One[int64](t.Context(), eng, query.Select(query.CountDistinct(j.doc).As("n")).From(j.t))
		if err != nil || n != 2 {
			t.Errorf("%d different documents, %v", n, err)
		}
		u := query.Field[jsonvalue.JSON]("u", "doc")
		ns := all[int64](t, eng,
			query.Select(query.JSONDoc(u).Path("n").Int().As("n")).FromItem(some.Distinct().Subquery("u")).
				OrderBy(query.JSONDoc(u).Path("n").Int()))
		if !slices.Equal(ns, []int64{1, 2}) {
			t.Errorf("members: %v", ns)
		}
		rank := all[int64](t, eng,
			query.Select(query.RowNumber().PartitionBy(j.doc).OrderBy(j.id).As("r")).From(j.t).OrderBy(j.id))
		if !slices.Equal(rank, []int64{1, 1, 2, 1}) {
			t.Errorf("numbers within equal documents: %v", rank)
		}
	})
}

func TestTruthValuesHaveALeast(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		j := newJobs(t, eng)
		type ends struct {
			Min bool `db:"min"`
			Max bool `db:"max"`
		}
		got, err := query.One[ends](t.Context(), eng,
			query.Select(query.Min(j.done).As("min"), query.Max(j.done).As("max")).From(j.t))
		if err != nil || got.Min || !got.Max {
			t.Errorf("%+v, %v (%v)", got, err, unwrapped(err))
		}
		none, err := query.Value[bool](t.Context(), eng,
			query.Select(query.Max(j.done).As("max")).From(j.t).Where(j.id.Eq(4)))
		if err != nil || none != nil {
			t.Errorf("of none: %v, %v", none, err)
		}
	})
}

// What engines answer in different ways, or not at all, is refused by name
// before any of them sees it.
func TestWhatDiffersIsRefusedByName(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		j := newJobs(t, eng)
		sel := query.Select(j.id).From(j.t)
		other := schema.Define("other")
		on := query.Col[int64](other.BigInt("n"))
		for what, c := range map[string]struct {
			st    query.Reader
			names string
		}{
			"a float as a text":         {sel.Where(j.cost.Contains("1")), "job.cost"},
			"bytes as a text":           {sel.Where(j.raw.StartsWith("x")), "job.raw"},
			"a truth value as a text":   {sel.Where(j.done.EqFold("true")), "job.done"},
			"the sum of texts":          {query.Select(query.Sum(j.name).As("x")).From(j.t), "numbers"},
			"the average of enums":      {query.Select(query.Avg(j.state).As("x")).From(j.t), "numbers"},
			"the greatest document":     {query.Select(query.Max(j.doc).As("x")).From(j.t), "json"},
			"the greatest bytes":        {query.Select(query.Max(j.raw).As("x")).From(j.t), "bytes"},
			"DISTINCT, another order":   {query.Select(j.name).From(j.t).Distinct().OrderBy(j.id), "job.id"},
			"DISTINCT, an expression":   {query.Select(j.id).From(j.t).Distinct().OrderBy(j.id.Plus(1)), "item 1"},
			"a column of another table": {sel.Where(on.Eq(1)), "does not read other"},
			"selected from another":     {sel.Columns(on), "does not read other"},
			"of an alias":               {sel.Where(j.id.Of(query.As(j.t, "p")).Eq(1)), "does not read p"},
			"the table of an alias":     {query.Select(j.id).FromItem(query.As(j.t, "p")), "does not read job"},
			"of a CTE":                  {sel.Where(query.Field[int64]("tree", "n").Eq(1)), "does not read tree"},
			"nested":                    {sel.Where(query.Exists(query.Select(on).From(j.t))), "does not read other"},
		} {
			_, err := query.All[any](t.Context(), eng, c.st)
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), c.names) ||
				unwrapped(err).Error() != err.Error() {
				t.Errorf("%s: %v (%v)", what, err, unwrapped(err))
			}
		}
		if _, err := query.Exec(t.Context(), eng, query.Delete(j.t).Where(on.Eq(1))); dberr.CodeOf(err) != dberr.Invalid ||
			!strings.Contains(err.Error(), "does not read other") {
			t.Errorf("a delete: %v", err)
		}
		n, err := query.Count(t.Context(), eng,
			sel.Where(query.Exists(query.Select(j.id.Of(query.As(j.t, "p"))).FromItem(query.As(j.t, "p")).
				Where(j.id.Of(query.As(j.t, "p")).EqTo(j.id)))))
		if err != nil || n != 4 {
			t.Errorf("a correlated subquery: %d, %v", n, err)
		}
	})
}

func TestReadingNULLSaysSo(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		j := newJobs(t, eng)
		q := query.Select(j.id, j.state, j.name).From(j.t).OrderBy(j.id)
		_, err := query.All[struct {
			ID    int64  `db:"id"`
			State string `db:"state"`
			Name  string `db:"name"`
		}](t.Context(), eng, q)
		if err == nil || !strings.Contains(err.Error(), "column state is NULL, which a string does not hold") {
			t.Errorf("a NULL text: %v", err)
		}
		_, err = query.All[int64](t.Context(), eng, query.Select(j.name).From(j.t))
		if err == nil || !strings.Contains(err.Error(), "column name does not fit the int64") ||
			strings.Contains(err.Error(), "done") {
			t.Errorf("a text as a number: %v", err)
		}
	})
}
