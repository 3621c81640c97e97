package command

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
)

// draftFlags are the flags of revision and merge.
type draftFlags struct {
	lineage, message, id, dir, pkg, file, template string
	labels                                         []string
}

func (d *draftFlags) register(f *pflag.FlagSet, s *Session) {
	lineageFlag(f, &d.lineage)
	f.StringVarP(&d.message, "message", "m", "", "what the revision does, in one line")
	f.StringVar(&d.id, "rev-id", "", "its id (default: twelve hexadecimal digits)")
	f.StringArrayVar(&d.labels, "branch-label", nil, "a name for the branch from here on; may be repeated")
	f.StringVar(&d.dir, "dir", s.dir(), "the directory of the package of revisions")
	f.StringVar(&d.pkg, "package", s.Package, "the name of the package (default: the last part of --dir)")
	f.StringVar(&d.file, "file-name", s.Layout.File, `the pattern of the file's name: {rev}, {slug}, {year}, {month}, {day}, {hour}, {minute}, {second}, {epoch} (default "{rev}_{slug}")`)
	f.StringVar(&d.template, "template", "", "a file with the template of the revision (default: "+autogen.TemplateFile+" in --dir, where there is one)")
}

func (d *draftFlags) draft() autogen.Draft {
	return autogen.Draft{ID: d.id, Doc: d.message, Labels: d.labels}
}

// layout is how the revision is written.
func (s *Session) layout(d *draftFlags) (autogen.Layout, error) {
	y := s.Layout
	y.Package, y.File = d.packageName(), d.file
	if d.template == "" && y.Template != "" {
		return y, nil
	}
	var err error
	y.Template, err = autogen.ReadTemplate(d.template, d.dir)
	return y, err
}

// revisionFlags are those of revision alone.
type revisionFlags struct {
	draftFlags
	head, depends, tables, columns []string
	splice, auto, offline, sql     bool
	dialect                        string
}

func (s *Session) revision() Verb {
	var d revisionFlags
	return Verb{Name: "revision", Short: "Write a new revision as Go source",
		Long: `With --autogenerate the revision makes the database what the declared tables
say, with a way back; nothing is written when there is no difference. A rename
looks like something that went and something that came: say that it is one with
--rename-table and --rename-column. With --offline the comparison is with what
the revisions make by themselves, and no database is asked.`,
		Flags: func(f *pflag.FlagSet) {
			d.register(f, s)
			f.BoolVar(&d.auto, "autogenerate", false, "compare the database with the declared tables")
			f.BoolVar(&d.offline, "offline", false, "with --autogenerate: compare with what the revisions make, without a connection")
			f.BoolVar(&d.sql, "sql", false, "print the statements that the revision would run, and write no file; without a connection")
			f.StringVar(&d.dialect, "dialect", "",
				"with --sql or --offline: sqlite, postgresql, mysql or mariadb (default: what the database URL says)")
			f.StringArrayVar(&d.head, "head", nil, "what it follows (default: head); may be repeated")
			f.BoolVar(&d.splice, "splice", false, "let it follow a revision that has a successor already")
			f.StringArrayVar(&d.depends, "depends-on", nil,
				"a revision of another branch that must be there first; may be repeated")
			f.StringArrayVar(&d.tables, "rename-table", nil, "old:new; may be repeated")
			f.StringArrayVar(&d.columns, "rename-column", nil, "table.old:new; may be repeated")
		},
		Run: func(ctx context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			return s.generate(ctx, &d)
		}}
}

func (s *Session) generate(ctx context.Context, d *revisionFlags) error {
	renames, err := parseRenames(d.tables, d.columns)
	if err != nil {
		return err
	}
	switch {
	case !d.auto && len(d.tables)+len(d.columns) > 0:
		return usage("renames belong to --autogenerate")
	case !d.auto && d.offline:
		return usage("--offline belongs to --autogenerate")
	case d.dialect != "" && !d.offline && !d.sql:
		return usage("--dialect belongs to --sql and --offline")
	}
	draft := d.draft()
	draft.Head, draft.Splice, draft.DependsOn = d.head, d.splice, d.depends
	layout, err := s.layout(&d.draftFlags)
	if err != nil {
		return err
	}
	write := func(g *autogen.Generator) error {
		var rev *autogen.Revision
		var err error
		if d.auto {
			rev, err = g.Autogenerate(ctx, draft, renames)
		} else {
			rev, err = g.Empty(draft)
		}
		switch {
		case err != nil:
			return err
		case rev == nil:
			s.say("no difference; no revision was written")
			return s.nothing()
		case d.sql:
			return g.Script(s.Stdout, rev)
		}
		return s.write(ctx, d.dir, rev)
	}
	if d.auto && !d.offline && !d.sql {
		return s.opened(ctx, func(eng *engine.Engine) error {
			g, err := s.generator(&d.draftFlags, layout, migrate.Options{Engine: eng})
			if err != nil {
				return err
			}
			return write(g)
		})
	}
	var o migrate.Options
	if d.sql || d.offline {
		if o.Target, err = s.Target(d.dialect); err != nil {
			return err
		}
	}
	g, err := s.generator(&d.draftFlags, layout, o)
	if err != nil {
		return err
	}
	return write(g)
}

// generator makes what writes revisions, with or without a database.
func (s *Session) generator(d *draftFlags, y autogen.Layout, o migrate.Options) (*autogen.Generator, error) {
	o, err := s.options(o)
	if err != nil {
		return nil, err
	}
	return autogen.New(autogen.Options{Engine: o.Engine, Target: o.Target, Lineages: o.Lineages, Lineage: d.lineage,
		Dir: d.dir, Layout: y, Notice: func(text string) { s.say("%s", text) }, Now: o.Now})
}

// nothing is the result of a command that has none.
func (s *Session) nothing() error {
	if s.JSON {
		return s.json(nil)
	}
	return nil
}

// packageName is the package of new revisions.
func (d *draftFlags) packageName() string {
	if d.pkg != "" {
		return d.pkg
	}
	abs, err := filepath.Abs(d.dir)
	if err != nil {
		abs = d.dir
	}
	return strings.ReplaceAll(filepath.Base(abs), "-", "_")
}

func parseRenames(tables, columns []string) (autogen.Renames, error) {
	var out autogen.Renames
	for _, t := range tables {
		r, err := autogen.ParseTableRename(t)
		if err != nil {
			return out, usage("%v", err)
		}
		out.Tables = append(out.Tables, r)
	}
	for _, c := range columns {
		r, err := autogen.ParseColumnRename(c)
		if err != nil {
			return out, usage("%v", err)
		}
		out.Columns = append(out.Columns, r)
	}
	return out, nil
}
