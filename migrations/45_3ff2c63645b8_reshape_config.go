package migrations

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// One document of all settings becomes a row of each; the old table stays as
// config_old. On the way back the settings of today go into the document.
var rev45 = migrate.Revision{
	ID: "3ff2c63645b8", Down: []string{"461111b60977"}, Doc: "settings as rows", Path: "45_3ff2c63645b8_reshape_config.go",
	Preflight: nameInUse,
	Upgrade: func(ops *op.Ops) {
		ops.Do(op.RenameTable{From: "config", To: "config_old", IfExists: true})
		t := schema.Define("config")
		t.Text("key").Key(configKey)
		t.JSON("value")
		t.BigInt("updated_at").Null()
		t.Primary("", "key")
		t.On(schema.ConstraintNames).KeyName = "config_pkey1" // the key of config_old has the other name
		ops.CreateTable(t, op.IfNotExists)
		ops.Data("settings as rows", settingsAsRows)
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("settings as one document", settingsAsDocument)
		ops.DropTable("config")
		ops.RenameTable("config_old", "config")
	},
}

// nameInUse looks for a table that has the name which the old table is to take,
// and is not the old table, under that name already.
func nameInUse(_ context.Context, p *migrate.Preflight) error {
	config, old := p.Table("config"), p.Table("config_old")
	if old == nil || config != nil && config.Column("data") == nil || config == nil && old.Column("data") != nil {
		return nil
	}
	p.Stop(dberr.SchemaMismatch, "there is a table config_old, and table config is to take that name; rename config_old and upgrade again")
	return nil
}

// rewrites are settings that have another name from here on. There is a second
// name for some: the first of the document that is there counts.
var rewrites = map[string]string{
	"oauth.refresh_token_include_scope":     "oauth.refresh_token.include_scope",
	"rag.openai_api_base_url":               "rag.openai.api_base_url",
	"rag.openai_api_key":                    "rag.openai.api_key",
	"rag.ollama.url":                        "rag.ollama.base_url",
	"rag.ollama.key":                        "rag.ollama.api_key",
	"oauth.oidc.avatar_claim":               "oauth.picture_claim",
	"oauth.oidc.client_id":                  "oauth.client_id",
	"oauth.oidc.client_secret":              "oauth.client_secret",
	"oauth.oidc.code_challenge_method":      "oauth.code_challenge_method",
	"oauth.oidc.email_claim":                "oauth.email_claim",
	"oauth.oidc.end_session_endpoint":       "oauth.end_session_endpoint",
	"oauth.oidc.group_claim":                "oauth.group_claim",
	"oauth.oidc.oauth_timeout":              "oauth.timeout",
	"oauth.oidc.provider_name":              "oauth.provider_name",
	"oauth.oidc.provider_url":               "oauth.provider_url",
	"oauth.oidc.redirect_uri":               "oauth.redirect_uri",
	"oauth.oidc.scopes":                     "oauth.scopes",
	"oauth.oidc.sub_claim":                  "oauth.sub_claim",
	"oauth.oidc.token_endpoint_auth_method": "oauth.token_endpoint_auth_method",
	"oauth.oidc.username_claim":             "oauth.username_claim",
}

// setting is a setting of a document: where it stands and what it is.
type setting struct {
	path []string
	raw  string
}

func (s setting) name() string { return strings.Join(s.path, ".") }

// key is the key of its row.
func (s setting) key() string {
	if key, ok := settings()[s.name()]; ok {
		return key
	}
	return s.name()
}

// flatten lists the settings of a document. A value that is an object is cut
// into its members unless it is a setting by itself.
func flatten(doc *jsontext.Object, path []string) []setting {
	var out []setting
	for _, m := range doc.Members {
		at := append(slices.Clone(path), m.Key)
		s := setting{at, m.Val}
		if inner, ok := readObject(m.Val); ok && !isSetting(s.name()) {
			out = append(out, flatten(inner, at)...)
			continue
		}
		out = append(out, s)
	}
	return out
}

func isSetting(name string) bool {
	_, ok := settings()[name]
	return ok
}

// newestSettings returns the document that counts, and its row; 0 for none.
func newestSettings(ctx context.Context, d *op.Data) (doc *jsontext.Object, id int64, err error) {
	rows, err := op.Get(ctx, d, "SELECT {id}, {data} FROM {config_old} ORDER BY {id} DESC LIMIT 1")
	if err != nil || len(rows) == 0 {
		return members(), 0, err
	}
	text := rows[0].Text("data")
	if s, ok := readString(text); ok {
		text = s // a document within a string
	}
	doc, _ = readObject(text)
	return doc, rows[0].Int("id"), nil
}

