package sqlite_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine/sqlite"
	"github.com/larder-db/larder/internal/testdb"
)

// What is not carried is said, once each, and nothing is said of the rest.
func TestInspectSaysWhatItDoesNotCarry(t *testing.T) {
	db := open(t, testdb.New(t, testdb.SQLite))
	want := map[string]string{}
	for s, note := range map[string]string{
		"CREATE TABLE plain (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT UNIQUE ON CONFLICT ABORT, b TEXT DEFAULT 'STRICT')": "",
		"CREATE TABLE bare (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID, STRICT":                                                "is WITHOUT ROWID; is STRICT",
		"CREATE TABLE last (k TEXT UNIQUE ON CONFLICT REPLACE, v TEXT NOT NULL ON CONFLICT IGNORE)":                           "has rules ON CONFLICT",
	} {
		if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		want[strings.Fields(s)[2]] = note
	}
	live, err := sqlite.NewInspector().Inspect(t.Context(), db.Writer, driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range live {
		if got := strings.Join(x.Notes, "; "); got != want[x.Name] {
			t.Errorf("%s: %s\nwant %s", x.Name, got, want[x.Name])
		}
	}
}
