package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

type classifier struct{}

// numbers are the server's error numbers, MySQL's and MariaDB's.
var numbers = map[uint16]driver.Fault{
	1062: {Code: dberr.AlreadyExists},
	1586: {Code: dberr.AlreadyExists},
	1022: {Code: dberr.AlreadyExists},
	1007: {Code: dberr.AlreadyExists, Detail: "a database of this name exists already"},
	1050: {Code: dberr.AlreadyExists, Detail: "a table of this name exists already"},
	1060: {Code: dberr.AlreadyExists, Detail: "a column of this name exists already"},
	1061: {Code: dberr.AlreadyExists, Detail: "an index of this name exists already"},
	1826: {Code: dberr.AlreadyExists, Detail: "a foreign key of this name exists already"},
	3822: {Code: dberr.AlreadyExists, Detail: "a check constraint of this name exists already"},

	1216: {Code: dberr.ForeignKey},
	1217: {Code: dberr.ForeignKey},
	1451: {Code: dberr.ForeignKey},
	1452: {Code: dberr.ForeignKey},
	1761: {Code: dberr.ForeignKey},
	1762: {Code: dberr.ForeignKey},

	1048: {Code: dberr.NotNull},
	1263: {Code: dberr.NotNull},
	1364: {Code: dberr.NotNull},

	3819: {Code: dberr.Check},
	4025: {Code: dberr.Check},
	1369: {Code: dberr.Check},
	1644: {Code: dberr.Check, Detail: "a trigger or procedure refused the change"},

	1205: {Code: dberr.Busy, TxLost: true, Detail: "another transaction held a lock for longer than the server's innodb_lock_wait_timeout"},
	3572: {Code: dberr.Busy, Detail: "another transaction holds the lock"},
	1213: {Code: dberr.Conflict, TxLost: true, Detail: "a deadlock with another transaction; run the transaction again"},
	1020: {Code: dberr.Conflict, TxLost: true},
	1614: {Code: dberr.Conflict, TxLost: true},
	3058: {Code: dberr.Conflict, Detail: "a deadlock of named locks"},
	3101: {Code: dberr.Conflict, TxLost: true, Detail: "the group of servers refused the transaction because of another one; run it again"},
	1615: {Code: dberr.Conflict, Unsent: true, Detail: "the table changed since the statement was prepared; run it again"},
	1412: {Code: dberr.Conflict, TxLost: true, Detail: "the table's definition changed while the transaction ran; run it again"},

	1290: {Code: dberr.ReadOnly, Detail: "the server is in a mode that does not allow this: usually read_only, on a replica"},
	1792: {Code: dberr.ReadOnly},
	1836: {Code: dberr.ReadOnly},

	1053: {Code: dberr.Unavailable, Broken: true, Detail: "the server is shutting down"},
	1047: {Code: dberr.Unavailable, Broken: true, Unsent: true, Detail: "the server is not ready for statements: a cluster node that is not in sync"},
	1080: {Code: dberr.Unavailable, Broken: true},
	1152: {Code: dberr.Unavailable, Broken: true},
	1158: {Code: dberr.Unavailable, Broken: true},
	1159: {Code: dberr.Unavailable, Broken: true},
	1160: {Code: dberr.Unavailable, Broken: true},
	1161: {Code: dberr.Unavailable, Broken: true},
	1184: {Code: dberr.Unavailable, Broken: true},
	1927: {Code: dberr.Unavailable, Broken: true, Detail: "the connection was killed"},
	2006: {Code: dberr.Unavailable, Broken: true},
	2013: {Code: dberr.Unavailable, Broken: true},
	4031: {Code: dberr.Unavailable, Broken: true, Unsent: true, Detail: "the server ended the idle connection"},
	3169: {Code: dberr.Unavailable, Broken: true, Detail: "the session was killed"},
	1243: {Code: dberr.Unavailable, Unsent: true, Detail: "the server does not know a prepared statement any more"},

	1317: {Code: dberr.Timeout, TxLost: true, Detail: "the statement was stopped on the server"},
	1969: {Code: dberr.Timeout, TxLost: true, Detail: "the statement took longer than the server's max_statement_time"},
	3024: {Code: dberr.Timeout, TxLost: true, Detail: "the statement took longer than the server's max_execution_time"},

	1040: {Code: dberr.Busy, Unsent: true, Broken: true, Detail: "the server has no connection left; raise its max_connections or make the pools smaller"},
	1203: {Code: dberr.Busy, Unsent: true, Broken: true, Detail: "the user has too many connections; raise max_user_connections or make the pools smaller"},
	1226: {Code: dberr.Busy, Unsent: true, Detail: "the user has reached a limit of its account"},
	1461: {Code: dberr.Busy, Unsent: true, Detail: "the server has too many prepared statements; raise max_prepared_stmt_count"},

	1153: {Code: dberr.TooLarge, Broken: true, Detail: "the statement with its values is over the server's max_allowed_packet"},
	1406: {Code: dberr.TooLarge},
	1264: {Code: dberr.TooLarge, Detail: "a number is out of the range of its column"},
	1690: {Code: dberr.TooLarge, Detail: "a number is out of range"},
	1118: {Code: dberr.TooLarge, Detail: "the row is larger than a page of the table can hold"},
	1071: {Code: dberr.TooLarge, Detail: "the key is longer than an index can hold"},
	1059: {Code: dberr.TooLarge, Detail: "a name is longer than 64 characters"},

	1265: {Code: dberr.Invalid, Detail: "a value has not the form that its column asks for"},
	1292: {Code: dberr.Invalid, Detail: "a value has not the form that its column asks for"},
	1366: {Code: dberr.Invalid, Detail: "a value has not the form that its column asks for"},
	1411: {Code: dberr.Invalid, Detail: "a value has not the form that a function asks for"},
	3140: {Code: dberr.Invalid, Detail: "a value is not JSON"},
	3141: {Code: dberr.Invalid, Detail: "a value is not JSON"},
	4037: {Code: dberr.Invalid, Detail: "a value is not JSON"},
	4038: {Code: dberr.Invalid, Detail: "a value is not JSON"},
	1064: {Code: dberr.Invalid, Detail: "the server does not accept the statement"},
	1149: {Code: dberr.Invalid, Detail: "the server does not accept the statement"},
	1210: {Code: dberr.Invalid, Detail: "the statement has another number of placeholders than values"},
	1052: {Code: dberr.Invalid, Detail: "a column name is ambiguous"},
	1136: {Code: dberr.Invalid, Detail: "the statement has another number of values than columns"},
	1142: {Code: dberr.Invalid, Detail: "the database user lacks the privilege for this; grant it"},
	1143: {Code: dberr.Invalid, Detail: "the database user lacks the privilege for this; grant it"},
	1227: {Code: dberr.Invalid, Detail: "the database user lacks the privilege for this; grant it"},
	1370: {Code: dberr.Invalid, Detail: "the database user lacks the privilege for this; grant it"},

	1146: {Code: dberr.SchemaMismatch},
	1054: {Code: dberr.SchemaMismatch},
	1051: {Code: dberr.SchemaMismatch},
	1091: {Code: dberr.SchemaMismatch},
	1109: {Code: dberr.SchemaMismatch},
	1176: {Code: dberr.SchemaMismatch},

	1049: {Code: dberr.NotFound, Detail: "the database does not exist; create it, or correct the URL"},
	1044: {Code: dberr.Invalid, Detail: "the user may not use this database"},
	1045: {Code: dberr.Invalid, Detail: "the server does not let this user in; check user and password"},
	1129: {Code: dberr.Invalid, Detail: "the server blocks this host after many failed connections; run mysqladmin flush-hosts"},
	1130: {Code: dberr.Invalid, Detail: "the server does not let this host in"},
	1698: {Code: dberr.Invalid, Detail: "the server does not let this user in with a password"},
	1820: {Code: dberr.Invalid, Detail: "the user's password has expired"},
	1862: {Code: dberr.Invalid, Detail: "the user's password has expired"},

	1235: {Code: dberr.Unsupported},
	1305: {Code: dberr.Internal, TxLost: true},
	1021: {Code: dberr.Internal, Detail: "the server's disk is full"},
	1114: {Code: dberr.Internal, Detail: "the table is full: the server's disk, or a limit of it"},
}

