package revision_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/migrate/revision"
)

// planned runs a plan over rows and returns its ids in order and the rows after.
func planned(t *testing.T, rows string, steps []revision.Step, err error) (ids, after string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	now := strings.Fields(rows)
	var run []string
	for _, s := range steps {
		run = append(run, s.Revision.ID)
		if now, err = revision.ApplyRows(now, s.Rows...); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return strings.Join(run, " "), set(now)
}

var (
	twoBranches = []string{"a", "b < a", "c1 < b # one", "d1 < c1", "c2 < b # two", "d2 < c2"}
	// After a merge of c1 and c2, c2 goes on by itself.
	onPastMerge = []string{"a1", "b1 < a1", "c1 < b1", "a2", "b2 < a2", "c2 < b2", "d1 < c1, c2", "d2 < c2"}
	// Two merges of the same three branches.
	twinMerge = []string{"a", "b1 < a", "b2 < a", "b3 < a", "c1 < b1, b2, b3", "c2 < b1, b2, b3", "d1 < c1", "d2 < c2"}
	dependent = []string{"a1 # lib", "b1 < a1", "c1 < b1", "a2", "b2 < a2", "c2 < b2 | c1", "d1 < c1", "e1 < d1"}
	// Three merges, and d needs one parent of each.
	kaboom = []string{"a1", "a2", "a3", "am < a1, a2, a3", "b1", "b2", "bm < b1, b2", "c1", "c2", "c3", "cm < c1, c2, c3",
		"d | a3, b2, c1"}
)

func TestUpgrade(t *testing.T) {
	for _, tt := range []struct {
		name                      string
		history                   []string
		rows, target, want, after string
	}{
		{"ToABranch", twoBranches, "b", "d1", "c1 d1", "d1"},
		{"ToBothBranches", twoBranches, "a", "heads", "b c2 d2 c1 d1", "d1 d2"},
		{"LeavesTheOtherBranch", twoBranches, "c1", "two@head", "c2 d2", "c1 d2"},
		{"OneStepOnABranch", twoBranches, "c1", "two@+1", "c2", "c1 c2"},
		{"OneStepOnABranchAgain", twoBranches, "c1 c2", "two@+1", "d2", "c1 d2"},
		{"BelowAHead", twoBranches, "b", "two@head-1", "c2", "c2"},
		{"FromBase", twoBranches, "", "+2", "a b", "b"},
		{"ToWhatIsApplied", twoBranches, "d1", "b", "", "d1"},
		{"ToCurrent", twoBranches, "d1 d2", "current", "", "d1 d2"},
		{"ToBase", twoBranches, "d1", "base", "", "d1"},
		{"AcrossAMerge", merged, "", dd, strings.Join([]string{aa, ab, ca, ba, dd}, " "), dd},
		{"StepIntoAMergeTakesAllItsParents", merged, ba, "+1", strings.Join([]string{ca, dd}, " "), dd},
		{"OneSideOfAMergeWentOn", onPastMerge, "d2 b1", "d1", "c1 d1", "d1 d2"},
		{"FromTheMergeToTheOtherSide", onPastMerge, "d1", "d2", "d2", "d1 d2"},
		{"TwinMerge", twinMerge, "a", "heads", "b3 b2 b1 c2 d2 c1 d1", "d1 d2"},
		{"SeveralBases", []string{"a1", "b1 < a1", "a2", "b2 < a2"}, "", "heads", "a2 b2 a1 b1", "b1 b2"},
		{"WhatItDependsOnFirst", dependent, "a2", "c2", "a1 b1 c1 b2 c2", "c2"},
		{"NotWhatDependsOnIt", dependent, "a2", "lib@head", "a1 b1 c1 d1 e1", "a2 e1"},
		{"PastTheDependency", dependent, "c2", "lib@+1", "d1", "c2 d1"},
		{"ToADependencyThatHasNoRow", dependent, "c2", "c1", "", "c2"},
		{"ByALabelInDependsOn", []string{"a # lib", "z | lib"}, "", "z", "a z", "z"},
		{"DependencyOnAParent", []string{"a1", "a2 < a1 | a1"}, "", "a2", "a1 a2", "a2"},
		{"MergeOfABranchAndWhatItDependsOn", []string{"a", "b | a", "m < a, b"}, "b", "m", "m", "m"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			steps, err := graph(t, tt.history...).Upgrade(strings.Fields(tt.rows), tt.target)
			ids, after := planned(t, tt.rows, steps, err)
			if ids != tt.want || after != tt.after {
				t.Errorf("got %q and rows %q, want %q and %q", ids, after, tt.want, tt.after)
			}
		})
	}
}

