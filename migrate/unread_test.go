package migrate_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// odd makes a table as no declaration can be: two of its columns, or two of its
// checks, have names that are different for the engine alone.
func odd(t *testing.T, eng *engine.Engine) {
	t.Helper()
	text := "CREATE TABLE odd (id INTEGER PRIMARY KEY, p INTEGER, CONSTRAINT x CHECK (p > 0), CONSTRAINT x CHECK (p < 9))"
	switch eng.Dialect().Engine() {
	case testdb.PostgreSQL:
		text = `CREATE TABLE odd (a integer, "A" integer)`
	case testdb.MySQL, testdb.MariaDB:
		// A Cyrillic letter, large and small.
		text = "CREATE TABLE odd (id INTEGER PRIMARY KEY, `\ua640` INTEGER, `\ua641` INTEGER)"
	}
	execute(t, eng, text)
}

// A table that cannot be told does not keep the others from being compared: it
// is named, and left alone.
func TestATableThatCannotBeReadIsLeftAlone(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		revs := []migrate.Revision{{ID: "g1", Upgrade: func(ops *op.Ops) { ops.CreateTable(keyed("plain")) }}}
		upgrade(t, runner(t, eng, revs...), "head")
		odd(t, eng)
		plain := keyed("plain")
		plain.String("note", 20).Null()
		l := migrate.Lineage{Revisions: revs, Tables: []*schema.Table{plain}}

		f := checked(t, eng, l)
		if len(f.Differences) != 1 || f.Differences[0].Table != "plain" || len(f.Unread) != 0 || len(f.Notes) != 1 {
			t.Fatalf("found %+v", f)
		}
		var text bytes.Buffer
		if err := f.WriteText(&text); err != nil ||
			!strings.Contains(text.String(), "note: table odd: cannot be read, and is left alone: ") {
			t.Errorf("it says %s (%v)", text.String(), err)
		}
		withOdd := l
		withOdd.Tables = []*schema.Table{plain, keyed("odd")}
		if f := checked(t, eng, withOdd); len(f.Differences) != 1 || len(f.Unread) != 1 ||
			f.Unread[0].Table != "odd" || f.OK() {
			t.Errorf("where it is declared: %+v", f)
		}

		var told []string
		o := migrate.Options{Engine: eng, Lineages: []migrate.Lineage{withOdd}}
		g, err := autogen.New(autogen.Options{Engine: eng, Lineages: o.Lineages, Layout: autogen.Layout{Package: "migrations"},
			Notice: func(s string) { told = append(told, s) }})
		if err != nil {
			t.Fatal(err)
		}
		rev, err := g.Autogenerate(t.Context(), autogen.Draft{ID: "g2"}, autogen.Renames{})
		if err != nil || rev == nil || len(rev.Changes) != 1 || strings.Contains(string(rev.Source), "odd") {
			t.Fatalf("generated %+v: %v", rev, err)
		}
		if len(told) != 1 || !strings.HasPrefix(told[0], "table odd: cannot be read") {
			t.Errorf("it says %q", told)
		}

		// What would change it says why it cannot, by name; what stands beside it goes on.
		add := func(id, down, table string) migrate.Revision {
			return migrate.Revision{ID: id, Down: []string{down}, Upgrade: func(ops *op.Ops) {
				ops.AddColumn(table, op.String("note", 20).Null())
			}}
		}
		upgrade(t, runner(t, eng, append(slices.Clone(revs), add("g2", "g1", "plain"))...), "head")
		_, err = runner(t, eng, append(slices.Clone(revs), add("g2", "g1", "plain"), add("g3", "g2", "odd"))...).
			Upgrade(t.Context(), "head")
		if dberr.CodeOf(err) == "" || !strings.Contains(err.Error(), "odd") {
			t.Errorf("a change of it: %v", err)
		}
		live, err := eng.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil || len(live) < 3 {
			t.Errorf("inspected %d tables: %v", len(live), err)
		}
		state := op.LiveState(eng.DDL(), live...)
		if state.Table("odd").Unreadable == "" || state.Table("plain").Unreadable != "" {
			t.Errorf("odd: %q, plain: %q", state.Table("odd").Unreadable, state.Table("plain").Unreadable)
		}
	})
}

// What a table has and no declaration says is told once, by check and by what
// writes revisions, and is in order.
func TestWhatIsNotCarriedIsTold(t *testing.T) {
	text := map[string]string{
		testdb.SQLite:     "CREATE TABLE plain (id INTEGER NOT NULL, note TEXT, PRIMARY KEY (id)) STRICT",
		testdb.PostgreSQL: "CREATE UNLOGGED TABLE plain (id integer PRIMARY KEY, note text)",
		testdb.MySQL:      "CREATE TABLE plain (id int PRIMARY KEY, note longtext COLLATE utf8mb4_0900_bin INVISIBLE)",
		testdb.MariaDB:    "CREATE TABLE plain (id int PRIMARY KEY, note longtext COLLATE utf8mb4_nopad_bin INVISIBLE)",
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		revs := []migrate.Revision{{ID: "g1", Upgrade: func(ops *op.Ops) {
			ops.CreateTable(keyed("other"))
			ops.Execute(text[eng.Dialect().Engine()]).NoReverse()
		}, Irreversible: "it is made by hand"}}
		upgrade(t, runner(t, eng, revs...), "head")
		plain := keyed("plain")
		plain.Text("note").Null()
		l := migrate.Lineage{Revisions: revs, Tables: []*schema.Table{keyed("other"), plain}}
		f := checked(t, eng, l)
		if !f.OK() || len(f.Notes) != 1 || f.Notes[0].Table != "plain" {
			t.Errorf("found %+v", f)
		}
		told := 0
		g, err := autogen.New(autogen.Options{Engine: eng, Lineages: []migrate.Lineage{l}, Notice: func(string) { told++ }})
		if err != nil {
			t.Fatal(err)
		}
		if rev, err := g.Autogenerate(t.Context(), autogen.Draft{ID: "g2"}, autogen.Renames{}); rev != nil ||
			err != nil || told != 1 {
			t.Errorf("generated %+v, told %d: %v", rev, told, err)
		}
		live, err := eng.Inspect(t.Context(), driver.InspectOptions{Tables: func(name string) bool { return name == "plain" }})
		if err != nil || len(live) != 1 {
			t.Fatalf("%d tables: %v", len(live), err)
		}
		for _, note := range live[0].Notes {
			plain.Note(note) // the declaration means it to be there
		}
		if f := checked(t, eng, l); !f.OK() || len(f.Notes) != 0 {
			t.Errorf("of what is declared it says %+v", f)
		}
	})
}
