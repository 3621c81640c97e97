package canon

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unsafe"

	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/internal/jsontext"
)

// JSON is a document in one spelling: without white space, the members of
// objects in order of their keys and each key once (the last one counts),
// numbers without exponent and needless zeros, text with as few escapes as
// JSON allows. Two documents are equal as values when their spellings are. A
// text that is no JSON comes back as it is.
func JSON(text string) string {
	if _, err := jsontext.Check(text); err != nil {
		return text
	}
	return string(appendJSON(nil, text, jsontext.SkipSpace(text, 0)))
}

// scalar puts a bare number into one spelling, because a SQLite column that
// prefers numbers does so too; other documents stay as they are.
func scalar(text string) string {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return text
	}
	return number(text)
}

func number(text string) string {
	neg, before, behind, ok := value.Digits(text)
	if !ok {
		return text
	}
	return plain(neg, before, behind)
}

// appendJSON appends the value that starts at i.
func appendJSON(b []byte, s string, i int) []byte {
	end := jsontext.SkipValue(s, i)
	switch s[i] {
	case '"':
		return quote(b, jsontext.Unquote(s[i:end]))
	case '{':
		return appendObject(b, s[i:end])
	case '[':
		b = append(b, '[')
		for n, e := range jsontext.Elements(s[i:end]) {
			if n > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e, 0)
		}
		return append(b, ']')
	case 't', 'f', 'n':
		return append(b, s[i:end]...)
	}
	return append(b, number(s[i:end])...)
}

func appendObject(b []byte, s string) []byte {
	type member struct {
		key, value string
		at         int
	}
	var all []member
	for k, v := range jsontext.Members(unsafeBytes(s)) {
		all = append(all, member{k, jsontext.String(v), len(all)})
	}
	slices.SortFunc(all, func(x, y member) int {
		if c := strings.Compare(x.key, y.key); c != 0 {
			return c
		}
		return x.at - y.at
	})
	b = append(b, '{')
	first := true
	for i, m := range all {
		if i+1 < len(all) && all[i+1].key == m.key {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(quote(b, m.key), ':')
		b = appendJSON(b, m.value, 0)
	}
	return append(b, '}')
}

// quote appends text as a JSON string. Characters that are not UTF-8 are
// replaced.
func quote(b []byte, text string) []byte {
	var w bytes.Buffer
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return append(b, `""`...)
	}
	return append(b, bytes.TrimSuffix(w.Bytes(), []byte("\n"))...)
}

// unsafeBytes are the bytes of a text, without a copy, to be read only.
func unsafeBytes(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s)) //nolint:gosec // the bytes are only read
}
