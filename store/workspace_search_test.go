package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// note makes a note with a text.
func (s *searched) note(who store.Who, age int64, title, text string) {
	s.Helper()
	data, err := json.Marshal(map[string]any{"content": map[string]any{"md": text}})
	s.ok(err)
	at := (now - age) * 1_000_000_000
	_, err = query.Exec(s.Context(), s.eng, query.Insert(tables.Note.Table).Row(model.Note{ID: "note-" + title, UserID: &who.ID,
		Title: &title, Data: jsonvalue.Text(string(data)), CreatedAt: &at, UpdatedAt: &at}))
	s.ok(err)
}

// page is what a page of the workspace shows.
func (s *searched) page(f store.WorkspaceFilter, n int) string {
	s.Helper()
	found, err := s.st.Workspace.Search(s.Context(), s.who, f, store.PageOf(n, 7))
	if err != nil {
		s.Fatalf("search for %q: %v", f.Text, err)
	}
	var out strings.Builder
	for _, h := range found.Hits {
		fmt.Fprintf(&out, "%s %q %d %q %q; ", h.Kind, h.Title, h.UpdatedAt, h.MessageID, h.Text)
	}
	fmt.Fprint(&out, found.More)
	return out.String()
}

// The workspace shows the same pages by the index as by reading every message: what
// has the text in its title first, and chats and notes among each other.
func TestTheWorkspaceIsSearchedByTheIndex(t *testing.T) {
	chats, queries := corpus(t)
	eachSearched(t, func(s *searched) {
		for n := range 300/len(chats) + 1 { // enough for a part of the index
			for i, c := range chats {
				s.chat(s.who, int64(100+n*len(chats)+i), fmt.Sprintf("%s #%d.%d", c[0], n, i), c[1:]...)
			}
		}
		s.chat(s.user("eve"), 100, "hers", chats[0][1:]...)
		for i, c := range chats[:20] {
			s.note(s.who, int64(103+17*i), fmt.Sprintf("%s %d", c[0], i), strings.Join(c[1:], "\n"))
		}
		filter := func(text string) store.WorkspaceFilter {
			return store.WorkspaceFilter{Text: text, Chats: true, Notes: true}
		}
		want, more := map[string][2]string{}, 0
		for i, q := range queries {
			if i%3 != 0 {
				continue // reading everything takes its time
			}
			var pages [2]string
			for n := range pages {
				pages[n] = s.page(filter(q), n+1)
			}
			want[q] = pages
			if strings.HasSuffix(pages[1], "true") {
				more++
			}
		}
		if more < 5 {
			s.Fatalf("%d queries find more than two pages", more)
		}
		same := func(when string) {
			s.Helper()
			for q, pages := range want {
				for n, page := range pages {
					if got := s.page(filter(q), n+1); got != page {
						s.Errorf("%s, page %d of %q is\n%s, not\n%s", when, n+1, q, got, page)
					}
				}
			}
		}
		s.extend()
		same("before the index has begun")
		s.catchUp()
		same("caught up")
		stop := s.eng.Observe(engine.AfterFunc(func(_ context.Context, ev *engine.Event) {
			if strings.Contains(ev.SQL, "chat_message") {
				s.Errorf("messages are read for a word that is nowhere: %s", ev.SQL)
			}
		}))
		s.page(filter("xylophonist"), 1)
		stop()
	})
}