func TestDowngrade(t *testing.T) {
	for _, tt := range []struct {
		name                      string
		history                   []string
		rows, target, want, after string
	}{
		{"ToItself", twoBranches, "d1", "d1", "", "d1"},
		{"ToARowBesideAnother", twoBranches, "d1 c2", "c2", "", "c2 d1"},
		{"ToABranchPoint", twoBranches, "d1 d2", "b", "d1 c1 d2 c2", "b"},
		{"BelowABranchPoint", twoBranches, "d1 d2", "a", "d1 c1 d2 c2 b", "a"},
		{"ToBaseAndUp", twoBranches, "d2 d1", "base+2", "d1 c1 d2 c2", "b"},
		{"ToBase", twoBranches, "d1 c2", "base", "d1 c1 c2 b a", ""},
		{"ToBaseFromBase", twoBranches, "", "base", "", ""},
		{"OneBranchToTheBranchPoint", twoBranches, "c1 d2", "two@b", "d2 c2", "c1"},
		{"OneBranchByTheIDOfItsHead", twoBranches, "d1 d2", "d1@b", "d1 c1", "d2"},
		{"OneBranchByCount", twoBranches, "d2 d1", "two@base+2", "d2 c2", "d1"},
		{"OneBranchByAnotherCount", twoBranches, "d2 d1", "two@base+3", "d2", "c2 d1"},
		{"OneStepOfABranch", twoBranches, "d1 d2", "one@-1", "d1", "c1 d2"},
		{"OneStepByID", twoBranches, "d1 d2", "d2@-1", "d2", "c2 d1"},
		{"TheFirstStepOfABranch", twoBranches, "d1 c2", "two@-1", "c2", "d1"},
		{"BelowARevision", twoBranches, "d2 c1", "d2-1", "d2", "c1 c2"},
		{"BelowTheHeadOfABranch", twoBranches, "d1 d2", "one@head-1", "d1", "c1 d2"},
		{"ToCurrent", twoBranches, "d1 d2", "current", "", "d1 d2"},
		{"BranchToBaseTakesWhatSharesIt", twoBranches, "d1 d2", "two@base", "d1 c1 d2 c2 b a", ""},
		{"OneStep", twoBranches, "d1", "-1", "d1", "c1"},
		{"ThreeSteps", twoBranches, "d1", "-3", "d1 c1 b", "a"},
		{"TheLastStep", twoBranches, "a", "-1", "a", ""},
		{"OneStepFromAMerge", merged, dd, "-1", dd, ba + " " + ca},
		{"AMergeToOneOfItsParents", merged, dd, ba, dd, ba + " " + ca},
		{"OneSideOfAMerge", merged, dd, "feat@ab", dd + " " + ca, ba},
		{"OneSideOfAMergeWentOn", onPastMerge, "d2 d1", "b1", "d1 c1", "b1 d2"},
		{"BothMergesOfTheSameBranches", twinMerge, "d1 d2", "b1", "d1 c1 d2 c2", "b1 b2 b3"},
		{"ToADependency", dependent, "c2 d1", "c1", "d1", "c2"},
		{"ToADependencyThatIsTheTip", dependent, "c2", "c1", "", "c2"},
		{"BelowADependency", dependent, "c2", "lib@-1", "c2 c1", "b1 b2"},
		{"BelowADependencyByID", dependent, "c2 e1", "b1", "c2 e1 d1 c1", "b1 b2"},
		{"BringsBackTheRowItStoodFor", dependent, "c2", "b2", "c2", "b2 c1"},
		{"AMergeBesideADependency", kaboom, "am bm cm d", "b2", "bm", "am b1 cm d"},
		{"ABranchOfDependencies", kaboom, "am d b1 cm", "d@base", "d", "am b1 b2 cm"},
		{"AllOfIt", kaboom, "am b1 b2 cm", "base", "am a1 b1 b2 cm c1 a2 a3 c2 c3", ""},
		{"CrossedDependencies", []string{"a1", "a2 < a1", "b1", "b2 < b1 | a2", "b3 < b2", "a3 < a2 | b1"}, "a3 b2", "b1", "b2", "a3"},
		{"TheSameDependencyTwice", []string{"a1", "a2 < a1", "b1", "b2 < b1 | a2", "b3 < b2", "b4 < b3 | a2"}, "b4", "b3", "b4", "b3"},
		{"AMergeOfABranchAndWhatItDependsOn", []string{"a", "b | a", "m < a, b"}, "m", "a", "m", "b"},
		{"DependencyOnAParent", []string{"a1", "a2 < a1 | a1"}, "a2", "a1", "a2", "a1"},
		{"ABranchThatAnotherDependsOn", append(slices.Clone(twoBranches), "e2 < d2 | c1"), "d1 e2", "one@b", "d1 e2 c1", "d2"},
		{"ABranchThatDependsOnAnother", append(slices.Clone(twoBranches), "e2 < d2 | c1"), "d1 e2", "two@b", "e2 d2 c2", "d1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			steps, err := graph(t, tt.history...).Downgrade(strings.Fields(tt.rows), tt.target)
			ids, after := planned(t, tt.rows, steps, err)
			if ids != tt.want || after != tt.after {
				t.Errorf("got %q and rows %q, want %q and %q", ids, after, tt.want, tt.after)
			}
		})
	}
}

