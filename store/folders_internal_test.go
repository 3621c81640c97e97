package store

import (
	"maps"
	"strconv"
	"testing"

	"github.com/larder-db/larder/model"
)

// What is counted in folders counts in all around them; rings and folders whose
// parent is gone end it, and ten thousand inside each other are no work.
func TestSummed(t *testing.T) {
	in := func(id, parent string) model.Folder {
		if parent == "" {
			return model.Folder{ID: id}
		}
		return model.Folder{ID: id, ParentID: &parent}
	}
	tree := []model.Folder{in("a", ""), in("b", "a"), in("c", "b"), in("d", "a"), in("e", "gone"), in("r", "s"),
		in("s", "r"), in("t", "r")}
	got := summed(tree, map[string]int64{"a": 1, "c": 10, "d": 100, "e": 1000, "r": 1, "s": 2, "t": 4, "gone": 7})
	want := map[string]int64{"a": 111, "b": 10, "c": 10, "d": 100, "e": 1000, "r": 5, "s": 2, "t": 4}
	if !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	deep, each := []model.Folder{in("0", "")}, map[string]int64{"0": 1}
	for i := range 100_000 {
		deep = append(deep, in(strconv.Itoa(i+1), strconv.Itoa(i)))
		each[strconv.Itoa(i+1)] = 1
	}
	if n := summed(deep, each)["0"]; n != 100_001 {
		t.Errorf("the outermost has %d", n)
	}
}
