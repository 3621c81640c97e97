package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// servers are the engines that have a server that can go away.
func servers() []string {
	return slices.DeleteFunc(testdb.Engines(), func(e string) bool { return e == testdb.SQLite })
}

func eachServer(t *testing.T, fn func(t *testing.T, name string)) {
	t.Helper()
	for _, name := range servers() {
		t.Run(name, func(t *testing.T) { fn(t, name) })
	}
}

// killAll ends every connection to the database, from another one, as an
// administrator or a restart of the server would, and waits until the server
// has none of them any more: a kill is a signal, and until it is heeded the
// connection is not idle and dead but alive and about to be cut.
func killAll(t testing.TB, name, database string, admin *engine.Engine) {
	t.Helper()
	killed := map[int64]bool{}
	// information_schema fails on MySQL (3854) as long as any session runs a statement that holds an emoji.
	list := "SHOW PROCESSLIST"
	kill := "KILL %d"
	if name == testdb.PostgreSQL {
		list = "SELECT pid AS id, datname AS db FROM pg_stat_activity"
		kill = "SELECT pg_terminate_backend(%d)"
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		rows, err := admin.Query(t.Context(), engine.Statement{SQL: list})
		if err != nil {
			t.Fatal(err)
		}
		var (
			ids  []int64
			id   int64
			db   sql.NullString
			dest []any
		)
		for _, c := range rows.Columns() {
			switch strings.ToLower(c) {
			case "id":
				dest = append(dest, &id)
			case "db":
				dest = append(dest, &db)
			default:
				dest = append(dest, new(any))
			}
		}
		for rows.Next() {
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			if db.String == database {
				ids = append(ids, id)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			if len(killed) == 0 {
				t.Fatal("there was no connection to kill")
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections outlive being killed", len(ids))
		}
		for _, id := range ids {
			killed[id] = true
			if _, err := admin.Exec(t.Context(), engine.Statement{SQL: fmt.Sprintf(kill, id), Write: true}); err != nil {
				t.Logf("kill %d: %v", id, err) // gone already
			}
		}
	}
}

func TestIdleConnectionsKilledByTheServerAreNotSeen(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		db := testdb.New(t, name)
		target, err := dburl.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		admin := enginetest.Open(t, testdb.New(t, name).URL, engine.Options{})
		for _, prePing := range []bool{true, false} {
			pool := dburl.PoolSettings{Size: 10, Timeout: 10 * time.Second, PrePing: prePing}
			eng := enginetest.Open(t, db.URL, engine.Options{Pool: &pool})
			do(t, eng, "DROP TABLE IF EXISTS item")
			table(t, eng)
			next := 0
			calls := map[string]func() error{
				"read": func() error {
					_, err := readNumber(t.Context(), eng, "SELECT count(*) FROM item")
					return err
				},
				"write": func() error { next++; return insert(t.Context(), eng, next) },
				"write without values": func() error {
					next++
					_, err := eng.Exec(t.Context(),
						engine.Statement{SQL: fmt.Sprintf("INSERT INTO item (id) VALUES (%d)", next), Write: true})
					return err
				},
				"transaction": func() error {
					next++
					return eng.InTx(t.Context(), engine.TxOptions{},
						func(ctx context.Context, tx *engine.Tx) error { return insert(ctx, tx, next) })
				},
				"late transaction": func() error {
					next += 2
					return eng.InTx(t.Context(), engine.TxOptions{Late: true}, func(ctx context.Context, tx *engine.Tx) error {
						_, err := tx.ExecAll(ctx, inserts(next-1, next)...)
						return err
					})
				},
				"bulk": func() error {
					next++
					_, err := engine.BulkInsert(t.Context(), eng, "item", []string{"id", "name"},
						engine.BulkRows([][]any{{next, "x"}}))
					return err
				},
			}
			for what, call := range calls {
				for _, idle := range []time.Duration{20 * time.Millisecond, 1100 * time.Millisecond} {
					if idle > time.Second && what != "write" {
						continue
					}
					fill(t, eng, 10)
					killAll(t, name, target.Database, admin)
					time.Sleep(idle)
					for i := range 12 {
						if err := call(); err != nil {
							t.Errorf("pre-ping %v, idle %s, %s %d: %v (%v)", prePing, idle, what, i, err, errors.Unwrap(err))
						}
					}
				}
			}
			if n := int(count(t, eng)); n != next {
				t.Errorf("%d rows, want %d: a write was lost or applied twice", n, next)
			}
		}
	})
}

