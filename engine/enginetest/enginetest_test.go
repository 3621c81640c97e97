package enginetest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

// judged is a testing.TB that remembers failures instead of failing.
type judged struct {
	testing.TB
	errors []string
}

func (j *judged) Helper() {}
func (j *judged) Errorf(format string, args ...any) {
	j.errors = append(j.errors, fmt.Sprintf(format, args...))
}

func query(t testing.TB, eng *engine.Engine, name, text string) {
	t.Helper()
	rows, err := eng.Query(t.Context(), engine.Statement{Name: name, SQL: text})
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnAccidentalLoopOfQueriesFails(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		list := func() {
			query(t, eng, "notes.List", "SELECT 1")
			for range 20 {
				query(t, eng, "tags.OfNote", "SELECT 2")
			}
		}
		j := &judged{TB: t}
		enginetest.MaxQueries(j, eng, 2, list)
		if len(j.errors) != 1 {
			t.Fatalf("it does not fail: %v", j.errors)
		}
		for _, w := range []string{"21 statements where 2 are allowed", "20 x tags.OfNote at ", "enginetest_test.go:",
			"1 x notes.List"} {
			if !strings.Contains(j.errors[0], w) {
				t.Errorf("the message lacks %q: %s", w, j.errors[0])
			}
		}
		j = &judged{TB: t}
		enginetest.MaxQueries(j, eng, 21, list)
		if len(j.errors) != 0 {
			t.Errorf("it fails: %v", j.errors)
		}
		if n := enginetest.CountQueries(t, eng, list); n != 21 {
			t.Errorf("%d statements, want 21", n)
		}
		query(t, eng, "after", "SELECT 3")
		if n := enginetest.CountQueries(t, eng, func() {
			_ = eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Read},
				func(context.Context, *engine.Tx) error { return nil })
		}); n != 0 {
			t.Errorf("an empty transaction counts %d", n)
		}
	})
}

func TestLeaksAreFound(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		rows, err := eng.Query(t.Context(), engine.Statement{Name: "leak", SQL: "SELECT 1"})
		if err != nil {
			t.Fatal(err)
		}
		j := &judged{TB: t}
		enginetest.NoLeaks(j, eng)
		if len(j.errors) != 2 || !strings.Contains(strings.Join(j.errors, "\n"), "leak opened at") ||
			!strings.Contains(j.errors[1], "enginetest_test.go") {
			t.Errorf("found %v", j.errors)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	})
}
