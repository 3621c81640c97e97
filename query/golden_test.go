package query_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

// statements is one of each sort, by name.
func statements() [][2]any {
	tab := schema.Define("note")
	id, title := query.Col[string](tab.Text("id").Key(36).PrimaryKey()), query.Col[string](tab.String("title", 80).Null())
	n, price := query.Col[int64](tab.BigInt("n")), query.Col[query.Decimal](tab.Numeric("price", 10, 2).Null())
	meta, tags := query.JSONCol(tab.JSON("meta").Null()), query.JSONCol(tab.JSONB("tags").Null())
	sel := query.Select(id, title).From(tab)
	p := query.As(tab, "p")
	tree := query.WithRecursive("tree", query.Select(id, n).From(tab).Where(n.Eq(0)), true,
		func(self *query.CTE) query.SelectStmt {
			return query.Select(id, n).From(tab).JoinItem(self, n.EqTo(query.Field[int64]("tree", "n")))
		})
	el := tags.Doc().Elements("e")
	row := query.Insert(tab).Values(id.Set("a"), title.Set("t"), n.Set(1))
	return [][2]any{
		{"get", query.SelectFrom(tab).Where(id.Eq("x"))},
		{"list", sel.Where(title.ContainsFold("a.b"), n.Gt(1), n.In(1, 2, 3)).OrderBy(n.Desc(), id).Limit(60).Offset(5)},
		{"offset alone", sel.OrderBy(id).Offset(5)},
		{"nulls last", sel.OrderBy(title.Desc().NullsLast(), id)},
		{"conditions", sel.Where(query.Or(n.Eq(1), query.And(n.Ne(2), title.IsNull())), query.Not(n.Between(3, 4)), title.DistinctFrom(ptr("x")), n.In(), n.NotIn())},
		{"like", sel.Where(title.Like("a%"), title.LikeEscape("a#%", '#'), title.StartsWith("50%"), title.EndsWith("x"), title.Contains("_"), title.Regexp("^a+$"))},
		{"fold", sel.Where(title.StartsWithFold("Ab"), title.EndsWithFold("c"), title.EqFold("d"))},
		{"tuple in", sel.Where(query.Tuple(id, n).In([]any{"a", 1}, []any{"b", 2}))},
		{"decimal", sel.Where(price.Ge("1.50")).OrderBy(price)},
		{"self join", query.Select(id, id.Of(p).As("parent")).From(tab).LeftJoinItem(p, n.Of(p).EqTo(n)).Where(query.Exists(query.Select(id).From(tab)))},
		{"aggregates", query.Select(title, query.CountAll().As("c"), query.Sum(n).As("s"), query.Avg(n).As("a")).From(tab).GroupBy(title).Having(query.CountAll().Gt(1))},
		{"case, coalesce", query.Select(query.Case[string]().When(n.Gt(1), "many").Else("one").As("c"), title.IfNull("none").As("t"), query.Concat(id, query.Val("!")).As("x"), query.Lower(title).As("l")).From(tab)},
		{"window", query.Select(id, query.RowNumber().PartitionBy(title).OrderBy(n.Desc()).As("r")).From(tab)},
		{"union", query.Union(sel, sel.OrderBy(id).Limit(1)).OrderBy(query.ByColumn("id", true)).Limit(3)},
		{"except", query.Except(sel, sel.Where(n.Eq(1)))},
		{"recursive", query.Select(query.Field[string]("tree", "id")).With(tree).FromItem(tree)},
		{"page", sel.OrderBy(title, id).Page(10, nil, "x")},
		{"lock", sel.Where(id.Eq("x")).ForUpdate().SkipLocked()},
		{"share", sel.Where(id.Eq("x")).ForShare().NoWait()},
		{"parameters", sel.Where(id.EqTo(query.Param[string]("id")), n.LtTo(query.Param[int64]("n"))).LimitTo(query.Param[int]("limit"))},
		{"json read", query.Select(meta.Path("a", 0, `q"`).Text().As("t"), meta.Path("n").Int().As("i"), meta.Path("b").Bool().As("b"), tags.Path("x", -1).JSON().As("j")).From(tab)},
		{"json where", sel.Where(meta.Path("tags").Has("work"), meta.HasKey("k"), meta.Path("p").Numeric().Gt("1.5"), tags.Contains(`{"a":[1]}`), meta.Path("l").Len().Gt(0), meta.Path("k").Kind().Eq("object"))},
		{"json elements", query.Select(id, el.Key().As("k"), el.Value().As("v"), el.Position().As("p")).From(tab).JoinItem(el)},
		{"json set", query.Update(tab).Set(meta.SetPath(jsonvalue.Text(`1`), "a", "b"), tags.RemovePath("x", 0)).Where(id.Eq("x"))},
		{"insert", row},
		{"insert rows", row.Values(id.Set("b"), title.SetNull(), n.SetTo(query.Scalar[int64](query.Select(query.Max(n).As("m")).From(tab)))).Returning(id, n)},
		{"insert defaults", query.Insert(tab)},
		{"insert from query", query.Insert(tab).FromSelect(sel.Columns(n), id, title, n)},
		{"insert parameters", query.Insert(tab).Params(id, title, meta)},
		{"upsert", row.OnConflict(id).DoUpdate(title, n)},
		{"upsert nothing", row.OnConflict(id).DoNothing()},
		{"upsert set", row.OnConflict(id).DoUpdateSet(n.SetTo(query.Add[int64](n, query.Excluded(n))), title.Set("x"))},
		{"upsert where", row.OnConflict(id).DoUpdate(n).UpdateWhere(n.LtTo(query.Excluded(n)))},
		{"update", query.Update(tab).Set(title.Set("x"), n.SetTo(n.Plus(1))).Where(id.InQuery(sel.Where(n.Eq(1)).Limit(1)))},
		{"update in turn", query.Update(tab).Set(n.Set(0), title.SetTo(query.Cast[string](n, schema.Type{Kind: schema.Text}))).AllRows().Returning(id)},
		{"delete", query.Delete(tab).Where(n.Lt(3)).Returning(id)},
		{"update without condition", query.Update(tab).Set(n.Set(1))},
		{"too long a name", query.Select(query.Val("x").As(strings.Repeat("n", 70)))},
		{"too long a value", query.Insert(tab).Values(id.Set(strings.Repeat("x", 37)))},
		{"raw", query.Text("raw", false, "SELECT {id} FROM {note} WHERE {n} > ? AND {title} <> 'it''s ?'", 5)},
	}
}

