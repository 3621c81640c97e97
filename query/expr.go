package query

import (
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/schema"
)

// Selectable is what a SELECT list can hold: columns, and expressions under a
// name given with As.
type Selectable interface {
	driver.Expr
	// columnName is the name of the result column; empty when it has none.
	columnName() string
}

// Operand is an SQL expression whose values are read and compared as T.
type Operand[T any] interface {
	driver.Typed
	operand(T)
}

// Expr is an SQL expression of the Go type T. The zero value is not usable;
// expressions come from columns, functions, [Val] and [Raw].
type Expr[T any] struct {
	n    driver.Expr
	ty   schema.Type
	name string // of the result column
	// label is the name that As gave it, which a SELECT list spells out.
	label string
	of    string // the column it stands for, for messages
}

func (e Expr[T]) operand(T) {}

// node is what the expression writes.
func (e Expr[T]) node() driver.Expr { return e.n }

// WriteSQL writes the expression.
func (e Expr[T]) WriteSQL(b *driver.Builder) { e.n.WriteSQL(b) }

// SQLType is the column type that the expression's values have.
func (e Expr[T]) SQLType() schema.Type { return e.ty }

func (e Expr[T]) columnName() string {
	if e.label != "" {
		return e.label
	}
	return e.name
}

// As gives the expression a name in the result, under which row mapping finds it.
// It is the same expression elsewhere: what As gives can stand in GroupBy,
// Having and OrderBy of the statement as well, and be compared and calculated with.
func (e Expr[T]) As(name string) Expr[T] {
	e.label = name
	return e
}

func (e Expr[T]) alias() string { return e.label }

// writeSelected writes an item of a SELECT list with the name that As gave it.
func writeSelected(b *driver.Builder, s Selectable) {
	if l, ok := s.(interface{ alias() string }); ok && l.alias() != "" {
		b.Labelled(s, l.alias())
		return
	}
	b.Expr(s)
}

// arg is a bound value.
type arg struct {
	ty schema.Type
	of string
	v  any
}

// SQLType is the type that the value is bound as.
func (a arg) SQLType() schema.Type { return a.ty }

func (a arg) WriteSQL(b *driver.Builder) { bound(b, a.ty, a.of, a.v) }

// named puts the column's name into an error of Encode.
func named(err error, of string) error {
	var e *dberr.Error
	if of == "" || !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Op = of
	return &c
}

// compared is ty without its limits: a value that is too long to be stored may
// still be looked for.
func compared(ty schema.Type) schema.Type {
	ty.Length, ty.KeyLength = 0, 0
	if ty.Kind == schema.Numeric {
		ty.Precision, ty.Scale = 0, 0
	}
	return ty
}

func (e Expr[T]) bind(v T) driver.Expr { return arg{ty: compared(e.ty), of: e.of, v: v} }

func (e Expr[T]) bindTo(o Operand[T]) driver.Expr {
	if p, ok := any(o).(parameter); ok {
		return p.typed(compared(e.ty), e.of)
	}
	return o
}

// binary is "a op c", in parentheses when wrapped.
type binary struct {
	a    driver.Expr
	op   string
	c    driver.Expr
	wrap bool
}

func (x binary) WriteSQL(b *driver.Builder) {
	if x.wrap {
		b.SQL("(")
	}
	b.Expr(x.a).SQL(x.op).Expr(x.c)
	if x.wrap {
		b.SQL(")")
	}
}

// meaning writes e in the form in which its engine compares it by meaning.
type meaning struct {
	e  driver.Expr
	ty schema.Type
}

// SQLType is the type of the expression.
func (m meaning) SQLType() schema.Type { return m.ty }

func (m meaning) WriteSQL(b *driver.Builder) { b.Dialect().Comparable(b, m.e, m.ty) }

// AsCompared is e in the form in which its engine compares it: of a JSON document
// its text, of a decimal a number.
func AsCompared[T any](e Operand[T]) Expr[T] {
	return Expr[T]{n: meaning{e, e.SQLType()}, ty: e.SQLType()}
}

// meant is e in the form in which its type is compared by meaning.
func meant(e driver.Expr, ty schema.Type) driver.Expr {
	switch ty.Kind {
	case schema.Numeric, schema.JSON, schema.JSONB:
		return meaning{e, ty}
	}
	return e
}

// exactly is [meant], with instants in their one spelling.
func exactly(e driver.Expr, ty schema.Type) driver.Expr {
	if ty.Kind == schema.DateTime {
		return meaning{e, ty}
	}
	return meant(e, ty)
}

// toInstant compares an instant with one that is bound.
type toInstant struct {
	e  driver.Expr
	op string
	v  driver.Expr
}

