package sqlite

import (
	"database/sql"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Whatever the text of a statement, reading it ends, and what SQLite itself
// took is read or refused by name, never with a panic.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT CHECK (b <> ')') DEFAULT 'x', CONSTRAINT u UNIQUE (a, b) CHECK (a > 0))`,
		`CREATE TABLE "q""t" ([a b] varchar(20) COLLATE NOCASE REFERENCES p (x) ON DELETE SET NULL, c AS (1) STORED) STRICT`,
		`CREATE TABLE t (a DEFAULT (1), b DEFAULT +1, c DEFAULT CURRENT_TIMESTAMP, d DEFAULT x'00')`,
		`CREATE TABLE t (a CONSTRAINT n NOT NULL ON CONFLICT FAIL, PRIMARY KEY (a ASC) ON CONFLICT REPLACE) WITHOUT ROWID`,
		`CREATE UNIQUE INDEX i ON t (lower(a) DESC, b COLLATE NOCASE) WHERE a IS NOT NULL`,
		`CREATE INDEX i ON t (a) where b = 'x;y'`,
		`CREATE TABLE t (a CONSTRAINT x)`,
		`CREATE TABLE t (a, FOREIGN KEY (a) REFERENCES t DEFERRABLE INITIALLY DEFERRED)`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = parseTable(s)
		_, _ = parseIndex(s)
		db, err := sql.Open("sqlite", ":memory:")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		// The fuzzer must not leave files behind: only CREATE is tried.
		if len(s) < 7 || s[:7] != "CREATE " {
			return
		}
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			return
		}
		live, err := NewInspector().Inspect(t.Context(), db, driver.InspectOptions{})
		if err != nil {
			t.Fatalf("%q was taken by SQLite and is not understood: %v", s, err)
		}
		for _, l := range live {
			// SQLite takes foreign keys to what does not exist.
			if _, err := NewDDL().CreateTables(l); err != nil && dberr.CodeOf(err) != dberr.Invalid {
				t.Fatalf("what was read from %q cannot be written: %v", s, err)
			}
		}
	})
}
