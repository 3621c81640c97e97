//go:build unix

package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is who runs a server; the zero value is the caller.
type account struct {
	uid, gid int
	other    bool // not the caller
}

// accountOf chooses who runs the engine. PostgreSQL refuses to run as root.
func accountOf(engine string) (account, error) {
	if os.Getuid() != 0 || engine != PostgreSQL {
		return account{uid: os.Getuid(), gid: os.Getgid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if errors.Join(err1, err2) == nil {
			return account{uid, gid, true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func (a account) attributes() *syscall.SysProcAttr {
	s := &syscall.SysProcAttr{Setsid: true}
	if a.other {
		s.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return s
}

// own gives a file to the account.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// reaches reports whether everybody may enter every directory above path.
func reaches(path string) bool {
	for d := filepath.Dir(path); ; d = filepath.Dir(d) {
		i, err := os.Stat(d)
		if err != nil || i.Mode().Perm()&0o001 == 0 {
			return false
		}
		if d == filepath.Dir(d) {
			return true
		}
	}
}

// within returns b as the account can run it: a fetched tree in a private
// directory, such as root's home, is copied below dir.
func (b binaries) within(dir string, a account) (binaries, error) {
	if !a.other || b.prefix == "" || reaches(b.server) {
		return b, nil
	}
	tree := filepath.Join(dir, "tree")
	if err := copyTree(b.prefix, tree, a); err != nil {
		return binaries{}, err
	}
	b.server = filepath.Join(tree, strings.TrimPrefix(b.server, b.prefix))
	b.prefix = tree
	return b, nil
}

// environment is all that a server gets to see of the caller's.
func (b binaries) environment(dir string) []string {
	path := os.Getenv("PATH")
	if b.member != nil && b.member.Path != "" {
		path = b.member.Path + string(filepath.ListSeparator) + path
	}
	return b.environ([]string{"PATH=" + path, "LC_ALL=C", "HOME=" + dir, "TMPDIR=" + dir})
}

// command is what runs the server on the data below dir.
func (b binaries) command(dir string, port int) []string {
	if b.member == nil {
		return b.alone(dir, port)
	}
	// What holds for one start only is in a file, because the guardian knows one command.
	return append([]string{"sh", "-c", `exec "$@" $(cat "$0")`, filepath.Join(dir, once)},
		append(b.alone(dir, port), b.member.Arguments(dir, port)...)...)
}

// alone is the command of a server that knows of no other.
func (b binaries) alone(dir string, port int) []string {
	data := filepath.Join(dir, "data")
	if b.engine == PostgreSQL {
		sockets := dir
		if len(dir) > 85 { // a socket's path must fit into 107 bytes
			sockets = ""
		}
		args := []string{"-D", data, "-p", strconv.Itoa(port)}
		written := "off"
		if b.keeps {
			written = "on" // to the system, which a kill does not touch; not to the disk
		}
		for _, s := range []string{
			"listen_addresses=127.0.0.1", "unix_socket_directories=" + sockets,
			"max_connections=300", "shared_buffers=128MB",
			// The data does not outlive the server, so nothing needs to reach a disk.
			"fsync=off", "synchronous_commit=" + written, "full_page_writes=" + written,
			"wal_level=minimal", "max_wal_senders=0", "max_wal_size=1GB", "autovacuum=off",
			// Shared memory as files of the data directory vanishes with it, also after a kill.
			"dynamic_shared_memory_type=mmap", "logging_collector=off", "jit=off",
		} {
			args = append(args, "-c", s)
		}
		return b.argv(b.server, args...)
	}
	log, twice := "0", "OFF"
	if b.keeps {
		log, twice = "2", "ON"
	}
	args := append(b.common(data),
		"--port="+strconv.Itoa(port), "--bind-address=127.0.0.1",
		"--socket="+filepath.Join(dir, "sock"), "--pid-file="+filepath.Join(dir, "server.pid"),
		"--init-file="+filepath.Join(dir, "init.sql"), "--max-connections=300", "--skip-name-resolve", "--skip-log-bin",
		"--innodb-flush-log-at-trx-commit="+log, "--innodb-doublewrite="+twice, "--innodb-flush-method=nosync",
		"--performance-schema=OFF", "--innodb-buffer-pool-size=128M")
	if b.engine == MySQL {
		// The server's collation stays the one its makers chose, here and for MariaDB:
		// DDL that forgets to name one shall be seen.
		args = append(args, "--skip-mysqlx", "--secure-file-priv=", "--max-allowed-packet=64M")
	}
	return b.argv(b.server, args...)
}

// common are the options of MySQL and MariaDB that hold for the first
// initialisation too.
func (b binaries) common(data string) []string {
	args := []string{"--no-defaults", "--datadir=" + data}
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	share := b.share()
	if b.prefix != "" {
		args = append(args, "--basedir="+filepath.Join(b.prefix, "usr"), "--lc-messages-dir="+share,
			"--character-sets-dir="+filepath.Join(share, "charsets"), "--plugin-dir="+b.plugins())
	}
	if b.engine == MySQL {
		args = append(args, "--loose-innodb-redo-log-capacity=64M", "--innodb-use-native-aio=OFF")
	} else {
		args = append(args, "--innodb-log-file-size=16M", "--innodb-use-native-aio=OFF")
	}
	return args
}

// share is the directory with the server's SQL files and messages.
func (b binaries) share() string {
	root := filepath.Dir(filepath.Dir(b.server))
	for _, d := range []string{"share/mysql", "share/mariadb", "share/mysql-8.4", "share/mysql-8.0", "share"} {
		if _, err := os.Stat(filepath.Join(root, d, "charsets")); err == nil {
			return filepath.Join(root, d)
		}
	}
	return filepath.Join(root, "share/mysql")
}

func (b binaries) plugins() string {
	root := filepath.Dir(filepath.Dir(b.server))
	m, _ := filepath.Glob(filepath.Join(root, "lib/*-linux-*/mariadb*/plugin"))
	for _, d := range append(m, filepath.Join(root, "lib/mysql/plugin"), filepath.Join(root, "lib/mariadb/plugin")) {
		if i, err := os.Stat(d); err == nil && i.IsDir() {
			return d
		}
	}
	return filepath.Join(root, "lib/mysql/plugin")
}

// users is run at each start of MySQL and MariaDB.
const users = "CREATE USER IF NOT EXISTS 'test'@'%' IDENTIFIED BY 'test';\n" +
	"GRANT ALL ON *.* TO 'test'@'%' WITH GRANT OPTION;\n"

// ending is the signal that ends a server whose data nobody needs.
func (b binaries) ending() string {
	// A manager that was started in the background does not hear of QUIT.
	if b.engine == PostgreSQL && (b.member == nil || b.member.Manager == nil) {
		return "QUIT" // "immediate": it takes its children along
	}
	return "KILL"
}

// initialise makes a data directory, dir/data.
func (b binaries) initialise(ctx context.Context, dir string, a account) error {
	b, err := b.within(dir, a)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	switch b.engine {
	case PostgreSQL:
		return b.run(ctx, dir, a, nil, b.argv(filepath.Join(filepath.Dir(b.server), "initdb"),
			"-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"))
	case MySQL:
		return b.run(ctx, dir, a, nil, b.argv(b.server, append(b.common(data), "--initialize-insecure")...))
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	sql, err := b.systemTables()
	if err != nil {
		return err
	}
	return b.run(ctx, dir, a, sql, b.argv(b.server, append(b.common(data), "--bootstrap",
		"--log-warnings=0", "--enforce-storage-engine=", "--max-allowed-packet=8M", "--net-buffer-length=16K")...))
}

// systemTables reads the statements that make MariaDB's own tables, as its
// installation script feeds them to the server, less the help texts.
func (b binaries) systemTables() (io.Reader, error) {
	out := bytes.NewBufferString("create database if not exists mysql;\nuse mysql;\nSET @auth_root_socket=NULL;\n")
	share := b.share()
	for _, names := range [][2]string{
		{"mariadb_system_tables.sql", "mysql_system_tables.sql"},
		{"mariadb_performance_tables.sql", "mysql_performance_tables.sql"},
		{"mariadb_system_tables_data.sql", "mysql_system_tables_data.sql"},
		{"maria_add_gis_sp_bootstrap.sql", "maria_add_gis_sp_bootstrap.sql"},
		{"mariadb_sys_schema.sql", "mysql_sys_schema.sql"},
	} {
		text, err := os.ReadFile(filepath.Join(share, names[0]))
		if err != nil {
			if text, err = os.ReadFile(filepath.Join(share, names[1])); err != nil {
				return nil, err
			}
		}
		out.Write(text)
		out.WriteByte('\n')
	}
	return out, nil
}

// run runs a program of the engine to its end.
func (b binaries) run(ctx context.Context, dir string, a account, stdin io.Reader, argv []string) error {
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Dir, c.Env, c.SysProcAttr, c.Stdin = dir, b.environment(dir), a.attributes(), stdin
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(b.server), err, tail(string(out)))
	}
	return nil
}

// tail is the end of what a program said.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " / ")
}
