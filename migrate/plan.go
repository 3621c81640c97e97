package migrate

import (
	"context"
	"database/sql"
	"errors"
	"slices"

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

// Plan is what a run would do: data, to be printed, kept or looked at.
type Plan struct {
	Engine string        `json:"engine"`
	Steps  []PlannedStep `json:"steps"`
	// Warnings are sentences about the whole.
	Warnings []string `json:"warnings,omitempty"`
	// Foreseen is what the revisions will find in the data, as the data are now.
	Foreseen []Foreseen `json:"foreseen,omitempty"`
}

// PlannedStep is one revision of a plan.
type PlannedStep struct {
	Lineage    string             `json:"lineage"`
	Revision   string             `json:"revision"`
	Down       []string           `json:"down,omitempty"`
	Doc        string             `json:"doc,omitempty"`
	Direction  string             `json:"direction"` // "upgrade" or "downgrade"
	Operations []PlannedOperation `json:"operations"`
	Rows       []string           `json:"rows"` // changes of the version table: "update a1 to b2"

	// Transactional: the revision happens as a whole or not at all, also when
	// the process or the server is killed. Otherwise a journal is kept.
	Transactional bool `json:"transactional"`
	// Reversible: there is a way back, which may lose what Loss says.
	Reversible bool   `json:"reversible"`
	Why        string `json:"why,omitempty"` // why it is not reversible
	// Loss says what is destroyed that the way back does not bring back.
	Loss []string `json:"loss,omitempty"`
	// Lock is the heaviest lock of its statements; empty when there is none.
	Lock string `json:"lock,omitempty"`
	// Note says why the statements are not all known yet; empty when they are.
	Note string `json:"note,omitempty"`

	title string
}

// PlannedOperation is an operation with its statements.
type PlannedOperation struct {
	Operation  string             `json:"operation"`
	Statements []PlannedStatement `json:"statements,omitempty"`
	Note       string             `json:"note,omitempty"` // why there is nothing to run
}

// PlannedStatement is a statement of a plan. The values that are bound are not
// shown.
type PlannedStatement struct {
	SQL       string `json:"sql"`
	Comment   string `json:"comment,omitempty"`
	Lock      string `json:"lock,omitempty"`
	OutsideTx bool   `json:"outside_tx,omitempty"`
}

// Plan says what Upgrade or Downgrade to target would do to the database as
// it is now. It writes nothing and takes no lock, so that another process may
// be faster.
func (r *Runner) Plan(ctx context.Context, d Direction, target string) (*Plan, error) {
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
	steps, err := r.steps(b.rows, d, target)
	if err != nil {
		return nil, err
	}
	live, err := r.inspect(ctx, eng)
	if err != nil {
		return nil, err
	}
	noted, err := r.others(ctx, b, live)
	if err != nil {
		return nil, err
	}
	on := func(ctx context.Context, f func(ctx context.Context, q driver.Querier) error) error {
		return eng.OnReader(ctx, func(ctx context.Context, conn *sql.Conn) error { return f(ctx, conn) })
	}
	p, _, err := r.plan(&state{State: live, rows: b.rows}, steps, r.extrasOf(ctx, on))
	half := b.halfway()
	if err != nil {
		if len(half) == 0 {
			return nil, err
		}
		// It does not start from where any revision ends.
		p = &Plan{Engine: r.o.Target.Dialect.Engine(), Steps: []PlannedStep{}}
	}
	if p.Foreseen, err = r.preflight(ctx, steps, live); err != nil {
		return nil, err
	}
	p.Warnings = append(p.Warnings, noted...)
	for _, h := range half {
		p.Warnings = append(p.Warnings, "the "+h.direction+" of revision "+h.revision+" stands half done; what is planned is certain when it is finished or undone, see repair")
	}
	return p, nil
}

// plan compiles steps from a state on. The state is left alone. extras tells
// about tables that no step has changed yet; it may be nil.
func (r *Runner) plan(from *state, steps []aimed, extras func(string) (driver.Extras, error)) (*Plan, []*work, error) {
	p := &planner{r: r, s: from.State.Clone(), touched: map[string]bool{}}
	if extras != nil {
		p.t = r.target(func(table string) (driver.Extras, error) {
			if p.touched[table] {
				return driver.Extras{}, nil
			}
			return extras(table)
		})
	} else {
		p.t = r.target(nil)
	}
	out := &Plan{Engine: r.o.Target.Dialect.Engine(), Steps: []PlannedStep{}}
	for _, a := range steps {
		st, err := p.step(a)
		if err != nil {
			return nil, nil, err
		}
		out.Steps = append(out.Steps, st)
	}
	return out, p.works, nil
}

type planner struct {
	works   []*work
	r       *Runner
	s       *op.State
	t       op.Target
	touched map[string]bool
	unsure  string // the revision after which the schema is not known
}

func (p *planner) step(a aimed) (PlannedStep, error) {
	rev, out := a.step.Revision, plannedStep(a)
	w, ops, err := p.r.record(a)
	if err != nil {
		return out, err
	}
	p.works = append(p.works, w)
	before := p.s.Clone()
	if p.unsure != "" {
		out.Note = "the statements are known when revision " + p.unsure + " has run, because it changes the schema in words of its own"
		out.Transactional = p.transactional(w)
		out.Reversible = rev.ID != "" && a.l.byID[rev.ID].Irreversible == ""
		for _, u := range w.units {
			out.Operations = append(out.Operations, PlannedOperation{Operation: u.op.String()})
		}
		return out, nil
	}
	if out.Loss, err = op.Loss(before, ops); err != nil {
		return out, dberr.WithOp(err, "revision "+rev.ID)
	}
	out.Reversible, out.Why = p.reversible(a, before)
	for _, u := range w.units {
		planned, err := p.unit(w, u)
		if err != nil {
			return out, dberr.WithOp(err, "revision "+rev.ID)
		}
		out.Operations = append(out.Operations, planned)
		for _, s := range planned.Statements {
			out.Lock = heavier(out.Lock, s.Lock)
		}
		if p.unsure == "?" {
			p.unsure = rev.ID
		}
	}
	out.Transactional = p.transactional(w)
	return out, nil
}

func (p *planner) transactional(w *work) bool {
	return p.t.Dialect.Has(schema.TransactionalDDL) && len(w.segments(0)) == 1
}

// plannedStep is what is known of a step without compiling it.
func plannedStep(a aimed) PlannedStep {
	rev := a.step.Revision
	out := PlannedStep{Lineage: a.l.Name, Revision: rev.ID, Down: rev.Down, Doc: rev.Doc, Direction: a.step.Direction.String(), Operations: []PlannedOperation{}, title: a.step.String()}
	for _, c := range a.step.Rows {
		out.Rows = append(out.Rows, c.String())
	}
	return out
}

// reversible says whether there is a way back from a step.
func (p *planner) reversible(a aimed, before *op.State) (bool, string) {
	r := a.l.byID[a.step.Revision.ID]
	switch {
	case a.step.Direction == revision.Down:
		return true, "" // the way back is the way up
	case r.Irreversible != "":
		return false, r.Irreversible
	case r.Downgrade != nil || r.Upgrade == nil:
		return true, ""
	}
	up, err := p.r.up(a.l, r.ID)
	if err == nil {
		_, err = op.Reverse(before, up)
	}
	var e *dberr.Error
	if errors.As(err, &e) {
		return false, e.Msg
	}
	return err == nil, ""
}

func (p *planner) unit(w *work, u unit) (PlannedOperation, error) {
	out := PlannedOperation{Operation: u.op.String()}
	steps, err := op.Compile(u.op, p.s, p.t)
	if err != nil {
		return out, err
	}
	for i := range steps {
		st := &steps[i]
		if err := st.Resolve(p.t); err != nil {
			return out, err
		}
		w.note(u, st)
		for _, s := range st.Script.Statements {
			out.Statements = append(out.Statements, PlannedStatement{SQL: s.SQL, Comment: s.Comment, Lock: string(s.Lock), OutsideTx: s.OutsideTx || u.outside})
		}
		for _, s := range st.Statements {
			out.Statements = append(out.Statements, PlannedStatement{SQL: s.SQL, Lock: string(driver.DataLock), OutsideTx: u.outside})
		}
		switch {
		case st.Data != nil:
			out.Note = "code of the program: what it sends is not known beforehand"
		case st.Note != "" && len(out.Statements) == 0:
			out.Note = st.Note
		}
		if st.Schema {
			p.unsure = "?"
		}
	}
	for _, t := range u.tables() {
		p.touched[t] = true
	}
	return out, nil
}

var lockOrder = []driver.Lock{driver.NoLock, driver.BriefLock, driver.WritersWait, driver.DataLock, driver.AllWait, driver.Rewrite, driver.Copy, driver.RewriteWrite}

// heavier is the heavier of two locks.
func heavier(a, b string) string {
	if slices.Index(lockOrder, driver.Lock(b)) > slices.Index(lockOrder, driver.Lock(a)) {
		return b
	}
	return a
}

// Lossy returns what the plan destroys, each sentence with its revision.
func (p *Plan) Lossy() []string {
	var out []string
	for _, s := range p.Steps {
		for _, l := range s.Loss {
			out = append(out, s.Revision+": "+l)
		}
	}
	return out
}
