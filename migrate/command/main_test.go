package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/command"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// rev makes a revision with a table of its own.
func rev(id, doc string, down ...string) migrate.Revision {
	return migrate.Revision{ID: id, Doc: doc, Down: down,
		Upgrade: func(ops *op.Ops) {
			t := schema.Define("t_" + id)
			t.Integer("id").PrimaryKey()
			ops.CreateTable(t)
		},
		Downgrade: func(ops *op.Ops) { ops.DropTable("t_" + id) }}
}

func inLine() []migrate.Revision {
	return []migrate.Revision{rev("aa1111111111", "one"), rev("ab2222222222", "two", "aa1111111111"),
		rev("ba3333333333", "three", "ab2222222222")}
}

func branched() []migrate.Revision {
	feat := rev("ca4444444444", "branch", "ab2222222222")
	feat.Labels = []string{"feat"}
	return append(inLine(), feat)
}

func merged() []migrate.Revision {
	return append(branched(),
		migrate.Revision{ID: "dd5555555555", Doc: "merge it", Down: []string{"ba3333333333", "ca4444444444"}})
}

// session runs commands on one database.
type session struct {
	t    testing.TB
	url  string
	revs []migrate.Revision
	dir  string
}

func (s *session) run(args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	var out, errs bytes.Buffer
	code = command.Main(s.t.Context(), args, command.Program{Name: "m", Lineages: []migrate.Lineage{{Revisions: s.revs}}, Drivers: engines.All(), URL: s.url,
		Stdout: &out, Stderr: &errs, Dir: s.dir})
	return code, out.String(), errs.String()
}

