package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/command"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// program runs one command of a program that a test sets up.
func program(t testing.TB, p command.Program, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p.Name, p.Drivers, p.Stdout, p.Stderr = "m", engines.All(), &out, &errs
	code = command.Main(t.Context(), args, p)
	return code, out.String(), errs.String()
}

// TestTwoDevelopers: two branches that were written at the same time are
// merged, and a database of either goes on.
func TestTwoDevelopers(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			mine := append(inLine(), rev("aaaa11111111", "mine", "ba3333333333"))
			theirs := append(inLine(), rev("bbbb22222222", "theirs", "ba3333333333"))
			both := append(slices.Clone(mine), theirs[3])
			dir := filepath.Join(t.TempDir(), "revs")
			a := &session{t: t, url: testdb.New(t, name).URL, revs: mine, dir: dir}
			b := &session{t: t, url: testdb.New(t, name).URL, revs: theirs, dir: dir}
			for _, s := range []*session{a, b} {
				if code, _, errs := s.run("upgrade", "head"); code != 0 {
					t.Fatalf("exit status %d: %s", code, errs)
				}
				s.revs = both
				if code, _, errs := s.run("upgrade", "head"); code != 1 || !strings.Contains(errs, "2 heads") ||
					!strings.Contains(errs, "aaaa11111111") {
					t.Errorf("with two heads: exit status %d: %s", code, errs)
				}
			}
			code, out, errs := a.run("merge", "heads", "-m", "both", "--rev-id", "cccc33333333", "--branch-label", "together")
			if code != 0 || out != filepath.Join(dir, "cccc33333333_both.go")+"\n" {
				t.Fatalf("merge: exit status %d: %s %s", code, out, errs)
			}
			text, err := os.ReadFile(strings.TrimSpace(out))
			if err != nil || !strings.Contains(string(text), `Down:   []string{"aaaa11111111", "bbbb22222222"}`) ||
				!strings.Contains(string(text), `Labels: []string{"together"}`) {
				t.Errorf("%v\n%s", err, text)
			}
			merged := append(both, migrate.Revision{ID: "cccc33333333", Down: []string{"aaaa11111111", "bbbb22222222"},
				Labels: []string{"together"}})
			for _, s := range []*session{a, b} {
				s.revs = merged
				if code, _, errs := s.run("upgrade", "head"); code != 0 || !strings.Contains(errs, "[2/2]") {
					t.Errorf("exit status %d: %s", code, errs)
				}
				if code, out, _ := s.run("current"); code != 0 || out != "cccc33333333 (head) (mergepoint)\n" {
					t.Errorf("exit status %d: %s", code, out)
				}
				if code, _, errs := s.run("downgrade", "-1"); code != 0 {
					t.Errorf("exit status %d: %s", code, errs)
				}
				if code, out, _ := s.run("current"); code != 0 || strings.Count(out, "\n") != 2 {
					t.Errorf("exit status %d: %s", code, out)
				}
			}
		})
	}
}

// TestDependencies: a head that another branch depends on is left out when
// that is asked for.
func TestDependencies(t *testing.T) {
	other := rev("d1", "other", "")
	other.Down, other.DependsOn, other.Labels = nil, []string{"ba3333333333"}, []string{"other"}
	s := &session{t: t, url: testdb.New(t, testdb.SQLite).URL, revs: append(inLine(), other)}
	for _, c := range []struct{ args, stdout string }{
		{"heads", "ba3333333333 (effective head)\nd1 (other) (head)\n"},
		{"heads --resolve-dependencies", "d1 (other) (head)\n"},
		{"heads -v", "Rev: ba3333333333 (effective head)\nParent: ab2222222222\n\n    three\n\nRev: d1 (head)\nParent: <base>\nAlso depends on: ba3333333333\nBranch names: other\n\n    other\n\n"},
		{"upgrade other@head", ""},
		{"current", "d1 (head)\n"},
		{"branches", ""},
	} {
		if code, out, errs := s.run(strings.Fields(c.args)...); code != 0 || out != c.stdout {
			t.Errorf("%s: exit status %d: %q %s", c.args, code, out, errs)
		}
	}
}

