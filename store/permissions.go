package store

import (
	"context"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Permissions say what a user who is no admin may do: groups of names, each
// with a bool.
type Permissions map[string]any

// Allows reports whether the permission at the path is granted.
func (p Permissions) Allows(path ...string) bool {
	var v any = map[string]any(p)
	for _, k := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return false
		}
		v = m[k]
	}
	granted, _ := v.(bool)
	return granted
}

// Permissions of a user: the defaults in the settings, plus whatever the
// user's groups grant. It takes one statement.
func (u *Users) Permissions(ctx context.Context, id string) (Permissions, error) {
	c, g, m := tables.Config, tables.Group, tables.GroupMember
	rows, err := query.All[struct {
		Set     bool           `db:"is_default"`
		Granted jsonvalue.JSON `db:"granted"`
	}](ctx, u.q, query.UnionAll(
		query.Select(query.Val(true).As("is_default"), c.Value.As("granted")).From(c.Table).Where(c.Key.Eq(keyPermissions)),
		query.Select(query.Val(false).As("is_default"), g.Permissions.As("granted")).From(g.Table).
			Join(m.Table, m.GroupID.EqTo(g.ID)).Where(m.UserID.Eq(id))).Named("users.Permissions"))
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	readable := true
	for _, r := range rows {
		if r.Set {
			readable = r.Granted.Decode(&out) == nil
		}
	}
	if out == nil { // the row holds null
		out = map[string]any{}
	}
	if readable { // what cannot be read grants nothing
		var standard map[string]any
		decode(u.defaults[keyPermissions], &standard)
		fill(out, standard)
	}
	for _, r := range rows {
		if !r.Set {
			var more map[string]any
			decode(r.Granted, &more)
			grant(out, more)
		}
	}
	return out, nil
}

// grant adds what more grants: of two bools true wins.
func grant(to, more map[string]any) {
	for k, v := range more {
		switch v := v.(type) {
		case map[string]any:
			sub, ok := to[k].(map[string]any)
			if !ok {
				sub = map[string]any{}
				to[k] = sub
			}
			grant(sub, v)
		case bool:
			was, _ := to[k].(bool)
			to[k] = was || v
		default:
			if _, ok := to[k]; !ok {
				to[k] = v
			}
		}
	}
}

// fill adds what is missing.
func fill(to, from map[string]any) {
	for k, v := range from {
		was, ok := to[k]
		if !ok {
			to[k] = v
			continue
		}
		a, aok := was.(map[string]any)
		b, bok := v.(map[string]any)
		if aok && bok {
			fill(a, b)
		}
	}
}
