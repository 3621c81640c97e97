package revision

import (
	"cmp"
	"slices"
)

// nearest returns up to three ids and labels that name may have been meant
// for, nearest first.
func (g *Graph) nearest(name string) []string {
	if len(name) < 3 || len(name) > maxLabel {
		return nil
	}
	type near struct {
		name string
		far  int
	}
	limit := 1 + len(name)/6
	var found []near
	try := func(other string) {
		far := distance(name, other, limit)
		// A mistyped beginning of an id is as likely as a mistyped id.
		if len(other) > len(name) && len(name) > 3 {
			far = min(far, distance(name, other[:len(name)], limit))
		}
		if far <= limit {
			found = append(found, near{other, far})
		}
	}
	for i := range g.revs {
		try(g.revs[i].ID)
	}
	for l := range g.label {
		try(l)
	}
	slices.SortFunc(found, func(a, b near) int { return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(a.name, b.name)) })
	var out []string
	for _, n := range found[:min(3, len(found))] {
		out = append(out, n.name)
	}
	return out
}

// distance counts the single-byte edits from a to b, and stops at limit+1.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	var rows [2][maxLabel + 1]int
	prev, row := rows[0][:len(b)+1], rows[1][:len(b)+1]
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		best := row[0]
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(prev[j]+cost, prev[j+1]+1, row[j]+1)
			best = min(best, row[j+1])
		}
		if best > limit {
			return limit + 1
		}
		prev, row = row, prev
	}
	return min(prev[len(b)], limit+1)
}
