package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/transfer"
)

// outage is how a server goes away in the middle, and for how long.
type outage struct {
	name string
	ends func(context.Context, *testdb.Server) error
	long bool // it comes back when nobody waits for it any more
}

func crash(_ context.Context, s *testdb.Server) error { return s.Kill() }

func shutdown(ctx context.Context, s *testdb.Server) error { return s.Stop(ctx) }

// stage is how far a copy is, by what its target says of it.
type stage struct {
	name string
	is   func(rows int64, unfinished bool) bool
}

func someRows(rows int64, unfinished bool) bool { return unfinished && rows > 0 }

func begun(_ int64, unfinished bool) bool { return unfinished }

// program is a verb at work.
type program struct {
	said  bytes.Buffer // read it when it has ended
	ended chan error
}

func begin(t *testing.T, stdout io.Writer, args ...string) *program {
	t.Helper()
	p := &program{ended: make(chan error, 1)}
	cmd := exec.CommandContext(t.Context(), "larder", args...)
	cmd.Stdout, cmd.Stderr = stdout, &p.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- cmd.Wait() }()
	return p
}

// goesAway lets the server go away, and brings it back. The error is what the
// program ended with; done says that it was done before.
func (p *program) goesAway(t *testing.T, server *testdb.Server, o outage) (done bool, err error) {
	t.Helper()
	if err := o.ends(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	ended := false
	if o.long {
		err, ended = <-p.ended, true
	} else {
		select {
		case err = <-p.ended:
			ended = true
		default:
		}
	}
	if serr := server.Start(t.Context()); serr != nil {
		t.Fatal(serr)
	}
	if ended {
		return err == nil, err
	}
	return false, <-p.ended
}

// lastWords is the sentence that a program has ended with.
func lastWords(t *testing.T, p *program) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(p.said.String()), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "larder: ") || strings.Count(p.said.String(), "larder: ") != 1 {
		t.Errorf("not one sentence: %s", p.said.String())
	}
	return last
}

// A server that is restarted in the middle of what moves a database: it goes on, or
// ends with a sentence that says how to.
func TestAServerThatIsRestartedInTheMiddle(t *testing.T) {
	for _, e := range testdb.Engines() {
		if e == testdb.SQLite {
			continue // there is no server
		}
		t.Run(e, func(t *testing.T) {
			server := testdb.Private(t, e)
			t.Run("copy and restore", func(t *testing.T) { restartedInACopy(t, server) })
			t.Run("follow", func(t *testing.T) { restartedInAFollowedCopy(t, server) })
			t.Run("backup", func(t *testing.T) { restartedInABackup(t, server) })
		})
	}
}

// As the source or the target of a copy, or as the target of a restore: what had
// arrived is kept.
func restartedInACopy(t *testing.T, server *testdb.Server) {
	file := smallFile(t)
	archive := filepath.Join(t.TempDir(), "small.larder")
	if code, _, log := larder(t, "backup", archive, "--from", file); code != 0 {
		t.Fatal(log)
	}
	full := server.NewDatabase(t)
	if code, _, log := larder(t, "copy", "--quiet", "--from", file, "--to", full); code != 0 {
		t.Fatal(log)
	}
	anew := func(t *testing.T) string { return server.NewDatabase(t) }
	for _, c := range []struct {
		name   string
		target func(t *testing.T) string
		args   []string
		from   string
	}{
		{"the target of a copy", anew, []string{"copy", "--from", file}, file},
		{"the target of a restore", anew, []string{"restore", archive}, file},
		{"the source of a copy", func(t *testing.T) string { return "sqlite:///" + filepath.Join(t.TempDir(), "to.db") },
			[]string{"copy", "--from", full}, full},
	} {
		for _, o := range outages() {
			for _, s := range stages() {
				t.Run(c.name+" "+o.name+", when "+s.name, func(t *testing.T) {
					target := c.target(t)
					for try := 0; !restarted(t, server, o, s, target,
						append(c.args, "--to", target, "--quiet", "--batch-kb", "1")); try++ {
						if try == 20 {
							t.Fatal("it was always done before the server went away")
						}
						target = c.target(t)
					}
					if code, out, log := larder(t, "verify", "--from", c.from, "--to", target); code != 0 {
						t.Fatalf("%s%s", out, log)
					}
					if code, _, log := larder(t, "migrate", "check", "--database-url", target); code != 0 {
						t.Fatalf("the target's tables: %s", log)
					}
				})
			}
		}
	}
}

