package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/server"
	"github.com/larder-db/larder/store"
)

// local is an app on one engine, for what does not depend on which.
func local(t *testing.T) *app {
	t.Helper()
	return newApp(t, enginetest.Open(t, testdb.Memory(t).URL, engine.Options{}))
}

func TestPathsAndMethods(t *testing.T) {
	a := local(t)
	token := a.admin()
	for _, c := range []struct {
		method, path string
		status       int
		detail       string
	}{
		{"GET", "/api/v1/nothing-here", 404, "Not Found"},
		{"POST", "/api/nope", 404, "Not Found"},
		{"GET", "/nope", 404, "Not Found"},
		{"PUT", "/api/v1/chats/new", 405, "Method Not Allowed"},
		{"PATCH", "/api/v1/chats/some-id", 405, "Method Not Allowed"},
		{"POST", "/health", 405, "Method Not Allowed"},
		{"GET", "/api/v1/chats/new", 401, "We could not find what you're looking for :/"}, // a chat called new
		{"GET", "/api/v1/chats/%2e%2e", 401, "We could not find what you're looking for :/"},
		{"GET", "/api/v1/chats/%00", 401, "We could not find what you're looking for :/"},
		{"DELETE", "/api/v1/chats/%ff", 404, "We could not find what you're looking for :/"},
		{"GET", "/api/v1/chats/" + strings.Repeat("x", 2000), 401, "We could not find what you're looking for :/"},
		{"GET", "/api/v1/chats/a%2Fb", 401, "We could not find what you're looking for :/"},
	} {
		w := a.call(c.method, c.path, nil, token).is(c.status, c.detail)
		if ct := w.Header().Get("Content-Type"); ct != "application/json" {
			t.Errorf("%s %s: content type %q", c.method, c.path, ct)
		}
	}
	if allow := a.call("PUT", "/api/v1/chats/new", nil, token).Header().Get("Allow"); !strings.Contains(allow, "POST") {
		t.Errorf("Allow is %q", allow)
	}
	w := a.call("GET", "/api/v1/chats?page=2", nil, token)
	if w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != "/api/v1/chats/?page=2" {
		t.Errorf("without the slash at the end: %d %s", w.Code, w.Header().Get("Location"))
	}
	a.call("HEAD", "/health", nil).is(200, "")
}

