package main

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a b%20(?)#é.db")
	if err := run(t.Context(), file,
		strings.NewReader("BEGIN; CREATE TABLE a (x); INSERT INTO a VALUES ('semi;colon'); COMMIT;")); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), file, strings.NewReader("INSERT INTO absent VALUES (1); DELETE FROM a;")); err == nil {
		t.Error("a wrong statement passes")
	}
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(file)}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var x string
	if err := db.QueryRowContext(t.Context(), "SELECT x FROM a").Scan(&x); err != nil || x != "semi;colon" {
		t.Errorf("%q, %v", x, err)
	}
}
