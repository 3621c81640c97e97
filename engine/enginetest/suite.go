package enginetest

import (
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
)

// Suite is what tests run on. An engine that is added from outside of this
// module has one of its own:
//
//	enginetest.Suite{Drivers: []driver.Driver{mine.Driver{}}, Kinds: []enginetest.Kind{{Name: "mine", Fresh: freshURL}}}
type Suite struct {
	Drivers []driver.Driver // what opens the databases
	Kinds   []Kind          // in the order in which tests run on them
}

// Kind is one engine, or one flavour of it, that tests run on.
type Kind struct {
	Name string // of the subtest
	// Fresh returns the URL of an empty database that is gone when the test ends.
	Fresh func(t testing.TB) string
}

// Ours are the engines of this module, on servers that the test finds, fetches
// or is told of by TEST_POSTGRESQL_URL, TEST_MYSQL_URL and TEST_MARIADB_URL.
// TESTDB_ENGINES leaves some out.
func Ours() Suite {
	s := Suite{Drivers: engines.All()}
	for _, e := range testdb.Engines() {
		s.Kinds = append(s.Kinds, Kind{Name: e, Fresh: func(t testing.TB) string { t.Helper(); return testdb.New(t, e).URL }})
	}
	return s
}

// Each runs fn as one subtest per kind, each with an engine on a fresh
// database, which is looked at for leaks in the end. Drivers and TrackRows of
// the options are set by it. A suite without kinds fails.
func (s Suite) Each(t *testing.T, o engine.Options, fn func(t *testing.T, eng *engine.Engine)) {
	t.Helper()
	if len(s.Kinds) == 0 {
		t.Fatal("there is no engine to run on; look at TESTDB_ENGINES and TESTDB_SKIP")
	}
	for _, k := range s.Kinds {
		t.Run(k.Name, func(t *testing.T) { fn(t, s.Open(t, k.Fresh(t), o)) })
	}
}

// Open opens an engine that is closed, and looked at for leaks, when the test
// ends. Drivers and TrackRows of the options are set by it.
func (s Suite) Open(t testing.TB, url string, o engine.Options) *engine.Engine {
	t.Helper()
	o.Drivers, o.TrackRows = s.Drivers, true
	eng, err := engine.Open(t.Context(), url, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		NoLeaks(t, eng)
		if err := eng.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return eng
}
