package engine

import (
	"context"
	"errors"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// ErrOutcomeUnknown is in the chain of an error when a write was sent and its
// answer was lost: it may have taken effect or not. Such a write is never sent
// again by itself. See TxOptions.Idempotent and TxOptions.Applied for
// transactions that can be.
var ErrOutcomeUnknown = errors.New("it is unknown whether the write took effect")

// fault makes a *dberr.Error of what database/sql, the context or the driver
// returned. It is the one place where that happens.
func (e *Engine) fault(ctx context.Context, op string, err error) *dberr.Error {
	f, _ := e.classify(ctx, op, err)
	return f
}

func (e *Engine) classify(ctx context.Context, op string, err error) (*dberr.Error, driver.Fault) {
	var known *dberr.Error
	if errors.As(err, &known) {
		// Made below database/sql (a connection that could not be opened) or
		// by Larder itself: it keeps its code.
		c := *known
		if c.Engine == "" {
			c.Engine = e.db.Dialect.Engine()
		}
		switch {
		case c.Op == "":
			c.Op = op
		case op != "" && c.Op != op:
			c.Op = op + ": " + c.Op
		}
		return &c, driver.Fault{Code: c.Code, Native: c.Native, Constraint: c.Constraint, Unsent: c.Unsent,
			Denied: c.Denied}
	}
	f := e.db.Classifier.Classify(err)
	if cause := ctx.Err(); cause != nil {
		switch f.Code {
		case dberr.Internal, dberr.Unavailable, dberr.Busy, dberr.Canceled, dberr.Timeout:
			f.Code, f.Detail = dberr.Canceled, ""
			if errors.Is(cause, context.DeadlineExceeded) {
				f.Code = dberr.Timeout
			}
		}
	}
	return &dberr.Error{Op: op, Code: f.Code, Engine: e.db.Dialect.Engine(), Constraint: f.Constraint, Native: f.Native,
		Msg: f.Detail, Unsent: f.Unsent, Denied: f.Denied, Err: err}, f
}

// unknownOutcome marks the failure of a write that may have taken effect.
func unknownOutcome(err *dberr.Error, what string) *dberr.Error {
	c := *err
	c.Unsent = false
	c.Err = errors.Join(ErrOutcomeUnknown, err.Err)
	if err.Code == dberr.Unavailable {
		c.Msg = "the connection was lost before the database answered: whether the " + what +
			" took effect is unknown; read back what it wrote before doing it again"
	}
	return &c
}

// mayHaveHappened reports whether a write that failed like this may have taken effect.
func mayHaveHappened(err *dberr.Error) bool {
	if err.Unsent {
		return false
	}
	switch err.Code {
	case dberr.Unavailable, dberr.Canceled, dberr.Timeout:
		return true
	}
	return false
}

// again reports whether a statement outside of a transaction may be sent again.
func again(err *dberr.Error, write bool) bool {
	switch err.Code {
	case dberr.Conflict:
		return true // the engine rolled it back
	case dberr.Busy:
		return !errors.Is(err, errPoolFull)
	case dberr.Unavailable:
		return !write || err.Unsent
	}
	return false
}

// opName is what an error calls a statement.
func opName(name, otherwise string) string {
	if name != "" {
		return name
	}
	return otherwise
}
