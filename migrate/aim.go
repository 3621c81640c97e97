package migrate

import (
	"errors"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
)

// aimed is one revision to run, in its lineage.
type aimed struct {
	l    *lineage
	step revision.Step
}

// known refuses a database that is at revisions which this program does not
// have.
func (r *Runner) known(b *book) error {
	for _, l := range r.all {
		for _, id := range b.rows[l.Name] {
			if _, ok := l.graph.Get(id); ok {
				continue
			}
			newest := strings.Join(l.graph.Tips(), ", ")
			if newest == "" {
				newest = "none"
			}
			return &dberr.Error{Op: "migrate", Code: dberr.SchemaMismatch, Err: ErrUnknownRevision,
				Msg: "the database is at revision " + id + " (table " + l.version().String() + "), which this program does not know (its newest is " + newest +
					"); nothing was changed; run the release that made it, or rewrite the record with stamp --purge"}
		}
	}
	return nil
}

// aim chooses the lineages that a target is about. A word means all of them, a
// step up or down the first one, anything else the one that knows it.
func (r *Runner) aim(rows map[string][]string, target string) ([]*lineage, error) {
	if len(r.in) == 1 {
		return r.in, nil
	}
	switch target {
	case "head", "heads", "base", "current":
		return r.in, nil
	}
	if strings.HasPrefix(target, "+") || strings.HasPrefix(target, "-") {
		return r.in[:1], nil
	}
	var found []*lineage
	var other *lineage
	for _, l := range r.in {
		_, err := l.graph.Resolve(rows[l.Name], target)
		var missing *revision.NotFound
		switch {
		case err == nil:
			found = append(found, l)
		case !errors.As(err, &missing) || missing.Recorded:
			other = l
		}
	}
	switch {
	case len(found) > 1:
		return nil, dberr.New(dberr.Invalid, "migrate", target+" means something in several lineages ("+names(found)+"); name one of them with --lineage")
	case len(found) == 1:
		return found, nil
	case other != nil:
		return []*lineage{other}, nil
	}
	return r.in[:1], nil
}

// steps plans the way to target.
func (r *Runner) steps(rows map[string][]string, d revision.Direction, target string) ([]aimed, error) {
	ls, err := r.aim(rows, target)
	if err != nil {
		return nil, err
	}
	if d == revision.Down {
		ls = slices.Clone(ls)
		slices.Reverse(ls)
	}
	var out []aimed
	for _, l := range ls {
		if l.graph.Len() == 0 && len(r.in) > 1 {
			continue
		}
		find := l.graph.Upgrade
		if d == revision.Down {
			find = l.graph.Downgrade
		}
		steps, err := find(rows[l.Name], target)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			out = append(out, aimed{l, s})
		}
	}
	return out, nil
}

// replay returns the state of a history that has come to rows, without a
// database: what every revision on the way records. Lineages ahead of l are
// taken as a whole, because l may build on them.
func (r *Runner) replay(t Target, l *lineage, rows []string) (*state, error) {
	s, err := newState(t.DDL)
	if err != nil {
		return nil, err
	}
	for _, o := range r.all {
		to := rows
		if o != l {
			to = o.graph.Tips()
		}
		if err := o.replayTo(s, t.Dialect, to); err != nil {
			return nil, err
		}
		if o == l {
			break
		}
	}
	return s, nil
}

// replayTo applies the revisions that rows stand for, oldest first.
func (l *lineage) replayTo(s *state, d driver.Dialect, rows []string) error {
	for _, row := range rows {
		have, err := l.graph.Upgrade(s.rows[l.Name], row)
		if err != nil {
			return err
		}
		for _, st := range have {
			ops, err := l.up(st.Revision.ID)
			if err != nil {
				return err
			}
			if err := s.State.Apply(op.For(d, ops)...); err != nil {
				return dberr.WithOp(err, "revision "+st.Revision.ID)
			}
			if s.rows[l.Name], err = revision.ApplyRows(s.rows[l.Name], st.Rows...); err != nil {
				return err
			}
		}
	}
	return nil
}

// rowsAfter is what the version table holds when the revision is done.
func (x *execution) rowsAfter() ([]string, error) {
	rows, err := revision.ApplyRows(x.s.rows[x.w.l.Name], x.w.step.Rows...)
	if err != nil {
		return nil, dberr.New(dberr.Internal, "record the version", err.Error())
	}
	return rows, nil
}
