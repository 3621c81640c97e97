package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/tables"
)

const (
	oldRevision = "922e7a387820" // the twelfth
	oldChats    = 12
	signIn      = `{"email":"ada@example.com","password":"pw-ada"}`
)

// old makes a database at an early revision, with a user who has chats.
func old(t *testing.T, url string) {
	t.Helper()
	if code, _, errs := larder(t, "migrate", "upgrade", oldRevision, "--quiet", "--database-url", url); code != 0 {
		t.Fatal(errs)
	}
	eng := enginetest.Open(t, url, engine.Options{})
	hash, err := bcrypt.GenerateFromPassword([]byte("pw-ada"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	insert(t, eng, "INSERT INTO {user} ({id}, {name}, {email}, {role}, {profile_image_url}, {last_active_at}, {updated_at}, {created_at}) VALUES ('u1', 'Ada', 'ada@example.com', 'admin', '/x', 3, 2, 1)")
	insert(t, eng, "INSERT INTO {auth} ({id}, {email}, {password}, {active}) VALUES ('u1', 'ada@example.com', ?, TRUE)", string(hash))
	for i := range oldChats {
		doc := fmt.Sprintf(`{"title": "chat %[1]d", "history": {"currentId": "b", "messages": {"a": {"id": "a", "parentId": null, "childrenIds": ["b"], "role": "user", "content": "héllo %[1]d 🐍", "timestamp": 1700000000}, "b": {"id": "b", "parentId": "a", "childrenIds": [], "role": "assistant", "content": "ok", "timestamp": 1700000001}}}}`, i)
		insert(t, eng, "INSERT INTO {chat} ({id}, {user_id}, {title}, {chat}, {created_at}, {updated_at}, {archived}, {pinned}, {meta}) VALUES (?, 'u1', ?, ?, 1700000000, ?, FALSE, FALSE, '{}')",
			fmt.Sprintf("c%02d", i), fmt.Sprintf("chat %d", i), doc, 1700000000+i)
	}
	if err := eng.Close(); err != nil {
		t.Fatal(err)
	}
}

func insert(t *testing.T, eng *engine.Engine, sql string, args ...any) {
	t.Helper()
	if _, err := op.Run(t.Context(), eng, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// migrated signs the user of old in and reads what was there.
func migrated(t *testing.T, p *process) {
	t.Helper()
	if got := p.get("/ready", 200); !strings.Contains(got, tables.Head) {
		t.Errorf("/ready answers %s", got)
	}
	tok := token(t, p.send("POST", "/api/v1/auths/signin", "", signIn, 200))
	var list []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(p.send("GET", "/api/v1/chats/", tok, "", 200)), &list); err != nil ||
		len(list) != oldChats {
		t.Fatalf("%d chats, %v", len(list), err)
	}
	if list[0].ID != "c11" || list[0].Title != "chat 11" {
		t.Errorf("the first chat is %+v", list[0])
	}
	if got := p.send("GET", "/api/v1/chats/c05", tok, "", 200); !strings.Contains(got, "héllo 5 🐍") {
		t.Errorf("a chat is %s", got)
	}
}

// messages counts the rows that revision 31 makes of the chats.
func messages(t *testing.T, url string) {
	t.Helper()
	eng := enginetest.Open(t, url, engine.Options{})
	rows, err := op.Get(t.Context(), eng, "SELECT {id} FROM {chat_message}")
	if err != nil || len(rows) != 2*oldChats {
		t.Errorf("%d messages, %v", len(rows), err)
	}
}

// A database at an early revision is migrated and served; the log says what is
// going to happen before it does, and names the copy of a file.
func TestServeMigrates(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		old(t, db.URL)
		p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL)
		migrated(t, p)
		p.stop()
		messages(t, db.URL)
		log := p.text()
		at := 0
		for _, want := range []string{
			"msg=listening", `msg="the database will be migrated" from=922e7a387820 to=0bd252b206fb revisions=54`,
			"the plan: revision c1d2e3f4a5b6 destroys the rows of messages of snapshots", "msg=migrating number=1 of=54", "msg=migrating number=54 of=54",
			"msg=migrated revisions=54 took=", "msg=serving",
		} {
			n := strings.Index(log[at:], want)
			if n < 0 {
				t.Fatalf("the log does not say %q in its place:\n%s", want, log)
			}
			at += n
		}
		if n := strings.Count(log, "\n"); n > 54+30 {
			t.Errorf("%d lines of log", n)
		}
		copies := copiesOf(t, db)
		if (db.Engine == testdb.SQLite) != (len(copies) == 1) {
			t.Fatalf("copies: %v", copies)
		}
		if len(copies) == 1 {
			if !strings.Contains(log, "file="+copies[0]) {
				t.Errorf("the log does not name %s", copies[0])
			}
			if code, out, _ := larder(t, "migrate", "current", "--database-url", "sqlite:///"+copies[0]); code != 0 ||
				!strings.HasPrefix(out, oldRevision) {
				t.Errorf("the copy is at %s", out)
			}
		}
		again := start(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL)
		migrated(t, again)
		again.stop()
		if strings.Contains(again.text(), "migrat") {
			t.Errorf("the second start says\n%s", again.text())
		}
	})
}

