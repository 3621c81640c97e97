package sqlite

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

func TestRefusals(t *testing.T) {
	db := mustOpen(t, testdb.New(t, testdb.SQLite).URL, driver.OpenOptions{})
	parent := "CREATE TABLE @p (id bigint PRIMARY KEY, u text UNIQUE, n bigint)"
	drivertest.Refusals(t, db, []drivertest.Refusal{
		{What: "row of a foreign key to no table", Setup: []string{"CREATE TABLE @c (p bigint REFERENCES @none (id))"}, SQL: "INSERT INTO @c VALUES (7)", Code: dberr.SchemaMismatch, Says: "@none"},
		{What: "row of a foreign key to no column", Setup: []string{parent, "CREATE TABLE @c (p bigint REFERENCES @p (missing))"}, SQL: "INSERT INTO @c VALUES (7)", Code: dberr.SchemaMismatch},
		{What: "row of a foreign key to what is not unique", Setup: []string{parent, "CREATE TABLE @c (p bigint REFERENCES @p (n))"}, SQL: "INSERT INTO @c VALUES (7)", Code: dberr.SchemaMismatch},
		{What: "primary key in the column and in the table", SQL: "CREATE TABLE @c (id bigint PRIMARY KEY, a bigint PRIMARY KEY)", Code: dberr.Invalid, Says: "@c"},
		{What: "not null without a default", Setup: []string{parent, "INSERT INTO @p (id) VALUES (7)"}, SQL: "ALTER TABLE @p ADD COLUMN x bigint NOT NULL", Code: dberr.NotNull},
		{What: "default that may change", Setup: []string{parent, "INSERT INTO @p (id) VALUES (7)"}, SQL: "ALTER TABLE @p ADD COLUMN x text DEFAULT CURRENT_TIMESTAMP", Code: dberr.Unsupported},
		{What: "default that is no constant", SQL: "CREATE TABLE @c (a bigint, b bigint DEFAULT (a))", Code: dberr.Invalid, Says: "b"},
		{What: "unique column added", Setup: []string{parent}, SQL: "ALTER TABLE @p ADD COLUMN x bigint UNIQUE", Code: dberr.Unsupported},
		{What: "check that rows break", Setup: []string{parent, "INSERT INTO @p (id) VALUES (7)"}, SQL: "ALTER TABLE @p ADD COLUMN x bigint DEFAULT 1 CHECK (x > 1)", Code: dberr.Check},
		{What: "column of the primary key", Setup: []string{parent}, SQL: "ALTER TABLE @p DROP COLUMN id", Code: dberr.ForeignKey, Says: "id"},
		{What: "column of a unique constraint", Setup: []string{parent}, SQL: "ALTER TABLE @p DROP COLUMN u", Code: dberr.ForeignKey, Says: "u"},
		{What: "column that an index needs", Setup: []string{parent, "CREATE INDEX @i ON @p (n)"}, SQL: "ALTER TABLE @p DROP COLUMN n", Code: dberr.ForeignKey, Says: "@i"},
		{What: "column that a view needs", Setup: []string{parent, "CREATE VIEW @v AS SELECT n FROM @p"}, SQL: "ALTER TABLE @p DROP COLUMN n", Code: dberr.ForeignKey, Says: "@v"},
		{What: "column that a trigger needs", Setup: []string{parent, "CREATE TRIGGER @t AFTER INSERT ON @p BEGIN SELECT new.n; END"}, SQL: "ALTER TABLE @p DROP COLUMN n", Code: dberr.ForeignKey, Says: "@t"},
		{What: "column that a check needs", Setup: []string{"CREATE TABLE @c (a bigint, b bigint, CHECK (a > b))"}, SQL: "ALTER TABLE @c DROP COLUMN a", Code: dberr.ForeignKey},
		{What: "table of a view renamed", Setup: []string{parent, "CREATE VIEW @v AS SELECT n FROM @none"}, SQL: "ALTER TABLE @p RENAME TO @q", Code: dberr.ForeignKey, Says: "@v"},
		{What: "only column", Setup: []string{"CREATE TABLE @c (a bigint)"}, SQL: "ALTER TABLE @c DROP COLUMN a", Code: dberr.Invalid},
		{What: "no index", SQL: "DROP INDEX @missing", Code: dberr.SchemaMismatch, Says: "@missing"},
		{What: "no trigger", SQL: "DROP TRIGGER @missing", Code: dberr.SchemaMismatch, Says: "@missing"},
		{What: "no view", SQL: "DROP VIEW @missing", Code: dberr.SchemaMismatch, Says: "@missing"},
		{What: "a view that is a table", Setup: []string{parent}, SQL: "DROP VIEW @p", Code: dberr.SchemaMismatch},
		{What: "not a table", Setup: []string{parent, "CREATE VIEW @v AS SELECT id FROM @p"}, SQL: "ALTER TABLE @v ADD COLUMN x bigint", Code: dberr.SchemaMismatch},
		{What: "index of a view", Setup: []string{parent, "CREATE VIEW @v AS SELECT id FROM @p"}, SQL: "CREATE INDEX @i ON @v (id)", Code: dberr.SchemaMismatch},
		{What: "index of the name of a table", Setup: []string{parent}, SQL: "CREATE INDEX @p ON @p (n)", Code: dberr.AlreadyExists, Says: "@p"},
		{What: "trigger exists", Setup: []string{parent, "CREATE TRIGGER @t AFTER INSERT ON @p BEGIN SELECT 1; END"}, SQL: "CREATE TRIGGER @t AFTER INSERT ON @p BEGIN SELECT 2; END", Code: dberr.AlreadyExists, Says: "@t"},
		{What: "index that a constraint is", Setup: []string{parent}, SQL: "DROP INDEX sqlite_autoindex_@p_1", Code: dberr.Unsupported},
		{What: "name of the system", SQL: "CREATE TABLE sqlite_@c (id bigint)", Code: dberr.Invalid, Says: "sqlite_@c"},
		{What: "no function", SQL: "CREATE TABLE @c AS SELECT missing_function(1)", Code: dberr.Invalid},
		{What: "no collation", SQL: "CREATE TABLE @c (v text COLLATE missing, PRIMARY KEY (v))", Code: dberr.Unsupported, Says: "missing"},
		{What: "index of what may change", Setup: []string{parent}, SQL: "CREATE INDEX @i ON @p (random())", Code: dberr.Invalid},
		{What: "value for a generated column", Setup: []string{"CREATE TABLE @c (a bigint, g bigint AS (a + 1))"}, SQL: "INSERT INTO @c (a, g) VALUES (1, 1)", Code: dberr.Invalid},
		{What: "no unique key to upsert on", Setup: []string{parent}, SQL: "INSERT INTO @p (n) VALUES (1) ON CONFLICT (n) DO NOTHING", Code: dberr.Invalid},
		{What: "type that a strict table does not have", SQL: "CREATE TABLE @c (id bigint) STRICT", Code: dberr.Invalid},
		{What: "no ALTER for it", Setup: []string{parent}, SQL: "ALTER TABLE @p ALTER COLUMN n TYPE text", Code: dberr.Invalid},
		{What: "no more room", Setup: []string{"PRAGMA max_page_count = 1", "CREATE TEMP TABLE @x (v)"}, SQL: "CREATE TABLE @c AS SELECT zeroblob(1000000)", Code: dberr.Full},
	})
}

// "no such column" also quotes a text that was written between the wrong
// quotation marks.
func TestTextsAreNotTakenForNames(t *testing.T) {
	for text, want := range map[string]string{
		"no such column: chat.title":    "column: chat.title;",
		"no such column: \"s3cret\"":    "column: s3cret;",
		"no such column: s3cret's text": "column;",
		"no such table: grüße":          "table;",
	} {
		if f := ofWords("SQL logic error: "+text+" (1)", driver.Fault{}); f.Code != dberr.SchemaMismatch ||
			!strings.Contains(f.Detail, want) {
			t.Errorf("%s: %+v", text, f)
		}
	}
}
