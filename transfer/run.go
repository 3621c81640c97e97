package transfer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/transfer/canon"
)

// Run is one transfer into a database. It is for one goroutine.
type Run struct {
	to     *engine.Engine
	o      Options
	states map[string]recorded
	copied bool // in an earlier run
	fresh  bool // begun by this one

	following bool // rows of several moments may be in the target
	follower
}

// Begin begins a transfer into a database, or takes up the one that was cut
// off, with Options.Resume. From now on the database is marked as unfinished.
// about is a noun for people who find it so: "copy".
//
// A run that is unfinished already is dberr.Conflict unless it is resumed, as
// is one that was told to do something else.
func Begin(ctx context.Context, to *engine.Engine, about string, o Options) (*Run, error) {
	r := &Run{to: to, o: o, states: map[string]recorded{}}
	there, err := hasLedger(ctx, to)
	if err != nil {
		return nil, err
	}
	about += "\n" + r.terms()
	if !there {
		r.fresh = true
		return r, makeLedger(ctx, to, about)
	}
	all, err := entries(ctx, to)
	if err != nil {
		return nil, err
	}
	was := ""
	for _, e := range all {
		if e.Name == "" {
			r.following, was = e.State == stateMoving, aboutOf(e)
			r.copied = r.following || e.State == stateCopied
			continue
		}
		if r.states[e.Name], err = recordOf(e); err != nil {
			return nil, err
		}
	}
	what, terms, _ := strings.Cut(was, "\n")
	switch {
	case !o.Resume:
		return nil, dberr.New(dberr.Conflict, name, "a "+what+" into this database was begun and not finished; resume it (--resume), or take an empty database")
	case was != "" && terms != r.terms():
		return nil, dberr.New(dberr.Conflict, name, "the "+what+" that is to be resumed was begun with another selection ("+
			terms+"); resume it with that one, or take an empty database")
	case was == "":
		return r, putEntry(ctx, to, entry{State: stateBegun, About: &about})
	}
	return r, nil
}

// terms are what has to be the same when a run is taken up. Rules may be others:
// where they had made another row of one that was written, it begins anew.
func (r *Run) terms() string {
	terms := "all"
	if r.o.Tables != nil {
		terms = strings.Join(slices.Sorted(slices.Values(r.o.Tables)), ", ")
	}
	if r.o.Part != "" {
		terms += " of " + r.o.Part
	}
	return terms
}

// Copied reports whether an earlier run has brought all rows, so that only what
// comes after is left.
func (r *Run) Copied() bool { return r.copied }

// Following reports whether an earlier run, or this one, has followed the source:
// the target may be of several moments until [Run.CatchUp] and [Run.Compare]
// have made it one.
func (r *Run) Following() bool { return r.following }

// errChanged says that rows which were read before are others now.
var errChanged = errors.New("the source has changed")

// Copy moves the rows, and reads them back to compare. The tables of the target
// must exist and be empty, but for what an earlier run has put there.
//
// The report is there with an error too, as far as it goes. Differences that
// the comparison found are an error, dberr.Conflict.
func (r *Run) Copy(ctx context.Context, src Source) (*Report, error) {
	if r.copied {
		return r.kept(), nil
	}
	rep, err := r.copy(ctx, src)
	if errors.Is(err, errChanged) {
		if err = r.clear(ctx, src); err == nil {
			rep, err = r.copy(ctx, src)
			rep.Restarted = true
		}
	}
	if err != nil {
		return rep, err
	}
	for _, t := range rep.Tables {
		if len(t.Differences) > 0 {
			return rep, dberr.New(dberr.Conflict, name, fmt.Sprintf("table %s arrived with differences: %s; somebody else writes to the target, or this is a mistake of larder", t.Table, t.Differences[0]))
		}
	}
	if err := r.analyze(ctx, rep); err != nil {
		return rep, err
	}
	r.copied = true
	return rep, r.state(ctx, stateCopied)
}

// kept reports what an earlier run has brought, which was all.
func (r *Run) kept() *Report {
	rep := &Report{}
	for _, table := range slices.Sorted(maps.Keys(r.states)) {
		was := r.states[table]
		rep.Tables = append(rep.Tables, &TableReport{Table: table, Read: was.read, Written: was.written, Kept: was.written,
			Sum: was.sum.String()})
	}
	return rep
}

// analyze has the engine look at the rows that were written, so that the first queries
// are not planned as over empty tables. An account that may not costs some speed.
func (r *Run) analyze(ctx context.Context, rep *Report) error {
	for _, t := range rep.Tables {
		st := engine.Statement{SQL: r.to.DDL().Analyze(t.Table), Write: true, Name: name}
		if st.SQL == "" || t.Written == 0 {
			continue
		}
		if _, err := r.to.Exec(ctx, st); err != nil && !dberr.IsDenied(err) {
			return err
		}
	}
	return nil
}

// state sets that of the run.
func (r *Run) state(ctx context.Context, s string) error {
	_, err := query.Exec(ctx, r.to, query.Update(ledgerDef).Set(ledgerState.Set(s), ledgerAt.Set(time.Now().Unix())).
		Where(ledgerName.Eq("")).Named(name))
	return err
}

