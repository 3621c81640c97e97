package migrations

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSlugIsPythons(t *testing.T) {
	// What Python 3 gives for name.replace(" ", "_").lower().
	for name, want := range map[string]string{
		"Work Stuff": "work_stuff", "ÜMLAUT": "ümlaut", "İstanbul": "i̇stanbul", "ΟΔΥΣΣΕΥΣ": "οδυσσευς", "ΣΑΣ ΣΑΣ": "σας_σας", "Σ": "σ", "ΑΣ.": "ας.", "ᾼ": "ᾳ", "": "", "  ": "__",
	} {
		if got := slug(name); got != want {
			t.Errorf("slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestReadable(t *testing.T) {
	for in, want := range map[string]string{
		`"a\u0000b"`: `"ab"`, `"\ud83d"`: `"\ufffd"`, `"\ud83d\ude00"`: `"\ud83d\ude00"`, `"\ude00\ud83d"`: `"\ufffd\ufffd"`, `"\\u0000"`: `"\\u0000"`,
		`{"\u0000k": [1.50, "\ud83dx"]}`: `{"k": [1.50, "\ufffdx"]}`, `1.0`: `1.0`,
	} {
		if got, ok := readable(in); !ok || got != want {
			t.Errorf("readable(%s) = %s, %v, want %s", in, got, ok, want)
		}
	}
	for _, bad := range []string{"", "{", "nul", "\"\xff\"", "1 2"} {
		if _, ok := readable(bad); ok {
			t.Errorf("readable(%q) is a document", bad)
		}
	}
}

func TestTimestamp(t *testing.T) {
	const now = 1_800_000_000
	for raw, want := range map[string]int64{
		"1700000000": 1700000000, `"1700000000"`: 1700000000, "1700000000.9": 1700000000, "1700000000123": 1700000000, `" 1700000000 "`: 1700000000,
		"null": now, "": now, `"x"`: now, "5": now, "-1": now, "1e300": now, `"NaN"`: now, "true": now, "[1]": now, "1577836799": now, "1577836800": 1577836800,
		"1800086400": 1800086400, "1800086401": now,
	} {
		if got := timestamp(raw, now); got != want {
			t.Errorf("timestamp(%s) = %d, want %d", raw, got, want)
		}
	}
}

func TestWholeNumber(t *testing.T) {
	for raw, want := range map[string]int64{"1800000000000000001": 1800000000000000001, "1.9": 1, "-1.9": -1, `"12"`: 12, `" 7 "`: 7, "0": 0, "true": 1, "false": 0} {
		if got, ok := wholeNumber(raw); !ok || got != want {
			t.Errorf("wholeNumber(%s) = %d, %v", raw, got, ok)
		}
	}
	for _, raw := range []string{"", "null", `"soon"`, `"1.5"`, "1e30", "[]", "9223372036854775808"} {
		if n, ok := wholeNumber(raw); ok {
			t.Errorf("wholeNumber(%s) = %d", raw, n)
		}
	}
}

// In pieces of any size a document reads the same.
func TestScannerReadsPieces(t *testing.T) {
	doc := `{"a": [1, {"b\"": "}]"}, "é😀"], "history": {"x": null, "messages": {"m1": {"role": "user", "content": "\\"}, "m2": 5, "": {}}, "currentId": "m1"}, "messages": [{"id": "l"}], "n": -1.5e3}`
	read := func(sc *scanner) (out []string) {
		m := &messages{scanner: sc}
		m.hist = func(key string) (bool, error) {
			raw, err := sc.value()
			out = append(out, "history."+key+"="+raw)
			return true, err
		}
		m.top = func(key string) (bool, error) {
			raw, err := sc.value()
			out = append(out, key+"="+raw)
			return true, err
		}
		err := m.each(func(id, raw string) error {
			out = append(out, id+":"+raw)
			return nil
		})
		return append(out, fmt.Sprint(err, m.list))
	}
	want := read(&scanner{buf: doc})
	if len(want) != 8 {
		t.Fatalf("%q", want)
	}
	for size := 1; size < len(doc)+2; size++ {
		rest := doc
		got := read(&scanner{more: func() (string, error) {
			n := min(size, len(rest))
			p := rest[:n]
			rest = rest[n:]
			return p, nil
		}})
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("in pieces of %d: %q, want %q", size, got, want)
		}
	}
	for n := range len(doc) {
		got := read(&scanner{buf: doc[:n]})
		if last := got[len(got)-1]; strings.HasPrefix(last, "<nil>") && n > 0 {
			t.Errorf("%q is read as a whole document", doc[:n])
		}
	}
}

func FuzzObject(f *testing.F) {
	for _, s := range []string{`{}`, `{"a": 1, "a": 2}`, `{"a": {"b": [1, "\"}"]}}`, `[`, `{"a":}`, `{"\u0061": null}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, ok := readObject(s)
		var want map[string]any
		dec := json.NewDecoder(strings.NewReader(s))
		dec.UseNumber()
		valid := json.Valid([]byte(s)) && utf8.ValidString(s)
		if !valid {
			return // what is between the brackets is checked where it is stored
		}
		if dec.Decode(&want) != nil || want == nil {
			if ok {
				t.Fatalf("%q is read as an object", s)
			}
			return
		}
		if !ok || len(o.Members) != len(want) {
			t.Fatalf("%q: %v", s, o)
		}
		for k, v := range want {
			var got any
			dec := json.NewDecoder(strings.NewReader(o.Get(k)))
			dec.UseNumber()
			if err := dec.Decode(&got); err != nil || !reflect.DeepEqual(got, v) {
				t.Fatalf("%q: member %q is %q", s, k, o.Get(k))
			}
		}
		again, ok := readable(written(o))
		if !ok || !json.Valid([]byte(again)) {
			t.Fatalf("%q is written as %q", s, again)
		}
	})
}

// A document goes to rows and back whole, whatever is in it.
func TestMergeUndoesFlatten(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var document func(depth int) any
	document = func(depth int) any {
		switch n := rnd.IntN(8); {
		case n < 4 && depth > 0:
			o := map[string]any{}
			for range rnd.IntN(4) + 1 {
				o[[]string{"ui", "a", "openai", "api_configs", "x y", "é", "oauth", "oidc", "client_id"}[rnd.IntN(9)]] = document(depth - 1)
			}
			return o
		case n == 4:
			return []any{1.5, "x", nil}
		case n == 5:
			return nil
		case n == 6:
			return "text"
		}
		return rnd.IntN(100)
	}
	for range 2000 {
		b, err := json.Marshal(document(4))
		if err != nil {
			t.Fatal(err)
		}
		doc, ok := readObject(string(b))
		if !ok {
			continue
		}
		rows := map[string]string{}
		for _, s := range flatten(doc, nil) {
			if _, there := rows[s.key()]; !there {
				rows[s.key()] = s.raw
			}
		}
		merged, _, _ := merge(doc, rows)
		again := map[string]string{}
		for _, s := range flatten(merged, nil) {
			if _, there := again[s.key()]; !there {
				again[s.key()] = s.raw
			}
		}
		if !reflect.DeepEqual(rows, again) {
			t.Fatalf("%s\nrows  %v\nagain %v\nas %s", b, rows, again, written(merged))
		}
	}
}

// A row that stands for a family does not hide its members.
func TestMergeOfFamilies(t *testing.T) {
	merged, changed, left := merge(members(), map[string]string{"ui": `{"name": "old", "more": 1}`, "ui.name": `"new"`, "a": "1", "a.b": "2", "x.y": "3"})
	if got := written(merged); got != `{"a": {"b": 2}, "ui": {"name": "new", "more": 1}, "x": {"y": 3}}` || !changed {
		t.Errorf("merged: %s", got)
	}
	if len(left) != 1 || left["a"] != "1" {
		t.Errorf("left: %v", left)
	}
}

// Settings are sorted by name, each is there once with the name of a variable,
// and what stands for a whole family is none.
func TestSettings(t *testing.T) {
	before := ""
	for line := range strings.Lines(strings.TrimSpace(settingNames)) {
		words := strings.Fields(line)
		if len(words) != 2 || words[0] <= before || words[1] != strings.ToUpper(words[1]) {
			t.Errorf("%q stands behind %s", line, before)
		}
		before = words[0]
	}
	for _, n := range []string{"ui", "rag", "openai", "oauth", "oauth.oidc", "rag.web"} {
		if isSetting(n) {
			t.Errorf("%s is a setting", n)
		}
	}
	for _, n := range []string{"openai.api_configs", "ollama.api_configs", "user.permissions", "models.default_params", "oauth.oidc.client_id", "OPENAI_API_CONFIGS"} {
		if !isSetting(n) {
			t.Errorf("%s is no setting", n)
		}
	}
}

// A file of the history imports nothing of today's tables.
func TestFilesAreFrozen(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		b, err := os.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"larder/tables", "larder/model", "larder/store", "larder/query"} {
			if strings.Contains(string(b), p) {
				t.Errorf("%s imports %s", e.Name(), p)
			}
		}
	}
}
