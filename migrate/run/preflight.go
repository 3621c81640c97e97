package run

import (
	"context"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
)

// PreflightError is in the chain of an error when an upgrade was refused because of
// what a revision will find in the data. Nothing was written.
type PreflightError struct {
	Findings []history.PreflightFinding // those that stop
}

func (e *PreflightError) Error() string {
	var all []string
	for _, f := range e.Findings {
		all = append(all, "revision "+f.Revision+" cannot run yet: "+f.Text)
	}
	return strings.Join(all, "; ") + "; nothing was changed"
}

// refused is the error for what stops; nil when nothing does.
func refused(found []history.PreflightFinding) error {
	stops := slices.DeleteFunc(slices.Clone(found), func(f history.PreflightFinding) bool { return !f.Stops })
	if len(stops) == 0 {
		return nil
	}
	e := &PreflightError{stops}
	return &dberr.Error{Op: "upgrade", Code: stops[0].Code, Msg: e.Error(), Err: e}
}

// preflight lets the revisions that are to be applied look at the data, each
// in a transaction that reads.
func (r *Migrator) preflight(ctx context.Context, steps []history.Step, live *op.State) ([]history.PreflightFinding,
	error) {
	var out []history.PreflightFinding
	for _, st := range steps {
		look := st.Member.Revision(st.ID()).Preflight
		if look == nil || st.Direction != history.Up {
			continue
		}
		var p *history.Preflight
		err := r.o.Engine.InTx(ctx, engine.TxOptions{Name: "preflight", Mode: engine.Read},
			func(ctx context.Context, tx *engine.Tx) error {
				p = history.NewPreflight(tx, live)
				return look(ctx, p)
			})
		if err != nil {
			return nil, dberr.WithOp(err, "look ahead at revision "+st.ID())
		}
		for _, f := range p.Findings() {
			f.Lineage, f.Revision = st.Member.Name, st.ID()
			out = append(out, f)
		}
	}
	return out, nil
}
