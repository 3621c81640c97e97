package migrations

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/migrate/op"
)

// JSON is read and written as text, one level at a time: what a step does not
// look at keeps its spelling, its order and its exact numbers.

// readObject reads the top level of an object; ok is false for anything else.
func readObject(s string) (o *jsontext.Object, ok bool) {
	o = members()
	sc := scanner{buf: s}
	if sc.token() != '{' {
		return o, false
	}
	err := sc.members(func(key string) error {
		raw, err := sc.value()
		o.Set(key, raw)
		return err
	})
	if err != nil || sc.token() != 0 {
		return members(), false
	}
	return o, true
}

// members is an object of pairs of a key and the text of its value.
func members(pairs ...string) *jsontext.Object {
	o := &jsontext.Object{}
	for pair := range slices.Chunk(pairs, 2) {
		o.Set(pair[0], pair[1])
	}
	return o
}

// without returns the object less the keys.
func without(o *jsontext.Object, keys ...string) *jsontext.Object {
	out := o.Clone()
	for _, key := range keys {
		out.Remove(key)
	}
	return out
}

// written is the text of an object as Python writes it.
func written(o *jsontext.Object) string { return readableOr(o.Join(", ", ": "), "{}") }

// readList reads the top level of a list; ok is false for anything else.
func readList(s string) (list []string, ok bool) {
	sc := scanner{buf: s}
	if sc.token() != '[' {
		return nil, false
	}
	err := sc.elements(func() error {
		raw, err := sc.value()
		list = append(list, raw)
		return err
	})
	return list, err == nil && sc.token() == 0
}

// readString reads a string; ok is false for anything else.
func readString(raw string) (s string, ok bool) {
	if !strings.HasPrefix(raw, `"`) {
		return "", false
	}
	if strings.IndexByte(raw, '\\') < 0 && len(raw) > 1 {
		return raw[1 : len(raw)-1], true
	}
	err := json.Unmarshal([]byte(raw), &s)
	return s, err == nil
}

// scalarText is the text of a string, and of a number or a boolean as it is
// written; ok is false for anything else.
func scalarText(raw string) (s string, ok bool) {
	if s, ok = readString(raw); ok {
		return s, true
	}
	if raw == "" || raw == "null" || strings.ContainsAny(raw[:1], `{["`) {
		return "", false
	}
	return raw, true
}

// listOfStrings returns the elements of a list that are strings, and whether there were
// others.
func listOfStrings(raw string) (out []string, others bool) {
	list, ok := readList(raw)
	if !ok {
		return nil, raw != ""
	}
	for _, e := range list {
		if s, ok := readString(e); ok {
			out = append(out, s)
		} else {
			others = true
		}
	}
	return out, others
}

// writeStrings writes a list of strings.
func writeStrings(list []string) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = quote(s)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// numberOrNull is an integer of a row as JSON.
func numberOrNull(r op.Row, column string) string {
	if r.Null(column) {
		return "null"
	}
	return strconv.FormatInt(r.Int(column), 10)
}

func parseInt(raw string) (int64, error) { return strconv.ParseInt(raw, 10, 64) }

// sameJSON reports whether two documents say the same: spelling and the order
// of members do not count, numbers are compared as they are written.
func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	read := func(s string) (v any, ok bool) {
		dec := json.NewDecoder(strings.NewReader(s))
		dec.UseNumber()
		ok = dec.Decode(&v) == nil
		return v, ok
	}
	x, ok1 := read(a)
	y, ok2 := read(b)
	return ok1 && ok2 && reflect.DeepEqual(x, y)
}
