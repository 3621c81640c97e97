package chatdoc_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/larder-db/larder/model/chatdoc"
)

var bob = chatdoc.Author{ID: "u-bob", Name: "Bob"}

func parse(t testing.TB, s string) *chatdoc.Document {
	t.Helper()
	d, err := chatdoc.Parse([]byte(s))
	if err != nil {
		t.Fatalf("parse %s: %v", s, err)
	}
	return d
}

// value decodes with numbers as they are written.
func value(t testing.TB, text []byte) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func sameJSON(t testing.TB, got, want string) {
	t.Helper()
	if diff := cmp.Diff(value(t, []byte(want)), value(t, []byte(got))); diff != "" {
		t.Errorf("document differs (-want +got):\n%s", diff)
	}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ name, stored, sent, want string }{
		{
			"top-level members are kept unless sent",
			`{"title":"a","models":["m"],"big":12345678901234567890,"f":1.0}`,
			`{"title":"b"}`,
			`{"title":"b","models":["m"],"big":12345678901234567890,"f":1.0}`,
		},
		{
			"a message that the client did not see stays",
			`{"history":{"messages":{"1":{"parentId":null,"childrenIds":["2"]},"2":{"parentId":"1","childrenIds":[]}},"currentId":"2"}}`,
			`{"history":{"messages":{"1":{"parentId":null,"childrenIds":[],"user_id":"u-bob"}},"currentId":"1"}}`,
			`{"history":{"messages":{"1":{"parentId":null,"childrenIds":["2"],"user_id":"u-bob"},"2":{"parentId":"1","childrenIds":[]}},"currentId":"1"}}`,
		},
		{
			"an unfinished answer in the store wins",
			`{"history":{"messages":{"1":{"role":"assistant","done":false,"content":"half"}}}}`,
			`{"history":{"messages":{"1":{"role":"assistant","done":true,"content":""}}}}`,
			`{"history":{"messages":{"1":{"role":"assistant","done":false,"content":"half"}}}}`,
		},
		{
			"a finished one does not",
			`{"history":{"messages":{"1":{"role":"assistant","done":true,"content":"x","user_id":"u-bob"}}}}`,
			`{"history":{"messages":{"1":{"role":"assistant","done":true,"content":"edited"}}}}`,
			`{"history":{"messages":{"1":{"role":"assistant","done":true,"content":"edited","user_id":"u-bob"}}}}`,
		},
		{
			"another user's message in the store wins",
			`{"history":{"messages":{"1":{"role":"user","content":"hers","user_id":"u-eve"}}}}`,
			`{"history":{"messages":{"1":{"role":"user","content":"his"}}}}`,
			`{"history":{"messages":{"1":{"role":"user","content":"hers","user_id":"u-eve"}}}}`,
		},
		{
			"new messages are signed, also in the linear list",
			`{}`,
			`{"history":{"messages":{"1":{"role":"user"},"2":{"role":"assistant","parentId":"1"}}},"messages":[{"role":"user"},7]}`,
			`{"history":{"messages":{"1":{"role":"user","user_id":"u-bob","user":{"id":"u-bob","name":"Bob"},"childrenIds":["2"]},"2":{"role":"assistant","parentId":"1","user_id":"u-bob"}}},
			  "messages":[{"role":"user","user_id":"u-bob","user":{"id":"u-bob","name":"Bob"}},7]}`,
		},
		{
			"a currentId that names nothing falls back to the stored one",
			`{"history":{"messages":{"1":{}, "2":{}},"currentId":"1"}}`,
			`{"history":{"messages":{},"currentId":"gone"}}`,
			`{"history":{"messages":{"1":{}, "2":{}},"currentId":"1"}}`,
		},
		{
			"and to the last message where that is gone, too",
			`{"history":{"messages":{"1":{}, "2":{}},"currentId":"lost"}}`,
			`{"history":{"currentId":"gone"}}`,
			`{"history":{"messages":{"1":{}, "2":{}},"currentId":"2"}}`,
		},
		{
			"history null, messages null and a message null lose nothing",
			`{"history":{"messages":{"1":{"a":1}}}}`,
			`{"history":{"messages":{"1":null}}}`,
			`{"history":{"messages":{"1":{"a":1}}}}`,
		},
		{"history null", `{"history":{"messages":{"1":{}}}}`, `{"history":null}`, `{"history":{"messages":{"1":{}}}}`},
		{"messages null", `{"history":{"messages":{"1":{}}}}`, `{"history":{"messages":null}}`, `{"history":{"messages":{"1":{}}}}`},
		{"nothing stored, history null", `{}`, `{"history":null}`, `{"history":null}`},
		{"nothing stored, messages null", `{}`, `{"history":{"messages":null}}`, `{"history":{"messages":null}}`},
		{"stored history is a list", `{"history":[]}`, `{"history":{"messages":{}}}`, `{"history":{"messages":{}}}`},
		{"own parent", `{}`, `{"history":{"messages":{"1":{"parentId":"1","childrenIds":["1","9"],"user_id":"x"}}}}`,
			`{"history":{"messages":{"1":{"parentId":"1","childrenIds":[],"user_id":"x"}}}}`},
		{"sibling order is kept", `{}`,
			`{"history":{"messages":{"r":{"childrenIds":["b","zz","a"],"user_id":"x"},"a":{"parentId":"r","user_id":"x"},"b":{"parentId":"r","user_id":"x"},"c":{"parentId":"r","user_id":"x"}}}}`,
			`{"history":{"messages":{"r":{"childrenIds":["b","a","c"],"user_id":"x"},"a":{"parentId":"r","user_id":"x"},"b":{"parentId":"r","user_id":"x"},"c":{"parentId":"r","user_id":"x"}}}}`},
		{"empty", `{}`, `{}`, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := chatdoc.Merge(parse(t, c.stored), parse(t, c.sent), bob)
			sameJSON(t, got.JSON(), c.want)
		})
	}
}

