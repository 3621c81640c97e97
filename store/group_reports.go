package store

import (
	"context"
	"slices"
	"strings"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
)

// Membership is how users belong to a group.
type Membership string

// The memberships: of the group itself, of groups below it only, either.
const (
	Direct    Membership = "direct"
	Inherited Membership = "inherited"
	Effective Membership = "effective"
)

// GroupMember is a user in the list of who belongs to a group.
type GroupMember struct {
	ID     string  `db:"id"`
	Name   *string `db:"name"`
	Email  *string `db:"email"`
	Role   *string `db:"role"`
	Direct bool
	Via    []string // the groups below, of which the user is a member, in the order of their ids
}

// MemberCounts says how many users belong to a group in which way.
type MemberCounts struct {
	Direct    int64 `db:"direct"`
	Effective int64 `db:"effective"`
}

// Belonging returns a page of who belongs to a group, by their names, how many
// they are in all, and the counts for each membership whatever was searched
// for. Query is part of a name or an address. Only to admins. Errors:
// dberr.ErrNotFound.
func (g *Groups) Belonging(ctx context.Context, w Who, id string, how Membership, search string,
	p Page) ([]GroupMember, int64, *MemberCounts, error) {
	if !w.Admin() {
		return nil, 0, nil, ErrNotPermitted
	}
	t, m, u := tables.Group, tables.GroupMember, tables.User
	below := m.GroupID.InQuery(downwards(id))
	n := func(e query.Expr[int64], which query.Cond) query.Expr[int64] {
		return query.Scalar[int64](query.Select(e).From(m.Table).Where(which))
	}
	counts, err := query.One[MemberCounts](ctx, g.q, query.Select(n(query.CountAll(), m.GroupID.Eq(id)).As("direct"),
		n(query.CountDistinct(m.UserID), below).As("effective")).From(t.Table).Named("groups.Counts").Where(t.ID.Eq(id)))
	if err != nil {
		return nil, 0, nil, err
	}
	direct := u.ID.InQuery(members(m.GroupID.Eq(id)))
	conds := append(UserFilter{Query: search}.conds(), when(how == Direct, direct),
		when(how != Direct, u.ID.InQuery(members(below))),
		when(how == Inherited, query.Not(direct)))
	total, err := users.count(ctx, &g.base, conds...)
	if err != nil {
		return nil, 0, nil, err
	}
	found, err := query.All[GroupMember](ctx, g.q,
		p.apply(query.Select(u.ID, u.Name, u.Email, u.Role).From(u.Table).Named("groups.Belonging").
			Where(conds...).OrderBy(u.Name, u.ID)))
	if err != nil || len(found) == 0 {
		return found, total, &counts, err
	}
	ids := collect(found, func(x GroupMember) string { return x.ID })
	rows, err := query.All[model.GroupMember](ctx, g.q, query.SelectFrom(m.Table).Named("members.Via").
		Where(m.UserID.In(ids...), below).OrderBy(m.GroupID))
	for _, r := range rows {
		x := &found[slices.Index(ids, r.UserID)]
		if r.GroupID == id {
			x.Direct = true
		} else {
			x.Via = append(x.Via, r.GroupID)
		}
	}
	return found, total, &counts, err
}

// Named is a thing with its name.
type Named struct {
	ID   string  `db:"id"`
	Name *string `db:"name"`
}

// Reach is what of a kind can be read, and how many there are of it in all.
type Reach struct {
	Items []Named
	Total int64
}

// reachable are kinds of things with what of them is in use.
var reachable = []struct {
	name, resource string
	table          *schema.Table
	id             query.Column[string]
	owner          query.Column[string]
	updated        query.Column[int64]
	used           query.Cond
}{
	{"models", "model", tables.Model.Table, tables.Model.ID, tables.Model.UserID, tables.Model.UpdatedAt, tables.Model.IsActive.Eq(true)},
	{"knowledge", "knowledge", tables.Knowledge.Table, tables.Knowledge.ID, tables.Knowledge.UserID, tables.Knowledge.UpdatedAt, query.Cond{}},
	{"tools", "tool", tables.Tool.Table, tables.Tool.ID, tables.Tool.UserID, tables.Tool.UpdatedAt, query.Cond{}},
}

