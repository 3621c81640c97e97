package chatdoc

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
)

// Clean checks that text is JSON in UTF-8 and removes from its strings, keys
// included, what not every engine can hold: U+0000 and surrogates without
// their other half. It returns text itself when there is nothing to remove.
// Text that is not JSON, or not UTF-8, is a dberr.Invalid error.
func Clean(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, dberr.New(dberr.Invalid, "chatdoc", "the text is not UTF-8")
	}
	if !json.Valid(text) {
		return nil, dberr.New(dberr.Invalid, "chatdoc", "the text is not JSON")
	}
	return stripUnholdable(text), nil
}

// stripUnholdable drops \u0000 and lone surrogate escapes from valid JSON.
// A backslash can only stand inside a string there, so strings need not be
// tracked; an escaped backslash is stepped over as a pair.
func stripUnholdable(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u`)) {
		return text
	}
	var out []byte // nil until something is dropped
	kept := 0      // text[:kept] is in out, once out is not nil
	for i := 0; i < len(text); {
		k := bytes.IndexByte(text[i:], '\\')
		if k < 0 {
			break
		}
		i += k
		if text[i+1] != 'u' {
			i += 2
			continue
		}
		size := 6
		drop := false
		switch r := hex4(text[i+2:]); {
		case r == 0:
			drop = true
		case r >= 0xD800 && r < 0xDC00:
			low := i+11 < len(text) && text[i+6] == '\\' && text[i+7] == 'u'
			if low {
				l := hex4(text[i+8:])
				low = l >= 0xDC00 && l < 0xE000
			}
			if low {
				size = 12
			} else {
				drop = true
			}
		case r >= 0xDC00 && r < 0xE000:
			drop = true
		}
		if drop {
			out = append(out, text[kept:i]...)
			kept = i + size
		}
		i += size
	}
	if kept == 0 {
		return text
	}
	return append(out, text[kept:]...)
}

func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			r |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			r |= rune(c-'A') + 10
		}
	}
	return r
}

// mend makes JSON of what older writers left in rows: NaN and Infinity become
// null, raw control characters in strings become escapes, raw NUL goes, bytes
// that are no UTF-8 become U+FFFD. The result may still be no JSON.
func mend(text []byte) []byte {
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	out := make([]byte, 0, len(text)+64)
	inString := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString && c == '\\' && i+1 < len(text):
			out = append(out, c, text[i+1])
			i++
		case inString && c == 0:
		case inString && c < 0x20:
			const hex = "0123456789abcdef"
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c == '"':
			inString = !inString
			out = append(out, c)
		case !inString && (c == 'N' || c == 'I' || c == '-'):
			n := 0
			for _, w := range []string{"NaN", "Infinity", "-Infinity"} {
				if bytes.HasPrefix(text[i:], []byte(w)) {
					n = len(w)
				}
			}
			if n == 0 {
				out = append(out, c)
				continue
			}
			out = append(out, "null"...)
			i += n - 1
		default:
			out = append(out, c)
		}
	}
	return out
}

// The functions below walk text that Clean has accepted, so they do not check
// it again.

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the position behind the string that starts at i.
func skipString(b []byte, i int) int {
	i++
	for {
		k := bytes.IndexByte(b[i:], '"')
		i += k
		n := 0
		for b[i-1-n] == '\\' {
			n++
		}
		i++
		if n%2 == 0 {
			return i
		}
	}
}

// skipValue returns the position behind the value that starts at i.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for {
			switch b[i] {
			case '"':
				i = skipString(b, i)
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
	for i < len(b) {
		switch b[i] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return i
		}
		i++
	}
	return i
}
