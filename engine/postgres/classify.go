package postgres

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/netfault"
)

type classifier struct{}

// states are the SQLSTATEs that mean something of their own; classes, by their
// first two characters, are for the rest.
var states = map[string]driver.Fault{
	"23505": {Code: dberr.AlreadyExists},
	"23P01": {Code: dberr.AlreadyExists, Detail: "the row is in conflict with another one under an exclusion constraint"},
	"23503": {Code: dberr.ForeignKey},
	"23001": {Code: dberr.ForeignKey},
	"23502": {Code: dberr.NotNull},
	"23514": {Code: dberr.Check},

	"40001": {Code: dberr.Conflict, TxLost: true},
	"40P01": {Code: dberr.Conflict, TxLost: true, Detail: "a deadlock with another transaction; run the transaction again"},
	"25P02": {Code: dberr.Internal, TxLost: true, Detail: "an earlier statement of this transaction has failed"},
	"55P03": {Code: dberr.Busy, Detail: "another transaction holds the lock; try again, or end that transaction"},
	"55006": {Code: dberr.Busy, Detail: "the object is in use, by a session, open rows or checks that wait for a commit; try again when they have ended"},
	"57014": {Code: dberr.Timeout, TxLost: true, Detail: "the server canceled the statement: a timeout of the server, or an administrator; raise statement_timeout, or do less at a time"},
	"57P01": {Code: dberr.Unavailable, Broken: true, Detail: "the server ended the connection"},
	"57P02": {Code: dberr.Unavailable, Broken: true, Detail: "the server ended the connection because another one crashed"},
	"57P03": {Code: dberr.Unavailable, Broken: true, Unsent: true, Detail: "the server is starting, stopping or recovering"},
	"57P04": {Code: dberr.Unavailable, Broken: true, Detail: "the database was dropped"},
	"57P05": {Code: dberr.Unavailable, Broken: true, Detail: "the server ended the idle connection"},
	"25P03": {Code: dberr.Unavailable, Broken: true, Detail: "the server ended a transaction that was idle for too long"},
	"25P04": {Code: dberr.Timeout, Broken: true, Detail: "the server ended a transaction that took too long"},
	"25006": {Code: dberr.ReadOnly},
	"53300": {Code: dberr.Busy, Unsent: true, Broken: true, Detail: "the server has no connection left; raise its max_connections or make the pools smaller"},
	"53100": {Code: dberr.Full, Detail: "the server's disk is full; free space on it, then try again"},
	"53200": {Code: dberr.Internal, Detail: "the server ran out of memory, or of room for locks; raise max_locks_per_transaction, or change fewer objects in one transaction"},
	"53400": {Code: dberr.Internal, Detail: "the statement needs more than the server is set to give, of temporary files for example; raise temp_file_limit or work_mem"},

	"42P01": {Code: dberr.SchemaMismatch, Detail: "the database has no such table, view or sequence; run the migrations, or create it first"},
	"42703": {Code: dberr.SchemaMismatch, Detail: "the database has no such column; run the migrations, or add it first"},
	"42704": {Code: dberr.SchemaMismatch, Detail: "there is no such constraint, index, type, collation or operator class; correct the name, or create it first"},
	"42809": {Code: dberr.SchemaMismatch, Detail: "the object is of another kind than the statement is for, a view instead of a table; look what stands under this name"},
	"3F000": {Code: dberr.SchemaMismatch, Detail: "the schema does not exist; create it, or run the migrations"},
	"42P07": {Code: dberr.AlreadyExists, Detail: "a table, index, view or sequence of this name exists already; choose another name, or drop the one that is there"},
	"42701": {Code: dberr.AlreadyExists, Detail: "a column of this name exists already; choose another name, or leave out the change if it has been made"},
	"42710": {Code: dberr.AlreadyExists, Detail: "a constraint, type or other object of this name exists already; choose another name, or drop the one that is there"},
	"42723": {Code: dberr.AlreadyExists, Detail: "a function of this name and these arguments exists already; choose another name, or drop the one that is there"},
	"42P04": {Code: dberr.AlreadyExists, Detail: "a database of this name exists already; choose another name"},
	"42P06": {Code: dberr.AlreadyExists, Detail: "a schema of this name exists already; choose another name"},

	"2BP01": {Code: dberr.ForeignKey, Detail: "a foreign key, view, column or other object depends on what is to be dropped; drop or change that first"},
	"42804": {Code: dberr.Invalid, Detail: "the types do not go together: of a column and its default, of a foreign key and its target, or of the old and the new type of a column; make them equal, or say how to convert"},
	"42830": {Code: dberr.Invalid, Detail: "the foreign key refers to columns that are not unique; give them a primary key or a unique constraint first"},
	"42883": {Code: dberr.Invalid, Detail: "there is no such function or operator for these types; correct its name, or convert the values"},
	"42P10": {Code: dberr.Invalid, Detail: "no unique constraint or index is on the columns that are to decide on a conflict; add one, or name the columns of one that is there"},
	"42702": {Code: dberr.Invalid, Detail: "several tables of the statement have a column of this name; write the table before it"},
	"42803": {Code: dberr.Invalid, Detail: "a column is selected that is neither grouped nor in an aggregate function; add it to GROUP BY"},
	"42P16": {Code: dberr.Invalid, Detail: "the definition of the table contradicts itself, with two primary keys for example; correct it"},
	"42P17": {Code: dberr.Invalid, Detail: "the definition uses what may change on its own, such as the time zone; take an immutable expression"},
	"428C9": {Code: dberr.Invalid, Detail: "a generated column takes no value; leave it out"},
	"42601": {Code: dberr.Invalid, Detail: "the server does not accept the statement; correct its syntax"},
	"55P04": {Code: dberr.Invalid, Detail: "a value that was added to an enum can be used once that is committed; add it in a transaction of its own"},
	"25001": {Code: dberr.Invalid, Detail: "the statement cannot run inside a transaction; run it outside of one"},
	"3B001": {Code: dberr.Internal, TxLost: true, Detail: "the savepoint does not exist; a statement in between has ended it"},
	"54011": {Code: dberr.TooLarge, Detail: "a table or index has more columns than the server allows; split it"},
	"54000": {Code: dberr.TooLarge, Detail: "a row, a key or the statement is over a limit of the server; shorten it, or index a hash of a long value"},
	"42501": {Code: dberr.Invalid, Denied: true, Detail: "the database user lacks the privilege for this; grant it"},
	"3D000": {Code: dberr.NotFound, Detail: "the database does not exist; create it, or correct the URL"},
	"28000": {Code: dberr.Invalid, Detail: "the server does not let this user in"},
	"28P01": {Code: dberr.Invalid, Detail: "the server does not let this user in; check user and password"},

	"22001": {Code: dberr.TooLarge, Detail: "a text is longer than its column; shorten it, or widen the column"},
	"22003": {Code: dberr.TooLarge, Detail: "a number is out of the range of its column; widen the column"},
	"22021": {Code: dberr.Invalid, Detail: "a text holds bytes that are not UTF-8, or NUL"},
	"22P05": {Code: dberr.Invalid, Detail: "a text holds a character that the database cannot store"},
	"P0001": {Code: dberr.Check, Detail: "a trigger or function refused the change"},

	// A pooler gave the connection's statements to somebody else.
	"26000": {Code: dberr.Unavailable, Unsent: true, Detail: "a prepared statement is gone: behind a connection pooler add prepared_statements=off to the URL"},
	"42P05": {Code: dberr.Unavailable, Unsent: true, Detail: "a prepared statement is there already: behind a connection pooler add prepared_statements=off to the URL"},
}

