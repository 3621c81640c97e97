//go:build unix

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/testdb/debs"
)

// Keeper is etcd, where the managers of PostgreSQL's servers, which are Patroni,
// agree on who leads.
type Keeper struct {
	*Beside
	port int
	tree binaries // Patroni, HAProxy and etcd, where the servers' account may look
}

// NewKeeper starts etcd. The programs are in the cache, or fetched from the
// machine's package sources.
func NewKeeper(ctx context.Context, say func(string)) (*Keeper, error) {
	fetched, err := patroni(ctx, say)
	if err != nil {
		return nil, err
	}
	a, err := accountOf(PostgreSQL)
	if err != nil {
		return nil, err
	}
	k := &Keeper{}
	if k.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	peers, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	k.Beside, err = startBeside(ctx, "etcd", a, func(dir string) (ordered, error) {
		k.tree = binaries{engine: PostgreSQL, prefix: filepath.Join(dir, "tree")}
		if err := copyTree(fetched, k.tree.prefix, a); err != nil {
			return ordered{}, err
		}
		own, other := fmt.Sprintf("http://127.0.0.1:%d", k.port), fmt.Sprintf("http://127.0.0.1:%d", peers)
		return ordered{argv: []string{
			filepath.Join(k.tree.prefix, "usr/bin/etcd"),
			"--name=keeper", "--data-dir=" + filepath.Join(dir, "data"), "--unsafe-no-fsync",
			"--listen-client-urls=" + own, "--advertise-client-urls=" + own,
			"--listen-peer-urls=" + other, "--initial-advertise-peer-urls=" + other,
			"--initial-cluster=keeper=" + other,
		}}, nil
	})
	if err != nil {
		return nil, err
	}
	if err := k.Until(ctx, listens(k.port)); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

// Manager is a [Member.Manager]: Patroni, which answers questions on the port rest.
// Nothing but what it does without being told differs from its own defaults,
// except that it is as quick as it can be told to be.
func (k *Keeper) Manager(name string, rest int,
	parameters map[string]string) func(string, int, string) ([]string, error) {
	return func(dir string, port int, bin string) ([]string, error) {
		type object = map[string]any
		address, answers := "127.0.0.1:"+strconv.Itoa(port), "127.0.0.1:"+strconv.Itoa(rest)
		text, err := json.Marshal(object{ // which is YAML
			"scope": "larder", "name": name,
			"restapi": object{"listen": answers, "connect_address": answers},
			"etcd3":   object{"host": "127.0.0.1:" + strconv.Itoa(k.port)},
			"bootstrap": object{
				"dcs": object{
					"ttl": 20, "loop_wait": 1, "retry_timeout": 3, "synchronous_mode": true,
					"postgresql": object{"parameters": parameters},
				},
				"initdb": []any{object{"auth": "trust"}, object{"encoding": "UTF8"}, object{"locale": "C"}, "no-sync"},
			},
			"postgresql": object{
				"listen": address, "connect_address": address, "bin_dir": bin, "data_dir": filepath.Join(dir, "data"),
				"authentication": object{
					"superuser": object{"username": "postgres"}, "replication": object{"username": "postgres"},
				},
				"parameters": object{"unix_socket_directories": ""},
				"basebackup": []any{object{"checkpoint": "fast"}, "no-sync"},
			},
		})
		if err != nil {
			return nil, err
		}
		file, tree := filepath.Join(dir, "patroni.yml"), k.tree.prefix
		python, _ := filepath.Glob(filepath.Join(tree, "usr/bin/python3.*"))
		if len(python) == 0 {
			return nil, errors.New("there is no Python with Patroni")
		}
		const start = `LD_LIBRARY_PATH=$0${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} PYTHONHOME=$1 PYTHONPATH=$2
export LD_LIBRARY_PATH PYTHONHOME PYTHONPATH; shift 2; exec "$@"`
		return []string{
			"sh", "-c", start, strings.Join(k.tree.libraries(), ":"),
			filepath.Join(tree, "usr"), filepath.Join(tree, "usr/lib/python3/dist-packages"),
			python[0], filepath.Join(tree, "usr/bin/patroni"), file,
		}, os.WriteFile(file, text, 0o644)
	}
}

// Proxy starts HAProxy before servers at these addresses whose managers answer at
// these ports. It listens on port, and leads to the one that is the primary.
func (k *Keeper) Proxy(ctx context.Context, servers []string, managers []int) (proxy *Beside, port int, err error) {
	if port, err = freePort(ctx); err != nil {
		return nil, 0, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "global\n maxconn 500\ndefaults\n mode tcp\n retries 2\n timeout client 30m\n timeout server 30m\n timeout connect 4s\n timeout check 2s\n"+
		"listen primary\n bind 127.0.0.1:%d\n option httpchk OPTIONS /primary\n http-check expect status 200\n"+
		" default-server inter 500ms fall 3 rise 1 on-marked-down shutdown-sessions\n", port)
	for i := range servers {
		fmt.Fprintf(&text, " server n%d %s check port %d\n", i, servers[i], managers[i])
	}
	own := account{uid: os.Getuid(), gid: os.Getgid()}
	proxy, err = startBeside(ctx, "haproxy", own, func(dir string) (ordered, error) {
		file := filepath.Join(dir, "haproxy.cfg")
		return ordered{
			argv: []string{filepath.Join(k.tree.prefix, "usr/sbin/haproxy"), "-db", "-f", file},
			env:  []string{"LD_LIBRARY_PATH=" + strings.Join(k.tree.libraries(), ":")},
		}, os.WriteFile(file, []byte(text.String()), 0o644)
	})
	if err != nil {
		return nil, 0, err
	}
	if err := proxy.Until(ctx, listens(port)); err != nil {
		return nil, 0, errors.Join(err, proxy.Close())
	}
	return proxy, port, nil
}

// patroni is the tree with Patroni, etcd and HAProxy.
func patroni(ctx context.Context, say func(string)) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	tree := filepath.Join(cache, "patroni")
	lock, err := lockFile(ctx, tree+".lock", exclusive)
	if err != nil {
		return "", err
	}
	defer lock.release()
	err = debs.Fetch(ctx, tree, debs.Request{
		Choices: [][]string{{"patroni", "etcd-server", "haproxy"}}, Attempts: 2, Say: say,
		Leave: []string{
			"libc6*", "gcc*", "debconf*", "cdebconf*", "perl*", "*-base", "dpkg", "tar", "postgresql*", "sysvinit*",
			"init-*", "adduser", "passwd", "login*", "systemd*", "tzdata", "readline-common", "ca-certificates",
			"openssl", "procps", "libsystemd-shared*",
		}})
	if err != nil {
		return "", fmt.Errorf("no Patroni could be fetched: %w", err)
	}
	return tree, nil
}
