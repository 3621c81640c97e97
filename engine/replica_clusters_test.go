//go:build clusters && unix

package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb/cluster"
)

// A replica is five seconds behind: nothing that was written is missed, and it
// is read as soon as it may be. When it freezes, the primary is read.
func TestClustersReadReplica(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		c, err := cluster.StartDelayed(t.Context(), name, 5*time.Second, func(s string) { t.Log(s) })
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}()
		if err := c.CreateDatabase(t.Context(), "webui"); err != nil {
			t.Fatal(err)
		}
		hosts := c.Hosts()
		open := func() *engine.Engine { return enginetest.Open(t, c.URL(hosts[:1], "webui"), engine.Options{}) }
		eng, other := open(), open()
		u, err := dburl.Parse(strings.Replace(c.URL(hosts[1:], "webui"), "target_session_attrs=read-write",
			"target_session_attrs=any", 1))
		if err != nil {
			t.Fatal(err)
		}
		replica := func(lag time.Duration) *engine.Replica {
			r, err := engine.NewReplica(eng, u, engine.Options{Drivers: drivers()}, lag)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		table(t, eng)
		strict, loose := replica(0), replica(time.Hour)
		defer strict.Close()
		defer loose.Close()

		for i := range 5 {
			do(t, eng, "INSERT INTO item (id) VALUES (?)", 2*i)
			for _, r := range []*engine.Replica{strict, loose} {
				if n := number(t, r, "SELECT count(*) FROM item"); n != int64(2*i+1) {
					t.Fatalf("%d rows are seen after %d writes", n, 2*i+1)
				}
			}
			do(t, other, "INSERT INTO item (id) VALUES (?)", 2*i+1)
			if n := number(t, strict, "SELECT count(*) FROM item"); n != int64(2*i+2) {
				t.Fatalf("%d rows are seen after %d writes", n, 2*i+2)
			}
		}
		if strict.Reads() > 0 || loose.Reads() > 0 {
			t.Errorf("the replica is five seconds behind, and answered %d and %d times", strict.Reads(), loose.Reads())
		}
		for _, r := range []*engine.Replica{strict, loose} {
			for deadline := time.Now().Add(time.Minute); r.Reads() == 0; time.Sleep(100 * time.Millisecond) {
				if n := number(t, r, "SELECT count(*) FROM item"); n != 10 {
					t.Fatalf("%d rows are seen of 10", n)
				}
				if time.Now().After(deadline) {
					t.Fatal("the replica has caught up and is not read")
				}
			}
		}

		if err := c.Pause(1); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if n := number(t, loose, "SELECT count(*) FROM item"); n != 10 {
				t.Errorf("the replica is frozen: %d rows are seen of 10", n)
			}
		}
		if err := c.Resume(1); err != nil {
			t.Fatal(err)
		}
		if _, err := engine.NewReplica(eng, mustParse(t, "sqlite:///x.db"), engine.Options{},
			0); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a replica of another engine: %v", err)
		}
	})
}

func mustParse(t *testing.T, text string) *dburl.URL {
	t.Helper()
	u, err := dburl.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
