package jsontext

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Object is a JSON object cut into its members, in order: what nobody looks at
// keeps its spelling and its exact numbers. What it was cut from is not copied.
// A nil *Object is an object without members that cannot be changed.
type Object struct {
	Members []Member
	index   map[string]int // built when there are many members
	shared  bool           // index belongs to another object, too
}

// Member is one member of an object. Its value is text, or an object that was
// put together here.
type Member struct {
	Key  string
	Name string  // the key as it stands in the document, with its quotes
	Val  string  // the value's text; empty when only Sub is known
	Tail string  // what follows Val
	Sub  *Object // the value, cut; nil when it is not
}

// manyMembers is where a map beats looking through the members.
const manyMembers = 16

// Cut cuts the JSON object in text, which is known to be JSON. Text that is
// another kind of value, or nothing, gives nil. Of a repeated key the first
// one's place and the last one's value count. Of the members, the object that
// path names is cut as well, by the rest of it.
func Cut(text string, path ...string) *Object {
	i := SkipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return nil
	}
	o, _ := cutAt(text, i, path)
	return o
}

// cutAt cuts the object that begins at i, and returns the position behind it.
func cutAt(text string, i int, path []string) (*Object, int) {
	o := &Object{}
	i = SkipSpace(text, i+1)
	for text[i] != '}' {
		k := SkipString(text, i)
		m := Member{Key: Unquote(text[i:k]), Name: text[i:k]}
		i = SkipSpace(text, SkipSpace(text, k)+1)
		var end int
		if len(path) > 0 && m.Key == path[0] && text[i] == '{' {
			m.Sub, end = cutAt(text, i, path[1:])
		} else {
			end = SkipValue(text, i)
		}
		m.Val = text[i:end]
		o.Members = append(o.Members, m)
		i = SkipSpace(text, end)
		if text[i] == ',' {
			i = SkipSpace(text, i+1)
		}
	}
	o.settle()
	return o, i + 1
}

// settle builds the index, and removes members whose key comes again: the
// first one's place and the last one's value count.
func (o *Object) settle() {
	n := len(o.Members)
	if n > manyMembers {
		o.index = make(map[string]int, n)
	}
	kept := o.Members[:0]
	for _, m := range o.Members {
		var at int
		var again bool
		if o.index != nil {
			at, again = o.index[m.Key]
		} else {
			at = slices.IndexFunc(kept, func(k Member) bool { return k.Key == m.Key })
			again = at >= 0
		}
		if again {
			m.Key, m.Name = kept[at].Key, kept[at].Name
			kept[at] = m
			continue
		}
		if o.index != nil {
			o.index[m.Key] = len(kept)
		}
		kept = append(kept, m)
	}
	clear(o.Members[len(kept):])
	o.Members = kept
}

// Pick fills the values of the wanted keys of the object in text, in their
// order; empty for those that it does not have. It reports whether text is an
// object. Of a repeated key the last value counts.
func Pick(text string, keys []string, vals []string) bool {
	clear(vals)
	i := SkipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return false
	}
	i = SkipSpace(text, i+1)
	for text[i] != '}' {
		k := SkipString(text, i)
		key := text[i+1 : k-1]
		if strings.IndexByte(key, '\\') >= 0 {
			key = Unquote(text[i:k])
		}
		i = SkipSpace(text, SkipSpace(text, k)+1)
		end := SkipValue(text, i)
		if n := slices.Index(keys, key); n >= 0 {
			vals[n] = text[i:end]
		}
		i = SkipSpace(text, end)
		if text[i] == ',' {
			i = SkipSpace(text, i+1)
		}
	}
	return true
}

// Find is the place of a member among Members; -1 when there is none.
func (o *Object) Find(key string) int {
	if o == nil {
		return -1
	}
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.Members {
		if o.Members[i].Key == key {
			return i
		}
	}
	return -1
}

// Put sets a member: in the place of the one with its key, whose name stays as
// it stands, or behind the others.
func (o *Object) Put(m Member) {
	if i := o.Find(m.Key); i >= 0 {
		m.Key, m.Name = o.Members[i].Key, o.Members[i].Name
		o.Members[i] = m
		return
	}
	o.Members = append(o.Members, m)
	switch n := len(o.Members); {
	case o.index != nil:
		if o.shared {
			o.index, o.shared = maps.Clone(o.index), false
		}
		o.index[m.Key] = n - 1
	case n > manyMembers:
		o.index = make(map[string]int, 2*n)
		for i := range o.Members {
			o.index[o.Members[i].Key] = i
		}
	}
}

