package engine_test

import (
	"context"
	"fmt"
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

// pair is two servers of which one takes writes, as in a group with a primary,
// and a user without the right to write all the same.
type pair struct {
	t      *testing.T
	admins [2]*engine.Engine
	urls   [2]*dburl.URL
	both   *dburl.URL
}

func newPair(t *testing.T, name string) *pair {
	t.Helper()
	p := &pair{t: t}
	var hosts []string
	for i := range p.admins {
		server := testdb.Private(t, name)
		address := server.NewDatabase(t)
		p.admins[i] = enginetest.Open(t, address, engine.Options{})
		u, err := dburl.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, fmt.Sprintf("%s:%d", u.Host, u.Port))
		p.sql(i, "CREATE DATABASE app")
		p.sql(i, "CREATE USER app IDENTIFIED BY 'app'")
		p.sql(i, "GRANT ALL ON app.* TO app")
		p.sql(i, "CREATE TABLE app.t (id INT PRIMARY KEY)")
		p.urls[i] = u.WithUser("app").WithPassword("app").WithDatabase("app")
	}
	both, err := dburl.Parse(p.urls[0].Backend + "://app:app@" + strings.Join(hosts, ",") + "/app")
	if err != nil {
		t.Fatal(err)
	}
	p.both = both
	p.writable(1, false)
	return p
}

func (p *pair) sql(i int, text string) {
	p.t.Helper()
	if _, err := p.admins[i].Exec(p.t.Context(), engine.Statement{SQL: text}); err != nil {
		p.t.Fatal(text, err)
	}
}

func (p *pair) writable(i int, yes bool) {
	p.t.Helper()
	p.sql(i, fmt.Sprintf("SET GLOBAL read_only = %d", map[bool]int{true: 0, false: 1}[yes]))
}

func (p *pair) open(u *dburl.URL, o engine.Options) *engine.Engine {
	p.t.Helper()
	o.Drivers = drivers()
	eng, err := engine.OpenURL(p.t.Context(), u, o)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { eng.Close() })
	return eng
}

// The primary steps back and, some time later, another server takes over: those
// who write wait, lose nothing and write nothing twice.
func TestAnotherServerTakesOver(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		if name == testdb.PostgreSQL {
			return // a primary does not become a standby while it runs
		}
		t.Parallel()
		p := newPair(t, name)
		eng := p.open(p.both, engine.Options{})
		var (
			all  sync.WaitGroup
			id   atomic.Int64
			stop atomic.Bool
		)
		for w := range 4 {
			all.Go(func() {
				for !stop.Load() {
					n := id.Add(1)
					st := engine.Statement{SQL: "INSERT INTO t VALUES (?)", Args: []any{n}, Write: true}
					var err error
					if w%2 == 0 {
						_, err = eng.Exec(t.Context(), st)
					} else {
						err = eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Write}, func(ctx context.Context, tx *engine.Tx) error {
							_, err := tx.Exec(ctx, st)
							return err
						})
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		more := func() { // each of those who write has had an answer, and begun anew
			t.Helper()
			deadline := time.Now().Add(time.Minute)
			for until := id.Load() + 8; id.Load() < until; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("nobody writes")
				}
			}
		}
		more()
		p.writable(0, false)
		time.Sleep(4 * time.Second) // longer than ten attempts
		p.writable(1, true)
		more()
		stop.Store(true)
		all.Wait()
		var stored int64
		for i := range p.admins {
			rows, err := p.admins[i].Query(t.Context(), engine.Statement{SQL: "SELECT COUNT(*) FROM app.t"})
			if err != nil {
				t.Fatal(err)
			}
			var n int64
			if !rows.Next() || rows.Scan(&n) != nil || n == 0 {
				t.Errorf("server %d has %d rows, %v", i, n, rows.Err())
			}
			stored += n
			rows.Close()
		}
		if stored != id.Load() {
			t.Errorf("%d rows are stored of %d", stored, id.Load())
		}
	})
}

