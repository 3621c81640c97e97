//go:build unix

package server

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// Client returns the engine's own shell, connected to a database of the
// server: it runs the SQL it reads and stops at the first error with a status
// other than 0. The caller gives it its input and starts it.
func (e Endpoint) Client(ctx context.Context, database string, say func(string)) (*exec.Cmd, error) {
	if say == nil {
		say = func(string) {}
	}
	b, err := locate(ctx, e.Engine, say)
	if err != nil {
		return nil, err
	}
	name, password := e.User()
	var argv []string
	var env string
	switch e.Engine {
	case PostgreSQL:
		psql, ok := b.tool("psql")
		if !ok {
			return nil, fmt.Errorf("no psql beside %s; install the package postgresql-client", b.server)
		}
		argv = b.argv(psql, "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1",
			e.withoutPassword().URL(database))
		env = "PGPASSWORD=" + password
	default:
		shell, ok := b.tool(e.Engine, "mysql")
		if !ok {
			return nil, fmt.Errorf("no shell of %s beside %s", Title(e.Engine), b.server)
		}
		args := []string{"--no-defaults", "--protocol=tcp",
			"--host=" + e.Host(), "--port=" + strconv.Itoa(e.Port()), "--user=" + name,
			"--default-character-set=utf8mb4", "--batch", "--skip-column-names", "--database=" + database}
		if b.prefix != "" {
			args = append(args, "--character-sets-dir="+b.share()+"/charsets")
		}
		if e.Engine == MySQL {
			args = append(args, "--get-server-public-key") // a password without TLS
		}
		argv = b.argv(shell, args...)
		env = "MYSQL_PWD=" + password
	}
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Env = append(b.environ(os.Environ()), env)
	return c, nil
}
