package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
)

// access is how a route answers: nobody, a pending user, a user with things of
// their own, another user and an admin with the first user's things.
type access struct{ anonymous, pending, owner, other, admin int }

// The usual doors.
var (
	openToAll = access{200, 200, 200, 200, 200}
	forSigned = access{401, 200, 200, 200, 200}
	forUsers  = access{401, 401, 200, 200, 200}
)

// matrix says for every route who may use it.
var matrix = map[string]access{
	"GET /":             openToAll,
	"GET /openapi.json": openToAll,
	"GET /health":       openToAll,
	"GET /health/db":    openToAll,
	"GET /ready":        openToAll,
	"GET /api/version":  openToAll,
	"GET /api/config":   openToAll,

	"GET /api/v1/auths/":                 forSigned,
	"POST /api/v1/auths/signup":          {403, 403, 403, 403, 403}, // it is closed
	"POST /api/v1/auths/signin":          openToAll,
	"POST /api/v1/auths/signout":         openToAll,
	"POST /api/v1/auths/add":             {401, 401, 401, 401, 200},
	"POST /api/v1/auths/update/profile":  forUsers,
	"POST /api/v1/auths/update/password": {401, 400, 400, 400, 400}, // the old password is wrong
	"POST /api/v1/auths/update/timezone": forSigned,
	"GET /api/v1/auths/api_key":          {401, 404, 404, 404, 404},
	"POST /api/v1/auths/api_key":         {401, 403, 403, 403, 200}, // users lack the permission
	"DELETE /api/v1/auths/api_key":       forSigned,

	"GET /api/v1/users/user/settings":         forUsers,
	"POST /api/v1/users/user/settings/update": forUsers,

	"GET /api/v1/chats/":        forUsers,
	"GET /api/v1/chats/list":    forUsers,
	"DELETE /api/v1/chats/":     forUsers,
	"POST /api/v1/chats/new":    forUsers,
	"GET /api/v1/chats/{id}":    {401, 401, 200, 401, 200},
	"POST /api/v1/chats/{id}":   {401, 401, 200, 401, 401},
	"DELETE /api/v1/chats/{id}": {401, 401, 200, 404, 200},

	"GET /api/v1/notes/":                    forUsers,
	"GET /api/v1/notes/pinned":              forUsers,
	"GET /api/v1/notes/search":              forUsers,
	"POST /api/v1/notes/create":             forUsers,
	"GET /api/v1/notes/{id}":                {401, 401, 200, 403, 200},
	"POST /api/v1/notes/{id}/update":        {401, 401, 200, 403, 200},
	"POST /api/v1/notes/{id}/access/update": {401, 401, 200, 403, 200},
	"POST /api/v1/notes/{id}/pin":           {401, 401, 200, 403, 200},
	"DELETE /api/v1/notes/{id}/delete":      {401, 401, 200, 403, 200},
}

// bodies are what is sent with requests that take something.
var bodies = map[string]string{
	"POST /api/v1/auths/signup":               `{"name":"x","email":"new@example.com","password":"x"}`,
	"POST /api/v1/auths/signin":               `{"email":"owner@example.com","password":"pw-owner"}`,
	"POST /api/v1/auths/add":                  `{"name":"x","email":"added@example.com","password":"x"}`,
	"POST /api/v1/auths/update/profile":       `{"name":"x","profile_image_url":"/x.png"}`,
	"POST /api/v1/auths/update/password":      `{"password":"wrong","new_password":"x"}`,
	"POST /api/v1/auths/update/timezone":      `{"timezone":"UTC"}`,
	"POST /api/v1/users/user/settings/update": `{"ui":{}}`,
	"POST /api/v1/chats/new":                  `{"chat":{}}`,
	"POST /api/v1/chats/{id}":                 `{"chat":{}}`,
	"POST /api/v1/notes/create":               `{"title":"x"}`,
	"POST /api/v1/notes/{id}/update":          `{"title":"x"}`,
	"POST /api/v1/notes/{id}/access/update":   `{"access_grants":[]}`,
}

// world is an app with somebody of every role.
type world struct {
	*app
	tokens map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{app: local(t)}
	w.tokens = map[string]string{"anonymous": "", "admin": w.admin(), "pending": w.user("pending", model.RolePending),
		"owner": w.user("owner", model.RoleUser), "other": w.user("other", model.RoleUser)}
	err := w.store.Config.Set(t.Context(), map[string]jsonvalue.JSON{"auth.enable_api_keys": jsonvalue.Text("true")})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// made makes a thing of the owner below a path, and returns its id.
func (w *world) made(path string) string {
	w.t.Helper()
	form := map[string][2]string{
		"/api/v1/chats/": {"new", `{"chat":{"title":"x"}}`},
		"/api/v1/notes/": {"create", `{"title":"x","data":{"content":{"md":"x"}}}`},
	}
	for prefix, f := range form {
		if strings.HasPrefix(path, prefix) {
			var x struct{ ID string }
			w.call("POST", prefix+f[0], f[1], w.tokens["owner"]).is(200, "").into(&x)
			return x.ID
		}
	}
	w.t.Fatalf("the test has nothing to make below %s", path)
	return ""
}

// real is a path of the table with ids of things that exist.
func (w *world) real(path string) string {
	w.t.Helper()
	if strings.Contains(path, "{id}") {
		path = strings.ReplaceAll(path, "{id}", w.made(path))
	}
	return path
}

func TestWhoMayUseWhichRoute(t *testing.T) {
	w := newWorld(t)
	listed := map[string]bool{}
	for _, rt := range w.srv.RouteTable() {
		listed[rt] = true
		want, ok := matrix[rt]
		if !ok {
			t.Errorf("%s is not in the matrix", rt)
			continue
		}
		method, path, _ := strings.Cut(rt, " ")
		for role, status := range map[string]int{"anonymous": want.anonymous, "pending": want.pending, "owner": want.owner, "other": want.other, "admin": want.admin} {
			t.Run(fmt.Sprintf("%s as %s", rt, role), func(t *testing.T) {
				var body any
				if b := bodies[rt]; b != "" {
					body = b
				}
				if got := w.call(method, w.real(path), body, w.tokens[role]); got.Code != status {
					t.Errorf("status %d, want %d: %.200s", got.Code, status, got.Body)
				}
			})
		}
	}
	for rt := range matrix {
		if !listed[rt] {
			t.Errorf("%s is in the matrix and not served", rt)
		}
	}
}