func TestUntouchedPartsKeepTheirText(t *testing.T) {
	const stored = `{ "z":1.0, "a" : 12345678901234567890, "e":"\u00e9\/", "deep":{"b" : [1e400, -0, 2.50]}, "title":"x" }`
	got := chatdoc.Merge(parse(t, stored), parse(t, `{"title":"y","n":1.10}`), bob).JSON()
	const want = `{"z":1.0,"a":12345678901234567890,"e":"\u00e9\/","deep":{"b" : [1e400, -0, 2.50]},"title":"y","n":1.10}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCurrentID(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "",
		`{"history":{"currentId":"h"},"currentId":"c"}`:           "h",
		`{"history":{"currentId":null},"currentId":"c"}`:          "c",
		`{"history":{"currentId":""},"branchPointMessageId":"b"}`: "b",
		`{"history":7,"messages":[{"id":"1"},{"id":"2"}]}`:        "2",
		`{"messages":[]}`:  "",
		`{"messages":[7]}`: "",
	} {
		if got := parse(t, text).CurrentID(); got != want {
			t.Errorf("%s: current message %q, want %q", text, got, want)
		}
	}
}

func TestTitle(t *testing.T) {
	for text, want := range map[string]string{`{}`: "-", `{"title":""}`: "", `{"title":null}`: "-", `{"title":7}`: "-",
		`{"title":"a\u0000\"b"}`: `a"b`} {
		got, ok := parse(t, text).Title()
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%s: title %q, want %q", text, got, want)
		}
	}
	sameJSON(t, parse(t, `{"a":1,"title":"x"}`).WithTitle("ü\"").JSON(), `{"a":1,"title":"ü\""}`)
}

