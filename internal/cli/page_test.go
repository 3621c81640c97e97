//go:build page

package cli_test

import (
	"archive/zip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestThePageOfOpenWebUI drives Open WebUI's page from PyPI, as it is, with a
// headless Chromium that the machine has: CHROMIUM names it, else chromium.
// Pictures of it go to PAGE_PICTURES, if that is set.
func TestThePageOfOpenWebUI(t *testing.T) {
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		var err error
		if chromium, err = exec.LookPath("chromium"); err != nil {
			t.Fatal("there is no chromium; install it, or name a browser in CHROMIUM")
		}
	}
	dir := t.TempDir()
	python := filepath.Join(dir, "venv", "bin", "python")
	for _, args := range [][]string{
		{"python3", "-m", "venv", filepath.Join(dir, "venv")},
		{python, "-m", "pip", "install", "--quiet", "playwright"},
		{python, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", dir, "open-webui==0.12.4"},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	frontend(t, dir)
	pictures := os.Getenv("PAGE_PICTURES")
	if pictures == "" {
		pictures = t.TempDir()
	}
	data := t.TempDir()
	p := start(t, nil, "--data-dir", data, "--web", filepath.Join(dir, "open_webui", "frontend"))
	out, err := exec.CommandContext(t.Context(), python, "testdata/page.py", "http://"+p.addr, chromium, pictures,
		filepath.Join(data, "webui.db")).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("the page does not work: %v", err)
	}
	p.stop()
}

// frontend unpacks the page that is in the wheel.
func frontend(t *testing.T, dir string) {
	t.Helper()
	wheels, err := filepath.Glob(filepath.Join(dir, "open_webui-*.whl"))
	if err != nil || len(wheels) != 1 {
		t.Fatalf("the wheels are %v, %v", wheels, err)
	}
	z, err := zip.OpenReader(wheels[0])
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "open_webui/frontend/") || !filepath.IsLocal(f.Name) || f.FileInfo().IsDir() {
			continue
		}
		to := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(to)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(file, from); err != nil {
			t.Fatal(err)
		}
		from.Close()
		file.Close()
	}
}