// TestErrorsForPrograms: one line of JSON on standard error.
func TestErrorsForPrograms(t *testing.T) {
	s := &session{t: t, url: testdb.New(t, testdb.SQLite).URL, revs: inLine()}
	fails := rev("ff", "fails", "ba3333333333")
	fails.Upgrade = func(ops *op.Ops) { ops.Execute("SELECT nothing FROM nowhere").NoReverse() }
	for _, c := range []struct {
		args     []string
		status   int
		code     string
		message  string
		revision string
	}{
		{[]string{"upgrade", "zz"}, 1, "invalid", `"zz"`, ""},
		{[]string{"upgrade"}, 2, "usage", "missing", ""},
		{[]string{"upgrade", "head", "--nonsense"}, 2, "usage", "nonsense", ""},
		{[]string{"current", "--check-heads"}, 1, "schema_mismatch", "base", ""},
		{[]string{"upgrade", "ff"}, 1, "", "nowhere", "ff"},
	} {
		s.revs = append(inLine(), fails)
		code, _, errs := s.run(append(slices.Clone(c.args), "--output=json")...)
		var e struct {
			Error struct {
				Code, Message, Revision string
				Status                  int
			}
		}
		last := errs[strings.LastIndex(strings.TrimSuffix(errs, "\n"), "\n")+1:]
		if err := json.Unmarshal([]byte(last), &e); err != nil || code != c.status || e.Error.Status != code ||
			c.code != "" && e.Error.Code != c.code || !strings.Contains(e.Error.Message, c.message) ||
			e.Error.Revision != c.revision {
			t.Errorf("%v: exit status %d, %v: %s", c.args, code, err, errs)
		}
	}
	s.revs = branched()
	if code, out, errs := s.run("check", "--output", "json"); code != 1 || errs != "" ||
		!strings.Contains(out, `"behind"`) {
		t.Errorf("what was found is the result: exit status %d: %s %s", code, out, errs)
	}
	if code, out, errs := s.run("upgrade", "heads", "-q"); code != 0 || out != "" || errs != "" {
		t.Errorf("quiet: exit status %d: %s %s", code, out, errs)
	}
}

// TestArguments: -x reaches the program and its data steps.
func TestArguments(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		step := rev("a1", "tenant")
		create := step.Upgrade
		step.Upgrade = func(ops *op.Ops) {
			create(ops)
			ops.Data("tell", func(_ context.Context, d *op.Data) error {
				tenant, _ := d.Arg("tenant")
				d.Notice("tenant is " + tenant)
				return nil
			}).NoReverse()
		}
		var seen map[string]string
		p := command.Program{Configure: func(_ context.Context, r *command.Run) error {
			seen = r.Args
			if r.Args["tenant"] == "forbidden" {
				return errors.New("there is no such tenant")
			}
			r.URL, r.Lineages = db.URL, []migrate.Lineage{{Revisions: []migrate.Revision{step}}}
			return nil
		}}
		if code, _, errs := program(t, p, "upgrade", "head", "-x", "tenant=forbidden"); code != 1 ||
			!strings.Contains(errs, "no such tenant") {
			t.Errorf("exit status %d: %s", code, errs)
		}
		code, _, errs := program(t, p, "upgrade", "-x", "tenant=b", "head", "-x", "tenant=a=ü", "--arg", "empty=",
			"--tag", "v1")
		if code != 0 || !strings.Contains(errs, "tenant is a=ü") ||
			!maps.Equal(seen, map[string]string{"tenant": "a=ü", "empty": "", "tag": "v1"}) {
			t.Errorf("exit status %d: %s %v", code, errs, seen)
		}
		if code, _, errs := program(t, p, "upgrade", "head", "-x", "tenant"); code != 2 ||
			!strings.Contains(errs, "name=value") {
			t.Errorf("exit status %d: %s", code, errs)
		}
		if code, _, _ := program(t, p, "current", "--tag", "v1"); code != 2 {
			t.Errorf("a tag for current: exit status %d", code)
		}
	})
}

func TestOneTransactionFlag(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		fails := rev("ff", "fails", "ba3333333333")
		fails.Upgrade = func(ops *op.Ops) { ops.Execute("SELECT nothing FROM nowhere").NoReverse() }
		s := &session{t: t, url: db.URL, revs: append(inLine(), fails)}
		if code, _, errs := s.run("upgrade", "head", "--one-transaction"); code != 1 || errs == "" {
			t.Errorf("exit status %d: %s", code, errs)
		}
		if code, out, errs := s.run("current"); code != 0 || out != "" {
			t.Errorf("exit status %d: %s %s", code, out, errs)
		}
	})
}

