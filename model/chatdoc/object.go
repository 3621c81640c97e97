package chatdoc

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
)

// object is a JSON object cut into its members, in order. What it was cut from
// is not copied.
type object struct {
	members []member
	index   map[string]int // built when there are many members
	shared  bool           // index belongs to another object, too
}

// member is one member of an object. Its value is text, or an object that was
// put together here.
type member struct {
	key  string
	text string  // the key as it stands in the document, with its quotes
	val  string  // the value's text; empty when only sub is known
	tail string  // what follows val
	sub  *object // the value, cut; nil when it is not
}

// manyMembers is where a map beats looking through the members.
const manyMembers = 16

// cutObject cuts the JSON object in text. Text that is another kind of value,
// or nothing, gives nil. Of a repeated key the last value counts.
func cutObject(text string) *object {
	i := jsontext.SkipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return nil
	}
	o, _ := cutAt(text, i, nil)
	return o
}

// cutAt cuts the object that begins at i, and returns the position behind it.
// Of the members, the object that path names is cut as well, by the rest of it.
func cutAt(text string, i int, path []string) (*object, int) {
	o := &object{}
	i = jsontext.SkipSpace(text, i+1)
	for text[i] != '}' {
		k := jsontext.SkipString(text, i)
		m := member{key: jsontext.Unquote(text[i:k]), text: text[i:k]}
		i = jsontext.SkipSpace(text, jsontext.SkipSpace(text, k)+1)
		var end int
		if len(path) > 0 && m.key == path[0] && text[i] == '{' {
			m.sub, end = cutAt(text, i, path[1:])
		} else {
			end = jsontext.SkipValue(text, i)
		}
		m.val = text[i:end]
		o.members = append(o.members, m)
		i = jsontext.SkipSpace(text, end)
		if text[i] == ',' {
			i = jsontext.SkipSpace(text, i+1)
		}
	}
	o.settle()
	return o, i + 1
}

// settle builds the index, and removes members whose key comes again: the
// first one's place and the last one's value count.
func (o *object) settle() {
	n := len(o.members)
	if n > manyMembers {
		o.index = make(map[string]int, n)
	}
	kept := o.members[:0]
	for _, m := range o.members {
		var at int
		var again bool
		if o.index != nil {
			at, again = o.index[m.key]
		} else {
			at = slices.IndexFunc(kept, func(k member) bool { return k.key == m.key })
			again = at >= 0
		}
		if again {
			m.key, m.text = kept[at].key, kept[at].text
			kept[at] = m
			continue
		}
		if o.index != nil {
			o.index[m.key] = len(kept)
		}
		kept = append(kept, m)
	}
	clear(o.members[len(kept):])
	o.members = kept
}

// pick fills the values of the wanted keys of the object in text, in their
// order; empty for those that it does not have. It reports whether text is an
// object. Of a repeated key the last value counts.
func pick(text string, keys []string, vals []string) bool {
	clear(vals)
	i := jsontext.SkipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return false
	}
	i = jsontext.SkipSpace(text, i+1)
	for text[i] != '}' {
		k := jsontext.SkipString(text, i)
		key := text[i+1 : k-1]
		if strings.IndexByte(key, '\\') >= 0 {
			key = jsontext.Unquote(text[i:k])
		}
		i = jsontext.SkipSpace(text, jsontext.SkipSpace(text, k)+1)
		end := jsontext.SkipValue(text, i)
		if n := slices.Index(keys, key); n >= 0 {
			vals[n] = text[i:end]
		}
		i = jsontext.SkipSpace(text, end)
		if text[i] == ',' {
			i = jsontext.SkipSpace(text, i+1)
		}
	}
	return true
}

func (o *object) find(key string) int {
	if o == nil {
		return -1
	}
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
		m.key, m.text = o.members[i].key, o.members[i].text
		o.members[i] = m
		return
	}
	o.members = append(o.members, m)
	switch n := len(o.members); {
	case o.index != nil:
		if o.shared {
			o.index, o.shared = maps.Clone(o.index), false
		}
		o.index[m.key] = n - 1
	case n > manyMembers:
		o.index = make(map[string]int, 2*n)
		for i := range o.members {
			o.index[o.members[i].key] = i
		}
	}
}

