package command

import (
	"context"

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
	listed, err := autogen.WriteList(dir)
	if err != nil {
		return err
	}
	if !listed {
		s.say("add %s to the list of revisions", g.Name)
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