func TestTheFirstPage(t *testing.T) {
	a := local(t)
	w := a.call("GET", "/", nil).is(200, "")
	for _, want := range []string{"text/html", "SQLite 3", "0bd252b206fb", "/openapi.json", "ready"} {
		if !strings.Contains(w.Header().Get("Content-Type")+w.Body.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	a.probe.set(`broken <script>`, nil)
	if body := a.call("GET", "/", nil).
		is(200, "").Body.String(); !strings.Contains(body, "not ready: broken &lt;script&gt;") {
		t.Errorf("the page does not say what is wrong: %s", body)
	}
}

func TestWhoMayComeIn(t *testing.T) {
	a := local(t)
	admin, pending := a.admin(), a.user("pete", model.RolePending)
	const notAllowed = "You do not have permission to access this resource. Please contact your administrator for assistance."
	for _, bad := range []string{"x", "sk-\xff", "a.b.c", "eyJhbGciOiJub25lIn0.eyJpZCI6IjEiLCJ0eXAiOiJzZXNzaW9uIn0.",
		admin + "x", admin[:len(admin)-2], strings.Repeat("x", 5000)} {
		a.call("GET", "/api/v1/auths/", nil, bad).is(401, "401 Unauthorized")
	}
	a.call("GET", "/api/v1/auths/", nil).is(401, "Not authenticated")
	a.call("GET", "/api/v1/auths/", nil, "Authorization: Basic x").is(401, "Not authenticated")
	a.call("GET", "/api/v1/auths/", nil, "Authorization: Bearer ").is(401, "Not authenticated")
	a.call("GET", "/api/v1/auths/", nil, "Authorization: bearer "+admin).is(200, "")
	a.call("GET", "/api/v1/auths/", nil, "Cookie: token="+admin).is(200, "")
	a.call("GET", "/api/v1/auths/", nil, "x-api-key: "+admin).is(200, "")
	a.call("GET", "/api/v1/auths/", nil, pending).is(200, "")
	a.call("GET", "/api/v1/chats/", nil, pending).is(401, notAllowed)
	bob := a.user("bob", model.RoleUser)
	a.call("POST", "/api/v1/auths/add", map[string]any{"name": "x", "email": "x@example.com", "password": "x"}, bob).is(401, notAllowed)
	a.call("POST", "/api/v1/auths/add", map[string]any{"name": "x", "email": "x@example.com", "password": "x", "role": "root"}, admin).is(400, "The role must be pending, user or admin.")
}

func TestATokenEndsWithItsSessionAndItsTime(t *testing.T) {
	a := local(t)
	token := a.admin()
	var s struct {
		ID        string `json:"id"`
		ExpiresAt *int64 `json:"expires_at"`
	}
	a.call("GET", "/api/v1/auths/", nil, token).is(200, "").into(&s)
	if left := time.Until(time.Unix(*s.ExpiresAt, 0)); left < 27*24*time.Hour || left > 28*24*time.Hour {
		t.Errorf("the token lives for %v", left)
	}
	if err := a.store.Auths.EndSessions(t.Context(), store.Program(), s.ID); err != nil {
		t.Fatal(err)
	}
	a.call("GET", "/api/v1/auths/", nil, token).is(401, "401 Unauthorized")

	set := func(life string) {
		if err := a.store.Config.Set(t.Context(),
			map[string]jsonvalue.JSON{"auth.jwt_expiry": jsonvalue.Text(`"` + life + `"`)}); err != nil {
			t.Fatal(err)
		}
	}
	form := map[string]any{"email": "ada@example.com", "password": "pw-ada"}
	set("-1")
	var out struct {
		Token     string `json:"token"`
		ExpiresAt *int64 `json:"expires_at"`
	}
	w := a.call("POST", "/api/v1/auths/signin", form).is(200, "").into(&out)
	if out.ExpiresAt != nil || strings.Contains(w.Header().Get("Set-Cookie"), "Expires") {
		t.Errorf("a token for ever expires at %v: %s", out.ExpiresAt, w.Header().Get("Set-Cookie"))
	}
	a.call("GET", "/api/v1/auths/", nil, out.Token).is(200, "")
	set("1s")
	a.call("POST", "/api/v1/auths/signin", form).is(200, "").into(&out)
	if out.ExpiresAt == nil {
		t.Fatal("a token of a second never expires")
	}
	time.Sleep(time.Until(time.Unix(*out.ExpiresAt+1, 0)))
	a.call("GET", "/api/v1/auths/", nil, out.Token).is(401, "401 Unauthorized")
	set("soon") // cannot be read: four weeks
	a.call("POST", "/api/v1/auths/signin", form).is(200, "").into(&out)
	if out.ExpiresAt == nil || time.Until(time.Unix(*out.ExpiresAt, 0)) < 27*24*time.Hour {
		t.Errorf("with a setting that cannot be read the token expires at %v", out.ExpiresAt)
	}
}

func TestCookies(t *testing.T) {
	a := local(t)
	w := a.call("POST", "/api/v1/auths/signup", map[string]any{"name": "Ada", "email": "ada@example.com",
		"password": "pw"}).is(200, "")
	c := w.Result().Cookies()
	if len(c) != 1 || c[0].Name != "token" || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode ||
		c[0].Path != "/" || c[0].Secure {
		t.Errorf("the cookie is %v", c)
	}
	c = a.call("POST", "/api/v1/auths/signout", nil).is(200, "").Result().Cookies()
	if len(c) != 1 || c[0].Value != "" || c[0].MaxAge >= 0 {
		t.Errorf("signing out leaves %v", c)
	}
	secure := openApp(t, a.probe.eng, func(o *server.Options) { o.SecureCookie = true })
	c = secure.call("POST", "/api/v1/auths/signin", map[string]any{"email": "ada@example.com", "password": "pw"}).
		is(200, "").Result().Cookies()
	if !c[0].Secure {
		t.Error("the cookie is not for HTTPS only")
	}
}

func TestFormsThatAreWrong(t *testing.T) {
	a := local(t)
	token := a.admin()
	for _, c := range []struct{ path, body, want string }{
		{"/api/v1/chats/new", ``, `[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]`},
		{"/api/v1/chats/new", `[1]`, `[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[1]}]`},
		{"/api/v1/chats/new", `null`, `[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":null}]`},
		{"/api/v1/chats/new", `{"chat":null}`, `[{"type":"dict_type","loc":["body","chat"],"msg":"Input should be a valid dictionary","input":null}]`},
		{"/api/v1/chats/new", `{"chat":{},"folder_id":7,"variables":[]}`, `[{"type":"dict_type","loc":["body","variables"],"msg":"Input should be a valid dictionary","input":[]},{"type":"string_type","loc":["body","folder_id"],"msg":"Input should be a valid string","input":7}]`},
		{"/api/v1/chats/new", `{"é":1,}`, `[{"type":"json_invalid","loc":["body",6],"msg":"JSON decode error","input":{},"ctx":{"error":"Illegal trailing comma before end of object"}}]`},
		{"/api/v1/chats/new", `{"chat":{}} x`, `[{"type":"json_invalid","loc":["body",12],"msg":"JSON decode error","input":{},"ctx":{"error":"Extra data"}}]`},
		{"/api/v1/auths/update/profile", `{"name":"x"}`, `[{"type":"missing","loc":["body","profile_image_url"],"msg":"Field required","input":{"name":"x"}}]`},
	} {
		var got struct{ Detail json.RawMessage }
		a.call("POST", c.path, c.body, token).is(422, "").into(&got)
		if string(got.Detail) != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.path, c.body, got.Detail, c.want)
		}
	}
	for _, body := range []string{``, `{`, `[]`, `{"email":1,"password":"x"}`, `{"email":"a@example.com"}`} {
		a.call("POST", "/api/v1/auths/signin", body).is(422, "Invalid authentication request.")
		a.call("POST", "/api/v1/auths/signup", body).is(422, "Invalid authentication request.")
	}
	a.call("POST", "/api/v1/chats/new", "{\"chat\":{\"a\":\"\xff\"}}", token).is(400, "There was an error parsing the body")
	a.call("GET", "/api/v1/chats/?include_pinned=maybe", nil, token).is(422, "")
	a.call("GET", "/api/v1/chats/?sort_by=chat", nil, token).is(400, "")
	a.call("GET", "/api/v1/chats/?sort_by=title&sort_dir=asc&include_pinned=1&include_folders=true&page=+1", nil, token).is(200, "")
	a.call("GET", "/api/v1/chats/?page=99999999999999999999", nil, token).is(422, "")
	a.call("POST", "/api/v1/chats/new", `{"chat":{},"folder_id":"nope"}`, token).is(404, "We could not find what you're looking for :/")
}

