package migrate_test

import (
	"bufio"
	"context"
	dbsql "database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// hold opens a transaction in another session that keeps a revision of users
// from running, and returns what ends it and how a message names the session.
func hold(t *testing.T, db testdb.DB) (release func(), name string) {
	t.Helper()
	if db.Engine == testdb.SQLite {
		return holdFile(t, db)
	}
	eng := enginetest.Open(t, db.URL, engine.Options{})
	begun, end, ended := make(chan string), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- eng.OnWriter(context.WithoutCancel(t.Context()), func(ctx context.Context, conn *dbsql.Conn) error {
			tx, err := conn.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			var n int
			if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM users").Scan(&n); err != nil {
				return err
			}
			id, err := eng.LockWaits().Session(ctx, tx)
			if err != nil {
				return err
			}
			begun <- id
			<-end
			return tx.Rollback()
		})
	}()
	select {
	case id := <-begun:
		name = "session " + id
	case err := <-ended:
		t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		close(end)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}), name
}

// holdFile is hold for a file, which processes lock.
func holdFile(t *testing.T, db testdb.DB) (release func(), name string) {
	t.Helper()
	c := testdb.Client(t, db)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "BEGIN IMMEDIATE;\nSELECT 'begun';\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, "begun") {
		t.Fatalf("the shell said %q: %v", line, err)
	}
	return sync.OnceFunc(func() {
		in.Close()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}), fmt.Sprintf("process %d", c.Process.Pid)
}

// blocked keeps what is told about locks.
type blocked struct {
	mu   sync.Mutex
	said []string
	free int
}

func (b *blocked) event(e migrate.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e.Kind {
	case migrate.Blocked:
		b.said = append(b.said, e.Text)
	case migrate.Unblocked:
		b.free++
	}
}

func (b *blocked) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.said
}

// wider changes a table that another session reads.
var wider = migrate.Revision{ID: "d55555555555", Down: []string{"ab2222222222"}, Doc: "wider", Upgrade: func(ops *op.Ops) {
	ops.AddColumn("posts", op.Integer("stars").Default(int64(0)))
	ops.AddColumn("users", op.Text("bio").Null())
	ops.AlterColumn("users", "email").Type(schema.Type{Kind: schema.String, Length: 200})
}}

// TestWaitsForALock: a change that waits for an open transaction says who has
// it, holds up nobody else for longer than the timeout, and goes on when it ends.
func TestWaitsForALock(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		t.Parallel()
		revs := append(line()[:2:2], wider)
		eng := enginetest.Open(t, db.URL, engine.Options{})
		upgrade(t, runner(t, eng, revs...), "ab22")
		for _, whole := range []bool{false, true} {
			if whole && !eng.Dialect().Has(schema.TransactionalDDL) {
				continue
			}
			reader := enginetest.Open(t, db.URL, engine.Options{})
			release, name := hold(t, db)
			const timeout = time.Second
			var told blocked
			r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: revs}}, OneTransaction: whole,
				LockTimeout: timeout, Events: told.event})
			done := make(chan error, 1)
			go func() {
				_, err := r.Upgrade(context.WithoutCancel(t.Context()), "head")
				done <- err
			}()
			longest := time.Duration(0)
			named := func() bool {
				said := told.all()
				return len(said) > 0 && strings.Contains(said[len(said)-1], name)
			}
			// A busy machine may take longer to say who it is.
			for begin := time.Now(); time.Since(begin) < 8*time.Second ||
				!named() && time.Since(begin) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
				at := time.Now()
				one[int](t, reader, "SELECT count(*) FROM users")
				longest = max(longest, time.Since(at))
			}
			select {
			case err := <-done:
				t.Fatalf("it ended while the lock was held: %v", err)
			default:
			}
			if !named() {
				t.Errorf("told %q, wanted it to name %s", told.all(), name)
			}
			if longest > timeout+1500*time.Millisecond {
				t.Errorf("a reader was held for %s", longest)
			}
			release()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if told.free == 0 {
				t.Error("nobody was told that the lock is free")
			}
			downgrade(t, runner(t, eng, revs...), "ab22")
		}
	})
}

// TestGivesUpALock ends with a sentence that names the holder, and leaves a
// database from which an upgrade goes on.
func TestGivesUpALock(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		t.Parallel()
		revs := append(line()[:2:2], wider)
		eng := enginetest.Open(t, db.URL, engine.Options{})
		upgrade(t, runner(t, eng, revs...), "ab22")
		release, name := hold(t, db)
		if late, err := engine.Open(t.Context(), db.URL, engine.Options{Drivers: engines.All()}); err != nil {
			t.Errorf("a database that is being written to cannot be opened: %v", err)
		} else if err := late.Close(); err != nil {
			t.Error(err)
		}
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: revs}},
			LockTimeout: time.Second, LockLimit: 4 * time.Second})
		_, err := r.Upgrade(t.Context(), "head")
		var stopped *migrate.StoppedError
		if dberr.CodeOf(err) != dberr.Busy || !errors.As(err, &stopped) || !strings.Contains(err.Error(), "gave up after") ||
			!strings.Contains(err.Error(), name) {
			t.Errorf("got %v, wanted it to name %s", err, name)
		}
		release()
		upgrade(t, r, "head")
		if f, err := r.Check(t.Context()); err != nil || !f.OK() {
			t.Errorf("check %+v %v", f, err)
		}
	})
}
