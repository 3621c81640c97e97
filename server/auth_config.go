package server

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func (s *Server) authConfigRoutes() []route {
	const config = "/api/v1/auths/admin/config"
	return resource(configRefusals,
		endpoint("GET", "/api/v1/auths/admin/details", "Whom to ask to be let in", signedIn, s.adminDetails).
			refusing(refusal{store.ErrNotShown, http.StatusBadRequest, msgActionProhibited}),
		endpoint("GET", config, "Settings of accounts and features", admin, s.adminConfig),
		endpoint("POST", config, "Change them", admin, s.setAdminConfig),
		endpoint("GET", config+"/ldap/server", "Settings of the LDAP server", admin, s.ldapServer),
		endpoint("POST", config+"/ldap/server", "Change them", admin, s.setLDAPServer),
		endpoint("GET", config+"/ldap", "Whether users sign in with LDAP", admin, s.ldap),
		endpoint("POST", config+"/ldap", "Change it", admin, s.setLDAP),
		endpoint("GET", config+"/oauth", "Settings of sign-ins at other providers", admin, s.oauthConfig),
		endpoint("POST", config+"/oauth", "Change them: they are those of the environment, and stay", admin, s.setOAuthConfig),
	)
}

// configRefusals are what is refused of changes to settings.
var configRefusals = refusals{
	{store.ErrNoFactors, http.StatusConflict, "Unable to update MFA policy. Check configuration and retry."},
	{store.ErrNoSession, http.StatusForbidden, "A human administrator session is required to change MFA settings."},
}

type adminConfigForm struct {
	EnableMFA        sent[strictBool]   `json:"ENABLE_MFA" key:"auth.mfa.enable"`
	OAuthBypass      sent[strictBool]   `json:"MFA_ALLOW_OAUTH_BYPASS" key:"auth.mfa.allow_oauth_bypass"`
	HeaderBypass     sent[strictBool]   `json:"MFA_ALLOW_TRUSTED_HEADER_BYPASS" key:"auth.mfa.allow_trusted_header_bypass"`
	ShowAdmin        bool               `json:"SHOW_ADMIN_DETAILS" key:"auth.admin.show"`
	AdminEmail       *string            `json:"ADMIN_EMAIL" key:"auth.admin.email"`
	URL              string             `json:"WEBUI_URL" key:"webui.url"`
	LoginForm        sent[bool]         `json:"ENABLE_LOGIN_FORM" key:"ui.enable_login_form"`
	SignUp           bool               `json:"ENABLE_SIGNUP" key:"ui.enable_signup"`
	APIKeys          bool               `json:"ENABLE_API_KEYS" key:"auth.enable_api_keys"`
	KeyRestrictions  bool               `json:"ENABLE_API_KEYS_ENDPOINT_RESTRICTIONS" key:"auth.api_key.endpoint_restrictions"`
	KeyEndpoints     string             `json:"API_KEYS_ALLOWED_ENDPOINTS" key:"auth.api_key.allowed_endpoints"`
	DefaultRole      string             `json:"DEFAULT_USER_ROLE" key:"ui.default_user_role"`
	DefaultGroup     string             `json:"DEFAULT_GROUP_ID" key:"ui.default_group_id"`
	Interface        *jsonvalue.JSON    `json:"DEFAULT_INTERFACE_SETTINGS" key:"ui.default_interface_settings"`
	I18N             sent[translations] `json:"I18N" key:"ui.i18n"`
	JWTExpiry        string             `json:"JWT_EXPIRES_IN" key:"auth.jwt_expiry"`
	CommunitySharing bool               `json:"ENABLE_COMMUNITY_SHARING" key:"ui.enable_community_sharing"`
	MessageRating    bool               `json:"ENABLE_MESSAGE_RATING" key:"ui.enable_message_rating"`
	Folders          bool               `json:"ENABLE_FOLDERS" key:"folders.enable"`
	FolderFiles      wholeNumber        `json:"FOLDER_MAX_FILE_COUNT,omitempty" key:"folders.max_file_count"`
	AutomationCount  wholeNumber        `json:"AUTOMATION_MAX_COUNT,omitempty" key:"automations.max_count"`
	AutomationPause  wholeNumber        `json:"AUTOMATION_MIN_INTERVAL,omitempty" key:"automations.min_interval"`
	Automations      bool               `json:"ENABLE_AUTOMATIONS" key:"automations.enable"`
	Channels         bool               `json:"ENABLE_CHANNELS" key:"channels.enable"`
	EncryptedChannel sent[bool]         `json:"ENABLE_ENCRYPTED_CHANNELS" key:"channels.encryption.enable"`
	Apps             sent[bool]         `json:"ENABLE_APPS" key:"apps.enable"`
	ResponseMode     string             `json:"CHANNEL_MODEL_RESPONSE_MODE" default:"thread" key:"channels.model_response_mode"`
	Calendar         bool               `json:"ENABLE_CALENDAR" key:"calendar.enable"`
	Memories         bool               `json:"ENABLE_MEMORIES" key:"memories.enable"`
	MemoryContext    bool               `json:"ENABLE_MEMORY_SYSTEM_CONTEXT" key:"memories.system_context.enable"`
	LazySkills       sent[bool]         `json:"ENABLE_SKILL_LAZY_LOADING" key:"skills.lazy_loading.enable"`
	SkillContent     maybe[positive]    `json:"SKILL_CONTENT_MAX_CHARS" key:"skills.content_max_chars"`
	SkillPreview     maybe[positive]    `json:"SKILL_PREVIEW_MAX_CHARS" key:"skills.preview_max_chars"`
	Notes            bool               `json:"ENABLE_NOTES" key:"notes.enable"`
	UserWebhooks     bool               `json:"ENABLE_USER_WEBHOOKS" key:"ui.enable_user_webhooks"`
	UserStatus       bool               `json:"ENABLE_USER_STATUS" key:"users.enable_status"`
	OverlayTitle     *string            `json:"PENDING_USER_OVERLAY_TITLE" key:"ui.pending_user_overlay_title"`
	OverlayContent   *string            `json:"PENDING_USER_OVERLAY_CONTENT" key:"ui.pending_user_overlay_content"`
	Watermark        *string            `json:"RESPONSE_WATERMARK" key:"ui.watermark"`
}

