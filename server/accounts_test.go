package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// adminConfig is the form that the page sends.
const adminConfig = `{"ENABLE_MFA":false,"MFA_ALLOW_OAUTH_BYPASS":false,"MFA_ALLOW_TRUSTED_HEADER_BYPASS":false,
"SHOW_ADMIN_DETAILS":true,"ADMIN_EMAIL":null,"WEBUI_URL":"","ENABLE_LOGIN_FORM":true,"ENABLE_SIGNUP":false,
"ENABLE_API_KEYS":true,"ENABLE_API_KEYS_ENDPOINT_RESTRICTIONS":false,"API_KEYS_ALLOWED_ENDPOINTS":"",
"DEFAULT_USER_ROLE":"pending","DEFAULT_GROUP_ID":"","DEFAULT_INTERFACE_SETTINGS":{},"I18N":{},
"JWT_EXPIRES_IN":"4w","ENABLE_COMMUNITY_SHARING":true,"ENABLE_MESSAGE_RATING":true,"ENABLE_FOLDERS":true,
"FOLDER_MAX_FILE_COUNT":"","AUTOMATION_MAX_COUNT":"","AUTOMATION_MIN_INTERVAL":"","ENABLE_AUTOMATIONS":true,
"ENABLE_CHANNELS":true,"ENABLE_ENCRYPTED_CHANNELS":false,"ENABLE_APPS":false,
"CHANNEL_MODEL_RESPONSE_MODE":"thread","ENABLE_CALENDAR":true,"ENABLE_MEMORIES":true,
"ENABLE_MEMORY_SYSTEM_CONTEXT":true,"ENABLE_SKILL_LAZY_LOADING":false,"SKILL_CONTENT_MAX_CHARS":null,
"SKILL_PREVIEW_MAX_CHARS":null,"ENABLE_NOTES":true,"ENABLE_USER_WEBHOOKS":false,"ENABLE_USER_STATUS":true,
"PENDING_USER_OVERLAY_TITLE":"","PENDING_USER_OVERLAY_CONTENT":"","RESPONSE_WATERMARK":""}`

func (a *app) set(values map[string]string) {
	a.t.Helper()
	m := map[string]jsonvalue.JSON{}
	for k, v := range values {
		m[k] = jsonvalue.Text(v)
	}
	if err := a.store.Config.Set(a.t.Context(), m); err != nil {
		a.t.Fatal(err)
	}
}

func TestPresenceIsWrittenApart(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		admin := a.admin()
		a.set(map[string]string{"auth.enable_api_keys": "true"})
		var k struct {
			Key string `json:"api_key"`
		}
		a.call("POST", "/api/v1/auths/api_key", nil, admin).is(200, "").into(&k)
		u, err := a.store.Users.GetByEmail(t.Context(), "ada@example.com")
		if err != nil {
			t.Fatal(err)
		}
		seen := func() (int64, *int64) {
			t.Helper()
			x, err := a.store.Users.Get(t.Context(), store.Program(), u.ID)
			if err != nil {
				t.Fatal(err)
			}
			used, err := query.One[model.APIKey](t.Context(), eng, query.SelectFrom(tables.APIKey.Table))
			if err != nil {
				t.Fatal(err)
			}
			return *x.LastActiveAt, used.LastUsedAt
		}
		later := time.Now().Add(time.Hour)
		a.now = func() time.Time { return later }
		if _, err := query.Exec(t.Context(), eng, query.Update(tables.User.Table).Set(tables.User.LastActiveAt.Set(1)).
			AllRows()); err != nil {
			t.Fatal(err)
		}
		var now struct {
			Users int64 `json:"user_count"`
		}
		if a.call("GET", "/api/usage", nil, k.Key).is(200, "").into(&now); now.Users != 1 {
			t.Errorf("%d users are active, while one asks", now.Users)
		}
		if at, used := seen(); at == later.Unix() || used != nil {
			t.Errorf("a request has written %d and %v", at, used)
		}
		a.srv.WritePresence(t.Context())
		if at, used := seen(); at != later.Unix() || used == nil || *used != later.Unix() {
			t.Errorf("seen at %d and used at %v, want %d", at, used, later.Unix())
		}
		// Not again within a minute.
		first := later
		later = later.Add(time.Second)
		a.call("GET", "/api/v1/chats/", nil, k.Key).is(200, "")
		a.srv.WritePresence(t.Context())
		if at, _ := seen(); at != first.Unix() {
			t.Errorf("written again at %d", at)
		}
		// A key that has expired is none.
		row := query.Update(tables.APIKey.Table).Set(tables.APIKey.ExpiresAt.Set(later.Unix() - 1)).AllRows()
		if _, err := query.Exec(t.Context(), eng, row); err != nil {
			t.Fatal(err)
		}
		a.call("GET", "/api/v1/chats/", nil, k.Key).is(401, "")
	})
}

