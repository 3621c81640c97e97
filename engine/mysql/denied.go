package mysql

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// deniedError is the refusal of a statement for want of a privilege, with what
// the server does not say: in which database, and what for.
type deniedError struct {
	cause     *mysql.MySQLError
	user      string
	database  string
	statement string
}

func (e *deniedError) Error() string { return e.cause.Error() }
func (e *deniedError) Unwrap() error { return e.cause }

// denied completes an error about privileges with what the connection knows.
func (c *conn) denied(err error, statement string) error {
	var my *mysql.MySQLError
	if err == nil || !errors.As(err, &my) {
		return err
	}
	switch my.Number {
	case 1044, 1142, 1143, 1370:
		return &deniedError{cause: my, user: c.c.target.User, database: c.c.target.Database, statement: statement}
	}
	return err
}

// fault says which privilege is missing on what, and how to give it.
//
//	CREATE command denied to user 'app'@'10.0.0.1' for table 'chat'
//	CREATE command denied to user 'app'@'10.0.0.1' for table `webui`.`chat`
//	SELECT command denied to user 'app'@'10.0.0.1' for column 'id' in table 'chat'
//	execute command denied to user 'app'@'%' for routine 'webui.p'
//	Access denied for user 'app'@'%' to database 'webui'
func (e *deniedError) fault() driver.Fault {
	f := driver.Fault{Code: dberr.Invalid, Denied: true, Native: strconv.Itoa(int(e.cause.Number))}
	names := quotedNames(e.cause.Message)
	privilege, database, on := leadingCapitals(e.cause.Message), e.database, ""
	switch {
	case len(names) < 3: // the user and his host come first
	case e.cause.Number == 1044:
		privilege, database = e.onDatabase(), names[2]
		on = "the database " + database
	case e.cause.Number == 1142 && len(names) > 3:
		database, on = names[2], "the table "+names[3]
	case e.cause.Number == 1142:
		on = "the table " + names[2]
	case e.cause.Number == 1143 && len(names) > 3:
		on = "the column " + names[3] + "." + names[2]
	case e.cause.Number == 1370:
		privilege, on = "EXECUTE", "the routine "+names[2]
		database, _, _ = strings.Cut(names[2], ".")
	}
	if on == "" || privilege == "" {
		f.Detail = "the user " + e.user + " lacks the privilege for this on the database " + database + "; grant it"
		return f
	}
	f.Detail = "the user " + e.user + " lacks the privilege " + privilege + " on " + on + "; let an administrator GRANT " +
		privilege + " ON " +
		string(driver.AppendQuoted(nil, database, '`')) + ".* TO that account, which SELECT CURRENT_USER() names"
	return f
}

// onDatabase is what the statement needs of a database as a whole.
func (e *deniedError) onDatabase() string {
	words := append(strings.Fields(strings.ToUpper(e.statement)), "", "")
	switch {
	case words[0] == "LOCK":
		return "LOCK TABLES"
	case words[0] != "CREATE" && words[0] != "DROP":
		return ""
	case words[1] == "TEMPORARY":
		return "CREATE TEMPORARY TABLES"
	case words[1] == "DATABASE", words[1] == "SCHEMA":
		return words[0]
	case words[1] == "EVENT":
		return "EVENT"
	case words[0] == "CREATE":
		return "CREATE ROUTINE"
	}
	return "ALTER ROUTINE"
}

// leadingCapitals are the words in capitals that the message begins with: the
// privilege, in whatever language the rest is.
func leadingCapitals(message string) string {
	words := strings.Fields(message)
	n := slices.IndexFunc(words, func(w string) bool { return strings.Trim(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_,") != "" })
	return strings.Join(words[:max(n, 0)], " ")
}

// quotedNames lists what stands between quotation marks.
func quotedNames(message string) []string {
	var out []string
	for {
		i := strings.IndexAny(message, "'`")
		if i < 0 {
			return out
		}
		name, rest, ok := strings.Cut(message[i+1:], message[i:i+1])
		if !ok {
			return out
		}
		out, message = append(out, name), rest
	}
}