// wholeNumber is a number, or a text with one; nothing for no bound.
type wholeNumber struct{ value *int64 }

func (n *wholeNumber) fromForm(f *form, loc []any, raw json.RawMessage) {
	text := string(raw)
	if raw[0] == '"' {
		text = strings.TrimSpace(jsontext.Unquote(text))
	}
	if text == "" || text == "null" {
		return
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f.wrong(loc, "int_parsing", "Input should be a valid integer, unable to parse string as an integer", raw)
	}
	if v != 0 {
		n.value = &v
	}
}

func (wholeNumber) schema() any {
	return object{"anyOf": []any{object{"type": "integer"}, object{"type": "string"}, object{"type": "null"}}}
}

// MarshalJSON writes the number, or an empty text, as settings have it.
func (n wholeNumber) MarshalJSON() ([]byte, error) {
	if n.value == nil {
		return []byte(`""`), nil
	}
	return strconv.AppendInt(nil, *n.value, 10), nil
}

// positive is a number from 1.
type positive int64

func (p *positive) fromForm(f *form, loc []any, raw json.RawMessage) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	switch {
	case err != nil:
		f.wrong(loc, "int_type", "Input should be a valid integer", raw)
	case n < 1:
		f.wrong(loc, "greater_than", "Input should be greater than 0", raw)
		f.problems[len(f.problems)-1].Ctx = object{"gt": 0}
	}
	*p = positive(n)
}

func (positive) schema() any { return object{"type": "integer", "exclusiveMinimum": 0} }

// lifeShape is how long sessions may be said to last.
var lifeShape = regexp.MustCompile(`^(-1|0|(-?\d+(\.\d+)?)(ms|s|m|h|d|w))$`)

func (s *Server) adminConfig(ctx context.Context, r *request, _ none) (settings, error) {
	return readSettings[adminConfigForm](ctx, s, r.who())
}

