package autogen

import (
	"bytes"
	"fmt"
	"go/format"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
)

// Layout says how a revision is written down as Go source. The zero value of a
// field but Package is the usual way.
type Layout struct {
	Package string // its package; required

	// File is the pattern of the file's name without ".go": {rev} is the id,
	// {slug} what the revision does, and {year}, {month}, {day}, {hour},
	// {minute}, {second} and {epoch} are when it is written. Empty is
	// "{rev}_{slug}".
	File string
	// Slug is how many bytes {slug} has at most; 0 is 40.
	Slug int
	// Zone is where the time of writing is told; nil is UTC.
	Zone *time.Location

	// Template is the text/template of the file; empty is [DefaultTemplate].
	// What comes out is formatted as gofmt does.
	Template string
	// Data is for the template: {{.Data.author}}.
	Data map[string]any
}

// DefaultTemplate is what a revision's file is made of. A template has the
// fields of the revision (ID, Down, DependsOn, Labels), Doc in one piece,
// Package, Variable, Imports, Created (a time.Time), Loss (what its way up
// destroys, in sentences), Upgrade and Downgrade (statements on ops), and Data,
// and the functions quote (a Go string), list (a Go []string) and comment
// (lines of a comment).
const DefaultTemplate = `package {{.Package}}

import (
{{- range .Imports}}
	{{quote .}}
{{- end}}
)

{{comment (printf "%s is a revision: %s." .Variable .Doc)}}
var {{.Variable}} = migrate.Revision{
	ID: {{quote .ID}},
	{{- with .Down}}
	Down: {{list .}},
	{{- end}}
	{{- with .DependsOn}}
	DependsOn: {{list .}},
	{{- end}}
	{{- with .Labels}}
	Labels: {{list .}},
	{{- end}}
	Doc: {{quote .Doc}},
	{{- range .Loss}}
	{{comment (printf "Destroys %s." .)}}
	{{- end}}
	Upgrade: func(ops *op.Ops) {
		{{.Upgrade}}
	},
	Downgrade: func(ops *op.Ops) {
		{{.Downgrade}}
	},
}
`

// ModulePath is the path of this module, which revisions import.
const ModulePath = "github.com/larder-db/larder"

const (
	defaultFile = "{rev}_{slug}"
	defaultSlug = 40 // bytes
)

// draft is what a template is given.
type draft struct {
	revision.Revision
	Package, Variable  string
	Imports            []string
	Created            time.Time
	Loss               []string
	Upgrade, Downgrade string
	Data               map[string]any
}

// write writes a revision down.
func (y Layout) write(now time.Time, d *history.Directive, down []op.Op, loss []string, render renderer) (*Revision,
	error) {
	if !token.IsIdentifier(y.Package) {
		return nil, dberr.New(dberr.Invalid, "revision",
			strconv.Quote(y.Package)+" is no package name; name one with --package")
	}
	zone := y.Zone
	if zone == nil {
		zone = time.UTC
	}
	now = now.In(zone)
	g := &Revision{Revision: d.Revision, Name: variable(d.Revision.ID), Changes: []string{}, Loss: loss, up: d.Upgrade}
	for o := range op.All(d.Upgrade) {
		g.Changes = append(g.Changes, o.String())
	}
	var err error
	if g.File, err = y.fileName(d.Revision, now); err != nil {
		return nil, err
	}
	w := &source{render: render, imports: map[string]bool{ModulePath + "/migrate": true, ModulePath + "/migrate/op": true}}
	t := draft{Revision: d.Revision, Package: y.Package, Variable: g.Name, Created: now, Loss: loss, Data: y.Data,
		Upgrade: w.ops(d.Upgrade), Downgrade: w.ops(down)}
	if t.Doc = strings.TrimSpace(t.Doc); t.Doc == "" {
		t.Doc = "revision " + t.ID
	}
	if strings.Contains(t.Upgrade+t.Downgrade, "schema.") {
		w.imports[ModulePath+"/schema"] = true
	}
	t.Imports = slices.Sorted(maps.Keys(w.imports))
	g.Source, err = y.fill(t)
	return g, err
}

// fill puts a revision into the template.
func (y Layout) fill(t draft) ([]byte, error) {
	text := y.Template
	if text == "" {
		text = DefaultTemplate
	}
	bad := func(err error) error {
		return &dberr.Error{Op: "revision", Code: dberr.Invalid,
			Msg: "the template of revisions does not make Go source: " + err.Error(), Err: err}
	}
	tmpl, err := template.New("revision").Funcs(template.FuncMap{
		"quote":   strconv.Quote,
		"list":    func(l []string) string { return fmt.Sprintf("%#v", l) },
		"comment": comment,
	}).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, bad(err)
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, t); err != nil {
		return nil, bad(err)
	}
	src, err := format.Source(b.Bytes())
	if err != nil {
		return nil, bad(err)
	}
	return src, nil
}

// comment makes lines of a comment of a text, which ends in one full stop.
func comment(s string) string {
	s = strings.TrimRight(s, ".") + "."
	return "// " + strings.ReplaceAll(s, "\n", "\n// ")
}

// fileName is the name of a revision's file. It never ends in a word that go
// build reads as a condition, and begins with nothing that go build leaves out.
func (y Layout) fileName(r revision.Revision, now time.Time) (string, error) {
	pattern, limit := y.File, y.Slug
	if pattern == "" {
		pattern = defaultFile
	}
	if limit <= 0 {
		limit = defaultSlug
	}
	name := pattern
	for word, text := range map[string]string{
		"rev": strings.ReplaceAll(r.ID, ".", "_"), "slug": slug(r.Doc, limit),
		"year": now.Format("2006"), "month": now.Format("01"), "day": now.Format("02"),
		"hour": now.Format("15"), "minute": now.Format("04"), "second": now.Format("05"), "epoch": strconv.FormatInt(now.Unix(), 10),
	} {
		name = strings.ReplaceAll(name, "{"+word+"}", text)
	}
	name = strings.TrimSuffix(strings.Trim(name, "_"), ".go")
	if strings.ContainsFunc(name, func(c rune) bool {
		return c != '_' && c != '-' && c != '.' && (c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c))
	}) || !strings.Contains(pattern, "{rev}") {
		return "", dberr.New(dberr.Invalid, "revision", "the pattern of file names "+strconv.Quote(pattern)+
			" cannot be used; it holds {rev}, and besides letters, digits, '_', '-', '.', {slug}, {year}, {month}, {day}, {hour}, {minute}, {second} and {epoch}")
	}
	if name[0] == '.' {
		name = "rev" + name
	}
	last := name[strings.LastIndexByte(name, '_')+1:]
	if last == "test" || buildWords[last] {
		name += "_rev"
	}
	return name + ".go", nil
}

// slug makes a part of a file's name of a sentence.
func slug(s string, limit int) string {
	var b strings.Builder
	gap := false
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	for _, c := range strings.ToLower(line) {
		if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(c)
			continue
		}
		gap = true
	}
	out := b.String()
	if len(out) > limit {
		out = out[:limit]
		if n := strings.LastIndexByte(out, '_'); n > limit/2 {
			out = out[:n]
		}
	}
	return out
}

// buildWords are file name endings that exclude a file from some builds.
var buildWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos unix " +
		"386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm") {
		m[w] = true
	}
	return m
}()

// variable is the name of a revision's variable.
func variable(id string) string {
	return "Rev" + strings.NewReplacer(".", "_", "-", "_").Replace(id)
}
