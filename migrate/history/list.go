package history

import (
	"errors"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/revision"
)

// RevisionInfo is a revision of one lineage, for lists.
type RevisionInfo struct {
	Lineage string `json:"lineage"`
	revision.Entry
}

func describe(m *Member, entries []revision.Entry) []RevisionInfo {
	out := make([]RevisionInfo, len(entries))
	for i, e := range entries {
		out[i] = RevisionInfo{m.Name, e}
	}
	return out
}

// List lists revisions, newest first, lineage after lineage. span is a range
// such as "a:b", "-2:current" or empty for all; rows say what is marked and
// what "current" means.
func (s *Set) List(rows map[string][]string, span string) ([]RevisionInfo, error) {
	var out []RevisionInfo
	var missing error
	for _, m := range s.selected {
		if m.Graph.Len() == 0 {
			continue
		}
		entries, err := m.Graph.History(rows[m.Name], span)
		var unknown *revision.NotFound
		if errors.As(err, &unknown) && !unknown.Recorded && len(s.selected) > 1 {
			if missing == nil {
				missing = err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, describe(m, entries)...)
	}
	if out == nil && missing != nil {
		return nil, missing
	}
	return out, nil
}

// Heads lists the heads. With dependencies resolved, a head that another
// branch depends on is left out.
func (s *Set) Heads(resolved bool) ([]RevisionInfo, error) {
	return s.entries(func(m *Member) []string {
		if resolved {
			return m.Graph.Tips()
		}
		return m.Graph.Heads()
	})
}

// Branches lists the branch points; the children are in Next.
func (s *Set) Branches() ([]RevisionInfo, error) {
	return s.entries(func(m *Member) []string { return m.Graph.BranchPoints() })
}

func (s *Set) entries(ids func(m *Member) []string) ([]RevisionInfo, error) {
	var out []RevisionInfo
	for _, m := range s.selected {
		e, err := m.Graph.Entries(nil, ids(m)...)
		if err != nil {
			return nil, err
		}
		out = append(out, describe(m, e)...)
	}
	return out, nil
}

// Find returns the revisions that a symbol means, counted from rows where it
// counts from a database. None is dberr.NotFound.
func (s *Set) Find(rows map[string][]string, symbol string) ([]RevisionInfo, error) {
	ms, err := s.Select(rows, symbol)
	if err != nil {
		return nil, err
	}
	var out []RevisionInfo
	for _, m := range ms {
		ids, err := m.Graph.Resolve(rows[m.Name], symbol)
		if err != nil {
			if m.Graph.Len() == 0 && len(ms) > 1 {
				continue
			}
			return nil, err
		}
		e, err := m.Graph.Entries(rows[m.Name], ids...)
		if err != nil {
			return nil, err
		}
		out = append(out, describe(m, e)...)
	}
	if len(out) == 0 {
		return nil, dberr.New(dberr.NotFound, "show", symbol+" is no revision; name one")
	}
	return out, nil
}

// Summary lists what a revision records, one line each, up and down. down is
// nil for one that has no way down, and for one that leaves it to be worked
// out where there is no target.
func (s *Set) Summary(lineage, id string) (up, down []string, err error) {
	only, err := s.In(lineage)
	if err != nil {
		return nil, nil, err
	}
	m := only.selected[0]
	r := m.byID[id]
	if r == nil {
		return nil, nil, dberr.New(dberr.NotFound, "show", "there is no revision "+id)
	}
	ops, err := m.up(id)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range ops {
		up = append(up, o.String())
	}
	if s.target == nil && r.Downgrade == nil {
		return up, nil, nil
	}
	rev, _ := m.Graph.Get(id)
	back, err := s.Operations(Step{m, revision.Step{Revision: rev, Direction: Down}})
	if errors.Is(err, ErrIrreversible) || dberr.CodeOf(err) == dberr.Unsupported {
		return up, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, o := range back {
		down = append(down, o.String())
	}
	return up, down, nil
}
