package query

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
)

// Relation loads what belongs to rows of P, in as many statements as it has
// levels, however many rows there are. (Lists of keys that are longer than a
// statement may be take one more for each such part.)
type Relation[P any] interface {
	load(ctx context.Context, q engine.Queryer, parents []*P) error
}

// relation is the one form of all relations: children are selected together
// with the key of their parent.
type relation[P, C any, K comparable] struct {
	key   func(*P) (K, bool)
	sel   SelectStmt
	cols  []AnyColumn
	set   func(*P, []C)
	nodes []Relation[C]
	by    keyForm[K]
}

// keyForm is how a key is made of the values of several columns.
type keyForm[K comparable] struct {
	split func(K) []any
	// scan gives what rows are read into, and the key that was read last.
	scan func() (dest []any, key func() K)
}

// Many is a relation to any number of children: those whose columns cols hold
// the parent's key. key gives the key of a parent, and false when it has none;
// K is a type of one column, or a struct whose exported fields are the values
// of cols in order. children selects C, in the order in which they are wanted,
// and its Limit and Offset count the children of each parent; set is called once
// for every parent, with nil when it has no child. next is loaded for the children.
//
// Children reached through a join table are Many as well: children joins it,
// and cols are its columns.
func Many[P, C any, K comparable](key func(*P) (K, bool), children SelectStmt, cols []AnyColumn, set func(*P, []C), next ...Relation[C]) Relation[P] {
	return &relation[P, C, K]{key: key, sel: children, cols: cols, set: set, nodes: next}
}

// ToOne is a relation to at most one row: has-one, where cols hold the
// parent's key, and belongs-to, where cols are the key that the parent refers
// to. set is called once for every parent, with nil when there is none. Two
// rows for one parent are an error.
func ToOne[P, C any, K comparable](key func(*P) (K, bool), target SelectStmt, cols []AnyColumn, set func(*P, *C), next ...Relation[C]) Relation[P] {
	r := &relation[P, C, K]{key: key, sel: target, cols: cols, nodes: next}
	return &toOne[P, C, K]{r, set}
}

type toOne[P, C any, K comparable] struct {
	r   *relation[P, C, K]
	set func(*P, *C)
}

func (t *toOne[P, C, K]) load(ctx context.Context, q engine.Queryer, parents []*P) error {
	byKey, err := t.r.children(ctx, q, parents)
	if err != nil {
		return err
	}
	for _, p := range parents {
		var one *C
		if k, ok := t.r.key(p); ok {
			cs := byKey[k]
			if len(cs) > 1 {
				return twoForOne(nameOf(t.r.sel))
			}
			if len(cs) == 1 {
				one = cs[0]
			}
		}
		t.set(p, one)
	}
	return nil
}

func twoForOne(name string) error {
	return dberr.New(dberr.Invalid, name, "a relation to one row found more than one for a key")
}

func (r *relation[P, C, K]) load(ctx context.Context, q engine.Queryer, parents []*P) error {
	byKey, err := r.children(ctx, q, parents)
	if err != nil {
		return err
	}
	for _, p := range parents {
		var cs []C
		if k, ok := r.key(p); ok {
			for _, c := range byKey[k] {
				cs = append(cs, *c)
			}
		}
		r.set(p, cs)
	}
	return nil
}

