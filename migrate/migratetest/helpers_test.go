package migratetest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/migratetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// TestEach gives every engine that was asked for, each with databases of its
// own, also side by side.
func TestEach(t *testing.T) {
	k := migratetest.Kit{Lineages: kit(testdb.SQLite, create, addTitle()).Lineages}
	t.Run("all", func(t *testing.T) {
		migratetest.Each(t, k, func(t *testing.T, k migratetest.Kit) {
			t.Parallel()
			a, b := k.Open(t), k.Open(t)
			if a.URL().String() == b.URL().String() {
				t.Errorf("two databases are one: %s", a.URL())
			}
			if want := t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]; a.Dialect().Engine() != want {
				t.Errorf("the engine is %s, wanted %s", a.Dialect().Engine(), want)
			}
			migratetest.Upgrade(t, k)
			migratetest.Stairway(t, k)
		})
	})
	var ran []string
	migratetest.Each(t, k, func(t *testing.T, k migratetest.Kit) { ran = append(ran, k.Open(t).Dialect().Engine()) },
		testdb.SQLite)
	if len(ran) > 1 || len(ran) == 1 && ran[0] != testdb.SQLite {
		t.Errorf("ran on %v", ran)
	}
}

// TestAllRegistered finds what is declared and not listed.
func TestAllRegistered(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("note.go", "package tables\n\nvar note = schema.Define(\"note\")\n")
	write("note_test.go", "package tables\n\nvar x = schema.Define(\"only_in_a_test\")\n")
	write("testdata/x.go", "package x\n\nvar x = schema.Define(\"only_data\")\n")
	write("revs/a.go", "package revs\n\nvar a = migrate.Revision{Upgrade: func(ops *op.Ops) { ops.CreateTable(schema.Define(\"of_its_time\")) }}\n")
	k := kit(testdb.SQLite, create, addTitle())
	check := func(k migratetest.Kit) string {
		return failures(t, func(tb testing.TB) { tb.Helper(); migratetest.AllRegistered(tb, k, dir) })
	}
	if got := check(k); got != "" {
		t.Errorf("in order: %s", got)
	}
	write("sub/more.go", "package sub\n\nfunc more() *schema.Table { return schema.Define(\"forgotten\").Describe(\"x\") }\n")
	if got := check(k); !strings.Contains(got, "table forgotten is declared at") || !strings.Contains(got, "more.go:3") ||
		strings.Contains(got, "only_") || strings.Contains(got, "of_its_time") {
		t.Errorf("complaint %q", got)
	}
	k.Lineages[0].Tables = append(k.Lineages[0].Tables, schema.Define("forgotten"), schema.Define("note"))
	if got := check(k); !strings.Contains(got, "note is listed twice") || strings.Contains(got, "forgotten") {
		t.Errorf("complaint %q", got)
	}
	write("bad.go", "package")
	if got := check(k); !strings.Contains(got, "the source") {
		t.Errorf("complaint %q", got)
	}
}

// TestBefore has rows where a revision finds them, also below a merge and a
// dependency.
func TestBefore(t *testing.T) {
	side := migrate.Revision{ID: "s1", Down: []string{"n1"},
		Upgrade: func(ops *op.Ops) { ops.AddColumn("note", op.Text("side").Null()) }}
	split := migrate.Revision{ID: "m1", Down: []string{"n2", "s1"}, Upgrade: func(ops *op.Ops) {
		ops.Data("copy", func(ctx context.Context, d *op.Data) error {
			to, _ := d.Arg("to")
			_, err := op.Run(ctx, d, "UPDATE {note} SET {side} = ?, {title} = {id}", to)
			return err
		}).NoReverse()
	}}
	k := migratetest.Kit{Lineages: []migrate.Lineage{{Revisions: []migrate.Revision{create, addTitle(), side, split}}},
		Args: map[string]string{"to": "b"}}
	migratetest.Each(t, k, func(t *testing.T, k migratetest.Kit) {
		at := migratetest.Before(t, k, "m1")
		at.Insert("note", migratetest.Row{"id": "1", "side": "a"})
		rows := at.Upgrade("m1").Get("SELECT {title}, {side} FROM {note}")
		if len(rows) != 1 || rows[0].Text("title") != "1" || rows[0].Text("side") != "b" {
			t.Errorf("%d rows", len(rows))
		}
		if rows := migratetest.Before(t, k, "n1").Upgrade("n1").Get("SELECT * FROM {note}"); len(rows) != 0 {
			t.Errorf("%d rows", len(rows))
		}
	})
}
