package larder_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

const early = "922e7a387820" // the twelfth revision

// to brings a database to a revision.
func to(t *testing.T, url, revision string) {
	t.Helper()
	eng := enginetest.Open(t, url, engine.Options{})
	defer eng.Close()
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: larder.Lineages(""), Snapshot: migrate.SnapshotNever})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Upgrade(t.Context(), revision); err != nil {
		t.Fatal(err)
	}
}

// run changes a database.
func run(t *testing.T, url string, statements ...string) {
	t.Helper()
	eng := enginetest.Open(t, url, engine.Options{})
	defer eng.Close()
	for _, sql := range statements {
		if _, err := op.Run(t.Context(), eng, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// open opens a database that is closed at the end of the test.
func open(t *testing.T, url string, o larder.Options) *larder.Database {
	t.Helper()
	db, err := larder.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// is fails the test unless the probe says that.
func is(t *testing.T, db *larder.Database, revision, reason string) {
	t.Helper()
	s, err := db.Probe().Schema(t.Context())
	if err != nil || s.Revision != revision || !strings.HasPrefix(s.Reason, reason) || (reason == "") != (s.Reason == "") {
		t.Errorf("the probe says %+v, %v; want %s at %s", s, err, reason, revision)
	}
}

// An empty database is created, opened again as it is, and served.
func TestOpenCreates(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		first := open(t, db.URL, larder.Options{})
		is(t, first, tables.Head, "")
		if _, err := first.Store().Users.SignUp(t.Context(), store.NewUser{Name: "A", Email: "a@example.com",
			Password: "pw"}); err != nil {
			t.Fatal(err)
		}
		if err := first.Probe().Ping(t.Context()); err != nil || first.Probe().Engine() == "" || first.ReadOnly() != "" {
			t.Errorf("%v, %q, %q", err, first.Probe().Engine(), first.ReadOnly())
		}
		first.Close()
		first.Close()
		if first.Engine() != nil || first.Store() != nil ||
			!errors.Is(first.Probe().Ping(t.Context()), dberr.ErrUnavailable) {
			t.Error("it is closed and has an engine")
		}
		again := open(t, db.URL, larder.Options{Migrate: larder.MigrateCheck})
		if u, err := again.Store().Users.GetByEmail(t.Context(), "a@example.com"); err != nil || *u.Name != "A" {
			t.Error(u, err)
		}
	})
}

// One at an earlier revision is migrated, and who opens it is told how far it is.
func TestOpenMigrates(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		to(t, db.URL, early)
		begun := 0
		var log bytes.Buffer
		d := open(t, db.URL, larder.Options{Build: "test", Logger: slog.New(slog.NewTextHandler(&log, nil)), Events: func(e migrate.Event) {
			if e.Kind == migrate.Begun {
				begun++
			}
		}})
		is(t, d, tables.Head, "")
		if begun != 54 || strings.Count(log.String(), "msg=migrating ") != 54 {
			t.Errorf("%d revisions were begun:\n%s", begun, &log)
		}
		if db.Engine == testdb.SQLite {
			if c, err := filepath.Glob(strings.TrimPrefix(db.URL, "sqlite:///") + ".before-*"); err != nil || len(c) != 1 {
				t.Errorf("copies: %v, %v", c, err)
			}
		}
	})
}

// What may not be changed is an error that names the options, and is not changed.
func TestOpenOnlyChecks(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		for _, c := range []struct {
			o      larder.Options
			phrase string
		}{
			{larder.Options{Migrate: larder.MigrateCheck}, "because of Options.Migrate check"},
			{larder.Options{Engine: engine.Options{ReadOnly: true}}, "because of Options.Engine.ReadOnly"},
		} {
			_, err := larder.Open(t.Context(), db.URL, c.o)
			if !errors.Is(err, dberr.ErrSchemaMismatch) || !strings.Contains(err.Error(), c.phrase) ||
				!strings.Contains(err.Error(), "larder migrate upgrade head") {
				t.Errorf("an empty one: %v", err)
			}
		}
		if path, isFile := strings.CutPrefix(db.URL, "sqlite:///"); isFile {
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was made")
			}
		}
		to(t, db.URL, early)
		if _, err := larder.Open(t.Context(), db.URL, larder.Options{Migrate: larder.MigrateCheck}); !errors.Is(err,
			dberr.ErrSchemaMismatch) ||
			!strings.Contains(err.Error(), "is at revision "+early) ||
			!strings.Contains(err.Error(), "open it with Options.Migrate auto") {
			t.Errorf("an old one: %v", err)
		}
		to(t, db.URL, "head")
		d := open(t, db.URL, larder.Options{Engine: engine.Options{ReadOnly: true}})
		if _, err := d.Store().Users.SignUp(t.Context(), store.NewUser{Name: "A", Email: "a@example.com",
			Password: "pw"}); !errors.Is(err, dberr.ErrReadOnly) || d.ReadOnly() == "" {
			t.Errorf("read-only: %v, %q", err, d.ReadOnly())
		}
	})
}