// copiesOf lists the copies beside a database file.
func copiesOf(t *testing.T, db testdb.DB) []string {
	t.Helper()
	if db.Engine != testdb.SQLite {
		return nil
	}
	copies, err := filepath.Glob(strings.TrimPrefix(db.URL, "sqlite:///") + ".before-*")
	if err != nil {
		t.Fatal(err)
	}
	return copies
}

func TestServeWithoutACopy(t *testing.T) {
	db := testdb.New(t, testdb.SQLite)
	old(t, db.URL)
	p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL, "--no-snapshot")
	migrated(t, p)
	p.stop()
	if c := copiesOf(t, db); len(c) != 0 {
		t.Errorf("copies: %v", c)
	}
}

// Databases that Open WebUI has left at a revision are opened in place.
func TestServeMigratesRealDatabases(t *testing.T) {
	for _, id := range []string{"ca81bd47c050", "c440947495f3", "c92da83b017f"} {
		t.Run(id, func(t *testing.T) {
			dir := t.TempDir()
			unzip(t, "../../migrations/testdata/revisions/"+id+"/webui.db.gz", filepath.Join(dir, "webui.db"))
			p := start(t, nil, "--data-dir", dir)
			p.get("/ready", 200)
			p.get("/api/config", 200)
			p.stop()
			if code, out, errs := larder(t, "migrate", "check", "--data-dir", dir); code != 0 {
				t.Errorf("check: %s %s", out, errs)
			}
		})
	}
}

// Replicas that are started at once, on an empty database and on an old one,
// do it once and all serve.
func TestReplicasStartedAtOnce(t *testing.T) {
	const replicas = 6
	for _, c := range []struct {
		what, did string
		make      func(t *testing.T, url string)
	}{
		{"empty", "the database was created", func(*testing.T, string) {}},
		{"old", "msg=migrated ", old},
	} {
		t.Run(c.what, func(t *testing.T) {
			testdb.Each(t, func(t *testing.T, db testdb.DB) {
				c.make(t, db.URL)
				dir := t.TempDir()
				procs := make([]*process, replicas)
				var wg sync.WaitGroup
				for i := range procs {
					wg.Go(func() { procs[i] = run(t, nil, "--data-dir", dir, "--database-url", db.URL) })
				}
				wg.Wait()
				did := 0
				for _, p := range procs {
					m := p.says(`msg=serving address=http://(\S+)`)
					if m == nil {
						t.Fatalf("serve ended: %v\n%s", p.err, p.text())
					}
					p.addr = m[1]
					p.get("/ready", 200)
					did += strings.Count(p.text(), c.did)
				}
				if did != 1 {
					t.Errorf("%q was said %d times", c.did, did)
				}
				if c.what == "old" {
					migrated(t, procs[replicas-1])
				} else {
					tok := token(t, procs[0].send("POST", "/api/v1/auths/signup", "", ada, 200))
					procs[1].send("GET", "/api/v1/auths/", tok, "", 200)
				}
				for _, p := range procs {
					p.stop()
				}
			})
		})
	}
}

