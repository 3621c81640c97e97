package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// now is the clock of these tests. Chats are some minutes old.
const now = 1_700_000_000

// searched is a database of chats.
type searched struct {
	*testing.T
	eng *engine.Engine
	st  *store.Store
	who store.Who
}

func eachSearched(t *testing.T, run func(s *searched)) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		s := &searched{T: t, eng: eng}
		s.ok(fresh.Create(t.Context(), eng, tables.All(), []string{tables.Head}))
		s.st = store.New(eng, searchedOptions())
		s.who = s.user("ada")
		run(s)
	})
}

func searchedOptions() store.Options {
	return store.Options{Now: func() time.Time { return time.Unix(now, 0) }, Passwords: store.NewPasswords(4)}
}

func (s *searched) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *searched) user(name string) store.Who {
	s.Helper()
	email := name + "@x"
	u := model.User{ID: name, Name: &name, Email: &email}
	_, err := query.Exec(s.Context(), s.eng, query.Insert(tables.User.Table).Row(u))
	s.ok(err)
	return store.Who{ID: name, Role: model.RoleUser, Name: name}
}

// extend makes the tables of the search.
func (s *searched) extend() {
	s.Helper()
	_, err := s.eng.CreateTables(s.Context(), own.Search()...)
	s.ok(err)
}

func (s *searched) catchUp() store.SearchProgress {
	s.Helper()
	p, err := store.NewSearchIndex(s.eng, s.st, nil).CatchUp(s.Context())
	s.ok(err)
	return p
}

// chat makes a chat with messages; its title stands in its document, too.
func (s *searched) chat(who store.Who, age int64, title string, messages ...string) {
	s.Helper()
	all := map[string]any{}
	for i, m := range messages {
		id := fmt.Sprintf("m%d", i)
		all[id] = map[string]any{"id": id, "role": "user", "content": m, "timestamp": now - age + int64(i), "parentId": nil,
			"childrenIds": []string{}}
	}
	text, err := json.Marshal(map[string]any{"title": title,
		"history": map[string]any{"messages": all, "currentId": "m0"}})
	s.ok(err)
	doc, err := chatdoc.Parse(text)
	s.ok(err)
	at := now - age
	_, err = s.st.Chats.Import(s.Context(), store.Who{ID: who.ID, Role: model.RoleAdmin, Name: who.Name},
		[]store.ChatImport{{ChatInput: store.ChatInput{Document: doc}, CreatedAt: &at, UpdatedAt: &at}})
	s.ok(err)
}

// search returns the titles of what is found.
func (s *searched) search(text string) []string {
	s.Helper()
	items, err := s.st.Chats.Search(s.Context(), s.who, text, store.ChatFilter{}, store.Page{})
	if err != nil {
		s.Fatalf("search for %q: %v", text, err)
	}
	out := make([]string, len(items))
	for i, x := range items {
		out[i] = x.Title
	}
	return out
}

