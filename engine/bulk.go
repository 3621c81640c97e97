package engine

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"sync"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Sizes of bulk inserts. More rows per statement than mostRows gain nothing
// any more; fewer than fewRows are not worth a bulk load's extra round trips.
const (
	mostRows = 256
	fewRows  = 64
	// fewBytes is from which size on rows are not few, however many they are: the
	// engine's own way has them in memory once.
	fewBytes = 1 << 20
	// packetShare is how much of the server's packet limit a statement may fill.
	packetShare = 2
)

// bulker is what BulkInsert needs of a Queryer: a transaction.
type bulker interface {
	bulk(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error
}

func (e *Engine) bulk(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	read := false // the rows can be read once only
	return e.InTx(ctx, TxOptions{Name: "bulk insert", once: &read}, func(ctx context.Context, tx *Tx) error {
		read = true
		return fn(ctx, tx)
	})
}

func (tx *Tx) bulk(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return fn(ctx, tx)
}

func (s *Session) bulk(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	tx, err := s.begun(ctx)
	if err != nil {
		return err
	}
	return fn(ctx, tx)
}

// BulkInsert inserts many rows and returns how many there were: all of them,
// or none and an error. rows gives the values in the order of columns, as
// driver.Values.Encode leaves them; an error in it ends the insert and comes
// back unchanged. A row's slice may be used again for the next one; the bytes
// that its values refer to may not.
//
// Outside of a transaction it makes one of its own, in one attempt, because
// rows may only be good for one reading. How the rows travel is the engine's
// choice: its own way for many rows, or statements of many rows cut to its
// limits.
func BulkInsert(ctx context.Context, q Queryer, table string, columns []string,
	rows iter.Seq2[[]any, error]) (int64, error) {
	if len(columns) == 0 {
		return 0, dberr.New(dberr.Invalid, "bulk insert", "no columns were given")
	}
	b, ok := q.(bulker)
	if !ok {
		return 0, dberr.New(dberr.Invalid, "bulk insert", fmt.Sprintf("a %T cannot insert in bulk; use an Engine, Tx or Session", q))
	}
	var n int64
	err := b.bulk(ctx, func(ctx context.Context, tx *Tx) (err error) {
		n, err = tx.insertMany(ctx, table, columns, rows)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (tx *Tx) insertMany(ctx context.Context, table string, columns []string,
	rows iter.Seq2[[]any, error]) (n int64, err error) {
	s := tx.s
	s.mu.Lock()
	defer s.mu.Unlock()
	const op = "bulk insert"
	in := inserter{tx: s.tx, d: tx.Dialect(), table: table, columns: columns}
	text, err := in.text(1)
	if err != nil {
		return 0, err
	}
	st := Statement{Name: op, SQL: text, Write: true}
	if err := tx.prepare(&st, op); err != nil {
		return 0, err
	}
	ctx, o := s.e.observe(ctx, KindBulk, op, text, len(columns), true, true, s.try)
	loader, hasLoader := in.d.(driver.BulkLoader)
	// The rows are the caller's code: it gets an error, and not a standstill,
	// when it uses this transaction.
	s.bulk = true
	s.mu.Unlock()
	defer func() { s.bulk = false }()
	relock := sync.OnceFunc(s.mu.Lock)
	defer relock() // also when the rows panic
	if hasLoader && in.d.Has(driver.CopyIn) {
		n, err = in.load(ctx, loader, s.conn, rows)
	} else {
		n, err = in.chunks(ctx, rows)
	}
	relock()
	if err == nil && s.lost != nil {
		err = s.lost
	}
	if err != nil {
		if in.source != nil {
			// The rows' own error. What was inserted before it is undone with
			// the transaction; inside one, that is the caller's to decide, so
			// the frame must not be committed by mistake.
			tx.failLocked(s.e.fault(ctx, op, in.source), driver.Fault{})
			o.done(0, tx.failed)
			return 0, in.source
		}
		fault, f := s.e.classify(ctx, op, err)
		tx.failLocked(fault, f)
		o.done(0, fault)
		return 0, fault
	}
	o.done(n, nil)
	return n, nil
}

// inserter inserts rows into one table in one transaction.
type inserter struct {
	tx      *sql.Tx
	d       driver.Dialect
	table   string
	columns []string
	source  error // what the rows themselves ended with
}

// text is the statement for n rows.
func (in *inserter) text(n int) (string, error) {
	b := driver.NewBuilder(in.d)
	b.SQL("INSERT INTO ").Ident(in.table).SQL(" (").List(len(in.columns), func(i int) { b.Ident(in.columns[i]) }).
		SQL(") VALUES ")
	b.List(n, func(int) {
		b.SQL("(").List(len(in.columns), func(int) { b.Arg(nil) }).SQL(")")
	})
	text, _, err := b.Done()
	return text, err
}

// each calls f for each row, and keeps what the rows end with apart from what
// the database says.
func (in *inserter) each(rows iter.Seq2[[]any, error], f func(row []any) error) error {
	for row, err := range rows {
		if err == nil && len(row) != len(in.columns) {
			err = dberr.New(dberr.Invalid, "bulk insert",
				fmt.Sprintf("a row has %d values for %d columns", len(row), len(in.columns)))
		}
		if err != nil {
			in.source = err
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}

// load uses the engine's bulk format, unless there are only a few rows.
func (in *inserter) load(ctx context.Context, l driver.BulkLoader, conn *sql.Conn,
	rows iter.Seq2[[]any, error]) (int64, error) {
	next, stop := iter.Pull2(rows)
	defer stop()
	first := make([][]any, 0, fewRows)
	more, size := false, 0
	for len(first) <= fewRows && size < fewBytes {
		row, err, ok := next()
		if !ok {
			break
		}
		if err != nil {
			in.source = err
			return 0, err
		}
		first = append(first, append([]any(nil), row...))
		for _, v := range row {
			size += sizeOf(v)
		}
		more = len(first) > fewRows || size >= fewBytes
	}
	all := func(yield func([]any, error) bool) {
		for _, row := range first {
			if !yield(row, nil) {
				return
			}
		}
		if !more {
			return
		}
		for {
			row, err, ok := next()
			if !ok {
				return
			}
			if err != nil {
				in.source = err
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
	if !more {
		return in.chunks(ctx, all)
	}
	return l.CopyIn(ctx, conn, in.table, in.columns, all)
}

// chunks sends statements of many rows, cut to the limits of the engine.
func (in *inserter) chunks(ctx context.Context, rows iter.Seq2[[]any, error]) (n int64, err error) {
	limits := in.d.Limits()
	most := mostRows
	if limits.BindArgs > 0 {
		most = min(most, limits.BindArgs/len(in.columns))
	}
	if most == 0 {
		return 0, dberr.New(dberr.TooLarge, "bulk insert", fmt.Sprintf("the table has %d columns and a statement takes %d values", len(in.columns), limits.BindArgs))
	}
	var full string // the text for most rows, written once
	args := make([]any, 0, most*len(in.columns))
	bytes := 0
	flush := func() error {
		k := len(args) / len(in.columns)
		if k == 0 {
			return nil
		}
		text := full
		if k < most || full == "" {
			if text, err = in.text(k); err != nil {
				return err
			}
			if k == most {
				full = text
			}
		}
		if _, err := in.tx.ExecContext(ctx, text, args...); err != nil {
			return err
		}
		n += int64(k)
		clear(args)
		args, bytes = args[:0], 0
		return nil
	}
	budget := limits.Packet / packetShare
	perRow := 0
	for _, c := range in.columns {
		perRow += len(c)/len(in.columns) + 16
	}
	err = in.each(rows, func(row []any) error {
		size := perRow
		for _, v := range row {
			size += sizeOf(v)
		}
		if budget > 0 && bytes > 0 && bytes+size > budget {
			if err := flush(); err != nil {
				return err
			}
		}
		args, bytes = append(args, row...), bytes+size
		if len(args) == most*len(in.columns) {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return n, err
}

// sizeOf is about what a value takes on the wire.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 8
}

// BulkRows makes the rows of [BulkInsert] of a slice.
func BulkRows(rows [][]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}
