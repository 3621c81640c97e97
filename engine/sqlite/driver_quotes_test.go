package sqlite

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/larder-db/larder/driver"
)

// What stands in double quotes is a name, and one that is none is an error,
// unless the database was written by somebody who counted on the opposite.
func TestNamesInDoubleQuotes(t *testing.T) {
	for what, c := range map[string]struct {
		schema []string
		loose  bool
	}{
		"nothing in double quotes": {[]string{"CREATE VIEW v AS SELECT a FROM t"}, false},
		"names":                    {[]string{`CREATE VIEW v AS SELECT "a" AS "b" FROM "t" AS "x" WHERE "x"."a" > 1`, `CREATE TRIGGER tr AFTER INSERT ON "t" BEGIN DELETE FROM "t" WHERE "a" = new."A"; END`}, false},
		"a text in a table":        {[]string{`CREATE TABLE u (a text CHECK (a <> "bad") DEFAULT "good")`}, false},
		"a text in a view":         {[]string{`CREATE VIEW v AS SELECT * FROM t WHERE a = "text"`}, true},
		"a text in a trigger":      {[]string{`CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = "text" WHERE a IS NULL; END`}, true},
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			old, err := openNative(nativeDriver(), path)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range append([]string{"CREATE TABLE t (a text)"}, c.schema...) {
				if _, err := old.ExecContext(t.Context(), s, nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			db := mustOpen(t, fileURL(t, path), driver.OpenOptions{})
			for where, pool := range map[string]*sql.DB{"reader": db.Reader, "writer": db.Writer} {
				var n int
				err := pool.QueryRowContext(t.Context(), `SELECT count(*) FROM t WHERE "nothing" = 'x'`).Scan(&n)
				if (err == nil) != c.loose {
					t.Errorf("%s: %v", where, err)
				}
			}
			if _, err := db.Writer.ExecContext(t.Context(), "INSERT INTO t VALUES (NULL)"); err != nil {
				t.Error(err)
			}
			if what == "a text in a table" {
				if _, err := db.Writer.ExecContext(t.Context(), "INSERT INTO u DEFAULT VALUES"); err != nil {
					t.Error(err)
				}
				if _, err := db.Writer.ExecContext(t.Context(), "INSERT INTO u VALUES ('bad')"); err == nil {
					t.Error("the check does not hold")
				}
			}
		})
	}
}
