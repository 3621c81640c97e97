package jsonvalue

import (
	sqldriver "database/sql/driver"
	"encoding/json"
)

// Typed is a document that a program sees as a T: [Typed.Get] decodes it when
// it is asked to, and until [Typed.Set] the exact text stays as it was stored,
// with members that T does not have. The zero value is SQL NULL.
//
//	type User struct {
//		ID       string                    `db:"id"`
//		Settings jsonvalue.Typed[Settings] `db:"settings"`
//	}
type Typed[T any] struct {
	JSON
	err error // of the encoding of a value that has no JSON form
}

// As is the document that v encodes to. A v without a JSON form is refused by
// whoever stores it.
func As[T any](v T) Typed[T] {
	d, err := Of(v)
	return Typed[T]{d, err}
}

// Get decodes the document. SQL NULL and JSON null are the zero T. A text that
// is no JSON, or does not fit T, is an error.
func (t Typed[T]) Get() (T, error) {
	var v T
	if t.err != nil {
		return v, t.err
	}
	if t.IsNull() {
		return v, nil
	}
	err := t.Decode(&v)
	return v, err
}

// Set puts the encoding of v in place of the document; on an error it changes nothing.
func (t *Typed[T]) Set(v T) error {
	d, err := Of(v)
	if err == nil {
		*t = Typed[T]{JSON: d}
	}
	return err
}

// Scan takes what a driver reads from a column, as [JSON.Scan] does.
func (t *Typed[T]) Scan(src any) error {
	t.err = nil
	return t.JSON.Scan(src)
}

// Value is the text for a driver; nil for SQL NULL.
func (t Typed[T]) Value() (sqldriver.Value, error) {
	if t.err != nil || t.IsNull() {
		return nil, t.err
	}
	return t.String(), nil
}

// Checked is that of the document; what has no JSON form is not.
func (t Typed[T]) Checked() (depth int, ok bool) {
	if t.err != nil {
		return 0, false
	}
	return t.JSON.Checked()
}

// UnmarshalJSON takes the document as it stands there.
func (t *Typed[T]) UnmarshalJSON(text []byte) error {
	t.err = nil
	return json.Unmarshal(text, &t.JSON)
}
