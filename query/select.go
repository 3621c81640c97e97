package query

import (
	"fmt"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// SelectStmt is a SELECT. Its methods return changed copies.
type SelectStmt struct {
	s *selectState
	m *memo
}

type selectState struct {
	name     string
	ctes     []*CTE
	distinct bool
	// distinctOn is what rows are equal in of which one is kept.
	distinctOn []driver.Expr
	paged      bool
	cols       []Selectable
	from       Source
	joins      []join
	where      []Cond
	group      []driver.Expr
	having     []Cond
	order      []Order
	limit      driver.Expr
	offset     driver.Expr
	lock       *driver.LockMode
	operand    bool          // of a UNION, EXCEPT or INTERSECT of different rows
	as         []schema.Type // what its columns become there; the kind of those that stay is empty
	err        error
}

type join struct {
	kind string
	src  Source
	on   []Cond
}

const crossJoin = " CROSS JOIN "

// Select starts a SELECT of columns and named expressions.
func Select(cols ...Selectable) SelectStmt {
	return SelectStmt{s: &selectState{cols: cols}, m: &memo{}}
}

// SelectFrom selects every column of t, in the order of its declaration.
func SelectFrom(t *schema.Table) SelectStmt { return Select(Columns(t)...).From(t) }

// SelectFor selects from t what T has fields for; see [ColumnsFor].
func SelectFor[T any](t *schema.Table) SelectStmt { return Select(ColumnsFor[T](t)...).From(t) }

func (s SelectStmt) with(f func(*selectState)) SelectStmt {
	n := selectState{}
	if s.s != nil {
		n = *s.s
	}
	f(&n)
	return SelectStmt{s: &n, m: &memo{}}
}

// more appends to a list that copies of the statement may share.
func more[T any](list []T, items ...T) []T { return append(list[:len(list):len(list)], items...) }

// Named names the statement for logs, metrics and query counts: "chats.List".
func (s SelectStmt) Named(name string) SelectStmt {
	return s.with(func(n *selectState) { n.name = name })
}

// Columns adds to the select list.
func (s SelectStmt) Columns(cols ...Selectable) SelectStmt {
	return s.with(func(n *selectState) { n.cols = more(n.cols, cols...) })
}

// From says which table to read. A statement reads from one; others come with
// Join, LeftJoin and CrossJoin, and a second From is an error.
func (s SelectStmt) From(t *schema.Table) SelectStmt { return s.FromItem(tableSource{t}) }

// FromItem is From for what is not a plain table: an alias, a derived table, a CTE.
func (s SelectStmt) FromItem(src Source) SelectStmt {
	return s.with(func(n *selectState) {
		if n.from != nil && n.err == nil {
			n.err = dberr.New(dberr.Invalid, n.name,
				"the statement has a FROM already; add the other source with Join or CrossJoin")
		}
		n.from = src
	})
}

// With defines CTEs for the statement.
func (s SelectStmt) With(ctes ...*CTE) SelectStmt {
	return s.with(func(n *selectState) { n.ctes = more(n.ctes, ctes...) })
}

// Join adds an inner join.
func (s SelectStmt) Join(t *schema.Table, on ...Cond) SelectStmt {
	return s.JoinItem(tableSource{t}, on...)
}

// LeftJoin adds a left outer join.
func (s SelectStmt) LeftJoin(t *schema.Table, on ...Cond) SelectStmt {
	return s.LeftJoinItem(tableSource{t}, on...)
}

// JoinItem is Join for what is not a plain table.
func (s SelectStmt) JoinItem(src Source, on ...Cond) SelectStmt {
	return s.with(func(n *selectState) { n.joins = more(n.joins, join{" JOIN ", src, on}) })
}

// LeftJoinItem is LeftJoin for what is not a plain table.
func (s SelectStmt) LeftJoinItem(src Source, on ...Cond) SelectStmt {
	return s.with(func(n *selectState) { n.joins = more(n.joins, join{" LEFT JOIN ", src, on}) })
}

// CrossJoin adds every row of t to every row there is.
func (s SelectStmt) CrossJoin(t *schema.Table) SelectStmt { return s.CrossJoinItem(tableSource{t}) }

// CrossJoinItem is CrossJoin for what is not a plain table.
func (s SelectStmt) CrossJoinItem(src Source) SelectStmt {
	return s.with(func(n *selectState) { n.joins = more(n.joins, join{crossJoin, src, nil}) })
}

// Where adds conditions, all of which must hold.
func (s SelectStmt) Where(conds ...Cond) SelectStmt {
	return s.with(func(n *selectState) { n.where = more(n.where, present(conds)...) })
}

// GroupBy groups the rows.
func (s SelectStmt) GroupBy(exprs ...driver.Expr) SelectStmt {
	return s.with(func(n *selectState) { n.group = more(n.group, exprs...) })
}

// Having filters the groups.
func (s SelectStmt) Having(conds ...Cond) SelectStmt {
	return s.with(func(n *selectState) { n.having = more(n.having, present(conds)...) })
}

// OrderBy adds to the order.
func (s SelectStmt) OrderBy(items ...Ordering) SelectStmt {
	return s.with(func(n *selectState) {
		for _, it := range items {
			n.order = more(n.order, it.order())
		}
	})
}

// Unordered drops the order, for counting.
func (s SelectStmt) Unordered() SelectStmt {
	return s.with(func(n *selectState) { n.order = nil })
}

// Limit reads at most n rows; a negative n is refused.
func (s SelectStmt) Limit(n int) SelectStmt {
	return s.with(func(st *selectState) { st.limit = st.count("limit", n) })
}

// Offset leaves out the first n rows. It works without a limit.
func (s SelectStmt) Offset(n int) SelectStmt {
	return s.with(func(st *selectState) { st.offset = st.count("offset", n) })
}

func (n *selectState) count(what string, v int) driver.Expr {
	if v < 0 {
		n.err = dberr.New(dberr.Invalid, n.name, "the "+what+" is negative; use 0 or more")
	}
	return arg{ty: schema.Type{Kind: schema.BigInt}, v: int64(v)}
}

// LimitTo and OffsetTo take the number from a parameter.
func (s SelectStmt) LimitTo(p Parameter[int]) SelectStmt {
	return s.with(func(n *selectState) { n.limit = p.typed(schema.Type{Kind: schema.BigInt}, "limit") })
}

// OffsetTo takes the offset from a parameter.
func (s SelectStmt) OffsetTo(p Parameter[int]) SelectStmt {
	return s.with(func(n *selectState) { n.offset = p.typed(schema.Type{Kind: schema.BigInt}, "offset") })
}

// Distinct leaves out rows that are equal to another.
func (s SelectStmt) Distinct() SelectStmt { return s.with(func(n *selectState) { n.distinct = true }) }

// ForUpdate locks the rows until the transaction ends. Where a write
// transaction has the whole database, that is the lock.
func (s SelectStmt) ForUpdate() SelectStmt { return s.locked(func(m *driver.LockMode) {}) }

// ForShare lets others read the rows under lock, but not change them.
func (s SelectStmt) ForShare() SelectStmt {
	return s.locked(func(m *driver.LockMode) { m.Share = true })
}

// SkipLocked leaves out rows that another transaction has locked: for queues.
func (s SelectStmt) SkipLocked() SelectStmt {
	return s.locked(func(m *driver.LockMode) { m.SkipLocked = true })
}

// NoWait fails with dberr.Busy when a row is locked, instead of waiting.
func (s SelectStmt) NoWait() SelectStmt {
	return s.locked(func(m *driver.LockMode) { m.NoWait = true })
}

func (s SelectStmt) locked(f func(*driver.LockMode)) SelectStmt {
	return s.with(func(n *selectState) {
		m := driver.LockMode{}
		if n.lock != nil {
			m = *n.lock
		}
		f(&m)
		n.lock = &m
	})
}

// Subquery is the statement as a derived table for FromItem and JoinItem.
func (s SelectStmt) Subquery(name string) Derived { return Derived{sel: s, name: name} }

func (s SelectStmt) compile(d driver.Dialect) (*compiled, error) {
	if s.s == nil {
		return nil, dberr.New(dberr.Invalid, "select", "the statement is empty; start it with query.Select")
	}
	return compile(s.m, d, s.s.name, false, s)
}

func (s SelectStmt) resultColumns() []string {
	if s.s == nil {
		return nil
	}
	return columnNames(s.s.cols)
}

func (s SelectStmt) resultTypes() []Selectable {
	if s.s == nil {
		return nil
	}
	return s.s.cols
}

func columnNames(cols []Selectable) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.columnName()
	}
	return out
}

