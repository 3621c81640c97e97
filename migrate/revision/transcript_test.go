package revision_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/migrate/revision"
)

// The histories of a recorded session with Alembic 1.18.4: three revisions in
// line, then a branch labelled feat, then a merge of both.
var (
	inLine = []string{
		"aa1111111111 : one",
		"ab2222222222 < aa1111111111 : two",
		"ba3333333333 < ab2222222222 : three",
	}
	branched = append(slices.Clone(inLine), "ca4444444444 < ab2222222222 # feat : branch")
	merged   = append(slices.Clone(branched), "dd5555555555 < ba3333333333, ca4444444444 : merge it")
)

const (
	aa, ab, ba, ca, dd = "aa1111111111", "ab2222222222", "ba3333333333", "ca4444444444", "dd5555555555"
)

// TestPlansOfTheTranscript holds every state and argument of that session.
// An outcome that differs from the recorded one is marked "better".
func TestPlansOfTheTranscript(t *testing.T) {
	const up, down, stamp, purge = "upgrade", "downgrade", "stamp", "stamp --purge"
	for _, tt := range []struct {
		history []string
		rows    string
		command string
		arg     string
		steps   string // ids in order
		want    string // rows after, or what the error says when it begins with "!"
	}{
		{inLine, "", up, "a", "", `!2 revisions begin with "a": aa1111111111, ab2222222222; give more of the id`}, // better: the candidates
		{inLine, "", up, "+1", "aa", aa},
		{inLine, aa, up, "ba", "ab ba", ba},
		{inLine, ba, down, "-1", "ba", ab},
		{inLine, ab, up, "+5", "", `!"+5" asks for 5 revisions above current and there are only 1; ask for fewer, or for "head"`},
		{inLine, ab, up, "head", "ba", ba},
		{inLine, ba, down, "ab+1", "", ba},
		{inLine, ba, down, "aa11:base", "", `!"aa11:base" is a range, and one revision is needed here`},
		{inLine, ba, down, "base", "ba ab aa", ""},
		{inLine, "", down, "-1", "", `!"-1" asks for 1 revision below current and there is none`},
		{inLine, "", up, aa, "aa", aa},
		{inLine, aa, up, "zz", "", `!no revision or label is called "zz" and no id begins with it`},
		{inLine, aa, stamp, "head", "", ba},
		{inLine, ba, purge, "base", "", ""},
		{inLine, "", stamp, "zz", "", `!no revision or label is called "zz" and no id begins with it`},
		{inLine, "", up, "head", "aa ab ba", ba},
		{branched, ba, up, "head", "", `!"head" is ambiguous because there are 2 heads (ba3333333333, ca4444444444); name one of them, narrow it as in "ba3333333333@head", use "heads" for all of them, or merge them`},
		{branched, ba, up, "heads", "ca", ba + " " + ca},
		{branched, ba + " " + ca, down, "-1", "", `!"-1" is ambiguous because the database is at 2 revisions (ba3333333333, ca4444444444); name the branch, as in "ba3333333333@-1", or name a revision`}, // better: refused
		{branched, ba + " " + ca, down, "ba@-1", "ba", ca},
		{branched, ca, down, "feat@-1", "ca", ab},
		{merged, ab, up, "head", "ca ba dd", dd},
		{merged, dd, down, "ab", "dd ba ca", ab},
	} {
		name := tt.command + " " + tt.arg + " at " + strings.ReplaceAll(tt.rows, " ", ",")
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			g := graph(t, tt.history...)
			rows := strings.Fields(tt.rows)
			var steps []revision.Step
			var changes []revision.RowChange
			var err error
			switch tt.command {
			case up:
				steps, err = g.Upgrade(rows, tt.arg)
			case down:
				steps, err = g.Downgrade(rows, tt.arg)
			case stamp:
				changes, err = g.Stamp(rows, tt.arg)
			case purge:
				changes, err = g.StampPurged(tt.arg)
			}
			if text, refused := strings.CutPrefix(tt.want, "!"); refused {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Fatalf("got %v, want it to say %q", err, text)
				}
				if steps != nil || changes != nil {
					t.Errorf("a refused command plans %v %v", steps, changes)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, s := range steps {
				ids = append(ids, s.Revision.ID[:2])
				changes = append(changes, s.Rows...)
				if (s.Direction == revision.Down) != (tt.command == down) {
					t.Errorf("%s goes the wrong way", s)
				}
			}
			if got := strings.Join(ids, " "); got != tt.steps {
				t.Errorf("steps %q, want %q", got, tt.steps)
			}
			after, err := revision.ApplyRows(rows, changes...)
			if err != nil {
				t.Fatal(err)
			}
			if set(after) != tt.want {
				t.Errorf("rows after are %q, want %q", set(after), tt.want)
			}
		})
	}
}

