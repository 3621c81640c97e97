package query

import (
	"context"
	"iter"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
)

// Exec runs a statement and returns how many rows it matched: inserted,
// updated (also to the values they had), deleted. 0 is no error, but for a change
// that finds its row by a [Version], where it is dberr.Conflict. A statement that is
// wrong in itself is dberr.Invalid and is not sent; what the database says to it
// has the code of its kind, such as dberr.AlreadyExists.
func Exec(ctx context.Context, q engine.Queryer, st Statement) (int64, error) {
	n, err := execute(ctx, q, st)
	if err == nil && n == 0 && guarded(st) {
		return 0, outdated(st)
	}
	return n, err
}

// ExecAll runs statements that need not know of each other's rows one after the
// other, and returns how many rows each matched. In a transaction they go to the
// engine in one round trip where it can take them so; the first that fails keeps
// those behind it from being run.
func ExecAll(ctx context.Context, q engine.Queryer, sts ...Statement) ([]int64, error) {
	out := make([]int64, len(sts))
	tx, ok := q.(*engine.Tx)
	if !ok {
		return out, eachAlone(ctx, q, sts, out)
	}
	ones := make([]engine.Statement, len(sts))
	for i, st := range sts {
		if s, ok := st.(silent); ok {
			st = s.unreturned()
		}
		p, err := planOf(st, q.Dialect())
		if err != nil {
			return nil, err
		}
		if p != nil {
			return out, eachAlone(ctx, q, sts, out)
		}
		if ones[i], err = ready(q.Dialect(), st, bindNone); err != nil {
			return nil, err
		}
	}
	results, err := tx.ExecAll(ctx, ones...)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		if out[i] = r.Rows; r.Rows == 0 && guarded(sts[i]) {
			return nil, outdated(sts[i])
		}
	}
	return out, nil
}

func eachAlone(ctx context.Context, q engine.Queryer, sts []Statement, out []int64) (err error) {
	for i, st := range sts {
		if out[i], err = Exec(ctx, q, st); err != nil {
			return err
		}
	}
	return nil
}

// silent is a statement that gives rows only when it is asked to.
type silent interface{ unreturned() Statement }

func execute(ctx context.Context, q engine.Queryer, st Statement) (int64, error) {
	if s, ok := st.(silent); ok {
		st = s.unreturned() // nobody reads the rows, and some drivers then count none
	}
	p, err := planOf(st, q.Dialect())
	if err != nil {
		return 0, err
	}
	if p != nil {
		return inSteps(ctx, q, p, bindAll(), nil, func() {})
	}
	one, err := ready(q.Dialect(), st, bindNone)
	if err != nil {
		return 0, err
	}
	r, err := q.Exec(ctx, one)
	return r.Rows, err
}

// binder gives a compiled statement its values.
type binder func(c *compiled) (engine.Statement, error)

func bindNone(c *compiled) (engine.Statement, error) {
	if c.slots {
		return engine.Statement{},
			badParams(c.st.Name, "the statement has parameters ("+paramNames(signature(c.st.Args))+"); run it through Prepare")
	}
	if c.own {
		var own given
		return bindOwn(c, &own)
	}
	return c.st, nil
}

// bindAll is bindNone for the statements of one run, in which what is given by
// the program itself is given once.
func bindAll() binder {
	var own given
	return func(c *compiled) (engine.Statement, error) {
		if !c.slots && c.own {
			return bindOwn(c, &own)
		}
		return bindNone(c)
	}
}

func bindOwn(c *compiled, own *given) (engine.Statement, error) {
	st := c.st
	args, err := fill(c.d, st.Args, c.at, nil, nil, own)
	if err != nil {
		return st, withOp(err, st.Name)
	}
	st.Args = args
	return st, nil
}

func ready(d driver.Dialect, st Statement, bind binder) (engine.Statement, error) {
	c, err := st.compile(d)
	if err != nil {
		return engine.Statement{}, err
	}
	return bind(c)
}

// reading runs st and gives its rows to each, in parts; restart is called
// before each attempt of a transaction.
func reading(ctx context.Context, q engine.Queryer, st Reader,
	restart func(), each func(*engine.Rows, shape) error) error {
	p, err := planOf(st, q.Dialect())
	if err != nil {
		return err
	}
	if p != nil {
		_, err := inSteps(ctx, q, p, bindAll(), each, restart)
		return err
	}
	one, err := ready(q.Dialect(), st, bindNone)
	if err != nil {
		return err
	}
	return query(ctx, q, one, shapeOf(st), each)
}

