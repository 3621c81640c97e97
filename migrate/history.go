package migrate

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/revision"
)

// Position is where a database is in one lineage.
type Position struct {
	Lineage string           `json:"lineage"`
	Rows    []string         `json:"rows"`    // of the version table, sorted; empty at base
	Entries []revision.Entry `json:"entries"` // of the rows
	Heads   []string         `json:"heads"`   // of the history
	Pending int              `json:"pending"` // revisions that are not applied
}

// Current returns where the database is, one Position per lineage, in order.
// It writes nothing. Revisions that the program does not know are an error
// with [ErrUnknownRevision] in its chain.
func (r *Runner) Current(ctx context.Context) ([]Position, error) {
	eng, err := r.eng()
	if err != nil {
		return nil, err
	}
	b, err := r.read(ctx, eng, eng)
	if err != nil {
		return nil, err
	}
	if err := r.known(b); err != nil {
		return nil, err
	}
	return r.positions(b)
}

func (r *Runner) positions(b *book) ([]Position, error) {
	var out []Position
	for _, l := range r.in {
		rows := b.rows[l.Name]
		entries, err := l.graph.Entries(nil, rows...)
		if err != nil {
			return nil, err
		}
		applied, err := l.graph.Applied(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, Position{Lineage: l.Name, Rows: slices.Clone(rows), Entries: entries, Heads: l.graph.Heads(), Pending: l.graph.Len() - len(applied)})
	}
	return out, nil
}

// CheckHeads reports a database that does not have everything as an error.
func (r *Runner) CheckHeads(ctx context.Context) error {
	eng, err := r.eng()
	if err != nil {
		return err
	}
	b, err := r.read(ctx, eng, eng)
	if err != nil {
		return err
	}
	if err := r.known(b); err != nil {
		return err
	}
	return r.checkHeads(b)
}

func (r *Runner) checkHeads(b *book) error {
	for _, l := range r.in {
		if err := l.graph.CheckHeads(b.rows[l.Name]); err != nil {
			return err
		}
	}
	return nil
}

// Listed is a revision of one lineage.
type Listed struct {
	Lineage string `json:"lineage"`
	revision.Entry
}

// History lists revisions, newest first, lineage after lineage. span is a
// range such as "a:b", "-2:current" or empty for all; with current, the
// database says what is marked and what "current" means, and without, none is
// asked.
func (r *Runner) History(ctx context.Context, span string, current bool) ([]Listed, error) {
	rows := map[string][]string{}
	if current {
		eng, err := r.eng()
		if err != nil {
			return nil, err
		}
		b, err := r.read(ctx, eng, eng)
		if err != nil {
			return nil, err
		}
		rows = b.rows
	}
	var out []Listed
	var missing error
	for _, l := range r.in {
		if l.graph.Len() == 0 {
			continue
		}
		entries, err := l.graph.History(rows[l.Name], span)
		var unknown *revision.NotFound
		if errors.As(err, &unknown) && !unknown.Recorded && len(r.in) > 1 {
			missing = errors.Join(missing, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, listed(l, entries)...)
	}
	if out == nil && missing != nil {
		return nil, first(missing)
	}
	return out, nil
}

func first(err error) error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		if l := j.Unwrap(); len(l) > 0 {
			return l[0]
		}
	}
	return err
}

func listed(l *lineage, entries []revision.Entry) []Listed {
	out := make([]Listed, len(entries))
	for i, e := range entries {
		out[i] = Listed{l.Name, e}
	}
	return out
}

// Heads lists the heads. With dependencies resolved, a head that another
// branch depends on is left out.
func (r *Runner) Heads(resolved bool) ([]Listed, error) {
	return r.list(func(l *lineage) []string {
		if resolved {
			return l.graph.Tips()
		}
		return l.graph.Heads()
	})
}

// Branches lists the branch points; the children are in Next.
func (r *Runner) Branches() ([]Listed, error) {
	return r.list(func(l *lineage) []string { return l.graph.BranchPoints() })
}

func (r *Runner) list(ids func(l *lineage) []string) ([]Listed, error) {
	var out []Listed
	for _, l := range r.in {
		e, err := l.graph.Entries(nil, ids(l)...)
		if err != nil {
			return nil, err
		}
		out = append(out, listed(l, e)...)
	}
	return out, nil
}

// Show returns the revisions that a symbol means. "current" asks the database.
func (r *Runner) Show(ctx context.Context, symbol string) ([]Listed, error) {
	rows := map[string][]string{}
	if strings.Contains(symbol, "current") || strings.HasPrefix(symbol, "+") || strings.HasPrefix(symbol, "-") {
		eng, err := r.eng()
		if err != nil {
			return nil, err
		}
		b, err := r.read(ctx, eng, eng)
		if err != nil {
			return nil, err
		}
		rows = b.rows
	}
	ls, err := r.aim(rows, symbol)
	if err != nil {
		return nil, err
	}
	var out []Listed
	for _, l := range ls {
		ids, err := l.graph.Resolve(rows[l.Name], symbol)
		if err != nil {
			if l.graph.Len() == 0 && len(ls) > 1 {
				continue
			}
			return nil, err
		}
		e, err := l.graph.Entries(rows[l.Name], ids...)
		if err != nil {
			return nil, err
		}
		out = append(out, listed(l, e)...)
	}
	if len(out) == 0 {
		return nil, dberr.New(dberr.NotFound, "show", symbol+" is no revision; name one")
	}
	return out, nil
}

// Operations lists what a revision records, one line each, up and down. The
// way down of one that leaves it to be worked out needs Options.Target or an
// Engine.
func (r *Runner) Operations(lineageName, id string) (up, down []string, err error) {
	only, err := r.In(lineageName)
	if err != nil {
		return nil, nil, err
	}
	l := only.in[0]
	if l.byID[id] == nil {
		return nil, nil, dberr.New(dberr.NotFound, "show", "there is no revision "+id)
	}
	ops, err := l.up(id)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range ops {
		up = append(up, o.String())
	}
	if r.o.Target == nil && l.byID[id].Downgrade == nil {
		return up, nil, nil
	}
	rev, _ := l.graph.Get(id)
	back, err := r.ops(aimed{l, revision.Step{Revision: rev, Direction: Down}})
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
