package sqltext_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/schema/sqltext"
)

func TestTemplate(t *testing.T) {
	spell := func(text string, arguments bool) string {
		parts, err := sqltext.Template(text, sqltext.TemplateRules{Arguments: arguments})
		if err != nil {
			return "error"
		}
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(map[sqltext.PartKind]string{sqltext.PartName: "N", sqltext.PartString: "S",
				sqltext.PartArgument: "A"}[p.Kind] + "<" + p.Text + ">")
		}
		return b.String()
	}
	for _, c := range []struct{ text, with, without string }{
		{`{a} = ?`, `N<a>< = >A<>`, `N<a>< = ?>`},
		{`{a}}b} ?? 'x''{y}?'`, `N<a}b>< ><?>< >S<x'{y}?>`, `N<a}b>< ?? >S<x'{y}?>`},
		{"`a?` \"b{c}\" /* '{d}?' */ ?", "<`a?` \"b{c}\" /* '{d}?' */ >A<>", "<`a?` \"b{c}\" /* '{d}?' */ ?>"},
		{`$$ '{x} ? $$ {y}`, `<$$ '{x} ? $$ >N<y>`, `<$$ '{x} ? $$ >N<y>`},
		{"{a} -- it's ? {b}", "N<a>< -- it's ? {b}\n>", "N<a>< -- it's ? {b}\n>"},
		{"{a} -- it's ?\n= ?", "N<a>< -- it's ?\n= >A<>", "N<a>< -- it's ?\n= ?>"},
		{`'a\'`, `S<a\>`, `S<a\>`},
		{``, ``, ``},
		{`{a`, `error`, `error`},
		{`'a`, `error`, `error`},
		{`/* a`, `error`, `error`},
	} {
		if got := spell(c.text, true); got != c.with {
			t.Errorf("%s: %s, want %s", c.text, got, c.with)
		}
		if got := spell(c.text, false); got != c.without {
			t.Errorf("%s without arguments: %s, want %s", c.text, got, c.without)
		}
	}
	if got := sqltext.Rename(`{a} = '{a}' AND {a}}b} > 'it''s' -- {a}`,
		func(s string) string { return s + "}" }); got != "{a}}} = '{a}' AND {a}}b}}} > 'it''s' -- {a}\n" {
		t.Errorf("renamed: %s", got)
	}
}

func TestSeveralStatements(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT 1":                         false,
		"SELECT 1;":                        false,
		"SELECT 1; -- that is all":         false,
		"SELECT 1 /* ; */ ;; /* none */ ;": false,
		"SELECT ';' , {a;b}, \"c;\", `d;`": false,
		"SELECT 1; SELECT 2":               true,
		"SELECT $$ a; b $$":                false,
		"CREATE TRIGGER t AFTER INSERT ON x BEGIN DELETE FROM y; END": false,
		"CREATE TABLE t (a int); DROP TABLE t":                        true,
		"DO $$ BEGIN a; b; END $$":                                    false,
	} {
		first, several := sqltext.Several(text)
		if several != want {
			t.Errorf("%s: %v", text, several)
		}
		if !several && strings.HasPrefix(text, "SELECT 1") && strings.Contains(first, ";") && !strings.Contains(first, "/*") {
			t.Errorf("%s: the statement is %q", text, first)
		}
	}
}
