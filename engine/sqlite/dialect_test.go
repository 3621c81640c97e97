package sqlite

import (
	"testing"

	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

func TestDialect(t *testing.T) {
	drivertest.Dialect(t, Driver{}, testdb.New(t, testdb.SQLite).URL)
}

func FuzzLike(f *testing.F) {
	f.Add("abc", "a%c", "")
	f.Add("a%c", "a/%c", "/")
	f.Add("ééé", "_%", "")
	f.Add("aaaaaaaaab", "%a%a%b", "/")
	f.Fuzz(func(t *testing.T, text, pattern, escape string) {
		if len(text)+len(pattern) > 60 || len(escape) > 4 {
			return
		}
		if got, want := like(text, pattern, escape), likeSlowly([]rune(text), []rune(pattern), []rune(escape)); got != want {
			t.Errorf("%q LIKE %q escape %q is %v", text, pattern, escape, got)
		}
	})
}

// likeSlowly is LIKE by its definition.
func likeSlowly(text, pattern, escape []rune) bool {
	if len(pattern) == 0 {
		return len(text) == 0
	}
	p := pattern[0]
	switch {
	case len(escape) > 0 && p == escape[0] && len(pattern) > 1:
		return len(text) > 0 && text[0] == pattern[1] && likeSlowly(text[1:], pattern[2:], escape)
	case p == '%':
		return likeSlowly(text, pattern[1:], escape) || len(text) > 0 && likeSlowly(text[1:], pattern, escape)
	}
	return len(text) > 0 && (p == '_' || p == text[0]) && likeSlowly(text[1:], pattern[1:], escape)
}

func TestDecimalKeys(t *testing.T) {
	ordered := []string{"x", "-1000", "-100.01", "-100", "-9.99", "-2", "-1.50", "-1.25", "-1", "-0.5", "-0.05", "0",
		"0.05", "0.5", "1", "1.25", "1.5", "2", "9.99", "10", "100", "100.01", "1e3"}
	for i, a := range ordered {
		for j, b := range ordered {
			if (i < j) != (decimalKey(a) < decimalKey(b)) || (i == j) != (decimalKey(a) == decimalKey(b)) {
				t.Errorf("%s and %s are in the wrong order", a, b)
			}
		}
	}
	for _, same := range [][2]string{{"1", "1.00"}, {"-0", "0"}, {"1e2", "100"}, {"0.10", "1e-1"}} {
		if decimalKey(same[0]) != decimalKey(same[1]) {
			t.Errorf("%s and %s differ", same[0], same[1])
		}
	}
}
