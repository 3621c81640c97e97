// Package dburl reads the addresses of databases: URLs in SQLAlchemy's
// spelling, and the DATABASE_* environment variables of Open WebUI. It is for
// the engines, which get typed connection settings and do no string work, and
// for every program that has to name a database without showing its password.
//
//	u, err := dburl.Parse("postgresql+asyncpg://app:s3cret@db:5432/webui?sslmode=require")
//	fmt.Println(u)                 // postgresql+asyncpg://app:***@db:5432/webui?sslmode=require
//	target, err := u.Postgres()    // hosts, TLS, timeouts, how statements are prepared
//
// Three layers, each with its own errors:
//
//   - [ParseSyntax] splits a URL exactly as SQLAlchemy's make_url does: user and
//     password are percent-decoded, host and database are not, the first @ ends
//     a password, a + is a space in the query only, blank query values are
//     dropped. Several hosts with ports (h1:1,h2:2) are read too.
//   - [Parse] also wants a backend and a driver name that Larder knows.
//   - [URL.SQLite], [URL.Postgres] and [URL.MySQL] give the meaning: every query
//     argument is known and has a valid value, or is refused by name.
//
// [FromEnv] builds a [Config] from the variables of Open WebUI, and says what
// it ignored.
//
// A password is kept behind a pointer that fmt does not follow. A [URL] prints
// as its redacted form with every verb, in JSON and in slog; only [URL.Reveal],
// [URL.Password] and the functions that say so give a password away. Errors
// hold neither the input nor any value of it.
//
// What it will not do: open connections, read files, the environment or option
// files, or know the dialect of a database.
//
// The package is large because every argument of a URL that a driver of Python
// knows is read, or refused with the name that it has here.
package dburl
