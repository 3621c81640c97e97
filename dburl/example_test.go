package dburl_test

import (
	"fmt"

	"github.com/larder-db/larder/dburl"
)

func ExampleParse() {
	u, err := dburl.Parse("postgres+asyncpg://app:p%40ss@[2001:db8::1]:5432/webui?sslmode=require")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u)
	fmt.Println(u.Backend, u.Host, u.Port, u.Database)

	target, err := u.Postgres()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(target.TLS.Mode, target.Hosts[0].Address())

	_, err = dburl.Parse("app:p@ss@tcp(db:3306)/webui?parseTime=true")
	fmt.Println(err)
	// Output:
	// postgres+asyncpg://app:***@[2001:db8::1]:5432/webui?sslmode=require
	// postgresql 2001:db8::1 5432 webui
	// require [2001:db8::1]:5432
	// database URL: this is a DSN of the Go MySQL driver, not a URL; write mysql://USER:PASSWORD@HOST:PORT/DATABASE, or for a socket mysql://USER:PASSWORD@localhost/DATABASE?unix_socket=/PATH, and leave out parseTime, loc and charset, which Larder sets itself
}

func ExampleFromEnv() {
	env := map[string]string{
		"DATABASE_TYPE":      "postgresql",
		"DATABASE_USER":      "app",
		"DATABASE_PASSWORD":  "p@ss/w:rd",
		"DATABASE_HOST":      "db",
		"DATABASE_PORT":      "5432",
		"DATABASE_NAME":      "webui",
		"DATABASE_POOL_SIZE": "20",
		"DATABASE_SCHEMA":    "app",
	}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok } // a program passes os.LookupEnv
	cfg, warnings, err := dburl.FromEnv(lookup, "/data")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.URL, cfg.Schema, cfg.Pool.Size, cfg.Pool.MaxOverflow, len(warnings))

	delete(env, "DATABASE_PORT")
	cfg, warnings, _ = dburl.FromEnv(lookup, "/data")
	fmt.Println(cfg.URL)
	fmt.Println(warnings[0])
	// Output:
	// postgresql://app:***@db:5432/webui app 20 0 0
	// sqlite:////data/webui.db
	// DATABASE_TYPE: DATABASE_TYPE, DATABASE_USER, DATABASE_PASSWORD, DATABASE_HOST, DATABASE_NAME are ignored because DATABASE_PORT is not set; the SQLite file of the data directory is used
}

func ExampleRedact() {
	fmt.Println(dburl.Redact("dial mysql://root:s3cret@db:3306/webui: connection refused"))
	// Output: dial mysql://root:***@db:3306/webui: connection refused
}
