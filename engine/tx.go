package engine

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"strings"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Mode says what a transaction may do.
type Mode int

// The modes. Write is the zero value.
const (
	Write Mode = iota
	Read       // sees one snapshot of the database and may not write
)

// Isolation is the isolation level of a transaction. An engine may give more
// than is asked for, never less.
type Isolation int

// The levels. The default is read committed for Write, where the engine has
// levels, and repeatable read for Read, so that a Read transaction sees one
// snapshot on every engine. An engine with a single writer is serializable
// whatever is asked for.
const (
	DefaultIsolation Isolation = iota
	ReadCommitted
	RepeatableRead
	Serializable
)

func (i Isolation) level(m Mode) sql.IsolationLevel {
	switch {
	case i == ReadCommitted:
		return sql.LevelReadCommitted
	case i == Serializable:
		return sql.LevelSerializable
	case i == RepeatableRead || m == Read:
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// TxOptions say how a transaction runs. The zero value is a writing one.
type TxOptions struct {
	Name       string // for logs, metrics and errors: "chats.Move"
	Mode       Mode
	Isolation  Isolation
	Deferrable bool // Read and Serializable: wait for a snapshot that no writer can spoil, where the engine has that

	// Late saves a round trip where the engine can send BEGIN with what fn runs first by
	// ExecAll. A server that is not there is found by that, and fn runs again.
	Late bool

	// Setup runs on the connection ahead of the transaction, and Reset behind
	// it, whatever became of it: settings that the engine takes only outside
	// of transactions. A connection that could not be reset is closed.
	Setup, Reset []string

	// MaxAttempts bounds how often fn runs; 0 is the engine's RetryPolicy, 1 is once.
	MaxAttempts int

	// When the answer to a COMMIT is lost, nobody knows whether the
	// transaction took effect, and InTx returns an error that has
	// ErrOutcomeUnknown in its chain. Two ways out:
	//
	// Idempotent says that running fn again after it took effect does no harm.
	Idempotent bool
	// Applied finds out, on a new connection: true when the transaction took
	// effect. Where it answers false, fn runs again. To be certain, the
	// transaction writes a row under a unique key that Applied looks for: where
	// a first commit arrives late the second run meets the row instead of being
	// applied twice, and Applied is asked again.
	Applied func(ctx context.Context, q Queryer) (bool, error)

	once *bool // set by fn when it cannot run again
}

// Tx is a transaction, or a savepoint in one. It is valid until the function
// it was given to returns. Its methods may be called from several goroutines;
// they run one after the other.
type Tx struct {
	s      *txState
	parent *Tx
	depth  int
	mode   Mode

	// Below: guarded by s.mu.
	failed *dberr.Error // the first statement that failed in this frame
	child  *Tx          // the savepoint under way
	after  []func()     // OnCommit
	over   bool
}

// txState is one database transaction with its connection.
type txState struct {
	e    *Engine
	name string
	try  int

	mu   sync.Mutex
	pool *pool
	conn *sql.Conn
	tx   *sql.Tx
	rows *Rows        // open on the connection
	lost *dberr.Error // why the whole transaction is gone
	done bool         // committed, rolled back or abandoned

	reset    []string            // TxOptions.Reset
	bulk     bool                // rows are being streamed in; s.mu is free meanwhile
	cancel   context.CancelFunc  // ends a COMMIT or ROLLBACK that is not answered
	unfollow func() bool         // stops following the caller's context
	ended    func() *dberr.Error // what ended the caller's context; nil while it lives
}

// Dialect is what statements for this transaction are written in.
func (tx *Tx) Dialect() driver.Dialect { return tx.s.e.db.Dialect }

// OnCommit calls f once the outermost transaction is committed, after its
// connection went back to the pool; not at all when this transaction, or the
// savepoint it stands for, is rolled back. It is the place for side effects.
func (tx *Tx) OnCommit(f func()) {
	tx.s.mu.Lock()
	defer tx.s.mu.Unlock()
	tx.after = append(tx.after, f)
}

// InTx runs fn in a transaction and commits it. An error of fn, or a panic,
// rolls it back. On conflicts, deadlocks, a busy database and lost connections
// the transaction is run again from the start, so fn may run more than once
// and has no side effects of its own: those go into tx.OnCommit. When ctx ends
// the transaction is rolled back, unless its commit has begun.
//
// The error is that of fn, unchanged, or a *dberr.Error.
func (e *Engine) InTx(ctx context.Context, o TxOptions, fn func(ctx context.Context, tx *Tx) error) error {
	policy := e.retry
	if o.MaxAttempts > 0 {
		policy.Attempts, policy.Failover = o.MaxAttempts, 0
	}
	t := tries{policy: policy}
	var doubted *Tx // whose commit was not answered, and not found to have taken effect
	for {
		err, cause, unknown := e.tryTx(ctx, o, t.attempt(), fn)
		if err == nil {
			return nil
		}
		if doubted != nil && unknown == nil && dberr.CodeOf(err) == dberr.AlreadyExists {
			if after, known := e.settleLate(ctx, o, doubted); known {
				runAll(after)
				return nil
			}
		}
		if unknown != nil {
			doubted = unknown
			after, known := e.settle(ctx, o, unknown)
			if known {
				runAll(after)
				return nil
			}
			if after == nil && !o.Idempotent && o.Applied == nil {
				return err
			}
		}
		if cause == nil || o.once != nil && *o.once || !t.next(ctx, cause) {
			return err
		}
		e.retries.Add(1)
		e.log.DebugContext(ctx, "transaction runs again", "tx", o.Name, "attempt", t.attempt(), "code", string(cause.Code))
	}
}

// tryTx runs fn once. cause is the failure for which another attempt makes
// sense, nil for none; unknown is the transaction when its commit was sent and
// not answered.
func (e *Engine) tryTx(ctx context.Context, o TxOptions, attempt int, fn func(ctx context.Context, tx *Tx) error) (err error, cause *dberr.Error, unknown *Tx) { //nolint:revive,staticcheck // err is what fn said; the others say what became of the transaction
	s, fault := e.begin(ctx, o, attempt)
	if fault != nil {
		if again(fault, true) || fault.Code == dberr.Unavailable {
			cause = fault
		}
		return fault, cause, nil
	}
	tx := &Tx{s: s, mode: o.Mode}
	returned := false
	defer func() {
		if !returned { // fn panicked or ended its goroutine
			_ = s.rollback(ctx, tx) // the panic counts
		}
	}()
	err = fn(ctx, tx)
	returned = true

	if err != nil || s.failure(tx) != nil {
		failed := s.rollback(ctx, tx)
		if err == nil {
			err = failed
		}
		return err, worthAnother(err, failed), nil
	}
	after, fault, unsettled := s.commit(ctx, tx)
	if fault == nil {
		runAll(after)
		return nil, nil, nil
	}
	if unsettled {
		return fault, fault, tx
	}
	return fault, worthAnother(fault, fault), nil
}

// worthAnother returns the failure of a transaction that was rolled back for
// which it is run again: one that the engine reported, or a conflict that fn
// found itself.
func worthAnother(err error, failed *dberr.Error) *dberr.Error {
	if failed != nil && (again(failed, false)) {
		return failed
	}
	if dberr.CodeOf(err) == dberr.Conflict {
		return &dberr.Error{Code: dberr.Conflict}
	}
	return nil
}

func runAll(after []func()) {
	for _, f := range after {
		f()
	}
}

// begin gets a connection and begins a transaction on it.
func (e *Engine) begin(ctx context.Context, o TxOptions, attempt int) (*txState, *dberr.Error) {
	p := e.writer
	if o.Mode == Read {
		p = e.reader
	}
	octx, ob := e.observe(ctx, KindBegin, o.Name, "", 0, o.Mode == Write, true, attempt)
	s, err := e.beginOn(octx, p, o)
	if err != nil {
		fault := e.fault(ctx, opName(o.Name, "begin"), err)
		if fault.Code == dberr.Unavailable {
			fault.Unsent = true // an empty transaction has no effect
		}
		ob.done(0, fault)
		return nil, fault
	}
	ob.done(0, nil)
	s.name, s.try = o.Name, attempt
	return s, nil
}

func (e *Engine) beginOn(ctx context.Context, p *pool, o TxOptions) (*txState, error) {
	if err := e.refuse(o.Mode == Write); err != nil {
		return nil, err
	}
	if err := p.acquire(ctx); err != nil {
		return nil, err
	}
	conn, err := p.db.Conn(ctx)
	if err != nil {
		p.release()
		return nil, err
	}
	// The transaction's own context is not the caller's: a caller that goes
	// away must not cut a COMMIT in two, and a ROLLBACK must still be sent.
	txctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unfollow := context.AfterFunc(ctx, cancel)
	begin := e.db.Begin
	if begin == nil {
		begin = beginPlain
	}
	for _, text := range o.Setup {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			unfollow()
			cancel()
			forget(conn)
			conn.Close()
			p.release()
			return nil, err
		}
	}
	tx, err := begin(txctx, conn,
		driver.BeginOptions{Isolation: o.Isolation.level(o.Mode), ReadOnly: o.Mode == Read, Deferrable: o.Deferrable,
			Late: o.Late})
	if !unfollow() && err == nil {
		// ctx ended while the transaction began, so its context is done too.
		tx.Rollback()
		err = ctx.Err()
	}
	if err != nil {
		cancel()
		if len(o.Setup) > 0 {
			forget(conn)
		}
		conn.Close()
		p.release()
		return nil, err
	}
	s := &txState{e: e, pool: p, conn: conn, tx: tx, cancel: cancel, reset: o.Reset}
	s.ended = func() *dberr.Error {
		if err := ctx.Err(); err != nil {
			return e.fault(ctx, opName(o.Name, "transaction"), err)
		}
		return nil
	}
	s.unfollow = context.AfterFunc(ctx, s.abandon)
	return s, nil
}

func beginPlain(ctx context.Context, conn *sql.Conn, o driver.BeginOptions) (*sql.Tx, error) {
	return conn.BeginTx(ctx, &sql.TxOptions{Isolation: o.Isolation, ReadOnly: o.ReadOnly})
}

// detach makes the transaction outlive the context that it began with.
func (s *txState) detach() {
	s.unfollow()
	s.ended = func() *dberr.Error { return nil }
}

// abandon rolls back when the caller's context ends.
func (s *txState) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return
	}
	s.lost = s.ended()
	if !s.bulk { // a bulk insert ends by itself now, and then fn does
		_ = s.end(s.tx.Rollback) // what could not be rolled back is gone with its connection
	}
}

