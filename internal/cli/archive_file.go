package cli

import (
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/transfer"
	"github.com/larder-db/larder/transfer/archive"
)

// openArchive opens an archive, encrypted or not: a file, standard input for "-",
// or an object. An archive is read in no order, so what is no file is copied into
// one first, which has no name and is gone with the process. The function closes
// it.
func (p *program) openArchive(ctx context.Context, name string, k *keyFlags) (*archive.Archive, func(), error) {
	file, err := p.archiveFile(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, nil, unread(name, err)
	}
	a, err := k.opened(file, info.Size())
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return a, func() { file.Close() }, nil
}

func (p *program) archiveFile(ctx context.Context, name string) (*os.File, error) {
	if name == "-" {
		return spooled("standard input", p.env.Stdin)
	}
	if isObject(name) {
		bucket, key, err := p.object(ctx, name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = bucket.Close() }() // it was only read
		x, err := bucket.Open(ctx, key)
		if err != nil {
			return nil, err
		}
		defer func() { _ = x.Close() }()
		return spooled("the object", x)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, &dberr.Error{Op: "archive", Code: dberr.NotFound, Msg: "the file " + name + " cannot be read", Err: err}
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() {
		return file, nil
	}
	defer file.Close()
	if err == nil && info.IsDir() {
		return nil, dberr.New(dberr.Invalid, "archive", name+" is a folder; name the archive in it")
	}
	return spooled(name, file) // a pipe
}

// spooled is a file without a name that has what r has.
func spooled(name string, r io.Reader) (file *os.File, err error) {
	if file, err = os.CreateTemp("", "larder-*.archive"); err != nil {
		return nil, &dberr.Error{Op: "archive", Code: dberr.Unavailable, Err: err,
			Msg: "no temporary file can be made for the archive (TMPDIR says where)"}
	}
	_ = os.Remove(file.Name()) // where a file that is open keeps its name the system removes it
	if _, err = io.Copy(file, r); err != nil {
		file.Close()
		return nil, unread(name, err)
	}
	return file, nil
}

func unread(name string, err error) error {
	var known *dberr.Error
	if errors.As(err, &known) {
		return err
	}
	return &dberr.Error{Op: "archive", Code: dberr.Unavailable, Err: err,
		Msg: "the archive cannot be read from " + name + " to its end, or there is no room for it in the temporary directory"}
}

// isObject reports whether an archive is in an object storage.
func isObject(name string) bool { return strings.Contains(name, "://") }

// object opens the bucket of an address like s3://bucket/path/name?region=...,
// and returns the name in it.
func (p *program) object(ctx context.Context, address string) (blobs.Bucket, string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" { // an error of its own would hold the address, and that a secret
		return nil, "", &usageError{"the address of an archive in an object storage is like s3://bucket/monday.larder?region=eu-central-1"}
	}
	if p.env.OpenBucket == nil {
		return nil, "", dberr.New(dberr.Unsupported, "archive",
			"archives in an object storage are not reached by this build; build larder from the module cloud (make build-cloud), or use a file or a pipe (-)")
	}
	key := strings.TrimPrefix(u.Path, "/")
	u.Path, u.RawPath = "", ""
	bucket, err := p.env.OpenBucket(ctx, u.String())
	return bucket, key, err
}

// saveObject writes an object, which is there only when it is whole. One that is
// there already stays as it is.
func saveObject(ctx context.Context, bucket blobs.Bucket, key string,
	save func(w io.Writer) (*transfer.Report, error)) (rep *transfer.Report, err error) {
	switch x, err := bucket.Open(ctx, key); {
	case err == nil:
		_ = x.Close()
		return nil, dberr.New(dberr.AlreadyExists, "backup", "the object "+path.Base(key)+
			" is there already; name another one")
	case !errors.Is(err, dberr.ErrNotFound):
		return nil, err
	}
	r, w := io.Pipe()
	saved := make(chan error, 1)
	go func() {
		var err error
		rep, err = save(w)
		_ = w.CloseWithError(err) // it returns none
		saved <- err
	}()
	err = bucket.Create(ctx, key, r)
	_ = r.CloseWithError(err) // the backup does not go on without whom it is for
	if serr := <-saved; err == nil {
		err = serr
	}
	if err != nil {
		_ = bucket.Remove(context.WithoutCancel(ctx), key) // a part, where the place holds parts
	}
	return rep, err
}
