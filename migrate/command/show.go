package command

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
)

// shown is a revision with what it records.
type shown struct {
	migrate.RevisionInfo
	Upgrade   []string `json:"upgrade"`
	Downgrade []string `json:"downgrade"`
}

func (s *Session) show() Verb {
	var lineage string
	return Verb{Name: "show", Args: "<revision>", Short: "Show a revision and what it does",
		Flags: func(f *pflag.FlagSet) { lineageFlag(f, &lineage) },
		Run: func(ctx context.Context, args []string) error {
			symbol, err := target(args, "the revision to show")
			if err != nil {
				return err
			}
			show := func(r *migrate.Runner) error {
				l, err := r.Show(ctx, symbol)
				if err != nil {
					return err
				}
				return s.printShown(r, l)
			}
			if asksDatabase(symbol) {
				return s.with(ctx, lineage, migrate.Options{}, show)
			}
			r, err := s.runner(lineage, migrate.Options{})
			if err != nil {
				return err
			}
			return show(r)
		}}
}

// located adds the files that hold the revisions, where they are at hand.
func (s *Session) located(l []migrate.RevisionInfo) []migrate.RevisionInfo {
	files, err := autogen.Files(s.dir())
	if err != nil {
		return l
	}
	for i := range l {
		l[i].Path = cmp.Or(l[i].Path, files[l[i].ID])
	}
	return l
}

// asksDatabase reports whether a symbol or range counts from where a database is.
func asksDatabase(symbol string) bool {
	for part := range strings.SplitSeq(symbol, ":") {
		_, name, _ := strings.Cut("@"+part, "@")
		if i := strings.LastIndexByte(name, '@'); i >= 0 {
			name = name[i+1:]
		}
		if strings.HasPrefix(name, "current") || strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
			return true
		}
	}
	return false
}

func (s *Session) printShown(r *migrate.Runner, l []migrate.RevisionInfo) error {
	all := []shown{}
	for _, x := range s.located(l) {
		up, down, err := r.Operations(x.Lineage, x.ID)
		if err != nil {
			return err
		}
		all = append(all, shown{x, up, down})
	}
	if s.JSON {
		return s.json(all)
	}
	for _, x := range all {
		if err := s.print("%s", x.Verbose()); err != nil {
			return err
		}
		for _, part := range []struct {
			title string
			ops   []string
		}{{"Upgrade:", x.Upgrade}, {"Downgrade:", x.Downgrade}} {
			if len(part.ops) == 0 {
				continue
			}
			if err := s.print("%s\n    %s", part.title, strings.Join(part.ops, "\n    ")); err != nil {
				return err
			}
		}
	}
	return nil
}
