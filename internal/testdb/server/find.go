//go:build unix

package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larder-db/larder/internal/testdb/debs"
)

// binaries are the programs of one engine.
type binaries struct {
	engine string
	server string // postgres, mysqld or mariadbd
	prefix string // the root of a fetched tree; empty for an installed server
	keeps  bool   // what was committed outlives a kill of the server
	member *Member
}

// installed looks for the server on the machine.
func installed(ctx context.Context, engine string) (binaries, bool) {
	if slices.Contains(strings.Split(os.Getenv("LARDER_TESTDB_FETCH"), ","), engine) {
		return binaries{}, false
	}
	var candidates []string
	switch engine {
	case PostgreSQL:
		if d := os.Getenv("PGBIN"); d != "" {
			candidates = append(candidates, filepath.Join(d, "postgres"))
		}
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
		slices.SortFunc(found, func(a, b string) int { return major(b) - major(a) })
		candidates = append(candidates, found...)
		candidates = append(candidates, inPath("postgres")...)
	case MySQL:
		candidates = append([]string{os.Getenv("MYSQLD")}, inPath("mysqld")...)
	case MariaDB:
		candidates = append([]string{os.Getenv("MARIADBD")}, inPath("mariadbd")...)
	}
	for _, c := range candidates {
		i, err := os.Stat(c)
		if c == "" || err != nil || i.IsDir() || i.Mode()&0o111 == 0 {
			continue
		}
		b := binaries{engine: engine, server: c}
		if engine == PostgreSQL {
			file, err := filepath.EvalSymlinks(c) // initdb is beside the real file only
			if err != nil {
				continue
			}
			b.server = file
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), "initdb")); err != nil {
				continue
			}
		} else if !b.isEngine(ctx) {
			continue
		}
		return b, true
	}
	return binaries{}, false
}

// inPath finds a program in PATH and in the directories of servers that an
// ordinary user's PATH leaves out.
func inPath(name string) []string {
	var all []string
	dirs := filepath.SplitList(os.Getenv("PATH"))
	for _, d := range append(dirs, "/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/mysql/bin") {
		if d != "" {
			all = append(all, filepath.Join(d, name))
		}
	}
	return all
}

// major is the number in /usr/lib/postgresql/15/bin/postgres.
func major(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// isEngine tells MySQL from MariaDB, which installs a mysqld as well.
func (b binaries) isEngine(ctx context.Context) bool {
	if file, err := filepath.EvalSymlinks(b.server); err == nil && filepath.Base(file) == "mariadbd" {
		return b.engine == MariaDB
	}
	v, err := b.version(ctx)
	return err == nil && strings.Contains(strings.ToLower(v), "mariadb") == (b.engine == MariaDB)
}

// version is what the server program says with --version, remembered in the
// cache as long as the file is the same: every test asks for it.
func (b binaries) version(ctx context.Context) (string, error) {
	id, err := b.identity()
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	memo := filepath.Join(cache, "version-"+id)
	if text, err := os.ReadFile(memo); err == nil && len(text) > 0 {
		return string(text), nil
	}
	argv := b.argv(b.server, "--version")
	if b.engine != PostgreSQL {
		argv = b.argv(b.server, "--no-defaults", "--version")
	}
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Env = b.environ(os.Environ())
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", b.server, err)
	}
	text := strings.TrimSpace(string(out))
	return text, writeFile(memo, text)
}

// identity is a short name of this very server program.
func (b binaries) identity() (string, error) {
	i, err := os.Stat(b.server)
	if err != nil {
		return "", err
	}
	return digest(b.server, strconv.FormatInt(i.Size(), 10), i.ModTime().UTC().Format(time.RFC3339Nano)), nil
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:6])
}

// argv is the command that runs a program of the engine. Programs of a fetched
// tree run through the tree's own loader, so that the tree may be of a newer
// release than the machine. PostgreSQL is of the machine's own release: it
// starts programs of its own, which a loader in front would not cover.
func (b binaries) argv(program string, args ...string) []string {
	if b.prefix == "" || b.engine == PostgreSQL {
		return append([]string{program}, args...)
	}
	return append([]string{b.loader(), "--library-path", strings.Join(b.libraries(), ":"), program}, args...)
}