// routines are what a SQLSTATE means that stands for several things, by the
// function of the server that reports it, which no language changes.
var routines = map[string]driver.Fault{
	"21000 ExecOnConflictUpdate":      twice,
	"21000 ExecOnConflictLockRow":     twice,
	"21000 ExecSetParamPlan":          severalRows,
	"21000 ExecScanSubPlan":           severalRows,
	"42P01 errorMissingRTE":           {Code: dberr.Invalid, Detail: "the statement names a table that it does not read; add it to FROM or join it, or name its alias"},
	"42P10 transformDistinctClause":   ordersDistinct,
	"42P10 transformDistinctOnClause": ordersDistinct,
	"42601 transformSetOperationTree": {Code: dberr.Invalid, Detail: "the queries of a UNION, EXCEPT or INTERSECT have different numbers of columns; select the same number in each"},
	"42601 transformSubLink":          {Code: dberr.Invalid, Detail: "a subquery has another number of columns than its place takes; select as many as are compared"},
	"42601 transformInsertRow":        {Code: dberr.Invalid, Detail: "the statement has another number of values than columns; correct one of them"},
	"42803 check_agg_arguments":       {Code: dberr.Invalid, Detail: "an aggregate function is inside another; calculate the inner one in a subquery"},
}

var (
	twice = driver.Fault{Code: dberr.Invalid,
		Detail: "two rows of the statement have one key, and an upsert does not change a row twice; send each key once"}
	severalRows = driver.Fault{Code: dberr.Invalid,
		Detail: "a subquery that stands for one value returns several rows; limit it to one, or compare with IN"}
	ordersDistinct = driver.Fault{Code: dberr.Invalid,
		Detail: "the statement is DISTINCT and is ordered by what it does not select; select that too, or leave it out of ORDER BY"}
)

