package mysql

import (
	"context"
	"strings"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
)

// Flavour is what differs between the servers that speak MySQL's protocol. A
// further one embeds the one that it is nearest to, [MySQL] or [MariaDB],
// overrides what it does in another way, and is given to a [Driver]. It is a
// value without state, and comparable.
type Flavour interface {
	// Name is the URL's backend and the dialect's engine: "mysql".
	Name() string
	// Title is the name as its makers write it: "MySQL".
	Title() string
	// Owns reports whether a server is of this flavour, by what it answers to
	// VERSION() and @@version_comment.
	Owns(version, comment string) bool
	// Oldest and Newest are the oldest version that is opened and the one that
	// is written for without a connection: 80019 for 8.0.19.
	Oldest() int
	Newest() int
	// Has reports whether the dialect of that version has a feature that
	// differs between flavours.
	Has(f driver.Feature, version int) bool

	replication() driver.Replication                                 // nil where replicas are none of ours
	release(version, comment string) string                          // the version that people know the server by
	fits(ctx context.Context, n queryer) (problem string, err error) // why the database cannot be used; empty when it can

	collation() string      // compares text by its bytes and does not pad it
	isolation() string      // the variable with the isolation level
	settings() string       // further ones of every connection, each behind a comma
	lastingIsolation() bool // SET TRANSACTION is about all further transactions
	gate() bool             // it stands before servers of which one takes the place of another
	depth() int             // how deep JSON may be nested
	jsonb() string          // the type of binary JSON
	dropCheck() string      // the verb of ALTER TABLE
	nullGenerated() bool    // a generated column cannot be declared NOT NULL
	plainExpressions() bool // expressions hold no character beyond U+FFFF
	functional() bool       // an index can be over an expression itself
	shareLock() string
	regexp(b *driver.Builder, e driver.Expr, pattern string)

	catalogue
	documents
}

// catalogue is how a flavour keeps and prints what it knows about tables.
type catalogue interface {
	indexExpression() string                               // the column of information_schema.statistics with an indexed expression
	periodsFor() bool                                      // a table can have the period of an application, in two of its columns
	hiddenIndex() string                                   // the condition in information_schema.statistics of one that queries do not use
	columnExtra() string                                   // what information_schema.columns says of a column besides, with its SRID
	checks(one bool) string                                // reads checks: table, name, clause, level, whether it is not enforced; with one, of the table that the second argument names
	printed(expr string) string                            // an expression as it was before the server printed it
	columnDefault(text, extra string) (d catalogueDefault) // what information_schema.columns says about a default
}

// catalogueDefault is a default as information_schema has it.
type catalogueDefault struct {
	none    bool // there is none
	literal bool // text is a literal without its quotation marks; otherwise it is an expression
	text    string
}

func ofTable(one bool, column string) string {
	if one {
		return " AND " + column + " = ?"
	}
	return ""
}

// MySQL is the flavour of Oracle's server.
type MySQL struct{}

// Name is "mysql".
func (MySQL) Name() string { return dburl.MySQL }

// Title is "MySQL".
func (MySQL) Title() string { return "MySQL" }

// Owns every server that is neither MariaDB nor Vitess.
func (MySQL) Owns(version, comment string) bool {
	return !MariaDB{}.Owns(version, comment) && !Vitess{}.Owns(version, comment)
}

// Oldest is 8.0.19.
func (MySQL) Oldest() int { return 80019 }

// Newest is 8.4.
func (MySQL) Newest() int { return 80400 }

// Has is true for EXCEPT and INTERSECT from 8.0.31, for WITH in front of
// statements that write, and for VALUES ROW.
func (MySQL) Has(f driver.Feature, version int) bool {
	return f == driver.WriteCTE || f == driver.RowsOfValues || f == driver.SetOperations && version >= 80031
}

func (MySQL) release(version, _ string) string { return version }

func (MySQL) fits(context.Context, queryer) (string, error) { return "", nil }

func (MySQL) collation() string      { return "utf8mb4_0900_bin" }
func (MySQL) isolation() string      { return "transaction_isolation" }
func (MySQL) settings() string       { return unlimited }
func (MySQL) lastingIsolation() bool { return false }
func (MySQL) gate() bool             { return false }
func (MySQL) depth() int             { return 100 }
func (MySQL) jsonb() string          { return "json" }
func (MySQL) dropCheck() string      { return "DROP CHECK " }
func (MySQL) nullGenerated() bool    { return false }
func (MySQL) plainExpressions() bool { return false }
func (MySQL) functional() bool       { return true }
func (MySQL) shareLock() string      { return " FOR SHARE" }

