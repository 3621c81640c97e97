package store_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// counted are the rows of larder_search_user, and what they should say.
func (s *searched) counted() (is, want map[string]own.SearchUserRow) {
	s.Helper()
	k, u := own.SearchChat, own.SearchUser
	rows, err := query.All[own.SearchUserRow](s.Context(), s.eng, query.SelectFrom(u.Table))
	s.ok(err)
	kept, err := query.All[own.SearchUserRow](s.Context(), s.eng, query.Select(k.UserID, query.CountAll().As("chats"),
		query.Sum(k.UpdatedAt).IfNull(0).As("updated_at")).From(k.Table).GroupBy(k.UserID))
	s.ok(err)
	byUser := func(rows []own.SearchUserRow) map[string]own.SearchUserRow {
		out := make(map[string]own.SearchUserRow)
		for _, r := range rows {
			out[r.UserID] = r
		}
		return out
	}
	return byUser(rows), byUser(kept)
}

// What is counted of a user is what is kept, or is not there, whoever changes what: a
// search that believes too much would miss chats. When the index has caught up it is
// there for everybody, and no search counts.
func TestWhatIsKeptIsCounted(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.extend()
		users := []store.Who{s.who, s.user("bob"), s.user("eve")}
		random := rand.New(rand.NewPCG(uint64(now), 7))
		exec := func(st query.Statement) {
			s.Helper()
			_, err := query.Exec(s.Context(), s.eng, st)
			s.ok(err)
		}
		chat := func() (id string, who store.Who) {
			s.Helper()
			rows, err := query.All[model.Chat](s.Context(), s.eng, query.Select(tables.Chat.ID, tables.Chat.UserID).
				From(tables.Chat.Table).OrderBy(tables.Chat.Title))
			s.ok(err)
			c := rows[random.IntN(len(rows))]
			return c.ID, store.Who{ID: *c.UserID, Role: model.RoleAdmin}
		}
		t := tables.Chat
		for step := range 120 {
			switch n := random.IntN(12); {
			case n < 4 || step < 10:
				s.chat(users[random.IntN(3)], int64(100+random.IntN(900)), fmt.Sprintf("chat %03d", step), "needle")
			case n < 6:
				id, who := chat()
				s.ok(s.st.Chats.Delete(s.Context(), who, id))
			case n == 6:
				id, _ := chat()
				exec(query.Update(t.Table).Set(t.UpdatedAt.Set(now - int64(50+random.IntN(40)))).Where(t.ID.Eq(id)))
			case n == 7: // by another program
				id, _ := chat()
				exec(query.Update(t.Table).Set(t.UserID.Set(users[random.IntN(3)].ID)).Where(t.ID.Eq(id)))
			case n == 8 && step > 60:
				_, who := chat()
				_, err := s.st.Chats.DeleteAll(s.Context(), who)
				s.ok(err)
				s.chat(who, 50, fmt.Sprintf("chat %03d", step), "needle")
			case n == 9 && step > 60:
				s.ok(store.NewSearchIndex(s.eng, s.st, nil).Forget(s.Context()))
			default:
				s.catchUp()
				if is, want := s.counted(); !maps.Equal(is, want) {
					s.Fatalf("step %d, caught up: counted are %v, and there are %v", step, is, want)
				}
			}
			is, want := s.counted()
			for user, row := range is {
				if want[user] != row {
					s.Fatalf("step %d: counted are %v, and there are %v", step, is, want)
				}
			}
		}
		s.catchUp()
		var ran []string
		stop := s.eng.Observe(engine.AfterFunc(func(_ context.Context, ev *engine.Event) { ran = append(ran, ev.Name) }))
		defer stop()
		s.who = users[1]
		list, err := s.st.Chats.List(s.Context(), s.who, store.ChatFilter{}, store.Page{})
		s.ok(err)
		if got := s.search("needle"); len(got) != len(list) || len(got) == 0 {
			s.Errorf("found are %d of %d chats", len(got), len(list))
		}
		if slices.Contains(ran, "search.Kept") || !slices.Contains(ran, "search.Chats") {
			s.Errorf("what is kept was counted by a search: %q", ran)
		}
	})
}
