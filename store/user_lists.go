package store

import (
	"context"
	"strings"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// UserFilter narrows and orders a list of users; the zero value is all of them,
// the last to be made first.
type UserFilter struct {
	Role      string // empty for any
	Query     string // part of name or address, without regard to case; empty for any
	Sort      string // name, email, role, created_at, last_active_at, updated_at, or group_id: and an id; empty is created_at
	Ascending bool
}

func (f UserFilter) conds() []query.Cond {
	return []query.Cond{when(f.Role != "", tables.User.Role.Eq(f.Role)),
		when(f.Query != "", query.Or(tables.User.Name.ContainsFold(f.Query), tables.User.Email.ContainsFold(f.Query)))}
}

// order is by a column; by a group it is members first, or last, then by name.
func (f UserFilter) order() []query.Ordering {
	u := tables.User
	if group, ok := strings.CutPrefix(f.Sort, "group_id:"); ok {
		in := query.Case[int]().When(u.ID.InQuery(members(tables.GroupMember.GroupID.Eq(group))), 1).Else(0)
		first := query.Ordering(in.Desc())
		if f.Ascending {
			first = in.Asc()
		}
		return []query.Ordering{first, u.Name, u.ID}
	}
	return []query.Ordering{sorted(f.Sort, f.Ascending, u.CreatedAt,
		map[string]sortable{"name": u.Name, "email": u.Email, "role": u.Role,
			"last_active_at": u.LastActiveAt, "updated_at": u.UpdatedAt}), u.ID}
}

// UserItem is a user in the list of admins.
type UserItem struct {
	model.User
	GroupIDs []string // of the groups that the user is in, the last changed first
}

// List returns a page of users with everything that is known of them, and how many
// there are in all: to admins. Errors: ErrNotPermitted.
func (u *Users) List(ctx context.Context, w Who, f UserFilter, p Page) ([]UserItem, int64, error) {
	if !w.Admin() {
		return nil, 0, ErrNotPermitted
	}
	u = &Users{u.lists()}
	rows, total, err := u.page(ctx, query.SelectFrom(tables.User.Table), f, p)
	if err != nil {
		return nil, 0, err
	}
	out := collect(rows, func(x model.User) UserItem { return UserItem{User: x} })
	at := map[string]*UserItem{}
	for i := range out {
		at[out[i].ID] = &out[i]
	}
	if len(out) == 0 {
		return out, total, nil
	}
	g, m := tables.Group, tables.GroupMember
	in, err := query.All[model.GroupMember](ctx, u.q,
		query.Select(m.UserID, m.GroupID).From(m.Table).Named("users.GroupIDs").
			Join(g.Table, g.ID.EqTo(m.GroupID)).Where(m.UserID.In(collect(rows, func(x model.User) string { return x.ID })...)).
			OrderBy(g.UpdatedAt.Desc(), g.ID))
	for _, x := range in {
		at[x.UserID].GroupIDs = append(at[x.UserID].GroupIDs, x.GroupID)
	}
	return out, total, err
}

// Search returns a page of users, and how many there are in all: to everybody
// with an account, with what everybody may know. Nothing else of them is read.
func (u *Users) Search(ctx context.Context, w Who, f UserFilter, p Page) ([]model.User, int64, error) {
	if _, err := u.permitted(ctx, w); err != nil {
		return nil, 0, err
	}
	u = &Users{u.lists()}
	return u.page(ctx, query.Select(known()...).From(tables.User.Table), f, p)
}

// known are the columns of what everybody may know of a user.
func known() []query.Selectable {
	u := tables.User
	return []query.Selectable{u.ID, u.Name, u.Email, u.Role, u.Bio, u.Timezone, u.LastActiveAt, u.StatusEmoji,
		u.StatusMessage, u.StatusExpiresAt}
}

func (u *Users) page(ctx context.Context, st query.SelectStmt, f UserFilter, p Page) ([]model.User, int64, error) {
	total, err := users.count(ctx, &u.base, f.conds()...)
	if err != nil {
		return nil, 0, err
	}
	rows, err := query.All[model.User](ctx, u.q, p.apply(st.Named("users.List").Where(f.conds()...).OrderBy(f.order()...)))
	return rows, total, err
}

// Count returns how many users there are.
func (u *Users) Count(ctx context.Context, f UserFilter) (int64, error) {
	return users.count(ctx, &u.base, f.conds()...)
}

// UserDetail is a user with the names of the groups that they are in.
type UserDetail struct {
	model.User
	Groups []Named // the last changed first
	Active bool    // seen in the last three minutes
}

// Detail returns a user with everything that is known of them: to admins.
// Errors: dberr.ErrNotFound.
func (u *Users) Detail(ctx context.Context, w Who, id string) (*UserDetail, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	return u.detail(ctx, query.SelectFrom(tables.User.Table), id)
}

// Info returns what everybody with an account may know of a user. Errors:
// dberr.ErrNotFound.
func (u *Users) Info(ctx context.Context, w Who, id string) (*UserDetail, error) {
	if _, err := u.permitted(ctx, w); err != nil {
		return nil, err
	}
	return u.detail(ctx, query.Select(known()...).From(tables.User.Table), id)
}

func (u *Users) detail(ctx context.Context, st query.SelectStmt, id string) (*UserDetail, error) {
	x, err := query.One[model.User](ctx, u.q, st.Named("users.Detail").Where(tables.User.ID.Eq(id)))
	if err != nil {
		return nil, err
	}
	g, m := tables.Group, tables.GroupMember
	in, err := query.All[Named](ctx, u.q, query.Select(g.ID, g.Name).From(g.Table).Named("users.Groups").
		Join(m.Table, m.GroupID.EqTo(g.ID)).Where(m.UserID.Eq(id)).OrderBy(g.UpdatedAt.Desc(), g.ID))
	return &UserDetail{x, in, orZero(x.LastActiveAt) >= u.now()-activeFor}, err
}

// activeFor is for how many seconds after they were seen users are active.
const activeFor = 3 * 60

// Active reports whether a user was seen in the last three minutes; false for
// one who is not there.
func (u *Users) Active(ctx context.Context, w Who, id string) (bool, error) {
	if _, err := u.permitted(ctx, w); err != nil {
		return false, err
	}
	t := tables.User
	return query.Found(ctx, u.q,
		query.Select(t.ID).From(t.Table).Named("users.Active").Where(t.ID.Eq(id), t.LastActiveAt.Ge(u.now()-activeFor)))
}

// CountActive returns how many users were seen in the last three minutes, with those
// whose ids are given: they were, and it is not written down yet.
func (u *Users) CountActive(ctx context.Context, w Who, also ...string) (int64, error) {
	if _, err := u.permitted(ctx, w); err != nil {
		return 0, err
	}
	t := tables.User
	active := query.Or(t.LastActiveAt.Ge(u.now()-activeFor), t.ID.In(also...))
	return query.Count(ctx, u.q, query.Select(t.ID).From(t.Table).Named("users.CountActive").Where(active))
}

// Picture returns the picture of a user as it is stored: a path, an address or
// a data URL; empty for none. Errors: dberr.ErrNotFound.
func (u *Users) Picture(ctx context.Context, w Who, id string) (string, error) {
	if _, err := u.permitted(ctx, w); err != nil {
		return "", err
	}
	t := tables.User
	return query.One[string](ctx, u.q,
		query.Select(t.ProfileImageURL.IfNull("")).From(t.Table).Named("users.Picture").Where(t.ID.Eq(id)))
}

// UserPreview is what a user can read of what is shared.
type UserPreview struct {
	User   Named
	Groups []Named          // with those above
	Reach  map[string]Reach // by kind: models, knowledge, tools
}

// Preview tells admins what a user can read. Errors: dberr.ErrNotFound.
func (u *Users) Preview(ctx context.Context, w Who, id string) (*UserPreview, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	t, g := tables.User, tables.Group
	x, err := query.One[Named](ctx, u.q, query.Select(t.ID, t.Name).From(t.Table).Named("users.Name").Where(t.ID.Eq(id)))
	if err != nil {
		return nil, err
	}
	in, err := query.All[Named](ctx, u.q, query.Select(g.ID, g.Name).From(g.Table).Named("users.AllGroups").
		Where(g.ID.InQuery(groupsOf(id))).OrderBy(g.UpdatedAt.Desc(), g.ID))
	if err != nil {
		return nil, err
	}
	reach, err := u.reach(ctx, id, groupsOf(id))
	return &UserPreview{x, in, reach}, err
}

// OAuthSessions returns a user's sign-ins at other providers, the first first: to
// admins. Their tokens are encrypted, and stay so. Errors: ErrNotPermitted.
func (u *Users) OAuthSessions(ctx context.Context, w Who, id string) ([]model.OAuthSession, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	t := tables.OAuthSession
	return query.All[model.OAuthSession](ctx, u.q,
		query.SelectFrom(t.Table).Named("users.OAuthSessions").Where(t.UserID.Eq(id)).OrderBy(t.CreatedAt, t.ID))
}

// DefaultPermissions are what everybody may do: what is stored, filled up with
// what is standard. To admins. Errors: ErrNotPermitted.
func (u *Users) DefaultPermissions(ctx context.Context, w Who) (Permissions, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	set, err := (&Config{u.base}).Get(ctx, keyPermissions)
	return u.permissions(set[keyPermissions]), err
}

// SetDefaultPermissions sets what everybody may do: by admins. Errors:
// ErrNotPermitted.
func (u *Users) SetDefaultPermissions(ctx context.Context, w Who, p jsonvalue.JSON) error {
	if !w.Admin() {
		return ErrNotPermitted
	}
	return (&Config{u.base}).Set(ctx, map[string]jsonvalue.JSON{keyPermissions: p})
}

// ErrNotShown is the refusal to say whom to ask to be let in.
var ErrNotShown = &Refusal{"the setting auth.admin.show is off"}

// Contact returns the name and address of whom to ask to be let in, for
// everybody who is signed in: of the user whose address is set, else of the
// first one. Nil is not known. Errors: ErrNotShown.
func (u *Users) Contact(ctx context.Context, w Who) (name, email *string, err error) {
	if w.ID == "" && !w.program {
		return nil, nil, ErrNotPermitted
	}
	set, err := (&Config{u.base}).Values(ctx, "auth.admin.show", "auth.admin.email")
	if err != nil {
		return nil, nil, err
	}
	if !Flag(set["auth.admin.show"], false) {
		return nil, nil, ErrNotShown
	}
	var address string
	decode(set["auth.admin.email"], &address)
	t := tables.User
	st := query.Select(t.ID, t.Name, t.Email).From(t.Table).Named("users.Contact")
	if address != "" {
		email, st = &address, st.Where(sameEmail(address))
	} else {
		st = st.OrderBy(firstUser()...).Limit(1)
	}
	found, err := query.All[model.User](ctx, u.q, st)
	if err == nil && len(found) > 0 {
		name = found[0].Name
		if email == nil {
			email = found[0].Email
		}
	}
	return name, email, err
}

// firstUser is the order in which users came; of several at once admins first.
func firstUser() []query.Ordering {
	t := tables.User
	return []query.Ordering{t.CreatedAt, query.Case[int]().When(t.Role.Eq(model.RoleAdmin), 0).Else(1).Asc(), t.ID}
}
