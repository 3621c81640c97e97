package sqlite

import (
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// form is a message of SQLite that has no number of its own. They have had the
// same words, in English, for as long as each of them exists.
type form struct {
	words string // after them stands the name of the object, where there is one
	fault driver.Fault
}

// forms are in order: the first whose words are in a message is the one. What
// is about an object of the schema that others depend on is a foreign key's
// failure, also where it is an index or a view that does.
var forms = []form{
	{"error in index ", driver.Fault{Code: dberr.ForeignKey, Detail: "an index could not be kept up with the change; drop it first, and make it again afterwards"}},
	{"error in view ", driver.Fault{Code: dberr.ForeignKey, Detail: "a view could not be kept up with the change; drop it first, and make it again afterwards"}},
	{"error in trigger ", driver.Fault{Code: dberr.ForeignKey, Detail: "a trigger could not be kept up with the change; drop it first, and make it again afterwards"}},
	{"after rename: duplicate column name: ", columnExists},
	{"error in table ", driver.Fault{Code: dberr.ForeignKey, Detail: "a constraint or generated column of a table could not be kept up with the change; make the table anew without it"}},
	{"cannot drop PRIMARY KEY column: \"", driver.Fault{Code: dberr.ForeignKey, Detail: "the primary key needs the column; make the table anew without it"}},
	{"cannot drop UNIQUE column: \"", driver.Fault{Code: dberr.ForeignKey, Detail: "a unique constraint needs the column; make the table anew without it"}},

	{"there is already a table named ", tableExists},
	{"there is already an index named ", tableExists},
	{"there is already another table or index with this name: ", tableExists},
	{"duplicate column name: ", columnExists},
	{" already exists", driver.Fault{Code: dberr.AlreadyExists, Detail: "a table, index, view or trigger of this name exists already; choose another name, or drop the one that is there"}},

	{outOfRange, driver.Fault{Code: dberr.TooLarge, Detail: "a number is out of the range of its column; widen the column"}},
	{severalRows, driver.Fault{Code: dberr.Invalid, Detail: "a subquery that stands for one value returns several rows; limit it to one, or compare with IN"}},

	{"no such table: ", driver.Fault{Code: dberr.SchemaMismatch, Detail: "the database has no such table; run the migrations, or create it first"}},
	{"no such column: ", columnMissing},
	{" has no column named ", columnMissing},
	{"no such index: ", driver.Fault{Code: dberr.SchemaMismatch, Detail: "the database has no such index; correct the name, or leave out the change if it has been made"}},
	{"no such view: ", driver.Fault{Code: dberr.SchemaMismatch, Detail: "the database has no such view; correct the name, or leave out the change if it has been made"}},
	{"no such trigger: ", driver.Fault{Code: dberr.SchemaMismatch, Detail: "the database has no such trigger; correct the name, or leave out the change if it has been made"}},
	{"unknown column \"", driver.Fault{Code: dberr.SchemaMismatch, Detail: "a constraint names a column that does not exist; correct the name, or add the column first"}},
	{"foreign key mismatch - ", driver.Fault{Code: dberr.SchemaMismatch, Detail: "a foreign key refers to columns that do not exist or are not unique; give them a primary key or a unique constraint"}},
	{"use DROP TABLE to delete table ", otherKind},
	{"use DROP VIEW to delete view ", otherKind},
	{"Cannot add a column to a view", otherKind},
	{"views may not be indexed", otherKind},

	{"Cannot add a NOT NULL column", driver.Fault{Code: dberr.NotNull, Detail: "a column that requires a value is added without a default; give it one"}},
	{"CHECK constraint failed", driver.Fault{Code: dberr.Check, Detail: "rows break the check constraint that is added; correct them first"}},
	{"too many columns on ", driver.Fault{Code: dberr.TooLarge, Detail: "the table has more columns than a table can have, 2,000; split it"}},
	{"too many columns in ", driver.Fault{Code: dberr.TooLarge, Detail: "the index has more columns than an index can have, 2,000; leave some out"}},
	{"too many SQL variables", driver.Fault{Code: dberr.TooLarge, Detail: "the statement has more than 32,766 values; send it in parts"}},

	{"Cannot add a column with non-constant default", driver.Fault{Code: dberr.Unsupported, Detail: "a column that is added has a constant default; make the table anew for another one"}},
	{"Cannot add a UNIQUE column", driver.Fault{Code: dberr.Unsupported, Detail: "a column is not unique when it is added; make a unique index afterwards"}},
	{"Cannot add a PRIMARY KEY column", driver.Fault{Code: dberr.Unsupported, Detail: "a primary key is not added to a table; make the table anew"}},
	{"index associated with UNIQUE or PRIMARY KEY constraint cannot be dropped", driver.Fault{Code: dberr.Unsupported, Detail: "the index is a constraint of its table; make the table anew without it"}},
	{"no such collation sequence: ", driver.Fault{Code: dberr.Unsupported, Detail: "SQLite has no such collation; take BINARY, NOCASE or RTRIM"}},
	{"no such module: ", driver.Fault{Code: dberr.Unsupported, Detail: "this build of SQLite has no such module; take one that it has"}},

	{"no such function: ", driver.Fault{Code: dberr.Invalid, Detail: "there is no such function; correct its name"}},
	{"no such savepoint: ", driver.Fault{Code: dberr.Internal, TxLost: true, Detail: "the savepoint does not exist; a statement in between has ended it"}},
	{" has more than one primary key", driver.Fault{Code: dberr.Invalid, Detail: "a table has one primary key; leave one out, or name its columns in one"}},
	{"no other columns exist", driver.Fault{Code: dberr.Invalid, Detail: "a table keeps one column at least; drop the table instead"}},
	{"default value of column [", driver.Fault{Code: dberr.Invalid, Detail: "the default of a column is not constant; take a constant, or an expression without columns"}},
	{"object name reserved for internal use: ", driver.Fault{Code: dberr.Invalid, Detail: "names that begin with sqlite_ are SQLite's own; choose another name"}},
	{"prohibited in ", driver.Fault{Code: dberr.Invalid, Detail: "an expression uses what is not allowed in its place, such as the time or chance; take another expression"}},
	{"cannot INSERT into generated column \"", generated},
	{"cannot UPDATE generated column \"", generated},
	{"ON CONFLICT clause does not match", driver.Fault{Code: dberr.Invalid, Detail: "no unique constraint or index is on the columns that are to decide on a conflict; add one"}},
	{"ambiguous column name: ", driver.Fault{Code: dberr.Invalid, Detail: "several tables of the statement have a column of this name; write the table before it"}},
	{"misuse of aggregate", driver.Fault{Code: dberr.Invalid, Detail: "an aggregate function stands where none can, in WHERE or inside of another; use HAVING or a subquery"}},
	{"do not have the same number of result columns", driver.Fault{Code: dberr.Invalid, Detail: "the queries of a UNION, EXCEPT or INTERSECT have different numbers of columns; select the same number in each"}},
	{"sub-select returns ", driver.Fault{Code: dberr.Invalid, Detail: "a subquery has another number of columns than its place takes; select as many as are compared"}},
	{" values for ", driver.Fault{Code: dberr.Invalid, Detail: "the statement has another number of values than columns; correct one of them"}},
	{"near \"", driver.Fault{Code: dberr.Invalid, Detail: "SQLite does not accept the statement; correct its syntax"}},
	{"incomplete input", driver.Fault{Code: dberr.Invalid, Detail: "SQLite does not accept the statement: it ends too early; complete it"}},
	{"unrecognized token", driver.Fault{Code: dberr.Invalid, Detail: "SQLite does not accept the statement: it has a text that does not end, or a character that means nothing; correct its syntax"}},
	{"unknown datatype for ", driver.Fault{Code: dberr.Invalid, Detail: "a strict table has the types INT, INTEGER, REAL, TEXT, BLOB and ANY; take one of them"}},
	{"", driver.Fault{Code: dberr.Invalid, Detail: "SQLite does not accept the statement; correct its syntax, or what it asks for"}},
}

// unreadColumn is about a column that is named with its table.
const unreadColumn = "the statement knows no such column; add its table to FROM or join it, correct the name, or run the migrations if the database lacks it"

var (
	tableExists = driver.Fault{Code: dberr.AlreadyExists,
		Detail: "a table or index of this name exists already; choose another name, or drop the one that is there"}
	columnExists = driver.Fault{Code: dberr.AlreadyExists,
		Detail: "a column of this name exists already; choose another name, or leave out the change if it has been made"}
	columnMissing = driver.Fault{Code: dberr.SchemaMismatch,
		Detail: "the database has no such column; run the migrations, or add it first"}
	otherKind = driver.Fault{Code: dberr.SchemaMismatch,
		Detail: "the object is of another kind than the statement is for, a view instead of a table; look what stands under this name"}
	generated = driver.Fault{Code: dberr.Invalid, Detail: "a generated column takes no value; leave it out"}
)

// ofWords completes f by the words of SQLite's message.
func ofWords(text string, f driver.Fault) driver.Fault {
	text = strings.TrimPrefix(text, "SQL logic error: ")
	for _, known := range forms {
		before, after, ok := strings.Cut(text, known.words)
		if !ok {
			continue
		}
		f.Code, f.Detail, f.TxLost = known.fault.Code, known.fault.Detail, known.fault.TxLost
		switch known.words {
		case " already exists", " has more than one primary key":
			_, name, _ := strings.Cut(before, " ") // table NAME already exists
			return f.WithName(strings.Trim(name, `"`))
		case "near \"":
			word, _, _ := strings.Cut(after, `"`)
			return f.Near(word, 0)
		case "no such column: ":
			if name, _, _ := strings.Cut(after, " ("); strings.Contains(name, ".") {
				f.Detail = unreadColumn
			}
		case "misuse of aggregate", "do not have the same number of result columns", "sub-select returns ", " values for ",
			"incomplete input", "unrecognized token":
			return f
		case "foreign key mismatch - ", "prohibited in ", outOfRange, severalRows, "":
			return f
		}
		name := strings.TrimLeft(after, `"[`)
		if i := strings.IndexAny(name, `"] :`); i >= 0 {
			name = name[:i]
		}
		return f.WithName(name)
	}
	return f
}
