package server

import (
	"context"
	"net/http"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func (s *Server) groupRoutes() []route {
	const group = "/api/v1/groups/id/{id}"
	noGroup := refusal{dberr.ErrNotFound, http.StatusNotFound, "Group not found."}
	return resource(refusals{
		{store.ErrNoParentGroup, http.StatusNotFound, "Parent group not found."},
		{store.ErrGroupCycle, http.StatusBadRequest, "A group cannot be its own parent or a descendant of itself."},
	},
		endpoint("GET", "/api/v1/groups/{$}", "Groups that one is in; all to admins", member, s.listGroups),
		endpoint("POST", "/api/v1/groups/create", "Create a group", admin, s.createGroup),
		endpoint("GET", group, "A group", admin, s.getGroup),
		endpoint("GET", group+"/info", "What everybody may know of a group", member, s.groupInfo),
		endpoint("GET", group+"/export", "A group with the ids of its members", admin, s.exportGroup),
		endpoint("POST", group+"/users", "The members of a group", admin, s.groupUsers),
		endpoint("GET", group+"/members", "Who belongs to a group, by themselves or through groups below it", admin, s.groupMembers).refusing(noGroup),
		endpoint("GET", group+"/preview", "What membership of a group gives", admin, s.previewGroup),
		endpoint("POST", group+"/update", "Change a group", admin, s.updateGroup).refusing(noGroup),
		endpoint("POST", group+"/users/add", "Put users into a group", admin, s.addGroupUsers).refusing(noGroup),
		endpoint("POST", group+"/users/remove", "Take users out of a group", admin, s.removeGroupUsers).refusing(noGroup),
		endpoint("DELETE", group+"/delete", "Delete a group", admin, s.deleteGroup).refusing(noGroup),
	)
}

type groupForm struct {
	Parent      maybe[string]   `json:"parent_group_id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Permissions *jsonvalue.JSON `json:"permissions"`
	Data        *groupData      `json:"data"`
}

func (f *groupForm) check() error {
	if f.Parent.Value != nil && *f.Parent.Value == "" {
		return fail(http.StatusBadRequest, "Parent group must be a group ID or null.")
	}
	return nil
}

type groupUpdateForm struct {
	byID
	groupForm
}

type userIDsForm struct {
	byID
	UserIDs *[]string `json:"user_ids"`
}

type groupMembersForm struct {
	byID
	Membership string `query:"membership" default:"effective" about:"direct, inherited or effective"`
	Query      string `query:"query" default:""`
	Page       int    `query:"page" default:"1" about:"from 1; 30 per page"`
}

type groupAnswer struct {
	ParentID    *string  `json:"parent_group_id"`
	ID          string   `json:"id"`
	UserID      string   `json:"user_id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Data        verbatim `json:"data"`
	Meta        verbatim `json:"meta"`
	Permissions verbatim `json:"permissions"`
	CreatedAt   int64    `json:"created_at"`
	UpdatedAt   int64    `json:"updated_at"`
}

type countedGroup struct {
	groupAnswer
	Members int64 `json:"member_count"`
}

type groupExport struct {
	countedGroup
	UserIDs []string `json:"user_ids"`
}

type groupInfo struct {
	ParentID    *string `json:"parent_group_id"`
	ID          string  `json:"id"`
	UserID      string  `json:"user_id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Members     int64   `json:"member_count"`
	CreatedAt   int64   `json:"created_at"`
	UpdatedAt   int64   `json:"updated_at"`
}

type groupMember struct {
	userInfo
	Membership string   `json:"membership_type"`
	Via        []string `json:"via_group_ids"`
}

type groupMembersAnswer struct {
	found[groupMember]
	Counts map[string]int64 `json:"counts"`
}

type namedAnswer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type groupDefaults struct {
	Local     *[]string `json:"local"` // null where the group has none of its own
	Effective []string  `json:"effective"`
	Source    *string   `json:"source_group_id"`
}

type groupPreview struct {
	Group         namedAnswer        `json:"group"`
	DefaultModels groupDefaults      `json:"default_models"`
	Models        found[namedAnswer] `json:"models"`
	Knowledge     found[namedAnswer] `json:"knowledge"`
	Tools         found[namedAnswer] `json:"tools"`
	Permissions   verbatim           `json:"permissions"`
	Inherited     store.Permissions  `json:"inherited_permissions"`
	Effective     store.Permissions  `json:"effective_permissions"`
}

func showGroup(g model.Group) groupAnswer {
	return groupAnswer{g.ParentGroupID, g.ID, orZero(g.UserID), orZero(g.Name), orZero(g.Description), readable(g.Data),
		readable(g.Meta),
		readable(g.Permissions), orZero(g.CreatedAt), orZero(g.UpdatedAt)}
}

func showCounted(g store.Group) countedGroup { return countedGroup{showGroup(g.Group), g.Members} }

func answerGroup(g *store.Group, err error) (*countedGroup, error) {
	if err != nil {
		return nil, err
	}
	out := showCounted(*g)
	return &out, nil
}

type shareQuery struct {
	Share *bool `query:"share" about:"those with which one may share, or nobody may; admins get all"`
}

func (s *Server) listGroups(ctx context.Context, r *request, f shareQuery) ([]countedGroup, error) {
	all, err := s.store.Groups.List(ctx, r.who(), f.Share)
	return answerList(all, err, showCounted)
}

func (s *Server) createGroup(ctx context.Context, r *request, f groupForm) (*countedGroup, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	return answerGroup(s.store.Groups.Create(ctx, r.who(), model.Group{ParentGroupID: f.Parent.Value, Name: &f.Name, Description: &f.Description,
		Permissions: orZero(f.Permissions), Data: orZero(f.Data).JSON}))
}

func (s *Server) getGroup(ctx context.Context, r *request, f byID) (*countedGroup, error) {
	return answerGroup(s.store.Groups.Get(ctx, r.who(), f.ID))
}

func (s *Server) groupInfo(ctx context.Context, r *request, f byID) (*groupInfo, error) {
	g, err := s.store.Groups.Info(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	return &groupInfo{g.ParentGroupID, g.ID, orZero(g.UserID), orZero(g.Name), orZero(g.Description), g.Members,
		orZero(g.CreatedAt), orZero(g.UpdatedAt)}, nil
}

func (s *Server) exportGroup(ctx context.Context, r *request, f byID) (*groupExport, error) {
	g, err := answerGroup(s.store.Groups.Get(ctx, r.who(), f.ID))
	if err != nil {
		return nil, err
	}
	users, err := s.store.Groups.Members(ctx, r.who(), f.ID)
	ids, err := answerList(users, err, func(u model.User) string { return u.ID })
	return &groupExport{*g, ids}, err
}

func (s *Server) groupUsers(ctx context.Context, r *request, f byID) ([]userInfo, error) {
	users, err := s.store.Groups.Members(ctx, r.who(), f.ID)
	return answerList(users, err, showUserInfo)
}

func (s *Server) groupMembers(ctx context.Context, r *request, f groupMembersForm) (*groupMembersAnswer, error) {
	how := store.Membership(f.Membership)
	switch {
	case how != store.Direct && how != store.Inherited && how != store.Effective:
		const words = "'direct', 'inherited' or 'effective'"
		return nil, invalid(problem{"literal_error", []any{"query", "membership"}, "Input should be " + words, f.Membership,
			object{"expected": words}})
	case f.Page < 1:
		return nil, invalid(problem{"greater_than_equal", []any{"query", "page"},
			"Input should be greater than or equal to 1", f.Page, object{"ge": 1}})
	}
	rows, total, n, err := s.store.Groups.Belonging(ctx, r.who(), f.ID, how, f.Query, usersPage(f.Page))
	if err != nil {
		return nil, err
	}
	items, err := answerFound(rows, total, nil, func(m store.GroupMember) groupMember {
		out := groupMember{userInfo{ID: m.ID, Name: orZero(m.Name), Email: orZero(m.Email), Role: orZero(m.Role),
			Groups: []namedAnswer{}},
			string(store.Inherited), notNil(m.Via)}
		if m.Direct {
			out.Membership = string(store.Direct)
		}
		return out
	})
	return &groupMembersAnswer{*items, map[string]int64{"direct": n.Direct, "effective": n.Effective,
		"inherited": n.Effective - n.Direct}}, err
}

func showNamed(n store.Named) namedAnswer { return namedAnswer{n.ID, orZero(n.Name)} }

// showReach shows a kind of what somebody can read.
func showReach(r store.Reach) found[namedAnswer] {
	out, _ := answerFound(r.Items, r.Total, nil, showNamed)
	return *out
}

func (s *Server) previewGroup(ctx context.Context, r *request, f byID) (*groupPreview, error) {
	p, err := s.store.Groups.Preview(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	return &groupPreview{namedAnswer{p.Group.ID, orZero(p.Group.Name)},
		groupDefaults{orNull(p.Models()), p.DefaultModels, p.Source},
		showReach(p.Reach["models"]), showReach(p.Reach["knowledge"]), showReach(p.Reach["tools"]),
		readableObject(p.Group.Permissions), p.Inherited, p.Effective}, nil
}

func (s *Server) updateGroup(ctx context.Context, r *request, f groupUpdateForm) (*countedGroup, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	return answerGroup(s.store.Groups.Update(ctx, r.who(), f.ID, func(g *model.Group) error {
		g.Name, g.Description = &f.Name, &f.Description
		if f.Parent.Sent {
			g.ParentGroupID = f.Parent.Value
		}
		if f.Permissions != nil {
			g.Permissions = *f.Permissions
		}
		if f.Data != nil {
			config := g.Data.Member("config").Merged(f.Data.Member("config"))
			g.Data = g.Data.Merged(f.Data.JSON)
			if !config.IsObject() {
				config = jsonvalue.Text("{}")
			}
			g.Data = g.Data.With("config", config)
		}
		return nil
	}))
}

func (s *Server) addGroupUsers(ctx context.Context, r *request, f userIDsForm) (*countedGroup, error) {
	return answerGroup(s.store.Groups.AddMembers(ctx, r.who(), f.ID, orZero(f.UserIDs)))
}

func (s *Server) removeGroupUsers(ctx context.Context, r *request, f userIDsForm) (*countedGroup, error) {
	return answerGroup(s.store.Groups.RemoveMembers(ctx, r.who(), f.ID, orZero(f.UserIDs)))
}

func (s *Server) deleteGroup(ctx context.Context, r *request, f byID) (bool, error) {
	return true, s.store.Groups.Delete(ctx, r.who(), f.ID)
}
