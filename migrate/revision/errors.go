package revision

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
)

// MultipleHeads says that one revision was needed and several were there.
type MultipleHeads struct {
	Argument string   // the symbol as it was given
	Heads    []string // the revisions it could mean, two or more
	Current  bool     // Heads are the rows of the version table, not heads of the graph
}

func (e *MultipleHeads) Error() string {
	if e.Current {
		return fmt.Sprintf("%s is ambiguous because the database is at %d revisions (%s); name the branch, as in %q, or name a revision",
			quote(e.Argument), len(e.Heads), list(e.Heads), narrowed(e.Argument, e.Heads[0]))
	}
	return fmt.Sprintf("%s is ambiguous because there are %d heads (%s); name one of them, narrow it as in %q, use \"heads\" for all of them, or merge them",
		quote(e.Argument), len(e.Heads), list(e.Heads), narrowed(e.Argument, e.Heads[0]))
}

// Ambiguous says that several ids begin with a prefix.
type Ambiguous struct {
	Prefix     string
	Candidates []string // every id that begins with it, sorted
}

func (e *Ambiguous) Error() string {
	return fmt.Sprintf("%d revisions begin with %s: %s; give more of the id", len(e.Candidates), quote(e.Prefix),
		list(e.Candidates))
}

// NotFound says that no revision or label has a name.
type NotFound struct {
	ID       string
	Nearest  []string // ids and labels that look like it, nearest first; may be empty
	Branch   bool     // it stood before an @
	Recorded bool     // it is a row of the version table
}

func (e *NotFound) Error() string {
	if e.Recorded {
		return fmt.Sprintf("the database records revision %s, which is not among these migrations; run the release that has it, or rewrite the record with stamp --purge", quote(e.ID))
	}
	what := "no revision or label is called %s and no id begins with it"
	if e.Branch {
		what = "there is no branch %s"
	}
	text := fmt.Sprintf(what, quote(e.ID))
	if len(e.Nearest) > 0 {
		return text + "; did you mean " + orList(e.Nearest) + "?"
	}
	return text + "; see the history for what there is"
}

// NotOnBranch says that in branch@rev the revision is on another branch.
type NotOnBranch struct{ ID, Branch string }

func (e *NotOnBranch) Error() string {
	return fmt.Sprintf("revision %s is not on branch %s; leave the branch out, or name a revision above or below %s", e.ID,
		quote(e.Branch), quote(e.Branch))
}

// CycleDetected says that revisions come before themselves.
type CycleDetected struct {
	IDs        []string // each needs the next one, and the last one the first
	Dependency bool     // at least one of the links is a DependsOn
}

func (e *CycleDetected) Error() string {
	link := "Down"
	if e.Dependency {
		link = "Down or DependsOn"
	}
	if len(e.IDs) == 1 {
		if e.Dependency {
			link = "DependsOn"
		}
		return fmt.Sprintf("revision %s names itself in %s; take that out", e.IDs[0], link)
	}
	return fmt.Sprintf("the revisions %s -> %s form a cycle; take one of these links out of %s",
		strings.Join(clip(e.IDs, 12), " -> "), e.IDs[0], link)
}

// Missing says that a revision names another one that is not there.
type Missing struct {
	ID         string // the revision that names it
	Names      string
	Dependency bool     // in DependsOn, else in Down
	Nearest    []string // ids and labels that look like it
}

func (e *Missing) Error() string {
	field := "Down"
	if e.Dependency {
		field = "DependsOn"
	}
	text := fmt.Sprintf("revision %s names %s in %s, which is not there; add that revision or correct the name", e.ID,
		quote(e.Names), field)
	if len(e.Nearest) > 0 {
		text += " (nearest: " + list(e.Nearest) + ")"
	}
	return text
}

// Duplicate says that an id or a label is used twice.
type Duplicate struct {
	Name  string
	Label bool   // Name is a branch label, else an id
	By    string // the revision that used it first; differs from Name in case only when Label is false
}

func (e *Duplicate) Error() string {
	switch {
	case e.Label:
		return fmt.Sprintf("the branch label %s is taken by revision %s; choose another label", quote(e.Name), e.By)
	case e.Name != e.By:
		return fmt.Sprintf("the revision ids %s and %s differ in case only, and some databases would take them for one; rename one", quote(e.Name), quote(e.By))
	}
	return fmt.Sprintf("there are two revisions %s; give one of them another id", quote(e.Name))
}

// BadName says that an id or label cannot be used.
type BadName struct {
	Name    string
	Label   bool   // it is a branch label, else an id
	Problem string // "is empty", "holds '@'" ...
}

func (e *BadName) Error() string {
	what := "revision id"
	if e.Label {
		what = "branch label"
	}
	return fmt.Sprintf("the %s %s %s", what, quote(e.Name), e.Problem)
}

// BadSymbol says that a symbol is malformed, or makes no sense in its place.
type BadSymbol struct{ Symbol, Problem string }

func (e *BadSymbol) Error() string { return quote(e.Symbol) + " " + e.Problem }

// Fork says that a relative symbol came to a place with several ways on.
type Fork struct {
	Argument string
	At       string   // the revision where the ways part; "base" when they part before the first one
	Choices  []string // its children when going up, its parents when going down; two or more
	Up       bool
}

func (e *Fork) Error() string {
	if e.Up {
		return fmt.Sprintf("%s is ambiguous because %s is followed by %s; name the branch, as in %q, or the revision",
			quote(e.Argument), e.At, list(e.Choices), narrowed(e.Argument, e.Choices[0]))
	}
	return fmt.Sprintf("%s is ambiguous because %s merges %s; name the revision to go to", quote(e.Argument), e.At,
		list(e.Choices))
}

