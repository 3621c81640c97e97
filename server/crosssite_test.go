package server_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/server"
)

// sent is a request with headers, as a browser sends it.
func (a *app) sent(method, path, body string, headers map[string]string) *answer {
	a.t.Helper()
	r := httptest.NewRequestWithContext(a.t.Context(), method, "http://chat.example.com"+path, strings.NewReader(body))
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	a.srv.ServeHTTP(w, r)
	return &answer{w, a.t}
}

const (
	firstUser = `{"name":"Eve","email":"eve@example.com","password":"pw"}`
	crossSite = "The request comes from a page of another site, which may not change anything here. The setting CORS_ALLOW_ORIGIN names the sites that may."
	notJSON   = "The body must be JSON: send it with Content-Type: application/json."
)

// What a page of another site can make a browser send signs nobody up or in.
func TestAFormOfAnotherSite(t *testing.T) {
	a := local(t)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
		"nonsense;", "text/json"} {
		a.sent("POST", "/api/v1/auths/signup", firstUser, map[string]string{"Content-Type": kind}).is(415, notJSON)
	}
	for _, from := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"},
		{"Sec-Fetch-Site": "same-site"},
		{"Origin": "https://evil.example"},
		{"Origin": "null"},
		{"Sec-Fetch-Site": "cross-site", "Origin": "https://chat.example.com"},
	} {
		for _, kind := range []string{"", "application/json"} {
			if from["Content-Type"] = kind; kind == "" {
				delete(from, "Content-Type")
			}
			w := a.sent("POST", "/api/v1/auths/signup", firstUser, from).is(403, crossSite)
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%v: it may be read", from)
			}
		}
	}
	// Nothing was done; one's own pages, and programs, do it.
	if someone, err := a.store.Users.Any(t.Context()); err != nil || someone {
		t.Fatal(someone, err)
	}
	a.sent("POST", "/api/v1/auths/signup", firstUser, map[string]string{"Sec-Fetch-Site": "same-origin",
		"Origin": "http://chat.example.com", "Content-Type": "application/json; charset=utf-8"}).is(200, "")
	for _, h := range []map[string]string{{}, {"Content-Type": "application/vnd.x+json"},
		{"Origin": "http://chat.example.com"}} {
		a.sent("POST", "/api/v1/auths/signin", `{"email":"eve@example.com","password":"pw"}`, h).is(200, "")
	}
	// Every route that changes something is guarded, also those without a body.
	for _, line := range a.srv.RouteTable() {
		method, path, _ := strings.Cut(line, " ")
		if method != http.MethodGet {
			a.sent(method, strings.ReplaceAll(path, "{id}", "x"), `{}`, map[string]string{"Sec-Fetch-Site": "cross-site"}).
				is(403, crossSite)
		}
	}
	a.sent("GET", "/api/config", "", map[string]string{"Sec-Fetch-Site": "cross-site",
		"Origin": "https://evil.example"}).is(200, "")
}

// Sites that are named may, and no others.
func TestSitesThatMay(t *testing.T) {
	a := local(t)
	a.admin()
	a.srv = openApp(t, a.probe.eng, func(o *server.Options) {
		o.Origins = []string{"https://app.example.com", " https://other.example.com:8443/ "}
	}).srv
	for _, origin := range []string{"https://app.example.com", "https://other.example.com:8443"} {
		from := map[string]string{"Origin": origin, "Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}
		w := a.sent("POST", "/api/v1/auths/signin", goodAda, from).is(200, "")
		if h := w.Header(); h.Get("Access-Control-Allow-Origin") != origin ||
			h.Get("Access-Control-Allow-Credentials") != "true" || h.Get("Vary") != "Origin" {
			t.Errorf("%v", h)
		}
		w = a.sent("OPTIONS", "/api/v1/chats/new", "", map[string]string{"Origin": origin,
			"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}).is(204, "")
		if h := w.Header(); !strings.Contains(h.Get("Access-Control-Allow-Methods"), "DELETE") ||
			!strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("%v", h)
		}
	}
	for _, origin := range []string{"https://evil.example", "http://app.example.com",
		"https://app.example.com.evil.example", "https://xapp.example.com", "null"} {
		w := a.sent("OPTIONS", "/api/v1/chats/new", "",
			map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST"})
		if w.Code == 204 || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: status %d", origin, w.Code)
		}
		a.sent("POST", "/api/v1/auths/signin", goodAda, map[string]string{"Origin": origin,
			"Content-Type": "application/json"}).is(403, crossSite)
	}
	for _, bad := range []string{"app.example.com", "https://app.example.com/path", "ftp:"} {
		if _, err := server.New(server.Options{Probe: well{}, Secret: []byte(secret),
			Origins: []string{bad}}); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// When every site may, a browser's cookie says nothing.
func TestEverySiteMay(t *testing.T) {
	a := local(t)
	token := a.admin()
	a.srv = openApp(t, a.probe.eng, func(o *server.Options) { o.Origins = []string{"*"} }).srv
	from := map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site",
		"Content-Type": "application/json", "Cookie": "token=" + token}
	w := a.sent("POST", "/api/v1/chats/new", `{"chat":{}}`, from).is(401, "")
	if h := w.Header(); h.Get("Access-Control-Allow-Origin") != "https://evil.example" ||
		h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%v", h)
	}
	from["Authorization"] = "Bearer " + token
	a.sent("POST", "/api/v1/chats/new", `{"chat":{}}`, from).is(200, "")
}

// A name that is not this machine's, on a connection that is, was pointed at it
// by somebody else.
func TestNamesOnTheLoopback(t *testing.T) {
	a := local(t)
	a.srv = openApp(t, a.probe.eng, func(o *server.Options) { o.Hosts = []string{"Chat.example.com:443"} }).srv
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	for _, c := range []struct {
		local  net.Addr
		host   string
		status int
	}{
		{loopback, "localhost:8080", 200}, {loopback, "LOCALHOST", 200}, {loopback, "127.0.0.1:8080", 200}, {loopback, "127.9.9.9", 200}, {loopback, "[::1]:8080", 200},
		{loopback, "app.localhost:8080", 200}, {loopback, "larder:8080", 200}, {loopback, "chat.example.com", 200}, {loopback, "chat.example.com.:8080", 200},
		{loopback, "evil.example:8080", 421}, {loopback, "127.0.0.1.evil.example", 421}, {loopback, "localhost.evil.example", 421}, {loopback, "192.0.2.1:8080", 421},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 1}, "evil.example", 421},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 1}, "evil.example", 200},
	} {
		r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, c.local), "GET",
			"/api/config", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		a.srv.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s on %s: status %d, want %d", c.host, c.local, w.Code, c.status)
		}
	}
}