// corpus is what testdata/search.jsonl has: chats, and texts to look for.
func corpus(t *testing.T) (chats [][]string, queries []string) {
	t.Helper()
	f, err := os.Open("testdata/search.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct {
			Chat []string `json:"chat"`
			Find []string `json:"find"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		queries = append(queries, line.Find...)
		if line.Chat != nil {
			chats = append(chats, line.Chat)
		}
	}
	return chats, queries
}

// What reading every message finds is found by the index, before it has begun, when
// it has caught up, and when others have written behind its back.
func TestSearchFindsWhatReadingEverythingFinds(t *testing.T) {
	chats, queries := corpus(t)
	eachSearched(t, func(s *searched) {
		const copies = 12 // enough for parts of the index
		for n := range copies {
			for i, c := range chats {
				s.chat(s.who, int64(100+n*len(chats)+i), fmt.Sprintf("%s #%d.%d", c[0], n, i), c[1:]...)
			}
		}
		s.chat(s.user("eve"), 100, "hers", "needle", chats[0][1])
		want := map[string][]string{}
		for _, q := range queries {
			want[q] = s.search(q)
		}
		same := func(when string) {
			s.Helper()
			for _, q := range queries {
				if got := s.search(q); !slices.Equal(got, want[q]) {
					s.Errorf("%s, %q: %d found, not %d: %q, not %q", when, q, len(got), len(want[q]), got, want[q])
				}
			}
		}
		s.extend()
		same("before the index has begun")
		p := s.catchUp()
		if n := int64(copies*len(chats) + 1); p.Chats != n || p.Of != n || p.Parts == 0 || p.Waiting != 0 || p.Never != 0 {
			s.Errorf("caught up: %+v, and there are %d chats", p, n)
		}
		same("caught up")
		if p := s.catchUp(); p != (store.SearchProgress{}) {
			s.Errorf("there was something to do again: %+v", p)
		}
		st, err := s.st.SearchStatus(s.Context())
		s.ok(err)
		if st.Chats != st.Kept || st.Changed != 0 || st.Indexed == 0 || !st.Tables {
			s.Errorf("status: %+v", st)
		}
	})
}

// What another program writes is found at once, and what it takes away is not.
func TestSearchSeesWhatOthersWrite(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.extend()
		for i := range 300 {
			s.chat(s.who, int64(1000+i), fmt.Sprintf("chat %d", i), fmt.Sprintf("the number is n%dn", i))
		}
		s.catchUp()
		find := func(when, text, want string) {
			s.Helper()
			if got := strings.Join(s.search(text), ", "); got != want {
				s.Errorf("%s, %q finds %q, not %q", when, text, got, want)
			}
		}
		find("at first", "n7n", "chat 7")
		exec := func(st query.Statement) {
			s.Helper()
			_, err := query.Exec(s.Context(), s.eng, st)
			s.ok(err)
		}
		item, err := s.st.Chats.Search(s.Context(), s.who, "n7n", store.ChatFilter{}, store.Page{})
		s.ok(err)
		id := item[0].ID
		content := func(text string) query.Statement {
			return query.Update(tables.ChatMessage.Table).Set(tables.ChatMessage.Content.Set(jsonvalue.Text(text))).
				Where(tables.ChatMessage.ChatID.Eq(id))
		}
		touch := func(age int64) query.Statement {
			return query.Update(tables.Chat.Table).
				Set(tables.Chat.UpdatedAt.Set(now-age), tables.Chat.Chat.Set(jsonvalue.Text("{}"))).Where(tables.Chat.ID.Eq(id))
		}
		for i, age := range []int64{20, 1007 + 50, 5, 0, -1000} {
			word := fmt.Sprintf("zebra%dz", i)
			exec(content(`"` + word + `"`))
			exec(touch(age))
			find("changed", word, "chat 7")
			find("changed", "n7n", "")
			find("changed", "n8n", "chat 8")
			p := s.catchUp()
			if late := age < 10; late == (p.Chats == 1) {
				s.Errorf("a chat of %d seconds: %+v", age, p)
			}
			find("caught up", word, "chat 7")
			find("caught up", "n7n", "")
		}
		exec(query.Delete(tables.ChatMessage.Table).Where(tables.ChatMessage.ChatID.Eq(id)))
		exec(query.Delete(tables.Chat.Table).Where(tables.Chat.ID.Eq(id)))
		find("deleted", "zebra", "")
		find("deleted", "n8n", "chat 8")
		s.catchUp()
		kept, err := query.Count(s.Context(), s.eng, query.Select(own.SearchChat.ChatID).From(own.SearchChat.Table))
		s.ok(err)
		if kept != 299 {
			s.Errorf("texts of %d chats are kept, not of 299", kept)
		}
		exec(query.Update(tables.Chat.Table).Set(tables.Chat.UpdatedAt.SetNull()).Where(tables.Chat.Title.Eq("chat 9")))
		find("without a time", "n9n", "chat 9")
		s.catchUp()
		find("without a time", "n9n", "chat 9")
	})
}

// Parts of the index become one when they are many, and go when little is left of
// them; nothing is lost on the way.
func TestPartsOfTheIndexAreUnited(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.extend()
		for n := range 10 {
			for i := range 3 {
				s.chat(s.who, int64(1000-10*n-i), fmt.Sprintf("chat %d.%d", n, i), fmt.Sprintf("the number is n%dn", n),
					strings.Repeat(fmt.Sprintf("long %d ", n), 90_000))
			}
			s.catchUp()
		}
		st, err := s.st.SearchStatus(s.Context())
		s.ok(err)
		if st.Parts == 0 || st.Parts >= 10 || st.Indexed == 0 {
			s.Errorf("status: %+v", st)
		}
		for n := range 10 {
			if got, want := fmt.Sprint(s.search(fmt.Sprintf("n%dn", n))),
				fmt.Sprintf("[chat %d.2 chat %d.1 chat %d.0]", n, n, n); got != want {
				s.Errorf("found %s, not %s", got, want)
			}
		}
		unfinished, err := query.Count(s.Context(), s.eng,
			query.Select(own.SearchSegment.ID).From(own.SearchSegment.Table).Where(own.SearchSegment.UserID.Eq("")))
		s.ok(err)
		if unfinished != 0 {
			s.Errorf("%d parts are not finished", unfinished)
		}
	})
}

// Pages of what is found are those of the whole, in every order, and filters leave
// out the same as in a list.
func TestPagesOfASearch(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.extend()
		for i := range 700 {
			s.chat(s.who, int64(1000+i/3), fmt.Sprintf("chat %03d", i), fmt.Sprintf("needle %d", i%2))
		}
		s.catchUp()
		_, err := query.Exec(s.Context(), s.eng,
			query.Update(tables.Chat.Table).Set(tables.Chat.Pinned.Set(true)).Where(tables.Chat.Title.EndsWith("7")))
		s.ok(err)
		pinned := true
		for _, f := range []store.ChatFilter{{}, {Pinned: &pinned}, {IncludePinned: true},
			{IncludePinned: true, Sort: store.ByTitle, Ascending: true}, {Title: "chat 00"}} {
			list, err := s.st.Chats.List(s.Context(), s.who, f, store.Page{})
			s.ok(err)
			all, err := s.st.Chats.Search(s.Context(), s.who, "needle", f, store.Page{})
			s.ok(err)
			var paged []store.ChatItem
			for n := 1; ; n++ {
				page, err := s.st.Chats.Search(s.Context(), s.who, "NEEDLE", f, store.PageNumber(n))
				s.ok(err)
				if len(page) == 0 {
					break
				}
				paged = append(paged, page...)
			}
			ids := func(items []store.ChatItem) string {
				var b strings.Builder
				for _, x := range items {
					b.WriteString(x.Title + " ")
				}
				return b.String()
			}
			if len(list) == 0 || ids(all) != ids(list) || ids(paged) != ids(list) {
				s.Errorf("%+v: %d in the list, %d found, %d in pages", f, len(list), len(all), len(paged))
			}
		}
	})
}

// An index that is cut off at any statement goes on where it was, and nothing is
// missing meanwhile.
func TestAnIndexThatIsCutOffGoesOn(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.extend()
		for i := range 300 {
			s.chat(s.who, int64(1000+i), fmt.Sprintf("chat %d", i), fmt.Sprintf("needle n%dn", i))
		}
		for limit := 1; ; limit += 3 {
			ctx, cancel := context.WithCancel(s.Context())
			stop := s.eng.Observe(&cutOff{after: limit, cancel: cancel})
			_, err := store.NewSearchIndex(s.eng, s.st, nil).CatchUp(ctx)
			stop()
			cancel()
			if n := len(s.search("needle")); n != 300 {
				s.Fatalf("cut off after %d statements, %d found", limit, n)
			}
			if got := s.search("n77n"); len(got) != 1 {
				s.Fatalf("cut off after %d statements, %q found", limit, got)
			}
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) && !errors.Is(err, dberr.ErrCanceled) {
				s.Fatal(err)
			}
		}
		if p := s.catchUp(); p != (store.SearchProgress{}) {
			s.Errorf("there was something left: %+v", p)
		}
		rows, err := query.Count(s.Context(), s.eng, query.Select(own.SearchRow.Segment).From(own.SearchRow.Table).
			Where(own.SearchRow.Segment.NotInQuery(query.Select(own.SearchSegment.ID).From(own.SearchSegment.Table).
				Where(own.SearchSegment.UserID.Ne("")))))
		s.ok(err)
		if rows != 0 {
			s.Errorf("%d rows belong to no part of the index", rows)
		}
	})
}

// cutOff cancels a context ahead of a statement.
type cutOff struct {
	after  int
	cancel func()
}

func (c *cutOff) Before(ctx context.Context, ev *engine.Event) context.Context {
	if ev.Kind == engine.KindQuery || ev.Kind == engine.KindExec {
		if c.after--; c.after == 0 {
			c.cancel()
		}
	}
	return ctx
}

func (c *cutOff) After(context.Context, *engine.Event) {}

// Rows that other programs have spoiled are listed, found, opened and exported, and
// keep no other chat from that.
func TestSpoiledChatsAreFound(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.chat(s.who, 900, "whole", "needle whole")
		exec := func(sql string) error {
			return s.eng.InTx(s.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				_, err := tx.Exec(ctx, engine.Statement{SQL: sql, Write: true})
				return err
			})
		}
		quote := func(text string) string {
			b, err := s.eng.Dialect().AppendString(nil, text)
			s.ok(err)
			return string(b)
		}
		var held []string
		for i, c := range []struct{ name, document, content string }{
			{"nul", `{"title":"nul","history":{"messages":{"m":{"role":"user","content":"needle a\u0000b"}}}}`, `"needle a\u0000b"`},
			{"lone", `{"title":"lone","history":{"messages":{"m":{"role":"user","content":"needle \ud83d x"}}}}`, `"needle \ud83d x"`},
			{"cut", `{"title":"cut","history":{"messages":{"m":{"role":"user","content":"needle`, `"needle of a cut`},
			{"infinite", `{"title":"infinite","n":NaN,"history":{"messages":{"m":{"role":"user","content":"needle"}}}}`, `"needle"`},
			{"list", `[1,"needle"]`, `["needle",{"text":"needle ü"}]`},
			{"shape", `{"history":{"messages":[{"content":"needle"}]},"messages":{"content":5}}`, `{"parts":["needle"]}`},
			{"no rows", `{"title":"no rows","history":{"messages":{"m":{"content":"needle without a role"}}},"messages":[{"content":"legacy"},5,null]}`, ``},
		} {
			id := fmt.Sprintf("spoiled-%d", i)
			if err := exec(fmt.Sprintf("INSERT INTO chat (id, user_id, title, created_at, updated_at, archived, pinned, meta, chat) VALUES ('%s', 'ada', '%s', 5, %d, %s, %s, '{}', %s)",
				id, c.name, now-500-i, "1=0", "1=0", quote(c.document))); err != nil {
				continue // the engine does not take it
			}
			held = append(held, c.name)
			if c.content == "" {
				continue
			}
			if err := exec(fmt.Sprintf("INSERT INTO chat_message (id, chat_id, user_id, role, content, created_at, updated_at) VALUES ('%s-m', '%s', 'ada', 'user', %s, 5, 5)",
				id, id, quote(c.content))); err != nil {
				s.Logf("no row of %s: %v", c.name, err)
			}
		}
		held = append(held, "whole")
		s.Logf("%d kinds are held: %s", len(held), held)
		s.extend()
		for _, when := range []string{"before", "caught up"} {
			items, err := s.st.Chats.List(s.Context(), s.who, store.ChatFilter{}, store.Page{})
			s.ok(err)
			if len(items) != len(held) {
				s.Errorf("%s: %d chats are listed, not %d", when, len(items), len(held))
			}
			found := s.search("needle")
			for _, name := range held {
				if !slices.Contains(found, name) && name != "cut" {
					s.Errorf("%s: %s is not found", when, name)
				}
			}
			for _, x := range items {
				_, err := s.st.Chats.Get(s.Context(), s.who, x.ID)
				s.ok(err)
			}
			n := 0
			for _, err := range s.st.Chats.Each(s.Context(), s.who, store.ChatFilter{}, store.Page{}) {
				s.ok(err)
				n++
			}
			if n != len(held) {
				s.Errorf("%s: %d chats are exported, not %d", when, n, len(held))
			}
			s.catchUp()
		}
		if got := s.search("legacy"); slices.Contains(held, "no rows") && !slices.Equal(got, []string{"no rows"}) {
			s.Errorf("found %q", got)
		}
	})
}

// What a message says in a list of parts is found by any of it, read and by the index.
func TestListsOfPartsAreFound(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.chat(s.who, 900, "text", "plain")
		s.chat(s.who, 800, "parts", "to be replaced")
		s.chat(s.who, 700, "object", "to be replaced")
		for title, content := range map[string]string{
			"parts":  `[{"type": "text", "text": "from a \"list\" of ünits 漢字"}, {"type":"image_url","image_url":{"url":"data:x"}}]`,
			"object": `{"text":"of an öbject","n":1.50}`,
		} {
			_, err := query.Exec(s.Context(), s.eng,
				query.Update(tables.ChatMessage.Table).Set(tables.ChatMessage.Content.Set(jsonvalue.Text(content))).
					Where(tables.ChatMessage.ChatID.InQuery(query.Select(tables.Chat.ID).From(tables.Chat.Table).
						Where(tables.Chat.Title.Eq(title)))))
			s.ok(err)
		}
		look := func(when string) {
			s.Helper()
			for text, want := range map[string]string{"ÜNITS": "parts", "漢字": "parts", "image_url": "parts", "Öbject": "object",
				"plain": "text", "list": "parts", "ünits öbject": ""} {
				if got := s.search(text); strings.Join(got, " ") != want {
					s.Errorf("%s: %q finds %q, want %s", when, text, got, want)
				}
			}
		}
		look("reading")
		s.extend()
		look("not yet kept")
		s.catchUp()
		look("by the index")
	})
}

// A message that waits for the document of its chat is found, what it said before is
// not, and a deleted chat leaves nothing behind.
func TestSearchSeesWhatWaits(t *testing.T) {
	eachSearched(t, func(s *searched) {
		_, err := s.eng.CreateTables(s.Context(), own.All()...)
		s.ok(err)
		s.chat(s.who, 100, "one", "before", "other")
		items, err := s.st.Chats.List(s.Context(), s.who, store.ChatFilter{}, store.Page{})
		s.ok(err)
		id := items[0].ID
		s.catchUp()
		s.ok(s.st.Chats.SetMessage(s.Context(), s.who, id, "m0", jsonvalue.Text(`{"content":"after"}`)))
		look := func(when string) {
			s.Helper()
			for text, want := range map[string]int{"before": 0, "after": 1, "other": 1} {
				if got := s.search(text); len(got) != want {
					s.Errorf("%s: %q finds %q", when, text, got)
				}
			}
		}
		look("just written")
		_, err = query.Exec(s.Context(), s.eng,
			query.Update(tables.Chat.Table).Set(tables.Chat.UpdatedAt.Set(now-50)).Where(tables.Chat.ID.Eq(id)))
		s.ok(err)
		look("some time ago")
		if p := s.catchUp(); p.Chats != 1 {
			s.Errorf("caught up: %+v", p)
		}
		look("caught up")
		s.ok(s.st.Chats.Delete(s.Context(), store.Who{ID: s.who.ID, Role: model.RoleAdmin}, id))
		kept, err := query.Count(s.Context(), s.eng, query.Select(own.SearchChat.ChatID).From(own.SearchChat.Table))
		s.ok(err)
		if kept != 0 {
			s.Errorf("texts of %d chats are left", kept)
		}
	})
}

// A program whose tables are taken away under it goes on without them, and uses them
// again when they are back.
func TestSearchGoesOnWithoutTables(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.extend()
		for i := range 3 {
			s.chat(s.who, int64(100+i), fmt.Sprintf("chat %d", i), "needle")
		}
		s.catchUp()
		for _, x := range own.Search() {
			_, err := s.eng.Exec(s.Context(), engine.Statement{SQL: "DROP TABLE " + x.Name, Write: true})
			s.ok(err)
		}
		remove := func() {
			s.Helper()
			items, err := s.st.Chats.Search(s.Context(), s.who, "needle", store.ChatFilter{}, store.Page{Limit: 1})
			s.ok(err)
			s.ok(s.st.Chats.Delete(s.Context(), store.Who{ID: s.who.ID, Role: model.RoleAdmin}, items[0].ID))
		}
		if items, err := s.st.Chats.List(s.Context(), s.who, store.ChatFilter{}, store.Page{}); err != nil ||
			len(items) != 3 {
			s.Fatal(items, err)
		} else {
			s.ok(s.st.Chats.Delete(s.Context(), store.Who{ID: s.who.ID, Role: model.RoleAdmin}, items[0].ID))
		}
		remove()
		if st, err := s.st.SearchStatus(s.Context()); err != nil || st.Tables {
			s.Errorf("status: %+v, %v", st, err)
		}
		_, err := store.NewSearchIndex(s.eng, s.st, nil).CatchUp(s.Context())
		if !errors.Is(err, dberr.ErrSchemaMismatch) {
			s.Errorf("caught up without tables: %v", err)
		}
		s.extend()
		s.catchUp()
		if got := s.search("needle"); len(got) != 1 {
			s.Errorf("%q found", got)
		}
	})
}
