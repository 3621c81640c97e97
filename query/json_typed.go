package query

import (
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/schema"
)

// TypedJSONColumn is a [JSONColumn] whose documents a program sees as a T; a
// field of a row for it is a jsonvalue.Typed[T].
type TypedJSONColumn[T any] struct{ JSONColumn }

// TypedJSONCol makes the column of a declaration of kind JSON or JSONB:
//
//	var UserSettings = query.TypedJSONCol[Settings](t.JSON("settings").Null())
func TypedJSONCol[T any](d schema.ColumnDef, options ...ColumnOption[T]) TypedJSONColumn[T] {
	for _, o := range options {
		o(d)
	}
	if f := d.Column.OnInsert; f != nil && len(options) > 0 {
		d.Column.OnInsert = func() any { return asDocument[T](f()) }
	}
	if f := d.Column.OnUpdate; f != nil && len(options) > 0 {
		d.Column.OnUpdate = func() any { return asDocument[T](f()) }
	}
	return TypedJSONColumn[T]{JSONCol(d)}
}

// Of is the column as a column of an alias.
func (c TypedJSONColumn[T]) Of(a Alias) TypedJSONColumn[T] {
	return TypedJSONColumn[T]{c.JSONColumn.Of(a)}
}

// Set is the assignment of the document that v encodes to. A v without a JSON
// form is an error of the statement, and a nil pointer JSON null.
func (c TypedJSONColumn[T]) Set(v T) Assignment {
	return Assignment{col: c.ref, value: arg{ty: c.ty, of: c.of, v: jsonvalue.As(v)}}
}

func asDocument[T any](v any) any { return jsonvalue.As(v.(T)) }

// SetDoc is the assignment of a document as it is.
func (c TypedJSONColumn[T]) SetDoc(doc jsonvalue.JSON) Assignment { return c.JSONColumn.Set(doc) }
