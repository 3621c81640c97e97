package search

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
)

// Record is what can be found of one thing: its texts, in the order in which
// [Query.Match] looks at them, the title first. The zero value has none.
type Record struct {
	data []byte
	seen map[string]bool
}

// Add puts texts behind those that are there. One that is there already is not
// put in again, and an empty one only as the first.
func (r *Record) Add(texts ...string) {
	for _, t := range texts {
		if r.seen == nil {
			r.seen = make(map[string]bool)
		} else if t == "" || r.seen[t] {
			continue
		}
		if len(r.data) > 0 { // what is found in the title is no snippet
			r.seen[t] = true
		}
		r.data = binary.AppendUvarint(r.data, uint64(len(t)))
		r.data = append(r.data, t...)
	}
}

// SetTitle puts a title in place of the empty text that a record begins with, or into
// a record without texts.
func (r *Record) SetTitle(title string) {
	if len(r.data) == 0 {
		r.Add(title)
		return
	}
	behind := r.data[1:] // an empty text is its length, in one byte
	room := make([]byte, 0, len(r.data)+len(title)+binary.MaxVarintLen64)
	r.data = append(binary.AppendUvarint(room, uint64(len(title))), title...)
	r.data = append(r.data, behind...)
}

// Bytes is the record as it is stored. It is valid until the next Add.
func (r *Record) Bytes() []byte { return r.data }

// texts are those of a stored record, with their places; what was cut off is left out.
func texts(data []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := 0; len(data) > 0; i++ {
			n, size := binary.Uvarint(data)
			if size <= 0 || n > uint64(len(data)-size) {
				return
			}
			end := size + int(n)
			if !yield(i, data[size:end]) {
				return
			}
			data = data[end:]
		}
	}
}

// Texts are what can be found of the content of a message, which is JSON text: the
// string that it is; of anything else that text, as it stands and without white
// space, and the strings in it. JSON null, and nothing, has none.
func Texts(content string) []string {
	if content == "" || content == "null" {
		return nil
	}
	if s, ok := jsontext.StringOf(strings.TrimSpace(content)); ok {
		return []string{s}
	}
	out := []string{content}
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(content)) != nil {
		return out
	}
	out = append(out, compact.String())
	var v any
	if json.Unmarshal([]byte(content), &v) == nil {
		out = appendStrings(out, v)
	}
	return out
}

func appendStrings(out []string, v any) []string {
	switch v := v.(type) {
	case string:
		return append(out, v)
	case []any:
		for _, x := range v {
			out = appendStrings(out, x)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = appendStrings(out, v[k])
		}
	}
	return out
}
