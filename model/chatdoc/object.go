package chatdoc

import (
	"encoding/json"
	"iter"
)

// object is a JSON object cut into its members, in order. Values are text that
// belongs to the document it was cut from and is never written to.
type object struct {
	members []member
	index   map[string]int // built when there are many members
}

type member struct {
	key  string
	text []byte // the key as it stands in the document, with its quotes
	val  []byte
}

// manyMembers is where a map beats looking through the members.
const manyMembers = 16

// cutObject cuts the JSON object in text. Text that is another kind of value,
// or nil, gives nil. Of a repeated key the last value counts.
func cutObject(text []byte) *object {
	i := skipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return nil
	}
	o := &object{}
	i = skipSpace(text, i+1)
	for text[i] != '}' {
		k := skipString(text, i)
		key := text[i:k]
		i = skipSpace(text, skipSpace(text, k)+1)
		v := skipValue(text, i)
		o.put(member{key: unquote(key), text: key, val: text[i:v]})
		i = skipSpace(text, v)
		if text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return o
}

func unquote(text []byte) string {
	for _, c := range text {
		if c == '\\' {
			var s string
			if json.Unmarshal(text, &s) != nil {
				return ""
			}
			return s
		}
	}
	return string(text[1 : len(text)-1])
}

func (o *object) find(key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].key == key {
			return i
		}
	}
	return -1
}

func (o *object) put(m member) {
	if i := o.find(m.key); i >= 0 {
		o.members[i].val = m.val
		return
	}
	o.members = append(o.members, m)
	switch n := len(o.members); {
	case o.index != nil:
		o.index[m.key] = n - 1
	case n > manyMembers:
		o.index = make(map[string]int, 2*n)
		for i := range o.members {
			o.index[o.members[i].key] = i
		}
	}
}

// get returns the member's text; nil when there is none, or no object.
func (o *object) get(key string) []byte {
	if o == nil {
		return nil
	}
	if i := o.find(key); i >= 0 {
		return o.members[i].val
	}
	return nil
}

func (o *object) set(key string, val []byte) {
	o.put(member{key: key, text: quote(key), val: val})
}

// clone copies the list of members, not their text.
func (o *object) clone() *object {
	if o == nil {
		return &object{}
	}
	c := &object{members: make([]member, 0, len(o.members)+4)}
	for _, m := range o.members {
		c.put(m)
	}
	return c
}

func (o *object) all() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if o == nil {
			return
		}
		for _, m := range o.members {
			if !yield(m.key, m.val) {
				return
			}
		}
	}
}

func (o *object) size() int {
	n := 2
	for _, m := range o.members {
		n += len(m.text) + len(m.val) + 2
	}
	return n
}

func (o *object) encode() []byte {
	b := make([]byte, 0, o.size())
	b = append(b, '{')
	for i, m := range o.members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, m.text...)
		b = append(b, ':')
		b = append(b, m.val...)
	}
	return append(b, '}')
}

// elements cuts the JSON array in text; nil for any other value.
func elements(text []byte) [][]byte {
	i := skipSpace(text, 0)
	if i >= len(text) || text[i] != '[' {
		return nil
	}
	out := [][]byte{}
	i = skipSpace(text, i+1)
	for text[i] != ']' {
		v := skipValue(text, i)
		out = append(out, text[i:v])
		i = skipSpace(text, v)
		if text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return out
}

func encodeArray(items [][]byte) []byte {
	b := []byte{'['}
	for i, v := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, v...)
	}
	return append(b, ']')
}

// stringOf returns the string that text is, and whether it is one.
func stringOf(text []byte) (string, bool) {
	if len(text) == 0 || text[0] != '"' {
		return "", false
	}
	return unquote(text), true
}

func isNull(text []byte) bool { return string(text) == "null" }

// quote writes s as a JSON string, leaving < > & as they are.
func quote(s string) []byte {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		b := make([]byte, 0, len(s)+2)
		return append(append(append(b, '"'), s...), '"')
	}
	b, err := json.Marshal(s)
	if err != nil { // a string always has an encoding
		return []byte(`""`)
	}
	return b
}
