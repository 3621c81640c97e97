package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/larder-db/larder/model"
)

// Words in paths are never taken for ids, whatever the method.
func TestWordsAreNoIDs(t *testing.T) {
	a := local(t)
	token := a.admin()
	for _, word := range []string{"pinned", "search", "all", "archived", "shared", "import", "read", "tags"} {
		for _, method := range []string{"GET", "POST", "DELETE", "PUT"} {
			w := a.call(method, "/api/v1/chats/"+word+"?text=x", `{}`, token)
			if w.Code == 401 || w.Code == 404 {
				t.Errorf("%s chats/%s: status %d: %s", method, word, w.Code, w.Body)
			}
			if w.Code == 405 && w.Header().Get("Allow") == "" {
				t.Errorf("%s chats/%s does not say what is allowed", method, word)
			}
		}
	}
}

// What Open WebUI could not read back is refused as there, and nothing is stored.
func TestOddDocuments(t *testing.T) {
	a := local(t)
	token := a.admin()
	c := a.chat(token, `{"title":"x"}`)
	for _, odd := range []string{`"history":null`, `"history":[]`, `"history":{"messages":"x"}`, `"history":{"messages":{"m":null}}`, `"messages":5`, `"title":null`} {
		doc := `{"t":1,` + odd + `}`
		a.call("POST", "/api/v1/chats/new", `{"chat":`+doc+`}`, token).is(400, "Something went wrong :/")
		a.call("POST", "/api/v1/chats/"+c.ID, `{"chat":`+doc+`}`, token).is(400, "Something went wrong :/")
		a.call("POST", "/api/v1/chats/import", `{"chats":[{"chat":`+doc+`}]}`, token).is(400, "Something went wrong :/")
	}
	var list []chatBody
	a.call("GET", "/api/v1/chats/", nil, token).is(200, "").into(&list)
	if len(list) != 1 {
		t.Errorf("%d chats", len(list))
	}
}

// Long exports are sent chat by chat, and one that cannot be read keeps no other.
func TestExports(t *testing.T) {
	a := local(t)
	ada, bob := a.admin(), a.user("bob", model.RoleUser)
	if w := a.call("GET", "/api/v1/chats/all", nil, bob).is(200, ""); w.Body.Len() != 0 || w.Header().Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("nothing is %q as %s", w.Body, w.Header().Get("Content-Type"))
	}
	if w := a.call("GET", "/api/v1/chats/all/db", nil, ada).is(200, ""); w.Body.String() != "[]" {
		t.Errorf("nothing is %q", w.Body)
	}
	for range 45 {
		a.chat(bob, `{"title":"x","big":12345678901234567890}`)
	}
	a.chat(ada, `{"title":"hers"}`)
	lines := strings.Split(strings.TrimSpace(a.call("GET", "/api/v1/chats/all", nil, bob).is(200, "").Body.String()), "\n")
	if len(lines) != 45 {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		var c chatBody
		if err := json.Unmarshal([]byte(line), &c); err != nil || string(c.Chat) != `{"title":"x","big":12345678901234567890}` {
			t.Fatalf("%v in %s", err, line)
		}
	}
	var all []chatBody
	a.call("GET", "/api/v1/chats/all/db", nil, ada).is(200, "").into(&all)
	if len(all) != 46 {
		t.Errorf("%d chats of everybody", len(all))
	}
}