// TestTranscript goes through a recorded session with Alembic 1.18.4: the same
// states, arguments and outcomes; what is better is marked.
func TestTranscript(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		s := &session{t: t, url: db.URL, revs: inLine()}
		for _, c := range []struct {
			args   string
			code   int
			stdout string // the whole of it
			stderr string // a part of it
		}{
			{"current", 0, "", ""},
			{"heads", 0, "ba3333333333 (head)\n", ""},
			{"upgrade a", 1, "", "aa1111111111, ab2222222222"}, // better: the candidates
			{"upgrade +1", 0, "", "[1/1] upgrade <base> -> aa1111111111, one"},
			{"current", 0, "aa1111111111\n", ""},
			{"upgrade ba", 0, "", "[2/2]"},
			{"downgrade -1", 0, "", "downgrade ba3333333333 -> ab2222222222"},
			{"upgrade +5", 1, "", "there are only 1"},
			{"upgrade head", 0, "", ""},
			{"downgrade ab+1", 0, "", "nothing to do"},
			{"downgrade aa11:base", 1, "", "is a range"},
			{"downgrade base", 0, "", "[3/3] downgrade aa1111111111 -> <base>"},
			{"downgrade -1", 1, "", "there is none"},
			{"upgrade aa1111111111", 0, "", ""},
			{"upgrade zz", 1, "", `"zz"`},
			{"history", 0, "ab2222222222 -> ba3333333333 (head), three\naa1111111111 -> ab2222222222, two\n<base> -> aa1111111111, one\n", ""},
			{"history -r aa11:ab22", 0, "aa1111111111 -> ab2222222222, two\n<base> -> aa1111111111, one\n", ""},
			{"history -r :ab", 0, "aa1111111111 -> ab2222222222, two\n<base> -> aa1111111111, one\n", ""},
			{"history -r ba:", 0, "ab2222222222 -> ba3333333333 (head), three\n", ""},
			{"history -i", 0, "ab2222222222 -> ba3333333333 (head), three\naa1111111111 -> ab2222222222, two\n<base> -> aa1111111111 (current), one\n", ""},
			{"history -r-2:current", 0, "<base> -> aa1111111111, one\n", ""},
			{"history -r -2:current", 0, "<base> -> aa1111111111, one\n", ""},
			{"current --check-heads", 1, "aa1111111111\n", "is at aa1111111111 and not at ba3333333333"},
			{"show ab", 0, "Rev: ab2222222222\nParent: aa1111111111\n\n    two\n\nUpgrade:\n    create table t_ab2222222222 (1 columns)\nDowngrade:\n    drop table t_ab2222222222\n", ""},
			{"stamp head", 0, "", "main is recorded at ba3333333333"},
			{"current", 0, "ba3333333333 (head)\n", ""},
			{"stamp --purge base", 0, "", "main is recorded at base"},
			{"stamp zz", 1, "", `"zz"`},
			{"current", 0, "", ""},
			{"stamp aa11", 0, "", ""},
			{"upgrade head", 0, "", ""},
			{"upgrade head", 0, "", "nothing to do"},
			{"upgrade ab", 0, "", "the database is past ab; downgrade ab takes it back"}, // better: the way
			{"plan ab", 0, "nothing to do\n", "the database is past ab; plan --downgrade ab shows the way back"},
			{"plan head", 0, "nothing to do\n", ""},
			{"branched", -1, "", ""},
			{"heads", 0, "ba3333333333 (head)\nca4444444444 (feat) (head)\n", ""},
			{"branches", 0, "ab2222222222 (branchpoint)\n    -> ba3333333333\n    -> ca4444444444\n", ""},
			{"upgrade head", 1, "", "2 heads"},
			{"upgrade heads", 0, "", ""},
			{"current", 0, "ba3333333333 (head)\nca4444444444 (head)\n", ""},
			{"downgrade -1", 1, "", "is ambiguous"}, // better: refused
			{"downgrade ba@-1", 0, "", ""},
			{"downgrade feat@-1", 0, "", ""},
			{"merged", -1, "", ""},
			{"heads", 0, "dd5555555555 (feat) (head) (mergepoint)\n", ""},
			{"upgrade head", 0, "", "upgrade ba3333333333, ca4444444444 -> dd5555555555, merge it"},
			{"current", 0, "dd5555555555 (head) (mergepoint)\n", ""},
			{"downgrade ab --sql", 2, "", "<from>:<to>"},
			{"check", 0, "the database is in order\n", ""},
			{"ensure-version", 0, "", ""},
			{"stamp", 2, "", "missing"},
			{"upgrade", 2, "", "missing"},
			{"upgrade head more", 2, "", "more"},
			{"current --verbos", 2, "", "verbos"},
			{"nonsense", 2, "", "nonsense"},
			{"upgrade head --output xml", 2, "", "text or json"},
			{"upgrade head --snapshot --no-snapshot", 2, "", "exclude"},
		} {
			switch c.args {
			case "branched":
				s.revs = branched()
				continue
			case "merged":
				s.revs = merged()
				continue
			}
			code, out, errs := s.run(strings.Fields(c.args)...)
			if code != c.code || out != c.stdout || !strings.Contains(errs, c.stderr) {
				t.Errorf("%s: exit status %d, wanted %d\nstdout %q\nwanted %q\nstderr %q", c.args, code, c.code, out,
					c.stdout, errs)
			}
		}
	})
}

func TestJSON(t *testing.T) {
	s := &session{t: t, url: testdb.New(t, testdb.SQLite).URL, revs: merged()}
	read := func(v any, args ...string) {
		t.Helper()
		code, out, errs := s.run(append(args, "--output", "json")...)
		if err := json.Unmarshal([]byte(out), v); err != nil {
			t.Fatalf("%v: exit status %d, %v: %q %s", args, code, err, out, errs)
		}
	}
	var plan migrate.Plan
	read(&plan, "plan")
	if len(plan.Steps) != 5 || !plan.Steps[0].Transactional || !plan.Steps[0].Reversible ||
		len(plan.Steps[0].Operations[0].Statements) != 1 {
		t.Errorf("plan %+v", plan)
	}
	var rep migrate.Report
	read(&rep, "upgrade", "ab")
	if len(rep.Ran) != 2 || rep.Ran[1].Revision != "ab2222222222" {
		t.Errorf("report %+v", rep)
	}
	var pos []migrate.Position
	read(&pos, "current")
	if len(pos) != 1 || !slices.Equal(pos[0].Rows, []string{"ab2222222222"}) || pos[0].Pending != 3 {
		t.Errorf("current %+v", pos)
	}
	var found migrate.Findings
	read(&found, "check")
	if len(found.Behind) != 1 || found.Behind[0].Pending != 3 {
		t.Errorf("check %+v", found)
	}
	var list []migrate.RevisionInfo
	read(&list, "history")
	if len(list) != 5 || list[0].ID != "dd5555555555" || list[0].Lineage != "main" {
		t.Errorf("history %+v", list)
	}
}

