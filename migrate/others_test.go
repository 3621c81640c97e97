package migrate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// othersTables are tables as other programs make them. What has no engine is
// for all.
var othersTables = []struct {
	name    string
	engines string
	ddl     []string
	both    []string // what both databases have besides
}{
	{name: "a key into another schema", engines: "postgresql", both: []string{"CREATE SCHEMA o", "CREATE TABLE o.p (id int PRIMARY KEY)"}, ddl: []string{
		"CREATE TABLE p (id int PRIMARY KEY)",
		"CREATE TABLE t (id int PRIMARY KEY, a int, b int REFERENCES p, CONSTRAINT f FOREIGN KEY (a) REFERENCES o.p ON DELETE CASCADE)",
	}},
	{name: "a text with a default", engines: "mysql mariadb", ddl: []string{
		"CREATE TABLE t (id int PRIMARY KEY, reference text NOT NULL DEFAULT (''), note tinytext DEFAULT ('it''s'), body mediumblob DEFAULT ('ab'), d varbinary(8) DEFAULT 'ab')",
	}},
	{name: "keys over prefixes", engines: "mysql mariadb", ddl: []string{
		"CREATE TABLE invite (token text NOT NULL, a int, PRIMARY KEY (token(191)))",
		"CREATE TABLE pair (c int NOT NULL, token text NOT NULL, b blob NOT NULL, s varchar(20) NOT NULL, PRIMARY KEY (c, token(100), b(300), s(5)), KEY k (b(3072)), UNIQUE KEY u (s(20), c))",
	}},
	{name: "arrays", engines: "postgresql", ddl: []string{
		"CREATE TABLE users (id text PRIMARY KEY, flags text[] DEFAULT ARRAY[]::text[], more varchar(10)[] DEFAULT ARRAY[]::varchar[], n int[] DEFAULT ARRAY[]::int[]," +
			" few text[] DEFAULT ARRAY['a', 'b'], deep text[][] DEFAULT '{}', j jsonb[] DEFAULT ARRAY[]::jsonb[], CHECK (flags <> ARRAY[]::text[] OR n = ARRAY[1]))",
	}},
	{name: "functional indexes", engines: "mysql", ddl: []string{
		"CREATE TABLE t (id int PRIMARY KEY, a varchar(50), j json, KEY k1 ((lower(a))), KEY k2 ((CAST(j->'$.x' AS UNSIGNED ARRAY))), UNIQUE KEY k3 ((coalesce(a, 'x')), id DESC))",
	}},
	{name: "keys to partitions", engines: "postgresql", ddl: []string{
		"CREATE TABLE ev (id int, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
		"CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
		"CREATE TABLE ev2 PARTITION OF ev FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
		"CREATE TABLE ch (id int PRIMARY KEY, e int, at date, CONSTRAINT fk_ch FOREIGN KEY (e, at) REFERENCES ev)",
	}},
	{name: "spatial keys", engines: "mysql mariadb", ddl: []string{
		"CREATE TABLE t (id int PRIMARY KEY, p point NOT NULL, SPATIAL KEY sk (p))",
	}},
	{name: "a place on the earth", engines: "mysql", ddl: []string{
		"CREATE TABLE t (id int PRIMARY KEY, p point NOT NULL SRID 4326, g geometry, SPATIAL KEY sk (p))",
	}},
	{name: "other character sets", engines: "mysql mariadb", ddl: []string{
		"CREATE TABLE t (id varchar(1000) CHARACTER SET latin1 PRIMARY KEY, a varchar(60000) CHARACTER SET ascii, z int(5) ZEROFILL DEFAULT 1, u varchar(700) CHARACTER SET ucs2, KEY k (u))",
	}},
	{name: "patterns that escape", engines: "", ddl: []string{"CREATE TABLE t (id int PRIMARY KEY, a varchar(20) CHECK (a LIKE 'x!%%' ESCAPE '!'))"}},
	{name: "intervals", engines: "mysql mariadb", ddl: []string{
		"CREATE TABLE t (a date, b date, d int AS (timestampdiff(DAY, a, b)) STORED, CHECK (a > date_add(b, INTERVAL 1 DAY)))",
	}},
	{name: "defaults of types of SQLite", engines: "sqlite", ddl: []string{
		"CREATE TABLE book (id INTEGER PRIMARY KEY, series REAL NOT NULL DEFAULT 1.0, half REAL DEFAULT 0.5, neg DOUBLE DEFAULT -2.0, n NUMERIC DEFAULT 3.0, on1 BOOL DEFAULT TRUE," +
			" on2 BOOL DEFAULT 1, off BOOL NOT NULL DEFAULT false, i INT DEFAULT 1e3, s TINYINT DEFAULT '1', plain DEFAULT 2.0, word TEXT DEFAULT now, " +
			" big BIGINT DEFAULT 9007199254740993, x BLOB DEFAULT X'00ff', none TEXT DEFAULT NULL, t DATETIME DEFAULT CURRENT_TIMESTAMP, u TIMESTAMP DEFAULT (datetime('now')), f FLOAT DEFAULT 2.0, p INT DEFAULT +4)",
	}},
	{name: "times of MySQL", engines: "mysql mariadb", ddl: []string{
		"CREATE TABLE t (id int PRIMARY KEY, a timestamp(6) NOT NULL DEFAULT current_timestamp(6), b timestamp(3) NOT NULL DEFAULT now(3) ON UPDATE now(3), c timestamp NULL DEFAULT current_timestamp," +
			" d datetime(3) DEFAULT current_timestamp(3), e datetime DEFAULT now(), f date DEFAULT (current_date), g time DEFAULT '10:00:00', h datetime(6) DEFAULT '2024-01-01', i year DEFAULT 2020)",
	}},
}

