package chatdoc

import (
	"bytes"
	"encoding/json"
	"errors"
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
			return jsontext.Replace(text, "", ""), nil
		}
	}
	if !utf8.ValidString(text) {
		return "", dberr.New(dberr.Invalid, "chatdoc", "the text is not UTF-8")
	}
	return "", dberr.New(dberr.Invalid, "chatdoc", "the text is not JSON")
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