// fill makes the pool hold n connections that are idle.
func fill(t testing.TB, eng *engine.Engine, n int) {
	t.Helper()
	var wg, ready sync.WaitGroup
	ready.Add(n)
	release := make(chan struct{})
	for range n {
		wg.Go(func() {
			err := eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Read}, func(ctx context.Context, tx *engine.Tx) error {
				_, err := readNumber(ctx, tx, "SELECT 1")
				ready.Done()
				<-release
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	ready.Wait()
	close(release)
	wg.Wait()
}

// A network that swallows everything: idle connections are found dead by the
// ping and given up within seconds, although the caller has no deadline, and
// statements under way end with their context.
func TestHalfOpenConnectionsAreGivenUp(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		db := testdb.New(t, name)
		p, url := throughProxy(t, db.URL)
		pool := dburl.PoolSettings{Size: 3, Timeout: 10 * time.Second, PrePing: true}
		eng := enginetest.Open(t, url,
			engine.Options{Pool: &pool, PingAge: -1, CommitTimeout: time.Second, Retry: engine.RetryPolicy{Attempts: 2}})
		table(t, eng)
		fill(t, eng, 3)

		p.silent.Store(true)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := readNumber(ctx, eng, "SELECT count(*) FROM item")
		if c := dberr.CodeOf(err); c != dberr.Timeout && c != dberr.Unavailable || time.Since(begin) > 10*time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		p.silent.Store(false)
		begin = time.Now()
		if err := insert(t.Context(), eng, 1); err != nil { // no deadline
			t.Errorf("after the network came back: %v (%v)", err, errors.Unwrap(err))
		}
		if d := time.Since(begin); d > 30*time.Second {
			t.Errorf("it took %s to give the dead connections up", d)
		}

		// In the middle of a transaction, and at its commit.
		begin = time.Now()
		err = eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, 2); err != nil {
				return err
			}
			p.silent.Store(true)
			return nil
		})
		if !errors.Is(err, engine.ErrOutcomeUnknown) {
			t.Errorf("a commit without an answer: %v", err)
		}
		code(t, err, dberr.Unavailable)
		if d := time.Since(begin); d > 3*time.Second {
			t.Errorf("the commit was waited for for %s", d)
		}
		p.silent.Store(false)
		begin = time.Now()
		err = eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, 3); err != nil {
				return err
			}
			p.silent.Store(true)
			short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			defer cancel()
			return insert(short, tx, 4)
		})
		code(t, err, dberr.Timeout)
		if d := time.Since(begin); d > 8*time.Second {
			t.Errorf("the transaction was waited for for %s", d)
		}
		p.silent.Store(false)
		p.reset()
	})
}