func TestPasswords(t *testing.T) {
	a := local(t)
	token := a.admin()
	long := strings.Repeat("x", 73)
	a.call("POST", "/api/v1/auths/add", map[string]any{"name": "x", "email": "x@example.com", "password": long},
		token).is(400,
		"Uh-oh! The password you entered is too long. Please make sure your password is less than 72 bytes long.")
	a.call("POST", "/api/v1/auths/update/password", map[string]any{"password": "wrong", "new_password": "y"}, token).is(400, "The password provided is incorrect. Please check for typos and try again.")
	a.call("POST", "/api/v1/auths/update/password", map[string]any{"password": "pw-ada", "new_password": long}, token).is(400, "")
	if got := a.call("POST", "/api/v1/auths/update/password", map[string]any{"password": "pw-ada",
		"new_password": "new pw"}, token).is(200, "").decode(); got != true {
		t.Errorf("the answer is %v", got)
	}
	a.call("GET", "/api/v1/auths/", nil, token).is(401, "401 Unauthorized") // a new password ends sessions
	a.token("signin", map[string]any{"email": "ada@example.com", "password": "new pw"})
}

func TestChats(t *testing.T) {
	a := local(t)
	ada := a.admin()
	bob, eve := a.user("bob", model.RoleUser), a.user("eve", model.RoleUser)
	c := a.chat(bob, `{"title":"\"chat\":{} T 👩‍🚀","big":12345678901234567890,"f":1.0,"html":"<b>&amp;</b>"}`)
	if want := `{"title":"\"chat\":{} T 👩‍🚀","big":12345678901234567890,"f":1.0,"html":"<b>&amp;</b>"}`; string(c.Chat) != want {
		t.Errorf("the document came back as %s, want %s", c.Chat, want)
	}
	path := "/api/v1/chats/" + c.ID
	const missing = "We could not find what you're looking for :/"
	a.call("GET", path, nil, eve).is(401, missing)
	a.call("POST", path, `{"chat":{"title":"x"}}`, eve).is(401, missing)
	a.call("POST", path, `{"chat":{"title":"x"}}`, ada).is(401, missing)
	a.call("DELETE", path, nil, eve).is(404, missing)
	a.call("GET", path, nil, ada).is(200, "")
	var got chatBody
	a.call("POST", path, `{"chat":{"title":"new"}}`, bob).is(200, "").into(&got)
	if got.Title != "new" || !strings.Contains(string(got.Chat), `"big":12345678901234567890`) {
		t.Errorf("the update answers %s %s", got.Title, got.Chat)
	}
	if err := a.store.Config.Set(t.Context(),
		map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`{"chat":{"delete":false}}`)}); err != nil {
		t.Fatal(err)
	}
	a.call("DELETE", path, nil, bob).is(401, "You do not have permission to access this resource. Please contact your administrator for assistance.")
	a.call("DELETE", "/api/v1/chats/", nil, bob).is(401, "")
	a.call("DELETE", path, nil, ada).is(200, "") // an admin may
	a.call("GET", path, nil, bob).is(401, missing)
}

