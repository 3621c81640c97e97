package drivertest

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
)

// Connections tests how a driver opens databases and what its connections are
// like, its classifier and its named locks. url is a fresh, empty database.
func Connections(t *testing.T, d driver.Driver, url string) {
	u := parse(t, d, url)
	t.Run("open", func(t *testing.T) { testOpen(t, d, u) })
	t.Run("settings", func(t *testing.T) { testSettings(t, open(t, d, u)) })
	t.Run("matched rows", func(t *testing.T) { testMatchedRows(t, open(t, d, u)) })
	t.Run("transactions", func(t *testing.T) { testTransactions(t, open(t, d, u)) })
	t.Run("prepared again", func(t *testing.T) { testPreparedAgain(t, open(t, d, u)) })
	t.Run("classifier", func(t *testing.T) { testClassifier(t, open(t, d, u)) })
	t.Run("read only", func(t *testing.T) { testReadOnly(t, d, u) })
	t.Run("lock", func(t *testing.T) { testLock(t, open(t, d, u)) })
	t.Run("lock waits", func(t *testing.T) { testLockWaits(t, open(t, d, u)) })
}

func open(t *testing.T, d driver.Driver, u *dburl.URL) *driver.Database {
	t.Helper()
	db, err := d.Open(t.Context(), u, driver.OpenOptions{})
	if err != nil {
		t.Fatalf("open: %v (%v)", err, errors.Unwrap(err))
	}
	t.Cleanup(func() { closeDatabase(t, db) })
	return db
}

func closeDatabase(t *testing.T, db *driver.Database) {
	t.Helper()
	errs := []error{db.Reader.Close(), db.Writer.Close()} // closing twice is allowed
	if db.Cleanup != nil {
		errs = append(errs, db.Cleanup())
	}
	if err := errors.Join(errs...); err != nil {
		t.Errorf("close: %v", err)
	}
}

func testOpen(t *testing.T, d driver.Driver, u *dburl.URL) {
	if !slices.Contains(d.Backends(), u.Backend) {
		t.Fatalf("it does not serve %s, but %v", u.Backend, d.Backends())
	}
	offline, err := d.Dialect(u)
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, d, u)
	if offline.Engine() != db.Dialect.Engine() {
		t.Errorf("the dialect is %s without a connection and %s with one", offline.Engine(), db.Dialect.Engine())
	}
	if db.Classifier == nil || db.Inspector == nil || db.DDL == nil || db.Locker == nil || db.State == nil {
		t.Errorf("something is missing: %+v", db)
	}
	name, number, _ := strings.Cut(db.Version, " ")
	if !strings.EqualFold(name, db.Dialect.Engine()) || number == "" || strings.Trim(number, "0123456789.") != "" {
		t.Errorf("the version is called %q", db.Version)
	}
	s, err := db.State(t.Context(), db.Reader)
	if err != nil || s.ReadOnly {
		t.Errorf("state %+v, %v", s, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if db, err := d.Open(gone, u, driver.OpenOptions{}); err == nil {
		closeDatabase(t, db)
		t.Error("it opens with a context that has ended")
	}
	for _, other := range []string{"sqlite:///x.db", "postgresql://h/x", "mysql://h/x"} {
		o, err := dburl.Parse(other)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(d.Backends(), o.Backend) {
			continue
		}
		if _, err := d.Open(t.Context(), o, driver.OpenOptions{}); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("%s: %v", other, err)
		}
	}
}

