// Larder with object storages: larder, whose --files-url may also be a bucket of
// S3, Google Cloud Storage or Azure. The tags no_s3, no_gcs and no_azure leave
// one of them out.
package main

import (
	"context"
	"os"

	"github.com/larder-db/larder/cloud"
	"github.com/larder-db/larder/internal/cli"
)

func main() {
	env := cli.System()
	env.OpenBucket = cloud.Open
	// Open WebUI has names of its own for what the SDK looks for.
	for theirs, ours := range map[string]string{"S3_ACCESS_KEY_ID": "AWS_ACCESS_KEY_ID",
		"S3_SECRET_ACCESS_KEY": "AWS_SECRET_ACCESS_KEY"} {
		if v, ok := env.Lookup(theirs); ok && v != "" {
			if _, set := env.Lookup(ours); !set {
				_ = os.Setenv(ours, v) // fails for names that are none
			}
		}
	}
	os.Exit(cli.Main(context.Background(), os.Args[1:], env))
}