// A document that cannot be read is shown and exported with what the rows of its messages
// say; what is stored stays as it is, and no other chat is kept back.
func TestAStoredDocumentThatIsBroken(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		token := a.admin()
		other := a.chat(token, `{"title":"another"}`)
		c := a.chat(token, `{"title":"Größe","history":{"currentId":"c","messages":{`+
			`"a":{"id":"a","role":"user","content":"a needle","parentId":null,"childrenIds":["b","c"],"timestamp":1700000000},`+
			`"b":{"id":"b","role":"assistant","content":"one","parentId":"a","childrenIds":[],"timestamp":1700000001,"model":"gpt"},`+
			`"c":{"id":"c","role":"assistant","content":["two"],"parentId":"a","childrenIds":[],"timestamp":1700000002,"done":false}}}}`)
		shown := []string{`"title":"Größe"`, `"currentId":"c"`, `"childrenIds":["b","c"]`, `"content":"a needle"`, `"model":"gpt"`,
			`"content":["two"]`, `"done":false`}
		broken := map[string][]string{`"needle"`: shown, `[1]`: shown}
		if eng.Dialect().Engine() == testdb.SQLite { // the others take JSON alone
			broken[`{"a":NaN,"b":"\u0000\ud83d"}`] = []string{`"chat":{"a":null,"b":"","share_mode":"continue"}`}
			broken[`{"title":`], broken[""] = shown, []string{`"chat":{`}
		}
		for stored, want := range broken {
			st := engine.Statement{SQL: fmt.Sprintf("UPDATE chat SET chat = '%s' WHERE id = '%s'", stored, c.ID), Write: true}
			if _, err := eng.Exec(t.Context(), st); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/api/v1/chats/" + c.ID, "/api/v1/chats/all", "/api/v1/chats/all/db"} {
				text := a.call("GET", path, nil, token).is(200, "").Body.String()
				for _, w := range want {
					if path != "/api/v1/chats/"+c.ID {
						w = strings.Replace(w, `,"share_mode":"continue"`, "", 1)
					}
					if !strings.Contains(text, w) {
						t.Errorf("%q is answered by %s without %s: %s", stored, path, w, text)
					}
				}
				if strings.Contains(path, "all") != strings.Contains(text, other.ID) {
					t.Errorf("%q: %s is answered by %s", stored, path, text)
				}
			}
			a.call("GET", "/api/v1/chats/search?text=needle", nil, token).says(200, c.ID)
			a.call("GET", "/api/v1/chats/", nil, token).says(200, other.ID)
		}
	})
}

