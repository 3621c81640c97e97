package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRouter(t *testing.T) {
	var rt router
	for _, r := range []route{
		{method: "GET", path: "/c/{$}"}, {method: "GET", path: "/c/new"}, {method: "GET", path: "/c/{id}"}, {method: "POST", path: "/c/{id}"},
		{method: "GET", path: "/c/{id}/pinned"}, {method: "GET", path: "/c/folder/{folder}"}, {method: "GET", path: "/c/pinned", reserved: true},
		{method: "POST", path: "/c/{id}/m/{message}"}, {method: "POST", path: "/c/folder/m/x"},
	} {
		rt.add(r, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			for _, name := range []string{"id", "folder", "message"} {
				if v := q.PathValue(name); v != "" {
					w.Header().Add("Got", name+"="+v)
				}
			}
			w.Header().Set("Route", r.method+" "+r.path)
		}))
	}
	for _, c := range []struct {
		method, path string
		status       int
		route, got   string
	}{
		{"GET", "/c/", 200, "GET /c/{$}", ""},
		{"HEAD", "/c/", 200, "GET /c/{$}", ""},
		{"GET", "/c", 307, "", "/c/"},
		{"GET", "/c/x/?q=1", 307, "", "/c/x?q=1"},
		{"GET", "/c/x", 200, "GET /c/{id}", "id=x"},
		{"GET", "/c/a%2Fb", 200, "GET /c/{id}", "id=a/b"},
		{"POST", "/c/new", 200, "POST /c/{id}", "id=new"},
		{"POST", "/c/pinned", 405, "", ""}, // a word, not an id
		{"GET", "/c/pinned", 200, "GET /c/pinned", ""},
		{"GET", "/c/folder/pinned", 200, "GET /c/folder/{folder}", "folder=pinned"},
		{"GET", "/c/x/pinned", 200, "GET /c/{id}/pinned", "id=x"},
		{"POST", "/c/folder/m/y", 200, "POST /c/{id}/m/{message}", "id=folder message=y"},
		{"POST", "/c/folder/m/x", 200, "POST /c/folder/m/x", ""},
		{"PUT", "/c/x", 405, "", ""},
		{"GET", "/c//pinned", 404, "", ""},
		{"GET", "//c", 404, "", ""},
		{"GET", "/", 404, "", ""},
		{"GET", "/d", 404, "", ""},
		{"GET", "/c/%zz", 404, "", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://x"+c.path, nil)
		if err != nil {
			continue // no client can send it
		}
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, r)
		got := w.Header().Get("Location")
		got += strings.Join(w.Header().Values("Got"), " ")
		if w.Code != c.status || w.Header().Get("Route") != c.route || got != c.got {
			t.Errorf("%s %s: %d %q %q, want %d %q %q", c.method, c.path, w.Code, w.Header().Get("Route"), got, c.status,
				c.route, c.got)
		}
	}
}