// end runs the last statement of the transaction, gives the connection back
// and returns the error. s.mu is held.
func (s *txState) end(last func() error) error {
	if s.rows != nil {
		s.rows.rows.Close()
		s.rows = nil
	}
	timer := time.AfterFunc(s.e.commitTimeout, s.cancel)
	err := last()
	timer.Stop()
	s.done = true
	if err != nil {
		// Its state is not known: it must not serve anybody else.
		forget(s.conn)
	} else {
		for _, text := range s.reset {
			// What became of the transaction is known; only the connection is lost.
			if _, rerr := s.conn.ExecContext(context.Background(), text); rerr != nil {
				forget(s.conn)
				break
			}
		}
	}
	s.cancel()
	s.conn.Close()
	s.pool.release()
	return err
}

// forget keeps the pool from using the connection again.
func forget(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn }) // the error is the message to the pool
}

// failure is why the transaction cannot be committed; nil when it can.
func (s *txState) failure(tx *Tx) *dberr.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil {
		return s.lost
	}
	return tx.failed
}

// rollback ends the transaction and returns the failure that it had, if any.
func (s *txState) rollback(ctx context.Context, tx *Tx) *dberr.Error {
	s.unfollow()
	s.mu.Lock()
	defer s.mu.Unlock()
	tx.close()
	if !s.done {
		_, o := s.e.observe(ctx, KindRollback, s.name, "", 0, false, true, s.try)
		_ = s.end(s.tx.Rollback) // what could not be rolled back is gone with its connection
		o.done(0, nil)
	}
	if s.lost != nil {
		return s.lost
	}
	return tx.failed
}

