package migrate_test

import (
	"bytes"
	"context"
	stdsql "database/sql"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// guarded is a history whose revisions run past what is there already.
func guarded() []migrate.Revision {
	notes := func() *schema.Table {
		t := schema.Define("notes")
		t.String("id", 36).PrimaryKey()
		t.Integer("item").Null().References("items", "id", schema.Cascade)
		t.Integer("stars").Null()
		return t
	}
	return []migrate.Revision{
		{ID: "g1", Upgrade: func(ops *op.Ops) {
			t := schema.Define("items")
			t.Integer("id").PrimaryKey()
			t.Integer("n").Default(int64(0))
			t.Text("remark").Null()
			t.Text("gone").Null()
			ops.CreateTable(t)
			var rows [][]any
			for i := range 20 {
				rows = append(rows, []any{i + 1, 0})
			}
			ops.BulkInsert("items", []string{"id", "n"}, rows...)
			t = schema.Define("labels")
			t.Integer("id")
			t.Text("document").Null()
			t.Primary("labels_by_id", "id")
			ops.CreateTable(t)
		}},
		{ID: "g2", Down: []string{"g1"}, Doc: "tags and notes", Upgrade: func(ops *op.Ops) {
			ops.AddColumn("items", op.String("tag", 50).Default("x"), op.IfNotExists)
			ops.AddColumn("items", op.Boolean("active").Default(true), op.IfNotExists)
			ops.CreateIndex("items", &schema.Index{Name: "ix_items_tag", Parts: []schema.IndexPart{{Column: "tag"}}},
				op.IfNotExists)
			ops.CreateTable(notes(), op.IfNotExists)
			ops.Data("count once", func(ctx context.Context, d *op.Data) error {
				_, err := op.Run(ctx, d, "UPDATE {items} SET {n} = {n} + 1 WHERE {id} = 2")
				return err
			}).NoReverse()
			ops.Data("count in batches", func(ctx context.Context, d *op.Data) error {
				return d.Rows(ctx, op.Scan{Table: "items", Columns: []string{"n"}, Where: "{id} > 10", Size: 4},
					func(ctx context.Context, c *op.Chunk) error {
						for _, r := range c.Rows {
							if err := c.Update(ctx, r, op.Values{"n": r.Int("n") + 1}); err != nil {
								return err
							}
						}
						return nil
					})
			}).Batched().NoReverse()
			ops.DropColumn("items", "gone", op.IfExists)
		}},
		{ID: "g3", Down: []string{"g2"}, Upgrade: func(ops *op.Ops) {
			ops.Do(op.RenameColumn{Table: "items", From: "remark", To: "old_remark", IfExists: true})
			ops.AddColumn("items", op.JSON("remark").Null(), op.IfNotExists)
			ops.DropColumn("items", "old_remark")
			ops.Do(op.RenameTable{From: "labels", To: "labels_old", IfExists: true})
			t := schema.Define("labels")
			t.String("name", 50)
			t.Text("value").Null()
			t.Primary("labels_by_name", "name")
			ops.CreateTable(t, op.IfNotExists)
		}},
		{ID: "g4", Down: []string{"g3"}, Upgrade: func(ops *op.Ops) {
			ops.AddColumn("items", op.Text("gone").Null(), op.IfNotExists) // which g2 took away
			ops.CreateIndex("notes", &schema.Index{Name: "ix_notes_stars", Parts: []schema.IndexPart{{Column: "stars"}}},
				op.IfNotExists)
		}},
	}
}

// byHand makes operations without a word in the version table.
func byHand(t testing.TB, eng *engine.Engine, ops ...op.Op) {
	t.Helper()
	for _, o := range ops {
		tables, err := eng.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := op.NewState(eng.DDL(), tables...)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := op.Compile(o, s, op.Target{Dialect: eng.Dialect(), DDL: eng.DDL()})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range steps {
			var failed error
			err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *stdsql.Conn) error {
				failed = driver.RunScript(ctx, conn, st.Script,
					driver.RunOptions{Transactional: eng.Dialect().Has(schema.TransactionalDDL)})
				return nil
			})
			if err != nil || failed != nil {
				t.Fatalf("%s: %v %v", o, err, failed)
			}
		}
	}
}

// opsOf are the operations of a revision of guarded on a table's structure.
func opsOf(t testing.TB, id string) []op.Op {
	t.Helper()
	revs := guarded()
	ops, err := op.Record(revs[slices.IndexFunc(revs, func(r migrate.Revision) bool { return r.ID == id })].Upgrade)
	if err != nil {
		t.Fatal(err)
	}
	var out []op.Op
	for o := range op.All(ops) {
		if _, ok := o.(op.DataStep); !ok {
			out = append(out, o)
		}
	}
	return out
}

