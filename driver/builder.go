package driver

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

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

	script bool // values become literals
	shared sharing
	scopes []Scope
	room   [3]Scope // for scopes, of most statements
	hidden []Scope  // that what is written does not see
	mix    Mixture
	single func(e Expr) bool
}

// Mixture is what a part of a statement is made of.
type Mixture struct {
	Aggregate bool     // it has an aggregate function
	Window    bool     // it has a window function
	Columns   []string // those that stand outside of one and have several values in a group, as "table.column"
	outer     []mention
}

// mention is a column of a statement around the one that is written.
type mention struct{ source, column string }

// Watch calls f, and returns what it wrote. Around it nothing is seen of that.
func (b *Builder) Watch(f func()) Mixture {
	around := b.mix
	b.mix = Mixture{}
	f()
	inside := b.mix
	b.mix = around
	return inside
}

// Part is Watch for a part of a statement: what it mentions of the statements
// around that one stays with the whole.
func (b *Builder) Part(f func()) Mixture {
	made := b.Watch(f)
	b.mix.outer = append(b.mix.outer, made.outer...)
	return made
}

// Aggregates calls f, which writes an aggregate function with its arguments.
func (b *Builder) Aggregates(f func()) {
	if inside := b.Watch(f); inside.Aggregate || inside.Window {
		b.Fail(dberr.New(dberr.Invalid, "",
			"an aggregate function stands in another, or a window function in one; calculate the inner one in a subquery"))
	}
	b.mix.Aggregate = true
}

// Windowed says that a window function is being written.
func (b *Builder) Windowed() { b.mix.Window = true }

// Mentions says that a column of a source is being written. One that the
// innermost statement does not read is of a statement around it.
func (b *Builder) Mentions(source, column string) {
	if n := len(b.scopes); n > 1 && !b.scopes[n-1].Knows(source, true) {
		b.mix.outer = append(b.mix.outer, mention{source, column})
		return
	}
	b.mix.Columns = append(b.mix.Columns, source+"."+column)
}

// Inside calls f, which writes a whole statement with the scope s. What it mentions
// of the statements around it is theirs.
func (b *Builder) Inside(s Scope, f func()) {
	made := b.Watch(func() {
		b.Enter(s)
		f()
		b.Leave()
	})
	for _, m := range made.outer {
		b.Mentions(m.source, m.column)
	}
}

// Beside has f write what stands beside the groups of a statement: an expression
// for which single holds has one value in each of them, and what it mentions counts
// for nothing.
func (b *Builder) Beside(single func(e Expr) bool, f func()) {
	around := b.single
	b.single = single
	if around != nil {
		b.single = func(e Expr) bool { return single(e) || around(e) }
	}
	f()
	b.single = around
}

// Scope knows the names that a hand-written text inside of a statement may
// mention: its tables and their columns, and what its result columns are called.
type Scope interface {
	// Knows reports whether name is a table or a column, or with table, a table.
	Knows(name string, table bool) bool
	// Tables names the tables, for messages.
	Tables() []string
}

// Enter adds the names of a statement, or of one inside of it, to those that
// [Builder.Text] takes. It is left again with Leave.
func (b *Builder) Enter(s Scope) { b.scopes = append(b.scopes, s) }

// Leave takes back what the last Enter added.
func (b *Builder) Leave() { b.scopes = b.scopes[:len(b.scopes)-1] }

// Apart calls f, which writes a part that does not see what the innermost
// statement reads: a subquery in its FROM.
func (b *Builder) Apart(f func()) {
	last := len(b.scopes) - 1
	s := b.scopes[last]
	b.scopes, b.hidden = b.scopes[:last], append(b.hidden, s)
	f()
	b.scopes, b.hidden = append(b.scopes, s), b.hidden[:len(b.hidden)-1]
}

// Hides reports whether a statement reads a table of that name, or calls one so,
// that what is written does not see.
func (b *Builder) Hides(name string) bool {
	for _, s := range b.hidden {
		if s.Knows(name, true) {
			return true
		}
	}
	return false
}