// environ adds what the programs need to env.
func (b binaries) environ(env []string) []string {
	if b.prefix != "" && b.engine == PostgreSQL {
		return append(env, "LD_LIBRARY_PATH="+strings.Join(b.libraries(), ":"))
	}
	return env
}

func (b binaries) loader() string {
	for _, dir := range []string{"usr/lib/*", "lib/*", "usr/lib64", "lib64", "usr/lib", "lib"} {
		if m, _ := filepath.Glob(filepath.Join(b.prefix, dir, "ld-linux*.so.*")); len(m) > 0 {
			return m[0]
		}
	}
	return ""
}

// libraries are the directories of a fetched tree that hold shared libraries.
func (b binaries) libraries() []string {
	var dirs []string
	for _, pattern := range []string{
		"usr/lib/*-linux-*", "lib/*-linux-*", "usr/lib/*-linux-*/*",
		"usr/lib/mysql/private", "usr/lib/*-linux-*/mysql/private",
	} {
		m, _ := filepath.Glob(filepath.Join(b.prefix, pattern))
		for _, d := range m {
			if libs, _ := filepath.Glob(filepath.Join(d, "lib*.so.*")); len(libs) > 0 {
				dirs = append(dirs, d)
			}
		}
	}
	return dirs
}

// tool finds another program of the engine, the first of names that is there:
// beside the server, in the fetched tree, or in PATH.
func (b binaries) tool(names ...string) (string, bool) {
	for _, name := range names {
		places := []string{filepath.Join(filepath.Dir(b.server), name)}
		if b.prefix != "" {
			places = append(places, filepath.Join(b.prefix, "usr/bin", name), filepath.Join(b.prefix, "usr/sbin", name))
		} else {
			places = append(places, filepath.Join(filepath.Dir(filepath.Dir(b.server)), "bin", name))
		}
		for _, p := range places {
			if i, err := os.Stat(p); err == nil && !i.IsDir() {
				return p, true
			}
		}
		if b.prefix == "" {
			if p, err := exec.LookPath(name); err == nil {
				return p, true
			}
		}
	}
	return "", false
}

// locate finds the engine's server on the machine or in the cache, or fetches it.
func locate(ctx context.Context, engine string, say func(string)) (binaries, error) {
	if b, ok := installed(ctx, engine); ok {
		return b, nil
	}
	b, err := fetched(ctx, engine, say)
	if err != nil {
		return binaries{}, fmt.Errorf("%w. %s", err, Ways(engine))
	}
	return b, nil
}

// fetchAgain is how long a failed fetch is not tried again: every test of a
// run would otherwise wait for the same timeout.
const fetchAgain = 2 * time.Minute

// fetched returns the server of the cached tree, which it fetches first when
// it is not there.
func fetched(ctx context.Context, engine string, say func(string)) (binaries, error) {
	cache, err := cacheDir()
	if err != nil {
		return binaries{}, err
	}
	b := binaries{engine: engine, prefix: filepath.Join(cache, engine)}
	if b.complete() {
		return b, nil
	}
	lock, err := lockFile(ctx, filepath.Join(cache, engine+".lock"), exclusive)
	if err != nil {
		return binaries{}, err
	}
	defer lock.release()
	if b.complete() { // another process was faster
		return b, nil
	}
	failure := filepath.Join(cache, engine+".failed")
	if text, err := os.ReadFile(failure); err == nil {
		if i, err := os.Stat(failure); err == nil && time.Since(i.ModTime()) < fetchAgain {
			return binaries{}, fmt.Errorf("%s (tried a moment ago)", text)
		}
	}
	if err := os.RemoveAll(b.prefix); err != nil { // half a tree of an earlier day
		return binaries{}, err
	}
	say(Title(engine) + ": no server on this machine; fetching one from its package sources, once")
	request := request(engine)
	request.Say = func(s string) { say(Title(engine) + ": " + s) }
	request.Prune = prune
	err = debs.Fetch(ctx, b.prefix, request)
	if err == nil && !b.complete() {
		err = errors.New("the packages do not hold a server program")
	}
	if err == nil && engine != PostgreSQL && !b.isEngine(ctx) {
		err = fmt.Errorf("the packages hold another engine's server than %s", Title(engine))
	}
	if err == nil {
		return b, nil
	}
	err = fmt.Errorf("no %s server could be fetched: %w", Title(engine), err)
	_ = os.RemoveAll(b.prefix)
	if ctx.Err() == nil {
		_ = writeFile(failure, err.Error())
	}
	return binaries{}, err
}

