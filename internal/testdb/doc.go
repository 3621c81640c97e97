// Package testdb gives tests real databases: SQLite, PostgreSQL, Oracle's
// MySQL and MariaDB, a fresh empty one for each test.
//
//	func TestUpsert(t *testing.T) {
//		testdb.Each(t, func(t *testing.T, db testdb.DB) {
//			eng, err := engine.Open(t.Context(), db.URL, opts)
//			...
//		})
//	}
//
// A server comes from TEST_POSTGRESQL_URL, TEST_MYSQL_URL or TEST_MARIADB_URL,
// else from a program on the machine, else from the cache, else from the
// machine's package sources, whence it is fetched without installing anything.
// All test processes of a user share one server per engine; it is stopped and
// its data removed a few seconds after the last of them has ended, however it
// ended. A server that cannot be had fails the test.
//
//	TESTDB_ENGINES=sqlite,mysql   run on these engines only
//	TESTDB_SKIP=mysql             leave an engine out, and say so
//	LARDER_TESTDB_CACHE=dir       where fetched servers stay
//	LARDER_TESTDB_RUN=dir         where running servers have their data
//	LARDER_TESTDB_GRACE=10m       how long servers outlive the last test; 6s
//	LARDER_TESTDB_FETCH=mariadb   fetch the server although the machine has one
//
// It is for tests only: data is not flushed to disk, users have well-known
// passwords.
package testdb
