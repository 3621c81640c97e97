package jsonvalue

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/internal/jsontext"
)

// JSON is the exact text of a JSON document, as a column holds it. The zero
// value is SQL NULL, which is not JSON null: that is the document "null".
//
// What is read from a database is kept as it is, also when it is broken: one
// bad row must not hide the others. Valid tells.
type JSON struct {
	text  string
	set   bool
	depth int16 // of a text that was checked, and 1 more; 0 when nobody has looked, or it has a number beyond a double
}

// Text is the document with that text, unchecked: see Valid. A column
// refuses a text that is not valid.
func Text(text string) JSON { return JSON{text: text, set: true} }

// Parse is the document with that text, which must be JSON in valid UTF-8, without
// U+0000 and halves of surrogate pairs: what every engine stores. The error says
// what is wrong with the text, and where.
func Parse(text string) (JSON, error) {
	j := Text(text)
	if err := j.check(); err != nil {
		return JSON{}, fmt.Errorf("jsonvalue: %w", err)
	}
	return j, nil
}

// check remembers that the text is storable, so that writing it does not look again.
func (j *JSON) check() error {
	depth, huge, err := jsontext.Measure(j.text)
	if err == nil && !huge {
		j.depth = int16(depth) + 1
	}
	return err
}

// Checked reports whether the text is known to be storable on every engine that
// takes a document so deep, and how deep it is nested.
func (j JSON) Checked() (depth int, ok bool) { return int(j.depth) - 1, j.set && j.depth > 0 }

// Null is the document "null".
func Null() JSON { return JSON{text: "null", set: true, depth: 1} }

// Of encodes v. Numbers keep their digits when v has them as json.Number;
// <, > and & are not escaped. NaN, infinities, and what has no JSON form are an error.
func Of(v any) (JSON, error) {
	if j, ok := v.(JSON); ok {
		return j, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return JSON{}, fmt.Errorf("jsonvalue: %w", err)
	}
	j := Text(strings.TrimSuffix(b.String(), "\n"))
	_ = j.check() // a text with U+0000 is JSON; a column refuses it
	return j, nil
}

// Set puts the encoding of v in place of the document; on an error it changes nothing.
func (j *JSON) Set(v any) error {
	n, err := Of(v)
	if err == nil {
		*j = n
	}
	return err
}

// IsNull reports whether it is SQL NULL.
func (j JSON) IsNull() bool { return !j.set }

// IsJSONNull reports whether the document is null.
func (j JSON) IsJSONNull() bool { return j.set && strings.Trim(j.text, " \t\r\n") == "null" }

// Valid reports whether there is a document and its text is JSON.
func (j JSON) Valid() bool { return j.set && (j.depth > 0 || json.Valid([]byte(j.text))) }

// String is the text; empty for SQL NULL.
func (j JSON) String() string { return j.text }

// Decode reads the document into v, with numbers as json.Number where v does
// not say. SQL NULL is read like null. A text that is not JSON is an error;
// escapes without a character (half of a surrogate pair) become U+FFFD.
func (j JSON) Decode(v any) error {
	t := j.text
	if !j.set {
		t = "null"
	}
	dec := json.NewDecoder(strings.NewReader(t))
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("jsonvalue: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("jsonvalue: there is text after the document")
	}
	return nil
}

// MarshalJSON gives the document; null for SQL NULL, and for a text that is not
// JSON the text as a string, so that a list with one bad row can be shown. There
// is no error.
func (j JSON) MarshalJSON() ([]byte, error) {
	if !j.set {
		return []byte("null"), nil
	}
	if !j.Valid() {
		return json.Marshal(strings.ToValidUTF8(j.text, "\uFFFD"))
	}
	return []byte(j.text), nil
}

// UnmarshalJSON keeps the text. Inside of another document null is JSON null; an
// absent member leaves SQL NULL. There is no error.
func (j *JSON) UnmarshalJSON(b []byte) error {
	*j = Text(string(b))
	_ = j.check()
	return nil
}

// Value gives the text to a driver, as a string: some drivers treat bytes as
// binary. There is no error.
func (j JSON) Value() (driver.Value, error) {
	if !j.set {
		return nil, nil
	}
	return j.text, nil
}

// Scan takes what a driver reads from a column. It accepts any text: a broken one
// is kept for Valid to tell. Of another Go type than a driver has it is an error.
func (j *JSON) Scan(src any) error {
	switch x := src.(type) {
	case nil:
		*j = JSON{}
	case string:
		*j = JSON{text: x, set: true}
	case []byte:
		*j = JSON{text: string(x), set: true}
	case int64:
		*j = JSON{text: strconv.FormatInt(x, 10), set: true}
	case float64:
		// A column with numeric affinity turned the text into a number.
		b, err := json.Marshal(x)
		if err != nil {
			b = []byte("null")
		}
		*j = JSON{text: string(b), set: true}
	case bool:
		*j = JSON{text: strconv.FormatBool(x), set: true}
	default:
		return fmt.Errorf("jsonvalue: a column gave %T", src)
	}
	return nil
}

// object is the document cut into its members; nil when it is no object.
func (j JSON) object() *jsontext.Object {
	if !j.IsObject() {
		return nil
	}
	return jsontext.Cut(j.text)
}

// Member is the member of that name; SQL NULL when there is none.
func (j JSON) Member(name string) JSON {
	if o := j.object(); o.Find(name) >= 0 {
		return Text(o.Get(name))
	}
	return JSON{}
}

// Elements are the texts of the elements of the array; nil when it is none.
func (j JSON) Elements() []string {
	if !j.Valid() {
		return nil
	}
	return jsontext.Elements(j.text)
}

// IsObject reports whether the document is an object.
func (j JSON) IsObject() bool {
	return strings.HasPrefix(strings.TrimLeft(j.text, " \t\r\n"), "{") && j.Valid()
}

// With is the object with one member set, and that alone where the document is
// no object. SQL NULL as a member leaves it out.
func (j JSON) With(name string, v JSON) JSON {
	if !v.set {
		return j.Without(name)
	}
	o := j.object()
	if o == nil {
		o = &jsontext.Object{}
	}
	o.Set(name, v.text)
	return Text(o.Encode())
}

// Without is the object without members of those names; everything else stays
// as it stands there. A document that is no object is not changed.
func (j JSON) Without(names ...string) JSON {
	o := j.object()
	changed := false
	for _, name := range names {
		changed = changed || o.Find(name) >= 0
		o.Remove(name)
	}
	if !changed {
		return j
	}
	return Text(o.Encode())
}

// Merged is the document with the members of another one in place of its own
// of the same names, as they stand there. SQL NULL changes nothing; where one
// of the two is no object, the result is the other document.
func (j JSON) Merged(with JSON) JSON {
	if !with.set {
		return j
	}
	o, more := j.object(), with.object()
	if o == nil || more == nil {
		return with
	}
	for _, m := range more.Members {
		o.Put(m)
	}
	return Text(o.Encode())
}

// Storable is the document in a form that every engine takes: U+0000 and
// halves of surrogate pairs, which some refuse, become U+FFFD. Everything else
// stays as it is. It is for callers that rather change such a text than refuse it.
func (j JSON) Storable() JSON {
	if !j.set || !strings.Contains(j.text, `\u`) && utf8.ValidString(j.text) {
		return j
	}
	return JSON{text: jsontext.Replace(strings.ToValidUTF8(j.text, "\uFFFD"), `\ufffd`, `\ufffd`), set: true}
}
