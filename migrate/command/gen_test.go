package command_test

import (
	"bytes"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/command"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// notebook is what the tests of gen have in their databases.
func notebook() []*schema.Table {
	book := schema.Define("book").Describe("books of notes")
	book.BigInt("id").Identity()
	book.String("title", 80).Doc("what stands on it")
	book.Primary("", "id")
	book.Unique("one_title", "title")
	note := schema.Define("note")
	note.Text("id").Key(36).PrimaryKey()
	note.BigInt("book_id").References("book", "id", schema.Cascade)
	note.Text("body").Null()
	note.Boolean("is_done").Default(false)
	note.Numeric("cost", 10, 2).Null()
	note.Float("weight").Null()
	note.Integer("page")
	note.Date("due_on").Null()
	note.DateTime("made_at")
	note.DateTime("read_at").Null()
	note.JSON("data").Null()
	note.Bytes("picture").Null()
	note.Index("notes_of_book", "book_id", "made_at DESC")
	return []*schema.Table{book, note}
}

func notebookHistory() []migrate.Revision {
	return []migrate.Revision{{ID: "aa1111111111", Doc: "all", Upgrade: func(ops *op.Ops) {
		for _, t := range notebook() {
			ops.CreateTable(t)
		}
	}}}
}

// useOfNotebook writes a row with the generated types, reads it, and compares
// the declarations with the database. The types are each engine's own.
const useOfNotebook = `package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
{{range .}}
	{{.Package}} "{{.Path}}"
{{- end}}
)

func main() {
	ctx := context.Background()
	for _, err := range []error{
{{- range .}}
		use{{.Package}}(ctx, {{printf "%q" .URL}}),
{{- end}}
	} {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

func compare(ctx context.Context, eng *engine.Engine, declared []*schema.Table) error {
	names := map[string]bool{}
	var want []*schema.Table
	for _, t := range declared {
		names[t.Name] = true
		n, err := eng.DDL().Normalize(t)
		if err != nil {
			return err
		}
		want = append(want, n)
	}
	live, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(n string) bool { return names[n] }})
	if err != nil {
		return err
	}
	for _, c := range schema.Diff(live, want) {
		return fmt.Errorf("the declaration is not the table: %s", c)
	}
	return nil
}
{{range .}}
func use{{.Package}}(ctx context.Context, url string) error {
	eng, err := engine.Open(ctx, url, engine.Options{Drivers: engines.All()})
	if err != nil {
		return err
	}
	defer eng.Close()
	if err := compare(ctx, eng, {{.Package}}.All()); err != nil {
		return fmt.Errorf("{{.Package}}: %w", err)
	}
	if _, err := query.Exec(ctx, eng, query.Insert({{.Package}}.Book.Table).Row({{.Package}}.BookRow{Title: "Diary"})); err != nil {
		return err
	}
	book, err := query.One[{{.Package}}.BookRow](ctx, eng, query.SelectFrom({{.Package}}.Book.Table).Where({{.Package}}.Book.Title.Eq("Diary")))
	if err != nil {
		return err
	}
	at := time.Date(2024, 2, 29, 23, 59, 58, 123456000, time.UTC)
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	full := {{.Package}}.NoteRow{
		ID: "n1", BookID: book.ID, Body: new("Grüße 🦊"), IsDone: true, Cost: new(query.Decimal("12.34")), Weight: new(0.1), Page: 7,
		DueOn: &day, MadeAt: at, ReadAt: &at, Data: jsonvalue.Text(` + "`" + `{"b": 1, "a": [true]}` + "`" + `), Picture: new([]byte{0, 255, 'x'}),
	}
	empty := {{.Package}}.NoteRow{ID: "n2", BookID: book.ID, MadeAt: at}
	for _, want := range []{{.Package}}.NoteRow{full, empty} {
		if _, err := query.Exec(ctx, eng, query.Insert({{.Package}}.Note.Table).Row(want)); err != nil {
			return err
		}
		got, err := query.One[{{.Package}}.NoteRow](ctx, eng, query.SelectFrom({{.Package}}.Note.Table).Where({{.Package}}.Note.ID.Eq(want.ID)))
		if err != nil {
			return err
		}
		if want.Data.String() != got.Data.String() || want.Data.IsNull() != got.Data.IsNull() {
			return fmt.Errorf("{{.Package}}: wrote %s, read %s", want.Data, got.Data)
		}
		got.Data = want.Data
		if !reflect.DeepEqual(want, got) {
			return fmt.Errorf("{{.Package}}: wrote %+v, read %+v", want, got)
		}
	}
	n, err := query.Count(ctx, eng, query.SelectFrom({{.Package}}.Note.Table).Where({{.Package}}.Note.BookID.Eq(book.ID), {{.Package}}.Note.Picture.IsNull()))
	if err != nil || n != 1 {
		return fmt.Errorf("{{.Package}}: %d rows without a picture, %v", n, err)
	}
	return nil
}
{{end}}`

// What gen makes of a live database compiles, declares what is there, and its
// types write and read rows without a loss.
func TestGenOfALiveDatabase(t *testing.T) {
	dir := inModule(t)
	type used struct{ Package, Path, URL string }
	var all []used
	for _, e := range testdb.Engines() {
		s := &session{t: t, url: testdb.New(t, e).URL, revs: notebookHistory()}
		if code, _, errs := s.run("upgrade", "head"); code != 0 {
			t.Fatalf("%s: %s", e, errs)
		}
		out := filepath.Join(dir, e, "tables.go")
		if err := os.Mkdir(filepath.Dir(out), 0o750); err != nil {
			t.Fatal(err)
		}
		if code, text, errs := s.run("gen", "--live", "--out", out); code != 0 || text != out+"\n" {
			t.Fatalf("%s: exit status %d: %s %s", e, code, text, errs)
		}
		for _, again := range [][]string{{"gen", "--live", "--out", out}, {"gen", "--live", "--out", out, "--check"}} {
			if code, text, errs := s.run(again...); code != 0 || text != "" || !strings.Contains(errs, "is up to date") {
				t.Errorf("%s: %v: exit status %d: %s %s", e, again, code, text, errs)
			}
		}
		all = append(all, used{e, "github.com/larder-db/larder/migrate/command/" +
			filepath.ToSlash(filepath.Dir(out)), s.url})
	}
	var main bytes.Buffer
	if err := template.Must(template.New("").Parse(useOfNotebook)).Execute(&main, all); err != nil {
		t.Fatal(err)
	}
	text, err := format.Source(main.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, u := range all {
		clean(t, filepath.Join(dir, u.Package))
	}
	bin := filepath.Join(t.TempDir(), "use")
	build(t, dir, bin)
	if code, out, errs := tool(t, exec.CommandContext(t.Context(), bin)); code != 0 {
		t.Errorf("%s%s", out, errs)
	}
}

// gen of declared tables needs no database.
func TestGenOfDeclaredTables(t *testing.T) {
	run := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := command.Main(t.Context(), args, command.Program{Name: "m", Drivers: engines.All(), Stdout: &out, Stderr: &errs,
			Lineages: []migrate.Lineage{{Revisions: notebookHistory(), Tables: notebook()},
				{Name: "other", VersionTable: "v", Revisions: inLine()}}})
		return code, out.String(), errs.String()
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "tables.go")
	for _, c := range []struct {
		args         string
		code         int
		stdout, errs string // parts
	}{
		{"gen", 0, "package tables\n", ""},
		{"gen --package shop --table book --part rows", 0, "type Book struct {", ""},
		{"gen --hide book.title --word book=BOOK", 0, "Title string `db:\"title\" json:\"-\"` // what stands on it", ""},
		{"gen --declared example.com/x/decl --part columns", 0, "query.ColumnOf[string](decl.Book, \"title\")", ""},
		{"gen --table nope", 1, "", "there is no table nope"},
		{"gen --hide book.nope", 1, "", "column book.nope, which is to be hidden, is not there"},
		{"gen --lineage nope", 1, "", "there is no lineage nope; there are main, other"},
		{"gen --lineage other", 1, "", "declares no tables; take those of the database with --live"},
		{"gen --part half", 2, "", "--part is columns or rows"},
		{"gen --word oauth", 2, "", "--word is given as word=Word"},
		{"gen --check", 2, "", "--check needs the file"},
		{"gen extra", 2, "", "unexpected argument"},
		{"gen --check --package notes --out " + file, 1, "", "tables.go is not what the tables say"},
		{"gen --package notes --out " + file, 0, file, ""},
		{"gen --package notes --check --out " + file, 0, "", "is up to date"},
		{"gen --package other --check --out " + file, 1, "", "is not what the tables say"},
		{"gen --out " + filepath.Join(dir, "no", "x.go"), 1, "", "cannot be written"},
		{"gen --out " + dir, 1, "", "cannot be read"},
	} {
		code, out, errs := run(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out, c.stdout) || !strings.Contains(errs, c.errs) ||
			c.stdout == "" && out != "" {
			t.Errorf("%s: exit status %d\n%s%s", c.args, code, out, errs)
		}
	}
}
