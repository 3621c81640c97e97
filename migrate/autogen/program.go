package autogen

import (
	"bytes"
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

	"github.com/larder-db/larder/dberr"
)

// programFiles is the program that init writes.
//
//go:embed program/*.tmpl
var programFiles embed.FS

// Program is a new program with migrations, and what its files are filled with.
type Program struct {
	Name    string // of the program, for usage: "notes"
	Module  string // its import path: "example.com/notes"
	Own     bool   // it gets a go.mod
	Go      string // the language version: "1.26.0"
	Version string // of this module; empty when it is not a release
	Replace string // a directory that stands for this module; may be empty
}

func initError(msg string, err error) error {
	return &dberr.Error{Op: "init", Code: dberr.Unavailable, Msg: msg + " (" + reason(err) + ")", Err: err}
}

// NewProgram finds out what a program in a directory is to be called, which
// must be empty or not exist yet. module is its import path, empty for the
// directory's name; in a module that exists it must be empty. replace is a
// directory that stands for this module; may be empty. A module that does not
// fit is dberr.Invalid.
func NewProgram(dir, module, replace string) (*Program, error) {
	name := dir
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, initError("the directory "+name+" cannot be used", err)
	}
	switch entries, err := os.ReadDir(dir); {
	case err == nil && len(entries) > 0:
		return nil, dberr.New(dberr.AlreadyExists, "init",
			"the directory "+name+" is not empty; name one that is, or that does not exist yet")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, initError("the directory "+name+" cannot be read", err)
	}
	p := &Program{Name: strings.ToLower(filepath.Base(dir)), Go: language(), Version: release()}
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
		return nil, dberr.New(dberr.Invalid, "init", "--module is for a directory outside of a module; "+dir+" is in "+above)
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
		return nil, dberr.New(dberr.Invalid, "init", strconv.Quote(p.Module)+
			" cannot be the path of a module; give one with --module")
	}
	return p, nil
}

// Write writes the files of the program into a directory and returns their
// names, below dir as it was given.
func (p *Program) Write(dir string) ([]string, error) {
	files, err := p.files()
	if err != nil {
		return nil, err
	}
	written := []string{}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // source is for everybody to read
			return nil, initError("the directory "+filepath.Dir(name)+" cannot be made", err)
		}
		if err := os.WriteFile(name, f.text, 0o644); err != nil { //nolint:gosec // source is for everybody to read
			return nil, initError("the file "+name+" cannot be written", err)
		}
		written = append(written, name)
	}
	return written, nil
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
		released := strings.HasPrefix(m.Version, "v") && strings.Trim(m.Version[1:], "0123456789.") == ""
		if m.Path == ModulePath && m.Replace == nil && released {
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

func (p *Program) files() ([]file, error) {
	bad := func(err error) error {
		return &dberr.Error{Op: "init", Code: dberr.Internal, Msg: "the program could not be written as Go", Err: err}
	}
	names := []struct{ name, from string }{
		{"main.go", "main"}, {"main_test.go", "main_test"}, {"tables/tables.go", "tables"},
		{"migrations/doc.go", "migrations"},
	}
	if p.Own {
		names = append([]struct{ name, from string }{{"go.mod", "mod"}}, names...)
	}
	var out []file
	for _, n := range names {
		funcs := template.FuncMap{"quote": strconv.Quote, "identifier": identifier}
		t, err := template.New(n.from+".tmpl").Funcs(funcs).ParseFS(programFiles, "program/"+n.from+".tmpl")
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
	return append(out, file{"migrations/" + setFile, setSource("migrations", "revisions")},
		file{"migrations/" + TemplateFile, []byte(DefaultTemplate)}), nil
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