// commit ends the transaction. unsettled says that the COMMIT was sent and
// that it is unknown what became of it.
func (s *txState) commit(ctx context.Context, tx *Tx) (after []func(), fault *dberr.Error, unsettled bool) {
	s.unfollow()
	s.mu.Lock()
	defer s.mu.Unlock()
	tx.close()
	if s.done {
		return nil, s.lost, false
	}
	if err := ctx.Err(); err != nil {
		s.lost = s.e.fault(ctx, opName(s.name, "transaction"), err)
		_ = s.end(s.tx.Rollback) // what could not be rolled back is gone with its connection
		return nil, s.lost, false
	}
	octx, o := s.e.observe(ctx, KindCommit, s.name, "", 0, tx.mode == Write, true, s.try)
	err := s.end(s.tx.Commit)
	if tx.mode == Write {
		s.e.written.Add(1)
	}
	if err == nil {
		o.done(0, nil)
		return tx.after, nil, false
	}
	// The caller's context plays no part in a commit: its end must not dress
	// up a failure of the database.
	fault = s.e.fault(context.WithoutCancel(octx), opName(s.name, "commit"), err)
	if tx.mode == Write && mayHaveHappened(fault) {
		fault.Code = dberr.Unavailable
		fault, unsettled = unknownOutcome(fault, "transaction"), true
	}
	o.done(0, fault)
	return nil, fault, unsettled
}

