package command

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

// draftFlags are the flags of revision and merge.
type draftFlags struct {
	lineage, message, id, dir, pkg string
	labels                         []string
}

func (d *draftFlags) register(f *pflag.FlagSet, s *Session) {
	lineageFlag(f, &d.lineage)
	f.StringVarP(&d.message, "message", "m", "", "what the revision does, in one line")
	f.StringVar(&d.id, "rev-id", "", "its id (default: twelve hexadecimal digits)")
	f.StringArrayVar(&d.labels, "branch-label", nil, "a name for the branch from here on; may be repeated")
	f.StringVar(&d.dir, "dir", s.dir(), "the directory of the package of revisions")
	f.StringVar(&d.pkg, "package", s.Package, "the name of the package (default: the last part of --dir)")
}

func (d *draftFlags) draft() migrate.Draft {
	return migrate.Draft{ID: d.id, Doc: d.message, Labels: d.labels}
}

func (s *Session) revision() Verb {
	var d draftFlags
	var head, depends, tables, columns []string
	var splice, auto bool
	return Verb{Name: "revision", Short: "Write a new revision as Go source",
		Long: `With --autogenerate the revision makes the database what the declared tables
say, with a way back; nothing is written when there is no difference. A rename
looks like something that went and something that came: say that it is one with
--rename-table and --rename-column.`,
		Flags: func(f *pflag.FlagSet) {
			d.register(f, s)
			f.BoolVar(&auto, "autogenerate", false, "compare the database with the declared tables")
			f.StringArrayVar(&head, "head", nil, "what it follows (default: head); may be repeated")
			f.BoolVar(&splice, "splice", false, "let it follow a revision that has a successor already")
			f.StringArrayVar(&depends, "depends-on", nil, "a revision of another branch that must be there first; may be repeated")
			f.StringArrayVar(&tables, "rename-table", nil, "old:new; may be repeated")
			f.StringArrayVar(&columns, "rename-column", nil, "table.old:new; may be repeated")
		},
		Run: func(ctx context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			renames, err := parseRenames(tables, columns)
			if err != nil {
				return err
			}
			if !auto && len(tables)+len(columns) > 0 {
				return usage("renames belong to --autogenerate")
			}
			draft := d.draft()
			draft.Head, draft.Splice, draft.DependsOn = head, splice, depends
			pkg := migrate.Layout{Package: d.packageName()}
			if !auto {
				r, err := s.runner(d.lineage, migrate.Options{})
				if err != nil {
					return err
				}
				g, err := r.NewRevision(draft, pkg)
				if err != nil {
					return err
				}
				return s.write(d.dir, g)
			}
			return s.with(ctx, d.lineage, migrate.Options{}, func(r *migrate.Runner) error {
				g, err := r.Autogenerate(ctx, draft, renames, pkg)
				if err != nil {
					return err
				}
				if g == nil {
					s.say("no difference; no revision was written")
					return nil
				}
				return s.write(d.dir, g)
			})
		}}
}

func parseRenames(tables, columns []string) (migrate.Renames, error) {
	var out migrate.Renames
	for _, t := range tables {
		r, err := migrate.ParseTableRename(t)
		if err != nil {
			return out, usage("%v", err)
		}
		out.Tables = append(out.Tables, r)
	}
	for _, c := range columns {
		r, err := migrate.ParseColumnRename(c)
		if err != nil {
			return out, usage("%v", err)
		}
		out.Columns = append(out.Columns, r)
	}
	return out, nil
}
