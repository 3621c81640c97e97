package store

import (
	"context"
	_ "embed" // the defaults
	"encoding/json"
	"maps"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Config is the settings that live in the database, one row per dotted key.
type Config struct{ base }

// defaultSettings are what a new Open WebUI 0.12.4 has, without texts for
// language models, and with no provider of models switched on.
//
//go:embed defaults.json
var defaultSettings []byte

// Defaults returns what settings are, by key, while nothing says otherwise.
func Defaults() map[string]jsonvalue.JSON {
	var m map[string]jsonvalue.JSON
	if err := json.Unmarshal(defaultSettings, &m); err != nil {
		panic("store: defaults.json: " + err.Error()) // a test would have said so
	}
	return m
}

// Values returns the values of keys: what is stored, else the default. A key
// that has neither is not in the map.
func (c *Config) Values(ctx context.Context, keys ...string) (map[string]jsonvalue.JSON, error) {
	out, err := c.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if _, stored := out[k]; !stored {
			if v, ok := c.defaults[k]; ok {
				out[k] = v
			}
		}
	}
	return out, nil
}

// Get returns the values of those of the keys that have a row which counts; see
// Options.Unstored.
func (c *Config) Get(ctx context.Context, keys ...string) (map[string]jsonvalue.JSON, error) {
	if len(keys) == 0 || c.unstored {
		return map[string]jsonvalue.JSON{}, nil
	}
	rows, err := query.All[model.Config](ctx, c.q,
		query.Select(tables.Config.Key, tables.Config.Value, tables.Config.UpdatedAt).
			Named("config.Get").From(tables.Config.Table).Where(tables.Config.Key.In(keys...)))
	if err != nil {
		return nil, err
	}
	out := make(map[string]jsonvalue.JSON, len(rows))
	for _, r := range rows {
		out[r.Key] = r.Value
	}
	return out, nil
}

// Set writes values, in one statement. A value that is not JSON is a
// dberr.Invalid error.
func (c *Config) Set(ctx context.Context, values map[string]jsonvalue.JSON) error {
	if len(values) == 0 {
		return nil
	}
	st := query.Insert(tables.Config.Table).Named("config.Set")
	now := c.now()
	for _, k := range slices.Sorted(maps.Keys(values)) {
		row := model.Config{Key: k, Value: values[k], UpdatedAt: &now}
		if err := row.Validate(); err != nil {
			return &dberr.Error{Op: "config.Set", Code: dberr.Invalid, Msg: err.Error()}
		}
		st = st.Row(row)
	}
	_, err := query.Exec(ctx, c.q, st.OnConflict(tables.Config.Key).DoUpdate(tables.Config.Value, tables.Config.UpdatedAt))
	return err
}

// Settings are the settings that sign-in and the first pages need.
type Settings struct {
	EnableSignUp               bool   // ui.enable_signup
	EnableLoginForm            bool   // ui.enable_login_form
	DefaultUserRole            string // ui.default_user_role: the role of whoever signs up
	JWTExpiry                  string // auth.jwt_expiry: "4w", "30m", "-1" for never
	EnableAPIKeys              bool   // auth.enable_api_keys
	APIKeyEndpointRestrictions bool   // auth.api_key.endpoint_restrictions
	APIKeyAllowedEndpoints     string // auth.api_key.allowed_endpoints: paths, with commas between
	EnableMFA                  bool   // auth.mfa.enable
}

// fields leads from keys to the fields of s, which hold the defaults.
func (s *Settings) fields() map[string]any {
	return map[string]any{
		keySignUp:                            &s.EnableSignUp,
		"ui.enable_login_form":               &s.EnableLoginForm,
		"ui.default_user_role":               &s.DefaultUserRole,
		"auth.jwt_expiry":                    &s.JWTExpiry,
		"auth.enable_api_keys":               &s.EnableAPIKeys,
		"auth.api_key.endpoint_restrictions": &s.APIKeyEndpointRestrictions,
		"auth.api_key.allowed_endpoints":     &s.APIKeyAllowedEndpoints,
		keyFactors:                           &s.EnableMFA,
	}
}

const (
	keySignUp        = "ui.enable_signup"
	keyPermissions   = "user.permissions"
	keyDefaultModels = "ui.default_models"
	keyDefaultGroup  = "ui.default_group_id"
	keyFactors       = "auth.mfa.enable"
	keyFactorsOAuth  = "auth.mfa.allow_oauth_bypass"
	keyFactorsHeader = "auth.mfa.allow_trusted_header_bypass"
)

// shut are the flags that are on when they cannot be read, because on is what
// lets people do less.
var shut = []string{"auth.api_key.endpoint_restrictions", keyFactors, "ui.enable_login_form"}

// Settings reads them all in one statement. A key without a row has Open WebUI's
// default, and so has a text whose row holds null or something else. A flag that
// cannot be read is read as what allows less; see [Flag].
func (c *Config) Settings(ctx context.Context) (*Settings, error) {
	s := &Settings{EnableSignUp: true, EnableLoginForm: true, DefaultUserRole: model.RolePending, JWTExpiry: "4w"}
	fields := s.fields()
	rows, err := c.Values(ctx, slices.Sorted(maps.Keys(fields))...)
	if err != nil {
		return nil, err
	}
	for key, v := range rows {
		switch f := fields[key].(type) {
		case *bool:
			*f = Flag(v, slices.Contains(shut, key))
		case *string:
			if !v.IsJSONNull() {
				decode(v, f)
			}
		}
	}
	return s, nil
}

// decode sets *to when v is of its type.
func decode[T any](v jsonvalue.JSON, to *T) {
	var x T
	if v.Decode(&x) == nil {
		*to = x
	}
}
