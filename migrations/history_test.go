package migrations_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/tables"
)

func TestHistoryIsALine(t *testing.T) {
	all := migrations.All()
	if len(all) != 66 {
		t.Fatalf("%d revisions, want 66", len(all))
	}
	for i, r := range all {
		switch {
		case i == 0 && len(r.Down) != 0:
			t.Errorf("%s has a parent", r.ID)
		case i > 0 && (len(r.Down) != 1 || r.Down[0] != all[i-1].ID):
			t.Errorf("%s is behind %v, want %s", r.ID, r.Down, all[i-1].ID)
		}
		if _, err := os.Stat(r.Path); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
		if !strings.Contains(r.Path, r.ID) {
			t.Errorf("%s is in %s", r.ID, r.Path)
		}
		if r.Doc == "" {
			t.Errorf("%s has no description", r.ID)
		}
		if _, err := op.Record(r.Upgrade); err != nil {
			t.Errorf("%s up: %v", r.ID, err)
		}
		if _, err := op.Record(r.Downgrade); err != nil {
			t.Errorf("%s down: %v", r.ID, err)
		}
	}
	if last := all[65].ID; last != migrations.Head || migrations.Head != tables.Head {
		t.Errorf("the head is %s, migrations.Head is %s, tables.Head is %s", last, migrations.Head, tables.Head)
	}
}

func TestOptionsDoNotChangeWhatIsRecorded(t *testing.T) {
	stop, rename := migrations.All(), migrations.History(migrations.Options{SameEmail: migrations.RenameSameEmail})
	for i := range stop {
		a, err := op.Record(stop[i].Upgrade)
		if err != nil {
			t.Fatal(err)
		}
		b, err := op.Record(rename[i].Upgrade)
		if err != nil {
			t.Fatal(err)
		}
		for n := range a {
			if a[n].String() != b[n].String() {
				t.Errorf("%s: %q and %q", stop[i].ID, a[n], b[n])
			}
		}
	}
}

// All 66 steps on an empty database make what is made at the head at once.
func TestStepsMakeTheHead(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, eng, "head")
		at := live(t, eng)
		var name string
		for _, e := range testdb.Engines() {
			if strings.HasSuffix(t.Name(), "/"+e) {
				name = e
			}
		}
		other := enginetest.Open(t, testdb.New(t, name).URL, engine.Options{})
		if err := fresh.Create(context.Background(), other, tables.All(), []string{migrations.Head}); err != nil {
			t.Fatal(err)
		}
		want := live(t, other)
		if len(want) != 47 || len(at) != 47 {
			t.Errorf("%d and %d tables, want 47", len(at), len(want))
		}
		sameSchema(t, "steps", want, at)
		sameOrder(t, "steps", want, at)
	})
}

// Down to nothing and up again.
func TestDownToNothing(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, eng, "head")
		want := live(t, eng)
		downgrade(t, eng, "base")
		if left := live(t, eng); len(left) != 0 {
			t.Errorf("%d tables are left, the first is %s", len(left), left[0].Name)
		}
		upgrade(t, eng, "head")
		sameSchema(t, "again", want, live(t, eng))
	})
}
