package drivertest

import (
	"testing"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Target is an engine under test.
type Target struct {
	Driver driver.Driver
	// Fresh returns the URL of an empty database, which is gone when the test ends.
	Fresh func(t testing.TB) string
	// Refusals are the engine's own, beside those that all engines have.
	Refusals []Refusal
}

// All runs every part of the suite, each on a fresh database.
func All(t *testing.T, x Target) {
	t.Helper()
	t.Run("Connections", func(t *testing.T) { Connections(t, x.Driver, x.Fresh(t)) })
	t.Run("Dialect", func(t *testing.T) { Dialect(t, x.Driver, x.Fresh(t)) })
	t.Run("Features", func(t *testing.T) { Features(t, x.Driver, x.Fresh(t)) })
	t.Run("Schema", func(t *testing.T) { Schema(t, Open(t, x.Driver, x.Fresh(t))) })
	t.Run("Alter", func(t *testing.T) { Alter(t, Open(t, x.Driver, x.Fresh(t))) })
	t.Run("Refusals", func(t *testing.T) { Refusals(t, Open(t, x.Driver, x.Fresh(t)), x.Refusals) })
}

// Open opens the database at url through the driver alone, until the test ends.
func Open(t *testing.T, d driver.Driver, url string) *driver.Database {
	t.Helper()
	return open(t, d, parse(t, d, url))
}

func parse(t *testing.T, d driver.Driver, url string) *dburl.URL {
	t.Helper()
	u, err := dburl.ParseFor(url, d.Backends()...)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Describe says in one line what an inspection has read about a table.
func Describe(t *schema.Table) string {
	s := t.Name + ": "
	for i, c := range t.Columns {
		if i > 0 {
			s += "; "
		}
		s += c.String()
		if id := c.Identity; id != nil {
			s += " numbered"
			if id.Sequence != "" {
				s += " " + id.Standard + " by " + id.Sequence
			}
		}
		if c.Collation != "" {
			s += " collate " + c.Collation
		}
	}
	if t.PrimaryKey != nil {
		s += " | key " + t.PrimaryKey.String()
	}
	for _, u := range t.Uniques {
		s += " | " + u.String()
	}
	for _, f := range t.ForeignKeys {
		s += " | " + f.String()
	}
	for _, k := range t.Checks {
		s += " | " + k.String()
	}
	for _, i := range t.Indexes {
		s += " | " + i.String()
	}
	return s
}
