package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// ErrFileEmpty is the refusal of a file, or of a text of one, without content.
var ErrFileEmpty = &Refusal{"there is nothing in it; send a file with at least one byte"}

// FileRefused says why a file is not taken: an admin has set a limit.
type FileRefused struct {
	MaxMB     int64  // it is longer than so many megabytes; 0 when that is not the reason
	Extension string // names that end like this are not allowed
}

// Error is the reason.
func (r *FileRefused) Error() string {
	if r.MaxMB > 0 {
		return "the file is larger than the setting rag.file.max_size allows"
	}
	return "files with this extension are not allowed by the setting rag.file.allowed_extensions"
}

var errNoBlobs = dberr.New(dberr.Unsupported, "files",
	"this program keeps no files; give the store a place for their bytes, Options.Blobs")

// MaxText is how many bytes a text file may have for its text to be taken.
const MaxText = 8 << 20

// NewFile says what is to come.
type NewFile struct {
	Name        string // the last segment counts
	ContentType string // empty when the sender does not know; then it is found out
	Process     bool   // its text is wanted, too
}

// Upload is a file whose bytes are there and whose row is not: Commit stores
// it, Discard takes the bytes away again.
type Upload struct {
	f       *Files
	w       Who
	id      string
	form    NewFile
	written *blobs.Written
}

// fileLimits are what admins have set for files; the zero value limits nothing.
type fileLimits struct {
	bytes      int64
	extensions []string
}

func (f *Files) limits(ctx context.Context) (fileLimits, error) {
	const size, extensions = "rag.file.max_size", "rag.file.allowed_extensions"
	values, err := (&Config{f.base}).Values(ctx, size, extensions)
	if err != nil {
		return fileLimits{}, err
	}
	var out fileLimits
	var n json.Number // in quotes, or not
	decode(values[size], &n)
	if mb, err := n.Int64(); err == nil && mb > 0 && mb < 1<<40 {
		out.bytes = mb << 20
	}
	decode(values[extensions], &out.extensions)
	out.extensions = slices.DeleteFunc(out.extensions, func(e string) bool { return e == "" })
	return out, nil
}

// Receive takes the bytes of a new file of w as they come; it has no more than
// a few KB of them in memory at once. Errors: ErrFileEmpty, *FileRefused, and
// those of body.
func (f *Files) Receive(ctx context.Context, w Who, form NewFile, body io.Reader) (*Upload, error) {
	if f.blobs == nil {
		return nil, errNoBlobs
	}
	if _, err := files.permitted(ctx, &f.base, w); err != nil {
		return nil, err
	}
	limits, err := f.limits(ctx)
	if err != nil {
		return nil, err
	}
	form.Name = baseName(form.Name)
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(form.Name), "."))
	if form.Process && len(limits.extensions) > 0 && !slices.Contains(limits.extensions, extension) {
		return nil, &FileRefused{Extension: extension}
	}
	u := &Upload{f: f, w: w, id: f.newID(), form: form}
	u.written, err = f.blobs.Create(ctx, u.id, form.Name, &bounded{body, limits.bytes, limits.bytes})
	if err != nil {
		return nil, err
	}
	if u.written.Size == 0 {
		return nil, errors.Join(ErrFileEmpty, u.Discard(ctx))
	}
	if u.form.ContentType == "" || u.form.ContentType == "application/octet-stream" {
		u.form.ContentType = contentType(form.Name, u.written.Head)
	}
	return u, nil
}

// bounded reads no more than the limit; 0 is none.
type bounded struct {
	r           io.Reader
	limit, left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.limit > 0 && b.left < 0 {
		return 0, &FileRefused{MaxMB: b.limit >> 20}
	}
	return n, err
}

// contentType is found out from the first bytes, and from the name where these
// say no more than that it is text, or nothing.
func contentType(name string, head []byte) string {
	found, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if found != "application/octet-stream" && found != "text/plain" && found != "application/zip" {
		return found
	}
	named, _, err := mime.ParseMediaType(mime.TypeByExtension(path.Ext(name)))
	if err != nil || found == "text/plain" && !strings.HasPrefix(named, "text/") {
		return found
	}
	return named
}

