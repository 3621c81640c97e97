package history

import (
	"errors"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// Direction says which way revisions run.
type Direction = revision.Direction

// The directions.
const (
	Up   = revision.Up
	Down = revision.Down
)

// Step is one revision to run, in its lineage.
type Step struct {
	Member *Member
	revision.Step
}

// ID is that of the revision.
func (st Step) ID() string { return st.Revision.ID }

// Select chooses the selected lineages that a target is about. A word means all
// of them, a step up or down the first one, anything else the one that knows it.
// rows are those of the version tables, by lineage.
func (s *Set) Select(rows map[string][]string, target string) ([]*Member, error) {
	if len(s.selected) == 1 {
		return s.selected, nil
	}
	switch target {
	case "head", "heads", "base", "current":
		return s.selected, nil
	}
	if strings.HasPrefix(target, "+") || strings.HasPrefix(target, "-") {
		return s.selected[:1], nil
	}
	var found []*Member
	var other *Member
	for _, m := range s.selected {
		_, err := m.Graph.Resolve(rows[m.Name], target)
		var missing *revision.NotFound
		switch {
		case err == nil:
			found = append(found, m)
		case !errors.As(err, &missing) || missing.Recorded:
			other = m
		}
	}
	switch {
	case len(found) > 1:
		return nil, dberr.New(dberr.Invalid, "migrate",
			target+" means something in several lineages ("+names(found)+"); name one of them with --lineage")
	case len(found) == 1:
		return found, nil
	case other != nil:
		return []*Member{other}, nil
	}
	return s.selected[:1], nil
}

// Steps plans the way to target, in the order in which it runs; none when the
// rows say that it is reached.
func (s *Set) Steps(rows map[string][]string, d Direction, target string) ([]Step, error) {
	ms, err := s.Select(rows, target)
	if err != nil {
		return nil, err
	}
	var out []Step
	for _, m := range s.InOrder(ms, d) {
		steps, err := m.Steps(rows[m.Name], d, target)
		if err != nil {
			return nil, err
		}
		out = append(out, steps...)
	}
	return out, nil
}

// InOrder returns the lineages that have revisions in the order in which a
// direction runs them.
func (s *Set) InOrder(ms []*Member, d Direction) []*Member {
	ms = slices.DeleteFunc(slices.Clone(ms), s.skips)
	if d == Down {
		slices.Reverse(ms)
	}
	return ms
}

// Steps plans the way from rows to target.
func (m *Member) Steps(rows []string, d Direction, target string) ([]Step, error) {
	find := m.Graph.Upgrade
	if d == Down {
		find = m.Graph.Downgrade
	}
	steps, err := find(rows, target)
	if err != nil {
		return nil, err
	}
	out := make([]Step, len(steps))
	for i, st := range steps {
		out[i] = Step{m, st}
	}
	return out, nil
}

// First plans one revision by itself; nil when others would have to run first,
// or when there is nothing to do for it.
func (m *Member) First(rows []string, id string, d Direction) *Step {
	to := id
	if d == Down {
		to = "base"
		if rev, ok := m.Graph.Get(id); ok && len(rev.Down) > 0 {
			to = rev.Down[0]
		}
	}
	steps, err := m.Steps(rows, d, to)
	if err != nil || len(steps) == 0 || steps[0].ID() != id {
		return nil
	}
	return &steps[0]
}

// State is the schema as it is known, and the rows of the version tables by
// lineage.
type State struct {
	*op.State
	Rows map[string][]string
}

func newState(ddl driver.DDL, tables ...*schema.Table) (*State, error) {
	s, err := op.NewState(ddl, tables...)
	return &State{State: s, Rows: map[string][]string{}}, err
}

// Replay returns the state of a history that has come to rows, without a
// database: what every revision on the way records. Lineages ahead of m are
// taken as a whole, because m may build on them. Without a target, tables are
// as they were declared.
func (s *Set) Replay(m *Member, rows []string) (*State, error) {
	var ddl driver.DDL
	if s.target != nil {
		ddl = s.target.DDL
	}
	st, err := newState(ddl)
	if err != nil {
		return nil, err
	}
	for _, o := range s.all {
		to := rows
		if o != m {
			to = o.Graph.Tips()
		}
		if err := s.replayTo(st, o, to); err != nil {
			return nil, err
		}
		if o == m {
			break
		}
	}
	return st, nil
}

// replayTo applies the revisions that rows stand for, oldest first.
func (s *Set) replayTo(st *State, m *Member, rows []string) error {
	for _, row := range rows {
		steps, err := m.Graph.Upgrade(st.Rows[m.Name], row)
		if err != nil {
			return err
		}
		for _, step := range steps {
			ops, err := s.Up(m, step.Revision.ID)
			if err != nil {
				return err
			}
			if err := st.State.Apply(ops...); err != nil {
				return dberr.WithOp(err, "revision "+step.Revision.ID)
			}
			if st.Rows[m.Name], err = revision.ApplyRows(st.Rows[m.Name], step.Rows...); err != nil {
				return err
			}
		}
	}
	return nil
}
