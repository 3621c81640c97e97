package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

func TestFailuresHaveCodesAndNames(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		do(t, eng, "CREATE TABLE parent (id integer NOT NULL PRIMARY KEY)")
		do(t, eng, "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent_id integer, code varchar(10) NOT NULL, n integer, CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id), CONSTRAINT child_n CHECK (n < 10), CONSTRAINT child_code UNIQUE (code))")
		do(t, eng, "INSERT INTO parent (id) VALUES (1)")
		do(t, eng, "INSERT INTO child (id, parent_id, code, n) VALUES (1, 1, 'secret', 1)")
		for _, c := range []struct {
			text        string
			want        dberr.Code
			constraints []string // the names that engines give, one of them
		}{
			{"INSERT INTO child (id, code) VALUES (1, 'x')", dberr.AlreadyExists, []string{"child_pkey", "PRIMARY", "child.id"}},
			{"INSERT INTO child (id, code) VALUES (2, 'secret')", dberr.AlreadyExists, []string{"child_code", "child.code"}},
			{"INSERT INTO child (id, code, parent_id) VALUES (2, 'secret2', 7)", dberr.ForeignKey, []string{"child_parent", ""}},
			{"DELETE FROM parent WHERE id = 1", dberr.ForeignKey, []string{"child_parent", ""}},
			{"INSERT INTO child (id, code) VALUES (2, NULL)", dberr.NotNull, []string{"child.code", "code"}},
			{"INSERT INTO child (id) VALUES (2)", dberr.NotNull, []string{"child.code", "code"}},
			{"INSERT INTO child (id, code, n) VALUES (2, 'secret2', 99)", dberr.Check, []string{"child_n"}},
			{"INSERT INTO nothere (id) VALUES (2)", dberr.SchemaMismatch, []string{""}},
			{"UPDATE child SET nothere = 1", dberr.SchemaMismatch, []string{""}},
			{"CREATE TABLE child (id integer)", dberr.AlreadyExists, []string{""}},
			{"SELEKT 1", dberr.Invalid, []string{""}},
		} {
			_, err := eng.Exec(t.Context(), engine.Statement{Name: "test.codes", SQL: c.text, Write: true})
			var e *dberr.Error
			if !errors.As(err, &e) {
				t.Errorf("%s: %v", c.text, err)
				continue
			}
			if e.Code != c.want || !slices.Contains(c.constraints, e.Constraint) {
				t.Errorf("%s: code %s, constraint %q, want %s and one of %q (%v)", c.text, e.Code, e.Constraint, c.want,
					c.constraints, e.Err)
			}
			if e.Native == "" || e.Engine != eng.Dialect().Engine() || !strings.HasPrefix(err.Error(), "test.codes: ") {
				t.Errorf("%s: %v lacks something: native %q, engine %q", c.text, err, e.Native, e.Engine)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("a value is in the message: %v", err)
			}
		}
	})
}

func TestRowsGiveTheConnectionBack(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		if _, err := engine.BulkInsert(t.Context(), eng, "item", []string{"id", "name"}, manyRows(500)); err != nil {
			t.Fatal(err)
		}
		for range 40 { // more often than there are connections
			rows, err := eng.Query(t.Context(), st(eng, false, "SELECT id, name FROM item"))
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() || !slices.Equal(rows.Columns(), []string{"id", "name"}) {
				t.Fatalf("columns %v", rows.Columns())
			}
			if len(eng.OpenRows()) != 1 || eng.Stats().InUse() != 1 {
				t.Fatalf("open rows %v, %d in use", eng.OpenRows(), eng.Stats().InUse())
			}
			if err := rows.Close(); err != nil { // early
				t.Fatal(err)
			}
			if rows.Next() || rows.Close() != nil || rows.Err() != nil {
				t.Error("closed rows go on")
			}
			// A query that fails, and one that ends with its context.
			_, err = eng.Query(t.Context(), st(eng, false, "SELECT nothere FROM item"))
			code(t, err, dberr.SchemaMismatch)
			ctx, cancel := context.WithCancel(t.Context())
			rows, err = eng.Query(ctx, st(eng, false, "SELECT id, name FROM item"))
			if err != nil {
				t.Fatal(err)
			}
			rows.Next()
			cancel()
			for rows.Next() {
			}
			if err := rows.Close(); err != nil {
				code(t, err, dberr.Canceled)
			}
		}
		if n := eng.Stats().InUse(); n != 0 {
			t.Errorf("%d connections in use", n)
		}
	})
}