// Size is how many bytes have come.
func (u *Upload) Size() int64 { return u.written.Size }

// Discard takes the bytes away again, unless the file is stored. Errors are those
// of the storage.
func (u *Upload) Discard(ctx context.Context) error {
	if u.written == nil {
		return nil
	}
	return u.written.Remove(context.WithoutCancel(ctx))
}

// Commit stores the file, with what the sender says about it: an object. The
// member file_hash is believed, as in Open WebUI.
//
// Where its text is wanted, that of a text file is taken as it is, up to MaxText;
// of other files none is read, and data.status says so. Errors are those of the
// storage and the database, and where it fails neither bytes nor row are left.
func (u *Upload) Commit(ctx context.Context, said jsonvalue.JSON) (*model.File, error) {
	hash := textOf(said.Member("file_hash"))
	if hash == "" {
		hash = u.written.SHA256
	}
	if !said.IsObject() {
		said = jsonvalue.Text("{}")
	}
	meta, err := jsonvalue.Of(map[string]any{"name": u.form.Name, "content_type": u.form.ContentType,
		"size": u.written.Size, "file_hash": hash, "data": said})
	if err != nil {
		return nil, err
	}
	now := u.f.now()
	x := &model.File{ID: u.id, UserID: &u.w.ID, Filename: &u.form.Name, Path: ptr(u.written.Location()),
		Data: jsonvalue.Text("{}"), Meta: meta, CreatedAt: &now, UpdatedAt: &now}
	if u.form.Process {
		if err := u.process(ctx, x); err != nil {
			return nil, err
		}
	}
	if err := u.written.Renew(ctx); err != nil {
		return nil, err
	}
	there := query.Select(tables.File.ID).From(tables.File.Table).Named("files.Created").Where(tables.File.ID.Eq(u.id))
	err = u.f.inTx(ctx, engine.TxOptions{Name: "files.Create", Applied: func(ctx context.Context, q engine.Queryer) (bool, error) {
		return query.Found(ctx, q, there)
	}}, func(ctx context.Context, b base) error {
		if err := files.insert(ctx, &b, x); err != nil {
			return err
		}
		if err := u.link(ctx, b, x, said); err != nil {
			return err
		}
		written := u.written
		return onCommit(&b, func() {
			_ = written.Release(context.WithoutCancel(ctx)) // else a sweep does it
		})
	})
	switch {
	case err == nil, errors.Is(err, engine.ErrOutcomeUnknown):
		u.written = nil // a sweep finds out
	}
	if err != nil {
		return nil, err
	}
	return x, nil
}

// link puts the file into the knowledge base that the sender names, when its
// text was read and the sender may write to it.
func (u *Upload) link(ctx context.Context, b base, x *model.File, said jsonvalue.JSON) error {
	id := textOf(said.Member("knowledge_id"))
	if id == "" || x.Data.Member("content").IsNull() {
		return nil
	}
	k := Knowledge{b}
	switch _, err := k.writable(ctx, u.w, id); {
	case errors.Is(err, ErrNoAccess), errors.Is(err, dberr.ErrNotFound), errors.Is(err, ErrKnowledgeElsewhere):
		return nil // the file is theirs all the same
	case err != nil:
		return err
	}
	links := []FileLink{{x.ID, ptr(textOf(said.Member("directory_id")))}}
	if err := k.haveDirectories(ctx, id, links); errors.Is(err, ErrNoDirectory) {
		links[0].DirectoryID = nil
	} else if err != nil {
		return err
	}
	now := b.now()
	return b.link(ctx, model.KnowledgeFile{ID: b.newID(), UserID: u.w.ID, KnowledgeID: id, FileID: x.ID, DirectoryID: links[0].DirectoryID,
		CreatedAt: now, UpdatedAt: now})
}