// Classify says which failure err is, by the server's number.
func (classifier) Classify(err error) driver.Fault {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		f, ok := numbers[my.Number]
		if !ok {
			f.Code = dberr.Internal
		}
		f.Native = strconv.Itoa(int(my.Number))
		f.Constraint = constraintOf(my.Number, my.Message)
		return f
	}
	switch {
	case errors.Is(err, context.Canceled):
		return driver.Fault{Code: dberr.Canceled, TxLost: true}
	case errors.Is(err, context.DeadlineExceeded):
		return driver.Fault{Code: dberr.Timeout, TxLost: true}
	case errors.Is(err, sqldriver.ErrBadConn):
		return driver.Fault{Code: dberr.Unavailable, Unsent: true, Broken: true}
	case errors.Is(err, mysql.ErrPktTooLarge):
		return driver.Fault{Code: dberr.TooLarge, Unsent: true, Detail: "the statement with its values is over the server's max_allowed_packet"}
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
		return driver.Fault{Code: dberr.Invalid, Detail: "the connection or transaction is over"}
	case errors.Is(err, mysql.ErrNoTLS):
		return driver.Fault{Code: dberr.Unsupported, Detail: "the server has no TLS, which the URL asks for"}
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrPktSyncMul), lostConnection(err):
		return driver.Fault{Code: dberr.Unavailable, Broken: true}
	}
	return driver.Fault{Code: dberr.Internal}
}

