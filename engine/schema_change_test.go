package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

// schemaChange is a change of the table moving (id bigint, v integer, w text),
// and how each engine makes it; none is an engine that cannot.
type schemaChange struct {
	what string
	sql  map[string][]string
}

func everyEngine(sql ...string) map[string][]string {
	m := make(map[string][]string)
	for _, e := range []string{testdb.SQLite, testdb.PostgreSQL, testdb.MySQL, testdb.MariaDB} {
		m[e] = sql
	}
	return m
}

func schemaChanges() []schemaChange {
	return []schemaChange{
		{"column added", everyEngine("ALTER TABLE moving ADD COLUMN x varchar(20) DEFAULT 'x'")},
		{"column dropped", everyEngine("ALTER TABLE moving DROP COLUMN w")},
		{"column renamed", everyEngine("ALTER TABLE moving RENAME COLUMN w TO x")},
		{"column of another type", map[string][]string{
			testdb.PostgreSQL: {"ALTER TABLE moving ALTER COLUMN v TYPE text USING v::text"},
			testdb.MySQL:      {"ALTER TABLE moving MODIFY v longtext"},
			testdb.MariaDB:    {"ALTER TABLE moving MODIFY v longtext"},
		}},
		{"table made anew", everyEngine("DROP TABLE moving", "CREATE TABLE moving (w varchar(20), v bigint, id bigint NOT NULL PRIMARY KEY)", "INSERT INTO moving (id, v, w) VALUES (1, 1, 'w')")},
		{"type made anew", map[string][]string{
			testdb.PostgreSQL: {"ALTER TABLE moving DROP COLUMN w", "CREATE TYPE mood AS ENUM ('a', 'w')",
				"ALTER TABLE moving ADD COLUMN w mood DEFAULT 'w'"},
		}},
	}
}

func makeMoving(t testing.TB, eng *engine.Engine) {
	t.Helper()
	do(t, eng, "DROP TABLE IF EXISTS moving")
	if eng.Dialect().Engine() == testdb.PostgreSQL {
		do(t, eng, "DROP TYPE IF EXISTS mood")
	}
	do(t, eng, "CREATE TABLE moving (id bigint NOT NULL PRIMARY KEY, v integer, w varchar(20))")
	do(t, eng, "INSERT INTO moving (id, v, w) VALUES (1, 1, 'w')")
}

// value is a text that is an argument.
type value string

// movingStatements are statements that engines keep prepared, and whose plans
// hold what the table was like. Those with arguments are written for eng.
func movingStatements(t testing.TB, eng *engine.Engine) (reads, writes []engine.Statement) {
	t.Helper()
	build := func(write bool, parts ...any) engine.Statement {
		b := driver.NewBuilder(eng.Dialect())
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				b.SQL(p)
			case value:
				b.Arg(string(p))
			default:
				b.Arg(p)
			}
		}
		text, args, err := b.Done()
		if err != nil {
			t.Fatal(err)
		}
		return engine.Statement{Name: "moving", SQL: text, Args: args, Write: write}
	}
	reads = []engine.Statement{
		build(false, "SELECT * FROM moving WHERE id = ", int64(1)),
		build(false, "SELECT * FROM moving"),
		build(false, "SELECT * FROM moving WHERE v = ", value("1")),
		build(false, "SELECT id, v FROM moving WHERE id >= ", int64(0), " ORDER BY id"),
		build(false, "SELECT m.* FROM moving m WHERE m.id IN (", int64(1), ", ", int64(2), ")"),
	}
	writes = []engine.Statement{
		build(true, "UPDATE moving SET v = v WHERE id = ", int64(1)),
		build(true, "UPDATE moving SET v = ", value("1"), " WHERE id = ", int64(1)),
		build(true, "DELETE FROM moving WHERE id = ", int64(7)),
	}
	return reads, writes
}

// readAll reads what the statement returns and how many columns it has.
func readAll(ctx context.Context, q engine.Queryer, st engine.Statement) (rows, columns int, err error) {
	r, err := q.Query(ctx, st)
	if err != nil {
		return 0, 0, err
	}
	columns = len(r.Columns())
	dest := make([]any, columns)
	for i := range dest {
		dest[i] = new(any)
	}
	for r.Next() {
		if err := r.Scan(dest...); err != nil {
			r.Close()
			return 0, 0, err
		}
		rows++
	}
	return rows, columns, r.Close()
}

