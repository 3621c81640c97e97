package mysql_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

func on(t *testing.T, engines []string, fn func(t *testing.T, db *driver.Database)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e, func(t *testing.T) { fn(t, open(t, testdb.New(t, e))) })
	}
}

var (
	both  = []string{testdb.MySQL, testdb.MariaDB}
	maria = []string{testdb.MariaDB}
)

func refused(t *testing.T, db *driver.Database, text string) {
	t.Helper()
	if _, err := db.Writer.ExecContext(t.Context(), text); err == nil {
		t.Errorf("it is taken: %s", text)
	}
}

// A check that is part of a column stays when the column is stated again, and
// goes when it is to go.
func TestChecksOfAColumn(t *testing.T) {
	const create = "CREATE TABLE item (id int PRIMARY KEY, price int DEFAULT 1 COMMENT 'it''s' CHECK (price > 0), n int CHECK (n < 9), note text)"
	on(t, both, func(t *testing.T, db *driver.Database) {
		reset := func() { drivertest.Exec(t, db, "DROP TABLE IF EXISTS item", create) }
		name := func(column string) string { // of the check
			for _, k := range drivertest.Read(t, db, "item").Checks {
				if strings.Contains(string(k.Expr), "{"+column+"}") {
					return k.Name
				}
			}
			return ""
		}
		reset()
		drivertest.Change(t, db, "item", func(t *schema.Table) { t.Column("price").Nullable = false })
		refused(t, db, "INSERT INTO item (id, price) VALUES (1, -5)")
		drivertest.Change(t, db, "item", func(t *schema.Table) {
			t.Column("price").Type = schema.Type{Kind: schema.BigInt}
			t.Column("n").Default = &schema.Default{Value: int64(3)}
		})
		refused(t, db, "INSERT INTO item (id, price) VALUES (1, -5)")
		refused(t, db, "INSERT INTO item (id, n) VALUES (1, 10)")

		reset()
		now := drivertest.RenameColumn(t, db, "item", "price", "cost")
		refused(t, db, "INSERT INTO item (id, cost) VALUES (1, -5)")
		if len(now.Checks) != 2 || now.Column("cost").Comment != "it's" {
			t.Errorf("after the rename: %s", drivertest.Describe(now))
		}

		without := func(t *schema.Table, check string) {
			for i, k := range t.Checks {
				if k.Name == check {
					t.Checks = append(t.Checks[:i], t.Checks[i+1:]...)
					return
				}
			}
		}
		reset()
		check := name("price")
		drivertest.Change(t, db, "item", func(t *schema.Table) { without(t, check) })
		drivertest.Exec(t, db, "INSERT INTO item (id, price) VALUES (1, -5)")
		refused(t, db, "INSERT INTO item (id, n) VALUES (2, 10)")

		reset()
		check = name("price")
		drivertest.Change(t, db, "item", func(t *schema.Table) {
			without(t, check)
			t.Column("price").Nullable = false
			t.Column("note").Nullable = false
		})
		drivertest.Exec(t, db, "INSERT INTO item (id, price, note) VALUES (1, -5, '')")

		reset()
		check = name("price")
		drivertest.Change(t, db, "item", func(t *schema.Table) {
			without(t, check)
			t.Columns = append(t.Columns[:1], t.Columns[2:]...)
		})
		refused(t, db, "INSERT INTO item (id, n) VALUES (2, 10)")
	})
}

// Bytes and bits as defaults are what they were when their column is stated
// again, and when the table is made again.
func TestDefaultsOfBytes(t *testing.T) {
	on(t, both, func(t *testing.T, db *driver.Database) {
		drivertest.Exec(t, db, "CREATE TABLE job (id int PRIMARY KEY, tag varbinary(8) DEFAULT 'ab', fix binary(4) DEFAULT 'wxyz', raw varbinary(4) DEFAULT x'00ff80', none varbinary(3) DEFAULT '', b bit(1) DEFAULT b'1', w bit(10) DEFAULT b'1010101010')",
			"INSERT INTO job (id) VALUES (1)")
		bytes := func(id int) string {
			var s string
			if err := db.Writer.QueryRow("SELECT CONCAT_WS(' ', hex(tag), hex(fix), hex(raw), hex(none), hex(b), hex(w)) FROM job WHERE id = ?", id).Scan(&s); err != nil {
				t.Fatal(err)
			}
			return s
		}
		want := bytes(1)
		drivertest.Change(t, db, "job", func(t *schema.Table) {
			for _, c := range t.Columns {
				c.Nullable = false
			}
		})
		drivertest.Exec(t, db, "INSERT INTO job (id) VALUES (2)")
		if got := bytes(2); got != want {
			t.Errorf("after NOT NULL: %s, want %s", got, want)
		}
		drivertest.CreateAgain(t, db, "job")
		drivertest.Exec(t, db, "INSERT INTO job (id) VALUES (3)")
		if got := bytes(3); got != want {
			t.Errorf("made again: %s, want %s", got, want)
		}
	})
}

// A table that keeps its history is seen, and changed with it.
func TestSystemVersionedTables(t *testing.T) {
	on(t, maria, func(t *testing.T, db *driver.Database) {
		drivertest.Exec(t, db, "CREATE TABLE kept (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING",
			"INSERT INTO kept VALUES (1, 1)", "UPDATE kept SET v = 2")
		drivertest.Change(t, db, "kept", func(t *schema.Table) {
			t.BigInt("w").Null()
			t.Column("v").Nullable = false
		})
		drivertest.RenameColumn(t, db, "kept", "w", "x")
		var n int
		if err := db.Writer.QueryRow("SELECT count(*) FROM kept FOR SYSTEM_TIME ALL").Scan(&n); err != nil || n != 2 {
			t.Errorf("%d rows of its history, %v", n, err)
		}
	})
}

// Numbers that no double holds stay what they are, a default that is NULL is none,
// and a check may be called like a foreign key where the server tells them apart.
func TestNumbersAndNames(t *testing.T) {
	on(t, both, func(t *testing.T, db *driver.Database) {
		drivertest.Exec(t, db, `CREATE TABLE n (id int PRIMARY KEY, a decimal(40,20) DEFAULT 12345678901234567890.123456789, b bigint unsigned DEFAULT 18446744073709551615,
			c decimal(65,0) DEFAULT 99999999999999999999999999999999999999999999999999999999999999999, d decimal(5,2) DEFAULT -0.50, e varchar(10) DEFAULT (NULL))`)
		drivertest.CreateAgain(t, db, "n")
		drivertest.Exec(t, db, "INSERT INTO n (id) VALUES (1)")
		var text string
		if err := db.Writer.QueryRow("SELECT concat_ws(' ', a, b, c, d) FROM n").Scan(&text); err != nil ||
			text != "12345678901234567890.12345678900000000000 18446744073709551615 99999999999999999999999999999999999999999999999999999999999999999 -0.50" {
			t.Errorf("the defaults are %s, %v", text, err)
		}
		if db.Dialect.Engine() == testdb.MySQL {
			drivertest.Exec(t, db, "CREATE TABLE same (id int PRIMARY KEY, p int, CONSTRAINT same CHECK (p > 0), CONSTRAINT same FOREIGN KEY (p) REFERENCES same (id))")
			drivertest.CreateAgain(t, db, "same")
		}
	})
}
