package migrations_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/schema"
)

// check looks for what another program left.
func check(t testing.TB, eng *engine.Engine) *migrate.Findings {
	t.Helper()
	f, err := runner(t, eng, migrations.Options{}, nil).Check(t.Context())
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	return f
}

func silent(t testing.TB, what string, eng *engine.Engine) {
	t.Helper()
	f := check(t, eng)
	for _, x := range f.Partial {
		t.Errorf("%s: %s", what, x)
	}
	for _, x := range f.Leftovers {
		t.Errorf("%s: %s", what, x)
	}
}

// skipped reports whether one of the revisions is left to the long tests.
func skipped(n int) bool { return !everyFixture && n%7 != 0 }

// A database that is at a revision, and nowhere else, is not taken for one
// that is half-way, on the way up and on the way down; nor are tables, columns
// and indexes of the user.
func TestCheckIsSilentAtEachRevision(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		silent(t, "empty", eng)
		for n, id := range ids() {
			if skipped(n) {
				continue
			}
			upgrade(t, eng, id)
			silent(t, "up to "+id, eng)
			if n == 0 {
				run(t, eng, "CREATE TABLE {notebook} ({id} INTEGER)")
				run(t, eng, "ALTER TABLE {chat} ADD COLUMN {my_rating} INTEGER")
				run(t, eng, "CREATE INDEX {my_index} ON {chat} ({created_at})")
				run(t, eng, "CREATE TABLE {_alembic_tmp_} ({id} INTEGER)")
				silent(t, "with things of the user", eng)
			}
		}
		for n, id := range slices.Backward(ids()[:65]) {
			if skipped(n+3) || !everyFixture && !eng.Dialect().Has(schema.TransactionalDDL) {
				continue
			}
			downgrade(t, eng, id)
			silent(t, "down to "+id, eng)
		}
	})
}

// Nor is any that Open WebUI has left at a revision, whatever release began it.
func TestCheckIsSilentOnFixtures(t *testing.T) {
	for _, kind := range []string{"revisions", "steps", "releases"} {
		entries, err := os.ReadDir("testdata/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		for n, x := range entries {
			dir := "testdata/" + kind + "/" + x.Name()
			eachUpstream(t, kind+" "+x.Name(), func(t *testing.T, e string) {
				if e != testdb.SQLite && skipped(n) {
					return
				}
				silent(t, "at the revision", stored(t, e, dir, ""))
				if _, err := os.Stat(dir + "/pg.head.sql.gz"); err == nil {
					silent(t, "at the head", stored(t, e, dir, ".head"))
				}
			})
		}
	}
}

// The database of TestHalfAppliedIsFinished is explained.
func TestHalfAppliedIsExplained(t *testing.T) {
	eng := sqliteFile(t, "testdata/revisions/018012973d35/webui.head.db.gz")
	before := fileOf(t, eng)
	f := check(t, eng)
	if len(f.Partial) != 1 {
		t.Fatalf("found %+v", f.Partial)
	}
	x := f.Partial[0]
	want(t, "where it is", x.Current, "37f288994c47")
	want(t, "what is there", x.Stands, "column channel_member.status", "column channel_member.is_active", "column channel_member.is_channel_muted", "column channel_member.is_channel_pinned",
		"column channel_member.data", "column channel_member.meta")
	want(t, "what is not", x.Missing, "column channel_member.joined_at", "column channel_member.left_at", "column channel_member.last_read_at", "column channel_member.updated_at",
		"column message.is_pinned", "column message.pinned_at", "column message.pinned_by")
	var text strings.Builder
	if err := f.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if s := "partial: another program was cut off in revision 2f1211949ecc (main): the database is recorded at 37f288994c47 and has column channel_member.status, "; !strings.Contains(text.String(), s) {
		t.Errorf("%q is not in\n%s", s, text.String())
	}
	if before != fileOf(t, eng) {
		t.Error("check wrote to the file")
	}
}

func fileOf(t testing.TB, eng *engine.Engine) string {
	t.Helper()
	b, err := os.ReadFile(eng.File())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
