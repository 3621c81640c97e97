package transfer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/transfer/canon"
)

// Round is what a run has done to be where its source is.
type Round struct {
	Inserted int64         `json:"inserted"`
	Updated  int64         `json:"updated"`
	Deleted  int64         `json:"deleted"`
	Whole    bool          `json:"whole"` // false when there was more than is done at once: another round has the rest
	Elapsed  time.Duration `json:"elapsed"`
}

// Quiet reports whether nothing had changed.
func (r *Round) Quiet() bool { return r.Whole && r.Inserted+r.Updated+r.Deleted == 0 }

// mostPending is about how many bytes of changed rows are done in one round.
const mostPending = 32 << 20

// follower is what a run remembers of the target from one round to the next:
// for each table, of each row the sum of its key and its own. A row takes about
// a hundred bytes.
type follower struct {
	held  map[string]map[mark]*held
	bags  map[string]digest // of tables whose rows have no key
	round int
	lines bool // the last round has written some into the quarantine file
	doubt bool // what is held may not be what is there
	quiet *quiet
}

// quiet is a round that has found nothing to do, with the sums of its moment of
// the source; nil when the last one was none.
type quiet struct {
	walk   *walk
	report *Report
}

// mark is enough of a sum to tell rows of one table apart.
type mark [2]uint64

func markOf(s canon.Sum) mark { return mark{s[0], s[1]} }

type held struct {
	row  mark
	seen int // the round that last found it in the source
}

// pending are the rows of one table that the target does not have like that.
type pending struct {
	way  *way
	rows []sent
	anew bool // the rows have no key, and all of them are written again
}

// CatchUp brings into the target what has changed in the source since the last
// round, or since the rows were copied: it reads all of the source, and writes
// and deletes only rows that differ. Between rounds the target is of several
// moments, and the run cannot be finished; a round that is quiet has found it to
// be the source's moment, and [Run.Compare] proves it. src is another, later
// moment of the source that was copied.
//
// The report is as that of Copy, of the whole source. The quarantine file is
// written anew, so that it has what stays behind now. Of a table whose rows have
// no key all are in memory at a time, and are written again when one is another.
func (r *Run) CatchUp(ctx context.Context, src Source) (*Round, *Report, error) {
	begun := time.Now()
	if !r.following {
		if err := r.state(ctx, stateMoving); err != nil {
			return nil, nil, err
		}
		r.following = true
	}
	k, err := r.walkAgain(ctx, src)
	if err != nil {
		return nil, nil, err
	}
	if r.held == nil {
		if err := r.hold(ctx, k); err != nil {
			return nil, nil, err
		}
	}
	r.round++
	r.quiet = nil
	out, rep := &Round{}, &Report{Left: k.route.left}
	err = k.close(r.catchUp(ctx, k, out, rep))
	if err != nil || r.doubt {
		r.held, r.doubt = nil, false
	}
	out.Elapsed = time.Since(begun)
	rep.Elapsed = out.Elapsed
	if err == nil && out.Quiet() {
		r.quiet = &quiet{k, rep}
	}
	return out, rep, err
}

func (r *Run) walkAgain(ctx context.Context, src Source) (*walk, error) {
	target, err := r.to.Inspect(ctx, driver.InspectOptions{})
	if err != nil {
		return nil, err
	}
	return newWalk(ctx, src, r.to.Dialect(), stored(target), Following, &r.o)
}

// hold reads what the target has.
func (r *Run) hold(ctx context.Context, k *walk) error {
	all, bags := map[string]map[mark]*held{}, map[string]digest{}
	err := Snapshot(ctx, r.to, func(ctx context.Context, there Source) error {
		for _, w := range k.route.ways {
			rows, bag := map[mark]*held{}, digest{}
			err := k.arrived(ctx, w, there, func(_ []any, key, sum canon.Sum) error {
				if len(w.key) == 0 {
					bag.add(key, sum)
				} else {
					rows[markOf(key)] = &held{row: markOf(sum)}
				}
				return nil
			})
			if err != nil {
				return err
			}
			all[w.target.Name], bags[w.target.Name] = rows, bag
		}
		return nil
	})
	if err == nil {
		r.held, r.bags = all, bags
	}
	return err
}

// errPlenty says that a round has enough to do.
var errPlenty = errors.New("there is more to do than a round does")

