package migrations_test

import (
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/tables"
)

// The 66 steps on an empty database, and the head at once.
func BenchmarkEmpty(b *testing.B) {
	for _, e := range testdb.Engines() {
		b.Run("steps/"+e, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				eng := enginetest.Open(b, testdb.New(b, e).URL, engine.Options{})
				b.StartTimer()
				upgrade(b, eng, "head")
			}
		})
		b.Run("fresh/"+e, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				eng := enginetest.Open(b, testdb.New(b, e).URL, engine.Options{})
				b.StartTimer()
				if err := fresh.Create(b.Context(), eng, tables.All(), []string{migrations.Head}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