// close marks tx and its savepoints as over. s.mu is held.
func (tx *Tx) close() {
	for t := tx; t != nil; t = t.child {
		t.over = true
	}
}

func (s *txState) rowsClosed(r *Rows) {
	s.mu.Lock()
	if s.rows == r {
		s.rows = nil
	}
	s.mu.Unlock()
}

// fail records a failure; the first one counts.
func (tx *Tx) fail(err *dberr.Error, f driver.Fault) {
	tx.s.mu.Lock()
	tx.failLocked(err, f)
	tx.s.mu.Unlock()
}

func (tx *Tx) failLocked(err *dberr.Error, f driver.Fault) {
	if tx.failed == nil {
		tx.failed = err
	}
	lost := f.TxLost || f.Broken
	switch err.Code {
	case dberr.Conflict, dberr.Unavailable, dberr.Canceled, dberr.Timeout:
		// Engines differ in how much they undo here, up to everything, and a
		// statement that followed would then run outside of any transaction.
		lost = true
	}
	if lost && tx.s.lost == nil {
		tx.s.lost = err
	}
}

// ready says why tx cannot run a statement now; nil when it can. s.mu is held.
func (tx *Tx) ready(op string) *dberr.Error {
	s := tx.s
	if !s.done && s.lost == nil {
		// What rolls back may not have had its turn yet.
		s.lost = s.ended()
	}
	switch {
	case tx.over:
		return dberr.New(dberr.Invalid, op,
			"this transaction is over: its function has returned; use the tx inside of it only")
	case s.lost != nil:
		return s.lost
	case s.done:
		return dberr.New(dberr.Invalid, op, "this transaction is over")
	case tx.child != nil:
		return dberr.New(dberr.Invalid, op, "a nested transaction is under way; use the tx that its function was given")
	case tx.failed != nil:
		return tx.failed
	case s.bulk:
		return dberr.New(dberr.Invalid, op,
			"a bulk insert is under way in this transaction; its rows must come from elsewhere")
	case s.rows != nil:
		return dberr.New(dberr.Invalid, op,
			"rows of "+opName(s.rows.name, "an earlier query")+
				" are still open in this transaction; read them to the end or close them first")
	}
	return nil
}