// With MigrateOff it is waited for until somebody else has done it, or ctx ends.
func TestOpenWaits(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		u, err := dburl.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		d := larder.New(u, larder.Options{Migrate: larder.MigrateOff})
		defer d.Close()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		stopped := make(chan error, 1)
		go func() { stopped <- d.Open(ctx) }()
		for why := ""; !strings.HasPrefix(why, "The database is empty"); time.Sleep(5 * time.Millisecond) {
			s, _ := d.Probe().Schema(t.Context()) // before it is open there is nothing to ask
			why = s.Reason
		}
		stop()
		if err := <-stopped; !errors.Is(err, context.Canceled) {
			t.Errorf("Open: %v", err)
		}
		is(t, d, "", "The database is empty, and is left alone because of Options.Migrate off; ")
		opened := make(chan error)
		go func() { opened <- d.Open(t.Context()) }()
		open(t, db.URL, larder.Options{})
		if err := <-opened; err != nil {
			t.Fatal(err)
		}
		is(t, d, tables.Head, "")
	})
}

// A database of a newer program is read and never written.
func TestOpenANewerOne(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		open(t, db.URL, larder.Options{}).Close()
		run(t, db.URL, "UPDATE {alembic_version} SET {version_num} = 'ffffffffffff'")
		d := open(t, db.URL, larder.Options{})
		is(t, d, "ffffffffffff", "The database is at revision ffffffffffff, and the newest")
		if n, err := d.Store().Users.Any(t.Context()); err != nil || n || d.ReadOnly() == "" {
			t.Error(n, err, d.ReadOnly())
		}
	})
}

// Users with one e-mail stop it, with the way out; an option decides.
func TestOpenUsersWithOneEmail(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		to(t, db.URL, early)
		user := "INSERT INTO {user} ({id}, {name}, {email}, {role}, {profile_image_url}, {last_active_at}, {updated_at}, {created_at}) VALUES "
		run(t, db.URL, user+"('u1', 'A', 'ada@example.com', 'admin', '/x', 3, 2, 1)",
			user+"('u2', 'A', 'Ada@example.com', 'user', '/x', 1, 1, 1)")
		_, err := larder.Open(t.Context(), db.URL, larder.Options{})
		var refused *migrate.PreflightError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "set Options.SameEmail to keep-newest or rename") ||
			strings.Contains(err.Error(), "@example") {
			t.Errorf("Open: %v", err)
		}
		d := open(t, db.URL, larder.Options{SameEmail: migrations.RenameSameEmail})
		if _, err := d.Store().Users.GetByEmail(t.Context(), "ada+u2@example.com"); err != nil {
			t.Error(err)
		}
	})
}

// A table that is gone is named by the probe.
func TestTheProbeMissesATable(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		d := open(t, db.URL, larder.Options{})
		run(t, db.URL, "DROP TABLE {chat_message}", "DROP TABLE {tag}")
		is(t, d, tables.Head, "The database says that it is at revision "+tables.Head+
			", but it has no table chat_message, tag. ")
	})
}

func TestOpenWithoutADatabase(t *testing.T) {
	if _, err := larder.Open(t.Context(), "nonsense://x", larder.Options{}); !errors.Is(err, dberr.ErrInvalid) {
		t.Errorf("Open: %v", err)
	}
	if _, err := larder.Open(t.Context(), "sqlite:////nowhere/at/all.db", larder.Options{}); err == nil {
		t.Error("it opens what is not there")
	}
}

// What becomes of an open database is noticed: by others who migrate it up or
// down, and by who makes it read-only. It is well again when they undo it.
func TestTheProbeNoticesWhatOthersDo(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		d := open(t, db.URL, larder.Options{})
		run(t, db.URL, "UPDATE {alembic_version} SET {version_num} = 'ffffffffffff'")
		is(t, d, "ffffffffffff", "The database is at revision ffffffffffff, and the newest that this larder knows is")
		if s, err := d.Probe().Schema(t.Context()); err != nil || !s.ReadOnly {
			t.Errorf("%+v, %v", s, err)
		}
		run(t, db.URL, "UPDATE {alembic_version} SET {version_num} = '"+early+"'")
		is(t, d, early, "The database is at revision "+early+" and this program serves revision")
		run(t, db.URL, "UPDATE {alembic_version} SET {version_num} = '"+tables.Head+"'")
		is(t, d, tables.Head, "")
	})
}

// A file that is moved away under a server, or replaced, is noticed: what is
// written would be in a file that nobody finds.
func TestTheProbeNoticesAFileThatIsGone(t *testing.T) {
	db := testdb.New(t, testdb.SQLite)
	path := strings.TrimPrefix(db.URL, "sqlite:///")
	d := open(t, db.URL, larder.Options{})
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	rename(path, path+".away")
	is(t, d, tables.Head, "The database file "+filepath.Base(path)+" was moved or deleted under the server. ")
	b, err := os.ReadFile(path + ".away")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	is(t, d, tables.Head, "The database file "+filepath.Base(path)+" was replaced by another one under the server. ")
	rename(path+".away", path)
	is(t, d, tables.Head, "")
}
