//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/testdb/debs"
)

// Pooler is pgbouncer or Pgpool-II before a server of PostgreSQL.
type Pooler struct {
	*Beside
	server Endpoint
	port   int
}

// NewPooler starts pgbouncer, which is on the machine, in the cache, or fetched
// from the machine's package sources. Mode is "transaction" or "session", and size
// is how many connections it has to each database.
func NewPooler(ctx context.Context, to Endpoint, mode string, size int, say func(string)) (*Pooler, error) {
	program, libraries, err := pooler(ctx, "pgbouncer", "pgbouncer", say)
	if err != nil {
		return nil, err
	}
	p := &Pooler{server: to}
	if p.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	name, _ := to.User()
	args := []string{program}
	if os.Getuid() == 0 { // as which it does not run
		a, err := accountOf(PostgreSQL)
		if err != nil {
			return nil, err
		}
		u, err := user.LookupId(strconv.Itoa(a.uid))
		if err != nil {
			return nil, err
		}
		args = append(args, "-u", u.Username)
	}
	text := fmt.Appendf(nil, "[databases]\n* = host=127.0.0.1 port=%d user=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"+
		"listen_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = %s\nmax_client_conn = 1000\ndefault_pool_size = %d\n",
		to.Port(), name, p.port, mode, size)
	own := account{uid: os.Getuid(), gid: os.Getgid()}
	p.Beside, err = startBeside(ctx, "pgbouncer", own, func(dir string) (ordered, error) {
		settings := filepath.Join(dir, "pgbouncer.ini")
		return ordered{argv: append(args, settings), env: []string{"LD_LIBRARY_PATH=" + strings.Join(libraries, ":")}},
			errors.Join(os.Chmod(dir, 0o755), os.WriteFile(settings, text, 0o644))
	})
	if err != nil {
		return nil, err
	}
	if err := p.Until(ctx, listens(p.port)); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// NewPgpool starts Pgpool-II, which is had as pgbouncer is. Size is how many clients
// it has at a time, each with a process and a connection of its own.
func NewPgpool(ctx context.Context, to Endpoint, size int, say func(string)) (*Pooler, error) {
	program, libraries, err := pooler(ctx, "pgpool", "pgpool2", say)
	if err != nil {
		return nil, err
	}
	p := &Pooler{server: to}
	if p.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	control, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	own := account{uid: os.Getuid(), gid: os.Getgid()}
	p.Beside, err = startBeside(ctx, "pgpool", own, func(dir string) (ordered, error) {
		settings := filepath.Join(dir, "pgpool.conf")
		text := fmt.Appendf(nil, "listen_addresses = '127.0.0.1'\nport = %d\npcp_port = %d\n"+
			"socket_dir = '%s'\npcp_socket_dir = '%s'\nlogdir = '%s'\npid_file_name = '%s/pgpool.pid'\n"+
			"backend_clustering_mode = 'raw'\nbackend_hostname0 = '127.0.0.1'\nbackend_port0 = %d\nnum_init_children = %d\nload_balance_mode = off\nsr_check_period = 0\n",
			p.port, control, dir, dir, dir, dir, to.Port(), size)
		empty := filepath.Join(dir, "empty")
		return ordered{
				argv: []string{program, "-n", "-f", settings, "-F", empty, "-a", empty},
				env:  []string{"LD_LIBRARY_PATH=" + strings.Join(libraries, ":")}, end: "QUIT",
			},
			errors.Join(os.WriteFile(settings, text, 0o644), os.WriteFile(empty, nil, 0o644))
	})
	if err != nil {
		return nil, err
	}
	if err := p.Until(ctx, listens(p.port)); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// URL is the address of a database by way of the pooler.
func (p *Pooler) URL(database string) string {
	return strings.Replace(p.server.URL(database), ":"+strconv.Itoa(p.server.Port())+"/", ":"+strconv.Itoa(p.port)+"/", 1)
}

// pooler is a program, and where its libraries are unless the machine has them.
func pooler(ctx context.Context, name, from string,
	say func(string)) (program string, libraries []string, err error) {
	if file, err := exec.LookPath(name); err == nil {
		return file, nil, nil
	}
	cache, err := cacheDir()
	if err != nil {
		return "", nil, err
	}
	tree := filepath.Join(cache, name)
	lock, err := lockFile(ctx, tree+".lock", exclusive)
	if err != nil {
		return "", nil, err
	}
	defer lock.release()
	leave := []string{"libc6*", "gcc*", "debconf*", "cdebconf*", "perl*", "*-base", "dpkg", "tar", "postgresql*",
		"sysvinit*", "init-*", "adduser", "passwd", "ssl-cert", "lsb-base", "ucf"}
	err = debs.Fetch(ctx, tree, debs.Request{Choices: [][]string{{from}}, Attempts: 2, Say: say, Leave: leave})
	if err != nil {
		return "", nil, fmt.Errorf("no %s could be fetched: %w. Install the package %s", name, err, from)
	}
	return filepath.Join(tree, "usr/sbin", name), binaries{engine: PostgreSQL, prefix: tree}.libraries(), nil
}
