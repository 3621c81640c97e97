package mysql

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/netfault"
)

type classifier struct{}

// Classify says which failure err is, by the server's number.
func (classifier) Classify(err error) driver.Fault {
	var (
		my   *mysql.MySQLError
		gone *demoted
	)
	if errors.As(err, &gone) {
		return driver.Fault{Code: dberr.Unavailable, Unsent: !gone.again, Broken: true, Detail: gone.why}
	}
	if refused := (*deniedError)(nil); errors.As(err, &refused) {
		return refused.fault()
	}
	if errors.As(err, &my) {
		f, ok := numbers[my.Number]
		switch in, has := insideOf(my.Number, my.Message); {
		case has:
			f = in
		case !ok:
			f.Code = dberr.Internal
		case my.Number == 1305 && strings.HasPrefix(my.Message, "SAVEPOINT "):
			f = driver.Fault{Code: dberr.Internal, TxLost: true}
		}
		f = ofMessage(f, my)
		f = f.WithName(objectOf(my.Number, my.Message))
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
		return driver.Fault{Code: dberr.TooLarge, Unsent: true,
			Detail: "the statement with its values is over the server's max_allowed_packet"}
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
		return driver.Fault{Code: dberr.Invalid, Detail: "the connection or transaction is over"}
	case errors.Is(err, mysql.ErrNoTLS):
		return driver.Fault{Code: dberr.Unsupported, Detail: "the server has no TLS, which the URL asks for"}
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrPktSyncMul),
		errors.Is(err, mysql.ErrInvalidConn), netfault.Lost(err):
		return driver.Fault{Code: dberr.Unavailable, Broken: true}
	}
	return driver.Fault{Code: dberr.Internal}
}

// ofMessage completes f by what only the message of a number says.
func ofMessage(f driver.Fault, my *mysql.MySQLError) driver.Fault {
	switch my.Number {
	case 3100:
		f.Unsent = strings.Contains(my.Message, "'before_") // the hook that refused: nothing was committed
	case 1105, 1317, 1815:
		if of, ok := gateFault(my); ok {
			return of
		}
	case 1064, 1149:
		// near 'FROM a' at line 1
		word, _, _ := strings.Cut(quoted(my.Message, strings.LastIndex(my.Message, " near '"), " near '", "' at line "), " ")
		return f.Near(word, 0)
	case 1210:
		if strings.Contains(my.Message, "stmt_execute") {
			f.Detail = "the statement has another number of placeholders than values; correct it"
		}
		_, name, _ := strings.Cut(my.Message, " arguments to ")
		return f.WithName(name)
	case 1054:
		if strings.Contains(objectOf(my.Number, my.Message), ".") {
			f.Detail = "the statement knows no such column; add its table to FROM or join it, correct the name, " +
				"or run the migrations if the database lacks it"
		}
	}
	return f
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
	case 1451, 1452, 1701, 4025: // ... fails (`db`.`t`, CONSTRAINT `name` FOREIGN KEY ...; CONSTRAINT `name` failed for `db`.`t`
		return quoted(msg, strings.Index(msg, "CONSTRAINT `"), "CONSTRAINT `", "`")
	case 1822, 1828, 1829, 1830, 1832, 1833, 3730, 3734, 3780, 3819, 3820, 3821, 3940, 3959, 6125: // Check constraint 'name' is violated.
		return quoted(msg, strings.Index(msg, "onstraint '"), "onstraint '", "'")
	case 1826, 3822: // Duplicate check constraint name 'name'.
		return quoted(msg, strings.Index(msg, "name '"), "name '", "'")
	case 1061, 1553: // Duplicate key name 'name'; Cannot drop index 'name': needed in a foreign key constraint
		return quoted(msg, strings.Index(msg, " '"), " '", "'")
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
	user, database, where := c.target.User, c.target.Database, c.where()
	stranger := "the server at " + where + " does not let the user " + user + " in; check user and password"
	fits := ""
	if gone := (*demoted)(nil); errors.As(err, &gone) {
		fits = "that takes writes"
	}
	return netfault.Attempt{Engine: c.engine, Server: "MySQL or MariaDB", Where: where, Fits: fits, CheckTLS: "ssl_ca and ssl_mode", Classifier: classifier{},
		Known: c.admission.Admitted(), Words: map[string]string{
			"1049": "the database " + database + " does not exist on " + where + "; create it, or correct the URL",
			"1045": stranger,
			"1698": stranger,
			"1044": "the server at " + where + " does not let the user " + user + " use the database " + database +
				"; grant it, or correct the URL",
			"1040": "the server at " + where + " has no connection left; raise its max_connections or make the pools smaller",
		}}.Error(ctx, err)
}
