package webpage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
)

// Page answers GET and HEAD with files. It is safe for concurrent use.
type Page struct {
	files fs.FS
}

const index = "index.html"

// New is the page whose files are these; they are read anew for each request.
// Files without an index.html are a dberr.Invalid error.
func New(files fs.FS) (*Page, error) {
	fi, err := fs.Stat(files, index)
	if err == nil && fi.Mode().IsRegular() {
		return &Page{files}, nil
	}
	return nil, &dberr.Error{Op: "webpage", Code: dberr.Invalid, Err: err,
		Msg: "there is no index.html in it; a page's directory is what a build of it has left, in Open WebUI's wheel open_webui/frontend"}
}

// immutable is where file names change with what is in the files.
const immutable = "_app/immutable/"

// types are those of files by their extension: a machine's own list may say
// something else.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json",
	".map": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
	".md": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8", ".xml": "application/xml",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
	".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon", ".avif": "image/avif",
	".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf",
	".wasm": "application/wasm", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav",
	".mp4": "video/mp4", ".webm": "video/webm", ".pdf": "application/pdf", ".zip": "application/zip",
}

// ServeHTTP sends the file at the path, or the page itself.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	name, ok := nameOf(r.URL.Path)
	if ok && p.send(w, r, name) {
		return
	}
	if ok && p.isRoute(r, name) && p.send(w, r, index) {
		return
	}
	http.Error(w, "Not Found", http.StatusNotFound)
}

// nameOf is the name of the file at a path of a URL. A path that leads out of
// the directory, or to what is hidden in it, has none.
func nameOf(urlPath string) (string, bool) {
	name := strings.TrimSuffix(strings.TrimPrefix(urlPath, "/"), "/")
	if name == "" {
		return index, true
	}
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00:") {
		return "", false
	}
	for _, segment := range strings.Split(name, "/") {
		if strings.HasPrefix(segment, ".") {
			return "", false
		}
	}
	return name, true
}

// isRoute reports whether a name that is no file's is a route of the page: what
// a browser opens, but nothing in a directory that is there.
func (p *Page) isRoute(r *http.Request, name string) bool {
	first, _, inside := strings.Cut(name, "/")
	if fi, err := fs.Stat(p.files, first); err == nil && (inside || !fi.IsDir()) {
		return false
	}
	return path.Ext(name) == "" || strings.Contains(r.Header.Get("Accept"), "text/html")
}

// send sends a file, if there is one.
func (p *Page) send(w http.ResponseWriter, r *http.Request, name string) bool {
	fi, err := fs.Stat(p.files, name)
	if err != nil || !fi.Mode().IsRegular() {
		return false
	}
	h := w.Header()
	stored, encoding := name, ""
	for _, c := range []struct{ encoding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		other, err := fs.Stat(p.files, name+c.suffix)
		if err != nil || !other.Mode().IsRegular() {
			continue
		}
		h.Set("Vary", strings.TrimPrefix(h.Get("Vary")+", Accept-Encoding", ", "))
		if encoding == "" && accepts(r.Header.Get("Accept-Encoding"), c.encoding) {
			stored, encoding, fi = name+c.suffix, c.encoding, other
		}
	}
	f, err := p.files.Open(stored)
	if err != nil {
		return false
	}
	defer f.Close()
	content, ok := f.(io.ReadSeeker)
	if !ok {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return true
	}
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, immutable) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	kind := types[strings.ToLower(path.Ext(name))]
	if kind == "" {
		kind = "application/octet-stream"
	}
	h.Set("Content-Type", kind)
	if strings.HasPrefix(kind, "text/html") {
		h.Set("X-Frame-Options", "SAMEORIGIN")
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("ETag", fmt.Sprintf(`"%x-%x%s"`, fi.ModTime().UnixNano(), fi.Size(), encoding))
	http.ServeContent(w, r, "", fi.ModTime(), content)
	return true
}

// accepts reports whether a client takes an encoding.
func accepts(header, encoding string) bool {
	for _, part := range strings.Split(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) != encoding {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		f, err := strconv.ParseFloat(q, 64)
		return !found || errors.Is(err, strconv.ErrSyntax) || f > 0
	}
	return false
}
