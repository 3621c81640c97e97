//go:build clients

package cli_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

// TestClientsOfOpenWebUI runs three clients from PyPI against a fresh server on
// each engine: what they do on Open WebUI 0.12.4 they do here, as far as it is
// served.
func TestClientsOfOpenWebUI(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "venv")
	python := filepath.Join(dir, "bin", "python")
	for _, args := range [][]string{
		{"python3", "-m", "venv", dir},
		{python, "-m", "pip", "install", "--quiet", "owui-cli==0.6.0", "openwebui-chat-client==0.1.24", "openwebui-sdk==0.1.1", "openwebui-cli==0.1.1"},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL)
		admin := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
		out, err := exec.CommandContext(t.Context(), python, "testdata/clients.py", "http://"+p.addr, admin,
			"ada@example.com", "pw-ada").CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Errorf("a client fails: %v", err)
		}
		p.stop()
	})
}
