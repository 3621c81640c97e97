package larder_test

import (
	"context"
	"testing"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables/own"
)

// The index of the search does not move with a database: it is made again there.
func TestTheIndexOfTheSearchIsMadeAgain(t *testing.T) {
	from := unpacked(t, small)
	d, err := larder.Open(t.Context(), from.Reveal(), larder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	index := func(d *larder.Database) int64 {
		t.Helper()
		p, err := store.NewSearchIndex(d.Engine(), d.Store(), nil).CatchUp(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p.Chats
	}
	chats := index(d)
	if d.Close(); chats == 0 {
		t.Fatal("there are no chats")
	}
	for _, to := range chain(t) {
		if _, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{}); err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		eng, err := engine.OpenURL(t.Context(), to, engine.Options{Drivers: engines.All()})
		if err != nil {
			t.Fatal(err)
		}
		kept, err := query.Count(context.Background(), eng, query.Select(own.SearchChat.ChatID).From(own.SearchChat.Table))
		if err != nil || kept != 0 {
			t.Errorf("%s: texts of %d chats came along: %v", to, kept, err)
		}
		r, err := migrate.New(migrate.Options{Engine: eng, Lineages: larder.Lineages("")})
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.Check(t.Context())
		if err != nil || !found.OK() {
			t.Errorf("%s: %+v, %v", to, found, err)
		}
		eng.Close()
		d, err := larder.Open(t.Context(), to.Reveal(), larder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := index(d); n != chats {
			t.Errorf("%s: the texts of %d chats were taken, not of %d", to, n, chats)
		}
		d.Close()
	}
}