func (r *Run) catchUp(ctx context.Context, k *walk, out *Round, rep *Report) error {
	strange, err := k.strangers(ctx)
	rep.Tables = append(rep.Tables, strange...)
	if err != nil {
		return err
	}
	if err := k.ahead(ctx); err != nil {
		return err
	}
	todo, err := r.changed(ctx, k, rep)
	out.Whole = !errors.Is(err, errPlenty)
	if err != nil && out.Whole {
		return err
	}
	var later []*pending // rows that others refer to until those have changed
	if out.Whole {       // those that are gone make room for those that come
		if later, err = r.removeAll(ctx, k, todo, out); err != nil && later == nil {
			return err
		}
	}
	for _, p := range todo {
		if err := r.bring(ctx, p, out); err != nil {
			return err
		}
	}
	if !out.Whole {
		return nil
	}
	if _, err := r.removeAll(ctx, k, later, out); err != nil {
		return err
	}
	for _, p := range todo {
		if err := r.patch(ctx, k, p.way); err != nil {
			return err
		}
	}
	if k.lines == nil && r.lines { // nothing stays behind any more
		if k.lines, err = k.o.Quarantine(); err != nil {
			return err
		}
		r.lines = false
	} else {
		r.lines = k.lines != nil
	}
	k.done()
	return nil
}

// changed finds the rows that the target does not have, or has otherwise.
func (r *Run) changed(ctx context.Context, k *walk, rep *Report) ([]*pending, error) {
	var todo []*pending
	bytes := 0
	for _, w := range k.route.ways {
		rep.Tables = append(rep.Tables, w.report)
		p := &pending{way: w}
		todo = append(todo, p)
		have := r.held[w.target.Name]
		err := k.table(ctx, w, func(_ int64, s sent) error {
			if s.bind == nil {
				return nil
			}
			if was, ok := have[markOf(s.key)]; ok {
				was.seen = r.round
				if was.row == markOf(s.sum) {
					return nil
				}
			}
			p.rows = append(p.rows, s)
			if bytes += s.bytes; bytes > mostPending && len(w.key) > 0 {
				return errPlenty
			}
			return nil
		})
		if err != nil {
			return todo, err
		}
		if len(w.key) == 0 {
			bag := r.bags[w.target.Name]
			if p.anew = bag.rows != w.digest.rows || len(bag.differ(&w.digest)) > 0; !p.anew {
				p.rows = nil
			}
		}
	}
	return todo, nil
}

// gone counts the rows of a table that the last round did not find.
func (r *Run) gone(w *way) int {
	n := 0
	for _, h := range r.held[w.target.Name] {
		if h.seen != r.round {
			n++
		}
	}
	return n
}

// perChange is how many rows are changed in one transaction.
const perChange = 500

