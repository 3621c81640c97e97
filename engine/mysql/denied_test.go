package mysql

import (
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
)

// TestDenied asks for what a user may not do: the message names the user, the
// privilege and the object, and how it is granted.
func TestDenied(t *testing.T) {
	flavours(t, func(t *testing.T, target *dburl.URL) {
		admin := mustOpen(t, target, driver.OpenOptions{})
		run := func(text string) {
			t.Helper()
			if _, err := admin.Writer.ExecContext(t.Context(), text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		database := target.Database
		user := database[max(0, len(database)-32):]
		run("CREATE USER `" + user + "`@'%' IDENTIFIED BY 'p'")
		t.Cleanup(func() {
			if _, err := admin.Writer.Exec("DROP USER `" + user + "`@'%'"); err != nil {
				t.Error(err)
			}
		})
		run("CREATE TABLE t (id int PRIMARY KEY, n int, m int)")
		run("CREATE TABLE c (id int, n int)")
		run("GRANT SELECT (id), DELETE ON `" + database + "`.c TO `" + user + "`@'%'")
		db := mustOpen(t, target.WithUser(user).WithPassword("p"), driver.OpenOptions{})
		for _, c := range []struct{ sql, says string }{
			{"CREATE TABLE alembic_version (v int)", "CREATE on the table alembic_version"},
			{"SELECT n FROM t", "SELECT on the table t"},
			{"SELECT n FROM c", "SELECT on the column c.n"},
			{"INSERT INTO t VALUES (1, 1, 1)", "INSERT on the table t"},
			{"UPDATE c SET n = 1", "UPDATE on the table c"},
			{"ALTER TABLE t ADD COLUMN x int", "ALTER on the table t"},
			{"CREATE INDEX i ON t (n)", "INDEX on the table t"},
			{"DROP TABLE t", "DROP on the table t"},
			{"CREATE VIEW v AS SELECT 1", "CREATE VIEW on the table v"},
			{"RENAME TABLE t TO u", "DROP, ALTER on the table t"},
			{"CREATE TEMPORARY TABLE q (a int)", "CREATE TEMPORARY TABLES on the database " + database},
			{"LOCK TABLES c WRITE", "LOCK TABLES on the database " + database},
			{"CREATE PROCEDURE p() SELECT 1", "CREATE ROUTINE on the database " + database},
			{"CALL p()", "EXECUTE on the routine " + database + ".p"},
		} {
			_, err := db.Writer.ExecContext(t.Context(), c.sql)
			f := db.Classifier.Classify(err)
			privilege, _, _ := strings.Cut(c.says, " on the ")
			grant := "GRANT " + privilege + " ON `" + database + "`.* TO "
			if f.Code != dberr.Invalid || !f.Denied || !strings.Contains(f.Detail, grant) ||
				!strings.Contains(f.Detail, "the user "+user+" lacks the privilege "+c.says) {
				t.Errorf("%s: %+v (%v)", c.sql, f, err)
			}
		}
		for _, again := range []string{"for the first time", "again"} { // then it is prepared elsewhere
			_, err := db.Writer.ExecContext(t.Context(), "INSERT INTO t VALUES (?, 1, 1)", 1)
			if f := db.Classifier.Classify(err); !strings.Contains(f.Detail, "lacks the privilege INSERT on the table t") {
				t.Errorf("a statement with values, %s: %+v (%v)", again, f, err)
			}
		}
		_, err := db.Writer.ExecContext(t.Context(), "CREATE DATABASE `"+database+"_x`")
		if f := db.Classifier.Classify(err); !strings.Contains(f.Detail,
			"the privilege CREATE on the database "+database+"_x;") {
			t.Errorf("a database: %+v (%v)", f, err)
		}
	})
}

// A server that speaks another language still names privilege and table.
func TestDeniedInAnotherLanguage(t *testing.T) {
	for message, says := range map[string]string{
		"CREATE Befehl verweigert für Benutzer 'ada'@'h' auf Tabelle 'chat'": "lacks the privilege CREATE on the table chat;",
		"No tiene permiso CREATE el usuario 'ada'@'h'":                       "lacks the privilege for this on the database app; grant it",
	} {
		e := &deniedError{cause: &mysql.MySQLError{Number: 1142, Message: message}, user: "ada", database: "app"}
		if f := (classifier{}).Classify(e); f.Code != dberr.Invalid || f.Native != "1142" ||
			!strings.Contains(f.Detail, says) {
			t.Errorf("%s: %+v", message, f)
		}
	}
}
