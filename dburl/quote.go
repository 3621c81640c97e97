package dburl

import (
	"strings"
	"unicode/utf8"
)

// The functions of this file are Python's urllib.parse.quote, quote_plus and
// unquote, because the text of a URL has to mean the same here and there.

const upperHex = "0123456789ABCDEF"

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' ||
		c == '~'
}

// quote percent-encodes all but unreserved bytes and those in safe.
func quote(s, safe string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if unreserved(c) || strings.IndexByte(safe, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

// quoteUser encodes a user or password: space and + stay as they are.
func quoteUser(s string) string { return quote(s, " +") }

func quotePlus(s string) string { return strings.ReplaceAll(quote(s, " "), " ", "+") }

// unquote decodes %XX. A % that no two hex digits follow stays; bytes that are
// not UTF-8 become U+FFFD.
func unquote(s string) string {
	if strings.IndexByte(s, '%') >= 0 {
		b := make([]byte, 0, len(s))
		for i := 0; i < len(s); i++ {
			if s[i] == '%' && i+2 < len(s) {
				if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
					b = append(b, byte(hi<<4|lo))
					i += 2
					continue
				}
			}
			b = append(b, s[i])
		}
		s = string(b)
	}
	return replaceInvalid(s)
}

func unquotePlus(s string) string { return unquote(strings.ReplaceAll(s, "+", " ")) }

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// replaceInvalid puts one U+FFFD for each maximal part of a broken sequence.
func replaceInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			n = brokenLen(s[i:])
		}
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

// brokenLen is how many leading bytes of s begin one character that then
// breaks off: the maximal subpart of the Unicode standard, section 3.9.
func brokenLen(s string) int {
	var need int
	lo, hi := byte(0x80), byte(0xBF)
	switch c := s[0]; {
	case c >= 0xC2 && c <= 0xDF:
		need = 1
	case c >= 0xE0 && c <= 0xEF:
		need = 2
		if c == 0xE0 {
			lo = 0xA0
		} else if c == 0xED {
			hi = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		need = 3
		if c == 0xF0 {
			lo = 0x90
		} else if c == 0xF4 {
			hi = 0x8F
		}
	}
	n := 1
	for n <= need && n < len(s) && s[n] >= lo && s[n] <= hi {
		n++
		lo, hi = 0x80, 0xBF
	}
	return n
}
