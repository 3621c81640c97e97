package engine

import (
	"context"
	"time"
)

// Kind says what an [Event] is about.
type Kind string

// The kinds of events.
const (
	KindQuery     Kind = "query"     // a statement that returns rows; the event ends when they are closed
	KindExec      Kind = "exec"      // a statement that returns none
	KindBulk      Kind = "bulk"      // rows streamed in outside of INSERT
	KindBegin     Kind = "begin"     //
	KindCommit    Kind = "commit"    //
	KindRollback  Kind = "rollback"  //
	KindSavepoint Kind = "savepoint" // made, released or rolled back; SQL says which
)

// Event is a statement, or the begin or end of a transaction, as a [Hook] sees
// it. The values that are bound are not part of it.
type Event struct {
	Kind    Kind
	Engine  string // as driver.Dialect.Engine has it: a label, never a reason to branch
	Name    string // Statement.Name or TxOptions.Name; may be empty
	SQL     string
	Args    int  // how many values are bound
	Write   bool // the statement changes data
	InTx    bool // inside of a transaction
	Attempt int  // 1, and more when it is sent again

	// Set when the event is over:
	Start    time.Time
	Duration time.Duration // from Start to the end; of a query, until its rows were closed
	FirstRow time.Duration // of a query: until the engine had the first row, or knew that there is none
	Rows     int64         // read by a query, changed by the others
	Err      error         // a *dberr.Error, or nil
}

// Hook sees each statement. Before is called ahead of it and may put something
// into the context that the statement runs with; After is called once it is
// over, with the same Event. Calls come from the goroutines that run the
// statements, several at a time, and delay them. A hook does not use the
// engine that it observes, and can be compared: a pointer, usually.
type Hook interface {
	Before(ctx context.Context, ev *Event) context.Context
	After(ctx context.Context, ev *Event)
}

// AfterFunc returns a [Hook] that only looks at statements that are over.
func AfterFunc(f func(ctx context.Context, ev *Event)) Hook { return &afterFunc{f} }

type afterFunc struct {
	f func(ctx context.Context, ev *Event)
}

func (h *afterFunc) Before(ctx context.Context, _ *Event) context.Context { return ctx }
func (h *afterFunc) After(ctx context.Context, ev *Event)                 { h.f(ctx, ev) }

// observed is an event under way; nil when nobody looks.
type observed struct {
	ctx   context.Context //nolint:containedctx // the event ends with the context that its hooks made of the caller's
	ev    Event
	hooks []Hook
}

// observe begins an event. With no hooks it costs a comparison.
func (e *Engine) observe(ctx context.Context, kind Kind, name, sql string, args int, write, inTx bool,
	attempt int) (context.Context, *observed) {
	hooks := *e.hooks.Load()
	if len(hooks) == 0 {
		return ctx, nil
	}
	o := &observed{hooks: hooks, ev: Event{Kind: kind, Engine: e.db.Dialect.Engine(), Name: name, SQL: sql, Args: args,
		Write: write, InTx: inTx, Attempt: attempt, Start: time.Now()}}
	for _, h := range hooks {
		ctx = h.Before(ctx, &o.ev) //nolint:fatcontext // each hook sees what the one before it added
	}
	o.ctx = ctx
	return ctx, o
}

func (o *observed) firstRow() {
	if o != nil {
		o.ev.FirstRow = time.Since(o.ev.Start)
	}
}

func (o *observed) done(rows int64, err error) {
	if o == nil {
		return
	}
	o.ev.Duration, o.ev.Rows, o.ev.Err = time.Since(o.ev.Start), rows, err
	for i := len(o.hooks) - 1; i >= 0; i-- {
		o.hooks[i].After(o.ctx, &o.ev)
	}
}
