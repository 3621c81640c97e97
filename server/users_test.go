package server_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func TestUserPictures(t *testing.T) {
	a := local(t)
	token := a.admin()
	u, err := a.store.Users.GetByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/users/" + u.ID + "/profile/image"
	set := func(url string) {
		t.Helper()
		if _, err := a.store.Users.Update(t.Context(), store.Program(), u.ID,
			func(u *model.User) error { u.ProfileImageURL = &url; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	picture := []byte("\x89PNG\r\n\x1a\n...")
	encoded := base64.StdEncoding.EncodeToString(picture)
	for url, want := range map[string]string{"": "image/png", "/user.png": "image/png",
		"data:image/PNG;base64," + encoded: "image/png",
		"data:image/gif;base64," + encoded: "image/gif", "data:image/svg+xml;base64," + encoded: "image/png",
		"data:image/png;base64,!": "image/png",
		"javascript:x":            "image/png"} {
		set(url)
		got := a.call("GET", path, nil, token).is(200, "")
		if ct := got.Header().Get("Content-Type"); ct != want || got.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%.30s: %s", url, ct)
		}
		own := strings.Contains(url, encoded) && !strings.Contains(url, "svg")
		if bytes.Equal(got.Body.Bytes(), picture) != own {
			t.Errorf("%.30s: other bytes", url)
		}
	}
	set("https://example.com/a.png")
	if got := a.call("GET", path, nil, token); got.Code != 302 ||
		got.Header().Get("Location") != "https://example.com/a.png" {
		t.Errorf("%d to %s", got.Code, got.Header().Get("Location"))
	}
	a.call("GET", "/api/v1/users/none/profile/image", nil, token).says(400, "We could not find")
}

func TestUserVariables(t *testing.T) {
	a := local(t)
	a.admin()
	token := a.user("bob", model.RoleUser)
	const path = "/api/v1/users/user/variables/update"
	a.call("POST", path, `{"variables":{"a":"x\r\ny","b_1":""}}`, token).says(200, `{"variables":{"a":"x\ny","b_1":""}}`)
	a.call("POST", path, `{"variables":{"a":1}}`, token).is(400, "User variable must be a string: a")
	a.call("POST", path, `{"variables":{"A":"x"}}`, token).is(400, "Invalid user variable key: A")
	a.call("POST", path, map[string]any{"variables": map[string]string{"a": strings.Repeat("ä", 20_001)}}, token).is(400, "User variable is too long: a")
	many := map[string]string{}
	for _, name := range strings.Split("abcdef", "") {
		many[name] = strings.Repeat("x", 19_000)
	}
	a.call("POST", path, map[string]any{"variables": many}, token).is(400, "User variables are too large.")
	a.call("POST", path, `{"variables":[]}`, token).is(422, "")
	a.call("GET", "/api/v1/users/user/variables", nil, token).says(200, `"a":"x\ny"`)
	a.call("POST", path, `{}`, token).says(200, `{"variables":{}}`)
	a.call("GET", "/api/v1/users/user/variables", nil, token).says(200, `{"variables":{}}`)
}

func TestDefaultPermissions(t *testing.T) {
	a := local(t)
	admin := a.admin()
	token := a.user("bob", model.RoleUser)
	const path = "/api/v1/users/default/permissions"
	a.call("POST", path, `{"workspace":{"models":true,"new":true},"sharing":{},"access_grants":{"allow_users":"no"},"chat":{"import":0},"features":{},"settings":{}}`, admin).
		says(200, `"allow_users":false`)
	got := a.call("GET", path, nil, admin).is(200, "").Body.String()
	for _, part := range []string{`"models":true`, `"import":false`, `"share":true`, `"allow_users":false`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s is missing in %s", part, got)
		}
	}
	if strings.Contains(got, "new") {
		t.Errorf("a name that there is not: %s", got)
	}
	a.call("GET", "/api/v1/users/permissions", nil, token).says(200, `"import":false`)
	a.call("GET", path+"/defaults", nil, admin).says(200, `"import":true`)
	a.call("POST", path, `{"workspace":{},"sharing":{},"access_grants":{},"chat":{},"features":{}}`, admin).says(422, "settings")
	a.call("POST", path, `{"workspace":{"models":null},"sharing":{},"access_grants":{},"chat":{},"features":{},"settings":{}}`, admin).says(422, "bool_type")
	a.call("POST", path, `{"workspace":1,"sharing":{},"access_grants":{},"chat":{},"features":{},"settings":{}}`, admin).says(422, "model_type")
	// What somebody has written there by hand is no permission.
	err := a.store.Config.Set(t.Context(),
		map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`{"workspace":{"models":"yes"},"chat":7}`)})
	if err != nil {
		t.Fatal(err)
	}
	a.call("GET", path, nil, admin).says(200, `"models":false`)
}

func TestAdminsChangeUsers(t *testing.T) {
	a := local(t)
	admin := a.admin()
	token := a.user("bob", model.RoleUser)
	u, err := a.store.Users.GetByEmail(t.Context(), "bob@example.com")
	if err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/users/" + u.ID
	a.call("POST", path+"/update", `{"email":"ada@example.com"}`, admin).says(400, "already registered")
	a.call("POST", path+"/update", `{"password":"`+strings.Repeat("x", 73)+`"}`, admin).says(400, "72 bytes")
	a.call("POST", path+"/update", `{"profile_image_url":"javascript:x"}`, admin).says(422, "Invalid profile image URL")
	a.call("POST", path+"/update", `{"role":"root"}`, admin).is(400, "")
	a.call("POST", "/api/v1/users/none/update", `{}`, admin).says(400, "We could not find")
	a.call("POST", "/api/v1/users/none/sessions/revoke", nil, admin).is(404, "User not found.")
	a.call("GET", "/api/v1/users/none/preview", nil, admin).is(404, "")
	a.call("POST", path+"/sessions/revoke", nil, admin).is(200, "")
	a.call("GET", "/api/v1/auths/", nil, token).is(401, "")
	a.call("POST", path+"/update", `{"password":"new","email":"Bob3@example.com"}`, admin).is(200, "")
	token = a.token("signin", map[string]any{"email": "bob3@example.com", "password": "new"})
	a.call("DELETE", path, nil, admin).is(200, "")
	a.call("GET", "/api/v1/auths/", nil, token).is(401, "")
}

func TestUsage(t *testing.T) {
	a := local(t)
	a.admin()
	token := a.user("bob", model.RoleUser)
	const path = "/api/v1/users/usage"
	a.call("GET", path, nil, token).says(200, `"top_tools":[]`)
	a.call("GET", path+"?days=6", nil, token).says(422, "greater than or equal to 7")
	a.call("GET", path+"?days=733", nil, token).says(422, "less than or equal to 732")
	a.call("GET", path+"?start_date=2&end_date=1", nil, token).is(400, "start_date must be before end_date")
	a.call("GET", path+"?days=7", nil, token).says(200, `"days":7`)
}
