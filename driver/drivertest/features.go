package drivertest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// Features proves what the dialect says about itself, both ways: what it has
// works, and what it lacks is emulated with the same result, or answers
// dberr.Unsupported before anything reaches the server.
func Features(t *testing.T, d driver.Driver, url string) {
	t.Helper()
	eng, err := engine.Open(t.Context(), url, engine.Options{Drivers: []driver.Driver{d}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := eng.Close(); err != nil {
			t.Error(err)
		}
	})
	f := featureSuite{eng: eng, has: eng.Dialect().Has}
	f.define()
	for _, c := range f.cases() {
		t.Run(strings.ReplaceAll(string(c.feature), " ", "_"), func(t *testing.T) {
			f.fill(t)
			got, err := c.run(t.Context())
			switch {
			case !f.has(c.feature) && !c.emulated:
				if !errors.Is(err, dberr.ErrUnsupported) {
					t.Errorf("the dialect does not have it, and it gives %q, %v", got, err)
				}
			case err != nil || got != c.want:
				t.Errorf("it gives %q, want %q, %v (%v)", got, c.want, err, errors.Unwrap(err))
			}
		})
	}
	t.Run("server", func(t *testing.T) {
		if u := eng.URL(); f.has(driver.ServerProcess) != (len(u.Hosts()) > 0) {
			t.Error("a URL with a host means a server, and the other way round")
		}
	})
	t.Run("transactional_DDL", f.transactionalDDL)
	t.Run("column_storage", f.columnStorage)
	t.Run("decimals", f.decimals)
	t.Run("deferrable_constraint", f.deferrable)
	t.Run("json_exact", f.jsonExact)
	t.Run("schemas", f.schemas)
}

type featureSuite struct {
	eng *engine.Engine
	has func(driver.Feature) bool

	t     *schema.Table
	id    query.Column[int64]
	a, b  query.Column[int64]
	key   query.Column[string]
	price query.Column[string]
}

type featureCase struct {
	feature  driver.Feature
	emulated bool // without the feature the result is the same
	want     string
	run      func(ctx context.Context) (string, error)
}

func (f *featureSuite) define() {
	f.t = schema.Define("featured")
	f.id = query.Col[int64](f.t.BigInt("id").PrimaryKey())
	f.a = query.Col[int64](f.t.BigInt("a"))
	f.b = query.Col[int64](f.t.BigInt("b"))
	f.key = query.Col[string](f.t.String("k", 20).Unique())
	f.price = query.Col[string](f.t.Numeric("price", 30, 12))
}