func TestAPIKeys(t *testing.T) {
	a := local(t)
	ada, bob := a.admin(), a.user("bob", model.RoleUser)
	set := func(values map[string]string) {
		t.Helper()
		m := map[string]jsonvalue.JSON{}
		for k, v := range values {
			m[k] = jsonvalue.Text(v)
		}
		if err := a.store.Config.Set(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	a.call("POST", "/api/v1/auths/api_key", nil, ada).is(403, "API key creation is not allowed in the environment.")
	set(map[string]string{"auth.enable_api_keys": "true"})
	var k struct {
		Key string `json:"api_key"`
	}
	a.call("POST", "/api/v1/auths/api_key", nil, bob).is(403, "API key creation is not allowed in the environment.")
	a.call("POST", "/api/v1/auths/api_key", nil, ada).is(200, "").into(&k)
	a.call("GET", "/api/v1/chats/", nil, k.Key).is(200, "")
	a.call("GET", "/api/v1/chats/", nil, "x-api-key: "+k.Key).is(200, "")
	a.call("GET", "/api/v1/chats/", nil, "sk-0123").is(401, "401 Unauthorized")
	w := a.call("GET", "/api/v1/auths/", nil, k.Key).is(200, "")
	if w.Header().Get("Set-Cookie") != "" {
		t.Error("an API key became a cookie")
	}
	set(map[string]string{"auth.api_key.endpoint_restrictions": "true",
		"auth.api_key.allowed_endpoints": `"/api/v1/models, /api/v1/auths"`})
	a.call("GET", "/api/v1/chats/", nil, k.Key).is(403, "Use of API key is not enabled in the environment.")
	a.call("GET", "/api/v1/auths/", nil, k.Key).is(200, "")
	set(map[string]string{"auth.api_key.endpoint_restrictions": "false",
		"user.permissions": `{"features":{"api_keys":true}}`})
	a.call("POST", "/api/v1/auths/api_key", nil, bob).is(200, "").into(&k)
	a.call("GET", "/api/v1/chats/", nil, k.Key).is(200, "")
	set(map[string]string{"user.permissions": `{"features":{"api_keys":false}}`})
	a.call("GET", "/api/v1/chats/", nil, k.Key).is(403, "Use of API key is not enabled in the environment.")
	set(map[string]string{"auth.enable_api_keys": "false"})
	a.call("GET", "/api/v1/chats/", nil, k.Key).is(403, "Use of API key is not enabled in the environment.")
	if got := a.call("DELETE", "/api/v1/auths/api_key", nil, bob).is(200, "").decode(); got != true {
		t.Errorf("deleting answers %v", got)
	}
}

func TestStatementBudgets(t *testing.T) {
	a := local(t)
	token := a.admin()
	c := a.chat(token, `{"title":"x","history":{"messages":{"1":{"role":"user"}}}}`)
	for _, b := range []struct {
		n            int // one of a chat that is changed reads what waits for its document
		method, path string
		body         any
	}{
		{2, "GET", "/api/v1/chats/", nil},
		{2, "GET", "/api/v1/chats/" + c.ID, nil},
		{4, "GET", "/api/v1/auths/", nil},
		{4, "POST", "/api/v1/auths/signin", map[string]any{"email": "ada@example.com", "password": "pw-ada"}},
		{3, "POST", "/api/v1/chats/new", `{"chat":{"history":{"messages":{"1":{"role":"user"},"2":{"role":"user"}}}}}`},
		{7, "POST", "/api/v1/chats/" + c.ID, `{"chat":{"history":{"messages":{"1":{"role":"user","x":1},"2":{"role":"user"},"3":{"role":"user"}}}}}`},
		{0, "GET", "/health", nil},
		{0, "GET", "/api/version", nil},
		{0, "GET", "/api/v1/auths/", "no token"},
	} {
		options := []string{token}
		if b.body == "no token" {
			options, b.body = []string{"x"}, nil
		}
		enginetest.MaxQueries(t, a.probe.eng, b.n, func() { a.call(b.method, b.path, b.body, options...) })
	}
}

func TestReadyAndHealth(t *testing.T) {
	a := local(t)
	a.call("GET", "/health", nil).is(200, "")
	a.call("GET", "/health/db", nil).is(200, "")
	a.call("GET", "/ready", nil).is(200, "")

	closed := openApp(t, a.probe.eng, nil)
	const why = "The database is at revision x."
	closed.probe.set(why, nil)
	closed.call("GET", "/ready", nil).is(503, why)
	closed.call("GET", "/health", nil).is(200, "")
	form := map[string]any{"name": "Ada", "email": "ada@example.com", "password": "pw"}
	w := closed.call("POST", "/api/v1/auths/signup", form).is(503, why)
	if w.Header().Get("Retry-After") == "" {
		t.Error("a 503 without Retry-After")
	}
	if n, err := a.store.Users.Any(t.Context()); err != nil || n {
		t.Errorf("a closed server has written: %v %v", n, err)
	}
	asked, begin := closed.probe.asked, time.Now()
	for range 20 {
		closed.call("GET", "/api/config", nil).is(503, why)
	}
	if closed.probe.asked > asked+1+int(time.Since(begin)/time.Second) {
		t.Errorf("a closed gate asked the database %d times for 20 requests", closed.probe.asked-asked)
	}
	away := &dberr.Error{Op: "connect to db.internal:5432 as root", Code: dberr.Unavailable,
		Err: errors.New("password=hunter2")}
	closed.probe.set("", away)
	closed.call("GET", "/health/db", nil).is(503, "The database cannot be reached at the moment. Please try again.")
	closed.call("GET", "/ready", nil).is(503, "The database cannot be reached at the moment. Please try again.")
	closed.probe.set("", nil)
	time.Sleep(1100 * time.Millisecond)
	closed.call("GET", "/api/config", nil).is(200, "") // the gate opens by itself
	closed.call("GET", "/ready", nil).is(200, "")
}

func TestADatabaseThatGoesAwayIsA503(t *testing.T) {
	a := local(t)
	token := a.admin()
	if err := a.probe.eng.Close(); err != nil {
		t.Fatal(err)
	}
	w := a.call("GET", "/api/v1/chats/", nil, token)
	if w.Code < 500 {
		t.Errorf("status %d", w.Code)
	}
	var d struct{ Detail string }
	w.into(&d)
	if strings.Contains(d.Detail, "sql") || strings.Contains(strings.ToLower(d.Detail), "select") {
		t.Errorf("the answer shows what is inside: %s", d.Detail)
	}
}

func TestBodiesAreLimited(t *testing.T) {
	a := local(t)
	token := a.admin()
	small := openApp(t, a.probe.eng, func(o *server.Options) { o.MaxBody = 1000 })
	body := `{"chat":{"x":"` + strings.Repeat("x", 1000) + `"}}`
	small.call("POST", "/api/v1/chats/new", body, token).is(413, "The request body is larger than this server accepts.")
	a.call("POST", "/api/v1/chats/new", body, token).is(200, "")

	// A length is not believed beyond the limit, and what comes counts.
	body = `{"chat":{"x":"` + strings.Repeat("x", 3<<20) + `"}}`
	for _, announced := range []int64{-1, 2 << 20, int64(len(body)), 1 << 50} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/chats/new", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.ContentLength = announced
		w := httptest.NewRecorder()
		a.srv.ServeHTTP(w, r)
		if w.Code != 200 || w.Body.Len() < len(body) {
			t.Errorf("announced as %d: status %d, %d bytes", announced, w.Code, w.Body.Len())
		}
		w = httptest.NewRecorder()
		r.Body = io.NopCloser(strings.NewReader(body[:2<<20]))
		a.srv.ServeHTTP(w, r)
		if w.Code == 200 {
			t.Errorf("announced as %d: half of it is taken", announced)
		}
	}
}

func TestAPanicIsAnAnswerAndALogLine(t *testing.T) {
	a := local(t)
	broken, err := server.New(server.Options{Store: a.store, Probe: panicky{}, Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	a.srv = broken
	a.call("GET", "/ready", nil).is(500, "Internal Server Error")
	a.call("GET", "/health", nil).is(200, "")
}

type panicky struct{}

func (panicky) Ping(context.Context) error                   { return nil }
func (panicky) Schema(context.Context) (health.State, error) { panic("hunter2") }
func (panicky) Engine() string                               { return "" }

func TestTheLogHoldsNoSecrets(t *testing.T) {
	a := local(t)
	token := a.admin()
	c := a.chat(token, `{"title":"confidential title","history":{"messages":{"1":{"role":"user","content":"confidential text"}}}}`)
	a.call("GET", "/api/v1/chats/"+c.ID+"?token=query-secret", nil, token)
	a.call("POST", "/api/v1/auths/signin", map[string]any{"email": "ada@example.com", "password": "wrong-pw"})
	w := a.call("GET", "/api/v1/chats/", nil, token, "X-Request-Id: my-id.1")
	if id := w.Header().Get("X-Request-Id"); id != "my-id.1" {
		t.Errorf("the request id is %q", id)
	}
	a.call("GET", "/api/v1/chats/", nil, token, "X-Request-Id: a b\"c")
	log := a.log.String()
	for _, bad := range []string{token, "pw-ada", "wrong-pw", "confidential", "query-secret", c.ID,
		"ada@example.com", `b\"c`} {
		if strings.Contains(log, bad) {
			t.Errorf("the log holds %q", bad)
		}
	}
	for _, want := range []string{`pattern="GET /api/v1/chats/{id}"`, "status=200", "status=400", "request_id=my-id.1",
		"user_id=", "duration="} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not hold %q", want)
		}
	}
}

func TestThirtyClientsSaveOneChat(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		token := a.admin()
		c := a.chat(token, `{"title":"x","history":{"messages":{"root":{"role":"user","parentId":null}}}}`)
		hs := httptest.NewServer(a.srv)
		defer hs.Close()
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				body := fmt.Sprintf(`{"chat":{"history":{"messages":{"m%d":{"role":"user","parentId":"root","content":"%d"}},"currentId":"m%d"}}}`, i, i, i)
				r, err := http.NewRequestWithContext(t.Context(), "POST", hs.URL+"/api/v1/chats/"+c.ID, strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", "Bearer "+token)
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				if resp.StatusCode != 200 {
					t.Errorf("client %d: status %d", i, resp.StatusCode)
				}
			})
		}
		wg.Wait()
		var got chatBody
		a.call("GET", "/api/v1/chats/"+c.ID, nil, token).is(200, "").into(&got)
		doc, err := chatdoc.Parse(got.Chat)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(doc.MessageIDs()); n != 31 {
			t.Errorf("%d messages, want 31", n)
		}
		if n, err := a.store.Messages.Count(t.Context(), c.ID); err != nil || n != 31 {
			t.Errorf("%d rows, want 31: %v", n, err)
		}
	})
}

