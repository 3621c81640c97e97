package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
)

// uploading is the route as one whose body is a form with a file.
func (rt route) uploading() route {
	rt.upload = true
	return rt
}

type uploadForm struct {
	Process    bool `query:"process" default:"true" about:"also take the text of a text file"`
	Background bool `query:"process_in_background" default:"true" about:"has no effect: that is done with the upload"`
}

const (
	maxPartHead = 64 << 10 // bytes between files
	maxMetadata = 1 << 20
)

// uploadFile takes the parts of the form as they come, in whatever order.
func (s *Server) uploadFile(ctx context.Context, r *request, f uploadForm) (*uploadAnswer, error) {
	body := &allowance{r: r.http.Body}
	parts, err := partsOfForm(r.http, body)
	if err != nil {
		return nil, err
	}
	var up *store.Upload
	defer func() {
		if up != nil {
			_ = up.Discard(ctx) // unless it is stored; else a sweep does it
		}
	}()
	metadata := jsonvalue.Text("{}")
	for {
		body.left = maxPartHead
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unreadableForm(err)
		}
		switch name := part.FormName(); {
		case name == "metadata" && part.FileName() == "":
			if metadata, err = readMetadata(part, body); err != nil {
				return nil, err
			}
		case name == "file" && part.FileName() != "" && up == nil:
			body.left = -1
			form := store.NewFile{Name: part.FileName(), ContentType: chatdoc.CleanString(part.Header.Get("Content-Type")),
				Process: f.Process}
			if up, err = s.store.Files.Receive(ctx, r.who(), form, part); err != nil {
				return nil, unreadableForm(tooMuch(err))
			}
		default:
			body.left = -1 // read past by the next one
		}
	}
	if up == nil {
		return nil, invalid(problem{Type: "missing", Loc: []any{"body", "file"}, Msg: "Field required"})
	}
	return s.storeUpload(ctx, r, up, f.Process, metadata)
}

func (s *Server) storeUpload(ctx context.Context, r *request, up *store.Upload, process bool,
	metadata jsonvalue.JSON) (*uploadAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	if process && up.Size() <= store.MaxText { // its text is read, quoted and sent
		if err := r.hold(ctx, 4*up.Size()); err != nil {
			return nil, err
		}
	}
	x, err := up.Commit(ctx, metadata)
	if err != nil {
		return nil, err
	}
	if !process {
		return &uploadAnswer{fileAnswer: showFile(*x)}, nil
	}
	x.Data = x.Data.Without("content") // who has sent it has it
	done := true
	return &uploadAnswer{showFile(*x), x.Path, &done}, nil
}

// partsOfForm reads a body that must be a form with files.
func partsOfForm(r *http.Request, body io.Reader) (*multipart.Reader, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, invalid(problem{Type: "missing", Loc: []any{"body", "file"}, Msg: "Field required"})
	}
	return multipart.NewReader(body, params["boundary"]), nil
}

// unreadableForm tells what is wrong with a form apart from what went wrong here.
func unreadableForm(err error) error {
	text := err.Error()
	if strings.HasPrefix(text, "multipart:") || strings.HasPrefix(text, "malformed MIME") ||
		errors.Is(err, io.ErrUnexpectedEOF) {
		return &failure{status: http.StatusBadRequest, detail: msgUnreadableBody, err: err}
	}
	return err
}

// allowance reads no more bytes than are left; fewer than none are any number.
// The heads of parts are kept in memory, files are not.
type allowance struct {
	r    io.Reader
	left int
}

func (a *allowance) Read(p []byte) (int, error) {
	if a.left == 0 {
		return 0, &http.MaxBytesError{Limit: maxPartHead}
	}
	if a.left > 0 && len(p) > a.left {
		p = p[:a.left]
	}
	n, err := a.r.Read(p)
	if a.left > 0 {
		a.left -= n
	}
	return n, err
}

// readMetadata reads what the client says about a file: a JSON object.
func readMetadata(part io.Reader, body *allowance) (jsonvalue.JSON, error) {
	body.left = -1
	text, err := io.ReadAll(io.LimitReader(part, maxMetadata+1))
	switch {
	case err != nil:
		return jsonvalue.JSON{}, unreadableForm(err)
	case len(text) > maxMetadata:
		return jsonvalue.JSON{}, &http.MaxBytesError{Limit: maxMetadata}
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return jsonvalue.Text("{}"), nil
	}
	clean, err := chatdoc.Clean(text)
	if err != nil {
		return jsonvalue.JSON{}, fail(http.StatusBadRequest, "[ERROR: Invalid metadata format]")
	}
	metadata := jsonvalue.Text(string(clean))
	switch {
	case metadata.IsJSONNull():
		return jsonvalue.Text("{}"), nil
	case !metadata.IsObject():
		return jsonvalue.JSON{}, fail(http.StatusBadRequest, "[ERROR: Error uploading file]")
	}
	return metadata, nil
}

// fileBytes is the bytes of a file as an answer.
type fileBytes struct {
	content     *store.FileContent
	kind        string // the media type
	disposition string // attachment, inline, or empty
	sandboxed   bool   // what a page may do is bounded
}

func (fileBytes) mediaTypes() []string { return []string{"*/*"} }

func (fileBytes) statuses() []int {
	return []int{http.StatusPartialContent, http.StatusNotModified, http.StatusRequestedRangeNotSatisfiable}
}

