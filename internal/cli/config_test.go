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
		if code, _, errs := larder(t, "config", "set", "ui.watermark", "W", "channels.enable", "false", "--database-url", db.URL); code != 0 {
			t.Fatal(errs)
		}
		sees(`"ENABLE_CHANNELS":false`)
		one.send("POST", "/api/v1/configs/import", tok, `{"config":{"ui.watermark":"X"}}`, 200)
		sees(`"RESPONSE_WATERMARK":"X"`)
		if code, out, errs := larder(t, "config", "list", "ui.watermark", "--database-url", db.URL); code != 0 || !strings.Contains(out, `"X"`) {
			t.Errorf("%d %s %s", code, out, errs)
		}
		one.stop()
		two.stop()
	})
}
