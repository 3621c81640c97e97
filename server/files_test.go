package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/server"
)

type fileBody struct {
	ID       string
	Filename string
	Path     *string
	Hash     *string
	Status   *bool
	Data     struct {
		Status  string
		Error   *string
		Content *string
	}
	Meta map[string]any
}

func TestUploads(t *testing.T) {
	a := local(t)
	token := a.admin()
	for _, c := range []struct {
		what, form string
		query      string
		status     int
		detail     string
	}{
		{what: "metadata behind the file", form: upload("x.txt", "x", `name="metadata"`, `{"a":1}`), status: 200},
		{what: "other fields", form: upload("x.txt", "x", `name="other"`, "y", `name="file2"; filename="z"`, "z"), status: 200},
		{what: "empty metadata", form: upload("x.txt", "x", `name="metadata"`, " "), status: 200},
		{what: "null as metadata", form: upload("x.txt", "x", `name="metadata"`, "null"), status: 200},
		{what: "metadata that is none", form: upload("x.txt", "x", `name="metadata"`, "{"), status: 400, detail: "[ERROR: Invalid metadata format]"},
		{what: "a list as metadata", form: upload("x.txt", "x", `name="metadata"`, "[]"), status: 400, detail: "[ERROR: Error uploading file]"},
		{what: "long metadata", form: upload("x.txt", "x", `name="metadata"`, `{"a":"`+strings.Repeat("x", 1<<20)+`"}`), status: 413},
		{what: "a long head", form: upload(strings.Repeat("x", 1<<17), "x"), status: 413},
		{what: "an empty file", form: upload("x.txt", ""), status: 400, detail: "The content provided is empty. Please ensure that there is text or data present before proceeding."},
		{what: "no file", form: "--" + boundary + "--\r\n", status: 422},
		{what: "a form that ends", form: strings.TrimSuffix(upload("x.txt", "x"), "--"+boundary+"--\r\n"), status: 400, detail: "There was an error parsing the body"},
		{what: "a number that is none", form: upload("x.txt", "x"), query: "?process=perhaps", status: 422},
	} {
		w := a.call("POST", "/api/v1/files/"+c.query, c.form, token)
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d: %.200s", c.what, w.Code, c.status, w.Body)
		} else if c.detail != "" {
			w.is(c.status, c.detail)
		}
	}
	a.call("POST", "/api/v1/files/", `{"file":"x"}`, token).is(422, "")
	var x fileBody
	a.call("POST", "/api/v1/files/", upload("../dir/näme \U0001F642.md", "# hi", `name="metadata"`,
		`{"a":1,"nul":"\u0000"}`), token).is(200, "").into(&x)
	if x.Filename != "näme 🙂.md" || x.Status == nil || x.Path == nil || x.Data.Status != "completed" ||
		x.Data.Content != nil || x.Hash == nil {
		t.Errorf("%+v", x)
	}
	if fmt.Sprint(x.Meta["data"]) != "map[a:1 nul:]" {
		t.Errorf("metadata %v", x.Meta["data"])
	}
	var text struct{ Content string }
	a.call("GET", "/api/v1/files/"+x.ID+"/data/content", nil, token).is(200, "").into(&text)
	if text.Content != "# hi" {
		t.Errorf("text %q", text.Content)
	}
	err := a.store.Config.Set(t.Context(),
		map[string]jsonvalue.JSON{"rag.file.max_size": jsonvalue.Text("1"),
			"rag.file.allowed_extensions": jsonvalue.Text(`["txt"]`)})
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("x", 1<<20+1)
	const tooLarge = "Oops! The file you're trying to upload is too large. Please upload a file that is less than 1 MB."
	a.call("POST", "/api/v1/files/", upload("x.txt", large), token).is(413, tooLarge)
	a.call("POST", "/api/v1/files/"+x.ID+"/data/content/update", map[string]any{"content": large}, token).is(413, tooLarge)
	a.call("POST", "/api/v1/files/", upload("x.exe", "x"), token).is(400, "[ERROR: File type exe is not allowed]")
	a.call("POST", "/api/v1/files/?process=false", upload("x.exe", "x"), token).is(200, "")
	a.call("GET", "/api/v1/files/?page=0", nil, token).is(422, "")
	a.call("GET", "/api/v1/files/search?filename=*&limit=1001", nil, token).is(422, "")
}

