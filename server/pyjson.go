package server

import (
	"unicode/utf8"
)

// jsonFault finds what Python's decoder would say about text that is no JSON:
// its message, and the position in characters. Clients of Open WebUI are shown
// both.
func jsonFault(text []byte) (msg string, pos int) {
	p := pyParser{b: text}
	p.space()
	ok := p.value(0)
	if ok {
		p.space()
		if p.i == len(text) {
			return "", 0
		}
		p.fail("Extra data", p.i)
	}
	return p.msg, utf8.RuneCount(text[:min(p.at, len(text))])
}

type pyParser struct {
	b   []byte
	i   int
	msg string
	at  int
}

const pyMaxDepth = 10000

func (p *pyParser) fail(msg string, at int) bool {
	p.msg, p.at = msg, at
	return false
}

func (p *pyParser) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\t' || p.b[p.i] == '\n' || p.b[p.i] == '\r') {
		p.i++
	}
}

func (p *pyParser) peek() byte {
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

func (p *pyParser) value(depth int) bool {
	if depth > pyMaxDepth {
		return p.fail("Too deeply nested", p.i)
	}
	start := p.i
	switch c := p.peek(); {
	case c == '"':
		return p.str()
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '-' || c >= '0' && c <= '9':
		if p.number() {
			return true
		}
		return p.fail("Expecting value", start)
	}
	for _, w := range []string{"null", "true", "false"} {
		if len(p.b)-p.i >= len(w) && string(p.b[p.i:p.i+len(w)]) == w {
			p.i += len(w)
			return true
		}
	}
	return p.fail("Expecting value", start)
}

func (p *pyParser) digits() bool {
	n := p.i
	for p.peek() >= '0' && p.peek() <= '9' {
		p.i++
	}
	return p.i > n
}

func (p *pyParser) number() bool {
	if p.peek() == '-' {
		p.i++
	}
	if p.peek() == '0' {
		p.i++
	} else if !p.digits() {
		return false
	}
	mark := p.i
	if p.peek() == '.' {
		p.i++
		if !p.digits() {
			p.i = mark
			return true
		}
	}
	mark = p.i
	if c := p.peek(); c == 'e' || c == 'E' {
		p.i++
		if c := p.peek(); c == '+' || c == '-' {
			p.i++
		}
		if !p.digits() {
			p.i = mark
		}
	}
	return true
}

func (p *pyParser) str() bool {
	start := p.i
	p.i++
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			p.i++
			return true
		case c < 0x20:
			return p.fail("Invalid control character at", p.i)
		case c == '\\':
			if p.i+1 >= len(p.b) {
				return p.fail("Unterminated string starting at", start)
			}
			switch p.b[p.i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				p.i += 2
			case 'u':
				for k := 2; k < 6; k++ {
					if p.i+k >= len(p.b) || !isHex(p.b[p.i+k]) {
						return p.fail("Invalid \\uXXXX escape", p.i+1)
					}
				}
				p.i += 6
			default:
				return p.fail("Invalid \\escape", p.i)
			}
		default:
			p.i++
		}
	}
	return p.fail("Unterminated string starting at", start)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (p *pyParser) object(depth int) bool {
	const wantKey = "Expecting property name enclosed in double quotes"
	p.i++
	p.space()
	if p.peek() == '}' {
		p.i++
		return true
	}
	for {
		if p.peek() != '"' {
			return p.fail(wantKey, p.i)
		}
		if !p.str() {
			return false
		}
		p.space()
		if p.peek() != ':' {
			return p.fail("Expecting ':' delimiter", p.i)
		}
		p.i++
		p.space()
		if !p.value(depth + 1) {
			return false
		}
		p.space()
		if p.peek() == '}' {
			p.i++
			return true
		}
		if p.peek() != ',' {
			return p.fail("Expecting ',' delimiter", p.i)
		}
		comma := p.i
		p.i++
		p.space()
		if p.peek() == '}' {
			return p.fail("Illegal trailing comma before end of object", comma)
		}
	}
}

func (p *pyParser) array(depth int) bool {
	p.i++
	p.space()
	if p.peek() == ']' {
		p.i++
		return true
	}
	for {
		if !p.value(depth + 1) {
			return false
		}
		p.space()
		if p.peek() == ']' {
			p.i++
			return true
		}
		if p.peek() != ',' {
			return p.fail("Expecting ',' delimiter", p.i)
		}
		comma := p.i
		p.i++
		p.space()
		if p.peek() == ']' {
			return p.fail("Illegal trailing comma before end of array", comma)
		}
	}
}
