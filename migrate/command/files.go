package command

import (
	"context"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/autogen"
)

func (s *Session) dir() string {
	if s.Dir == "" {
		return "migrations"
	}
	return s.Dir
}

// write writes a new revision into its package and says where.
func (s *Session) write(ctx context.Context, dir string, g *autogen.Revision) error {
	path, err := g.Write(dir)
	if err != nil {
		return err
	}
	for _, c := range g.Changes {
		s.say("  %s", c)
	}
	for _, l := range g.Loss {
		s.say("  destroys %s", l)
	}
	registered, err := autogen.Register(dir)
	if err != nil {
		return err
	}
	if registered.Own {
		s.say("add %s to the list of revisions", g.Name)
	}
	if n := len(registered.Moved); n > 0 {
		s.say("revisions register themselves now: revisions.go lists none any more, and the files of %d revisions have a line for it; "+
			"commit them together", n)
	}
	for _, f := range s.Written {
		if err := f(ctx, path); err != nil {
			return &dberr.Error{Op: "revision", Code: dberr.Invalid, Msg: "the file " + path + " was written, and then: " +
				err.Error(), Err: err}
		}
	}
	if s.JSON {
		return s.json(map[string]any{"revision": g.Revision.ID, "file": path, "variable": g.Name, "changes": g.Changes})
	}
	return s.print("%s", path)
}

// hintStale says which revisions of the directory the program was built
// without. A directory that has none of the program's is another's.
func (s *Session) hintStale() {
	declared, err := autogen.ReadDir(s.dir())
	if err != nil {
		return // whatever is there, the verb does not need it
	}
	built := map[string]bool{}
	for _, l := range s.Lineages {
		for _, r := range l.Revisions {
			built[r.ID] = true
		}
	}
	var lacks []string
	for _, d := range declared {
		if !built[d.ID] && !slices.Contains(lacks, d.ID) {
			lacks = append(lacks, d.ID)
		}
	}
	if len(lacks) == 0 || len(lacks) == len(declared) && len(built) > 0 {
		return
	}
	were := "was"
	if len(lacks) > 1 {
		were = "were"
	}
	s.say("%s in %s %s written since this program was built; build it again", strings.Join(lacks, ", "), s.dir(), were)
}