// Reads reports whether a statement around what is written reads a table of that
// name, or calls one so; tables are those that it reads. Outside of any it is true.
func (b *Builder) Reads(name string) (tables []string, ok bool) {
	for _, s := range b.scopes {
		if s.Knows(name, true) {
			return nil, true
		}
	}
	for _, s := range b.scopes {
		tables = append(tables, s.Tables()...)
	}
	return tables, len(b.scopes) == 0
}

// Lacks reports whether the innermost statement that reads the source is known to
// read no such column of it.
func (b *Builder) Lacks(source, column string) bool {
	for i := len(b.scopes) - 1; i >= 0; i-- {
		if b.scopes[i].Knows(source, true) {
			s, ok := b.scopes[i].(interface {
				Lacks(source, column string) bool
			})
			return ok && s.Lacks(source, column)
		}
	}
	return false
}

// ColumnType is the type of a column of a source of the innermost statement that
// reads it; its kind is empty when it is not known.
func (b *Builder) ColumnType(source, column string) schema.Type {
	for i := len(b.scopes) - 1; i >= 0; i-- {
		if b.scopes[i].Knows(source, true) {
			if s, ok := b.scopes[i].(interface {
				ColumnType(source, column string) schema.Type
			}); ok {
				return s.ColumnType(source, column)
			}
			break
		}
	}
	return schema.Type{}
}

// checkName refuses a name that no statement around the text knows. A text
// outside of any is not checked.
func (b *Builder) checkName(name string, table bool) bool {
	var tables []string
	for _, s := range b.scopes {
		if s.Knows(name, table) {
			return true
		}
		tables = append(tables, s.Tables()...)
	}
	if len(b.scopes) == 0 {
		return true
	}
	what := "column"
	if table {
		what = "table"
	}
	where := "the statement reads from no table"
	if len(tables) > 0 {
		where = "the statement has " + strings.Join(tables, ", ")
	}
	b.Fail(dberr.New(dberr.Invalid, "text",
		"the SQL names {"+name+"}, which is no "+what+" of the statement ("+where+"); correct the name"))
	return false
}

// NewBuilder starts a statement for d.
func NewBuilder(d Dialect) *Builder {
	b := &Builder{d: d, buf: make([]byte, 0, 256), args: make([]any, 0, 8)}
	b.scopes = b.room[:0]
	return b
}

// NewScript starts a statement for a script, in which values stand as literals.
func NewScript(d Dialect) *Builder {
	b := NewBuilder(d)
	b.script = true
	return b
}

// Script reports whether the statement is for a script, which is run by a program
// that has no functions of ours.
func (b *Builder) Script() bool { return b.script }

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
	if b.script {
		return b.literal(v)
	}
	b.args = append(b.args, v)
	from := len(b.buf)
	b.buf = b.d.AppendPlaceholder(b.buf, len(b.args))
	if b.shared.depth > 0 {
		b.shared.holders = append(b.shared.holders, placeholder{from, len(b.buf), len(b.args) - 1})
	}
	return b
}

// Value adds v bound as a value of a column of type ty. The error is that of
// Encode; it is the caller's to add the column's name and to Fail.
func (b *Builder) Value(ty schema.Type, v any) error {
	x, err := b.d.Encode(ty, v)
	if err != nil {
		return err
	}
	b.Encoded(ty, x)
	return nil
}

// Encoded adds a value that the dialect has encoded for a column of type ty.
func (b *Builder) Encoded(ty schema.Type, x any) *Builder {
	if t, ok := x.(time.Time); ok && b.script && ty.Kind == schema.Date {
		return b.String(t.Format(time.DateOnly))
	}
	return b.Arg(x)
}

