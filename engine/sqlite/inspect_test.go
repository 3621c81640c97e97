package sqlite_test

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/engine/sqlite"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

// inspectText creates what the statements say and reads it back.
func inspectText(t *testing.T, statements string) []*schema.Table {
	t.Helper()
	db := open(t, testdb.Memory(t))
	if _, err := db.Writer.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	return read(t, db.Writer)
}

func read(t *testing.T, q *sql.DB) []*schema.Table {
	t.Helper()
	live, err := sqlite.NewInspector().Inspect(t.Context(), q, driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// Text that other hands wrote: every way to quote, comments, names in odd
// places, constraints without commas between them.
func TestInspectReadsWhatOthersWrote(t *testing.T) {
	live := inspectText(t, `
		create table [p] (/* the key */ "id" integer primary key autoincrement, a text collate nocase -- words, (not a column)
			, b TEXT default "x" check(b<>'') , 'c' varchar ( 20 ) not null on conflict ignore unique on conflict replace default ('y' || 'z'),
			d decimal(10 , 2) constraint positive check (d>0) constraint named_default default -1.5, [e f] INT, g, h unsigned big int null);
		CREATE TABLE IF NOT EXISTS c (pid references p on delete cascade deferrable initially deferred, x, y, z AS (x + y), w INT GENERATED ALWAYS AS (x * 2) STORED,
			CONSTRAINT pk PRIMARY KEY (x DESC, y), CONSTRAINT u UNIQUE (y COLLATE NOCASE) CHECK (x IS NOT y) FOREIGN KEY (y) REFERENCES p(id) ON UPDATE SET NULL MATCH SIMPLE NOT DEFERRABLE) WITHOUT ROWID;
		create unique index ixp ON p(b) where b is not null;
		CREATE INDEX "ix e" ON p ("e f" desc, lower(a) COLLATE nocase DESC, a collate binary, b || ',' || a) Where a > 'x, (y)';
		CREATE VIEW v AS SELECT * FROM p;
		CREATE TRIGGER tr AFTER INSERT ON p BEGIN SELECT 1; END;
		CREATE VIRTUAL TABLE f USING fts5(words);
		CREATE TABLE copied AS SELECT id, a FROM p;
	`)
	want := []string{
		`copied: id INT null; a TEXT null`,
		`c: pid (NONE) null; x (NONE) not null; y (NONE) not null; z (NONE) null generated ({x} + {y}) virtual; w INT null generated ({x} * 2) stored | key pk (x, y) | unique u (y) | ` +
			`foreign key (pid) -> p(id) on delete cascade deferrable | foreign key (y) -> p(id) on update set null | check ({x} IS NOT {y})`,
		`p: id INTEGER not null numbered; a TEXT null collate NOCASE; b TEXT null default 'x'; c VARCHAR(20) not null default 'y' || 'z'; d DECIMAL(10,2) null default -1.5; e f INT null; g (NONE) null; h UNSIGNED BIG INT null | ` +
			`key (id) | unique (c) | check ({b} <> '') | check positive ({d} > 0) | unique index ixp (b) where {b} IS NOT NULL | ` +
			`index ix e (e f desc, lower({a}) COLLATE NOCASE desc, a COLLATE BINARY, ({b} || ',') || {a}) where {a} > 'x, (y)'`,
	}
	var got []string
	for _, tab := range live {
		got = append(got, drivertest.Describe(tab))
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, tab := range live {
		if tab.Name == "p" && (tab.Column("id").Identity == nil || !tab.Column("id").Identity.NoReuse) {
			t.Error("AUTOINCREMENT was not seen")
		}
	}
}

func TestInspectAnEmptyDatabase(t *testing.T) {
	if live := read(t, open(t, testdb.Memory(t)).Writer); len(live) != 0 {
		t.Errorf("%d tables", len(live))
	}
}

// A column that was added later stands behind in the text.
func TestInspectAfterAlterations(t *testing.T) {
	db := open(t, testdb.Memory(t))
	for _, s := range []string{
		`CREATE TABLE t (id INTEGER NOT NULL, PRIMARY KEY (id))`,
		`ALTER TABLE t ADD COLUMN a BOOLEAN DEFAULT 1 NOT NULL`,
		`ALTER TABLE t ADD COLUMN b TEXT REFERENCES t (id)`,
		`ALTER TABLE t ADD COLUMN c TEXT CHECK (c <> 'x')`,
		`CREATE INDEX ix ON t (b)`,
		`ALTER TABLE t RENAME COLUMN b TO "new name"`,
		`ALTER TABLE t RENAME TO "renamed table"`,
		`ALTER TABLE "renamed table" DROP COLUMN a`,
	} {
		if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	live := read(t, db.Writer)
	want := `renamed table: id INTEGER not null numbered; new name TEXT null; c TEXT null | key (id) | foreign key (new name) -> renamed table(id) | check ({c} <> 'x') | index ix (new name)`
	if len(live) != 1 || drivertest.Describe(live[0]) != want {
		t.Errorf("got %s\nwant %s", drivertest.Describe(live[0]), want)
	}
}

// Tables of a virtual table belong to it, whether or not its module is there.
func TestShadowTablesAreLeftOut(t *testing.T) {
	at := testdb.New(t, testdb.SQLite)
	db := open(t, at)
	run := func(statements ...string) {
		t.Helper()
		for _, s := range statements {
			if _, err := db.Writer.ExecContext(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	run("CREATE TABLE note (id integer PRIMARY KEY, body text)", "CREATE TABLE note_fts5_more (id integer PRIMARY KEY)",
		"CREATE VIRTUAL TABLE note_fts5 USING fts5(body)", "CREATE TABLE plain_view (id integer PRIMARY KEY)")
	// What a program with other modules has made.
	run("PRAGMA writable_schema = ON")
	for name, text := range map[string]string{
		"note_fts": `CREATE VIRTUAL TABLE note_fts using "absent4"(content='note', body)`,
		"Vec":      "CREATE VIRTUAL TABLE [Vec] USING vec0(embedding float[4])",
	} {
		if _, err := db.Writer.ExecContext(t.Context(), "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('table', ?1, ?1, 0, ?2)", name, text); err != nil {
			t.Fatal(err)
		}
	}
	run("PRAGMA writable_schema = RESET", "CREATE TABLE note_fts_segdir (level integer)",
		"CREATE TABLE note_fts_content (docid integer PRIMARY KEY)", "CREATE TABLE vec_chunks (id integer)")
	var got []string
	for _, tab := range read(t, db.Writer) {
		got = append(got, tab.Name)
	}
	if want := []string{"note", "note_fts5_more", "plain_view"}; !slices.Equal(got, want) {
		t.Errorf("it reads %v, want %v", got, want)
	}
}
