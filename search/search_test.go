package search

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/driver/fold"
)

// words are what random texts consist of: letters of one, two and no cases,
// combining and joined characters, and ones outside of the first plane.
var words = []string{"the", "The", "needle", "NEEDLE", "é", "É", "e\u0301", "İ", "i", "ı", "ß", "ẞ", "ss", "ſ", "K",
	"k", "σ", "ς", "Σ", "漢字", "漢", "字", "数据库",
	"こんにちは", "안녕", "привет", "ПРИВЕТ", "🙂", "👩‍👩‍👧‍👦", "👩", "𠮷野家", "𝔘𝔫𝔦", "Ⴀ", "ⴀ", "Ꭰ", "ꭰ", "𐐀", "𐐨", "𞤀", "𞤢", "Å", "å", "%", "_", "\\", `"`, "1", "42", "a1", " ", "  ", "\n", "\xff", "שלום", "مرحبا", "ﬁ", "ǅ", "ǆ"}

func text(least, most int) *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(words), rapid.StringN(0, 3, -1)), least, most),
		func(w []string) string { return strings.Join(w, "") })
}

// What is a part of a text by simple folding is a part of its folded form, and
// what lower case of both says, too.
func TestFoldingFindsWhatLowerCaseFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := text(0, 8).Draw(t, "text")
		part := text(0, 2).Draw(t, "part")
		if r := []rune(whole); len(r) > 0 && rapid.Bool().Draw(t, "is part") {
			from := rapid.IntRange(0, len(r)-1).Draw(t, "from")
			part = strings.ToUpper(string(r[from:rapid.IntRange(from, len(r)).Draw(t, "to")]))
		}
		ours := bytes.Contains(appendFold(nil, []byte(whole)), appendFold(nil, []byte(part)))
		python := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "İ", "i̇")) }
		for name, found := range map[string]bool{
			"folding":    strings.Contains(fold.Fold(whole), fold.Fold(part)),
			"lower case": strings.Contains(python(whole), python(part)),
		} {
			if found && !ours {
				t.Errorf("%q is in %q by %s, and was not found", part, whole, name)
			}
		}
	})
}

// An index names every record in which a query is found.
func TestIndexesLeaveNothingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Builder
		var records [][]byte
		for range rapid.IntRange(1, 30).Draw(t, "records") {
			var r Record
			for range rapid.IntRange(1, 4).Draw(t, "texts") {
				r.Add(text(0, 12).Draw(t, "text"))
			}
			data := bytes.Clone(r.Bytes())
			records = append(records, data)
			b.Add(data)
		}
		bits := b.Bits()
		rows := map[int64][]byte{}
		for n, row := range b.Rows() {
			rows[n] = bytes.Clone(row)
		}
		for range 5 {
			for _, q := range []*Query{
				Parse(text(1, 3).Draw(t, "query")),
				Each([]string{text(1, 3).Draw(t, "one"), text(1, 3).Draw(t, "other")}),
			} {
				candidates := &Set{}
				for _, grams := range q.Grams() {
					s := All()
					for _, g := range grams {
						s.Keep(rows[RowOf(g, bits)], g)
					}
					candidates.Add(s)
				}
				named := slices.Collect(candidates.Numbers())
				for i, data := range records {
					if ok, _ := q.Match(data); ok && !slices.Contains(named, i) {
						t.Fatalf("query %q is in %q, which the index does not name", q.needles, data)
					}
				}
			}
		}
	})
}

func TestQueries(t *testing.T) {
	var r Record
	r.Add("Soup of the day")
	r.Add("How do I cook Kürbis?", strings.Repeat("word ", 100)+"Needle "+strings.Repeat("word ", 100), "")
	r.Add(Texts(`[{"type":"text","text":"from a \"list\" of ünits"}]`)...)
	r.Add(Texts(`null`)...)
	for q, want := range map[string]bool{"soup": true, "kÜRB": true, "needle word": true, "word needle": true,
		"day cook": true, "soup how do": true,
		"dayhow": false, "day How": true, "zebra": false, "?": true, `"list" of ü`: true, `"type":"text"`: true, "wordneedle": false, "100%": false, "ü": true, "\x00soup\x00": true} {
		if got, _ := Parse(q).Match(r.Bytes()); got != want {
			t.Errorf("%q: %v", q, got)
		}
	}
	for q, want := range map[string]string{"kürbis": "How do I cook Kürbis?", "soup": "",
		"cook soup": "How do I cook Kürbis?"} {
		if _, got := Parse(q).Match(r.Bytes()); string(got) != want {
			t.Errorf("%q: %q", q, got)
		}
	}
	for texts, want := range map[string]bool{"day|needle": true, "needle|Kürbis?|SOUP": true, "day|zebra": false,
		"the day|word needle": true, "the needle": false} {
		if got, _ := Each(strings.Split(texts, "|")).Match(r.Bytes()); got != want {
			t.Errorf("each of %q: %v", texts, got)
		}
	}
	q := Parse("needle")
	_, text := q.Match(r.Bytes())
	if got := q.Snippet(text); len(got) != 200 || !strings.Contains(got, "Needle") {
		t.Errorf("the snippet is %q", got)
	}
}

// What was cut off, or is something else, is neither found nor does it stop anything.
func TestDamagedRowsAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		q := Parse("needle")
		_, best := q.Match(data)
		q.Snippet(best)
		s := All()
		s.Keep(data, rapid.Uint32().Draw(t, "gram"))
		var b Builder
		b.Add(data)
		for range b.Rows() {
		}
	})
}

// An index may be full with few records, when they are long. It tells so by its bits,
// which are all that is stored of it.
func TestAFullIndexIsLarge(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n int) []byte {
		var r Record
		t := make([]rune, n)
		for i := range t {
			t[i] = rune('a' + random.IntN(20_000))
		}
		r.Add(string(t))
		return r.Bytes()
	}
	var b Builder
	for range 1000 {
		b.Add(text(100))
	}
	if b.Full() || Large(b.Bits()) {
		t.Errorf("1000 short texts are full: %t, large: %t", b.Full(), Large(b.Bits()))
	}
	for !b.Full() {
		b.Add(text(10_000))
	}
	if n := b.Records(); n >= MaxRecords || !Large(b.Bits()) {
		t.Errorf("full with %d texts, large: %t", n, Large(b.Bits()))
	}
}