// TestWritingWithoutADatabase: --offline and --sql open no connection.
func TestWritingWithoutADatabase(t *testing.T) {
	note := schema.Define("t_aa1111111111")
	note.Integer("id").PrimaryKey()
	note.Text("title").Null()
	dir := filepath.Join(t.TempDir(), "revs")
	p := command.Program{URL: "postgresql://u:topsecret@127.0.0.1:1/x", Dir: dir,
		Lineages: []migrate.Lineage{{Revisions: []migrate.Revision{rev("aa1111111111", "one")},
			Tables: []*schema.Table{note}}}}
	for dialect, want := range map[string]string{"": `ADD COLUMN "title"`, "sqlite": `ADD COLUMN "title"`,
		"mysql": "ADD COLUMN `title`", "mariadb": "ADD COLUMN `title`"} {
		args := []string{"revision", "--autogenerate", "--sql", "--rev-id", "b2"}
		if dialect != "" {
			args = append(args, "--dialect", dialect)
		}
		code, out, errs := program(t, p, args...)
		if code != 0 || !strings.Contains(out, want) || !strings.Contains(out, "-- Running upgrade aa1111111111 -> b2") ||
			!strings.Contains(out, "'b2'") {
			t.Errorf("%s: exit status %d: %s %s", dialect, code, out, errs)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("--sql made the directory: %v", err)
	}
	code, out, errs := program(t, p, "revision", "--autogenerate", "--offline", "-m", "titles", "--rev-id", "b2")
	if code != 0 || out != filepath.Join(dir, "b2_titles.go")+"\n" {
		t.Errorf("exit status %d: %s %s", code, out, errs)
	}
	if code, _, errs := program(t, p, "revision", "--autogenerate"); code != 1 || strings.Contains(errs, "topsecret") ||
		!strings.Contains(errs, "127.0.0.1") {
		t.Errorf("with a connection: exit status %d: %s", code, errs)
	}
	for _, args := range [][]string{{"revision", "--offline"}, {"revision", "--dialect", "mysql"},
		{"revision", "--autogenerate", "--dialect", "mysql"}} {
		if code, _, errs := program(t, p, args...); code != 2 || !strings.Contains(errs, "belongs to") {
			t.Errorf("%v: exit status %d: %s", args, code, errs)
		}
	}
}

// TestTemplates: the directory's template, that of a flag, and what happens
// after a file was written.
func TestTemplates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "revs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var seen []string
	p := command.Program{Dir: dir, Lineages: []migrate.Lineage{{Revisions: inLine()}}, Written: []func(context.Context, string) error{
		func(_ context.Context, path string) error { seen = append(seen, filepath.Base(path)); return nil },
		func(_ context.Context, path string) error {
			if strings.Contains(path, "bad") {
				return errors.New("the linter is not happy")
			}
			return nil
		},
	}}
	write("revision.tmpl", autogen.DefaultTemplate+"\n// ours\n")
	other := write("other.tmpl", autogen.DefaultTemplate+"\n// theirs\n")
	read := func(out string) string {
		t.Helper()
		text, err := os.ReadFile(strings.TrimSpace(out))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if code, out, errs := program(t, p, "revision", "-m", "x", "--rev-id", "n1", "--file-name", "{rev}-v1"); code != 0 ||
		filepath.Base(strings.TrimSpace(out)) != "n1-v1.go" || !strings.HasSuffix(read(out), "// ours\n") {
		t.Errorf("exit status %d: %s %s", code, out, errs)
	}
	if code, out, errs := program(t, p, "revision", "-m", "x", "--rev-id", "n2", "--template", other); code != 0 ||
		!strings.HasSuffix(read(out), "// theirs\n") {
		t.Errorf("exit status %d: %s %s", code, out, errs)
	}
	if code, _, errs := program(t, p, "revision", "--template", "missing.tmpl"); code != 1 ||
		!strings.Contains(errs, "missing.tmpl") {
		t.Errorf("exit status %d: %s", code, errs)
	}
	if code, _, errs := program(t, p, "revision", "-m", "bad", "--rev-id", "n3"); code != 1 ||
		!strings.Contains(errs, "the linter is not happy") {
		t.Errorf("exit status %d: %s", code, errs)
	}
	if !slices.Equal(seen, []string{"n1-v1.go", "n2_x.go", "n3_bad.go"}) {
		t.Errorf("seen %v", seen)
	}
}

// TestEdit opens the file that holds a revision, by whatever name.
func TestEdit(t *testing.T) {
	dir := t.TempDir()
	opened := filepath.Join(dir, "opened")
	editor := filepath.Join(dir, "editor.sh")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\necho \"$@\" > "+opened+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	revs := filepath.Join(dir, "revs")
	p := command.Program{Dir: revs, URL: testdb.New(t, testdb.SQLite).URL, Editor: editor + " --wait",
		Lineages: []migrate.Lineage{{Revisions: branched()}}}
	if code, _, errs := program(t, p, "edit", "ab22"); code != 1 ||
		!strings.Contains(errs, "compiled into this program") || !strings.Contains(errs, "--dir") {
		t.Errorf("without files: exit status %d: %s", code, errs)
	}
	if err := os.MkdirAll(revs, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(revs, "anything.go")
	if err := os.WriteFile(path,
		[]byte("package revs\n\nvar x = []migrate.Revision{}\n\nvar y = migrate.Revision{Doc: \"two\", ID: \"ab2222222222\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := program(t, p, "edit", "ab22"); code != 0 {
		t.Errorf("exit status %d: %s", code, errs)
	}
	if got, err := os.ReadFile(opened); err != nil || string(got) != "--wait "+path+"\n" {
		t.Errorf("opened %q: %v", got, err)
	}
	if code, _, errs := program(t, p, "upgrade", "ab22"); code != 0 {
		t.Fatalf("exit status %d: %s", code, errs)
	}
	if code, out, errs := program(t, p, "edit", "current", "--dir", revs); code != 0 {
		t.Errorf("exit status %d: %s %s", code, out, errs)
	}
	if code, out, _ := program(t, p, "show", "ab22"); code != 0 || !strings.Contains(out, "Path: "+path+"\n") {
		t.Errorf("exit status %d: %s", code, out)
	}
	for _, c := range []struct {
		editor string
		args   string
		want   string
	}{
		{"", "edit ab22", "EDITOR"}, {"false", "edit ab22", "did not end well"}, {"no-such-editor", "edit ab22", "no-such-editor"},
		{editor, "edit heads", "2 revisions"}, {editor, "edit zz", `"zz"`},
	} {
		p.Editor = c.editor
		if code, _, errs := program(t, p, strings.Fields(c.args)...); code != 1 || !strings.Contains(errs, c.want) {
			t.Errorf("%q %s: exit status %d: %s", c.editor, c.args, code, errs)
		}
	}
}

// TestTenants: one history over several schemas, or databases, by -x.
func TestTenants(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			home := testdb.New(t, name)
			urls := map[string]string{"a": home.URL, "b": home.URL, "c": home.URL}
			if name == testdb.PostgreSQL {
				eng := enginetest.Open(t, home.URL, engine.Options{})
				for tenant := range urls {
					if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "CREATE SCHEMA " + tenant, Write: true}); err != nil {
						t.Fatal(err)
					}
				}
			} else {
				urls["b"], urls["c"] = testdb.New(t, name).URL, testdb.New(t, name).URL
			}
			p := command.Program{Lineages: []migrate.Lineage{{Revisions: inLine()}}, Configure: func(_ context.Context, r *command.Run) error {
				r.URL = urls[r.Args["tenant"]]
				if name == testdb.PostgreSQL {
					r.Engine.Schema = r.Args["tenant"]
				}
				return nil
			}}
			for tenant, target := range map[string]string{"a": "head", "b": "ab22", "c": "head"} {
				if code, _, errs := program(t, p, "upgrade", target, "-x", "tenant="+tenant); code != 0 {
					t.Errorf("%s: exit status %d: %s", tenant, code, errs)
				}
			}
			for tenant, want := range map[string]string{"a": "ba3333333333 (head)\n", "b": "ab2222222222\n",
				"c": "ba3333333333 (head)\n"} {
				if code, out, errs := program(t, p, "current", "-x", "tenant="+tenant); code != 0 || out != want {
					t.Errorf("%s: exit status %d: %s %s", tenant, code, out, errs)
				}
			}
		})
	}
}
