package history

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// Set is the lineages that share a database, checked against each other, and
// the engine that they are read for.
type Set struct {
	target   *op.Target
	all      []*Member
	selected []*Member
}

// Member is a lineage of a set, with its graph.
type Member struct {
	Lineage
	Graph *revision.Graph

	byID map[string]*Revision
}

// New checks lineages against each other and, unless target is nil, against
// what its engine can do. Without a target, operations are what was recorded,
// for whichever engine.
func New(lineages []Lineage, target *op.Target) (*Set, error) {
	if len(lineages) == 0 {
		return nil, dberr.New(dberr.Invalid, "migrations", "no lineage was given; set Options.Lineages")
	}
	s := &Set{target: target}
	for _, l := range lineages {
		if err := s.add(l); err != nil {
			return nil, err
		}
	}
	s.selected = s.all
	return s, nil
}

// add checks a lineage against those before it.
func (s *Set) add(l Lineage) error {
	if l.Name == "" {
		l.Name = DefaultLineage
	}
	if l.VersionTable == "" {
		l.VersionTable = DefaultVersionTable
	}
	if len(l.Name) > 64 || strings.ContainsAny(l.Name, ":@ \t\n") {
		return dberr.New(dberr.Invalid, "migrations",
			fmt.Sprintf("the lineage name %q cannot be used; take up to 64 letters and digits", l.Name))
	}
	for _, o := range s.all {
		if o.Name == l.Name {
			return dberr.New(dberr.Invalid, "migrations",
				"there are two lineages called "+l.Name+"; give each a name of its own")
		}
		if o.VersionTable == l.VersionTable && o.VersionSchema == l.VersionSchema {
			return dberr.New(dberr.Invalid, "migrations",
				"the lineages "+o.Name+" and "+l.Name+" have the same version table "+l.VersionTable+"; give each a table of its own")
		}
	}
	if l.VersionSchema != "" && s.target != nil && !s.target.Dialect.Has(driver.Schemas) {
		return dberr.New(dberr.Unsupported, "migrations",
			"lineage "+l.Name+" has its version table in the schema "+l.VersionSchema+
				", and this engine has no schemas; leave VersionSchema empty for it")
	}
	m, err := newMember(l)
	if err != nil {
		return err
	}
	s.all = append(s.all, m)
	return nil
}

func newMember(l Lineage) (*Member, error) {
	l.Revisions = slices.Clone(l.Revisions)
	if err := l.Names.Validate(); err != nil {
		return nil, dberr.WithOp(err, l.Name)
	}
	if l.Names != nil {
		l.Tables = slices.Clone(l.Tables)
		for i, t := range l.Tables {
			l.Tables[i] = l.Names.Apply(t)
		}
	}
	m := &Member{Lineage: l, byID: make(map[string]*Revision, len(l.Revisions))}
	revs := make([]revision.Revision, len(l.Revisions))
	for i := range l.Revisions {
		r := &l.Revisions[i]
		m.byID[r.ID] = r
		revs[i] = revision.Revision{ID: r.ID, Down: r.Down, DependsOn: r.DependsOn, Labels: r.Labels, Doc: r.Doc,
			Path: r.Path}
	}
	var err error
	if m.Graph, err = revision.New(revs...); err != nil {
		return nil, dberr.WithOp(err, m.Name)
	}
	return m, nil
}

// Extended is the set with more revisions, in the lineage of m. It has only that
// lineage selected.
func (s *Set) Extended(m *Member, more ...Revision) (*Set, *Member, error) {
	l := m.Lineage
	l.Revisions = slices.Concat(m.Revisions, more)
	with, err := newMember(l)
	if err != nil {
		return nil, nil, err
	}
	all := slices.Clone(s.all)
	for i := range all {
		if all[i] == m {
			all[i] = with
		}
	}
	return &Set{target: s.target, all: all, selected: []*Member{with}}, with, nil
}

// AsDeclared is the set for no engine in particular.
func (s *Set) AsDeclared() *Set { return &Set{all: s.all, selected: s.selected} }

// In is the set with one lineage selected, by name.
func (s *Set) In(name string) (*Set, error) {
	m := s.Member(name)
	if m == nil {
		return nil, dberr.New(dberr.Invalid, "migrate", "there is no lineage "+name+"; there are "+names(s.all))
	}
	return &Set{target: s.target, all: s.all, selected: []*Member{m}}, nil
}

