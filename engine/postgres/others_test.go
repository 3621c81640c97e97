package postgres_test

import (
	"testing"

	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

// A default that is computed stays one, and one that is a literal stays that.
func TestDefaultsThatAreComputed(t *testing.T) {
	db := open(t, testdb.New(t, testdb.PostgreSQL))
	drivertest.Exec(t, db, `CREATE TABLE customer (id int PRIMARY KEY, made date NOT NULL DEFAULT ('now'::text)::date,
		at timestamp DEFAULT ('now'::text)::timestamp(3), "when" timestamptz DEFAULT ('tomorrow'::varchar)::timestamptz, fixed date DEFAULT '2020-01-02', n int DEFAULT '5'::int)`)
	live := drivertest.Read(t, db, "customer")
	for _, c := range []string{"made", "at", "when"} {
		if d := live.Column(c).Default; d == nil || d.Expr == "" {
			t.Errorf("the default of %s is a constant: %+v", c, d)
		}
	}
	if d := live.Column("fixed").Default; d == nil || d.Value != "2020-01-02" {
		t.Errorf("the default of fixed is %+v", d)
	}
	drivertest.CreateAgain(t, db, "customer")
	var text string
	if err := db.Writer.QueryRow(`SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'customer'::regclass AND adnum = 2`).Scan(&text); err != nil || text != "('now'::text)::date" {
		t.Errorf("it is made again as %s, %v", text, err)
	}
	drivertest.Change(t, db, "customer", func(t *schema.Table) { t.Column("made").Nullable = true })
}

// Numbers from a sequence in a column of a domain.
func TestNumbersInADomain(t *testing.T) {
	db := open(t, testdb.New(t, testdb.PostgreSQL))
	drivertest.Exec(t, db, "CREATE DOMAIN uint AS bigint CHECK (VALUE >= 0)", "CREATE SEQUENCE s", "CREATE TABLE v (id uint PRIMARY KEY DEFAULT nextval('s'), a int)", "ALTER SEQUENCE s OWNED BY v.id")
	drivertest.Change(t, db, "v", func(t *schema.Table) { t.Column("a").Nullable = false })
	drivertest.CreateAgain(t, db, "v")
	drivertest.Exec(t, db, "INSERT INTO v (a) VALUES (1)")
}
