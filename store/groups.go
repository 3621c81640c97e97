package store

import (
	"context"
	"errors"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Groups is the table group, with who is in which. A group has one above it at
// most; its members have what is given to the groups above, too.
type Groups struct{ base }

// Only admins change groups, whoever made them.
var groups = kind[model.Group, *model.Group]{name: "groups", table: tables.Group.Table, id: tables.Group.ID, owner: tables.Group.UserID,
	updated: tables.Group.UpdatedAt, touch: func(g *model.Group, now int64) { g.UpdatedAt = later(g.UpdatedAt, now) }}

// Group is a group and how many users are its members themselves, which those
// of the groups below are not.
type Group struct {
	model.Group
	Members int64 `db:"members"`
}

// Why a group cannot be put below another.
var (
	ErrNoParentGroup = &Refusal{"there is no such group to be above this one"}
	ErrGroupCycle    = &Refusal{"a group cannot be below itself, or below a group that is below it"}
)

// groupsOf selects the ids of the groups of a user: those that they are in, and
// all above those.
func groupsOf(user string) query.SelectStmt {
	m := tables.GroupMember
	return upwards(query.Select(m.GroupID.As("id")).From(m.Table).Where(m.UserID.Eq(user)))
}

// upwards selects the ids of groups and of all above them. A cycle, which no
// program here makes, ends it too.
func upwards(from query.SelectStmt) query.SelectStmt {
	g := tables.Group
	up := query.WithRecursive("upwards", from, true, func(self *query.CTE) query.SelectStmt {
		return query.Select(g.ParentGroupID.As("id")).From(g.Table).
			JoinItem(self, g.ID.EqTo(query.Field[string]("upwards", "id"))).Where(g.ParentGroupID.NotNull())
	})
	return query.Select(query.Field[string]("upwards", "id")).FromItem(up).With(up)
}

// downwards selects the ids of a group and of all below it.
func downwards(id string) query.SelectStmt {
	g := tables.Group
	down := query.WithRecursive("downwards", query.Select(g.ID).From(g.Table).Where(g.ID.Eq(id)), true,
		func(self *query.CTE) query.SelectStmt {
			return query.Select(g.ID).From(g.Table).JoinItem(self, g.ParentGroupID.EqTo(query.Field[string]("downwards", "id")))
		})
	return query.Select(query.Field[string]("downwards", "id")).FromItem(down).With(down)
}

// members selects who is in the groups that which leaves.
func members(which query.Cond) query.SelectStmt {
	return query.Select(tables.GroupMember.UserID).From(tables.GroupMember.Table).Where(which)
}

func selectGroups(name string) query.SelectStmt {
	g, m := tables.Group, tables.GroupMember
	n := query.Scalar[int64](query.Select(query.CountAll()).From(m.Table).Where(m.GroupID.EqTo(g.ID)))
	return query.Select(append(query.Columns(g.Table), n.As("members"))...).From(g.Table).Named(name).
		OrderBy(g.UpdatedAt.Desc(), g.ID)
}

// shareSetting is who may share with a group: a boolean, or "members".
func shareSetting() query.Expr[string] {
	return query.Lower(tables.Group.Data.Path("config", "share").Text())
}

// List returns the groups that w is in, those above them, and all of them to
// admins; the last changed first. With share it is those with which w may
// share, or those with which nobody may; admins may share with all.
func (g *Groups) List(ctx context.Context, w Who, share *bool) ([]Group, error) {
	if _, err := g.permitted(ctx, w); err != nil {
		return nil, err
	}
	mine := tables.Group.ID.InQuery(groupsOf(w.ID))
	st := selectGroups("groups.List")
	switch {
	case w.Admin():
	case share == nil:
		st = st.Where(mine)
	case *share:
		st = st.Where(query.Or(shareSetting().IsNull(), shareSetting().In("true", "1"),
			query.And(shareSetting().Eq("members"), mine)))
	default:
		st = st.Where(shareSetting().Eq("false"))
	}
	return query.All[Group](ctx, g.q, st)
}

// OwnGroup is a group of a user.
type OwnGroup struct {
	model.Group
	Direct bool `db:"direct"` // the user is in it, and not only in one below it
}

// Of returns the groups that a user is in, the last changed first: to the user and
// to admins. Inherited adds those above. Errors: ErrNotPermitted.
func (g *Groups) Of(ctx context.Context, w Who, user string, inherited bool) ([]OwnGroup, error) {
	if _, err := g.permitted(ctx, w); err != nil {
		return nil, err
	}
	if !w.Admin() && w.ID != user {
		return nil, ErrNotPermitted
	}
	t, m := tables.Group, tables.GroupMember
	direct := t.ID.InQuery(query.Select(m.GroupID).From(m.Table).Where(m.UserID.Eq(user)))
	return query.All[OwnGroup](ctx, g.q,
		query.Select(append(query.Columns(t.Table), direct.As("direct"))...).From(t.Table).Named("groups.Of").
			Where(when(!inherited, direct), when(inherited, t.ID.InQuery(groupsOf(user)))).OrderBy(t.UpdatedAt.Desc(), t.ID))
}

// Get returns a group to admins, or dberr.ErrNotFound.
func (g *Groups) Get(ctx context.Context, w Who, id string) (*Group, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	return g.find(ctx, id)
}

// Info returns a group to whom everybody with an account may know: what it is
// called and for, and how many are in it. Nothing else of it is to be shown.
// Errors: dberr.ErrNotFound.
func (g *Groups) Info(ctx context.Context, w Who, id string) (*Group, error) {
	if _, err := g.permitted(ctx, w); err != nil {
		return nil, err
	}
	return g.find(ctx, id)
}

func (g *Groups) find(ctx context.Context, id string) (*Group, error) {
	return one(query.One[Group](ctx, g.q, selectGroups("groups.Get").Where(tables.Group.ID.Eq(id))))
}

// Members returns the users that are members of a group themselves, by their ids;
// empty for a group that is not there. Only to admins. Errors: ErrNotPermitted.
func (g *Groups) Members(ctx context.Context, w Who, id string) ([]model.User, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	return users.list(ctx, &g.base, tables.User.ID.Asc(), Page{},
		tables.User.ID.InQuery(members(tables.GroupMember.GroupID.Eq(id))))
}

// Create makes a group, below another where parent names one. Data without a
// word on sharing lets members share. Errors: ErrNoParentGroup.
func (g *Groups) Create(ctx context.Context, w Who, x model.Group) (*Group, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	now := g.now()
	x.ID, x.UserID, x.CreatedAt, x.UpdatedAt = g.newID(), &w.ID, &now, &now
	clean(&x.Name, &x.Description)
	if !x.Data.IsObject() {
		x.Data = jsonvalue.Text("{}")
	}
	if config := x.Data.Member("config"); config.Member("share").IsNull() {
		x.Data = x.Data.With("config", config.Merged(jsonvalue.Text(`{"share":"members"}`)))
	}
	applied := func(ctx context.Context, q engine.Queryer) (bool, error) {
		return query.Found(ctx, q,
			query.Select(tables.Group.ID).From(tables.Group.Table).Named("groups.Applied").Where(tables.Group.ID.Eq(x.ID)))
	}
	err := g.inTx(ctx, engine.TxOptions{Name: "groups.Create", Applied: applied}, func(ctx context.Context, b base) error {
		if err := (&Groups{b}).place(ctx, x.ID, x.ParentGroupID); err != nil {
			return err
		}
		return groups.insert(ctx, &b, &x)
	})
	if err != nil {
		return nil, err
	}
	return &Group{Group: x}, nil
}

// place returns nil when a group can be below parent. All groups are under lock
// then, so that no two that move at once end up below each other.
func (g *Groups) place(ctx context.Context, id string, parent *string) error {
	if parent == nil {
		return nil
	}
	t := tables.Group
	tree, err := query.All[model.Group](ctx, g.q,
		query.Select(t.ID, t.ParentGroupID).From(t.Table).Named("groups.Lock").OrderBy(t.ID).ForUpdate())
	if err != nil {
		return err
	}
	at := func(id string) int { return slices.IndexFunc(tree, func(x model.Group) bool { return x.ID == id }) }
	if at(*parent) < 0 {
		return ErrNoParentGroup
	}
	up := *parent
	for range tree {
		i := at(up)
		switch {
		case up == id:
			return ErrGroupCycle
		case i < 0 || tree[i].ParentGroupID == nil:
			return nil
		}
		up = *tree[i].ParentGroupID
	}
	return nil
}

// Update gives a group to edit, which may run more than once; the time of the
// change is noted even when nothing else changes. Errors: dberr.ErrNotFound,
// ErrNoParentGroup, ErrGroupCycle.
func (g *Groups) Update(ctx context.Context, w Who, id string, edit func(*model.Group) error) (*Group, error) {
	return g.change(ctx, w, "groups.Update", id, func(ctx context.Context, b base) error {
		was, err := groups.get(ctx, &b, w, MayWrite, id)
		if err != nil {
			return err
		}
		after := *was
		if err := edit(&after); err != nil {
			return err
		}
		if orZero(after.ParentGroupID) != orZero(was.ParentGroupID) {
			if err := (&Groups{b}).place(ctx, id, after.ParentGroupID); err != nil {
				return err
			}
		}
		_, err = groups.update(ctx, &b, w, id, func(x *model.Group) error {
			x.UpdatedAt = ptr(b.now())
			if err := edit(x); err != nil {
				return err
			}
			clean(&x.Name, &x.Description)
			return nil
		})
		return err
	})
}

// AddMembers puts users into a group; who is in it stays, and who does not
// exist is left out. Errors: dberr.ErrNotFound.
func (g *Groups) AddMembers(ctx context.Context, w Who, id string, ids []string) (*Group, error) {
	return g.change(ctx, w, "groups.AddMembers", id, func(ctx context.Context, b base) error {
		if err := (&Groups{b}).touch(ctx, id); err != nil || len(ids) == 0 {
			return err
		}
		u, m := tables.User, tables.GroupMember
		there, err := query.All[string](ctx, b.q,
			query.Select(u.ID).From(u.Table).Named("users.There").Where(u.ID.In(ids...)).OrderBy(u.ID))
		if err != nil || len(there) == 0 {
			return err
		}
		now := b.now()
		rows := collect(there, func(user string) model.GroupMember {
			return model.GroupMember{ID: b.newID(), GroupID: id, UserID: user, CreatedAt: &now, UpdatedAt: &now}
		})
		_, err = query.Exec(ctx, b.q,
			query.InsertRows(m.Table, rows).Named("members.Insert").OnConflict(m.GroupID, m.UserID).DoNothing())
		return err
	})
}

// RemoveMembers takes users out of a group. Errors: dberr.ErrNotFound.
func (g *Groups) RemoveMembers(ctx context.Context, w Who, id string, ids []string) (*Group, error) {
	return g.change(ctx, w, "groups.RemoveMembers", id, func(ctx context.Context, b base) error {
		if err := (&Groups{b}).touch(ctx, id); err != nil || len(ids) == 0 {
			return err
		}
		m := tables.GroupMember
		_, err := query.Exec(ctx, b.q,
			query.Delete(m.Table).Named("members.Delete").Where(m.GroupID.Eq(id), m.UserID.In(ids...)))
		return err
	})
}

// joinDefault puts a new user into the group that the setting
// ui.default_group_id names, when there is one.
func (g *Groups) joinDefault(ctx context.Context, user string) error {
	set, err := (&Config{g.base}).Get(ctx, keyDefaultGroup)
	var id string
	decode(set[keyDefaultGroup], &id)
	if err != nil || id == "" {
		return err
	}
	_, err = g.find(ctx, id)
	switch {
	case errors.Is(err, dberr.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	now, m := g.now(), tables.GroupMember
	row := model.GroupMember{ID: g.newID(), GroupID: id, UserID: user, CreatedAt: &now, UpdatedAt: &now}
	if _, err := query.Exec(ctx, g.q, query.Insert(m.Table).Named("members.Insert").Row(row)); err != nil {
		return err
	}
	return g.touch(ctx, id)
}

// change runs do in a transaction, and returns the group as it is then.
func (g *Groups) change(ctx context.Context, w Who, name, id string,
	do func(ctx context.Context, b base) error) (*Group, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	var out *Group
	err := g.inTx(ctx, engine.TxOptions{Name: name, Idempotent: true}, func(ctx context.Context, b base) error {
		err := do(ctx, b)
		if err == nil {
			out, err = (&Groups{b}).find(ctx, id)
		}
		return err
	})
	return out, err
}

// touch notes that a group changes now, and keeps others from changing it.
func (g *Groups) touch(ctx context.Context, id string) error {
	t := tables.Group
	n, err := query.Exec(ctx, g.q,
		query.Update(t.Table).Named("groups.Touch").Set(t.UpdatedAt.Set(g.now())).Where(t.ID.Eq(id)))
	if err == nil && n == 0 {
		err = missing("groups.Touch", "group")
	}
	return err
}

// Delete removes a group with its memberships and what was granted to it. The
// groups below it come below the one above it. Errors: dberr.ErrNotFound.
func (g *Groups) Delete(ctx context.Context, w Who, id string) error {
	if !w.Admin() {
		return ErrNotPermitted
	}
	return g.inTx(ctx, engine.TxOptions{Name: "groups.Delete"}, func(ctx context.Context, b base) error {
		t, grants := tables.Group, tables.AccessGrant
		tree, err := query.All[model.Group](ctx, b.q,
			query.Select(t.ID, t.ParentGroupID).From(t.Table).Named("groups.Lock").OrderBy(t.ID).ForUpdate())
		if err != nil {
			return err
		}
		i := slices.IndexFunc(tree, func(x model.Group) bool { return x.ID == id })
		if i < 0 {
			return dberr.New(dberr.NotFound, "groups.Delete", "there is no such group")
		}
		for _, st := range []query.Statement{
			query.Update(t.Table).Named("groups.Promote").
				Set(t.ParentGroupID.SetPtr(tree[i].ParentGroupID), t.UpdatedAt.Set(b.now())).
				Where(t.ParentGroupID.Eq(id)),
			query.Delete(tables.GroupMember.Table).Named("members.DeleteOfGroup").Where(tables.GroupMember.GroupID.Eq(id)),
			query.Delete(grants.Table).Named("grants.DeleteOfGroup").Where(grants.PrincipalType.Eq("group"), grants.PrincipalID.Eq(id)),
			query.Delete(t.Table).Named("groups.Delete").Where(t.ID.Eq(id)),
		} {
			if _, err := query.Exec(ctx, b.q, st); err != nil {
				return err
			}
		}
		return nil
	})
}
