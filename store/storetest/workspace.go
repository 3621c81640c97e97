package storetest

import (
	"fmt"
	"strings"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// hits are the titles that a search finds, in order.
func (s *Suite) hits(w store.Who, f store.WorkspaceFilter) string {
	s.Helper()
	found, err := s.Store.Workspace.Search(s.ctx(), w, f, store.PageOf(1, 24))
	s.ok(err)
	var out []string
	for _, h := range found.Hits {
		out = append(out, string(h.Kind)+"/"+h.Title)
	}
	return strings.Join(out, " ")
}

// hit is the only thing that a search finds.
func (s *Suite) hit(w store.Who, f store.WorkspaceFilter) store.Hit {
	s.Helper()
	found, err := s.Store.Workspace.Search(s.ctx(), w, f, store.PageOf(1, 24))
	s.ok(err)
	if len(found.Hits) != 1 {
		s.Fatalf("%q finds %d, want one", f.Text, len(found.Hits))
	}
	return found.Hits[0]
}

func everything(text string) store.WorkspaceFilter {
	return store.WorkspaceFilter{Text: text, Chats: true, Notes: true}
}

var workspaceCases = []testCase{
	{"a search of the workspace finds chats, notes and what was shared", func(s *Suite) {
		admin, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		soup := s.chat(bob, `{"title":"dinner","history":{"currentId":"b","messages":{`+
			`"a":{"role":"user","content":"how long does soup take","childrenIds":["b"],"timestamp":1},`+
			`"b":{"role":"assistant","content":"the Soup of leeks, an hour","parentId":"a","timestamp":2}}}}`)
		s.later(1)
		s.titled(bob, "leeks", "nothing")
		s.note(bob, "shopping", "two leeks and 50% cream")
		s.titled(eve, "leeks of eve", "leeks")
		s.note(eve, "note of eve", "leeks")
		internal := s.chat(bob, `{"title":"leeks inside"}`)
		s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.Meta.SetPath(jsonvalue.Text("true"), "internal")).Where(tables.Chat.ID.Eq(internal.ID)))
		s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.Archived.Set(true)).Where(tables.Chat.ID.Eq(s.titled(bob, "leeks of old", "x").ID)))

		s.max(15, func() {
			equal(s, "found", s.hits(bob.Who(), everything(" LEEKS ")), "chat/leeks note/shopping chat/dinner")
		})
		equal(s, "all the words", s.hits(bob.Who(), everything("leeks hour")), "chat/dinner")
		equal(s, "words of two messages", s.hits(bob.Who(), everything("hour dinner long")), "chat/dinner")
		equal(s, "a sign of patterns", s.hits(bob.Who(), everything("50%")), "note/shopping")
		equal(s, "nothing", s.hits(bob.Who(), everything("5_%")), "")
		equal(s, "without a text", s.hits(bob.Who(), everything("")), "note/shopping chat/leeks chat/dinner")
		equal(s, "chats", s.hits(bob.Who(), store.WorkspaceFilter{Text: "leeks", Chats: true}), "chat/leeks chat/dinner")
		equal(s, "notes", s.hits(bob.Who(), store.WorkspaceFilter{Text: "leeks", Notes: true}), "note/shopping")
		equal(s, "nothing", s.hits(bob.Who(), store.WorkspaceFilter{Text: "leeks"}), "")
		equal(s, "admins find their own", s.hits(admin.Who(), everything("leeks")), "")

		h := s.hit(bob.Who(), everything("soup leeks"))
		equal(s, "text", h.Text, "the Soup of leeks, an hour")
		equal(s, "message", h.MessageID, "b")
		equal(s, "updated", h.UpdatedAt, *soup.UpdatedAt)
		h = s.hit(bob.Who(), everything("soup dinner"))
		equal(s, "text", h.Text, "how long does soup take")
		h = s.hit(bob.Who(), everything("dinner"))
		equal(s, "the last message", h.Text, "the Soup of leeks, an hour")
		equal(s, "no message was meant", h.MessageID, "")
		equal(s, "mine", h.Mine, true)
		equal(s, "shared", h.Shared, false)
	}},
	{"a search of the workspace and what is shared", func(s *Suite) {
		admin, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		cooks := s.group(admin, "cooks", "", "")
		s.join(admin, s.group(admin, "bakers", cooks, ""), eve)
		for i, to := range []store.Grant{grant("user", eve.ID, "read"), grant("group", cooks, "read"),
			grant("user", "*", "read"), grant("anyone", "*", "read"), grant("user", admin.ID, "read")} {
			c := s.titled(bob, fmt.Sprintf("stew %d", i), "salt")
			_, err := s.Store.Shares.Share(s.ctx(), admin.Who(), c.ID, "")
			if err == nil {
				s.Error("a foreign chat was shared")
			}
			_, err = s.Store.Shares.Share(s.ctx(), bob.Who(), c.ID, "")
			s.ok(err)
			s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: fmt.Sprint("g", i), ResourceType: "shared_chat", ResourceID: c.ID,
				PrincipalType: to.PrincipalType, PrincipalID: to.PrincipalID, Permission: to.Permission, CreatedAt: epoch}))
			// What is in the chat since then is not for those who have the link.
			_, err = s.Store.Chats.Update(s.ctx(), bob.Who(), c.ID,
				func(c *model.Chat) error { c.Title = ptr("pepper"); return nil })
			s.ok(err)
			s.later(1)
		}
		equal(s, "eve's", s.hits(eve.Who(), everything("stew")), "shared/stew 1 shared/stew 0")
		equal(s, "eve's after a change", s.hits(eve.Who(), everything("pepper")), "")
		equal(s, "those of others", s.hits(eve.Who(), store.WorkspaceFilter{Text: "stew", Chats: true, Others: true}), "shared/stew 1 shared/stew 0")
		equal(s, "eve's own", s.hits(eve.Who(), store.WorkspaceFilter{Text: "stew", Chats: true, Mine: true}), "")
		equal(s, "the admin's", s.hits(admin.Who(), everything("stew")), "shared/stew 4")
		equal(s, "bob's", strings.Count(s.hits(bob.Who(), everything("pepper")), "chat/"), 5)
		equal(s, "bob's links", s.hits(bob.Who(), everything("stew")), "")
		h := s.hit(eve.Who(), everything("stew 1"))
		equal(s, "text", h.Text, "salt")
		equal(s, "shared", h.Shared, true)
		equal(s, "mine", h.Mine, false)

		n := s.note(bob, "list", "flour")
		s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: "n", ResourceType: "note", ResourceID: n.ID,
			PrincipalType: "group", PrincipalID: cooks, Permission: "read", CreatedAt: epoch}))
		equal(s, "a note", s.hits(eve.Who(), everything("flour")), "note/list")
		equal(s, "a note of others", s.hits(eve.Who(), store.WorkspaceFilter{Notes: true, Mine: true}), "")
		equal(s, "bob's note is shared", s.hit(bob.Who(), everything("flour")).Shared, true)
	}},
	{"a search of the workspace within a folder", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		f := func(by *store.Identity, name string, parent *string) string {
			x, err := s.Store.Folders.Create(s.ctx(), by.Who(), name, parent, jsonvalue.Text("{}"), jsonvalue.Text("{}"))
			s.ok(err)
			return x.ID
		}
		top := f(bob, "Top", nil)
		in, other := f(bob, "inside", &top), f(eve, "eve's", nil)
		for i, folder := range []string{top, in, ""} {
			c := s.titled(bob, fmt.Sprint("c", i), "x")
			if folder != "" {
				s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.FolderID.Set(folder)).Where(tables.Chat.ID.Eq(c.ID)))
			}
		}
		s.note(bob, "a note", "x")
		within := func(id string) store.WorkspaceFilter {
			return store.WorkspaceFilter{Text: "x", Chats: true, Notes: true, Folder: id}
		}
		equal(s, "in the folder and below", s.hits(bob.Who(), within(top)), "chat/c1 chat/c0")
		equal(s, "below", s.hits(bob.Who(), within(in)), "chat/c1")
		equal(s, "in a folder of somebody else", s.hits(bob.Who(), within(other)), "")
		equal(s, "in a folder that is none", s.hits(bob.Who(), within("nowhere")), "")
		found, err := s.Store.Workspace.Search(s.ctx(), bob.Who(), within(in), store.PageOf(1, 1))
		s.ok(err)
		equal(s, "folder", found.Hits[0].Folder, "inside")
		equal(s, "folders", len(found.Folders), 2)
		equal(s, "by name", found.Folders[0].Name+" "+found.Folders[1].Name, "inside Top")

		// Whoever may read a folder finds its name, not the chats of others in it.
		s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: "g", ResourceType: "folder", ResourceID: top,
			PrincipalType: "user", PrincipalID: eve.ID, Permission: "read", CreatedAt: epoch}))
		equal(s, "eve's", s.hits(eve.Who(), within(top)), "")
		found, err = s.Store.Workspace.Search(s.ctx(), bob.Who(), within(in), store.PageOf(1, 24))
		s.ok(err)
		equal(s, "a chat below a shared folder is shared", found.Hits[0].Shared, true)
	}},
	{"pages of a search of the workspace", func(s *Suite) {
		bob := s.user("bob")
		for i := range 5 {
			s.titled(bob, fmt.Sprint("c", i), "x")
		}
		s.note(bob, "c5", "x")
		var got []string
		for page := 1; ; page++ {
			found, err := s.Store.Workspace.Search(s.ctx(), bob.Who(), everything("x"), store.PageOf(page, 2))
			s.ok(err)
			for _, h := range found.Hits {
				got = append(got, h.Title)
			}
			if !found.More {
				break
			}
		}
		equal(s, "found", strings.Join(got, " "), "c5 c4 c3 c2 c1 c0")
		equal(s, "notes", s.mayNotes(bob, false), "")
		equal(s, "notes", s.mayNotes(bob, true), "note/c5")
	}},
}

// mayNotes says whether users have notes, and what one of them finds of theirs.
func (s *Suite) mayNotes(by *store.Identity, may bool) string {
	s.Helper()
	s.ok(s.Store.Config.Set(s.ctx(),
		map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(fmt.Sprintf(`{"features":{"notes":%v}}`, may))}))
	return s.hits(by.Who(), store.WorkspaceFilter{Notes: true})
}