// ForgetFailure makes the next use of engine try a fetch that failed a moment ago.
func ForgetFailure(engine string) error {
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	err = os.Remove(filepath.Join(cache, engine+".failed"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// complete reports whether the tree is there, and fills in the server.
func (b *binaries) complete() bool {
	pattern := map[string]string{
		PostgreSQL: "usr/lib/postgresql/*/bin/postgres",
		MySQL:      "usr/sbin/mysqld",
		MariaDB:    "usr/sbin/mariadbd",
	}[b.engine]
	m, _ := filepath.Glob(filepath.Join(b.prefix, pattern))
	if len(m) == 0 {
		return false
	}
	slices.SortFunc(m, func(x, y string) int { return major(y) - major(x) })
	b.server = m[0]
	return true
}

// request says which packages hold the engine's server.
func request(engine string) debs.Request {
	// Packages that servers depend on for their installation, not for running.
	r := debs.Request{Attempts: 2, Leave: []string{
		"perl*", "libperl*", "*-base", "debconf*", "cdebconf*", "mecab-*", "tar", "dpkg", "adduser",
		"passwd", "login*", "ucf", "sensible-utils", "init-system-helpers",
		"galera*", "rsync", "lsof", "psmisc", "socat", "iproute2",
	}}
	switch engine {
	case PostgreSQL:
		// The C library stays the machine's own, see argv.
		r.Leave = append(r.Leave, "libc6", "libc-bin", "libllvm*", "libclang*", "libz3-*", "postgresql-common*",
			"postgresql-client-common", "ssl-cert", "locales*", "libjson-perl", "netbase", "procps",
			"sysvinit-utils", "lsb-base", "openssl", "systemd*")
		for major := 20; major >= 13; major-- {
			n := strconv.Itoa(major)
			r.Choices = append(r.Choices, []string{"postgresql-" + n, "postgresql-client-" + n})
		}
	case MySQL:
		// Debian keeps Oracle's MySQL out of its releases but in its
		// unstable suite; Ubuntu has it in every release.
		for _, suffix := range []string{"", "-9.7", "-8.4", "-8.0"} {
			r.Choices = append(r.Choices, []string{"mysql-server-core" + suffix, "mysql-client-core" + suffix, "libc6"})
		}
		r.Suites = []string{"testing", "sid"}
	case MariaDB:
		r.Choices = [][]string{
			{"mariadb-server-core", "mariadb-client-core", "libc6"},
			{"mariadb-server-core-10.6", "mariadb-client-core-10.6", "libc6"},
			{"mariadb-server-core-10.5", "mariadb-client-core-10.5", "libc6"},
		}
	}
	return r
}

// prune removes what tests do not use, the half of MySQL's tree: converters of
// character sets, and programs other than servers and shells.
func prune(tree string) error {
	converters, _ := filepath.Glob(filepath.Join(tree, "usr/lib/*/gconv"))
	programs, _ := filepath.Glob(filepath.Join(tree, "usr/bin/*"))
	for _, p := range slices.Concat(converters, programs) {
		switch filepath.Base(p) {
		case "mysql", "mysqldump", "mariadb", "mariadb-dump":
			continue
		}
		if err := os.RemoveAll(p); err != nil {
			return err
		}
	}
	return nil
}

// cacheDir is where fetched trees and initialised data directories stay.
func cacheDir() (string, error) {
	dir := os.Getenv("LARDER_TESTDB_CACHE")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil { // a user without a home
			base = filepath.Join(os.TempDir(), "larder-testdb-cache-"+strconv.Itoa(os.Getuid()))
		}
		dir = filepath.Join(base, "larder-testdb")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}
