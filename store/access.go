package store

import (
	"context"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Who is the user on whose behalf something is read or changed. The zero value
// is nobody, who may do nothing.
type Who struct {
	ID   string
	Name string // shown beside the messages that they write
	Role model.Role

	ByKey bool // shown by an API key instead of a session

	program bool
}

// Program is the program itself, on nobody's behalf: it may do everything.
func Program() Who { return Who{program: true} }

// Who is the identity as the one who asks.
func (id *Identity) Who() Who { return Who{ID: id.ID, Name: id.Name, Role: id.Role} }

// Admin reports whether the one who asks is an admin, or the program itself.
func (w Who) Admin() bool { return w.program || w.Role == model.RoleAdmin }

func (w Who) author() chatdoc.Author { return chatdoc.Author{ID: w.ID, Name: w.Name} }

// Right is what is to be done with a row.
type Right string

// The rights. Grants give the first two; whoever may write may read and delete.
const (
	MayRead   Right = "read"
	MayWrite  Right = "write"
	MayDelete Right = "delete"
)

// What the rules of this package refuse.
var (
	ErrNoAccess     = &Refusal{"it belongs to somebody else and is not shared with the user"}
	ErrNotPermitted = &Refusal{"the user lacks the permission for it; an admin can give it to users or to a group"}
	ErrAudience     = &Refusal{"the user may not share with this audience; an admin can permit it to users or to a group"}
)

// AdminLimits bound what admins may do with what belongs to others. The zero
// value bounds nothing.
type AdminLimits struct {
	ListsAsUsers bool // searches and lists hold what an admin owns or was granted, as for any user
	NoChats      bool // chats of others cannot be read
}

// permitted returns the permissions of w, or ErrNotPermitted when w is not let
// in yet or lacks the permission at path, if one is named. Admins are allowed
// everything, and cost no statement.
func (b *base) permitted(ctx context.Context, w Who, path ...string) (Permissions, error) {
	switch {
	case w.Admin():
		return nil, nil
	case w.Role != model.RoleUser:
		return nil, ErrNotPermitted
	case len(path) == 0:
		return nil, nil
	}
	p, err := (&Users{*b}).Permissions(ctx, w.ID)
	if err == nil && !p.Allows(path...) {
		err = ErrNotPermitted
	}
	return p, err
}

// granted holds for rows that were shared with a user, a group of theirs, one
// above it, or everybody.
func granted(resource string, id query.Column[string], user string, r Right) query.Cond {
	return grantedTo(resource, id, user, groupsOf(user), r)
}

// grantedTo holds for rows that were shared with a user, one of the groups whose
// ids are selected, or everybody.
func grantedTo(resource string, id query.Column[string], user string, groups query.SelectStmt, r Right) query.Cond {
	g := tables.AccessGrant
	rights := []string{string(MayWrite)}
	if r == MayRead {
		rights = append(rights, string(MayRead))
	}
	return query.Exists(query.Select(g.ID).From(g.Table).Where(
		g.ResourceType.Eq(resource), g.ResourceID.EqTo(id), g.Permission.In(rights...),
		query.Or(query.And(g.PrincipalType.Eq("user"), g.PrincipalID.In(user, "*")),
			query.And(g.PrincipalType.Eq("group"), g.PrincipalID.InQuery(groups)))))
}

// Grants is the table access_grant: who else may read or write what.
type Grants struct{ base }

// Of returns the grants of rows of one resource ("note"), by the row's id, the
// oldest first. Rows without grants are not in the map.
func (g *Grants) Of(ctx context.Context, resource string, ids ...string) (map[string][]model.AccessGrant, error) {
	out := map[string][]model.AccessGrant{}
	if len(ids) == 0 {
		return out, nil
	}
	t := tables.AccessGrant
	rows, err := query.All[model.AccessGrant](ctx, g.q, query.SelectFrom(t.Table).Named("grants.Of").
		Where(t.ResourceType.Eq(resource), t.ResourceID.In(ids...)).OrderBy(t.CreatedAt, t.ID))
	for _, r := range rows {
		out[r.ResourceID] = append(out[r.ResourceID], r)
	}
	return out, err
}

// Grant is who is to have which right: what a client sends.
type Grant struct {
	PrincipalType string // user, group
	PrincipalID   string // an id; * for every signed-in user
	Permission    string // read, write
}

// replace makes grants the whole set of a row. What is no grant is left out,
// as is what comes twice.
func (g *Grants) replace(ctx context.Context, resource, id string, grants []Grant) error {
	t := tables.AccessGrant
	if _, err := query.Exec(ctx, g.q, deleteGrants(resource, t.ResourceID.Eq(id))); err != nil {
		return err
	}
	ids := make([]string, len(grants)) // in order, so that grants of one second come back as they were given
	for i := range ids {
		ids[i] = g.newID()
	}
	slices.Sort(ids)
	var rows []model.AccessGrant
	for i, x := range grants {
		row := model.AccessGrant{ID: ids[i], ResourceType: resource, ResourceID: id, PrincipalType: x.PrincipalType,
			PrincipalID: chatdoc.CleanString(x.PrincipalID), Permission: x.Permission, CreatedAt: g.now()}
		if row.Validate() == nil && (x.PrincipalType != "anyone" || resource == sharedChatResource) &&
			!slices.Contains(grants[:i], x) {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := query.Exec(ctx, g.q, query.InsertRows(t.Table, rows).Named("grants.Insert"))
	return err
}

// deleteGrants removes the grants of the rows of a resource that which names.
func deleteGrants(resource string, which query.Cond) query.DeleteStmt {
	t := tables.AccessGrant
	return query.Delete(t.Table).Named("grants.Delete").Where(t.ResourceType.Eq(resource), which)
}

// mayShare reports whether users with these permissions, nil for all, may share
// with those principals. What is the name of the thing among the permissions:
// "notes".
func mayShare(p Permissions, what string, grants []Grant) error {
	if p == nil {
		return nil
	}
	for _, g := range grants {
		ok := what == "chats" || p.Allows("sharing", what) // whoever may share chats needs no more for users and groups
		switch {
		case g.PrincipalType == "anyone" && what != "chats":
			continue // not for anything else, and left out
		case g.PrincipalType == "anyone":
			ok = p.Allows("sharing", "open_"+what)
		case g.PrincipalType == "user" && g.PrincipalID == "*":
			ok = p.Allows("sharing", "public_"+what)
		case g.PrincipalType == "user":
			ok = ok && p.Allows("access_grants", "allow_users")
		case g.PrincipalType == "group":
			ok = ok && p.Allows("access_grants", "allow_groups")
		}
		if !ok {
			return ErrAudience
		}
	}
	return nil
}

// missing is the error for a row that is not there.
func missing(op, what string) error {
	return dberr.New(dberr.NotFound, op, "there is no such "+what)
}
