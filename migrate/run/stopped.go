package run

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/history"
)

// StoppedError is in the chain of the error of a run that failed in the middle of a
// revision.
type StoppedError struct {
	Lineage   string
	Revision  string
	Direction history.Direction
	At        string   // what failed: an operation or a statement, one line
	Applied   []string // what of the revision took effect and remains, in order; nil when nothing does
	Err       error    // what went wrong
}

// Error says where it stopped, why, what remains, and the way on.
func (s *StoppedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the %s of revision %s stopped", s.Direction, s.Revision)
	if s.At != "" {
		fmt.Fprintf(&b, " at %q", s.At)
	}
	fmt.Fprintf(&b, ": %s; ", s.Err)
	if len(s.Applied) == 0 {
		b.WriteString("nothing of this revision remains: remove the cause and run it again")
		return b.String()
	}
	fmt.Fprintf(&b, "%s: ", remains(len(s.Applied)))
	for i, t := range s.Applied {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "(%d) %s", i+1, t)
	}
	them := "it"
	if len(s.Applied) > 1 {
		them = "them"
	}
	b.WriteString("; remove the cause and run it again to go on from there, or undo " + them + " with repair --undo")
	return b.String()
}

// Unwrap returns what went wrong.
func (s *StoppedError) Unwrap() error { return s.Err }

func remains(n int) string {
	if n == 1 {
		return "this step of the revision has been applied and remains"
	}
	return fmt.Sprintf("these %d steps of the revision have been applied and remain", n)
}

// stopped dresses the error of a revision.
func (x *execution) stopped(err error) error {
	if err == nil {
		return nil
	}
	var known *StoppedError
	if errors.As(err, &known) {
		return err
	}
	s := &StoppedError{Lineage: x.rev.Member.Name, Revision: x.rev.ID(), Direction: x.rev.Direction, At: x.at,
		Applied: x.applied, Err: err}
	return &dberr.Error{Op: "migrate", Code: dberr.CodeOf(err), Msg: s.Error(), Err: s}
}
