package command

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"text/template"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate"
)

// programFiles is the program that init writes.
//
//go:embed program/*.tmpl
var programFiles embed.FS

const modulePath = "github.com/larder-db/larder"

// program is what the files of a new program are filled with.
type program struct {
	Name    string // of the program, for usage: "notes"
	Module  string // its import path: "example.com/notes"
	Own     bool   // it gets a go.mod
	Go      string // the language version: "1.26.0"
	Version string // of this module; empty when it is not a release
	Replace string // a directory that stands for this module; may be empty
}

func (s *Session) initialize() Verb {
	var module, replace string
	return Verb{Name: "init", Args: "<directory>", Short: "Write a small program with a package of migrations",
		Long: `The directory must be empty, or not there yet. In a Go module it becomes a
package of that module; elsewhere it gets a module of its own. The program has
all the commands, declares its tables in the package tables, and keeps its
revisions in the package migrations.`,
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&module, "module", "", "the path of the new module (default: the directory's name)")
			f.StringVar(&replace, "replace", "", "a directory to take "+modulePath+" from")
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
	abs, err := filepath.Abs(dir)
	if err != nil {
		return initError("the directory "+dir+" cannot be used", err)
	}
	switch entries, err := os.ReadDir(abs); {
	case err == nil && len(entries) > 0:
		return dberr.New(dberr.AlreadyExists, "init", "the directory "+dir+" is not empty; name one that is, or that is not there yet")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return initError("the directory "+dir+" cannot be read", err)
	}
	p, err := describe(abs, module, replace)
	if err != nil {
		return err
	}
	files, err := p.files()
	if err != nil {
		return err
	}
	written := []string{}
	for _, f := range files {
		name := filepath.Join(abs, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // source is for everybody to read
			return initError("the directory "+filepath.Dir(name)+" cannot be made", err)
		}
		if err := os.WriteFile(name, f.text, 0o644); err != nil { //nolint:gosec // source is for everybody to read
			return initError("the file "+name+" cannot be written", err)
		}
		written = append(written, filepath.Join(dir, filepath.FromSlash(f.name)))
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

func initError(msg string, err error) error {
	return &dberr.Error{Op: "init", Code: dberr.Unavailable, Msg: msg + " (" + reason(err) + ")", Err: err}
}

// describe finds out what the program in dir is to be called.
func describe(dir, module, replace string) (*program, error) {
	p := &program{Name: strings.ToLower(filepath.Base(dir)), Go: language(), Version: release()}
	if replace != "" {
		abs, err := filepath.Abs(replace)
		if err != nil {
			return nil, initError("the directory "+replace+" cannot be used", err)
		}
		p.Replace, p.Version = filepath.ToSlash(abs), ""
	}
	root, above := enclosing(dir)
	switch {
	case above != "" && module != "":
		return nil, usage("--module is for a directory outside of a module; %s is in %s", dir, above)
	case above != "":
		rel, err := filepath.Rel(root, dir)
		if err != nil {
			return nil, initError("the directory "+dir+" cannot be used", err)
		}
		p.Module = path.Join(above, filepath.ToSlash(rel))
	default:
		p.Own, p.Module = true, module
		if p.Module == "" {
			p.Module = p.Name
		}
	}
	if strings.ContainsFunc(p.Module, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'`\\:*?<>|!;,()[]{}", r) }) || strings.HasPrefix(p.Module, "/") {
		return nil, usage("%s cannot be the path of a module; give one with --module", strconv.Quote(p.Module))
	}
	return p, nil
}

// enclosing finds the module that a directory is in, if any.
func enclosing(dir string) (root, module string) {
	for d := filepath.Dir(dir); ; d = filepath.Dir(d) {
		if text, err := os.ReadFile(filepath.Join(d, "go.mod")); err == nil {
			for line := range strings.Lines(string(text)) {
				if f := strings.Fields(line); len(f) >= 2 && f[0] == "module" {
					return d, strings.Trim(f[1], `"`)
				}
			}
		}
		if d == filepath.Dir(d) {
			return "", ""
		}
	}
}

// language is the version of Go that the program was built with, as go.mod says
// it: "1.26.0", for "1.26" is less than that to the go command.
func language() string {
	v := strings.TrimPrefix(runtime.Version(), "go")
	parts := strings.SplitN(v, ".", 3)
	if len(parts) < 2 || strings.Trim(parts[0]+parts[1], "0123456789") != "" {
		return "1.26.0"
	}
	return parts[0] + "." + parts[1] + ".0"
}

// release is the version of this module in the program, when it is a release.
func release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == modulePath && m.Replace == nil && strings.HasPrefix(m.Version, "v") && strings.Trim(m.Version[1:], "0123456789.") == "" {
			return m.Version
		}
	}
	return ""
}

// file is a file of the program.
type file struct {
	name string // with slashes, below the directory
	text []byte
}

func (p *program) files() ([]file, error) {
	bad := func(err error) error {
		return &dberr.Error{Op: "init", Code: dberr.Internal, Msg: "the program could not be written as Go", Err: err}
	}
	names := []struct{ name, from string }{
		{"main.go", "main"}, {"main_test.go", "main_test"}, {"tables/tables.go", "tables"}, {"migrations/doc.go", "migrations"},
	}
	if p.Own {
		names = append([]struct{ name, from string }{{"go.mod", "mod"}}, names...)
	}
	var out []file
	for _, n := range names {
		t, err := template.New(n.from+".tmpl").Funcs(template.FuncMap{"quote": strconv.Quote, "identifier": identifier}).ParseFS(programFiles, "program/"+n.from+".tmpl")
		if err != nil {
			return nil, bad(err)
		}
		var b bytes.Buffer
		if err := t.Execute(&b, p); err != nil {
			return nil, bad(err)
		}
		text := b.Bytes()
		if strings.HasSuffix(n.name, ".go") {
			if text, err = format.Source(text); err != nil {
				return nil, bad(err)
			}
		}
		out = append(out, file{n.name, text})
	}
	list, err := listSource("migrations", nil)
	if err != nil {
		return nil, err
	}
	return append(out, file{"migrations/" + listFile, list}, file{"migrations/" + templateFile, []byte(migrate.DefaultTemplate)}), nil
}

// identifier is a word that may stand in Go source and in a file's name.
func identifier(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
	if !token.IsIdentifier(s) {
		return "app" + s
	}
	return s
}