// A server that is killed in the middle of a migration, or told to stop, goes
// on from there when it is started again.
func TestServeIsEndedInTheMiddle(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		old(t, db.URL)
		dir := t.TempDir()
		for _, n := range []int{2, 9, 17, 28, 41} { // of 54 at first
			p := run(t, nil, "--data-dir", dir, "--database-url", db.URL)
			if p.says(fmt.Sprintf("msg=migrating number=%d |msg=serving", n)) == nil {
				t.Fatalf("serve ended: %v\n%s", p.err, p.text())
			}
			if n%2 == 0 {
				p.kill()
				continue
			}
			p.stop() // with status 0
			if log := p.text(); !strings.Contains(log, "msg=serving") &&
				!strings.Contains(log, "the next start goes on from there") {
				t.Errorf("the log says\n%s", log)
			}
		}
		p := start(t, nil, "--data-dir", dir, "--database-url", db.URL)
		migrated(t, p)
		p.stop()
		messages(t, db.URL)
		if code, out, errs := larder(t, "migrate", "check", "--database-url", db.URL); code != 0 {
			t.Errorf("check: %s %s", out, errs)
		}
	})
}

// While another process migrates, probes are answered and clients wait.
func TestClientsThatComeEarlyWait(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		old(t, db.URL)
		eng := enginetest.Open(t, db.URL, engine.Options{})
		release, err := eng.Lock(t.Context(), migrate.LockName, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := launch(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL)
		p.says("waiting for another process")
		p.get("/health", 200)
		p.get("/health/db", 200)
		if got := p.get("/ready", 503); !strings.Contains(got, "Another process is migrating the database.") ||
			!strings.Contains(got, oldRevision) {
			t.Errorf("/ready answers %s", got)
		}
		early := make(chan string, 3)
		for range cap(early) {
			go func() {
				status, body := p.ask("POST", "/api/v1/auths/signin", "", signIn)
				early <- fmt.Sprint(status, " ", body)
			}()
		}
		select {
		case got := <-early:
			t.Errorf("an answer too early: %s", got)
		case <-time.After(300 * time.Millisecond):
		}
		if err := release(); err != nil {
			t.Fatal(err)
		}
		for range cap(early) {
			if got := <-early; !strings.HasPrefix(got, "200 ") {
				t.Errorf("who came early is answered %s", got)
			}
		}
		p.says("msg=serving")
		migrated(t, p)
		p.stop()
	})
}

// A migration that fails ends the process, and those that wait are told.
func TestAMigrationThatFails(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		old(t, db.URL)
		eng := enginetest.Open(t, db.URL, engine.Options{})
		// A table of others is in the way of a row.
		insert(t, eng, "CREATE TABLE {api_key} ({other} INTEGER NOT NULL PRIMARY KEY)")
		insert(t, eng, "UPDATE {user} SET {api_key} = 'sk-1'")
		release, err := eng.Lock(t.Context(), migrate.LockName, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := launch(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL)
		p.says("waiting for another process")
		waits := make(chan int)
		go func() {
			status, _ := p.ask("GET", "/api/config", "", "")
			waits <- status
		}()
		time.Sleep(time.Second) // until it waits
		if err := release(); err != nil {
			t.Fatal(err)
		}
		if status := <-waits; status != http.StatusServiceUnavailable {
			t.Errorf("who waits is answered %d", status)
		}
		if last := p.fails(); !strings.Contains(last, "of revision") {
			t.Errorf("the last word is %s", last)
		}
	})
}