// get returns the member's text; empty when there is none, or no object.
func (o *object) get(key string) string {
	if i := o.find(key); i >= 0 {
		return o.members[i].value()
	}
	return ""
}

// object returns the member's object; nil when the member is none.
func (o *object) object(key string) *object {
	i := o.find(key)
	if i < 0 {
		return nil
	}
	if m := &o.members[i]; m.sub == nil {
		return cutObject(m.val)
	}
	return o.members[i].sub
}

func (o *object) set(key, val string) { o.put(member{key: key, text: quote(key), val: val}) }

func (o *object) remove(key string) {
	if i := o.find(key); i >= 0 {
		o.members = slices.Delete(o.members, i, i+1)
		o.index, o.shared = nil, false
		o.settle()
	}
}

// setObject makes sub the value of the member.
func (o *object) setObject(key string, sub *object) {
	o.put(member{key: key, text: quote(key), sub: sub})
}

// clone copies the list of members, not what they hold.
func (o *object) clone() *object {
	if o == nil {
		return &object{}
	}
	return &object{members: append(make([]member, 0, len(o.members)+4), o.members...), index: o.index, shared: true}
}

// room is how many members o may have with those of other.
func (o *object) room(other *object) int {
	if other == nil {
		return len(o.members)
	}
	return len(o.members) + len(other.members)
}

// value is the text of the member's value.
func (m *member) value() string {
	if m.val == "" && m.sub != nil {
		return m.sub.encode()
	}
	return m.val + m.tail
}

func (o *object) all() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if o == nil {
			return
		}
		for i := range o.members {
			if m := &o.members[i]; !yield(m.key, m.value()) {
				return
			}
		}
	}
}

func (o *object) size() int {
	n := 2
	for i := range o.members {
		m := &o.members[i]
		n += len(m.text) + len(m.val) + len(m.tail) + 2
		if m.val == "" && m.sub != nil {
			n += m.sub.size()
		}
	}
	return n
}

// encode is the text of o.
func (o *object) encode() string {
	var b strings.Builder
	b.Grow(o.size())
	o.writeTo(&b)
	return b.String()
}

func (o *object) writeTo(b *strings.Builder) {
	b.WriteByte('{')
	for i := range o.members {
		m := &o.members[i]
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(m.text)
		b.WriteByte(':')
		if m.val == "" && m.sub != nil {
			m.sub.writeTo(b)
		} else {
			b.WriteString(m.val)
			b.WriteString(m.tail)
		}
	}
	b.WriteByte('}')
}

// move makes o, whose text begins at i of text, consist of parts of it, so that
// what it was put together from can go. It returns the position behind o.
func (o *object) move(text string, i int) int {
	for k := range o.members {
		m := &o.members[k]
		i++ // { or ,
		key := text[i : i+len(m.text)]
		if len(m.key) == len(key)-2 {
			m.key = key[1 : len(key)-1]
		}
		m.text = key
		i += len(key) + 1
		end := i + len(m.val) + len(m.tail)
		if m.val == "" && m.sub != nil {
			end = m.sub.move(text, i)
		}
		m.val, m.tail = text[i:end], ""
		i = end
	}
	if len(o.members) == 0 {
		i++
	}
	if o.index != nil { // its keys are parts of the old text
		o.index, o.shared = make(map[string]int, len(o.members)), false
		for k := range o.members {
			o.index[o.members[k].key] = k
		}
	}
	return i + 1
}

func encodeArray(items []string) string {
	n := 2
	for _, v := range items {
		n += len(v) + 1
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteByte('[')
	for i, v := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(v)
	}
	b.WriteByte(']')
	return b.String()
}

// stringOf returns the string that text is, and whether it is one.
func stringOf(text string) (string, bool) {
	if text == "" || text[0] != '"' {
		return "", false
	}
	return jsontext.Unquote(text), true
}

// isObject reports whether text is a JSON object.
func isObject(text string) bool {
	i := jsontext.SkipSpace(text, 0)
	return i < len(text) && text[i] == '{'
}

// quote writes s as a JSON string, leaving < > & as they are.
func quote(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return `"` + s + `"`
	}
	b, err := json.Marshal(s)
	if err != nil { // a string always has an encoding
		return `""`
	}
	return string(b)
}
