package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// deniedError is the refusal of a statement for want of a privilege, with what
// the server does not say: who asked, and what for.
type deniedError struct {
	cause     *pgconn.PgError
	role      string
	path      string // the search path that Larder sets, empty for the role's own
	statement string
}

func (e *deniedError) Error() string { return e.cause.Error() }
func (e *deniedError) Unwrap() error { return e.cause }

// denied completes an error about privileges with what the connection knows.
func (c *conn) denied(err error, statement string) error {
	var pg *pgconn.PgError
	if err == nil || !errors.As(err, &pg) || pg.Code != "42501" && pg.Code != "3F000" {
		return err
	}
	role := c.c.config.User
	if set := c.c.config.RuntimeParams["role"]; set != "" {
		role = set
	}
	return &deniedError{cause: pg, role: role, path: c.c.config.RuntimeParams["search_path"], statement: statement}
}

// fault says which privilege is missing on what, and how to give it. The server
// names the object in its own language only; in another one than English the
// sentence stays a general one.
func (e *deniedError) fault() driver.Fault {
	f := fromServer(e.cause)
	f.Code = dberr.Invalid
	role := shownIdent(e.role)
	if e.cause.Code == "3F000" {
		if e.cause.Routine != "RangeVarGetCreationNamespace" && !strings.Contains(e.cause.Message, "no schema") {
			return fromServer(e.cause)
		}
		what, on := "no schema of the search path exists that the user "+role+" may use", "public"
		if e.path != "" && !strings.Contains(e.path, ",") {
			on = shownIdent(strings.ReplaceAll(strings.Trim(e.path, `"`), `""`, `"`))
			what = "the schema " + on + " does not exist, or the user " + role + " may not use it"
		}
		f.Code, f.Detail = dberr.SchemaMismatch,
			what+"; create one, or let its owner GRANT USAGE, CREATE ON SCHEMA "+on+" TO "+role
		return f
	}
	if kind, name, ok := objectAfter(e.cause.Message, "must be owner of "); ok {
		f.Detail = "the " + kind + " " + name + " belongs to another role than " + role +
			", and only its owner may change it; run this as the owner"
		if kind != "index" { // which follows its table
			f.Detail += ", or ALTER " + strings.ToUpper(kind) + " " + name + " OWNER TO " + role
		}
		return f
	}
	kind, name, ok := objectAfter(e.cause.Message, "permission denied for ")
	if !ok {
		f.Detail = "the user " + role + " lacks the privilege for this; grant it"
		return f
	}
	privilege, on := e.privilege(kind, name), kind
	if kind == "view" || kind == "materialized view" || kind == "foreign table" {
		on = "table" // in GRANT
	}
	f.Detail = "the user " + role + " lacks the privilege " + privilege + " on the " + kind + " " + name +
		"; let its owner GRANT " +
		privilege + " ON " + strings.ToUpper(on) + " " + name + " TO " + role
	return f
}

// privilege is what the statement needs of an object.
func (e *deniedError) privilege(kind, name string) string {
	words := strings.Fields(strings.ToUpper(e.statement))
	verb := ""
	if len(words) > 0 {
		verb = words[0]
	}
	has := func(word string) bool { return strings.Contains(" "+strings.Join(words, " ")+" ", " "+word+" ") }
	switch kind {
	case "schema":
		if verb != "CREATE" && verb != "ALTER" && verb != "COMMENT" || !e.createsIn(name) {
			return "USAGE"
		}
		return "CREATE"
	case "database":
		if has("TEMP") || has("TEMPORARY") {
			return "TEMPORARY"
		}
		return "CREATE"
	case "sequence", "type", "domain", "language", "foreign server", "foreign-data wrapper":
		return "USAGE"
	case "function", "procedure", "routine", "aggregate":
		return "EXECUTE"
	}
	switch verb {
	case "INSERT":
		if has("RETURNING") || has("CONFLICT") || has("SELECT") {
			return "SELECT, INSERT, UPDATE"
		}
		return "INSERT"
	case "UPDATE", "DELETE":
		return "SELECT, " + verb
	case "WITH":
		return "SELECT, INSERT, UPDATE, DELETE"
	case "TRUNCATE":
		return "TRUNCATE"
	case "ALTER", "CREATE":
		return "REFERENCES"
	}
	if has("UPDATE") || has("SHARE") { // FOR UPDATE
		return "SELECT, UPDATE"
	}
	return "SELECT"
}

// createsIn reports whether the statement makes something in the schema, where
// it does not only look something up: that has the schema before its name.
func (e *deniedError) createsIn(schema string) bool {
	head, _, _ := strings.Cut(e.statement, "(")
	for _, qualified := range []string{quoteIdent(schema) + ".", " " + schema + "."} {
		if strings.Contains(e.statement, qualified) {
			return strings.Contains(head, qualified)
		}
	}
	return true
}

// objectAfter reads "schema app" behind the beginning of a message.
func objectAfter(message, begin string) (kind, name string, ok bool) {
	rest, ok := strings.CutPrefix(message, begin)
	if !ok {
		return "", "", false
	}
	for _, kind := range []string{
		"materialized view", "foreign table", "foreign server", "foreign-data wrapper", "large object", "schema", "table", "view", "sequence",
		"database", "index", "type", "domain", "function", "procedure", "routine", "aggregate", "language", "tablespace",
	} {
		if name, ok := strings.CutPrefix(rest, kind+" "); ok {
			return kind, shownIdent(strings.Trim(name, `"`)), true
		}
	}
	return "", "", false
}

// shownIdent is a name as one would write it.
func shownIdent(name string) string {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return quoteIdent(name)
		}
	}
	return name
}
