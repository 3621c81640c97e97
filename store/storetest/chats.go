package storetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

const twoMessages = `{"title":"T 👩‍🚀","models":["x"],"big":12345678901234567890,"f":1.0,"history":{"messages":{
	"m1":{"id":"m1","parentId":null,"childrenIds":["m2"],"role":"user","content":"héllo 🐍 \"C:\\u0000dir\"","timestamp":1700000000},
	"m2":{"id":"m2","parentId":"m1","childrenIds":[],"role":"assistant","content":"ok","model":"x","done":true,"timestamp":1700000001,"usage":{"prompt_tokens":3,"completion_tokens":4}}},"currentId":"m2"}}`

// thread is a document with n messages, each the answer to the one before.
func thread(n int, content string) string {
	var b strings.Builder
	b.WriteString(`{"title":"long","history":{"messages":{`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		parent := "null"
		if i > 0 {
			parent = fmt.Sprintf(`"m%d"`, i-1)
		}
		fmt.Fprintf(&b, `"m%d":{"id":"m%d","parentId":%s,"role":"user","content":%q,"timestamp":%d}`, i, i, parent,
			content, epoch+i)
	}
	fmt.Fprintf(&b, `},"currentId":"m%d"}}`, n-1)
	return b.String()
}

var chatCases = []testCase{
	{"a clock that goes back does not sink what is changed", func(s *Suite) {
		bob := s.user("bob")
		w := bob.Who()
		c := s.chat(bob, twoMessages)
		note, err := s.Store.Notes.Create(s.ctx(), w, "n", jsonvalue.JSON{}, jsonvalue.JSON{}, nil)
		s.ok(err)
		folder, err := s.Store.Folders.Create(s.ctx(), w, "f", nil, jsonvalue.JSON{}, jsonvalue.JSON{})
		s.ok(err)
		s.later(-3600)
		merged, err := s.Store.Chats.Merge(s.ctx(), w, c.ID, s.input(`{"title":"new"}`))
		s.ok(err)
		equal(s, "updated_at of the chat", *merged.UpdatedAt, *c.UpdatedAt)
		again, err := s.Store.Chats.UpsertMessage(s.ctx(), w, c.ID, "m2", jsonvalue.Text(`{"content":"more"}`))
		s.ok(err)
		equal(s, "updated_at of the chat with a message", *again.UpdatedAt, *c.UpdatedAt)
		equal(s, "it counts as read", *again.LastReadAt >= *again.UpdatedAt, true)
		n, err := s.Store.Notes.Update(s.ctx(), w, note.ID, func(n *model.Note) error { n.Title = ptr("other"); return nil })
		s.ok(err)
		equal(s, "updated_at of the note", *n.UpdatedAt, *note.UpdatedAt)
		f, err := s.Store.Folders.Update(s.ctx(), w, folder.ID, func(f *model.Folder) error { f.Name = "other"; return nil })
		s.ok(err)
		equal(s, "updated_at of the folder", f.UpdatedAt, folder.UpdatedAt)
	}},
	{"create and get", func(s *Suite) {
		bob := s.user("bob")
		var c *model.Chat
		s.max(2, func() { c = s.chat(bob, twoMessages) })
		equal(s, "title", *c.Title, "T 👩‍🚀")
		equal(s, "current message", *c.CurrentMessageID, "m2")
		got, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		s.sameJSON("document", got.Chat.String(), chatdocNew(s, twoMessages, bob))
		if !strings.Contains(got.Chat.String(), `"big":12345678901234567890,"f":1.0`) {
			s.Errorf("numbers changed their form: %.120s", got.Chat.String())
		}
		for what, v := range map[string]*int64{"created_at": got.CreatedAt, "updated_at": got.UpdatedAt,
			"last_read_at": got.LastReadAt} {
			equal(s, what, *v, epoch)
		}
		equal(s, "meta", got.Meta.String(), "{}")
		equal(s, "archived", *got.Archived, false)
		equal(s, "pinned", *got.Pinned, false)
		equal(s, "tasks is JSON null", got.Tasks.IsJSONNull(), true)
		s.inStep(c.ID)
		rows, err := s.Store.Messages.List(s.ctx(), c.ID)
		s.ok(err)
		equal(s, "first row", rows[0].ID, c.ID+"-m1")
		equal(s, "usage", rows[1].Usage.String(), `{"prompt_tokens":3,"completion_tokens":4,"input_tokens":3,"output_tokens":4,"total_tokens":7}`)
		equal(s, "output is JSON null", rows[1].Output.IsJSONNull(), true)
		equal(s, "created_at of the message", *rows[1].CreatedAt, 1700000001)
	}},
	{"an empty document", func(s *Suite) {
		c := s.chat(s.user("bob"), `{}`)
		equal(s, "title", *c.Title, "New Chat")
		got, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		equal(s, "document", got.Chat.String(), `{}`)
		equal(s, "no current message", got.CurrentMessageID == nil, true)
		n, err := s.Store.Messages.Count(s.ctx(), c.ID)
		s.ok(err)
		equal(s, "messages", n, 0)
	}},
	{"titles", func(s *Suite) {
		bob := s.user("bob")
		long := strings.Repeat("長", 8320)
		for text, want := range map[string]string{`{"title":""}`: "", `{"title":null}`: "New Chat",
			`{"title":"nul\u0000byte"}`: "nulbyte", `{"title":"` + long + `"}`: long, `{"title":7}`: "New Chat"} {
			got, err := s.Store.Chats.Get(s.ctx(), store.Program(), s.chat(bob, text).ID)
			s.ok(err)
			if *got.Title != want {
				s.Errorf("%.30s: title %.30q, want %.30q", text, *got.Title, want)
			}
		}
	}},
	{"NUL and halves of characters are stored nowhere", func(s *Suite) {
		c := s.chat(s.user("bob"),
			`{"a\u0000":"x\u0000y","history":{"messages":{"m":{"role":"user","content":"a\ud83db\u0000","\u0000":1}}}}`)
		got, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		var v map[string]any
		s.ok(got.Chat.Decode(&v))
		equal(s, "member", v["a"], any("xy"))
		rows, err := s.Store.Messages.List(s.ctx(), c.ID)
		s.ok(err)
		equal(s, "content", rows[0].Content.String(), `"ab"`)
	}},
	{"in a folder", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		s.insert(query.Insert(tables.Folder.Table).Row(model.Folder{ID: "f", UserID: bob.ID, Name: "F"}))
		in := s.input(`{"title":"t"}`)
		in.FolderID, in.Variables = ptr("f"), jsonvalue.Text(`{"x":1}`)
		c, err := s.Store.Chats.Create(s.ctx(), bob.Who(), in)
		s.ok(err)
		got, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		equal(s, "folder", *got.FolderID, "f")
		equal(s, "variables", got.Variables.String(), `{"x":1}`)
		if _, err := s.Store.Chats.Create(s.ctx(), eve.Who(), in); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("in somebody else's folder: %v", err)
		}
		equal(s, "chats", s.count(query.Select(tables.Chat.ID).From(tables.Chat.Table)), 1)
	}},
	{"two thousand messages take few statements", func(s *Suite) {
		bob := s.user("bob")
		var c *model.Chat
		s.max(10, func() { c = s.chat(bob, thread(2000, "some text 😀")) })
		n, err := s.Store.Messages.Count(s.ctx(), c.ID)
		s.ok(err)
		equal(s, "messages", n, 2000)
		s.later(5)
		s.max(6, func() {
			_, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID,
				s.input(`{"history":{"messages":{"new":{"role":"user","parentId":"m1999"}},"currentId":"new"}}`))
			s.ok(err)
		})
		n, err = s.Store.Messages.Count(s.ctx(), c.ID)
		s.ok(err)
		equal(s, "messages", n, 2001)
		s.max(9, func() { s.ok(s.Store.Chats.Delete(s.ctx(), bob.Who(), c.ID)) })
		equal(s, "messages after delete", s.count(query.Select(tables.ChatMessage.ID).From(tables.ChatMessage.Table)), 0)
	}},
	{"a document of five megabytes", func(s *Suite) {
		bob := s.user("bob")
		text := thread(10, strings.Repeat("0123456789", 50_000))
		c := s.chat(bob, text)
		got, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		s.sameJSON("document", got.Chat.String(), chatdocNew(s, text, bob))
		s.inStep(c.ID)
	}},
	{"what does not exist", func(s *Suite) {
		bob := s.user("bob")
		for _, id := range []string{"nope", "", "'", "é\x00"} {
			if _, err := s.Store.Chats.Get(s.ctx(), store.Program(), id); !errors.Is(err, dberr.ErrNotFound) &&
				!errors.Is(err, dberr.ErrInvalid) {
				s.Errorf("Get of %q: %v", id, err)
			}
		}
		if _, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), "nope", s.input(`{}`)); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("Merge: %v", err)
		}
		if _, err := s.Store.Chats.Update(s.ctx(), store.Program(), "nope",
			func(*model.Chat) error { return nil }); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("Update: %v", err)
		}
		if err := s.Store.Chats.Delete(s.ctx(), store.Program(), "nope"); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("Delete: %v", err)
		}
	}},
}

