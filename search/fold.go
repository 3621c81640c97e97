package search

import (
	"slices"
	"unicode/utf8"

	"github.com/larder-db/larder/driver/fold"
)

// small are the folded forms of the characters below its length: those of the
// Latin, Greek, Cyrillic, Armenian and Hebrew scripts, in which most text with
// letters of two cases is written.
var small = func() (t [0x600]rune) {
	for r := range t {
		t[r] = fold.Rune(rune(r))
	}
	return t
}()

// lower are the folded forms of the characters of ASCII, each in a byte; the other bytes
// are as they are.
var lower = func() (t [256]byte) {
	for c := range t {
		t[c] = byte(c)
		if c < utf8.RuneSelf {
			t[c] = byte(small[c])
		}
	}
	return t
}()

// Between these there is no character with two cases.
const (
	caselessFrom, caselessTo = 0x2E80, 0xA640 // CJK, kana
	hangulFrom, hangulTo     = 0xAC00, 0xFB00
	emojiFrom                = 0x1E944
)

// dotted is İ. Lower case of it, as Python and PostgreSQL have it, is an i with a
// dot above that is a character of its own; so that what they find is found, it is
// folded to that.
const (
	dotted   = 'İ'
	dotAbove = '\u0307'
)

// appendFold appends s with each character replaced by the one that stands for all
// its spellings. What is no UTF-8 becomes U+FFFD.
func appendFold(b, s []byte) []byte {
	b = slices.Grow(b, len(s))
	for i := 0; i < len(s); {
		if c := lower[s[i]]; c < utf8.RuneSelf {
			b = append(b, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		i += n
		switch {
		case r == dotted:
			b = append(b, 'i')
			r = dotAbove
		case r < rune(len(small)):
			r = small[r]
		case r >= caselessFrom && r < caselessTo, r >= hangulFrom && r < hangulTo, r >= emojiFrom:
		default:
			r = fold.Rune(r)
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}
