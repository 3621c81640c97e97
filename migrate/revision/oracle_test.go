package revision_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/migrate/revision"
)

// oracle answers by definition, with maps and without any cleverness.
type oracle map[string]revision.Revision

func (o oracle) needs(id string) []string {
	return append(slices.Clone(o[id].Down), o[id].DependsOn...)
}

// below is ids and all they need.
func (o oracle) below(ids []string) map[string]bool {
	in := map[string]bool{}
	var add func(id string)
	add = func(id string) {
		if in[id] {
			return
		}
		in[id] = true
		for _, p := range o.needs(id) {
			add(p)
		}
	}
	for _, id := range ids {
		add(id)
	}
	return in
}

// rows are the applied revisions that no applied revision needs.
func (o oracle) rows(applied map[string]bool) string {
	var out []string
	for id := range applied {
		free := true
		for other := range applied {
			if slices.Contains(o.needs(other), id) {
				free = false
			}
		}
		if free {
			out = append(out, id)
		}
	}
	return set(out)
}

// line are the revisions reachable from id through Down, both ways, and id.
func (o oracle) line(id string) map[string]bool {
	in := map[string]bool{}
	var up, down func(id string)
	down = func(id string) {
		in[id] = true
		for _, p := range o[id].Down {
			down(p)
		}
	}
	up = func(id string) {
		in[id] = true
		for other := range o {
			if slices.Contains(o[other].Down, id) && !in[other] {
				up(other)
			}
		}
	}
	down(id)
	delete(in, id)
	up(id)
	return in
}

// run walks steps over what is applied and checks each against the definitions.
func (o oracle) run(t *rapid.T, applied map[string]bool, rows []string, steps []revision.Step,
	d revision.Direction) []string {
	for _, s := range steps {
		id := s.Revision.ID
		if s.Direction != d {
			t.Fatalf("%s is no %s", s, d)
		}
		if applied[id] == (d == revision.Up) {
			t.Fatalf("%s, with %v", s, applied)
		}
		if d == revision.Up {
			for _, p := range o.needs(id) {
				if !applied[p] {
					t.Fatalf("%s runs before %s, which it needs", id, p)
				}
			}
			applied[id] = true
		} else {
			for other := range applied {
				if slices.Contains(o.needs(other), id) {
					t.Fatalf("%s is undone before %s, which needs it", id, other)
				}
			}
			delete(applied, id)
		}
		var err error
		if rows, err = revision.ApplyRows(rows, s.Rows...); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if got, want := set(rows), o.rows(applied); got != want {
			t.Fatalf("rows after %s are %q, want %q", s, got, want)
		}
	}
	return rows
}

// history draws a graph whose files come in any order.
func history(t *rapid.T) ([]revision.Revision, oracle) {
	n := rapid.IntRange(1, 14).Draw(t, "revisions")
	list := make([]revision.Revision, n)
	o := oracle{}
	for i := range list {
		r := revision.Revision{ID: fmt.Sprintf("r%02d", i)}
		var down, deps []int
		if i > 0 {
			earlier := rapid.SliceOfNDistinct(rapid.IntRange(max(0, i-4), i-1), 0, min(3, i), rapid.ID[int])
			down = earlier.Draw(t, "down")
			if rapid.IntRange(0, 3).Draw(t, "depends") == 0 {
				deps = rapid.SliceOfNDistinct(rapid.IntRange(0, i-1), 0, min(2, i), rapid.ID[int]).Draw(t, "deps")
			}
		}
		for _, p := range down {
			r.Down = append(r.Down, fmt.Sprintf("r%02d", p))
		}
		for _, p := range deps {
			r.DependsOn = append(r.DependsOn, fmt.Sprintf("r%02d", p))
		}
		list[i], o[r.ID] = r, r
	}
	return rapid.Permutation(list).Draw(t, "order"), o
}

// some draws rows of a database: the rows for any set of revisions and what they need.
func some(t *rapid.T, o oracle, list []revision.Revision) (rows []string, applied map[string]bool) {
	var ids []string
	for _, r := range list {
		if rapid.Bool().Draw(t, "has "+r.ID) {
			ids = append(ids, r.ID)
		}
	}
	if rapid.Bool().Draw(t, "few") && len(ids) > 1 {
		ids = ids[:1]
	}
	applied = o.below(ids)
	return strings.Fields(o.rows(applied)), applied
}

