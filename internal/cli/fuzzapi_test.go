//go:build fuzzapi

package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

// schemathesis is the fuzzer that reads descriptions of APIs, from PyPI.
const schemathesis = "schemathesis==4.32.5"

// TestTheFuzzerFindsNothing has every operation of the description tried, as an
// admin, as a user and without a session: nothing answers 500, or what the
// description does not allow.
func TestTheFuzzerFindsNothing(t *testing.T) {
	fuzzer := installed(t)
	for _, engine := range testdb.Engines() {
		t.Run(engine, func(t *testing.T) {
			p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", testdb.New(t, engine).URL)
			admin := token(t, p.send("POST", "/api/v1/auths/signup", "",
				`{"name":"Ada","email":"ada@example.com","password":"pw-ada-1"}`, 200))
			user := token(t, p.send("POST", "/api/v1/auths/add", admin,
				`{"name":"Bob","email":"bob@example.com","password":"pw-bob-1","role":"user"}`, 200))
			for who, bearer := range map[string]string{"an admin": admin, "a user": user, "a stranger": ""} {
				args := []string{"run", "http://" + p.addr + "/openapi.json", "--no-color", "--generation-deterministic",
					"--max-examples", "40",
					"--phases", "coverage,fuzzing",
					"--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
					// It would end its own session, or lock itself out.
					"--exclude-path-regex", "auths/(signin|signup|signout|update/password|api_key)|users/.*/update"}
				if bearer != "" {
					args = append(args, "-H", "Authorization: Bearer "+bearer)
				}
				cmd := exec.CommandContext(t.Context(), fuzzer, args...)
				cmd.Dir = t.TempDir() // it keeps what it has seen there
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("as %s: %v\n%s", who, err, out)
				}
			}
		})
	}
}

// installed is the fuzzer's program, in a virtual environment that stays.
func installed(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "larder", schemathesis)
	program := filepath.Join(dir, "bin", "schemathesis")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	for _, args := range [][]string{{"python3", "-m", "venv", dir},
		{filepath.Join(dir, "bin", "pip"), "install", "--quiet", schemathesis}} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	return program
}
