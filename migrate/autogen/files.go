package autogen

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/revision"
)

// TemplateFile is the template of new revisions in their directory.
const TemplateFile = "revision.tmpl"

// Write writes the revision's file into a directory, which is made where it
// does not exist, and returns its path. A file that exists is
// dberr.AlreadyExists.
func (r *Revision) Write(dir string) (path string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // source is for everybody to read
		return "", fileError("the directory "+dir+" cannot be made", err)
	}
	path = filepath.Join(dir, r.File)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // source is for everybody to read
	if err != nil {
		return "", fileError("the file "+path+" cannot be written", err)
	}
	_, err = f.Write(r.Source)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fileError("the file "+path+" cannot be written", err)
	}
	return path, nil
}

// ReadTemplate reads the template of revisions: from path or, where that is
// empty, from dir. None in dir is "".
func ReadTemplate(path, dir string) (string, error) {
	name := path
	if name == "" {
		name = filepath.Join(dir, TemplateFile)
	}
	text, err := os.ReadFile(name)
	if err != nil && (path != "" || !errors.Is(err, fs.ErrNotExist)) {
		return "", fileError("the template "+name+" cannot be read", err)
	}
	return string(text), nil
}

func fileError(msg string, err error) error {
	code := dberr.Unavailable
	if errors.Is(err, fs.ErrExist) {
		code = dberr.AlreadyExists
	}
	return &dberr.Error{Op: "revision", Code: code, Msg: msg + " (" + reason(err) + ")", Err: err}
}

// reason is what the system says, without the path that the message has already.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// Declared is a revision as the source of a directory declares it.
type Declared struct {
	revision.Revision
	File string
}

// Files finds the files of revisions in a directory, by id. A directory that
// does not exist has none.
func Files(dir string) (map[string]string, error) {
	declared, err := ReadDir(dir)
	out := map[string]string{}
	for _, d := range declared {
		out[d.ID] = d.File
	}
	return out, err
}

// ReadDir reads the revisions that the source in a directory declares, in order
// of their files. A directory that does not exist has none, and a file that is
// not Go, or does not give the id as a literal, is passed over.
func ReadDir(dir string) ([]Declared, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fileError("the directory "+dir+" cannot be read", err)
	}
	var out []Declared
	fset := token.NewFileSet()
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			continue // it may be what somebody is about to edit, and another file is asked for
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok && isRevision(lit) {
				if r := linksOf(lit); r.ID != "" {
					out = append(out, Declared{r, name})
				}
			}
			return true
		})
	}
	return out, nil
}

// linksOf reads the fields of a revision's literal that say where it is in the
// history.
func linksOf(lit *ast.CompositeLit) (r revision.Revision) {
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := kv.Key.(*ast.Ident)
		if !ok {
			continue
		}
		switch key.Name {
		case "ID":
			r.ID = textOf(kv.Value)
		case "Doc":
			r.Doc = textOf(kv.Value)
		case "Down":
			r.Down = textsOf(kv.Value)
		case "DependsOn":
			r.DependsOn = textsOf(kv.Value)
		case "Labels":
			r.Labels = textsOf(kv.Value)
		}
	}
	return r
}

// textOf reads a string literal; "" for anything else.
func textOf(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok {
		if s, err := strconv.Unquote(lit.Value); err == nil {
			return s
		}
	}
	return ""
}

// textsOf reads a list of string literals.
func textsOf(e ast.Expr) (out []string) {
	if lit, ok := e.(*ast.CompositeLit); ok {
		for _, x := range lit.Elts {
			if s := textOf(x); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}