func TestScriptsNeedNoConnection(t *testing.T) {
	s := &session{t: t, url: "postgresql://u:topsecret@127.0.0.1:1/x", revs: merged()}
	code, out, errs := s.run("upgrade", "ab:head", "--sql")
	if code != 0 || !strings.Contains(out, "-- Running upgrade ba3333333333, ca4444444444 -> dd5555555555") ||
		!strings.Contains(out, "BEGIN;") {
		t.Errorf("exit status %d: %s %s", code, out, errs)
	}
	for _, d := range []string{"sqlite", "postgresql", "mysql", "mariadb"} {
		if code, out, errs := s.run("downgrade", "head:base", "--sql", "--dialect", d); code != 0 ||
			strings.Count(out, "DROP TABLE") != 4 {
			t.Errorf("%s: exit status %d: %s %s", d, code, out, errs)
		}
	}
	if code, _, errs := s.run("upgrade", "head"); code != 1 || strings.Contains(errs, "topsecret") ||
		!strings.Contains(errs, "127.0.0.1") {
		t.Errorf("a server that cannot be reached: exit status %d: %s", code, errs)
	}
	if code, _, errs := s.run("upgrade", "head", "--sql", "--dialect", "oracle"); code != 1 ||
		!strings.Contains(errs, "oracle") {
		t.Errorf("a dialect that is not there: exit status %d: %s", code, errs)
	}
}

