package cli

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
)

// uploads is where the bytes of files are kept: below the data directory, as
// Open WebUI keeps them.
func (p *program) uploads() (*blobs.Store, error) {
	if provider := p.env.get("STORAGE_PROVIDER"); provider != "" && provider != "local" {
		return nil, dberr.New(dberr.Unsupported, "serve",
			"STORAGE_PROVIDER="+provider+" keeps files in an object storage, which this build does not reach; unset it to keep them in the data directory")
	}
	bucket, err := blobs.OpenDir(filepath.Join(p.dataDir(), "uploads"))
	if err != nil {
		return nil, err
	}
	return blobs.New(bucket, nil), nil
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