func TestPlansThatAreRefused(t *testing.T) {
	g := graph(t, twoBranches...)
	for _, tt := range []struct{ command, rows, target, want string }{
		{"up", "b", "-2", `upgrade: "-2" leads down; use downgrade for that`},
		{"up", "b", "one@-1", "leads down"},
		{"up", "b", "current-1", "leads down"},
		{"up", "c1 c2", "+1", "the database is at 2 revisions"},
		{"up", "b c1", "heads", "the database records both b and c1"},
		{"up", "zz", "heads", `the database records revision "zz"`},
		{"up", "a", "head", "there are 2 heads"},
		{"up", "", "b:c1", "is a range"},
		{"down", "b", "+2", `downgrade: "+2" leads up; use upgrade for that`},
		{"down", "b", "one@+1", "leads up"},
		{"down", "b", "-5", `asks for 5 revisions below current and there are only 2; ask for fewer, or for "base"`},
		{"down", "", "b", "revision b is not applied (the database is at base), so no downgrade leads to it"},
		{"down", "b", "c1", "revision c1 is not applied (the database is at b)"},
		{"down", "c1", "c2", "revision c2 is not applied (the database is at c1)"},
		{"down", "c1", "two@-1", `there is none`},
		{"down", "d1 d2", "heads", "there are 2 heads"},
		{"down", "d1 d2", "head", "there are 2 heads"},
		{"down", "d1 d2", "-1", "the database is at 2 revisions"},
		{"down", "d1 d2", "b@-1", `the database is at 2 revisions (d1, d2); name the branch, as in "d1@-1"`},
		{"down", "d1", "one@c2", `revision c2 is not on branch "one"`},
		{"down", "d1", "", "names no revision"},
		{"down", "d1", "q@base", `there is no branch "q"`},
		{"down", "d1", "q@-1", `there is no branch "q"`},
		{"down", "d1", "zz", `no revision or label is called "zz"`},
		{"down", "zz", "base", `the database records revision "zz"`},
	} {
		plan := g.Upgrade
		if tt.command == "down" {
			plan = g.Downgrade
		}
		steps, err := plan(strings.Fields(tt.rows), tt.target)
		if err == nil || steps != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s to %q at %q: got %v, %v, want %q", tt.command, tt.target, tt.rows, steps, err, tt.want)
		}
	}
}

