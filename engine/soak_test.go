//go:build soak

package engine_test

import (
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// The long versions of the fault tests: go test -tags soak -timeout 30m -run Soak ./engine

func TestSoakRestarts(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) { restartUnderLoad(t, name, 8) })
}

func TestSoakNetwork(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		p, url := throughProxy(t, testdb.New(t, name).URL)
		underLoad(t, enginetest.Open(t, url, engine.Options{}), func() { breakOften(p, 600) })
	})
}

func TestSoakProcesses(t *testing.T) {
	for range 20 {
		manyProcesses(t, 16)
	}
}

func TestSoakWriters(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) { manyWriters(t, eng, 500) })
}
