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
	drivertest.Exec(t, db, "CREATE DOMAIN uint AS bigint CHECK (VALUE >= 0)", "CREATE SEQUENCE s",
		"CREATE TABLE v (id uint PRIMARY KEY DEFAULT nextval('s'), a int)", "ALTER SEQUENCE s OWNED BY v.id")
	drivertest.Change(t, db, "v", func(t *schema.Table) { t.Column("a").Nullable = false })
	drivertest.CreateAgain(t, db, "v")
	drivertest.Exec(t, db, "INSERT INTO v (a) VALUES (1)")
}

// Operators of one's own, collations and lists of one are made again as they were,
// and numbers that no double holds, or that are none.
func TestWordsOfTheServer(t *testing.T) {
	db := open(t, testdb.New(t, testdb.PostgreSQL))
	drivertest.Exec(t, db, `CREATE TABLE w (a int CHECK (|/ a::float8 < 10 AND ||/ a::float8 < 9), b int CHECK (b > @ -5 AND b # 3 > 0), c int4range CHECK (c -|- '[1,2)'),
		d point CHECK (d ~= '(1,1)'), e text COLLATE "C" CHECK (e COLLATE "C" > 'a' COLLATE "C"), f text CHECK (f IN ('x')), g date CHECK (g = ANY (ARRAY['2020-01-01'::date])),
		h text CHECK (position('a' in h) > 0), i text CHECK (trim(i, 'x') <> ''), j timestamp CHECK (j IN ('2020-01-01', '2021-01-01')), k int CHECK (k=-1 OR k<>-2))`,
		`CREATE TABLE n (a numeric DEFAULT 12345678901234567890.123456789, b double precision DEFAULT 'NaN', c double precision DEFAULT 'Infinity', d real DEFAULT '-Infinity',
		e numeric DEFAULT 'NaN', f numeric(5,2) DEFAULT 1.50, g numeric(40,20) DEFAULT -0.12345678901234567890)`)
	drivertest.CreateAgain(t, db, "w")
	drivertest.CreateAgain(t, db, "n")
	var text string
	if err := db.Writer.QueryRow("INSERT INTO n DEFAULT VALUES RETURNING concat_ws(' ', a, b, c, d, e, f, g)").
		Scan(&text); err != nil ||
		text != "12345678901234567890.123456789 NaN Infinity -Infinity NaN 1.50 -0.12345678901234567890" {
		t.Errorf("the defaults are %s, %v", text, err)
	}
}
