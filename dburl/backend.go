package dburl

import "strings"

// The backends, as [URL].Backend names them.
const (
	SQLite     = "sqlite"
	PostgreSQL = "postgresql"
	MySQL      = "mysql"
	MariaDB    = "mariadb"
)

// backend is what a scheme before the + stands for.
type backend struct {
	name    string   // as URL.Backend has it
	drivers []string // names that may follow the +; all of them mean Larder's own driver
	schema  bool     // DATABASE_SCHEMA has a meaning
	server  bool     // a pool of network connections
}

// The driver names are those of SQLAlchemy's dialects that talk to the same
// server in the same way, and those of the Go drivers.
var (
	sqliteBackend = backend{name: SQLite,
		drivers: []string{"pysqlite", "aiosqlite", "modernc", "mattn"}}
	postgresBackend = backend{name: PostgreSQL, schema: true, server: true,
		drivers: []string{"psycopg2", "psycopg", "asyncpg", "pg8000", "psycopg2cffi", "psycopg_async", "pgx"}}
	mysqlBackend = backend{name: MySQL, server: true,
		drivers: []string{"pymysql", "mysqldb", "aiomysql", "asyncmy", "mysqlconnector", "cymysql", "mariadbconnector"}}
	mariadbBackend = backend{name: MariaDB, server: true,
		drivers: []string{"pymysql", "mysqldb", "aiomysql", "asyncmy", "mysqlconnector", "cymysql", "mariadbconnector"}}
)

// cipherDrivers name an encrypted SQLite file. Parse reads them, because Open
// WebUI still offers them; URL.SQLite says that nobody can open one.
var cipherDrivers = []string{"sqlcipher", "pysqlcipher"}

var schemes = []string{"sqlite", "postgresql", "mysql", "mariadb"}

func backendOf(name string) (backend, bool) {
	switch name {
	case "sqlite":
		return sqliteBackend, true
	case "postgresql", "postgres":
		return postgresBackend, true
	case "mysql":
		return mysqlBackend, true
	case "mariadb":
		return mariadbBackend, true
	}
	return backend{}, false
}

// checkScheme returns the problem with a backend and driver name, "" for none.
func checkScheme(scheme string) string {
	name, driver, hasDriver := strings.Cut(scheme, "+")
	b, ok := backendOf(name)
	if !ok {
		return unknownBackend(name)
	}
	if !hasDriver {
		return ""
	}
	for _, d := range b.drivers {
		if d == driver {
			return ""
		}
	}
	for _, d := range cipherDrivers {
		if b.name == SQLite && d == driver {
			return ""
		}
	}
	return "unknown driver " + shownName(driver) + " for " + name + "; write " + name + ":// alone, or one of +" +
		strings.Join(b.drivers, ", +")
}

func unknownBackend(name string) string {
	choices := strings.Join(schemes, "://, ") + ":// or postgres://"
	if _, ok := backendOf(strings.ToLower(name)); ok {
		return "the scheme of a database URL is written in lower case: " + strings.ToLower(name) + "://"
	}
	s := "unknown database " + shownName(name) + "; the URL must begin with " + choices
	if near := nearest(name, append([]string{"postgres"}, schemes...)); near != "" {
		s += "; did you mean " + near + "://?"
	}
	return s
}

// shownName quotes a name for a message, unless it does not look like one:
// then it may be anything, also a secret in the wrong place.
func shownName(name string) string {
	if !plainName(name) {
		return "(not a plain name)"
	}
	return `"` + name + `"`
}

func plainName(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !unreserved(c) || c == '~' {
			return false
		}
	}
	return true
}

// nearest returns the candidate that is at most two edits, and less than half
// of the name, away; "" when none is.
func nearest(name string, candidates []string) string {
	best, bestDist := "", min(3, (len(name)+1)/2)
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(name), c); d < bestDist {
			best, bestDist = c, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var prev2 []int
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur := make([]int, len(b)+1)
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev = prev, cur
	}
	return prev[len(b)]
}
