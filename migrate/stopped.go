package migrate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
)

// Stopped is in the chain of the error of a run that failed in the middle of a
// revision.
type Stopped struct {
	Lineage   string
	Revision  string
	Direction Direction
	At        string   // what failed: an operation or a statement, one line
	Stands    []string // what of the revision took effect and stays, in order; nil when nothing does
	Err       error    // what went wrong
}

// Error says where it stopped, why, what stands, and the way on.
func (s *Stopped) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the %s of revision %s stopped", s.Direction, s.Revision)
	if s.At != "" {
		fmt.Fprintf(&b, " at %q", s.At)
	}
	fmt.Fprintf(&b, ": %s; ", s.Err)
	if len(s.Stands) == 0 {
		b.WriteString("nothing of this revision stands: remove the cause and run it again")
		return b.String()
	}
	fmt.Fprintf(&b, "of this revision %s and stay: ", counted(len(s.Stands)))
	for i, t := range s.Stands {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "(%d) %s", i+1, t)
	}
	b.WriteString("; remove the cause and run it again to go on from there, or undo them with repair --undo")
	return b.String()
}

// Unwrap returns what went wrong.
func (s *Stopped) Unwrap() error { return s.Err }

func counted(n int) string {
	if n == 1 {
		return "this step is done"
	}
	return fmt.Sprintf("these %d steps are done", n)
}

// stopped dresses the error of a revision.
func (x *execution) stopped(err error) error {
	if err == nil {
		return nil
	}
	var known *Stopped
	if errors.As(err, &known) {
		return err
	}
	s := &Stopped{Lineage: x.w.l.Name, Revision: x.w.id(), Direction: x.w.step.Direction, At: x.at, Stands: x.stands, Err: err}
	return &dberr.Error{Op: "migrate", Code: dberr.CodeOf(err), Msg: s.Error(), Err: s}
}