// tree draws documents whose histories overlap, with every oddity that a
// history may have: parents that do not exist, answers that are not done,
// messages of other users, wrong lists of children.
func tree(t *rapid.T, label string) string {
	ids := []string{"a", "b", "c", "d", "e", "f"}
	maybe := append([]string{"", "gone"}, ids...)
	n := rapid.IntRange(0, len(ids)).Draw(t, label+" messages")
	msgs := map[string]map[string]any{}
	for _, id := range rapid.Permutation(ids).Draw(t, label+" ids")[:n] {
		m := map[string]any{
			"id":      id,
			"role":    rapid.SampledFrom([]string{"user", "assistant"}).Draw(t, "role"),
			"content": fmt.Sprint(label, rapid.IntRange(0, 9).Draw(t, "content")),
		}
		if p := rapid.SampledFrom(maybe).Draw(t, "parent"); p != "" {
			m["parentId"] = p
		} else {
			m["parentId"] = nil
		}
		switch rapid.IntRange(0, 3).Draw(t, "done") {
		case 0:
			m["done"] = false
		case 1:
			m["done"] = true
		}
		if u := rapid.SampledFrom([]string{"", bob.ID, "u-eve"}).Draw(t, "user"); u != "" {
			m["user_id"] = u
		}
		if rapid.Bool().Draw(t, "children") {
			m["childrenIds"] = rapid.SliceOfN(rapid.SampledFrom(maybe), 0, 3).Draw(t, "childrenIds")
		}
		msgs[id] = m
	}
	h := map[string]any{"messages": msgs}
	if c := rapid.SampledFrom(maybe).Draw(t, "current"); c != "" {
		h["currentId"] = c
	}
	b, err := json.Marshal(map[string]any{"title": label, "history": h, label: 1})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type history struct {
	History struct {
		Messages map[string]struct {
			ParentID    *string  `json:"parentId"`
			ChildrenIDs []string `json:"childrenIds"`
			Content     string   `json:"content"`
			Role        string   `json:"role"`
			Done        *bool    `json:"done"`
			UserID      string   `json:"user_id"`
		} `json:"messages"`
		CurrentID *string `json:"currentId"`
	} `json:"history"`
}

func TestMergeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := tree(t, "stored"), tree(t, "sent")
		stored := chatdoc.New(parseR(t, a), bob)
		sent := parseR(t, b)
		merged := chatdoc.Merge(stored, sent, bob)

		var was, new, got history
		for text, into := range map[string]*history{stored.JSON(): &was, b: &new, merged.JSON(): &got} {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				t.Fatal(err)
			}
		}
		m := got.History.Messages
		for id, o := range was.History.Messages {
			if _, ok := m[id]; !ok {
				t.Fatalf("stored message %s is lost", id)
			}
			s, both := new.History.Messages[id]
			protected := o.Role == "assistant" && o.Done != nil && !*o.Done || o.UserID != bob.ID && o.UserID != ""
			want := s.Content
			if !both || protected {
				want = o.Content
			}
			if m[id].Content != want {
				t.Fatalf("message %s is %q, want %q", id, m[id].Content, want)
			}
		}
		for id := range new.History.Messages {
			if _, ok := m[id]; !ok {
				t.Fatalf("sent message %s is lost", id)
			}
		}
		if len(m) > len(was.History.Messages)+len(new.History.Messages) {
			t.Fatal("messages appeared from nowhere")
		}
		for id, x := range m {
			if x.ParentID != nil {
				if _, ok := m[*x.ParentID]; ok && *x.ParentID != id && !slices.Contains(m[*x.ParentID].ChildrenIDs, id) {
					t.Fatalf("%s is not among the children of its parent %s", id, *x.ParentID)
				}
				_, ok := m[*x.ParentID]
				if !ok && *x.ParentID != "gone" {
					_, inSent := new.History.Messages[*x.ParentID]
					_, inStored := was.History.Messages[*x.ParentID]
					if inSent || inStored {
						t.Fatalf("the parent of %s was lost", id)
					}
				}
			}
			seen := map[string]bool{}
			for _, c := range x.ChildrenIDs {
				if m[c].ParentID == nil || *m[c].ParentID != id || seen[c] {
					t.Fatalf("%s lists the child %s, which has another parent or is listed twice", id, c)
				}
				seen[c] = true
			}
		}
		if c := got.History.CurrentID; c != nil && len(m) > 0 {
			if _, ok := m[*c]; !ok {
				t.Fatalf("currentId %s is no message", *c)
			}
		}
		again := chatdoc.Merge(merged, sent, bob)
		if diff := cmp.Diff(valueR(t, []byte(merged.JSON())), valueR(t, []byte(again.JSON()))); diff != "" {
			t.Fatalf("merging twice changes something (-once +twice):\n%s", diff)
		}
	})
}

