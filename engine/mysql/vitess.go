package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Vitess is the flavour of a gate of Vitess, which speaks MySQL's protocol and
// stands before servers of MySQL. Its URLs are MySQL's.
type Vitess struct{ MySQL }

// queryer is what a flavour asks a server with.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Title is "Vitess".
func (Vitess) Title() string { return "Vitess" }

// Owns a gate, whose version is that of the servers behind it, with "-Vitess" or
// without, as it was configured. Its comment says what it is itself: "Version:
// 24.0.4 (Git revision ...) built on ...".
func (Vitess) Owns(version, comment string) bool {
	return strings.HasPrefix(comment, vitessComment) && strings.Contains(comment, "Git revision") ||
		strings.Contains(strings.ToLower(version), "-vitess")
}

const vitessComment = "Version: "

// settings: a gate that was told of a limit, however large, writes it into each
// subquery, where MySQL does not take one (1235). It refuses MySQL's own default.
func (Vitess) settings() string { return "" }

// lastingIsolation: a gate takes the level of the next transaction for that of
// the session ("converted 'next transaction' scope to 'session' scope").
func (Vitess) lastingIsolation() bool { return true }

func (Vitess) gate() bool { return true }

// release is the gate's own version, and MySQL's that it speaks.
func (Vitess) release(version, comment string) string {
	own, _, _ := strings.Cut(strings.TrimPrefix(comment, vitessComment), " ")
	if own == "" || !strings.HasPrefix(comment, vitessComment) {
		return "(MySQL " + version + ")"
	}
	return own + " (MySQL " + version + ")"
}

// fits refuses a keyspace of several shards: keys and foreign keys hold within
// one shard only, and the tables of Open WebUI refer to each other.
func (Vitess) fits(ctx context.Context, n queryer) (problem string, err error) {
	rows, err := n.QueryContext(ctx, "SHOW VITESS_SHARDS")
	if err != nil {
		var refused *mysql.MySQLError
		if errors.As(err, &refused) {
			err = nil // a gate that does not say how many there are is taken as it comes
		}
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	shards := map[string]int{}
	for rows.Next() {
		var name string // "keyspace/-80"
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
		keyspace, _, _ := strings.Cut(name, "/")
		shards[keyspace]++
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	return several(ctx, n, shards)
}

// several looks whether the keyspace that is connected to has more than one shard.
func several(ctx context.Context, n queryer, shards map[string]int) (string, error) {
	rows, err := n.QueryContext(ctx, "SELECT DATABASE()")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var name string
	for rows.Next() {
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
	}
	name, _, _ = strings.Cut(name, "@") // "keyspace@primary"
	if shards[name] > 1 {
		return "it is a keyspace of Vitess with several shards: a key would be unique in each of them only, and Open WebUI's tables refer to each other across them; take an unsharded keyspace", rows.Err()
	}
	return "", rows.Err()
}
