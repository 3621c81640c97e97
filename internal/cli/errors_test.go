package cli_test

import (
	"encoding/json"
	"testing"
)

// TestErrorsAsJSON: with --output json what goes wrong is one line of JSON.
func TestErrorsAsJSON(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		code   string
	}{
		{[]string{"migrate", "upgrade", "zz", "--sql", "--dialect", "sqlite"}, 1, "invalid"},
		{[]string{"migrate", "upgrade"}, 2, "usage"},
		{[]string{"migrate", "heads", "more"}, 2, "usage"},
		{[]string{"migrate", "edit", "ca81"}, 1, "not_found"},
	} {
		code, out, errs := larder(t, append(c.args, "--output", "json")...)
		var e struct {
			Error struct {
				Code, Message string
				Status        int
			}
		}
		if err := json.Unmarshal([]byte(errs), &e); err != nil || code != c.status || e.Error.Status != code ||
			e.Error.Code != c.code || e.Error.Message == "" || out != "" {
			t.Errorf("%v: exit status %d, %v: %s %s", c.args, code, err, out, errs)
		}
	}
}
