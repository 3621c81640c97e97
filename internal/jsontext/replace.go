package jsontext

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Replace puts other text in the place of the escapes that [Check] refuses: nul
// where U+0000 is escaped, half where a surrogate stands without its other
// half. It returns text itself when there is none. A backslash can only stand
// inside a string of a JSON document, so strings need not be tracked; an
// escaped backslash is stepped over as a pair.
func Replace(text, nul, half string) string {
	return ReplaceFunc(text, func(r rune) (string, bool) {
		if r == 0 {
			return nul, true
		}
		return half, utf16.IsSurrogate(r)
	})
}

// ReplaceFunc puts other text in the place of the escapes for which with says
// so. A pair of surrogates is one character and stays.
func ReplaceFunc(text string, with func(r rune) (string, bool)) string {
	var out strings.Builder
	kept := 0 // text[:kept] is in out
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
		if low, _ := escaped(text, i+6); utf16.DecodeRune(r, low) != utf8.RuneError {
			i += 12
			continue
		}
		if by, yes := with(r); yes {
			out.WriteString(text[kept:i])
			out.WriteString(by)
			kept = i + 6
		}
		i += 6
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
