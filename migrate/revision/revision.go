package revision

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// MaxID is the longest id in bytes: the version table that Alembic creates,
// and that is shared with it, has a column of this length.
const MaxID = 32

// maxLabel bounds labels, which no table holds, only so that messages stay readable.
const maxLabel = 100

// Revision is one migration as the graph sees it: a name and its links.
type Revision struct {
	// ID names the revision in the version table: 1 to 32 letters, digits, '_' or '.'.
	ID string
	// Down names the parents by id: none for a base, two or more for a merge.
	Down []string
	// DependsOn names, by id or label, revisions of other branches that must be applied first.
	DependsOn []string
	// Labels name the branch from here on: letters, digits, '_', '.' or '-'.
	Labels []string
	// Doc says what the revision does; its first line is shown in lists.
	Doc string
	// Path is the file that holds the migration, for show and history -v; may be empty.
	Path string
}

// title is the first line of Doc.
func (r Revision) title() string {
	line, _, _ := strings.Cut(strings.TrimSpace(r.Doc), "\n")
	return strings.TrimSpace(line)
}

// NewID makes an id of twelve hexadecimal digits from random. The error is
// that of the source.
func NewID(random io.Reader) (string, error) {
	var b [6]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("random source: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// CheckID reports whether id can name a revision. The error is a
// *dberr.Error, code invalid, around a [*BadName].
func CheckID(id string) error {
	if err := checkName(id, false); err != nil {
		return failure("revision id", err)
	}
	return nil
}

// CheckLabel reports whether label can name a branch, like [CheckID].
func CheckLabel(label string) error {
	if err := checkName(label, true); err != nil {
		return failure("branch label", err)
	}
	return nil
}

func checkName(name string, label bool) error {
	bad := func(problem string) error { return &BadName{Name: name, Label: label, Problem: problem} }
	limit := MaxID
	if label {
		limit = maxLabel
	}
	switch {
	case name == "":
		return bad("is empty; give it a name")
	case reserved(name):
		return bad("is a word with a meaning of its own; choose another one")
	case len(name) > limit:
		return bad(fmt.Sprintf("is %d bytes long; use at most %d", len(name), limit))
	}
	for _, c := range name {
		if !nameRune(c) && !(label && c == '-') {
			return bad(fmt.Sprintf("holds %q; use letters, digits, '_' and '.'", c))
		}
	}
	// A label such as v-2 would read as "two below v"; one such as -x as an option.
	if _, count := splitRelative(name); label && (count != "" || name[0] == '-') {
		return bad("would be read as a relative revision or an option; choose another one")
	}
	return nil
}

func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "head", "heads", "base", "current":
		return true
	}
	return false
}

func nameRune(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

// randomOr gives the source to draw ids from.
func randomOr(r io.Reader) io.Reader {
	if r == nil {
		return rand.Reader
	}
	return r
}
