package migrations

import (
	"errors"
	"strings"
)

// scanner reads JSON text without building values of it. It sees a window of
// the text that grows as far as the value at hand needs, so that a document of
// any size is read in the memory of its largest part.
type scanner struct {
	buf  string
	pos  int
	more func() (string, error) // the next piece; "" at the end; nil when buf is all
	err  error                  // of more
}

var errNoJSON = errors.New("the text is no JSON")

// grow adds text to the window, at least as much as there is from keep on, and
// forgets what lies before keep. It reports whether there was any.
func (sc *scanner) grow(keep int) bool {
	if sc.more == nil || sc.err != nil {
		return false
	}
	rest := sc.buf[keep:]
	parts, size := []string{rest}, 0
	for {
		p, err := sc.more()
		if err != nil {
			sc.err = err
		}
		if p == "" {
			sc.more = nil
			break
		}
		parts = append(parts, p)
		if size += len(p); size >= len(rest) {
			break
		}
	}
	sc.pos -= keep
	sc.buf = strings.Join(parts, "")
	return size > 0
}

func (sc *scanner) fail() error {
	if sc.err != nil {
		return sc.err
	}
	return errNoJSON
}

// peek returns the next byte that is no space, without taking it; 0 at the end.
func (sc *scanner) peek() byte {
	for {
		for sc.pos < len(sc.buf) {
			switch c := sc.buf[sc.pos]; c {
			case ' ', '\t', '\n', '\r':
				sc.pos++
			default:
				return c
			}
		}
		if !sc.grow(sc.pos) {
			return 0
		}
	}
}

// token takes the next byte that is no space; 0 at the end.
func (sc *scanner) token() byte {
	c := sc.peek()
	if c != 0 {
		sc.pos++
	}
	return c
}

// members goes through an object whose bracket was taken, and takes the one at
// its end. do takes the value of the member.
func (sc *scanner) members(do func(key string) error) error {
	if sc.peek() == '}' {
		sc.pos++
		return nil
	}
	for {
		if sc.peek() != '"' {
			return sc.fail()
		}
		raw, err := sc.value()
		if err != nil {
			return err
		}
		key, ok := readString(raw)
		if !ok || sc.token() != ':' {
			return sc.fail()
		}
		if err := do(key); err != nil {
			return err
		}
		switch sc.token() {
		case ',':
		case '}':
			return nil
		default:
			return sc.fail()
		}
	}
}

// elements goes through a list whose bracket was taken, and takes the one at
// its end. do takes the element.
func (sc *scanner) elements(do func() error) error {
	if sc.peek() == ']' {
		sc.pos++
		return nil
	}
	for {
		if err := do(); err != nil {
			return err
		}
		switch sc.token() {
		case ',':
		case ']':
			return nil
		default:
			return sc.fail()
		}
	}
}

// value takes the next value and returns it as it is written.
func (sc *scanner) value() (string, error) {
	if sc.peek() == 0 {
		return "", sc.fail()
	}
	for {
		end := skip(sc.buf, sc.pos)
		if end > 0 && (end < len(sc.buf) || sc.more == nil) {
			raw := sc.buf[sc.pos:end]
			sc.pos = end
			return raw, nil
		}
		if end < 0 || !sc.grow(sc.pos) {
			if end > 0 {
				continue
			}
			return "", sc.fail()
		}
	}
}

// drop takes the next value and forgets it, a large one part by part.
func (sc *scanner) drop() error {
	switch sc.peek() {
	case '{':
		sc.pos++
		return sc.members(func(string) error { return sc.drop() })
	case '[':
		sc.pos++
		return sc.elements(sc.drop)
	}
	_, err := sc.value()
	return err
}

// skip returns where the value that begins at s[i] ends: 0 when s ends before
// it does, -1 when there is no value. What is between the brackets of a value
// is not looked at closely: it is checked where it is stored.
func skip(s string, i int) int {
	switch c := s[i]; {
	case c == '"':
		return skipString(s, i)
	case c == '{' || c == '[':
		depth := 0
		for i < len(s) {
			switch s[i] {
			case '"':
				if i = skipString(s, i); i == 0 {
					return 0
				}
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return 0
	case c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		for i < len(s) && strings.IndexByte(" \t\n\r,:]}", s[i]) < 0 {
			i++
		}
		return i
	}
	return -1
}

func skipString(s string, i int) int {
	for i++; ; i++ {
		n := strings.IndexByte(s[i:], '"')
		if n < 0 {
			return 0
		}
		i += n
		escapes := 0
		for s[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}
