package server

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"
)

// The messages and positions are those of Python 3.13's json module.
func TestJSONFault(t *testing.T) {
	for _, c := range []struct {
		text string
		msg  string
		pos  int
	}{
		{`{"chat":`, "Expecting value", 8},
		{``, "Expecting value", 0},
		{`  `, "Expecting value", 2},
		{`{`, "Expecting property name enclosed in double quotes", 1},
		{`{a:1}`, "Expecting property name enclosed in double quotes", 1},
		{`{"a" 1}`, "Expecting ':' delimiter", 5},
		{`{"a":1 "b":2}`, "Expecting ',' delimiter", 7},
		{`[1 2]`, "Expecting ',' delimiter", 3},
		{`[1,]`, "Illegal trailing comma before end of array", 2},
		{`{"a":1,}`, "Illegal trailing comma before end of object", 6},
		{`{} {}`, "Extra data", 3},
		{`"abc`, "Unterminated string starting at", 0},
		{`"é😀` + "\n" + `"`, "Invalid control character at", 3},
		{`"\x"`, "Invalid \\escape", 1},
		{`"\u12g4"`, "Invalid \\uXXXX escape", 2},
		{`-`, "Expecting value", 0},
		{`01`, "Extra data", 1},
		{`1.`, "Extra data", 1},
		{`nul`, "Expecting value", 0},
		{`{"é":x}`, "Expecting value", 5},
	} {
		msg, pos := jsonFault([]byte(c.text))
		if msg != c.msg || pos != c.pos {
			t.Errorf("%q: %q at %d, want %q at %d", c.text, msg, pos, c.msg, c.pos)
		}
	}
}

// Whatever encoding/json refuses has a fault, and what it takes has none.
func FuzzJSONFault(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,null,true,"\u00e9\n"]}`, `{"a":`, `[1,]`, "\"\x00\"",
		`"\ud83d"`, `-0.0e-1`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return
		}
		msg, pos := jsonFault(text)
		if (msg == "") != json.Valid(text) {
			t.Fatalf("%q: fault %q, valid %v", text, msg, json.Valid(text))
		}
		if pos < 0 || pos > utf8.RuneCount(text) {
			t.Fatalf("%q: position %d", text, pos)
		}
	})
}

func TestParseLife(t *testing.T) {
	day := 24 * time.Hour
	for s, want := range map[string]time.Duration{"4w": 28 * day, "30m": 30 * time.Minute, "1h30m": 90 * time.Minute,
		"-1": 0, "0": 0, "1.5d": 36 * time.Hour, "500ms": 500 * time.Millisecond, " 1s ": time.Second} {
		if got, ok := parseLife(s); !ok || got != want {
			t.Errorf("%q is %v, %v; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "w", "4", "4y", "-4w", "1e9w", "99999999999w", "4 w", "0s"} {
		if got, ok := parseLife(s); ok {
			t.Errorf("%q is taken as %v", s, got)
		}
	}
}
