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

// Pooler is pgbouncer before a server of PostgreSQL.
type Pooler struct {
	*Beside
	server Endpoint
	port   int
}

// NewPooler starts pgbouncer, which is on the machine, in the cache, or fetched
// from the machine's package sources. Mode is "transaction" or "session", and size
// is how many connections it has to each database.
func NewPooler(ctx context.Context, to Endpoint, mode string, size int, say func(string)) (*Pooler, error) {
	program, libraries, err := pgbouncer(ctx, say)
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
		return ordered{append(args, settings), []string{"LD_LIBRARY_PATH=" + strings.Join(libraries, ":")}},
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

// URL is the address of a database by way of the pooler.
func (p *Pooler) URL(database string) string {
	return strings.Replace(p.server.URL(database), ":"+strconv.Itoa(p.server.Port())+"/", ":"+strconv.Itoa(p.port)+"/", 1)
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
