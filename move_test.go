package larder_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/transfer"
	"github.com/larder-db/larder/transfer/canon"
)

// unpacked is a file of Open WebUI, and its URL.
func unpacked(t testing.TB, packed string) *dburl.URL {
	t.Helper()
	in, err := os.Open(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "webui.db")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, z); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return parsed(t, "sqlite:///"+path)
}

func parsed(t testing.TB, url string) *dburl.URL {
	t.Helper()
	u, err := dburl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const small = "server/testdata/small.db.gz"

// dump is every row of every table of a database in one form.
func dump(t testing.TB, u *dburl.URL) map[string][]string {
	t.Helper()
	eng, err := engine.OpenURL(t.Context(), u, engine.Options{Drivers: engines.All(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	out := map[string][]string{}
	err = transfer.Snapshot(t.Context(), eng, func(ctx context.Context, src transfer.Source) error {
		for _, tab := range src.Tables() {
			for row, err := range src.Rows(ctx, tab) {
				if err != nil {
					return err
				}
				line := map[string]string{}
				for i, c := range tab.Columns {
					v, err := canon.Read(c.Type, row[i])
					if err != nil {
						t.Errorf("%s.%s: %v", tab.Name, c.Name, err)
					}
					line[c.Name] = string(canon.AppendLine(nil, v))
				}
				text := ""
				for _, c := range slices.Sorted(maps.Keys(line)) {
					text += c + "=" + line[c] + " "
				}
				out[tab.Name] = append(out[tab.Name], text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// chain is an empty database of each engine, SQLite last.
func chain(t *testing.T) []*dburl.URL {
	t.Helper()
	var out []*dburl.URL
	for _, e := range testdb.Engines() {
		if e != testdb.SQLite {
			out = append(out, parsed(t, testdb.New(t, e).URL))
		}
	}
	return append(out, parsed(t, testdb.New(t, testdb.SQLite).URL))
}

func TestARoundTripThroughEveryEngineChangesNothing(t *testing.T) {
	from := unpacked(t, small)
	want := dump(t, from)
	for _, to := range chain(t) {
		rep, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{})
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		if !rep.Clean() || rep.Totals().Written == 0 {
			t.Errorf("%s: %+v", to, rep.Totals())
		}
		for _, r := range rep.Tables {
			if !r.Verified {
				t.Errorf("%s: table %s was not verified", to, r.Table)
			}
		}
		if d := cmp.Diff(want, dump(t, to)); d != "" {
			t.Fatalf("%s: %s", to, d)
		}
		from = to
	}
	db := open(t, from.Reveal(), larder.Options{Migrate: larder.MigrateCheck})
	if db.ReadOnly() != "" {
		t.Error(db.ReadOnly())
	}
}

func TestATargetThatIsNotEmptyIsRefusedWithWhatIsInIt(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		run(t, db.URL, "CREATE TABLE note (id INTEGER PRIMARY KEY)", "INSERT INTO note VALUES (1)")
		_, err := larder.Copy(t.Context(), unpacked(t, small), parsed(t, db.URL), larder.MoveOptions{})
		if !errors.Is(err, dberr.ErrAlreadyExists) || !strings.Contains(err.Error(), "note (1 rows)") {
			t.Error(err)
		}
	})
}

func TestADatabaseThatIsBeingFilledIsNotServed(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		to := parsed(t, db.URL)
		from := unpacked(t, small)
		ended := errors.New("the plug was pulled")
		o := larder.MoveOptions{}
		o.Transfer.BatchBytes = 1
		o.Transfer.Progress = func(transfer.Progress) { panic(ended) }
		cutOff(t, ended, func() { _, _ = larder.Copy(t.Context(), from, to, o) })

		d := larder.New(to, larder.Options{})
		defer d.Close()
		opened := make(chan error, 1)
		go func() { opened <- d.Open(t.Context()) }()
		await(t, func() bool {
			s, err := d.Probe().Schema(t.Context())
			return err == nil && strings.Contains(s.Reason, "is not finished") && strings.Contains(s.Reason, "--resume")
		})
		if _, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{}); !errors.Is(err, dberr.ErrConflict) {
			t.Errorf("without resume: %v", err)
		}
		o = larder.MoveOptions{}
		o.Transfer.Resume = true
		if _, err := larder.Copy(t.Context(), from, to, o); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-opened:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(2 * time.Minute):
			s, err := d.Probe().Schema(t.Context())
			t.Fatalf("the server goes on waiting: %+v, %v", s, err)
		}
		got := dump(t, to)
		// Made when it was opened.
		maps.DeleteFunc(got, func(table string, _ []string) bool { return strings.HasPrefix(table, "larder_") })
		if d := cmp.Diff(dump(t, from), got); d != "" {
			t.Error(d)
		}
	})
}

// cutOff calls f, which ends in a panic.
func cutOff(t *testing.T, with error, f func()) {
	t.Helper()
	defer func() {
		if p := recover(); p != with {
			t.Errorf("it ended with %v", p)
		}
	}()
	f()
}

// await waits until what has to become true is.
func await(t *testing.T, f func() bool) {
	t.Helper()
	for range 4800 {
		if f() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal("it did not come about")
}

func TestLargeDocumentsAreMovedOneAtATime(t *testing.T) {
	from := unpacked(t, small)
	for _, id := range []string{"0-first", "m-middle", "zz-last"} {
		spoilNothing(t, from, `INSERT INTO chat (id, user_id, title, created_at, updated_at, archived, pinned, meta, chat)
			VALUES ('`+id+`', 'u', 't', 1, 1, 0, 0, '{}', '{"text":"é\n' || hex(zeroblob(4500000)) || '"}')`)
	}
	want := dump(t, from)
	for _, to := range chain(t) {
		if _, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{}); err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		got := dump(t, to)
		for table := range want {
			if !slices.Equal(want[table], got[table]) {
				t.Fatalf("%s: table %s has arrived otherwise", to, table)
			}
		}
		from = to
	}
}

func TestEarlierRevisionsAreMovedAsTheyAreOrToTheHead(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		from := testdb.New(t, testdb.SQLite).URL
		to(t, from, early)
		run(t, from, "INSERT INTO chat (id, user_id, title, chat, created_at, updated_at, archived, pinned, meta) VALUES ('c', 'u', 't', '{\"title\":\"t\"}', 1, 1, 0, 0, '{}')",
			"INSERT INTO {user} (id, name, email, role, profile_image_url, last_active_at, updated_at, created_at) VALUES ('u', 'n', 'A@example.com', 'admin', '', 1, 1, 1)")
		for _, upgrade := range []bool{false, true} {
			target := testdb.New(t, db.Engine).URL
			rep, err := larder.Copy(t.Context(), parsed(t, from), parsed(t, target), larder.MoveOptions{Upgrade: upgrade})
			if err != nil {
				t.Fatal(err)
			}
			if !rep.Clean() || rep.Totals().Written != 2 {
				t.Errorf("%+v", rep.Totals())
			}
			if upgrade {
				open(t, target, larder.Options{Migrate: larder.MigrateCheck})
				continue
			}
			if rep, err := larder.Verify(t.Context(), parsed(t, from), parsed(t, target), larder.MoveOptions{}); err != nil ||
				!rep.Clean() {
				t.Errorf("%v, %+v", err, rep)
			}
			to(t, target, "head")
			open(t, target, larder.Options{Migrate: larder.MigrateCheck})
		}
	})
}

func TestANewerRevisionIsCopiedAsItIsFound(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		from := unpacked(t, small)
		for _, s := range []string{"UPDATE alembic_version SET version_num = 'ffffffffffff'",
			"ALTER TABLE note ADD COLUMN shoe TEXT", "UPDATE note SET shoe = 'left'",
			"CREATE TABLE novelty (id TEXT NOT NULL PRIMARY KEY, what JSON, made DATETIME)", `INSERT INTO novelty VALUES ('1', '{"a":1}', '2026-01-01 00:00:00')`} {
			spoilNothing(t, from, s)
		}
		target := parsed(t, db.URL)
		var log bytes.Buffer
		o := larder.MoveOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}
		rep, err := larder.Copy(t.Context(), from, target, o)
		if err != nil {
			t.Fatal(err)
		}
		if !rep.Clean() || !strings.Contains(log.String(), "revision ffffffffffff, which this program does not know") {
			t.Errorf("%+v %s", rep.Totals(), log.String())
		}
		if d := cmp.Diff(dump(t, from), dump(t, target)); d != "" {
			t.Error(d)
		}
		if _, err := larder.Copy(t.Context(), from, parsed(t, testdb.New(t, db.Engine).URL),
			larder.MoveOptions{Upgrade: true}); !errors.Is(err, dberr.ErrSchemaMismatch) {
			t.Errorf("to the head: %v", err)
		}
	})
}
