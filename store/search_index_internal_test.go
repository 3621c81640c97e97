package store

import (
	"slices"
	"testing"
)

// Many small parts of the index go into a new one, and those of which little is left.
// Those that are full with few records, because these have long texts, stay.
func TestDissolving(t *testing.T) {
	part := func(id, bits, records, live int64) partSize {
		return partSize{ID: id, Bits: bits, Records: records, Live: live}
	}
	var small, full []partSize
	for i := range int64(smallParts) {
		small = append(small, part(i, 8, 100, 100))
		full = append(full, part(i, 12, 600, 600))
	}
	for _, c := range []struct {
		name  string
		parts []partSize
		old   []int64
	}{
		{"none", nil, nil},
		{"a few small ones", small[1:], nil},
		{"many small ones", small, []int64{0, 1, 2, 3, 4, 5, 6, 7}},
		{"many full ones", full, nil},
		{"one of which little is left", append(full[:2:2], part(9, 12, 601, 300)), []int64{9}},
		{"one of which half is left", append(full[:2:2], part(9, 12, 600, 300)), nil},
	} {
		if got := dissolving(c.parts); !slices.Equal(got, c.old) {
			t.Errorf("%s: %v, not %v", c.name, got, c.old)
		}
	}
}
