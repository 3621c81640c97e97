//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/larder-db/larder/internal/testdb/debs"
)

// Pooler is pgbouncer before a server of PostgreSQL.
type Pooler struct {
	server Endpoint
	port   int
	dir    string
	cmd    *exec.Cmd
	ended  chan error
}

// NewPooler starts pgbouncer, which is on the machine, in the cache, or fetched
// from the machine's package sources. Mode is "transaction" or "session", and size
// is how many connections it has to each database.
func NewPooler(ctx context.Context, to Endpoint, mode string, size int, say func(string)) (*Pooler, error) {
	program, libraries, err := pgbouncer(ctx, say)
	if err != nil {
		return nil, err
	}
	p := &Pooler{server: to, ended: make(chan error, 1)}
	if p.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "pgbouncer"); err != nil {
		return nil, err
	}
	name, _ := to.User()
	settings := filepath.Join(p.dir, "pgbouncer.ini")
	if err := os.WriteFile(settings, fmt.Appendf(nil, "[databases]\n* = host=127.0.0.1 port=%d user=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"+
		"listen_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = %s\nmax_client_conn = 1000\ndefault_pool_size = %d\n",
		to.Port(), name, p.port, mode, size), 0o644); err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	args := []string{settings}
	if os.Getuid() == 0 { // as which it does not run
		a, err := accountOf(PostgreSQL)
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(p.dir))
		}
		u, err := user.LookupId(strconv.Itoa(a.uid))
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(p.dir))
		}
		args = append([]string{"-u", u.Username}, args...)
	}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), program, args...) // it ends with Close
	p.cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
	var said strings.Builder
	p.cmd.Stderr = &said
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	go func() { p.ended <- p.cmd.Wait() }()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port))
	for {
		if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			return p, c.Close()
		}
		select {
		case err := <-p.ended:
			return nil, errors.Join(fmt.Errorf("pgbouncer: %w: %s", err, said.String()), os.RemoveAll(p.dir))
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), p.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is the address of a database by way of the pooler.
func (p *Pooler) URL(database string) string {
	return strings.Replace(p.server.URL(database), ":"+strconv.Itoa(p.server.Port())+"/", ":"+strconv.Itoa(p.port)+"/", 1)
}

// Close ends it.
func (p *Pooler) Close() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	return errors.Join(err, <-p.ended, os.RemoveAll(p.dir))
}

// pgbouncer is the program, and where its libraries are unless the machine has them.
func pgbouncer(ctx context.Context, say func(string)) (program string, libraries []string, err error) {
	if file, err := exec.LookPath("pgbouncer"); err == nil {
		return file, nil, nil
	}
	cache, err := cacheDir()
	if err != nil {
		return "", nil, err
	}
	tree := filepath.Join(cache, "pgbouncer")
	lock, err := lockFile(ctx, tree+".lock", exclusive)
	if err != nil {
		return "", nil, err
	}
	defer lock.release()
	leave := []string{"libc6*", "gcc*", "debconf*", "cdebconf*", "perl*", "*-base", "dpkg", "tar", "postgresql*",
		"sysvinit*", "init-*", "adduser", "passwd", "ssl-cert"}
	err = debs.Fetch(ctx, tree, debs.Request{Choices: [][]string{{"pgbouncer"}}, Attempts: 2, Say: say, Leave: leave})
	if err != nil {
		return "", nil, fmt.Errorf("no pgbouncer could be fetched: %w. Install the package pgbouncer", err)
	}
	return filepath.Join(tree, "usr/sbin/pgbouncer"), binaries{engine: PostgreSQL, prefix: tree}.libraries(), nil
}
