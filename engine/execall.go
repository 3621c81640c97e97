package engine

import (
	"context"

	"github.com/larder-db/larder/driver"
)

// ExecAll runs statements that return no rows one after the other, in one round trip
// where the engine can, and returns the result of each. The first one that fails
// keeps those behind it from being run.
func (tx *Tx) ExecAll(ctx context.Context, sts ...Statement) ([]Result, error) {
	if tx.s.e.db.SendAll == nil || len(sts) < 2 {
		out := make([]Result, len(sts))
		for i, st := range sts {
			var err error
			if out[i], err = tx.Exec(ctx, st); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	s := tx.s
	s.mu.Lock()
	defer s.mu.Unlock()
	sent, seen := make([]driver.Sent, len(sts)), make([]*observed, len(sts))
	for i := range sts {
		if err := tx.prepare(&sts[i], opName(sts[i].Name, "exec")); err != nil {
			return nil, err
		}
		sent[i] = driver.Sent{SQL: sts[i].SQL, Args: sts[i].Args}
	}
	for i, st := range sts {
		_, seen[i] = s.e.observe(ctx, KindExec, st.Name, st.SQL, len(st.Args), st.Write, true, s.try)
	}
	ran, err := s.e.db.SendAll(ctx, s.conn, sent)
	out := make([]Result, len(ran))
	for i, n := range ran {
		out[i].Rows = n
		seen[i].done(n, nil)
	}
	if err == nil {
		return out, nil
	}
	fault, f := s.e.classify(ctx, opName(sts[min(len(ran), len(sts)-1)].Name, "exec"), err)
	tx.failLocked(fault, f)
	for _, o := range seen[len(ran):] {
		o.done(0, fault)
	}
	return nil, fault
}
