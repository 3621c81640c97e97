package revision

import "slices"

// order sorts the marked revisions newest first: each one after all that need
// it. Where that leaves a choice it follows one line down for as long as it
// can before it turns to the next, starting from the revision that was given
// first; people who know Alembic see the order they know.
func (g *Graph) order(in []bool) []int32 {
	left := make([]bool, len(in))
	waits := make([]int32, len(in)) // how many that need this one are still to come
	total := 0
	for i, on := range in {
		left[i] = on
		if !on {
			continue
		}
		total++
		for _, u := range g.users.of(int32(i)) {
			if in[u] {
				waits[i]++
			}
		}
	}
	open := make([]int32, 0, 16) // the ends of the lines being followed
	isOpen := make([]bool, len(in))
	for i, on := range in {
		if on && waits[i] == 0 {
			open, isOpen[i] = append(open, int32(i)), true
		}
	}
	up := climber{g: g, left: left, above: map[int32][]bool{}}
	out := make([]int32, 0, total)
	at := 0
	for len(open) > 0 {
		i := open[at]
		if waits[i] > 0 {
			at = up.first(open, i)
			continue
		}
		up.forget(i)
		out = append(out, i)
		left[i], isOpen[i] = false, false
		line := false // whether a parent took i's place
		for _, p := range g.needs.of(i) {
			if !left[p] {
				continue
			}
			waits[p]--
			if isOpen[p] {
				continue
			}
			isOpen[p] = true
			if line {
				open = append(open, p)
			} else {
				open[at], line = p, true
			}
		}
		if !line {
			open = slices.Delete(open, at, at+1)
			at = max(at-1, 0)
		}
	}
	return out
}

// climber finds which line a revision has to wait for.
type climber struct {
	g     *Graph
	left  []bool           // what is still to come
	above map[int32][]bool // for each open revision that has waited, what was above it then
	spare [][]bool
	todo  []int32
}

// first returns the place in open of the first line above i. There is one,
// because all that is left hangs from an open line.
func (c *climber) first(open []int32, i int32) int {
	above, ok := c.above[i]
	if !ok {
		above = c.climb(i)
		c.above[i] = above
	}
	for n, j := range open {
		if above[j] {
			return n
		}
	}
	panic("revision: a cycle that New did not see")
}

func (c *climber) climb(i int32) []bool {
	var above []bool
	if n := len(c.spare); n > 0 {
		above, c.spare = c.spare[n-1], c.spare[:n-1]
		clear(above)
	} else {
		above = make([]bool, len(c.left))
	}
	c.todo = append(c.todo[:0], i)
	for len(c.todo) > 0 {
		j := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		for _, u := range c.g.users.of(j) {
			if c.left[u] && !above[u] {
				above[u], c.todo = true, append(c.todo, u)
			}
		}
	}
	return above
}

// forget frees what was kept for i, which has come.
func (c *climber) forget(i int32) {
	if above, ok := c.above[i]; ok {
		delete(c.above, i)
		c.spare = append(c.spare, above)
	}
}