// restarted runs a copy to its end while its server goes away; false when it was
// done before.
func restarted(t *testing.T, server *testdb.Server, o outage, s stage, target string, args []string) bool {
	t.Helper()
	p := begin(t, io.Discard, args...)
	had, is := int64(0), false
	for !is && len(p.ended) == 0 {
		rows, unfinished := arrived(t, target)
		had, is = rows, s.is(rows, unfinished)
	}
	done, err := p.goesAway(t, server, o)
	if done {
		return false
	}
	if err == nil {
		t.Logf("with %d rows there, it went on", had)
		return true
	}
	if said := lastWords(t, p); !strings.Contains(said, "--resume") {
		t.Errorf("it does not say how to go on: %s", said)
	}
	got := takenUp(t, args...)
	if got.Kept < had {
		t.Errorf("%d rows had arrived, and only %d of them were kept", had, got.Kept)
	}
	t.Logf("with %d rows there, it ended, and kept %d: %s", had, got.Kept, p.said.String())
	return true
}

// A copy that follows its source has time: it goes on when the servers of both
// sides are back.
func restartedInAFollowedCopy(t *testing.T, server *testdb.Server) {
	from, to := server.NewDatabase(t), server.NewDatabase(t)
	if code, _, log := larder(t, "copy", "--quiet", "--from", smallFile(t), "--to", from); code != 0 {
		t.Fatal(log)
	}
	p := begin(t, io.Discard, "copy", "--quiet", "--follow", "--from", from, "--to", to)
	for copied := false; !copied; {
		if len(p.ended) > 0 {
			t.Fatalf("%v: %s", <-p.ended, p.said.String())
		}
		copied = follows(t, to)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eng := enginetest.Open(t, from, engine.Options{})
	change := engine.Statement{SQL: "UPDATE chat SET archived = NOT archived", Write: true}
	if _, err := eng.Exec(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if code, _, log := larder(t, "freeze", "--database-url", from); code != 0 {
		t.Fatal(log)
	}
	if err := <-p.ended; err != nil {
		t.Fatalf("%v: %s", err, p.said.String())
	}
	if code, out, log := larder(t, "verify", "--from", from, "--to", to); code != 0 {
		t.Fatalf("%s%s", out, log)
	}
}

// follows reports whether a copy into a database has brought all rows and goes on.
func follows(t *testing.T, url string) bool {
	t.Helper()
	eng := enginetest.Open(t, url, engine.Options{})
	defer eng.Close()
	u, err := transfer.LookUnfinished(t.Context(), eng)
	if err != nil {
		t.Fatal(err)
	}
	return u != nil && u.Copied
}

// A backup is of one moment, which a server that was restarted no longer has: it
// ends, leaves nothing that could be taken for an archive, and says what to do.
func restartedInABackup(t *testing.T, server *testdb.Server) {
	path := filepath.Join(t.TempDir(), "webui.db")
	unzip(t, "../../server/testdata/small.db.gz", path)
	// More than a pipe and all who write into it keep.
	change(t, path, `UPDATE chat SET meta = '{"noise": "' || hex(randomblob(500000)) || '"}'
		WHERE id IN (SELECT id FROM chat ORDER BY id LIMIT 12)`)
	from := server.NewDatabase(t)
	if code, _, log := larder(t, "copy", "--quiet", "--from", "sqlite:///"+path, "--to", from); code != 0 {
		t.Fatal(log)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := begin(t, w, "backup", "-", "--from", from)
	_ = w.Close() // the program has its own
	first := make([]byte, 1)
	if _, err := io.ReadFull(r, first); err != nil {
		t.Fatal(err)
	}
	if err := server.Kill(); err != nil { // it waits for a reader
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err == nil {
		t.Fatal("a backup of a server that was restarted says that it is whole")
	}
	if said := lastWords(t, p); !strings.Contains(said, "run it again") {
		t.Errorf("it does not say what to do: %s", said)
	}
	half, whole := filepath.Join(t.TempDir(), "half.larder"), filepath.Join(t.TempDir(), "whole.larder")
	if err := os.WriteFile(half, append(first, rest...), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, log := larder(t, "verify", half); code != 1 {
		t.Errorf("half an archive is verified: %d %s", code, log)
	}
	if code, _, log := larder(t, "backup", whole, "--from", from); code != 0 {
		t.Fatal(log)
	}
	if code, out, log := larder(t, "verify", whole); code != 0 {
		t.Fatalf("%s%s", out, log)
	}
}
