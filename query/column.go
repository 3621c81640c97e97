package query

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/schema"
)

// Column is a column of a table, whose values are T in Go. A nullable column
// compares with T as well; it is read into a *T.
type Column[T any] struct {
	Expr[T]
	ref colRef
}

type colRef struct {
	table *schema.Table
	col   *schema.Column
	as    string // the table's alias; empty for its own name
}

func (r colRef) WriteSQL(b *driver.Builder) {
	name := r.as
	if name == "" {
		name = r.table.Name
	}
	b.Mentions(name, r.col.Name)
	writeField(b, name, r.col.Name)
}

// writeField writes a column of a source, which the statement has to read.
func writeField(b *driver.Builder, source, column string) {
	if tables, ok := b.Reads(source); !ok {
		if b.Hides(source) {
			b.Fail(dberr.New(dberr.Invalid, source+"."+column,
				"a subquery in FROM does not see "+source+
					", which stands beside it (that is LATERAL, which not every engine has); compare them in the condition of the join, number rows with RowNumber to take some of each, or select one value with Scalar"))
			return
		}
		b.Fail(unread(source, column, tables))
		return
	}
	if b.Lacks(source, column) {
		b.Fail(dberr.New(dberr.Invalid, source+"."+column,
			source+" has no column "+column+" in this statement; correct the name, or select it there under that name"))
		return
	}
	b.Ident(source).SQL(".").Ident(column)
}

func unread(source, column string, tables []string) error {
	where := "it reads from no table"
	if len(tables) > 0 {
		where = "it reads " + strings.Join(tables, ", ")
	}
	return dberr.New(dberr.Invalid, source+"."+column,
		"the statement does not read "+source+" ("+where+
			"); add it with From or Join, or take the column of an alias with Of")
}

func (r colRef) String() string { return r.table.Name + "." + r.col.Name }

// AnyColumn is a column of whatever type: what column lists take.
type AnyColumn interface {
	Selectable
	reference() colRef
}

// Col makes the typed column of a declaration:
//
//	var ID = query.Col[string](t.Text("id").Key(36).PrimaryKey())
//
// It panics when T cannot hold the column's kind, which is a mistake in the
// declaration and shows when the program starts. Options say what the program
// gives to the column: [Default], [OnUpdate], [Version], [Coded].
func Col[T any](d schema.ColumnDef, options ...ColumnOption[T]) Column[T] {
	for _, o := range options {
		o(d)
	}
	if c := d.Column.Type.Codec; c != nil && c.Go == reflect.TypeFor[T]() {
		return column[T](colRef{table: d.Table, col: d.Column})
	}
	if !fits(reflect.TypeFor[T](), d.Column.Type.Kind) {
		panic(fmt.Sprintf("query.Col: %s.%s is declared %s, which %s does not hold", d.Table.Name, d.Name, d.Column.Type.Kind,
			reflect.TypeFor[T]()))
	}
	return column[T](colRef{table: d.Table, col: d.Column})
}

// ColumnOf is the typed column of that name of a table declared elsewhere. It
// panics like [Col], and when the table has no such column.
func ColumnOf[T any](t *schema.Table, name string) Column[T] {
	c := t.Column(name)
	if c == nil {
		panic(fmt.Sprintf("query.ColumnOf: table %s has no column %s", t.Name, name))
	}
	return Col[T](schema.ColumnDef{Column: c, Table: t})
}

func column[T any](r colRef) Column[T] {
	return Column[T]{Expr: Expr[T]{n: r, ty: r.col.Type, name: r.col.Name, of: r.String()}, ref: r}
}

func (c Column[T]) reference() colRef { return c.ref }

// Name is the column's name.
func (c Column[T]) Name() string { return c.ref.col.Name }

// Def is the declaration itself, no copy of it; never nil.
func (c Column[T]) Def() *schema.Column { return c.ref.col }

// Table is the table that the column belongs to, also for a column of an alias;
// never nil.
func (c Column[T]) Table() *schema.Table { return c.ref.table }

// Of is the column as a column of the alias a: for joins of a table with itself.
func (c Column[T]) Of(a Alias) Column[T] {
	r := c.ref
	r.as = a.name
	return column[T](r)
}

// Set is the assignment "c = v".
func (c Column[T]) Set(v T) Assignment {
	return Assignment{col: c.ref, value: arg{ty: c.ty, of: c.of, v: v}}
}

// SetPtr is "c = *v", or "c = NULL" when v is nil.
func (c Column[T]) SetPtr(v *T) Assignment {
	if v == nil {
		return c.SetNull()
	}
	return c.Set(*v)
}

// SetNull is "c = NULL".
func (c Column[T]) SetNull() Assignment {
	return Assignment{col: c.ref, value: arg{ty: c.ty, of: c.of}}
}

// SetTo is "c = o" for an expression: a parameter, a sum, what [Excluded] gives.
func (c Column[T]) SetTo(o Operand[T]) Assignment {
	var e driver.Expr = o
	if p, ok := any(o).(parameter); ok {
		e = p.typed(c.ty, c.of)
	} else if keepsTo(c.ty) && (c.ty.Kind == schema.Numeric || !within(o, c.ty.Kind)) {
		e = stored{o, c.ty}
	}
	if f, ok := fieldOf(o); ok && (textual(c.ty.Kind) || c.ty.Kind == schema.Date) {
		e = fieldBeside{f, c.ty, f.asItem(), e}
	}
	return Assignment{col: c.ref, value: e}
}

