package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// What is refused of changes to settings.
var (
	ErrNoFactors = &Refusal{"second factors are not checked here, so that they cannot be switched on"}
	ErrNoSession = &Refusal{"what guards sign-ins is changed by an admin who has signed in, not with an API key"}
)

// factorKeys are the settings that say who needs a second factor.
var factorKeys = []string{keyFactors, keyFactorsOAuth, keyFactorsHeader}

// SettingFlag reads the setting of a key that is on or off; what is neither is
// read as what lets nobody do more.
func SettingFlag(key string, v jsonvalue.JSON) bool { return Flag(v, slices.Contains(shut, key)) }

// Read returns to admins what Values returns to programs. Errors: ErrNotPermitted.
func (c *Config) Read(ctx context.Context, w Who, keys ...string) (map[string]jsonvalue.JSON, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	return c.Values(ctx, keys...)
}

// Stored returns all rows, by their keys: to admins. Errors: ErrNotPermitted.
func (c *Config) Stored(ctx context.Context, w Who) ([]model.Config, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	t := tables.Config
	return query.All[model.Config](ctx, c.q, query.SelectFrom(t.Table).Named("config.Stored").OrderBy(t.Key))
}

// All returns every setting whose key begins with a prefix, stored or default: to
// admins. Empty is all of them. Errors: ErrNotPermitted.
func (c *Config) All(ctx context.Context, w Who, prefix string) (map[string]jsonvalue.JSON, error) {
	rows, err := c.Stored(ctx, w)
	if err != nil {
		return nil, err
	}
	out := maps.Clone(c.defaults)
	for _, r := range rows {
		if !c.unstored {
			out[r.Key] = r.Value
		}
	}
	maps.DeleteFunc(out, func(key string, _ jsonvalue.JSON) bool { return !strings.HasPrefix(key, prefix) })
	return out, nil
}

// Default returns the value that a key has when no row says otherwise; SQL NULL
// for a key that nothing knows.
func (c *Config) Default(key string) jsonvalue.JSON { return c.defaults[key] }

// Change sets values, all or none, by an admin. When it changes who needs a
// second factor, all sessions end, which is the first result. Errors:
// ErrNoFactors, ErrNoSession, dberr.Invalid.
func (c *Config) Change(ctx context.Context, w Who, values map[string]jsonvalue.JSON) (bool, error) {
	if !w.Admin() {
		return false, ErrNotPermitted
	}
	factors := slices.ContainsFunc(factorKeys, func(key string) bool { _, ok := values[key]; return ok })
	switch {
	case !factors || c.unstored: // or what is stored changes nothing
		return false, c.Set(ctx, values)
	case w.ByKey:
		return false, ErrNoSession
	}
	var changed bool
	err := c.inTx(ctx, engine.TxOptions{Name: "config.Change", Idempotent: true}, func(ctx context.Context, b base) error {
		config := &Config{b}
		was, err := config.Values(ctx, factorKeys...)
		if err != nil {
			return err
		}
		changed = false
		for _, key := range factorKeys {
			if v, ok := values[key]; ok && SettingFlag(key, v) != SettingFlag(key, was[key]) {
				changed = true
				if key == keyFactors && SettingFlag(key, v) {
					return ErrNoFactors
				}
			}
		}
		if err := config.Set(ctx, values); err != nil || !changed {
			return err
		}
		_, err = query.Exec(ctx, b.q,
			query.Update(tables.Auth.Table).Named("auths.EndAllSessions").
				Set(tables.Auth.SessionStamp.Set(b.newID())).AllRows())
		return err
	})
	return changed, err
}

// Unset deletes the rows of keys, so that the defaults hold again, and reports how
// many there were: by an admin. Errors: ErrNotPermitted.
func (c *Config) Unset(ctx context.Context, w Who, keys ...string) (int64, error) {
	if !w.Admin() {
		return 0, ErrNotPermitted
	}
	if len(keys) == 0 {
		return 0, nil
	}
	return query.Exec(ctx, c.q,
		query.Delete(tables.Config.Table).Named("config.Unset").Where(tables.Config.Key.In(keys...)))
}
