package jsonvalue

import (
	"fmt"
	"strings"
	"testing"
)

// A memory tells what a check tells, also of what it has forgotten.
func TestMemoryTellsWhatACheckTells(t *testing.T) {
	long := strings.Repeat("x", worth)
	m := NewMemory()
	for range 2 {
		for text, depth := range map[string]int{`1`: 0, `{"a":[1]}`: 2, `[["` + long + `"]]`: 2, `"` + long + `"`: 0} {
			got, ok := m.Check(Text(text)).Checked()
			if !ok || got != depth {
				t.Errorf("%.20s: depth %d, %t; want %d", text, got, ok, depth)
			}
		}
		for _, text := range []string{``, `{`, `{"a":"` + long, `"` + long + `\u0000"`, `"` + long + `\ud800"`,
			`[1e999,"` + long + `"]`} {
			j := m.Check(Text(text))
			if _, ok := j.Checked(); ok || j.String() != text {
				t.Errorf("%.20s is known to be storable", text)
			}
		}
		if j := m.Check(JSON{}); !j.IsNull() {
			t.Error("SQL NULL became a document")
		}
	}
}

func TestMemoryHasAnEnd(t *testing.T) {
	m, long := NewMemory(), strings.Repeat("x", worth)
	for i := range 5 * remembered {
		m.Check(Text(fmt.Sprintf(`["%d%s"]`, i, long)))
	}
	if n := len(m.fresh) + len(m.before); n > 2*remembered {
		t.Errorf("%d documents are remembered, want at most %d", n, 2*remembered)
	}
}
