package jsontext_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/jsontext"
)

func TestExtent(t *testing.T) {
	for text, want := range map[string]struct {
		depth    int
		infinite bool
	}{
		`1`:                                   {0, false},
		`{"a":[1,{"b":[]}],"c":{}}`:           {4, false},
		`"[[[\"[["`:                           {0, false},
		`{"[[":"{\\"}`:                        {1, false},
		strings.Repeat("9", 308):              {0, false},
		"[-" + strings.Repeat("9", 309) + "]": {1, true},
		`[1e308,1E-999,0.00001e310]`:          {1, false},
		`[1e309]`:                             {1, true},
		`["1e309",1e+0400]`:                   {1, true},
	} {
		if depth, infinite := jsontext.Extent(text); depth != want.depth || infinite != want.infinite {
			t.Errorf("%.40s: %d %t, want %d %t", text, depth, infinite, want.depth, want.infinite)
		}
	}
}