// checkGuarded looks at what the history leaves: everything once.
func checkGuarded(t testing.TB, eng *engine.Engine) {
	t.Helper()
	f := checked(t, eng, migrate.Lineage{Revisions: guarded()})
	if !f.OK() {
		t.Errorf("check: %+v", f)
	}
	if n := one[int](t, eng, "SELECT count(*) FROM items WHERE n = 1 AND (id = 2 OR id > 10)"); n != 11 {
		t.Errorf("%d items are 1", n)
	}
	if n := one[int](t, eng, "SELECT count(*) FROM items WHERE n <> 0 AND n <> 1"); n != 0 {
		t.Errorf("%d items were counted more than once", n)
	}
	for _, table := range snapshotOf(t, eng) {
		if strings.HasPrefix(table.Name, "_alembic_tmp_") {
			t.Errorf("%s is left", table.Name)
		}
	}
}

func TestWhatAnotherProgramBegan(t *testing.T) {
	type finding struct {
		revision        string
		stands, missing []string
	}
	cases := []struct {
		name string
		made func() []op.Op
		want []finding
		back string // what an undo says against it; empty for nothing
	}{
		{"one column", func() []op.Op { return opsOf(t, "g2")[:1] }, []finding{{"g2", []string{"column items.tag"},
			[]string{"the removal of column items.gone", "column items.active", "index ix_items_tag on items", "table notes"}}}, ""},
		{"all but the removal", func() []op.Op { return opsOf(t, "g2")[:4] }, []finding{{"g2", []string{"column items.tag", "column items.active", "index ix_items_tag on items", "table notes"},
			[]string{"the removal of column items.gone"}}}, ""},
		{"only the removal", func() []op.Op { return opsOf(t, "g2")[4:] }, []finding{{"g2", []string{"the removal of column items.gone"},
			[]string{"column items.tag", "column items.active", "index ix_items_tag on items", "table notes"}}},
			"column items.gone is gone"},
		{"a renamed column", func() []op.Op { return opsOf(t, "g3")[:1] }, []finding{{"g3", []string{"the renaming of column items.remark to old_remark"},
			[]string{"the type of column items.remark", "the renaming of table labels to labels_old", "table labels"}}}, ""},
		{"a renamed column and its successor", func() []op.Op { return opsOf(t, "g3")[:2] }, []finding{{"g3", []string{"the renaming of column items.remark to old_remark", "column items.remark"},
			[]string{"the renaming of table labels to labels_old", "table labels"}}}, ""},
		{"a renamed table", func() []op.Op { return opsOf(t, "g3")[3:4] }, []finding{{"g3", []string{"the renaming of table labels to labels_old"},
			[]string{"the renaming of column items.remark to old_remark", "the type of column items.remark", "table labels"}}}, ""},
		{"a renamed table and its successor", func() []op.Op { return opsOf(t, "g3")[3:] }, []finding{{"g3", []string{"the renaming of table labels to labels_old", "table labels"},
			[]string{"the renaming of column items.remark to old_remark", "the type of column items.remark"}}}, ""},
		{"a table of the next revision and an index of a later one", func() []op.Op {
			return []op.Op{opsOf(t, "g2")[3], opsOf(t, "g4")[1]}
		}, []finding{{"g2", []string{"table notes"}, nil}, {"g4", []string{"index ix_notes_stars on notes"}, nil}}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
				r := runner(t, eng, guarded()...)
				upgrade(t, r, "g1")
				before := snapshotOf(t, eng)
				byHand(t, eng, c.made()...)
				half := snapshotOf(t, eng)
				f := checked(t, eng, migrate.Lineage{Revisions: guarded()})
				if len(f.Partial) != len(c.want) {
					t.Fatalf("found %+v", f.Partial)
				}
				for i, w := range c.want {
					got := f.Partial[i]
					slices.Sort(got.Present)
					slices.Sort(got.Missing)
					slices.Sort(w.stands)
					slices.Sort(w.missing)
					if got.Revision != w.revision || !slices.Equal(got.Present, w.stands) ||
						w.missing != nil && !slices.Equal(got.Missing, w.missing) {
						t.Errorf("found %q, missing %q, of %s; want %q, missing %q, of %s", got.Present, got.Missing, got.Revision,
							w.stands, w.missing, w.revision)
					}
				}
				if d := schema.Diff(half, snapshotOf(t, eng)); len(d) != 0 {
					t.Errorf("check wrote: %v", d)
				}
				p, err := r.Plan(t.Context(), migrate.Up, "head")
				if err != nil || len(p.Warnings) != len(c.want) ||
					!strings.Contains(p.Warnings[0], "another program was cut off in revision "+c.want[0].revision) {
					t.Errorf("the plan warns of %q: %v", p.Warnings, err)
				}
				did, err := r.Repair(t.Context(), migrate.RepairOptions{Undo: true})
				switch {
				case c.back != "":
					if dberr.CodeOf(err) != dberr.Unsupported || !strings.Contains(err.Error(), c.back) || len(did) != 0 {
						t.Errorf("undo did %q: %v", did, err)
					}
				case err != nil || len(did) != len(c.want):
					t.Errorf("undo did %q: %v", did, err)
				default:
					if d := schema.Diff(before, snapshotOf(t, eng)); len(d) != 0 {
						t.Errorf("undone, %v is left to do", d)
					}
					byHand(t, eng, c.made()...)
				}
				last := c.want[len(c.want)-1].revision
				if did, err = r.Repair(t.Context(), migrate.RepairOptions{}); err != nil {
					t.Fatal(err)
				}
				if len(did) == 0 || !strings.Contains(did[len(did)-1], "revision "+last+" was finished") {
					t.Errorf("repair did %q", did)
				}
				if got := rows(t, r); !slices.Equal(got, []string{last}) {
					t.Errorf("at %v", got)
				}
				if did, err := r.Repair(t.Context(), migrate.RepairOptions{}); err != nil || len(did) != 0 {
					t.Errorf("again, it did %q: %v", did, err)
				}
				upgrade(t, r, "head")
				checkGuarded(t, eng)
			})
		})
	}
}

