package migrations_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
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
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
	eng := sqliteFile(t, "testdata/revisions/018012973d35/webui.head.db.gz")
	before := fileOf(t, eng)
	f := check(t, eng)
	if len(f.Partial) != 1 {
		t.Fatalf("found %+v", f.Partial)
	}
	x := f.Partial[0]
	want(t, "where it is", x.Current, "37f288994c47")
	want(t, "what is there", x.Present, "column channel_member.status", "column channel_member.is_active", "column channel_member.is_channel_muted", "column channel_member.is_channel_pinned",
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

// A table that another program made, and was cut off before its indexes, gets
// them.
func TestTablesWithoutTheirIndexes(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		for n, rev := range migrations.All() {
			ops := byHand(t, rev)
			i := slices.IndexFunc(ops, func(o op.Op) bool { _, ok := o.(op.CreateTable); return ok })
			if i < 0 || !slices.ContainsFunc(ops[i:], func(o op.Op) bool { _, ok := o.(op.CreateIndex); return ok }) {
				continue
			}
			if n > 0 {
				upgrade(t, eng, ids()[n-1])
			}
			var bare []string
			for _, o := range ops {
				if c, ok := o.(op.CreateTable); ok && change(t, eng, o) {
					bare = append(bare, c.Table.Name)
				}
			}
			if f := check(t, eng); len(f.Partial) != 1 || len(f.Partial[0].Present) != len(bare) {
				t.Errorf("%s: made %v, check finds %+v", rev.ID, bare, f.Partial)
			}
		}
		upgrade(t, eng, "head")
		whole := enginetest.Open(t, testdb.New(t, eng.Dialect().Engine()).URL, engine.Options{})
		upgrade(t, whole, "head")
		sameSchema(t, "at the head", live(t, whole), live(t, eng))
	})
}

// A way down of revision 5 that was cut off elsewhere leaves a second column:
// the first one has the chats.
func TestRevision05TwoColumns(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 5)
		run(t, eng, "ALTER TABLE {chat} ADD COLUMN {old_chat} TEXT")
		run(t, eng, "INSERT INTO {chat} ({id}, {chat}, {old_chat}) VALUES (?, ?, NULL)", "a", `{"a": 1}`)
		run(t, eng, "INSERT INTO {chat} ({id}, {chat}, {old_chat}) VALUES (?, ?, ?)", "b", `{"b": 1}`, `{"b": "stale"}`)
		run(t, eng, "INSERT INTO {chat} ({id}, {chat}, {old_chat}) VALUES (?, ?, NULL)", "c", "no json")
		to(t, eng, 5)
		want(t, "chats", ask(t, eng, "chat", "SELECT {id}, {chat} FROM {chat} ORDER BY {id}"), `{"a": 1}`, `{"b": 1}`, "null")
		want(t, "kept", ask(t, eng, "value", "SELECT {value} FROM {larder_kept}"), "no json")
		whole := enginetest.Open(t, testdb.New(t, eng.Dialect().Engine()).URL, engine.Options{})
		to(t, whole, 5)
		sameSchema(t, "at revision 5", live(t, whole), live(t, eng))
	})
}

// A database that is recorded at an earlier revision than it is at keeps its
// prompts, and who may use them, when it is upgraded again.
func TestRevision30PromptsThatHaveIDs(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 30)
		run(t, eng, "INSERT INTO {prompt} ({command}, {user_id}, {title}, {content}, {timestamp}, {access_control}) VALUES ('/p', 'u', 't', 'c', 7, '{}')")
		to(t, eng, 33)
		wanted := outcomeOf(t, eng)
		run(t, eng, "UPDATE {alembic_version} SET {version_num} = ?", ids()[28])
		if f := check(t, eng); len(f.Partial) < 3 || f.Partial[0].Revision != ids()[29] {
			t.Errorf("found %+v", f.Partial)
		}
		if _, err := runner(t, eng, migrations.Options{}, nil).Repair(t.Context(), migrate.RepairOptions{}); err != nil {
			t.Fatal(err)
		}
		want(t, "recorded", ask(t, eng, "version_num", "SELECT {version_num} FROM {alembic_version}"), ids()[32])
		wanted.same(t, "again", eng)
	})
}

// Where the settings have not been moved and the name that the old table is to
// take is in use, nothing is changed and the reason is said.
func TestRevision45NameInUse(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 45)
		run(t, eng, "INSERT INTO {config} ({data}, {version}) VALUES ('{\"ui\": {\"enable_signup\": true}}', 0)")
		run(t, eng, "CREATE TABLE {config_old} ({x} INTEGER)")
		_, err := runner(t, eng, migrations.Options{}, nil).Upgrade(t.Context(), "head")
		if dberr.CodeOf(err) != dberr.SchemaMismatch || !strings.Contains(err.Error(), "rename config_old and upgrade again") {
			t.Fatalf("got %v", err)
		}
		run(t, eng, "ALTER TABLE {config_old} RENAME TO {mine}")
		upgrade(t, eng, "head")
		want(t, "settings", ask(t, eng, "key", "SELECT {key} FROM {config}"), "ui.enable_signup")
	})
}