// WriteSQL writes the statement without parentheses.
func (s SelectStmt) WriteSQL(b *driver.Builder) {
	n := s.s
	if n == nil {
		b.Fail(dberr.New(dberr.Invalid, "select", "the statement is empty; start it with query.Select"))
		return
	}
	if n.err != nil {
		b.Fail(n.err)
		return
	}
	if name := n.readTwice(); name != "" {
		b.Fail(dberr.New(dberr.Invalid, n.name,
			"the statement reads "+name+
				" twice under one name; give one of them another with query.As, and take its columns with Of"))
		return
	}
	if len(n.distinctOn) > 0 {
		n.writeDistinctOn(b)
		return
	}
	b.Inside(n, func() { b.Nested(func() { n.write(b) }) })
}

func (n *selectState) write(b *driver.Builder) {
	writeCTEs(b, n.ctes)
	b.SQL("SELECT ")
	if n.distinct {
		b.SQL("DISTINCT ")
	}
	if len(n.cols) == 0 {
		b.SQL("1")
	}
	if err := n.ordersWhatItSelects(b); err != nil {
		b.Fail(err)
		return
	}
	g := n.grouping(b)
	g.watch(b, "is selected", func() { n.share(b, func() { n.writeColumns(b) }) })
	there := n.writeFrom(b)
	writeWhere(b, present(append([]Cond{there}, n.where...)))
	n.share(b, func() {
		if len(n.group) > 0 {
			b.SQL(" GROUP BY ")
			ofRows(b, "GroupBy", func() {
				b.List(len(n.group), func(i int) { b.Grouped(grouping(handedOn(n.group[i]))) })
			})
		}
		g.watch(b, inHaving, func() {
			b.Labels(b.Dialect().Has(driver.HavingLabels), func() { writeHaving(b, n.having) })
		})
		if len(n.order) > 0 {
			b.SQL(" ORDER BY ")
			g.watch(b, "stands in OrderBy", func() { b.List(len(n.order), func(i int) { b.Expr(n.order[i]) }) })
		}
	})
	if err := g.check(); err != nil {
		b.Fail(err)
		return
	}
	writeTail(b, nil, n.limit, n.offset)
	if n.lock != nil {
		b.Dialect().Lock(b, *n.lock)
	}
}

