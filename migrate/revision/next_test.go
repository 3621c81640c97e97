package revision_test

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/revision"
)

func TestNext(t *testing.T) {
	for _, tt := range []struct {
		name    string
		history []string
		draft   revision.Draft
		down    string
		depends string
	}{
		{"TheFirst", nil, revision.Draft{}, "", ""},
		{"FollowsTheHead", inLine, revision.Draft{}, ba, ""},
		{"FollowsAnID", branched, revision.Draft{Head: []string{"ba"}}, ba, ""},
		{"FollowsABranch", branched, revision.Draft{Head: []string{"feat@head"}}, ca, ""},
		{"StartsABranch", inLine, revision.Draft{Head: []string{"ab"}, Splice: true, Labels: []string{"feat"}}, ab, ""},
		{"StartsABranchBelowTheHead", inLine, revision.Draft{Head: []string{"head-1"}, Splice: true}, ab, ""},
		{"StartsAHistory", inLine, revision.Draft{Head: []string{"base"}, Labels: []string{"own"}}, "", ""},
		{"JoinsHeads", branched, revision.Draft{Head: []string{"ba", "feat"}}, ba + " " + ca, ""},
		{"JoinsAllHeads", branched, revision.Draft{Head: []string{"heads"}}, ba + " " + ca, ""},
		{"DependsOnALabelByItsName", branched, revision.Draft{Head: []string{"ba"}, DependsOn: []string{"feat"}}, ba, "feat"},
		{"DependsOnAnIDByAllOfIt", branched, revision.Draft{Head: []string{"ba"}, DependsOn: []string{"ca"}}, ba, ca},
		{"DependsOnTheSameOnce", branched, revision.Draft{Head: []string{"ba"}, DependsOn: []string{"ca", "feat@head", ca}}, ba, ca},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := graph(t, tt.history...)
			tt.draft.Doc, tt.draft.Path = "words", "there.go"
			r, err := g.Next(tt.draft)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(r.Down, " ") != tt.down || strings.Join(r.DependsOn, " ") != tt.depends {
				t.Errorf("got %+v", r)
			}
			equal(t, "labels", r.Labels, tt.draft.Labels)
			if r.Doc != "words" || r.Path != "there.go" || !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(r.ID) {
				t.Errorf("got %+v", r)
			}
			if _, taken := g.Get(r.ID); taken || g.Len() != len(tt.history) {
				t.Error("the graph has changed")
			}
			if _, err := revision.New(append(revs(tt.history...), r)...); err != nil {
				t.Errorf("New refuses it: %v", err)
			}
		})
	}
}

func TestNextRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		draft revision.Draft
		want  string
	}{
		{"SeveralHeads", revision.Draft{}, `revision: "head" is ambiguous because there are 2 heads`},
		{"ANonHead", revision.Draft{Head: []string{"ab"}}, "revision ab2222222222 is not a head: it is followed by ba3333333333, ca4444444444; use --splice"},
		{"AnUnknownHead", revision.Draft{Head: []string{"zz"}}, `no revision or label is called "zz"`},
		{"AParentOfAParent", revision.Draft{Head: []string{"ab", "ba"}, Splice: true}, "revision ab2222222222 is part of ba3333333333 already"},
		{"TheSameParentTwice", revision.Draft{Head: []string{"ba", "ba3"}}, "revision ba3333333333 is given twice"},
		{"BaseBesideAParent", revision.Draft{Head: []string{"ba", "base"}}, `"base" cannot be a parent beside others`},
		{"CurrentAsHead", revision.Draft{Head: []string{"current"}}, "depends on a database, and none is asked here"},
		{"RelativeToCurrent", revision.Draft{Head: []string{"+1"}}, "is relative to a database, and none is asked here"},
		{"ARange", revision.Draft{Head: []string{"aa:ab"}}, "is a range"},
		{"AnIDThatIsThere", revision.Draft{Head: []string{"ba"}, ID: ca}, `there are two revisions "ca4444444444"`},
		{"AnIDThatIsALabel", revision.Draft{Head: []string{"ba"}, ID: "feat"}, `the branch label "feat" is taken`},
		{"AnIDThatCannotBe", revision.Draft{Head: []string{"ba"}, ID: "a b"}, `the revision id "a b" holds ' '`},
		{"AnIDLongerThanTheColumn", revision.Draft{Head: []string{"ba"}, ID: strings.Repeat("a", 33)}, "is 33 bytes long"},
		{"ALabelThatIsThere", revision.Draft{Head: []string{"ba"}, Labels: []string{"feat"}}, `the branch label "feat" is taken by revision ca4444444444`},
		{"ALabelThatIsAnID", revision.Draft{Head: []string{"ba"}, Labels: []string{ab}}, `the branch label "ab2222222222" is taken by revision ab2222222222`},
		{"ALabelThatCannotBe", revision.Draft{Head: []string{"ba"}, Labels: []string{"heads"}}, "is a word with a meaning of its own"},
		{"AnUnknownDependency", revision.Draft{Head: []string{"ba"}, DependsOn: []string{"zz"}}, `no revision or label is called "zz"`},
		{"ADependencyOnNothing", revision.Draft{Head: []string{"ba"}, DependsOn: []string{"base"}}, `"base" is no revision to depend on`},
		{"ASourceThatRunsDry", revision.Draft{Head: []string{"ba"}, Random: strings.NewReader("abc")}, "no id could be drawn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := graph(t, branched...).Next(tt.draft)
			if err == nil || r.ID != "" {
				t.Fatalf("accepted as %+v", r)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want it to say %q", err, tt.want)
			}
			var coded *dberr.Error
			if !errors.As(err, &coded) {
				t.Errorf("%T is no *dberr.Error", err)
			}
		})
	}
	_, err := graph(t, branched...).Next(revision.Draft{Head: []string{"ab"}})
	if e := as[*revision.NotHead](t, err); e.ID != ab || set(e.Next) != ba+" "+ca {
		t.Errorf("got %+v", e)
	}
}