func TestSigningOutEndsTheToken(t *testing.T) {
	a := local(t)
	token := a.admin()
	other := a.token("signin", map[string]any{"email": "ada@example.com", "password": "pw-ada"})
	a.call("POST", "/api/v1/auths/signout", nil, token).is(200, "")
	a.call("GET", "/api/v1/auths/", nil, token).is(401, "401 Unauthorized")
	a.call("GET", "/api/v1/auths/", nil, other).is(200, "")
	a.call("POST", "/api/v1/auths/signout", nil, "not.a.token").is(200, "")
}

// A sign-out at one server holds at every other one on the database; where the
// database has no table for it, at that server.
func TestASignOutHoldsAtEveryServer(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		one := newApp(t, eng)
		first, sign := one.admin(), map[string]any{"email": "ada@example.com", "password": "pw-ada"}
		second, third := one.token("signin", sign), one.token("signin", sign)
		another := openApp(t, eng, nil)
		another.call("GET", "/api/v1/auths/", nil, first).is(200, "")
		one.call("POST", "/api/v1/auths/signout", nil, first).is(200, "")
		another.call("GET", "/api/v1/auths/", nil, first).is(401, "401 Unauthorized")
		// Nor does a restart bring it back.
		openApp(t, eng, nil).call("GET", "/api/v1/auths/", nil, first).is(401, "401 Unauthorized")
		another.call("GET", "/api/v1/auths/", nil, second).is(200, "")

		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "DROP TABLE larder_ended_session",
			Write: true}); err != nil {
			t.Fatal(err)
		}
		one.call("POST", "/api/v1/auths/signout", nil, second).is(200, "")
		one.call("GET", "/api/v1/auths/", nil, second).is(401, "401 Unauthorized")
		one.call("GET", "/api/v1/auths/", nil, third).is(200, "")
		another.call("GET", "/api/v1/auths/", nil, third).is(200, "")
	})
}

