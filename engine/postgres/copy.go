package postgres

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// errRowSource stands in for an error of the rows on the wire and in the
// server's log, where the text of the real one has no business.
var errRowSource = errors.New("the rows ended with an error")

// CopyIn streams rows into the table by COPY in text form: any value that has
// a textual form fits any column that can read it, as with INSERT. The rows
// are read in the caller's goroutine, where a panic of theirs belongs.
func (d Dialect) CopyIn(ctx context.Context, sc *sql.Conn, table string, columns []string,
	rows iter.Seq2[[]any, error]) (n int64, err error) {
	b := driver.NewBuilder(d)
	b.SQL("COPY ").Ident(table).SQL(" (").List(len(columns), func(i int) { b.Ident(columns[i]) }).SQL(") FROM STDIN")
	text, _, err := b.Done()
	if err != nil {
		return 0, err
	}
	p := newCopyPipe()
	var copied int64
	var cerr error
	go func() {
		defer close(p.stopped)
		cerr = sc.Raw(func(dc any) error {
			c, ok := dc.(*conn)
			if !ok {
				return fmt.Errorf("unexpected connection %T", dc)
			}
			if err := c.beginNow(ctx); err != nil {
				return err
			}
			tag, err := c.Conn.Conn().PgConn().CopyFrom(ctx, p, text)
			copied = tag.RowsAffected()
			return err
		})
	}()
	complete := false
	defer func() { // also when the rows panic
		p.end(complete)
		<-p.stopped
		if err == nil {
			n, err = copied, cerr
		}
	}()
	for row, rerr := range rows {
		if rerr == nil && len(row) != len(columns) {
			rerr = dberr.New(dberr.Invalid, "bulk insert",
				fmt.Sprintf("a row has %d values for %d columns", len(row), len(columns)))
		}
		if rerr == nil {
			rerr = p.row(row)
		}
		if errors.Is(rerr, errEnough) {
			return 0, nil // the server's error says why
		}
		if rerr != nil {
			return 0, rerr
		}
	}
	complete = p.send()
	return 0, nil
}

// copyChunk is about how many bytes are handed over at a time.
const copyChunk = 60 << 10

// copyPipe hands filled buffers from who writes rows to who sends them.
type copyPipe struct {
	buf     []byte // being filled
	full    chan []byte
	free    chan []byte
	stopped chan struct{} // closed when nobody reads any more
	failed  bool          // set ahead of closing full

	rest, sent []byte // the reader's: what is left of a buffer, and the buffer
}

func newCopyPipe() *copyPipe {
	p := &copyPipe{buf: make([]byte, 0, copyChunk+4096), full: make(chan []byte), free: make(chan []byte, 2),
		stopped: make(chan struct{})}
	p.free <- make([]byte, 0, copyChunk+4096)
	return p
}

// send hands the buffer over. It is false when nobody takes it.
func (p *copyPipe) send() bool {
	if len(p.buf) > 0 {
		select {
		case p.full <- p.buf:
		case <-p.stopped:
			return false
		}
		select {
		case p.buf = <-p.free:
		case <-p.stopped:
			return false
		}
	}
	return true
}

func (p *copyPipe) end(complete bool) {
	p.failed = !complete
	close(p.full)
}

// Read gives what the rows were made into.
func (p *copyPipe) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.sent != nil {
			p.free <- p.sent[:0]
			p.sent = nil
		}
		buf, ok := <-p.full
		switch {
		case ok:
			p.sent, p.rest = buf, buf
		case p.failed:
			return 0, errRowSource
		default:
			return 0, io.EOF
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// errEnough says that the server takes no more.
var errEnough = errors.New("nobody takes any more rows")

// row writes a row, and hands full buffers over. A long text goes in parts, so
// that it is in memory once.
func (p *copyPipe) row(row []any) error {
	for i, v := range row {
		if i > 0 {
			p.buf = append(p.buf, '\t')
		}
		if s, ok := v.(string); ok {
			for ; len(s) > copyChunk; s = s[copyChunk:] {
				p.buf = appendCopyText(p.buf, s[:copyChunk])
				if !p.send() {
					return errEnough
				}
			}
			v = s
		}
		var err error
		if p.buf, err = appendCopyValue(p.buf, v); err != nil {
			return err
		}
	}
	p.buf = append(p.buf, '\n')
	if len(p.buf) >= copyChunk && !p.send() {
		return errEnough
	}
	return nil
}

func appendCopyValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, '\\', 'N'), nil
	case string:
		return appendCopyText(b, v), nil
	case []byte:
		if v == nil {
			return append(b, '\\', 'N'), nil
		}
		return hex.AppendEncode(append(b, '\\', '\\', 'x'), v), nil
	case bool:
		if v {
			return append(b, 't'), nil
		}
		return append(b, 'f'), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int16:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int32:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case float64:
		switch {
		case math.IsInf(v, 1):
			return append(b, "Infinity"...), nil
		case math.IsInf(v, -1):
			return append(b, "-Infinity"...), nil
		}
		return strconv.AppendFloat(b, v, 'g', -1, 64), nil
	case time.Time:
		v = v.UTC()
		if y := v.Year(); y < 1 || y > 9999 {
			return b, dberr.New(dberr.Invalid, "bulk insert", "a time is outside of the years 1 to 9999")
		}
		return v.AppendFormat(b, "2006-01-02 15:04:05.999999Z07:00"), nil
	case [16]byte: // a UUID
		return hex.AppendEncode(b, v[:]), nil
	case sqldriver.Valuer:
		inner, err := v.Value()
		if err != nil {
			return b, &dberr.Error{Op: "bulk insert", Code: dberr.Invalid,
				Msg: "a value could not be brought into the form of the database", Err: err}
		}
		return appendCopyValue(b, inner)
	}
	return b, dberr.New(dberr.Invalid, "bulk insert", fmt.Sprintf("a value of the Go type %T cannot be stored", v))
}

// appendCopyText escapes what has a meaning to COPY.
func appendCopyText(b []byte, s string) []byte {
	start := 0
	for i := range len(s) {
		var c byte
		switch s[i] {
		case '\\':
			c = '\\'
		case '\n':
			c = 'n'
		case '\r':
			c = 'r'
		case '\t':
			c = 't'
		default:
			continue
		}
		b = append(append(b, s[start:i]...), '\\', c)
		start = i + 1
	}
	return append(b, s[start:]...)
}

var _ driver.BulkLoader = Dialect{}