func TestLostCommitAnswerIsNotAppliedTwice(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		db := testdb.New(t, name)
		p, url := throughProxy(t, db.URL)
		eng := enginetest.Open(t, url, engine.Options{})
		table(t, eng)
		ctx := t.Context()

		// Nobody knows, so the caller is told, and it is not run again.
		runs, callbacks := 0, 0
		once := func(id int) func(ctx context.Context, tx *engine.Tx) error {
			return func(ctx context.Context, tx *engine.Tx) error {
				runs++
				tx.OnCommit(func() { callbacks++ })
				return insert(ctx, tx, id)
			}
		}
		lost := p.loseAnswerTo("COMMIT")
		err := eng.InTx(ctx, engine.TxOptions{Name: "t"}, once(1))
		code(t, err, dberr.Unavailable)
		if !errors.Is(err, engine.ErrOutcomeUnknown) || !lost.Load() || runs != 1 || callbacks != 0 {
			t.Errorf("%v; lost %v, %d runs, %d callbacks", err, lost.Load(), runs, callbacks)
		}
		if !strings.Contains(err.Error(), "unknown") {
			t.Errorf("the message does not say what is the matter: %v", err)
		}

		// Applied finds the row: the transaction is a success, once.
		runs, callbacks = 0, 0
		lost = p.loseAnswerTo("COMMIT")
		asked := 0
		err = eng.InTx(ctx, engine.TxOptions{Applied: func(ctx context.Context, q engine.Queryer) (bool, error) {
			asked++
			n, err := readNumber(ctx, q, "SELECT count(*) FROM item WHERE id = 2")
			return n == 1, err
		}}, once(2))
		if err != nil || !lost.Load() || runs != 1 || callbacks != 1 || asked != 1 {
			t.Errorf("%v; lost %v, %d runs, %d callbacks, asked %d times", err, lost.Load(), runs, callbacks, asked)
		}

		// Who is asked first does not have it yet: the next attempt meets the row.
		runs, callbacks, asked = 0, 0, 0
		lost = p.loseAnswerTo("COMMIT")
		err = eng.InTx(ctx, engine.TxOptions{Applied: func(ctx context.Context, q engine.Queryer) (bool, error) {
			if asked++; asked < 4 {
				return false, nil
			}
			n, err := readNumber(ctx, q, "SELECT count(*) FROM item WHERE id = 4")
			return n == 1, err
		}}, once(4))
		if err != nil || !lost.Load() || runs != 2 || callbacks != 1 || asked != 4 {
			t.Errorf("%v; lost %v, %d runs, %d callbacks, asked %d times", err, lost.Load(), runs, callbacks, asked)
		}
		do(t, eng, "DELETE FROM item WHERE id = 4")

		// Idempotent: run again, and nothing is there twice.
		runs = 0
		lost = p.loseAnswerTo("COMMIT")
		err = eng.InTx(ctx, engine.TxOptions{Idempotent: true}, func(ctx context.Context, tx *engine.Tx) error {
			runs++
			if _, err := tx.Exec(ctx, st(tx, true, "DELETE FROM item WHERE id = 3")); err != nil {
				return err
			}
			return insert(ctx, tx, 3)
		})
		if err != nil || !lost.Load() || runs != 2 {
			t.Errorf("%v; lost %v, %d runs", err, lost.Load(), runs)
		}

		// A write outside of a transaction is not sent again either; a read is.
		lost = p.loseAnswerTo("UPDATE ITEM")
		_, err = eng.Exec(ctx, engine.Statement{SQL: "UPDATE item SET n = n + 1", Write: true})
		code(t, err, dberr.Unavailable)
		if !errors.Is(err, engine.ErrOutcomeUnknown) || !lost.Load() {
			t.Errorf("%v", err)
		}
		if n := number(t, eng, "SELECT sum(n) FROM item"); n != 3 {
			t.Errorf("the update was applied %d times to 3 rows", n)
		}
		lost = p.loseAnswerTo("SELECT COUNT")
		if n := number(t, eng, "SELECT count(*) FROM item"); n != 3 || !lost.Load() {
			t.Errorf("%d rows, want 3; lost %v", n, lost.Load())
		}
		p.cut.Store(nil)
	})
}

func TestAServerThatIsRestartedUnderLoad(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		restartUnderLoad(t, name, 1)
	})
}

func restartUnderLoad(t *testing.T, name string, rounds int) {
	srv := testdb.Private(t, name)
	pool := dburl.PoolSettings{Size: 8, Timeout: 10 * time.Second, PrePing: true}
	eng := enginetest.Open(t, srv.NewDatabase(t), engine.Options{Pool: &pool})
	underLoad(t, eng, func() {
		for range rounds {
			time.Sleep(300 * time.Millisecond)
			if err := srv.Kill(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
			if err := srv.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

// underLoad lets writers and readers work while disturb does what it does, and
// compares what was acknowledged with what is there.
func underLoad(t *testing.T, eng *engine.Engine, disturb func()) {
	t.Helper()
	do(t, eng, "CREATE TABLE ack (id integer NOT NULL PRIMARY KEY)")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var (
		wg       sync.WaitGroup
		next     atomic.Int64
		mu       sync.Mutex
		acked    = map[int64]bool{}
		unknown  = map[int64]bool{}
		failed   int
		verdicts = map[dberr.Code]int{}
	)
	judge := func(id int64, err error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			acked[id] = true
		case errors.Is(err, engine.ErrOutcomeUnknown):
			unknown[id] = true
			verdicts[dberr.CodeOf(err)]++
		default:
			failed++
			verdicts[dberr.CodeOf(err)]++
			if c := dberr.CodeOf(err); c != dberr.Unavailable && c != dberr.Busy && ctx.Err() == nil {
				t.Errorf("a failure of the server shows as %s: %v (%v)", c, err, errors.Unwrap(err))
			}
		}
	}
	put := func(ctx context.Context, q engine.Queryer, id int64) error {
		_, err := q.Exec(ctx, st(q, true, "INSERT INTO ack (id) VALUES (?)", id))
		return err
	}
	for w := range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				id := next.Add(1)
				if w%2 == 0 {
					judge(id, put(t.Context(), eng, id))
				} else {
					judge(id, eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error { return put(ctx, tx, id) }))
				}
			}
		})
	}
	for w := range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := readNumber(t.Context(), eng, "SELECT count(*) FROM ack"); err != nil {
					judge(int64(-1-w), err)
				}
			}
		})
	}
	disturb()
	stop()
	wg.Wait()
	there := map[int64]bool{}
	rows, err := eng.Query(t.Context(), engine.Statement{SQL: "SELECT id FROM ack"})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		there[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for id := range acked {
		if !there[id] {
			t.Errorf("row %d was acknowledged and is lost", id)
		}
	}
	for id := range there {
		if !acked[id] && !unknown[id] {
			t.Errorf("row %d was refused and is there", id)
		}
	}
	if len(acked) == 0 || len(verdicts) == 0 && eng.Stats().Retries == 0 {
		t.Errorf("nothing happened: %d acknowledged, no failure and no retry", len(acked))
	}
	t.Logf("%s: %d acknowledged, %d unknown, %d failed, %d retries, %v", eng.Version(), len(acked), len(unknown), failed,
		eng.Stats().Retries, verdicts)
}

