package plan

import (
	"errors"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Plan is what a run would do: data, to be printed, kept or looked at.
type Plan struct {
	Engine string        `json:"engine"`
	Steps  []PlannedStep `json:"steps"`
	// Warnings are sentences about the whole.
	Warnings []string `json:"warnings,omitempty"`
	// Foreseen is what the revisions will find in the data, as the data are now.
	Foreseen []history.PreflightFinding `json:"foreseen,omitempty"`
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

// Make compiles steps from a state on, which is left alone. It returns the
// plan, and the revisions as they are going to run. extras tells about tables
// that no step has changed yet; it may be nil.
func Make(set *history.Set, from *op.State, steps []history.Step, extras func(string) (driver.Extras, error)) (*Plan,
	[]*RevisionRun, error) {
	p := &planner{set: set, s: from.Clone(), t: *set.Target(), touched: map[string]bool{}}
	if extras != nil {
		p.t.Extras = func(table string) (driver.Extras, error) {
			if p.touched[table] {
				return driver.Extras{}, nil
			}
			return extras(table)
		}
	}
	out := Empty(set)
	for _, st := range steps {
		planned, err := p.step(st)
		if err != nil {
			return nil, nil, err
		}
		out.Steps = append(out.Steps, planned)
	}
	return out, p.runs, nil
}

// Empty is a plan without steps.
func Empty(set *history.Set) *Plan {
	return &Plan{Engine: set.Target().Dialect.Engine(), Steps: []PlannedStep{}}
}

type planner struct {
	set     *history.Set
	runs    []*RevisionRun
	s       *op.State
	t       op.Target
	touched map[string]bool
	unsure  string // the revision after which the schema is not known
}

func (p *planner) step(st history.Step) (PlannedStep, error) {
	rev, out := st.Revision, Outline(st)
	r, err := NewRun(p.set, st)
	if err != nil {
		return out, err
	}
	p.runs = append(p.runs, r)
	before := p.s.Clone()
	if p.unsure != "" {
		out.Note = "the statements are known when revision " + p.unsure +
			" has run, because it changes the schema in words of its own"
		out.Transactional = p.transactional(r)
		out.Reversible = rev.ID != "" && st.Member.Revision(rev.ID).Irreversible == ""
		for _, g := range r.Groups {
			out.Operations = append(out.Operations, PlannedOperation{Operation: g.Op.String()})
		}
		return out, nil
	}
	if out.Loss, err = op.Loss(before, r.Ops); err != nil {
		return out, dberr.WithOp(err, "revision "+rev.ID)
	}
	out.Reversible, out.Why = p.reversible(st, before)
	for _, g := range r.Groups {
		planned, err := p.group(r, g)
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
	out.Transactional = p.transactional(r)
	return out, nil
}

func (p *planner) transactional(r *RevisionRun) bool {
	return p.t.Dialect.Has(schema.TransactionalDDL) && len(r.Segments(0)) == 1
}

// Outline is what is known of a step without compiling it.
func Outline(st history.Step) PlannedStep {
	rev := st.Revision
	out := PlannedStep{Lineage: st.Member.Name, Revision: rev.ID, Down: rev.Down, Doc: rev.Doc,
		Direction:  st.Direction.String(),
		Operations: []PlannedOperation{}, title: st.String()}
	for _, c := range st.Rows {
		out.Rows = append(out.Rows, c.String())
	}
	return out
}

// reversible says whether there is a way back from a step.
func (p *planner) reversible(st history.Step, before *op.State) (bool, string) {
	r := st.Member.Revision(st.ID())
	switch {
	case st.Direction == history.Down:
		return true, "" // the way back is the way up
	case r.Irreversible != "":
		return false, r.Irreversible
	case r.Downgrade != nil || r.Upgrade == nil:
		return true, ""
	}
	up, err := p.set.Up(st.Member, r.ID)
	if err == nil {
		_, err = op.Reverse(before, up)
	}
	var e *dberr.Error
	if errors.As(err, &e) {
		return false, e.Msg
	}
	return err == nil, ""
}

func (p *planner) group(r *RevisionRun, g Group) (PlannedOperation, error) {
	out := PlannedOperation{Operation: g.Op.String()}
	steps, err := op.Compile(g.Op, p.s, p.t)
	if err != nil {
		return out, err
	}
	for i := range steps {
		st := &steps[i]
		if err := st.Resolve(p.t); err != nil {
			return out, err
		}
		r.note(g, st)
		for _, s := range st.Script.Statements {
			out.Statements = append(out.Statements, PlannedStatement{SQL: s.SQL, Comment: s.Comment, Lock: string(s.Lock),
				OutsideTx: s.OutsideTx || g.OutsideTx})
		}
		for _, s := range st.Statements {
			out.Statements = append(out.Statements, PlannedStatement{SQL: s.SQL, Lock: string(driver.DataLock),
				OutsideTx: g.OutsideTx})
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
	for _, t := range g.Tables() {
		p.touched[t] = true
	}
	return out, nil
}

var lockOrder = []driver.Lock{driver.NoLock, driver.BriefLock, driver.WritersWait, driver.DataLock, driver.AllWait,
	driver.Rewrite, driver.Copy, driver.RewriteWrite}

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
