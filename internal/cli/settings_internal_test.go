package cli

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/store"
)

func TestVariablesAreOfSettings(t *testing.T) {
	standard, permissions := store.Defaults(), store.StandardPermissions()
	seen := map[string]string{}
	for key, name := range variables() {
		if path, ok := strings.CutPrefix(key, permissionsKey+"."); ok {
			group, member, _ := strings.Cut(path, ".")
			names, _ := permissions[group].(map[string]any)
			if _, ok := names[member]; !ok {
				t.Errorf("there is no permission %s", key)
			}
		} else if _, ok := standard[key]; !ok {
			t.Errorf("there is no setting %s", key)
		}
		if name != strings.ToUpper(name) || name == "" {
			t.Errorf("%s has the variable %q", key, name)
		}
		seen[name] = key
	}
	if len(seen) < 400 {
		t.Errorf("only %d variables", len(seen))
	}
}

func TestSettingsOfTheEnvironment(t *testing.T) {
	env := map[string]string{
		"ENABLE_SIGNUP": "1", "ENABLE_API_KEYS": "TRUE", "ENABLE_API_KEYS_ENDPOINT_RESTRICTIONS": "garbage", "JWT_EXPIRES_IN": "1h",
		"OLLAMA_BASE_URLS": "http://a;http://b", "OAUTH_ALLOWED_ROLES": "x, y", "RAG_TOP_K": "7", "ENABLE_CHANNELS": "",
		"RAG_FILE_MAX_SIZE": "", "OLLAMA_API_CONFIGS": `{"0":{"enable":true}}`, "USER_PERMISSIONS_FEATURES_API_KEYS": "True",
		"USER_PERMISSIONS_CHAT_DELETE": "off",
	}
	p := &program{env: Environment{Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}}
	got, err := p.settings()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"ui.enable_signup": "false", "auth.enable_api_keys": "true", "auth.api_key.endpoint_restrictions": "true", "auth.jwt_expiry": `"1h"`,
		"ollama.base_urls": `["http://a","http://b"]`, "oauth.allowed_roles": `["x","y"]`, "rag.top_k": "7", "channels.enable": "false",
		"ollama.api_configs": `{"0":{"enable":true}}`,
	} {
		if got[key].String() != want {
			t.Errorf("%s is %s, want %s", key, got[key], want)
		}
	}
	perms := got[permissionsKey]
	for path, want := range map[string]string{"features.api_keys": "true", "chat.delete": "false", "chat.edit": "true"} {
		group, member, _ := strings.Cut(path, ".")
		if v := perms.Member(group).Member(member).String(); v != want {
			t.Errorf("%s is %s, want %s", path, v, want)
		}
	}
	for name, value := range map[string]string{"RAG_TOP_K": "many", "OLLAMA_API_CONFIGS": "x"} {
		env = map[string]string{name: value}
		if _, err := p.settings(); err == nil || !strings.Contains(err.Error(), name) ||
			strings.Contains(err.Error(), value+" ") {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}
