package mysql_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine/mysql"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

// What is not carried is said, once each, and nothing is said of the rest.
func TestInspectSaysWhatItDoesNotCarry(t *testing.T) {
	both := map[string]string{
		"CREATE TABLE plain (id int PRIMARY KEY AUTO_INCREMENT, a varchar(20), UNIQUE (a)) ROW_FORMAT=DYNAMIC":       "",
		"CREATE TABLE hidden (id int PRIMARY KEY, a int DEFAULT 1 INVISIBLE COMMENT 'x', b int)":                     "column a is INVISIBLE",
		"CREATE TABLE parts (id int, a date NOT NULL, PRIMARY KEY (id, a)) PARTITION BY HASH (year(a)) PARTITIONS 2": "is partitioned",
		"CREATE TABLE old (id int PRIMARY KEY) ENGINE=MyISAM":                                                        "is kept by MyISAM",
		"CREATE TABLE small (id int PRIMARY KEY) ROW_FORMAT=COMPRESSED":                                              "has the option row_format=COMPRESSED",
		"CREATE TABLE memory (id int PRIMARY KEY, a int, KEY h USING HASH (a)) ENGINE = MEMORY":                      "is kept by MEMORY; index h is USING HASH",
		"CREATE TABLE wide (id int PRIMARY KEY, a varchar(64000) CHARACTER SET latin1, z int(5) ZEROFILL)":           "",
	}
	own := map[string]map[string]string{
		testdb.MySQL: {
			"CREATE TABLE place (id int PRIMARY KEY, p point NOT NULL SRID 4326)":                          "",
			"CREATE TABLE loose (id int PRIMARY KEY, a int, CONSTRAINT ck CHECK (a > 0) NOT ENFORCED)":     "check ck is NOT ENFORCED",
			"CREATE TABLE words (a text, FULLTEXT KEY `f``t` (a) WITH PARSER ngram, FULLTEXT KEY ft2 (a))": "index f`t has the parser ngram",
			"CREATE TABLE unused (id int PRIMARY KEY, a int, KEY k (a) INVISIBLE)":                         "index k is INVISIBLE",
		},
		testdb.MariaDB: {
			"CREATE TABLE unused (id int PRIMARY KEY, a int, KEY k (a) IGNORED)":                                       "index k is INVISIBLE",
			"CREATE TABLE versions (id int PRIMARY KEY) WITH SYSTEM VERSIONING":                                        "is SYSTEM VERSIONED",
			"CREATE TABLE ranged (id int, s date, e date, PERIOD FOR p (s, e), UNIQUE KEY u (id, p WITHOUT OVERLAPS))": "has a PERIOD FOR p; unique u is WITHOUT OVERLAPS",
			"CREATE TABLE keyed (id int, s datetime(6), e datetime(6), PERIOD FOR p (s, e), PRIMARY KEY (id, p WITHOUT OVERLAPS))": "has a PERIOD FOR p; " +
				"the primary key is WITHOUT OVERLAPS",
			"CREATE TABLE days (id int PRIMARY KEY, s date NOT NULL, e date NOT NULL, UNIQUE KEY u (s, e))": "",
			"CREATE TABLE kept (id int PRIMARY KEY, a int UNIQUE, rs timestamp(6) GENERATED ALWAYS AS ROW START, re timestamp(6) GENERATED ALWAYS AS ROW END, " +
				"PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING": "is SYSTEM VERSIONED; column rs is the ROW START of its versions; column re is the ROW END of its versions",
		},
	}
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) {
			db := open(t, testdb.New(t, e))
			want := map[string]string{}
			for _, tables := range []map[string]string{both, own[e]} {
				for s, note := range tables {
					if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
						t.Fatalf("%s: %v", s, err)
					}
					want[strings.Fields(s)[2]] = note
				}
			}
			live, err := mysql.NewInspector(flavour(e)).Inspect(t.Context(), db.Writer, driver.InspectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if len(live) != len(want) {
				t.Errorf("%d tables, not %d", len(live), len(want))
			}
			for _, x := range live {
				if got := strings.Join(x.Notes, "; "); got != want[x.Name] {
					t.Errorf("%s: %s\nwant %s", x.Name, got, want[x.Name])
				}
				normal, err := db.DDL.Normalize(x)
				if err != nil {
					t.Errorf("%s: %v", x.Name, err)
					continue
				}
				for _, c := range schema.Diff([]*schema.Table{x}, []*schema.Table{normal}) {
					t.Errorf("%s: its normal form is another: %s", x.Name, c)
				}
			}
		})
	}
}

