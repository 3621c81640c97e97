package driver

import (
	"bytes"
	"reflect"
)

// Engines with numbered placeholders take two expressions for equal only when
// they name the same parameters: "n + $1" in a SELECT list and "n + $2" in GROUP
// BY are different, whatever is bound. So expressions of one statement that are
// written in the same words over equal values share their placeholders.

// placeholder is where one stands in the text, and which argument it is.
type placeholder struct{ from, to, arg int }

// piece is an expression that has placeholders.
type piece struct {
	from, to int // in the text
	holders  []placeholder
}

// label is an expression of a SELECT list and the name that it has there.
type label struct {
	from, to int // in the text
	args     []any
	name     string
	grouped  bool // GROUP BY has it
}

// sharing is what a builder knows while it is asked to share.
type sharing struct {
	labels  []label
	naming  bool // expressions that have a label are written as that
	depth   int
	holders []placeholder
	pieces  []piece
}

// Share has the expressions that f writes share placeholders with those that were
// written under Share before, where the engine numbers them.
func (b *Builder) Share(f func()) {
	if b.script || bytes.Equal(b.d.AppendPlaceholder(nil, 1), b.d.AppendPlaceholder(nil, 2)) {
		f()
		return
	}
	b.shared.depth++
	f()
	b.shared.depth--
}

// share writes e, and takes it back for the placeholders of an equal one.
func (b *Builder) share(e Expr) {
	s := &b.shared
	from, args, holders := len(b.buf), len(b.args), len(s.holders)
	e.WriteSQL(b)
	own := s.holders[holders:]
	if len(own) == 0 || b.err != nil {
		return
	}
	p := piece{from: from, to: len(b.buf), holders: append([]placeholder(nil), own...)}
	for _, q := range s.pieces {
		if q.to > from || !b.same(p, q) {
			continue
		}
		b.buf, b.args, s.holders = b.buf[:from], b.args[:args], s.holders[:holders]
		for i := len(s.pieces); i > 0 && s.pieces[i-1].from >= from; i-- {
			s.pieces = s.pieces[:i-1]
		}
		b.buf = append(b.buf, b.buf[q.from:q.to]...)
		for _, h := range q.holders {
			s.holders = append(s.holders, placeholder{h.from - q.from + from, h.to - q.from + from, h.arg})
		}
		return
	}
	s.pieces = append(s.pieces, p)
}

// same reports whether two pieces are the same but for the numbers of placeholders.
func (b *Builder) same(p, q piece) bool {
	if len(p.holders) != len(q.holders) {
		return false
	}
	at, to := p.from, q.from
	for i, h := range p.holders {
		k := q.holders[i]
		if !bytes.Equal(b.buf[at:h.from], b.buf[to:k.from]) {
			return false
		}
		at, to = h.to, k.to
	}
	if !bytes.Equal(b.buf[at:p.to], b.buf[to:q.to]) {
		return false
	}
	for i, h := range p.holders {
		if !reflect.DeepEqual(b.args[h.arg], b.args[q.holders[i].arg]) {
			return false
		}
	}
	return true
}

// Labelled writes e, an item of a SELECT list that is called name there.
func (b *Builder) Labelled(e Expr, name string) {
	from, args := len(b.buf), len(b.args)
	b.Expr(e)
	b.shared.labels = append(b.shared.labels, label{from, len(b.buf), b.args[args:len(b.args):len(b.args)], name, false})
	b.SQL(" AS ").Ident(name)
}

// Grouped writes e, an item of GROUP BY.
func (b *Builder) Grouped(e Expr) {
	from, args := len(b.buf), len(b.args)
	b.Expr(e)
	for i := range b.shared.labels {
		l := &b.shared.labels[i]
		l.grouped = l.grouped || b.is(l, from, args)
	}
}

// is reports whether what was written last is what has the label.
func (b *Builder) is(l *label, from, args int) bool {
	return bytes.Equal(b.buf[from:], b.buf[l.from:l.to]) && reflect.DeepEqual(b.args[args:], l.args)
}

// Labels has the expressions that f writes stand under the names that Labelled
// gave to equal ones which GROUP BY has, where on holds: HAVING knows their names
// on some engines, and not what they are made of. It does not where on does not
// hold, as inside of an aggregate function.
func (b *Builder) Labels(on bool, f func()) {
	was := b.shared.naming
	b.shared.naming = on
	f()
	b.shared.naming = was
}

// Labelling reports whether Labels holds for what is being written.
func (b *Builder) Labelling() bool { return b.shared.naming }

// Nested has f write a statement inside of another, which has labels of its own.
func (b *Builder) Nested(f func()) {
	labels, naming := b.shared.labels, b.shared.naming
	b.shared.labels, b.shared.naming = nil, false
	f()
	b.shared.labels, b.shared.naming = labels, naming
}

// labelled writes e, and takes it back for its label.
func (b *Builder) labelled(e Expr) {
	from, args := len(b.buf), len(b.args)
	e.WriteSQL(b)
	for i := range b.shared.labels {
		l := &b.shared.labels[i]
		if b.err == nil && l.grouped && b.is(l, from, args) {
			b.buf, b.args = b.buf[:from], b.args[:args]
			b.Ident(l.name)
			return
		}
	}
}