// children selects the children of all parents, and what they lead to.
func (r *relation[P, C, K]) children(ctx context.Context, q engine.Queryer, parents []*P) (map[K][]*C, error) {
	seen := make(map[K]bool, len(parents))
	var keys []K
	for _, p := range parents {
		if k, ok := r.key(p); ok && !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	byKey := make(map[K][]*C, len(keys))
	if len(keys) == 0 {
		return byKey, nil
	}
	by := r.by
	if by.split == nil {
		fields, err := keyFields[K](len(r.cols))
		if err != nil {
			return nil, err
		}
		by = fieldForm[K](fields)
	}
	var all []*C
	sh := shapeOf(r.sel)
	size := len(keys)
	if max := q.Dialect().Limits().BindArgs; max > 0 && len(r.cols) > 1 {
		size = max / 2 / len(r.cols)
	}
	for part := range slices.Chunk(keys, max(size, 1)) {
		st, err := r.ofParents(part, by.split)
		if err != nil {
			return nil, err
		}
		err = reading(ctx, q, st, func() {}, func(rows *engine.Rows, _ shape) error {
			s, err := newScanner[C](sh)
			if err != nil {
				return err
			}
			own, key := by.scan()
			dest := append(slices.Clip(s.dest), own...)
			var zero C
			for rows.Next() {
				*s.row = zero
				if err := rows.Scan(dest...); err != nil {
					return err
				}
				c := new(C)
				*c = *s.row
				all = append(all, c)
				k := key()
				byKey[k] = append(byKey[k], c)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return byKey, nil
	}
	for _, n := range r.nodes {
		if err := n.load(ctx, q, all); err != nil {
			return nil, err
		}
	}
	return byKey, nil
}

const (
	parentKey = "larder_parent_" // and a number: the columns that say whose child a row is
	placeName = "larder_place"   // the place of a child among those of its parent
	childName = "larder_child"
)

// ofParents selects the children of the parents with the keys, with the columns
// that say whose each is behind them. A limit, and an offset, is that of each parent.
func (r *relation[P, C, K]) ofParents(keys []K, split func(K) []any) (SelectStmt, error) {
	sel := r.sel
	if n := sel.s; n != nil && len(n.distinctOn) > 0 {
		return sel, dberr.New(dberr.Invalid, n.name, "the children of a relation cannot be DistinctOn; give the relation an order and a Limit, which is that of each parent")
	}
	for i, c := range r.cols {
		sel = sel.Columns(column[any](c.reference()).As(parentKey + strconv.Itoa(i+1)))
	}
	sel = sel.Where(r.in(keys, split))
	n := sel.s
	if n.limit == nil && n.offset == nil {
		return sel, nil
	}
	if n.distinct || n.lock != nil {
		return sel, dberr.New(dberr.Invalid, n.name, "the children of a relation with Limit or Offset cannot be Distinct or locked; select them in a statement of their own")
	}
	place := RowNumber()
	for _, c := range r.cols {
		place = place.PartitionBy(c)
	}
	place.frame.order = n.order
	inner := sel.Columns(place.As(placeName)).with(func(s *selectState) { s.order, s.limit, s.offset = nil, nil, nil })
	outer := Select().Named(n.name).FromItem(inner.Subquery(childName))
	for _, name := range sel.resultColumns() {
		if name == "" {
			return sel, dberr.New(dberr.Invalid, n.name, "the children of a relation with Limit or Offset have a column without a name; give it one with As")
		}
		outer = outer.Columns(Field[any](childName, name))
	}
	at := Field[int64](childName, placeName)
	if n.offset != nil {
		outer = outer.Where(Cond{n: binary{a: at, op: " > ", c: n.offset}})
	}
	if n.limit != nil {
		from := driver.Expr(at)
		if n.offset != nil {
			from = binary{a: at, op: " - ", c: n.offset}
		}
		outer = outer.Where(Cond{n: binary{a: from, op: " <= ", c: n.limit}})
	}
	return outer.OrderBy(at), nil
}

// in is the condition that a child belongs to one of the keys.
func (r *relation[P, C, K]) in(keys []K, split func(K) []any) Cond {
	if len(r.cols) == 1 {
		vals := make([]any, len(keys))
		for i, k := range keys {
			vals[i] = split(k)[0]
		}
		return column[any](r.cols[0].reference()).In(vals...)
	}
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = split(k)
	}
	return Tuple(r.cols...).In(rows...)
}

// fieldForm is that of a key that is one value, or a struct of that many fields.
func fieldForm[K comparable](fields int) keyForm[K] {
	return keyForm[K]{
		split: func(k K) []any {
			if fields == 0 {
				return []any{k}
			}
			v := reflect.ValueOf(k)
			out := make([]any, fields)
			for i := range out {
				out[i] = v.Field(i).Interface()
			}
			return out
		},
		scan: func() ([]any, func() K) {
			key := new(K)
			return keyDest(key, fields), func() K { return *key }
		},
	}
}

// keyFields is the number of fields of a composite key, 0 for a key of one column.
func keyFields[K comparable](cols int) (int, error) {
	t := reflect.TypeFor[K]()
	n := 0
	if !isValue(t) {
		n = t.NumField()
	}
	if n != cols && !(n == 0 && cols == 1) {
		return 0, dberr.New(dberr.Invalid, "relation", fmt.Sprintf("the key %s does not stand for %d columns", t, cols))
	}
	for i := range n {
		if !t.Field(i).IsExported() {
			return 0, dberr.New(dberr.Invalid, "relation", fmt.Sprintf("the fields of the key %s must be exported", t))
		}
	}
	return n, nil
}

func keyDest[K comparable](key *K, fields int) []any {
	if fields == 0 {
		return []any{key}
	}
	v := reflect.ValueOf(key).Elem()
	out := make([]any, fields)
	for i := range fields {
		out[i] = v.Field(i).Addr().Interface()
	}
	return out
}

// AllWith is [All], with relations loaded: one statement for the rows, and one
// for each relation at each level. No rows are an empty slice. What is found
// counts for nothing when a relation cannot be loaded, whose error then comes; see
// [Load].
func AllWith[T any](ctx context.Context, q engine.Queryer, st Reader, with ...Relation[T]) ([]T, error) {
	rows, err := All[T](ctx, q, st)
	if err != nil {
		return nil, err
	}
	return rows, Load(ctx, q, rows, with...)
}

// OneWith is [One], with relations loaded: dberr.NotFound without a row,
// dberr.Invalid with several, else the errors of [Load].
func OneWith[T any](ctx context.Context, q engine.Queryer, st Reader, with ...Relation[T]) (T, error) {
	row, err := One[T](ctx, q, st)
	if err != nil {
		return row, err
	}
	rows := []T{row}
	err = Load(ctx, q, rows, with...)
	return rows[0], err
}

// Load loads relations of rows that are there already, into the rows themselves;
// for no rows it asks nothing. A relation that cannot go by the fields of the rows,
// or leads to two where one is meant, is dberr.Invalid; other errors are those of
// the statements.
func Load[T any](ctx context.Context, q engine.Queryer, rows []T, with ...Relation[T]) error {
	if len(rows) == 0 {
		return nil
	}
	ps := make([]*T, len(rows))
	for i := range rows {
		ps[i] = &rows[i]
	}
	for _, r := range with {
		if err := r.load(ctx, q, ps); err != nil {
			return err
		}
	}
	return nil
}
