package store_test

import (
	"slices"
	"testing"
)

// What was changed last comes first, also ahead of a chat that has the words one
// behind the other.
func TestSearchIsInOrderOfTime(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.chat(s.who, 300, "one behind the other", "a red leek")
		s.chat(s.who, 200, "apart", "the leek is red")
		s.chat(s.who, 100, "one of them", "red")
		want := []string{"apart", "one behind the other"}
		if got := s.search("red leek"); !slices.Equal(got, want) {
			s.Errorf("found are %q, not %q", got, want)
		}
		s.extend()
		s.catchUp()
		if got := s.search("red leek"); !slices.Equal(got, want) {
			s.Errorf("by the index %q, not %q", got, want)
		}
	})
}
