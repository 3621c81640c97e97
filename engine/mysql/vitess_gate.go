package mysql

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// A gate of Vitess answers for tablets, each before a server of its own, of which
// one is the primary. When that changes the gate knows at once, and leads new calls
// to the new one; but what was sent to a tablet that is frozen or cut off waits
// until the gate gives its connection up, after 20 seconds by its own defaults.

// gate is what is known of the tablets of a keyspace.
type gate struct {
	keyspace string

	mu      sync.Mutex
	term    string    // the beginning of the primary's, in UTC, of fixed width; empty when none was seen
	changed time.Time // when a later one was first seen
}

// behind has the connections to a gate looked after.
func (c *connector) behind(g *gate) {
	c.gate, c.watched = g, true
	c.watch.Moved = g.moved
}

// look asks a gate which tablet is the primary. Of several that say so the latest
// is. It does nothing where g is nil.
func (g *gate) look(ctx context.Context, n nativeConn) error {
	if g == nil {
		return nil
	}
	// Cell, keyspace, shard, type, state, alias, host, and the beginning of its term.
	rows, err := texts(ctx, n, "SHOW VITESS_TABLETS")
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		return nil // a gate that does not say it is taken as it comes
	}
	latest := ""
	keyspace, _, _ := strings.Cut(g.keyspace, "@") // "keyspace@primary"
	for _, r := range rows {
		if len(r) > 7 && r[1] == keyspace && r[3] == "PRIMARY" && r[4] == "SERVING" {
			latest = max(latest, r[7])
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if latest > g.term {
		if g.term != "" {
			g.changed = time.Now()
		}
		g.term = latest
	}
	return err
}

// moved reports whether another primary was seen after that time, so that what was
// sent then may wait for the one before.
func (g *gate) moved(sent time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.changed.After(sent)
}

// gateFault says which failure a gate means where it has no number of MySQL's for
// it: it says 1105, 1317 and 1815 of nearly everything, in words that its source
// fixes (go/vt/vtgate/tabletgateway.go, go/vt/vterrors/code.go). A statement that
// is no transaction it sends again by itself, and speaks of the last attempt only,
// so that none of these says that nothing took effect.
func gateFault(my *mysql.MySQLError) (driver.Fault, bool) {
	switch my.Number {
	case 1105, 1317, 1815:
	default:
		return driver.Fault{}, false
	}
	said, _, _ := strings.Cut(my.Message, " during query: ") // behind that, and this, are values
	said, _, _ = strings.Cut(said, ": Sql: ")
	if !strings.Contains(said, "target: ") && !strings.Contains(said, "vttablet: ") && !strings.HasPrefix(said, "VT") {
		return driver.Fault{}, false
	}
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(said, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("Row count exceeded", "row count exceeded"): // of an answer, and of a statement that writes
		return driver.Fault{Code: dberr.Unsupported, TxLost: true, Detail: "Vitess gives and changes no more rows at once; raise queryserver-config-max-result-size, or read the server of MySQL behind it"}, true
	case has("exceeded timeout"):
		return driver.Fault{Code: dberr.Timeout, TxLost: true,
			Detail: "the transaction took longer than Vitess allows; raise queryserver-config-transaction-timeout, or do less in one"}, true
	case has("desc = transaction ", "VT09032"):
		return driver.Fault{Code: dberr.Unavailable, TxLost: true, Broken: true,
			Detail: "Vitess has ended the transaction, as it does when another server takes over"}, true
	case has("primary is not serving", "no healthy tablet available", "primary is serving but", "buffer is full", "buffer full",
		"before failover finished", "being resharded", "operation not allowed in state", "is either down or nonexistent", "VT14001", "VT14002", "VT14003",
		"upstream shards are not available", "code = Unavailable", "client connection is closing", "Connection Closed",
		"failover in progress"):
		return driver.Fault{Code: dberr.Unavailable, Broken: true,
			Detail: "the gate of Vitess has no primary at the moment, or has lost its connection to it"}, true
	}
	return driver.Fault{}, false
}
