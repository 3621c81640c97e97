package command

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/gogen"
)

// genFlags are the flags of gen.
type genFlags struct {
	lineage, out, pkg, part, declared string
	tables, words, hide               []string
	live, check                       bool
}

func (s *Session) gen() Verb {
	var g genFlags
	return Verb{Name: "gen", Short: "Write Go types for the tables: typed columns, and structs that hold rows",
		Long: `The tables are those that the program declares or, with --live, those of the
database. The file declares them, has their columns with Go types, and a struct
for the rows of each; the same tables always give the same text. With --declared
it refers to the declarations of a package instead, which has a variable for
each table under the table's Go name. Nothing but the file is written.`,
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &g.lineage)
			f.BoolVar(&g.live, "live", false, "take the tables of the database, not the declared ones")
			f.StringVar(&g.out, "out", "", "the file to write (default: standard output)")
			f.BoolVar(&g.check, "check", false, "write nothing; exit with status 1 when the file is not what would be written")
			f.StringVar(&g.pkg, "package", "",
				`the name of the package (default: the last part of the directory of --out, or "tables")`)
			f.StringArrayVar(&g.tables, "table", nil, "this table only; may be repeated")
			f.StringVar(&g.part, "part", "", "columns or rows (default: both)")
			f.StringVar(&g.declared, "declared", "", "the import path of a package that declares the tables")
			f.StringArrayVar(&g.words, "word", nil, "how a word of names is written in Go: oauth=OAuth; may be repeated")
			f.StringArrayVar(&g.hide, "hide", nil, "a column that JSON does not show, as table.column; may be repeated")
		},
		Run: func(ctx context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			o, err := g.options()
			if err != nil {
				return err
			}
			tables, err := s.tablesFor(ctx, &g)
			if err != nil {
				return err
			}
			text, err := gogen.Source(tables, o)
			if err != nil {
				return err
			}
			return s.generated(&g, text)
		}}
}

// options are what the flags say about the file.
func (g *genFlags) options() (gogen.Options, error) {
	o := gogen.Options{Package: g.pkg, Of: "declared tables", Declared: g.declared, Hidden: g.hide,
		Words: map[string]string{}}
	if g.live {
		o.Of = "the tables of a database"
	}
	if o.Package == "" {
		o.Package = "tables"
		if g.out != "" {
			abs, err := filepath.Abs(g.out)
			if err != nil {
				return o, generateError("used", err)
			}
			o.Package = packageIn(filepath.Dir(abs))
		}
	}
	switch g.part {
	case "":
	case string(gogen.Columns), string(gogen.Rows):
		o.Parts = []gogen.Part{gogen.Part(g.part)}
	default:
		return o, usage("--part is columns or rows")
	}
	for _, w := range g.words {
		word, as, ok := strings.Cut(w, "=")
		if !ok || word == "" || as == "" {
			return o, usage("--word is given as word=Word, for example oauth=OAuth")
		}
		o.Words[word] = as
	}
	if g.check && g.out == "" {
		return o, usage("--check needs the file to look at: give it with --out")
	}
	return o, nil
}

// tablesFor finds the tables that the file is about.
func (s *Session) tablesFor(ctx context.Context, g *genFlags) ([]*schema.Table, error) {
	lineages, err := s.named(g.lineage)
	if err != nil {
		return nil, err
	}
	var all []*schema.Table
	if g.live {
		all, err = s.liveTables(ctx, lineages)
	} else {
		for _, l := range lineages {
			all = append(all, l.Tables...)
		}
		if len(all) == 0 {
			return nil, dberr.New(dberr.Invalid, "gen", "the program declares no tables; take those of the database with --live")
		}
	}
	if err != nil || len(g.tables) == 0 {
		return all, err
	}
	var out []*schema.Table
	for _, name := range g.tables {
		i := slices.IndexFunc(all, func(t *schema.Table) bool { return t.Name == name })
		if i < 0 {
			return nil, dberr.New(dberr.NotFound, "gen", "there is no table "+name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// named are the lineages that a flag leaves.
func (s *Session) named(lineage string) ([]migrate.Lineage, error) {
	if lineage == "" {
		return s.Lineages, nil
	}
	var names []string
	for _, l := range s.Lineages {
		name := cmp.Or(l.Name, migrate.DefaultLineage)
		if name == lineage {
			return []migrate.Lineage{l}, nil
		}
		names = append(names, name)
	}
	return nil, dberr.New(dberr.Invalid, "gen", "there is no lineage "+lineage+"; there are "+strings.Join(names, ", "))
}

// liveTables reads the tables of the database, without those in which the
// migrations keep their books.
func (s *Session) liveTables(ctx context.Context, of []migrate.Lineage) (tables []*schema.Table, err error) {
	eng, err := s.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	tables, err = eng.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool {
		if strings.HasPrefix(name, "larder_") {
			return false
		}
		for _, l := range s.Lineages {
			if name == cmp.Or(l.VersionTable, migrate.DefaultVersionTable) {
				return false
			}
		}
		return slices.ContainsFunc(of, func(l migrate.Lineage) bool { return l.Owns == nil || l.Owns(name) })
	}})
	tables = slices.DeleteFunc(tables, func(t *schema.Table) bool {
		for _, text := range t.Remarks() {
			s.say("%s", text)
		}
		return t.Unreadable != ""
	})
	if err == nil && len(tables) == 0 {
		err = dberr.New(dberr.NotFound, "gen", "the database has no tables")
	}
	return tables, err
}

// generated hands over the text: to standard output, or to the file where it is
// not there already.
func (s *Session) generated(g *genFlags, text []byte) error {
	if g.out == "" {
		_, err := s.Stdout.Write(text)
		return err
	}
	have, err := os.ReadFile(g.out)
	switch same := err == nil && bytes.Equal(have, text); {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return generateError("read", err)
	case same:
		s.say("%s is up to date", g.out)
		return nil
	case g.check:
		return dberr.New(dberr.SchemaMismatch, "gen", g.out+" is not what the tables say; run gen without --check")
	}
	if err := os.WriteFile(g.out, text, 0o644); err != nil { //nolint:gosec // source is for everybody to read
		return generateError("written", err)
	}
	return s.print("%s", g.out)
}

// packageIn is what the package in a directory is called when nobody says: by
// the directory's name, as far as that has letters and digits.
func packageIn(dir string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, filepath.Base(dir))
}

func generateError(what string, err error) error {
	msg := "the file cannot be " + what + ": " + err.Error()
	return &dberr.Error{Op: "gen", Code: dberr.Unavailable, Msg: msg, Err: err}
}
