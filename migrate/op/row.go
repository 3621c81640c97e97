package op

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
)

// Row is a row that a data step reads. Asking for a column that was not read,
// or as a type that it is not, gives the zero value and fails the step.
type Row struct {
	columns []string
	values  []any
	bad     *misuse
	table   *schema.Table
	key     []string
}

// misuse keeps the first wrong use of rows.
type misuse struct{ err error }

func (m *misuse) set(format string, args ...any) {
	if m.err == nil {
		m.err = dberr.New(dberr.Invalid, "data step", fmt.Sprintf(format, args...))
	}
}

func (r Row) value(column string) any {
	n := slices.Index(r.columns, column)
	if n < 0 {
		r.bad.set("column %s was not read; name it in the scan", column)
		return nil
	}
	return r.values[n]
}

// Null reports whether the column is NULL.
func (r Row) Null(column string) bool { return r.value(column) == nil }

// Text is the column as text: JSON too. NULL is "".
func (r Row) Text(column string) string {
	switch v := r.value(column).(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	default:
		r.bad.set("column %s cannot be read as text", column)
	}
	return ""
}

// Bytes is the column as bytes; nil for NULL.
func (r Row) Bytes(column string) []byte {
	switch v := r.value(column).(type) {
	case nil:
		return nil
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	r.bad.set("column %s cannot be read as bytes", column)
	return nil
}

// Int is the column as an integer. NULL is 0.
func (r Row) Int(column string) int64 {
	v := r.value(column)
	switch v := v.(type) {
	case nil:
		return 0
	case int64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		if n := int64(v); float64(n) == v {
			return n
		}
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n
		}
	case []byte:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n
		}
	}
	r.bad.set("column %s cannot be read as an integer", column)
	return 0
}

// Float is the column as a number. NULL is 0.
func (r Row) Float(column string) float64 {
	switch v := r.value(column).(type) {
	case nil:
		return 0
	case float64:
		return v
	case int64:
		return float64(v)
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f
		}
	case []byte:
		if f, err := strconv.ParseFloat(string(v), 64); err == nil {
			return f
		}
	}
	r.bad.set("column %s cannot be read as a number", column)
	return 0
}

// Bool is the column as a boolean. NULL is false.
func (r Row) Bool(column string) bool {
	switch v := r.value(column).(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case string:
		return v == "1" || v == "t" || v == "true"
	case []byte:
		return string(v) == "1"
	}
	r.bad.set("column %s cannot be read as a boolean", column)
	return false
}

// Time is the column as an instant in UTC; the zero time for NULL.
func (r Row) Time(column string) time.Time {
	v := r.value(column)
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	switch v := v.(type) {
	case nil:
		return time.Time{}
	case time.Time:
		return v.UTC()
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00",
			"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.DateOnly} {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC()
			}
		}
	}
	r.bad.set("column %s cannot be read as a time", column)
	return time.Time{}
}

// reader reads rows.
type reader struct {
	columns []string
	table   *schema.Table
	bad     *misuse
	key     []string
}

func newReader(columns []string, table *schema.Table, bad *misuse) *reader {
	return &reader{columns: columns, table: table, bad: bad}
}

// read returns the current row and about how many bytes it has.
func (r *reader) read(rows *engine.Rows) (Row, int, error) {
	values := make([]any, len(r.columns))
	dest := make([]any, len(values))
	for i := range values {
		dest[i] = &values[i]
	}
	if err := rows.Scan(dest...); err != nil {
		return Row{}, 0, err
	}
	size := 0
	for i, v := range values {
		switch v := v.(type) {
		case []byte:
			size += len(v)
			if r.table != nil {
				if c := r.table.Column(r.columns[i]); c != nil && c.Type.Kind != schema.Bytes {
					values[i] = string(v)
				}
			}
		case string:
			size += len(v)
		}
		size += 32
	}
	return Row{columns: r.columns, values: values, bad: r.bad, table: r.table, key: r.key}, size, nil
}