// SIGTERM ends a server that waits for others.
func TestServeIsStoppedWhileItWaits(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		old(t, db.URL)
		eng := enginetest.Open(t, db.URL, engine.Options{})
		release, err := eng.Lock(t.Context(), migrate.LockName, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := launch(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL)
		p.says("waiting for another process")
		p.stop()
		if err := release(); err != nil {
			t.Fatal(err)
		}
	})
}

// sum is what is in all tables, to see whether anything has changed.
func sum(t *testing.T, url string) string {
	t.Helper()
	eng := enginetest.Open(t, url, engine.Options{ReadOnly: true})
	defer eng.Close()
	var b bytes.Buffer
	for _, tab := range append(tables.All(), migrate.VersionTable(migrate.DefaultVersionTable)) {
		name, err := eng.Dialect().AppendIdent([]byte("SELECT * FROM "), tab.Name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := eng.Query(t.Context(), engine.Statement{SQL: string(name)})
		if err != nil {
			fmt.Fprintf(&b, "%s: no table\n", tab.Name)
			continue
		}
		var all []string
		for rows.Next() {
			row, dest := make([]any, len(rows.Columns())), make([]any, len(rows.Columns()))
			for i := range row {
				dest[i] = &row[i]
			}
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprintf("%s", row))
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		slices.Sort(all)
		fmt.Fprintln(&b, tab.Name, all)
	}
	return b.String()
}

// A database that a newer program has migrated is read in every mode, and
// nothing of it is changed, whatever is asked.
func TestServeANewerDatabase(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		dir := t.TempDir()
		p := start(t, nil, "--data-dir", dir, "--database-url", db.URL)
		tok := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
		p.send("POST", "/api/v1/chats/new", tok, `{"chat":{"title":"T","history":{"messages":{}}}}`, 200)
		var list []struct{ ID string }
		if err := json.Unmarshal([]byte(p.send("GET", "/api/v1/chats/", tok, "", 200)), &list); err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		p.stop()
		eng := enginetest.Open(t, db.URL, engine.Options{})
		insert(t, eng, "UPDATE {alembic_version} SET {version_num} = 'ffffffffffff'")
		if err := eng.Close(); err != nil {
			t.Fatal(err)
		}
		was, file := sum(t, db.URL), fileOf(t, db)
		for _, args := range [][]string{nil, {"--migrate", "check"}, {"--migrate", "off"}} {
			p := start(t, nil, append(args, "--data-dir", dir, "--database-url", db.URL)...)
			const why = "The database is at revision ffffffffffff, and the newest that this larder knows is 0bd252b206fb"
			if got := p.get("/ready", 503); !strings.Contains(got, why) || !strings.Contains(got, `"read_only":true`) {
				t.Errorf("/ready answers %s", got)
			}
			if !strings.Contains(p.text(), why) || !strings.Contains(p.text(), "Use a newer larder") {
				t.Errorf("the log does not say why:\n%s", p.text())
			}
			p.get("/health", 200)
			p.get("/health/db", 200)
			p.get("/api/config", 200)
			if args == nil {
				tok = token(t, p.send("POST", "/api/v1/auths/signin", "", signIn, 200))
			}
			if got := p.send("GET", "/api/v1/chats/", tok, "", 200); !strings.Contains(got, `"title":"T"`) {
				t.Errorf("the chats are %s", got)
			}
			p.send("GET", "/api/v1/chats/"+list[0].ID, tok, "", 200)
			writes := [][3]string{
				{"POST", "/api/v1/chats/new", `{"chat":{"title":"N"}}`},
				{"POST", "/api/v1/chats/" + list[0].ID, `{"chat":{"title":"N"}}`},
				{"DELETE", "/api/v1/chats/" + list[0].ID, ""},
				{"DELETE", "/api/v1/chats/", ""},
				{"POST", "/api/v1/auths/update/profile", `{"name":"B","profile_image_url":"/user.png"}`},
				{"POST", "/api/v1/auths/update/timezone", `{"timezone":"UTC"}`},
			}
			if args == nil { // hashes take their time
				writes = append(writes, [3]string{"POST", "/api/v1/auths/add",
					`{"name":"B","email":"b@example.com","password":"pw","role":"user"}`},
					[3]string{"POST", "/api/v1/auths/update/password", `{"password":"pw-ada","new_password":"pw"}`})
			}
			for _, w := range writes {
				if got := p.send(w[0], w[1], tok, w[2], 503); !strings.Contains(got, "accepts no changes") {
					t.Errorf("%s %s answers %s", w[0], w[1], got)
				}
			}
			p.stop()
		}
		if is := sum(t, db.URL); is != was {
			t.Errorf("rows have changed: %s\nwas: %s", is, was)
		}
		if is := fileOf(t, db); !bytes.Equal(is, file) {
			t.Error("the file has changed")
		}
	})
}