func TestOpenRowsNameTheirPlace(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		rows, err := eng.Query(t.Context(), st(eng, false, "SELECT id FROM item"))
		if err != nil {
			t.Fatal(err)
		}
		got := eng.OpenRows()
		if len(got) != 1 || !strings.Contains(got[0], "test.select opened at ") ||
			!strings.Contains(got[0], "exec_test.go:") {
			t.Errorf("open rows: %q", got)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestScanErrorsHideTheValue(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		do(t, eng, "INSERT INTO item (id, name) VALUES (1, 'secret')")
		rows, err := eng.Query(t.Context(), st(eng, false, "SELECT name FROM item"))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		rows.Next()
		var n int
		err = rows.Scan(&n)
		code(t, err, dberr.Internal)
		if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "name") {
			t.Errorf("message: %v", err)
		}
		var s string
		err = rows.Scan(&s, &n)
		if err == nil || !strings.Contains(err.Error(), "1 columns and 2 values") {
			t.Errorf("message: %v", err)
		}
	})
}

func TestPreparedStatementsSurviveASchemaChange(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		do(t, eng, "INSERT INTO item (id, name, n) VALUES (1, 'a', 0)")
		read := func() []string {
			t.Helper()
			rows, err := eng.Query(t.Context(), st(eng, false, "SELECT * FROM item WHERE id = ?", 1))
			if err != nil {
				t.Fatalf("%v (%v)", err, errors.Unwrap(err))
			}
			defer rows.Close()
			for rows.Next() {
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			rows, err = eng.Query(t.Context(), st(eng, false, "SELECT * FROM item WHERE id = ?", 1))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			return rows.Columns()
		}
		for range 4 { // often enough to be prepared on several connections
			read()
		}
		do(t, eng, "ALTER TABLE item ADD COLUMN extra integer")
		for range 4 {
			if c := read(); !slices.Equal(c, []string{"id", "name", "n", "extra"}) {
				t.Fatalf("columns %v after the change", c)
			}
		}
		// Inside a transaction the first use fails where the server is like
		// that, and the transaction is run again.
		do(t, eng, "ALTER TABLE item DROP COLUMN extra")
		err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			_, err := readNumber(ctx, tx, "SELECT n FROM item WHERE id = ?", 1)
			if err != nil {
				return err
			}
			rows, err := tx.Query(ctx, st(tx, false, "SELECT * FROM item WHERE id = ?", 1))
			if err != nil {
				return err
			}
			return rows.Close()
		})
		if err != nil {
			t.Errorf("%v (%v)", err, errors.Unwrap(err))
		}
	})
}

func TestStatementsThatEndWithTheirContext(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		t.Parallel()
		slow := map[string]string{
			testdb.SQLite:     "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000000000) SELECT count(*) FROM c",
			testdb.PostgreSQL: "SELECT count(*) FROM (SELECT pg_sleep(20)) s",
			testdb.MySQL:      "SELECT SLEEP(20)",
			testdb.MariaDB:    "SELECT SLEEP(20)",
		}[eng.Dialect().Engine()]
		for range 3 {
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			_, err := readNumber(ctx, eng, slow)
			code(t, err, dberr.Timeout)
			cancel()
			ctx, cancel = context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			_, err = readNumber(ctx, eng, slow)
			code(t, err, dberr.Canceled)
			if d := time.Since(begin); d > 3*time.Second {
				t.Errorf("it took %s", d)
			}
		}
		bounded := enginetest.Open(t, eng.URL().Reveal(), engine.Options{CallTimeout: 50 * time.Millisecond})
		_, err := readNumber(t.Context(), bounded, slow)
		code(t, err, dberr.Timeout)
	})
}

