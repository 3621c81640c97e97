package store

import (
	"context"
	"encoding/json"

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
// user's groups grant, and those above them. It takes one statement.
func (u *Users) Permissions(ctx context.Context, id string) (Permissions, error) {
	c, g := tables.Config, tables.Group
	rows, err := query.All[struct {
		Set     bool           `db:"is_default"`
		Granted jsonvalue.JSON `db:"granted"`
	}](ctx, u.q, query.UnionAll(
		query.Select(query.Val(true).As("is_default"), c.Value.As("granted")).From(c.Table).Where(c.Key.Eq(keyPermissions)),
		query.Select(query.Val(false).As("is_default"), g.Permissions.As("granted")).From(g.Table).
			Where(g.ID.InQuery(groupsOf(id)))).Named("users.Permissions"))
	if err != nil {
		return nil, err
	}
	var everybody jsonvalue.JSON
	var granted []jsonvalue.JSON
	for _, r := range rows {
		switch {
		case !r.Set:
			granted = append(granted, r.Granted)
		case !u.unstored:
			everybody = r.Granted
		}
	}
	return u.permissions(everybody, granted...), nil
}

// StandardPermissions are what everybody may do when nothing was set, with all
// the names that there are.
func StandardPermissions() Permissions {
	var p Permissions
	decode(Defaults()[keyPermissions], &p)
	return p
}

// permissions are those of everybody, SQL NULL for what is standard, with what
// groups grant.
func (b *base) permissions(everybody jsonvalue.JSON, granted ...jsonvalue.JSON) Permissions {
	out := map[string]any{}
	readable := everybody.IsNull() || everybody.Decode(&out) == nil
	if out == nil { // it is null
		out = map[string]any{}
	}
	if readable { // what cannot be read grants nothing
		var standard map[string]any
		decode(b.defaults[keyPermissions], &standard)
		fill(out, standard)
	}
	for _, g := range granted {
		var more map[string]any
		decode(g, &more)
		grant(out, more)
	}
	return out
}

// grant adds what more grants: what is there and is neither false, null, zero
// nor empty wins.
func grant(to, more map[string]any) {
	for k, v := range more {
		was, there := to[k]
		if sub, ok := v.(map[string]any); ok {
			in, ok := was.(map[string]any)
			if !ok {
				in = map[string]any{}
				to[k] = in
			}
			grant(in, sub)
			continue
		}
		if !there || empty(was) {
			to[k] = v
		}
	}
}

// empty reports whether v says no.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case json.Number:
		f, err := v.Float64()
		return err == nil && f == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
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
