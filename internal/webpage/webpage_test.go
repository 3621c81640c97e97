package webpage_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/webpage"
)

// build is a directory with a page, and something beside it.
func build(t *testing.T) *webpage.Page {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"secret.txt": "secret", "web/index.html": "<html>", "web/.env": "secret", "web/.git/config": "secret", "web/_app/version.json": "{}",
		"web/_app/immutable/a.1234.js": "plain", "web/_app/immutable/a.1234.js.br": "brotli", "web/_app/immutable/a.1234.js.gz": "gzipped",
		"web/static/x.svg": "<svg>", "web/static/x.bin": "0123456789", "web/robots.txt": "no",
	} {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(dir, "web", "link.txt")); err != nil {
		t.Log("no links here:", err)
	}
	root, err := os.OpenRoot(filepath.Join(dir, "web"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	page, err := webpage.New(root.FS())
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func get(page http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	r.URL.Path = path
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w
}

func TestFilesAndRoutes(t *testing.T) {
	page := build(t)
	const html = "text/html,application/xhtml+xml,*/*"
	for _, c := range []struct {
		path, accept string
		status       int
		body, cache  string
	}{
		{"/", "*/*", 200, "<html>", "no-cache"},
		{"/index.html", "*/*", 200, "<html>", "no-cache"},
		{"/auth", "*/*", 200, "<html>", "no-cache"},
		{"/c/2f1c", html, 200, "<html>", "no-cache"},
		{"/workspace/models/edit.x", html, 200, "<html>", "no-cache"},
		{"/workspace/models/edit.js", "*/*", 404, "", ""},
		{"/_app/version.json", "*/*", 200, "{}", "no-cache"},
		{"/_app/immutable/a.1234.js", "*/*", 200, "plain", "public, max-age=31536000, immutable"},
		{"/_app/immutable/gone.js", "*/*", 404, "", ""},
		{"/_app/immutable/gone", html, 404, "", ""},
		{"/static", html, 200, "<html>", "no-cache"},
		{"/static/none", html, 404, "", ""},
		{"/robots.txt", "*/*", 200, "no", "no-cache"},
		{"/.env", html, 404, "", ""},
		{"/.git/config", html, 404, "", ""},
		{"/../secret.txt", html, 404, "", ""},
		{"/static/../../secret.txt", html, 404, "", ""},
		{"/..\\secret.txt", html, 404, "", ""},
		{"/link.txt", "*/*", 404, "", ""},
		{"/a\x00b", html, 404, "", ""},
		{"//x", html, 404, "", ""},
	} {
		w := get(page, c.path, "Accept", c.accept)
		if w.Code != c.status || c.status == 200 && w.Body.String() != c.body || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%q: %d %q, want %d %q", c.path, w.Code, w.Body, c.status, c.body)
		}
		if got := w.Header().Get("Cache-Control"); got != c.cache {
			t.Errorf("%q: Cache-Control %q, want %q", c.path, got, c.cache)
		}
	}
}

func TestCompressedFiles(t *testing.T) {
	page := build(t)
	const file = "/_app/immutable/a.1234.js"
	tags := map[string]bool{}
	for accept, want := range map[string][2]string{
		"": {"", "plain"}, "gzip, deflate, br": {"br", "brotli"}, "gzip": {"gzip", "gzipped"}, "br;q=0, gzip;q=0.5": {"gzip", "gzipped"}, "identity": {"", "plain"},
	} {
		w := get(page, file, "Accept-Encoding", accept)
		if w.Header().Get("Content-Encoding") != want[0] || w.Body.String() != want[1] ||
			w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" ||
			!strings.Contains(w.Header().Get("Vary"), "Accept-Encoding") {
			t.Errorf("%q: %v %q", accept, w.Header(), w.Body)
		}
		tags[w.Header().Get("ETag")] = true
	}
	if len(tags) != 3 {
		t.Errorf("the forms have the tags %v", tags)
	}
	w := get(page, "/static/x.svg")
	tag := w.Header().Get("ETag")
	if w = get(page, "/static/x.svg", "If-None-Match", tag); w.Code != http.StatusNotModified {
		t.Errorf("a file that has not changed: %d", w.Code)
	}
	if w = get(page, "/static/x.bin", "Range", "bytes=2-4"); w.Code != http.StatusPartialContent ||
		w.Body.String() != "234" {
		t.Errorf("a part: %d %q", w.Code, w.Body)
	}
}

func TestWhatIsNoPage(t *testing.T) {
	if _, err := webpage.New(os.DirFS(t.TempDir())); dberr.CodeOf(err) != dberr.Invalid ||
		!strings.Contains(err.Error(), "index.html") {
		t.Errorf("an empty directory: %v", err)
	}
	w := httptest.NewRecorder()
	if build(t).ServeHTTP(w, httptest.NewRequest("POST", "/auth", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
