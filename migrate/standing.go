package migrate

import (
	"context"
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Standing is what a database is to a program that is about to use it.
type Standing struct {
	Rows    map[string][]string // by lineage: the revisions that are recorded, sorted
	Unknown []string            // of those, the ones that this program does not have
	Heads   map[string][]string // by lineage: what the program would bring it to

	Pending    int  // revisions to apply; 0 where some are unknown
	Half       bool // a revision was cut off in the middle, or is under way somewhere else
	Unfinished bool // its creation was cut off, or is under way somewhere else
	Empty      bool // no revision is recorded, and no table of the lineages is there
}

// AtHead reports whether there is nothing to do.
func (s *Standing) AtHead() bool {
	return len(s.Unknown) == 0 && s.Pending == 0 && !s.Half && !s.Unfinished
}

// Standing looks where the database stands. Unlike [Runner.Current] it takes
// revisions that the program does not know for an answer. It writes nothing
// and takes no lock.
func (r *Runner) Standing(ctx context.Context) (*Standing, error) {
	eng, err := r.eng()
	if err != nil {
		return nil, err
	}
	b, err := r.read(ctx, eng, eng)
	if err != nil {
		return nil, err
	}
	s := &Standing{Rows: b.rows, Heads: map[string][]string{}, Half: len(b.journal) > 0, Unfinished: b.has[unfinishedTable]}
	recorded, started := false, s.Half || s.Unfinished
	for _, l := range r.all {
		s.Heads[l.Name] = l.graph.Heads()
		for _, id := range b.rows[l.Name] {
			recorded = true
			if _, ok := l.graph.Get(id); !ok {
				s.Unknown = append(s.Unknown, id)
			}
		}
		started = started || b.has[l.version().String()]
	}
	if len(s.Unknown) > 0 {
		return s, nil
	}
	pos, err := r.positions(b)
	if err != nil {
		return nil, err
	}
	for _, p := range pos {
		s.Pending += p.Pending
	}
	if !recorded && !started {
		found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: r.declares})
		if err != nil {
			return nil, err
		}
		s.Empty = len(found) == 0
	}
	return s, nil
}

// declares reports whether a table is one of those that the lineages declare.
func (r *Runner) declares(name string) bool {
	return slices.ContainsFunc(r.all, func(l *lineage) bool {
		return slices.ContainsFunc(l.Tables, func(t *schema.Table) bool { return t.Name == name })
	})
}