// warm runs all statements often enough on n connections at the same time that
// they are prepared there.
func warm(t testing.TB, eng *engine.Engine, n int) {
	t.Helper()
	reads, writes := movingStatements(t, eng)
	var wg, ready sync.WaitGroup
	ready.Add(n)
	for range n {
		wg.Go(func() {
			err := eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Read}, func(ctx context.Context, tx *engine.Tx) error {
				for range 3 {
					for _, st := range reads {
						if _, _, err := readAll(ctx, tx, st); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			ready.Done()
			ready.Wait()
		})
	}
	wg.Wait()
	for range 3 {
		for _, st := range writes {
			if _, err := eng.Exec(t.Context(), st); err != nil {
				t.Error(err)
			}
		}
	}
}

// What is prepared on the connections of a pool outlives a change of the
// table, by the same program or by another one, and nobody sees that.
func TestAChangeOfTheSchemaIsNotSeenInStatementsThatArePrepared(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		modes := []string{""}
		if db.Engine == testdb.PostgreSQL {
			modes = []string{"", "cache_describe"}
		}
		for _, mode := range modes {
			for _, c := range schemaChanges() {
				if c.sql[db.Engine] == nil {
					continue
				}
				for _, by := range []string{"the same pool", "another program"} {
					for _, then := range []string{"outside", "read", "write", "once"} {
						t.Run(fmt.Sprintf("%s%s/%s/%s", mode, c.what, by, then), func(t *testing.T) {
							pool := dburl.PoolSettings{Size: 4}
							eng := enginetest.Open(t, db.URL, engine.Options{Pool: &pool, PreparedStatements: mode})
							makeMoving(t, eng)
							warm(t, eng, 4)
							changer := eng
							if by == "another program" {
								changer = enginetest.Open(t, db.URL, engine.Options{})
							}
							for _, text := range c.sql[db.Engine] {
								do(t, changer, text)
							}
							afterTheChange(t, eng, then, by)
						})
					}
				}
			}
		}
	})
}

func afterTheChange(t *testing.T, eng *engine.Engine, how, by string) {
	t.Helper()
	reads, writes := movingStatements(t, eng)
	_, want, err := readAll(t.Context(), eng, engine.Statement{SQL: "SELECT * FROM moving WHERE 1 = 1"})
	if err != nil {
		t.Fatal(err)
	}
	all := func(ctx context.Context, q interface {
		engine.Queryer
		Exec(context.Context, engine.Statement) (engine.Result, error)
	}, write bool) error {
		for i, st := range reads {
			rows, columns, err := readAll(ctx, q, st)
			if err != nil {
				return fmt.Errorf("%s: %w", st.SQL, err)
			}
			if rows != 1 || i != 3 && columns != want {
				return fmt.Errorf("%s: %d rows of %d columns, want 1 of %d", st.SQL, rows, columns, want)
			}
		}
		for _, st := range writes {
			if !write {
				break
			}
			if _, err := q.Exec(ctx, st); err != nil {
				return fmt.Errorf("%s: %w", st.SQL, err)
			}
		}
		return nil
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var err error
			switch how {
			case "outside":
				err = all(t.Context(), eng, true)
			case "once":
				err = eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Read, MaxAttempts: 1},
					func(ctx context.Context, tx *engine.Tx) error { return all(ctx, tx, false) })
				// A transaction that may not run twice says that it can be run again.
				if by == "another program" && dberr.CodeOf(err) == dberr.Conflict {
					err = nil
				}
			default:
				o := engine.TxOptions{}
				if how == "read" {
					o.Mode = engine.Read
				}
				err = eng.InTx(t.Context(), o,
					func(ctx context.Context, tx *engine.Tx) error { return all(ctx, tx, how == "write") })
			}
			if err != nil {
				t.Errorf("%v (%v)", err, cause(err))
			}
		})
	}
	wg.Wait()
}

// cause is what the driver said.
func cause(err error) error {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok || inner.Unwrap() == nil {
			return err
		}
		err = inner.Unwrap()
	}
}

// A value that only the changed column holds is encoded by the client, for the
// column as it was.
func TestAWidenedColumnTakesWideValues(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		widen := map[string]string{
			testdb.PostgreSQL: "ALTER TABLE moving ALTER COLUMN v TYPE bigint",
			testdb.MySQL:      "ALTER TABLE moving MODIFY v bigint",
			testdb.MariaDB:    "ALTER TABLE moving MODIFY v bigint",
		}[db.Engine]
		if widen == "" {
			widen = "ALTER TABLE moving ADD COLUMN wide bigint" // its integers are wide
		}
		for _, inTx := range []bool{false, true} {
			eng := enginetest.Open(t, db.URL, engine.Options{})
			other := enginetest.Open(t, db.URL, engine.Options{})
			makeMoving(t, eng)
			set := func(n int64) error {
				update := func(ctx context.Context, q engine.Queryer) error {
					_, err := q.(interface {
						Exec(context.Context, engine.Statement) (engine.Result, error)
					}).Exec(ctx, st(q, true, "UPDATE moving SET v = ? WHERE id = ?", n, int64(1)))
					return err
				}
				if !inTx {
					return update(t.Context(), eng)
				}
				return eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1},
					func(ctx context.Context, tx *engine.Tx) error { return update(ctx, tx) })
			}
			for n := range int64(3) {
				if err := set(n); err != nil {
					t.Fatal(err)
				}
			}
			do(t, other, widen)
			if err := set(5_000_000_000); err != nil {
				t.Errorf("in a transaction %v: %v (%v)", inTx, err, cause(err))
			}
			if n := number(t, eng, "SELECT v FROM moving WHERE id = 1"); n != 5_000_000_000 {
				t.Errorf("in a transaction %v: %d", inTx, n)
			}
		}
	})
}

