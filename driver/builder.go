package driver

import (
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// Expr writes itself into a statement.
type Expr interface {
	WriteSQL(b *Builder)
}

// ExprFunc is a function that is an [Expr].
type ExprFunc func(b *Builder)

// WriteSQL calls f.
func (f ExprFunc) WriteSQL(b *Builder) { f(b) }

// Builder is a statement being written for one dialect: text, and arguments in
// the order of their placeholders. Values never become text. The first error
// sticks and is reported by [Builder.Done].
type Builder struct {
	d    Dialect
	buf  []byte
	args []any
	err  error
}

// NewBuilder starts a statement for d.
func NewBuilder(d Dialect) *Builder {
	return &Builder{d: d, buf: make([]byte, 0, 256), args: make([]any, 0, 8)}
}

// Dialect is the dialect that is written for.
func (b *Builder) Dialect() Dialect { return b.d }

// SQL adds text as it is. It is for keywords and punctuation, never for values.
func (b *Builder) SQL(text string) *Builder { b.buf = append(b.buf, text...); return b }

// Ident adds a quoted identifier. A name that the engine would cut or cannot
// hold is an error.
func (b *Builder) Ident(name string) *Builder {
	out, err := b.d.AppendIdent(b.buf, name)
	if err != nil {
		b.Fail(err)
		return b
	}
	b.buf = out
	return b
}

// Arg adds a placeholder bound to v, which the dialect first brings into the
// form that its driver stores exactly.
func (b *Builder) Arg(v any) *Builder {
	b.args = append(b.args, v)
	b.buf = b.d.AppendPlaceholder(b.buf, len(b.args))
	return b
}

// Expr adds what e writes.
func (b *Builder) Expr(e Expr) *Builder { e.WriteSQL(b); return b }

// In adds what e writes in the dialect d, which differs from the builder's own
// in some fragments.
func (b *Builder) In(d Dialect, e Expr) *Builder {
	own := b.d
	b.d = d
	e.WriteSQL(b)
	b.d = own
	return b
}

// Template adds a portable expression, quoting its {identifiers}.
func (b *Builder) Template(e schema.Expr) *Builder {
	text, err := sqltext.Render(string(e),
		func(name string) (string, error) { out, err := b.d.AppendIdent(nil, name); return string(out), err },
		func(s string) (string, error) { out, err := b.d.AppendString(nil, s); return string(out), err })
	if err != nil {
		if dberr.CodeOf(err) == dberr.Internal {
			err = dberr.New(dberr.Invalid, "expression", "the expression cannot be read: "+err.Error())
		}
		b.Fail(err)
		return b
	}
	return b.SQL(text)
}

// List adds n items separated by ", ".
func (b *Builder) List(n int, item func(i int)) *Builder {
	for i := range n {
		if i > 0 {
			b.SQL(", ")
		}
		item(i)
	}
	return b
}

// Fail records err; the first one counts.
func (b *Builder) Fail(err error) {
	if b.err == nil && err != nil {
		b.err = err
	}
}

// Len is the number of bytes written so far.
func (b *Builder) Len() int { return len(b.buf) }

// Args is the number of arguments so far.
func (b *Builder) Args() int { return len(b.args) }

// Done returns text, arguments and the first error.
func (b *Builder) Done() (string, []any, error) {
	if b.err != nil {
		return "", nil, b.err
	}
	if max := b.d.Limits().BindArgs; max > 0 && len(b.args) > max {
		return "", nil, dberr.New(dberr.TooLarge, "statement", "the statement has more bound values than the engine takes; send it in parts")
	}
	return string(b.buf), b.args, nil
}
