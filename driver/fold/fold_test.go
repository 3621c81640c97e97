package fold_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/driver/fold"
)

func TestRunes(t *testing.T) {
	for r := rune(1); r <= unicode.MaxRune; r++ {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if fold.Rune(f) != fold.Rune(r) {
				t.Fatalf("%q and %q fold to %q and %q", r, f, fold.Rune(r), fold.Rune(f))
			}
		}
		if r >= 0xD800 && r < 0xE000 {
			continue
		}
		if !strings.EqualFold(string(fold.Rune(r)), string(r)) {
			t.Fatalf("%q folds to %q", r, fold.Rune(r))
		}
	}
}

// The pattern, which other engines match, and the folding of this one agree.
func TestPatternMatchesFold(t *testing.T) {
	gen := rapid.StringOf(rapid.OneOf(rapid.SampledFrom([]rune("aAsSſkK\u212aßẞσςΣıİiIéÉ.*[](){}^$|\\/-+?#'\"\n\t 1_~`@!%&=,;:<>")), rapid.Rune()))
	rapid.Check(t, func(t *rapid.T) {
		text, part := gen.Draw(t, "text"), gen.Draw(t, "part")
		if rapid.Bool().Draw(t, "is part") && text != "" {
			r := []rune(text)
			from := rapid.IntRange(0, len(r)-1).Draw(t, "from")
			part = strings.ToUpper(string(r[from:rapid.IntRange(from, len(r)).Draw(t, "to")]))
		}
		if !strings.Contains(part, "\uFFFD") && !strings.Contains(text, "\uFFFD") {
			got := regexp.MustCompile(fold.Pattern(part)).MatchString(text)
			if want := strings.Contains(fold.Fold(text), fold.Fold(part)); got != want {
				t.Fatalf("%q in %q: %v by pattern, %v by folding", part, text, got, want)
			}
		}
	})
}
