package server

import "fmt"

// Ways says how to get a server of engine, in one sentence.
func Ways(engine string) string {
	install := map[string]string{
		PostgreSQL: "the package postgresql, or set PGBIN to a directory with postgres and initdb",
		MySQL:      "MySQL, or set MYSQLD to a mysqld of Oracle's",
		MariaDB:    "the package mariadb-server-core, or set MARIADBD to a mariadbd",
	}[engine]
	return fmt.Sprintf("Ways to get one: set %s to the URL of a server where the user may create databases (docker compose up -d, see compose.yaml); install %s; "+
		"on Debian and Ubuntu leave it to the tests, which fetch it with apt and install nothing; or leave the engine out with TESTDB_SKIP=%s",
		variables(engine)[0], install, engine)
}
