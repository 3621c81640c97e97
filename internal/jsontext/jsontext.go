// Package jsontext reads and writes JSON documents as text: it checks them, by
// the rules of what is stored, which are stricter than those of JSON, walks them,
// and cuts an object into its members, so that what nobody looks at keeps its
// spelling and its exact numbers. It decodes nothing.
package jsontext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Errors of [Check] for texts that are JSON and are not stored nevertheless.
var (
	ErrNUL       = errors.New("the JSON text holds the character U+0000 (NUL), which cannot be stored; remove it")
	ErrSurrogate = errors.New("the JSON text holds half of a surrogate pair, which is no character; correct its encoding")
)

// MaxDepth is how deep a document may be nested.
const MaxDepth = 10000

// Check refuses a text that is not one JSON document (RFC 8259) in valid
// UTF-8, or that holds an escape that no engine can read as text: U+0000, or
// half of a surrogate pair. It returns how deep the document is nested: 0 for
// a scalar. The text is read once, long strings eight bytes at a time.
func Check(s string) (depth int, err error) {
	depth, _, err = Measure(s)
	return depth, err
}

// Measure is [Check], and reports too whether the document holds a number that
// is greater than every double, in either direction.
func Measure(s string) (depth int, huge bool, err error) {
	// A copy of a large document costs more than the check.
	c := checker{s: s, bytes: unsafe.Slice(unsafe.StringData(s), len(s))} //nolint:gosec // the bytes are only read
	c.space()
	if err := c.value(0); err != nil {
		return 0, false, err
	}
	c.space()
	if c.i < len(s) {
		return 0, false, c.fail("there is text after the document")
	}
	return c.deepest, c.huge, nil
}

// String is b as a string, without a copy: nobody may write to b any more.
func String(b []byte) string {
	// A copy of a large document costs more than all that is done with it.
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // as the comment says
}

type checker struct {
	s       string
	bytes   []byte // of s; only read
	i       int
	deepest int
	huge    bool
}

func (c *checker) fail(why string) error {
	return fmt.Errorf("the text is not valid JSON: %s at byte %d", why, c.i)
}

func (c *checker) space() {
	for c.i < len(c.s) {
		switch c.s[c.i] {
		case ' ', '\t', '\n', '\r':
			c.i++
		default:
			return
		}
	}
}

func (c *checker) value(level int) error {
	if c.i == len(c.s) {
		return c.fail("it ends too early")
	}
	switch b := c.s[c.i]; {
	case b == '{' || b == '[':
		if level >= MaxDepth {
			return c.fail("the document is nested too deep")
		}
		c.deepest = max(c.deepest, level+1)
		return c.container(b, level+1)
	case b == '"':
		return c.str()
	case b == 't':
		return c.word("true")
	case b == 'f':
		return c.word("false")
	case b == 'n':
		return c.word("null")
	case b == '-' || b >= '0' && b <= '9':
		return c.number()
	}
	return c.fail("a value should begin")
}

func (c *checker) container(open byte, level int) error {
	end := open + 2 // ] and } in ASCII
	c.i++
	c.space()
	if c.i < len(c.s) && c.s[c.i] == end {
		c.i++
		return nil
	}
	for {
		if open == '{' {
			if c.i == len(c.s) || c.s[c.i] != '"' {
				return c.fail("a key should begin")
			}
			if err := c.str(); err != nil {
				return err
			}
			c.space()
			if c.i == len(c.s) || c.s[c.i] != ':' {
				return c.fail("a colon should stand")
			}
			c.i++
			c.space()
		}
		if err := c.value(level); err != nil {
			return err
		}
		c.space()
		if c.i == len(c.s) {
			return c.fail("it ends too early")
		}
		switch c.s[c.i] {
		case end:
			c.i++
			return nil
		case ',':
			c.i++
			c.space()
		default:
			return c.fail("a comma or the end of the container should stand")
		}
	}
}

func (c *checker) word(w string) error {
	if len(c.s)-c.i < len(w) || c.s[c.i:c.i+len(w)] != w {
		return c.fail("a value should begin")
	}
	c.i += len(w)
	return nil
}

func (c *checker) digits() bool {
	start := c.i
	for c.i < len(c.s) && c.s[c.i] >= '0' && c.s[c.i] <= '9' {
		c.i++
	}
	return c.i > start
}

// plainDigits is how long a number without an exponent can be that every double
// is sure to exceed.
const plainDigits = 308

func (c *checker) number() error {
	start, exponent := c.i, false
	if c.s[c.i] == '-' {
		c.i++
	}
	if c.i < len(c.s) && c.s[c.i] == '0' {
		c.i++
	} else if !c.digits() {
		return c.fail("a digit should stand")
	}
	if c.i < len(c.s) && c.s[c.i] == '.' {
		c.i++
		if !c.digits() {
			return c.fail("a digit should stand")
		}
	}
	if c.i < len(c.s) && c.s[c.i]|0x20 == 'e' {
		exponent = true
		c.i++
		if c.i < len(c.s) && (c.s[c.i] == '+' || c.s[c.i] == '-') {
			c.i++
		}
		if !c.digits() {
			return c.fail("a digit should stand")
		}
	}
	if (exponent || c.i-start > plainDigits) && !c.huge {
		f, _ := strconv.ParseFloat(c.s[start:c.i], 64)
		c.huge = math.IsInf(f, 0)
	}
	return nil
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// zeros marks the bytes of w that are zero, the lowest one exactly.
func zeros(w uint64) uint64 { return (w - ones) &^ w & highs }

// str reads a string; c.i is on its opening quote.
func (c *checker) str() error {
	s, i := c.s, c.i+1
	for {
		for i+8 <= len(s) {
			w := binary.LittleEndian.Uint64(c.bytes[i:])
			// Quote, backslash, control characters, and what is not ASCII.
			m := zeros(w^ones*'"') | zeros(w^ones*'\\') | (w-ones*0x20)&^w&highs | w&highs
			if m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i >= len(s) {
			c.i = len(s)
			return c.fail("a string does not end")
		}
		switch b := s[i]; {
		case b == '"':
			c.i = i + 1
			return nil
		case b == '\\':
			n, err := c.escape(i)
			if err != nil {
				return err
			}
			i += n
		case b < 0x20:
			c.i = i
			return c.fail("a control character stands unescaped")
		case b < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				c.i = i
				return c.fail("the text is not UTF-8")
			}
			i += n
		}
	}
}

// escape returns the length of the escape at i.
func (c *checker) escape(i int) (int, error) {
	s := c.s
	if i+1 < len(s) {
		switch s[i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			return 2, nil
		case 'u':
			r, ok := hex4(s, i+2)
			switch {
			case !ok:
			case r == 0:
				return 0, ErrNUL
			case !utf16.IsSurrogate(r):
				return 6, nil
			default:
				if i+7 < len(s) && s[i+6] == '\\' && s[i+7] == 'u' {
					if low, ok := hex4(s, i+8); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
						return 12, nil
					}
				}
				return 0, ErrSurrogate
			}
		}
	}
	c.i = i
	return 0, c.fail("an escape is wrong")
}

func hex4(s string, at int) (rune, bool) {
	if at+4 > len(s) {
		return 0, false
	}
	var r rune
	for _, b := range []byte(s[at : at+4]) {
		switch {
		case b >= '0' && b <= '9':
			b -= '0'
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(b)
	}
	return r, true
}