func TestPoolGivesUpWithItsNumbers(t *testing.T) {
	pool := dburl.PoolSettings{Size: 1, MaxOverflow: 1, Timeout: 100 * time.Millisecond, PrePing: true}
	enginetest.EachWith(t, engine.Options{Pool: &pool}, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		hold := make([]*engine.Rows, 2)
		for i := range hold {
			rows, err := eng.Query(t.Context(), st(eng, false, "SELECT 1"))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			hold[i] = rows
		}
		begin := time.Now()
		_, err := readNumber(t.Context(), eng, "SELECT 1")
		code(t, err, dberr.Busy)
		for _, w := range []string{"100ms", "size 1", "overflow 1", "2 in use", "1 waiting"} {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("the message lacks %q: %v", w, err)
			}
		}
		if d := time.Since(begin); d < 100*time.Millisecond || d > 2*time.Second {
			t.Errorf("it took %s: the wait was repeated, or there was none", d)
		}
		begin = time.Now()
		err = eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Read},
			func(context.Context, *engine.Tx) error { return nil })
		code(t, err, dberr.Busy)
		if d := time.Since(begin); d > 2*time.Second {
			t.Errorf("a transaction waited for %s", d)
		}
		_, err = eng.Health(t.Context())
		code(t, err, dberr.Busy)
		for _, r := range hold {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := readNumber(t.Context(), eng, "SELECT 1"); err != nil {
			t.Error(err)
		}
		for _, p := range eng.Stats().Pools {
			if p.Name != "writer" && (p.Idle > 2 || p.Timeouts != 3 || p.Waits != 3 || p.Limit != 2) {
				t.Errorf("numbers of the pool: %+v", p)
			}
		}
	})
}

func TestPoolSizes(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		fill(t, eng, 15) // 5 and 10 more
		for _, p := range eng.Stats().Pools {
			if p.Name != "writer" && (p.Open != 15 || p.Idle != 15) {
				t.Errorf("soon after a peak: %+v, want 15 open", p)
			}
		}
		none := dburl.PoolSettings{Size: 0, MaxOverflow: -1}
		fresh := enginetest.Open(t, eng.URL().Reveal(), engine.Options{Pool: &none})
		fill(t, fresh, 20)
		for _, p := range fresh.Stats().Pools {
			if p.Name != "writer" && (p.Open != 0 || p.Limit != 0) {
				t.Errorf("a pool that keeps nothing: %+v", p)
			}
		}
		short := dburl.PoolSettings{Size: 2, Recycle: 50 * time.Millisecond, PrePing: true}
		aging := enginetest.Open(t, eng.URL().Reveal(), engine.Options{Pool: &short})
		fill(t, aging, 2)
		time.Sleep(60 * time.Millisecond)
		if _, err := readNumber(t.Context(), aging, "SELECT 1"); err != nil {
			t.Error(err)
		}
	})
}

func TestSession(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		ctx := t.Context()
		s := eng.Session()
		if n := eng.Stats().InUse(); n != 0 {
			t.Errorf("a session without a statement holds %d connections", n)
		}
		if err := s.Commit(ctx); err != nil {
			t.Error(err)
		}
		short, cancel := context.WithCancel(ctx)
		if err := insert(short, s, 1); err != nil {
			t.Fatal(err)
		}
		cancel() // the first statement's context is not the session's
		if n, err := readNumber(ctx, s, "SELECT count(*) FROM item"); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		called := 0
		if err := s.OnCommit(ctx, func() { called++ }); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(ctx); err != nil || called != 1 {
			t.Fatalf("%v, %d calls", err, called)
		}
		if n := eng.Stats().InUse(); n != 0 {
			t.Errorf("after the commit %d connections are held", n)
		}
		if err := insert(ctx, s, 2); err != nil {
			t.Fatal(err)
		}
		err := s.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error { return insert(ctx, tx, 1) })
		code(t, err, dberr.AlreadyExists)
		if err := s.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		if err := insert(ctx, s, 3); err != nil {
			t.Fatal(err)
		}
		code(t, insert(ctx, s, 1), dberr.AlreadyExists)
		code(t, s.Commit(ctx), dberr.AlreadyExists) // a failed statement cannot be committed around
		if err := insert(ctx, s, 4); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		code(t, insert(ctx, s, 5), dberr.Invalid)
		if got := ids(t, eng); !slices.Equal(got, []int64{1}) {
			t.Errorf("rows %v, want 1", got)
		}
		r := eng.SessionWith(engine.TxOptions{Mode: engine.Read})
		defer r.Close()
		code(t, insert(ctx, r, 6), dberr.ReadOnly)
	})
}

type recorder struct {
	mu     sync.Mutex
	before int
	events []engine.Event
}

func (r *recorder) Before(ctx context.Context, _ *engine.Event) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before++
	return ctx
}

func (r *recorder) After(_ context.Context, ev *engine.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, *ev)
}