func TestStamp(t *testing.T) {
	mergedPath := []string{"a", "b < a", "c1 < b", "d1 < c1", "c2 < b # two", "d2 < c2", "e < d1, d2", "f < e"}
	for _, tt := range []struct {
		name    string
		history []string
		rows    string
		targets string
		want    string // changes
	}{
		{"AFreshDatabase", inLine, "", "head", "insert " + ba},
		{"ForwardInLine", inLine, aa, "head", "update aa1111111111 to ba3333333333"},
		{"BackInLine", inLine, ba, "aa", "update ba3333333333 to aa1111111111"},
		{"Relative", inLine, aa, "+1", "update aa1111111111 to ab2222222222"},
		{"WhatIsThere", inLine, ba, "head", ""},
		{"Base", inLine, ba, "base", "delete " + ba},
		{"BaseAtBase", inLine, "", "base", ""},
		{"DownToABranchPoint", twoBranches, "d1 c2", "b", "delete d1; update c2 to b"},
		{"ABranchToBase", twoBranches, "d1 c2", "one@base", "delete d1"},
		{"ABranchToItsHead", twoBranches, "d1 c2", "two@head", "update c2 to d2"},
		{"AnotherBranch", twoBranches, "d1", "d2", "insert d2"},
		{"SeveralTargets", twoBranches, "b", "c1 d2", "update b to c1; insert d2"},
		{"SeveralTargetsOneThere", twoBranches, "c1 c2", "c1 d2", "update c2 to d2"},
		{"Heads", []string{"a1", "b1 < a1", "a2", "b2 < a2"}, "", "heads", "insert b1; insert b2"},
		{"HeadsThatAreThere", []string{"a1", "b1 < a1", "a2", "b2 < a2"}, "b1 b2", "heads", ""},
		{"BranchHeadsThatAreThere", twoBranches, "d1 d2", "b@heads", ""},
		{"DownAcrossAMerge", mergedPath, "e", "c2", "update e to c2"},
		{"DownAcrossAMergeAndItsBranchPoint", mergedPath, "e", "a", "update e to a"},
		{"UpAcrossAMergeFromOneSide", mergedPath, "c2", "e", "update c2 to e"},
		{"UpAcrossAMergeFromBothSides", mergedPath, "d1 c2", "e", "delete d1; update c2 to e"},
		{"UpAcrossAMergeByLabel", mergedPath, "d1 c2", "two@head", "delete d1; update c2 to f"},
		{"UpAcrossAMergeFromBelow", mergedPath, "b", "e", "update b to e"},
		{"AcrossADependency", dependent, "e1 c2", "b1", "delete e1; update c2 to b1"},
		{"BesideADependency", dependent, "d1 c2", "e1", "update d1 to e1"},
		{"Current", dependent, "d1 c2", "current", ""},
		{"CurrentOfABranchWithoutARow", dependent, "c2", "e1@current", ""},
		{"OneLineOfABranchThatForks", []string{"a # lib", "x < a", "y < a"}, "y", "lib@x", "insert x"},
		{"BesideADependencyByLabel", dependent, "d1 c2", "lib@head", "update d1 to e1"},
		{"ABranchThatIsDependedOnToBase", dependent, "d1 c2", "lib@base", "delete d1; delete c2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := graph(t, tt.history...)
			rows := strings.Fields(tt.rows)
			changes, err := g.Stamp(rows, strings.Fields(tt.targets)...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range changes {
				got = append(got, c.String())
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
			after, err := revision.ApplyRows(rows, changes...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := g.Applied(after); err != nil {
				t.Errorf("the rows after, %v, contradict each other: %v", after, err)
			}
		})
	}
}

func TestStampPurgedRepairsAnything(t *testing.T) {
	g := graph(t, twoBranches...)
	if _, err := g.Stamp([]string{"zz"}, "heads"); !as[*revision.NotFound](t, err).Recorded ||
		!strings.Contains(err.Error(), "stamp --purge") {
		t.Error(err)
	}
	if _, err := g.Stamp([]string{"a", "b"}, "heads"); !as[*revision.Overlap](t, err).Recorded ||
		!strings.Contains(err.Error(), "stamp --purge") {
		t.Error(err)
	}
	changes, err := g.StampPurged("heads")
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range [][]string{nil, {"zz"}, {"a", "b"}, {"d1", "d2"}} {
		after, err := revision.ApplyRows(rows, changes...)
		if err != nil || set(after) != "d1 d2" {
			t.Errorf("from %v: %v, %v", rows, after, err)
		}
	}
	if got := changes[0].String(); got != "purge" {
		t.Errorf("the first change is %q", got)
	}
	if _, err := g.StampPurged("+1"); !strings.Contains(err.Error(), "is relative to a database, and none is asked here") {
		t.Error(err)
	}
	if _, err := g.StampPurged("current"); !strings.Contains(err.Error(), "depends on a database") {
		t.Error(err)
	}
}

func TestStampRefuses(t *testing.T) {
	g := graph(t, twoBranches...)
	for _, tt := range []struct{ targets, want string }{
		{"", "names no revision"},
		{"zz", `no revision or label is called "zz"`},
		{"head", "there are 2 heads"},
		{"q@base", `there is no branch "q"`},
		{"b@@", "is malformed"},
		{"b d1", "revision b is part of d1 already; leave it out"},
		{"d1 d1", "revision d1 is given twice"},
		{"heads d1", "revision d1 is given twice"},
	} {
		changes, err := g.Stamp(nil, strings.Fields(tt.targets)...)
		if err == nil || changes != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, %v, want %q", tt.targets, changes, err, tt.want)
		}
	}
}

func TestApplyRowsNoticesRowsThatDoNotFit(t *testing.T) {
	for _, tt := range []struct {
		change revision.RowChange
		want   string
	}{
		{revision.RowChange{Kind: revision.Insert, To: "a"}, "insert a: there is such a row already"},
		{revision.RowChange{Kind: revision.Update, From: "a", To: "b"}, "update a to b: there is such a row already"},
		{revision.RowChange{Kind: revision.Update, From: "x", To: "y"}, "update x to y: there is no such row"},
		{revision.RowChange{Kind: revision.Delete, From: "x"}, "delete x: there is no such row"},
	} {
		rows := []string{"a", "b"}
		if after, err := revision.ApplyRows(rows, tt.change); err == nil || after != nil || err.Error() != tt.want {
			t.Errorf("got %v, %v, want %q", after, err, tt.want)
		}
		equal(t, "rows", rows, []string{"a", "b"})
	}
}

// Two histories in one database have a graph and a version table each.
func TestTwoLineagesAreIndependent(t *testing.T) {
	shared := graph(t, inLine...)
	own := graph(t, "aa1111111111 : the same id, in another table", "f1 < aa1111111111")
	up, err := shared.Upgrade([]string{aa}, "head")
	ids, after := planned(t, aa, up, err)
	if ids != ab+" "+ba || after != ba {
		t.Errorf("shared: %s, %s", ids, after)
	}
	down, err := own.Downgrade([]string{"f1"}, "base")
	ids, after = planned(t, "f1", down, err)
	if ids != "f1 "+aa || after != "" {
		t.Errorf("own: %s, %s", ids, after)
	}
	if _, err := shared.Upgrade([]string{"f1"}, "head"); !as[*revision.NotFound](t, err).Recorded {
		t.Error(err)
	}
}

// A line that ends gives way to the one before it, not to the first: x waits
// for z, and when z is through, y comes before x.
func TestOrderTurnsToTheLineBefore(t *testing.T) {
	g := graph(t, "x", "p < x", "y", "z < x")
	entries, err := g.History(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.ID)
	}
	equal(t, "order", got, []string{"p", "z", "y", "x"})
}