var classes = map[string]driver.Fault{
	"08": {Code: dberr.Unavailable, Broken: true},
	"0A": {Code: dberr.Unsupported, Detail: "the server cannot do this, at all or to this object; take another way, such as dropping a view, and making it again afterwards"},
	"21": {Code: dberr.Invalid, Detail: "the statement returns another number of rows or columns than its place allows"},
	"22": {Code: dberr.Invalid, Detail: "a value does not have the format its column or function requires; correct it"},
	"23": {Code: dberr.Check},
	"2B": {Code: dberr.ForeignKey, Detail: "other objects depend on this one; drop or change them first"},
	"25": {Code: dberr.Internal, Detail: "the statement does not fit the state of the transaction"},
	"40": {Code: dberr.Conflict, TxLost: true},
	"42": {Code: dberr.Invalid, Detail: "the server does not accept the statement; correct it"},
	"44": {Code: dberr.Check},
	"53": {Code: dberr.Internal, Detail: "the server ran out of a resource"},
	"54": {Code: dberr.TooLarge, Detail: "the statement or row is over a limit of the server; make it smaller"},
	"55": {Code: dberr.Invalid, Detail: "the object is not in the state that the statement needs; look at it, then try again"},
	"57": {Code: dberr.Unavailable, Broken: true},
	"58": {Code: dberr.Internal, Detail: "the server's system reported an error; look into the server's log"},
	"XX": {Code: dberr.Internal, Detail: "the server met a fault of its own; look into the server's log"},
}

// Classify says which failure err is, by SQLSTATE.
func (classifier) Classify(err error) driver.Fault {
	var stale *staleError
	if errors.As(err, &stale) {
		return stalePlan(stale.cause)
	}
	var denied *deniedError
	if errors.As(err, &denied) {
		return denied.fault()
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return fromServer(pg)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return driver.Fault{Code: dberr.Canceled, TxLost: true, Unsent: unsent(err)}
	case errors.Is(err, context.DeadlineExceeded):
		return driver.Fault{Code: dberr.Timeout, TxLost: true, Unsent: unsent(err)}
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return driver.Fault{Code: dberr.Internal, TxLost: true,
			Detail: "the transaction was rolled back, because one of its statements had failed"}
	case errors.Is(err, sqldriver.ErrBadConn), unsent(err):
		return driver.Fault{Code: dberr.Unavailable, Unsent: true, Broken: true}
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
		return driver.Fault{Code: dberr.Invalid, Detail: "the connection or transaction is over"}
	case lostConnection(err):
		return driver.Fault{Code: dberr.Unavailable, Broken: true}
	}
	return driver.Fault{Code: dberr.Internal}
}

// stalePlan is the failure of a statement whose table was changed since it was
// prepared: nothing ran, and the next time it is prepared anew.
func stalePlan(pg *pgconn.PgError) driver.Fault {
	return driver.Fault{Code: dberr.Conflict, Native: pg.Code, Unsent: true, TxLost: true,
		Detail: "the table changed since the statement was prepared; run it again"}
}

