package mysql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

const (
	parent = "CREATE TABLE @p (id bigint NOT NULL PRIMARY KEY, u varchar(50) UNIQUE, n bigint)"
	child  = "CREATE TABLE @c (id bigint NOT NULL PRIMARY KEY, p bigint, n bigint, KEY @k (p), CONSTRAINT @fk FOREIGN KEY (p) REFERENCES @p (id), CONSTRAINT @ck CHECK (n > 0))"
)

func TestRefusals(t *testing.T) {
	both := []drivertest.Refusal{
		{What: "foreign key to no table", SQL: "CREATE TABLE @c (id bigint, FOREIGN KEY (id) REFERENCES @none (id))", Code: dberr.SchemaMismatch},
		{What: "foreign key to no table, added", Setup: []string{"CREATE TABLE @c (id bigint)"}, SQL: "ALTER TABLE @c ADD FOREIGN KEY (id) REFERENCES @none (id)", Code: dberr.SchemaMismatch},
		{What: "foreign key to no column", Setup: []string{parent}, SQL: "CREATE TABLE @c (id bigint, FOREIGN KEY (id) REFERENCES @p (missing))", Code: dberr.SchemaMismatch},
		{What: "foreign key that rows break", Setup: []string{parent, "CREATE TABLE @c (p bigint)", "INSERT INTO @c VALUES (7)"},
			SQL: "ALTER TABLE @c ADD CONSTRAINT @fk FOREIGN KEY (p) REFERENCES @p (id)", Code: dberr.ForeignKey, Says: "@fk"},
		{What: "foreign key exists", Setup: []string{parent, child}, SQL: "ALTER TABLE @c ADD CONSTRAINT @fk FOREIGN KEY (n) REFERENCES @p (id)", Code: dberr.AlreadyExists},
		{What: "check that rows break", Setup: []string{parent, "INSERT INTO @p (id) VALUES (7)"}, SQL: "ALTER TABLE @p ADD CONSTRAINT @ck CHECK (id < 7)", Code: dberr.Check, Says: "@ck"},
		{What: "check exists", Setup: []string{parent, child}, SQL: "ALTER TABLE @c ADD CONSTRAINT @ck CHECK (n > 1)", Code: dberr.AlreadyExists},
		{What: "check of no column", SQL: "CREATE TABLE @c (id bigint, CHECK (missing > 1))", Code: dberr.SchemaMismatch},
		{What: "no constraint", Setup: []string{parent}, SQL: "ALTER TABLE @p DROP CONSTRAINT missing", Code: dberr.SchemaMismatch, Says: "missing"},
		{What: "no index", Setup: []string{parent}, SQL: "DROP INDEX missing ON @p", Code: dberr.SchemaMismatch, Says: "missing"},
		{What: "no index to rename", Setup: []string{parent}, SQL: "ALTER TABLE @p RENAME INDEX missing TO other", Code: dberr.SchemaMismatch, Says: "missing"},
		{What: "not a table", Setup: []string{parent, "CREATE VIEW @v AS SELECT id FROM @p"}, SQL: "ALTER TABLE @v ADD COLUMN x bigint", Code: dberr.SchemaMismatch},
		{What: "view of a column that is gone", Setup: []string{parent, "CREATE VIEW @v AS SELECT n FROM @p", "ALTER TABLE @p DROP COLUMN n"},
			SQL: "INSERT INTO @c SELECT n FROM @v", Code: dberr.SchemaMismatch},
		{What: "index that a foreign key needs", Setup: []string{parent, child}, SQL: "DROP INDEX @k ON @c", Code: dberr.ForeignKey, Says: "@k"},
		{What: "table that a foreign key needs", Setup: []string{parent, child}, SQL: "DROP TABLE @p", Code: dberr.ForeignKey},
		{What: "table that a foreign key needs, emptied", Setup: []string{parent, child}, SQL: "TRUNCATE TABLE @p", Code: dberr.ForeignKey},
		{What: "column that a foreign key needs", Setup: []string{parent, child}, SQL: "ALTER TABLE @c DROP COLUMN p", Code: dberr.ForeignKey},
		{What: "column that a foreign key refers to", Setup: []string{parent, child}, SQL: "ALTER TABLE @p DROP COLUMN id", Code: dberr.ForeignKey, Says: "@fk"},
		{What: "not null in a foreign key that sets null", Setup: []string{parent, "CREATE TABLE @c (p bigint, CONSTRAINT @fk FOREIGN KEY (p) REFERENCES @p (id) ON DELETE SET NULL)"},
			SQL: "ALTER TABLE @c MODIFY p bigint NOT NULL", Code: dberr.ForeignKey, Says: "@fk"},
		{What: "primary key exists", Setup: []string{parent}, SQL: "ALTER TABLE @p ADD PRIMARY KEY (n)", Code: dberr.Invalid},
		{What: "key that is too long", SQL: "CREATE TABLE @c (v varchar(2000) CHARACTER SET utf8mb4, PRIMARY KEY (v))", Code: dberr.TooLarge},
		{What: "column that is too long", SQL: "CREATE TABLE @c (v varchar(20000) CHARACTER SET utf8mb4)", Code: dberr.TooLarge},
		{What: "row that is too large", SQL: "CREATE TABLE @c (a varchar(9000) CHARACTER SET utf8mb4, b varchar(9000) CHARACTER SET utf8mb4)", Code: dberr.TooLarge},
		{What: "too many keys", SQL: "CREATE TABLE @c (id bigint" + repeated(", KEY (id)", 65) + ")", Code: dberr.TooLarge},
		{What: "name that is too long", SQL: "CREATE TABLE @c (" + repeated("n", 65) + " bigint)", Code: dberr.TooLarge},
		{What: "too many digits", SQL: "CREATE TABLE @c (v decimal(80, 2))", Code: dberr.TooLarge},
		{What: "default of another form", SQL: "CREATE TABLE @c (id bigint DEFAULT 's3cret')", Code: dberr.Invalid, Says: "id"},
		{What: "two counters", SQL: "CREATE TABLE @c (a bigint AUTO_INCREMENT PRIMARY KEY, b bigint AUTO_INCREMENT)", Code: dberr.Invalid},
		{What: "all columns dropped", Setup: []string{"CREATE TABLE @c (id bigint)"}, SQL: "ALTER TABLE @c DROP COLUMN id", Code: dberr.Invalid},
		{What: "prefix of a number", SQL: "CREATE TABLE @c (id bigint, KEY (id(4)))", Code: dberr.Invalid},
		{What: "shorter than a row", Setup: []string{"CREATE TABLE @c (v varchar(20))", "INSERT INTO @c VALUES ('s3cret')"}, SQL: "ALTER TABLE @c MODIFY v varchar(2)", Code: dberr.Invalid},
		{What: "number of a text", Setup: []string{"CREATE TABLE @c (v varchar(20))", "INSERT INTO @c VALUES ('s3cret')"}, SQL: "ALTER TABLE @c MODIFY v bigint", Code: dberr.Invalid},
		{What: "no collation", SQL: "CREATE TABLE @c (v varchar(20) COLLATE missing_bin)", Code: dberr.Unsupported, Says: "missing_bin"},
		{What: "collation of another character set", SQL: "CREATE TABLE @c (v varchar(20) CHARACTER SET utf8mb4 COLLATE latin1_bin)", Code: dberr.Invalid},
		{What: "no storage engine", Setup: []string{"SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'"}, SQL: "CREATE TABLE @c (id bigint) ENGINE = missing", Code: dberr.Unsupported},
		{What: "no function", Setup: []string{parent}, SQL: "UPDATE @p SET n = missing_function(n)", Code: dberr.SchemaMismatch},
		{What: "way of changing that cannot be", Setup: []string{"CREATE TABLE @c (v varchar(20))"}, SQL: "ALTER TABLE @c MODIFY v bigint, ALGORITHM = INPLACE", Code: dberr.Unsupported},
		{What: "generated from what may change", SQL: "CREATE TABLE @c (id bigint, g bigint AS (RAND()) STORED)", Code: dberr.Invalid},
		{What: "value for a generated column", Setup: []string{"CREATE TABLE @c (a bigint, g bigint AS (a + 1) STORED)"}, SQL: "INSERT INTO @c (a, g) VALUES (1, 1)", Code: dberr.Invalid},
		{What: "trigger exists", Setup: []string{parent, "CREATE TRIGGER @t BEFORE INSERT ON @p FOR EACH ROW SET NEW.n = 1"},
			SQL: "CREATE TRIGGER @t BEFORE INSERT ON @p FOR EACH ROW SET NEW.n = 2", Code: dberr.AlreadyExists},
		{What: "no trigger", SQL: "DROP TRIGGER @missing", Code: dberr.SchemaMismatch},
		{What: "column of a bad name", SQL: "CREATE TABLE @c (`a ` bigint)", Code: dberr.Invalid},
		{What: "lock wait of a row", Setup: []string{parent, "INSERT INTO @p (id) VALUES (1)", "SET SESSION innodb_lock_wait_timeout = 1"}, Held: []string{"UPDATE @p SET n = 2 WHERE id = 1"},
			SQL: "UPDATE @p SET n = 1 WHERE id = 1", Code: dberr.Busy, Says: "lock_wait_timeout"},
		{What: "lock wait of a change", Setup: []string{parent, "SET SESSION lock_wait_timeout = 1"}, Held: []string{"SELECT n FROM @p"},
			SQL: "ALTER TABLE @p ADD COLUMN x bigint", Code: dberr.Busy, Says: "lock_wait_timeout"},
		{What: "no more room", Setup: []string{"SET SESSION max_heap_table_size = 16384", "CREATE TABLE @c (v char(255)) ENGINE = MEMORY", "INSERT INTO @c VALUES ('s3cret'), ('s3cret'), ('s3cret')"},
			SQL: "INSERT INTO @c SELECT a.v FROM @c a, @c b, @c c, @c d, @c e, @c f", Code: dberr.Full},
		{What: "changes that cannot be undone with others", Setup: []string{"CREATE TABLE @c (id bigint)", "LOCK TABLES @c READ"}, SQL: "ALTER TABLE @c ADD COLUMN x bigint", Code: dberr.Busy},
	}
	only := map[string][]drivertest.Refusal{
		testdb.MySQL: {
			{What: "type of a column of a foreign key", Setup: []string{parent, child}, SQL: "ALTER TABLE @c MODIFY p varchar(40)", Code: dberr.Invalid, Says: "@fk"},
			{What: "type of a column that a foreign key refers to", Setup: []string{parent, child}, SQL: "ALTER TABLE @p MODIFY id varchar(40)", Code: dberr.Invalid, Says: "@fk"},
			{What: "not null over nulls", Setup: []string{parent, "INSERT INTO @p (id) VALUES (7)"}, SQL: "ALTER TABLE @p MODIFY n bigint NOT NULL", Code: dberr.NotNull},
			{What: "primary key that may be null", SQL: "CREATE TABLE @c (id bigint NULL, PRIMARY KEY (id))", Code: dberr.Invalid},
			{What: "key without a length", SQL: "CREATE TABLE @c (v longtext, UNIQUE KEY (v))", Code: dberr.TooLarge, Says: "v"},
			{What: "key of too many columns", SQL: "CREATE TABLE @c (" + columns(17, "bigint") + ", KEY (" + columns(17, "") + "))", Code: dberr.TooLarge},
			{What: "the table of the foreign key is named", SQL: "CREATE TABLE @c (id bigint, FOREIGN KEY (id) REFERENCES @none (id))", Code: dberr.SchemaMismatch, Says: "@none"},
			{What: "foreign key of another type", Setup: []string{parent}, SQL: "CREATE TABLE @c (p varchar(50), CONSTRAINT @fk FOREIGN KEY (p) REFERENCES @p (id))", Code: dberr.Invalid, Says: "@fk"},
			{What: "foreign key to what is not unique", Setup: []string{parent}, SQL: "CREATE TABLE @c (p bigint, CONSTRAINT @fk FOREIGN KEY (p) REFERENCES @p (n))", Code: dberr.Invalid, Says: "@fk"},
			{What: "default of a long text", SQL: "CREATE TABLE @c (v longtext DEFAULT 'x')", Code: dberr.Unsupported},
			{What: "column that a check needs", Setup: []string{parent, "CREATE TABLE @c (a bigint, b bigint, CONSTRAINT @ck CHECK (a > b))"}, SQL: "ALTER TABLE @c DROP COLUMN a", Code: dberr.ForeignKey, Says: "@ck"},
			{What: "column that a generated one needs", Setup: []string{"CREATE TABLE @c (a bigint, g bigint AS (a + 1))"}, SQL: "ALTER TABLE @c DROP COLUMN a", Code: dberr.ForeignKey},
			{What: "column that an index needs", Setup: []string{"CREATE TABLE @c (a bigint, b bigint, KEY ((a + 1)))"}, SQL: "ALTER TABLE @c DROP COLUMN a", Code: dberr.ForeignKey},
			{What: "no check", Setup: []string{parent}, SQL: "ALTER TABLE @p DROP CHECK missing", Code: dberr.SchemaMismatch, Says: "missing"},
			{What: "check that is no condition", SQL: "CREATE TABLE @c (id bigint, CHECK (RAND() > 1))", Code: dberr.Invalid},
			{What: "index of a long text", SQL: "CREATE TABLE @c (v longtext, KEY ((lower(v))))", Code: dberr.Invalid},
			{What: "no primary key where one is required", Setup: []string{"SET SESSION sql_require_primary_key = ON"}, SQL: "CREATE TABLE @c (id bigint)", Code: dberr.Invalid},
			{What: "statement timeout", Setup: []string{"SET SESSION max_execution_time = 100"}, SQL: "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c", Code: dberr.Timeout},
		},
		testdb.MariaDB: {
			{What: "type of a column of a foreign key", Setup: []string{parent, child}, SQL: "ALTER TABLE @c MODIFY p varchar(40)", Code: dberr.ForeignKey, Says: "@fk"},
			{What: "type of a column that a foreign key refers to", Setup: []string{parent, child}, SQL: "ALTER TABLE @p MODIFY id varchar(40)", Code: dberr.ForeignKey, Says: "@fk"},
			{What: "not null over nulls", Setup: []string{parent, "INSERT INTO @p (id) VALUES (7)"}, SQL: "ALTER TABLE @p MODIFY n bigint NOT NULL", Code: dberr.Invalid},
			{What: "foreign key of another type", Setup: []string{parent}, SQL: "CREATE TABLE @c (p varchar(50), CONSTRAINT @fk FOREIGN KEY (p) REFERENCES @p (id))", Code: dberr.SchemaMismatch},
			{What: "type of an unknown name", SQL: "CREATE TABLE @c (v missing)", Code: dberr.Invalid},
			{What: "column that a check needs", Setup: []string{"CREATE TABLE @c (a bigint, b bigint, CONSTRAINT @ck CHECK (a > b))"}, SQL: "ALTER TABLE @c DROP COLUMN a", Code: dberr.SchemaMismatch},
			{What: "column that a generated one needs", Setup: []string{"CREATE TABLE @c (a bigint, g bigint AS (a + 1))"}, SQL: "ALTER TABLE @c DROP COLUMN a", Code: dberr.SchemaMismatch},
			{What: "no option", Setup: []string{"SET SESSION sql_mode = ''"}, SQL: "CREATE TABLE @c (id bigint) ENGINE = InnoDB missing_option = 's3cret' row_format = missing", Code: dberr.Invalid},
			{What: "statement timeout", Setup: []string{"SET SESSION max_statement_time = 0.1"}, SQL: "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c", Code: dberr.Timeout},
		},
	}
	flavours(t, func(t *testing.T, u *dburl.URL) {
		db := mustOpen(t, u, driver.OpenOptions{})
		drivertest.Refusals(t, db, append(slices.Clone(both), only[db.Dialect.Engine()]...))
	})
}