// setAdminConfig leaves as they are the role, the mode of answers and the life
// of sessions where what was sent is none.
func (s *Server) setAdminConfig(ctx context.Context, r *request, f adminConfigForm) (settings, error) {
	if f.Interface == nil {
		empty := jsonvalue.Text("{}")
		f.Interface = &empty
	}
	values, err := updates(f)
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{model.RolePending, model.RoleUser, model.RoleAdmin}, f.DefaultRole) {
		delete(values, "ui.default_user_role")
	}
	if f.ResponseMode != "thread" && f.ResponseMode != "channel" {
		delete(values, "channels.model_response_mode")
	}
	if !lifeShape.MatchString(f.JWTExpiry) {
		delete(values, "auth.jwt_expiry")
	}
	ended, err := s.store.Config.Change(ctx, r.who(), values)
	if err != nil {
		return nil, err
	}
	out, err := s.adminConfig(ctx, r, none{})
	if err == nil {
		out["sessions_revoked"] = flagText(ended)
	}
	return out, err
}

type adminDetails struct {
	Name  *string `json:"name"`
	Email *string `json:"email"`
}

func (s *Server) adminDetails(ctx context.Context, r *request, _ none) (*adminDetails, error) {
	name, email, err := s.store.Users.Contact(ctx, r.who())
	return &adminDetails{name, email}, err
}

// ldapServerForm is kept for programs that sign in with LDAP; this one does not.
type ldapServerForm struct {
	Label           string  `json:"label" key:"ldap.server.label"`
	Host            string  `json:"host" key:"ldap.server.host"`
	Port            *int    `json:"port" key:"ldap.server.port"`
	MailAttribute   string  `json:"attribute_for_mail" default:"mail" key:"ldap.server.attribute_for_mail"`
	EmailDomain     string  `json:"default_email_domain" default:"" key:"ldap.server.default_email_domain"`
	UserAttribute   string  `json:"attribute_for_username" default:"uid" key:"ldap.server.attribute_for_username"`
	AppDN           string  `json:"app_dn" key:"ldap.server.app_dn"`
	AppPassword     string  `json:"app_dn_password" key:"ldap.server.app_password"`
	SearchBase      string  `json:"search_base" key:"ldap.server.users_dn"`
	SearchFilters   string  `json:"search_filters" default:"" key:"ldap.server.search_filter"`
	TLS             bool    `json:"use_tls" default:"true" key:"ldap.server.use_tls"`
	CertificatePath *string `json:"certificate_path" key:"ldap.server.ca_cert_file"`
	ValidateCert    bool    `json:"validate_cert" default:"true" key:"ldap.server.validate_cert"`
	Ciphers         *string `json:"ciphers" default:"ALL" key:"ldap.server.ciphers"`
	ManageGroups    bool    `json:"enable_group_management" default:"false" key:"ldap.group.enable_management"`
	CreateGroups    bool    `json:"enable_group_creation" default:"false" key:"ldap.group.enable_creation"`
	GroupAttribute  string  `json:"attribute_for_groups" default:"memberOf" key:"ldap.server.attribute_for_groups"`
}

func (s *Server) ldapServer(ctx context.Context, r *request, _ none) (settings, error) {
	return readSettings[ldapServerForm](ctx, s, r.who())
}

func (s *Server) setLDAPServer(ctx context.Context, r *request, f ldapServerForm) (settings, error) {
	for _, m := range []struct{ name, value string }{{"label", f.Label}, {"host", f.Host},
		{"attribute_for_mail", f.MailAttribute},
		{"attribute_for_username", f.UserAttribute}, {"search_base", f.SearchBase}} {
		if m.value == "" {
			return nil, fail(http.StatusBadRequest, "Required field "+m.name+" is empty")
		}
	}
	if f.ManageGroups && strings.TrimSpace(f.GroupAttribute) == "" {
		return nil, fail(http.StatusBadRequest, "Required field attribute_for_groups is empty")
	}
	return change(ctx, s, r, f)
}

// change stores a form of settings, and answers what is stored then.
func change[F any](ctx context.Context, s *Server, r *request, f F) (settings, error) {
	values, err := updates(f)
	if err == nil {
		_, err = s.store.Config.Change(ctx, r.who(), values)
	}
	if err != nil {
		return nil, err
	}
	return readSettings[F](ctx, s, r.who())
}

type ldapForm struct {
	Enable bool `json:"ENABLE_LDAP" key:"ldap.enable"`
}

type ldapChange struct {
	Enable *bool `json:"enable_ldap"`
}

func (s *Server) ldap(ctx context.Context, r *request, _ none) (settings, error) {
	return readSettings[ldapForm](ctx, s, r.who())
}

