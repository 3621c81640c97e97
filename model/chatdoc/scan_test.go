package chatdoc_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/model/chatdoc"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"a":"x"}`, `{"a":"x"}`},
		{`"nul\u0000byte"`, `"nulbyte"`},
		{`"C:\\u0000dir"`, `"C:\\u0000dir"`},
		{`"C:\\\u0000dir"`, `"C:\\dir"`},
		{`{"\u0000k":"\u0000"}`, `{"k":""}`},
		{`"\ud83d"`, `""`},
		{`"\ude00"`, `""`},
		{`"\ud83d\ude00"`, `"\ud83d\ude00"`},
		{`"\uD83D\uDE00"`, `"\uD83D\uDE00"`},
		{`"\ud83dx\ude00"`, `"x"`},
		{`"\ud83d\ud83d\ude00"`, `"\ud83d\ude00"`},
		{`"\ud83d\n"`, `"\n"`},
		{`"\ud83d\u0000\ude00"`, `""`},
		{`"\u00e9\u2028"`, `"\u00e9\u2028"`},
		{`12345678901234567890`, `12345678901234567890`},
	} {
		got, err := chatdoc.Clean([]byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("Clean(%s) = %s, %v; want %s", c.in, got, err, c.want)
		}
	}
	for _, bad := range []string{``, `{`, `{"a":NaN}`, "\"\x00\"", "\"\xed\xa0\xbd\"", "\"\xff\"", `{} {}`,
		strings.Repeat("[", 20000)} {
		if _, err := chatdoc.Clean([]byte(bad)); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("Clean(%.20q) = %v, want an error that it is not valid", bad, err)
		}
	}
}

func TestParseStored(t *testing.T) {
	for in, want := range map[string]string{
		"":                          `{}`,
		"null":                      `{}`,
		`{"a":NaN,"b":-Infinity}`:   `{"a":null,"b":null}`,
		`{"a":[Infinity,"NaN",-1]}`: `{"a":[null,"NaN",-1]}`,
		"{\"a\":\"x\ty\x00z\"}":     `{"a":"x\tyz"}`,
		"{\"a\":\"\xff\"}":          `{"a":"\ufffd"}`,
		`{"a":"\ud83d"}`:            `{"a":""}`,
	} {
		d, err := chatdoc.ParseStored(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		sameJSON(t, d.JSON(), want)
	}
	for _, bad := range []string{`[]`, `"x"`, `{`, `{"a":undefined}`} {
		if _, err := chatdoc.ParseStored(bad); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%q: %v, want an error that it is not valid", bad, err)
		}
	}
}

func TestCleanString(t *testing.T) {
	for in, want := range map[string]string{"": "", "a\x00b": "ab", "a\xffb": "a\ufffdb", "👩‍🚀<&>": "👩‍🚀<&>",
		`\u0000`: `\u0000`} {
		if got := chatdoc.CleanString(in); got != want {
			t.Errorf("CleanString(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzParse compares the cutter with encoding/json: whatever is taken must
// mean the same after it was cut to pieces and merged into nothing.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,{"b":"\"]}"}],"history":{"messages":{"x":{"parentId":null}}}}`,
		`{"\u0061":1,"a":2}`,
		`{"messages":[{"id":"1"} , 2 ]}`, ` { "k" : "\\" } `, `{"x":"\ud83d\u0000\ude00"}`, `{"history":{"messages":{"a":{"parentId":"a","childrenIds":["b",1]}}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := chatdoc.Parse(in)
		if err != nil {
			if json.Valid(in) && utf8.Valid(in) {
				var v any
				_ = json.Unmarshal(in, &v)
				if _, isObject := v.(map[string]any); isObject {
					t.Fatalf("a JSON object is refused: %v", err)
				}
			}
			return
		}
		cleaned, err := chatdoc.Clean(in)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		if err := json.Unmarshal(cleaned, &want); err != nil {
			return // a number that no float64 holds
		}
		if want["history"] != nil || want["messages"] != nil {
			merged := chatdoc.Merge(d, d, bob)
			if !json.Valid([]byte(merged.JSON())) {
				t.Fatalf("merged is no JSON: %s", merged.JSON())
			}
			return
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(chatdoc.New(d, bob).JSON()), &got); err != nil {
			t.Fatalf("%v: %s", err, chatdoc.New(d, bob).JSON())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// large makes a document of about n bytes, with messages of 2 kB.
func large(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"title":"large","history":{"messages":{`)
	i := 0
	for ; b.Len() < n; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"m%d":{"id":"m%d","parentId":"m%d","childrenIds":["m%d"],"role":"user","user_id":"u-bob","user":{"id":"u-bob","name":"Bob"},"content":"%s"}`,
			i, i, i-1, i+1, strings.Repeat("some \\\"text\\\" ", 140))
	}
	fmt.Fprintf(&b, `},"currentId":"m%d"}}`, i-1)
	return b.Bytes()
}

// BenchmarkMerge has the same megabytes a second for both sizes: the time grows
// with the document, not with its square.
func BenchmarkMerge(b *testing.B) {
	for name, size := range map[string]int{"1.3MB": 1_300_000, "8MB": 8 << 20} {
		b.Run(name, func(b *testing.B) {
			text := large(size)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				stored, err := chatdoc.ParseStored(string(text))
				if err != nil {
					b.Fatal(err)
				}
				sent, err := chatdoc.Parse(text)
				if err != nil {
					b.Fatal(err)
				}
				chatdoc.Merge(stored, sent, bob).JSON()
			}
		})
	}
}

// BenchmarkMergeOne adds one message to a stored document, and finds the rows
// that are different: what a client costs that saves a long chat after each
// answer.
func BenchmarkMergeOne(b *testing.B) {
	text := string(large(1_300_000))
	one := []byte(`{"history":{"messages":{"new":{"id":"new","parentId":"m5","childrenIds":[],"role":"user","content":"hello"}},"currentId":"new"}}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		stored, err := chatdoc.ParseStored(text)
		if err != nil {
			b.Fatal(err)
		}
		sent, err := chatdoc.Parse(one)
		if err != nil {
			b.Fatal(err)
		}
		merged := chatdoc.Merge(stored, sent, bob)
		rows := 0
		for range merged.RowsChanged(stored, "c", "u-bob", 1) {
			rows++
		}
		if gone := merged.RowsGone(stored, "c"); rows < 2 || len(gone) != 0 {
			b.Fatalf("%d rows are different, %d gone", rows, len(gone))
		}
	}
}