func TestAdminConfig(t *testing.T) {
	a := local(t)
	admin := a.admin()
	const path = "/api/v1/auths/admin/config"
	form := map[string]any{}
	if err := json.Unmarshal([]byte(adminConfig), &form); err != nil {
		t.Fatal(err)
	}
	post := func(changes map[string]any) *answer {
		t.Helper()
		body := maps.Clone(form)
		for k, v := range changes {
			body[k] = v
			if v == "-" {
				delete(body, k)
			}
		}
		return a.call("POST", path, body, admin)
	}
	post(map[string]any{"DEFAULT_USER_ROLE": "root", "JWT_EXPIRES_IN": "soon", "CHANNEL_MODEL_RESPONSE_MODE": "x",
		"FOLDER_MAX_FILE_COUNT": "7",
		"ENABLE_SIGNUP":         "yes", "ENABLE_APPS": "-", "SKILL_CONTENT_MAX_CHARS": 5}).is(200, "")
	var got map[string]any
	a.call("GET", path, nil, admin).is(200, "").into(&got)
	for name, want := range map[string]any{"DEFAULT_USER_ROLE": "pending", "JWT_EXPIRES_IN": "4w",
		"CHANNEL_MODEL_RESPONSE_MODE": "thread",
		"FOLDER_MAX_FILE_COUNT":       7.0, "ENABLE_SIGNUP": true, "ENABLE_APPS": false, "SKILL_CONTENT_MAX_CHARS": 5.0, "AUTOMATION_MAX_COUNT": ""} {
		if fmt.Sprint(got[name]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	for name, values := range map[string][]any{
		"ENABLE_SIGNUP": {nil, "maybe", 2, map[string]any{}, "-"}, "ENABLE_MFA": {nil, "true", 1}, "ENABLE_APPS": {nil}, "WEBUI_URL": {nil, 7, "-"},
		"FOLDER_MAX_FILE_COUNT": {"x", 1.5, []any{}}, "SKILL_CONTENT_MAX_CHARS": {0, "5", -1}, "I18N": {nil, map[string]any{"de": map[string]any{"a": 1}},
			map[string]any{"__proto__": map[string]any{}}, map[string]any{"de": map[string]any{"{{x}}": "y"}}},
	} {
		for _, v := range values {
			if w := post(map[string]any{name: v}); w.Code != 422 {
				t.Errorf("%s as %v: %d %.200s", name, v, w.Code, w.Body)
			}
		}
	}
	post(map[string]any{"ENABLE_MFA": true}).is(409, "Unable to update MFA policy. Check configuration and retry.")
	// What is stored and is no boolean is told as what it counts for.
	a.set(map[string]string{"ui.enable_signup": `"garbage"`, "auth.enable_api_keys": "null",
		"auth.api_key.endpoint_restrictions": "7"})
	a.call("GET", path, nil, admin).is(200, "").into(&got)
	if got["ENABLE_SIGNUP"] != false || got["ENABLE_API_KEYS"] != false ||
		got["ENABLE_API_KEYS_ENDPOINT_RESTRICTIONS"] != true {
		t.Errorf("garbage reads as %v, %v, %v", got["ENABLE_SIGNUP"], got["ENABLE_API_KEYS"],
			got["ENABLE_API_KEYS_ENDPOINT_RESTRICTIONS"])
	}
	// Switching second factors off ends all sessions.
	a.set(map[string]string{"auth.mfa.enable": "true"})
	post(nil).says(401, "Second factors are switched on")
	admin = a.verified("ada@example.com")
	post(nil).says(200, `"sessions_revoked":true`)
	a.call("GET", path, nil, admin).is(401, "401 Unauthorized")
}

// verified gives a user a second factor, and returns a session as Open WebUI
// begins one when it has seen that.
func (a *app) verified(email string) string {
	a.t.Helper()
	u, err := a.store.Users.GetByEmail(a.t.Context(), email)
	if err != nil {
		a.t.Fatal(err)
	}
	st := query.Update(tables.Auth.Table).
		Set(tables.Auth.MFA.Set(jsonvalue.Text(`{"secret":"x","recovery_hashes":["y"]}`)))
	if _, err := query.Exec(a.t.Context(), a.probe.eng, st.Where(tables.Auth.ID.Eq(u.ID))); err != nil {
		a.t.Fatal(err)
	}
	id, err := a.store.Auths.Identity(a.t.Context(), u.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256,
		jwt.MapClaims{"id": u.ID, "typ": "session", "session_stamp": id.SessionStamp,
			"auth_method": "password", "mfa_verified": true}).SignedString([]byte(secret))
	if err != nil {
		a.t.Fatal(err)
	}
	return token
}

// Where second factors are on, this server begins no sessions, and those that
// began without one are over; Open WebUI's that began with one are not.
func TestSecondFactors(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		admin, bob := a.admin(), a.user("bob", model.RoleUser)
		pete := a.user("pete", model.RolePending)
		a.set(map[string]string{"auth.enable_api_keys": "true", "ui.enable_signup": "true"})
		var key struct {
			Key string `json:"api_key"`
		}
		a.call("POST", "/api/v1/auths/api_key", nil, admin).is(200, "").into(&key)
		a.set(map[string]string{"auth.mfa.enable": "true"})
		const on = "Second factors are switched on"
		for _, token := range []string{admin, bob, pete} {
			for _, path := range []string{"/api/v1/auths/", "/api/v1/chats/", "/api/v1/users/all"} {
				a.call("GET", path, nil, token).says(401, on)
				a.call("GET", path, nil, "Cookie: token="+token).says(401, on)
			}
		}
		for name, w := range map[string]*answer{
			"bob":  a.call("POST", "/api/v1/auths/signin", `{"email":"bob@example.com","password":"pw-bob"}`),
			"pete": a.call("POST", "/api/v1/auths/signin", `{"email":"pete@example.com","password":"pw-pete"}`),
			"eve":  a.call("POST", "/api/v1/auths/signup", `{"name":"Eve","email":"eve@example.com","password":"pw-eve"}`),
		} {
			if w.says(403, on); len(w.Result().Cookies()) > 0 {
				t.Errorf("%s has a cookie", name)
			}
		}
		a.call("POST", "/api/v1/auths/signin", `{"email":"bob@example.com","password":"x"}`).
			is(400, "The email or password provided is incorrect. Please check for typos and try logging in again.")
		if w := a.call("GET", "/api/config", nil, bob).is(200, ""); strings.Contains(w.Body.String(), "default_models") {
			t.Error("a session that is over is told more than nobody")
		}
		a.call("GET", "/api/v1/chats/", nil, key.Key).is(200, "") // as in Open WebUI
		verified := a.verified("ada@example.com")
		a.call("GET", "/api/v1/chats/", nil, verified).is(200, "")
		a.call("GET", "/api/v1/auths/mfa/status", nil, verified).says(200, `{"enabled":true,"required":true,"recovery_codes_remaining":1}`)
		a.call("POST", "/api/v1/auths/mfa/replace", `{"code":"x"}`, verified).says(403, on)
		a.call("POST", "/api/v1/auths/add", `{"name":"Max","email":"max@example.com","password":"pw-max","role":"user"}`, verified).says(200, `"token":null`)
	})
}