// fileOf is the file of a database; nil where it has none. Nothing stands
// beside it but locks.
func fileOf(t *testing.T, db testdb.DB) []byte {
	t.Helper()
	if db.Engine != testdb.SQLite {
		return nil
	}
	path := strings.TrimPrefix(db.URL, "sqlite:///")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := filepath.Glob(path + "-*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range beside {
		if !strings.HasSuffix(f, ".lock") {
			t.Errorf("%s was left", f)
		}
	}
	return b
}

// Two revisions, one of them unknown, are those of a newer program too.
func TestServeANewerFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "webui.db")
	unzip(t, "../../server/testdata/small.db.gz", file)
	change(t, file, "INSERT INTO alembic_version VALUES ('ffffffffffff')")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, nil, "--data-dir", dir)
	if got := p.get("/ready", 503); !strings.Contains(got, "0bd252b206fb, ffffffffffff") {
		t.Errorf("/ready answers %s", got)
	}
	tok := token(t, p.send("POST", "/api/v1/auths/signin", "", `{"email":"ada@example.com","password":"Passw0rd!ada"}`, 200))
	p.send("GET", "/api/v1/chats/", tok, "", 200)
	p.send("POST", "/api/v1/auths/signup", "", `{"name":"Bo","email":"bo@example.com","password":"pw"}`, 503)
	p.stop()
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed, %v", err)
	}
}

// A database at the head that lacks a table is not touched.
func TestServeHalfASchema(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "webui.db")
	unzip(t, "../../server/testdata/small.db.gz", file)
	change(t, file, "DROP TABLE chat_message")
	p := start(t, nil, "--data-dir", dir)
	for _, got := range []string{p.get("/ready", 503), p.send("POST", "/api/v1/auths/signup", "", ada, 503)} {
		if !strings.Contains(got, "no table chat_message") {
			t.Errorf("it answers %s", got)
		}
	}
	p.stop()
	if last := run(t, nil, "--data-dir", dir, "--migrate", "check").fails(); !strings.Contains(last, "is not in order") ||
		!strings.Contains(last, "chat_message") {
		t.Errorf("check says %s", last)
	}
}

