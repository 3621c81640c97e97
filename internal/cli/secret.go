package cli

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/larder-db/larder/dberr"
)

// secretFile is the name under which Open WebUI keeps its secret, too.
const secretFile = ".webui_secret_key"

// secret is what session tokens are signed with: WEBUI_SECRET_KEY, else what
// stands in a file of the data directory, which is made when there is none.
// made says that it was.
func (p *program) secret() (key []byte, made bool, err error) {
	if s := p.env.get("WEBUI_SECRET_KEY"); s != "" {
		return []byte(s), false, nil
	}
	dir := p.dataDir()
	path := filepath.Join(dir, secretFile)
	key, err = readSecret(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	if err := makeSecret(dir, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, &dberr.Error{Op: "secret", Code: dberr.Unavailable,
			Msg: "the file " + path + " cannot be written; set WEBUI_SECRET_KEY or make the data directory writable", Err: err}
	}
	key, err = readSecret(path)
	return key, true, err
}

func readSecret(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, &dberr.Error{Op: "secret", Code: dberr.Unavailable, Msg: "the file " + path + " cannot be read", Err: err}
	}
	key := strings.TrimSpace(string(b))
	if key == "" {
		return nil, dberr.New(dberr.Invalid, "secret", "the file "+path+" is empty; remove it, and a new secret is made")
	}
	return []byte(key), nil
}

// makeSecret puts a new secret into place at once: of several processes that
// start together all read the same one, whole.
func makeSecret(dir, path string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var b [32]byte
	_, _ = rand.Read(b[:])                        // never fails
	f, err := os.CreateTemp(dir, secretFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.WriteString(base64.StdEncoding.EncodeToString(b[:]) + "\n"); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Link(f.Name(), path) // fails when it exists
}