// testSettings looks at several connections that exist at the same time: each
// has to be like the first.
func testSettings(t *testing.T, db *driver.Database) {
	if _, err := db.Writer.ExecContext(t.Context(), "CREATE TABLE word (w varchar(20) NOT NULL PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	n := 4
	if limit := db.Reader.Stats().MaxOpenConnections; limit > 0 {
		n = min(n, limit)
	}
	for i := range n {
		conn, err := db.Reader.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, c := range []struct {
			text string
			want int
		}{
			{"SELECT CASE WHEN 'a' = 'A' THEN 1 ELSE 0 END", 0},
			{"SELECT CASE WHEN 'a' = 'a ' THEN 1 ELSE 0 END", 0},
			{"SELECT CASE WHEN '👍' = '🐍' THEN 1 ELSE 0 END", 0},
			{"SELECT CASE WHEN 'é' = 'e' THEN 1 ELSE 0 END", 0},
			{"SELECT count(*) FROM word", 0},
		} {
			var got int
			if err := conn.QueryRowContext(t.Context(), c.text).Scan(&got); err != nil || got != c.want {
				t.Errorf("connection %d: %s is %d, %v", i, c.text, got, err)
			}
		}
		b := driver.NewBuilder(db.Dialect)
		b.SQL("SELECT CASE WHEN ").Arg("ä🐍\\'\"%").SQL(" = 'x' THEN 'x' ELSE 'ä🐍' END")
		text, args, err := b.Done()
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := conn.QueryRowContext(t.Context(), text, args...).Scan(&got); err != nil || got != "ä🐍" {
			t.Errorf("connection %d: text comes back as %q, %v", i, got, err)
		}
	}
}

func exec(t *testing.T, q driver.DBTX, text string) int64 {
	t.Helper()
	res, err := q.ExecContext(t.Context(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func testMatchedRows(t *testing.T, db *driver.Database) {
	exec(t, db.Writer, "CREATE TABLE matched (id integer NOT NULL PRIMARY KEY, n integer)")
	exec(t, db.Writer, "INSERT INTO matched (id, n) VALUES (1, 5)")
	if n := exec(t, db.Writer, "UPDATE matched SET n = 5 WHERE id = 1"); n != 1 {
		t.Errorf("an update that changes nothing counts %d rows, want the 1 that matched", n)
	}
	if n := exec(t, db.Writer, "UPDATE matched SET n = 5 WHERE id = 2"); n != 0 {
		t.Errorf("an update without a row counts %d", n)
	}
}

func begin(t *testing.T, db *driver.Database, pool *sql.DB, o driver.BeginOptions) (tx *sql.Tx, end func()) {
	t.Helper()
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if db.Begin != nil {
		tx, err = db.Begin(t.Context(), conn, o)
	} else {
		tx, err = conn.BeginTx(t.Context(), &sql.TxOptions{Isolation: o.Isolation, ReadOnly: o.ReadOnly})
	}
	if err != nil {
		conn.Close()
		t.Fatalf("begin %+v: %v", o, err)
	}
	return tx, func() {
		_ = tx.Rollback() // after a commit it does nothing
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testTransactions(t *testing.T, db *driver.Database) {
	exec(t, db.Writer, "CREATE TABLE entry (id integer NOT NULL PRIMARY KEY)")
	for i, level := range []sql.IsolationLevel{sql.LevelDefault, sql.LevelReadCommitted, sql.LevelRepeatableRead,
		sql.LevelSerializable} {
		tx, end := begin(t, db, db.Writer, driver.BeginOptions{Isolation: level})
		exec(t, tx, fmt.Sprintf("INSERT INTO entry (id) VALUES (%d)", i))
		if err := tx.Commit(); err != nil {
			t.Errorf("%v: %v", level, err)
		}
		end()
		tx, end = begin(t, db, db.Reader,
			driver.BeginOptions{Isolation: level, ReadOnly: true, Deferrable: level == sql.LevelSerializable})
		var n int
		if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM entry").Scan(&n); err != nil || n != i+1 {
			t.Errorf("%v: %d rows, %v", level, n, err)
		}
		_, err := tx.ExecContext(t.Context(), "INSERT INTO entry (id) VALUES (100)")
		if f := db.Classifier.Classify(err); err == nil || f.Code != dberr.ReadOnly || f.Native == "" {
			t.Errorf("%v: a write in a read-only transaction: %v is %+v", level, err, f)
		}
		end()
		tx, end = begin(t, db, db.Writer, driver.BeginOptions{}) // what was read-only is not any more
		exec(t, tx, "INSERT INTO entry (id) VALUES (100)")
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		end()
	}
}

// testPreparedAgain runs one text often, with its rows open and in a
// transaction: what keeps statements must not mix them up.
func testPreparedAgain(t *testing.T, db *driver.Database) {
	exec(t, db.Writer, "CREATE TABLE pair (k integer NOT NULL PRIMARY KEY, v integer)")
	b := driver.NewBuilder(db.Dialect)
	b.SQL("INSERT INTO pair (k, v) VALUES (").Arg(1).SQL(", ").Arg(1).SQL(")")
	insert, _, err := b.Done()
	if err != nil {
		t.Fatal(err)
	}
	b = driver.NewBuilder(db.Dialect)
	b.SQL("SELECT v FROM pair WHERE k >= ").Arg(1).SQL(" ORDER BY k")
	read, _, err := b.Done()
	if err != nil {
		t.Fatal(err)
	}
	tx, end := begin(t, db, db.Writer, driver.BeginOptions{})
	for i := range 5 {
		if _, err := tx.ExecContext(t.Context(), insert, i, 10*i); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	end()
	for i := range 5 {
		if _, err := db.Writer.ExecContext(t.Context(), insert, 1,
			1); db.Classifier.Classify(err).Code != dberr.AlreadyExists {
			t.Fatalf("round %d: %v", i, err)
		}
		rows, err := db.Reader.QueryContext(t.Context(), read, i)
		if err != nil {
			t.Fatal(err)
		}
		if types, err := rows.ColumnTypes(); err != nil || len(types) != 1 || types[0].Name() != "v" {
			t.Errorf("round %d: column types %v, %v", i, types, err)
		}
		if rows.NextResultSet() {
			t.Error("there is a second result")
		}
		rows.Close()
		if rows, err = db.Reader.QueryContext(t.Context(), read, i); err != nil {
			t.Fatal(err)
		}
		got := -1
		if !rows.Next() || rows.Scan(&got) != nil || got != 10*i {
			t.Errorf("round %d: first row %d, %v", i, got, rows.Err())
		}
		rows.Close() // early
	}
}

func testClassifier(t *testing.T, db *driver.Database) {
	c := db.Classifier
	for _, x := range []struct {
		err    error
		want   dberr.Code
		unsent bool
	}{
		{context.Canceled, dberr.Canceled, false},
		{context.DeadlineExceeded, dberr.Timeout, false},
		{fmt.Errorf("wrapped: %w", context.Canceled), dberr.Canceled, false},
		{sqldriver.ErrBadConn, dberr.Unavailable, true},
		{sql.ErrTxDone, dberr.Invalid, false},
		{sql.ErrConnDone, dberr.Invalid, false},
		{errors.New("something else"), dberr.Internal, false},
	} {
		if f := c.Classify(x.err); f.Code != x.want || f.Unsent != x.unsent {
			t.Errorf("%v is %+v, want %s, unsent %v", x.err, f, x.want, x.unsent)
		}
	}
	exec(t, db.Writer, "CREATE TABLE uniq (id integer NOT NULL PRIMARY KEY, v varchar(40) NOT NULL UNIQUE)")
	exec(t, db.Writer, "INSERT INTO uniq (id, v) VALUES (1, 'for key ''x.y'' and (2)')")
	_, err := db.Writer.ExecContext(t.Context(), "INSERT INTO uniq (id, v) VALUES (2, 'for key ''x.y'' and (2)')")
	f := c.Classify(fmt.Errorf("wrapped: %w", err))
	if f.Code != dberr.AlreadyExists || f.Native == "" || f.Constraint == "" ||
		strings.Contains(f.Constraint+f.Detail, "for key") || f.Constraint == "y" || f.Unsent || f.Broken {
		t.Errorf("a unique violation is %+v (%v)", f, err)
	}
}

func testLock(t *testing.T, db *driver.Database) {
	release, err := db.Locker.Lock(t.Context(), db, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	upper, err := db.Locker.Lock(t.Context(), db, "A", nil)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
	defer cancel()
	if again, err := db.Locker.Lock(short, db, "a", nil); dberr.CodeOf(err) != dberr.Busy {
		t.Errorf("a lock that is held: %v", err)
		if err == nil {
			_ = again()
		}
	}
	for _, f := range []func() error{release, release, upper} {
		if err := f(); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if release, err = db.Locker.Lock(ctx, db, "a", nil); err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if l, ok := db.Locker.(driver.SessionLocker); ok {
		testLockHeld(t, db, l)
	}
}

// testLockHeld: a lock is held until its session ends.
func testLockHeld(t *testing.T, db *driver.Database, l driver.SessionLocker) {
	release, held, err := l.LockHeld(t.Context(), db, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := held(t.Context()); err != nil {
			t.Errorf("the lock is held: %v", err)
		}
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := held(t.Context()); err == nil {
		t.Error("a lock that was freed is held")
	}
}

// testLockWaits: a change of the schema waits for a transaction that has read
// the table, the holder is named, and the wait ends when it is bounded. An engine
// without a bound does not let it wait.
func testLockWaits(t *testing.T, db *driver.Database) {
	w := db.LockWaits
	if w == nil {
		t.Skip("the engine says nothing about waits for locks")
	}
	bound := w.Bound(2 * time.Second)
	exec(t, db.Writer, "CREATE TABLE waited_for (id integer)")
	if len(bound.InTx)+len(bound.Before) == 0 {
		testNobodyQueues(t, db)
		return
	}
	holder, end := begin(t, db, db.Writer, driver.BeginOptions{})
	end = sync.OnceFunc(end)
	defer end()
	var n int
	if err := holder.QueryRowContext(t.Context(), "SELECT count(*) FROM waited_for").Scan(&n); err != nil {
		t.Fatal(err)
	}
	held, err := w.Session(t.Context(), holder)
	if err != nil || held == "" {
		t.Fatalf("the session is %q: %v", held, err)
	}
	conn, err := db.Writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, text := range bound.Before {
		exec(t, conn, text)
	}
	session, err := w.Session(t.Context(), conn)
	if err != nil || session == held {
		t.Fatalf("the session is %q: %v", session, err)
	}
	if found, err := w.Blockers(t.Context(), db.Reader, session); err != nil || len(found) != 0 {
		t.Errorf("a session that does not wait is blocked by %v: %v", found, err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := conn.ExecContext(context.WithoutCancel(t.Context()), "DROP TABLE waited_for")
		failed <- err
	}()
	named := false
	for waits := true; waits; {
		select {
		case err := <-failed:
			if f := db.Classifier.Classify(err); f.Code != dberr.Busy {
				t.Errorf("the wait ended with %v", err)
			}
			waits = false
		case <-time.After(100 * time.Millisecond):
			found, err := w.Blockers(t.Context(), db.Reader, session)
			if err != nil {
				t.Error(err)
			}
			for _, b := range found {
				named = named || b.Session == held && b.User != "" && strings.Contains(b.String(), held)
			}
		}
	}
	if !named {
		t.Errorf("nobody has named session %s", held)
	}
	for _, text := range bound.After {
		exec(t, conn, text)
	}
	end()
	exec(t, conn, "DROP TABLE waited_for")
}

// testNobodyQueues: a change of the schema neither waits for a transaction that
// has read the table, nor keeps others from reading it before it has committed.
func testNobodyQueues(t *testing.T, db *driver.Database) {
	t.Helper()
	count := func(q interface {
		QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
	}) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var n int
		if err := q.QueryRowContext(ctx, "SELECT count(*) FROM waited_for").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	holder, endHolder := begin(t, db, db.Reader, driver.BeginOptions{ReadOnly: true})
	defer endHolder()
	count(holder)
	changer, endChange := begin(t, db, db.Writer, driver.BeginOptions{})
	defer endChange()
	exec(t, changer, "ALTER TABLE waited_for ADD COLUMN more integer")
	count(db.Reader)
	count(holder)
}
