package revision_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/revision"
)

// revs reads revisions from lines such as "c < a, b | d # label : doc".
func revs(lines ...string) []revision.Revision {
	var out []revision.Revision
	for _, line := range lines {
		var r revision.Revision
		line, r.Doc, _ = strings.Cut(line, " : ")
		line, labels, _ := strings.Cut(line, "#")
		line, deps, _ := strings.Cut(line, "|")
		id, down, _ := strings.Cut(line, "<")
		r.ID, r.Down, r.DependsOn, r.Labels = strings.TrimSpace(id), names(down), names(deps), names(labels)
		out = append(out, r)
	}
	return out
}

func names(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

func graph(t testing.TB, lines ...string) *revision.Graph {
	t.Helper()
	g, err := revision.New(revs(lines...)...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// as checks that err is a *dberr.Error around a T, and returns that.
func as[T error](t fataler, err error) T {
	t.Helper()
	var want T
	var coded *dberr.Error
	if !errors.As(err, &want) {
		t.Fatalf("got %T %v, want a %T", errors.Unwrap(err), err, want)
	}
	if !errors.As(err, &coded) || coded.Msg != want.Error() || coded.Op == "" {
		t.Fatalf("%v is not wrapped once as a *dberr.Error", err)
	}
	return want
}

func equal(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func set(ids []string) string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func TestNewRefuses(t *testing.T) {
	long := strings.Repeat("x", 33)
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"TheSameIDTwice", []string{"a", "b < a", "a"}, `there are two revisions "a"`},
		{"IDsThatDifferInCaseOnly", []string{"ab", "AB < ab"}, `"AB" and "ab" differ in case only`},
		{"AMissingParent", []string{"a", "b < zz"}, `revision b names "zz" in Down, which is not there`},
		{"ALabelAsParent", []string{"a # x", "b < x"}, `revision b names "x" in Down, which is not there`},
		{"AMissingDependency", []string{"a", "b < a | zz"}, `revision b names "zz" in DependsOn, which is not there`},
		{"AParentGivenTwice", []string{"a", "b < a, a"}, `revision b names "a" twice in Down`},
		{"ARevisionThatFollowsItself", []string{"a < a"}, "revision a names itself in Down;"},
		{"ARevisionThatDependsOnItself", []string{"a | a"}, "revision a names itself in DependsOn;"},
		{"ARevisionThatDependsOnItsOwnLabel", []string{"a | x # x"}, "revision a names itself in DependsOn;"},
		{"ACycle", []string{"a", "b < a, d", "c < b", "d < c"}, "b -> d -> c -> b form a cycle"},
		{"ACycleWithADependency", []string{"a | c", "b < a", "c < b"}, "a -> c -> b -> a form a cycle"},
		{"AnEmptyID", []string{"# x"}, `the revision id "" is empty`},
		{"AnIDWithAnAt", []string{"a@b"}, `holds '@'`},
		{"AnIDWithAMinus", []string{"a-1"}, `holds '-'`},
		{"AnIDWithAPlus", []string{"a+1"}, `holds '+'`},
		{"AnIDWithAColon", []string{"a:b"}, `holds ':'`},
		{"AnIDOutsideASCII", []string{"é"}, `holds 'é'`},
		{"AnIDWithANul", []string{"a\x00"}, `holds '\x00'`},
		{"AnIDLongerThanTheColumn", []string{long}, "is 33 bytes long; use at most 32"},
		{"AReservedID", []string{"head"}, "is a word with a meaning of its own"},
		{"AReservedIDInCapitals", []string{"BASE"}, "is a word with a meaning of its own"},
		{"AReservedLabel", []string{"a # current"}, "is a word with a meaning of its own"},
		{"ALabelThatReadsAsACount", []string{"a # v-2"}, "would be read as a relative revision"},
		{"ALabelThatReadsAsAnOption", []string{"a # -x"}, "would be read as a relative revision or an option"},
		{"ALabelWithAnAt", []string{"a # x@y"}, `holds '@'`},
		{"ALabelUsedTwice", []string{"a # x", "b # x"}, `the branch label "x" is taken by revision a`},
		{"ALabelThatIsAnID", []string{"a # b", "b"}, `the branch label "b" is taken by revision b`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := revision.New(revs(tt.lines...)...)
			if err == nil || g != nil {
				t.Fatalf("accepted, as %v", g)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want it to say %q", err, tt.want)
			}
			if !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("code %s", dberr.CodeOf(err))
			}
		})
	}
}

