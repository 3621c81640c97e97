package drivertest

import (
	sqldriver "database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Refusal is a statement that the server refuses, and what is to come of it.
// In its statements @ stands for a prefix that no other refusal has.
type Refusal struct {
	What  string
	Setup []string // run before, on the same connection
	Held  []string // run by somebody else before, in a transaction that stays open
	SQL   string
	Code  dberr.Code
	Says  string // what the message must name; empty for any message
}

// Refusals provokes what users of migrations meet, on every engine the same
// and what the engine has of its own: each comes out with its code, and with a
// sentence that tells the way out and quotes no value.
func Refusals(t *testing.T, db *driver.Database, own []Refusal) {
	t.Helper()
	for i, r := range append(everywhere(), own...) {
		t.Run(r.What, func(t *testing.T) { refuse(t, db, r, fmt.Sprintf("r%d_", i)) })
	}
}

func refuse(t *testing.T, db *driver.Database, r Refusal, prefix string) {
	named := func(text string) string { return strings.ReplaceAll(text, "@", prefix) }
	conn, err := db.Writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Settings of the session must not reach the next one.
	defer func() { _ = conn.Raw(func(any) error { return sqldriver.ErrBadConn }) }()
	for _, text := range r.Setup {
		exec(t, conn, named(text))
	}
	if len(r.Held) > 0 {
		tx, end := begin(t, db, db.Reader, driver.BeginOptions{})
		defer end()
		for _, text := range r.Held {
			exec(t, tx, named(text))
		}
	}
	_, err = conn.ExecContext(t.Context(), named(r.SQL))
	if err == nil {
		t.Fatal("it is accepted")
	}
	f := db.Classifier.Classify(err)
	if f.Code != r.Code || f.Native == "" {
		t.Errorf("%v is %s (%s), want %s", err, f.Code, f.Native, r.Code)
	}
	rows := false
	said := (&dberr.Error{Code: f.Code, Msg: f.Detail, Constraint: f.Constraint}).Error()
	switch f.Code {
	case dberr.AlreadyExists, dberr.ForeignKey, dberr.NotNull, dberr.Check:
		// About rows, the code's own sentence and the constraint say enough.
		rows = f.Detail == ""
	}
	if !rows && !strings.Contains(said, ";") {
		t.Errorf("%v (%s) has no way out: %q", err, f.Native, f.Detail)
	}
	if !strings.Contains(said, named(r.Says)) {
		t.Errorf("%v (%s): %q does not name %q", err, f.Native, said, named(r.Says))
	}
	if strings.Contains(said, "s3cret") {
		t.Errorf("the message quotes a value: %q", said)
	}
	t.Logf("%s %s: %s", f.Native, f.Code, said)
}

// everywhere are the refusals of every engine, in words that each takes.
func everywhere() []Refusal {
	one := "CREATE TABLE @one (id integer NOT NULL PRIMARY KEY, a varchar(20), b varchar(20))"
	other := "CREATE TABLE @other (id integer NOT NULL PRIMARY KEY, a varchar(20))"
	wide := make([]string, 4000)
	for i := range wide {
		wide[i] = fmt.Sprintf("c%d integer", i)
	}
	return []Refusal{
		{What: "table exists", Setup: []string{one}, SQL: one, Code: dberr.AlreadyExists},
		{What: "column exists", Setup: []string{one}, SQL: "ALTER TABLE @one ADD COLUMN a integer", Code: dberr.AlreadyExists},
		{What: "column twice in a new table", SQL: "CREATE TABLE @one (id integer, a integer, a integer)", Code: dberr.AlreadyExists},
		{What: "index exists", Setup: []string{one, "CREATE INDEX @i ON @one (a)"}, SQL: "CREATE INDEX @i ON @one (b)", Code: dberr.AlreadyExists},
		{What: "table renamed onto another", Setup: []string{one, other}, SQL: "ALTER TABLE @one RENAME TO @other", Code: dberr.AlreadyExists},
		{What: "column renamed onto another", Setup: []string{one}, SQL: "ALTER TABLE @one RENAME COLUMN a TO b", Code: dberr.AlreadyExists},
		{What: "unique index over equal rows", Setup: []string{one, "INSERT INTO @one VALUES (1, 's3cret', ''), (2, 's3cret', '')"},
			SQL: "CREATE UNIQUE INDEX @u ON @one (a)", Code: dberr.AlreadyExists},
		{What: "no table to drop", SQL: "DROP TABLE @none", Code: dberr.SchemaMismatch},
		{What: "no table to change", SQL: "ALTER TABLE @none ADD COLUMN a integer", Code: dberr.SchemaMismatch},
		{What: "no table to index", SQL: "CREATE INDEX @i ON @none (a)", Code: dberr.SchemaMismatch},
		{What: "no table to read", SQL: "INSERT INTO @none (id) VALUES (1)", Code: dberr.SchemaMismatch},
		{What: "no column to drop", Setup: []string{one}, SQL: "ALTER TABLE @one DROP COLUMN missing", Code: dberr.SchemaMismatch},
		{What: "no column to rename", Setup: []string{one}, SQL: "ALTER TABLE @one RENAME COLUMN missing TO c", Code: dberr.SchemaMismatch},
		{What: "no column to index", Setup: []string{one}, SQL: "CREATE INDEX @i ON @one (missing)", Code: dberr.SchemaMismatch},
		{What: "no column to write", Setup: []string{one}, SQL: "UPDATE @one SET missing = 's3cret'", Code: dberr.SchemaMismatch},
		{What: "no column of the table in its foreign key", Setup: []string{other}, SQL: "CREATE TABLE @one (id integer, FOREIGN KEY (missing) REFERENCES @other (id))", Code: dberr.SchemaMismatch},
		{What: "two primary keys", SQL: "CREATE TABLE @one (id integer PRIMARY KEY, a integer, PRIMARY KEY (a))", Code: dberr.Invalid},
		{What: "more columns than a table can have", SQL: "CREATE TABLE @one (" + strings.Join(wide, ", ") + ")", Code: dberr.TooLarge},
		{What: "table that rows refer to", Setup: []string{other, "CREATE TABLE @one (id integer PRIMARY KEY, o integer, FOREIGN KEY (o) REFERENCES @other (id))",
			"INSERT INTO @other (id) VALUES (1)", "INSERT INTO @one (id, o) VALUES (1, 1)"}, SQL: "DROP TABLE @other", Code: dberr.ForeignKey},
		{What: "no SQL", Setup: []string{one}, SQL: "ALTER TABLE @one ADD COLUMN c varchar(20) DEFAULT 's3cret' TABLE", Code: dberr.Invalid},
	}
}
