package transfer

import (
	"context"
	"slices"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/transfer/canon"
	"github.com/larder-db/larder/transfer/policy"
)

// patchRows is how many rows are updated in one transaction.
const patchRows = 500

// patch sets the references that rows were written without, because those they
// refer to came later. It may be done again.
func (r *Run) patch(ctx context.Context, k *walk, w *way) error {
	waiting := w.waiting()
	if len(waiting) == 0 {
		return nil
	}
	var updates []query.UpdateStmt
	flush := func() error {
		err := r.to.InTx(ctx, engine.TxOptions{Name: name, Idempotent: true}, func(ctx context.Context, tx *engine.Tx) error {
			for _, u := range updates {
				if _, err := query.Exec(ctx, tx, u); err != nil {
					return err
				}
			}
			return nil
		})
		updates = updates[:0]
		return err
	}
	j := policy.NewJudge(k.o.Rules, k.dialect,
		policy.Table{Target: w.target, Keys: k.keys, Late: w.late})
	sum := canon.NewSummer(w.types)
	var row []any
	for raw, err := range k.src.Rows(ctx, w.source) {
		if err != nil {
			return err
		}
		row = w.mapped(row, raw)
		v := j.Row(row)
		if v.Fate != policy.Goes {
			continue
		}
		u, some, err := k.late(w, j, sum, raw, v.Row)
		if err != nil {
			return err
		}
		if !some {
			continue
		}
		updates = append(updates, u)
		if len(updates) == patchRows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	w.report.Sum = w.digest.sum().String()
	return flush()
}

// late is the update that sets the references of a row; false when it has none
// whose row has arrived.
func (k *walk) late(w *way, j *policy.Judge, sum *canon.Summer, raw, row []any) (query.UpdateStmt, bool, error) {
	u := query.Update(w.target).Named(name)
	some := false
	was := append([]any(nil), row...)
	for _, f := range w.late {
		known := j.Known(f, k.keys, was)
		for i, c := range w.target.Columns {
			if row[i] == nil || !slices.Contains(f.Columns, c.Name) {
				continue
			}
			if !known {
				row[i] = nil // the row it refers to was found not to go only later
				continue
			}
			u = u.Set(query.ColumnOf[any](w.target, c.Name).Set(row[i]))
			some = true
		}
		if known {
			continue
		}
		key := w.keySum(sum, row, canon.Sum{})
		w.digest.replace(key, sum.Row(was), sum.Row(row))
		w.report.Repaired++
		w.report.Problems[canon.Orphans]++
		line := policy.LineOf(w.source, raw, policy.Goes, []policy.Problem{{Class: canon.Orphans, Action: policy.Repair,
			Why: "the row of " + f.RefTable + " that it refers to stayed behind"}})
		if err := k.write(&line); err != nil {
			return u, false, err
		}
	}
	for _, i := range w.key {
		u = u.Where(query.ColumnOf[any](w.target, w.target.Columns[i].Name).Eq(row[i]))
	}
	return u, some, nil
}
