package migrate

import (
	"context"
	"slices"
	"strings"

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
	live  *op.State
	found []Foreseen
}

// Table returns the table as it is now, in the engine's normal form; nil when
// there is none.
func (p *Preflight) Table(name string) *schema.Table { return p.live.Table(name) }

// Stop says that the revision cannot run with the data as they are. No
// revision runs then, also none of those ahead of it. The text is one sentence
// with the way out, and is logged: it has ids, never values. The details are
// lines for people who may see the data; they are shown by plans only.
func (p *Preflight) Stop(code dberr.Code, text string, details ...string) {
	p.found = append(p.found, Foreseen{Stops: true, Text: text, Details: details, code: code})
}

// Note says what the revision is going to decide about the data; see [Preflight.Stop].
func (p *Preflight) Note(text string, details ...string) {
	p.found = append(p.found, Foreseen{Text: text, Details: details})
}

// Foreseen is what a revision that is still to run will find in the data.
type Foreseen struct {
	Lineage  string   `json:"lineage"`
	Revision string   `json:"revision"`
	Stops    bool     `json:"stops"`             // nothing runs before it is out of the way
	Text     string   `json:"text"`              // one sentence without values
	Details  []string `json:"details,omitempty"` // lines that may have values in them: for the eyes of the operator, not for logs

	code dberr.Code
}

// Refused is in the chain of an error when an upgrade was refused because of
// what a revision will find in the data. Nothing was written.
type Refused struct {
	Foreseen []Foreseen // those that stop
}

func (r *Refused) Error() string {
	var all []string
	for _, f := range r.Foreseen {
		all = append(all, "revision "+f.Revision+" cannot run yet: "+f.Text)
	}
	return strings.Join(all, "; ") + "; nothing was changed"
}

// refused is the error for what stops; nil when nothing does.
func refused(found []Foreseen) error {
	stops := slices.DeleteFunc(slices.Clone(found), func(f Foreseen) bool { return !f.Stops })
	if len(stops) == 0 {
		return nil
	}
	r := &Refused{stops}
	return &dberr.Error{Op: "upgrade", Code: stops[0].code, Msg: r.Error(), Err: r}
}

// preflight lets the revisions that are to be applied look at the data, each
// in a transaction that reads.
func (r *Runner) preflight(ctx context.Context, steps []aimed, live *op.State) ([]Foreseen, error) {
	var out []Foreseen
	for _, a := range steps {
		look := a.l.byID[a.step.Revision.ID].Preflight
		if look == nil || a.step.Direction != revision.Up {
			continue
		}
		var p *Preflight
		err := r.o.Engine.InTx(ctx, engine.TxOptions{Name: "preflight", Mode: engine.Read}, func(ctx context.Context, tx *engine.Tx) error {
			p = &Preflight{Queryer: tx, live: live}
			return look(ctx, p)
		})
		if err != nil {
			return nil, dberr.WithOp(err, "look ahead at revision "+a.step.Revision.ID)
		}
		for _, f := range p.found {
			f.Lineage, f.Revision = a.l.Name, a.step.Revision.ID
			out = append(out, f)
		}
	}
	return out, nil
}
