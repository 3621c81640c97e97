package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Where a URL names several hosts, only one that takes writes will do: the others
// are replicas, or members of a group of which one is the primary at a time.

// demoted says that a server takes no writes, or takes none any more. Nothing of
// what was refused has taken effect.
type demoted struct {
	why string
	err error // the server's, nil when it was asked
}

func (d *demoted) Error() string { return d.why }
func (d *demoted) Unwrap() error { return d.err }

// mustWrite asks a new connection whether its server takes writes.
func mustWrite(ctx context.Context, n nativeConn) error {
	readOnly, err := word(ctx, n, "SELECT @@read_only", 0)
	if err != nil {
		return err
	}
	if readOnly != "" && readOnly != "0" && !strings.EqualFold(readOnly, "OFF") { // MariaDB 12 has words
		return &demoted{why: "the server takes no writes: it is a replica, or has not taken over yet"}
	}
	clustered, err := word(ctx, n, "SHOW VARIABLES LIKE 'wsrep_on'", 1)
	if err != nil || !strings.EqualFold(clustered, "ON") {
		return err // no node of Galera
	}
	ready, err := word(ctx, n, "SHOW STATUS LIKE 'wsrep_ready'", 1)
	if err == nil && !strings.EqualFold(ready, "ON") {
		err = &demoted{why: "the node is not in step with its cluster"}
	}
	return err
}

// word is a column of the first row, empty when there is none.
func word(ctx context.Context, n nativeConn, query string, column int) (string, error) {
	rows, err := n.QueryContext(ctx, query, nil)
	if err != nil {
		return "", err
	}
	out := ""
	dest := make([]sqldriver.Value, len(rows.Columns()))
	switch err = rows.Next(dest); {
	case errors.Is(err, io.EOF):
		err = nil
	case err == nil && column < len(dest):
		if b, ok := dest[column].([]byte); ok {
			out = string(b)
		} else {
			out = fmt.Sprint(dest[column])
		}
	}
	return out, errors.Join(err, rows.Close())
}

// refusesWrites reports whether the error is one of a server that takes no writes.
// 1290 is about every option that forbids something: "The MySQL server is running
// with the --super-read-only option so it cannot execute this statement", which is
// not always called that while a group changes its primary. Others that forbid a
// statement are about files and users.
func refusesWrites(my *mysql.MySQLError) bool {
	switch my.Number {
	case 1836:
		return true
	case 1290:
		return !strings.Contains(my.Message, "secure") && !strings.Contains(my.Message, "skip-grant") &&
			!strings.Contains(my.Message, "skip_grant")
	}
	return false
}

// noticed looks whether an error says that the server takes no writes any more.
// The connection is of no more use then: the pool opens another, to the server
// that has taken over.
func (c *conn) noticed(err error) error {
	var my *mysql.MySQLError
	if err == nil || !errors.As(err, &my) {
		return err
	}
	if !refusesWrites(my) {
		return err
	}
	c.demoted = true
	if !c.c.primary {
		return err
	}
	return &demoted{why: "the server takes no writes any more", err: err}
}
