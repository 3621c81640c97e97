package server

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

// configAnswer is what the page needs to know before it shows anything: more
// to those who are signed in.
type configAnswer struct {
	Onboarding    *bool          `json:"onboarding,omitempty"` // true while there is no user; absent afterwards
	Status        bool           `json:"status"`
	Name          string         `json:"name"`
	Version       string         `json:"version"`
	DefaultLocale string         `json:"default_locale"`
	I18N          jsonvalue.JSON `json:"i18n"`
	OAuth         oauthAnswer    `json:"oauth"`
	Features      object         `json:"features"`

	DefaultModels       *jsonvalue.JSON `json:"default_models,omitempty"`
	DefaultPinnedModels *jsonvalue.JSON `json:"default_pinned_models,omitempty"`
	PromptSuggestions   *jsonvalue.JSON `json:"default_prompt_suggestions,omitempty"`
	SuggestionsI18N     *jsonvalue.JSON `json:"default_prompt_suggestions_i18n,omitempty"`
	Code                object          `json:"code,omitempty"`
	Audio               object          `json:"audio,omitempty"`
	File                object          `json:"file,omitempty"`
	Permissions         *jsonvalue.JSON `json:"permissions,omitempty"`
	GoogleDrive         object          `json:"google_drive,omitempty"`
	OneDrive            object          `json:"onedrive,omitempty"`
	UI                  object          `json:"ui,omitempty"`
	LicenseMetadata     *jsonvalue.JSON `json:"license_metadata,omitempty"`
}

type oauthAnswer struct {
	Providers    map[string]any `json:"providers"`
	AutoRedirect verbatim       `json:"auto_redirect"`
}

// publicFeatures lead from features that everybody is told to their settings.
var publicFeatures = map[string]string{
	"enable_ldap": "ldap.enable", "enable_signup": "ui.enable_signup", "enable_login_form": "ui.enable_login_form",
}

// userFeatures lead from features that those who are signed in are told to
// their settings.
var userFeatures = map[string]string{
	"enable_api_keys": "auth.enable_api_keys", "enable_password_change_form": "ui.enable_password_change_form",
	"enable_direct_connections": "direct.enable", "enable_folders": "folders.enable", "folder_max_file_count": "folders.max_file_count",
	"enable_channels": "channels.enable", "enable_encrypted_channels": "channels.encryption.enable", "enable_apps": "apps.enable",
	"enable_calendar": "calendar.enable", "enable_automations": "automations.enable", "enable_notes": "notes.enable",
	"enable_web_search": "web.search.enable", "enable_web_search_confirmation": "web.search.confirmation.enable",
	"web_search_confirmation_content": "web.search.confirmation.content", "enable_code_execution": "code_execution.enable",
	"enable_code_interpreter": "code_interpreter.enable", "enable_image_generation": "image_generation.enable",
	"enable_autocomplete_generation": "task.autocomplete.enable", "enable_community_sharing": "ui.enable_community_sharing",
	"enable_message_rating": "ui.enable_message_rating", "enable_user_webhooks": "ui.enable_user_webhooks",
	"enable_user_status": "users.enable_status", "enable_google_drive_integration": "google_drive.enable",
	"enable_onedrive_integration": "onedrive.enable", "enable_memories": "memories.enable", "enable_subagents": "subagents.enable",
	"enable_direct_integrations": "direct.integrations.enable", "enable_context_compaction": "chat.context_compaction.enable",
	"enable_tool_permissions": "chat.tool_permissions.enable", "enable_title_generation": "task.title.enable",
	"enable_follow_up_generation": "task.follow_up.enable", "enable_tags_generation": "task.tags.enable",
}

// otherSettings are the keys of what stands beside the features.
var otherSettings = []string{
	"ui.i18n", "oauth.auto_redirect", "ui.default_models", "ui.default_pinned_models", "ui.prompt_suggestions",
	"code_execution.engine", "code_interpreter.engine", "audio.tts.engine", "audio.tts.voice", "audio.tts.split_on", "audio.stt.engine",
	"rag.file.max_size", "rag.file.max_count", "file.image_compression_width", "file.image_compression_height", "user.permissions",
	"google_drive.client_id", "google_drive.api_key", "onedrive.sharepoint_url", "onedrive.sharepoint_tenant_id",
	"ui.pending_user_overlay_title", "ui.pending_user_overlay_content", "ui.watermark",
	"ui.default_interface_settings", "ui.visibility", "ui.prompt_suggestions_i18n", "terminal_server.connections",
	"audio.realtime.enabled", "audio.realtime.model", "audio.realtime.voice",
}

