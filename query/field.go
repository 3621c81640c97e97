package query

import (
	"fmt"
	"reflect"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Field is the column of that name of a CTE, a derived table or JSON elements, as
// a T. Where the source has it as something that becomes a T on every engine in
// one way, it is converted as by [Cast]: a value to its text, a date to the instant at
// which it begins, a whole number to a float or a decimal.
// A T that does not hold the column is a dberr.Invalid error that names it.
func Field[T any](source, column string) Expr[T] {
	ty := typeFor[T]()
	return Expr[T]{ty: ty, name: column, of: source + "." + column,
		n: field{source: source, column: column, ty: ty, t: reflect.TypeFor[T]()}}
}

// field is a column of a source by its name.
type field struct {
	source, column string
	ty             schema.Type // what the statement takes it for
	t              reflect.Type
	item           bool // it goes on as it is, and nothing is asked of it here
}

// fieldOf is the field that an expression is.
func fieldOf(e driver.Expr) (field, bool) {
	if n, ok := e.(interface{ node() driver.Expr }); ok {
		e = n.node()
	}
	f, ok := e.(field)
	return f, ok
}

// asItem is f where it is handed on, to a result, a group or another column: there
// a UUID, an enum and a date stay what they are.
func (f field) asItem() field {
	f.item = true
	return f
}

// own is the type that the column has in its source.
func (f field) own(b *driver.Builder) schema.Type { return b.ColumnType(f.source, f.column) }

// handedOn is e as an item where it is a field.
func handedOn(e driver.Expr) driver.Expr {
	if f, ok := fieldOf(e); ok {
		return f.asItem()
	}
	return e
}

// fieldBeside is what is written where a field is of one type with what it stands
// beside, and what is where it is not.
type fieldBeside struct {
	f                field
	ty               schema.Type
	asItIs, asItsOwn driver.Expr
}

func (x fieldBeside) WriteSQL(b *driver.Builder) {
	if oneType(x.f.asItem().as(x.f.own(b)), x.ty) {
		b.Expr(x.asItIs)
		return
	}
	b.Expr(x.asItsOwn)
}

// SQLType is the type that the statement takes it for.
func (f field) SQLType() schema.Type { return f.ty }

func (f field) WriteSQL(b *driver.Builder) {
	b.Mentions(f.source, f.column)
	own := f.own(b)
	as := f.as(own)
	if as.Kind == own.Kind {
		writeField(b, f.source, f.column)
		return
	}
	e, err := converted(typedAs{driver.ExprFunc(func(b *driver.Builder) { writeField(b, f.source, f.column) }), own}, as)
	if err != nil || !becomes(own.Kind, as.Kind) {
		b.Fail(dberr.New(dberr.Invalid, f.source+"."+f.column,
			fmt.Sprintf("the column is of kind %s there, which %s does not hold; name it with a Field of a type that does, and Cast that", own.Kind, f.t)))
		return
	}
	b.Expr(e)
}

// as is the type that the column has in the statement, where it is own in its source.
func (f field) as(own schema.Type) schema.Type {
	t := f.t
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case own.Kind == "", own.Kind == schema.Other, t.Kind() == reflect.Interface, own.Codec != nil && own.Codec.Go == t,
		f.ty.Kind == schema.Text && t.Kind() != reflect.String && isValue(t) && reflect.PointerTo(t).Implements(scannerType):
		return own
	case f.item && (textual(own.Kind) || own.Kind == schema.Date) && fits(t, own.Kind):
		return own
	case fits(t, own.Kind) &&
		(own.Kind == f.ty.Kind || own.Kind.IsWhole() && f.ty.Kind.IsWhole() || own.Kind == schema.String ||
			t.Kind() == reflect.Array || t.Kind() == reflect.String && own.Kind == schema.Text):
		return own
	}
	return f.ty
}

// becomes reports whether every value of a kind is one of another.
func becomes(from, to schema.Kind) bool {
	switch to {
	case schema.Text:
		return true // what has no one text is refused
	case schema.JSON:
		return isJSON(from)
	case schema.DateTime:
		return from == schema.Date
	case schema.Float, schema.Numeric:
		return from.IsWhole() || from == schema.Numeric
	}
	return false
}

// resultTypesOf is the types of a query's columns as far as they are known; the
// kind of others is empty.
func resultTypesOf(q any) []schema.Type {
	switch q := q.(type) {
	case SelectStmt:
		if q.s == nil {
			return nil
		}
		out := make([]schema.Type, len(q.s.cols))
		for i, c := range q.s.cols {
			out[i] = typeOfResult(c, q.s.sources())
		}
		return out
	case CompoundStmt:
		return resultTypesOf(q.c)
	case compound:
		if q.bare && len(q.parts) > 0 {
			return resultTypesOf(q.parts[0]) // the others read what comes of it
		}
		out, _ := q.unified()
		return out
	}
	t, ok := q.(interface{ resultTypes() []Selectable })
	if !ok {
		return nil
	}
	var out []schema.Type
	for _, c := range t.resultTypes() {
		out = append(out, typeOfResult(c, nil))
	}
	return out
}

// typeOfResult is the type of an item of a SELECT list over sources.
func typeOfResult(c Selectable, sources []Source) schema.Type {
	switch c := c.(type) {
	case AnyColumn:
		return c.reference().col.Type
	case Operand[any]:
		return schema.Type{} // whatever it is
	case interface{ node() driver.Expr }:
		switch n := c.node().(type) {
		case text:
			if n == "NULL" {
				return schema.Type{}
			}
		case field:
			return n.asItem().as(typeIn(sources, n.source, n.column))
		}
	}
	return kindOf(c)
}

// fieldType is the type of an item of the SELECT list of st, also where it is a
// [Field] of what the statement reads.
func fieldType(st Reader, c driver.Typed) schema.Type {
	if f, ok := fieldOf(c); ok {
		if s, ok := st.(SelectStmt); ok && s.s != nil {
			if own := f.asItem().as(typeIn(s.s.sources(), f.source, f.column)); own.Kind != "" {
				return own
			}
		}
	}
	return c.SQLType()
}

// columnTypeIn is the type of a column of a source; its kind is empty when it is
// not known.
func columnTypeIn(src Source, name string) schema.Type {
	of := func(q Query, names []string) schema.Type {
		types := resultTypesOf(q)
		for i, n := range names {
			if n == name && i < len(types) {
				return types[i]
			}
		}
		return schema.Type{}
	}
	var t *schema.Table
	switch s := src.(type) {
	case tableSource:
		t = s.t
	case Alias:
		t = s.t
	case Derived:
		return of(s.sel, s.sel.resultColumns())
	case *CTE:
		if s.body != nil {
			return of(s.body, s.columns)
		}
	}
	if t != nil {
		if c := t.Column(name); c != nil {
			return c.Type
		}
	}
	return schema.Type{}
}

// typeIn is the type of a column of one of the sources.
func typeIn(sources []Source, source, column string) schema.Type {
	for _, src := range sources {
		if called(src) == source {
			return columnTypeIn(src, column)
		}
	}
	return schema.Type{}
}

// ColumnType is for the builder.
func (n *selectState) ColumnType(source, column string) schema.Type {
	return typeIn(n.sources(), source, column)
}