func chatdocNew(s *Suite, text string, by *store.Identity) string {
	return chatdoc.New(s.doc(text), authorOf(by)).JSON()
}

var mergeCases = []testCase{
	{"merge", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		c := s.chat(bob, twoMessages)
		s.later(10)
		var got *model.Chat
		s.max(6, func() {
			var err error
			got, err = s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, s.input(
				`{"history":{"messages":{"m2":{"id":"m2","parentId":"m1","role":"assistant","content":"edited","model":"y","done":true},"m3":{"parentId":"m2","role":"user","content":"more","timestamp":1700000005}},"currentId":"m3"}}`))
			s.ok(err)
		})
		equal(s, "title", *got.Title, "T 👩‍🚀")
		equal(s, "updated_at", *got.UpdatedAt, epoch+10)
		equal(s, "last_read_at", *got.LastReadAt, epoch+10)
		equal(s, "created_at", *got.CreatedAt, epoch)
		equal(s, "current message", *got.CurrentMessageID, "m3")
		again, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		equal(s, "answer and row", again.Chat.String(), got.Chat.String())
		s.inStep(c.ID)
		rows, err := s.Store.Messages.List(s.ctx(), c.ID)
		s.ok(err)
		equal(s, "rows", len(rows), 3)
		equal(s, "an edited message keeps its time", *rows[1].CreatedAt, 1700000001)
		equal(s, "and is marked as updated", *rows[1].UpdatedAt, epoch+10)
		equal(s, "its model", *rows[1].ModelID, "y")

		if _, err := s.Store.Chats.Merge(s.ctx(), eve.Who(), c.ID, s.input(`{"title":"mine now"}`)); !errors.Is(err,
			dberr.ErrNotFound) {
			s.Errorf("by another user: %v", err)
		}
		again, err = s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		equal(s, "title", *again.Title, "T 👩‍🚀")
	}},
	{"a title alone", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		s.max(3, func() {
			_, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, s.input(`{"title":"new"}`))
			s.ok(err)
		})
		got, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		equal(s, "title", *got.Title, "new")
		s.inStep(c.ID)
		s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.Chat.Set(jsonvalue.Text(`{}`))).Where(tables.Chat.ID.Eq(c.ID)))
		got, err = s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, s.input(`{"x":1}`))
		s.ok(err)
		equal(s, "title of a document without one", *got.Title, "new")
	}},
	{"an unread chat stays unread", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, `{}`)
		s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.LastReadAt.Set(0)).Where(tables.Chat.ID.Eq(c.ID)))
		s.later(1)
		got, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, s.input(`{"title":"x"}`))
		s.ok(err)
		equal(s, "last_read_at", *got.LastReadAt, 0)
	}},
	{"update with a function", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		s.later(1)
		got, err := s.Store.Chats.Update(s.ctx(), store.Program(), c.ID,
			func(c *model.Chat) error { c.Title = ptr("by fun\x00ction"); return nil })
		s.ok(err)
		equal(s, "title", *got.Title, "by function")
		var doc struct{ Title string }
		s.ok(got.Chat.Decode(&doc))
		equal(s, "title in the document", doc.Title, "by function")
		equal(s, "updated_at", *got.UpdatedAt, epoch+1)

		got, err = s.Store.Chats.Update(s.ctx(), store.Program(), c.ID, func(c *model.Chat) error {
			c.Chat = jsonvalue.Text(`{"title":"other","history":{"messages":{"m1":{"role":"user"},"m9":{"role":"user"}},"currentId":"m9"}}`)
			c.Pinned, c.UpdatedAt = ptr(true), ptr(int64(5))
			return nil
		})
		s.ok(err)
		equal(s, "title", *got.Title, "other")
		equal(s, "updated_at", *got.UpdatedAt, 5)
		s.inStep(c.ID) // m2 is gone, m9 is new
		for _, bad := range []string{`[]`, `{`, ``} {
			if _, err := s.Store.Chats.Update(s.ctx(), store.Program(), c.ID,
				func(c *model.Chat) error { c.Chat = jsonvalue.Text(bad); return nil }); !errors.Is(err, dberr.ErrInvalid) {
				s.Errorf("document %q: %v", bad, err)
			}
		}
		if _, err := s.Store.Chats.Update(s.ctx(), store.Program(), c.ID,
			func(c *model.Chat) error { c.UserID = nil; return nil }); !errors.Is(err, dberr.ErrInvalid) {
			s.Errorf("without an owner: %v", err)
		}
		boom := errors.New("boom")
		if _, err := s.Store.Chats.Update(s.ctx(), store.Program(), c.ID,
			func(c *model.Chat) error { c.Title = ptr("lost"); return boom }); !errors.Is(err, boom) {
			s.Errorf("the error of the function: %v", err)
		}
		got, err = s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		equal(s, "title", *got.Title, "other")
	}},
	{"what older programs left in rows", func(s *Suite) {
		bob := s.user("bob")
		null := s.chat(bob, `{"title":"a"}`)
		s.exec(query.Update(tables.Chat.Table).
			Set(tables.Chat.Chat.SetNull(), tables.Chat.LastReadAt.SetNull(), tables.Chat.Archived.SetNull(),
				tables.Chat.Pinned.SetNull()).Where(tables.Chat.ID.Eq(null.ID)))
		_, err := s.Store.Chats.Update(s.ctx(), store.Program(), null.ID,
			func(c *model.Chat) error { c.Pinned = ptr(false); return nil })
		s.ok(err)
		untouched, err := s.Store.Chats.Get(s.ctx(), store.Program(), null.ID)
		s.ok(err)
		equal(s, "the document is still SQL NULL", untouched.Chat.IsNull(), true)
		got, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), null.ID, s.input(`{"x":1}`))
		s.ok(err)
		equal(s, "title", *got.Title, "a")
		s.sameJSON("document", got.Chat.String(), `{"x":1}`)
		list := s.chat(bob, `{"title":"b"}`)
		s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.Chat.Set(jsonvalue.Text(`[1]`))).
			Where(tables.Chat.ID.Eq(list.ID)))
		if _, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), list.ID, s.input(`{}`)); !errors.Is(err, dberr.ErrInternal) {
			s.Errorf("a document that is a list: %v", err)
		}
		items, err := s.Store.Chats.List(s.ctx(), store.Program(), store.ChatFilter{UserID: bob.ID}, store.Page{})
		s.ok(err)
		equal(s, "listed", len(items), 2)
	}},
}

