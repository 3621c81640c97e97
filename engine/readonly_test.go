package engine_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// An engine that is opened to be read only refuses whatever writes, whichever
// way it goes, and reads like any other.
func TestReadOnlyEngine(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		do(t, eng, "CREATE TABLE kept (id integer NOT NULL PRIMARY KEY)")
		do(t, eng, "INSERT INTO kept (id) VALUES (1)")
		ro := enginetest.Open(t, eng.URL().Reveal(), engine.Options{ReadOnly: true})
		ctx := t.Context()
		insert := engine.Statement{Name: "test.write", SQL: "INSERT INTO kept (id) VALUES (2)", Write: true}
		disguised := insert
		disguised.Write = false // the connection refuses what the engine does not know
		exec := func(st engine.Statement) func() error {
			return func() error { _, err := ro.Exec(ctx, st); return err }
		}
		for what, f := range map[string]func() error{
			"exec": exec(insert), "exec in disguise": exec(disguised),
			"query": func() error {
				rows, err := ro.Query(ctx, insert)
				if err == nil {
					err = rows.Close()
				}
				return err
			},
			"transaction": func() error {
				return ro.InTx(ctx, engine.TxOptions{}, func(context.Context, *engine.Tx) error { return nil })
			},
			"in a reading transaction": func() error {
				return ro.InTx(ctx, engine.TxOptions{Mode: engine.Read}, func(ctx context.Context, tx *engine.Tx) error {
					_, err := tx.Exec(ctx, disguised)
					return err
				})
			},
			"session": func() error {
				s := ro.Session()
				defer s.Close()
				_, err := s.Exec(ctx, insert)
				return err
			},
			"bulk": func() error {
				_, err := engine.BulkInsert(ctx, ro, "kept", []string{"id"},
					func(yield func([]any, error) bool) { yield([]any{int64(2)}, nil) })
				return err
			},
		} {
			if err := f(); dberr.CodeOf(err) != dberr.ReadOnly {
				t.Errorf("%s: %v", what, err)
			}
		}
		if h, err := ro.Health(ctx); err != nil || !h.ReadOnly {
			t.Errorf("health %+v, %v", h, err)
		}
		found, err := ro.Inspect(ctx, driver.InspectOptions{})
		if err != nil || len(found) != 1 {
			t.Errorf("%d tables, %v", len(found), err)
		}
		do(t, eng, "INSERT INTO kept (id) VALUES (3)")
	})
}

// Reading a file leaves it, and what is beside it, as it was: in each mode of
// its journal, and with a log that a process which died has left.
func TestReadOnlyLeavesTheFileAlone(t *testing.T) {
	if !slices.Contains(testdb.Engines(), testdb.SQLite) {
		return // others are not files
	}
	for _, mode := range []string{"WAL", "DELETE", "a log"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "x.db")
			eng := enginetest.Open(t, "sqlite:///"+file, engine.Options{})
			do(t, eng, "CREATE TABLE kept (id integer)")
			do(t, eng, "INSERT INTO kept VALUES (1)")
			if mode == "a log" {
				left := filepath.Join(t.TempDir(), "x.db")
				copyFile(t, file, left)
				copyFile(t, file+"-wal", left+"-wal")
				dir, file = filepath.Dir(left), left
			}
			if err := eng.Close(); err != nil {
				t.Fatal(err)
			}
			if mode == "DELETE" {
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				b[18], b[19] = 1, 1 // the versions of the format for writing and reading
				if err := os.WriteFile(file, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			was := contents(t, dir)
			ro := enginetest.Open(t, "sqlite:///"+file, engine.Options{ReadOnly: true})
			if _, err := ro.Exec(t.Context(), engine.Statement{SQL: "DELETE FROM kept",
				Write: false}); dberr.CodeOf(err) != dberr.ReadOnly {
				t.Error(err)
			}
			rows, err := ro.Query(t.Context(), engine.Statement{SQL: "SELECT id FROM kept"})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for rows.Next() {
				n++
			}
			if err := rows.Close(); err != nil || n != 1 {
				t.Errorf("%d rows, %v", n, err)
			}
			if err := ro.Close(); err != nil {
				t.Fatal(err)
			}
			is := contents(t, dir)
			delete(is, "x.db-shm") // with a log: memory that readers share
			for name := range is {
				if !bytes.Equal(was[name], is[name]) {
					t.Errorf("%s has changed, or was not there", name)
				}
			}
			if mode != "a log" && len(contents(t, dir)) != len(was) {
				t.Error("files were left behind")
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "x.db")
		for _, url := range []string{"sqlite:///" + file, "sqlite://"} {
			_, err := engine.Open(t.Context(), url, engine.Options{Drivers: drivers(), ReadOnly: true})
			if dberr.CodeOf(err) != dberr.NotFound {
				t.Errorf("%s: %v", url, err)
			}
		}
		if _, err := os.Stat(file); err == nil {
			t.Error("a file was made")
		}
	})
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "x.db") {
			continue
		}
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