// on reports whether a case is for an engine.
func on(engines, name string) bool {
	for _, e := range strings.Fields(engines) {
		if e == name {
			return true
		}
	}
	return engines == ""
}

// Tables of other programs are made again by a generated revision as they were,
// and nothing is left to do.
func TestTablesOfOthersAreMadeAgain(t *testing.T) {
	for _, c := range othersTables {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, from *engine.Engine) {
				name := from.Dialect().Engine()
				if !on(c.engines, name) {
					return
				}
				to := enginetest.Open(t, testdb.New(t, name).URL, engine.Options{})
				for _, s := range c.both {
					execute(t, from, s)
					execute(t, to, s)
				}
				for _, s := range c.ddl {
					execute(t, from, s)
				}
				carriedOver(t, from, to)
			})
		})
	}
}

// tablesOf are the tables of a database but those in which migrations keep their
// books; all of them can be read.
func tablesOf(t *testing.T, eng *engine.Engine) []*schema.Table {
	t.Helper()
	tables, err := eng.Inspect(t.Context(), driver.InspectOptions{Tables: func(n string) bool {
		return !strings.HasPrefix(n, "larder_") && n != "alembic_version"
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tables {
		if x.Unreadable != "" {
			t.Fatal(x.Remarks())
		}
	}
	return tables
}

// carriedOver makes the tables of one database in another, by a revision.
func carriedOver(t *testing.T, from, to *engine.Engine) {
	t.Helper()
	tables := tablesOf(t, from)
	var up []op.Op
	l := migrate.Lineage{Tables: tables, Revise: func(d *migrate.Directive) error { up = d.Upgrade; return nil }}
	generate := func() *autogen.Revision {
		g, err := generator(t, migrate.Options{Engine: to, Lineages: []migrate.Lineage{l}}, autogen.Layout{}).
			Autogenerate(t.Context(), autogen.Draft{ID: "g1"}, autogen.Renames{})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	if generate() == nil {
		t.Fatal("there is nothing to generate")
	}
	l.Revisions = []migrate.Revision{{ID: "g1", Upgrade: func(ops *op.Ops) { ops.Do(up...) }}}
	r := runner(t, to, l.Revisions...)
	upgrade(t, r, "head")
	for _, c := range schema.Diff(tables, tablesOf(t, to)) {
		t.Errorf("made, it would take: %s", c)
	}
	l.Revise = nil
	if f := checked(t, to, l); !f.OK() {
		t.Errorf("left: %+v", f)
	}
	downgrade(t, r, "base")
	if left := tablesOf(t, to); len(left) > 0 {
		t.Errorf("%d tables are left after the way back", len(left))
	}
}

// Keys over prefixes and expressions of other programs change and go as others do.
func TestKeysOfOthersChange(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		name := eng.Dialect().Engine()
		if !on("mysql mariadb", name) {
			return
		}
		execute(t, eng, "CREATE TABLE t (token text NOT NULL, a varchar(50), b int, PRIMARY KEY (token(191)), KEY k (a(10)), KEY k2 (b))")
		if name == testdb.MySQL {
			execute(t, eng, "CREATE INDEX k1 ON t ((lower(a)))")
			execute(t, eng, "CREATE INDEX k3 ON t ((b + 1))")
		}
		live := func() *schema.Table {
			tables, err := eng.Inspect(t.Context(), driver.InspectOptions{Tables: func(n string) bool { return n == "t" }})
			if err != nil {
				t.Fatal(err)
			}
			return tables[0]
		}
		was := live()
		want := was.Clone()
		want.PrimaryKey.Prefix = []int{100}
		want.IndexNamed("k").Parts[0].Prefix = 20
		want.Columns = slices.DeleteFunc(want.Columns, func(c *schema.Column) bool { return c.Name == "b" })
		want.Indexes = slices.DeleteFunc(want.Indexes, func(i *schema.Index) bool { return i.Name != "k" })
		var up []op.Op
		l := migrate.Lineage{Tables: []*schema.Table{want},
			Revise: func(d *migrate.Directive) error { up = d.Upgrade; return nil }}
		o := migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}
		if _, err := generator(t, o, autogen.Layout{}).
			Autogenerate(t.Context(), autogen.Draft{ID: "g1"}, autogen.Renames{}); err != nil {
			t.Fatal(err)
		}
		l.Revise = nil
		l.Revisions = []migrate.Revision{{ID: "g1", Upgrade: func(ops *op.Ops) { ops.Do(up...) }}}
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}})
		upgrade(t, r, "head")
		if f := checked(t, eng, l); !f.OK() {
			t.Errorf("left: %+v", f)
		}
		for _, c := range schema.Diff([]*schema.Table{want}, []*schema.Table{live()}) {
			t.Errorf("changed, it would take: %s", c)
		}
	})
}
