//go:build clusters && unix

package cli_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/larder-db/larder/internal/testdb/cluster"
)

var repeated = flag.Int("repeated", 5, "how often each failure of a cluster's primary is tried")

const (
	clusterClients = 8
	rawClients     = 2
	// A raw driver waits for a silent server for as long as it is told to.
	rawConnect = time.Second
	rawTimeout = 3 * time.Second
)

// lab is a cluster, a server of ours on it, and what its clients were told.
type lab struct {
	t       *testing.T
	cluster *cluster.Cluster
	ways    []string // that clients are told of: its hosts, or the front
	gate    int      // of several gates, the one that the server is connected to
	server  *process
	token   string
	next    atomic.Int64

	mu       sync.Mutex
	stored   map[string]string // ids of the chats that were acknowledged, by title
	failures map[string]int    // answers other than 200, by status and what they say
	wrong    []string          // answers that a client can make nothing of
}

// newCluster starts a cluster with a database "webui".
func newCluster(t *testing.T, kind cluster.Kind) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), kind, func(s string) { t.Log(s) })
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
	return c
}

// newLab starts a cluster and a server of ours on it, by way of one address where
// it has a front.
func newLab(t *testing.T, kind cluster.Kind, front bool) *lab {
	t.Helper()
	c := newCluster(t, kind)
	l := &lab{t: t, cluster: c, stored: map[string]string{}, failures: map[string]int{}}
	l.ways = c.Hosts()
	if front {
		address, err := c.Front(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.ways = []string{address}
		if kind == cluster.Patroni {
			l.ways = []string{address, address} // of several hosts, a new primary is waited for
		}
	}
	l.server = start(t, nil, "--data-dir", t.TempDir(), "--database-url", c.URL(l.ways, "webui"))
	l.token = token(t, l.server.send("POST", "/api/v1/auths/signup", "", ada, 200))
	// As our tables do, it refers to another: a group refuses what has a key that
	// cascades for as long as it changes its primary.
	l.onPrimary(func(db *sql.DB) error {
		for _, statement := range []string{
			"CREATE TABLE raw_of (id BIGINT PRIMARY KEY)",
			"INSERT INTO raw_of VALUES (1)",
			"CREATE TABLE raw (id BIGINT PRIMARY KEY, of_id BIGINT NOT NULL, " +
				"CONSTRAINT raw_of_id FOREIGN KEY (of_id) REFERENCES raw_of (id) ON DELETE CASCADE)",
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	return l
}

// onPrimary runs fn on the node that takes writes.
func (l *lab) onPrimary(fn func(db *sql.DB) error) {
	l.t.Helper()
	p, err := l.cluster.Primary(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	db, err := l.cluster.Open(p, "webui")
	if err != nil {
		l.t.Fatal(err)
	}
	defer db.Close()
	if err := fn(db); err != nil {
		l.t.Fatal(err)
	}
}

// create stores a chat with a title that no other has.
func (l *lab) create(client *http.Client, g *gaps) {
	title := "chat " + strconv.FormatInt(l.next.Add(1), 10)
	body := `{"chat":{"title":"` + title +
		`","history":{"currentId":"m","messages":{"m":{"id":"m","role":"user","content":"hello","childrenIds":[]}}}}}`
	r, err := http.NewRequestWithContext(l.t.Context(), "POST", "http://"+l.server.addr+"/api/v1/chats/new",
		strings.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+l.token)
	resp, err := client.Do(r)
	if err != nil {
		l.note(title+": "+err.Error(), "")
		return
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	var answer struct{ ID, Detail string }
	switch {
	case err != nil || json.Unmarshal(text, &answer) != nil:
		l.note(fmt.Sprintf("%s: %v %.200s", title, err, text), "")
	case resp.StatusCode == 200 && answer.ID != "":
		g.done()
		l.mu.Lock()
		l.stored[title] = answer.ID
		l.mu.Unlock()
	case resp.StatusCode == 503 && answer.Detail != "" && resp.Header.Get("Retry-After") != "":
		l.note("", "503 "+answer.Detail)
		time.Sleep(50 * time.Millisecond)
	default:
		l.note(fmt.Sprintf("%s: %d %.200s", title, resp.StatusCode, text), "")
	}
}

func (l *lab) note(wrong, failure string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wrong != "" {
		l.wrong = append(l.wrong, wrong)
	} else {
		l.failures[failure]++
	}
}

// raw is the same cluster through the raw driver, with what it has for several hosts.
// It begins with the one that the server is connected to.
func (l *lab) raw(primary int) *sql.DB {
	l.t.Helper()
	if address := l.cluster.URL(l.ways, "webui"); strings.HasPrefix(address, "postgresql:") {
		conf, err := pgx.ParseConfig(address)
		if err != nil {
			l.t.Fatal(err)
		}
		conf.ConnectTimeout = rawConnect
		return stdlib.OpenDB(*conf)
	}
	conf := mysql.NewConfig()
	conf.User, conf.Passwd, conf.Net, conf.Addr, conf.DBName = "test", "test", "several", "any", "webui"
	conf.Timeout, conf.RejectReadOnly, conf.Logger = rawConnect, true, &mysql.NopLogger{}
	var at atomic.Int64 // of the next attempt
	if at.Store(int64(primary)); l.cluster.Kind() == cluster.Shard {
		at.Store(int64(l.gate))
	}
	conf.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		// The driver knows one address; the next one each time is what programs do around it.
		return (&net.Dialer{}).DialContext(ctx, "tcp", l.ways[int(at.Add(1)-1)%len(l.ways)])
	}
	connector, err := mysql.NewConnector(conf)
	if err != nil {
		l.t.Fatal(err)
	}
	return sql.OpenDB(connector)
}

// write inserts rows through the raw driver until stop, with a pause after each.
func (l *lab) write(db *sql.DB, g *gaps, pause time.Duration, stop *atomic.Bool) {
	for ; !stop.Load(); time.Sleep(pause) {
		n := l.next.Add(1)
		ctx, cancel := context.WithTimeout(l.t.Context(), rawTimeout)
		_, err := db.ExecContext(ctx, "INSERT INTO raw VALUES ("+strconv.FormatInt(n, 10)+", 1)")
		cancel()
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		g.done()
	}
}

// writesTo is the node that the server writes to: the primary, and where all nodes
// are, the one that it is connected to.
func (l *lab) writesTo() int {
	l.t.Helper()
	p, err := l.cluster.Primary(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	if l.cluster.Kind() != cluster.Galera {
		return p
	}
	for i := range l.cluster.Len() {
		if l.cluster.Clients(i) > l.cluster.Clients(p) {
			p = i
		}
	}
	return p
}

// failure is what a failing primary did to those who write.
type failure struct {
	primary int
	ours    gaps // of clients of the server
	raws    gaps // of loops over the raw driver
	nodes   gaps // of loops of which each asks its own node: what the cluster itself needs
}

// under runs the clients while the primary fails, and some time beyond.
func (l *lab) under(fault func(primary int) error) *failure {
	l.t.Helper()
	var (
		all  sync.WaitGroup
		stop atomic.Bool
	)
	f := failure{primary: l.writesTo()}
	for range rawClients {
		raw := l.raw(f.primary)
		defer raw.Close()
		all.Go(func() { l.write(raw, &f.raws, 0, &stop) })
	}
	for i := range l.cluster.Len() {
		db, err := l.cluster.Open(i, "webui")
		if err != nil {
			l.t.Fatal(err)
		}
		defer db.Close()
		all.Go(func() { l.write(db, &f.nodes, 20*time.Millisecond, &stop) })
	}
	for range clusterClients {
		all.Go(func() {
			client := &http.Client{Timeout: 2 * time.Minute}
			for !stop.Load() {
				l.create(client, &f.ours)
			}
		})
	}
	time.Sleep(2 * time.Second)
	begin := time.Now()
	if err := fault(f.primary); err != nil {
		l.t.Error(err)
	}
	ended := time.Now()
	l.t.Logf("another node was told to take over within %.1f s", ended.Sub(begin).Seconds())
	// Until both write again, and a little longer.
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if f.ours.over(ended) && f.raws.over(ended) {
			break
		}
	}
	time.Sleep(2 * time.Second)
	f.ours.done() // what has not gone on counts until now
	f.raws.done()
	stop.Store(true)
	all.Wait()
	return &f
}

// compare holds what is stored against what was acknowledged.
func (l *lab) compare() (lost, twice int) {
	l.t.Helper()
	l.onPrimary(func(db *sql.DB) error {
		rows, err := db.QueryContext(l.t.Context(), "SELECT id, title FROM chat")
		if err != nil {
			return err
		}
		defer rows.Close()
		found := map[string][]string{}
		for rows.Next() {
			var id, title string
			if err := rows.Scan(&id, &title); err != nil {
				return err
			}
			found[title] = append(found[title], id)
		}
		for title, ids := range found {
			if len(ids) > 1 {
				twice++
				l.t.Errorf("%s is stored %d times", title, len(ids))
			}
		}
		for title, id := range l.stored {
			if !slices.Contains(found[title], id) {
				lost++
			}
		}
		return rows.Err()
	})
	if lost > 0 {
		l.t.Errorf("%d chats of %d that were acknowledged are lost", lost, len(l.stored))
	}
	return lost, twice
}

// TestClustersFailOver ends the primary of each kind of cluster in four ways
// while clients create chats, and prints what docs/clusters.md shows.
func TestClustersFailOver(t *testing.T) {
	for _, kind := range cluster.Kinds() {
		t.Run(string(kind), func(t *testing.T) { failOver(t, kind, false) })
	}
	t.Run("haproxy", func(t *testing.T) { failOver(t, cluster.Patroni, true) })
	t.Run("gate", func(t *testing.T) { failOver(t, cluster.Shard, true) })
}

func failOver(t *testing.T, kind cluster.Kind, front bool) {
	l := newLab(t, kind, front)
	c := l.cluster
	type way struct {
		name  string
		fault func(i int) error
		mend  func(i int) error
	}
	rejoin := func(i int) error { return c.Rejoin(t.Context(), i) }
	ways := []way{
		{"SIGKILL", func(i int) error { return c.Kill(t.Context(), i) }, rejoin},
		{"SIGSTOP", func(i int) error { return c.Freeze(t.Context(), i) }, rejoin},
		{"cut off", func(i int) error {
			c.Silence(i)
			return c.Depose(t.Context(), i)
		}, rejoin},
		{"switched over", func(i int) error { return c.Switch(t.Context(), i) }, rejoin},
	}
	if kind == cluster.Shard && !front {
		ways = append(ways, way{"gate killed", func(int) error { return c.KillGate(l.gate) }, func(int) error {
			err := c.StartGate(t.Context(), l.gate)
			l.gate = 1 - l.gate
			return err
		}})
	}
	for _, f := range ways {
		t.Run(f.name, func(t *testing.T) {
			var longest, rawLongest time.Duration
			first := len(l.stored)
			for range *repeated {
				before := len(l.stored)
				was := l.under(f.fault)
				longest, rawLongest = max(longest, was.ours.longest), max(rawLongest, was.raws.longest)
				t.Logf("%d chats acknowledged, longest gap %.1f s; raw driver %d rows, %.1f s; nodes asked one by one %.1f s",
					len(l.stored)-before, was.ours.longest.Seconds(), was.raws.count, was.raws.longest.Seconds(),
					was.nodes.longest.Seconds())
				if err := f.mend(was.primary); err != nil {
					t.Fatal(errors.Join(err, errors.New("what has failed does not come back")))
				}
			}
			lost, twice := l.compare()
			answers := 0
			for text, n := range l.failures {
				answers += n
				t.Logf("%d answers %s", n, text)
			}
			if len(l.wrong) > 0 {
				for line := range strings.Lines(l.server.text()) {
					if strings.Contains(line, "level=ERROR") {
						t.Log(line)
					}
				}
			}
			for _, w := range l.wrong {
				t.Errorf("not an answer that a client can do with: %s", w)
			}
			t.Logf("| %s, %s | %s | %d | %d, %d | %d | %.1f s | %.1f s |", c.Version(), kind, f.name, len(l.stored)-first,
				lost, twice, answers, longest.Seconds(), rawLongest.Seconds())
			clear(l.failures)
			l.wrong = nil
		})
	}
}
