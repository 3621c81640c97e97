package history

import (
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// Preflight is what [Revision.Preflight] works with: a transaction that reads,
// and the tables as they are now. The database may be at any revision ahead of
// the hook's own, so that tables and columns may be missing.
type Preflight struct {
	engine.Queryer
	live     *op.State
	findings []PreflightFinding
}

// NewPreflight is for one revision; live is the schema as it is.
func NewPreflight(q engine.Queryer, live *op.State) *Preflight {
	return &Preflight{Queryer: q, live: live}
}

// Table returns the table as it is now, in the engine's normal form; nil when
// there is none.
func (p *Preflight) Table(name string) *schema.Table { return p.live.Table(name) }

// Stop says that the revision cannot run with the data as they are. No
// revision runs then, not even those ahead of it. The text is one sentence
// with the way out, and is logged: it has ids, never values. The details are
// lines for people who may see the data; they are shown by plans only.
func (p *Preflight) Stop(code dberr.Code, text string, details ...string) {
	p.findings = append(p.findings, PreflightFinding{Stops: true, Text: text, Details: details, Code: code})
}

// Note says what the revision is going to decide about the data; see [Preflight.Stop].
func (p *Preflight) Note(text string, details ...string) {
	p.findings = append(p.findings, PreflightFinding{Text: text, Details: details})
}

// Findings returns what was said, in order; nil when nothing was.
func (p *Preflight) Findings() []PreflightFinding { return p.findings }

// PreflightFinding is what a revision that is still to run will find in the data.
type PreflightFinding struct {
	Lineage  string `json:"lineage"`
	Revision string `json:"revision"`
	Stops    bool   `json:"stops"` // nothing runs before it is out of the way
	Text     string `json:"text"`  // one sentence without values
	// Details are lines that may have values in them: for the eyes of the
	// operator, not for logs.
	Details []string `json:"details,omitempty"`
	// Code is that of the error of an upgrade, where it stops one.
	Code dberr.Code `json:"-"`
}

// Comparison is one facet of a column that is in the database and in the
// declaration, both as the engine holds them.
type Comparison struct {
	Table          string
	Live, Declared *schema.Column // not to be changed
	Facet          schema.Facet
	Differs        bool // what the comparison says by itself
}

// Verdict is what a program says of a [Comparison].
type Verdict int

// The verdicts.
const (
	Undecided Verdict = iota // the comparison is right
	Equal
	Different
)

// Directive is a revision that is about to be written, for Lineage.Revise.
type Directive struct {
	Revision revision.Revision // Doc and Labels may be changed
	Upgrade  []op.Op           // may be changed; see op.FromChanges for where they come from
	// Downgrade is what undoes Upgrade; nil has it worked out.
	Downgrade []op.Op
	// Compared says that it comes from a comparison. It is not written when
	// nothing is left in Upgrade.
	Compared bool
	// Drop keeps the revision from being written.
	Drop bool
}