// process reads the text out of a file.
func (u *Upload) process(ctx context.Context, x *model.File) error {
	switch {
	case u.written.Text && strings.HasPrefix(http.DetectContentType(u.written.Head), "text/") && u.written.Size <= MaxText:
	case u.written.Text && u.written.Size > MaxText:
		return failed(x, "The text is longer than the 8 MB that are taken from a file.")
	case strings.HasPrefix(u.form.ContentType, "video/"):
		x.Data = jsonvalue.Text(`{"status":"completed","error":null}`) // kept as it is
		return nil
	default:
		return failed(x, "No text is read out of files of type "+u.form.ContentType+" here. It can be sent to /api/v1/files/"+
			u.id+"/data/content/update.")
	}
	b, err := u.f.blobs.Open(ctx, u.written.Location())
	if err != nil {
		return err
	}
	defer b.Close()
	text, err := io.ReadAll(io.LimitReader(b, MaxText))
	if err != nil {
		return &dberr.Error{Op: "files.Create", Code: dberr.Unavailable,
			Msg: "the file that was just written cannot be read", Err: err}
	}
	data, hash, err := readText(strings.TrimPrefix(string(text), "\uFEFF"))
	x.Data, x.Hash = data, &hash
	return err
}

func failed(x *model.File, why string) error {
	var err error
	x.Data, err = jsonvalue.Of(map[string]any{"status": "failed", "error": why})
	return err
}

// readText is the members of file.data for a text that was read, and its hash.
func readText(text string) (data jsonvalue.JSON, hash string, err error) {
	sum := sha256.Sum256([]byte(text))
	data, err = jsonvalue.Of(struct {
		Status  string  `json:"status"`
		Error   *string `json:"error"`
		Content string  `json:"content"`
	}{"completed", nil, text})
	return data, hex.EncodeToString(sum[:]), err
}

// onCommit runs f when the transaction of b is committed.
func onCommit(b *base, f func()) error {
	tx, ok := b.q.(*engine.Tx)
	if !ok {
		return dberr.New(dberr.Internal, "store", "a side effect outside of a transaction")
	}
	tx.OnCommit(f)
	return nil
}

// removal is files whose rows are about to go.
type removal struct {
	*blobs.Claim
	ids []string
}

// claim claims the bytes of files that are about to be deleted.
func (f *Files) claim(ctx context.Context, found []place) (*removal, error) {
	r := &removal{ids: collect(found, func(p place) string { return p.ID })}
	if f.blobs == nil {
		return nil, errNoBlobs
	}
	var err error
	r.Claim, err = f.blobs.Claim(ctx, collect(found, func(p place) blobs.Item { return blobs.At(p.ID, p.Path) })...)
	return r, err
}

// remove deletes the rows with what goes with them, and the bytes once that is
// committed.
func (r *removal) remove(ctx context.Context, b *base) error {
	var gone []query.DeleteStmt
	for _, p := range files.with {
		gone = append(gone, query.Delete(p.by.Table()).Named(p.name).Where(p.by.In(r.ids...)))
	}
	gone = append(gone, deleteGrants("file", tables.AccessGrant.ResourceID.In(r.ids...)),
		query.Delete(tables.File.Table).Named("files.Delete").Where(tables.File.ID.In(r.ids...)))
	for _, st := range gone {
		if _, err := query.Exec(ctx, b.q, st); err != nil {
			return err
		}
	}
	return onCommit(b, func() {
		_ = r.Remove(context.WithoutCancel(ctx)) // else a sweep does it
	})
}

// ends lets go of the bytes when their rows stay after all.
func (r *removal) ends(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, engine.ErrOutcomeUnknown) {
		return err // a sweep finds out what became of it
	}
	return errors.Join(err, r.Release(context.WithoutCancel(ctx)))
}

// Sweep finishes what uploads and deletions have begun whose program was killed:
// no bytes without a row are left of them. It is run at the start, and now and
// then. Errors are those of the storage and the database; what was swept until
// then is returned with them.
func (f *Files) Sweep(ctx context.Context) (blobs.Swept, error) {
	if f.blobs == nil {
		return blobs.Swept{}, nil
	}
	return f.blobs.Sweep(ctx, blobs.Idle, func(ctx context.Context, ids []string) (map[string]bool, error) {
		found, err := query.All[string](ctx, f.q,
			query.Select(tables.File.ID).From(tables.File.Table).Named("files.Kept").Where(tables.File.ID.In(ids...)))
		kept := map[string]bool{}
		for _, id := range found {
			kept[id] = true
		}
		return kept, err
	})
}
