//go:build clusters && unix

package cli_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb/cluster"
	"github.com/larder-db/larder/store/storetest"
)

// newVitess starts a gate of Vitess with one shard or four.
func newVitess(t *testing.T, shards int, vschema string) *cluster.Vitess {
	t.Helper()
	v, err := cluster.StartVitess(t.Context(), shards, vschema, func(s string) { t.Log(s) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// TestClustersVitess: with one shard a gate of Vitess does whatever a server of
// MySQL does, and is called what it is.
func TestClustersVitess(t *testing.T) {
	v := newVitess(t, 1, "")
	migrate := func(t *testing.T, args ...string) {
		t.Helper()
		begin := time.Now()
		code, out, errs := larder(t, append(append([]string{"migrate"}, args...), "--database-url="+v.URL())...)
		if code != 0 {
			t.Fatalf("larder migrate %s: status %d\n%s%s", strings.Join(args, " "), code, out, errs)
		}
		t.Logf("larder migrate %s took %.1f s", strings.Join(args, " "), time.Since(begin).Seconds())
	}
	t.Run("migrate", func(t *testing.T) {
		t.Run("four at once", func(t *testing.T) {
			for i := range 4 {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					migrate(t, "upgrade", "head")
				})
			}
		})
		migrate(t, "check")
		migrate(t, "downgrade", "base")
		migrate(t, "upgrade", "head")
		migrate(t, "check")
	})
	t.Run("load", func(t *testing.T) {
		v := newVitess(t, 1, "") // the suite clears its own in statements that may change 10,000 rows
		if err := v.Server().CreateDatabase(t.Context(), "webui"); err != nil {
			t.Fatal(err)
		}
		var servers [2]*process
		var tokens [2]string
		for i, address := range []string{v.URL(), v.Server().URL("webui")} {
			p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", address)
			if calls := strings.Contains(p.text(), "Vitess 24.0.4 (MySQL "); calls != (i == 0) {
				t.Errorf("%s is not called what it is:\n%s", address, p.text())
			}
			servers[i], tokens[i] = p, token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
		}
		// By turns, because the machine has other work at times.
		var made [2]int64
		const turns, turn = 5, 3 * time.Second
		for range turns {
			for i, p := range servers {
				made[i] += created(t, p, tokens[i], turn)
			}
		}
		t.Logf("8 clients create %.0f chats a second by way of the gate, %.0f on its server of MySQL: %.2f",
			float64(made[0])/(turns*turn.Seconds()), float64(made[1])/(turns*turn.Seconds()), float64(made[0])/float64(made[1]))
	})
	t.Run("suite", func(t *testing.T) {
		storetest.Run(t, enginetest.Open(t, v.URL(), engine.Options{}))
	})
}

// TestClustersVitessGivesSoManyRows: a table of more rows than a gate gives in
// one answer is not copied by way of it, which says so; behind it, it is.
func TestClustersVitessGivesSoManyRows(t *testing.T) {
	v := newVitess(t, 1, "")
	if code, _, errs := larder(t, "migrate", "upgrade", "head", "--database-url="+v.URL()); code != 0 {
		t.Fatal(errs)
	}
	behind := "vt_" + cluster.Keyspace + "_" + cluster.Shards(1)[0]
	db, err := v.Server().Open(behind)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO chat (id, user_id, title, chat, created_at, updated_at, archived, pinned) "+
		"WITH RECURSIVE a (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM a WHERE i < 109) "+
		"SELECT concat(x.i, '-', y.i), 'u', 't', '{}', 0, 0, FALSE, FALSE FROM a x, a y"); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{v.URL(): 1, v.Server().URL(behind): 0} {
		code, out, errs := larder(t, "copy", "--from", address, "--to", "sqlite:///"+t.TempDir()+"/copy.db")
		if code != want || (want == 1) != strings.Contains(errs, "queryserver-config-max-result-size") {
			t.Errorf("copy from %s: status %d, want %d\n%s%s", address, code, want, out, errs)
		}
	}
}

// created is how many chats eight clients create in that time.
func created(t *testing.T, p *process, token string, during time.Duration) int64 {
	t.Helper()
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: clusterClients}}
	var made atomic.Int64
	var all sync.WaitGroup
	begin := time.Now()
	for range clusterClients {
		all.Go(func() {
			for time.Since(begin) < during {
				var chat struct{ ID string }
				err := asked(client, p.addr, token, "POST", "/api/v1/chats/new", `{"chat":{"title":"x"}}`, &chat)
				if err != nil {
					t.Error(err)
					return
				}
				made.Add(1)
			}
		})
	}
	all.Wait()
	return made.Load()
}

