// Sqliteshell runs the SQL it reads from its standard input on a database file:
//
//	sqliteshell test.db < script.sql
//
// It stands in for sqlite3 on machines without it, and prints no rows.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver
)

func main() {
	if len(os.Args) != 2 {
		_, _ = fmt.Fprintln(os.Stderr, "usage: sqliteshell FILE < SQL")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Stdin); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "sqliteshell:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, file string, in io.Reader) error {
	script, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	// As a URI, because the driver takes what follows a ? in a plain name for settings.
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(file)}).EscapedPath())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1) // a script may hold BEGIN and PRAGMA
	_, err = db.ExecContext(ctx, string(script))
	return errors.Join(err, db.Close())
}