// Get returns the member's text; empty when there is none, or no object.
func (o *Object) Get(key string) string {
	if i := o.Find(key); i >= 0 {
		return o.Members[i].Value()
	}
	return ""
}

// Object returns the member's object; nil when the member is none.
func (o *Object) Object(key string) *Object {
	i := o.Find(key)
	if i < 0 {
		return nil
	}
	if m := &o.Members[i]; m.Sub == nil {
		return Cut(m.Val)
	}
	return o.Members[i].Sub
}

// Set gives a member a value, which is JSON text: in its place, or behind the others.
func (o *Object) Set(key, val string) { o.Put(Member{Key: key, Name: Quote(key), Val: val}) }

// Remove takes a member out; without it nothing happens.
func (o *Object) Remove(key string) {
	if i := o.Find(key); i >= 0 {
		o.Members = slices.Delete(o.Members, i, i+1)
		o.index, o.shared = nil, false
		o.settle()
	}
}

// SetObject makes sub the value of the member.
func (o *Object) SetObject(key string, sub *Object) {
	o.Put(Member{Key: key, Name: Quote(key), Sub: sub})
}

// Clone copies the list of members, not what they hold.
func (o *Object) Clone() *Object {
	if o == nil {
		return &Object{}
	}
	return &Object{Members: append(make([]Member, 0, len(o.Members)+4), o.Members...), index: o.index, shared: true}
}

// Room is how many members o may have with those of other.
func (o *Object) Room(other *Object) int {
	if other == nil {
		return len(o.Members)
	}
	return len(o.Members) + len(other.Members)
}

// Value is the text of the member's value.
func (m *Member) Value() string {
	if m.Val == "" && m.Sub != nil {
		return m.Sub.Encode()
	}
	return m.Val + m.Tail
}

// All are the keys and the texts of the values, in order.
func (o *Object) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if o == nil {
			return
		}
		for i := range o.Members {
			if m := &o.Members[i]; !yield(m.Key, m.Value()) {
				return
			}
		}
	}
}

func (o *Object) size() int {
	n := 2
	for i := range o.Members {
		m := &o.Members[i]
		n += len(m.Name) + len(m.Val) + len(m.Tail) + 2
		if m.Val == "" && m.Sub != nil {
			n += m.Sub.size()
		}
	}
	return n
}

// Encode is the text of o, without white space between its members.
func (o *Object) Encode() string { return o.Join(",", ":") }

// Join is the text of o with comma between its members and colon behind their names.
func (o *Object) Join(comma, colon string) string {
	var b strings.Builder
	b.Grow(o.size())
	o.writeTo(&b, comma, colon)
	return b.String()
}

func (o *Object) writeTo(b *strings.Builder, comma, colon string) {
	b.WriteByte('{')
	for i := range o.Members {
		m := &o.Members[i]
		if i > 0 {
			b.WriteString(comma)
		}
		b.WriteString(m.Name)
		b.WriteString(colon)
		if m.Val == "" && m.Sub != nil {
			m.Sub.writeTo(b, comma, colon)
		} else {
			b.WriteString(m.Val)
			b.WriteString(m.Tail)
		}
	}
	b.WriteByte('}')
}

// Move makes o, whose text begins at i of text, consist of parts of it, so that
// what it was put together from can go. It returns the position behind o.
func (o *Object) Move(text string, i int) int {
	for k := range o.Members {
		m := &o.Members[k]
		i++ // { or ,
		key := text[i : i+len(m.Name)]
		if len(m.Key) == len(key)-2 {
			m.Key = key[1 : len(key)-1]
		}
		m.Name = key
		i += len(key) + 1
		end := i + len(m.Val) + len(m.Tail)
		if m.Val == "" && m.Sub != nil {
			end = m.Sub.Move(text, i)
		}
		m.Val, m.Tail = text[i:end], ""
		i = end
	}
	if len(o.Members) == 0 {
		i++
	}
	if o.index != nil { // its keys are parts of the old text
		o.index, o.shared = make(map[string]int, len(o.Members)), false
		for k := range o.Members {
			o.index[o.Members[k].Key] = k
		}
	}
	return i + 1
}

// Array is the JSON array of those texts.
func Array(items []string) string {
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

// StringOf returns the string that text is, and whether it is one.
func StringOf(text string) (string, bool) {
	if text == "" || text[0] != '"' {
		return "", false
	}
	return Unquote(text), true
}

// IsObject reports whether text is a JSON object.
func IsObject(text string) bool {
	i := SkipSpace(text, 0)
	return i < len(text) && text[i] == '{'
}

// Quote writes s as a JSON string, leaving < > & as they are.
func Quote(s string) string {
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
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always has an encoding
	return strings.TrimSuffix(b.String(), "\n")
}
