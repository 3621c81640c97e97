package main

import (
	"os"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

// TestTheApplication: it says the same on each engine.
func TestTheApplication(t *testing.T) {
	want, err := os.ReadFile("testdata/output.txt")
	if err != nil {
		t.Fatal(err)
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		var out strings.Builder
		run(t.Context(), eng, &out)
		if out.String() != string(want) {
			t.Errorf("it says\n%s", out.String())
		}
	})
}

// TestItIsSmall holds the application to the size that docs/sqlalchemy.md gives.
func TestItIsSmall(t *testing.T) {
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		if s := strings.TrimSpace(line); s != "" && !strings.HasPrefix(s, "//") {
			n++
		}
	}
	if n > 150 {
		t.Errorf("%d lines of code", n)
	}
}
