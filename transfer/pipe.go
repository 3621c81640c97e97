package transfer

import (
	"context"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
)

// pipe writes batches of rows beside the reading of the next ones. A batch is
// one transaction, which records how far the table is with it.
type pipe struct {
	ctx    context.Context //nolint:containedctx // it lives for one call of fill
	cancel context.CancelFunc
	run    *Run
	way    *way
	full   chan batch
	done   chan struct{}
	err    error // what writing ended with; read behind done

	rows  [][]any
	bytes int
	at    recorded

	stopped bool
}

type batch struct {
	rows    [][]any
	at      recorded
	written chan struct{} // closed when the batch is; nil unless somebody waits
}

// mostRows is how many rows a batch has at most.
const mostRows = 8192

func newPipe(ctx context.Context, r *Run, w *way) *pipe {
	p := &pipe{run: r, way: w, full: make(chan batch), done: make(chan struct{}), at: r.states[w.target.Name]}
	p.ctx, p.cancel = context.WithCancel(ctx)
	go func() {
		defer close(p.done)
		for b := range p.full {
			if p.err = p.write(b); p.err != nil {
				return
			}
			if b.written != nil {
				close(b.written)
			}
		}
	}()
	return p
}

// add takes a row; at is where the table is with it. A row that stays behind
// has no values.
func (p *pipe) add(s sent, at recorded) error {
	limit := p.run.o.batchBytes()
	if s.bytes > limit && len(p.rows) > 0 {
		if err := p.send(false); err != nil {
			return err
		}
	}
	if s.bind != nil {
		p.rows = append(p.rows, s.bind)
		p.bytes += s.bytes
	}
	p.at = at
	if p.bytes >= limit || len(p.rows) >= mostRows {
		return p.send(p.bytes > 2*limit) // nothing is read beside a row that is that large
	}
	return nil
}

func (p *pipe) send(wait bool) error {
	b := batch{rows: p.rows, at: p.at}
	if wait {
		b.written = make(chan struct{})
	}
	p.rows, p.bytes = nil, 0
	select {
	case p.full <- b:
	case <-p.done:
		return p.failed()
	}
	if !wait {
		return nil
	}
	b.rows = nil
	select {
	case <-b.written:
		return nil
	case <-p.done:
		return p.failed()
	}
}

func (p *pipe) failed() error {
	if p.err != nil {
		return p.err
	}
	return p.ctx.Err()
}

// finish writes what is left, and that the table is whole.
func (p *pipe) finish(at recorded) error {
	p.at = at
	return p.send(true)
}

// stop ends the writing; what was not sent is dropped. It may be called twice.
func (p *pipe) stop() {
	if p.stopped {
		return
	}
	p.stopped = true
	close(p.full)
	<-p.done
	p.cancel()
}

// write is one transaction.
func (p *pipe) write(b batch) error {
	table := p.way.target.Name
	o := engine.TxOptions{Name: name, Applied: func(ctx context.Context, q engine.Queryer) (bool, error) {
		now, err := query.All[entry](ctx, q, selectEntries().Where(ledgerName.Eq(table)))
		return len(now) == 1 && now[0] == b.at.entry(table), err
	}}
	return p.run.to.InTx(p.ctx, o, func(ctx context.Context, tx *engine.Tx) error {
		if len(b.rows) > 0 {
			if _, err := engine.BulkInsert(ctx, tx, table, p.way.columns(), engine.BulkRows(b.rows)); err != nil {
				return err
			}
		}
		return putEntry(ctx, tx, b.at.entry(table))
	})
}