// reach returns by kind ("models", "knowledge", "tools") what a user and the
// groups can read, the last changed first; nobody's own things for no user.
func (b *base) reach(ctx context.Context, user string, in query.SelectStmt) (map[string]Reach, error) {
	out := map[string]Reach{}
	for _, k := range reachable {
		may := grantedTo(k.resource, k.id, user, in, MayRead)
		if user != "" {
			may = query.Or(may, k.owner.Eq(user))
		}
		found, err := query.All[Named](ctx, b.q, query.Select(k.id, query.ColumnOf[string](k.table, "name")).From(k.table).
			Named(k.name+".Reach").Where(k.used, may).OrderBy(k.updated.Desc(), k.id))
		if err != nil {
			return nil, err
		}
		total, err := query.Count(ctx, b.q, query.Select(k.id).From(k.table).Named(k.name+".Count").Where(k.used))
		if err != nil {
			return nil, err
		}
		out[k.name] = Reach{found, total}
	}
	return out, nil
}

// GroupPreview is what membership of a group alone gives.
type GroupPreview struct {
	Group     model.Group
	Reach     map[string]Reach // by kind: models, knowledge, tools
	Inherited Permissions      // of everybody and of the groups above
	Effective Permissions      // with those of the group

	DefaultModels []string
	Source        *string // the group whose models they are; nil for everybody's
}

// Preview tells admins what membership of a group alone gives. Errors:
// dberr.ErrNotFound.
func (g *Groups) Preview(ctx context.Context, w Who, id string) (*GroupPreview, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	t := tables.Group
	up := upwards(query.Select(t.ID).From(t.Table).Where(t.ID.Eq(id)))
	chain, err := query.All[model.Group](ctx, g.q,
		query.SelectFrom(t.Table).Named("groups.Above").Where(t.ID.InQuery(up)).OrderBy(t.ID))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(chain, func(x model.Group) bool { return x.ID == id })
	if i < 0 {
		return nil, missing("groups.Preview", "group")
	}
	out := &GroupPreview{Group: chain[i]}
	if out.Reach, err = g.reach(ctx, "", up); err != nil {
		return nil, err
	}
	set, err := (&Config{g.base}).Values(ctx, keyPermissions, keyDefaultModels)
	if err != nil {
		return nil, err
	}
	above := slices.Delete(slices.Clone(chain), i, i+1)
	of := func(x model.Group) jsonvalue.JSON { return x.Permissions }
	out.Inherited = g.permissions(set[keyPermissions], collect(above, of)...)
	out.Effective = g.permissions(set[keyPermissions], collect(chain, of)...)
	out.DefaultModels, out.Source = defaultModels(chain, out.Group, set[keyDefaultModels])
	return out, nil
}

// groupModels are the models that a group has for new chats; nil for none.
func groupModels(g model.Group) []string {
	var ids []string
	decode(g.Data.Member("config").Member("default_models"), &ids)
	if len(ids) == 0 {
		return nil
	}
	return ids
}

// Models are the models that the group itself has for new chats; nil for none.
func (p *GroupPreview) Models() []string { return groupModels(p.Group) }

// defaultModels are those of a group, else of the next one above it that has
// any, with its id; else those of everybody, a text with commas between.
func defaultModels(chain []model.Group, g model.Group, everybody jsonvalue.JSON) ([]string, *string) {
	for range chain {
		if ids := groupModels(g); ids != nil {
			return ids, &g.ID
		}
		up := slices.IndexFunc(chain, func(x model.Group) bool { return g.ParentGroupID != nil && x.ID == *g.ParentGroupID })
		if up < 0 {
			break
		}
		g = chain[up]
	}
	var text string
	decode(everybody, &text)
	ids := []string{}
	for _, id := range strings.Split(text, ",") {
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
