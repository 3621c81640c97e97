package migrate_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// A program that is started again and again, and fails each time, does not
// fill the disk with copies of the same database.
func TestEqualCopiesAreKeptOnce(t *testing.T) {
	eng := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
	upgrade(t, runner(t, eng, line()...), "head")
	failing := append(line(), migrate.Revision{ID: "cc4444444444", Down: []string{"ba3333333333"}, Doc: "fails", Upgrade: func(ops *op.Ops) {
		ops.Data("fail", func(ctx context.Context, d *op.Data) error {
			if _, err := op.Run(ctx, d, "DELETE FROM {posts}"); err != nil {
				return err
			}
			return errors.New("not today")
		})
	}, Downgrade: func(*op.Ops) {}})
	r := runnerWith(t, migrate.Options{Engine: eng, Snapshot: migrate.SnapshotAlways,
		Lineages: []migrate.Lineage{{Revisions: failing}}})
	copies := func(want int) {
		t.Helper()
		got, err := filepath.Glob(eng.File() + ".before-cc4444444444-*")
		if err != nil || len(got) != want {
			t.Errorf("%d copies, want %d: %v %v", len(got), want, got, err)
		}
	}
	var first string
	for range 3 {
		rep, err := r.Upgrade(t.Context(), "head")
		if err == nil || rep.Snapshot == "" {
			t.Fatalf("%v, copy %q", err, rep.Snapshot)
		}
		if first == "" {
			first = rep.Snapshot
		}
		if rep.Snapshot != first {
			t.Errorf("the copy is %s, want %s", rep.Snapshot, first)
		}
		copies(1)
	}
	execute(t, eng, "UPDATE posts SET body = 'later'")
	for range 2 {
		if rep, err := r.Upgrade(t.Context(), "head"); err == nil || rep.Snapshot == first {
			t.Errorf("%v, copy %s", err, rep.Snapshot)
		}
		copies(2)
	}
}
