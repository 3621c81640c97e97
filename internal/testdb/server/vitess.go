//go:build unix

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// vitessVersion is the version of the Go module vitess.io/vitess that is built.
const vitessVersion = "v0.24.4"

// Gate is a gate of Vitess with its tablets and its topology, all in one process
// (vtcombo), before a server of MySQL that holds the shards as databases.
type Gate struct {
	*Beside
	port int
}

// NewGate starts a gate with one keyspace, whose shards are databases of the
// server named "vt_", the keyspace, "_" and the shard. vschema says in JSON how
// rows are divided; empty for a keyspace of one shard. The program is in the
// cache, or built from its Go module.
func NewGate(ctx context.Context, to *Private, keyspace string, shards []string, vschema string,
	say func(string)) (*Gate, error) {
	programs, err := vitess(ctx, say, "vtcombo")
	if err != nil {
		return nil, err
	}
	a, err := accountOf(PostgreSQL) // it does not run as root either
	if err != nil {
		return nil, err
	}
	g := &Gate{}
	if g.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	web, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	type shard struct {
		Name string `json:"name"`
	}
	var all []shard
	for _, s := range shards {
		all = append(all, shard{s})
	}
	topology, err := json.Marshal(map[string]any{
		"keyspaces": []any{map[string]any{"name": keyspace, "shards": all}}, "cells": []string{"test"},
	})
	if err != nil {
		return nil, err
	}
	// By way of a socket: where a server has an address, replicas look whether they follow it.
	if err := os.Chmod(to.Dir(), 0o711); err != nil {
		return nil, err
	}
	_, number, _ := strings.Cut(to.Endpoint().Version, " ")
	args := []string{
		"--json-topo", string(topology), "--mycnf-server-id=1", "--tablet-types-to-wait=PRIMARY",
		"--db-socket=" + filepath.Join(to.Dir(), "sock"),
		"--mysql-server-version=" + number, "--mysql-auth-server-impl=none",
		"--mysql-server-bind-address=127.0.0.1", "--mysql-server-port=" + strconv.Itoa(g.port),
		"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(web),
		"--tablet-refresh-interval=10s", "--queryserver-config-schema-reload-time=60s", "--log-format=text",
	}
	name, password := to.Endpoint().User()
	for _, user := range []string{"app", "dba", "allprivs", "appdebug", "filtered", "repl"} {
		args = append(args, "--db-"+user+"-user="+name, "--db-"+user+"-password="+password)
	}
	g.Beside, err = startBeside(ctx, "vitess", a, func(dir string) (ordered, error) {
		own := filepath.Join(dir, "vtcombo") // the cache may be where the account may not look
		err := errors.Join(copyFile(filepath.Join(programs, "vtcombo"), own, 0o755),
			os.MkdirAll(filepath.Join(dir, "tmp"), 0o755))
		argv := append([]string{own}, args...)
		if vschema != "" {
			schemas := filepath.Join(dir, "schemas")
			argv = append(argv, "--schema-dir="+schemas)
			err = errors.Join(err, os.MkdirAll(filepath.Join(schemas, keyspace), 0o755),
				os.WriteFile(filepath.Join(schemas, keyspace, "vschema.json"), []byte(vschema), 0o644))
		}
		return ordered{argv: argv, env: []string{"VTDATAROOT=" + dir}}, err
	})
	if err != nil {
		return nil, err
	}
	gate := local(MySQL, g.port)
	if err := g.Until(ctx, func(ctx context.Context) error {
		db, err := gate.Open(keyspace)
		if err != nil {
			return err
		}
		defer closeDB(db)
		_, err = db.ExecContext(ctx, "SHOW TABLES") // which it asks a primary for
		return err
	}); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// URL is the address of the keyspace.
func (g *Gate) URL(keyspace string) string { return local(MySQL, g.port).URL(keyspace) }

// vitess is the directory with programs of Vitess, which are in the cache, or
// built from its Go module.
func vitess(ctx context.Context, say func(string), programs ...string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "vitess-"+vitessVersion)
	lacking := func() []string {
		return slices.DeleteFunc(slices.Clone(programs), func(name string) bool {
			_, err := os.Stat(filepath.Join(dir, name))
			return err == nil
		})
	}
	if len(lacking()) == 0 {
		return dir, nil
	}
	lock, err := lockFile(ctx, filepath.Join(cache, "vitess.lock"), exclusive)
	if err != nil {
		return "", err
	}
	defer lock.release()
	names := lacking()
	if len(names) == 0 {
		return dir, nil
	}
	if say != nil {
		say("Vitess: not in the cache: " + strings.Join(names, ", ") + "; building " + vitessVersion +
			" of its Go module, once, which takes minutes")
	}
	// Its go.mod excludes versions, so that "go install" does not take it: it is built where it lies.
	get := exec.CommandContext(ctx, "go", "mod", "download", "-json", "vitess.io/vitess@"+vitessVersion)
	get.Dir = cache
	said, err := run(get)
	if err != nil {
		return "", fmt.Errorf("the module vitess.io/vitess cannot be had: %w", err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(said), &module); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(cache, "vitess-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	args := []string{"build", "-ldflags=-s -w", "-o", fresh + "/"}
	for _, name := range names {
		args = append(args, "./go/cmd/"+name)
	}
	build := exec.CommandContext(ctx, "go", args...)
	build.Dir = module.Dir
	if _, err := run(build); err != nil {
		return "", fmt.Errorf("build Vitess: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range names {
		if err := os.Rename(filepath.Join(fresh, name), filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// run runs a command to its end and returns what it said.
func run(c *exec.Cmd) (string, error) {
	c.Env = append(os.Environ(), "GOFLAGS=-trimpath", "GOWORK=off")
	var wrong strings.Builder
	c.Stderr = &wrong
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(c.Args[:2], " "), err, tail(wrong.String()))
	}
	return string(out), nil
}
