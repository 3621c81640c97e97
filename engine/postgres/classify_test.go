package postgres

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

// repeated is text n times.
func repeated(text string, n int) string { return strings.Repeat(text, n) }

func TestRefusals(t *testing.T) {
	db := mustOpen(t, parse(t, testdb.New(t, testdb.PostgreSQL).URL), driver.OpenOptions{})
	parent := "CREATE TABLE @p (id bigint PRIMARY KEY, u text UNIQUE, n bigint)"
	child := "CREATE TABLE @c (id bigint PRIMARY KEY, p bigint, CONSTRAINT @fk FOREIGN KEY (p) REFERENCES @p (id), CONSTRAINT @ck CHECK (id > 0))"
	drivertest.Refusals(t, db, []drivertest.Refusal{
		{What: "foreign key to no table", SQL: "CREATE TABLE @c (id bigint REFERENCES @none (id))", Code: dberr.SchemaMismatch},
		{What: "foreign key to no column", Setup: []string{parent}, SQL: "CREATE TABLE @c (id bigint REFERENCES @p (missing))", Code: dberr.SchemaMismatch},
		{What: "foreign key to what is not unique", Setup: []string{parent}, SQL: "CREATE TABLE @c (id bigint REFERENCES @p (n))", Code: dberr.Invalid},
		{What: "foreign key of another type", Setup: []string{parent}, SQL: "CREATE TABLE @c (id text REFERENCES @p (id))", Code: dberr.Invalid},
		{What: "foreign key that rows break", Setup: []string{parent, "CREATE TABLE @c (p bigint)", "INSERT INTO @c VALUES (7)"},
			SQL: "ALTER TABLE @c ADD CONSTRAINT @fk FOREIGN KEY (p) REFERENCES @p (id)", Code: dberr.ForeignKey, Says: "@fk"},
		{What: "check that rows break", Setup: []string{parent, "INSERT INTO @p VALUES (7)"}, SQL: "ALTER TABLE @p ADD CONSTRAINT @ck CHECK (id < 7)", Code: dberr.Check, Says: "@ck"},
		{What: "not null over nulls", Setup: []string{parent, "INSERT INTO @p VALUES (7)"}, SQL: "ALTER TABLE @p ALTER COLUMN n SET NOT NULL", Code: dberr.NotNull, Says: "@p.n"},
		{What: "not null without a default over rows", Setup: []string{parent, "INSERT INTO @p VALUES (7)"}, SQL: "ALTER TABLE @p ADD COLUMN z bigint NOT NULL", Code: dberr.NotNull, Says: "@p.z"},
		{What: "constraint exists", Setup: []string{parent, child}, SQL: "ALTER TABLE @c ADD CONSTRAINT @ck CHECK (id > 1)", Code: dberr.AlreadyExists},
		{What: "no constraint", Setup: []string{parent}, SQL: "ALTER TABLE @p DROP CONSTRAINT missing", Code: dberr.SchemaMismatch},
		{What: "no index", SQL: "DROP INDEX @missing", Code: dberr.SchemaMismatch},
		{What: "no type", SQL: "CREATE TABLE @c (id bigint, mood missing_mood)", Code: dberr.SchemaMismatch},
		{What: "no schema", SQL: "CREATE TABLE missing.t (id bigint)", Code: dberr.SchemaMismatch},
		{What: "not a table", Setup: []string{parent, "CREATE VIEW @v AS SELECT id FROM @p"}, SQL: "ALTER TABLE @v ADD COLUMN x bigint", Code: dberr.SchemaMismatch},
		{What: "key that a foreign key needs", Setup: []string{parent, child}, SQL: "ALTER TABLE @p DROP CONSTRAINT @p_pkey", Code: dberr.ForeignKey},
		{What: "column that a view needs", Setup: []string{parent, "CREATE VIEW @v AS SELECT n FROM @p"}, SQL: "ALTER TABLE @p DROP COLUMN n", Code: dberr.ForeignKey},
		{What: "type of a column that a view needs", Setup: []string{parent, "CREATE VIEW @v AS SELECT n FROM @p"}, SQL: "ALTER TABLE @p ALTER COLUMN n TYPE text", Code: dberr.Unsupported},
		{What: "default of another form", SQL: "CREATE TABLE @c (id bigint DEFAULT 's3cret')", Code: dberr.Invalid},
		{What: "default of another type", SQL: "CREATE TABLE @c (id bigint DEFAULT true)", Code: dberr.Invalid},
		{What: "type without a cast", Setup: []string{"CREATE TABLE @c (id text)"}, SQL: "ALTER TABLE @c ALTER COLUMN id TYPE bigint", Code: dberr.Invalid},
		{What: "cast that a row breaks", Setup: []string{"CREATE TABLE @c (id text)", "INSERT INTO @c VALUES ('s3cret')"},
			SQL: "ALTER TABLE @c ALTER COLUMN id TYPE bigint USING id::bigint", Code: dberr.Invalid},
		{What: "shorter than a row", Setup: []string{"CREATE TABLE @c (id text)", "INSERT INTO @c VALUES ('s3cret')"},
			SQL: "ALTER TABLE @c ALTER COLUMN id TYPE varchar(2)", Code: dberr.TooLarge},
		{What: "index of a function that may change", Setup: []string{"CREATE TABLE @c (at timestamptz)"}, SQL: "CREATE INDEX @i ON @c ((at::text))", Code: dberr.Invalid},
		{What: "index over rows that are too long", Setup: []string{"CREATE TABLE @c (v text)", "INSERT INTO @c SELECT string_agg(md5(i::text), '') FROM generate_series(1, 2000) i"},
			SQL: "CREATE INDEX @i ON @c (v)", Code: dberr.TooLarge},
		{What: "index of JSON text", Setup: []string{"CREATE TABLE @c (v json)"}, SQL: "CREATE INDEX @i ON @c (v)", Code: dberr.SchemaMismatch},
		{What: "index of too many columns", Setup: []string{parent}, SQL: "CREATE INDEX @i ON @p (id" + repeated(", id", 32) + ")", Code: dberr.TooLarge},
		{What: "no function", SQL: "CREATE TABLE @c (id bigint DEFAULT missing())", Code: dberr.Invalid},
		{What: "no collation", SQL: `CREATE TABLE @c (v text COLLATE "missing")`, Code: dberr.SchemaMismatch},
		{What: "concurrently in a transaction", Setup: []string{parent, "BEGIN"}, SQL: "CREATE INDEX CONCURRENTLY @i ON @p (n)", Code: dberr.Invalid},
		{What: "new enum value before it is committed", Setup: []string{"CREATE TYPE @e AS ENUM ('a')", "BEGIN", "ALTER TYPE @e ADD VALUE 'b'"},
			SQL: "CREATE TABLE @c (e @e DEFAULT 'b')", Code: dberr.Invalid},
		{What: "enum value exists", Setup: []string{"CREATE TYPE @e AS ENUM ('a')"}, SQL: "ALTER TYPE @e ADD VALUE 'a'", Code: dberr.AlreadyExists},
		{What: "type that columns have", Setup: []string{"CREATE TYPE @e AS ENUM ('a')", "CREATE TABLE @c (e @e)"}, SQL: "DROP TYPE @e", Code: dberr.ForeignKey},
		{What: "deferred checks are pending", Setup: []string{parent, "CREATE TABLE @c (p bigint REFERENCES @p (id) DEFERRABLE INITIALLY DEFERRED)", "BEGIN", "INSERT INTO @c VALUES (7)"},
			SQL: "ALTER TABLE @c ADD COLUMN x bigint", Code: dberr.Busy},
		{What: "no unique key to upsert on", Setup: []string{parent}, SQL: "INSERT INTO @p (n) VALUES (1) ON CONFLICT (n) DO NOTHING", Code: dberr.Invalid},
		{What: "value for a generated column", Setup: []string{"CREATE TABLE @c (a bigint, g bigint GENERATED ALWAYS AS (a + 1) STORED)"}, SQL: "INSERT INTO @c (a, g) VALUES (1, 1)", Code: dberr.Invalid},
		{What: "column of a system name", SQL: "CREATE TABLE @c (ctid bigint)", Code: dberr.AlreadyExists},
		{What: "lock wait", Setup: []string{parent, "SET lock_timeout = '200ms'"}, Held: []string{"SELECT * FROM @p"}, SQL: "ALTER TABLE @p ADD COLUMN x bigint", Code: dberr.Busy},
		{What: "statement timeout", Setup: []string{parent, "SET statement_timeout = '200ms'"}, Held: []string{"SELECT * FROM @p"}, SQL: "ALTER TABLE @p ADD COLUMN x bigint", Code: dberr.Timeout},
		{What: "limit of temporary files", Setup: []string{"SET work_mem = '64kB'", "SET temp_file_limit = '64kB'"},
			SQL: "CREATE TABLE @c AS SELECT i FROM generate_series(1, 200000) i ORDER BY random()", Code: dberr.Internal},
		{What: "no privilege", Setup: []string{parent, "SET ROLE pg_monitor"}, SQL: "ALTER TABLE @p ADD COLUMN x bigint", Code: dberr.Invalid},
		{What: "no extension", SQL: "CREATE EXTENSION missing", Code: dberr.Unsupported},
	})
}
