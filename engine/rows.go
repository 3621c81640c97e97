package engine

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/larder-db/larder/dberr"
)

// Rows is the result of a query, read row by row as the engine gives it. It
// holds a connection until Next has returned false or Close was called:
//
//	rows, err := eng.Query(ctx, st)
//	if err != nil { ... }
//	defer rows.Close()
//	for rows.Next() {
//		if err := rows.Scan(&id, &title); err != nil { ... }
//	}
//	return rows.Err()
//
// It is for one goroutine.
type Rows struct {
	rows   *sql.Rows
	e      *Engine
	pool   *pool           // where the place goes back to; nil inside a transaction
	tx     *Tx             // nil outside of a transaction
	ctx    context.Context //nolint:containedctx // rows outlive the call that made them, and end with its context
	cancel context.CancelFunc
	o      *observed
	name   string
	n      int64
	err    *dberr.Error
	closed bool
}

// Next goes to the next row. It returns false, and closes the rows, at the end
// and at an error, which Err then has.
func (r *Rows) Next() bool {
	if r.closed {
		return false
	}
	if r.rows.Next() {
		r.n++
		return true
	}
	r.finish()
	return false
}

// Scan copies the current row's columns into dest, as sql.Rows.Scan does.
func (r *Rows) Scan(dest ...any) error {
	err := r.rows.Scan(dest...)
	if err == nil {
		return nil
	}
	// The driver's text quotes the value that did not fit.
	columns, _ := r.rows.Columns()
	msg := fmt.Sprintf("the statement returns %d columns and %d values are there to take them", len(columns), len(dest))
	if len(columns) == len(dest) {
		msg = r.misfit(columns, dest)
	}
	return &dberr.Error{Op: opName(r.name, "scan"), Code: dberr.Internal, Engine: r.e.db.Dialect.Engine(),
		Msg: msg, Err: err}
}

// Into is what a destination of Scan that converts says it reads into, for
// messages.
type Into interface{ Into() reflect.Type }

// misfit names the column of the current row that does not fit what it is read
// into, and says whether that is because it is NULL.
func (r *Rows) misfit(columns []string, dest []any) string {
	for i, name := range columns {
		one := make([]any, len(dest))
		for k := range one {
			one[k] = new(any)
		}
		value := one[i].(*any)
		if r.rows.Scan(one...) != nil {
			break
		}
		one[i] = dest[i]
		if r.rows.Scan(one...) == nil {
			continue
		}
		into := reflect.TypeOf(dest[i])
		if x, ok := dest[i].(Into); ok {
			into = x.Into()
		} else if into.Kind() == reflect.Pointer {
			into = into.Elem()
		}
		if *value == nil {
			return fmt.Sprintf("column %s is NULL, which a %s does not hold; read it into a *%s, or select it with IfNull",
				name, into, into)
		}
		return fmt.Sprintf("column %s does not fit the %s that it is read into; read it into another type, or Cast it", name, into)
	}
	return "the columns (" + strings.Join(columns, ", ") + ") do not fit the Go values they are read into"
}

// Columns returns the names of the columns; nil once the rows are closed.
func (r *Rows) Columns() []string {
	c, _ := r.rows.Columns()
	return c
}

// Err returns the error that ended Next, or nil.
func (r *Rows) Err() error {
	if r.err != nil {
		return r.err
	}
	return nil
}

// Close gives the connection back. It may be called at any time and more than
// once; it returns what Err returns.
func (r *Rows) Close() error {
	if !r.closed {
		r.finish()
	}
	return r.Err()
}

// finish closes the rows and tells everybody who has to know.
func (r *Rows) finish() {
	r.closed = true
	err := r.rows.Err()
	if cerr := r.rows.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		fault, f := r.e.classify(r.ctx, opName(r.name, "query"), err)
		r.err = fault
		if r.tx != nil {
			r.tx.fail(fault, f)
		}
	}
	if r.cancel != nil {
		r.cancel()
	}
	if r.pool != nil {
		r.pool.release()
	}
	if r.tx != nil {
		r.tx.s.rowsClosed(r)
	}
	if r.e.open != nil {
		r.e.open.remove(r)
	}
	r.o.done(r.n, r.Err())
}

func (o *openRows) add(r *Rows, st *Statement) {
	where := "unknown place"
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	for {
		f, more := frames.Next()
		if !strings.Contains(f.Function, "/larder/engine.") && !strings.Contains(f.Function, "/larder/query.") &&
			f.File != "" {
			where = fmt.Sprintf("%s:%d", f.File, f.Line)
			break
		}
		if !more {
			break
		}
	}
	o.mu.Lock()
	o.m[r] = opName(st.Name, st.SQL) + " opened at " + where
	o.mu.Unlock()
}

func (o *openRows) remove(r *Rows) {
	o.mu.Lock()
	delete(o.m, r)
	o.mu.Unlock()
}