func query(ctx context.Context, q engine.Queryer, st engine.Statement, sh shape,
	each func(*engine.Rows, shape) error) error {
	rows, err := q.Query(ctx, st)
	if err != nil {
		return err
	}
	if sh.names == nil {
		sh.names = rows.Columns()
	}
	if err := each(rows, sh); err != nil {
		rows.Close()
		return withOp(err, st.Name)
	}
	return rows.Close()
}

// Rows runs a statement and gives its rows one by one as they arrive. An error
// comes last, with a zero row. Leaving the loop early frees the connection,
// which is held until then.
func Rows[T any](ctx context.Context, q engine.Queryer, st Reader) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		p, err := planOf(st, q.Dialect())
		if p != nil {
			// A transaction may run twice: nothing goes out before it is over.
			all, err := All[T](ctx, q, st)
			pour(all, err, yield)
			return
		}
		var one engine.Statement
		if err == nil {
			one, err = ready(q.Dialect(), st, bindNone)
		}
		if err != nil {
			var zero T
			yield(zero, err)
			return
		}
		stream(ctx, q, one, shapeOf(st), yield)
	}
}

func pour[T any](all []T, err error, yield func(T, error) bool) {
	for _, v := range all {
		if !yield(v, nil) {
			return
		}
	}
	if err != nil {
		var zero T
		yield(zero, err)
	}
}

func stream[T any](ctx context.Context, q engine.Queryer, st engine.Statement, sh shape, yield func(T, error) bool) {
	var zero T
	stopped := false
	err := query(ctx, q, st, sh, func(rows *engine.Rows, sh shape) error {
		s, err := newScanner[T](sh)
		if err != nil {
			return err
		}
		for rows.Next() {
			*s.row = zero
			if err := rows.Scan(s.dest...); err != nil {
				return err
			}
			if !yield(*s.row, nil) {
				stopped = true
				return nil
			}
		}
		return nil
	})
	if err != nil && !stopped {
		yield(zero, err)
	}
}

// All runs a statement and returns its rows, in the order of the statement; none is
// an empty slice. Errors are as of [Exec], and come without rows. A T that does not
// fit the columns is dberr.Invalid.
func All[T any](ctx context.Context, q engine.Queryer, st Reader) ([]T, error) {
	out := []T{}
	err := reading(ctx, q, st, func() { out = out[:0] }, collect(&out, -1))
	if err != nil {
		return nil, err
	}
	return out, nil
}

// collect appends rows to out, until there are max when max is not negative.
func collect[T any](out *[]T, max int) func(*engine.Rows, shape) error {
	return func(rows *engine.Rows, sh shape) error {
		s, err := newScanner[T](sh)
		if err != nil {
			return err
		}
		var zero T
		for max < 0 || len(*out) < max {
			if !rows.Next() {
				break
			}
			*s.row = zero
			if err := rows.Scan(s.dest...); err != nil {
				return err
			}
			*out = append(*out, *s.row)
		}
		return nil
	}
}

// One returns the one row of a statement. None is dberr.NotFound, and more
// than one is dberr.Invalid: the condition was meant to be a key.
func One[T any](ctx context.Context, q engine.Queryer, st Reader) (T, error) {
	return single[T](ctx, q, st, most(st))
}

// most is how many rows One looks at: two, to see that there is only one,
// unless the conditions are a whole primary key, and so are those of each table
// that is joined, so that there is one row at most.
func most(st Statement) int {
	s, ok := st.(SelectStmt)
	if !ok || s.s == nil {
		return 2
	}
	from, ok := s.s.from.(tableSource)
	if !ok || !byKey(from.t, s.s.where, nil) {
		return 2
	}
	single := []*schema.Table{from.t}
	for _, j := range s.s.joins {
		to, ok := j.src.(tableSource)
		if !ok || j.kind != " JOIN " && j.kind != " LEFT JOIN " || !byKey(to.t, j.on, single) {
			return 2
		}
		single = append(single, to.t)
	}
	return 1
}

// byKey reports whether conditions say what each column of the primary key of t
// is equal to: a value, or a column of one of the tables that have one row.
func byKey(t *schema.Table, conds []Cond, single []*schema.Table) bool {
	if t.PrimaryKey == nil || slices.Contains(single, t) {
		return false
	}
	column := func(e driver.Expr) (colRef, bool) {
		if c, ok := e.(AnyColumn); ok {
			e = c.reference()
		}
		ref, ok := e.(colRef)
		return ref, ok && ref.as == ""
	}
	known := func(e driver.Expr) bool {
		switch e.(type) {
		case arg, slot:
			return true
		}
		ref, ok := column(e)
		return ok && slices.Contains(single, ref.table)
	}
	for _, name := range t.PrimaryKey.Columns {
		if !slices.ContainsFunc(conds, func(c Cond) bool {
			x, ok := c.n.(binary)
			if !ok || x.op != " = " {
				return false
			}
			is := func(e driver.Expr) bool {
				ref, ok := column(e)
				return ok && ref.table == t && ref.col.Name == name
			}
			return is(x.a) && known(x.c) || is(x.c) && known(x.a)
		}) {
			return false
		}
	}
	return true
}