// changes runs statements in transactions that are not too large.
func (r *Run) changes(ctx context.Context, all []query.Statement) error {
	for part := range slices.Chunk(all, perChange) {
		err := r.to.InTx(ctx, engine.TxOptions{Name: name, Idempotent: true}, func(ctx context.Context, tx *engine.Tx) error {
			for _, st := range part {
				if _, err := query.Exec(ctx, tx, st); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// removeAll deletes the rows that the source has no more, of tables that others
// refer to last. Later are those of which that could not be done, with the error.
func (r *Run) removeAll(ctx context.Context, k *walk, todo []*pending, out *Round) (later []*pending, err error) {
	for _, p := range slices.Backward(todo) {
		n, rerr := r.remove(ctx, k, p)
		out.Deleted += n
		switch {
		case errors.Is(rerr, dberr.ErrForeignKey):
			later, err = append(later, p), rerr
		case rerr != nil:
			return nil, rerr
		}
	}
	slices.Reverse(later)
	return later, err
}

// remove deletes the rows of a table that the source has no more.
func (r *Run) remove(ctx context.Context, k *walk, p *pending) (int64, error) {
	w := p.way
	have, n := r.held[w.target.Name], r.gone(w)
	if n == 0 {
		return 0, nil
	}
	var all, loose []query.Statement // the latter let go of each other
	var marks []mark
	waiting := w.waiting()
	err := Snapshot(ctx, r.to, func(ctx context.Context, there Source) error {
		return k.arrived(ctx, w, there, func(row []any, key, _ canon.Sum) error {
			if h, ok := have[markOf(key)]; !ok || h.seen == r.round {
				return nil
			}
			marks = append(marks, markOf(key))
			u := query.Update(w.target).Where(w.at(row)...).Named(name)
			for _, i := range waiting {
				u = u.Set(query.ColumnOf[any](w.target, w.target.Columns[i].Name).SetNull())
			}
			if len(waiting) > 0 {
				loose = append(loose, u)
			}
			all = append(all, query.Delete(w.target).Where(w.at(row)...).Named(name))
			return nil
		})
	})
	if err != nil {
		return 0, err
	}
	if err := r.changes(ctx, loose); err != nil {
		return 0, err
	}
	if err := r.changes(ctx, all); err != nil {
		return 0, err
	}
	for _, m := range marks {
		delete(have, m)
	}
	return int64(len(marks)), nil
}

// at is the condition that finds one row.
func (w *way) at(row []any) []query.Cond {
	var out []query.Cond
	for _, i := range w.key {
		out = append(out, query.ColumnOf[any](w.target, w.target.Columns[i].Name).Eq(row[i]))
	}
	return out
}

// bring writes the rows of a table that are new, and then those that are others.
func (r *Run) bring(ctx context.Context, p *pending, out *Round) error {
	w := p.way
	have := r.held[w.target.Name]
	var fresh [][]any
	var all []query.Statement
	if p.anew {
		all = append(all, query.Delete(w.target).AllRows().Named(name))
	}
	for _, s := range p.rows {
		if _, there := have[markOf(s.key)]; there {
			all = append(all, w.update(s.row))
		} else {
			fresh = append(fresh, s.bind)
		}
	}
	err := r.changes(ctx, all)
	if errors.Is(err, dberr.ErrAlreadyExists) { // rows change places in what must be unique
		return r.exchange(ctx, p, out)
	}
	if err != nil {
		return err
	}
	if err := r.insert(ctx, w, fresh); err != nil {
		return err
	}
	for _, s := range p.rows {
		if len(w.key) > 0 {
			have[markOf(s.key)] = &held{row: markOf(s.sum), seen: r.round}
		}
	}
	r.bags[w.target.Name] = w.digest
	out.Inserted += int64(len(fresh))
	if !p.anew {
		out.Updated += int64(len(all))
	}
	return nil
}

// insert writes rows that are new.
func (r *Run) insert(ctx context.Context, w *way, rows [][]any) error {
	for part := range slices.Chunk(rows, perChange) {
		err := r.to.InTx(ctx, engine.TxOptions{Name: name}, func(ctx context.Context, tx *engine.Tx) error {
			_, err := engine.BulkInsert(ctx, tx, w.target.Name, w.columns(), engine.BulkRows(part))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// exchange takes all rows of a table that have changed away and writes them
// again. What goes with them by the target's own rules is found missing by the
// next round.
func (r *Run) exchange(ctx context.Context, p *pending, out *Round) error {
	w := p.way
	var all []query.Statement
	var rows [][]any
	for _, s := range p.rows {
		all = append(all, query.Delete(w.target).Where(w.at(s.row)...).Named(name))
		rows = append(rows, s.bind)
	}
	err := r.to.InTx(ctx, engine.TxOptions{Name: name}, func(ctx context.Context, tx *engine.Tx) error {
		for _, st := range all {
			if _, err := query.Exec(ctx, tx, st); err != nil {
				return err
			}
		}
		_, err := engine.BulkInsert(ctx, tx, w.target.Name, w.columns(), engine.BulkRows(rows))
		return err
	})
	if err != nil {
		return err
	}
	out.Updated += int64(len(rows))
	r.doubt = true
	return nil
}

// update gives a row its values, but for the references that are set later.
func (w *way) update(row []any) query.UpdateStmt {
	waiting := w.waiting()
	u := query.Update(w.target).Named(name).Where(w.at(row)...)
	for i, c := range w.target.Columns {
		switch col := query.ColumnOf[any](w.target, c.Name); {
		case slices.Contains(w.key, i):
		case row[i] == nil || slices.Contains(waiting, i):
			u = u.Set(col.SetNull())
		default:
			u = u.Set(col.Set(row[i]))
		}
	}
	return u
}

// Compare reads the target back and compares it with the moment of the source of
// the last round, whose sums that has taken: it was quiet, else this is
// dberr.Conflict, and the source is still there, to be read again where something
// differs. Where they are equal the run can be finished. Differences are in the
// report, and the next round mends them: they are no error.
func (r *Run) Compare(ctx context.Context) (*Report, error) {
	if r.quiet == nil {
		return nil, dberr.New(dberr.Conflict, name, "the last round has found changes; compare when one has found none")
	}
	begun := time.Now()
	k, rep := r.quiet.walk, r.quiet.report
	r.quiet = nil
	err := k.compare(ctx, r.to)
	rep.Elapsed = time.Since(begun)
	if err != nil {
		return rep, err
	}
	if !rep.Equal() {
		r.held = nil
		return rep, nil
	}
	r.following = false
	return rep, r.state(ctx, stateCopied)
}
