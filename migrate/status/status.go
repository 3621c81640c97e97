package status

import (
	"context"
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/revision"
)

// Status is what a database is to a program that is about to use it.
type Status struct {
	Rows    map[string][]string // by lineage: the revisions that are recorded, sorted
	Unknown []string            // of those, the ones that this program does not have
	Heads   map[string][]string // by lineage: what the program would bring it to

	Pending     int  // revisions to apply, but for those of optional lineages; 0 where some are unknown
	HalfApplied bool // a revision was cut off in the middle, or is under way somewhere else
	Unfinished  bool // its creation was cut off, or is under way somewhere else
	Empty       bool // no revision is recorded, and no table of the lineages exists
}

// AtHead reports whether there is nothing to do.
func (s *Status) AtHead() bool {
	return len(s.Unknown) == 0 && s.Pending == 0 && !s.HalfApplied && !s.Unfinished
}

// Read looks where the database is. Unlike [Positions] it takes revisions that
// the program does not know for an answer. It takes no lock.
func Read(ctx context.Context, eng *engine.Engine, set *history.Set) (*Status, error) {
	if err := ledger.NeedsEngine(eng); err != nil {
		return nil, err
	}
	l, err := ledger.Read(ctx, eng, eng, set)
	if err != nil {
		return nil, err
	}
	s := &Status{Rows: l.Rows, Heads: map[string][]string{}, HalfApplied: len(l.Journal) > 0,
		Unfinished: l.Exists[ledger.UnfinishedTable]}
	recorded, started := false, s.HalfApplied || s.Unfinished
	for _, m := range set.All() {
		s.Heads[m.Name] = m.Graph.Heads()
		for _, id := range l.Rows[m.Name] {
			recorded = true
			if m.Revision(id) == nil {
				s.Unknown = append(s.Unknown, id)
			}
		}
		started = started || l.Exists[ledger.VersionOf(m).String()]
	}
	if len(s.Unknown) > 0 {
		return s, nil
	}
	pos, err := positions(l, set)
	if err != nil {
		return nil, err
	}
	for i, m := range set.Selected() {
		if !m.Optional {
			s.Pending += pos[i].Pending
		}
	}
	if !recorded && !started {
		found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool {
			return slices.ContainsFunc(set.All(), func(m *history.Member) bool { return m.Declared(name) != nil })
		}})
		if err != nil {
			return nil, err
		}
		s.Empty = len(found) == 0
	}
	return s, nil
}

// Position is where a database is in one lineage.
type Position struct {
	Lineage string           `json:"lineage"`
	Rows    []string         `json:"rows"`    // of the version table, sorted; empty at base
	Entries []revision.Entry `json:"entries"` // of the rows
	Heads   []string         `json:"heads"`   // of the history
	Pending int              `json:"pending"` // revisions that are not applied
}

// Positions returns where the database is, one Position per selected lineage,
// in order. Revisions that the program does not know are an error with
// ledger.ErrUnknownRevision in its chain.
func Positions(ctx context.Context, eng *engine.Engine, set *history.Set) ([]Position, error) {
	l, err := ledger.ReadKnown(ctx, eng, set)
	if err != nil {
		return nil, err
	}
	return positions(l, set)
}

func positions(l *ledger.Ledger, set *history.Set) ([]Position, error) {
	var out []Position
	for _, m := range set.Selected() {
		rows := l.Rows[m.Name]
		entries, err := m.Graph.Entries(nil, rows...)
		if err != nil {
			return nil, err
		}
		applied, err := m.Graph.Applied(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, Position{Lineage: m.Name, Rows: slices.Clone(rows), Entries: entries, Heads: m.Graph.Heads(),
			Pending: m.Graph.Len() - len(applied)})
	}
	return out, nil
}

// CheckHeads reports a database that does not have everything as an error.
func CheckHeads(ctx context.Context, eng *engine.Engine, set *history.Set) error {
	l, err := ledger.ReadKnown(ctx, eng, set)
	if err != nil {
		return err
	}
	for _, m := range set.Selected() {
		if m.Optional && len(l.Rows[m.Name]) == 0 {
			continue
		}
		if err := m.Graph.CheckHeads(l.Rows[m.Name]); err != nil {
			return err
		}
	}
	return nil
}
