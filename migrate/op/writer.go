package op

import (
	"fmt"
	"strconv"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
)

// writer writes a statement with its values bound, or as literals.
type writer struct {
	d       driver.Dialect
	literal bool
	buf     []byte
	args    []any
	err     error
}

func (w *writer) sql(s string) { w.buf = append(w.buf, s...) }

func (w *writer) keep(b []byte, err error) {
	if err != nil {
		if w.err == nil {
			w.err = err
		}
		return
	}
	w.buf = b
}

func (w *writer) ident(name string) { w.keep(w.d.AppendIdent(w.buf, name)) }

func (w *writer) str(s string) { w.keep(w.d.AppendString(w.buf, s)) }

// arg adds a value whose type is what it is in Go.
func (w *writer) arg(v any) {
	ty, v := typeOf(v)
	w.value(ty, v)
}

// value adds a value for a column of type ty.
func (w *writer) value(ty schema.Type, v any) {
	if v != nil {
		enc, err := w.d.Encode(ty, v)
		if err != nil {
			w.keep(nil, err)
			return
		}
		v = enc
	}
	if !w.literal {
		w.args = append(w.args, v)
		w.buf = w.d.AppendPlaceholder(w.buf, len(w.args))
		return
	}
	switch v := v.(type) {
	case nil:
		w.sql("NULL")
	case bool:
		w.sql(map[bool]string{true: "TRUE", false: "FALSE"}[v])
	case int64:
		w.sql(strconv.FormatInt(v, 10))
	case float64:
		w.sql(strconv.FormatFloat(v, 'g', -1, 64))
	case string:
		w.str(v)
	case time.Time:
		w.str(v.UTC().Format("2006-01-02 15:04:05.999999"))
	default:
		w.keep(nil, dberr.New(dberr.Unsupported, "script", fmt.Sprintf("a value of type %T cannot be written into a script; run the migration online", v)))
	}
}

func (w *writer) done() (engine.Statement, error) {
	if w.err != nil {
		return engine.Statement{}, w.err
	}
	return engine.Statement{SQL: string(w.buf), Args: w.args, Write: true}, nil
}

// typeOf is the column type that a Go value is sent as.
func typeOf(v any) (schema.Type, any) {
	switch v := v.(type) {
	case bool:
		return schema.Type{Kind: schema.Boolean}, v
	case int:
		return schema.Type{Kind: schema.BigInt}, int64(v)
	case int32:
		return schema.Type{Kind: schema.BigInt}, int64(v)
	case int64:
		return schema.Type{Kind: schema.BigInt}, v
	case float64:
		return schema.Type{Kind: schema.Float}, v
	case []byte:
		return schema.Type{Kind: schema.Bytes}, v
	case time.Time:
		return schema.Type{Kind: schema.DateTime}, v
	case string:
		return schema.Type{Kind: schema.Text}, v
	}
	return schema.Type{Kind: schema.Text}, v
}
