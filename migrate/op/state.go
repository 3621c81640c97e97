package op

import (
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// State is the schema as it is known at one point of a history. A state for an
// engine has the tables in that engine's normal form; one without has them as
// they were declared. It is for one goroutine.
type State struct {
	ddl    driver.DDL // nil: as declared
	tables map[string]*schema.Table
	stale  bool // a statement has changed the schema since
}

// NewState returns a state that holds the tables. With ddl they are brought
// into its normal form, which tables that were inspected have already.
func NewState(ddl driver.DDL, tables ...*schema.Table) (*State, error) {
	s := &State{ddl: ddl, tables: map[string]*schema.Table{}}
	for _, t := range tables {
		n, err := s.normal(t)
		if err != nil {
			return nil, err
		}
		s.tables[n.Name] = n
	}
	return s, nil
}

// LiveState is NewState of tables that were inspected. One of which the normal
// form cannot be told is in it as a table that could not be read.
func LiveState(ddl driver.DDL, tables ...*schema.Table) *State {
	s := &State{ddl: ddl, tables: map[string]*schema.Table{}}
	for _, t := range tables {
		n, err := s.normal(t)
		switch {
		case t.Unreadable != "":
			n = t.Clone()
		case err != nil:
			n = t.Clone()
			n.Unread(err)
		}
		s.tables[n.Name] = n
	}
	return s
}

func (s *State) normal(t *schema.Table) (*schema.Table, error) {
	if s.ddl == nil {
		return t.Clone(), t.Validate()
	}
	return s.ddl.Normalize(t)
}

// Table returns the table of that name, or nil. It is not to be changed.
func (s *State) Table(name string) *schema.Table {
	if s == nil {
		return nil
	}
	return s.tables[name]
}

// Tables returns the tables in order of name. They are not to be changed.
func (s *State) Tables() []*schema.Table {
	out := make([]*schema.Table, 0, len(s.tables))
	for _, n := range slices.Sorted(maps.Keys(s.tables)) {
		out = append(out, s.tables[n])
	}
	return out
}

// Clone returns a copy that changes by itself. Tables are shared: they are
// replaced, never changed.
func (s *State) Clone() *State {
	return &State{ddl: s.ddl, tables: maps.Clone(s.tables), stale: s.stale}
}

// Apply changes the state as the operations change a database. Guards count:
// what they find done changes nothing.
func (s *State) Apply(ops ...Op) error {
	for _, o := range ops {
		if _, err := s.alterations([]Op{o}); err != nil {
			return err
		}
	}
	return nil
}

// need returns the table as it is shared with copies of the state, so that it
// must not be changed; an error when there is none.
func (s *State) need(table string) (*schema.Table, error) {
	t := s.tables[table]
	if t == nil {
		return nil, dberr.New(dberr.SchemaMismatch, "migrate", "there is no table "+table)
	}
	return t, t.Readable()
}

// change is one alteration with the operations that it is made of.
type change struct {
	driver.Alteration
	ops []Op
}

// alterations applies structural operations and returns what has to be done
// for them: neighbours on one table as one alteration, a rename by itself.
// Operations of other kinds change nothing.
func (s *State) alterations(ops []Op) ([]change, error) {
	g := &grouping{s: s}
	for o := range All(ops) {
		if q, ok := o.(guarded); ok && q.idle(g.view()) != "" && !g.stands(o) {
			continue
		}
		if err := g.add(o); err != nil {
			return nil, dberr.WithOp(err, o.String())
		}
	}
	if err := g.flush(); err != nil {
		return nil, err
	}
	return g.out, nil
}

// grouping collects operations on one table.
type grouping struct {
	s   *State
	out []change

	ops    []Op
	before *schema.Table // as it was when the group began; nil when it did not exist
	now    *schema.Table // as it is to be, with the engine's stand-ins taken back
	exact  *schema.Table // the same with them; used when an operation names one
	named  bool          // an operation named a stand-in
	using  map[string]schema.Expr
	fill   map[string]schema.Expr
	quiet  bool // concurrently
}

// view is the state with the group under way in it.
func (g *grouping) view() *State {
	if g.now == nil {
		return g.s
	}
	v := g.s.Clone()
	v.tables[g.now.Name] = g.now
	if g.named {
		v.tables[g.now.Name] = g.exact
	}
	return v
}

func (g *grouping) add(o Op) error {
	switch o := o.(type) {
	case CreateTable, DropTable, RenameTable, RenameColumn:
		if err := g.flush(); err != nil {
			return err
		}
		return g.alone(o)
	}
	if _, ok := o.(structural); !ok {
		if err := g.flush(); err != nil {
			return err
		}
		return o.apply(g.s)
	}
	if g.now != nil && (o.On() != g.now.Name || g.clashes(o)) {
		if err := g.flush(); err != nil {
			return err
		}
	}
	if g.now == nil {
		if err := g.begin(o.On()); err != nil {
			return err
		}
	}
	if err := g.apply(o); err != nil {
		return err
	}
	g.ops = append(g.ops, o)
	switch o := o.(type) {
	case AlterColumn:
		if o.Using != "" {
			g.using[o.Column] = o.Using
		}
	case AddColumn:
		if o.Fill != "" {
			g.fill[o.Column.Name] = o.Fill
		}
	case CreateIndex:
		g.quiet = o.Concurrently
	case DropIndex:
		g.quiet = o.Concurrently
	}
	return nil
}

// stands reports whether o is about a stand-in that the group under way has
// taken back.
func (g *grouping) stands(o Op) bool {
	return g.now != nil && !g.named && o.On() == g.now.Name && namesStandIn(o, g.before, g.now)
}

// begin starts a group on a table.
func (g *grouping) begin(table string) error {
	t, err := g.s.need(table)
	if err != nil {
		return err
	}
	if g.now, err = g.s.relax(t); err != nil {
		return err
	}
	g.before, g.exact, g.named = t, t.Clone(), false
	g.using, g.fill, g.quiet = map[string]schema.Expr{}, map[string]schema.Expr{}, false
	return nil
}

// apply makes the operation in both views of the table.
func (g *grouping) apply(o Op) error {
	one := func(t **schema.Table) error {
		v := &State{ddl: g.s.ddl, tables: map[string]*schema.Table{(*t).Name: *t}}
		if q, ok := o.(guarded); ok && q.idle(v) != "" {
			return nil
		}
		if err := o.apply(v); err != nil {
			return err
		}
		*t = v.tables[(*t).Name]
		return nil
	}
	g.named = g.named || namesStandIn(o, g.before, g.now)
	exactErr := one(&g.exact)
	if g.named {
		return exactErr
	}
	return one(&g.now)
}

// clashes reports whether o must see the outcome of the group before it.
func (g *grouping) clashes(o Op) bool {
	if quiet(o) || g.quiet {
		return true
	}
	touched := func(column string) bool {
		return g.using[column] != "" || g.fill[column] != "" || slices.ContainsFunc(g.ops, func(p Op) bool {
			switch p := p.(type) {
			case AddColumn:
				return p.Column.Name == column
			case AlterColumn:
				return p.Column == column && slices.Contains(p.Facets, schema.TypeFacet)
			case DropColumn:
				return p.Column == column
			}
			return false
		})
	}
	added := func(column string) bool {
		return slices.ContainsFunc(g.ops, func(p Op) bool {
			a, ok := p.(AddColumn)
			return ok && a.Column.Name == column
		})
	}
	switch o := o.(type) {
	case AlterColumn:
		// A default that is there for rows that exist, and then goes, is not no default.
		if added(o.Column) && slices.Contains(o.Facets, schema.DefaultFacet) {
			return true
		}
		// What is filled from the column is filled from its old values.
		if slices.Contains(o.Facets, schema.TypeFacet) && g.fills(o.Column) {
			return true
		}
		return touched(o.Column) &&
			(o.Using != "" || g.using[o.Column] != "" || g.fill[o.Column] != "" || slices.Contains(o.Facets, schema.TypeFacet))
	case AddColumn:
		// Over columns that the group changes, a value would be taken from the wrong side.
		return touched(o.Column.Name) || o.Fill != "" && slices.ContainsFunc(g.columns(), func(c string) bool {
			return touched(c) && strings.Contains(string(o.Fill), c)
		})
	case DropColumn:
		return touched(o.Column)
	}
	return false
}

// fills reports whether a column that is added takes values from a column.
func (g *grouping) fills(column string) bool {
	for _, e := range g.fill {
		if strings.Contains(string(e), column) {
			return true
		}
	}
	return false
}

// columns are the names that the table has or had in the group.
func (g *grouping) columns() (out []string) {
	for _, t := range []*schema.Table{g.before, g.now, g.exact} {
		for _, c := range t.Columns {
			out = append(out, c.Name)
		}
	}
	return out
}

func quiet(o Op) bool {
	switch o := o.(type) {
	case CreateIndex:
		return o.Concurrently
	case DropIndex:
		return o.Concurrently
	}
	return false
}

// flush ends the group.
func (g *grouping) flush() error {
	if g.now == nil {
		return nil
	}
	before, now, ops := g.before, g.now, g.ops
	if g.named {
		now = g.exact
	}
	g.now, g.exact, g.before, g.ops = nil, nil, nil, nil
	after, err := g.s.settle(before, now)
	if err != nil {
		return err
	}
	g.s.tables[after.Name] = after
	if changes := schema.Diff([]*schema.Table{before}, []*schema.Table{after}); len(changes) > 0 {
		g.out = append(g.out, change{ops: ops, Alteration: driver.Alteration{Before: before, After: after, Changes: changes,
			Using: g.using, Fill: g.fill, Concurrently: g.quiet}})
	}
	return nil
}

// alone makes an alteration of its own of an operation.
func (g *grouping) alone(o Op) error {
	s := g.s
	switch o := o.(type) {
	case CreateTable:
		if s.tables[o.Table.Name] != nil {
			return dberr.New(dberr.SchemaMismatch, "migrate",
				"table "+o.Table.Name+" exists already; use IfNotExists where that is fine")
		}
		if err := readable(expressions(o.Table)...); err != nil {
			return err
		}
		t, err := s.normal(o.Table)
		if err != nil {
			return err
		}
		s.tables[t.Name] = t
		g.out = append(g.out, change{ops: []Op{o}, Alteration: driver.Alteration{After: t,
			Changes: []schema.Change{schema.AddTable{Table: t}}}})
		return nil
	case DropTable:
		t, err := s.need(o.Name)
		if err != nil {
			return err
		}
		delete(s.tables, o.Name)
		g.out = append(g.out, change{ops: []Op{o}, Alteration: driver.Alteration{Before: t,
			Changes: []schema.Change{schema.DropTable{Table: t}}}})
		return nil
	}
	before, err := s.need(o.On())
	if err != nil {
		return err
	}
	// The rename as the engine does it, and what it then has by another rule.
	plain := &State{tables: s.tables}
	plain = plain.Clone()
	if err := o.apply(plain); err != nil {
		return err
	}
	name, owned := before.Name, false
	var rename schema.Change
	switch o := o.(type) {
	case RenameTable:
		name, owned = o.To, o.Owned
		rename = schema.RenameTable{From: o.From, To: o.To}
	case RenameColumn:
		owned = o.Owned
		rename = schema.RenameColumn{Table: plain.tables[name], From: o.From, To: o.To}
	}
	renamed := plain.tables[name]
	g.out = append(g.out, change{ops: []Op{o}, Alteration: driver.Alteration{Before: before, After: renamed,
		Changes: []schema.Change{rename}}})

	now, err := s.relax(before)
	if err != nil {
		return err
	}
	if owned {
		if now, err = s.unname(before, now); err != nil {
			return err
		}
	}
	loose := &State{tables: map[string]*schema.Table{before.Name: now}}
	if err := o.apply(loose); err != nil {
		return err
	}
	after, err := s.settle(renamed, loose.tables[name])
	if err != nil {
		return err
	}
	s.tables = plain.tables
	s.tables[name] = after
	if changes := schema.Diff([]*schema.Table{renamed}, []*schema.Table{after}); len(changes) > 0 {
		g.out = append(g.out, change{ops: []Op{o}, Alteration: driver.Alteration{Before: renamed, After: after,
			Changes: changes}})
	}
	return nil
}