func TestHooksSeeEverything(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		r := &recorder{}
		stop := eng.Observe(r)
		ctx := t.Context()
		_ = eng.InTx(ctx, engine.TxOptions{Name: "move"}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, 1); err != nil {
				return err
			}
			_ = tx.InTx(ctx, engine.TxOptions{Name: "inner"},
				func(ctx context.Context, tx *engine.Tx) error { return insert(ctx, tx, 1) })
			_, err := readNumber(ctx, tx, "SELECT n FROM item")
			return err
		})
		_ = eng.InTx(ctx, engine.TxOptions{Name: "undo"},
			func(context.Context, *engine.Tx) error { return errors.New("undo") })
		do(t, eng, "UPDATE item SET n = ?", 7)
		_, _ = engine.BulkInsert(ctx, eng, "item", []string{"id"}, engine.BulkRows([][]any{{10}, {11}}))
		stop()
		stop()
		do(t, eng, "UPDATE item SET n = ?", 8)
		var got []string
		for _, ev := range r.events {
			s := fmt.Sprintf("%s %s rows=%d", ev.Kind, ev.Name, ev.Rows)
			if ev.Err != nil {
				s += " " + string(dberr.CodeOf(ev.Err))
			}
			if ev.InTx {
				s += " tx"
			}
			got = append(got, s)
			if ev.Engine != eng.Dialect().Engine() || ev.Attempt != 1 || ev.Duration <= 0 || ev.Start.IsZero() {
				t.Errorf("event %+v", ev)
			}
			if ev.Kind == engine.KindQuery && (ev.FirstRow <= 0 || ev.FirstRow > ev.Duration) {
				t.Errorf("first row after %s of %s", ev.FirstRow, ev.Duration)
			}
		}
		want := []string{
			"begin move rows=0 tx", "exec test.insert rows=1 tx",
			"savepoint inner rows=0 tx", "exec test.insert rows=0 already_exists tx", "savepoint inner rows=0 tx", "savepoint inner rows=0 tx",
			"query test.select rows=1 tx", "commit move rows=0 tx",
			"begin undo rows=0 tx", "rollback undo rows=0 tx",
			"exec test.update rows=1",
			"begin bulk insert rows=0 tx", "bulk bulk insert rows=2 tx", "commit bulk insert rows=0 tx",
		}
		if !slices.Equal(got, want) {
			t.Errorf("events:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if r.before != len(r.events) {
			t.Errorf("%d begun, %d ended", r.before, len(r.events))
		}
	})
}

func TestLogsHoldNoValues(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := &engine.Counter{}
	enginetest.EachWith(t, engine.Options{Hooks: []engine.Hook{engine.LogStatements(log, slog.LevelDebug),
		engine.LogSlow(log, time.Nanosecond), c}}, func(t *testing.T, eng *engine.Engine) {
		out.Reset()
		table(t, eng)
		do(t, eng, "INSERT INTO item (id, name) VALUES (?, ?)", 1, "secret")
		_, err := eng.Exec(t.Context(), st(eng, true, "INSERT INTO item (id, name) VALUES (?, ?)", 1, "secret"))
		code(t, err, dberr.AlreadyExists)
		s := out.String()
		if strings.Contains(s, "secret") {
			t.Errorf("a value is in the log: %s", s)
		}
		for _, w := range []string{"name=test.insert", "args=2", "rows=1", "level=WARN", "already_exists", "slow statement",
			"engine=" + eng.Dialect().Engine()} {
			if w == "already_exists" {
				w = "a row with this key exists already"
			}
			if !strings.Contains(s, w) {
				t.Errorf("the log lacks %q: %s", w, s)
			}
		}
		if c.Count() != 3 || c.String() != "test.insert x 2, test.create" {
			t.Errorf("counted %d: %s", c.Count(), c)
		}
		c.Reset()
	})
}

func TestHealth(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		h, err := eng.Health(t.Context())
		if err != nil {
			t.Fatalf("%v (%v)", err, errors.Unwrap(err))
		}
		if h.Engine != eng.Dialect().Engine() || h.Version != eng.Version() || h.Latency <= 0 || h.ReadOnly ||
			len(h.Pools) == 0 {
			t.Errorf("health %+v", h)
		}
		if err := eng.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := eng.Health(t.Context()); err == nil {
			t.Error("a closed engine is healthy")
		}
		if err := eng.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestOpenRefusesWhatItCannotServe(t *testing.T) {
	_, err := engine.Open(t.Context(), "sqlite://", engine.Options{})
	code(t, err, dberr.Invalid)
	_, err = engine.Open(t.Context(), "postgresql://localhost/x", engine.Options{Drivers: drivers()[:1]})
	code(t, err, dberr.Unsupported)
	_, err = engine.Open(t.Context(), "not a url", engine.Options{Drivers: drivers()})
	code(t, err, dberr.Invalid)
}
