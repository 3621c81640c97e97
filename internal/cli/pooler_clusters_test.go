//go:build clusters && unix

package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb/cluster"
	"github.com/larder-db/larder/internal/testdb/server"
)

// asked sends a request and reads the answer; another status than 200 is an error.
func asked(client *http.Client, addr, token, method, path, body string, answer any) error {
	r, err := http.NewRequest(method, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

// TestClustersPooler: 200 clients work by way of pgbouncer, each on a connection
// of its own where it shares a few of the database's, and of Pgpool-II, and none has
// an error.
func TestClustersPooler(t *testing.T) {
	for mode, pool := range map[string]struct{ ours, its int }{"transaction": {200, 20}, "session": {20, 60}, "pgpool": {20, 60}} {
		t.Run(mode, func(t *testing.T) {
			db, err := server.NewPrivate(t.Context(), server.PostgreSQL, func(s string) { t.Log(s) })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.Endpoint().CreateDatabase(t.Context(), "webui"); err != nil {
				t.Fatal(err)
			}
			say := func(s string) { t.Log(s) }
			var pooler *server.Pooler
			if mode == "pgpool" {
				pooler, err = server.NewPgpool(t.Context(), db.Endpoint(), pool.its, say)
			} else {
				pooler, err = server.NewPooler(t.Context(), db.Endpoint(), mode, pool.its, say)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := pooler.Close(); err != nil {
					t.Error(err)
				}
			})
			p := start(t, []string{"DATABASE_POOL_SIZE=" + strconv.Itoa(pool.ours), "DATABASE_POOL_MAX_OVERFLOW=0"},
				"--data-dir", t.TempDir(), "--database-url", pooler.URL("webui"))
			token := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
			client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 200}}
			var made, failed atomic.Int64
			var all sync.WaitGroup
			end := time.Now().Add(15 * time.Second)
			for range 200 {
				all.Go(func() {
					for time.Now().Before(end) {
						var chat struct{ ID string }
						var list []struct{ ID string }
						err := asked(client, p.addr, token, "POST", "/api/v1/chats/new", `{"chat":{"title":"x"}}`, &chat)
						if err == nil {
							made.Add(1)
							err = asked(client, p.addr, token, "GET", "/api/v1/chats/?page=1", "", &list)
						}
						if err != nil && failed.Add(1) < 10 {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			raw, err := db.Endpoint().Open("webui")
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			var stored int64
			if err := raw.QueryRowContext(t.Context(), "SELECT count(*) FROM chat").Scan(&stored); err != nil {
				t.Fatal(err)
			}
			if stored != made.Load() {
				t.Errorf("%d chats are stored, and %d were acknowledged", stored, made.Load())
			}
			t.Logf("%s: %d chats and as many lists, %d failed", mode, made.Load(), failed.Load())
		})
	}
}

// TestClustersServeReadsReplica: whoever asks a server that reads lists from a
// replica five seconds behind sees what he wrote, and the replica is read.
func TestClustersServeReadsReplica(t *testing.T) {
	for _, engine := range []string{server.PostgreSQL, server.MySQL, server.MariaDB} {
		t.Run(engine, func(t *testing.T) {
			c, err := cluster.StartDelayed(t.Context(), engine, 5*time.Second, func(s string) { t.Log(s) })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
			if err := c.CreateDatabase(t.Context(), "webui"); err != nil {
				t.Fatal(err)
			}
			hosts := c.Hosts()
			replica := strings.Replace(c.URL(hosts[1:], "webui"), "target_session_attrs=read-write", "target_session_attrs=any", 1)
			p := start(t, []string{"DATABASE_READ_URL=" + replica, "DATABASE_READ_LAG=1h"}, "--data-dir", t.TempDir(),
				"--database-url", c.URL(hosts[:1], "webui"))
			token := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
			// What the list, and a search for its title, say of a chat: its title, or nothing.
			seen := func(id, word string) (listed, found string) {
				for _, path := range []string{"/api/v1/chats/?page=1", "/api/v1/chats/search?text=" + word} {
					var items []struct{ ID, Title string }
					if err := json.Unmarshal([]byte(p.send("GET", path, token, "", 200)), &items); err != nil {
						t.Fatal(err)
					}
					listed, found = found, ""
					for _, x := range items {
						if x.ID == id {
							found = x.Title
						}
					}
				}
				return listed, found
			}
			for n := range 8 {
				word := "word" + strconv.Itoa(n)
				var chat struct{ ID string }
				if err := json.Unmarshal([]byte(p.send("POST", "/api/v1/chats/new", token, `{"chat":{"title":"`+word+`"}}`, 200)), &chat); err != nil {
					t.Fatal(err)
				}
				if l, f := seen(chat.ID, word); l != word || f != word {
					t.Errorf("a chat that was made is listed as %q and found as %q", l, f)
				}
				p.send("POST", "/api/v1/chats/"+chat.ID, token, `{"chat":{"title":"renamed`+word+`"}}`, 200)
				if l, f := seen(chat.ID, "renamed"+word); l != "renamed"+word || f != l {
					t.Errorf("a chat that was renamed is listed as %q and found as %q", l, f)
				}
				p.send("DELETE", "/api/v1/chats/"+chat.ID, token, "", 200)
				if l, f := seen(chat.ID, word); l != "" || f != "" {
					t.Errorf("a chat that was deleted is listed as %q and found as %q", l, f)
				}
				time.Sleep(time.Second)
			}
			primary, err := c.Open(0, "webui")
			if err != nil {
				t.Fatal(err)
			}
			defer primary.Close()
			user := map[bool]string{true: `"user"`, false: "`user`"}[engine == server.PostgreSQL]
			id, waited := "", time.Now()
			within := func(limit time.Duration, what string) {
				if time.Since(waited) > limit {
					t.Fatal(what)
				}
				time.Sleep(500 * time.Millisecond)
			}
			// When the replica has all that was written here it is read, and does not
			// have yet what another program has just written. What was written here
			// includes texts for searches, ten seconds after a chat has changed.
			for n, listed := 0, "not asked"; listed != ""; n++ {
				for range 20 { // the first read after a write looks what the replica has to have
					seen("", "")
					time.Sleep(time.Second)
				}
				id = "elsewhere" + strconv.Itoa(n)
				if _, err := primary.ExecContext(t.Context(), "INSERT INTO chat (id, user_id, title, created_at, updated_at, archived, pinned, meta, chat)"+
					" SELECT '"+id+"', min(id), 'elsewhere', 1, "+strconv.FormatInt(time.Now().Unix()+int64(n), 10)+", false, false, '{}', '{}' FROM "+user); err != nil {
					t.Fatal(err)
				}
				listed, _ = seen(id, id)
				within(2*time.Minute, "lists are never the replica's")
			}
			for listed := ""; listed == ""; listed, _ = seen(id, id) {
				within(150*time.Second, "what another program wrote is never listed")
			}
		})
	}
}
