package command_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/command"
)

var (
	codeSpan  = regexp.MustCompile("`([^`]+)`")
	flagWord  = regexp.MustCompile(`(?:^|[\s\[])(--?[a-z][a-z-]*)`)
	flagUsage = regexp.MustCompile(`(?m)^\s+(?:(-[a-z]), )?(--[a-z-]+)`)
)

// documented reads the table of commands: flags by command; "" has those of
// every command.
func documented(t testing.TB) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/alembic.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Commands\n")
	section, _, _ = strings.Cut(section, "\n## ")
	out := map[string][]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || strings.HasPrefix(cells[0], "| ---") || !strings.Contains(cells[1], "`") {
			continue
		}
		verb, flags := "", []string{}
		for n, span := range codeSpan.FindAllStringSubmatch(cells[1], -1) {
			if words := strings.Fields(span[1]); n == 0 && !strings.HasPrefix(words[0], "-") {
				verb = words[0]
			}
			for _, f := range flagWord.FindAllStringSubmatch(span[1], -1) {
				flags = append(flags, f[1])
			}
		}
		if _, twice := out[verb]; twice {
			t.Errorf("%q stands in two rows", verb)
		}
		slices.Sort(flags)
		out[verb] = flags
	}
	return out
}

// TestTheCommandsOfThePage: docs/alembic.md names every command and flag that
// there is, and none that there is not.
func TestTheCommandsOfThePage(t *testing.T) {
	page := documented(t)
	everywhere := map[string]int{}
	actual := map[string][]string{}
	verbs := command.Verbs(&command.Session{})
	for _, v := range verbs {
		code, out, errs := program(t, command.Program{Lineages: []migrate.Lineage{{}}}, v.Name, "--help")
		if code != 0 {
			t.Fatalf("%s --help: %d %s", v.Name, code, errs)
		}
		for _, f := range flagUsage.FindAllStringSubmatch(out, -1) {
			for _, name := range f[1:] {
				if name != "" {
					actual[v.Name] = append(actual[v.Name], name)
					everywhere[name]++
				}
			}
		}
	}
	// A flag of all commands, or of all but init and repair, stands in the
	// first row.
	common := []string{}
	for name, n := range everywhere {
		if n >= len(verbs)-2 {
			common = append(common, name)
		}
	}
	slices.Sort(common)
	if !slices.Equal(page[""], common) {
		t.Errorf("the page says that every command has\n%q, and it is\n%q", page[""], common)
	}
	delete(page, "")
	for _, v := range verbs {
		own := slices.DeleteFunc(actual[v.Name], func(f string) bool { return slices.Contains(common, f) })
		slices.Sort(own)
		if got, ok := page[v.Name]; !ok || !slices.Equal(got, own) {
			t.Errorf("%s has\n%q, and the page says\n%q", v.Name, own, got)
		}
		delete(page, v.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(page)) {
		t.Errorf("the page has the command %q, and there is none", name)
	}
}