var listCases = []testCase{
	{"list", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		ids := map[string]string{}
		for _, n := range []string{"plain", "archived", "pinned", "folder", "internal", "nulls", "not internal"} {
			c := s.chat(bob, `{"title":"`+n+`"}`)
			ids[n] = c.ID
			s.later(1)
			set := func(a ...query.Assignment) {
				s.exec(query.Update(tables.Chat.Table).Set(a...).Where(tables.Chat.ID.Eq(c.ID)))
			}
			switch n {
			case "archived":
				set(tables.Chat.Archived.Set(true))
			case "pinned":
				set(tables.Chat.Pinned.Set(true))
			case "folder":
				set(tables.Chat.FolderID.Set("f"))
			case "internal":
				set(tables.Chat.Meta.Set(jsonvalue.Text(`{"internal":true}`)))
			case "not internal":
				set(tables.Chat.Meta.Set(jsonvalue.Text(`{"internal":false,"tags":["internal"]}`)))
			case "nulls":
				set(tables.Chat.Archived.SetNull(), tables.Chat.Pinned.SetNull(), tables.Chat.LastReadAt.SetNull(),
					tables.Chat.Title.SetNull())
			}
		}
		s.chat(eve, `{"title":"hers"}`)
		titles := func(f store.ChatFilter, p store.Page) string {
			s.Helper()
			var items []store.ChatItem
			s.max(1, func() {
				var err error
				items, err = s.Store.Chats.List(s.ctx(), store.Program(), f, p)
				s.ok(err)
			})
			var out []string
			for _, it := range items {
				out = append(out, it.Title)
			}
			return strings.Join(out, ", ")
		}
		f := store.ChatFilter{UserID: bob.ID}
		equal(s, "the list", titles(f, store.Page{}), "not internal, New Chat, plain")
		equal(s, "ascending", titles(store.ChatFilter{UserID: bob.ID, Ascending: true}, store.Page{}), "plain, New Chat, not internal")
		all := store.ChatFilter{UserID: bob.ID, IncludeArchived: true, IncludePinned: true, IncludeFolders: true,
			IncludeInternal: true}
		equal(s, "everything", titles(all, store.Page{}), "not internal, New Chat, internal, folder, pinned, archived, plain")
		n, err := s.Store.Chats.Count(s.ctx(), store.Program(), all)
		s.ok(err)
		equal(s, "count", n, 7)
		all.Sort, all.Ascending = store.ByTitle, true
		if got := titles(all, store.Page{}); !strings.HasSuffix(got,
			"archived, folder, internal, not internal, pinned, plain") &&
			!strings.HasPrefix(got, "archived, folder, internal, not internal, pinned, plain") {
			s.Errorf("by title: %s", got)
		}
		equal(s, "a page", titles(f, store.Page{Limit: 1, Offset: 1}), "New Chat")
		equal(s, "past the end", titles(f, store.PageNumber(2)), "")
		items, err := s.Store.Chats.List(s.ctx(), store.Program(), store.ChatFilter{UserID: "nobody"}, store.Page{})
		s.ok(err)
		if items == nil || len(items) != 0 {
			s.Errorf("nobody's chats are %v, want an empty slice", items)
		}
		everybody, err := s.Store.Chats.Count(s.ctx(), store.Program(), store.ChatFilter{})
		s.ok(err)
		equal(s, "everybody's", everybody, 4)
		first, err := s.Store.Chats.List(s.ctx(), store.Program(), f, store.Page{Limit: 1})
		s.ok(err)
		equal(s, "item", first[0], store.ChatItem{ID: ids["not internal"], Title: "not internal", UpdatedAt: epoch + 6, CreatedAt: epoch + 6, LastReadAt: first[0].LastReadAt})
		equal(s, "last read", *first[0].LastReadAt, epoch+6)
		for _, bad := range []store.ChatFilter{{Sort: "chat"}, {After: &store.ChatKey{}, Ascending: true},
			{After: &store.ChatKey{}, Sort: store.ByTitle}} {
			if _, err := s.Store.Chats.List(s.ctx(), store.Program(), bad, store.Page{}); !errors.Is(err, dberr.ErrInvalid) {
				s.Errorf("%+v: %v", bad, err)
			}
		}
	}},
	{"pages agree with keys and with the whole list", func(s *Suite) {
		bob := s.user("bob")
		for i := range 130 {
			s.chat(bob, fmt.Sprintf(`{"title":"%d"}`, i))
			if i%40 == 0 {
				s.later(1)
			}
		}
		f := store.ChatFilter{UserID: bob.ID}
		all, err := s.Store.Chats.List(s.ctx(), store.Program(), f, store.Page{})
		s.ok(err)
		equal(s, "all", len(all), 130)
		for i := 1; i < len(all); i++ {
			a, b := all[i-1], all[i]
			if a.UpdatedAt < b.UpdatedAt || a.UpdatedAt == b.UpdatedAt && a.ID >= b.ID {
				s.Fatalf("%d and %d are in the wrong order", i-1, i)
			}
		}
		var byNumber, byKey []store.ChatItem
		for n := 1; n <= 4; n++ {
			p, err := s.Store.Chats.List(s.ctx(), store.Program(), f, store.PageNumber(n))
			s.ok(err)
			byNumber = append(byNumber, p...)
		}
		for {
			p, err := s.Store.Chats.List(s.ctx(), store.Program(), f, store.Page{Limit: store.PageSize})
			s.ok(err)
			if len(p) == 0 {
				break
			}
			byKey = append(byKey, p...)
			last := p[len(p)-1]
			f.After = &store.ChatKey{UpdatedAt: last.UpdatedAt, ID: last.ID}
		}
		for i := range all {
			if byNumber[i].ID != all[i].ID || byKey[i].ID != all[i].ID {
				s.Fatalf("row %d differs", i)
			}
		}
		equal(s, "by number", len(byNumber), 130)
		equal(s, "by key", len(byKey), 130)
		for _, n := range []int{0, -1, -1 << 62} {
			p, err := s.Store.Chats.List(s.ctx(), store.Program(), store.ChatFilter{UserID: bob.ID}, store.PageNumber(n))
			s.ok(err)
			equal(s, fmt.Sprint("page ", n), p[0].ID, all[0].ID)
		}
		p, err := s.Store.Chats.List(s.ctx(), store.Program(), store.ChatFilter{UserID: bob.ID}, store.PageNumber(1<<62))
		s.ok(err)
		equal(s, "a page far behind the end", len(p), 0)
	}},
	{"list does not read documents", func(s *Suite) {
		bob := s.user("bob")
		s.chat(bob, twoMessages)
		texts := s.statements(func() {
			_, err := s.Store.Chats.List(s.ctx(), store.Program(), store.ChatFilter{UserID: bob.ID}, store.PageNumber(1))
			s.ok(err)
		})
		for _, t := range texts {
			plain := strings.NewReplacer(`"`, "", "`", "").Replace(t)
			if strings.Contains(plain, "chat.chat") {
				s.Errorf("the list reads chat.chat: %s", t)
			}
		}
	}},
	{"auth and list take two statements", func(s *Suite) {
		bob := s.user("bob")
		for range 70 {
			s.chat(bob, twoMessages)
		}
		n := enginetest.CountQueries(s.T, s.Eng, func() {
			id, err := s.Store.Auths.Identity(s.ctx(), bob.ID)
			s.ok(err)
			_, err = s.Store.Chats.List(s.ctx(), store.Program(), store.ChatFilter{UserID: id.ID}, store.PageNumber(1))
			s.ok(err)
		})
		equal(s, "statements", n, 2)
	}},
}

