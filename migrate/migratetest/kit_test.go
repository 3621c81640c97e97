package migratetest_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/migratetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// recorder is a test that keeps its failures to itself.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.TB.Context() }
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatal(args ...any) {
	r.failures = append(r.failures, fmt.Sprint(args...))
	runtime.Goexit()
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failures runs a test and returns what it complained about.
func failures(t *testing.T, f func(t testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return strings.Join(r.failures, "\n")
}

func notes(f func(t *schema.Table)) *schema.Table {
	t := schema.Define("note")
	t.String("id", 36).PrimaryKey()
	if f != nil {
		f(t)
	}
	return t
}

var create = migrate.Revision{ID: "n1", Upgrade: func(ops *op.Ops) { ops.CreateTable(notes(nil)) }}

func addTitle() migrate.Revision {
	return migrate.Revision{ID: "n2", Down: []string{"n1"},
		Upgrade: func(ops *op.Ops) { ops.AddColumn("note", op.Text("title").Null()) }}
}

func kit(name string, revs ...migrate.Revision) migratetest.Kit {
	return migratetest.Kit{
		Lineages: []migrate.Lineage{{Revisions: revs, Tables: []*schema.Table{notes(func(t *schema.Table) { t.Text("title").Null() })}}},
		Open: func(t testing.TB) *engine.Engine {
			t.Helper()
			return enginetest.Open(t, testdb.New(t, name).URL, engine.Options{})
		},
	}
}

func TestAll(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) { migratetest.All(t, kit(name, create, addTitle())) })
	}
}

// TestTheHelpersFind gives each helper what it is there to find.
func TestTheHelpersFind(t *testing.T) {
	trace := addTitle()
	trace.Downgrade = func(*op.Ops) {}
	broken := addTitle()
	broken.Downgrade = func(ops *op.Ops) { ops.DropColumn("note", "nothing") }
	final := addTitle()
	final.Irreversible = "it is final"
	other := migrate.Revision{ID: "n3", Down: []string{"n1"}}
	for _, c := range []struct {
		name string
		run  func(t testing.TB, k migratetest.Kit)
		revs []migrate.Revision
		want string // a part of the complaint; empty for none
	}{
		{"single head", func(t testing.TB, k migratetest.Kit) { t.Helper(); migratetest.SingleHead(t, k.Lineages...) }, []migrate.Revision{create, addTitle(), other}, "2 heads: n2, n3"},
		{"upgrade", migratetest.Upgrade, []migrate.Revision{addTitle(), {ID: "n1"}}, "no table note"},
		{"models match", migratetest.ModelsMatch, []migrate.Revision{create}, "add column note.title"},
		{"up and down", migratetest.UpDown, []migrate.Revision{create, broken}, "downgrade of n2"},
		{"stairway", migratetest.Stairway, []migrate.Revision{create, trace}, "second upgrade to n2"},
		{"no trace", migratetest.NoTrace, []migrate.Revision{create, trace}, "drop column note.title"},
		{"irreversible", migratetest.UpDown, []migrate.Revision{create, final}, "it is final"},
		{"fine", migratetest.NoTrace, []migrate.Revision{create, addTitle()}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := failures(t, func(tb testing.TB) { tb.Helper(); c.run(tb, kit(testdb.SQLite, c.revs...)) })
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("complaint %q, wanted %q", got, c.want)
			}
		})
	}
	k := kit(testdb.SQLite, create, final)
	k.Floor = "n2"
	if got := failures(t, func(tb testing.TB) {
		tb.Helper()
		migratetest.UpDown(tb, k)
		migratetest.Stairway(tb, k)
		migratetest.NoTrace(tb, k)
	}); got != "" {
		t.Errorf("above the floor: %s", got)
	}
}

func TestAt(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			split := migrate.Revision{ID: "n3", Down: []string{"n2"}, Upgrade: func(ops *op.Ops) {
				ops.Execute("UPDATE {note} SET {title} = ? WHERE {title} IS NULL", "untitled").NoReverse()
			}}
			at := migratetest.At(t, kit(name, create, addTitle(), split), "n2")
			at.Insert("note", migratetest.Row{"id": "1"}, migratetest.Row{"id": "2", "title": "ü 'x'"})
			rows := at.Upgrade("+1").Get("SELECT {title} FROM {note} ORDER BY {id}")
			if len(rows) != 2 || rows[0].Text("title") != "untitled" || rows[1].Text("title") != "ü 'x'" {
				t.Errorf("%d rows", len(rows))
			}
			if rows := at.Downgrade("n1").Get("SELECT * FROM {note}"); len(rows) != 2 {
				t.Errorf("%d rows after the downgrade", len(rows))
			}
		})
	}
}
