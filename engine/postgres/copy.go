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
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// errRowSource stands in for an error of the rows on the wire and in the
// server's log, where the text of the real one has no business.
var errRowSource = errors.New("the rows ended with an error")

// CopyIn streams rows into the table by COPY in text form: any value that has
// a textual form fits any column that can read it, as with INSERT.
func (d dialect) CopyIn(ctx context.Context, sc *sql.Conn, table string, columns []string, rows iter.Seq2[[]any, error]) (int64, error) {
	b := driver.NewBuilder(d)
	b.SQL("COPY ").Ident(table).SQL(" (").List(len(columns), func(i int) { b.Ident(columns[i]) }).SQL(") FROM STDIN")
	text, _, err := b.Done()
	if err != nil {
		return 0, err
	}
	src := newCopySource(rows, len(columns))
	defer src.stop()
	var n int64
	err = sc.Raw(func(dc any) error {
		c, ok := dc.(*conn)
		if !ok {
			return fmt.Errorf("unexpected connection %T", dc)
		}
		tag, err := c.Conn.Conn().PgConn().CopyFrom(ctx, src, text)
		n = tag.RowsAffected()
		return err
	})
	if serr := src.failure(); serr != nil {
		return 0, serr
	}
	return n, err
}

// copySource gives rows as the text that COPY reads. It is read by another
// goroutine than the one that stops it.
type copySource struct {
	mu      sync.Mutex
	next    func() ([]any, error, bool)
	end     func()
	columns int
	buf     []byte
	off     int
	err     error
	done    bool
}

func newCopySource(rows iter.Seq2[[]any, error], columns int) *copySource {
	next, end := iter.Pull2(rows)
	return &copySource{next: next, end: end, columns: columns}
}

func (s *copySource) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	s.end()
}

func (s *copySource) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Read fills p with as many rows as fit.
func (s *copySource) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.off == len(s.buf) || len(s.buf)-s.off < len(p) && !s.done {
		if s.done {
			if s.err != nil {
				return 0, errRowSource
			}
			if s.off == len(s.buf) {
				return 0, io.EOF
			}
			break
		}
		if s.off > 0 {
			s.buf = s.buf[:copy(s.buf, s.buf[s.off:])]
			s.off = 0
		}
		row, err, ok := s.next()
		switch {
		case !ok:
			s.done = true
			continue
		case err == nil && len(row) != s.columns:
			err = dberr.New(dberr.Invalid, "bulk insert", fmt.Sprintf("a row has %d values for %d columns", len(row), s.columns))
		}
		if err == nil {
			s.buf, err = appendCopyRow(s.buf, row)
		}
		if err != nil {
			s.err, s.done = err, true
			return 0, errRowSource
		}
	}
	n := copy(p, s.buf[s.off:])
	s.off += n
	return n, nil
}

func appendCopyRow(b []byte, row []any) ([]byte, error) {
	for i, v := range row {
		if i > 0 {
			b = append(b, '\t')
		}
		var err error
		if b, err = appendCopyValue(b, v); err != nil {
			return b, err
		}
	}
	return append(b, '\n'), nil
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
			return b, &dberr.Error{Op: "bulk insert", Code: dberr.Invalid, Msg: "a value could not be brought into the form of the database", Err: err}
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

var _ driver.BulkLoader = dialect{}