func TestGoldenSQL(t *testing.T) {
	urls := map[string]string{dburl.SQLite: "sqlite:///x.db", dburl.PostgreSQL: "postgresql://h/d",
		dburl.MySQL: "mysql://h/d", dburl.MariaDB: "mariadb://h/d"}
	for _, drv := range engines.All() {
		for _, backend := range drv.Backends() {
			u, err := dburl.Parse(urls[backend])
			if err != nil {
				t.Fatal(backend, err)
			}
			d, err := drv.Dialect(u)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(d.Engine(), func(t *testing.T) { golden(t, d) })
		}
	}
}

func golden(t *testing.T, d driver.Dialect) {
	var b strings.Builder
	for _, s := range statements() {
		fmt.Fprintf(&b, "-- %s\n", s[0])
		text, args, err := query.SQL(s[1].(query.Statement), d)
		if err != nil {
			fmt.Fprintf(&b, "error: %v\n\n", err)
			continue
		}
		b.WriteString(text + "\n")
		for i, a := range args {
			if i == 0 {
				b.WriteString("--   ")
			} else {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%#v", a)
		}
		if len(args) > 0 {
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
		// Written again it is the same text: it is worth keeping.
		if again, _, _ := query.SQL(s[1].(query.Statement), d); again != text {
			t.Errorf("%s is written in two ways", s[0])
		}
	}
	path := filepath.Join("testdata", "golden", d.Engine()+".sql")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if got == string(want) {
		return
	}
	is, was := strings.Split(got, "\n\n"), strings.Split(string(want), "\n\n")
	for i := range min(len(is), len(was)) {
		if is[i] != was[i] {
			t.Errorf("now\n%s\nwas\n%s", is[i], was[i])
		}
	}
	if len(is) != len(was) {
		t.Errorf("%d statements, were %d", len(is), len(was))
	}
}