// prepare is what Query and Exec check first. s.mu is held.
func (tx *Tx) prepare(st *Statement, op string) *dberr.Error {
	if err := tx.ready(op); err != nil {
		return err
	}
	if st.Write && tx.mode == Read {
		return dberr.New(dberr.ReadOnly, op, "a write in a read transaction; open it with Mode: Write")
	}
	if tx.s.e.ddlCommits {
		if verb := schemaVerb(st.SQL); verb != "" {
			return &dberr.Error{Op: op, Code: dberr.Unsupported, Engine: tx.Dialect().Engine(), Unsent: true,
				Msg: verb + " commits the transaction it is in on this engine; run it outside of a transaction"}
		}
	}
	return nil
}

// Query runs a statement that returns rows. They must be closed before the
// transaction's next statement. No rows are no error. After an error the transaction
// is over, and every further statement gives it again.
func (tx *Tx) Query(ctx context.Context, st Statement) (*Rows, error) {
	s := tx.s
	s.mu.Lock()
	defer s.mu.Unlock()
	op := opName(st.Name, "query")
	if err := tx.prepare(&st, op); err != nil {
		return nil, err
	}
	ctx, o := s.e.observe(ctx, KindQuery, st.Name, st.SQL, len(st.Args), st.Write, true, s.try)
	rows, err := s.tx.QueryContext(ctx, st.SQL, st.Args...) //nolint:rowserrcheck // Rows looks at it
	if err != nil {
		fault, f := s.e.classify(ctx, op, err)
		tx.failLocked(fault, f)
		o.done(0, fault)
		return nil, fault
	}
	o.firstRow()
	r := &Rows{rows: rows, e: s.e, tx: tx, ctx: ctx, o: o, name: st.Name}
	s.rows = r
	if s.e.open != nil {
		s.e.open.add(r, &st)
	}
	return r, nil
}

// Exec runs a statement that returns no rows; the result counts those it matched,
// of which none is no error. After an error the transaction is over, and every
// further statement gives it again.
func (tx *Tx) Exec(ctx context.Context, st Statement) (Result, error) {
	s := tx.s
	s.mu.Lock()
	defer s.mu.Unlock()
	op := opName(st.Name, "exec")
	if err := tx.prepare(&st, op); err != nil {
		return Result{}, err
	}
	ctx, o := s.e.observe(ctx, KindExec, st.Name, st.SQL, len(st.Args), st.Write, true, s.try)
	var n int64
	res, err := s.tx.ExecContext(ctx, st.SQL, st.Args...)
	if err == nil {
		n, err = res.RowsAffected()
	}
	if err != nil {
		fault, f := s.e.classify(ctx, op, err)
		tx.failLocked(fault, f)
		o.done(0, fault)
		return Result{}, fault
	}
	o.done(n, nil)
	return Result{Rows: n}, nil
}

// schemaVerb returns the statement's verb when it changes the schema of the
// database, "" otherwise. Temporary tables are nobody else's.
func schemaVerb(sql string) string {
	s := strings.TrimLeft(sql, " \t\r\n(;")
	for strings.HasPrefix(s, "--") || strings.HasPrefix(s, "/*") {
		end := "\n"
		if s[0] == '/' {
			end = "*/"
		}
		_, rest, ok := strings.Cut(s, end)
		if !ok {
			return ""
		}
		s = strings.TrimLeft(rest, " \t\r\n(;")
	}
	verb, rest, _ := strings.Cut(s, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE":
		object, _, _ := strings.Cut(strings.TrimLeft(rest, " \t\r\n"), " ")
		if strings.EqualFold(object, "TEMPORARY") {
			return ""
		}
		return strings.TrimSpace(verb + " " + strings.ToUpper(object))
	}
	return ""
}
