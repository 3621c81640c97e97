package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// group makes a group, below another unless parent is empty.
func (s *Suite) group(by *store.Identity, name, parent, permissions string) string {
	s.Helper()
	g := model.Group{Name: &name, Description: ptr("")}
	if parent != "" {
		g.ParentGroupID = &parent
	}
	if permissions != "" {
		g.Permissions = jsonvalue.Text(permissions)
	}
	out, err := s.Store.Groups.Create(s.ctx(), by.Who(), g)
	s.ok(err)
	s.later(1)
	return out.ID
}

// join puts users into a group.
func (s *Suite) join(by *store.Identity, group string, users ...*store.Identity) {
	s.Helper()
	var ids []string
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	_, err := s.Store.Groups.AddMembers(s.ctx(), by.Who(), group, ids)
	s.ok(err)
	s.later(1)
}

// move puts a group below another, or nowhere.
func (s *Suite) move(by *store.Identity, group string, parent *string) error {
	_, err := s.Store.Groups.Update(s.ctx(), by.Who(), group,
		func(g *model.Group) error { g.ParentGroupID = parent; return nil })
	return err
}

func groupNames(all []store.Group, err error) string {
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, g := range all {
		out = append(out, fmt.Sprintf("%s:%d", *g.Name, g.Members))
	}
	return strings.Join(out, " ")
}

