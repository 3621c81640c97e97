package revision_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/revision"
)

func TestResolve(t *testing.T) {
	g := graph(t, forest...)
	for _, tt := range []struct{ rows, symbol, want string }{
		{"", "a1", "a1"},
		{"", "m", "m1"},
		{"", "base", ""},
		{"", "current", ""},
		{"c1 c2", "current", "c1 c2"},
		{"", "heads", "m1 b2 a3"},
		{"", "lib@head", "m1"},
		{"", "lib@heads", "m1"},
		{"", "app@head", "b2"},
		{"", "a3@head", "a3"},
		{"", "left", "c1"},
		{"", "left@left", "c1"},
		{"", "left@b1", "b1"},
		{"", "left@m", "m1"},
		{"", "lib@b", "b1"}, // b2 is on another branch, so b is enough
		{"", "m1@c2", "c2"},
		{"", "lib@base", ""},
		{"", "left@current", ""},
		{"c1 a3", "left@current", "c1"},
		{"", "lib+1", "b1"},
		{"", "b1-1", "a1"},
		{"", "b1+0", "b1"},
		{"", "a1-1", ""},
		{"", "left@b1+1", "c1"},
		{"", "right@b1+1", "c2"},
		{"", "left@b1+2", "d1"},
		{"", "lib@base+2", "b1"},
		{"", "right@base+3", "c2"},
		{"", "app@head-1", "a2"},
		{"a1", "+1", "b1"},
		{"a1", "current+1", "b1"},
		{"a1", "-1", ""},
		{"b1", "left@+1", "c1"},
		{"b1", "left@+2", "d1"},
		{"", "left@+3", "c1"},
		{"c2", "left@+1", "c1"},      // back to where the branch leaves
		{"c1 c2", "right@+1", "m1"},  // right stands at c2
		{"d1 c2", "right@-1", "b1"},  // and d1 is not on it
		{"b2", "lib@-1", "b1"},       // lib stands at c1, which b2 depends on
		{"b2 c2", "left@+1", "d1"},   // the same going up
		{"c1 a2", "app@-1", ""},      // one row of several
		{"c1 a2", "app@+1", "b2"},    //
		{"m1 b2 a3", "a3@-1", ""},    // an id names a branch as well
		{"d1 c2 a3", "d1@-2", "b1"},  //
		{"m1", "m1@-1-1", "!"},       // one count only
		{"m1", "left@right@m1", "!"}, // one branch only
	} {
		t.Run(tt.symbol+" at "+tt.rows, func(t *testing.T) {
			got, err := g.Resolve(strings.Fields(tt.rows), tt.symbol)
			if tt.want == "!" {
				if err == nil {
					t.Fatalf("accepted as %v", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			equal(t, tt.symbol, got, strings.Fields(tt.want))
		})
	}
}

func TestALongPrefixBeatsNothingAndAnExactIDBeatsAPrefix(t *testing.T) {
	g := graph(t, "ab", "abc < ab", "abcd < abc", "feature < abcd # fe")
	for symbol, want := range map[string]string{"ab": "ab", "abc": "abc", "abcd": "abcd", "fe": "feature",
		"fea": "feature"} {
		got, err := g.Resolve(nil, symbol)
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, %v", symbol, got, err)
		}
	}
	_, err := g.Resolve(nil, "a")
	if a := as[*revision.Ambiguous](t, err); a.Prefix != "a" || set(a.Candidates) != "ab abc abcd" {
		t.Errorf("got %+v", a)
	}
}

func TestResolveRefuses(t *testing.T) {
	g := graph(t, forest...)
	for _, tt := range []struct{ rows, symbol, want string }{
		{"", "", `"" names no revision`},
		{"", "a:b", `is a range`},
		{"", "@head", "is malformed; write branch@revision"},
		{"", "lib@", "is malformed"},
		{"", "lib@a@b", "is malformed"},
		{"", "+0", "counts no revisions"},
		{"", "lib@-0", "counts no revisions"},
		{"", "+9999999999", "counts further than any history reaches"},
		{"", "+99999999999999999999999999", "counts further than any history reaches"},
		{"", "he ad", "holds ' '"},
		{"", "a+b", "holds '+'"},
		{"", "a1+1+1", "holds '+'"},
		{"", "a1\n", `holds '\n'`},
		{"", "ä", "holds 'ä'"},
		{"", "\xff", "which no id or label does"},
		{"", strings.Repeat("x", 300), "is longer than any id or label"},
		{"", "Head", `no revision or label is called "Head"`},
		{"", "a", `3 revisions begin with "a": a1, a2, a3`},
		{"", "lib@q", `no revision or label is called "q"`},
		{"", "q@head", `there is no branch "q"`},
		{"", "head@head", `there is no branch "head"`},
		{"", "b@head", `2 revisions begin with "b": b1, b2`},
		{"", "app@b1", `revision b1 is not on branch "app"`},
		{"", "left@c2", `revision c2 is not on branch "left"`},
		{"", "app@m", `revision m1 is not on branch "app"`},
		{"", "head", "there are 3 heads (m1, b2, a3)"},
		{"", "head-1", `there are 3 heads (m1, b2, a3); name one of them, narrow it as in "m1@head-1"`},
		{"", "heads-1", "there are 3 heads (m1, b2, a3)"},
		{"", "+1", `"+1" is ambiguous because base is followed by a1, a2, a3; name the branch, as in "a1@+1"`},
		{"b1", "+1", `"+1" is ambiguous because b1 is followed by c1, c2; name the branch, as in "c1@+1"`},
		{"", "b1+1", `b1 is followed by c1, c2; name the branch, as in "c1@b1+1"`},
		{"", "lib@b1+1", `name the branch, as in "c1@b1+1"`},
		{"m1", "-2", `"-2" is ambiguous because m1 merges d1, c2; name the revision to go to`},
		{"", "m1-1", `m1 merges d1, c2`},
		{"c1 c2", "+1", `the database is at 2 revisions (c1, c2); name the branch, as in "c1@+1"`},
		{"c1 c2", "lib@+1", `the database is at 2 revisions (c1, c2)`},
		{"b1", "left@+4", `"left@+4" asks for 4 revisions above current on branch "left" and there are only 3`},
		{"", "b1-3", `"b1-3" asks for 3 revisions below "b1" and there are only 2; ask for fewer, or for "base"`},
		{"c2", "left@-1", `"left@-1" asks for 1 revision below current on branch "left" and there is none`},
		{"zz", "head", `the database records revision "zz", which is not among these migrations`},
		{"a1 b1", "+1", `the database records both a1 and b1, and the first is part of the second`},
		{"b2 c1", "+1", `the database records both c1 and b2, and the first is part of the second`},
		{"a1 a1", "+1", `the database records revision a1 twice`},
	} {
		t.Run(tt.symbol+" at "+tt.rows, func(t *testing.T) {
			got, err := g.Resolve(strings.Fields(tt.rows), tt.symbol)
			if err == nil {
				t.Fatalf("accepted as %v", got)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want it to say %q", err, tt.want)
			}
			recorded := strings.Contains(tt.want, "the database records")
			if errors.Is(err, dberr.ErrSchemaMismatch) != recorded || errors.Is(err, dberr.ErrInvalid) == recorded {
				t.Errorf("%q has code %s", err, dberr.CodeOf(err))
			}
			if len(err.Error()) > 400 {
				t.Errorf("the message is %d bytes long", len(err.Error()))
			}
		})
	}
}

func TestErrorsCarryTheirFacts(t *testing.T) {
	g := graph(t, forest...)
	_, err := g.Upgrade(nil, "head")
	if e := as[*revision.MultipleHeads](t, err); e.Argument != "head" || e.Current || set(e.Heads) != "a3 b2 m1" {
		t.Errorf("got %+v", e)
	}
	_, err = g.Downgrade([]string{"c1", "c2"}, "-1")
	if e := as[*revision.MultipleHeads](t, err); e.Argument != "-1" || !e.Current || set(e.Heads) != "c1 c2" {
		t.Errorf("got %+v", e)
	}
	_, err = g.Upgrade([]string{"b1"}, "right@+5")
	if e := as[*revision.NotEnough](t, err); e.Asked != 5 || e.Got != 2 {
		t.Errorf("got %+v", e)
	}
	_, err = g.Upgrade([]string{"b1"}, "+1")
	if e := as[*revision.Fork](t, err); e.At != "b1" || !e.Up || set(e.Choices) != "c1 c2" {
		t.Errorf("got %+v", e)
	}
	_, err = g.Downgrade([]string{"b1"}, "c1")
	if e := as[*revision.RangeNotAncestor](t, err); e.Lower != "c1" || set(e.Upper) != "b1" || !e.Down {
		t.Errorf("got %+v", e)
	}
	_, err = g.Downgrade(nil, "c1")
	if e := as[*revision.RangeNotAncestor](t, err); e.Upper == nil || len(e.Upper) != 0 ||
		!strings.Contains(err.Error(), "the database is at base") {
		t.Errorf("got %+v", e)
	}
	_, err = g.History(nil, "c1:b1")
	if e := as[*revision.RangeNotAncestor](t, err); e.Lower != "c1" || set(e.Upper) != "b1" || e.Down {
		t.Errorf("got %+v", e)
	}
}

func TestNearestNames(t *testing.T) {
	g := graph(t, "1975ea83b712", "ae1027a6acf0 < 1975ea83b712 # billing", "ae1027a6ffff < ae1027a6acf0")
	for symbol, want := range map[string]string{
		"1975ea83b721": "1975ea83b712",
		"1957":         "",
		"1975eb":       "1975ea83b712",
		"biling":       "billing",
		"ae1027a6acff": "ae1027a6acf0 ae1027a6ffff",
		"zz":           "",
		"zzzzzzzzzzzz": "",
	} {
		_, err := g.Resolve(nil, symbol)
		nf := as[*revision.NotFound](t, err)
		if nf.ID != symbol || strings.Join(nf.Nearest, " ") != want {
			t.Errorf("%s: nearest %v, want %q", symbol, nf.Nearest, want)
		}
		if want != "" && !strings.Contains(err.Error(), "did you mean "+strings.Join(nf.Nearest, " or ")+"?") {
			t.Errorf("%s: %q", symbol, err)
		}
	}
}

func TestHistoryRefuses(t *testing.T) {
	g := graph(t, forest...)
	for span, want := range map[string]string{
		"a1":          `"a1" is no range; write start:end, start: or :end`,
		"a1:b1:c1":    `"b1:c1" is a range`,
		"zz:":         `no revision or label is called "zz"`,
		":head":       "there are 3 heads",
		"-2:":         `"-2" is ambiguous because there are 3 heads`,
		"app@base:m":  `revision m1 is not on branch "app"`,
		"b1:a1":       "revision b1 is not below a1; exchange the ends",
		"a3:m1":       "revision a3 is not below m1",
		"c1:base":     "revision c1 is not below base",
		"d1:right@+1": "revision d1 is not below c2",
	} {
		if _, err := g.History(nil, span); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to say %q", span, err, want)
		}
	}
}

func TestHistoryNeedsKnownRowsOnlyWhereItUsesThem(t *testing.T) {
	g := graph(t, inLine...)
	for _, span := range []string{"", "aa:", ":-1", "head-1:head", ":ab+1"} {
		if _, err := g.History([]string{"zz"}, span); err != nil {
			t.Errorf("%s: %v", span, err)
		}
	}
	for _, span := range []string{"current:", "-1:current", "-1:+1", "current-1:head"} {
		_, err := g.History([]string{"zz"}, span)
		if nf := as[*revision.NotFound](t, err); !nf.Recorded {
			t.Errorf("%s: %v", span, err)
		}
	}
}

func TestSplitRange(t *testing.T) {
	for text, want := range map[string][3]string{
		"a:b": {"a", "b", "range"}, ":b": {"", "b", "range"}, "a:": {"a", "", "range"}, ":": {"", "", "range"},
		"a": {"", "a", ""}, "": {"", "", ""}, "a:b:c": {"a", "b:c", "range"},
	} {
		from, to, ok := revision.SplitRange(text)
		if from != want[0] || to != want[1] || ok != (want[2] != "") {
			t.Errorf("%q: %q %q %v", text, from, to, ok)
		}
	}
}

func TestBranchHeadsLeaveOutWhatTheBranchNeedsItself(t *testing.T) {
	g := graph(t, "a # lib", "b < a", "c < a | b", "d < a")
	equal(t, "heads", g.Heads(), []string{"b", "c", "d"})
	got, err := g.Resolve(nil, "lib@heads")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "lib@heads", got, []string{"c", "d"})
	changes, err := g.Stamp(nil, "lib@heads")
	if err != nil || len(changes) != 2 {
		t.Errorf("stamp: %v, %v", changes, err)
	}
	_, err = g.Resolve(nil, "lib@head")
	if e := as[*revision.MultipleHeads](t, err); set(e.Heads) != "b c d" {
		t.Errorf("got %+v", e)
	}
}

