package cli_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

// Every server on a database sees what one of them, or the command line, has
// changed, with its next request.
func TestServersSeeSettingsAtOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		dir := t.TempDir()
		env := []string{"ENABLE_CHANNELS=true", "WEBUI_SECRET_KEY=the same on both"}
		args := []string{"--data-dir", dir, "--database-url", db.URL}
		one := start(t, env, args...)
		tok := token(t, one.send("POST", "/api/v1/auths/signup", "", ada, 200))
		two := start(t, env, args...)
		const path = "/api/v1/auths/admin/config"
		sees := func(part string) {
			t.Helper()
			for _, p := range []*process{one, two} {
				if got := p.send("GET", path, tok, "", 200); !strings.Contains(got, part) {
					t.Errorf("%s is not in %s", part, got)
				}
			}
		}
		sees(`"ENABLE_CHANNELS":true`)
		if code, _, errs := larder(t, "config", "set", "ui.watermark", "W", "channels.enable", "false", "--database-url",
			db.URL); code != 0 {
			t.Fatal(errs)
		}
		sees(`"ENABLE_CHANNELS":false`)
		one.send("POST", "/api/v1/configs/import", tok, `{"config":{"ui.watermark":"X"}}`, 200)
		sees(`"RESPONSE_WATERMARK":"X"`)
		if code, out, errs := larder(t, "config", "list", "ui.watermark", "--database-url", db.URL); code != 0 ||
			!strings.Contains(out, `"X"`) {
			t.Errorf("%d %s %s", code, out, errs)
		}
		one.stop()
		two.stop()
	})
}

// With ENABLE_PERSISTENT_CONFIG=false the environment wins over what is stored,
// and what is stored stays for when it is on again.
func TestServeLeavesStoredSettingsAlone(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		args := []string{"--data-dir", t.TempDir(), "--database-url", db.URL}
		sees := func(p *process, tok string, parts ...string) {
			t.Helper()
			for _, part := range parts {
				if got := p.send("GET", "/api/v1/auths/admin/config", tok, "", 200); !strings.Contains(got, part) {
					t.Errorf("%s is not in %s", part, got)
				}
			}
		}
		env := []string{"ENABLE_CHANNELS=false", "ENABLE_SIGNUP=true", "USER_PERMISSIONS_CHAT_DELETE=false",
			"WEBUI_SECRET_KEY=the same"}
		one := start(t, env, args...)
		tok := token(t, one.send("POST", "/api/v1/auths/signup", "", ada, 200))
		stored := `{"config":{"ui.watermark":"W","channels.enable":true,"ui.default_user_role":"user","ui.enable_signup":true,"user.permissions":{"chat":{"delete":true}}}}`
		one.send("POST", "/api/v1/configs/import", tok, stored, 200)
		sees(one, tok, `"ENABLE_CHANNELS":true`, `"RESPONSE_WATERMARK":"W"`)
		bo := token(t, one.send("POST", "/api/v1/auths/signup", "",
			`{"name":"Bo","email":"bo@example.com","password":"pw-bo"}`, 200))
		mayDelete := func(p *process, want string) {
			t.Helper()
			if got := p.send("GET", "/api/v1/users/permissions", bo, "", 200); !strings.Contains(got, `"delete":`+want+`,`) {
				t.Errorf("the permissions are %s", got)
			}
		}
		mayDelete(one, "true")
		one.stop()

		fixed := start(t, append(env, "ENABLE_PERSISTENT_CONFIG=False"), args...)
		sees(fixed, tok, `"ENABLE_CHANNELS":false`, `"RESPONSE_WATERMARK":""`, `"DEFAULT_USER_ROLE":"pending"`)
		mayDelete(fixed, "false")
		// What an admin changes is stored, and does not count either.
		fixed.send("POST", "/api/v1/configs/import", tok, `{"config":{"ui.watermark":"V"}}`, 200)
		sees(fixed, tok, `"RESPONSE_WATERMARK":""`)
		fixed.stop()

		again := start(t, env, args...)
		sees(again, tok, `"ENABLE_CHANNELS":true`, `"RESPONSE_WATERMARK":"V"`, `"DEFAULT_USER_ROLE":"user"`)
		mayDelete(again, "true")
		again.stop()
	})
}