func (n *selectState) writeColumns(b *driver.Builder) {
	b.List(len(n.cols), func(i int) { n.writeColumn(b, n.cols[i], i) })
}

// writeColumn writes an item of the SELECT list. Where equal rows are one it
// stands in a form of which every engine knows what is equal.
func (n *selectState) writeColumn(b *driver.Builder, c Selectable, at int) {
	var e driver.Expr
	asGroup := slices.ContainsFunc(n.group, func(g driver.Expr) bool { return rewritten(kindOf(g)) })
	f, isField := fieldOf(c)
	switch ty := kindOf(c); {
	case at < len(n.as) && n.as[at].Kind != "":
		e = become(c, n.as[at])
	case (n.distinct || n.operand) && (rewritten(ty) || ty.Kind == schema.Enum):
		e = distinct(c)
	case asGroup && rewritten(ty):
		e = grouping(c)
	case isField && f.own(b).Kind != "":
		n.writeFieldItem(b, c, f)
		return
	default:
		writeSelected(b, c)
		return
	}
	if name := c.columnName(); name != "" {
		b.Labelled(e, name)
		return
	}
	b.Expr(e)
}

// writeFieldItem writes an item of the SELECT list that is a field, whose type is known.
func (n *selectState) writeFieldItem(b *driver.Builder, c Selectable, f field) {
	own := f.own(b)
	if own.Kind != schema.Enum || !n.distinct && !n.operand { // equal enums are put in order by their texts
		f = f.asItem()
	}
	name := ""
	if l, ok := c.(interface{ alias() string }); ok {
		name = l.alias()
	}
	if name == "" && f.as(own).Kind != own.Kind {
		name = c.columnName() // which a cast has not everywhere
	}
	if name == "" {
		b.Expr(f)
		return
	}
	b.Labelled(f, name)
}

