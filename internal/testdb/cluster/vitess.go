//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/larder-db/larder/internal/testdb/server"
)

// Vitess is a gate of Vitess before a server of MySQL. It is not for failing
// over: its parts are one process, and its shards are databases of one server.
type Vitess struct {
	server *server.Private
	gate   *server.Gate
}

// Keyspace is the name of the one that a gate has, as that of a database.
const Keyspace = "webui"

// Shards are the names of one shard, which has all rows, and of four, each of
// which has a quarter of the ids.
func Shards(n int) []string {
	if n == 4 {
		return []string{"-40", "40-80", "80-c0", "c0-"}
	}
	return []string{"0"}
}

// StartVitess starts a server of MySQL and a gate before it with one shard or
// four. vschema says how rows are divided among them.
func StartVitess(ctx context.Context, shards int, vschema string, say func(string)) (*Vitess, error) {
	own, err := server.NewMember(ctx, server.MySQL, server.Member{Arguments: func(string, int) []string {
		// The tablets read the binary log.
		return []string{
			"--server-id=1", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=binlog", "--sync-binlog=0",
		}
	}}, say)
	if err != nil {
		return nil, err
	}
	v := &Vitess{server: own}
	for _, s := range Shards(shards) {
		if err := own.Endpoint().CreateDatabase(ctx, "vt_"+Keyspace+"_"+s); err != nil {
			return nil, errors.Join(err, v.Close())
		}
	}
	if v.gate, err = server.NewGate(ctx, own, Keyspace, Shards(shards), vschema, say); err != nil {
		return nil, errors.Join(fmt.Errorf("start the gate of Vitess: %w", err), v.Close())
	}
	return v, nil
}

// URL is the address of the keyspace by way of the gate.
func (v *Vitess) URL() string { return v.gate.URL(Keyspace) }

// Server is the server of MySQL behind the gate.
func (v *Vitess) Server() server.Endpoint { return v.server.Endpoint() }

// Close ends both and removes their data.
func (v *Vitess) Close() error {
	var err error
	if v.gate != nil {
		err = v.gate.Close()
	}
	return errors.Join(err, v.server.Close())
}