func TestBytesOfFiles(t *testing.T) {
	a := local(t)
	admin := a.admin()
	user := a.user("bob", "user")
	get := func(token, id, rest string, options ...string) *answer {
		t.Helper()
		return a.call("GET", "/api/v1/files/"+id+"/content"+rest, nil, append(options, token)...)
	}
	for _, c := range []struct{ name, content, rest, kind, disposition string }{
		{"ü 1.txt", "text", "", "text/plain; charset=utf-8", ""},
		{"ü 1.txt", "text", "?attachment=true", "text/plain; charset=utf-8", "attachment; filename*=UTF-8''%C3%BC%201.txt"},
		{"a.html", "<script>", "", "text/html; charset=utf-8", "attachment; filename*=UTF-8''a.html"},
		{"a.pdf", "%PDF", "", "application/pdf", "inline; filename*=UTF-8''a.pdf"},
		{"a.PNG", "x", "", "text/plain; charset=utf-8", ""},
		{"a.txt", "x", "/b.txt", "text/plain; charset=utf-8", "attachment; filename*=UTF-8''a.txt"},
	} {
		w := get(user, a.file(user, c.name, c.content), c.rest)
		w.is(200, "")
		if h := w.Header(); h.Get("Content-Type") != c.kind || h.Get("Content-Disposition") != c.disposition ||
			w.Body.String() != c.content ||
			h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s%s: %v %q", c.name, c.rest, h, w.Body)
		}
	}
	id := a.file(user, "x.txt", "0123456789")
	w := get(user, id, "", "Range: bytes=2-4")
	if w.Code != 206 || w.Body.String() != "234" || w.Header().Get("Content-Range") != "bytes 2-4/10" {
		t.Errorf("a part: %d %v %q", w.Code, w.Header(), w.Body)
	}
	tag := w.Header().Get("ETag")
	if w := get(user, id, "", "Range: bytes=20-"); w.Code != 416 {
		t.Errorf("a part that is not there: %d", w.Code)
	}
	if w := get(user, id, "", "If-None-Match: "+tag); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("unchanged: %d", w.Code)
	}
	if w := get(user, id, "", `If-Range: "other"`, "Range: bytes=2-4"); w.Code != 200 || w.Body.Len() != 10 {
		t.Errorf("a part of another version: %d", w.Code)
	}
	if w := a.call("HEAD", "/api/v1/files/"+id+"/content", nil, user); w.Code != 200 ||
		w.Header().Get("Content-Length") != "10" || w.Body.Len() > 0 {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	get(user, a.file(user, "a.html", "<p>"), "/html").is(404, "")
	w = get(admin, a.file(admin, "a.html", "<p>"), "/html")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" ||
		!strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "sandbox ") {
		t.Errorf("a page: %d %v", w.Code, w.Header())
	}
	// Where the bytes are gone the text is left.
	var x fileBody
	a.call("GET", "/api/v1/files/"+id, nil, user).is(200, "").into(&x)
	if err := os.Remove(*x.Path); err != nil {
		t.Fatal(err)
	}
	get(user, id, "").is(404, "We could not find what you're looking for :/")
	if w := get(user, id, "/x.txt"); w.Code != 200 || w.Body.String() != "0123456789" {
		t.Errorf("the text: %d %q", w.Code, w.Body)
	}
	a.call("DELETE", "/api/v1/files/"+id, nil, user).is(200, "")
	get(user, id, "/x.txt").is(404, "")
}

func TestFileStatusAsEvents(t *testing.T) {
	a := local(t)
	token := a.admin()
	events := func(id string) string {
		w := a.call("GET", "/api/v1/files/"+id+"/process/status?stream=true", nil, token)
		if kind := w.Header().Get("Content-Type"); kind != "text/event-stream; charset=utf-8" {
			t.Errorf("%d %s", w.Code, kind)
		}
		return w.Body.String()
	}
	if got := events(a.file(token, "x.txt", "x")); got != "data: {\"status\":\"completed\"}\n\n" {
		t.Errorf("%q", got)
	}
	if got := events(a.file(token, "x.bin", "\x00")); !strings.HasPrefix(got,
		`data: {"status":"failed","error":"No text is read out of files of type application/octet-stream here.`) {
		t.Errorf("%q", got)
	}
	var x fileBody
	a.call("POST", "/api/v1/files/?process=false", upload("x.txt", "x"), token).is(200, "").into(&x)
	if got := events(x.ID); got != "" {
		t.Errorf("%q", got)
	}
	a.call("GET", "/api/v1/files/"+x.ID+"/process/status", nil, token).is(200, "")
	a.call("GET", "/api/v1/files/nope/process/status?stream=true", nil, token).is(404, "")
}

// repeated are so many bytes that nobody has in memory.
type repeated int64

func (n *repeated) Read(p []byte) (int, error) {
	if *n == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), int64(*n))]
	for i := range p {
		p[i] = 'x'
	}
	*n -= repeated(len(p))
	return len(p), nil
}

// A file is larger than the memory for all requests, and passes through.
func TestLargeFilesPassThrough(t *testing.T) {
	const size = 96 << 20
	w := local(t)
	token := w.admin()
	a := openApp(t, w.probe.eng, func(o *server.Options) {
		o.Memory, o.MaxBody, o.MaxFile = 8<<20, 1<<20, size
		o.Timeout = time.Second // is not that of the bytes
	})
	srv := httptest.NewServer(a.srv)
	defer srv.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	send := func(n int64) (status int, text []byte) {
		t.Helper()
		content := repeated(n)
		head, tail, _ := strings.Cut(upload("big.bin", "CUT"), "CUT")
		slow := readerFunc(func(p []byte) (int, error) {
			if n > 1 {
				time.Sleep(1200 * time.Millisecond)
				n = 1
			}
			return content.Read(p)
		})
		r, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/api/v1/files/?process=false",
			io.MultiReader(strings.NewReader(head), slow, strings.NewReader(tail)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ = io.ReadAll(resp.Body)
		return resp.StatusCode, text
	}
	status, text := send(size)
	if status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	var x fileBody
	(&answer{&httptest.ResponseRecorder{Body: bytes.NewBuffer(text)}, t}).into(&x)
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), "GET",
		srv.URL+"/api/v1/files/"+x.ID+"/content", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for range 2 { // the second time its size is known
		resp, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || n != size || resp.StatusCode != 200 {
			t.Errorf("%d bytes with status %d, %v", n, resp.StatusCode, err)
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
		t.Errorf("%d MB were allocated for %d MB three times", used>>20, size>>20)
	}
	if status, text := send(size + 1<<17); status != 413 {
		t.Errorf("one that is larger: %d %s", status, text)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(*pathOf(t, a, token, x.ID)), "*_*"))
	if err != nil || len(left) != 1 {
		t.Errorf("files: %v, %v", left, err)
	}
}

func pathOf(t *testing.T, a *app, token, id string) *string {
	t.Helper()
	var x fileBody
	a.call("GET", "/api/v1/files/"+id, nil, token).is(200, "").into(&x)
	return x.Path
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
