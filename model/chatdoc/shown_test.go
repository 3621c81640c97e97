package chatdoc_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/larder-db/larder/model/chatdoc"
)

func parsed(t *testing.T, text string) *chatdoc.Document {
	t.Helper()
	doc, err := chatdoc.ParseStored(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// What Open WebUI 0.12.4 makes of these when it reads them.
func TestSettled(t *testing.T) {
	const a, b, c = `"a":{"id":"a","role":"user","parentId":null,"childrenIds":["b"],"timestamp":1}`,
		`"b":{"id":"b","role":"assistant","parentId":"a","childrenIds":[],"timestamp":2}`,
		`"c":{"id":"c","role":"assistant","parentId":"a","childrenIds":[],"timestamp":9}`
	for name, x := range map[string]struct{ current, messages, want string }{
		"null":                        {`null`, a + "," + b, "b"},
		"a name of nothing":           {`"x"`, a + "," + b, "b"},
		"absent":                      {``, a + "," + b, "b"},
		"in the middle":               {`"a"`, a + "," + b, "b"},
		"a sibling that is nobody's":  {`null`, a + "," + b + "," + c, "c"},
		"the branch counts, not time": {`"b"`, a + "," + b + "," + c, "b"},
		"no id":                       {`"n"`, a + "," + b + `,"n":{"content":"x"}`, "b"},
		"no role":                     {`"n"`, a + "," + b + `,"n":{"id":"n","content":"x","timestamp":99}`, "b"},
		"an answer that nobody asked": {`"o"`,
			a + "," + b + `,"o":{"id":"o","role":"assistant","parentId":null,"output":[{"role":"assistant"}]}`, "b"},
		"times that are missing":         {`null`, `"p":{"id":"p","role":"user"},"q":{"id":"q","role":"user"}`, "p"},
		"a ring":                         {`"r"`, `"r":{"id":"r","role":"user","parentId":"s","childrenIds":["s"]},"s":{"id":"s","role":"user","parentId":"r","childrenIds":["r"]}`, "s"},
		"nothing that is a message":      {`null`, `"n":{"content":"x"}`, ""},
		"nothing at all":                 {`null`, ``, ""},
		"a child whose parent is absent": {`"b"`, `"b":{"id":"b","role":"user","parentId":"gone","childrenIds":[]}`, "b"},
	} {
		history := `{"messages":{` + x.messages + `}`
		if x.current != "" {
			history += `,"currentId":` + x.current
		}
		doc := parsed(t, `{"title":"t","big":12345678901234567890,"history":`+history+`}}`).Settled()
		if got := doc.CurrentID(); got != x.want && !(x.want == "" && got == strings.Trim(x.current, `"`)) &&
			!(x.want == "" && x.current == "null" && got == "") {
			t.Errorf("%s: the chat stands at %q, want %q: %s", name, got, x.want, doc.JSON())
		}
		if again := doc.Settled(); again != doc && name != "a ring" { // on which it goes on
			t.Errorf("%s: settled again it is %s, was %s", name, again.JSON(), doc.JSON())
		}
		if !strings.Contains(doc.JSON(), `"big":12345678901234567890`) {
			t.Errorf("%s: %s", name, doc.JSON())
		}
	}
	linked := parsed(t, `{"history":{"currentId":"c","messages":{`+a+`,`+b+`,`+c+`}}}`).Settled().JSON()
	if !strings.Contains(linked, `"childrenIds":["b","c"]`) {
		t.Errorf("the children are %s", linked)
	}
	for _, odd := range []string{`{}`, `{"history":null}`, `{"history":[]}`, `{"history":{"messages":[]}}`,
		`{"history":{"messages":{"a":1}}}`} {
		if doc := parsed(t, odd); doc.Settled() != doc {
			t.Errorf("%s becomes %s", odd, doc.Settled().JSON())
		}
	}
}

func TestShownToOthers(t *testing.T) {
	doc := parsed(t, `{"params":{"system":"s"},"tool_ids":["t"],"title":"x","history":{"messages":{`+
		`"a":{"id":"a","role":"user","user_id":"owner","user":{"id":"owner","name":"O"},"meta":{"m":1}},`+
		`"b":{"id":"b","role":"assistant","meta":{"m":2}},"c":{"id":"c","role":"user","user_id":"eve","meta":{"m":3}}}},`+
		`"messages":[{"id":"a","role":"user","meta":{"m":1}}]}`)
	const want = `{"title":"x","history":{"messages":{"a":{"id":"a","role":"user","user_id":"owner","user":{"id":"owner","name":"O"}},` +
		`"b":{"id":"b","role":"assistant"},"c":{"id":"c","role":"user","user_id":"eve","meta":{"m":3}}}},"messages":[{"id":"a","role":"user"}]}`
	shown := doc.ShownTo("eve", "owner")
	if shown.JSON() != want {
		t.Errorf("eve sees %s", shown.JSON())
	}
	if got := doc.ShownTo("", "owner").JSON(); strings.Contains(got, "meta") {
		t.Errorf("nobody sees %s", got)
	}
	adopted := shown.Adopted("owner", chatdoc.Author{ID: "eve", Name: "Eve"}).JSON()
	if strings.Contains(adopted, "owner") || strings.Count(adopted, `{"id":"eve","name":"Eve"}`) != 2 {
		t.Errorf("eve's copy is %s", adopted)
	}
}

// TestSettlingIsLinear: of twice as many answers to one question it takes twice
// as much, told by what is allocated.
func TestSettlingIsLinear(t *testing.T) {
	allocated := func(n int) float64 {
		var children, messages strings.Builder
		for i := range n {
			fmt.Fprintf(&children, `,"m%d"`, i)
			fmt.Fprintf(&messages, `,"m%d":{"id":"m%d","role":"assistant","parentId":"q","childrenIds":[]}`, i, i)
		}
		doc := parsed(t, `{"history":{"currentId":null,"messages":{"q":{"id":"q","role":"user","parentId":null,"childrenIds":[`+
			children.String()[1:]+`]}`+messages.String()+`}}}`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if at := doc.Settled().CurrentID(); at != "m0" {
			t.Fatalf("the chat stands at %q", at)
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	allocated(100)
	if few, many := allocated(1000), allocated(4000); many > 6*few {
		t.Errorf("1000 answers take %.0f bytes, 4000 take %.0f", few, many)
	}
}