func (x toInstant) WriteSQL(b *driver.Builder) { b.Dialect().CompareInstant(b, x.e, x.op, x.v) }

// compare is "e op v" for a bound v.
func compare(e driver.Expr, ty schema.Type, op string, v driver.Expr) driver.Expr {
	if ty.Kind == schema.DateTime {
		return toInstant{e, strings.TrimSpace(op), v}
	}
	if a, z, ok := asTexts(e, ty, op, v); ok {
		return binary{a: a, op: op, c: z}
	}
	return binary{a: meant(e, ty), op: op, c: meant(v, compared(ty))}
}

// instantOf is the instant at which a date begins.
func instantOf(e driver.Expr, ty schema.Type) driver.Expr {
	at, err := converted(typedAs{e, ty}, instantType)
	if err != nil {
		return failed[time.Time](err)
	}
	return at
}

func (e Expr[T]) cmp(op string, c driver.Expr) Cond {
	if a, z, ok := asTexts(e.n, e.ty, op, c); ok {
		return Cond{n: binary{a: a, op: op, c: z}}
	}
	switch c.(type) {
	case arg, slot:
		if e.ty.Kind == schema.DateTime {
			return Cond{n: toInstant{e.n, strings.TrimSpace(op), c}}
		}
	default: // a date is the instant at which it begins
		switch other := kindOf(c); {
		case e.ty.Kind == schema.Date && other.Kind == schema.DateTime:
			return Expr[T]{n: instantOf(e.n, e.ty), ty: instantType}.cmp(op, c)
		case e.ty.Kind == schema.DateTime && other.Kind == schema.Date:
			c = typedAs{instantOf(c, other), instantType}
		}
	}
	ty := compared(e.ty)
	if t, ok := c.(driver.Typed); ok && t.SQLType().Kind == e.ty.Kind {
		ty = t.SQLType()
	}
	return Cond{n: binary{a: exactly(e.n, e.ty), op: op, c: exactly(c, ty)}}
}

// Eq is "e = v".
func (e Expr[T]) Eq(v T) Cond { return e.cmp(" = ", e.bind(v)) }

// Ne is "e <> v". As in SQL it does not hold for NULL; see DistinctFrom.
func (e Expr[T]) Ne(v T) Cond { return e.cmp(" <> ", e.bind(v)) }

// Lt is "e < v".
func (e Expr[T]) Lt(v T) Cond { return e.cmp(" < ", e.bind(v)) }

// Le is "e <= v".
func (e Expr[T]) Le(v T) Cond { return e.cmp(" <= ", e.bind(v)) }

// Gt is "e > v".
func (e Expr[T]) Gt(v T) Cond { return e.cmp(" > ", e.bind(v)) }

// Ge is "e >= v".
func (e Expr[T]) Ge(v T) Cond { return e.cmp(" >= ", e.bind(v)) }

// EqTo is "e = o" for another expression: a column, a parameter, a subquery.
func (e Expr[T]) EqTo(o Operand[T]) Cond { return e.cmp(" = ", e.bindTo(o)) }

// NeTo is "e <> o".
func (e Expr[T]) NeTo(o Operand[T]) Cond { return e.cmp(" <> ", e.bindTo(o)) }

// LtTo is "e < o".
func (e Expr[T]) LtTo(o Operand[T]) Cond { return e.cmp(" < ", e.bindTo(o)) }

// LeTo is "e <= o".
func (e Expr[T]) LeTo(o Operand[T]) Cond { return e.cmp(" <= ", e.bindTo(o)) }

// GtTo is "e > o".
func (e Expr[T]) GtTo(o Operand[T]) Cond { return e.cmp(" > ", e.bindTo(o)) }

// GeTo is "e >= o".
func (e Expr[T]) GeTo(o Operand[T]) Cond { return e.cmp(" >= ", e.bindTo(o)) }

// Between is "low <= e AND e <= high".
func (e Expr[T]) Between(low, high T) Cond {
	if e.ty.Kind == schema.DateTime {
		return And(e.Ge(low), e.Le(high))
	}
	c := e.cmp(" BETWEEN ", e.bind(low)).n
	return Cond{n: binary{a: c, op: " AND ", c: meant(e.bind(high), compared(e.ty)), wrap: true}}
}

// IsNull is "e IS NULL".
func (e Expr[T]) IsNull() Cond { return Cond{n: suffixed{labelForm(typed(e.n, e.ty)), " IS NULL"}} }

// NotNull is "e IS NOT NULL".
func (e Expr[T]) NotNull() Cond {
	return Cond{n: suffixed{labelForm(typed(e.n, e.ty)), " IS NOT NULL"}}
}

// DistinctFrom compares so that NULL is a value like any other; nil stands for NULL.
func (e Expr[T]) DistinctFrom(v *T) Cond { return e.distinct(v, false) }