// TestRowsOfTheTranscript compares the statements of its --sql output.
func TestRowsOfTheTranscript(t *testing.T) {
	g := graph(t, merged...)
	up, err := g.Upgrade([]string{ab}, "head")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "upgrade ab:head", log(up), []string{
		"upgrade ab2222222222 -> ca4444444444, branch",
		"update ab2222222222 to ca4444444444",
		"upgrade ab2222222222 -> ba3333333333, three",
		"insert ba3333333333",
		"upgrade ba3333333333, ca4444444444 -> dd5555555555, merge it",
		"delete ba3333333333",
		"update ca4444444444 to dd5555555555",
	})
	down, err := g.Downgrade([]string{dd}, "ab")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "downgrade head:ab", log(down), []string{
		"downgrade dd5555555555 -> ba3333333333, ca4444444444, merge it",
		"insert ca4444444444",
		"update dd5555555555 to ba3333333333",
		"downgrade ba3333333333 -> ab2222222222, three",
		"delete ba3333333333",
		"downgrade ca4444444444 -> ab2222222222, branch",
		"update ca4444444444 to ab2222222222",
	})
}

func log(steps []revision.Step) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.String())
		for _, c := range s.Rows {
			out = append(out, c.String())
		}
	}
	return out
}

func TestHistoryOfTheTranscript(t *testing.T) {
	const (
		one   = "<base> -> aa1111111111, one"
		two   = "aa1111111111 -> ab2222222222, two"
		three = "ab2222222222 -> ba3333333333 (head), three"
	)
	for _, tt := range []struct {
		history []string
		rows    string
		marks   bool
		span    string
		want    []string
	}{
		{inLine, aa, false, "", []string{three, two, one}},
		{inLine, aa, false, "aa11:ab22", []string{two, one}},
		{inLine, aa, false, ":ab", []string{two, one}},
		{inLine, aa, false, "ba:", []string{three}},
		{inLine, aa, true, "", []string{three, two, "<base> -> aa1111111111 (current), one"}},
		{inLine, aa, false, "-2:current", []string{one}},
		{inLine, aa, false, "base:head", []string{three, two, one}},
		{inLine, aa, false, "current:", []string{three, two, one}},
		{inLine, aa, false, ":current", []string{one}},
		{inLine, "", false, ":current", nil},
		{inLine, ba, false, "-1:current", []string{three, two}},
		{inLine, ab, false, "current:+1", []string{three, two}},
		{inLine, ab, false, "-1:+1", []string{three, two, one}},
		{inLine, "", false, "-1:+1", []string{one}},
		{inLine, "", false, "aa:+1", []string{two, one}},
		{inLine, "", false, "-1:ab", []string{two, one}},
		{inLine, "", false, ":+2", []string{two, one}},
		{inLine, "", false, ":+9", []string{three, two, one}},
		{inLine, "", false, "ab:+9", []string{three, two}},
		{inLine, "", false, "-9:ab", []string{two, one}},
		{inLine, "", false, "-1:", []string{three, two}},
		{inLine, "", false, "head-1:head", []string{three, two}},
		{inLine, "", false, "aa+1:head", []string{three, two}},
		{merged, "", false, "", []string{
			"ba3333333333, ca4444444444 -> dd5555555555 (feat) (head) (mergepoint), merge it",
			"ab2222222222 -> ba3333333333, three",
			"ab2222222222 -> ca4444444444 (feat), branch",
			"aa1111111111 -> ab2222222222 (branchpoint), two",
			one,
		}},
		{branched, "", false, "feat@base:", []string{
			"ab2222222222 -> ca4444444444 (feat) (head), branch",
			"aa1111111111 -> ab2222222222 (branchpoint), two",
			one,
		}},
		{branched, "", false, "ab:feat@head", []string{
			"ab2222222222 -> ca4444444444 (feat) (head), branch",
			"aa1111111111 -> ab2222222222 (branchpoint), two",
		}},
		{branched, ab, false, "current:feat@+1", []string{
			"ab2222222222 -> ca4444444444 (feat) (head), branch",
			"aa1111111111 -> ab2222222222 (branchpoint), two",
		}},
	} {
		t.Run(tt.span+" at "+tt.rows, func(t *testing.T) {
			g := graph(t, tt.history...)
			rows := strings.Fields(tt.rows)
			entries, err := g.History(rows, tt.span)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range entries {
				if !tt.marks {
					e.Current = false
				}
				got = append(got, e.String())
			}
			equal(t, tt.span, got, tt.want)
		})
	}
}