// repeated is text n times.
func repeated(text string, n int) string { return strings.Repeat(text, n) }

// columns is a list of n columns.
func columns(n int, ty string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.TrimSpace(fmt.Sprintf("c%d %s", i, ty))
	}
	return strings.Join(list, ", ")
}

// Where a storage engine reports the failure, its own number decides.
func TestNumbersOfTheStorageEngine(t *testing.T) {
	for _, c := range []struct {
		number uint16
		msg    string
		want   dberr.Code
	}{
		{1005, "Can't create table `db`.`t` (errno: 150 \"Foreign key constraint is incorrectly formed\")", dberr.SchemaMismatch},
		{1005, "Can't create table `db`.`t` (errno: 121 \"Duplicate key on write or update\")", dberr.AlreadyExists},
		{1005, "Can't create table `db`.`t` (errno: 28 \"No space left on device\")", dberr.Full},
		{1025, "Error on rename of './db/a' to './db/b' (errno: 150 \"Foreign key constraint is incorrectly formed\")", dberr.SchemaMismatch},
		{1030, "Got error 28 \"No space left on device\" from storage engine InnoDB", dberr.Full},
		{1030, "Got error 135 - 'No more room in file' from storage engine", dberr.Full},
		{1030, "Got error 122 - 'Internal (unspecified) error in handler' from storage engine", dberr.Internal},
		{1005, "Can't create table", dberr.Internal},
	} {
		f := classifier{}.Classify(&mysql.MySQLError{Number: c.number, Message: c.msg})
		if f.Code != c.want || f.Native != fmt.Sprint(c.number) || !strings.Contains(f.Detail, ";") {
			t.Errorf("%s: %+v, want %s", c.msg, f, c.want)
		}
	}
}

// A server that fails while it commits, as a node of Galera that is being stopped, may
// have committed all the same, and is left.
func TestACommitThatFailed(t *testing.T) {
	for _, c := range []mysql.MySQLError{
		// As MariaDB 10.11 says it.
		{Number: 1180, Message: "Error while appending streaming replication fragment(provider status: Not connected to Primary Component)"},
		{Number: 1180, Message: "Got error 6 \"No such device or address\" during COMMIT"},
		{Number: 1181, Message: "Got error 6 \"No such device or address\" during ROLLBACK"},
	} {
		f := classifier{}.Classify(&c)
		if f.Code != dberr.Unavailable || !f.Broken || f.Unsent || f.Detail == "" {
			t.Errorf("%s: %+v", c.Message, f)
		}
	}
}
