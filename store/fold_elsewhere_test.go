package store_test

import (
	"testing"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// While a cluster goes on to this release, a program of the one before may fold what
// one of this has let wait, and leaves the times of the chat as they were. Who wrote
// the message moves them then, so that lists and searches show it.
func TestAnOlderProgramFoldsWhatWaits(t *testing.T) {
	eachSearched(t, func(s *searched) {
		_, err := s.eng.CreateTables(s.Context(), own.All()...)
		s.ok(err)
		s.chat(s.who, 100, "one", "before")
		s.chat(s.who, 50, "two", "other")
		items, err := s.st.Chats.List(s.Context(), s.who, store.ChatFilter{}, store.Page{})
		s.ok(err)
		id := items[1].ID
		s.catchUp()
		s.ok(s.st.Chats.SetMessage(s.Context(), s.who, id, "m0", jsonvalue.Text(`{"content":"after"}`)))
		whole, err := s.st.Chats.Get(s.Context(), s.who, id)
		s.ok(err)
		c := tables.Chat
		_, err = query.Exec(s.Context(), s.eng, query.Update(c.Table).Set(c.Chat.Set(whole.Chat)).Where(c.ID.Eq(id)))
		s.ok(err)
		_, err = query.Exec(s.Context(), s.eng, query.Delete(own.Message.Table).Where(own.Message.ChatID.Eq(id)))
		s.ok(err)
		n, err := s.st.Chats.FoldDue(s.Context(), store.FoldWhen{})
		s.ok(err)
		if n != 0 {
			s.Errorf("%d chats were folded", n)
		}
		if got := s.search("after"); len(got) != 1 || got[0] != "one" {
			s.Errorf("found %q", got)
		}
		if got := s.search("before"); len(got) != 0 {
			s.Errorf("what it said before finds %q", got)
		}
		items, err = s.st.Chats.List(s.Context(), s.who, store.ChatFilter{}, store.Page{})
		s.ok(err)
		if items[0].ID != id || items[0].UpdatedAt != now {
			s.Errorf("the list begins with %q of %d", items[0].Title, items[0].UpdatedAt)
		}
		if n, err := s.st.Chats.FoldDue(s.Context(), store.FoldWhen{}); err != nil || n != 0 {
			s.Errorf("%d chats are due again: %v", n, err)
		}
	})
}