// within reports whether o is a column whose whole numbers fit one of kind k.
func within(o driver.Typed, k schema.Kind) bool {
	c, ok := o.(AnyColumn)
	return ok && c.reference().col.Type.Kind.Bits() <= k.Bits()
}

// Assignment gives a column a value in INSERT, UPDATE and upsert.
type Assignment struct {
	col   colRef
	value driver.Expr
	// edit, of an assignment that changes a part of a document, is the value
	// over another document than the one that is stored.
	edit func(doc Expr[jsonvalue.JSON]) driver.Expr
}

// Asc orders by the column upwards. NULLs stand where the engine puts them
// unless NullsFirst or NullsLast says otherwise.
func (e Expr[T]) Asc() Order { return Order{e: e.n, ty: e.ty, bound: e.anyBound()} }

// Desc orders downwards.
func (e Expr[T]) Desc() Order { return Order{e: e.n, ty: e.ty, bound: e.anyBound(), desc: true} }

func (e Expr[T]) anyBound() func(any) driver.Expr {
	ty, of := compared(e.ty), e.of
	return func(v any) driver.Expr { return arg{ty: ty, of: of, v: v} }
}

func (e Expr[T]) order() Order { return e.Asc() }

// Ordering is an item of ORDER BY: a column or expression (upwards), or an [Order].
type Ordering interface{ order() Order }

// Order is one item of ORDER BY.
type Order struct {
	e     driver.Expr
	ty    schema.Type
	bound func(any) driver.Expr
	desc  bool
	nulls int // 0 engine's, 1 first, 2 last
}

func (o Order) order() Order { return o }

// NullsFirst puts NULLs before all values.
func (o Order) NullsFirst() Order { o.nulls = 1; return o }

// NullsLast puts NULLs behind all values.
func (o Order) NullsLast() Order { o.nulls = 2; return o }

// WriteSQL writes the item.
func (o Order) WriteSQL(b *driver.Builder) {
	e := sortKey(o.e, o.ty)
	if f, ok := fieldOf(o.e); ok && f.own(b).Kind != schema.Enum {
		e = sortKey(f.asItem(), o.ty)
	}
	if o.nulls != 0 {
		b.Dialect().OrderNulls(b, e, o.desc, o.nulls == 1)
		return
	}
	b.Expr(e)
	if o.desc {
		b.SQL(" DESC")
	}
}

// Columns is every column of t in the order of its declaration; empty for a table
// without any.
func Columns(t *schema.Table) []Selectable {
	out := make([]Selectable, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = anyColumn{colRef{table: t, col: c}}
	}
	return out
}

// ColumnsFor is the columns of t that T has a field for, in the order of their
// declaration: what T is read from. A T without db tags, or with one that is no
// column, is an error of the statement.
func ColumnsFor[T any](t *schema.Table) []Selectable { return columnsFor(t, reflect.TypeFor[T]()) }

func columnsFor(t *schema.Table, row reflect.Type) []Selectable {
	info, err := structOf(row)
	if err == nil {
		_, err = info.columnsOf(t)
	}
	if err != nil {
		return []Selectable{failed[any](err)}
	}
	return slices.DeleteFunc(Columns(t), func(c Selectable) bool {
		at, ok := info.byName[c.columnName()]
		return !ok || info.fields[at].readOnly
	})
}

// ColumnsBut is every column of t but those that are named, in the order of its
// declaration: what a list shows, without a large document. A column of another
// table leaves nothing out.
func ColumnsBut(t *schema.Table, but ...AnyColumn) []Selectable {
	out := Columns(t)
	return slices.DeleteFunc(out, func(c Selectable) bool {
		own := c.(anyColumn).col
		return slices.ContainsFunc(but, func(b AnyColumn) bool { return b.reference().col == own })
	})
}

// anyColumn is a column without a Go type.
type anyColumn struct{ colRef }

func (c anyColumn) columnName() string   { return c.col.Name }
func (c anyColumn) reference() colRef    { return c.colRef }
func (c anyColumn) SQLType() schema.Type { return c.col.Type }

// fits reports whether values of a column kind are read into a Go type.
func fits(t reflect.Type, k schema.Kind) bool {
	if t == reflect.TypeFor[any]() {
		return true
	}
	is := func(kinds ...reflect.Kind) bool {
		for _, x := range kinds {
			if t.Kind() == x {
				return true
			}
		}
		return false
	}
	switch k {
	case schema.String, schema.Text, schema.UUID, schema.Enum:
		return is(reflect.String) && t != reflect.TypeFor[Decimal]() || t.Kind() == reflect.Array
	case schema.Integer, schema.BigInt, schema.SmallInt:
		return is(reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16, reflect.Uint8, reflect.Uint16, reflect.Uint32)
	case schema.Boolean:
		return is(reflect.Bool)
	case schema.Float:
		return is(reflect.Float64, reflect.Float32)
	case schema.Numeric:
		return is(reflect.String)
	case schema.Date, schema.DateTime:
		return t == reflect.TypeFor[time.Time]()
	case schema.Time:
		return t == reflect.TypeFor[TimeOfDay]()
	case schema.JSON, schema.JSONB:
		return t == reflect.TypeFor[jsonvalue.JSON]()
	case schema.Bytes:
		return is(reflect.Slice) && t.Elem().Kind() == reflect.Uint8
	}
	return true
}