// NotEnough says that a relative symbol leads over the end of the history.
type NotEnough struct {
	Argument string
	Asked    int // how many revisions, always positive
	Got      int // how many there are
}

func (e *NotEnough) Error() string {
	sym, _ := parseSymbol(e.Argument)
	way, end := "above", "\"head\""
	if sym.rel < 0 {
		way, end = "below", "\"base\""
	}
	from := "current"
	if sym.name != "" {
		from = quote(sym.name)
	}
	if sym.branch != "" {
		from += " on branch " + quote(sym.branch)
	}
	if e.Got == 0 {
		return fmt.Sprintf("%s asks for %s %s %s and there is none", quote(e.Argument), revisions(e.Asked), way, from)
	}
	return fmt.Sprintf("%s asks for %s %s %s and there are only %d; ask for fewer, or for %s", quote(e.Argument),
		revisions(e.Asked), way, from, e.Got, end)
}

// RangeNotAncestor says that the lower end of a way is not below its upper end.
type RangeNotAncestor struct {
	Lower string
	Upper []string // none means base
	Down  bool     // asked by a downgrade: Upper is what the database has
}

func (e *RangeNotAncestor) Error() string {
	upper := "base"
	if len(e.Upper) > 0 {
		upper = list(e.Upper)
	}
	if e.Down {
		return fmt.Sprintf("revision %s is not applied (the database is at %s), so no downgrade leads to it; use upgrade, or name a revision below the current one", e.Lower, upper)
	}
	return fmt.Sprintf("revision %s is not below %s; exchange the ends, or name a revision of the same branch",
		e.Lower, upper)
}

// Overlap says that of several revisions that should stand side by side one
// is needed by another.
type Overlap struct {
	Lower, Upper string // equal when the same revision was given twice
	Recorded     bool   // both are rows of the version table
	In           string // the revision that names them as parents; empty otherwise
}

func (e *Overlap) Error() string {
	same := e.Lower == e.Upper
	switch {
	case e.Recorded && same:
		return fmt.Sprintf("the database records revision %s twice; rewrite the record with stamp --purge", e.Lower)
	case e.Recorded:
		return fmt.Sprintf("the database records both %s and %s, and the first is part of the second; rewrite the record with stamp --purge", e.Lower, e.Upper)
	case e.In != "":
		return fmt.Sprintf("revision %s names %s twice in Down; leave one out", e.In, quote(e.Lower))
	case same:
		return fmt.Sprintf("revision %s is given twice; leave one out", e.Lower)
	}
	return fmt.Sprintf("revision %s is part of %s already; leave it out", e.Lower, e.Upper)
}

// NotHead says that a new revision would follow one that has a successor.
type NotHead struct {
	ID   string
	Next []string // what follows it
}

func (e *NotHead) Error() string {
	return fmt.Sprintf("revision %s is not a head: it is followed by %s; use --splice to start a branch there",
		e.ID, list(e.Next))
}

// NoID says that a random source gave no id that is free.
type NoID struct{ Err error } // the source's; nil when it repeats itself

func (e *NoID) Error() string {
	return "no id could be drawn from the random source; give the id with --rev-id"
}

// Unwrap returns the source's error.
func (e *NoID) Unwrap() error { return e.Err }

// TooFew says that there is nothing to merge.
type TooFew struct{ Heads []string }

func (e *TooFew) Error() string {
	if len(e.Heads) == 0 {
		return "there is no revision to merge; a merge needs two heads"
	}
	return fmt.Sprintf("there is only one head, %s; a merge needs two", e.Heads[0])
}

// NotAtHeads says that a database does not have everything.
type NotAtHeads struct {
	Current []string
	Heads   []string
	Pending int // revisions not applied yet
}

func (e *NotAtHeads) Error() string {
	at := "base"
	if len(e.Current) > 0 {
		at = list(e.Current)
	}
	return fmt.Sprintf("the database is at %s and not at %s; %s to apply with \"upgrade heads\"", at, list(e.Heads),
		revisions(e.Pending))
}

// failure wraps a fault of this package: what was asked is invalid, unless it
// is the database that does not go with these migrations.
func failure(op string, err error) error {
	code := dberr.Invalid
	switch e := err.(type) { //nolint:errorlint // the package's own errors, as they were just made
	case *NotAtHeads:
		code = dberr.SchemaMismatch
	case *NotFound:
		if e.Recorded {
			code = dberr.SchemaMismatch
		}
	case *Overlap:
		if e.Recorded {
			code = dberr.SchemaMismatch
		}
	}
	return &dberr.Error{Op: op, Code: code, Msg: err.Error(), Err: err}
}

// quote keeps a message readable whatever was typed.
func quote(s string) string {
	if r := []rune(s); len(r) > 48 {
		s = string(r[:45]) + "..."
	}
	return strconv.Quote(s)
}

func list(ids []string) string { return strings.Join(clip(ids, 8), ", ") }

func orList(ids []string) string { return strings.Join(ids, " or ") }

func clip(ids []string, n int) []string {
	if len(ids) <= n {
		return ids
	}
	out := append([]string(nil), ids[:n]...)
	return append(out, fmt.Sprintf("and %d more", len(ids)-n))
}

func revisions(n int) string {
	if n == 1 {
		return "1 revision"
	}
	return strconv.Itoa(n) + " revisions"
}