// lostConnection recognises failures of the network below the protocol.
func lostConnection(err error) bool {
	var ne net.Error
	return errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.As(err, &ne)
}

// constraintOf takes the identifier from the message of a number whose form is
// fixed. The value that some of them quote stands before it.
func constraintOf(number uint16, msg string) string {
	switch number {
	case 1062, 1586, 1022: // Duplicate entry 'VALUE' for key 'table.key'
		name := quoted(msg, strings.LastIndex(msg, "for key '"), "for key '", "'")
		if _, key, ok := strings.Cut(name, "."); ok {
			return key
		}
		return name
	case 1451, 1452: // ... fails (`db`.`t`, CONSTRAINT `name` FOREIGN KEY ...
		return quoted(msg, strings.Index(msg, "CONSTRAINT `"), "CONSTRAINT `", "`")
	case 4025: // CONSTRAINT `name` failed for `db`.`t`
		return quoted(msg, strings.Index(msg, "CONSTRAINT `"), "CONSTRAINT `", "`")
	case 3819: // Check constraint 'name' is violated.
		return quoted(msg, strings.Index(msg, "constraint '"), "constraint '", "'")
	case 1048, 1263, 1406, 1264: // Column 'name' cannot be null; Data too long for column 'name' at row 1
		return quoted(msg, max(strings.Index(msg, "olumn '"), -1), "olumn '", "'")
	case 1364: // Field 'name' doesn't have a default value
		return quoted(msg, strings.Index(msg, "Field '"), "Field '", "'")
	}
	return ""
}

// quoted returns what stands between open, at i, and end.
func quoted(msg string, i int, open, end string) string {
	if i < 0 {
		return ""
	}
	name, _, ok := strings.Cut(msg[i+len(open):], end)
	if !ok {
		return ""
	}
	return name
}

// connectError says in a sentence why no connection came about.
func (c *connector) connectError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var known *dberr.Error
	if errors.As(err, &known) {
		return known
	}
	f := classifier{}.Classify(err)
	e := &dberr.Error{Op: "connect", Code: f.Code, Engine: c.engine, Native: f.Native, Msg: f.Detail, Unsent: true, Err: err}
	user, database, where := c.target.User, c.target.Database, c.where()
	var (
		unknownCA x509.UnknownAuthorityError
		wrongName x509.HostnameError
		badCert   x509.CertificateInvalidError
		badAny    *tls.CertificateVerificationError
	)
	switch {
	case f.Native == "1049":
		e.Msg = "the database " + database + " does not exist on " + where + "; create it, or correct the URL"
	case f.Native == "1045" || f.Native == "1698":
		e.Msg = "the server at " + where + " does not let the user " + user + " in; check user and password"
	case f.Native == "1044":
		e.Msg = "the server at " + where + " does not let the user " + user + " use the database " + database + "; grant it, or correct the URL"
	case f.Native == "1040":
		e.Msg = "the server at " + where + " has no connection left; raise its max_connections or make the pools smaller"
	case errors.As(err, &unknownCA), errors.As(err, &wrongName), errors.As(err, &badCert), errors.As(err, &badAny):
		e.Code, e.Msg = dberr.Invalid, "the certificate of the server at "+where+" is not accepted: it is expired, of an unknown authority, or names another host; check ssl_ca and ssl_mode"
	case f.Code == dberr.Unavailable, f.Code == dberr.Timeout, f.Code == dberr.Internal && f.Native == "":
		e.Code, e.Msg = dberr.Unavailable, "no MySQL or MariaDB server could be reached at "+where+"; check that it runs, the address, and the network"
	case e.Msg == "":
		e.Msg = "the server at " + where + " refused the connection"
	}
	return e
}
