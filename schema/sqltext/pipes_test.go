package sqltext_test

import (
	"testing"

	"github.com/larder-db/larder/schema/sqltext"
)

func TestPipesJoinTexts(t *testing.T) {
	ident := func(s string) (string, error) { return "`" + s + "`", nil }
	str := func(s string) (string, error) { return "'" + s + "'", nil }
	for text, want := range map[string]string{
		`{a} || {b}`:                                 "CONCAT(`a` , `b`)",
		`{a} || '-' || {t}.{b} = 'x' OR {c} > 1`:     "CONCAT(`a` , '-' , `t`.`b`) = 'x' OR `c` > 1",
		`lower({a} || 'x') || upper({b})`:            "CONCAT(lower(CONCAT(`a` , 'x')) , upper(`b`))",
		`({a} + 1) || ({b} || {c})`:                  "CONCAT((`a` + 1) , (CONCAT(`b` , `c`)))",
		`CASE WHEN {a} || '' = '' THEN 'n' END||{b}`: "CONCAT(CASE WHEN CONCAT(`a` , '') = '' THEN 'n' END,`b`)",
		`{a} || CASE WHEN {b} > 1 THEN 'x' ELSE CASE {c} WHEN 1 THEN 'y' END END`: "CONCAT(`a` , CASE WHEN `b` > 1 THEN 'x' ELSE CASE `c` WHEN 1 THEN 'y' END END)",
		`'||' <> {a} AND {x||y} = 1 /* || */`:                                     "'||' <> `a` AND `x||y` = 1 /* || */",
		`{a} IN ({b} || 'x', 'y')`:                                                "`a` IN (CONCAT(`b` , 'x'), 'y')",
	} {
		got, err := sqltext.Render(text, true, ident, str)
		if err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", text, got, err, want)
		}
		if got, err = sqltext.Render(text, false, ident, str); err != nil ||
			got == want && text != `'||' <> {a} AND {x||y} = 1 /* || */` {
			t.Errorf("%s: %s (%v) where || is kept", text, got, err)
		}
	}
	// What engines would read in different ways is refused on all of them.
	for _, text := range []string{`{a} || {b} + 1`, `1 + {a} || {b}`, `-{a} || {b}`, `{a} || -1`, `{a} ||`, `|| {a}`,
		`{a} || {b} COLLATE x`, `{a} -> 'x' || {b}`, `{a} || )`, `({a} || `, `END || {a}`} {
		for _, concat := range []bool{true, false} {
			if got, err := sqltext.Render(text, concat, ident, str); err == nil {
				t.Errorf("%s is taken and becomes %s", text, got)
			}
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{`{a} || {b}`, `? ?? '?' {x}}y}`, `CASE WHEN END || END`, `$$ ' $$ {a}`, `-- {a}`,
		`f(a||b)||c`} {
		f.Add(s)
	}
	same := func(s string) (string, error) { return s, nil }
	f.Fuzz(func(t *testing.T, s string) {
		for _, concat := range []bool{true, false} {
			_, _ = sqltext.Render(s, concat, same, same)
			_, _ = sqltext.Template(s, sqltext.TemplateRules{Arguments: true, Concat: concat})
		}
		_, _ = sqltext.Several(s)
		_, _ = sqltext.Mentions(s)
		if once := sqltext.Rename(s, func(n string) string { return n }); once != sqltext.Rename(once,
			func(n string) string { return n }) {
			t.Errorf("%q is not stable", s)
		}
	})
}