func TestWhomToAsk(t *testing.T) {
	a := local(t)
	a.admin()
	token := a.user("pete", model.RolePending)
	const path = "/api/v1/auths/admin/details"
	a.call("GET", path, nil, token).says(200, `{"name":"Ada","email":"ada@example.com"}`)
	a.set(map[string]string{"auth.admin.email": `"Pete@example.com"`})
	a.call("GET", path, nil, token).says(200, `{"name":"pete","email":"Pete@example.com"}`)
	a.set(map[string]string{"auth.admin.email": `"x@example.com"`})
	a.call("GET", path, nil, token).says(200, `{"name":null,"email":"x@example.com"}`)
	a.set(map[string]string{"auth.admin.show": `"?"`})
	a.call("GET", path, nil, token).says(400, "restricted as a security measure")
}

func TestWhatIsSwitchedOff(t *testing.T) {
	a := local(t)
	admin := a.admin()
	a.call("POST", "/api/v1/auths/ldap", `{"user":"x","password":"x"}`).is(400, "LDAP authentication is not enabled")
	a.call("POST", "/api/v1/auths/ldap", `{"user":"x"}`).is(422, "Invalid authentication request.")
	a.call("POST", "/api/v1/auths/admin/config/ldap", `{"enable_ldap":true}`, admin).says(200, `{"ENABLE_LDAP":true}`)
	a.call("POST", "/api/v1/auths/ldap", `{"user":"x","password":"x"}`).says(501, "LDAP")
	a.call("POST", "/api/v1/auths/admin/config/ldap", `{}`, admin).says(200, `{"ENABLE_LDAP":false}`)
	const server = "/api/v1/auths/admin/config/ldap/server"
	a.call("POST", server, `{"label":"","host":"x","app_dn":"","app_dn_password":"","search_base":"x"}`, admin).is(400, "Required field label is empty")
	a.call("POST", server, `{"label":"l","host":"x","app_dn":"","app_dn_password":"","search_base":"x","enable_group_management":true,"attribute_for_groups":" "}`, admin).
		is(400, "Required field attribute_for_groups is empty")
	a.call("POST", server, `{"label":"l","host":"h","app_dn":"d","app_dn_password":"p","search_base":"b"}`, admin).says(200, `"ciphers":"ALL"`)
	a.call("GET", server, nil, admin).says(200, `"search_base":"b"`)
	a.call("GET", "/api/v1/auths/admin/config/oauth", nil, admin).says(200, `"ENABLE_OAUTH_PERSISTENT_CONFIG":false`)
	a.call("POST", "/api/v1/auths/admin/config/oauth", `{"OAUTH_PROVIDER_NAME":"x"}`, admin).says(200, `"OAUTH_PROVIDER_NAME":"SSO"`)
	a.call("POST", "/api/v1/auths/oauth/google/token/exchange", `{"token":"x"}`).is(403, "Token exchange is disabled")
	a.call("GET", "/api/v1/auths/mfa/status", nil, admin).says(200, `{"enabled":false,"required":false,"recovery_codes_remaining":0}`)
	a.call("POST", "/api/v1/auths/mfa/challenge", nil, "Origin: http://example.com").is(401, "This authentication step expired. Please start again.")
	a.call("POST", "/api/v1/auths/mfa/verify", `{"challenge_token":"x","code":"y"}`).is(401, "This authentication step expired. Please start again.")
	a.call("POST", "/api/v1/auths/mfa/verify", `{"code":"y"}`).is(422, "Invalid authentication request.")
	a.call("POST", "/api/v1/auths/mfa/replace", `{"code":"y"}`, admin).is(403, "MFA is disabled.")
	a.set(map[string]string{"auth.enable_api_keys": "true"})
	var k struct {
		Key string `json:"api_key"`
	}
	a.call("POST", "/api/v1/auths/api_key", nil, admin).is(200, "").into(&k)
	a.call("GET", "/api/v1/auths/mfa/status", nil, k.Key).is(403, "A human session is required.")
	a.call("POST", "/api/v1/auths/admin/config", adminConfig, k.Key).is(403, "A human administrator session is required to change MFA settings.")
}