var groupCases = []testCase{
	{"a group is stored as it was sent", func(s *Suite) {
		ada, bob := s.admin(), s.user("bob")
		perms := `{"chat":{"delete":false},"n":1.0}`
		var g *store.Group
		s.max(3, func() {
			var err error
			g, err = s.Store.Groups.Create(s.ctx(), ada.Who(), model.Group{Name: ptr("Te\x00am 🦊"), Description: ptr("d"),
				Permissions: jsonvalue.Text(perms), Data: jsonvalue.Text(`{"x":1,"config":{"y":2}}`)})
			s.ok(err)
		})
		s.max(1, func() {
			var err error
			g, err = s.Store.Groups.Get(s.ctx(), ada.Who(), g.ID)
			s.ok(err)
		})
		equal(s, "name", *g.Name, "Team 🦊")
		equal(s, "made by", *g.UserID, ada.ID)
		s.sameJSON("permissions", g.Permissions.String(), perms)
		s.sameJSON("data", g.Data.String(), `{"x":1,"config":{"y":2,"share":"members"}}`)
		equal(s, "meta is SQL NULL", g.Meta.IsNull(), true)
		s.later(5)
		s.max(7, func() { // on MySQL the one that leaves out who is in takes four
			_, err := s.Store.Groups.AddMembers(s.ctx(), ada.Who(), g.ID, []string{bob.ID, bob.ID, "nobody", ada.ID})
			s.ok(err)
		})
		s.join(ada, g.ID, bob)
		g, err := s.Store.Groups.Get(s.ctx(), ada.Who(), g.ID)
		s.ok(err)
		equal(s, "members", g.Members, 2)
		equal(s, "updated_at", *g.UpdatedAt, epoch+5)
		equal(s, "created_at", *g.CreatedAt, epoch)
		g, err = s.Store.Groups.RemoveMembers(s.ctx(), ada.Who(), g.ID, []string{bob.ID, "nobody"})
		s.ok(err)
		equal(s, "members after one left", g.Members, 1)
		who, err := s.Store.Groups.Members(s.ctx(), ada.Who(), g.ID)
		s.ok(err)
		equal(s, "who", len(who) == 1 && who[0].ID == ada.ID, true)
		for what, err := range map[string]error{
			"get": errOf(s.Store.Groups.Get(s.ctx(), ada.Who(), "none")), "update": s.move(ada, "none", nil),
			"add":    errOf(s.Store.Groups.AddMembers(s.ctx(), ada.Who(), "none", []string{bob.ID})),
			"remove": errOf(s.Store.Groups.RemoveMembers(s.ctx(), ada.Who(), "none", nil)), "delete": s.Store.Groups.Delete(s.ctx(), ada.Who(), "none"),
			"preview": errOf(s.Store.Groups.Preview(s.ctx(), ada.Who(), "none")),
		} {
			if !errors.Is(err, dberr.ErrNotFound) {
				s.Errorf("%s of none: %v, want not found", what, err)
			}
		}
	}},
	{"groups are the business of admins", func(s *Suite) {
		ada, bob := s.admin(), s.user("bob")
		g := s.group(ada, "g", "", "")
		// Made by somebody who is no admin any more.
		s.exec(query.Update(tables.Group.Table).Set(tables.Group.UserID.Set(bob.ID)).Where(tables.Group.ID.Eq(g)))
		for what, err := range map[string]error{
			"create": errOf(s.Store.Groups.Create(s.ctx(), bob.Who(), model.Group{})), "get": errOf(s.Store.Groups.Get(s.ctx(), bob.Who(), g)),
			"members": errOf(s.Store.Groups.Members(s.ctx(), bob.Who(), g)), "update": s.move(bob, g, nil),
			"add":    errOf(s.Store.Groups.AddMembers(s.ctx(), bob.Who(), g, []string{bob.ID})),
			"remove": errOf(s.Store.Groups.RemoveMembers(s.ctx(), bob.Who(), g, nil)), "delete": s.Store.Groups.Delete(s.ctx(), bob.Who(), g),
			"preview": errOf(s.Store.Groups.Preview(s.ctx(), bob.Who(), g)), "info for nobody": errOf(s.Store.Groups.Info(s.ctx(), store.Who{}, g)),
			"list for nobody": errOf(s.Store.Groups.List(s.ctx(), store.Who{ID: bob.ID}, nil)),
		} {
			if !errors.Is(err, store.ErrNotPermitted) {
				s.Errorf("%s: %v, want not permitted", what, err)
			}
		}
		_, err := s.Store.Groups.Info(s.ctx(), bob.Who(), g)
		s.ok(err)
		if _, err := s.Store.Groups.Of(s.ctx(), bob.Who(), ada.ID, true); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("the groups of somebody else: %v", err)
		}
	}},
	{"groups above a group give what they have to its members", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		top := s.group(ada, "top", "", `{"features":{"api_keys":true},"chat":{"delete":false}}`)
		mid := s.group(ada, "mid", top, `{"sharing":{"notes":true},"new":{"a":1}}`)
		low := s.group(ada, "low", mid, "")
		side := s.group(ada, "side", top, `{"workspace":{"tools":true}}`)
		s.join(ada, low, bob)
		s.join(ada, top, eve)
		var p store.Permissions
		s.max(1, func() {
			var err error
			p, err = s.Store.Users.Permissions(s.ctx(), bob.ID)
			s.ok(err)
		})
		for path, want := range map[string]bool{"features.api_keys": true, "sharing.notes": true, "workspace.tools": false,
			"chat.delete": true, "sharing.models": false} {
			equal(s, path, p.Allows(strings.Split(path, ".")...), want)
		}
		p, err := s.Store.Users.Permissions(s.ctx(), eve.ID)
		s.ok(err)
		equal(s, "what is below gives nothing", p.Allows("sharing", "notes"), false)
		equal(s, "bob's groups", groupNames(s.Store.Groups.List(s.ctx(), bob.Who(), nil)), "top:1 low:1 mid:0")
		equal(s, "ada's groups", groupNames(s.Store.Groups.List(s.ctx(), ada.Who(), nil)), "top:1 low:1 side:0 mid:0")
		all, err := s.Store.Groups.Of(s.ctx(), bob.Who(), bob.ID, true)
		s.ok(err)
		equal(s, "with those above", len(all), 3)
		for _, g := range all {
			equal(s, "direct", g.Direct, g.ID == low)
		}
		all, err = s.Store.Groups.Of(s.ctx(), ada.Who(), bob.ID, false)
		s.ok(err)
		equal(s, "without those above", len(all) == 1 && all[0].Direct, true)
		// Grants follow.
		note := s.note(ada, "shared", "x")
		_, err = s.Store.Notes.Share(s.ctx(), ada.Who(), note.ID, []store.Grant{grant("group", top, "read")})
		s.ok(err)
		var list []store.NoteItem
		s.max(2, func() { list, err = s.Store.Notes.List(s.ctx(), bob.Who(), store.Page{}) })
		equal(s, "bob reads", titles(list, err), "shared")
		equal(s, "eve reads", titles(s.Store.Notes.List(s.ctx(), eve.Who(), store.Page{})), "shared")
		_, err = s.Store.Notes.Share(s.ctx(), ada.Who(), note.ID,
			[]store.Grant{grant("group", mid, "write"), grant("group", side, "read")})
		s.ok(err)
		equal(s, "eve reads what is below", titles(s.Store.Notes.List(s.ctx(), eve.Who(), store.Page{})), "")
		_, err = s.Store.Notes.Update(s.ctx(), bob.Who(), note.ID,
			func(n *model.Note) error { n.Title = ptr("by bob"); return nil })
		s.ok(err)
		// Who belongs to the one at the top, and how.
		for how, want := range map[store.Membership]string{store.Direct: "eve", store.Inherited: "bob",
			store.Effective: "bob eve"} {
			s.max(4, func() {
				rows, total, counts, err := s.Store.Groups.Belonging(s.ctx(), ada.Who(), top, how, "", store.Page{})
				s.ok(err)
				var got []string
				for _, r := range rows {
					got = append(got, *r.Name)
					equal(s, *r.Name+" directly", r.Direct, *r.Name == "eve")
					equal(s, *r.Name+" via", strings.Join(r.Via, " "), map[string]string{"bob": low}[*r.Name])
				}
				equal(s, string(how), strings.Join(got, " "), want)
				equal(s, "total", total, int64(len(rows)))
				equal(s, "counts", *counts, store.MemberCounts{Direct: 1, Effective: 2})
			})
		}
		rows, _, _, err := s.Store.Groups.Belonging(s.ctx(), ada.Who(), top, store.Effective, "EVE@", store.Page{})
		s.ok(err)
		equal(s, "found by address", len(rows), 1)
		// The groups below a deleted one go up; what it was given goes with it.
		s.ok(s.Store.Groups.Delete(s.ctx(), ada.Who(), mid))
		g, err := s.Store.Groups.Get(s.ctx(), ada.Who(), low)
		s.ok(err)
		equal(s, "the group above", *g.ParentGroupID, top)
		equal(s, "grants", s.count(query.Select(tables.AccessGrant.ID).From(tables.AccessGrant.Table)), 1)
		s.ok(s.Store.Groups.Delete(s.ctx(), ada.Who(), low))
		equal(s, "members", s.count(query.Select(tables.GroupMember.ID).From(tables.GroupMember.Table)), 1)
	}},
	{"no group is below itself", func(s *Suite) {
		ada := s.admin()
		a := s.group(ada, "a", "", "")
		b := s.group(ada, "b", a, "")
		c := s.group(ada, "c", b, "")
		for _, to := range []string{a, b, c} {
			if err := s.move(ada, a, &to); !errors.Is(err, store.ErrGroupCycle) {
				s.Errorf("a below %s: %v, want that it is a cycle", to, err)
			}
		}
		none := "none"
		if err := s.move(ada, a, &none); !errors.Is(err, store.ErrNoParentGroup) {
			s.Errorf("below none: %v", err)
		}
		if _, err := s.Store.Groups.Create(s.ctx(), ada.Who(), model.Group{ParentGroupID: &none}); !errors.Is(err,
			store.ErrNoParentGroup) {
			s.Errorf("made below none: %v", err)
		}
		s.ok(s.move(ada, b, nil))
		s.ok(s.move(ada, a, &c))
		s.ok(s.move(ada, a, nil))
		s.ok(s.move(ada, b, nil))
		// Of two that move below each other at once one is refused.
		for range 5 {
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i, m := range [][2]string{{a, b}, {b, a}} {
				wg.Go(func() { errs[i] = s.move(ada, m[0], &m[1]) })
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), store.ErrGroupCycle) {
				s.Fatalf("both at once: %v", errs)
			}
			s.ok(s.move(ada, a, nil))
			s.ok(s.move(ada, b, nil))
		}
		// A cycle that somebody else has made ends.
		for from, to := range map[string]string{a: b, b: a} {
			s.exec(query.Update(tables.Group.Table).Set(tables.Group.ParentGroupID.Set(to)).Where(tables.Group.ID.Eq(from)))
		}
		s.join(ada, a, ada)
		all, err := s.Store.Groups.Of(s.ctx(), ada.Who(), ada.ID, true)
		s.ok(err)
		equal(s, "in a cycle", len(all), 2)
		_, total, _, err := s.Store.Groups.Belonging(s.ctx(), ada.Who(), b, store.Inherited, "", store.Page{})
		s.ok(err)
		equal(s, "belonging to a cycle", total, 1)
		s.ok(s.move(ada, a, nil))
	}},
	{"with which groups one may share", func(s *Suite) {
		ada, bob := s.admin(), s.user("bob")
		for _, share := range []string{"true", "false", `"members"`, `"Members"`, "null", "1"} {
			name := strings.Trim(share, `"`)
			for _, in := range []string{"", "in-"} {
				g, err := s.Store.Groups.Create(s.ctx(), ada.Who(), model.Group{Name: ptr(in + name), Description: ptr(""),
					Data: jsonvalue.Text(`{"config":{"share":` + share + `}}`)})
				s.ok(err)
				if in != "" {
					s.join(ada, g.ID, bob)
				}
				s.later(1)
			}
		}
		s.insert(query.Insert(tables.Group.Table).Row(model.Group{ID: "old", Name: ptr("old"), UpdatedAt: ptr(int64(1))}))
		yes, no := true, false
		equal(s, "may", groupNames(s.Store.Groups.List(s.ctx(), bob.Who(), &yes)),
			"in-1:1 1:0 in-null:1 null:0 in-Members:1 in-members:1 in-true:1 true:0 old:0")
		equal(s, "nobody may", groupNames(s.Store.Groups.List(s.ctx(), bob.Who(), &no)), "in-false:1 false:0")
		all, err := s.Store.Groups.List(s.ctx(), ada.Who(), &no)
		s.ok(err)
		equal(s, "an admin may all", len(all), 13)
	}},
	{"what membership of a group gives", func(s *Suite) {
		ada := s.admin()
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"ui.default_models": jsonvalue.Text(`"m1, ,m2"`),
			"user.permissions": jsonvalue.Text(`{"chat":{"edit":false}}`)}))
		top, err := s.Store.Groups.Create(s.ctx(), ada.Who(),
			model.Group{Name: ptr("top"), Permissions: jsonvalue.Text(`{"chat":{"edit":true}}`)})
		s.ok(err)
		low := s.group(ada, "low", top.ID, `{"features":{"api_keys":true}}`)
		for i, active := range []bool{true, true, false} {
			id := fmt.Sprintf("model-%d", i)
			s.insert(query.Insert(tables.Model.Table).Row(model.Model{ID: id, UserID: &ada.ID, Name: ptr(id), Params: ptr("{}"), Meta: ptr("{}"),
				UpdatedAt: ptr(int64(i)), CreatedAt: ptr(int64(i)), IsActive: active}))
		}
		s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: "g1", ResourceType: "model", ResourceID: "model-0",
			PrincipalType: "group", PrincipalID: top.ID, Permission: "read"}))
		s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: "g2", ResourceType: "model", ResourceID: "model-2",
			PrincipalType: "user", PrincipalID: "*", Permission: "read"}))
		var p *store.GroupPreview
		s.max(8, func() {
			p, err = s.Store.Groups.Preview(s.ctx(), ada.Who(), low)
			s.ok(err)
		})
		equal(s, "models", fmt.Sprint(len(p.Reach["models"].Items), p.Reach["models"].Total), "1 2")
		equal(s, "inherited", p.Inherited.Allows("chat", "edit") && !p.Inherited.Allows("features", "api_keys"), true)
		equal(s, "effective", p.Effective.Allows("chat", "edit") && p.Effective.Allows("features", "api_keys"), true)
		equal(s, "default models", strings.Join(p.DefaultModels, " "), "m1 m2")
		equal(s, "of nobody", p.Source == nil && p.Models() == nil, true)
		_, err = s.Store.Groups.Update(s.ctx(), ada.Who(), top.ID, func(g *model.Group) error {
			g.Data = jsonvalue.Text(`{"config":{"default_models":["m3"]}}`)
			return nil
		})
		s.ok(err)
		p, err = s.Store.Groups.Preview(s.ctx(), ada.Who(), low)
		s.ok(err)
		equal(s, "default models", strings.Join(p.DefaultModels, " "), "m3")
		equal(s, "of", *p.Source, top.ID)
	}},
	{"memberships of one group change at once", func(s *Suite) {
		ada := s.admin()
		g := s.group(ada, "g", "", "")
		var all []string
		for i := range 8 {
			all = append(all, s.user(fmt.Sprintf("u%d", i)).ID)
		}
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range 8 {
			wg.Go(func() {
				_, errs[i] = s.Store.Groups.AddMembers(context.WithoutCancel(s.ctx()), ada.Who(), g, all[:i+1])
			})
		}
		wg.Wait()
		s.ok(errors.Join(errs...))
		got, err := s.Store.Groups.Get(s.ctx(), ada.Who(), g)
		s.ok(err)
		equal(s, "members", got.Members, 8)
	}},
}