// visitor is who asks for what everybody may have: nobody, when the request
// carries no token or none that is valid.
func (s *Server) visitor(r *request) (*caller, error) {
	c, err := s.authenticate(r.http)
	var f *failure
	if errors.As(err, &f) {
		return &caller{}, nil
	}
	return c, err
}

func (s *Server) config(ctx context.Context, r *request, _ none) (*configAnswer, error) {
	c, err := s.visitor(r)
	if err != nil {
		return nil, err
	}
	keys := slices.Concat(slices.Collect(maps.Values(publicFeatures)), slices.Collect(maps.Values(userFeatures)),
		otherSettings)
	set, err := s.store.Config.Values(ctx, keys...)
	if err != nil {
		return nil, err
	}
	out := &configAnswer{Status: true, Name: s.site.Name, Version: Version, DefaultLocale: s.site.Locale, I18N: set["ui.i18n"],
		OAuth: oauthAnswer{Providers: map[string]any{}, AutoRedirect: readable(set["oauth.auto_redirect"])}}
	out.Features = object{"slim": false, "auth": true, "auth_trusted_header": false,
		"enable_signup_password_confirmation": false,
		"enable_websocket":                    false} // there is no socket server here; the page asks again instead of waiting
	for name, key := range publicFeatures {
		out.Features[name] = store.Flag(set[key], false)
	}
	if c.ID == "" {
		someone, err := s.store.Users.Any(ctx)
		if err == nil && !someone {
			yes := true
			out.Onboarding, out.Features["enable_signup"] = &yes, true
		}
		return out, err
	}
	s.signedInFeatures(out.Features, set)
	out.UI = object{"pending_user_overlay_title": set["ui.pending_user_overlay_title"],
		"pending_user_overlay_content": set["ui.pending_user_overlay_content"]}
	if c.Role != model.RolePending {
		out.forMembers(set)
	}
	return out, nil
}

func (s *Server) signedInFeatures(features object, set map[string]jsonvalue.JSON) {
	maps.Copy(features, object{"enable_version_update_check": false, "enable_pyodide_file_persistence": false,
		"enable_public_active_users_count": true, "enable_easter_eggs": true, "enable_admin_export": true,
		"enable_admin_chat_access": s.store.AdminsSeeChats(), "enable_admin_analytics": true,
		"enable_plugins": true, "enable_tools": true, "enable_functions": true, "enable_tool_servers": true,
		"enable_terminal_servers": anyEnabled(set["terminal_server.connections"])})
	for name, key := range userFeatures {
		features[name] = set[key]
	}
}

// anyEnabled reports whether one of the connections is not switched off.
func anyEnabled(connections jsonvalue.JSON) bool {
	var all []map[string]any
	if connections.Decode(&all) != nil {
		return false
	}
	return slices.ContainsFunc(all, func(c map[string]any) bool { return c["enabled"] != false })
}

// forMembers adds what only users and admins are told.
func (a *configAnswer) forMembers(set map[string]jsonvalue.JSON) {
	value := func(key string) *jsonvalue.JSON { v := set[key]; return &v }
	null := jsonvalue.Null()
	a.DefaultModels, a.DefaultPinnedModels = value("ui.default_models"), value("ui.default_pinned_models")
	a.PromptSuggestions, a.SuggestionsI18N = value("ui.prompt_suggestions"), value("ui.prompt_suggestions_i18n")
	a.Permissions, a.LicenseMetadata = value("user.permissions"), &null
	a.Code = object{"engine": set["code_execution.engine"], "interpreter_engine": set["code_interpreter.engine"]}
	a.Audio = object{
		"realtime": object{"enabled": set["audio.realtime.enabled"], "model": set["audio.realtime.model"], "voice": set["audio.realtime.voice"]},
		"tts":      object{"engine": set["audio.tts.engine"], "voice": set["audio.tts.voice"], "split_on": set["audio.tts.split_on"]},
		"stt":      object{"engine": set["audio.stt.engine"]},
	}
	a.File = object{"max_size": set["rag.file.max_size"], "max_count": set["rag.file.max_count"],
		"image_compression": object{"width": set["file.image_compression_width"], "height": set["file.image_compression_height"]}}
	a.GoogleDrive = object{"client_id": set["google_drive.client_id"], "api_key": set["google_drive.api_key"]}
	a.OneDrive = object{"client_id_personal": "", "client_id_business": "",
		"sharepoint_url":       set["onedrive.sharepoint_url"],
		"sharepoint_tenant_id": set["onedrive.sharepoint_tenant_id"]}
	a.UI["response_watermark"], a.UI["iframe_csp"] = set["ui.watermark"], ""
	a.UI["default_interface_settings"], a.UI["visibility"] = set["ui.default_interface_settings"], set["ui.visibility"]
}