// NotDistinctFrom is equality in which NULL equals NULL; nil stands for NULL.
func (e Expr[T]) NotDistinctFrom(v *T) Cond { return e.distinct(v, true) }

func (e Expr[T]) distinct(v *T, not bool) Cond {
	if v == nil {
		if not {
			return e.IsNull()
		}
		return e.NotNull()
	}
	if e.ty.Kind == schema.DateTime {
		if not {
			return And(e.NotNull(), e.Eq(*v))
		}
		return Or(e.IsNull(), e.Ne(*v))
	}
	return Cond{n: driver.ExprFunc(func(b *driver.Builder) {
		b.Dialect().DistinctFrom(b, meant(e.n, e.ty), meant(e.bind(*v), compared(e.ty)), not)
	})}
}

type suffixed struct {
	e    driver.Expr
	text string
}

func (s suffixed) WriteSQL(b *driver.Builder) { b.Expr(s.e).SQL(s.text) }

// Cond is a condition: what WHERE, ON, HAVING and CASE take.
type Cond struct {
	n driver.Expr
	// always is what the condition is for every row, when that is known without
	// looking: of none, of no values.
	always truth
}

type truth int8

const (
	maybe truth = iota
	yes
	no
)

// constant is a condition that is the same for every row.
func constant(holds bool) Cond {
	if holds {
		return Cond{n: text("1 = 1"), always: yes}
	}
	return Cond{n: text("1 = 0"), always: no}
}

// restricts reports whether one of the conditions may fail for a row.
func restricts(conds []Cond) bool {
	for _, c := range conds {
		if c.n != nil && c.always != yes {
			return true
		}
	}
	return false
}

// WriteSQL writes the condition.
func (c Cond) WriteSQL(b *driver.Builder) {
	if c.n == nil {
		b.SQL("1 = 1") // the zero Cond restricts nothing
		return
	}
	c.n.WriteSQL(b)
}

// Expr makes the condition an expression that can be selected or compared.
func (c Cond) Expr() Expr[bool] {
	return Expr[bool]{n: wrapped{c}, ty: schema.Type{Kind: schema.Boolean}}
}

// As gives the condition a name in the result.
func (c Cond) As(name string) Expr[bool] { return c.Expr().As(name) }

// Not is "NOT c".
func (c Cond) Not() Cond { return Not(c) }

// IsZero reports whether c is the zero Cond, which restricts nothing.
func (c Cond) IsZero() bool { return c.n == nil }

type wrapped struct{ e driver.Expr }

func (w wrapped) WriteSQL(b *driver.Builder) { b.SQL("(").Expr(w.e).SQL(")") }

type junction struct {
	op    string
	conds []Cond
}

func (j junction) WriteSQL(b *driver.Builder) {
	b.SQL("(")
	for i, c := range j.conds {
		if i > 0 {
			b.SQL(j.op)
		}
		b.Expr(c)
	}
	b.SQL(")")
}

// And holds when every condition does; with none it is true. Zero conditions
// are left out.
func And(conds ...Cond) Cond {
	conds = present(conds)
	switch len(conds) {
	case 0:
		return constant(true)
	case 1:
		return conds[0]
	}
	return Cond{n: junction{" AND ", conds}, always: combined(conds, yes, no)}
}

// Or holds when one of the conditions does; with none it is false.
func Or(conds ...Cond) Cond {
	switch len(conds) {
	case 0:
		return constant(false)
	case 1:
		return conds[0]
	}
	return Cond{n: junction{" OR ", append([]Cond(nil), conds...)}, always: combined(conds, no, yes)}
}

// combined is what conditions are together: all when each is, one when one is.
func combined(conds []Cond, all, one truth) truth {
	out := all
	for _, c := range conds {
		t := c.always
		if c.n == nil {
			t = yes
		}
		switch t {
		case one:
			return one
		case maybe:
			out = maybe
		}
	}
	return out
}

// Not negates a condition.
func Not(c Cond) Cond {
	out := Cond{n: driver.ExprFunc(func(b *driver.Builder) { b.SQL("NOT (").Expr(c).SQL(")") })}
	switch {
	case c.n == nil || c.always == yes:
		out.always = no
	case c.always == no:
		out.always = yes
	}
	return out
}

func present(conds []Cond) []Cond {
	out := make([]Cond, 0, len(conds))
	for _, c := range conds {
		if c.n != nil {
			out = append(out, c)
		}
	}
	return out
}

// text is SQL that is the same on every engine.
type text string

func (t text) WriteSQL(b *driver.Builder) {
	if t == countAll {
		b.Aggregates(func() {})
	}
	b.SQL(string(t))
}