func fromServer(pg *pgconn.PgError) driver.Fault {
	f, ok := states[pg.Code]
	if !ok && len(pg.Code) == 5 {
		f, ok = classes[pg.Code[:2]]
	}
	if !ok {
		f.Code = dberr.Internal
	}
	if known, ok := routines[pg.Code+" "+pg.Routine]; ok {
		f = known
	}
	f.Native, f.Constraint = pg.Code, pg.ConstraintName
	if pg.Code == "42701" && slices.Contains(systemColumns, firstQuoted(pg.Message)) {
		f.Detail = "every table of PostgreSQL has a system column of this name; choose another name"
	}
	switch pg.Code {
	case "42601":
		if pg.Routine == "scanner_yyerror" {
			f = f.Near(firstQuoted(pg.Message), int(pg.Position))
		}
	case "42P01", "42703", "42704", "42P07", "42701", "42710", "3F000", "42702", "42803":
		f = f.WithName(firstQuoted(pg.Message))
	case "23502":
		if f.Constraint == "" {
			f.Constraint = pg.TableName + "." + pg.ColumnName
		}
	case "0A000":
		if pg.Routine == "RevalidateCachedQuery" {
			f = stalePlan(pg)
		}
	}
	if pg.Severity == "FATAL" || pg.Severity == "PANIC" || pg.SeverityUnlocalized == "FATAL" ||
		pg.SeverityUnlocalized == "PANIC" {
		f.Broken = true
	}
	return f
}

// firstQuoted returns what a message about an identifier quotes first; nothing
// where the server speaks a language with other quotation marks.
func firstQuoted(msg string) string {
	_, rest, ok := strings.Cut(msg, `"`)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

// lostConnection recognises failures of the network below the protocol.
func lostConnection(err error) bool {
	return errors.Is(err, pgconn.ErrConnClosed) || netfault.Lost(err)
}

// refusedTLS is pgx's text for a server that answered the request for TLS by
// no. It has no value of its own to be recognised by (pgx 5.12).
const refusedTLS = "server refused TLS connection"

// insistsOnTLS reports whether no host may be reached without TLS.
func (c *connector) insistsOnTLS() bool {
	return c.config.TLSConfig != nil &&
		!slices.ContainsFunc(c.config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil })
}

// connectError says in a sentence why no connection came about.
func (c *connector) connectError(ctx context.Context, err error) error {
	stranger := "the server at " + c.where + " does not let the user " + c.config.User + " into the database " +
		c.config.Database +
		"; check user and password, and the server's pg_hba.conf"
	a := netfault.Attempt{Engine: "postgresql", Server: "PostgreSQL", Where: c.where, CheckTLS: "sslrootcert and sslmode", Classifier: classifier{},
		Known: c.admission.Admitted(), Words: map[string]string{
			"3D000": "the database " + c.config.Database + " does not exist on " + c.where + "; create it, or correct the URL",
			"28P01": stranger,
			"28000": stranger,
			"53300": "the server at " + c.where + " has no connection left; raise its max_connections or make the pools smaller",
			"57P03": "the server at " + c.where + " is starting, stopping or recovering; try again in a moment",
		}}
	if c.config.ValidateConnect != nil {
		a.Fits = "that fits target_session_attrs"
	}
	if err != nil && strings.Contains(err.Error(), refusedTLS) && c.insistsOnTLS() {
		a.NoTLS = "the server at " + c.where +
			" has no TLS, which the URL asks for; switch it on there, or use sslmode=prefer or sslmode=disable"
	}
	if len(c.config.RuntimeParams) > 2 { // beside application_name and timezone
		names := slices.Sorted(maps.Keys(c.config.RuntimeParams))
		a.Words["08P01"] = "what listens at " + c.where + " refuses a setting of the connection; a pooler has to let " +
			strings.Join(names, ", ") + " pass (ignore_startup_parameters, track_extra_parameters)"
	}
	return a.Error(ctx, err)
}