func clone(m map[string]bool) map[string]bool {
	out := map[string]bool{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func keys(m map[string]bool) string {
	var out []string
	for k, v := range m {
		if v {
			out = append(out, k)
		}
	}
	return set(out)
}

func TestRandomGraphsAgreeWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, o := history(t)
		g, err := revision.New(list...)
		if err != nil {
			t.Fatal(err)
		}
		rows, applied := some(t, o, list)
		target := rapid.SampledFrom(list).Draw(t, "target").ID

		everything := map[string]bool{}
		for id := range o {
			everything[id] = true
		}
		if got, want := set(g.Tips()), o.rows(everything); got != want {
			t.Fatalf("tips %q, want %q", got, want)
		}
		if ids, err := g.Applied(rows); err != nil || set(ids) != keys(applied) {
			t.Fatalf("applied %v, %v, want %s", ids, err, keys(applied))
		}
		if ids, err := g.Branch(target); err != nil || set(ids) != keys(o.line(target)) {
			t.Fatalf("branch %v, %v, want %s", ids, err, keys(o.line(target)))
		}
		if (g.CheckHeads(rows) == nil) != (len(applied) == len(o)) {
			t.Fatalf("check: %v with %d of %d applied", g.CheckHeads(rows), len(applied), len(o))
		}

		// Up to one revision: exactly what it needs and is not there yet.
		up, err := g.Upgrade(rows, target)
		if err != nil {
			t.Fatal(err)
		}
		want := clone(applied)
		for id := range o.below([]string{target}) {
			want[id] = true
		}
		now := clone(applied)
		after := o.run(t, now, rows, up, revision.Up)
		if keys(now) != keys(want) {
			t.Fatalf("upgrade %s from %v applies %s, want %s", target, rows, keys(now), keys(want))
		}

		// Each step can be undone by itself, and leads back to where it came from.
		back, backRows := clone(now), after
		for _, s := range slices.Backward(up) {
			down, err := g.Downgrade(backRows, s.Revision.ID+"@-1")
			if err != nil || len(down) != 1 || down[0].Revision.ID != s.Revision.ID {
				t.Fatalf("undoing %s at %v: %v, %v", s, backRows, down, err)
			}
			backRows = o.run(t, back, backRows, down, revision.Down)
		}
		if set(backRows) != set(rows) || keys(back) != keys(applied) {
			t.Fatalf("up and down again from %v ends at %v", rows, backRows)
		}

		// Up to everything, down to nothing, whatever was there.
		all, err := g.Upgrade(after, "heads")
		if err != nil {
			t.Fatal(err)
		}
		full := o.run(t, now, after, all, revision.Up)
		if len(now) != len(o) {
			t.Fatalf("upgrade heads leaves out some of %v: %v", o, now)
		}
		none, err := g.Downgrade(full, "base")
		if err != nil {
			t.Fatal(err)
		}
		if empty := o.run(t, clone(now), full, none, revision.Down); len(empty) != 0 {
			t.Fatalf("downgrade base leaves %v", empty)
		}

		// Down to one revision: what follows it, and what needs that.
		want = clone(now)
		for id := range now {
			for need := range o.below([]string{id}) {
				if slices.Contains(o[need].Down, target) {
					delete(want, id)
				}
			}
		}
		down, err := g.Downgrade(full, target)
		if err != nil {
			t.Fatal(err)
		}
		o.run(t, now, full, down, revision.Down)
		if keys(now) != keys(want) {
			t.Fatalf("downgrade %s leaves %s, want %s", target, keys(now), keys(want))
		}
	})
}

func TestRandomHistoriesAgreeWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, o := history(t)
		g, err := revision.New(list...)
		if err != nil {
			t.Fatal(err)
		}
		top := rapid.SampledFrom(list).Draw(t, "top").ID
		for span, want := range map[string]map[string]bool{"": nil, ":" + top: o.below([]string{top})} {
			entries, err := g.History(nil, span)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, e := range entries {
				for _, p := range o.needs(e.ID) {
					if seen[p] {
						t.Fatalf("%q: %s stands above %s, which needs it", span, p, e.ID)
					}
				}
				seen[e.ID] = true
			}
			if len(seen) != len(entries) || want != nil && keys(seen) != keys(want) || want == nil && len(seen) != len(o) {
				t.Fatalf("%q: got %s", span, keys(seen))
			}
		}
	})
}

func TestRandomStampsAgreeWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, o := history(t)
		g, err := revision.New(list...)
		if err != nil {
			t.Fatal(err)
		}
		rows, _ := some(t, o, list)
		target := rapid.SampledFrom(list).Draw(t, "target").ID
		changes, err := g.Stamp(rows, target)
		if err != nil {
			t.Fatal(err)
		}
		after, err := revision.ApplyRows(rows, changes...)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{target}
		for _, row := range rows {
			if !o.below([]string{row})[target] && !o.below([]string{target})[row] {
				want = append(want, row)
			}
		}
		if set(after) != set(want) {
			t.Fatalf("stamp %s at %v: %v, want %v", target, rows, after, want)
		}
		again, err := g.Stamp(after, target)
		if err != nil || again != nil {
			t.Fatalf("stamping %s twice: %v, %v", target, again, err)
		}
		whole, err := g.Stamp(rows, "heads")
		if err != nil {
			t.Fatal(err)
		}
		if after, err := revision.ApplyRows(rows, whole...); err != nil || set(after) != set(g.Tips()) {
			t.Fatalf("stamp heads at %v: %v, %v", rows, after, err)
		}
	})
}

// TestRandomCyclesAreFound closes a random graph with one link too many.
func TestRandomCyclesAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, o := history(t)
		high := rapid.SampledFrom(list).Draw(t, "high").ID
		low := rapid.SampledFrom(strings.Fields(keys(o.below([]string{high})))).Draw(t, "low")
		at := slices.IndexFunc(list, func(r revision.Revision) bool { return r.ID == low })
		if rapid.Bool().Draw(t, "by dependency") {
			list[at].DependsOn = append(list[at].DependsOn, high)
		} else {
			list[at].Down = append(list[at].Down, high)
		}
		for _, r := range list {
			o[r.ID] = r
		}
		_, err := revision.New(list...)
		if err == nil {
			t.Fatalf("accepted with %s below %s", high, low)
		}
		c := as[*revision.CycleDetected](t, err)
		for n, id := range c.IDs {
			if !slices.Contains(o.needs(id), c.IDs[(n+1)%len(c.IDs)]) {
				t.Fatalf("%v is no cycle", c.IDs)
			}
		}
	})
}
