package server_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

// A document that one engine does not hold is answered with the limit; nobody
// learns of it by an Internal Server Error.
func TestDocumentsBeyondALimitAreRefusedByName(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		token := a.admin()
		c := a.chat(token, `{"title":"x"}`)
		nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
		for i, extra := range []string{nested(28), nested(31), nested(32), nested(99), nested(101), nested(1001), "1e308",
			"1e400", "-1e309"} {
			chat := `{"title":"y","extra":` + extra +
				`,"history":{"messages":{"m":{"id":"m","role":"user","content":"hi","extra":` + extra + `}},"currentId":"m"}}`
			for path, body := range map[string]string{
				"/api/v1/chats/new":                     `{"chat":` + chat + `}`,
				"/api/v1/chats/" + c.ID:                 `{"chat":` + chat + `}`,
				"/api/v1/chats/" + c.ID + "/messages/m": `{"content":"x","extra":` + extra + `}`,
				"/api/v1/users/user/settings/update":    `{"ui":{"x":` + extra + `}}`,
				"/api/v1/notes/create":                  `{"title":"n","data":{"x":` + extra + `}}`,
				"/api/v1/folders/":                      `{"name":"f` + strconv.Itoa(i) + `","data":{"x":` + extra + `}}`,
			} {
				w := a.call("POST", path, body, token)
				named := strings.Contains(w.Body.String(), "levels deep") || strings.Contains(w.Body.String(), "1.8e308")
				if w.Code >= 500 || w.Code == 413 && !named {
					t.Errorf("%s with %.30s: %d %s", path, extra, w.Code, w.Body)
				}
			}
		}
	})
}
