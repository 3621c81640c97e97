package server_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/jsonvalue"
)

// What cannot be a password is refused, not turned into another one.
func TestPasswordsWithNUL(t *testing.T) {
	a := local(t)
	const nul = "A password cannot contain the character NUL."
	a.call("POST", "/api/v1/auths/signup", `{"name":"A","email":"ada@example.com","password":"a\u0000b"}`).is(400, nul)
	token := a.admin()
	a.call("POST", "/api/v1/auths/signin", `{"email":"ada@example.com","password":"pw-ada\u0000"}`).is(400, nul)
	a.call("POST", "/api/v1/auths/add", `{"name":"B","email":"b@example.com","password":"a\\\u0000b"}`, token).is(400, nul)
	a.call("POST", "/api/v1/auths/update/password", `{"password":"pw-ada","new_password":"\u0000"}`, token).is(400, nul)
	a.call("POST", "/api/v1/auths/add", `{"name":"B","email":"b@example.com","password":"a\\u0000b"}`, token).is(200, "") // a backslash, and text
	a.call("POST", "/api/v1/auths/signin", `{"email":"b@example.com","password":"a\\u0000b"}`).is(200, "")
	a.call("POST", "/api/v1/auths/add", fmt.Sprintf(`{"name":"C","email":"c@example.com","password":%q}`, strings.Repeat("x", 73)), token).is(400, "")
}

// What is wrong with a request does not go back as a whole, and never with a
// password in it.
func TestFaultsDoNotEcho(t *testing.T) {
	a := local(t)
	token := a.admin()
	for path, body := range map[string]string{
		"/api/v1/auths/add":             `{"password":"hunter2","name":1}`,
		"/api/v1/auths/update/password": `{"password":"hunter2"}`,
		"/api/v1/auths/signin":          `{"password":"hunter2"}`,
		// Forms that hold no password, and are sent one; values that are secrets themselves.
		"/api/v1/auths/update/profile":              `{"name":5,"Password":"hunter2"}`,
		"/api/v1/auths/update/timezone":             `{"password" : "hunter2"}`,
		"/api/v1/auths/oauth/google/token/exchange": `{"token":["hunter2"]}`,
		"/api/v1/configs/tool_servers":              `{"TOOL_SERVER_CONNECTIONS":[{"key":1,"config":{"api_key":"hunter2"}}],"client_secret":"hunter2"}`,
		"/api/v1/configs/code_execution":            `{"CODE_EXECUTION_JUPYTER_AUTH_TOKEN":["hunter2"]}`,
		"/api/v1/notes/create":                      `{"data":{"apiKey":"hunter2"}}`,
		"/api/v1/auths/admin/config":                `{"auth":{"client_secret":"hunter2"}}`,
	} {
		if w := a.call("POST", path, body, token).is(422, ""); strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s answers %s", path, w.Body)
		}
	}
	junk := strings.Repeat("x", 200<<10)
	for path, body := range map[string]string{
		"/api/v1/chats/new":            `{"x":"` + junk + `"}`,
		"/api/v1/auths/update/profile": `{"name":"A","profile_image_url":"` + junk + `"}`,
	} {
		if w := a.call("POST", path, body, token).is(422, ""); w.Body.Len() > 4<<10 {
			t.Errorf("%s answers %d bytes", path, w.Body.Len())
		}
	}
}

// The address of a picture leads to a picture, and to nothing that a browser runs.
func TestPicturesArePictures(t *testing.T) {
	a := local(t)
	token := a.admin()
	data := func(kind, bytes string) string {
		return "data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString([]byte(bytes))
	}
	set := func(url string, status int) {
		t.Helper()
		a.call("POST", "/api/v1/auths/update/profile", map[string]any{"name": "A", "profile_image_url": url}, token).
			is(status, "")
	}
	for _, url := range []string{"", "/user.png", "/favicon.png", "/static/favicon.png", "/api/v1/users/x/profile/image",
		"https://example.com/a.png?x=1", "http://example.com/a",
		data("png", "\x89PNG\r\n\x1a\n..."), data("jpeg", "\xff\xd8\xff\xe0"), data("gif", "GIF89a"), data("webp",
			"RIFFxxxxWEBP"), "DATA:IMAGE/PNG;base64,iVBORw0K"} {
		set(url, 200)
	}
	for _, url := range []string{"javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)",
		" javascript:alert(1)", "data:text/html,<script>", "data:text/html;base64,AAAA",
		data("svg+xml", "<svg onload=alert(1)>"), data("png",
			"<svg>"), "data:image/png;base64,!!!", "data:image/png,x", "//evil.example/x", `/\evil.example/x`, "vbscript:x",
		"file:///etc/passwd", "/api/v1/files/x/content", "/x.png", "/api/v1/users/x/profile/image?y", "/api/v1/auths/signout",
		"blob:x", "user.png", "https://", "https://u:p@example.com/", strings.Repeat("x", 1<<19),
		"/" + strings.Repeat("x", 4<<10), data("png", "\x89PNG\r\n"+strings.Repeat("x", 600<<10))} {
		set(url, 422)
		a.call("POST", "/api/v1/auths/add", map[string]any{"name": "B", "email": "b@example.com", "password": "pw",
			"profile_image_url": url}, token).is(422, "")
	}
}

// A setting that is not one lets nobody sign up, and the page is told the same.
func TestSettingsFailClosed(t *testing.T) {
	a := local(t)
	a.admin()
	for i, v := range []string{"0", `"false"`, "null", `"garbage"`, "{}", "false"} {
		if err := a.store.Config.Set(t.Context(),
			map[string]jsonvalue.JSON{"ui.enable_signup": jsonvalue.Text(v)}); err != nil {
			t.Fatal(err)
		}
		a.call("POST", "/api/v1/auths/signup", fmt.Sprintf(`{"name":"B","email":"b%d@example.com","password":"pw"}`,
			i)).is(403, "")
		var c struct{ Features map[string]any }
		a.call("GET", "/api/config", nil).is(200, "").into(&c)
		if c.Features["enable_signup"] != false {
			t.Errorf("%s: the page is told %v", v, c.Features["enable_signup"])
		}
	}
}
