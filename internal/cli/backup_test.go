package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/larder-db/larder/internal/testdb"
)

// In the soak it is each pair of engines, else as many as there are engines.
func TestABackupOfEachEngineIsRestoredIntoEach(t *testing.T) {
	dir := t.TempDir()
	for from, source := range filled(t) {
		file := filepath.Join(dir, from+".larder")
		if code, _, log := larder(t, "backup", file, "--from", source); code != 0 {
			t.Fatalf("%s: %s", from, log)
		}
		if code, out, log := larder(t, "verify", file); code != 0 || !strings.Contains(out, "tables") {
			t.Fatalf("%s: %s%s", from, out, log)
		}
		for _, to := range targetsOf(from) {
			t.Run(from+" to "+to, func(t *testing.T) {
				target := testdb.New(t, to).URL
				if code, _, log := larder(t, "restore", file, "--to", target); code != 0 {
					t.Fatal(log)
				}
				if code, out, log := larder(t, "verify", file, "--to", target); code != 0 {
					t.Fatalf("%s%s", out, log)
				}
				if code, out, log := larder(t, "verify", "--from", source, "--to", target); code != 0 {
					t.Fatalf("%s%s", out, log)
				}
				if code, _, log := larder(t, "migrate", "check", "--database-url", target); code != 0 {
					t.Fatal(log)
				}
			})
		}
	}
}

func TestADamagedArchiveIsFoundAndNamed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.larder")
	if code, _, log := larder(t, "backup", file, "--from", smallFile(t)); code != 0 {
		t.Fatal(log)
	}
	if code, _, log := larder(t, "backup", file, "--from", smallFile(t)); code != 1 ||
		!strings.Contains(log, "is there already") {
		t.Errorf("%d %s", code, log)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{3, 60, len(whole) / 2, len(whole) * 9 / 10, len(whole) - 1} {
		spoiled := filepath.Join(dir, "spoiled.larder")
		b := append([]byte(nil), whole...)
		b[at] ^= 1
		if err := os.WriteFile(spoiled, b, 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, log := larder(t, "verify", spoiled)
		if code != 1 {
			t.Errorf("byte %d: %d %s %s", at, code, out, log)
		}
		if at == len(whole)/2 && !strings.Contains(out+log, "table ") {
			t.Errorf("the table is not named: %s %s", out, log)
		}
		to := "sqlite:///" + filepath.Join(t.TempDir(), "to.db")
		if code, _, log := larder(t, "restore", spoiled, "--to", to); code != 1 || !strings.Contains(log, "damaged") {
			t.Errorf("byte %d: %d %s", at, code, log)
		}
	}
}

func TestAnArchiveIsEncrypted(t *testing.T) {
	dir := t.TempDir()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, word, wrong := put("key", id.String()+"\n"), put("word", "correct horse\n"), put("wrong", "battery staple\n")
	from := smallFile(t)
	for name, c := range map[string]struct{ seal, open []string }{
		"key":        {[]string{"--encrypt-to", id.Recipient().String()}, []string{"--identity", key}},
		"passphrase": {[]string{"--passphrase-file", word}, []string{"--passphrase-file", word}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, name+".larder.age")
			if code, _, log := larder(t, append([]string{"backup", file, "--from", from}, c.seal...)...); code != 0 {
				t.Fatal(log)
			}
			if code, _, log := larder(t, "verify", file); code != 2 || !strings.Contains(log, "--identity") {
				t.Errorf("without a key: %d %s", code, log)
			}
			if code, _, log := larder(t, "verify", file, "--passphrase-file", wrong); code != 1 ||
				!strings.Contains(log, "cannot be decrypted") {
				t.Errorf("with another key: %d %s", code, log)
			}
			if code, out, log := larder(t, append([]string{"verify", file}, c.open...)...); code != 0 {
				t.Errorf("%d %s %s", code, out, log)
			}
			to := "sqlite:///" + filepath.Join(t.TempDir(), "to.db")
			if code, _, log := larder(t, append([]string{"restore", file, "--to", to}, c.open...)...); code != 0 {
				t.Error(log)
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)/2] ^= 1
			if code, out, _ := larder(t, append([]string{"verify", put("spoiled", string(b))}, c.open...)...); code != 1 {
				t.Errorf("damaged: %d %s", code, out)
			}
		})
	}
}

// A folder is a series of backups: what the plan does not keep goes when a new
// one is whole, and nothing else.
func TestASeriesOfBackups(t *testing.T) {
	dir, source := t.TempDir(), smallFile(t)
	old := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{
		"larder-20240301T030000Z.larder", "larder-20240331T030000Z.larder", "larder-20240430T030000Z.larder.age", // of a year long ago
		"larder-20230101T030000Z.larder.part",                           // of one that was killed
		"larder-20240301T030000Z.larder.bak", "mine.larder", "larder-x", // somebody else's
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	running := "larder-20240501T030000Z.larder.part"
	if err := os.WriteFile(filepath.Join(dir, running), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	names := func() []string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return all
	}
	before := names()

	if code, _, log := larder(t, "backup", dir, "--from", source+".none", "--keep", "2y"); code == 0 ||
		!slices.Equal(names(), before) {
		t.Fatalf("a backup that fails: %d, %v: %s", code, names(), log)
	}
	if code, _, log := larder(t, "backup", dir, "--from", source, "--keep", "2months"); code != 2 ||
		!strings.Contains(log, "7d,4w,12m") || !slices.Equal(names(), before) {
		t.Fatalf("%d, %v: %s", code, names(), log)
	}
	if code, _, log := larder(t, "backup", filepath.Join(dir, "mine.larder"), "--from", source, "--keep",
		"2y"); code != 2 || !strings.Contains(log, "folder that exists") {
		t.Fatalf("%d: %s", code, log)
	}
	if code, _, log := larder(t, "backup", dir, "--from", source); code != 0 || len(names()) != len(before)+1 {
		t.Fatalf("without a plan: %d, %v: %s", code, names(), log)
	}
	before = names()
	var first string
	for _, n := range before {
		if strings.HasPrefix(n, "larder-2") && strings.HasSuffix(n, "Z.larder") {
			first = max(first, n)
		}
	}
	if code, out, log := larder(t, "verify", filepath.Join(dir, first)); code != 0 {
		t.Fatalf("%s%s", out, log)
	}
	time.Sleep(time.Second) // names are by the second
	if code, _, log := larder(t, "backup", dir, "--from", source, "--keep", "2y"); code != 0 ||
		!strings.Contains(log, "larder-20240301T030000Z.larder") {
		t.Fatalf("%d: %s", code, log)
	}
	want := slices.DeleteFunc(before, func(n string) bool {
		return slices.Contains([]string{first, "larder-20240301T030000Z.larder", "larder-20240331T030000Z.larder",
			"larder-20230101T030000Z.larder.part"}, n)
	})
	got := names()
	if last := slices.Max(slices.DeleteFunc(slices.Clone(got),
		func(n string) bool { return !strings.HasSuffix(n, "Z.larder") || !strings.HasPrefix(n, "larder-") })); last <= first {
		t.Errorf("the newest is %s after %s", last, first)
	} else {
		got = slices.DeleteFunc(got, func(n string) bool { return n == last })
	}
	if !slices.Equal(got, want) {
		t.Errorf("there are %v, not %v and a new one", got, want)
	}
}
