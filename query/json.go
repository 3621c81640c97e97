package query

import (
	"fmt"
	"strconv"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/schema"
)

// JSONColumn is a column that holds JSON documents.
type JSONColumn struct{ Column[jsonvalue.JSON] }

// JSONCol makes the column of a declaration of kind JSON or JSONB.
func JSONCol(d schema.ColumnDef) JSONColumn { return JSONColumn{Col[jsonvalue.JSON](d)} }

// JSONColumnOf is [ColumnOf] for a column of kind JSON or JSONB.
func JSONColumnOf(t *schema.Table, name string) JSONColumn {
	return JSONColumn{ColumnOf[jsonvalue.JSON](t, name)}
}

// Of is the column as a column of an alias.
func (c JSONColumn) Of(a Alias) JSONColumn { return JSONColumn{c.Column.Of(a)} }

// Doc is the whole document.
func (c JSONColumn) Doc() Member { return Member{doc: c.Expr} }

// Path leads to a member: strings are exact object keys, ints are places in an
// array, of which negative ones count from the end. Any key can be reached.
func (c JSONColumn) Path(path ...any) Member { return c.Doc().Path(path...) }

// HasKey holds when the document is an object with that key, even as JSON null.
func (c JSONColumn) HasKey(key string) Cond { return c.Path(key).Exists() }

// Contains holds when the document contains the one in the JSON text: objects
// their members, arrays their elements in any order, scalars themselves. As an
// exception an array contains a scalar that is one of its elements.
func (c JSONColumn) Contains(text string) Cond { return c.Doc().Contains(text) }

// SetPath is the assignment of the document with the member at path set. Several
// SetPath and RemovePath of one document in a statement work one after another.
// Missing parents that are objects are made, and a document that is SQL NULL
// counts as {}; a path through a scalar, or past the end of an array by more
// than one, leaves the document as it is.
func (c JSONColumn) SetPath(value jsonvalue.JSON, path ...any) Assignment {
	return c.edited(func(doc Expr[jsonvalue.JSON]) driver.Expr { return JSONDoc(doc).Path(path...).With(value) })
}

// RemovePath is the assignment of the document without the member at path.
func (c JSONColumn) RemovePath(path ...any) Assignment {
	return c.edited(func(doc Expr[jsonvalue.JSON]) driver.Expr { return JSONDoc(doc).Path(path...).Without() })
}

func (c JSONColumn) edited(edit func(Expr[jsonvalue.JSON]) driver.Expr) Assignment {
	return Assignment{col: c.ref, value: edit(c.Expr), edit: edit}
}

// JSONDoc makes JSON operations available over any expression that is JSON.
func JSONDoc(e Expr[jsonvalue.JSON]) Member { return Member{doc: e} }

// Member is a place in a JSON document. What is not there is NULL, never an error.
type Member struct {
	doc  Expr[jsonvalue.JSON]
	path driver.Path
	err  error
}

// Path leads further down.
func (m Member) Path(path ...any) Member {
	for i, p := range path {
		switch p.(type) {
		case string, int:
		default:
			m.err = dberr.New(dberr.Invalid, m.doc.of,
				fmt.Sprintf("element %d of a JSON path is %T; it must be a string or an int", i, p))
		}
	}
	m.path = more(m.path, path...)
	return m
}

// changed is a document with a change made. Other expressions are written as
// often as an engine needs them; this one is given a name instead, or changes of
// changes would double with each.
type changed struct{ driver.Expr }

// node writes f over the document that the member is in.
func (m Member) node(f func(b *driver.Builder, d driver.Dialect, doc driver.Expr)) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) {
		switch _, long := m.doc.n.(changed); {
		case m.err != nil:
			b.Fail(m.err)
		case long:
			b.Dialect().JSONLet(b, m.doc, "larder_doc_"+strconv.Itoa(b.Len()), func(doc driver.Typed) { f(b, b.Dialect(), doc) })
		default:
			f(b, b.Dialect(), m.doc)
		}
	})
}

func get[T any](m Member, as driver.JSONType, ty schema.Type) Expr[T] {
	name := ""
	if n := len(m.path); n > 0 {
		name, _ = m.path[n-1].(string)
	}
	return Expr[T]{ty: ty, name: name, of: m.doc.of, n: m.node(func(b *driver.Builder, d driver.Dialect, doc driver.Expr) {
		d.JSONGet(b, doc, m.path, as)
	})}
}

// Text reads strings without quotes, and anything else but null as JSON text.
func (m Member) Text() Expr[string] { return get[string](m, driver.AsText, plainT) }

// Int reads numbers that are whole and fit 64 bits; NULL for all else.
func (m Member) Int() Expr[int64] { return get[int64](m, driver.AsInteger, bigint) }

// Float reads numbers; NULL for all else.
func (m Member) Float() Expr[float64] { return get[float64](m, driver.AsFloat, float) }

// Numeric reads numbers exactly; NULL for all else.
func (m Member) Numeric() Expr[Decimal] {
	return get[Decimal](m, driver.AsNumeric, schema.Type{Kind: schema.Numeric})
}

// Bool reads true and false; NULL for all else.
func (m Member) Bool() Expr[bool] {
	return get[bool](m, driver.AsBool, schema.Type{Kind: schema.Boolean})
}