func (MySQL) regexp(b *driver.Builder, e driver.Expr, pattern string) {
	b.SQL("REGEXP_LIKE(").Expr(e).SQL(", ").Arg(pattern).SQL(", 'c')")
}

func (MySQL) indexExpression() string { return "expression" }
func (MySQL) periodsFor() bool        { return false }
func (MySQL) hiddenIndex() string     { return "is_visible = 'NO'" }
func (MySQL) columnExtra() string     { return "concat(extra, coalesce(concat(' srid ', srs_id), ''))" }

func (MySQL) checks(one bool) string {
	return `SELECT t.table_name, c.constraint_name, c.check_clause, 'Table', t.enforced = 'NO' FROM information_schema.check_constraints c
		JOIN information_schema.table_constraints t ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
		WHERE t.constraint_type = 'CHECK' AND t.table_schema = ` + here + ofTable(one, "t.table_name") + ` ORDER BY t.table_name, c.constraint_name`
}

func (MySQL) printed(expr string) string { return unescape(expr) }

// columnDefault of MySQL is a literal without its quotation marks, or an
// expression, which extra says.
func (MySQL) columnDefault(text, extra string) catalogueDefault {
	if strings.Contains(extra, "default_generated") {
		return catalogueDefault{text: unescape(text)}
	}
	return catalogueDefault{literal: true, text: text}
}

// MariaDB is the flavour of the MariaDB server.
type MariaDB struct{}

// Name is "mariadb".
func (MariaDB) Name() string { return dburl.MariaDB }

// Title is "MariaDB".
func (MariaDB) Title() string { return "MariaDB" }

// Owns a server that calls itself so.
func (MariaDB) Owns(version, _ string) bool {
	return strings.Contains(strings.ToLower(version), "mariadb")
}

// Oldest is 10.6.
func (MariaDB) Oldest() int { return 100600 }

// Newest is 11.8.
func (MariaDB) Newest() int { return 110800 }

// Has is the same for all versions.
func (MariaDB) Has(f driver.Feature, _ int) bool {
	switch f {
	case driver.InsertReturning, driver.DeleteReturning, driver.SetOperations, driver.SelfSubquery, driver.JSONExact:
		return true
	}
	return false
}

func (MariaDB) release(version, _ string) string { return version }

func (MariaDB) fits(context.Context, queryer) (string, error) { return "", nil }

func (MariaDB) collation() string      { return "utf8mb4_nopad_bin" }
func (MariaDB) isolation() string      { return "tx_isolation" }
func (MariaDB) lastingIsolation() bool { return false }
func (MariaDB) gate() bool             { return false }
func (MariaDB) depth() int             { return 31 }
func (MariaDB) jsonb() string          { return "longtext" }
func (MariaDB) dropCheck() string      { return "DROP CONSTRAINT " }
func (MariaDB) nullGenerated() bool    { return true }
func (MariaDB) plainExpressions() bool { return true }
func (MariaDB) functional() bool       { return false }
func (MariaDB) shareLock() string      { return " LOCK IN SHARE MODE" }

func (MariaDB) regexp(b *driver.Builder, e driver.Expr, pattern string) {
	b.SQL("(").Expr(e).SQL(" REGEXP ").Arg("(?-i)" + pattern).SQL(")")
}

// unlimited lets queries have all their rows.
const unlimited = ", @@SESSION.sql_select_limit = 18446744073709551615"

// settings: a table that keeps its history is altered with it.
func (MariaDB) settings() string {
	return unlimited + ", @@SESSION.system_versioning_alter_history = 'KEEP'"
}

func (MariaDB) indexExpression() string { return "NULL" }
func (MariaDB) periodsFor() bool        { return true }
func (MariaDB) hiddenIndex() string     { return "ignored = 'YES'" }
func (MariaDB) columnExtra() string     { return "extra" }

func (MariaDB) checks(one bool) string {
	return `SELECT table_name, constraint_name, check_clause, level, false FROM information_schema.check_constraints
		WHERE constraint_schema = ` + here + ofTable(one, "table_name") + ` ORDER BY table_name, constraint_name`
}

func (MariaDB) printed(expr string) string { return expr }

// columnDefault of MariaDB is an expression, as it would be written.
func (MariaDB) columnDefault(text, _ string) catalogueDefault {
	return catalogueDefault{none: text == "NULL", text: text}
}

var (
	_ Flavour = MySQL{}
	_ Flavour = MariaDB{}
	_ Flavour = Vitess{}
)