func TestNewSaysWhichRevisionsFormTheCycle(t *testing.T) {
	_, err := revision.New(revs("a", "b < a, d", "c < b", "d < c", "e < d")...)
	if c := as[*revision.CycleDetected](t, err); c.Dependency || set(c.IDs) != "b c d" {
		t.Errorf("got %+v", c)
	}
	_, err = revision.New(revs("a", "b < a | e", "d", "e < d | b")...)
	if c := as[*revision.CycleDetected](t, err); !c.Dependency || set(c.IDs) != "b e" {
		t.Errorf("got %+v", c)
	}
	_, err = revision.New(revs("1975ea83b712", "ae1027a6acf0 < 1975ea83b713")...)
	if m := as[*revision.Missing](t, err); m.ID != "ae1027a6acf0" || m.Dependency || set(m.Nearest) != "1975ea83b712" {
		t.Errorf("got %+v", m)
	}
}

func TestNewAccepts(t *testing.T) {
	for _, lines := range [][]string{
		{},
		{"a"},
		{strings.Repeat("x", 32)},
		{"001_initial", "2024.01.02 < 001_initial", "A < 2024.01.02", "head1 < A"},
		{"b < a", "a"},          // the order of the files does not matter
		{"a", "b < a | a"},      // a dependency on a parent is idle, not wrong
		{"a # x-y, z", "b | z"}, // a dependency may name a label
		{"a", "b | a", "c < a, b"},
	} {
		g := graph(t, lines...)
		if g.Len() != len(lines) {
			t.Errorf("%v: Len %d", lines, g.Len())
		}
	}
}

func TestNewKeepsNothingOfTheCallers(t *testing.T) {
	in := revs("a", "b < a # x")
	g, err := revision.New(in...)
	if err != nil {
		t.Fatal(err)
	}
	in[1].Down[0], in[1].Labels[0] = "zz", "zz"
	r, ok := g.Get("b")
	if !ok || r.Down[0] != "a" || r.Labels[0] != "x" {
		t.Errorf("got %+v", r)
	}
	if _, ok := g.Get("zz"); ok {
		t.Error("Get finds what is not there")
	}
}

func TestEmptyGraph(t *testing.T) {
	g := graph(t)
	for _, target := range []string{"head", "heads", "base"} {
		for name, plan := range map[string]func([]string, string) ([]revision.Step, error){"up": g.Upgrade, "down": g.Downgrade} {
			if steps, err := plan(nil, target); err != nil || steps != nil {
				t.Errorf("%s to %s: %v, %v", name, target, steps, err)
			}
		}
		if rows, err := g.Stamp(nil, target); err != nil || rows != nil {
			t.Errorf("stamp %s: %v, %v", target, rows, err)
		}
	}
	if entries, err := g.History(nil, ""); err != nil || len(entries) != 0 {
		t.Errorf("history: %v, %v", entries, err)
	}
	if err := g.CheckHeads(nil); err != nil {
		t.Error(err)
	}
	_, err := g.Upgrade(nil, "+1")
	as[*revision.NotEnough](t, err)
	r, err := g.Next(revision.Draft{ID: "a"})
	if err != nil || r.Down != nil {
		t.Errorf("next: %+v, %v", r, err)
	}
}

// forest has all that links can do: several bases, branches, a merge, and
// dependencies across.
var forest = []string{
	"a1 # lib",
	"b1 < a1",
	"c1 < b1 # left",
	"c2 < b1 # right",
	"d1 < c1",
	"m1 < d1, c2",
	"a2 # app",
	"b2 < a2 | c1",
	"a3",
}

