package command

import (
	"context"
	"errors"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/autogen"
)

func (s *Session) initialize() Verb {
	var module, replace string
	return Verb{Name: "init", Args: "<directory>", Short: "Write a small program with a package of migrations",
		Long: `The directory must be empty, or not there yet. In a Go module it becomes a
package of that module; elsewhere it gets a module of its own. The program has
all the commands, declares its tables in the package tables, and keeps its
revisions in the package migrations.`,
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&module, "module", "", "the path of the new module (default: the directory's name)")
			f.StringVar(&replace, "replace", "", "a directory to take "+autogen.ModulePath+" from")
		},
		Run: func(_ context.Context, args []string) error {
			dir, err := target(args, "the directory to write to")
			if err != nil {
				return err
			}
			return s.create(dir, module, replace)
		}}
}

// create writes a program into dir.
func (s *Session) create(dir, module, replace string) error {
	p, err := autogen.NewProgram(dir, module, replace)
	if e := (*dberr.Error)(nil); errors.As(err, &e) && e.Code == dberr.Invalid {
		return usage("%s", e.Msg)
	}
	if err != nil {
		return err
	}
	written, err := p.Write(dir)
	if err != nil {
		return err
	}
	next := "go run . upgrade head"
	if p.Own {
		next = "go mod tidy && " + next
	}
	s.say("next: cd %s && %s", dir, next)
	if s.JSON {
		return s.json(map[string]any{"module": p.Module, "files": written})
	}
	for _, w := range written {
		if err := s.print("%s", w); err != nil {
			return err
		}
	}
	return nil
}
