package postgres

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/internal/testdb"
)

// TestDenied asks for what a role may not do: the message names the role, the
// privilege and the object, and how it is granted.
func TestDenied(t *testing.T) {
	raw := testdb.New(t, testdb.PostgreSQL).URL
	admin := mustOpen(t, parse(t, raw), driver.OpenOptions{})
	run := func(text string) {
		t.Helper()
		if _, err := admin.Writer.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	role := "denied_" + parse(t, raw).Database
	u := parse(t, raw).WithUser(role).WithPassword("p")
	run(`CREATE ROLE ` + quoteIdent(role) + ` LOGIN PASSWORD 'p'`)
	t.Cleanup(func() {
		for _, text := range []string{"DROP OWNED BY ", "DROP ROLE "} {
			if _, err := admin.Writer.Exec(text + quoteIdent(role)); err != nil {
				t.Error(err)
			}
		}
	})
	shown := shownIdent(role)
	run(`CREATE SCHEMA app; CREATE SCHEMA hidden; CREATE TABLE hidden.h (id bigint PRIMARY KEY);
		CREATE TABLE app.alembic_version (version_num text); CREATE TABLE app.t (id bigint PRIMARY KEY, n bigint);
		CREATE SEQUENCE app.s; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION app.f() FROM PUBLIC;
		CREATE VIEW app.v AS SELECT 1 AS one; GRANT USAGE ON SCHEMA app TO ` + quoteIdent(role))
	db := mustOpen(t, u, driver.OpenOptions{Schema: "app"})
	for _, c := range []struct{ sql, says, grant string }{
		{`CREATE TABLE "x" (id bigint)`, "the privilege CREATE on the schema app", "GRANT CREATE ON SCHEMA app TO " + shown},
		{`CREATE TABLE app.x (id bigint)`, "the privilege CREATE on the schema app", "GRANT CREATE ON SCHEMA app TO " + shown},
		{`CREATE TYPE "e" AS ENUM ('a')`, "the privilege CREATE on the schema app", "GRANT CREATE ON SCHEMA app TO " + shown},
		{`CREATE SEQUENCE "q"`, "the privilege CREATE on the schema app", "GRANT CREATE ON SCHEMA app TO " + shown},
		{`CREATE SCHEMA other`, "the privilege CREATE on the database ", "GRANT CREATE ON DATABASE "},
		{`SELECT version_num FROM alembic_version`, "the privilege SELECT on the table alembic_version", "GRANT SELECT ON TABLE alembic_version TO " + shown},
		{`SELECT version_num FROM alembic_version FOR UPDATE`, "SELECT, UPDATE on the table alembic_version", "GRANT SELECT, UPDATE ON TABLE alembic_version TO " + shown},
		{`INSERT INTO t VALUES (1, 1)`, "the privilege INSERT on the table t", "GRANT INSERT ON TABLE t TO " + shown},
		{`UPDATE t SET n = 1 WHERE id = 1`, "the privilege SELECT, UPDATE on the table t", "GRANT SELECT, UPDATE ON TABLE t TO " + shown},
		{`DELETE FROM t WHERE id = 1`, "the privilege SELECT, DELETE on the table t", "GRANT SELECT, DELETE ON TABLE t TO " + shown},
		{`TRUNCATE t`, "the privilege TRUNCATE on the table t", "GRANT TRUNCATE ON TABLE t TO " + shown},
		{`SELECT one FROM v`, "the privilege SELECT on the view v", "GRANT SELECT ON TABLE v TO " + shown},
		{`SELECT nextval('s')`, "the privilege USAGE on the sequence s", "GRANT USAGE ON SEQUENCE s TO " + shown},
		{`SELECT f()`, "the privilege EXECUTE on the function f", "GRANT EXECUTE ON FUNCTION f TO " + shown},
		{`SELECT id FROM "hidden"."h"`, "the privilege USAGE on the schema hidden", "GRANT USAGE ON SCHEMA hidden TO " + shown},
		{`ALTER TABLE t ADD COLUMN x bigint`, "the table t belongs to another role", "ALTER TABLE t OWNER TO " + shown},
		{`CREATE INDEX i ON t (n)`, "the table t belongs to another role", "ALTER TABLE t OWNER TO " + shown},
		{`DROP TABLE t`, "the table t belongs to another role", "run this as the owner"},
		{`CREATE ROLE other`, "lacks the privilege", "grant it"},
	} {
		_, err := db.Writer.ExecContext(t.Context(), c.sql)
		f := db.Classifier.Classify(err)
		if f.Code != dberr.Invalid || !f.Denied || f.Native != "42501" || !strings.Contains(f.Detail, c.says) ||
			!strings.Contains(f.Detail, c.grant) {
			t.Errorf("%s: %+v (%v)", c.sql, f, err)
		}
	}
	var n int
	err := db.Writer.QueryRowContext(t.Context(), `SELECT n FROM t WHERE id = $1`, int64(1)).Scan(&n)
	if f := db.Classifier.Classify(err); !strings.Contains(f.Detail, "GRANT SELECT ON TABLE t TO "+shown) {
		t.Errorf("a statement with a value: %+v (%v)", f, err)
	}
	run(`GRANT CREATE ON SCHEMA app TO ` + quoteIdent(role))
	_, err = db.Writer.ExecContext(t.Context(), `CREATE TABLE "x" (id bigint REFERENCES "hidden"."h" (id))`)
	if f := db.Classifier.Classify(err); !strings.Contains(f.Detail, "GRANT USAGE ON SCHEMA hidden TO "+shown) {
		t.Errorf("a key into a schema that is hidden: %+v (%v)", f, err)
	}

	_, err = Driver{}.Open(t.Context(), u, driver.OpenOptions{Schema: "hidden"})
	if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "GRANT USAGE ON SCHEMA hidden TO "+shown) {
		t.Errorf("a schema that is hidden: %v", err)
	}
	gone := mustOpen(t, u, driver.OpenOptions{Schema: "nowhere"})
	_, err = gone.Writer.ExecContext(t.Context(), `CREATE TABLE "x" (id bigint)`)
	if f := gone.Classifier.Classify(err); f.Code != dberr.SchemaMismatch ||
		!strings.Contains(f.Detail, "the schema nowhere does not exist") {
		t.Errorf("no schema: %+v (%v)", f, err)
	}
	run(`REVOKE ALL ON SCHEMA public FROM PUBLIC`)
	none := mustOpen(t, u, driver.OpenOptions{})
	_, err = none.Writer.ExecContext(t.Context(), `CREATE TABLE "x" (id bigint)`)
	if f := none.Classifier.Classify(err); f.Code != dberr.SchemaMismatch ||
		!strings.Contains(f.Detail, "GRANT USAGE, CREATE ON SCHEMA public TO "+shown) {
		t.Errorf("no schema that may be used: %+v (%v)", f, err)
	}
}

// A server that speaks another language is quoted in no part.
func TestDeniedInAnotherLanguage(t *testing.T) {
	e := &deniedError{cause: &pgconn.PgError{Code: "42501", Message: "keine Berechtigung für Schema app",
		Routine: "aclcheck_error"}, role: "ada", statement: "CREATE TABLE x (id int)"}
	if f := (classifier{}).Classify(errors.Join(e)); f.Code != dberr.Invalid ||
		f.Detail != "the user ada lacks the privilege for this; grant it" {
		t.Errorf("%+v", f)
	}
}
