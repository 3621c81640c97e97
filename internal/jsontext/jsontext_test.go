package jsontext_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/larder-db/larder/internal/jsontext"
)

func TestCheck(t *testing.T) {
	for text, depth := range map[string]int{`1`: 0, ` "x" `: 0, `[]`: 1, `{"a":[{}]}`: 3, `[[],[[]]]`: 3,
		`"\ud83d\udc0d é 🐍 \"\\\/\b\f\n\r\t"`: 0, `-0.5e-10`: 0, "\t\r\n null": 0,
		`"` + strings.Repeat("long", 100) + `"`: 0} {
		if got, err := jsontext.Check(text); err != nil || got != depth {
			t.Errorf("%s: depth %d (%v), want %d", text, got, err, depth)
		}
	}
	for _, text := range []string{"", " ", "nul", "{", "}", `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{a:1}`, `'a'`,
		`"a`, `"\`, `"\u12`, `"\x"`, "\"\n\"", "\"\x1f\"", "\"aaaaaaaaaaaaaaa\x00\"", "\"\xff\"", "\"aaaaaaaa\xed\xa0\x80\"",
		"01", "1.", ".5", "-", "1e", "+1", "NaN", "Infinity", "1 1", "tru", "truex", "\ufeff1"} {
		if _, err := jsontext.Check(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	for text, want := range map[string]error{`"a\u0000"`: jsontext.ErrNUL, `{"\u0000":1}`: jsontext.ErrNUL,
		`"\ud83d"`: jsontext.ErrSurrogate, `"\udc0d\ud83d"`: jsontext.ErrSurrogate, `"\ud83dx"`: jsontext.ErrSurrogate,
		`"\ud83d\n"`: jsontext.ErrSurrogate, `"\ud83d\ud83d"`: jsontext.ErrSurrogate} {
		if _, err := jsontext.Check(text); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := jsontext.Check(`"\\u0000 \\ud83d"`); err != nil {
		t.Errorf("backslashes that are no escapes: %v", err)
	}
	deep := jsontext.MaxDepth + 1
	if _, err := jsontext.Check(strings.Repeat("[", deep) + strings.Repeat("]", deep)); err == nil {
		t.Error("a document of any depth is taken")
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\u00e9\n",true,null]}`, `"\ud83d\udc0d"`, `[[[]]]`,
		`"aaaaaaaaaaaaaaaaaaaaaaaa"`, "\"\x7f\"", `{"":{}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, err := jsontext.Check(s)
		valid := json.Valid([]byte(s)) && utf8.ValidString(s)
		if errors.Is(err, jsontext.ErrNUL) || errors.Is(err, jsontext.ErrSurrogate) {
			return // stricter than JSON; what else is wrong behind it does not matter
		}
		if (err == nil) != valid {
			t.Errorf("%q: %v, and encoding/json says %v", s, err, valid)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	s := `[` + strings.Repeat(`{"role":"user","content":"He said \"hello\" and left. äöü","n":1700000000},`, 15000) + `0]`
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		if _, err := jsontext.Check(s); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMeasureFindsNumbersBeyondADouble(t *testing.T) {
	for s, want := range map[string]bool{"1e308": false, "1.7976931348623157e308": false, "1.7976931348623159e308": true,
		`{"a":[1,{"b":-1e400}]}`: true, "1e-400": false,
		`"1e400"`: false, "1" + strings.Repeat("0", 308): false, "1" + strings.Repeat("0", 309): true,
		"0." + strings.Repeat("0", 400) + "1": false, "[1e999,1]": true} {
		if _, huge, err := jsontext.Measure(s); err != nil || huge != want {
			t.Errorf("%.40s: %v, %v", s, huge, err)
		}
	}
}