var deleteCases = []testCase{
	{"delete takes along what hangs on a chat", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		gone, kept := s.chat(bob, twoMessages), s.chat(bob, twoMessages)
		s.insert(query.Insert(tables.File.Table).
			Map(map[string]any{"id": "file", "user_id": bob.ID, "filename": "x", "created_at": 1, "updated_at": 1,
				"meta": jsonvalue.Text("{}"), "data": jsonvalue.Text("{}")}))
		for _, c := range []*model.Chat{gone, kept} {
			meta := `{"tags":["both","ümlaut 😀"]}`
			if c == kept {
				meta = `{"tags":["both"]}`
			}
			s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.Meta.Set(jsonvalue.Text(meta))).
				Where(tables.Chat.ID.Eq(c.ID)))
			s.insert(query.Insert(tables.SharedChat.Table).Row(model.SharedChat{ID: "s-" + c.ID, ChatID: c.ID, UserID: bob.ID}))
			s.insert(query.Insert(tables.ChatFile.Table).Row(model.ChatFile{ID: "f-" + c.ID, UserID: bob.ID, ChatID: c.ID, FileID: "file"}))
			s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: "g-" + c.ID, ResourceType: "shared_chat", ResourceID: c.ID, PrincipalType: "user", PrincipalID: "*", Permission: "read"}))
		}
		s.insert(query.Insert(tables.AccessGrant.Table).
			Row(model.AccessGrant{ID: "note", ResourceType: "note", ResourceID: gone.ID, PrincipalType: "user", PrincipalID: "*",
				Permission: "read"}))
		for _, t := range []model.Tag{{ID: "both", Name: ptr("Both"), UserID: &bob.ID},
			{ID: "ümlaut 😀", Name: ptr("Ü"), UserID: &bob.ID}, {ID: "ümlaut 😀", Name: ptr("Ü"), UserID: &eve.ID},
			{ID: "unused", UserID: &bob.ID}} {
			s.insert(query.Insert(tables.Tag.Table).Row(t))
		}
		if err := s.Store.Chats.Delete(s.ctx(), eve.Who(), gone.ID); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("by another user: %v", err)
		}
		// One of them for the permission, one for runs of automations, one for what waits.
		s.max(11, func() { s.ok(s.Store.Chats.Delete(s.ctx(), bob.Who(), gone.ID)) })
		if err := s.Store.Chats.Delete(s.ctx(), bob.Who(), gone.ID); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("twice: %v", err)
		}
		equal(s, "messages", s.count(query.Select(tables.ChatMessage.ID).From(tables.ChatMessage.Table)), 2)
		equal(s, "shares", s.count(query.Select(tables.SharedChat.ID).From(tables.SharedChat.Table)), 1)
		equal(s, "links to files", s.count(query.Select(tables.ChatFile.ID).From(tables.ChatFile.Table)), 1)
		equal(s, "files", s.count(query.Select(tables.File.ID).From(tables.File.Table)), 1)
		equal(s, "grants", s.count(query.Select(tables.AccessGrant.ID).From(tables.AccessGrant.Table)), 2)
		tags, err := s.Store.Tags.List(s.ctx(), bob.ID)
		s.ok(err)
		var ids []string
		for _, t := range tags {
			ids = append(ids, t.ID)
		}
		equal(s, "tags", strings.Join(ids, ", "), "both, unused")
		hers, err := s.Store.Tags.List(s.ctx(), eve.ID)
		s.ok(err)
		equal(s, "her tags", len(hers), 1)
		s.inStep(kept.ID)
	}},
	{"delete all", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		for range 3 {
			s.chat(bob, twoMessages)
		}
		hers := s.chat(eve, twoMessages)
		var n int64
		s.max(9, func() { // one of them for the permission, one for runs of automations, one for what waits
			var err error
			n, err = s.Store.Chats.DeleteAll(s.ctx(), bob.Who())
			s.ok(err)
		})
		equal(s, "deleted", n, 3)
		n, err := s.Store.Chats.DeleteAll(s.ctx(), bob.Who())
		s.ok(err)
		equal(s, "deleted again", n, 0)
		if _, err := s.Store.Chats.DeleteAll(s.ctx(), store.Program()); !errors.Is(err, dberr.ErrInvalid) {
			s.Errorf("of nobody: %v", err)
		}
		equal(s, "chats", s.count(query.Select(tables.Chat.ID).From(tables.Chat.Table)), 1)
		s.inStep(hers.ID)
	}},
}
