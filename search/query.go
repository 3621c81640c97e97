package search

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Query is a text that is looked for: as a whole in one of a record's texts, or
// each of its words of a-z and 0-9 in any of them.
type Query struct {
	needles [][]byte // folded: the text as a whole, then its words
	covered bool     // the whole has all the words
	each    bool     // there is no whole: all of needles are words
	buf     []byte
}

// Each looks for several texts, each of them in any of a record's texts. NUL is left
// out of them, as by [Parse].
func Each(texts []string) *Query {
	q := &Query{each: true}
	for _, t := range texts {
		q.needles = append(q.needles, appendFold(nil, []byte(strings.ReplaceAll(t, "\x00", ""))))
	}
	return q
}

// Parse reads what somebody has typed. What no text of an engine holds, NUL, is
// left out.
func Parse(text string) *Query {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
	q := &Query{needles: [][]byte{appendFold(nil, []byte(text))}, covered: true}
	for _, w := range Words(text) {
		word := appendFold(nil, []byte(w))
		q.needles = append(q.needles, word)
		q.covered = q.covered && bytes.Contains(q.needles[0], word)
	}
	q.covered = q.covered && len(q.needles) > 1
	return q
}

// Words are the words of a-z and 0-9 in a text, in lower case.
func Words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// Grams are what a record must have to be found: all of one of the lists.
func (q *Query) Grams() [][]uint32 {
	list := func(needles ...[]byte) []uint32 {
		var s gramSet
		for _, n := range needles {
			s.addNeedle(n)
		}
		out := make([]uint32, len(s.list))
		for i, g := range s.list {
			out[i] = uint32(g)
		}
		return out
	}
	if q.each {
		return [][]uint32{list(q.needles...)}
	}
	var out [][]uint32
	if !q.covered {
		out = append(out, list(q.needles[0]))
	}
	if len(q.needles) > 1 {
		out = append(out, list(q.needles[1:]...))
	}
	return out
}

// Match reports whether the texts of a stored record have what is looked for, and
// returns the first of them but the title that has the whole, else the first that
// has any word; nil when there is none.
func (q *Query) Match(data []byte) (matches bool, best []byte) {
	has := make([]bool, len(q.needles))
	for i, t := range texts(data) {
		q.buf = appendFold(q.buf[:0], t)
		some := false
		for k, n := range q.needles {
			if bytes.Contains(q.buf, n) {
				has[k], some = true, true
				if k == 0 && i > 0 && !q.each {
					return true, t
				}
			}
		}
		if some && best == nil && i > 0 {
			best = t
		}
	}
	if q.each {
		return !slices.Contains(has, false), best
	}
	return has[0] || len(has) > 1 && !slices.Contains(has[1:], false), best
}

// Snippet is at most two hundred characters of a text, around what is looked for.
func (q *Query) Snippet(text []byte) string {
	const around = 200
	if len(text) <= around {
		return string(text)
	}
	if !utf8.Valid(text) {
		text = []byte(string([]rune(string(text)))) // each byte that is none becomes a character
	}
	length := utf8.RuneCount(text)
	if length <= around {
		return string(text)
	}
	q.buf = appendFold(q.buf[:0], text)
	start := 0
	for _, n := range q.needles {
		if i := bytes.Index(q.buf, n); i >= 0 {
			start = max(0, min(utf8.RuneCount(q.buf[:i])-around/4, length-around))
			break
		}
	}
	text = text[skip(text, start):]
	return string(text[:skip(text, around)])
}

// skip is how many bytes the first n characters of a text have.
func skip(text []byte, n int) (size int) {
	for ; n > 0 && size < len(text); n-- {
		_, k := utf8.DecodeRune(text[size:])
		size += k
	}
	return size
}