// First returns the first row and reads no more; none is dberr.NotFound.
func First[T any](ctx context.Context, q engine.Queryer, st Reader) (T, error) {
	return single[T](ctx, q, st, 1)
}

func single[T any](ctx context.Context, q engine.Queryer, st Reader, max int) (T, error) {
	var one lone[T]
	err := reading(ctx, q, st, func() { one.n = 0 }, func(rows *engine.Rows, sh shape) error {
		s, err := newScanner[T](sh)
		if err != nil {
			return err
		}
		return one.read(rows, s, max)
	})
	if err == nil && one.n == 0 && guarded(st) {
		err = outdated(st)
	}
	return one.result(err, nameOf(st))
}

// lone is the first row of a result and how many there were.
type lone[T any] struct {
	row T
	n   int
}

// read takes the first row and counts, up to max.
func (l *lone[T]) read(rows *engine.Rows, s *scanner[T], max int) error {
	for l.n < max && rows.Next() {
		if l.n++; l.n > 1 {
			continue
		}
		if err := rows.Scan(s.dest...); err != nil {
			return err
		}
		l.row = *s.row
	}
	return nil
}

func (l *lone[T]) result(err error, name string) (T, error) {
	var zero T
	switch {
	case err != nil:
		return zero, err
	case l.n == 0:
		return zero, dberr.New(dberr.NotFound, name, "")
	case l.n > 1:
		return zero, dberr.New(dberr.Invalid, name, "more than one row was found where one was asked for")
	}
	return l.row, nil
}

func nameOf(st Statement) string {
	switch s := st.(type) {
	case SelectStmt:
		if s.s != nil {
			return s.s.name
		}
	case InsertStmt:
		return s.s.name
	case UpdateStmt:
		return s.s.name
	case DeleteStmt:
		return s.s.name
	case CompoundStmt:
		return s.name
	}
	return ""
}

// Value returns the one column of the one row of a statement; nil in place of
// SQL NULL. No row is dberr.NotFound.
func Value[T any](ctx context.Context, q engine.Queryer, st Reader) (*T, error) {
	return One[*T](ctx, q, st)
}

// Count returns how many rows a query has, within its Limit and Offset; 0 for none.
// Errors are those of running it.
func Count(ctx context.Context, q engine.Queryer, sel Query) (int64, error) {
	if s, ok := sel.(SelectStmt); ok && s.s != nil {
		if n := s.s; !n.distinct && len(n.distinctOn) == 0 && len(n.group) == 0 && len(n.having) == 0 && n.limit == nil &&
			n.offset == nil && len(n.cols) > 0 {
			c := s.Unordered().with(func(st *selectState) { st.cols = []Selectable{CountAll().As("n")}; st.lock = nil })
			return One[int64](ctx, q, c)
		}
	}
	c := Select(CountAll().As("n")).FromItem(Derived{sel: sel, name: "counted"}).Named(nameOf(sel))
	return One[int64](ctx, q, c)
}

// Found reports whether a query has a row, and reads one at most. Errors are those
// of running it.
func Found(ctx context.Context, q engine.Queryer, sel SelectStmt) (bool, error) {
	n, err := All[int64](ctx, q, sel.with(func(st *selectState) {
		st.cols, st.order, st.distinctOn = []Selectable{Raw[int64]("1").As("n")}, nil, nil
	}).Limit(1))
	return len(n) > 0, err
}

// RawStmt is a whole statement written by hand.
type RawStmt struct {
	name  string
	node  rawNode
	write bool
	m     *memo
}

// Text is a statement written by hand, with braces and ? as in [Raw]. write
// says whether it changes data. Row mapping goes by the names the server gives.
func Text(name string, write bool, template schema.Expr, args ...any) RawStmt {
	return RawStmt{name: name, write: write, node: rawNode{template, args}, m: &memo{}}
}

// WriteSQL writes the statement.
func (s RawStmt) WriteSQL(b *driver.Builder) {
	b.Enter(anything{})
	s.node.WriteSQL(b)
	b.Leave()
}

func (s RawStmt) compile(d driver.Dialect) (*compiled, error) {
	return compile(s.m, d, s.name, s.write, s)
}

func (s RawStmt) resultColumns() []string { return nil }
