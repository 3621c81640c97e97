package storetest

import (
	"errors"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// note creates a note with a text.
func (s *Suite) note(by *store.Identity, title, md string) *store.Note {
	s.Helper()
	data, err := jsonvalue.Of(map[string]any{"content": map[string]any{"md": md, "html": "<p>" + md + "</p>"}})
	s.ok(err)
	n, err := s.Store.Notes.Create(s.ctx(), by.Who(), title, data, jsonvalue.Null(), nil)
	s.ok(err)
	s.later(1)
	return n
}

func titles(items []store.NoteItem, err error) string {
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, it := range items {
		out = append(out, it.Title)
	}
	return strings.Join(out, " ")
}

func (s *Suite) found(w store.Who, f store.NoteFilter) string {
	s.Helper()
	items, total, err := s.Store.Notes.Search(s.ctx(), w, f, store.Page{})
	equal(s, "total", total, int64(len(items)))
	return titles(items, err)
}

func grant(principal, id, right string) store.Grant {
	return store.Grant{PrincipalType: principal, PrincipalID: id, Permission: right}
}

var noteCases = []testCase{
	{"a note is stored as it was sent", func(s *Suite) {
		bob := s.user("bob")
		data := jsonvalue.Text(`{"content":{"md":"# hi 👋","n":12345678901234567890,"f":1.0}}`)
		var n *store.Note
		s.max(5, func() { // the permission, the row, what is seen of it, in a transaction
			var err error
			n, err = s.Store.Notes.Create(s.ctx(), bob.Who(), "Nöte\x00 📝", data, jsonvalue.JSON{}, nil)
			s.ok(err)
		})
		var got *store.Note
		s.max(4, func() {
			var err error
			got, err = s.Store.Notes.Get(s.ctx(), bob.Who(), n.ID)
			s.ok(err)
		})
		equal(s, "title", *got.Title, "Nöte 📝")
		s.sameJSON("data", got.Data.String(), data.String())
		equal(s, "meta is SQL NULL", got.Meta.IsNull(), true)
		equal(s, "created_at", *got.CreatedAt, epoch*1_000_000_000)
		equal(s, "may write", got.MayWrite, true)
		equal(s, "pinned", got.Pinned, false)
		s.later(3)
		_, err := s.Store.Notes.Update(s.ctx(), bob.Who(), n.ID,
			func(n *model.Note) error { n.Title = ptr("new"); return nil })
		s.ok(err)
		got, err = s.Store.Notes.Get(s.ctx(), bob.Who(), n.ID)
		s.ok(err)
		equal(s, "updated_at", *got.UpdatedAt, (epoch+3)*1_000_000_000)
		equal(s, "created_at", *got.CreatedAt, epoch*1_000_000_000)
	}},
	{"lists of notes", func(s *Suite) {
		admin, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		one := s.note(bob, "to-do", "buy milk")
		s.note(bob, "Zürich", strings.Repeat("é😀", 1000))
		s.note(eve, "hers", "milk")
		_, err := s.Store.Notes.TogglePin(s.ctx(), bob.Who(), one.ID)
		s.ok(err)
		var items []store.NoteItem
		s.max(2, func() { items, err = s.Store.Notes.List(s.ctx(), bob.Who(), store.Page{}) })
		equal(s, "list", titles(items, err), "Zürich to-do")
		equal(s, "text is cut", items[0].Text, strings.Repeat("é😀", 500))
		equal(s, "pinned", items[1].Pinned, true)
		equal(s, "owner", *items[1].Owner.Email, "bob@example.com")
		equal(s, "pinned list", titles(s.Store.Notes.Pinned(s.ctx(), bob.Who())), "to-do")
		equal(s, "page", titles(s.Store.Notes.List(s.ctx(), bob.Who(), store.Page{Limit: 1, Offset: 1})), "to-do")
		for query, want := range map[string]string{"": "Zürich to-do", "TODO": "to-do", "to do": "to-do",
			"MILK to-do": "to-do", "zÜrich": "Zürich", "milk zürich": "", "%": ""} {
			equal(s, "search for "+query, s.found(bob.Who(), store.NoteFilter{Query: query}), want)
		}
		equal(s, "by name", s.found(bob.Who(), store.NoteFilter{Sort: "name", Ascending: true}), "Zürich to-do")
		equal(s, "an admin's search", s.found(admin.Who(), store.NoteFilter{Query: "milk"}), "hers to-do")
		equal(s, "an admin's list", titles(s.Store.Notes.List(s.ctx(), admin.Who(), store.Page{})), "")
		bound := store.New(s.Eng, store.Options{Admins: store.AdminLimits{ListsAsUsers: true}})
		got, total, err := bound.Notes.Search(s.ctx(), admin.Who(), store.NoteFilter{}, store.Page{})
		equal(s, "a bound admin's search", titles(got, err), "")
		equal(s, "and its total", total, 0)
	}},
	{"sharing a note", func(s *Suite) {
		ada, bob, eve, dan := s.admin(), s.user("bob"), s.user("eve"), s.user("dan")
		n := s.note(bob, "shared", "x")
		with := []store.Grant{grant("user", eve.ID, "read")}
		if _, err := s.Store.Notes.Share(s.ctx(), bob.Who(), n.ID, with); !errors.Is(err, store.ErrAudience) {
			s.Errorf("without the permission: %v", err)
		}
		s.ok(s.Store.Config.Set(s.ctx(),
			map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`{"sharing":{"notes":true}}`)}))
		got, err := s.Store.Notes.Share(s.ctx(), bob.Who(), n.ID,
			append(with, with[0], grant("user", dan.ID, "own"), grant("anyone", "*", "read")))
		s.ok(err)
		equal(s, "grants", len(got.Grants), 1)
		got, err = s.Store.Notes.Get(s.ctx(), eve.Who(), n.ID)
		s.ok(err)
		equal(s, "eve may write", got.MayWrite, false)
		equal(s, "eve's list", titles(s.Store.Notes.List(s.ctx(), eve.Who(), store.Page{})), "shared")
		equal(s, "what eve may write", s.found(eve.Who(), store.NoteFilter{}), "")
		equal(s, "what eve may only read", s.found(eve.Who(), store.NoteFilter{Right: store.MayRead, ReadOnly: true}), "shared")
		rename := func(w store.Who) error {
			_, err := s.Store.Notes.Update(s.ctx(), w, n.ID, func(n *model.Note) error { n.Title = ptr("changed"); return nil })
			return err
		}
		share := func(w store.Who) error {
			_, err := s.Store.Notes.Share(s.ctx(), w, n.ID, with)
			return err
		}
		for what, err := range map[string]error{
			"update": rename(eve.Who()), "share": share(eve.Who()), "delete": s.Store.Notes.Delete(s.ctx(), eve.Who(), n.ID), "update by dan": rename(dan.Who()),
		} {
			if !errors.Is(err, store.ErrNoAccess) {
				s.Errorf("%s: %v, want no access", what, err)
			}
		}
		_, err = s.Store.Notes.TogglePin(s.ctx(), eve.Who(), n.ID) // is the reader's own
		s.ok(err)
		// To a group, with the right to write.
		g := model.Group{ID: "g", Name: ptr("g")}
		s.insert(query.Insert(tables.Group.Table).Row(g))
		s.insert(query.Insert(tables.GroupMember.Table).Row(model.GroupMember{ID: "m", GroupID: "g", UserID: dan.ID}))
		_, err = s.Store.Notes.Share(s.ctx(), bob.Who(), n.ID, []store.Grant{grant("group", "g", "write")})
		s.ok(err)
		s.ok(rename(dan.Who()))
		s.ok(share(dan.Who())) // who may write may share, away from themselves too
		if err := rename(dan.Who()); !errors.Is(err, store.ErrNoAccess) {
			s.Errorf("after that: %v", err)
		}
		// With everybody.
		if _, err := s.Store.Notes.Share(s.ctx(), bob.Who(), n.ID, []store.Grant{grant("user", "*", "read")}); !errors.Is(err,
			store.ErrAudience) {
			s.Errorf("public: %v", err)
		}
		_, err = s.Store.Notes.Share(s.ctx(), ada.Who(), n.ID, []store.Grant{grant("user", "*", "read")})
		s.ok(err)
		_, err = s.Store.Notes.Get(s.ctx(), dan.Who(), n.ID)
		s.ok(err)
		s.ok(s.Store.Notes.Delete(s.ctx(), bob.Who(), n.ID))
		equal(s, "grants", s.count(query.Select(tables.AccessGrant.ID).From(tables.AccessGrant.Table)), 0)
		equal(s, "pins", s.count(query.Select(tables.PinnedNote.ID).From(tables.PinnedNote.Table)), 0)
		for _, w := range []store.Who{bob.Who(), store.Program()} {
			if err := s.Store.Notes.Delete(s.ctx(), w, n.ID); !errors.Is(err, dberr.ErrNotFound) {
				s.Errorf("twice: %v", err)
			}
		}
	}},
}