// A connection learns with its first statement as with any other that its server
// has stepped back, and that statement goes to the one that has taken over.
func TestTheFirstStatementFindsTheNewPrimary(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		if name == testdb.PostgreSQL {
			return // a primary does not become a standby while it runs
		}
		t.Parallel()
		p := newPair(t, name)
		insert := engine.Statement{SQL: "INSERT INTO t VALUES (?)", Args: []any{7}, Write: true}
		for _, call := range []func(eng *engine.Engine) error{
			func(eng *engine.Engine) error {
				_, err := eng.Exec(t.Context(), insert)
				return err
			},
			func(eng *engine.Engine) error {
				return eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
					_, err := tx.Exec(ctx, insert)
					return err
				})
			},
		} {
			p.writable(0, true)
			p.writable(1, false)
			eng := p.open(p.both, engine.Options{})
			if err := eng.InTx(t.Context(), engine.TxOptions{},
				func(context.Context, *engine.Tx) error { return nil }); err != nil {
				t.Fatal(err)
			}
			p.writable(0, false)
			p.writable(1, true)
			if err := call(eng); err != nil {
				t.Error(err)
			}
			if r, err := p.admins[1].Exec(t.Context(), engine.Statement{SQL: "DELETE FROM app.t WHERE id = 7"}); err != nil || r.Rows != 1 {
				t.Errorf("%d rows had gone to the one that took over, %v", r.Rows, err)
			}
		}
	})
}

// Only a server that takes writes will do, unless nothing is to be written.
func TestReplicasAmongSeveralHosts(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		if name == testdb.PostgreSQL {
			return // it has target_session_attrs
		}
		t.Parallel()
		p := newPair(t, name)
		p.writable(0, false)
		p.writable(1, true)
		insert := engine.Statement{SQL: "INSERT INTO t VALUES (1)", Write: true}
		if _, err := p.open(p.both, engine.Options{}).Exec(t.Context(), insert); err != nil {
			t.Errorf("the second of them takes writes: %v", err)
		}
		p.writable(1, false)
		_, err := engine.OpenURL(t.Context(), p.both, enginetestOptions())
		if dberr.CodeOf(err) != dberr.Unavailable || !strings.Contains(err.Error(), "takes writes") {
			t.Errorf("none of them takes writes: %v", err)
		}
		reads := p.open(p.both, engine.Options{ReadOnly: true})
		if _, err := reads.Exec(t.Context(), engine.Statement{SQL: "SELECT 1"}); err != nil {
			t.Errorf("a reader takes any: %v", err)
		}
		alone := p.open(p.urls[0], engine.Options{})
		if _, err := alone.Exec(t.Context(), insert); dberr.CodeOf(err) != dberr.ReadOnly {
			t.Errorf("a server that is named alone is what it is: %v", err)
		}
		p.writable(0, true)
		if _, err := alone.Exec(t.Context(), insert); err != nil {
			t.Errorf("and takes writes when it is let: %v", err)
		}
	})
}

// A host that did not take a connection is tried after the others for some time: a
// server that is being stopped may accept it and say nothing.
func TestAHostThatFailedIsTriedLast(t *testing.T) {
	for _, name := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testdb.New(t, name)
			first, url := throughProxy(t, db.URL)
			second, _ := throughProxy(t, db.URL)
			eng := enginetest.Open(t, first.then(url, second.l.Addr().String()),
				engine.Options{Pool: &dburl.PoolSettings{Size: 10}})
			if n := second.dialed(); n > 0 {
				t.Errorf("%d connections to the second at first", n)
			}
			cut := func([]byte) bool { return true }
			first.cut.Store(&cut)
			before := first.dialed()
			keep(t, eng, 2)
			again := first.dialed()
			if again == before || second.dialed() == 0 {
				t.Errorf("%d and %d connections after the first has failed, %d before", again, second.dialed(), before)
			}
			first.cut.Store(nil)
			keep(t, eng, 10)
			if n := first.dialed(); n != again {
				t.Errorf("%d connections to the one that failed, %d before", n, again)
			}
		})
	}
}
