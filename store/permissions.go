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
	for _, r := range rows {
		if r.Set {
			decode(r.Granted, &out)
		}
	}
	if out == nil { // the row holds null
		out = map[string]any{}
	}
	fill(out, defaultPermissions())
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

// standardPermissions are the ones of a new Open WebUI 0.12.4.
const standardPermissions = `{
"workspace":{"models":false,"knowledge":false,"prompts":false,"tools":false,"skills":false,"models_import":false,"models_export":false,"models_hidden":false,
 "prompts_import":false,"prompts_export":false,"tools_import":false,"tools_export":false,"skills_import":false,"skills_export":false},
"sharing":{"models":false,"public_models":false,"knowledge":false,"public_knowledge":false,"prompts":false,"public_prompts":false,"tools":false,"public_tools":false,
 "skills":false,"public_skills":false,"notes":false,"public_notes":false,"folders":false,"public_chats":false,"open_chats":false,"public_calendars":false},
"access_grants":{"allow_users":true,"allow_groups":true},
"chat":{"controls":true,"valves":true,"system_prompt":true,"params":true,"file_upload":true,"web_upload":true,"delete":true,"delete_message":true,
 "continue_response":true,"regenerate_response":true,"rate_response":true,"edit":true,"share":true,"export":true,"import":true,"stt":true,"tts":true,"call":true,
 "multiple_models":true,"temporary":true,"temporary_enforced":false},
"features":{"api_keys":false,"notes":true,"folders":true,"channels":true,"encrypted_channels":false,"direct_tool_servers":false,"web_search":true,
 "image_generation":true,"code_interpreter":true,"memories":true,"automations":false,"calendar":true,"webhooks":false},
"settings":{"interface":true}}`

func defaultPermissions() map[string]any {
	var m map[string]any
	if json.Unmarshal([]byte(standardPermissions), &m) != nil {
		return map[string]any{}
	}
	return m
}