func TestWritingRevisions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my-history")
	s := &session{t: t, url: testdb.New(t, testdb.SQLite).URL, revs: branched(), dir: dir}
	if code, _, errs := s.run("revision", "-m", "x"); code != 1 || !strings.Contains(errs, "2 heads") {
		t.Errorf("with two heads: exit status %d: %s", code, errs)
	}
	if code, _, errs := s.run("revision", "-m", "x", "--head", "ab22"); code != 1 || !strings.Contains(errs, "--splice") {
		t.Errorf("not a head: exit status %d: %s", code, errs)
	}
	if code, out, errs := s.run("revision", "-m", "Größe & more linux", "--head", "ab22", "--splice", "--rev-id", "ee",
		"--branch-label", "side"); code != 0 || out != filepath.Join(dir, "ee_gr_e_more_linux_rev.go")+"\n" {
		t.Errorf("exit status %d: %q %s", code, out, errs)
	}
	if code, _, errs := s.run("revision", "-m", "Größe & more linux", "--head", "ab22", "--splice", "--rev-id",
		"ee"); code != 1 || !strings.Contains(errs, `two revisions "ee"`) {
		t.Errorf("the file exists: exit status %d: %s", code, errs)
	}
	if code, out, errs := s.run("merge", "-m", "both"); code != 0 || !strings.HasSuffix(out, "_both.go\n") {
		t.Errorf("merge: exit status %d: %q %s", code, out, errs)
	}
	set, err := os.ReadFile(filepath.Join(dir, "revisions.go"))
	if err != nil || !strings.Contains(string(set), "package my_history") || strings.Contains(string(set), "Revee") {
		t.Errorf("the set of revisions: %v\n%s", err, set)
	}
	for _, name := range entries(t, dir) {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil ||
			name != "revisions.go" && strings.Count(string(text), "\nfunc (revisions) Rev") != 1 {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	if code, _, errs := s.run("merge"); code != 1 || !strings.Contains(errs, "only one head") {
		t.Errorf("one head to merge: exit status %d: %s", code, errs)
	}
	if code, _, errs := s.run("revision", "--autogenerate"); code != 1 || !strings.Contains(errs, "declares no tables") {
		t.Errorf("nothing declared: exit status %d: %s", code, errs)
	}
	if code, _, errs := s.run("revision", "--rename-table", "a:b"); code != 2 ||
		!strings.Contains(errs, "--autogenerate") {
		t.Errorf("renames alone: exit status %d: %s", code, errs)
	}
}

// TestAStaleProgram: what was written since the program was built counts for
// what is written next.
func TestAStaleProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	s := &session{t: t, url: testdb.New(t, testdb.SQLite).URL, revs: inLine(), dir: dir}
	source := func(id string) string {
		t.Helper()
		files, err := autogen.Files(dir)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(files[id])
		if err != nil {
			t.Fatalf("revision %s: %v", id, err)
		}
		return string(text)
	}
	for _, id := range []string{"n1", "n2", "n3"} {
		if code, _, errs := s.run("revision", "-m", "more", "--rev-id", id); code != 0 {
			t.Fatalf("exit status %d: %s", code, errs)
		}
	}
	if text := source("n3"); !strings.Contains(text, `[]string{"n2"}`) {
		t.Errorf("the third one does not follow the second:\n%s", text)
	}
	if text := source("n2"); !strings.Contains(text, `[]string{"n1"}`) {
		t.Errorf("the second one does not follow the first:\n%s", text)
	}
	for _, args := range [][]string{{"--sql"}, {"--sql", "--dialect", "postgresql"}} {
		code, _, errs := s.run(append([]string{"revision", "-m", "x"}, args...)...)
		if code != 1 || !strings.Contains(errs, "revision n1") || !strings.Contains(errs, "build it again") {
			t.Errorf("%v: exit status %d: %s", args, code, errs)
		}
	}
	// One whose file is gone is followed by nothing that is new.
	files, err := autogen.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(files["n3"]); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := s.run("revision", "-m", "again", "--rev-id", "n4"); code != 0 ||
		!strings.Contains(source("n4"), `[]string{"n2"}`) {
		t.Errorf("exit status %d: %s\n%s", code, errs, source("n4"))
	}
	built := &session{t: t, url: s.url, dir: dir, revs: append(inLine(), migrate.Revision{ID: "n1", Down: []string{"ba3333333333"}},
		migrate.Revision{ID: "n2", Down: []string{"n1"}}, migrate.Revision{ID: "n3", Down: []string{"n2"}})}
	if err := os.Remove(files["n1"]); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "n4_again.go")); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := built.run("revision", "-m", "y"); code != 1 || !strings.Contains(errs, "revision n3") ||
		!strings.Contains(errs, "build the program again") {
		t.Errorf("exit status %d: %s", code, errs)
	}
}

func TestArrange(t *testing.T) {
	takes := func(flag string) bool { return flag == "-r" || flag == "--head" }
	for _, c := range []struct{ in, want string }{
		{"downgrade -1", "downgrade -- -1"},
		{"downgrade -1 --url x", "downgrade --url x -- -1"},
		{"history -r -2", "history -r -2"},
		{"history -r-2:current", "history -r-2:current"},
		{"downgrade -- -1", "downgrade -- -1"},
		{"upgrade head", "upgrade head"},
		{"x --head -1 -3", "x --head -1 -- -3"},
	} {
		if got := strings.Join(command.Arrange(strings.Fields(c.in), takes), " "); got != c.want {
			t.Errorf("%q became %q, wanted %q", c.in, got, c.want)
		}
	}
}

func TestProgressIsLinesWithoutATerminal(t *testing.T) {
	s := &session{t: t, url: testdb.New(t, testdb.SQLite).URL, revs: inLine()}
	if code, out, errs := s.run("upgrade", "head", "-v"); code != 0 || out != "" || strings.Contains(errs, "\r") ||
		!strings.Contains(errs, "  create table") && !strings.Contains(errs, "  add table") {
		t.Errorf("exit status %d: %q %q", code, out, errs)
	}
	if code, out, errs := s.run("downgrade", "base", "--quiet"); code != 0 || out != "" || errs != "" {
		t.Errorf("quiet: exit status %d: %q %q", code, out, errs)
	}
}