// A request that is under way when the server is told to stop is answered.
func TestShutdownLetsRequestsFinish(t *testing.T) {
	a := local(t)
	token := a.admin()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.srv.Serve(ctx, l) }()

	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"chat":{"title":"slow"}}`
	fmt.Fprintf(conn, "POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n%s", token, len(body), body[:5])
	answers := bufio.NewReader(conn)
	readsTheBody(t, answers)
	stop()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		c.Close()
		if time.Now().After(deadline) {
			t.Fatal("a stopped server takes new connections")
		}
	}
	if _, err := conn.Write([]byte(body[5:])); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// readsTheBody waits until a handler asks for the body of a request that
// expects "100 Continue".
func readsTheBody(t *testing.T, answers *bufio.Reader) {
	t.Helper()
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusContinue {
		t.Fatalf("status %d instead of 100", resp.StatusCode)
	}
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	a := openApp(t, enginetest.Open(t, testdb.Memory(t).URL, engine.Options{}),
		func(o *server.Options) { o.Drain = 50 * time.Millisecond })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.srv.Serve(ctx, l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /api/v1/auths/signin HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{")
	readsTheBody(t, bufio.NewReader(conn))
	stop()
	if err := <-done; !errors.Is(err, dberr.ErrTimeout) {
		t.Errorf("Serve: %v, want that requests were cut off", err)
	}
}

func TestNewNeedsASecret(t *testing.T) {
	a := local(t)
	for _, o := range []server.Options{{}, {Store: a.store, Probe: a.probe}, {Store: a.store, Secret: []byte("x")}} {
		if _, err := server.New(o); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
