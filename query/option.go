package query

import (
	"database/sql"
	"fmt"
	"reflect"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// ColumnOption is something that the program, and not the database, does for a
// column of values T: see [Default], [OnUpdate], [Version] and [Coded].
type ColumnOption[T any] func(schema.ColumnDef)

// Default has f give the value of the column in a new row that has none: an id,
// the time. It is called when the INSERT runs, once for each row, and counts for
// Values, Map, Params, rows of structs, whose zero fields are none, upserts and
// BulkInsert. The rows that FromSelect inserts have what the query gives.
//
//	var ID = query.Col(t.UUID("id").PrimaryKey(), query.Default(newID))
func Default[T any](f func() T) ColumnOption[T] {
	return func(d schema.ColumnDef) { d.Column.OnInsert = func() any { return f() } }
}

// DefaultTo is [Default] with the same value for every row.
func DefaultTo[T any](v T) ColumnOption[T] { return Default(func() T { return v }) }

// OnUpdate has f give the value of the column in a row that is changed, by an
// UPDATE or an upsert, without being set. It is called once for each run of a
// statement. A new row is given nothing: add a [Default].
func OnUpdate[T any](f func() T) ColumnOption[T] {
	return func(d schema.ColumnDef) { d.Column.OnUpdate = func() any { return f() } }
}

// Version makes the column count the changes of a row, from 1, which guards
// against two who change what both have read: an update made with
// [UpdateStmt.Diff] finds the row only while it has the version that was read,
// and is a dberr.Conflict when it has not, or is gone. Every UPDATE and upsert
// adds 1, unless it sets the column.
func Version[T ~int | ~int32 | ~int64]() ColumnOption[T] {
	return func(d schema.ColumnDef) {
		d.Column.Version = true
		d.Column.OnInsert = func() any { return int64(1) }
	}
}

// Coded makes a column of a Go type of one's own: encode gives what is stored, a
// value of the type S that a column of the kind has, and decode takes it back.
// Neither is called for NULL. Values of T are compared as what is stored.
//
//	var Price = query.Col(t.BigInt("price"), query.Coded(Money.Cents, MoneyOf))
//
// A type that is a driver.Valuer and a sql.Scanner needs no such option where
// all columns of it are stored in the same way.
func Coded[T, S any](encode func(T) (S, error), decode func(S) (T, error)) ColumnOption[T] {
	return func(d schema.ColumnDef) {
		if k := d.Column.Type.Kind; !fits(reflect.TypeFor[S](), k) {
			panic(fmt.Sprintf("query.Coded: %s.%s is declared %s, which %s does not hold", d.Table.Name, d.Name, k,
				reflect.TypeFor[S]()))
		}
		scale := -1
		if d.Column.Type.Kind == schema.Numeric {
			scale = d.Column.Type.Scale
		}
		d.Column.Type.Codec = &schema.Codec{
			Go:     reflect.TypeFor[T](),
			Encode: func(v any) (any, error) { return encode(v.(T)) },
			Decode: func(src any) (any, error) {
				var s sql.Null[S]
				var dest any = &s
				sh := shape{scales: []int{scale}}
				if x, ok := destination(reflect.ValueOf(&s.V).Elem(), sh, 0).(sql.Scanner); ok {
					dest = x
				}
				if err := dest.(sql.Scanner).Scan(src); err != nil {
					return nil, err
				}
				return decode(s.V)
			},
		}
	}
}

// decoded reads a column with a codec into a field of its type, or a pointer to it.
type decoded struct {
	to reflect.Value
	c  *schema.Codec
}

// Scan decodes src.
func (d *decoded) Scan(src any) error {
	ptr := d.to.Type() != d.c.Go
	if src == nil {
		if !ptr {
			return fmt.Errorf("converting NULL to %s is unsupported", d.to.Type())
		}
		d.to.SetZero()
		return nil
	}
	v, err := d.c.Decode(src)
	if err != nil {
		return fmt.Errorf("what is stored is no %s: %w", d.c.Go, err)
	}
	if !ptr {
		d.to.Set(reflect.ValueOf(v))
		return nil
	}
	p := reflect.New(d.c.Go)
	p.Elem().Set(reflect.ValueOf(v))
	d.to.Set(p)
	return nil
}

// ownValue is a value of a column that f gives when the statement runs.
func ownValue(t *schema.Table, c *schema.Column, f func() any) driver.Expr {
	return slot{p: &param{name: c.Name, own: f}, ty: c.Type, of: t.Name + "." + c.Name}
}

// onUpdate is what the program gives to columns of a row that is changed.
func onUpdate(t *schema.Table) []Assignment {
	var out []Assignment
	for _, c := range t.Columns {
		ref := colRef{table: t, col: c}
		switch {
		case c.OnUpdate != nil:
			out = append(out, Assignment{col: ref, value: ownValue(t, c, c.OnUpdate)})
		case c.Version:
			out = append(out, Assignment{col: ref, value: column[int64](ref).Plus(1)})
		}
	}
	return out
}

// unset is set, followed by those of own whose columns it does not set, and
// others that are named do not.
func unset(own, set []Assignment, others []string) []Assignment {
	for _, a := range own {
		name := a.col.col.Name
		if !slices.Contains(others, name) &&
			!slices.ContainsFunc(set, func(s Assignment) bool { return s.col.col == a.col.col }) {
			set = more(set, a)
		}
	}
	return set
}

// guarded reports whether a statement finds its row by a version.
func guarded(st Statement) bool {
	u, ok := st.(UpdateStmt)
	return ok && u.s.guarded
}

func outdated(st Statement) error {
	name := nameOf(st)
	if name == "" {
		name = st.(UpdateStmt).s.table.Name
	}
	return dberr.New(dberr.Conflict, name,
		"the row has another version than the one that was read, or is gone; read it again and make the change on that")
}