// send answers with the bytes, with a part of them that is asked for, or that
// they have not changed.
func (a fileBytes) send(r *request) error {
	b := a.content.Bytes
	defer b.Close()
	h := r.w.Header()
	h.Set("Content-Type", mediaTypeOf(a.kind))
	if a.disposition != "" {
		h.Set("Content-Disposition", a.disposition+"; filename*=UTF-8''"+percentEncoded(fileName(&a.content.File)))
	}
	if a.sandboxed {
		h.Set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads")
	}
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, b.Changed.UnixNano(), b.Size))
	http.ServeContent(r.w, r.http, "", b.Changed, b)
	return nil
}

// mediaTypeOf is a media type as a header has it.
func mediaTypeOf(kind string) string {
	name, _, err := mime.ParseMediaType(kind)
	switch {
	case err != nil:
		return "application/octet-stream"
	case strings.HasPrefix(name, "text/") && !strings.Contains(strings.ToLower(kind), "charset="):
		return kind + "; charset=utf-8"
	}
	return kind
}

// mediaTypeByName is the media type that the end of a name says, as Open WebUI
// has it for bytes whose type it does not look up.
func mediaTypeByName(name string) string {
	if kind := mime.TypeByExtension(strings.ToLower(path.Ext(name))); kind != "" {
		return kind
	}
	return "text/plain"
}

// fileName is what a file is called.
func fileName(f *model.File) string {
	var name string
	if f.Meta.Member("name").Decode(&name) != nil || name == "" {
		return orZero(f.Filename)
	}
	return name
}

// percentEncoded is a text as RFC 5987 has it.
func percentEncoded(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

type fileContentForm struct {
	byID
	Attachment bool `query:"attachment" default:"false" about:"to be kept, not shown"`
}

// fileContent shows plain text and PDF, and gives everything else to be kept:
// a page that somebody has uploaded must not run as one of ours.
func (s *Server) fileContent(ctx context.Context, r *request, f fileContentForm) (fileBytes, error) {
	c, err := s.openFile(ctx, r, f.ID)
	if err != nil {
		return fileBytes{}, err
	}
	a := fileBytes{content: c, disposition: "attachment"}
	if c.Meta.Member("content_type").Decode(&a.kind) != nil || a.kind == "" {
		a.kind = mediaTypeByName(orZero(c.Path))
	}
	switch {
	case f.Attachment:
	case a.kind == "application/pdf" || strings.HasSuffix(strings.ToLower(fileName(&c.File)), ".pdf"):
		a.kind, a.disposition = "application/pdf", "inline"
	case a.kind == "text/plain":
		a.disposition = ""
	}
	return a, nil
}

// openFile opens the bytes of a file, which must be there.
func (s *Server) openFile(ctx context.Context, r *request, id string) (*store.FileContent, error) {
	c, err := s.store.Files.Open(ctx, r.who(), id)
	switch {
	case err != nil:
		return nil, err
	case c.Bytes != nil:
		return c, nil
	case orZero(c.Path) == "":
		return nil, fail(http.StatusNotFound, "Original file is unavailable.")
	}
	return nil, dberr.New(dberr.NotFound, "files.Open", "the bytes of the file are gone")
}

func (s *Server) filePage(ctx context.Context, r *request, f byID) (fileBytes, error) {
	c, err := s.openFile(ctx, r, f.ID)
	if err != nil {
		return fileBytes{}, err
	}
	if !c.ByAdmin {
		_ = c.Bytes.Close()
		return fileBytes{}, fail(http.StatusNotFound, msgNotFound)
	}
	return fileBytes{content: c, kind: mediaTypeByName(orZero(c.Path)), sandboxed: true}, nil
}

type fileDownloadForm struct {
	byID
	Name string `path:"file_name"`
}

// textBlob is a text as bytes that are read.
func textBlob(text string) *blobs.Blob {
	return &blobs.Blob{ReadSeekCloser: struct {
		io.ReadSeeker
		io.Closer
	}{strings.NewReader(text), io.NopCloser(nil)}, Size: int64(len(text))}
}

// fileDownload gives the text where the bytes are gone.
func (s *Server) fileDownload(ctx context.Context, r *request, f fileDownloadForm) (fileBytes, error) {
	c, err := s.store.Files.Open(ctx, r.who(), f.ID)
	if err != nil {
		return fileBytes{}, err
	}
	a := fileBytes{content: c, disposition: "attachment", kind: mediaTypeByName(orZero(c.Path))}
	if c.Bytes == nil {
		text, err := s.store.Files.Text(ctx, r.who(), f.ID)
		if err != nil {
			return fileBytes{}, err
		}
		a.kind, c.Bytes = "text/plain", textBlob(text.Content)
	}
	return a, nil
}

type fileStatusForm struct {
	byID
	Stream bool `query:"stream" default:"false" about:"as events, until it is completed or has failed"`
}

type statusEvent struct {
	Status string  `json:"status"`
	Error  *string `json:"error,omitempty"`
}

// fileStatus is what became of the text of a file, once or as events.
func (s *Server) fileStatus(ctx context.Context, r *request, f fileStatusForm) (*pollAnswer, error) {
	started := false
	return s.poll(ctx, r, f.Stream, time.Second, 2*time.Hour, func(ctx context.Context) (any, bool, error) {
		now, err := s.store.Files.Status(ctx, r.who(), f.ID)
		switch gone := dberr.CodeOf(err) == dberr.NotFound; {
		case gone && started:
			return statusEvent{Status: "not_found"}, true, nil
		case err != nil:
			return nil, true, err
		case !f.Stream:
			return statusEvent{Status: cmp.Or(now.Status, "pending")}, true, nil
		case now.Status == "":
			return nil, true, nil // nobody is to read it
		}
		started = true
		ev := statusEvent{Status: now.Status}
		if now.Status == "failed" {
			ev.Error = &now.Error
		}
		return ev, now.Status == "completed" || now.Status == "failed", nil
	})
}
