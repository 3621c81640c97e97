package cli

import (
	"cmp"
	"context"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
)

// uploads is where the bytes of files are kept: below the data directory, as
// Open WebUI keeps them, or in an object storage.
func (p *program) uploads(ctx context.Context, address string) (*blobs.Store, error) {
	address, err := p.filesURL(address)
	if err != nil {
		return nil, err
	}
	open := p.env.OpenBucket
	switch {
	case address == "":
		open = func(context.Context, string) (blobs.Bucket, error) {
			return blobs.OpenDir(filepath.Join(p.dataDir(), "uploads"))
		}
	case open == nil: // files would be where nobody looks for them
		return nil, dberr.New(dberr.Unsupported, "serve",
			"files are to be kept in an object storage, which this build does not reach; build larder from the module cloud (make build-cloud), or keep them in the data directory")
	}
	bucket, err := open(ctx, address)
	if err != nil {
		return nil, err
	}
	return blobs.New(bucket, nil), nil
}

// filesURL is the address of the object storage: what the flag says, else what
// the variables of Open WebUI say. Empty is the data directory.
func (p *program) filesURL(flag string) (string, error) {
	provider := p.env.get("STORAGE_PROVIDER")
	var bucket string
	q := url.Values{}
	switch {
	case flag != "":
		return flag, nil
	case provider == "" || provider == "local":
		return "", nil
	case provider == "s3":
		bucket = p.env.get("S3_BUCKET_NAME")
		q.Set("region", cmp.Or(p.env.get("S3_REGION_NAME"), "us-east-1"))
		if endpoint := p.env.get("S3_ENDPOINT_URL"); endpoint != "" {
			q.Set("endpoint", endpoint)
		}
		if p.env.get("S3_ADDRESSING_STYLE") == "path" {
			q.Set("use_path_style", "true")
		}
		if prefix := strings.Trim(p.env.get("S3_KEY_PREFIX"), "/"); prefix != "" {
			q.Set("prefix", prefix+"/")
		}
	case provider == "gcs":
		bucket, provider = p.env.get("GCS_BUCKET_NAME"), "gs"
	case provider == "azure":
		bucket, provider = p.env.get("AZURE_STORAGE_CONTAINER_NAME"), "azblob"
		if host, err := url.Parse(p.env.get("AZURE_STORAGE_ENDPOINT")); err == nil && host.Host != "" {
			account, domain, _ := strings.Cut(host.Host, ".blob.")
			q.Set("storage_account", account)
			if domain != "" {
				q.Set("domain", "blob."+domain)
			}
		}
	default:
		return "", dberr.New(dberr.Invalid, "serve", "STORAGE_PROVIDER is local, s3, gcs or azure")
	}
	if bucket == "" {
		return "", dberr.New(dberr.Invalid, "serve", "STORAGE_PROVIDER names an object storage, and no variable names its bucket")
	}
	return (&url.URL{Scheme: provider, Host: bucket, RawQuery: q.Encode()}).String(), nil
}

// sweepEvery is how often it is looked for what programs that were killed have
// left of uploads and deletions.
const sweepEvery = time.Hour

func sweepFiles(ctx context.Context, sweep func(context.Context) (blobs.Swept, error), log *slog.Logger) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		switch done, err := sweep(ctx); {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "what was left of uploads could not be cleaned up; it is tried again", "error", err)
		case done.Claims > 0:
			log.InfoContext(ctx, "cleaned up what was left of uploads", "unfinished", done.Claims, "removed", done.Removed)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
