package jsontext

import (
	"encoding/binary"
	"encoding/json"
	"iter"
	"math/bits"
	"strings"
	"unsafe"
)

// The functions below walk text that is known to be JSON: they do not check it
// again, and panic where it is none.

// SkipSpace returns the position of the first character from i on that is no
// white space.
func SkipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// SkipString returns the position behind the string that starts at i. It looks
// at eight bytes at a time: in a text with many escapes a search for the next
// quotation mark would end every few bytes.
func SkipString(s string, i int) int {
	b := unsafe.Slice(unsafe.StringData(s), len(s)) //nolint:gosec // the bytes are only read
	for i++; ; {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			if m := zeros(w^ones*'"') | zeros(w^ones*'\\'); m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i += 2
		default:
			i++
		}
	}
}

// SkipValue returns the position behind the value that starts at i.
func SkipValue(s string, i int) int {
	switch s[i] {
	case '"':
		return SkipString(s, i)
	case '{', '[':
		depth := 0
		for {
			switch s[i] {
			case '"':
				i = SkipString(s, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(s) {
		switch s[i] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return i
		}
		i++
	}
	return i
}

// Unquote is the value of a JSON string. It is a part of s where there is
// nothing to decode.
func Unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s[1 : len(s)-1]
	}
	var out string
	if json.Unmarshal([]byte(s), &out) != nil {
		return ""
	}
	return out
}

// Elements cuts the JSON array in text; nil for any other value.
func Elements(text string) []string {
	i := SkipSpace(text, 0)
	if i >= len(text) || text[i] != '[' {
		return nil
	}
	out := []string{}
	i = SkipSpace(text, i+1)
	for text[i] != ']' {
		v := SkipValue(text, i)
		out = append(out, text[i:v])
		i = SkipSpace(text, v)
		if text[i] == ',' {
			i = SkipSpace(text, i+1)
		}
	}
	return out
}

// Members are the keys of the JSON object in b and their values, in order, each
// value a part of b; nothing for a text that is no object. Repeated keys come
// repeatedly.
func Members(b []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		s := String(b)
		i := SkipSpace(s, 0)
		if i >= len(s) || s[i] != '{' {
			return
		}
		for i = SkipSpace(s, i+1); s[i] != '}'; {
			k := SkipString(s, i)
			key := Unquote(s[i:k])
			i = SkipSpace(s, SkipSpace(s, k)+1)
			end := SkipValue(s, i)
			if !yield(key, b[i:end:end]) {
				return
			}
			i = SkipSpace(s, end)
			if s[i] == ',' {
				i = SkipSpace(s, i+1)
			}
		}
	}
}
