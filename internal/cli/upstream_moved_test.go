//go:build upstream

package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// TestOpenWebUIOpensWhatWentRound takes a file of Open WebUI through all engines
// and back into a file, and has Open WebUI serve that beside us.
func TestOpenWebUIOpensWhatWentRound(t *testing.T) {
	bin := openWebUI(t)
	first := smallFile(t)
	url := first
	for _, e := range []string{testdb.PostgreSQL, testdb.MySQL, testdb.MariaDB, testdb.SQLite} {
		if !slices.Contains(testdb.Engines(), e) {
			continue
		}
		to := testdb.New(t, e).URL
		if code, _, log := larder(t, "copy", "--from", url, "--to", to); code != 0 {
			t.Fatalf("to %s: %s", e, log)
		}
		url = to
	}
	dir := t.TempDir()
	upstream := startUpstream(t, bin, dir, url)
	ours := startOurs(t, dir, url)
	opensChats(t, upstream, first)
	w := newScenario(t, ours, upstream)
	signRecorded(w)
	w.same = true
	w.reads(url)
	ours.stop()
	upstream.kill()
}

// opensChats signs a user in at Open WebUI, who finds the chats of a file in the
// list, and each of them as it is there.
func opensChats(t *testing.T, p *process, file string) {
	t.Helper()
	user := &side{process: p, tokens: map[string]string{}}
	user.tokens["user"] = user.sign("signin", recordedUser("bob@example.com"))
	eng := enginetest.Open(t, file, engine.Options{})
	defer eng.Close()
	type stored struct {
		ID   string `db:"id"`
		Chat string `db:"chat"`
	}
	chats, err := query.All[stored](t.Context(), eng,
		query.Select(tables.Chat.ID, tables.Chat.Chat).From(tables.Chat.Table).
			Join(tables.User.Table, tables.User.ID.EqTo(tables.Chat.UserID)).
			Where(tables.User.Email.Eq("bob@example.com"), tables.Chat.Archived.Eq(false), tables.Chat.Pinned.Eq(false),
				tables.Chat.FolderID.IsNull()))
	if err != nil {
		t.Fatal(err)
	}
	list := user.request("user", "GET", "/api/v1/chats/", "")
	for _, c := range chats {
		if list.status != http.StatusOK || !strings.Contains(list.text, `"id":"`+c.ID+`"`) {
			t.Errorf("chat %s is not in the list: %d %.300s", c.ID, list.status, list.text)
		}
		opened := user.request("user", "GET", "/api/v1/chats/"+c.ID, "")
		got, err := parse(opened.text)
		if err != nil || opened.status != http.StatusOK {
			t.Errorf("chat %s: %d %v", c.ID, opened.status, err)
			continue
		}
		want, err := parse(c.Chat)
		if err != nil {
			t.Fatal(err)
		}
		document, _ := got.(map[string]any)["chat"].(map[string]any)
		delete(document, "share_mode") // which is no part of the document, and comes with the answer
		if d := cmp.Diff(want, any(document)); d != "" {
			t.Errorf("chat %s (-first file +Open WebUI):\n%.1000s", c.ID, d)
		}
	}
	if len(chats) == 0 {
		t.Error("the file has no chat of the user")
	}
	t.Logf("%d chats were listed and opened", len(chats))
}

// recordedUser is the request with which somebody who was recorded signs in.
func recordedUser(email string) string {
	name, _, _ := strings.Cut(email, "@")
	return fmt.Sprintf(`{"email":%q,"password":"Passw0rd!%s"}`, email, name)
}

// signRecorded signs the users in who were recorded.
func signRecorded(w *scenario) {
	for who, email := range map[string]string{"admin": "ada@example.com", "user": "bob@example.com"} {
		w.a.tokens[who] = w.a.sign("signin", recordedUser(email))
	}
	if w.b != nil {
		w.b.tokens = w.a.tokens
	}
}

// TestOpenWebUIOpensWhatFollowed moves a database that is written to meanwhile to
// PostgreSQL, and has Open WebUI serve that.
func TestOpenWebUIOpensWhatFollowed(t *testing.T) {
	if !slices.Contains(testdb.Engines(), testdb.PostgreSQL) {
		t.Skip("there is no PostgreSQL in this run")
	}
	bin, dir := openWebUI(t), t.TempDir()
	from, to := smallFile(t), testdb.New(t, testdb.PostgreSQL).URL
	old := startOurs(t, dir, from)
	w := newScenario(t, old, nil)
	signRecorded(w)
	copying := exec.CommandContext(t.Context(), "larder", "copy", "--from", from, "--to", to, "--follow")
	var log bytes.Buffer
	copying.Stderr = &log
	if err := copying.Start(); err != nil {
		t.Fatal(err)
	}
	w.run("testdata/upstream.txt")
	if code, out, log := larder(t, "freeze", "--database-url", from, "--why", "to PostgreSQL"); code != 0 {
		t.Fatalf("%d %s%s", code, out, log)
	}
	if err := copying.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	old.stop()
	upstream := startUpstream(t, bin, dir, to)
	ours := startOurs(t, dir, to)
	both := w.beside(ours, upstream)
	both.reads(to)
	ours.stop()
	upstream.kill()
}

// TestOpenWebUIMigratesPastOurTables has Open WebUI's own migrations go down and
// up on a database that we have used: as it is, and after detach. Nothing of ours
// is in their way.
func TestOpenWebUIMigratesPastOurTables(t *testing.T) {
	bin := openWebUI(t)
	theirs(t, func(t *testing.T, db testdb.DB) {
		dir := t.TempDir()
		url := db.URL
		if code, _, log := larder(t, "copy", "--from", smallFile(t), "--to", url); code != 0 {
			t.Fatal(log)
		}
		ours := startOurs(t, dir, url)
		w := newScenario(t, ours, nil)
		signRecorded(w)
		w.run("testdata/upstream.txt")
		ours.stop()
		goThrough(t, bin, dir, url)
		if code, _, log := larder(t, "migrate", "check", "--database-url", url); code != 0 {
			t.Errorf("afterwards: %s", log)
		}
		if code, out, log := larder(t, "detach", "--yes", "--database-url", url); code != 0 {
			t.Errorf("%s%s", out, log)
		}
		if left := tablesOf(t, url); strings.Contains(left, "larder_") {
			t.Errorf("something of ours is left:\n%s", left)
		}
		goThrough(t, bin, dir, url)
		startOurs(t, dir, url).stop()
	})
}

// goThrough has Open WebUI's migrations take a database down by most of their
// revisions, and up to the head. Further down they fail of what is in the rows:
// tags of two users with one name.
func goThrough(t *testing.T, bin, dir, url string) {
	t.Helper()
	const steps = 48
	program, err := filepath.Abs("testdata/upstream_steps.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "python"), program, fmt.Sprint(steps))
	cmd.Dir, cmd.Env = dir, append(upstreamEnv(dir, url), "ENABLE_DB_MIGRATIONS=false")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, errs.String())
	}
	if down := strings.Count(string(out), "down at "); down < steps || strings.Contains(string(out), "fails") {
		t.Errorf("only %d steps down:\n%s", down, out)
	}
	if !strings.Contains(string(out), "up at 0bd252b206fb") {
		t.Errorf("it is not at the head:\n%s", out)
	}
}