// With --migrate check nothing is changed and the process says what to do.
func TestServeChecks(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		args := []string{"--migrate", "check", "--data-dir", t.TempDir(), "--database-url", db.URL}
		if last := run(t, nil, args...).fails(); !strings.Contains(last, "larder migrate upgrade head") {
			t.Errorf("on an empty one: %s", last)
		}
		if db.Engine == testdb.SQLite {
			if _, err := os.Stat(strings.TrimPrefix(db.URL, "sqlite:///")); err == nil {
				t.Error("a file was made")
			}
		}
		old(t, db.URL)
		was, file := sum(t, db.URL), fileOf(t, db)
		last := run(t, nil, args...).fails()
		if !strings.Contains(last, "is at revision 922e7a387820 and this program serves revision 0bd252b206fb (54 revisions to apply)") || !strings.Contains(last, "larder migrate upgrade head") {
			t.Errorf("on an old one: %s", last)
		}
		if is := sum(t, db.URL); is != was {
			t.Error("rows have changed")
		}
		if is := fileOf(t, db); !bytes.Equal(is, file) {
			t.Error("the file has changed")
		}
		if code, _, errs := larder(t, "migrate", "upgrade", "head", "--quiet", "--database-url", db.URL); code != 0 {
			t.Fatal(errs)
		}
		p := start(t, nil, args...)
		migrated(t, p)
		p.stop()
		eng := enginetest.Open(t, db.URL, engine.Options{})
		insert(t, eng, "ALTER TABLE {note} ADD COLUMN {mine} INTEGER")
		if err := eng.Close(); err != nil {
			t.Fatal(err)
		}
		if last := run(t, nil, args...).fails(); !strings.Contains(last, "mine") ||
			!strings.Contains(last, "larder migrate check") {
			t.Errorf("on one with a column too much: %s", last)
		}
	})
}

// With --migrate off, and with ENABLE_DB_MIGRATIONS=false, the server leaves
// the database alone, and serves it when somebody else has migrated it.
func TestServeLeavesTheDatabaseAlone(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		dir := t.TempDir()
		off := launch(t, nil, "--migrate", "off", "--data-dir", dir, "--database-url", db.URL)
		off.says("is left alone")
		off.get("/health", 200)
		if got := off.get("/ready", 503); !strings.Contains(got,
			"The database is empty, and is left alone because of --migrate off") {
			t.Errorf("/ready answers %s", got)
		}
		if got := off.send("POST", "/api/v1/auths/signin", "", signIn, 503); !strings.Contains(got, "is left alone") {
			t.Errorf("sign-in answers %s", got)
		}
		if db.Engine == testdb.SQLite {
			if _, err := os.Stat(strings.TrimPrefix(db.URL, "sqlite:///")); err == nil {
				t.Error("a file was made")
			}
		}
		off.stop()
		old(t, db.URL)
		was := sum(t, db.URL)
		off = launch(t, []string{"ENABLE_DB_MIGRATIONS=False"}, "--data-dir", dir, "--database-url", db.URL)
		off.says("is left alone")
		if got := off.get("/ready", 503); !strings.Contains(got,
			"is at revision 922e7a387820 and this program serves revision 0bd252b206fb, and is left alone because of ENABLE_DB_MIGRATIONS=False") {
			t.Errorf("/ready answers %s", got)
		}
		if is := sum(t, db.URL); is != was {
			t.Error("rows have changed")
		}
		// The flag wins over the variable.
		auto := start(t, []string{"ENABLE_DB_MIGRATIONS=false"}, "--migrate", "auto", "--data-dir", dir,
			"--database-url", db.URL)
		migrated(t, auto)
		off.says("msg=serving")
		migrated(t, off)
		auto.stop()
		off.stop()
	})
}

