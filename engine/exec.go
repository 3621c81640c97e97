package engine

import (
	"context"

	"github.com/larder-db/larder/dberr"
)

// pick chooses where a statement outside of a transaction runs.
func (e *Engine) pick(st *Statement) *pool {
	if st.Write {
		return e.writer
	}
	return e.reader
}

// refuse says that an engine which was opened to be read only does not write.
// The connections refuse as well; this one costs no round trip and does not
// depend on what stands between here and the server.
func (e *Engine) refuse(write bool) error {
	if !write || !e.readOnly {
		return nil
	}
	return &dberr.Error{Code: dberr.ReadOnly, Unsent: true, Msg: "the database was opened to be read only"}
}

// bound adds the call timeout where the caller has set no deadline.
func (e *Engine) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.callTimeout > 0 {
		if _, has := ctx.Deadline(); !has {
			return context.WithTimeout(ctx, e.callTimeout)
		}
	}
	return ctx, nil
}

// Query runs a statement that returns rows. The rows hold a connection until
// they are read to the end or closed. A read that fails because its connection
// died is sent again.
func (e *Engine) Query(ctx context.Context, st Statement) (*Rows, error) {
	rows, err := e.query(ctx, &st, 1)
	if err == nil {
		return rows, nil
	}
	t := tries{policy: e.retry}
	for again(err, st.Write) && t.next(ctx, err) {
		e.retries.Add(1)
		if rows, err = e.query(ctx, &st, t.attempt()); err == nil {
			return rows, nil
		}
	}
	return nil, err
}

func (e *Engine) query(ctx context.Context, st *Statement, attempt int) (*Rows, *dberr.Error) {
	ctx, cancel := e.bound(ctx)
	ctx, o := e.observe(ctx, KindQuery, st.Name, st.SQL, len(st.Args), st.Write, false, attempt)
	p := e.pick(st)
	err := e.refuse(st.Write)
	if err == nil {
		err = p.acquire(ctx)
	}
	if err == nil {
		rows, qerr := p.db.QueryContext(ctx, st.SQL, st.Args...) //nolint:rowserrcheck // Rows looks at it
		if st.Write {
			e.written.Add(1)
		}
		if qerr == nil {
			o.firstRow()
			r := &Rows{rows: rows, e: e, pool: p, ctx: ctx, cancel: cancel, o: o, name: st.Name}
			if e.open != nil {
				e.open.add(r, st)
			}
			return r, nil
		}
		p.release()
		err = qerr
	}
	fault := e.fault(ctx, opName(st.Name, "query"), err)
	if st.Write && mayHaveHappened(fault) {
		fault = unknownOutcome(fault, "statement")
	}
	if cancel != nil {
		cancel()
	}
	o.done(0, fault)
	return nil, fault
}

// Exec runs a statement that returns no rows. It is sent again only where it
// is certain that it did not take effect; an error that has
// [ErrOutcomeUnknown] in its chain says that nobody knows.
func (e *Engine) Exec(ctx context.Context, st Statement) (Result, error) {
	res, err := e.exec(ctx, &st, 1)
	if err == nil {
		return res, nil
	}
	t := tries{policy: e.retry}
	for again(err, st.Write) && t.next(ctx, err) {
		e.retries.Add(1)
		if res, err = e.exec(ctx, &st, t.attempt()); err == nil {
			return res, nil
		}
	}
	return Result{}, err
}

func (e *Engine) exec(ctx context.Context, st *Statement, attempt int) (Result, *dberr.Error) {
	ctx, cancel := e.bound(ctx)
	if cancel != nil {
		defer cancel()
	}
	ctx, o := e.observe(ctx, KindExec, st.Name, st.SQL, len(st.Args), st.Write, false, attempt)
	p := e.pick(st)
	err := e.refuse(st.Write)
	if err == nil {
		err = p.acquire(ctx)
	}
	if err == nil {
		var rows int64
		res, xerr := p.db.ExecContext(ctx, st.SQL, st.Args...)
		if !st.Aside {
			e.written.Add(1)
		}
		if xerr == nil {
			rows, xerr = res.RowsAffected()
		}
		p.release()
		if xerr == nil {
			o.done(rows, nil)
			return Result{Rows: rows}, nil
		}
		err = xerr
	}
	fault := e.fault(ctx, opName(st.Name, "exec"), err)
	if st.Write && mayHaveHappened(fault) {
		fault = unknownOutcome(fault, "statement")
	}
	o.done(0, fault)
	return Result{}, fault
}
