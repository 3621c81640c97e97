package jsontext

import (
	"math"
	"strconv"
)

// Extent returns how deep a document that was checked is nested, and whether a
// number in it is larger than a double can be (from 309 digits on): many readers
// take no such number.
func Extent(s string) (depth int, infinite bool) {
	level := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"':
			i = SkipString(s, i)
			continue
		case c == '{' || c == '[':
			level++
			depth = max(depth, level)
		case c == '}' || c == ']':
			level--
		case c >= '0' && c <= '9':
			end := i
			for end < len(s) && inNumber(s[end]) {
				end++
			}
			infinite = infinite || isInfinite(s[i:end])
			i = end
			continue
		}
		i++
	}
	return depth, infinite
}

func inNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// isInfinite looks closer only at numbers that are long or have an exponent of
// three digits.
func isInfinite(number string) bool {
	const short = 300
	exponent := false
	for i := range number {
		if number[i] == 'e' || number[i] == 'E' {
			exponent = len(number)-i > len("e99")
		}
	}
	if len(number) < short && !exponent {
		return false
	}
	f, _ := strconv.ParseFloat(number, 64)
	return math.IsInf(f, 0)
}
