//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/larder-db/larder/internal/testdb/debs"
)

// Member says how a private server that is one of a cluster differs from one
// that is alone.
type Member struct {
	// Arguments are further ones of the server's command. They win over those of
	// a server that is alone. dir is the server's directory, port its TCP port.
	Arguments func(dir string, port int) []string
	// First are arguments of the first start only, words without blanks.
	First []string
	// Before are statements that MySQL and MariaDB run at each start before they
	// make their users, each with its semicolon and its line break.
	Before string
	// Path is a directory with programs that the server calls; it goes before PATH.
	Path string
	// Manager is the command of a program that makes, starts and ends the server
	// itself, with its data in data below dir and its programs in bin; nil for none.
	// It may write to dir.
	Manager func(dir string, port int, bin string) ([]string, error)
}

// manage is the command of the server's manager, if it has one.
func (b binaries) manage(dir string, port int) (argv []string, err error) {
	if b.member == nil || b.member.Manager == nil {
		return nil, nil
	}
	return b.member.Manager(dir, port, filepath.Dir(b.server))
}

// once is the file with the arguments of the next start.
const once = "once"

// NewMember is [NewPrivate] for a server of a cluster.
func NewMember(ctx context.Context, engine string, m Member, say func(string)) (*Private, error) {
	return newPrivate(ctx, engine, &m, say)
}

// FreePort is a port on 127.0.0.1 that nobody listens on, for what a member of
// a cluster has besides its own.
func FreePort(ctx context.Context) (int, error) { return freePort(ctx) }

// Empty removes the data of a server that is stopped, for a manager to make it anew.
func (p *Private) Empty() error {
	if alive(p.instance.pid()) {
		return errors.New("the server is running")
	}
	return os.RemoveAll(filepath.Join(p.instance.dir, "data"))
}

// Refill empties the data directory of a server that is stopped and lets a
// program of its engine fill it, with these arguments: pg_basebackup, say.
// "{data}" in one of them is the directory.
func (p *Private) Refill(ctx context.Context, program string, args ...string) error {
	dir := p.instance.dir
	if alive(p.instance.pid()) {
		return errors.New("the server is running")
	}
	b, a := p.binaries, p.account
	b, err := b.inside(dir)
	if err != nil {
		return err
	}
	file, ok := b.tool(program)
	if !ok {
		return fmt.Errorf("there is no %s beside %s", program, b.server)
	}
	data := filepath.Join(dir, "data")
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	argv := b.argv(file)
	for _, arg := range args {
		argv = append(argv, strings.ReplaceAll(arg, "{data}", data))
	}
	return b.run(ctx, dir, a, nil, argv)
}

// inside is b in the tree that launching copied below dir, if it did.
func (b binaries) inside(dir string) (binaries, error) {
	tree := filepath.Join(dir, "tree")
	_, err := os.Stat(tree)
	if errors.Is(err, os.ErrNotExist) {
		return b, nil
	}
	b.server = filepath.Join(tree, strings.TrimPrefix(b.server, b.prefix))
	b.prefix = tree
	return b, err
}

// Galera is the file with the replication of MariaDB's clusters, which is on the
// machine, in the cache, or fetched from the machine's package sources.
func Galera(ctx context.Context, say func(string)) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	tree := filepath.Join(cache, "galera")
	find := func() string {
		for _, pattern := range []string{
			"/usr/lib/galera/", "/usr/lib*/galera-4/", tree + "/usr/lib/galera/", tree + "/usr/lib/*/galera-4/",
		} {
			if m, _ := filepath.Glob(pattern + "libgalera_smm.so"); len(m) > 0 {
				return m[0]
			}
		}
		return ""
	}
	if file := find(); file != "" {
		return file, nil
	}
	lock, err := lockFile(ctx, tree+".lock", exclusive)
	if err != nil {
		return "", err
	}
	defer lock.release()
	if file := find(); file != "" {
		return file, nil
	}
	if say == nil {
		say = func(string) {}
	}
	say("Galera: not on this machine; fetching it from its package sources, once")
	// Its libraries are those that MariaDB's server needs itself.
	err = debs.Fetch(ctx, tree, debs.Request{Choices: [][]string{{"galera-4"}}, Attempts: 2, Say: say,
		Leave: []string{"lib*", "gcc*", "debconf*", "cdebconf*", "perl*", "*-base", "dpkg", "tar"}})
	if err != nil {
		return "", fmt.Errorf("no Galera could be fetched: %w. Install the package galera-4", err)
	}
	if file := find(); file != "" {
		return file, nil
	}
	return "", errors.New("the package galera-4 does not hold libgalera_smm.so")
}