func (s *Server) setLDAP(ctx context.Context, r *request, f ldapChange) (settings, error) {
	return change(ctx, s, r, ldapForm{orZero(f.Enable)})
}

func (s *Server) oauthConfig(ctx context.Context, r *request, _ none) (settings, error) {
	return s.oauthSettings(ctx, r.who())
}

func (s *Server) setOAuthConfig(ctx context.Context, r *request, _ oauthForm) (settings, error) {
	return s.oauthSettings(ctx, r.who())
}

// oauthSettings are what the environment says, not what rows say: they count
// for Open WebUI only where they are told to.
func (s *Server) oauthSettings(ctx context.Context, w store.Who) (settings, error) {
	all, err := s.store.Config.Read(ctx, w, slices.Collect(maps.Values(oauthKeys))...)
	if err != nil {
		return nil, err
	}
	out := settings{"ENABLE_OAUTH_PERSISTENT_CONFIG": flagText(false)}
	for name, key := range oauthKeys {
		v := s.store.Config.Default(key)
		if _, known := all[key]; !known || v.IsNull() {
			v = jsonvalue.Null()
		}
		if list := v.Elements(); len(list) > 0 {
			var items []string
			if v.Decode(&items) == nil {
				v, err = jsonvalue.Of(strings.Join(items, ","))
			}
		}
		out[name] = v
	}
	return out, err
}

// oauthForm is taken, and changes nothing.
type oauthForm struct {
	Sent jsonvalue.JSON `whole:"object"`
}

var oauthKeys = map[string]string{
	"ENABLE_OAUTH": "oauth.enable", "ENABLE_OAUTH_SIGNUP": "oauth.enable_signup", "OAUTH_MERGE_ACCOUNTS_BY_EMAIL": "oauth.merge_accounts_by_email",
	"OAUTH_AUTO_REDIRECT": "oauth.auto_redirect", "OAUTH_ALLOWED_DOMAINS": "oauth.allowed_domains", "OAUTH_BLOCKED_GROUPS": "oauth.blocked_groups",
	"ENABLE_OAUTH_ROLE_MANAGEMENT": "oauth.enable_role_mapping", "OAUTH_ROLES_CLAIM": "oauth.roles_claim", "OAUTH_ADMIN_ROLES": "oauth.admin_roles",
	"OAUTH_ALLOWED_ROLES": "oauth.allowed_roles", "ENABLE_OAUTH_GROUP_MANAGEMENT": "oauth.enable_group_mapping",
	"ENABLE_OAUTH_GROUP_CREATION": "oauth.enable_group_creation", "OAUTH_GROUP_CLAIM": "oauth.group_claim",
	"OAUTH_GROUP_DEFAULT_SHARE": "oauth.group_default_share", "OAUTH_PROVIDER_NAME": "oauth.provider_name", "OPENID_PROVIDER_URL": "oauth.provider_url",
	"OAUTH_CLIENT_ID": "oauth.client_id", "OAUTH_CLIENT_SECRET": "oauth.client_secret", "OPENID_REDIRECT_URI": "oauth.redirect_uri",
	"OAUTH_SCOPES": "oauth.scopes", "OAUTH_CODE_CHALLENGE_METHOD": "oauth.code_challenge_method",
	"OAUTH_TOKEN_ENDPOINT_AUTH_METHOD": "oauth.token_endpoint_auth_method", "OPENID_END_SESSION_ENDPOINT": "oauth.end_session_endpoint",
	"OAUTH_TIMEOUT": "oauth.timeout", "OAUTH_CLIENT_TIMEOUT": "oauth.client.timeout", "OAUTH_EMAIL_CLAIM": "oauth.email_claim",
	"OAUTH_USERNAME_CLAIM": "oauth.username_claim", "OAUTH_PICTURE_CLAIM": "oauth.picture_claim", "OAUTH_SUB_CLAIM": "oauth.sub_claim",
	"OAUTH_AUDIENCE": "oauth.audience", "OAUTH_UPDATE_EMAIL_ON_LOGIN": "oauth.update_email_on_login",
	"OAUTH_UPDATE_NAME_ON_LOGIN": "oauth.update_name_on_login", "OAUTH_UPDATE_PICTURE_ON_LOGIN": "oauth.update_picture_on_login",
	"OAUTH_REFRESH_TOKEN_INCLUDE_SCOPE": "oauth.refresh_token.include_scope",
}