// literal adds a value as the dialect has encoded it.
func (b *Builder) literal(v any) *Builder {
	switch v := v.(type) {
	case nil:
		return b.SQL("NULL")
	case bool:
		if v {
			return b.SQL("TRUE")
		}
		return b.SQL("FALSE")
	case int64:
		b.buf = strconv.AppendInt(b.buf, v, 10)
		return b
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return b.String(strconv.FormatFloat(v, 'g', -1, 64))
		}
		b.buf = strconv.AppendFloat(b.buf, v, 'g', -1, 64)
		return b
	case string:
		return b.String(v)
	case time.Time:
		return b.String(v.UTC().Format(DateTimeLayout))
	case []byte:
		b.buf = b.d.AppendBytes(b.buf, v)
		return b
	}
	b.Fail(dberr.New(dberr.Unsupported, "script",
		fmt.Sprintf("a value of type %T cannot be written into a script; run the statement online", v)))
	return b
}

// DateTimeLayout is how instants are spelled wherever they become text: always
// with six digits of the second's fraction, so that their order is that of time.
const DateTimeLayout = "2006-01-02 15:04:05.000000"

// TimeLayout is how times of day are spelled, likewise.
const TimeLayout = "15:04:05.000000"

// one reports whether e has one value in each group, of what stands beside them.
// Looking writes nothing here, though parts of e may know no other builder.
func (b *Builder) one(e Expr) bool {
	if b.single == nil {
		return false
	}
	before := *b
	b.single = nil
	is := before.single(e)
	*b = before
	return is
}

// Expr adds what e writes.
func (b *Builder) Expr(e Expr) *Builder {
	if b.one(e) {
		// The rest is written without looking: its parts have one value, too.
		single := b.single
		b.single = nil
		b.Watch(func() { b.Expr(e) })
		b.single = single
		return b
	}
	switch {
	case b.shared.naming:
		b.labelled(e)
	case b.shared.depth > 0:
		b.share(e)
	default:
		e.WriteSQL(b)
	}
	return b
}

// In adds what e writes in the dialect d, which differs from the builder's own
// in some fragments.
func (b *Builder) In(d Dialect, e Expr) *Builder {
	own := b.d
	b.d = d
	e.WriteSQL(b)
	b.d = own
	return b
}

// Text adds SQL written by hand: identifiers stand in braces, strings between
// single quotes, in which a backslash means nothing, and for each ? value adds
// the next of args. ?? is a question mark.
func (b *Builder) Text(template string, args []any, value func(v any)) *Builder {
	fail := func(why string) *Builder {
		b.Fail(dberr.New(dberr.Invalid, "text", "the SQL cannot be used: "+why))
		return b
	}
	parts, err := sqltext.Template(template, sqltext.TemplateRules{Arguments: true, Concat: !b.d.Has(PipesConcat)})
	if err != nil {
		return fail(err.Error())
	}
	next := 0
	for _, p := range parts {
		switch p.Kind {
		case sqltext.PartName:
			if !p.Free && !b.checkName(p.Text, p.Qualifies) {
				return b
			}
			b.Ident(p.Text)
		case sqltext.PartString:
			b.String(p.Text)
		case sqltext.PartArgument:
			if next++; next <= len(args) {
				value(args[next-1])
			}
		default:
			b.SQL(p.Text)
		}
	}
	if next != len(args) {
		return fail(fmt.Sprintf("it has %d ? for %d arguments", next, len(args)))
	}
	return b
}

// TextOver adds an expression of a declaration with what column gives for each
// column that it names.
func (b *Builder) TextOver(template string, column func(name string) Expr) *Builder {
	parts, err := sqltext.Template(template, sqltext.TemplateRules{Concat: !b.d.Has(PipesConcat)})
	if err != nil {
		b.Fail(dberr.New(dberr.Invalid, "text", "the SQL cannot be used: "+err.Error()))
		return b
	}
	for _, p := range parts {
		switch p.Kind {
		case sqltext.PartName:
			b.Expr(column(p.Text))
		case sqltext.PartString:
			b.String(p.Text)
		default:
			b.SQL(p.Text)
		}
	}
	return b
}

// String adds s as a literal: for what cannot be bound, and for scripts.
func (b *Builder) String(s string) *Builder {
	out, err := b.d.AppendString(b.buf, s)
	if err != nil {
		b.Fail(err)
		return b
	}
	b.buf = out
	return b
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