// Finish ends the run: the database is no longer marked. A run that follows its
// source is refused with dberr.Conflict until a round has found nothing to do
// and [Run.Compare] no difference.
func (r *Run) Finish(ctx context.Context) error {
	if r.following {
		return dberr.New(dberr.Conflict, name,
			"the target is not one moment of the source; follow it until nothing changes, and compare them")
	}
	return dropLedger(ctx, r.to)
}

func (r *Run) copy(ctx context.Context, src Source) (rep *Report, err error) {
	rep = &Report{}
	begun := time.Now()
	defer func() { rep.Elapsed = time.Since(begun) }()
	target, err := r.to.Inspect(ctx, driver.InspectOptions{})
	if err != nil {
		return rep, err
	}
	k, err := newWalk(ctx, src, r.to.Dialect(), stored(target), Copying, &r.o)
	if err != nil {
		return rep, err
	}
	defer func() { err = k.close(err) }()
	rep.Left = k.route.left
	if err := r.empty(ctx, k.route); err != nil {
		return rep, err
	}
	strange, err := k.strangers(ctx)
	rep.Tables = append(rep.Tables, strange...)
	if err != nil {
		return rep, err
	}
	if err := k.ahead(ctx); err != nil {
		return rep, err
	}
	for _, w := range k.route.ways {
		rep.Tables = append(rep.Tables, w.report)
		if err := r.fill(ctx, k, w); err != nil {
			return rep, err
		}
	}
	for _, w := range k.route.ways {
		if err := r.patch(ctx, k, w); err != nil {
			return rep, err
		}
	}
	k.done()
	if r.o.NoVerify {
		return rep, nil
	}
	return rep, k.compare(ctx, r.to)
}

// empty refuses tables that have rows which no earlier run has put there.
func (r *Run) empty(ctx context.Context, route *route) error {
	for _, w := range route.ways {
		if _, ours := r.states[w.target.Name]; ours {
			continue
		}
		first := query.ColumnOf[any](w.target, w.target.Columns[0].Name)
		found, err := query.Found(ctx, r.to, query.Select(first).From(w.target).Limit(1).Named(name))
		if err != nil {
			return err
		}
		if found {
			return dberr.New(dberr.AlreadyExists, name,
				"table "+w.target.Name+" of the target is not empty; take an empty database")
		}
	}
	return nil
}

// clear takes away what an earlier run has put into the target, because it is
// of another moment.
func (r *Run) clear(ctx context.Context, src Source) error {
	target, err := r.to.Inspect(ctx, driver.InspectOptions{})
	if err != nil {
		return err
	}
	route, err := routeOf(src.Tables(), stored(target), &r.o)
	if err != nil {
		return err
	}
	for _, w := range route.ways { // those that refer to each other in a circle let go
		u := query.Update(w.target).AllRows().Named(name)
		for _, i := range w.waiting() {
			u = u.Set(query.ColumnOf[any](w.target, w.target.Columns[i].Name).SetNull())
		}
		if len(w.waiting()) > 0 {
			if _, err := query.Exec(ctx, r.to, u); err != nil {
				return err
			}
		}
	}
	for _, w := range slices.Backward(route.ways) {
		if err := r.forget(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// forget empties a table of the target.
func (r *Run) forget(ctx context.Context, w *way) error {
	delete(r.states, w.target.Name)
	return r.to.InTx(ctx, engine.TxOptions{Name: name, Idempotent: true}, func(ctx context.Context, tx *engine.Tx) error {
		if _, err := query.Exec(ctx, tx, query.Delete(w.target).AllRows().Named(name)); err != nil {
			return err
		}
		_, err := query.Exec(ctx, tx, query.Delete(ledgerDef).Where(ledgerName.Eq(w.target.Name)).Named(name))
		return err
	})
}

// fill moves the rows of one table.
func (r *Run) fill(ctx context.Context, k *walk, w *way) error {
	was := r.states[w.target.Name]
	if len(w.key) == 0 && was.read > 0 && !was.filled {
		// Without a key nobody knows the order in which rows were read.
		if err := r.forget(ctx, w); err != nil {
			return err
		}
		was = recorded{}
	}
	w.report.Kept = was.written
	p := newPipe(ctx, r, w)
	defer p.stop()
	var sum canon.Sum
	err := k.table(ctx, w, func(number int64, s sent) error {
		sum.Add(s.sum)
		switch {
		case number < was.read:
			return nil
		case number == was.read:
			if sum != was.sum || w.report.Written != was.written {
				return errChanged
			}
			return nil
		case was.filled:
			return errChanged
		}
		return p.add(s, recorded{read: number, written: w.report.Written, sum: sum})
	})
	if err == nil && w.report.Read < was.read {
		err = errChanged
	}
	end := recorded{read: w.report.Read, written: w.report.Written, sum: sum, filled: true}
	if was.filled || err != nil {
		return err
	}
	return p.finish(end)
}

// entry is the line of a table in the ledger.
func (rec recorded) entry(table string) entry {
	e := entry{Name: table, State: stateFilling, Read: rec.read, Written: rec.written, Sum: rec.sum.String()}
	if rec.filled {
		e.State = stateFilled
	}
	return e
}