// The advice in a message must work when it is followed.
func TestAdviceCanBeFollowed(t *testing.T) {
	g := graph(t, forest...)
	for _, tt := range []struct{ rows, symbol, advice string }{
		{"", "head", "m1@head"}, {"", "+1", "a1@+1"}, {"b1", "+1", "c1@+1"}, {"b1", "current+1", "c1@current+1"},
		{"", "b1+1", "c1@b1+1"}, {"c1 c2", "+1", "c1@+1"}, {"c1 c2", "-1", "c1@-1"}, {"c1 c2", "lib@-1", "c1@-1"}, {"", "base+2", "a1@base+2"},
	} {
		_, err := g.Resolve(strings.Fields(tt.rows), tt.symbol)
		if err == nil || !strings.Contains(err.Error(), strconv.Quote(tt.advice)) {
			t.Errorf("%s at %q: %v gives no advice %q", tt.symbol, tt.rows, err, tt.advice)
		}
		if _, err := g.Resolve(strings.Fields(tt.rows), tt.advice); err != nil {
			t.Errorf("%s at %q: the advice %s fails: %v", tt.symbol, tt.rows, tt.advice, err)
		}
	}
	var names []string
	var many []revision.Revision
	for i := range 40 {
		id := strings.Repeat("x", 20) + strconv.Itoa(100+i)
		names, many = append(names, id), append(many, revision.Revision{ID: id})
	}
	wide, err := revision.New(many...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = wide.Upgrade(nil, "head")
	if e := as[*revision.MultipleHeads](t, err); len(e.Heads) != len(names) || len(err.Error()) > 512 ||
		!strings.Contains(err.Error(), "and 32 more") {
		t.Errorf("%d heads, %q", len(e.Heads), err)
	}
}
