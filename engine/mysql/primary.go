package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Where a URL names several hosts, only one that takes writes will do: the others
// are replicas, or members of a group of which one is the primary at a time.

// demoted says that a server takes no writes, or takes none any more. Nothing of
// what was refused has taken effect, unless a gate has sent it before.
type demoted struct {
	why   string
	err   error // the server's, nil when it was asked
	again bool  // it may not have been the first that it was sent to
}

func (d *demoted) Error() string { return d.why }
func (d *demoted) Unwrap() error { return d.err }

// fallen are the addresses that lately gave no connection, or one to a server that takes
// no writes any more. A server that is being stopped may accept connections and say
// nothing for as long as that takes, so that the others are tried first.
type fallen struct {
	mu sync.Mutex
	at map[string]time.Time
}

// fallenFor is how long an address is tried after the others.
const fallenFor = 5 * time.Second

func (f *fallen) note(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at == nil {
		f.at = map[string]time.Time{}
	}
	f.at[address] = time.Now()
}

// turn is when an address is tried: 0 is first, 1 is last.
func (f *fallen) turn(address string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.at[address]) < fallenFor {
		return 1
	}
	return 0
}

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
	rows, err := texts(ctx, n, query)
	if err != nil || len(rows) == 0 || column >= len(rows[0]) {
		return "", err
	}
	return rows[0][column], nil
}

// texts are the rows of a short answer as texts, and what is NULL empty.
func texts(ctx context.Context, n nativeConn, query string) (out [][]string, err error) {
	rows, err := n.QueryContext(ctx, query, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]sqldriver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		row := make([]string, len(values))
		for i, v := range values {
			switch v := v.(type) {
			case nil:
			case []byte:
				row[i] = string(v)
			default:
				row[i] = fmt.Sprint(v)
			}
		}
		out = append(out, row)
	}
}

// notInStep is what a node of Galera says of each statement when it leaves its cluster.
const notInStep = 1047

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
	refused := refusesWrites(my)
	if refused || my.Number == notInStep {
		c.c.fallen.note(c.address)
	}
	c.demoted = c.demoted || refused
	if !refused || !c.c.primary && c.c.gate == nil {
		return err
	}
	return &demoted{why: "the server takes no writes any more", err: err, again: c.c.gate != nil}
}
