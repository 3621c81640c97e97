package migrate_test

import (
	"context"
	"slices"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// bulky is a history with a data step over many rows, which are there when it
// begins.
func bulky() []migrate.Revision {
	t := schema.Define("item")
	t.BigInt("id").PrimaryKey()
	t.Text("body")
	return []migrate.Revision{
		{ID: "b1", Upgrade: func(ops *op.Ops) { ops.CreateTable(t) }},
		{ID: "b2", Down: []string{"b1"}, Upgrade: func(ops *op.Ops) {
			ops.AddColumn("item", op.BigInt("size").Null())
			ops.Data("measure", func(ctx context.Context, d *op.Data) error {
				return d.Rows(ctx, op.Scan{Table: "item", Columns: []string{"body"}, Size: 2000},
					func(ctx context.Context, c *op.Chunk) error {
						for _, r := range c.Rows {
							if err := c.Update(ctx, r, op.Values{"size": int64(len(r.Text("body")))}); err != nil {
								return err
							}
						}
						return nil
					})
			}).Batched().NoReverse()
		}},
	}
}

// killable is a history in which everything that can happen happens: a table,
// rows, a rebuild, a data step in one piece, one in batches, an index that is
// made outside of a transaction, and counters that say how often each ran.
func killable() []migrate.Revision {
	counters := func() *schema.Table {
		t := schema.Define("counter")
		t.Integer("id").PrimaryKey()
		t.Integer("n").Default(int64(0))
		t.Text("note").Null()
		return t
	}
	up := func(ops *op.Ops) {
		ops.Execute("UPDATE {counter} SET {n} = {n} + 1 WHERE {id} = 1").NoReverse()
		ops.AddColumn("counter", op.String("tag", 50).Default("x"))
		// Neighbours of which the second is known when the first has run.
		ops.AddColumn("counter", op.Integer("twice")).Fill("{id} * 2")
		ops.AddColumn("counter", op.Text("why").Null())
		ops.AlterColumn("counter", "n").Type(schema.Type{Kind: schema.BigInt})
		ops.CreateIndex("counter", &schema.Index{Name: "ix_counter_tag", Parts: []schema.IndexPart{{Column: "tag"}}})
		ops.Data("count once", func(ctx context.Context, d *op.Data) error {
			_, err := op.Run(ctx, d, "UPDATE {counter} SET {n} = {n} + 1 WHERE {id} = 2")
			return err
		}).NoReverse()
		ops.RenameColumn("counter", "note", "remark")
		ops.Data("count in batches", func(ctx context.Context, d *op.Data) error {
			return d.Rows(ctx, op.Scan{Table: "counter", Columns: []string{"n"}, Where: "{id} > 10", Size: 4},
				func(ctx context.Context, c *op.Chunk) error {
					for _, r := range c.Rows {
						if err := c.Update(ctx, r, op.Values{"n": r.Int("n") + 1}); err != nil {
							return err
						}
					}
					return nil
				})
		}).Batched().NoReverse()
		ops.CreateIndex("counter", &schema.Index{Name: "ix_counter_n", Parts: []schema.IndexPart{{Column: "n"}}},
			op.Concurrently)
		ops.Execute("UPDATE {counter} SET {n} = {n} + 1 WHERE {id} = 3").NoReverse()
	}
	return []migrate.Revision{
		{ID: "k1", Upgrade: func(ops *op.Ops) {
			ops.CreateTable(counters())
			var rows [][]any
			for i := range 20 {
				rows = append(rows, []any{i + 1, 0})
			}
			ops.BulkInsert("counter", []string{"id", "n"}, rows...)
		}},
		{ID: "k2", Down: []string{"k1"}, Upgrade: up},
	}
}

// checkKillable looks at what the history leaves: everything once.
func checkKillable(t testing.TB, eng *engine.Engine) {
	t.Helper()
	r := runner(t, eng, killable()...)
	if got := rows(t, r); !slices.Equal(got, []string{"k2"}) {
		t.Fatalf("at %v", got)
	}
	f, err := r.Check(t.Context())
	if err != nil || !f.OK() {
		t.Errorf("check: %+v %v", f, err)
	}
	if n := one[int](t, eng, "SELECT count(*) FROM counter"); n != 20 {
		t.Errorf("%d counters", n)
	}
	// 1, 2, 3 and 11 to 20 were counted once.
	if n := one[int](t, eng, "SELECT count(*) FROM counter WHERE n = 1 AND (id <= 3 OR id > 10)"); n != 13 {
		t.Errorf("%d counters are 1", n)
	}
	if n := one[int](t, eng, "SELECT count(*) FROM counter WHERE n <> 0 AND n <> 1"); n != 0 {
		t.Errorf("%d counters were counted more than once", n)
	}
	if n := one[int](t, eng, "SELECT count(*) FROM counter WHERE twice = id * 2"); n != 20 {
		t.Errorf("%d counters have twice their id", n)
	}
	ts := snapshotOf(t, eng)
	if len(ts) != 1 || ts[0].Column("remark") == nil || ts[0].Column("tag") == nil ||
		ts[0].IndexNamed("ix_counter_n") == nil || ts[0].IndexNamed("ix_counter_tag") == nil {
		t.Errorf("the schema is not what it should be: %v", ts)
	}
	if n := one[int](t, eng, "SELECT count(*) FROM larder_migration_journal"); n != 0 {
		t.Errorf("the journal has %d rows", n)
	}
	if n := one[int](t, eng, "SELECT count(*) FROM larder_migration_applied"); n != 2 {
		t.Errorf("%d revisions are recorded", n)
	}
}
