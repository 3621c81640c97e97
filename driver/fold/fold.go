// Package fold compares text without regard to case in one way on every
// engine: by Unicode's simple case folding, character by character.
//
// An engine that can call Go uses [Fold]; the others match the pattern that
// [Pattern] makes, a case-sensitive regular expression in which each letter
// stands with all its forms. That asks nothing of collations and locales.
package fold

import (
	"strings"
	"unicode"
)

// Rune is the representative of all characters that are equal to r but for case.
func Rune(r rune) rune {
	if r < 0x80 {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return lower(least)
}

// lower brings the representative of a letter that has an ASCII form to lower case.
func lower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// Fold is s with each character replaced by its representative.
func Fold(s string) string { return strings.Map(Rune, s) }

// Pattern is a regular expression that matches the text in every spelling. It
// is one for PostgreSQL, PCRE and ICU alike.
func Pattern(text string) string {
	var b strings.Builder
	for _, r := range text {
		f := unicode.SimpleFold(r)
		switch {
		case f != r:
			b.WriteByte('[')
			b.WriteRune(r)
			for ; f != r; f = unicode.SimpleFold(f) {
				b.WriteRune(f)
			}
			b.WriteByte(']')
		case r < 0x80 && r > ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != 0x7f:
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