func TestSignUpAndTheSettings(t *testing.T) {
	a := local(t)
	admin := a.admin()
	var g struct{ ID string }
	a.call("POST", "/api/v1/groups/create", `{"name":"all","description":""}`, admin).is(200, "").into(&g)
	a.set(map[string]string{"ui.enable_signup": "true", "ui.default_user_role": `"user"`,
		"ui.default_group_id": `"` + g.ID + `"`})
	up := func(name string) *answer {
		return a.call("POST", "/api/v1/auths/signup", `{"name":"x","email":"`+name+`@example.com","password":"pw"}`)
	}
	up("one").says(200, `"role":"user"`)
	a.call("POST", "/api/v1/auths/add", `{"name":"x","email":"two@example.com","password":"pw"}`, admin).is(200, "")
	a.call("GET", "/api/v1/groups/id/"+g.ID, nil, admin).says(200, `"member_count":2`)
	a.set(map[string]string{"ui.default_group_id": `"none"`})
	up("three").is(200, "")
	a.set(map[string]string{"ui.enable_login_form": "false"})
	up("four").is(403, "")
	a.set(map[string]string{"ui.enable_login_form": "true"})
	a.call("POST", "/api/v1/auths/signup", `{"name":"x","email":"five@example.com","password":"`+strings.Repeat("x", 73)+`"}`).says(400, "72 bytes")
	a.call("POST", "/api/v1/auths/signup", `{"name":"x","email":"five@example.com","password":"a\u0000b"}`).says(400, "NUL")
}
