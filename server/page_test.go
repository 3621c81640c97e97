package server_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/larder-db/larder/server"
)

// The page gets what is not the API's, and nothing else.
func TestAPIPathsAreNeverThePages(t *testing.T) {
	files := fstest.MapFS{"index.html": {Data: []byte("<html>")}, "api/config": {Data: []byte("shadow")},
		"health": {Data: []byte("shadow")}}
	page := http.FileServerFS(files)
	a := openApp(t, local(t).probe.eng, func(o *server.Options) { o.Page = page })
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/": {200, "<html>"}, "/api/config": {200, `"status":true`}, "/api/none": {404, `{"detail":"Not Found"}`}, "/api/v1/none": {404, `{"detail":"Not Found"}`},
		"/API/none": {404, `{"detail"`}, "/health": {200, `"status":true`}, "/openai/models": {404, `{"detail"`}, "/ws/socket.io/": {404, `{"detail"`},
		"/openapi.json": {200, `"openapi"`},
	} {
		got := a.call("GET", path, nil)
		if got.Code != want.status || !strings.Contains(got.Body.String(), want.body) {
			t.Errorf("%s: %d %.80s, want %d with %s", path, got.Code, got.Body, want.status, want.body)
		}
		if path == "/" && got.Header().Get("Cache-Control") == "no-store" {
			t.Error("what the page says of its files does not count")
		}
	}
	if got := a.call("POST", "/none", "{}"); got.Code != 404 {
		t.Errorf("POST /none: %d", got.Code)
	}
}