// Users with one e-mail stop the server before anything is changed, with the
// commands that go on; each of them does.
func TestServeUsersWithOneEmail(t *testing.T) {
	for way, then := range map[string][]string{
		"keep-newest": {"ada@example.com", "NULL"},
		"rename":      {"ada@example.com", "ada+u2@example.com"},
	} {
		t.Run(way, func(t *testing.T) {
			testdb.Each(t, func(t *testing.T, db testdb.DB) {
				old(t, db.URL)
				eng := enginetest.Open(t, db.URL, engine.Options{})
				insert(t, eng, "INSERT INTO {user} ({id}, {name}, {email}, {role}, {profile_image_url}, {last_active_at}, {updated_at}, {created_at}) VALUES ('u2', 'A', 'Ada@Example.com', 'user', '/x', 1, 1, 1)")
				dir := t.TempDir()
				args := []string{"--data-dir", dir, "--database-url", db.URL}
				was := sum(t, db.URL)
				last := run(t, nil, args...).fails()
				if !strings.Contains(last, "ids u1 and u2") || strings.Contains(last, "@example.com") ||
					strings.Contains(last, "@Example.com") ||
					!strings.Contains(last, "larder serve --data-dir "+dir+" --database-url '") ||
					!strings.Contains(last, " --same-email "+way) {
					t.Errorf("it says %s", last)
				}
				if u := strings.SplitN(db.URL, "@", 2)[0]; strings.Count(u, ":") > 1 && strings.Contains(last, u) {
					t.Error("it shows the password")
				}
				if is := sum(t, db.URL); is != was {
					t.Error("rows have changed")
				}
				code, out, errs := larder(t, "migrate", "plan", "--database-url", db.URL)
				if code != 0 || !strings.Contains(out, "stop: revision f0bd01a18a3d") ||
					!strings.Contains(out, "user u2 (Ada@Example.com, ") ||
					!strings.Contains(out, "get ada+u2@example.com with rename") {
					t.Errorf("the plan says %.600s %s", out, errs)
				}
				if code, _, errs := larder(t, "migrate", "upgrade", "head", "--database-url", db.URL); code != 1 ||
					!strings.Contains(errs, "nothing was changed") || strings.Contains(errs, "@example") {
					t.Errorf("upgrade: status %d, %s", code, errs)
				}
				if code, out, _ := larder(t, "migrate", "plan", "--same-email", way, "--output", "json", "--database-url",
					db.URL); code != 0 || !strings.Contains(out, `"stops": false`) {
					t.Errorf("the plan says %.600s", out)
				}
				p := start(t, nil, append(args, "--same-email", way)...)
				p.send("POST", "/api/v1/auths/signin", "", signIn, 200)
				if !strings.Contains(p.text(), "ids u1 and u2") {
					t.Errorf("the log says nothing of the users:\n%s", p.text())
				}
				p.stop()
				if strings.Contains(p.text(), "@example.com") {
					t.Error("an e-mail is in the log")
				}
				rows, err := op.Get(context.WithoutCancel(t.Context()), eng, "SELECT {email} FROM {user} ORDER BY {id}")
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range rows {
					if got := r.Text("email"); got != then[i] && !(r.Null("email") && then[i] == "NULL") {
						t.Errorf("e-mail %d is %q, want %s", i, got, then[i])
					}
				}
			})
		})
	}
}

