package query

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
)

// BulkInsert inserts rows as they come, in the engine's fastest way, and
// returns how many there were: all, or none and an error. T is a struct whose
// fields have db tags. An error in rows ends the insert and comes back.
func BulkInsert[T any](ctx context.Context, q engine.Queryer, t *schema.Table,
	rows iter.Seq2[T, error]) (int64, error) {
	info, err := structOf(reflect.TypeFor[T]())
	if err != nil {
		return 0, err
	}
	next, stop := iter.Pull2(rows)
	defer stop()
	first, err, ok := next()
	if err != nil || !ok {
		return 0, err
	}
	var names []string
	var cols []*schema.Column
	var index [][]int
	sample := reflect.ValueOf(&first).Elem()
	fields, err := info.columnsOf(t)
	if err != nil {
		return 0, err
	}
	for i, f := range info.fields {
		c := fields.columns[i]
		if f.readOnly || c.Generated != nil || c.Identity != nil && sample.FieldByIndex(f.index).IsZero() {
			continue
		}
		names, cols, index = append(names, c.Name), append(cols, c), append(index, f.index)
	}
	for _, c := range t.Columns {
		if c.OnInsert != nil && !slices.Contains(cols, c) {
			names, cols, index = append(names, c.Name), append(cols, c), append(index, nil)
		}
	}
	if len(cols) == 0 {
		return 0, dberr.New(dberr.Invalid, t.Name, fmt.Sprintf("%s has no field for a column of the table", info.t))
	}
	d := q.Dialect()
	row := make([]any, len(cols))
	encode := func(v reflect.Value) error {
		for i, c := range cols {
			var value any
			if index[i] != nil {
				f := v.FieldByIndex(index[i])
				if value = fieldValue(f); c.OnInsert != nil && f.IsZero() {
					value = c.OnInsert()
				}
			} else {
				value = c.OnInsert()
			}
			x, err := encode(d, c.Type, value)
			if err != nil {
				return named(err, t.Name+"."+c.Name)
			}
			row[i] = x
		}
		return nil
	}
	return engine.BulkInsert(ctx, q, t.Name, names, func(yield func([]any, error) bool) {
		for v := first; ok; v, err, ok = next() {
			if err == nil {
				err = encode(reflect.ValueOf(&v).Elem())
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	})
}

// encoded gives the rows of an INSERT as values; false when one is an
// expression, which only a statement can hold.
func (n *insertState) encoded(d driver.Dialect) (iter.Seq2[[]any, error], bool) {
	for _, row := range n.rows {
		for _, e := range row {
			if s, own := e.(slot); !isBound(e) && !(own && s.p.own != nil) {
				return nil, false
			}
		}
	}
	return func(yield func([]any, error) bool) {
		values := make([]any, len(n.cols))
		for _, row := range n.rows {
			for i, e := range row {
				if s, own := e.(slot); own {
					e = arg{ty: s.ty, of: s.of, v: s.p.own()}
				}
				x, err := encodeBound(d, e)
				if err != nil {
					yield(nil, err)
					return
				}
				values[i] = x
			}
			if !yield(values, nil) {
				return
			}
		}
	}, true
}