func settingsAsRows(ctx context.Context, d *op.Data) error {
	doc, _, err := newestSettings(ctx, d)
	if err != nil {
		return err
	}
	there, err := settingsThere(ctx, d)
	if err != nil {
		return err
	}
	at := now()
	for _, s := range flatten(doc, nil) {
		key := s.key()
		if _, ok := there[key]; ok {
			continue
		}
		there[key] = s.raw
		if err := insert(ctx, d, "config", op.Values{"key": plain(key), "value": readableOr(s.raw, "null"), "updated_at": at}); err != nil {
			return err
		}
	}
	return nil
}

func settingsThere(ctx context.Context, d *op.Data) (map[string]string, error) {
	rows, err := op.Get(ctx, d, "SELECT {key}, {value} FROM {config}")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.Text("key")] = r.Text("value")
		if r.Null("value") {
			out[r.Text("key")] = "null"
		}
	}
	return out, nil
}

func settingsAsDocument(ctx context.Context, d *op.Data) error {
	doc, id, err := newestSettings(ctx, d)
	if err != nil {
		return err
	}
	there, err := settingsThere(ctx, d)
	if err != nil {
		return err
	}
	merged, changed, left := merge(doc, there)
	for _, key := range slices.Sorted(maps.Keys(left)) {
		if err := keep(ctx, d, kept{"3ff2c63645b8", "config.value", key, "the document has another setting in its place", left[key]}); err != nil {
			return err
		}
	}
	switch {
	case !changed:
		return nil
	case id == 0:
		return insert(ctx, d, "config_old", op.Values{"data": written(merged), "version": 0})
	}
	_, err = op.Run(ctx, d, "UPDATE {config_old} SET {data} = ?, {updated_at} = CURRENT_TIMESTAMP WHERE {id} = ?", written(merged), id)
	return err
}

// merge puts the rows into the document and takes out what has no row any
// more, leaving the rest as it stands. left are rows that have no place.
func merge(doc *jsontext.Object, rows map[string]string) (out *jsontext.Object, changed bool, left map[string]string) {
	rest := maps.Clone(rows)
	left, out = map[string]string{}, members()
	for _, s := range flatten(doc, nil) {
		v, ok := rows[s.key()]
		_, first := rest[s.key()] // of two for one setting, the one that counts
		switch {
		case !ok:
			changed = true
			continue
		case first && !sameJSON(v, s.raw):
			changed, s.raw = true, v
		}
		place(out, s, left)
		delete(rest, s.key())
	}
	// What stands for a family comes behind its members: "ui" behind "ui.name".
	keys := slices.SortedFunc(maps.Keys(rest), func(a, b string) int {
		return cmp.Or(strings.Count(b, ".")-strings.Count(a, "."), strings.Compare(a, b))
	})
	for _, key := range keys {
		changed = true
		place(out, setting{strings.Split(key, "."), rest[key]}, left)
	}
	return out, changed, left
}

// place puts a setting where it belongs; where something else stands, the
// members that it has besides, and if there are none, it is left.
func place(o *jsontext.Object, s setting, left map[string]string) {
	if put(o, s.path, s.raw) {
		return
	}
	members, ok := readObject(s.raw)
	switch {
	case ok && !isSetting(s.name()):
		for _, m := range members.Members {
			put(o, append(slices.Clone(s.path), m.Key), m.Val)
		}
	case len(s.path) > 1 && o.Get(s.name()) == "":
		o.Set(s.name(), s.raw)
	default:
		left[s.key()] = s.raw
	}
}

// put sets a member of a member, and so on. It reports false, and does
// nothing, where something else stands in the way.
func put(o *jsontext.Object, path []string, raw string) bool {
	if len(path) == 1 {
		if was := o.Get(path[0]); was != "" {
			return false
		}
		o.Set(path[0], raw)
		return true
	}
	was := o.Get(path[0])
	inner := members()
	if was != "" {
		var ok bool
		if inner, ok = readObject(was); !ok || isSetting(path[0]) {
			return false
		}
	}
	if !put(inner, path[1:], raw) {
		return false
	}
	o.Set(path[0], written(inner))
	return true
}
