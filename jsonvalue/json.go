package jsonvalue

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
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
	depth int16 // of a text that was checked, and 1 more; 0 when nobody has looked
}

// Text is the document with that text, unchecked: see Valid. A column
// refuses a text that is not valid.
func Text(text string) JSON { return JSON{text: text, set: true} }

// Parse is the document with that text, which must be JSON in valid UTF-8,
// without U+0000 and halves of surrogate pairs: what every engine stores.
func Parse(text string) (JSON, error) {
	j := Text(text)
	if err := j.check(); err != nil {
		return JSON{}, fmt.Errorf("jsonvalue: %w", err)
	}
	return j, nil
}

// check remembers that the text is storable, so that writing it does not look again.
func (j *JSON) check() error {
	depth, err := jsontext.Check(j.text)
	if err == nil {
		j.depth = int16(depth) + 1
	}
	return err
}

// Checked reports whether the text is known to be storable, and how deep the
// document is nested.
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

// MarshalJSON gives the document; null for SQL NULL, and for a text that is
// not JSON the text as a string, so that a list with one bad row can be shown.
func (j JSON) MarshalJSON() ([]byte, error) {
	if !j.set {
		return []byte("null"), nil
	}
	if !j.Valid() {
		return json.Marshal(strings.ToValidUTF8(j.text, "\uFFFD"))
	}
	return []byte(j.text), nil
}

// UnmarshalJSON keeps the text. Inside of another document null is JSON null;
// an absent member leaves SQL NULL.
func (j *JSON) UnmarshalJSON(b []byte) error {
	*j = Text(string(b))
	_ = j.check()
	return nil
}

// Value gives the text to a driver, as a string: some drivers treat bytes as binary.
func (j JSON) Value() (driver.Value, error) {
	if !j.set {
		return nil, nil
	}
	return j.text, nil
}

// Scan takes what a driver reads from a column. It accepts any text: a broken
// one is kept for Valid to tell.
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

// members are those of the object, in order; nil when it is none.
func (j JSON) members() (names []string, values map[string]string) {
	text := strings.TrimSpace(j.text)
	if !strings.HasPrefix(text, "{") || !j.Valid() {
		return nil, nil
	}
	values = map[string]string{}
	for name, value := range jsontext.Members([]byte(text)) {
		if _, known := values[name]; !known {
			names = append(names, name)
		}
		values[name] = string(value)
	}
	return names, values
}

func fromMembers(names []string, values map[string]string) JSON {
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		key, _ := Of(name) // a string always has an encoding
		b.WriteString(key.text)
		b.WriteByte(':')
		b.WriteString(values[name])
	}
	b.WriteByte('}')
	return Text(b.String())
}

// Member is the member of that name; SQL NULL when there is none.
func (j JSON) Member(name string) JSON {
	_, values := j.members()
	if v, ok := values[name]; ok {
		return Text(v)
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
	return j.Merged(fromMembers([]string{name}, map[string]string{name: v.text}))
}

// Without is the object without members of those names; everything else stays
// as it stands there. A document that is no object is not changed.
func (j JSON) Without(names ...string) JSON {
	all, values := j.members()
	kept := slices.DeleteFunc(slices.Clone(all), func(n string) bool { return slices.Contains(names, n) })
	if len(kept) == len(all) {
		return j
	}
	return fromMembers(kept, values)
}

// Merged is the document with the members of another one in place of its own
// of the same names, as they stand there. SQL NULL changes nothing; where one
// of the two is no object, the result is the other document.
func (j JSON) Merged(with JSON) JSON {
	if !with.set {
		return j
	}
	names, values := j.members()
	more, changed := with.members()
	if values == nil || changed == nil {
		return with
	}
	for _, name := range more {
		if _, known := values[name]; !known {
			names = append(names, name)
		}
		values[name] = changed[name]
	}
	return fromMembers(names, values)
}

// Storable is the document in a form that every engine takes: U+0000 and
// halves of surrogate pairs, which some refuse, become U+FFFD. Everything else
// stays as it is. It is for callers that rather change such a text than refuse it.
func (j JSON) Storable() JSON {
	if !j.set || !strings.Contains(j.text, `\u`) && utf8.ValidString(j.text) {
		return j
	}
	return JSON{text: storable(strings.ToValidUTF8(j.text, "\uFFFD")), set: true}
}

func storable(s string) string {
	var b strings.Builder
	start := 0
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 >= len(s) {
			i++
			continue
		}
		if s[i+1] != 'u' {
			i += 2
			continue
		}
		r, ok := hex4(s, i+2)
		n := 6
		bad := ok && r == 0
		if ok && utf16.IsSurrogate(r) {
			low, has := rune(0), false
			if i+7 < len(s) && s[i+6] == '\\' && s[i+7] == 'u' {
				low, has = hex4(s, i+8)
			}
			if has && utf16.DecodeRune(r, low) != utf8.RuneError {
				n = 12
			} else {
				bad = true
			}
		}
		if bad {
			b.WriteString(s[start:i])
			b.WriteString(`\ufffd`)
			start = i + n
		}
		i = min(i+n, len(s))
	}
	b.WriteString(s[min(start, len(s)):])
	return b.String()
}

func hex4(s string, at int) (rune, bool) {
	if at+4 > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[at:at+4], 16, 16)
	return rune(n), err == nil
}
