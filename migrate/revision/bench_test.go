package revision_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/larder-db/larder/migrate/revision"
)

// shapes are histories of 2,000 revisions: the usual line, many short
// branches that are merged again, many long branches side by side, and links
// at random with dependencies on top.
func shapes() map[string][]revision.Revision {
	const n = 2000
	id := func(i int) string { return fmt.Sprintf("%012x", uint64(i)*0x9E3779B97F4A7C15>>16) }
	out := map[string][]revision.Revision{}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		line := revision.Revision{ID: id(i)}
		braid, wide, tangle := line, line, line
		if i > 0 {
			line.Down = []string{id(i - 1)}
			switch i % 3 {
			case 0:
				braid.Down = []string{id(i - 2), id(i - 1)}
			case 1:
				braid.Down = []string{id(i - 1)}
			default:
				braid.Down = []string{id(i - 2)}
			}
		}
		if i >= 100 {
			wide.Down = []string{id(i - 100)}
		}
		if i > 20 {
			tangle.Down = []string{id(i - 1 - random.IntN(20))}
			if other := id(i - 1 - random.IntN(20)); other != tangle.Down[0] && i%4 == 0 {
				tangle.Down = append(tangle.Down, other)
			}
			if i%5 == 0 {
				tangle.DependsOn = []string{id(random.IntN(i))}
			}
		}
		out["line"] = append(out["line"], line)
		out["braid"] = append(out["braid"], braid)
		out["wide"] = append(out["wide"], wide)
		out["tangle"] = append(out["tangle"], tangle)
	}
	return out
}

func newAndPlan(tb testing.TB, list []revision.Revision) int {
	tb.Helper()
	g, err := revision.New(list...)
	if err != nil {
		tb.Fatal(err)
	}
	up, err := g.Upgrade(nil, "heads")
	if err != nil {
		tb.Fatal(err)
	}
	down, err := g.Downgrade(g.Tips(), "base")
	if err != nil {
		tb.Fatal(err)
	}
	if len(up) != len(list) || len(down) != len(list) {
		tb.Fatalf("%d up, %d down, %d in all", len(up), len(down), len(list))
	}
	return len(up) + len(down)
}

// TestTwoThousandRevisions plans large histories; how long that takes is for
// the benchmarks to say.
func TestTwoThousandRevisions(t *testing.T) {
	for name, list := range shapes() {
		t.Run(name, func(t *testing.T) { newAndPlan(t, list) })
	}
}

func BenchmarkNewAndPlan2000(b *testing.B) {
	for name, list := range shapes() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				newAndPlan(b, list)
			}
		})
	}
}

func BenchmarkHistory2000(b *testing.B) {
	g, err := revision.New(shapes()["braid"]...)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if entries, err := g.History(nil, ""); err != nil || len(entries) != 2000 {
			b.Fatal(len(entries), err)
		}
	}
}
