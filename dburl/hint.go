package dburl

import (
	"regexp"
	"strings"
)

const (
	grammar  = "write it as sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE (or mysql://, mariadb://)"
	goDSN    = "this is a DSN of the Go MySQL driver, not a URL; write mysql://USER:PASSWORD@HOST:PORT/DATABASE, or for a socket mysql://USER:PASSWORD@localhost/DATABASE?unix_socket=/PATH, and leave out parseTime, loc and charset, which Larder sets itself"
	libpqDSN = "this is a libpq connection string, not a URL; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=..., with user and password percent-encoded"
)

var (
	libpqWord  = regexp.MustCompile(`(?i)^\s*(host|hostaddr|port|dbname|user|password|passfile|sslmode|service|application_name|connect_timeout|options)\s*=`)
	adoWord    = regexp.MustCompile(`(?i)^\s*(server|data source|host|uid|user id|username|database|initial catalog)\s*=[^;]*;`)
	goDSNWord  = regexp.MustCompile(`@(tcp|tcp4|tcp6|unix|cloudsql)?\(`)
	schemeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+._-]*:`)
	fileName   = regexp.MustCompile(`(?i)^(/|\./|\.\./|~/|[A-Za-z]:[\\/])|\.(db3?|sqlite3?)$`)
)

// hint says what a text that has no scheme seems to be, and how to write it as
// a URL. It holds nothing of the text, which may be or hold a password.
func hint(s string) string {
	trimmed := strings.TrimSpace(s)
	lower := strings.ToLower(trimmed)
	switch {
	case trimmed == "":
		return "the database URL is empty; " + grammar
	case trimmed != s && strings.Contains(s, "://"):
		return "the database URL begins with white space; remove it"
	case strings.HasPrefix(trimmed, `"`) || strings.HasPrefix(trimmed, "'"):
		return "the database URL is enclosed in quotes; remove them"
	case strings.HasPrefix(lower, "jdbc:"):
		return "this is a JDBC URL; leave out jdbc: and write user and password before the host: postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
	case adoWord.MatchString(trimmed):
		return "this is an ADO or ODBC connection string, not a URL; " + grammar
	case libpqWord.MatchString(trimmed):
		return libpqDSN
	case goDSNWord.MatchString(trimmed):
		return goDSN
	case lower == ":memory:":
		return "write a database in memory as sqlite:///:memory:"
	case strings.HasPrefix(lower, "file:"):
		return "write a SQLite URI filename as sqlite:///file:PATH?uri=true, with its parameters after the ?"
	case strings.HasPrefix(lower, "sqlite:"):
		return "a SQLite URL has three slashes before a relative path (sqlite:///data/webui.db) and four before an absolute one (sqlite:////data/webui.db)"
	case fileName.MatchString(trimmed) && !strings.Contains(trimmed, "@"):
		return "this is a path, not a URL; write sqlite:/// before a relative path (sqlite:///webui.db), and before an absolute one too (sqlite:////data/webui.db)"
	case strings.Contains(trimmed, "://") && schemeName.MatchString(trimmed):
		return "the part before :// must be a database and, after a +, a driver, in letters, digits and _: postgresql+asyncpg://"
	case schemeName.MatchString(trimmed) && !strings.Contains(trimmed, "@"):
		return "two slashes are missing after the colon; " + grammar
	}
	return "this is not a database URL; " + grammar
}
