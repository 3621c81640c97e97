package query

import (
	"slices"
	"sync/atomic"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
)

// Statement is a statement that can be run: SelectStmt, InsertStmt,
// UpdateStmt, DeleteStmt, a union of selects, or SQL written by hand. They are
// values: every method returns a changed copy, and they may be shared.
type Statement interface {
	compile(d driver.Dialect) (*compiled, error)
}

// Reader is a statement that gives rows.
type Reader interface {
	Statement
	// resultColumns names the columns of the result; nil when only the server knows.
	resultColumns() []string
}

// compiled is a statement's text in one dialect, with its bound values.
type compiled struct {
	d     driver.Dialect
	st    engine.Statement
	slots bool // some of st.Args are parameters that wait for a value
	own   bool // some of st.Args are parameters that give their value themselves
	sig   []*param
	at    []int // for each of st.Args the place in sig, -1 for a value
}

// memo keeps what a statement value was compiled to, once per dialect. It
// lives and dies with the value.
type memo struct{ p atomic.Pointer[[]*compiled] }

// memoLimit is how many dialects one statement value is kept for: the three
// engines, two flavours of one of them, and room.
const memoLimit = 8

func (m *memo) get(d driver.Dialect) *compiled {
	if m == nil {
		return nil
	}
	if l := m.p.Load(); l != nil {
		for _, c := range *l {
			if c.d == d {
				return c
			}
		}
	}
	return nil
}

func (m *memo) put(c *compiled) {
	if m == nil {
		return
	}
	for {
		old := m.p.Load()
		var next []*compiled
		if old != nil {
			next = append(next, *old...)
		}
		if len(next) == memoLimit {
			next = next[1:]
		}
		next = append(next, c)
		if m.p.CompareAndSwap(old, &next) {
			return
		}
	}
}

// compile renders e, or takes what m remembers.
func compile(m *memo, d driver.Dialect, name string, write bool, e driver.Expr) (*compiled, error) {
	if c := m.get(d); c != nil {
		return c, nil
	}
	b := driver.NewBuilder(d)
	e.WriteSQL(b)
	text, args, err := b.Done()
	if err != nil {
		return nil, withOp(err, name)
	}
	c := &compiled{d: d, st: engine.Statement{Name: name, SQL: text, Args: args, Write: write}}
	c.sig = signature(args)
	c.slots = len(c.sig) > 0
	for _, a := range args {
		s, ok := a.(slot)
		c.own = c.own || ok && s.p.own != nil
	}
	if c.slots {
		c.at = make([]int, len(args))
		for i, a := range args {
			c.at[i] = -1
			if s, ok := a.(slot); ok && s.p.own == nil {
				c.at[i] = slices.IndexFunc(c.sig, func(p *param) bool { return p.name == s.p.name })
			}
		}
	}
	m.put(c)
	return c, nil
}

// Compile renders a statement for a dialect, for whoever runs it in a way of
// their own. A statement with parameters, or one that the engine runs in
// steps, is an error.
func Compile(st Statement, d driver.Dialect) (engine.Statement, error) {
	p, err := planOf(st, d)
	if err != nil {
		return engine.Statement{}, err
	}
	if p != nil {
		return engine.Statement{}, unsupported(d, "this statement in one piece")
	}
	return ready(d, st, bindNone)
}

// Script renders a statement with its values as literals, for scripts that are
// run elsewhere, without a semicolon. A value that has no literal is
// dberr.Unsupported; other errors are those of the statement itself.
func Script(st Statement, d driver.Dialect) (string, error) {
	e, ok := st.(driver.Expr)
	if !ok {
		return "", dberr.New(dberr.Invalid, "script", "the statement cannot be written into a script")
	}
	b := driver.NewScript(d)
	e.WriteSQL(b)
	text, _, err := b.Done()
	return text, err
}

// SQL renders a statement for a dialect, for tests and offline use. Bound
// values come back as the driver is given them, in the order of their placeholders,
// and are empty when there are none; a parameter without a value comes back as its
// name in angle brackets. A statement that is wrong in itself is dberr.Invalid, what
// the engine lacks is dberr.Unsupported, and too many values are dberr.TooLarge.
func SQL(st Statement, d driver.Dialect) (text string, args []any, err error) {
	c, err := st.compile(d)
	if err != nil {
		return "", nil, err
	}
	args = append([]any{}, c.st.Args...)
	for i, a := range args {
		if s, ok := a.(slot); ok {
			args[i] = "<" + s.p.name + ">"
		}
	}
	return c.st.SQL, args, nil
}