func TestListsOfTheTranscript(t *testing.T) {
	entries := func(g *revision.Graph, current, ids []string) []revision.Entry {
		t.Helper()
		out, err := g.Entries(current, ids...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	lines := func(es []revision.Entry, line func(revision.Entry) string) []string {
		var out []string
		for _, e := range es {
			out = append(out, line(e))
		}
		return out
	}
	g := graph(t, inLine...)
	equal(t, "heads", lines(entries(g, nil, g.Heads()), revision.Entry.Labeled), []string{"ba3333333333 (head)"})
	equal(t, "current at aa", lines(entries(g, nil, []string{aa}), revision.Entry.Short), []string{"aa1111111111"})
	equal(t, "current at ba", lines(entries(g, nil, []string{ba}), revision.Entry.Short), []string{"ba3333333333 (head)"})

	g = graph(t, branched...)
	equal(t, "heads", lines(entries(g, nil, g.Heads()), revision.Entry.Labeled), []string{"ba3333333333 (head)", "ca4444444444 (feat) (head)"})
	equal(t, "current", lines(entries(g, nil, []string{ba, ca}), revision.Entry.Short), []string{"ba3333333333 (head)", "ca4444444444 (head)"})
	points := entries(g, nil, g.BranchPoints())
	equal(t, "branches", lines(points, revision.Entry.Labeled), []string{"ab2222222222 (branchpoint)"})
	equal(t, "children", points[0].Next, []string{ba, ca})

	g = graph(t, merged...)
	equal(t, "heads", lines(entries(g, nil, g.Heads()), revision.Entry.Labeled), []string{"dd5555555555 (feat) (head) (mergepoint)"})
	equal(t, "current", lines(entries(g, nil, []string{dd}), revision.Entry.Short), []string{"dd5555555555 (head) (mergepoint)"})
}

func TestShowOfTheTranscript(t *testing.T) {
	list := revs(merged...)
	list[1].Path, list[1].Doc = "migrations/ab2222222222_two.go", "two\n\nMoves the rows.\n  And their order.\n"
	g, err := revision.New(list...)
	if err != nil {
		t.Fatal(err)
	}
	e, err := g.Entries([]string{ab}, ab, aa, dd)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{
		"Rev: ab2222222222 (current) (branchpoint)\nParent: aa1111111111\nBranches into: ba3333333333, ca4444444444\n" +
			"Path: migrations/ab2222222222_two.go\n\n    two\n\n    Moves the rows.\n      And their order.\n",
		"Rev: aa1111111111\nParent: <base>\n\n    one\n",
		"Rev: dd5555555555 (head) (mergepoint)\nMerges: ba3333333333, ca4444444444\nBranch names: feat\n\n    merge it\n",
	} {
		if got := e[n].Verbose(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	if got := e[0].String(); got != "aa1111111111 -> ab2222222222 (current) (branchpoint), two" {
		t.Errorf("a long doc shows as %q", got)
	}
	_, err = g.Entries([]string{"zz"}, "zz")
	if nf := as[*revision.NotFound](t, err); !nf.Recorded {
		t.Errorf("got %+v", nf)
	}
}

func TestCheckHeadsOfTheTranscript(t *testing.T) {
	g := graph(t, inLine...)
	err := g.CheckHeads([]string{aa})
	e := as[*revision.NotAtHeads](t, err)
	if e.Pending != 2 || e.Heads[0] != ba || e.Current[0] != aa {
		t.Errorf("got %+v", e)
	}
	want := `current: the database is at aa1111111111 and not at ba3333333333; 2 revisions to apply with "upgrade heads"`
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if err := g.CheckHeads([]string{ba}); err != nil {
		t.Error(err)
	}
	if err := g.CheckHeads(nil); !strings.Contains(err.Error(), "the database is at base and not at") {
		t.Error(err)
	}
	if err := graph(t, branched...).CheckHeads([]string{ba}); as[*revision.NotAtHeads](t, err).Pending != 1 {
		t.Error(err)
	}
}

func TestNewRevisionsOfTheTranscript(t *testing.T) {
	g := graph(t, branched...)
	r, err := g.Merge(revision.Draft{ID: dd, Doc: "merge it", Head: []string{"heads"}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "parents", r.Down, []string{ba, ca})
	g = graph(t, merged...)
	r, err = g.Next(revision.Draft{ID: "ee", Doc: "n"})
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != "ee" || len(r.Down) != 1 || r.Down[0] != dd {
		t.Errorf("got %+v", r)
	}
}