// textOf tells whether two expressions are the same.
func textOf(b *driver.Builder) func(e driver.Expr) string {
	return func(e driver.Expr) string {
		own := driver.NewBuilder(b.Dialect())
		e.WriteSQL(own)
		s, args, err := own.Done()
		return fmt.Sprint(s, args, err)
	}
}

// ordersWhatItSelects refuses a DISTINCT statement that is ordered by what it
// does not select: of rows that are one, some engines take any, some none.
func (n *selectState) ordersWhatItSelects(b *driver.Builder) error {
	if !n.distinct || len(n.order) == 0 {
		return nil
	}
	text := textOf(b)
	selected := make(map[string]bool, 2*len(n.cols))
	for _, c := range n.cols {
		selected[text(c)] = true
		selected[c.columnName()] = true
	}
	for i, o := range n.order {
		if name := text(o.e); !selected[name] {
			what := fmt.Sprintf("item %d of OrderBy", i+1)
			if r, ok := o.e.(colRef); ok {
				what = r.String()
			}
			return dberr.New(dberr.Invalid, n.name,
				"the statement is DISTINCT and is ordered by what it does not select, "+what+
					"; select it too, or leave it out of OrderBy")
		}
	}
	return nil
}

// share writes a part of the statement in which expressions must be equal to
// those of another part.
func (n *selectState) share(b *driver.Builder, f func()) {
	if len(n.group) > 0 || n.distinct && len(n.order) > 0 {
		b.Share(f)
		return
	}
	f()
}

func writeCTEs(b *driver.Builder, ctes []*CTE) {
	if len(ctes) == 0 {
		return
	}
	b.SQL("WITH ")
	for _, c := range ctes {
		if c.recursive {
			if !b.Dialect().Has(driver.RecursiveCTE) {
				b.Fail(unsupported(b.Dialect(), "a recursive WITH"))
				return
			}
			b.SQL("RECURSIVE ")
			break
		}
	}
	b.List(len(ctes), func(i int) { ctes[i].writeDefinition(b) })
	b.SQL(" ")
}

func writeWhere(b *driver.Builder, conds []Cond) {
	if len(conds) == 0 {
		return
	}
	b.SQL(" WHERE ")
	ofRows(b, "Where", func() { writeAll(b, conds) })
}

func writeHaving(b *driver.Builder, conds []Cond) {
	if len(conds) > 0 {
		b.SQL(" HAVING ")
		writeAll(b, conds)
	}
}

func writeAll(b *driver.Builder, conds []Cond) {
	for i, c := range conds {
		if i > 0 {
			b.SQL(" AND ")
		}
		b.Expr(c)
	}
}

func writeTail(b *driver.Builder, order []Order, limit, offset driver.Expr) {
	if len(order) > 0 {
		b.SQL(" ORDER BY ")
		b.List(len(order), func(i int) { b.Expr(order[i]) })
	}
	if limit != nil || offset != nil {
		b.Dialect().Limit(b, limit, offset)
	}
}

func unsupported(d driver.Dialect, what string) error {
	e := dberr.New(dberr.Unsupported, "", what+" is not something this engine can do")
	e.Engine = d.Engine()
	return e
}

func withOp(err error, op string) error {
	if op == "" {
		return err
	}
	return dberr.WithOp(err, op)
}
