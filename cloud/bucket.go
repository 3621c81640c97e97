package cloud

import (
	"context"
	"io"
	"iter"
	"net/url"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
)

// Open opens a bucket by its URL: s3://name, gs://name, azblob://container. Its
// parameters are those of gocloud.dev; prefix stands before all names. An address
// of another kind is an error; whether the bucket is there shows when it is used.
func Open(ctx context.Context, address string) (blobs.Bucket, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		// The error has the whole address in it, and that may hold a secret.
		return nil, dberr.New(dberr.Invalid, "cloud.Open", "the address of the object storage is none; write it as s3://bucket?region=eu-central-1")
	}
	q := u.Query()
	base := u.Scheme + "://" + u.Host + "/" + q.Get("prefix")
	if u.Scheme == "s3" { // storages that only speak the protocol often do not know checksums
		for _, p := range []string{"request_checksum_calculation", "response_checksum_validation"} {
			if !q.Has(p) {
				q.Set(p, "when_required")
			}
		}
		u.RawQuery = q.Encode()
	}
	b, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fault("cloud.Open", "the "+u.Scheme+" storage "+u.Host+" cannot be opened", err)
	}
	return &bucket{b, base}, nil
}

// New is a bucket of gocloud.dev that is open already; base stands before the
// names in the column file.path.
func New(b *blob.Bucket, base string) blobs.Bucket { return &bucket{b, base} }

type bucket struct {
	b    *blob.Bucket
	base string
}

var codes = map[gcerrors.ErrorCode]dberr.Code{
	gcerrors.NotFound: dberr.NotFound, gcerrors.Canceled: dberr.Canceled, gcerrors.DeadlineExceeded: dberr.Timeout,
	gcerrors.ResourceExhausted: dberr.Full, gcerrors.Unimplemented: dberr.Unsupported,
}

func fault(op, msg string, err error) error {
	code, ok := codes[gcerrors.Code(err)]
	if !ok {
		code = dberr.Unavailable
	}
	return &dberr.Error{Op: op, Code: code, Msg: msg, Err: err}
}

// Create writes an object, which is there as a whole or not at all.
func (b *bucket) Create(ctx context.Context, name string, r io.Reader) error {
	ctx, abandon := context.WithCancel(ctx)
	defer abandon()
	w, err := b.b.NewWriter(ctx, name, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return fault("cloud.Create", "the file cannot be written", err)
	}
	from := &source{r: r}
	if _, err = io.Copy(w, from); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		abandon() // before Close, which would finish the object
		_ = w.Close()
		if from.err != nil {
			return from.err // it is not the storage that has failed
		}
		return fault("cloud.Create", "the file cannot be written", err)
	}
	if err := w.Close(); err != nil {
		return fault("cloud.Create", "the file cannot be written", err)
	}
	return nil
}

// source keeps the error of whom is read from apart from that of the storage.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // readers return it itself
		s.err = err
	}
	return n, err
}

func (b *bucket) Replace(ctx context.Context, name string, bytes []byte) error {
	if err := b.b.WriteAll(ctx, name, bytes, &blob.WriterOptions{ContentType: "application/json"}); err != nil {
		return fault("cloud.Replace", "the file cannot be written", err)
	}
	return nil
}

func (b *bucket) Open(ctx context.Context, name string) (*blobs.Blob, error) {
	r, err := b.b.NewReader(ctx, name, nil)
	if err != nil {
		return nil, fault("cloud.Open", "the file is not there or cannot be read", err)
	}
	return &blobs.Blob{ReadSeekCloser: r, Size: r.Size(), Changed: r.ModTime()}, nil
}

func (b *bucket) Remove(ctx context.Context, name string) error {
	if err := b.b.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fault("cloud.Remove", "the file cannot be deleted", err)
	}
	return nil
}

func (b *bucket) List(ctx context.Context, prefix string) iter.Seq2[blobs.Entry, error] {
	return func(yield func(blobs.Entry, error) bool) {
		for it := b.b.List(&blob.ListOptions{Prefix: prefix}); ; {
			x, err := it.Next(ctx)
			switch {
			case err == io.EOF: //nolint:errorlint // it is documented so
				return
			case err != nil:
				yield(blobs.Entry{}, fault("cloud.List", "the storage cannot be listed", err))
				return
			case x.IsDir || strings.HasSuffix(x.Key, "/"):
				continue
			}
			if !yield(blobs.Entry{Name: x.Key, Changed: x.ModTime}, nil) {
				return
			}
		}
	}
}

func (b *bucket) Location(name string) string { return b.base + name }

func (b *bucket) Close() error { return b.b.Close() }
