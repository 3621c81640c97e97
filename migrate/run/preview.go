package run

import (
	"context"

	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/migrate/rescue"
)

// Preview says what Migrate would do to the database as it is now. It writes
// nothing and takes no lock.
func (r *Migrator) Preview(ctx context.Context, d history.Direction, target string) (*plan.Plan, error) {
	l, err := ledger.ReadKnown(ctx, r.eng(), r.set)
	if err != nil {
		return nil, err
	}
	steps, err := r.set.Steps(l.Rows, d, target)
	if err != nil {
		return nil, err
	}
	live, err := r.inspect(ctx, r.eng())
	if err != nil {
		return nil, err
	}
	notes, err := rescue.Notes(ctx, r.eng(), r.set, l, live)
	if err != nil {
		return nil, err
	}
	p, _, err := plan.Make(r.set, live, steps, r.liveTarget(ctx).Extras)
	half := l.HalfApplied()
	if err != nil {
		if len(half) == 0 {
			return nil, err
		}
		p = plan.Empty(r.set) // it does not start from where any revision ends
	}
	if p.Foreseen, err = r.preflight(ctx, steps, live); err != nil {
		return nil, err
	}
	p.Warnings = append(p.Warnings, notes...)
	for _, h := range half {
		p.Warnings = append(p.Warnings, "the "+h.Direction+" of revision "+h.Revision+
			" is half applied; what is planned is certain when it is finished or undone, see repair")
	}
	return p, nil
}
