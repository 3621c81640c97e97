package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// titled creates a chat with a title and a message.
func (s *Suite) titled(by *store.Identity, title, text string) *model.Chat {
	s.Helper()
	c := s.chat(by, fmt.Sprintf(`{"title":%q,"history":{"messages":{"m":{"role":"user","content":%q,"parentId":null}},"currentId":"m"}}`, title, text))
	s.later(1)
	return c
}

func (s *Suite) listed(w store.Who, f store.ChatFilter) string {
	s.Helper()
	items, err := s.Store.Chats.List(s.ctx(), w, f, store.Page{})
	s.ok(err)
	n, err := s.Store.Chats.Count(s.ctx(), w, f)
	s.ok(err)
	equal(s, "count", n, int64(len(items)))
	return chatTitles(items)
}

func chatTitles(items []store.ChatItem) string {
	var out []string
	for _, it := range items {
		out = append(out, it.Title)
	}
	return strings.Join(out, " ")
}

func tagNames(tags []model.Tag, err error) string {
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, t := range tags {
		out = append(out, t.ID+"="+*t.Name)
	}
	return strings.Join(out, " ")
}

var stateCases = []testCase{
	{"pinned, archived, in a folder", func(s *Suite) {
		bob := s.user("bob")
		w := bob.Who()
		a, b, c := s.titled(bob, "a", "x"), s.titled(bob, "b", "x"), s.titled(bob, "c", "x")
		folder, err := s.Store.Folders.Create(s.ctx(), w, "F", nil, jsonvalue.Null(), jsonvalue.Null())
		s.ok(err)
		got, err := s.Store.Chats.TogglePinned(s.ctx(), w, a.ID)
		s.ok(err)
		equal(s, "pinned", *got.Pinned, true)
		equal(s, "list", s.listed(w, store.ChatFilter{}), "c b")
		equal(s, "pinned ones", s.listed(w, store.ChatFilter{Pinned: ptr(true)}), "a")
		equal(s, "all", s.listed(w, store.ChatFilter{IncludePinned: true}), "a c b")
		_, err = s.Store.Chats.Move(s.ctx(), w, a.ID, &folder.ID)
		s.ok(err)
		is, err := s.Store.Chats.Pinned(s.ctx(), w, a.ID)
		s.ok(err)
		equal(s, "pinned in a folder", is, false)
		equal(s, "in the folder", s.listed(w, store.ChatFilter{Folders: []string{folder.ID}}), "a")
		equal(s, "outside", s.listed(w, store.ChatFilter{IncludePinned: true}), "c b")
		got, err = s.Store.Chats.ToggleArchived(s.ctx(), w, a.ID)
		s.ok(err)
		equal(s, "archived", *got.Archived, true)
		equal(s, "folder of an archived one", text(got.FolderID), "<NULL>")
		equal(s, "archived ones", s.listed(w, store.ChatFilter{Archived: ptr(true)}), "a")
		n, err := s.Store.Chats.ArchiveAll(s.ctx(), w, true)
		s.ok(err)
		equal(s, "archived at once", n, 2)
		equal(s, "left", s.listed(w, store.ChatFilter{}), "")
		n, err = s.Store.Chats.ArchiveAll(s.ctx(), w, false)
		s.ok(err)
		equal(s, "brought back", n, 3)
		for _, id := range []string{"nope", b.ID} {
			who := s.Store.Chats
			eve, err := s.Store.Auths.SignIn(s.ctx(), "eve@example.com", "pw-eve")
			if err != nil {
				eve = s.user("eve")
			}
			for what, err := range map[string]error{
				"pin": errOf(who.TogglePinned(s.ctx(), eve.Who(), id)), "archive": errOf(who.ToggleArchived(s.ctx(), eve.Who(), id)),
				"move": errOf(who.Move(s.ctx(), eve.Who(), id, nil)), "unread": errOf(who.MarkUnread(s.ctx(), eve.Who(), id)),
				"params": errOf(who.UpdateParams(s.ctx(), eve.Who(), id, jsonvalue.Text("{}"))), "clone": errOf(who.Clone(s.ctx(), eve.Who(), id, nil)),
				"message": errOf(who.UpsertMessage(s.ctx(), eve.Who(), id, "m", jsonvalue.Text("{}"))), "tag": errOf(s.Store.Tags.Add(s.ctx(), eve.Who(), id, "x")),
				"share": errOf(s.Store.Shares.Share(s.ctx(), eve.Who(), id, "")), "pinned": errOf(who.Pinned(s.ctx(), eve.Who(), id)),
			} {
				if !errors.Is(err, dberr.ErrNotFound) {
					s.Errorf("%s of %s: %v, want not found", what, id, err)
				}
			}
		}
		if _, err := s.Store.Chats.Move(s.ctx(), w, c.ID, ptr("nope")); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("into a folder that is not there: %v", err)
		}
	}},
	{"read and unread", func(s *Suite) {
		bob := s.user("bob")
		w := bob.Who()
		folder, err := s.Store.Folders.Create(s.ctx(), w, "F", nil, jsonvalue.Null(), jsonvalue.Null())
		s.ok(err)
		for i := range 3 {
			c := s.titled(bob, fmt.Sprint("c", i), "x")
			_, err := s.Store.Chats.Move(s.ctx(), w, c.ID, &folder.ID)
			s.ok(err)
		}
		unread := func() int64 {
			n, err := s.Store.Chats.UnreadIn(s.ctx(), w, folder.ID)
			s.ok(err)
			return n[folder.ID]
		}
		equal(s, "whoever changes a chat has read it", unread(), 0)
		items, err := s.Store.Chats.List(s.ctx(), w, store.ChatFilter{Folders: []string{folder.ID}}, store.Page{})
		s.ok(err)
		f, err := s.Store.Chats.MarkUnread(s.ctx(), w, items[2].ID)
		s.ok(err)
		equal(s, "folder", text(f), folder.ID)
		equal(s, "unread", unread(), 1)
		equal(s, "unread first", s.listed(w, store.ChatFilter{Folders: []string{folder.ID}, Sort: store.ByUnread}), "c0 c2 c1")
		list, err := s.Store.Folders.List(s.ctx(), w)
		s.ok(err)
		equal(s, "of the folder", list[0].Unread, 1)
		inner, err := s.Store.Folders.Create(s.ctx(), w, "inside", &folder.ID, jsonvalue.Null(), jsonvalue.Null())
		s.ok(err)
		deep := s.titled(bob, "deep", "x")
		_, err = s.Store.Chats.Move(s.ctx(), w, deep.ID, &inner.ID)
		s.ok(err)
		_, err = s.Store.Chats.MarkUnread(s.ctx(), w, deep.ID)
		s.ok(err)
		other, err := s.Store.Folders.Create(s.ctx(), w, "other", nil, jsonvalue.Null(), jsonvalue.Null())
		s.ok(err)
		counts, err := s.Store.Folders.Unread(s.ctx(), w)
		s.ok(err)
		equal(s, "with those inside",
			fmt.Sprint(counts[folder.ID], counts[inner.ID], counts[other.ID], len(counts)), "2 1 0 3")
		ids, n, err := s.Store.Folders.MarkRead(s.ctx(), w, folder.ID)
		s.ok(err)
		equal(s, "which", strings.Join(ids, " "), folder.ID+" "+inner.ID)
		equal(s, "marked", n, 4)
		equal(s, "unread after that", unread(), 0)
		n, err = s.Store.Chats.MarkAllRead(s.ctx(), w)
		s.ok(err)
		equal(s, "all", n, 4)
	}},
	{"tags", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		w := bob.Who()
		a, b := s.titled(bob, "a", "x"), s.titled(bob, "b", "x")
		for _, name := range []string{"Cooking", "Two Words", "ÜMLAUT İ", "🎃", "Cooking"} {
			_, err := s.Store.Tags.Add(s.ctx(), w, a.ID, name)
			s.ok(err)
		}
		s.max(5, func() {
			_, err := s.Store.Tags.Add(s.ctx(), w, b.ID, "cooking")
			s.ok(err)
		})
		_, err := s.Store.Tags.Add(s.ctx(), eve.Who(), s.titled(eve, "e", "x").ID, "Cooking")
		s.ok(err)
		if got := tagNames(s.Store.Tags.Of(s.ctx(), w,
			a.ID)); got != "cooking=Cooking two_words=Two Words ümlaut_i̇=ÜMLAUT İ 🎃=🎃" {
			s.Errorf("the tags of a are %s", got)
		}
		equal(s, "tags of b", tagNames(s.Store.Tags.Of(s.ctx(), w, b.ID)), "cooking=Cooking")
		equal(s, "chats with one", s.listed(w, store.ChatFilter{Tags: []string{"cooking"}}), "b a")
		equal(s, "chats with two", s.listed(w, store.ChatFilter{Tags: []string{"cooking", "🎃"}}), "a")
		equal(s, "chats with none", s.listed(w, store.ChatFilter{Untagged: true}), "")
		if _, err := s.Store.Tags.Add(s.ctx(), w, a.ID, "NONE"); !errors.Is(err, store.ErrTagName) {
			s.Errorf("none: %v", err)
		}
		equal(s, "after one is taken", tagNames(s.Store.Tags.Remove(s.ctx(), w, a.ID, "cooking")),
			"two_words=Two Words ümlaut_i̇=ÜMLAUT İ 🎃=🎃")
		all := func() string { return tagNames(s.Store.Tags.List(s.ctx(), bob.ID)) }
		if !strings.HasPrefix(all(), "cooking=") {
			s.Errorf("a tag that another chat has is gone: %s", all())
		}
		_, err = s.Store.Tags.Remove(s.ctx(), w, a.ID, "🎃")
		s.ok(err)
		equal(s, "an orphan goes", strings.Contains(all(), "🎃"), false)
		s.ok(s.Store.Tags.RemoveAll(s.ctx(), w, a.ID))
		equal(s, "left", all(), "cooking=Cooking")
		equal(s, "untagged", s.listed(w, store.ChatFilter{Untagged: true}), "a")
		equal(s, "hers", tagNames(s.Store.Tags.List(s.ctx(), eve.ID)), "cooking=Cooking")
	}},
	{"messages one by one", func(s *Suite) {
		bob := s.user("bob")
		w := bob.Who()
		c := s.chat(bob, thread(5, "text"))
		got, err := s.Store.Chats.UpsertMessage(s.ctx(), w, c.ID, "m1", jsonvalue.Text(`{"content":"edited ✏️"}`))
		s.ok(err)
		equal(s, "stands at", text(got.CurrentMessageID), "m4")
		s.inStep(c.ID)
		for _, e := range [][2]string{{"status", `{"description":"x"}`}, {"message", `{"content":" and more"}`},
			{"files", `{"files":[{"id":"f"}]}`}, {"source", `{"s":1}`}, {"chat:title", `{"x":1}`}} {
			s.ok(s.Store.Chats.AddEvent(s.ctx(), w, c.ID, "m1", e[0], jsonvalue.Text(e[1])))
		}
		s.ok(s.Store.Chats.AddEvent(s.ctx(), w, c.ID, "nope", "message", jsonvalue.Text(`{"content":"x"}`)))
		s.inStep(c.ID)
		x, err := s.Store.Chats.Get(s.ctx(), w, c.ID)
		s.ok(err)
		msg := x.Chat.Member("history").Member("messages").Member("m1")
		for name, want := range map[string]string{"content": `"edited ✏️ and more"`, "statusHistory": `[{"description":"x"}]`,
			"files": `[{"id":"f"}]`, "sources": `[{"s":1}]`} {
			equal(s, name, msg.Member(name).String(), want)
		}
		got, err = s.Store.Chats.DeleteMessage(s.ctx(), w, c.ID, "m3")
		s.ok(err)
		equal(s, "stands at", text(got.CurrentMessageID), "m2")
		s.inStep(c.ID)
		params, err := s.Store.Chats.UpdateParams(s.ctx(), w, c.ID, jsonvalue.Text(`{"temperature":0.5}`))
		s.ok(err)
		equal(s, "params", params.String(), `{"temperature":0.5}`)
		params, err = s.Store.Chats.UpdateParams(s.ctx(), w, c.ID, jsonvalue.Text(`{"top_p":1.0}`))
		s.ok(err)
		equal(s, "params", params.String(), `{"temperature":0.5,"top_p":1.0}`)
	}},
	{"search", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		w := bob.Who()
		s.titled(bob, "Soup", "How do I cook Kürbis? 漢字 100% o'x")
		s.titled(bob, "Salad", strings.Repeat("word ", 100)+"needle "+strings.Repeat("word ", 100))
		s.titled(eve, "Hers", "needle")
		for text, want := range map[string]string{"needle": "Salad", "NEEDLE": "Salad", "kÜrb": "Soup", "漢字": "Soup",
			"soup": "Soup", "cook how": "Soup",
			"nothing": "", "100%": "Soup", "%": "Soup", "_": "", "o'x": "Soup", "": "Salad Soup"} {
			items, err := s.Store.Chats.Search(s.ctx(), w, text, store.ChatFilter{}, store.PageNumber(1))
			s.ok(err)
			equal(s, "search for "+text, chatTitles(items), want)
		}
		var items []store.ChatItem
		s.max(8, func() {
			var err error
			items, err = s.Store.Chats.Search(s.ctx(), w, "needle", store.ChatFilter{}, store.PageNumber(1))
			s.ok(err)
		})
		if n := *items[0].Snippet; len(n) > 300 || !strings.Contains(n, "needle") {
			s.Errorf("the snippet is %s", n)
		}
		items, err := s.Store.Chats.Search(s.ctx(), w, "kürbis", store.ChatFilter{}, store.PageNumber(1))
		s.ok(err)
		equal(s, "snippet", text(items[0].Snippet), "How do I cook Kürbis? 漢字 100% o'x")
	}},
	{"all chats with their documents", func(s *Suite) {
		bob := s.user("bob")
		for i := range 45 {
			s.chat(bob, fmt.Sprintf(`{"title":"%d"}`, i))
			if i%7 == 0 {
				s.later(1)
			}
		}
		seen := map[string]bool{}
		s.max(4, func() {
			for c, err := range s.Store.Chats.Each(s.ctx(), bob.Who(), store.ChatFilter{}, store.Page{}) {
				s.ok(err)
				seen[*c.Title] = true
			}
		})
		equal(s, "different chats", len(seen), 45)
		for _, err := range s.Store.Chats.Each(s.ctx(), bob.Who(), store.ChatFilter{}, store.Page{}) {
			s.ok(err)
			break
		}
		for _, err := range s.Store.Chats.Each(s.ctx(), store.Who{}, store.ChatFilter{}, store.Page{}) {
			if !errors.Is(err, store.ErrNotPermitted) {
				s.Errorf("by nobody: %v", err)
			}
		}
	}},
	{"all chats, also without a time", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		for range 60 {
			s.chat(bob, `{"title":"x"}`)
		}
		_, err := query.Exec(s.ctx(), s.Eng, query.Update(tables.Chat.Table).Set(tables.Chat.UpdatedAt.SetNull()).AllRows())
		s.ok(err)
		s.chat(eve, `{"title":"hers"}`)
		count := func(st *store.Store, w store.Who, f store.ChatFilter) (n int, err error) {
			for _, err := range st.Chats.Each(s.ctx(), w, f, store.Page{}) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		}
		n, err := count(s.Store, bob.Who(), store.ChatFilter{})
		s.ok(err)
		equal(s, "chats of bob", n, 60)
		admin, everybody := store.Who{ID: "admin", Role: model.RoleAdmin}, store.ChatFilter{Everybody: true}
		n, err = count(s.Store, admin, everybody)
		s.ok(err)
		equal(s, "chats of everybody", n, 61)
		if _, err := count(s.Store, bob.Who(), everybody); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("everybody's chats for a user: %v", err)
		}
		bound := store.New(s.Eng, store.Options{Admins: store.AdminLimits{NoChats: true}})
		if _, err := count(bound, admin, everybody); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("everybody's chats with NoChats: %v", err)
		}
	}},
	{"copies", func(s *Suite) {
		bob := s.user("bob")
		w := bob.Who()
		c := s.chat(bob, thread(5, "text"))
		_, err := s.Store.Tags.Add(s.ctx(), w, c.ID, "Cooking")
		s.ok(err)
		clone, err := s.Store.Chats.Clone(s.ctx(), w, c.ID, nil)
		s.ok(err)
		equal(s, "title", *clone.Title, "Clone of long")
		equal(s, "from", clone.Chat.Member("originalChatId").String(), `"`+c.ID+`"`)
		equal(s, "tags", strings.Join(clone.Meta.Member("tags").Elements(), ","), `"cooking"`)
		s.inStep(clone.ID)
		fork, err := s.Store.Chats.Fork(s.ctx(), w, c.ID, ptr("m2"))
		s.ok(err)
		equal(s, "title", *fork.Title, "long (fork)")
		equal(s, "stands at", text(fork.CurrentMessageID), "m2")
		equal(s, "forked from", fork.Meta.Member("forked_from_message_id").String(), `"m2"`)
		s.inStep(fork.ID)
		if _, err := s.Store.Chats.Fork(s.ctx(), w, c.ID, ptr("nope")); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("at a message that is not there: %v", err)
		}
		made, err := s.Store.Chats.Import(s.ctx(), w, []store.ChatImport{
			{ChatInput: store.ChatInput{Document: s.doc(twoMessages), FolderID: ptr("nope")}, Meta: jsonvalue.Text(`{"tags":["two_words"]}`), Pinned: true, CreatedAt: ptr(int64(5)), UpdatedAt: ptr(int64(6))},
			{ChatInput: s.input(`{}`), Archived: true},
		})
		s.ok(err)
		equal(s, "made", len(made), 2)
		got, err := s.Store.Chats.Get(s.ctx(), w, made[0].ID)
		s.ok(err)
		equal(s, "times", fmt.Sprint(*got.CreatedAt, *got.UpdatedAt, *got.Pinned, text(got.FolderID)), "5 6 true<NULL>")
		s.inStep(made[0].ID)
		equal(s, "tags", tagNames(s.Store.Tags.List(s.ctx(), bob.ID)), "cooking=Cooking two_words=two_words")
		for _, odd := range []string{`{"history":null}`, `{"history":{"messages":{"m":null}}}`, `{"messages":5}`} {
			for what, err := range map[string]error{
				"create": errOf(s.Store.Chats.Create(s.ctx(), w, s.input(odd))), "merge": errOf(s.Store.Chats.Merge(s.ctx(), w, c.ID, s.input(odd))),
				"import": errOf(s.Store.Chats.Import(s.ctx(), w, []store.ChatImport{{ChatInput: s.input(`{}`)}, {ChatInput: s.input(odd)}})),
			} {
				if !errors.Is(err, dberr.ErrInvalid) {
					s.Errorf("%s of %s: %v, want that it is invalid", what, odd, err)
				}
			}
		}
		equal(s, "chats", s.count(query.Select(tables.Chat.ID).From(tables.Chat.Table)), 5)
	}},
	{"links to chats", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		w := bob.Who()
		c := s.chat(bob, twoMessages)
		shared, err := s.Store.Shares.Share(s.ctx(), w, c.ID, "")
		s.ok(err)
		link := *shared.ShareID
		_, err = s.Store.Chats.Update(s.ctx(), w, c.ID, func(c *model.Chat) error { c.Title = ptr("later"); return nil })
		s.ok(err)
		get := func(who store.Who) error { return errOf(s.Store.Shares.Get(s.ctx(), who, link)) }
		x, err := s.Store.Shares.Get(s.ctx(), w, link)
		s.ok(err)
		equal(s, "a snapshot", *x.Title == "later", false)
		s.ok(get(ada.Who()))
		for _, who := range []store.Who{eve.Who(), {}} {
			if err := get(who); !errors.Is(err, store.ErrNoAccess) {
				s.Errorf("without a grant, to %q: %v", who.ID, err)
			}
		}
		give := func(by store.Who, g ...store.Grant) error {
			return errOf(s.Store.Shares.SetGrants(s.ctx(), by, c.ID, g))
		}
		s.ok(give(w, grant("user", eve.ID, "read")))
		s.ok(get(eve.Who()))
		copied, err := s.Store.Chats.CloneShared(s.ctx(), eve.Who(), link)
		s.ok(err)
		equal(s, "owner of the copy", *copied.UserID, eve.ID)
		equal(s, "noted", copied.Chat.Member("share_mode").IsJSONNull(), true)
		if _, err := s.Store.Chats.Get(s.ctx(), eve.Who(), c.ID); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("a link gives the chat itself: %v", err)
		}
		for _, g := range []store.Grant{grant("user", "*", "read"), grant("anyone", "*", "read")} {
			if err := give(w, g); !errors.Is(err, store.ErrAudience) {
				s.Errorf("%s: %v, want that it is not allowed", g.PrincipalType, err)
			}
		}
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`{"sharing":{"open_chats":true}}`)}))
		s.ok(give(w, grant("anyone", "*", "read")))
		s.ok(get(store.Who{}))
		again, err := s.Store.Shares.Share(s.ctx(), w, c.ID, "")
		s.ok(err)
		equal(s, "the same link", *again.ShareID, link)
		x, err = s.Store.Shares.Get(s.ctx(), w, link)
		s.ok(err)
		equal(s, "brought up to date", *x.Title, "later")
		list, err := s.Store.Shares.List(s.ctx(), w, "LATE", "", false, store.Page{})
		s.ok(err)
		equal(s, "links", len(list), 1)
		was, err := s.Store.Shares.Unshare(s.ctx(), w, c.ID)
		s.ok(err)
		equal(s, "was shared", was, true)
		if err := get(w); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("after that: %v", err)
		}
		equal(s, "grants", s.count(query.Select(tables.AccessGrant.ID).From(tables.AccessGrant.Table)), 0)
		was, err = s.Store.Shares.Unshare(s.ctx(), w, c.ID)
		s.ok(err)
		equal(s, "was shared", was, false)
		_, err = s.Store.Shares.Share(s.ctx(), w, c.ID, "")
		s.ok(err)
		s.ok(s.Store.Shares.UnshareAll(s.ctx(), w))
		equal(s, "links", s.count(query.Select(tables.SharedChat.ID).From(tables.SharedChat.Table)), 0)
		equal(s, "of chats", s.listed(w, store.ChatFilter{Shared: ptr(true)}), "")
	}},
}