// Target is the engine that the set is read for; nil is none.
func (s *Set) Target() *op.Target { return s.target }

// All returns the lineages, in the order in which they are upgraded.
func (s *Set) All() []*Member { return s.all }

// Selected returns the lineages that are worked on, in order; the others still
// say which tables are theirs.
func (s *Set) Selected() []*Member { return s.selected }

// Names returns the names of the selected lineages, in order.
func (s *Set) Names() []string {
	out := make([]string, len(s.selected))
	for i, m := range s.selected {
		out[i] = m.Name
	}
	return out
}

// Member returns a lineage by name, selected or not; nil when there is none.
func (s *Set) Member(name string) *Member {
	for _, m := range s.all {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// Only returns the selected lineage, where there is one: what a new revision is
// for.
func (s *Set) Only() (*Member, error) {
	if len(s.selected) != 1 {
		return nil, dberr.New(dberr.Invalid, "revision",
			"there are several lineages ("+names(s.selected)+"); name the one that the revision is for with --lineage")
	}
	return s.selected[0], nil
}

// skips reports whether a lineage without revisions is passed over, because
// others are selected too.
func (s *Set) skips(m *Member) bool { return m.Graph.Len() == 0 && len(s.selected) > 1 }

// Active returns the selected lineages that have revisions; one that is
// selected alone counts without.
func (s *Set) Active() []*Member {
	return slices.DeleteFunc(slices.Clone(s.selected), s.skips)
}

func names(ms []*Member) string {
	out := make([]string, len(ms))
	for i, m := range ms {
		out[i] = m.Name
	}
	return strings.Join(out, ", ")
}

// Revision returns a revision by its whole id; nil when there is none.
func (m *Member) Revision(id string) *Revision { return m.byID[id] }

// Declared returns a declared table; nil when there is none of that name.
func (m *Member) Declared(table string) *schema.Table {
	for _, t := range m.Tables {
		if t.Name == table {
			return t
		}
	}
	return nil
}

// ErrIrreversible is in the chain of an error when a way down was asked for
// that a revision does not have.
var ErrIrreversible = dberr.New(dberr.Unsupported, "downgrade", "the revision has no way down")

// up records what a revision does on the way up, on any engine.
func (m *Member) up(id string) ([]op.Op, error) {
	ops, err := op.RecordNamed(m.byID[id].Upgrade, m.Names)
	return ops, dberr.WithOp(err, "revision "+id)
}

// Up records what a revision does on the way up.
func (s *Set) Up(m *Member, id string) ([]op.Op, error) {
	ops, err := m.up(id)
	return s.forEngine(ops), err
}

// Operations records what a step does in its direction.
func (s *Set) Operations(st Step) ([]op.Op, error) {
	if st.Direction == revision.Up {
		return s.Up(st.Member, st.ID())
	}
	ops, err := s.down(st)
	return s.forEngine(ops), err
}

// down records the way down. A revision that leaves it to be worked out needs
// a target, for the state that its way up started from.
func (s *Set) down(st Step) ([]op.Op, error) {
	m, id := st.Member, st.ID()
	r := m.byID[id]
	if r.Irreversible != "" {
		return nil, &dberr.Error{Op: "downgrade", Code: dberr.Unsupported, Msg: "revision " + id + " cannot be undone: " +
			r.Irreversible, Err: ErrIrreversible}
	}
	if r.Downgrade != nil || r.Upgrade == nil {
		ops, err := op.RecordNamed(r.Downgrade, m.Names)
		return ops, dberr.WithOp(err, "revision "+id)
	}
	up, err := s.Up(m, id)
	if err != nil {
		return nil, err
	}
	before, err := s.Replay(m, slices.Concat(st.Revision.Down, st.Revision.DependsOn))
	if err != nil {
		return nil, err
	}
	ops, err := op.Reverse(before.State, up)
	return ops, dberr.WithOp(err, "revision "+id)
}

// forEngine is what of the operations is for the engine at hand; all, where
// there is none.
func (s *Set) forEngine(ops []op.Op) []op.Op {
	if s.target == nil {
		return ops
	}
	return op.For(s.target.Dialect, ops)
}