// Connections that break at any moment, in the middle of anything.
func TestANetworkThatBreaksUnderLoad(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		p, url := throughProxy(t, testdb.New(t, name).URL)
		eng := enginetest.Open(t, url, engine.Options{})
		underLoad(t, eng, func() { breakOften(p, 15) })
	})
}

func breakOften(p *proxy, times int) {
	for range times {
		time.Sleep(30 * time.Millisecond)
		p.reset()
	}
	time.Sleep(200 * time.Millisecond)
}

func TestManyClientsOnASmallPool(t *testing.T) {
	enginetest.EachWith(t, engine.Options{Pool: &dburl.PoolSettings{Size: 2, Timeout: 30 * time.Second, PrePing: true}},
		func(t *testing.T, eng *engine.Engine) {
			table(t, eng)
			var wg sync.WaitGroup
			for c := range 500 {
				wg.Go(func() {
					id := c
					err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
						if err := insert(ctx, tx, id); err != nil {
							return err
						}
						_, err := readNumber(ctx, tx, "SELECT n FROM item WHERE id = ?", id)
						return err
					})
					if err == nil {
						_, err = eng.Exec(t.Context(), st(eng, true, "UPDATE item SET n = n + 1 WHERE id = ?", id))
					}
					if err == nil {
						_, err = readNumber(t.Context(), eng, "SELECT n FROM item WHERE id = ?", id)
					}
					if err != nil {
						t.Errorf("client %d: %v", c, err)
					}
				})
			}
			wg.Wait()
			if n := number(t, eng, "SELECT sum(n) FROM item"); n != 500 {
				t.Errorf("the sum is %d, want 500", n)
			}
			for _, p := range eng.Stats().Pools {
				if p.Limit > 2 || p.Open > 2 {
					t.Errorf("more than two connections: %+v", p)
				}
			}
		})
}

func TestConnectFailuresAreSentences(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		db := testdb.New(t, name)
		u, err := dburl.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		host := u.Hosts()[0].Address()
		try := func(u *dburl.URL, want dberr.Code, words ...string) {
			t.Helper()
			eng, err := engine.OpenURL(t.Context(), u, enginetestOptions())
			if err == nil {
				eng.Close()
				t.Error("it opens")
				return
			}
			code(t, err, want)
			for _, w := range words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the message does not name %q: %v", w, err)
				}
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), "s3cret") {
				t.Errorf("the password is in the message: %v", err)
			}
			t.Log(err)
		}
		try(u.WithDatabase("nothere"), dberr.NotFound, "nothere", host)
		p, through := throughProxy(t, db.URL)
		away, err := dburl.Parse(through)
		if err != nil {
			t.Fatal(err)
		}
		where := away.Hosts()[0].Address()
		p.silent.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := engine.OpenURL(ctx, away, enginetestOptions()); dberr.CodeOf(err) != dberr.Timeout {
			t.Errorf("a server that says nothing, with a deadline: %v", err)
		}
		p.close()
		try(away.WithPassword("s3cret"), dberr.Unavailable, where)
		if name != testdb.PostgreSQL { // there, local connections are trusted
			try(u.WithUser("stranger").WithPassword("s3cret"), dberr.Invalid, host, "stranger")
		}
	})
}

func enginetestOptions() engine.Options {
	return engine.Options{Drivers: drivers()}
}
