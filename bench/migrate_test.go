package bench

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/schema"
)

// migrateEngine opens a fresh database.
func migrateEngine(b *testing.B, name string) *engine.Engine {
	b.Helper()
	eng, err := engine.Open(b.Context(), testdb.New(b, name).URL, engine.Options{Drivers: engines.All()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { eng.Close() })
	return eng
}

func migrateRunner(b *testing.B, eng *engine.Engine, revs []migrate.Revision) *migrate.Runner {
	b.Helper()
	r, err := migrate.New(migrate.Options{Engine: eng, Snapshot: migrate.SnapshotNever,
		Lineages: []migrate.Lineage{{Revisions: revs}}})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkMigrateEmpty brings an empty database through the 66 revisions of
// the shared history.
func BenchmarkMigrateEmpty(b *testing.B) {
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				r := migrateRunner(b, migrateEngine(b, name), migrations.All())
				b.StartTimer()
				if _, err := r.Upgrade(b.Context(), "head"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMigrateNothing is what a start-up costs that finds nothing to do.
func BenchmarkMigrateNothing(b *testing.B) {
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			eng := migrateEngine(b, name)
			r := migrateRunner(b, eng, migrations.All())
			if _, err := r.Upgrade(b.Context(), "head"); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if rep, err := r.Upgrade(b.Context(), "head"); err != nil || len(rep.Ran) > 0 {
					b.Fatal(rep, err)
				}
			}
		})
	}
}

// BenchmarkMigrateRows reads and updates rows one by one in a batched data
// step; the figure is per row.
func BenchmarkMigrateRows(b *testing.B) {
	const rows = 20_000
	table := schema.Define("item")
	table.BigInt("id").PrimaryKey()
	table.Text("body")
	measure := func(ctx context.Context, d *op.Data) error {
		return d.Rows(ctx, op.Scan{Table: "item", Columns: []string{"body"}, Size: 2000},
			func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows {
					if err := c.Update(ctx, r, op.Values{"size": int64(len(r.Text("body")))}); err != nil {
						return err
					}
				}
				return nil
			})
	}
	revs := []migrate.Revision{
		{ID: "b1", Upgrade: func(ops *op.Ops) { ops.CreateTable(table); ops.AddColumn("item", op.BigInt("size").Null()) }},
		{ID: "b2", Down: []string{"b1"}, Upgrade: func(ops *op.Ops) { ops.Data("measure", measure).Batched().NoReverse() }},
	}
	body := strings.Repeat("x", 200)
	fill := iter.Seq2[[]any, error](func(yield func([]any, error) bool) {
		for i := range rows {
			if !yield([]any{int64(i), body}, nil) {
				return
			}
		}
	})
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			eng := migrateEngine(b, name)
			r := migrateRunner(b, eng, revs)
			if _, err := r.Upgrade(b.Context(), "b1"); err != nil {
				b.Fatal(err)
			}
			if _, err := engine.BulkInsert(b.Context(), eng, "item", []string{"id", "body"}, fill); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Upgrade(b.Context(), "head"); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if _, err := r.Downgrade(b.Context(), "b1"); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

// BenchmarkMigratePlan2000 makes a runner of 2,000 revisions, which give 100
// tables their columns, and plans them all with their statements.
func BenchmarkMigratePlan2000(b *testing.B) {
	var revs []migrate.Revision
	for i := range 2000 {
		name := fmt.Sprintf("item%d", i%100)
		rev := migrate.Revision{ID: fmt.Sprintf("r%06d", i), Upgrade: func(ops *op.Ops) {
			if i >= 100 {
				ops.AddColumn(name, op.Text(fmt.Sprintf("c%d", i)).Null())
				return
			}
			t := schema.Define(name)
			t.BigInt("id").PrimaryKey()
			ops.CreateTable(t)
		}}
		if i > 0 {
			rev.Down = []string{fmt.Sprintf("r%06d", i-1)}
		}
		revs = append(revs, rev)
	}
	eng := migrateEngine(b, testdb.SQLite)
	for b.Loop() {
		p, err := migrateRunner(b, eng, revs).Plan(b.Context(), migrate.Up, "head")
		if err != nil || len(p.Steps) != 2000 {
			b.Fatal(err)
		}
	}
}