// Two clients that save over each other lose nothing, in whatever order.
func TestMergeOrderDoesNotLoseMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, x, y := parseR(t, tree(t, "base")), parseR(t, tree(t, "x")), parseR(t, tree(t, "y"))
		one := chatdoc.Merge(chatdoc.Merge(base, x, bob), y, bob).MessageIDs()
		two := chatdoc.Merge(chatdoc.Merge(base, y, bob), x, bob).MessageIDs()
		slices.Sort(one)
		slices.Sort(two)
		if !slices.Equal(one, two) {
			t.Fatalf("messages %v in one order, %v in the other", one, two)
		}
	})
}

func parseR(t *rapid.T, s string) *chatdoc.Document {
	d, err := chatdoc.Parse([]byte(s))
	if err != nil {
		t.Fatalf("parse %s: %v", s, err)
	}
	return d
}

func valueR(t *rapid.T, b []byte) any {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// What nothing changed keeps its text, white space included; what is put
// together is made of its own text alone.
func TestMergeKeepsWhatIsNotDifferent(t *testing.T) {
	const stored = "{ \"history\" : {\"messages\": { \"a\" : {\"role\":\"user\",\"user_id\":\"u-bob\",\"user\": {}, \"childrenIds\":[ ]} },\n\"currentId\":\"a\"}, \"n\": 1.0 }"
	if got := chatdoc.Merge(parse(t, stored), parse(t, stored), bob).JSON(); got != stored {
		t.Errorf("the same document makes %s", got)
	}
	if got := chatdoc.Merge(parse(t, stored), parse(t, `{"n":1.0,"history":{"currentId":"a"}}`), bob).
		JSON(); got != stored {
		t.Errorf("a part of the document makes %s", got)
	}
	got := chatdoc.Merge(parse(t, stored), parse(t, `{"n":1.00}`), bob).JSON()
	if want := "{\"history\":{\"messages\": { \"a\" : {\"role\":\"user\",\"user_id\":\"u-bob\",\"user\": {}, \"childrenIds\":[ ]} },\n\"currentId\":\"a\"},\"n\":1.00}"; got != want {
		t.Errorf("another number makes %s", got)
	}
	merged := chatdoc.Merge(parse(t, stored),
		parse(t, `{"history":{"messages":{"b":{"role":"assistant","parentId":"a"},"c":{"role":"user","parentId":"zz"}}},"title":"x"}`), bob)
	again, err := chatdoc.ParseStored(merged.JSON())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c", "none"} {
		if merged.Message(id) != again.Message(id) {
			t.Errorf("message %s is %s, in the text %s", id, merged.Message(id), again.Message(id))
		}
	}
	for _, key := range []string{"title", "history", "n", "none"} {
		if merged.Member(key) != again.Member(key) {
			t.Errorf("%s is %s, in the text %s", key, merged.Member(key), again.Member(key))
		}
	}
	sameJSON(t, merged.Message("b"), `{"role":"assistant","parentId":"a","user_id":"u-bob"}`)
	sameJSON(t, merged.Message("c"), `{"role":"user","parentId":"zz","user_id":"u-bob","user":{"id":"u-bob","name":"Bob"}}`)
}
