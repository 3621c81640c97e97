package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

var userCases = []testCase{
	{"the first to sign up becomes admin and closes sign-up", func(s *Suite) {
		ok, err := s.Store.Users.Any(s.ctx())
		s.ok(err)
		equal(s, "Any before", ok, false)
		s.ok(s.Store.Users.MaySignUp(s.ctx()))
		id, err := s.Store.Users.SignUp(s.ctx(), store.NewUser{Name: "Ada", Email: "Ada@Example.com", Password: "pw"})
		s.ok(err)
		equal(s, "role", id.Role, model.RoleAdmin)
		equal(s, "email", id.Email, "ada@example.com")
		set, err := s.Store.Config.Settings(s.ctx())
		s.ok(err)
		equal(s, "EnableSignUp", set.EnableSignUp, false)
		if err := s.Store.Users.MaySignUp(s.ctx()); !errors.Is(err, store.ErrSignUpClosed) {
			s.Errorf("MaySignUp: %v, want that it is closed", err)
		}
		if _, err := s.Store.Users.SignUp(s.ctx(), store.NewUser{Name: "B", Email: "b@example.com",
			Password: "pw"}); !errors.Is(err, store.ErrSignUpClosed) {
			s.Errorf("second sign-up: %v, want that it is closed", err)
		}
		n, err := s.Store.Users.Count(s.ctx(), store.UserFilter{})
		s.ok(err)
		equal(s, "users", n, 1)
	}},
	{"what is written for a new user is what Open WebUI writes", func(s *Suite) {
		id := s.admin()
		u, err := s.Store.Users.Get(s.ctx(), store.Program(), id.ID)
		s.ok(err)
		for what, v := range map[string]*int64{"created_at": u.CreatedAt, "updated_at": u.UpdatedAt,
			"last_active_at": u.LastActiveAt} {
			equal(s, what, *v, epoch)
		}
		equal(s, "profile_image_url", *u.ProfileImageURL, "/user.png")
		for what, j := range map[string]jsonvalue.JSON{"oauth": u.OAuth, "info": u.Info, "settings": u.Settings,
			"scim": u.SCIM} {
			equal(s, what+" is JSON null", j.IsJSONNull(), true)
		}
		equal(s, "variables is SQL NULL", u.Variables.IsNull(), true)
		a, err := query.One[model.Auth](s.ctx(), s.Eng, query.SelectFrom(tables.Auth.Table).Where(tables.Auth.ID.Eq(id.ID)))
		s.ok(err)
		equal(s, "hash", (*a.Password)[:4], "$2b$")
		equal(s, "active", *a.Active, true)
		equal(s, "mfa is SQL NULL", a.MFA.IsNull(), true)
		equal(s, "stamp", *a.SessionStamp, id.SessionStamp)
	}},
	{"later users get the role of the settings", func(s *Suite) {
		s.admin()
		for i, role := range []string{"", model.RoleUser} {
			values := map[string]jsonvalue.JSON{"ui.enable_signup": jsonvalue.Text("true")}
			if role != "" {
				values["ui.default_user_role"] = jsonvalue.Text(`"` + role + `"`)
			}
			s.ok(s.Store.Config.Set(s.ctx(), values))
			id, err := s.Store.Users.SignUp(s.ctx(),
				store.NewUser{Name: "x", Email: fmt.Sprintf("x%d@example.com", i), Password: "pw"})
			s.ok(err)
			want := role
			if want == "" {
				want = model.RolePending
			}
			equal(s, "role", id.Role, want)
		}
	}},
	{"an address is taken in whatever case", func(s *Suite) {
		s.user("bob")
		for _, email := range []string{"bob@example.com", "BOB@Example.com"} {
			if _, err := s.Store.Users.Add(s.ctx(), store.Program(), store.NewUser{Name: "x", Email: email, Password: "pw",
				Role: model.RoleUser}); !errors.Is(err, dberr.ErrAlreadyExists) {
				s.Errorf("%s: %v, want that it exists", email, err)
			}
		}
		// Also where the address in the row is not in lower case.
		s.insert(query.Insert(tables.User.Table).Row(model.User{ID: "mixed", Email: ptr("Mixed@Example.com")}))
		if _, err := s.Store.Users.Add(s.ctx(), store.Program(), store.NewUser{Name: "x", Email: "mixed@example.com",
			Password: "pw", Role: model.RoleUser}); !errors.Is(err, dberr.ErrAlreadyExists) {
			s.Errorf("mixed: %v, want that it exists", err)
		}
		u, err := s.Store.Users.GetByEmail(s.ctx(), "mIxEd@example.com")
		s.ok(err)
		equal(s, "found", u.ID, "mixed")
	}},
	{"what cannot be a user leaves nothing behind", func(s *Suite) {
		for _, c := range []struct {
			n    store.NewUser
			want error
		}{
			{store.NewUser{Name: "x", Email: "no-address", Password: "pw", Role: model.RoleUser}, store.ErrEmailForm},
			{store.NewUser{Name: "x", Email: "x@example.com", Password: strings.Repeat("é", 37), Role: model.RoleUser}, store.ErrPasswordTooLong},
			{store.NewUser{Name: "x", Email: "x@example.com", Password: "pw", Role: "root"}, dberr.ErrInvalid},
		} {
			if _, err := s.Store.Users.Add(s.ctx(), store.Program(), c.n); !errors.Is(err, c.want) {
				s.Errorf("%+v: %v, want %v", c.n, err, c.want)
			}
		}
		equal(s, "users", s.count(query.Select(tables.User.ID).From(tables.User.Table)), 0)
		equal(s, "auths", s.count(query.Select(tables.Auth.ID).From(tables.Auth.Table)), 0)
	}},
	{"names are any Unicode, without NUL", func(s *Suite) {
		id, err := s.Store.Users.Add(s.ctx(), store.Program(),
			store.NewUser{Name: "Dédé 🦊\x00 Юзер 👩‍🚀", Email: "d@example.com", Password: "päss 🦊", Role: model.RoleUser})
		s.ok(err)
		u, err := s.Store.Users.Get(s.ctx(), store.Program(), id.ID)
		s.ok(err)
		equal(s, "name", *u.Name, "Dédé 🦊 Юзер 👩‍🚀")
		_, err = s.Store.Auths.SignIn(s.ctx(), "d@example.com", "päss 🦊")
		s.ok(err)
	}},
	{"update writes what changed", func(s *Suite) {
		id := s.user("bob")
		s.later(10)
		u, err := s.Store.Users.Update(s.ctx(), store.Program(), id.ID, func(u *model.User) error {
			u.Bio, u.Email = ptr("hi\x00 👋"), ptr("Bob2@Example.com")
			return nil
		})
		s.ok(err)
		equal(s, "updated_at", *u.UpdatedAt, epoch+10)
		got, err := s.Store.Users.Get(s.ctx(), store.Program(), id.ID)
		s.ok(err)
		equal(s, "bio", *got.Bio, "hi 👋")
		equal(s, "email", *got.Email, "bob2@example.com")
		equal(s, "updated_at", *got.UpdatedAt, epoch+10)
		equal(s, "created_at", *got.CreatedAt, epoch)
		s.later(10)
		_, err = s.Store.Users.Update(s.ctx(), store.Program(), id.ID, func(*model.User) error { return nil })
		s.ok(err)
		got, err = s.Store.Users.Get(s.ctx(), store.Program(), id.ID)
		s.ok(err)
		equal(s, "updated_at after nothing changed", *got.UpdatedAt, epoch+10)
		boom := errors.New("boom")
		if _, err := s.Store.Users.Update(s.ctx(), store.Program(), id.ID,
			func(u *model.User) error { u.Bio = nil; return boom }); !errors.Is(err, boom) {
			s.Errorf("the error of the edit is lost: %v", err)
		}
		if _, err := s.Store.Users.Update(s.ctx(), store.Program(), "nobody",
			func(*model.User) error { return nil }); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("nobody: %v, want not found", err)
		}
	}},
	{"list and count", func(s *Suite) {
		for _, n := range []string{"anna", "bert", "ÉLODIE"} {
			s.user(n)
			s.later(1)
		}
		all, total, err := s.Store.Users.List(s.ctx(), store.Program(), store.UserFilter{Ascending: true}, store.Page{})
		s.ok(err)
		equal(s, "all", len(all), 3)
		equal(s, "total", total, 3)
		equal(s, "first", *all[0].Name, "anna")
		page, _, err := s.Store.Users.List(s.ctx(), store.Program(), store.UserFilter{Ascending: true},
			store.Page{Limit: 1, Offset: 1})
		s.ok(err)
		equal(s, "second", *page[0].Name, "bert")
		found, _, err := s.Store.Users.List(s.ctx(), store.Program(), store.UserFilter{Query: "éLo"}, store.Page{})
		s.ok(err)
		equal(s, "found", len(found), 1)
		none, _, err := s.Store.Users.List(s.ctx(), store.Program(), store.UserFilter{Role: model.RoleAdmin}, store.Page{})
		s.ok(err)
		if none == nil || len(none) != 0 {
			s.Errorf("no admins are %v, want an empty slice", none)
		}
		if _, err := s.Store.Users.Get(s.ctx(), store.Program(), "nobody"); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("Get of nobody: %v", err)
		}
		if _, err := s.Store.Users.GetByEmail(s.ctx(), "nobody@example.com"); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("GetByEmail of nobody: %v", err)
		}
	}},
	{"a transaction that fails leaves nothing", func(s *Suite) {
		boom := errors.New("boom")
		err := s.Store.InTx(s.ctx(), func(ctx context.Context, st *store.Store) error {
			id, err := st.Users.Add(ctx, store.Program(),
				store.NewUser{Name: "x", Email: "x@example.com", Password: "pw", Role: model.RoleUser})
			if err != nil {
				return err
			}
			if _, err := st.Chats.Create(ctx, id.Who(), s.input(`{"title":"t"}`)); err != nil {
				return err
			}
			if err := st.InTx(ctx, func(ctx context.Context, st *store.Store) error {
				_, err := st.Chats.Create(ctx, id.Who(), s.input(`{"title":"inner"}`))
				if err != nil {
					return err
				}
				return boom
			}); !errors.Is(err, boom) {
				return fmt.Errorf("inner: %w", err)
			}
			n, err := st.Chats.Count(ctx, store.Program(), store.ChatFilter{UserID: id.ID})
			if err != nil {
				return err
			}
			equal(s, "chats after the inner one failed", n, 1)
			return boom
		})
		if !errors.Is(err, boom) {
			s.Errorf("%v, want the error of the function", err)
		}
		equal(s, "users", s.count(query.Select(tables.User.ID).From(tables.User.Table)), 0)
		equal(s, "chats", s.count(query.Select(tables.Chat.ID).From(tables.Chat.Table)), 0)
	}},
	{"a transaction that reads does not write", func(s *Suite) {
		err := s.Store.Read(s.ctx(), func(ctx context.Context, st *store.Store) error {
			_, err := st.Users.Any(ctx)
			return err
		})
		s.ok(err)
		err = s.Store.Read(s.ctx(), func(ctx context.Context, st *store.Store) error {
			return st.Config.Set(ctx, map[string]jsonvalue.JSON{"a": jsonvalue.Text("1")})
		})
		if !errors.Is(err, dberr.ErrReadOnly) {
			s.Errorf("a write: %v, want that it is read-only", err)
		}
	}},
	{"settings of the page", func(s *Suite) {
		bob := s.user("bob")
		got, err := s.Store.Users.Settings(s.ctx(), bob.Who(), true)
		s.ok(err)
		equal(s, "none yet", got.IsJSONNull(), true)
		put := func(w store.Who, sent, want string) {
			s.Helper()
			got, err := s.Store.Users.UpdateSettings(s.ctx(), w, jsonvalue.Text(sent))
			s.ok(err)
			s.sameJSON("settings after "+sent, got.String(), want)
			stored, err := s.Store.Users.Settings(s.ctx(), w, false)
			s.ok(err)
			s.sameJSON("stored after "+sent, stored.String(), want)
		}
		put(bob.Who(), `{"ui":{"theme":"dark","n":1.0},"extra":1}`, `{"ui":{"theme":"dark","n":1.0},"extra":1}`)
		put(bob.Who(), `{"ui":{"theme":"light"}}`, `{"ui":{"theme":"light","n":1.0},"extra":1}`)
		// What needs a permission that users do not have by default is left out.
		put(bob.Who(), `{"ui":{"toolServers":[1],"notifications":{"webhook_url":"http://x","a":1}}}`,
			`{"ui":{"theme":"light","n":1.0,"notifications":{"a":1}},"extra":1}`)
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{
			"user.permissions":              jsonvalue.Text(`{"features":{"direct_tool_servers":true,"webhooks":true}}`),
			"ui.default_interface_settings": jsonvalue.Text(`{"theme":"blue","wide":true}`)}))
		put(bob.Who(), `{"ui":{"toolServers":[1]}}`,
			`{"ui":{"theme":"light","n":1.0,"notifications":{"a":1},"toolServers":[1]},"extra":1}`)
		s.max(2, func() { got, err = s.Store.Users.Settings(s.ctx(), bob.Who(), true) })
		s.ok(err)
		s.sameJSON("with defaults", got.Member("ui").String(),
			`{"theme":"light","wide":true,"n":1.0,"notifications":{"a":1},"toolServers":[1]}`)
		// Null takes away; objects of everybody are seen beneath one's own; what is not permitted stays as it is.
		put(bob.Who(), `{"ui":{"toolServers":null,"notifications":null,"title":{"auto":false}},"extra":null}`,
			`{"ui":{"theme":"light","n":1.0,"title":{"auto":false}},"extra":null}`)
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{
			"user.permissions":              jsonvalue.Text(`{"settings":{"interface":false},"chat":{"controls":false}}`),
			"ui.default_interface_settings": jsonvalue.Text(`{"title":{"auto":true,"more":1},"theme":"blue"}`)}))
		got, err = s.Store.Users.Settings(s.ctx(), bob.Who(), true)
		s.ok(err)
		s.sameJSON("objects", got.Member("ui").String(), `{"theme":"light","n":1.0,"title":{"auto":false,"more":1}}`)
		put(bob.Who(), `{"ui":{"title":null,"widescreenMode":true,"system":"x","theme":"dark"},"notifications":{"webhook_url":"http://x"}}`,
			`{"ui":{"theme":"dark","n":1.0,"title":{"auto":false}},"extra":null}`)
		if _, err := s.Store.Users.UpdateSettings(s.ctx(), store.Who{ID: bob.ID}, jsonvalue.Text(`{}`)); !errors.Is(err,
			store.ErrNotPermitted) {
			s.Errorf("by nobody: %v", err)
		}
	}},
}
