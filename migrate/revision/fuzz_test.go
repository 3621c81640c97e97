package revision

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
)

func FuzzParseSymbol(f *testing.F) {
	for _, s := range []string{"", "head", "heads", "base", "current", "+1", "-2", "ab+1", "ab-1", "x@head", "x@+2",
		"x-y@-1", "x-y",
		"a@b@c", "a:b", ":", "+", "-", "@", "++1", "a+1-1", "+00", "-0", "+999999999", "+9999999999", "\x00", "é", strings.Repeat("9", 300), "1-1", "١"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSymbol(text)
		if err != nil {
			var bad *BadSymbol
			if !errors.As(err, &bad) || bad.Symbol != text || bad.Problem == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			if msg := err.Error(); !utf8.ValidString(msg) || len(msg) > 512 {
				t.Fatalf("%q: message %q", text, msg)
			}
			return
		}
		if s.name == "" && (!s.relative || s.rel == 0) {
			t.Fatalf("%q names nothing: %+v", text, s)
		}
		if s.rel != 0 && !s.relative {
			t.Fatalf("%q: %+v", text, s)
		}
		// What was read can be put together again, and reads the same.
		again := s.name
		if s.branch != "" {
			again = s.branch + "@" + s.name
		}
		if !strings.HasPrefix(text, again) {
			t.Fatalf("%q: %+v", text, s)
		}
		_, count := splitRelative(text[len(again):])
		if (count != "") != s.relative || again+count != text {
			t.Fatalf("%q: %+v and count %q", text, s, count)
		}
	})
}

// FuzzSymbols takes any word through every command.
func FuzzSymbols(f *testing.F) {
	g, err := New(
		Revision{ID: "aa11"}, Revision{ID: "ab22", Down: []string{"aa11"}},
		Revision{ID: "ba33", Down: []string{"ab22"}}, Revision{ID: "ca44", Down: []string{"ab22"},
			Labels: []string{"feat", "x-y"}},
		Revision{ID: "dd55", Down: []string{"ba33", "ca44"}}, Revision{ID: "z1", DependsOn: []string{"feat"}},
	)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"head", "heads", "feat@head", "x-y@-1", "a", "aa", "z1@base", "dd-1", "base+3", "current",
		"-1", "+1", "feat@base:+3", "-2:current", ":", "aa:heads"} {
		for state := range uint8(4) {
			f.Add(s, state)
		}
	}
	states := [][]string{nil, {"ab22"}, {"ba33", "z1"}, {"dd55", "z1"}}
	f.Fuzz(func(t *testing.T, text string, state uint8) {
		rows := states[int(state)%len(states)]
		check := func(what string, err error) {
			if err == nil {
				return
			}
			var e *dberr.Error
			if !errors.As(err, &e) || e.Code != dberr.Invalid || e.Err == nil || e.Msg == "" || !utf8.ValidString(e.Msg) {
				t.Fatalf("%s %q: %#v", what, text, err)
			}
		}
		up, err := g.Upgrade(rows, text)
		check("upgrade", err)
		fits(t, rows, up)
		down, err := g.Downgrade(rows, text)
		check("downgrade", err)
		fits(t, rows, down)
		_, err = g.Resolve(rows, text)
		check("resolve", err)
		changes, err := g.Stamp(rows, text)
		check("stamp", err)
		after, err := ApplyRows(rows, changes...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Applied(after); err != nil {
			t.Fatalf("stamp %q at %v leaves %v: %v", text, rows, after, err)
		}
		_, err = g.History(rows, text)
		check("history", err)
		_, err = g.History(rows, text+":")
		check("history", err)
		_, err = g.History(rows, ":"+text)
		check("history", err)
		_, err = g.Next(Draft{ID: "new", Head: []string{text}, Splice: true})
		check("next", err)
		_, err = g.Next(Draft{ID: "new", Head: []string{"heads"}, DependsOn: []string{text}})
		check("depends", err)
		_, err = g.Next(Draft{ID: text, Head: []string{"heads"}})
		check("id", err)
		_, err = g.Next(Draft{ID: "new", Head: []string{"heads"}, Labels: []string{text}})
		check("label", err)
	})
}

func fits(t *testing.T, rows []string, steps []Step) {
	t.Helper()
	var err error
	for _, s := range steps {
		if rows, err = ApplyRows(rows, s.Rows...); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