// What holds something stays, and is named.
func TestUndoOfWhatHoldsSomething(t *testing.T) {
	for what, sql := range map[string]string{
		"column items.tag holds values":    "UPDATE items SET tag = 'y' WHERE id = 3",
		"column items.active holds values": "UPDATE items SET active = FALSE WHERE id = 3",
		"table notes has 1 rows":           "INSERT INTO notes (id) VALUES ('a')",
	} {
		t.Run(what, func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
				r := runner(t, eng, guarded()...)
				upgrade(t, r, "g1")
				byHand(t, eng, opsOf(t, "g2")[:4]...)
				half := snapshotOf(t, eng)
				execute(t, eng, sql)
				did, err := r.Repair(t.Context(), migrate.RepairOptions{Undo: true})
				if dberr.CodeOf(err) != dberr.Unsupported || !strings.Contains(err.Error(), what) || len(did) != 0 {
					t.Errorf("undo did %q: %v", did, err)
				}
				if d := schema.Diff(half, snapshotOf(t, eng)); len(d) != 0 {
					t.Errorf("it took away %v all the same", d)
				}
			})
		})
	}
}

// What is in the journal is ours, and nobody else's.
func TestOwnHalfwayRevisionsAreNotAnothers(t *testing.T) {
	revs := guarded()
	up := revs[1].Upgrade
	stop := dberr.New(dberr.Invalid, "", "stop")
	revs[1].Upgrade = func(ops *op.Ops) {
		up(ops)
		ops.Data("fail", func(context.Context, *op.Data) error { return stop })
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		if _, err := runner(t, eng, revs...).Upgrade(t.Context(), "head"); err == nil {
			t.Fatal("it did not stop")
		}
		f := checked(t, eng, migrate.Lineage{Revisions: revs})
		if len(f.HalfApplied) != 1 || len(f.Partial) != 0 {
			t.Errorf("found %+v", f)
		}
	})
}

// Tables from before the history are not taken for its first revision.
func TestTablesFromBeforeAreNotHalfway(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		byHand(t, eng, opsOf(t, "g1")[0])
		if f := checked(t, eng, migrate.Lineage{Revisions: guarded()}); len(f.Partial) != 0 {
			t.Errorf("found %+v", f.Partial)
		}
	})
}

// A column of the name that a revision will use, with values of another sort,
// is somebody's own.
func TestColumnsOfAnotherSortAreNotHalfway(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, guarded()...), "g1")
		execute(t, eng, "ALTER TABLE items ADD COLUMN tag INTEGER")
		if f := checked(t, eng, migrate.Lineage{Revisions: guarded()}); len(f.Partial) != 0 {
			t.Errorf("found %+v", f.Partial)
		}
	})
}

// A history that cannot be followed without a database says nothing.
func TestTablesThatNobodyDeclaredAreNotHalfway(t *testing.T) {
	raw := migrate.Revision{ID: "r1",
		Upgrade: func(ops *op.Ops) { ops.Execute("CREATE TABLE {things} ({id} INTEGER)").ChangesSchema().NoReverse() }}
	next := migrate.Revision{ID: "r2", Down: []string{"r1"},
		Upgrade: func(ops *op.Ops) { ops.AddColumn("things", op.Text("x").Null(), op.IfNotExists) }}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, raw, next), "r1")
		execute(t, eng, "ALTER TABLE things ADD COLUMN x TEXT")
		if f := checked(t, eng, migrate.Lineage{Revisions: []migrate.Revision{raw, next}}); len(f.Partial) != 0 {
			t.Errorf("found %+v", f.Partial)
		}
		upgrade(t, runner(t, eng, raw, next), "head")
	})
}