// Val is a bound value that stands by itself: SELECT ?, COALESCE(x, ?).
func Val[T any](v T) Expr[T] {
	ty := typeFor[T]()
	return Expr[T]{ty: ty, n: literal{arg{ty: ty, v: v}}}
}

// literal is a bound value where nothing beside it says what it is.
type literal struct{ arg }

func (l literal) WriteSQL(b *driver.Builder) { b.Dialect().Cast(b, l.arg, l.ty) }

// Null is the SQL NULL of type T.
func Null[T any]() Expr[T] { return Expr[T]{n: text("NULL"), ty: typeFor[T]()} }

// Raw is an expression written by hand, for what this package has no word
// for. Identifiers stand in braces and are quoted, literals in single quotes;
// each ? takes the next of args, which is bound, or written in place when it is
// an expression; ?? is a question mark. The same text must be right on every
// engine that it runs on.
func Raw[T any](template schema.Expr, args ...any) Expr[T] {
	return Expr[T]{n: part{rawNode{template, args}}, ty: typeFor[T]()}
}

// RawCond is [Raw] for conditions.
func RawCond(template schema.Expr, args ...any) Cond {
	return Cond{n: wrapped{part{rawNode{template, args}}}}
}

type rawNode struct {
	template schema.Expr
	args     []any
}

func (r rawNode) WriteSQL(b *driver.Builder) {
	b.Text(string(r.template), r.args, func(v any) {
		if x, ok := v.(driver.Expr); ok {
			b.Expr(x)
			return
		}
		ty := typeOfValue(v)
		x, err := encode(b.Dialect(), ty, v)
		if err != nil {
			b.Fail(err)
			return
		}
		b.Dialect().Written(b, ty, x)
	})
}

// part is a text that is a part of a statement.
type part struct{ rawNode }

// WriteSQL refuses quotation marks and backticks outside of texts: to one engine
// they are around a name, to another around a text or nothing that it knows.
func (p part) WriteSQL(b *driver.Builder) {
	inside := false
	for _, r := range p.template {
		switch {
		case r == '\'':
			inside = !inside
		case !inside && (r == '"' || r == '`'):
			b.Fail(dberr.New(dberr.Invalid, "text",
				"the SQL has a "+string(r)+
					", which engines understand in different ways; put names into {braces} and texts between single quotes"))
			return
		}
	}
	p.rawNode.WriteSQL(b)
}

func typeFor[T any]() schema.Type { return typeOf(reflect.TypeFor[T]()) }

func typeOfValue(v any) schema.Type {
	if v == nil {
		return schema.Type{Kind: schema.Text}
	}
	return typeOf(reflect.TypeOf(v))
}

// typeOf is the column type that values of a Go type are bound and cast as.
func typeOf(t reflect.Type) schema.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return schema.Type{Kind: schema.DateTime}
	case reflect.TypeFor[jsonvalue.JSON]():
		return schema.Type{Kind: schema.JSON}
	case reflect.TypeFor[Decimal]():
		return schema.Type{Kind: schema.Numeric}
	case reflect.TypeFor[TimeOfDay]():
		return schema.Type{Kind: schema.Time}
	}
	switch t.Kind() {
	case reflect.Array:
		if t.Len() == 16 && t.Elem().Kind() == reflect.Uint8 {
			return schema.Type{Kind: schema.UUID}
		}
	case reflect.Bool:
		return schema.Type{Kind: schema.Boolean}
	case reflect.Int, reflect.Int64, reflect.Uint32, reflect.Uint, reflect.Uint64:
		return schema.Type{Kind: schema.BigInt}
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16:
		return schema.Type{Kind: schema.Integer}
	case reflect.Float32, reflect.Float64:
		return schema.Type{Kind: schema.Float}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return schema.Type{Kind: schema.Bytes}
		}
	}
	return schema.Type{Kind: schema.Text}
}

// writing marks a dialect while a statement is written that changes data.
type writing struct{ driver.Dialect }

// changing writes e as part of a statement that changes data.
func changing(b *driver.Builder, e func(b *driver.Builder)) {
	if b.Dialect().Has(driver.SelfSubquery) {
		e(b)
		return
	}
	b.In(writing{b.Dialect()}, driver.ExprFunc(e))
}

// subquery writes a query that stands for values.
func subquery(b *driver.Builder, q Query) {
	if w, ok := b.Dialect().(writing); ok {
		b.In(w.Dialect, driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Materialized(b, q) }))
		return
	}
	if plain(q) {
		b.Expr(q)
		return
	}
	// Some engines take no LIMIT in the subquery itself.
	b.SQL("SELECT * FROM (").Expr(q).SQL(") AS ").Ident("listed")
}