// A migration reads, changes the table and reads again, in one transaction and
// with one text; and then it is taken back.
func TestAChangeOfTheSchemaInsideItsTransaction(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		if !eng.Dialect().Has(schema.TransactionalDDL) {
			return // a change ends its transaction: engine refuses it
		}
		makeMoving(t, eng)
		text := "SELECT * FROM moving WHERE id = ?"
		columns := func(ctx context.Context, q engine.Queryer, want int) error {
			for range 3 {
				_, got, err := readAll(ctx, q, st(q, false, text, int64(1)))
				if err != nil {
					return err
				}
				if got != want {
					return fmt.Errorf("%d columns, want %d", got, want)
				}
			}
			return nil
		}
		back := errors.New("back")
		for _, outer := range []error{back, nil} {
			err := eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1}, func(ctx context.Context, tx *engine.Tx) error {
				if err := columns(ctx, tx, 3); err != nil {
					return err
				}
				err := tx.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
					do(t, tx, "ALTER TABLE moving ADD COLUMN x integer")
					do(t, tx, "ALTER TABLE moving ADD COLUMN y integer")
					if err := columns(ctx, tx, 5); err != nil {
						return err
					}
					return back
				})
				if !errors.Is(err, back) {
					return fmt.Errorf("after the change: %w", err)
				}
				if err := columns(ctx, tx, 3); err != nil {
					return fmt.Errorf("after the savepoint: %w", err)
				}
				do(t, tx, "ALTER TABLE moving ADD COLUMN z integer")
				if err := columns(ctx, tx, 4); err != nil {
					return err
				}
				return outer
			})
			if !errors.Is(err, outer) {
				t.Fatalf("%v (%v)", err, cause(err))
			}
			want := 4
			if outer != nil {
				want = 3
			}
			if err := eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1},
				func(ctx context.Context, tx *engine.Tx) error { return columns(ctx, tx, want) }); err != nil {
				t.Errorf("after the transaction: %v (%v)", err, cause(err))
			}
		}
	})
}

// What fails for another reason is not taken for stale: it keeps its code, and
// is not run again.
func TestOtherFailuresOfPreparedStatementsStay(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		makeMoving(t, eng)
		for range 3 {
			if _, err := eng.Exec(t.Context(), st(eng, true, "UPDATE moving SET w = ? WHERE id = ?", "w",
				int64(1))); err != nil {
				t.Fatal(err)
			}
		}
		do(t, eng, "DROP TABLE moving")
		_, err := eng.Exec(t.Context(), st(eng, true, "UPDATE moving SET w = ? WHERE id = ?", "w", int64(1)))
		code(t, err, dberr.SchemaMismatch)
		ran := 0
		err = eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			ran++
			_, err := tx.Exec(ctx, st(tx, true, "UPDATE moving SET w = ? WHERE id = ?", "w", int64(1)))
			return err
		})
		code(t, err, dberr.SchemaMismatch)
		if ran > 2 {
			t.Errorf("it ran %d times", ran)
		}
	})
}

// A change of the schema goes by what the database is like now, not by what
// the connection remembers of it.
func TestAChangeOfTheSchemaSeesOneByAnother(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		eng, other := enginetest.Open(t, db.URL, engine.Options{}), enginetest.Open(t, db.URL, engine.Options{})
		makeMoving(t, eng)
		number(t, other, "SELECT count(*) FROM moving")
		for _, text := range []string{
			"ALTER TABLE moving ADD COLUMN x integer", "ALTER TABLE moving DROP COLUMN x", "ALTER TABLE moving ADD COLUMN x integer", "ALTER TABLE moving RENAME COLUMN x TO y",
			"ALTER TABLE moving RENAME COLUMN y TO x", "DROP TABLE moving", "CREATE TABLE moving (id bigint)", "CREATE TABLE moved (id bigint)", "DROP TABLE moving",
			"ALTER TABLE moved RENAME TO moving", "ALTER TABLE moving RENAME TO moved", "CREATE TABLE moving (id bigint)",
		} {
			do(t, eng, text)
			eng, other = other, eng
		}
		// The same in a transaction, where a change is one of its statements.
		if !eng.Dialect().Has(schema.TransactionalDDL) {
			return
		}
		for range 3 {
			for _, text := range []string{"DROP TABLE moving", "CREATE TABLE moving (id bigint, x integer)",
				"ALTER TABLE moving DROP COLUMN x", "ALTER TABLE moving ADD COLUMN x integer"} {
				if err := eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1}, func(ctx context.Context, tx *engine.Tx) error {
					_, err := tx.Exec(ctx, engine.Statement{SQL: text, Write: true})
					return err
				}); err != nil {
					t.Errorf("%s: %v (%v)", text, err, cause(err))
				}
				eng, other = other, eng
			}
		}
	})
}