var folderCases = []testCase{
	{"folders are trees with names", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		w := bob.Who()
		create := func(w store.Who, name string, parent *string) (*model.Folder, error) {
			s.later(1)
			return s.Store.Folders.Create(s.ctx(), w, name, parent, jsonvalue.Null(), jsonvalue.Null())
		}
		work, err := create(w, " Wörk 📁 ", nil)
		s.ok(err)
		equal(s, "name", work.Name, "Wörk 📁")
		if _, err := create(w, "WÖRK 📁", nil); !errors.Is(err, store.ErrFolderExists) {
			s.Errorf("the same name: %v", err)
		}
		sub, err := create(w, "wörk 📁", &work.ID) // elsewhere it is free
		s.ok(err)
		deep, err := create(w, "deep", &sub.ID)
		s.ok(err)
		_, err = create(eve.Who(), "Wörk 📁", nil)
		s.ok(err)
		if _, err := create(w, "x", ptr("nope")); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("in a folder that is not there: %v", err)
		}
		move := func(id string, parent *string) error {
			return errOf(s.Store.Folders.Update(s.ctx(), w, id, func(f *model.Folder) error { f.ParentID = parent; return nil }))
		}
		for _, in := range []string{work.ID, sub.ID, deep.ID} {
			if err := move(work.ID, &in); !errors.Is(err, store.ErrFolderInside) {
				s.Errorf("into itself: %v", err)
			}
		}
		if err := move(sub.ID, nil); !errors.Is(err, store.ErrFolderExists) {
			s.Errorf("to where the name is taken: %v", err)
		}
		s.ok(move(deep.ID, &work.ID))
		ids, err := s.Store.Folders.Below(s.ctx(), w, work.ID)
		s.ok(err)
		equal(s, "below", len(ids), 3)
		named, err := s.Store.Folders.Named(s.ctx(), w, "DEEP", "nope")
		s.ok(err)
		equal(s, "named", strings.Join(named, " "), deep.ID)
		for _, id := range []string{"nope", work.ID} {
			for what, err := range map[string]error{"get": errOf(s.Store.Folders.Get(s.ctx(), eve.Who(), id)),
				"delete": s.Store.Folders.Delete(s.ctx(), eve.Who(), id, true),
				"update": errOf(s.Store.Folders.Update(s.ctx(), eve.Who(), id, func(*model.Folder) error { return nil }))} {
				if !errors.Is(err, dberr.ErrNotFound) {
					s.Errorf("%s of %s: %v, want not found", what, id, err)
				}
			}
		}
	}},
	{"deleting a folder", func(s *Suite) {
		bob := s.user("bob")
		w := bob.Who()
		var ids []string
		for i := range 3 { // one inside the other
			var parent *string
			if i > 0 {
				parent = &ids[i-1]
			}
			f, err := s.Store.Folders.Create(s.ctx(), w, fmt.Sprint(i), parent, jsonvalue.Null(), jsonvalue.Null())
			s.ok(err)
			ids = append(ids, f.ID)
			c := s.titled(bob, fmt.Sprint("in ", i), "x")
			_, err = s.Store.Tags.Add(s.ctx(), w, c.ID, "Cooking")
			s.ok(err)
			_, err = s.Store.Chats.Move(s.ctx(), w, c.ID, &f.ID)
			s.ok(err)
		}
		s.ok(s.Store.Folders.Delete(s.ctx(), w, ids[2], false))
		equal(s, "its chat stays", s.listed(w, store.ChatFilter{}), "in 2")
		s.ok(s.Store.Config.Set(s.ctx(),
			map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`{"chat":{"delete":false}}`)}))
		if err := s.Store.Folders.Delete(s.ctx(), w, ids[0], true); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("without the permission: %v", err)
		}
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Null()}))
		s.ok(s.Store.Folders.Delete(s.ctx(), w, ids[0], true))
		equal(s, "folders", s.count(query.Select(tables.Folder.ID).From(tables.Folder.Table)), 0)
		equal(s, "chats", s.listed(w, store.ChatFilter{IncludeFolders: true}), "in 2")
		equal(s, "messages", s.count(query.Select(tables.ChatMessage.ID).From(tables.ChatMessage.Table)), 1)
		equal(s, "a tag that is in use stays", tagNames(s.Store.Tags.List(s.ctx(), bob.ID)), "cooking=Cooking")
	}},
	{"sharing a folder", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		f, err := s.Store.Folders.Create(s.ctx(), bob.Who(), "F", nil, jsonvalue.Null(), jsonvalue.Null())
		s.ok(err)
		c := s.titled(bob, "c", "x")
		_, err = s.Store.Chats.Move(s.ctx(), bob.Who(), c.ID, &f.ID)
		s.ok(err)
		if err := errOf(s.Store.Folders.Share(s.ctx(), bob.Who(), f.ID,
			[]store.Grant{grant("user", eve.ID, "read")})); !errors.Is(err, store.ErrAudience) {
			s.Errorf("without the permission: %v", err)
		}
		s.ok(s.Store.Config.Set(s.ctx(),
			map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`{"sharing":{"folders":true}}`)}))
		got, err := s.Store.Folders.Share(s.ctx(), bob.Who(), f.ID, []store.Grant{grant("user", eve.ID, "read")})
		s.ok(err)
		equal(s, "grants", len(got.Grants), 1)
		list, err := s.Store.Folders.Shared(s.ctx(), eve.Who())
		s.ok(err)
		equal(s, "shared with eve", len(list), 1)
		equal(s, "she may write", list[0].MayWrite, false)
		_, items, total, err := s.Store.Folders.Chats(s.ctx(), eve.Who(), f.ID, store.ChatFilter{}, store.Page{Limit: 10})
		s.ok(err)
		equal(s, "chats in it", fmt.Sprint(chatTitles(items), total), "c1")
		hers := s.titled(eve, "hers", "x")
		if _, err := s.Store.Chats.Move(s.ctx(), eve.Who(), hers.ID, &f.ID); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("a chat into a folder that she may only read: %v", err)
		}
		equal(s, "in nobody's list", slices.Contains(strings.Fields(s.listed(eve.Who(), store.ChatFilter{})), "c"), false)
	}},
}