// What the schema does not say of a column stays when the column changes.
func TestAColumnThatChangesStaysInvisible(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) {
			db := open(t, testdb.New(t, e))
			s := "CREATE TABLE c (id int PRIMARY KEY, a int DEFAULT 1 INVISIBLE COMMENT 'x', b int(4) ZEROFILL)"
			if e == testdb.MariaDB {
				s = "CREATE TABLE c (id int PRIMARY KEY, a int DEFAULT 1 INVISIBLE WITHOUT SYSTEM VERSIONING COMMENT 'x', b int(4) ZEROFILL WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING"
			}
			if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			read := func() *schema.Table {
				live, err := db.Inspector.Inspect(t.Context(), db.Writer, driver.InspectOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return live[0]
			}
			was := read()
			for _, change := range []func(t *schema.Table){
				func(t *schema.Table) { t.Column("a").Nullable, t.Column("b").Nullable = false, false },
				func(t *schema.Table) { t.Column("a").Type = schema.Type{Kind: schema.BigInt, Raw: "bigint"} },
				func(t *schema.Table) { t.Column("a").Comment = "y" },
				func(t *schema.Table) { t.Column("a").Nullable, t.Column("a").Default = true, nil },
			} {
				before := read()
				after := before.Clone()
				change(after)
				x, err := db.DDL.Extras(t.Context(), db.Writer, driver.InspectOptions{}, "c")
				if err != nil {
					t.Fatal(err)
				}
				script, err := db.DDL.Change(driver.Alteration{Before: before, After: after, Extras: x,
					Changes: schema.Diff([]*schema.Table{before}, []*schema.Table{after})})
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range script.Statements {
					if _, err := db.Writer.ExecContext(t.Context(), s.SQL); err != nil {
						t.Fatalf("%s: %v", s.SQL, err)
					}
				}
				now := read()
				if len(schema.Diff([]*schema.Table{after}, []*schema.Table{now})) > 0 ||
					strings.Join(now.Notes, "") != strings.Join(was.Notes, "") {
					t.Errorf("after it: %v, %v", now.Notes, schema.Diff([]*schema.Table{after}, []*schema.Table{now}))
				}
			}
			if ty := read().Column("b").Type.Raw; ty != "int(4) unsigned zerofill" {
				t.Errorf("b is %s", ty)
			}
		})
	}
}

// A key into another database is read, and written, with its name.
func TestAKeyIntoAnotherDatabase(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) {
			db, other := open(t, testdb.New(t, e)), open(t, testdb.New(t, e))
			var name string
			if err := other.Writer.QueryRowContext(t.Context(), "SELECT DATABASE()").Scan(&name); err != nil {
				t.Fatal(err)
			}
			if _, err := other.Writer.ExecContext(t.Context(), "CREATE TABLE p (id int PRIMARY KEY)"); err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{"CREATE TABLE p (id int PRIMARY KEY)",
				"CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES `" + name + "`.p (id))"} {
				if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			read := func() []*schema.Table {
				live, err := db.Inspector.Inspect(t.Context(), db.Writer, driver.InspectOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return live
			}
			was := read()
			create, err := db.DDL.CreateTables(was...)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range append([]string{"DROP TABLE t", "DROP TABLE p"}, create...) {
				if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
			for _, c := range schema.Diff(was, read()) {
				t.Error(c)
			}
			if f := read()[1].ForeignKeys; len(f) != 1 || f[0].RefSchema != name {
				t.Errorf("keys: %v", f)
			}
			if _, err := db.Writer.ExecContext(t.Context(), "DROP TABLE t"); err != nil {
				t.Fatal(err)
			}
		})
	}
}
