package mysql_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/engine/mysql"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

// What other hands made: other collations, types without a kind, prefix and
// full-text indexes, times that maintain themselves, checks in a column.
func TestInspectReadsWhatOthersMade(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) {
			maria := e == testdb.MariaDB
			db := open(t, testdb.New(t, e))
			statements := []string{
				"CREATE TABLE p (id int unsigned NOT NULL AUTO_INCREMENT, `odd ``name` varchar(20) DEFAULT 'it''s', t text, m mediumint(5) DEFAULT 3, f float, b bit(1) DEFAULT b'1', " +
					"e enum('a','it''s') DEFAULT 'a', at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, j longtext CHECK (json_valid(j)), k longtext CHECK (json_valid(k) AND k <> ''), " +
					"y tinyint(1) DEFAULT 1, z tinyint DEFAULT 1, g int AS (m * 2) VIRTUAL, PRIMARY KEY (id), KEY pre (t(10), m), FULLTEXT KEY ft (t)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci COMMENT 'it''s'",
				"CREATE TABLE c (id int PRIMARY KEY, p int unsigned, FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL ON UPDATE RESTRICT) CHARSET utf8mb4",
				"CREATE VIEW v AS SELECT * FROM c",
			}
			if !maria {
				statements = append(statements, "CREATE INDEX fi ON c ((p + 1), id DESC)")
			}
			for _, s := range statements {
				if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			live, err := mysql.NewInspector(flavour(e)).Inspect(t.Context(), db.Writer, driver.InspectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, tab := range live {
				got = append(got, drivertest.Describe(tab))
			}
			want := []string{
				"c: id int not null; p int unsigned null | key (id) | foreign key c_ibfk_1 (p) -> p(id) on delete set null | index fi ({p} + 1, id desc) | index p (p)",
				"p: id int unsigned not null numbered; odd `name varchar(20) null default 'it''s' collate utf8mb4_general_ci; t text null collate utf8mb4_general_ci; m mediumint null default 3; f float null; " +
					"b bit(1) null default B'1'; e enum('a','it''s') null default 'a' collate utf8mb4_general_ci; at timestamp on update current_timestamp not null default CURRENT_TIMESTAMP; j longtext json null collate utf8mb4_general_ci; " +
					"k longtext null collate utf8mb4_general_ci; y tinyint(1) null default true; z tinyint null default 1; g int null generated ({m} * 2) virtual | key (id) | " +
					"check k (json_valid({k}) AND ({k} <> '')) | index ft (t) using fulltext | index pre (t(10), m)",
			}
			if !maria {
				want[1] = strings.Replace(want[1], "check k", "check p_chk_2", 1)
			}
			if maria {
				want[0] = strings.Replace(want[0], "index fi ({p} + 1, id desc) | ", "", 1)
				want[1] = strings.Replace(want[1], "on update current_timestamp not", "on update current_timestamp() not", 1)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if live[1].Comment != "it's" {
				t.Errorf("comment %q", live[1].Comment)
			}
		})
	}
}

// The server's own character set does not matter.
func TestTablesDoNotDependOnTheServersDefaults(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) {
			db := open(t, testdb.New(t, e))
			if _, err := db.Writer.ExecContext(t.Context(), "ALTER DATABASE DEFAULT CHARACTER SET latin1 COLLATE latin1_swedish_ci"); err != nil {
				t.Fatal(err)
			}
			tab := schema.Define("words")
			tab.Text("word").Key(40).PrimaryKey()
			tab.Text("long").Null()
			statements, err := mysql.NewDDL(flavour(e)).CreateTables(tab)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range statements {
				if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			// Equal under a collation that folds or pads, and not to us.
			for _, w := range []string{"a", "A", "a ", "ä", "🙂", "🙃", "ß", "ss", ""} {
				if _, err := db.Writer.ExecContext(t.Context(), "INSERT INTO words (word) VALUES (?)", w); err != nil {
					t.Errorf("%q: %v", w, err)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	define := func(change func(t *schema.Table)) *schema.Table {
		tab := schema.Define("refused")
		tab.BigInt("id").PrimaryKey()
		tab.Text("a").Null()
		tab.String("b", 0).Key(500).Null()
		tab.String("c", 0).Key(500).Null()
		change(tab)
		return tab
	}
	for what, tab := range map[string]*schema.Table{
		"takes 4000 bytes":       define(func(t *schema.Table) { t.Index("i", "b", "c") }),
		"declare it with Key(n)": define(func(t *schema.Table) { t.Index("i", "a") }),
		"values have no limit": define(func(t *schema.Table) {
			t.Indexes = append(t.Indexes, &schema.Index{Name: "i", Parts: []schema.IndexPart{{Expr: "lower({a})"}}})
		}),
		"declare a generated": define(func(t *schema.Table) {
			t.Indexes = append(t.Indexes, &schema.Index{Name: "i", Parts: []schema.IndexPart{{Expr: "concat({b}, {id})"}}})
		}),
		"use SET NULL": define(func(t *schema.Table) {
			t.ForeignKey(&schema.ForeignKey{Columns: []string{"id"}, RefTable: "x", RefColumns: []string{"id"},
				OnDelete: schema.SetDefault})
		}),
		"comments cannot have":    define(func(t *schema.Table) { t.Comment = "🙂" }),
		"names cannot have":       define(func(t *schema.Table) { t.BigInt("🙂") }),
		"at most 65 digits":       define(func(t *schema.Table) { t.Numeric("n", 70, 2) }),
		"ends in a space":         define(func(t *schema.Table) { t.BigInt("x ") }),
		"64 are allowed":          define(func(t *schema.Table) { t.BigInt(strings.Repeat("ü", 65)) }),
		"comment of column refus": define(func(t *schema.Table) { t.Columns[1].Comment = "🙂" }),
	} {
		for _, f := range []mysql.Flavour{mysql.MySQL{}, mysql.MariaDB{}} {
			_, err := mysql.NewDDL(f).Normalize(tab)
			if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "refused") {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	emoji := define(func(t *schema.Table) { t.Check("k", "{b} <> '🙂'") })
	if _, err := mysql.NewDDL(mysql.MySQL{}).Normalize(emoji); err != nil {
		t.Error(err)
	}
	if _, err := mysql.NewDDL(mysql.MariaDB{}).Normalize(emoji); err == nil {
		t.Error("MariaDB would lose the character of the check")
	}
}

func flavour(engine string) mysql.Flavour {
	if engine == testdb.MariaDB {
		return mysql.MariaDB{}
	}
	return mysql.MySQL{}
}