var accessCases = []testCase{
	{"nobody, and who is not let in, may do nothing", func(s *Suite) {
		bob := s.user("bob")
		chat, note := s.chat(bob, twoMessages), s.note(bob, "n", "x")
		pending, err := s.Store.Users.Add(s.ctx(), store.Program(),
			store.NewUser{Name: "p", Email: "p@example.com", Password: "pw", Role: model.RolePending})
		s.ok(err)
		for _, w := range []store.Who{{}, pending.Who(), {ID: bob.ID}} {
			for what, err := range map[string]error{
				"chat":        errOf(s.Store.Chats.Get(s.ctx(), w, chat.ID)),
				"chats":       errOf(s.Store.Chats.List(s.ctx(), w, store.ChatFilter{}, store.Page{})),
				"new chat":    errOf(s.Store.Chats.Create(s.ctx(), w, s.input(`{}`))),
				"merge":       errOf(s.Store.Chats.Merge(s.ctx(), w, chat.ID, s.input(`{}`))),
				"delete chat": s.Store.Chats.Delete(s.ctx(), w, chat.ID),
				"delete all":  errOf(s.Store.Chats.DeleteAll(s.ctx(), w)),
				"note":        errOf(s.Store.Notes.Get(s.ctx(), w, note.ID)),
				"notes":       errOf(s.Store.Notes.List(s.ctx(), w, store.Page{})),
				"pin":         errOf(s.Store.Notes.TogglePin(s.ctx(), w, note.ID)),
				"add user":    errOf(s.Store.Users.Add(s.ctx(), w, store.NewUser{Name: "x", Email: "x@example.com", Password: "x", Role: model.RoleUser})),
			} {
				if !errors.Is(err, store.ErrNotPermitted) {
					s.Errorf("%s by %q with role %q: %v, want not permitted", what, w.ID, w.Role, err)
				}
			}
		}
	}},
	{"an admin and the chats of others", func(s *Suite) {
		ada, bob := s.admin(), s.user("bob")
		c := s.chat(bob, twoMessages)
		_, err := s.Store.Chats.Get(s.ctx(), ada.Who(), c.ID)
		s.ok(err)
		list, err := s.Store.Chats.List(s.ctx(), ada.Who(), store.ChatFilter{UserID: bob.ID}, store.Page{})
		s.ok(err)
		equal(s, "listed", len(list), 1)
		if _, err := s.Store.Chats.Merge(s.ctx(), ada.Who(), c.ID, s.input(`{"title":"x"}`)); !errors.Is(err,
			dberr.ErrNotFound) {
			s.Errorf("a write: %v, want not found", err)
		}
		if _, err := s.Store.Chats.List(s.ctx(), bob.Who(), store.ChatFilter{UserID: ada.ID}, store.Page{}); !errors.Is(err,
			store.ErrNotPermitted) {
			s.Errorf("a user lists an admin's: %v", err)
		}
		bound := store.New(s.Eng, store.Options{Admins: store.AdminLimits{NoChats: true}})
		if _, err := bound.Chats.Get(s.ctx(), ada.Who(), c.ID); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("with NoChats: %v, want not found", err)
		}
		if _, err := bound.Chats.List(s.ctx(), ada.Who(), store.ChatFilter{UserID: bob.ID}, store.Page{}); !errors.Is(err,
			store.ErrNotPermitted) {
			s.Errorf("with NoChats, a list: %v", err)
		}
		s.ok(bound.Chats.Delete(s.ctx(), ada.Who(), c.ID))
	}},
	{"users see and change themselves", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		rename := func(w store.Who, id string) error {
			_, err := s.Store.Users.Update(s.ctx(), w, id, func(u *model.User) error { u.Name = ptr("new"); return nil })
			return err
		}
		s.ok(rename(bob.Who(), bob.ID))
		s.ok(rename(ada.Who(), bob.ID))
		for what, err := range map[string]error{
			"rename": rename(eve.Who(), bob.ID), "get": errOf(s.Store.Users.Get(s.ctx(), eve.Who(), bob.ID)),
		} {
			if !errors.Is(err, store.ErrNoAccess) {
				s.Errorf("%s: %v, want no access", what, err)
			}
		}
		if err := s.Store.Auths.SetPassword(s.ctx(), eve.Who(), bob.ID, "x"); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("a foreign password: %v", err)
		}
	}},
}

func errOf[T any](_ T, err error) error { return err }