func TestMerge(t *testing.T) {
	g := graph(t, branched...)
	for _, heads := range [][]string{nil, {"heads"}, {"ba", "feat"}, {"ba", "ca"}} {
		r, err := g.Merge(revision.Draft{ID: dd, Head: heads})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "parents", r.Down, []string{ba, ca})
		if r.Doc != "merge ba3333333333 and ca4444444444" {
			t.Errorf("doc %q", r.Doc)
		}
	}
	_, err := graph(t, inLine...).Merge(revision.Draft{})
	if e := as[*revision.TooFew](t, err); len(e.Heads) != 1 ||
		err.Error() != "merge: there is only one head, ba3333333333; a merge needs two" {
		t.Errorf("got %v", err)
	}
	_, err = graph(t).Merge(revision.Draft{})
	if e := as[*revision.TooFew](t, err); len(e.Heads) != 0 {
		t.Errorf("got %v", err)
	}
	_, err = g.Merge(revision.Draft{Head: []string{"ba", "ab"}})
	as[*revision.Overlap](t, err)
	_, err = g.Merge(revision.Draft{Head: []string{"ba", "base"}})
	as[*revision.BadSymbol](t, err)
	// A head that another branch depends on is in that branch already.
	_, err = graph(t, "a1", "a2 | a1").Merge(revision.Draft{})
	as[*revision.TooFew](t, err)
}

func TestNewID(t *testing.T) {
	id, err := revision.NewID(bytes.NewReader([]byte{0, 1, 0xab, 0xff, 0x10, 9, 7, 7}))
	if err != nil || id != "0001abff1009" {
		t.Errorf("got %q, %v", id, err)
	}
	if _, err := revision.NewID(strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	if err := revision.CheckID(id); err != nil {
		t.Error(err)
	}
	if err := revision.CheckLabel("a-b"); err != nil {
		t.Error(err)
	}
	if e := as[*revision.BadName](t, revision.CheckID("a-b")); e.Name != "a-b" || e.Label {
		t.Errorf("got %+v", e)
	}
	if e := as[*revision.BadName](t, revision.CheckLabel("")); !e.Label {
		t.Errorf("got %+v", e)
	}
}

func TestNextDrawsAgainWhenAnIDIsTaken(t *testing.T) {
	g := graph(t, "616263646566")
	r, err := g.Next(revision.Draft{Random: strings.NewReader("abcdefghijkl")})
	if err != nil || r.ID != "6768696a6b6c" {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = g.Next(revision.Draft{Random: constant{}})
	if err == nil || !strings.Contains(err.Error(), "no id could be drawn") {
		t.Errorf("a source that repeats itself: %+v, %v", r, err)
	}
}

// constant is a source that always gives the id 616263646566.
type constant struct{}

func (constant) Read(p []byte) (int, error) { return copy(p, "abcdef"), nil }