// fill makes the table anew, with three rows.
func (f *featureSuite) fill(t *testing.T) {
	t.Helper()
	err := f.eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		b := driver.NewBuilder(f.eng.Dialect())
		drop, _, err := b.SQL("DROP TABLE IF EXISTS ").Ident(f.t.Name).Done()
		if err != nil {
			return err
		}
		create, err := f.eng.DDL().CreateTables(f.t)
		if err != nil {
			return err
		}
		for _, s := range append([]string{drop}, create...) {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range int64(3) {
		if _, err := query.Exec(t.Context(), f.eng, f.row(n+1)); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *featureSuite) row(n int64) query.InsertStmt {
	return query.Insert(f.t).
		Values(f.id.Set(n), f.a.Set(n), f.b.Set(10*n), f.key.Set(fmt.Sprint("k", n)), f.price.Set("0.100000000001"))
}

// all is every row as "id a b k".
func (f *featureSuite) all(ctx context.Context) (string, error) {
	rows, err := query.All[string](ctx, f.eng, query.Select(query.Concat(
		query.Cast[string](f.id, schema.Type{Kind: schema.Text}), query.Val(" "), query.Cast[string](f.a, schema.Type{Kind: schema.Text}), query.Val(" "),
		query.Cast[string](f.b, schema.Type{Kind: schema.Text}), query.Val(" "), f.key).As("r")).From(f.t).OrderBy(f.id))
	return strings.Join(rows, ", "), err
}

// given is the rows that go with some that the program has.
func (f *featureSuite) given(ctx context.Context) (string, error) {
	n := query.Field[int64]("n", "value")
	return ints(ctx, f.eng, query.Select(f.id).From(f.t).JoinItem(query.Values("n", []int64{1, 3, 5}), n.EqTo(f.id)).
		OrderBy(f.id))
}

// after runs a statement and returns every row.
func (f *featureSuite) after(ctx context.Context, st query.Statement) (string, error) {
	if _, err := query.Exec(ctx, f.eng, st); err != nil {
		return "", err
	}
	return f.all(ctx)
}

func ints(ctx context.Context, q engine.Queryer, st query.Reader) (string, error) {
	rows, err := query.All[int64](ctx, q, st)
	return fmt.Sprint(rows), err
}

func (f *featureSuite) cases() []featureCase {
	return []featureCase{
		{driver.InsertReturning, true, "[4]", func(ctx context.Context) (string, error) {
			return ints(ctx, f.eng, f.row(4).Returning(f.id))
		}},
		{driver.UpdateReturning, true, "[21]", func(ctx context.Context) (string, error) {
			return ints(ctx, f.eng, query.Update(f.t).Set(f.b.SetTo(f.b.Plus(1))).Where(f.id.Eq(2)).Returning(f.b))
		}},
		{driver.DeleteReturning, true, "[20]", func(ctx context.Context) (string, error) {
			return ints(ctx, f.eng, query.Delete(f.t).Where(f.id.Eq(2)).Returning(f.b))
		}},
		{driver.CopyIn, true, "1 1 10 k1, 2 2 20 k2, 3 3 30 k3, 7 7 70 k7", func(ctx context.Context) (string, error) {
			if _, loads := f.eng.Dialect().(driver.BulkLoader); f.has(driver.CopyIn) && !loads {
				return "", errors.New("the dialect is no BulkLoader")
			}
			rows := engine.BulkRows([][]any{{int64(7), int64(7), int64(70), "k7", "1"}})
			if _, err := engine.BulkInsert(ctx, f.eng, f.t.Name, []string{"id", "a", "b", "k", "price"}, rows); err != nil {
				return "", err
			}
			return f.all(ctx)
		}},
		{driver.Windows, false, "[3 2 1]", func(ctx context.Context) (string, error) {
			return ints(ctx, f.eng, query.Select(query.RowNumber().OrderBy(f.b.Desc()).As("n")).From(f.t).OrderBy(f.id))
		}},
		{driver.RecursiveCTE, false, "[1 2 3]", func(ctx context.Context) (string, error) {
			steps := query.WithRecursive("steps", query.Select(f.id).From(f.t).Where(f.id.Eq(1)), false,
				func(self *query.CTE) query.SelectStmt {
					return query.Select(f.id).From(f.t).JoinItem(self, f.id.EqTo(query.Field[int64]("steps", "id").Plus(1)))
				})
			return ints(ctx, f.eng, query.Select(query.Field[int64]("steps", "id")).With(steps).FromItem(steps).
				OrderBy(query.Field[int64]("steps", "id")))
		}},
		{driver.UpsertTarget, true, "1 1 10 k1, 2 2 99 k2, 3 3 30 k3", func(ctx context.Context) (string, error) {
			again := query.Insert(f.t).Values(f.id.Set(2), f.a.Set(5), f.b.Set(99), f.key.Set("k2"), f.price.Set("1"))
			return f.after(ctx, again.OnConflict(f.id).DoUpdate(f.b))
		}},
		{driver.SetOperations, false, "[1 3]", func(ctx context.Context) (string, error) {
			return ints(ctx, f.eng, query.Except(query.Select(f.id).From(f.t), query.Select(f.a).From(f.t).Where(f.id.Eq(2))).
				OrderBy(query.ByColumn("id", false)))
		}},
		{driver.FullJoin, true, "[1 2 3 -1 -1 -1]", func(ctx context.Context) (string, error) {
			other := query.As(f.t, "other")
			id := query.Coalesce(f.id, query.Val[int64](-1)).As("id")
			return ints(ctx, f.eng, query.Select(id).From(f.t).FullJoinItem(other, f.b.Of(other).EqTo(f.a)).
				OrderBy(f.id.Asc().NullsLast()))
		}},
		{driver.ValuesTable, true, "[1 3]", func(ctx context.Context) (string, error) { return f.given(ctx) }},
		{driver.RowsOfValues, true, "[1 3]", func(ctx context.Context) (string, error) { return f.given(ctx) }},
		{driver.SelfSubquery, true, "1 1 10 k1, 2 2 20 k2", func(ctx context.Context) (string, error) {
			return f.after(ctx, query.Delete(f.t).Where(f.id.InQuery(query.Select(query.Max[int64](f.id).As("m")).From(f.t))))
		}},
		{driver.PipesConcat, true, "k2-k2!", func(ctx context.Context) (string, error) {
			v, err := query.One[string](ctx, f.eng,
				query.Select(query.Raw[string]("{k} || '-' || lower({k}) || ?", "!").As("s")).From(f.t).Where(f.id.Eq(2)))
			return v, err
		}},
		{driver.HavingLabels, true, "[1 0]", func(ctx context.Context) (string, error) {
			x := query.Case[int64]().When(f.b.Gt(10), 1).Else(0).As("x")
			return ints(ctx, f.eng, query.Select(x).From(f.t).GroupBy(x).Having(x.Ge(0)).OrderBy(x.Desc()))
		}},
		{driver.UpdateFrom, true, "1 30 10 k1, 2 2 20 k2, 3 3 30 k3", func(ctx context.Context) (string, error) {
			other := query.As(f.t, "other")
			return f.after(ctx, query.Update(f.t).FromItem(other).Set(f.a.SetTo(f.b.Of(other))).
				Where(f.id.Eq(1), f.id.Of(other).Eq(3)))
		}},
		{driver.DeleteUsing, true, "2 2 20 k2, 3 3 30 k3", f.deleteUsing},
		{driver.DeleteJoined, true, "2 2 20 k2, 3 3 30 k3", f.deleteUsing},
		{driver.WriteCTE, true, "1 1 10 k1, 2 2 20 k2, 3 99 30 k3", func(ctx context.Context) (string, error) {
			last := query.With("last", query.Select(query.Max[int64](f.id).As("id")).From(f.t))
			return f.after(ctx, query.Update(f.t).With(last).FromItem(last).Set(f.a.Set(99)).
				Where(query.Field[int64]("last", "id").EqTo(f.id)))
		}},
		{driver.LooseColumns, true, "0.150000000002", func(ctx context.Context) (string, error) {
			price := query.ColumnOf[query.Decimal](f.t, "price")
			more := query.Select(f.id.Plus(10).As("id"), f.a.Plus(10).As("a"), f.b, query.Concat(f.key, query.Val("x")).As("k"),
				price.Times("1.5000000000005").As("price")).From(f.t).Where(f.id.Eq(3))
			if _, err := query.Exec(ctx, f.eng, query.Insert(f.t).FromSelect(more, f.id, f.a, f.b, f.key, price)); err != nil {
				return "", err
			}
			v, err := query.One[string](ctx, f.eng, query.Select(price).From(f.t).Where(f.id.Eq(13)))
			return v, err
		}},
		{driver.SetAtOnce, false, "1 1 10 k1, 2 20 2 k2, 3 3 30 k3", func(ctx context.Context) (string, error) {
			return f.after(ctx, query.Update(f.t).Set(f.a.SetTo(f.b), f.b.SetTo(f.a)).Where(f.id.Eq(2)))
		}},
	}
}

// deleteUsing deletes the row that another of the table leads to.
func (f *featureSuite) deleteUsing(ctx context.Context) (string, error) {
	other := query.As(f.t, "other")
	return f.after(ctx, query.Delete(f.t).UsingItem(other).Where(f.id.Lt(2), f.b.Of(other).Eq(30)))
}

// decimals: sums, extremes and what is calculated are exact, and stored as a column rounds.
func (f *featureSuite) decimals(t *testing.T) {
	f.fill(t)
	price := query.ColumnOf[query.Decimal](f.t, "price")
	stored := query.Update(f.t).Set(price.SetTo(price.Times("1.5000000000005"))).Where(f.id.Eq(3)) // 0.15000000000155...
	if _, err := query.Exec(t.Context(), f.eng, stored); err != nil {
		t.Fatal(err)
	}
	for want, e := range map[string]query.Expr[query.Decimal]{
		"0.350000000004": query.Sum[query.Decimal](price), "0.100000000001": query.Min[query.Decimal](price), "0.150000000002": query.Max[query.Decimal](price),
		"0.116666666668": query.AvgTo(price, 12), "0.4500000000050001": query.Sum[query.Decimal](price.Plus("1").Minus("0.9666666666663333")),
	} {
		v, err := query.Value[query.Decimal](t.Context(), f.eng, query.Select(e.As("s")).From(f.t))
		if err != nil || v == nil || string(*v) != want {
			t.Errorf("%v, want %s, %v", v, want, err)
		}
	}
	s, err := query.Value[string](t.Context(), f.eng,
		query.Select(query.Sum[string](f.price).As("s")).From(f.t).Where(f.id.Lt(3)))
	if err != nil || s == nil || *s != "0.200000000002" {
		t.Errorf("as text %v, %v", s, err)
	}
}

// transactionalDDL: a table that was made in a transaction is gone with it.
func (f *featureSuite) transactionalDDL(t *testing.T) {
	gone := errors.New("undo")
	err := f.eng.InTx(t.Context(), engine.TxOptions{Name: "ddl"}, func(ctx context.Context, tx *engine.Tx) error {
		if _, err := tx.Exec(ctx, engine.Statement{SQL: "CREATE TABLE passing (id integer NOT NULL PRIMARY KEY)",
			Write: true}); err != nil {
			return err
		}
		return gone
	})
	if !f.has(schema.TransactionalDDL) {
		if errors.Is(err, gone) || err == nil {
			t.Errorf("the engine takes it: %v", err)
		}
		return
	}
	if !errors.Is(err, gone) {
		t.Fatal(err)
	}
	left, err := f.eng.Inspect(t.Context(),
		driver.InspectOptions{Tables: func(name string) bool { return name == "passing" }})
	if err != nil || len(left) > 0 {
		t.Errorf("%d tables are left, %v", len(left), err)
	}
}

// columnStorage: a statement that says how a column is stored is taken, or not.
func (f *featureSuite) columnStorage(t *testing.T) {
	f.fill(t)
	_, err := f.eng.Exec(t.Context(), engine.Statement{SQL: "ALTER TABLE featured ALTER COLUMN k SET STORAGE EXTERNAL",
		Write: true})
	if f.has(schema.ColumnStorage) != (err == nil) {
		t.Error(err)
	}
}

// deferrable: a foreign key that is checked at the commit lets a row come ahead
// of the one that it refers to.
func (f *featureSuite) deferrable(t *testing.T) {
	parent, child := schema.Define("deferred_parent"), schema.Define("deferred_child")
	parent.BigInt("id").PrimaryKey()
	child.BigInt("id").PrimaryKey()
	child.BigInt("p")
	child.ForeignKey(&schema.ForeignKey{Name: "deferred_fk", Columns: []string{"p"}, RefTable: "deferred_parent",
		RefColumns: []string{"id"}, Deferrable: true})
	create, err := f.eng.DDL().CreateTables(parent, child)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range create {
		if _, err := f.eng.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
			t.Fatal(err)
		}
	}
	err = f.eng.InTx(t.Context(), engine.TxOptions{Name: "deferred"}, func(ctx context.Context, tx *engine.Tx) error {
		for _, s := range []string{"INSERT INTO deferred_child (id, p) VALUES (1, 1)",
			"INSERT INTO deferred_parent (id) VALUES (1)"} {
			if _, err := tx.Exec(ctx, engine.Statement{SQL: s, Write: true}); err != nil {
				return err
			}
		}
		return nil
	})
	if f.has(schema.DeferrableFK) && err != nil || !f.has(schema.DeferrableFK) && !errors.Is(err, dberr.ErrForeignKey) {
		t.Errorf("the child ahead of the parent: %v", err)
	}
}

// jsonExact: a number that is no double comes out of a document of more than
// 65,536 characters as it was written, or as the nearest double.
func (f *featureSuite) jsonExact(t *testing.T) {
	const number = "12345678901234567890123"
	doc := `{"pad":"` + strings.Repeat("x", 70_000) + `","n":` + number + `}`
	b := driver.NewBuilder(f.eng.Dialect())
	b.SQL("SELECT ")
	f.eng.Dialect().JSONGet(b, jsonText(doc), driver.Path{"n"}, driver.AsText)
	text, args, err := b.Done()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.eng.Query(t.Context(), engine.Statement{SQL: text, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var got string
	for rows.Next() {
		if err := rows.Scan(&got); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil || (got == number) != f.has(driver.JSONExact) {
		t.Errorf("it reads %s, %v", got, err)
	}
}

// schemas: where tables can be named with their schema, they are.
func (f *featureSuite) schemas(t *testing.T) {
	f.fill(t)
	if !f.has(driver.Schemas) {
		return // the layers above refuse a schema by the feature alone
	}
	rows, err := f.eng.Query(t.Context(),
		engine.Statement{SQL: "SELECT table_schema FROM information_schema.tables WHERE table_name = 'featured'"})
	if err != nil {
		t.Fatal(err)
	}
	var in []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		in = append(in, s)
	}
	if err := rows.Close(); err != nil || len(in) == 0 {
		t.Fatal(in, err)
	}
	count := func(schema string) error {
		text, _, err := driver.NewBuilder(f.eng.Dialect()).SQL("SELECT count(*) FROM ").Ident(schema).SQL(".").
			Ident("featured").Done()
		if err != nil {
			return err
		}
		rows, err := f.eng.Query(t.Context(), engine.Statement{SQL: text})
		if err != nil {
			return err
		}
		return rows.Close()
	}
	if err := count("nowhere_at_all"); dberr.CodeOf(err) != dberr.SchemaMismatch && dberr.CodeOf(err) != dberr.Invalid &&
		dberr.CodeOf(err) != dberr.NotFound {
		t.Errorf("a schema that is not there: %v", err)
	}
	own := 0
	for _, s := range in {
		if count(s) == nil {
			own++
		}
	}
	if own == 0 {
		t.Errorf("the table is in none of %v", in)
	}
}

// jsonText is a document given as a value.
func jsonText(s string) driver.Expr {
	return jsonDoc{driver.ExprFunc(func(b *driver.Builder) {
		b.Dialect().Cast(b, driver.ExprFunc(func(b *driver.Builder) { b.Arg(s) }), schema.Type{Kind: schema.JSON})
	})}
}
