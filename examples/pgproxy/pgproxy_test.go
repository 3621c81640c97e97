package pgproxy_test

import (
	"context"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/examples/pgproxy"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/migratetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// suite is the flavour on the databases of its parent; none where the tests do
// not run on PostgreSQL.
func suite(t *testing.T) enginetest.Suite {
	t.Helper()
	for _, k := range enginetest.Ours().Kinds {
		if k.Name != "postgresql" {
			continue
		}
		return enginetest.Suite{Drivers: []driver.Driver{pgproxy.Driver{}}, Kinds: []enginetest.Kind{{Name: "pgproxy",
			Fresh: func(t testing.TB) string {
				t.Helper()
				return strings.Replace(k.Fresh(t), "postgresql://", "pgproxy://", 1)
			}}}}
	}
	t.Skip("PostgreSQL is left out")
	return enginetest.Suite{}
}

// TestTheFlavourIsAnEngine runs the suite that every engine passes.
func TestTheFlavourIsAnEngine(t *testing.T) {
	drivertest.All(t, drivertest.Target{Driver: pgproxy.Driver{}, Fresh: suite(t).Kinds[0].Fresh})
}

func TestWhatIsLeftOut(t *testing.T) {
	suite(t).Each(t, engine.Options{}, func(t *testing.T, eng *engine.Engine) {
		if v := eng.Version(); !strings.HasPrefix(v, "pgproxy ") || eng.Dialect().Engine() != "pgproxy" {
			t.Errorf("it calls itself %s and %s", v, eng.Dialect().Engine())
		}
		tab := schema.Define("note")
		tab.BigInt("id").PrimaryKey()
		tab.Text("title")
		tab.Index("note_title", "id").Include = []string{"title"}
		s, err := eng.DDL().CreateTables(tab)
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(s, "\n"); strings.Contains(text, "INCLUDE") {
			t.Errorf("INCLUDE is written: %s", text)
		}
		for _, text := range s {
			if _, err := eng.Exec(t.Context(), engine.Statement{SQL: text, Write: true}); err != nil {
				t.Fatal(err)
			}
		}
		seen := &statements{}
		stop := eng.Observe(seen)
		defer stop()
		rows := engine.BulkRows([][]any{{int64(1), "a"}, {int64(2), "b"}})
		if n, err := engine.BulkInsert(t.Context(), eng, "note", []string{"id", "title"}, rows); err != nil || n != 2 {
			t.Errorf("%d rows, %v", n, err)
		}
		if text := strings.Join(seen.text, "\n"); strings.Contains(text, "COPY") || !strings.Contains(text, "INSERT") {
			t.Errorf("rows went in by %s", text)
		}
	})
}

// statements are those that were sent.
type statements struct{ text []string }

func (s *statements) Before(ctx context.Context, ev *engine.Event) context.Context {
	s.text = append(s.text, ev.SQL)
	return ctx
}

func (*statements) After(context.Context, *engine.Event) {}

// TestMigrationsRunOnTheFlavour takes a history up and down.
func TestMigrationsRunOnTheFlavour(t *testing.T) {
	k := migratetest.Kit{Lineages: []migrate.Lineage{{Revisions: []migrate.Revision{
		{ID: "a1", Upgrade: func(ops *op.Ops) {
			note := schema.Define("note")
			note.String("id", 36).PrimaryKey()
			ops.CreateTable(note)
		}},
		{ID: "a2", Down: []string{"a1"}, Upgrade: func(ops *op.Ops) { ops.AddColumn("note", op.Text("title").Null()) }},
	}}}}
	migratetest.EachOf(t, suite(t), k, func(t *testing.T, k migratetest.Kit) { migratetest.UpDown(t, k) })
}

func TestWithoutItsDriverTheSchemeIsUnknown(t *testing.T) {
	for _, o := range []engine.Options{{}, {Drivers: enginetest.Ours().Drivers}} {
		if _, err := engine.Open(t.Context(), "pgproxy://app@proxy/app", o); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("%v", err)
		}
	}
}
