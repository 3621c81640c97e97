package chatdoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/jsontext"
)

// Clean checks that text is JSON in UTF-8 and removes from its strings, keys
// included, what not every engine can hold: U+0000 and surrogates without
// their other half. It returns text itself when there is nothing to remove.
// Text that is not JSON, or not UTF-8, is a dberr.Invalid error.
func Clean(text []byte) ([]byte, error) {
	s := jsontext.String(text)
	out, err := clean(s)
	switch {
	case err != nil:
		return nil, err
	case len(out) == len(s):
		return text, nil
	}
	return []byte(out), nil
}

func clean(text string) (string, error) {
	_, err := jsontext.Check(text)
	switch {
	case err == nil:
		return text, nil
	case errors.Is(err, jsontext.ErrNUL), errors.Is(err, jsontext.ErrSurrogate):
		// The check ended there; the rest has to be JSON as well.
		if json.Valid([]byte(text)) && utf8.ValidString(text) {
			return stripUnholdable(text), nil
		}
	}
	if !utf8.ValidString(text) {
		return "", dberr.New(dberr.Invalid, "chatdoc", "the text is not UTF-8")
	}
	return "", dberr.New(dberr.Invalid, "chatdoc", "the text is not JSON")
}

// stripUnholdable drops \u0000 and lone surrogate escapes from valid JSON. A
// backslash can only stand inside a string there, so strings need not be tracked; an escaped
// backslash is stepped over as a pair.
func stripUnholdable(text string) string {
	var out strings.Builder
	kept := 0 // text[:kept] is in out, without what was dropped
	for i := 0; i < len(text); {
		k := strings.IndexByte(text[i:], '\\')
		if k < 0 {
			break
		}
		i += k
		r, ok := escaped(text, i)
		if !ok {
			i += 2
			continue
		}
		size, drop := 6, r == 0 || r >= 0xDC00 && r < 0xE000
		if r >= 0xD800 && r < 0xDC00 {
			if low, ok := escaped(text, i+6); ok && low >= 0xDC00 && low < 0xE000 {
				size = 12
			} else {
				drop = true
			}
		}
		if drop {
			out.WriteString(text[kept:i])
			kept = i + size
		}
		i += size
	}
	if kept == 0 {
		return text
	}
	out.WriteString(text[kept:])
	return out.String()
}

// escaped reads the escape \uXXXX at i.
func escaped(text string, i int) (rune, bool) {
	if i+6 > len(text) || text[i] != '\\' || text[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[i+2:i+6], 16, 16)
	return rune(n), err == nil
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