func TestShape(t *testing.T) {
	g := graph(t, forest...)
	equal(t, "heads", g.Heads(), []string{"m1", "b2", "a3"})
	equal(t, "tips", g.Tips(), []string{"m1", "b2", "a3"})
	equal(t, "bases", g.Bases(), []string{"a1", "a2", "a3"})
	equal(t, "branch points", g.BranchPoints(), []string{"b1"})
	equal(t, "merge points", g.MergePoints(), []string{"m1"})
	up, err := g.Ancestors("b2")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "ancestors", up, []string{"a1", "b1", "c1", "a2"})
	down, err := g.Descendants("c1", "a3")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "descendants", down, []string{"d1", "m1", "b2"})
	branch, err := g.Branch("left")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "branch", branch, []string{"a1", "b1", "c1", "d1", "m1"})
	applied, err := g.Applied([]string{"b2", "c2"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "applied", applied, []string{"a1", "b1", "c1", "c2", "a2", "b2"})
	if _, err := g.Ancestors("zz"); as[*revision.NotFound](t, err).ID != "zz" {
		t.Error(err)
	}
	if _, err := g.Branch("zz"); !as[*revision.NotFound](t, err).Branch {
		t.Error(err)
	}
	if _, err := g.Applied([]string{"zz"}); !as[*revision.NotFound](t, err).Recorded {
		t.Error(err)
	}
	if err := g.CheckHeads([]string{"zz"}); !as[*revision.NotFound](t, err).Recorded {
		t.Error(err)
	}
	if _, err := g.Entries(nil, "m2"); as[*revision.NotFound](t, err).Recorded {
		t.Error(err)
	}
	n := 0
	for r := range g.All() {
		if r.ID != strings.Fields(forest[n])[0] {
			t.Errorf("revision %d is %s", n, r.ID)
		}
		n++
	}
}

func TestTipsLeaveOutEffectiveHeads(t *testing.T) {
	g := graph(t, "a1", "b1 < a1", "a2", "b2 < a2 | b1")
	equal(t, "heads", g.Heads(), []string{"b1", "b2"})
	equal(t, "tips", g.Tips(), []string{"b2"})
	entries, err := g.Entries(nil, "b1", "b2")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "lines", []string{entries[0].String(), entries[1].String()},
		[]string{"a1 -> b1 (effective head)", "a2 (b1) -> b2 (head)"})
	if err := g.CheckHeads([]string{"b2"}); err != nil {
		t.Errorf("a database at b2 has b1 too: %v", err)
	}
}

func TestLabelsNameTheirWholeBranch(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  map[string]string
	}{
		// Down to the branch point and not beyond it; up through the merge.
		{[]string{"a", "b < a", "c < b", "c2 < b", "d < c # x", "e < d, c2", "f < e"},
			map[string]string{"c": "x", "d": "x", "e": "x", "f": "x"}},
		// A line that does not part is labelled to its base.
		{[]string{"a", "b < a # y", "c < b # x"}, map[string]string{"a": "x y", "b": "x y", "c": "x y"}},
		// A merge stops a label on its way down; so does a dependency, as it is a branch point too.
		{[]string{"a", "b", "m < a, b", "n < m # x"}, map[string]string{"n": "x"}},
		{[]string{"a", "b < a", "c < b # x", "z | a"}, map[string]string{"b": "x", "c": "x"}},
		// On a branch point itself it names all that follows.
		{[]string{"a", "b < a # x", "c < b", "d < b"}, map[string]string{"b": "x", "c": "x", "d": "x"}},
	} {
		g := graph(t, tt.lines...)
		for r := range g.All() {
			e, err := g.Entries(nil, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(e[0].Labels, " "); got != tt.want[r.ID] {
				t.Errorf("%v: %s carries %q, want %q", tt.lines, r.ID, got, tt.want[r.ID])
			}
		}
	}
}

// fataler is what tests, benchmarks and property tests have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}
