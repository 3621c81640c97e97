package chatdoc_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/model/chatdoc"
)

// branches writes a document with messages "id:parent", each of which is its id.
func branches(t testing.TB, current string, messages ...string) *chatdoc.Document {
	t.Helper()
	var parts []string
	for _, m := range messages {
		id, parent, _ := strings.Cut(m, ":")
		p := "null"
		if parent != "" {
			p = `"` + parent + `"`
		}
		parts = append(parts, fmt.Sprintf(`%q:{"id":%q,"parentId":%s,"content":%q,"n":1.0}`, id, id, p, id))
	}
	d, err := chatdoc.Parse([]byte(fmt.Sprintf(`{"title":"t","big":12345678901234567890,"history":{"messages":{%s},"currentId":%q}}`, strings.Join(parts, ","), current)))
	if err != nil {
		t.Fatal(err)
	}
	return chatdoc.New(d, chatdoc.Author{})
}

// shape is the messages of a document as branches takes them, and where it stands.
func shape(d *chatdoc.Document) string {
	var out []string
	for _, id := range d.MessageIDs() {
		msg := d.Message(id)
		parent := ""
		if i := strings.Index(msg, `"parentId":"`); i >= 0 {
			parent, _, _ = strings.Cut(msg[i+len(`"parentId":"`):], `"`)
		}
		out = append(out, id+":"+parent)
	}
	return strings.Join(out, " ") + " @" + d.CurrentID()
}

func TestRemove(t *testing.T) {
	chain := []string{"a", "b:a", "c:b", "d:c", "e:d"}
	for _, c := range []struct {
		name, current string
		messages      []string
		remove, want  string
	}{
		{"the last", "e", chain, "e", "a: b:a c:b d:c @d"},
		{"a message, its answer, and the rest goes up", "e", chain, "b", "a: d:a e:d @e"},
		{"where the chat stands", "c", chain, "b", "a: d:a e:d @e"},
		{"the root", "e", chain, "a", "c: d:c e:d @e"},
		{"one that is not there", "e", chain, "x", "a: b:a c:b d:c e:d @e"},
		{"everything", "b", []string{"a", "b:a"}, "a", " @"},
		{"one of two answers", "c", []string{"a", "b:a", "c:a", "d:b"}, "c", "a: b:a d:b @d"},
		{"a circle", "a", []string{"a:b", "b:a"}, "a", " @"},
		{"a parent that is not there", "b", []string{"a:gone", "b:a", "c:b"}, "a", "c: @c"},
	} {
		if got := shape(branches(t, c.current, c.messages...).Remove(c.remove)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestUpsertAndBranch(t *testing.T) {
	d := branches(t, "e", "a", "b:a", "c:b", "d:b", "e:d")
	up := d.Upsert("b", `{"content":"new <b>","x":1.0}`)
	if got := up.Message("b"); !strings.Contains(got, `"content":"new <b>"`) || !strings.Contains(got, `"x":1.0`) ||
		!strings.Contains(got, `"n":1.0`) {
		t.Errorf("the message is %s", got)
	}
	if shape(up) != "a: b:a c:b d:b e:d @e" { // the end of the branch that b is on, by its last child
		t.Errorf("it stands at %s", shape(up))
	}
	added := d.Upsert("f", `{"parentId":"c","content":"f"}`)
	if shape(added) != "a: b:a c:b d:b e:d f:c @f" || !strings.Contains(added.Message("c"), `"childrenIds":["f"]`) {
		t.Errorf("after an addition: %s, c is %s", shape(added), added.Message("c"))
	}
	if got := shape(d.Branch("c")); got != "a: b:a c:b @c" {
		t.Errorf("the branch is %s", got)
	}
	if got := d.Branch("b").Message("b"); !strings.Contains(got, `"childrenIds":[]`) {
		t.Errorf("the end of the branch has children: %s", got)
	}
	if d.Branch("x") != nil {
		t.Error("there is a branch of nothing")
	}
	status := d.Append("b", "statusHistory", `{"a":1}`, `2`).Append("b", "statusHistory", `3`)
	if !strings.Contains(status.Message("b"), `"statusHistory":[{"a":1},2,3]`) || shape(status) != shape(d) {
		t.Errorf("the list is in %s", status.Message("b"))
	}
	if d.With("params", `{"t":1}`).With("title", "").JSON() != `{"big":12345678901234567890,"history":`+
		d.Member("history")+`,"params":{"t":1}}` {
		t.Errorf("the document is %s", d.With("params", `{"t":1}`).With("title", "").JSON())
	}
}

func TestCheck(t *testing.T) {
	for text, ok := range map[string]bool{
		`{}`: true, `{"history":{}}`: true, `{"history":{"messages":{"m":{}}}}`: true, `{"messages":[]}`: true,
		`{"history":null}`: false, `{"history":[]}`: false, `{"history":{"messages":"x"}}`: false, `{"history":{"messages":{"m":null}}}`: false,
		`{"history":{"messages":{"a":{},"m":[]}}}`: false, `{"messages":5}`: false,
	} {
		d, err := chatdoc.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Check(); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Whatever is done to a tree, no message has a parent that is gone, children
// agree with parents, and the chat stands at a message as long as there is one.
func TestEditsKeepTheTree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ids := []string{"a", "b", "c", "d", "e", "f"}
		var messages []string
		for i, id := range ids[:rapid.IntRange(1, len(ids)).Draw(r, "n")] {
			parent := ""
			if i > 0 && rapid.Bool().Draw(r, "child") {
				parent = ids[rapid.IntRange(0, i-1).Draw(r, "parent")]
			}
			messages = append(messages, id+":"+parent)
		}
		d := branches(t, "a", messages...)
		for range rapid.IntRange(1, 6).Draw(r, "edits") {
			id := rapid.SampledFrom(ids).Draw(r, "id")
			switch rapid.IntRange(0, 2).Draw(r, "what") {
			case 0:
				d = d.Remove(id)
			case 1:
				d = d.Upsert(id, `{"content":"x"}`)
			case 2:
				d = d.Append(id, "sources", "1")
			}
		}
		again, err := chatdoc.Parse([]byte(d.JSON()))
		if err != nil {
			r.Fatalf("%v in %s", err, d.JSON())
		}
		if n := len(d.MessageIDs()); n > 0 && d.Message(d.CurrentID()) == "" {
			r.Fatalf("the chat stands at %q: %s", d.CurrentID(), d.JSON())
		}
		if merged := chatdoc.Merge(nil, again, chatdoc.Author{}); merged.JSON() != d.JSON() {
			r.Fatalf("children do not agree with parents:\n%s\n%s", d.JSON(), merged.JSON())
		}
	})
}
