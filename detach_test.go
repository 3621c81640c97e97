package larder_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// definitions are the tables of a database as text, one a line.
func definitions(t *testing.T, eng *engine.Engine) string {
	t.Helper()
	live, err := eng.Inspect(t.Context(), driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, x := range live {
		statements, err := eng.DDL().CreateTables(x)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range statements {
			b.WriteString(st + "\n")
		}
	}
	return b.String()
}

// What is left is what was there before Larder came.
func TestDetach(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		open(t, db.URL, larder.Options{NoSnapshot: true}).Close()
		eng := enginetest.Open(t, db.URL, engine.Options{})
		ctx := t.Context()
		if _, err := larder.Detach(ctx, eng); err != nil {
			t.Fatal(err)
		}
		before := definitions(t, eng)
		if strings.Contains(before, "larder_") {
			t.Fatalf("something of ours is left:\n%s", before)
		}
		r, err := migrate.New(migrate.Options{Engine: eng, Lineages: larder.Lineages(""), Snapshot: migrate.SnapshotNever})
		if err != nil {
			t.Fatal(err)
		}
		// The way down and up again leaves all that we ever add.
		if _, err := r.Downgrade(ctx, "f1e2d3c4b5a6"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(ctx, "head"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.EnsureVersion(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := op.Run(ctx, eng, "CREATE INDEX {larder_chat} ON {chat} ({updated_at})"); err != nil {
			t.Fatal(err)
		}
		found, err := larder.FindOwn(ctx, eng)
		if err != nil || len(found) < 4 || found[0] != (larder.Own{Table: "chat", Index: "larder_chat"}) {
			t.Fatalf("found %+v, %v", found, err)
		}
		// Not while it is being migrated.
		release, err := eng.Lock(ctx, migrate.LockName, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := larder.Detach(ctx, eng); !errors.Is(err, dberr.ErrConflict) {
			t.Errorf("while a migration runs: %v", err)
		}
		if err := release(); err != nil {
			t.Fatal(err)
		}
		gone, err := larder.Detach(ctx, eng)
		if err != nil || len(gone) != len(found) {
			t.Fatalf("took out %+v, %v", gone, err)
		}
		if after := definitions(t, eng); sorted(after) != sorted(before) {
			t.Errorf("the tables are\n%s\nand were\n%s", after, before)
		}
		if found, err := larder.FindOwn(ctx, eng); err != nil || found != nil {
			t.Errorf("found again %+v, %v", found, err)
		}
		// It is a database that both programs open.
		if f, err := r.Check(ctx); err != nil || !f.OK() {
			t.Errorf("it is not in order: %+v, %v", f, err)
		}
		open(t, db.URL, larder.Options{NoSnapshot: true})
	})
}

// sorted is a text with its lines in order, and those of a table's columns, too:
// a column that went and came back is the last one.
func sorted(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' })
	for i := range lines {
		lines[i] = strings.Trim(lines[i], " ()")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestDetachRefuses(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		eng := enginetest.Open(t, db.URL, engine.Options{})
		if _, err := larder.Detach(t.Context(), eng); !errors.Is(err, dberr.ErrConflict) {
			t.Errorf("an empty database: %v", err)
		}
		open(t, db.URL, larder.Options{NoSnapshot: true}).Close()
		run(t, db.URL, "UPDATE {alembic_version} SET {version_num} = 'ffffffffffff'")
		if _, err := larder.Detach(t.Context(), eng); !errors.Is(err, dberr.ErrConflict) ||
			!strings.Contains(err.Error(), "newer") {
			t.Errorf("a newer database: %v", err)
		}
	})
}
