package driver_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
)

func TestAFaultNamesIdentifiersOnly(t *testing.T) {
	f := driver.Fault{Detail: "there is no such table; create it"}
	if got := f.WithName("webui.chat").Detail; got != "there is no such table: webui.chat; create it" {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"", "a b", "x'; DROP", "ada@example.com", "ü", strings.Repeat("a", 131)} {
		if got := f.WithName(name); got != f {
			t.Errorf("%q is shown: %q", name, got.Detail)
		}
	}
	if got := (driver.Fault{}).WithName("chat"); got.Detail != "" {
		t.Errorf("a name alone: %q", got.Detail)
	}
	if got := (driver.Fault{Detail: "nothing to do"}).WithName("chat").Detail; got != "nothing to do: chat" {
		t.Errorf("%q", got)
	}
}
