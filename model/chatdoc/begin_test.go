package chatdoc_test

import "testing"

// What Open WebUI 0.12.4 stores of a message that it does not know.
func TestBegun(t *testing.T) {
	d := parsed(t, `{"history":{"currentId":"b","messages":{
		"a":{"id":"a","role":"user","parentId":null,"childrenIds":["b"]},
		"b":{"id":"b","role":"assistant","parentId":"a","childrenIds":["x"]}}}}`)
	for name, c := range map[string]struct{ id, patch, want string }{
		"alone":               {"n", `{"content":"c"}`, `{"content":"c","parentId":null,"id":"n","childrenIds":[],"role":"assistant","timestamp":7}`},
		"a child already":     {"x", `{"content":"c"}`, `{"content":"c","parentId":"b","id":"x","childrenIds":[],"role":"user","timestamp":7}`},
		"behind a question":   {"n", `{"parentId":"a"}`, `{"parentId":"a","id":"n","childrenIds":[],"role":"assistant","timestamp":7}`},
		"behind nothing":      {"n", `{"parentId":"gone","timestamp":5}`, `{"parentId":"gone","timestamp":5,"id":"n","childrenIds":[],"role":"assistant"}`},
		"by its output":       {"n", `{"parentId":"a","output":[{"x":1},{"role":"user"}]}`, `{"parentId":"a","output":[{"x":1},{"role":"user"}],"id":"n","childrenIds":[],"role":"user","timestamp":7}`},
		"what is no children": {"n", `{"childrenIds":"x","id":"m"}`, `{"childrenIds":[],"id":"m","parentId":null,"role":"assistant","timestamp":7}`},
		"there":               {"a", `{"content":"c"}`, `{"content":"c"}`},
		"with a role":         {"n", `{"role":"user"}`, `{"role":"user"}`},
	} {
		if got := d.Begun(c.id, c.patch, 7); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := d.Upsert("x", d.Begun("x", `{"content":"c"}`, 7)).CurrentID(); got != "x" {
		t.Errorf("the chat stands at %s", got)
	}
	if got := parsed(t, `{}`).
		Begun("n", `{}`, 7); got != `{"parentId":null,"id":"n","childrenIds":[],"role":"assistant","timestamp":7}` {
		t.Errorf("in a chat without messages: %s", got)
	}
}