func TestCopiesThatAnotherProgramLeft(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, guarded()...)
		upgrade(t, r, "g1")
		leave := func() {
			execute(t, eng, "CREATE TABLE _alembic_tmp_items (id INTEGER, n INTEGER)")
			execute(t, eng, "INSERT INTO _alembic_tmp_items SELECT id, n FROM items WHERE id < 4")
		}
		leave()
		f := checked(t, eng, migrate.Lineage{Revisions: guarded()})
		if want := (migrate.Leftover{Table: "_alembic_tmp_items", Of: "items", Rows: 3, OfRows: 20}); len(f.Leftovers) != 1 ||
			f.Leftovers[0] != want || f.OK() {
			t.Errorf("found %+v", f.Leftovers)
		}
		var text bytes.Buffer
		if err := f.WriteText(&text); err != nil ||
			!strings.Contains(text.String(), "leftover: table _alembic_tmp_items is a copy of table items ") ||
			!strings.Contains(text.String(), "repair removes it") {
			t.Errorf("%s %v", text.String(), err)
		}
		if b, err := json.Marshal(f); err != nil ||
			!strings.Contains(string(b), `"leftovers":[{"table":"_alembic_tmp_items","of":"items","rows":3,"of_rows":20}]`) {
			t.Errorf("%s %v", b, err)
		}
		p, err := r.Plan(t.Context(), migrate.Up, "head")
		if err != nil || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "and is removed first") {
			t.Errorf("the plan warns of %q: %v", p.Warnings, err)
		}
		did, err := r.Repair(t.Context(), migrate.RepairOptions{})
		if err != nil || len(did) != 1 || !strings.Contains(did[0], "_alembic_tmp_items was removed") {
			t.Errorf("repair did %q: %v", did, err)
		}
		leave()
		if rep := upgrade(t, r, "g2"); len(rep.Removed) != 1 {
			t.Errorf("removed %q", rep.Removed)
		}
		leave()
		if rep := downgrade(t, r, "g1"); len(rep.Removed) != 1 {
			t.Errorf("removed %q", rep.Removed)
		}
		upgrade(t, r, "head")
		if f := checked(t, eng, migrate.Lineage{Revisions: guarded()}); !f.OK() {
			t.Errorf("found %+v", f)
		}
	})
}

// A copy that may be all there is of its table stays, and so does one with
// rows that the table does not have.
func TestCopiesThatStay(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, guarded()...)
		upgrade(t, r, "g2")
		execute(t, eng, "CREATE TABLE _alembic_tmp_notes (id INTEGER)")
		execute(t, eng, "INSERT INTO _alembic_tmp_notes VALUES (1)")
		did, err := r.Repair(t.Context(), migrate.RepairOptions{})
		if dberr.CodeOf(err) != dberr.SchemaMismatch || !strings.Contains(err.Error(), "has more rows (1, not 0)") ||
			len(did) != 0 {
			t.Errorf("more rows: did %q: %v", did, err)
		}
		upgrade(t, r, "g3") // which does not mind
		execute(t, eng, "DROP TABLE _alembic_tmp_notes")
		execute(t, eng, "ALTER TABLE notes RENAME TO _alembic_tmp_notes")
		for _, f := range []func() error{
			func() error { _, err := r.Repair(t.Context(), migrate.RepairOptions{}); return err },
			func() error { _, err := r.Upgrade(t.Context(), "head"); return err },
		} {
			if err := f(); dberr.CodeOf(err) != dberr.SchemaMismatch || !strings.Contains(err.Error(), "rename it to notes") {
				t.Errorf("the table is gone: %v", err)
			}
		}
		if f := checked(t, eng, migrate.Lineage{Revisions: guarded()}); len(f.Leftovers) != 1 || !f.Leftovers[0].Gone {
			t.Errorf("found %+v", f.Leftovers)
		}
		execute(t, eng, "ALTER TABLE _alembic_tmp_notes RENAME TO notes")
		upgrade(t, r, "head")
		checkGuarded(t, eng)
		// A table of the user that is only called so.
		execute(t, eng, "CREATE TABLE _alembic_tmp_mine (id INTEGER)")
		downgrade(t, r, "g3")
		upgrade(t, r, "head")
		if !slices.Contains(tables(t, eng), "_alembic_tmp_mine") {
			t.Error("it was removed")
		}
	})
}