// JSON reads the member's JSON text; JSON null is 'null', what is absent is NULL.
func (m Member) JSON() Expr[jsonvalue.JSON] {
	return get[jsonvalue.JSON](m, driver.AsJSON, m.doc.ty)
}

// Exists holds when the member is there, even as JSON null.
func (m Member) Exists() Cond {
	return Cond{n: m.node(func(b *driver.Builder, d driver.Dialect, doc driver.Expr) { d.JSONHas(b, doc, m.path) })}
}

// HasKey holds when the member is an object with that key.
func (m Member) HasKey(key string) Cond { return m.Path(key).Exists() }

// IsNull holds when the member is absent or JSON null.
func (m Member) IsNull() Cond { return m.Text().IsNull() }

// Kind is 'object', 'array', 'string', 'number', 'bool' or 'null'; NULL when absent.
func (m Member) Kind() Expr[string] {
	return Expr[string]{ty: plainT,
		n: m.node(func(b *driver.Builder, d driver.Dialect, doc driver.Expr) { d.JSONKind(b, doc, m.path) })}
}

// Len is the number of elements of an array or members of an object; NULL for all else.
func (m Member) Len() Expr[int64] {
	return Expr[int64]{ty: bigint,
		n: m.node(func(b *driver.Builder, d driver.Dialect, doc driver.Expr) { d.JSONLength(b, doc, m.path) })}
}

// Has holds when the member is an array that has the element v: a string, an
// int, int64, float64 or bool, or nil for JSON null. true, 1 and "1" are three.
func (m Member) Has(v any) Cond {
	switch x := v.(type) {
	case int:
		v = int64(x)
	case string, int64, float64, bool, nil:
	default:
		m.err = dberr.New(dberr.Invalid, m.doc.of,
			fmt.Sprintf("an array is asked for a %T; use a string, int64, float64, bool or nil", v))
	}
	return Cond{n: m.node(func(b *driver.Builder, d driver.Dialect, doc driver.Expr) {
		if s, ok := v.(string); ok {
			if _, err := d.Encode(plainT, s); err != nil {
				b.Fail(named(err, m.doc.of))
				return
			}
		}
		d.JSONHasElement(b, doc, m.path, v)
	})}
}

// Contains is JSONColumn.Contains for the member.
func (m Member) Contains(text string) Cond {
	return Cond{n: m.node(func(b *driver.Builder, d driver.Dialect, doc driver.Expr) {
		if _, err := d.Encode(schema.Type{Kind: schema.JSON}, text); err != nil {
			b.Fail(named(err, m.doc.of))
			return
		}
		d.JSONContains(b, doc, m.path, text)
	})}
}

// With is the document with the member set to value, as SetPath does it.
func (m Member) With(value jsonvalue.JSON) Expr[jsonvalue.JSON] {
	ty := schema.Type{Kind: schema.JSON}
	return Expr[jsonvalue.JSON]{ty: m.doc.ty, of: m.doc.of, n: changed{m.node(func(b *driver.Builder, d driver.Dialect, doc driver.Expr) {
		if value.IsNull() {
			b.Fail(dberr.New(dberr.Invalid, m.doc.of,
				"a JSON member cannot be set to SQL NULL; set it to JSON null, or remove it"))
			return
		}
		d.JSONSet(b, doc, m.path, arg{ty: ty, of: m.doc.of, v: value})
	})}}
}

// Without is the document without the member.
func (m Member) Without() Expr[jsonvalue.JSON] {
	return Expr[jsonvalue.JSON]{ty: m.doc.ty, of: m.doc.of, n: changed{m.node(func(b *driver.Builder, d driver.Dialect, doc driver.Expr) {
		d.JSONRemove(b, doc, m.path)
	})}}
}

// Elements is the elements of an array, or the members of an object, as a
// table called name, for JoinItem: its columns are Key, Value and Position.
func (m Member) Elements(name string) Elements { return Elements{m: m, name: name} }

// Elements is a [Source] of the parts of a document.
type Elements struct {
	m    Member
	name string
}

func (e Elements) writeSource(b *driver.Builder) {
	if e.m.err != nil {
		b.Fail(e.m.err)
		return
	}
	b.Dialect().JSONEach(b, e.m.doc, e.m.path, e.name)
}

func element[T any](e Elements, c driver.ElementColumn, ty schema.Type, name string) Expr[T] {
	return Expr[T]{ty: ty, name: name, of: e.m.doc.of, n: driver.ExprFunc(func(b *driver.Builder) {
		b.Mentions(e.name, name)
		b.Dialect().JSONElement(b, e.m.doc, e.m.path, e.name, c)
	})}
}

// Key is the object key of a member; NULL for elements of an array.
func (e Elements) Key() Expr[string] { return element[string](e, driver.ElementKey, plainT, "key") }

// Value is the element's JSON text; JSON operations work on it through [JSONDoc].
func (e Elements) Value() Expr[jsonvalue.JSON] {
	return element[jsonvalue.JSON](e, driver.ElementValue, e.m.doc.ty, "value")
}

// Position counts elements from 0.
func (e Elements) Position() Expr[int64] {
	return element[int64](e, driver.ElementPosition, bigint, "position")
}