// A database from before this history is taken over when it is at the end of
// its own, and refused with a sentence when it is not.
func TestServeTheOldestDatabases(t *testing.T) {
	if !slices.Contains(testdb.Engines(), testdb.SQLite) {
		return // there were none on other engines
	}
	db := testdb.New(t, testdb.SQLite)
	eng := enginetest.Open(t, db.URL, engine.Options{})
	for _, sql := range []string{
		"CREATE TABLE {migratehistory} ({id} INTEGER NOT NULL PRIMARY KEY, {name} VARCHAR(255) NOT NULL, {migrated_at} DATETIME NOT NULL)",
		"INSERT INTO {migratehistory} VALUES (17, '017_add_user_oauth_sub', '2024-08-01 00:00:00')",
		"CREATE TABLE {auth} ({id} VARCHAR(255) NOT NULL, {email} VARCHAR(255) NOT NULL, {password} TEXT NOT NULL, {active} INTEGER NOT NULL)",
		"CREATE UNIQUE INDEX {auth_id} ON {auth} ({id})",
		"CREATE TABLE {user} ({id} VARCHAR(255) NOT NULL, {name} VARCHAR(255) NOT NULL, {email} VARCHAR(255) NOT NULL, {role} VARCHAR(255) NOT NULL, {profile_image_url} TEXT NOT NULL, {api_key} VARCHAR(255), {created_at} INTEGER NOT NULL, {updated_at} INTEGER NOT NULL, {last_active_at} INTEGER NOT NULL, {settings} TEXT, {info} TEXT, {oauth_sub} TEXT)",
		"CREATE UNIQUE INDEX {user_id} ON {user} ({id})",
		"INSERT INTO {user} VALUES ('u', 'Ada', 'ada@example.com', 'admin', '', NULL, 1, 2, 3, NULL, NULL, NULL)",
	} {
		insert(t, eng, sql)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("pw-ada"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	insert(t, eng, "INSERT INTO {auth} VALUES ('u', 'ada@example.com', ?, 1)", string(hash))
	args := []string{"--data-dir", t.TempDir(), "--database-url", db.URL}
	if last := run(t, nil, args...).
		fails(); !strings.Contains(last, "ends at 017_add_user_oauth_sub instead of 018_add_function_is_global") ||
		!strings.Contains(last, "nothing was changed") {
		t.Errorf("it says %s", last)
	}
	insert(t, eng, "INSERT INTO {migratehistory} VALUES (18, '018_add_function_is_global', '2024-08-01 00:00:00')")
	p := start(t, nil, args...)
	p.send("POST", "/api/v1/auths/signin", "", signIn, 200)
	p.stop()
}

// A creation that was cut off is taken up, also where it is not one transaction.
func TestServeIsKilledWhileItCreates(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		for _, after := range []int{60, 120, 250, 400} { // milliseconds
			p := run(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL)
			time.Sleep(time.Duration(after) * time.Millisecond)
			p.kill()
		}
		p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL)
		p.send("POST", "/api/v1/auths/signup", "", ada, 200)
		p.stop()
		if code, out, errs := larder(t, "migrate", "check", "--database-url", db.URL); code != 0 {
			t.Errorf("check: %s %s", out, errs)
		}
	})
}

func TestServeInMemory(t *testing.T) {
	p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", "sqlite://")
	tok := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
	p.send("GET", "/api/v1/auths/", tok, "", 200)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.wait()
}

// What a process that died has left beside a file is taken back, and the file
// is migrated, or left alone, as it was before.
func TestServeAFileWithAJournal(t *testing.T) {
	for mode, want := range map[string]string{"auto": "msg=serving", "off": "is left alone", "check": "larder: "} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			db := testdb.New(t, testdb.SQLite)
			old(t, db.URL)
			s := dburl.DefaultSQLite()
			s.WAL, s.CacheSize = false, new(int64(5))
			eng := enginetest.Open(t, db.URL, engine.Options{SQLite: &s})
			source := strings.TrimPrefix(db.URL, "sqlite:///")
			err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				if _, err := op.Run(ctx, tx, "UPDATE {chat} SET {title} = 'not so'"); err != nil {
					return err
				}
				if _, err := op.Run(ctx, tx, "CREATE TABLE {junk} ({x} TEXT)"); err != nil {
					return err
				}
				for range 200 { // until the file itself is changed
					if _, err := op.Run(ctx, tx, "INSERT INTO {junk} VALUES (?)", strings.Repeat("x", 4000)); err != nil {
						return err
					}
				}
				for _, end := range []string{"", "-journal"} {
					b, err := os.ReadFile(source + end)
					if err == nil {
						err = os.WriteFile(filepath.Join(dir, "webui.db"+end), b, 0o600)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			p := run(t, nil, "--data-dir", dir, "--migrate", mode)
			if p.says(want) == nil || strings.Contains(p.text(), "permissions") {
				t.Fatalf("serve says\n%s", p.text())
			}
			if mode == "auto" {
				p.addr = p.says(`msg=serving address=http://(\S+)`)[1]
				migrated(t, p)
			}
			p.kill()
		})
	}
}
