package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
)

func ExampleFile() {
	password := File("/run/secrets/nothing-here")
	_, err := password(context.Background())
	fmt.Println(err)
	// Output: password: the file /run/secrets/nothing-here cannot be opened
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pw")
	ask := File(path)
	for text, want := range map[string]string{
		"s3cret": "s3cret", "s3cret\n": "s3cret", "s3cret\r\n": "s3cret", "s3cret\n\n": "s3cret\n", " s p ": " s p ", "ä🔑\n": "ä🔑",
		"": "gives nothing", "\n": "gives nothing", "a\x00b": "NUL", strings.Repeat("x", longest+1): "64 KiB",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ask(t.Context())
		if err != nil {
			if got = err.Error(); dberr.CodeOf(err) != dberr.Unavailable || !strings.Contains(got, path) ||
				!strings.Contains(got, want) {
				t.Errorf("%.20q: %v", text, err)
			}
		} else if got != want {
			t.Errorf("%.20q: %q, want %q", text, got, want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context()); dberr.CodeOf(err) != dberr.Unavailable || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the lines are written for a POSIX shell")
	}
	for line, want := range map[string]string{
		"echo s3cret": "s3cret", `printf 'a b"c'`: `a b"c`, "echo x | tr x y": "y",
		"true": "gives nothing", "echo s3cret; echo s3cret >&2; exit 3": "exit status 3", "nothing-like-this": "exit status 127",
		"head -c 100000 /dev/zero": "64 KiB", "sleep 1000 & echo y": "y",
	} {
		got, err := Command(line)(t.Context())
		if err != nil {
			if got = err.Error(); dberr.CodeOf(err) != dberr.Unavailable || !strings.Contains(got, want) ||
				strings.Contains(got, "s3cret") {
				t.Errorf("%s: %v", line, err)
			}
		} else if got != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// Connections that are opened together share one run of a slow command, and none
// waits longer for it than its own context allows.
func TestOneRunForManyConnections(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the line is written for a POSIX shell")
	}
	runs := filepath.Join(t.TempDir(), "runs")
	ask := Command("echo x >> '" + runs + "'; sleep 0.5; echo token")
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := ask(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if got, err := ask(t.Context()); got != "token" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	all.Wait()
	if text, err := os.ReadFile(runs); string(text) != "x\n" {
		t.Errorf("it ran for %q, %v", text, err)
	}
	if got, err := ask(t.Context()); got != "token" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if text, _ := os.ReadFile(runs); string(text) != "x\nx\n" {
		t.Errorf("what a run gave was kept: %q", text)
	}
}
