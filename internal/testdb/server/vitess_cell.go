//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Cell is a cell of Vitess whose parts, which [NewGate] has in one process, are
// programs of their own that agree in etcd.
type Cell struct {
	keeper   *Keeper
	programs string // where the servers' account may look
	account  account
	keyspace string
	pages    map[int]int // the port of each tablet's pages
}

const (
	cellName  = "zone1"
	cellRoot  = "/vitess/" + cellName
	worldRoot = "/vitess/global"
)

// TabletHost is the address at which tablets are registered. They listen on
// 127.0.0.1, so that a proxy can stand in between at the same port.
const TabletHost = "127.0.0.2"

// NewCell starts etcd and writes a keyspace into it, of which one shard, "0", is
// used. A commit is confirmed by another server. The programs are in the cache,
// fetched from the machine's package sources, or built from Vitess's Go module.
func NewCell(ctx context.Context, keyspace string, say func(string)) (_ *Cell, err error) {
	built, err := vitess(ctx, say, "vttablet", "vtgate", "vtorc", "vtctldclient")
	if err != nil {
		return nil, err
	}
	c := &Cell{keyspace: keyspace, pages: map[int]int{}}
	if c.account, err = accountOf(PostgreSQL); err != nil {
		return nil, err
	}
	if c.keeper, err = NewKeeper(ctx, say); err != nil {
		return nil, err
	}
	c.programs = filepath.Join(c.keeper.Dir, "vitess")
	err = copyTree(built, c.programs, c.account)
	for _, args := range [][]string{
		{"AddCellInfo", "--root=" + cellRoot, "--server-address=" + c.topology(), cellName},
		{"CreateKeyspace", "--durability-policy=semi_sync", keyspace},
	} {
		if err == nil {
			err = c.Control(ctx, args...)
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close ends etcd. The parts are ended before.
func (c *Cell) Close() error { return c.keeper.Close() }

func (c *Cell) topology() string { return "127.0.0.1:" + strconv.Itoa(c.keeper.port) }

func (c *Cell) world() []string {
	return []string{
		"--topo-implementation=etcd2", "--topo-global-server-address=" + c.topology(), "--topo-global-root=" + worldRoot,
	}
}

// Control lets vtctldclient do something to the keyspace: "PlannedReparentShard".
func (c *Cell) Control(ctx context.Context, args ...string) error {
	all := append(append([]string{"--server=internal"}, c.world()...), args...)
	run := exec.CommandContext(ctx, filepath.Join(c.programs, "vtctldclient"), all...)
	run.Dir, run.SysProcAttr = c.keeper.Dir, c.account.attributes()
	run.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.keeper.Dir}
	if out, err := run.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", args[0], err, tail(string(out)))
	}
	return nil
}

// part starts one of the programs. Its pages are on port, or where that is 0 on any.
func (c *Cell) part(ctx context.Context, program string, port int, args ...string) (_ *Beside, err error) {
	if port == 0 {
		if port, err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	return startBeside(ctx, program, c.account, func(dir string) (ordered, error) {
		argv := append([]string{
			filepath.Join(c.programs, program), "--port=" + strconv.Itoa(port), "--bind-address=127.0.0.1",
			"--log-format=text",
		}, c.world()...)
		return ordered{argv: append(argv, args...), env: []string{"VTDATAROOT=" + dir}},
			os.MkdirAll(filepath.Join(dir, "tmp"), 0o755)
	})
}

// Tablet is the name of tablet n, which counts from 0.
func (c *Cell) Tablet(n int) string { return fmt.Sprintf("%s-%010d", cellName, n+1) }

// StartTablet starts tablet n before a server of MySQL, as a user who may do
// anything there and has no password. It listens on port. All its ports are those that
// it had before: a gate lets go of a tablet with others, up to a minute after it started.
func (c *Cell) StartTablet(ctx context.Context, n int, to Endpoint, user string, port int) (*Beside, error) {
	args := []string{
		"--tablet-path=" + c.Tablet(n), "--tablet-hostname=" + TabletHost,
		"--grpc-bind-address=127.0.0.1", "--grpc-port=" + strconv.Itoa(port),
		"--service-map=grpc-queryservice,grpc-tabletmanager,grpc-updatestream",
		"--init-keyspace=" + c.keyspace, "--init-shard=0", "--init-tablet-type=replica", "--restore-from-backup=false",
		"--db-host=" + to.Host(), "--db-port=" + strconv.Itoa(to.Port()),
		"--health-check-interval=1s", "--shard-sync-retry-delay=1s", "--replication-connect-retry=1s",
	}
	for _, as := range []string{"app", "dba", "allprivs", "appdebug", "filtered", "repl"} {
		args = append(args, "--db-"+as+"-user="+user, "--db-"+as+"-use-ssl=false")
	}
	if c.pages[n] == 0 {
		free, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		c.pages[n] = free
	}
	t, err := c.part(ctx, "vttablet", c.pages[n], args...)
	if err != nil {
		return nil, err
	}
	if err := t.Until(ctx, listens(port)); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// StartOrchestrator starts vtorc, which promotes a tablet where there is no
// primary, or none that is alive.
func (c *Cell) StartOrchestrator(ctx context.Context) (*Beside, error) {
	return c.part(ctx, "vtorc", 0, "--cell="+cellName, "--instance-poll-time=1s", "--recovery-poll-duration=1s",
		"--topo-information-refresh-duration=1s", "--wait-replicas-timeout=3s", "--remote-operation-timeout=3s")
}

// StartGate starts a gate, which holds calls back while a primary takes over, and
// waits until there is one. It speaks MySQL's protocol on port, and calls itself version.
func (c *Cell) StartGate(ctx context.Context, port int, version string) (*Beside, error) {
	gate, err := c.part(ctx, "vtgate", 0, "--cell="+cellName, "--cells-to-watch="+cellName,
		"--tablet-types-to-wait=PRIMARY", "--enable-buffer", "--buffer-min-time-between-failovers=5s",
		"--mysql-server-version="+version, "--mysql-auth-server-impl=none",
		"--mysql-server-bind-address=127.0.0.1", "--mysql-server-port="+strconv.Itoa(port))
	if err != nil {
		return nil, err
	}
	at := local(MySQL, port)
	if err := gate.Until(ctx, func(ctx context.Context) error {
		db, err := at.Open(c.keyspace)
		if err != nil {
			return err
		}
		defer closeDB(db)
		_, err = db.ExecContext(ctx, "SHOW TABLES")
		return err
	}); err != nil {
		return nil, errors.Join(err, gate.Close())
	}
	return gate, nil
}
