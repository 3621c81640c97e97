package server

import (
	"regexp"
	"unicode/utf8"
)

// jsonFault finds what Python's decoder would say about text that is no JSON:
// its message, and the position in characters. Clients of Open WebUI are shown
// both.
func jsonFault(text []byte) (msg string, pos int) {
	p := pyParser{b: text}
	if p.value(0) && p.i < len(text) {
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

var (
	pyScalar = regexp.MustCompile(`^(null|true|false|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)`)
	pyPlain  = regexp.MustCompile(`^([^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*`)
)

func (p *pyParser) fail(msg string, at int) bool {
	p.msg, p.at = msg, at
	return false
}

// next is the byte after spaces; 0 at the end.
func (p *pyParser) next() byte {
	for ; p.i < len(p.b); p.i++ {
		if c := p.b[p.i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
	}
	return 0
}

// value steps over a value and the spaces around it.
func (p *pyParser) value(depth int) (ok bool) {
	switch c := p.next(); {
	case depth > pyMaxDepth:
		return p.fail("Too deeply nested", p.i)
	case c == '"':
		ok = p.str()
	case c == '{':
		ok = p.container('}', "object", depth)
	case c == '[':
		ok = p.container(']', "array", depth)
	default:
		n := len(pyScalar.Find(p.b[p.i:]))
		if p.i += n; n == 0 {
			return p.fail("Expecting value", p.i)
		}
		ok = true
	}
	p.next()
	return ok
}

func (p *pyParser) str() bool {
	start := p.i
	p.i++
	p.i += len(pyPlain.Find(p.b[p.i:]))
	switch rest := p.b[p.i:]; {
	case len(rest) == 0 || rest[0] == '\\' && len(rest) == 1:
		return p.fail("Unterminated string starting at", start)
	case rest[0] == '"':
		p.i++
		return true
	case rest[0] != '\\':
		return p.fail("Invalid control character at", p.i)
	case rest[1] == 'u':
		return p.fail(`Invalid \uXXXX escape`, p.i+1)
	}
	return p.fail(`Invalid \escape`, p.i)
}

func (p *pyParser) container(end byte, name string, depth int) bool {
	p.i++
	if p.next() == end {
		p.i++
		return true
	}
	for {
		if name == "object" {
			if p.next() != '"' {
				return p.fail("Expecting property name enclosed in double quotes", p.i)
			}
			if !p.str() {
				return false
			}
			if p.next() != ':' {
				return p.fail("Expecting ':' delimiter", p.i)
			}
			p.i++
		}
		if !p.value(depth + 1) {
			return false
		}
		comma := p.i
		switch p.next() {
		case end:
			p.i++
			return true
		case ',':
			p.i++
		default:
			return p.fail("Expecting ',' delimiter", p.i)
		}
		if p.next() == end {
			return p.fail("Illegal trailing comma before end of "+name, comma)
		}
	}
}
