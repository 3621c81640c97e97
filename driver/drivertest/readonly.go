package drivertest

import (
	"database/sql"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
)

// testReadOnly opens a database to be read only: every connection, in and
// outside of transactions, refuses every kind of write, and others go on.
func testReadOnly(t *testing.T, d driver.Driver, u *dburl.URL) {
	db := open(t, d, u)
	exec(t, db.Writer, "CREATE TABLE kept (id integer NOT NULL PRIMARY KEY, v varchar(10))")
	exec(t, db.Writer, "INSERT INTO kept (id, v) VALUES (1, 'a')")
	ro, err := d.Open(t.Context(), u, driver.OpenOptions{ReadOnly: true})
	if db.Cleanup != nil && dberr.CodeOf(err) == dberr.NotFound {
		return // in memory, where nobody else's rows are
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDatabase(t, ro) })
	if s, err := ro.State(t.Context(), ro.Reader); err != nil || !s.ReadOnly {
		t.Errorf("state %+v, %v", s, err)
	}
	writes := []string{
		"INSERT INTO kept (id) VALUES (2)", "UPDATE kept SET v = 'b'", "DELETE FROM kept",
		"CREATE TABLE other (id integer)", "ALTER TABLE kept ADD COLUMN w integer", "DROP TABLE kept",
	}
	for _, pool := range []*sql.DB{ro.Writer, ro.Reader} {
		for range 2 { // connections beside each other
			conn, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, w := range writes {
				if _, err := conn.ExecContext(t.Context(), w); ro.Classifier.Classify(err).Code != dberr.ReadOnly {
					t.Errorf("%s: %v", w, err)
				}
			}
		}
		for _, w := range writes {
			tx, err := pool.BeginTx(t.Context(), nil)
			if err == nil {
				_, err = tx.ExecContext(t.Context(), w)
				_ = tx.Rollback() // what failed is over
			}
			if ro.Classifier.Classify(err).Code != dberr.ReadOnly {
				t.Errorf("in a transaction, %s: %v", w, err)
			}
		}
		tx, end := begin(t, ro, pool, driver.BeginOptions{ReadOnly: true})
		var v string
		if err := tx.QueryRowContext(t.Context(), "SELECT v FROM kept").Scan(&v); err != nil || v != "a" {
			t.Errorf("reads %q, %v", v, err)
		}
		end()
	}
	exec(t, db.Writer, "INSERT INTO kept (id) VALUES (3)")
	var n int
	if err := ro.Reader.QueryRowContext(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
	if n := exec(t, db.Writer, "UPDATE kept SET v = 'c'"); n != 2 {
		t.Errorf("%d rows changed", n)
	}
}
