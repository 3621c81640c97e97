package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
)

// The variables of Open WebUI say where files are, as they do there.
func TestWhereFilesAreKept(t *testing.T) {
	for _, c := range []struct{ env, flag, want string }{
		{"", "", ""},
		{"STORAGE_PROVIDER=local", "", ""},
		{"STORAGE_PROVIDER=local", "gs://files", "gs://files"},
		{"STORAGE_PROVIDER=s3 S3_BUCKET_NAME=files", "", "s3://files?region=us-east-1"},
		{"STORAGE_PROVIDER=s3 S3_BUCKET_NAME=files S3_REGION_NAME=eu-central-1 S3_KEY_PREFIX=/a/b/ S3_ENDPOINT_URL=http://minio:9000 S3_ADDRESSING_STYLE=path", "",
			"s3://files?endpoint=http%3A%2F%2Fminio%3A9000&prefix=a%2Fb%2F&region=eu-central-1&use_path_style=true"},
		{"STORAGE_PROVIDER=gcs GCS_BUCKET_NAME=files", "", "gs://files"},
		{"STORAGE_PROVIDER=azure AZURE_STORAGE_CONTAINER_NAME=files AZURE_STORAGE_ENDPOINT=https://me.blob.core.windows.net", "",
			"azblob://files?domain=blob.core.windows.net&storage_account=me"},
	} {
		env := map[string]string{"DATA_DIR": t.TempDir()}
		for _, v := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(v, "=")
			env[name] = value
		}
		opened := ""
		p := &program{env: Environment{Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
			OpenBucket: func(_ context.Context, address string) (blobs.Bucket, error) {
				opened = address
				return blobs.OpenDir(t.TempDir())
			}}}
		st, err := p.uploads(t.Context(), c.flag)
		if err != nil || opened != c.want {
			t.Errorf("%s %s: opens %q, want %q; %v", c.env, c.flag, opened, c.want, err)
			continue
		}
		_ = st.Close()
		// A program that reaches no object storage does not keep files elsewhere.
		p.env.OpenBucket = nil
		if st, err = p.uploads(t.Context(), c.flag); c.want == "" && err != nil ||
			c.want != "" && !errors.Is(err, dberr.ErrUnsupported) {
			t.Errorf("%s %s without object storages: %v", c.env, c.flag, err)
		}
		if st != nil {
			_ = st.Close()
		}
	}
	for _, provider := range []string{"s3", "ftp"} {
		p := &program{env: Environment{Lookup: func(name string) (string, bool) {
			if name != "STORAGE_PROVIDER" {
				return "", false
			}
			return provider, true
		}}}
		if _, err := p.uploads(t.Context(), ""); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%s without a bucket: %v", provider, err)
		}
	}
}