// TestClustersVitessLoad measures what a gate costs with one shard and with four,
// beside its server of MySQL: eight clients store rows as large as a short chat, and
// read the titles of one user. Larder refuses four shards, so that it is by the
// driver alone, with the rows divided by user.
func TestClustersVitessLoad(t *testing.T) {
	const vschema = `{"sharded": true, "vindexes": {"user": {"type": "xxhash"}},
		"tables": {"chat": {"column_vindexes": [{"column": "user_id", "name": "user"}]}}}`
	one, four := newVitess(t, 1, ""), newVitess(t, 4, vschema)
	if err := one.Server().CreateDatabase(t.Context(), "plain"); err != nil {
		t.Fatal(err)
	}
	ways := []struct {
		name, url string
		db        *sql.DB
		did       [2]float64 // rows stored, lists read, a second
	}{
		{name: "MySQL", url: one.Server().URL("plain")},
		{name: "one shard", url: one.URL()},
		{name: "four shards", url: four.URL()},
	}
	body := strings.Repeat("x", 1000)
	for i := range ways {
		u, err := url.Parse(ways[i].url)
		if err != nil {
			t.Fatal(err)
		}
		conf := mysql.NewConfig()
		conf.Net, conf.Addr, conf.DBName, conf.InterpolateParams = "tcp", u.Host, strings.Trim(u.Path, "/"), true
		conf.User = u.User.Username()
		conf.Passwd, _ = u.User.Password()
		connector, err := mysql.NewConnector(conf)
		if err != nil {
			t.Fatal(err)
		}
		ways[i].db = sql.OpenDB(connector)
		defer ways[i].db.Close()
		ways[i].db.SetMaxIdleConns(clusterClients)
		if _, err := ways[i].db.ExecContext(t.Context(), "CREATE TABLE chat (id VARCHAR(36) PRIMARY KEY, user_id VARCHAR(36), "+
			"title TEXT, chat LONGTEXT, KEY by_user (user_id))"); err != nil {
			t.Fatal(err)
		}
	}
	var next atomic.Int64
	tasks := []func(db *sql.DB, user string) error{
		func(db *sql.DB, user string) error {
			_, err := db.ExecContext(t.Context(), "INSERT INTO chat VALUES (?, ?, ?, ?)",
				fmt.Sprint(next.Add(1)), user, "title", body)
			return err
		},
		func(db *sql.DB, user string) error {
			rows, err := db.QueryContext(t.Context(), "SELECT id, title FROM chat WHERE user_id = ? LIMIT 60", user)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		},
	}
	const turns, turn = 5, 2 * time.Second
	for range turns {
		for n, task := range tasks {
			for i := range ways {
				var did atomic.Int64
				var all sync.WaitGroup
				begin := time.Now()
				for c := range clusterClients {
					all.Go(func() {
						for time.Since(begin) < turn {
							if err := task(ways[i].db, fmt.Sprintf("user-%d", c)); err != nil {
								t.Errorf("%s: %v", ways[i].name, err)
								return
							}
							did.Add(1)
						}
					})
				}
				all.Wait()
				ways[i].did[n] += float64(did.Load()) / (turns * turn.Seconds())
			}
		}
	}
	for _, w := range ways {
		t.Logf("%s: %.0f rows stored a second (%.2f of MySQL), %.0f lists read (%.2f)",
			w.name, w.did[0], w.did[0]/ways[0].did[0], w.did[1], w.did[1]/ways[0].did[1])
	}
}

// TestClustersVitessOfFourShards: a keyspace in shards is refused by name, before
// anything is written to it.
func TestClustersVitessOfFourShards(t *testing.T) {
	v := newVitess(t, 4, `{"sharded": true}`)
	const want = "it is a keyspace of Vitess with several shards"
	code, out, errs := larder(t, "migrate", "upgrade", "head", "--database-url="+v.URL())
	if code != 1 || !strings.Contains(errs, want) {
		t.Errorf("larder migrate: status %d\n%s%s", code, out, errs)
	}
	said := run(t, nil, "--data-dir", t.TempDir(), "--database-url", v.URL()).fails()
	if !strings.Contains(said, want) {
		t.Errorf("larder serve says %s", said)
	} else {
		t.Log(said)
	}
	db, err := v.Server().Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var tables int
	const count = "SELECT count(*) FROM information_schema.tables WHERE table_schema LIKE 'vt%'"
	if err := db.QueryRowContext(t.Context(), count).Scan(&tables); err != nil || tables > 0 {
		t.Errorf("there are %d tables in the shards, %v", tables, err)
	}
}
