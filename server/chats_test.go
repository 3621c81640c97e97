package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/server"
	"github.com/larder-db/larder/store"
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
	for _, odd := range []string{`"history":null`, `"history":[]`, `"history":{"messages":"x"}`,
		`"history":{"messages":{"m":null}}`, `"messages":5`, `"title":null`} {
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
	if w := a.call("GET", "/api/v1/chats/all", nil, bob).is(200, ""); w.Body.Len() != 0 ||
		w.Header().Get("Content-Type") != "application/x-ndjson" {
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
		if err := json.Unmarshal([]byte(line), &c); err != nil ||
			string(c.Chat) != `{"title":"x","big":12345678901234567890}` {
			t.Fatalf("%v in %s", err, line)
		}
	}
	var all []chatBody
	a.call("GET", "/api/v1/chats/all/db", nil, ada).is(200, "").into(&all)
	if len(all) != 46 {
		t.Errorf("%d chats of everybody", len(all))
	}
}

// What a chat says of where it stands, as Open WebUI 0.12.4 answers it, and what
// others than its owner are not told.
func TestOpeningAChat(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		ada, bob := a.admin(), a.user("bob", model.RoleUser)
		const doc = `{"title":"x","params":{"system":"secret"},"history":{"currentId":null,"messages":{` +
			`"a":{"id":"a","role":"user","content":"hi","parentId":null,"childrenIds":["b"],"timestamp":1,"meta":{"task_id":"t"}},` +
			`"b":{"id":"b","role":"assistant","content":"ho","parentId":"a","childrenIds":[],"timestamp":2}}}}`
		c := a.chat(bob, doc)
		opened := func(path, token string) (chat struct {
			Mode    *string         `json:"share_mode"`
			Params  json.RawMessage `json:"params"`
			History struct {
				CurrentID *string `json:"currentId"`
				Messages  map[string]struct {
					Meta json.RawMessage `json:"meta"`
				}
			}
		}) {
			t.Helper()
			var x struct{ Chat json.RawMessage }
			a.call("GET", path, nil, token).is(200, "").into(&x)
			if strings.Count(string(x.Chat), `"share_mode"`) != 1 {
				t.Errorf("%s is answered as %s", path, x.Chat)
			}
			if err := json.Unmarshal(x.Chat, &chat); err != nil {
				t.Fatal(err)
			}
			return chat
		}
		path := "/api/v1/chats/" + c.ID
		own := opened(path, bob)
		if own.Mode == nil || *own.Mode != "continue" || own.Params == nil || own.History.Messages["a"].Meta == nil {
			t.Errorf("the owner gets %+v", own)
		}
		if own.History.CurrentID == nil || *own.History.CurrentID != "b" {
			t.Errorf("the chat stands at %v", own.History.CurrentID)
		}
		admin := opened(path, ada)
		if admin.Mode != nil || admin.Params != nil || admin.History.Messages["a"].Meta != nil ||
			*admin.History.CurrentID != "b" {
			t.Errorf("an admin gets %+v", admin)
		}
		// A client that sends back what it has got, and a chat that says where it stands.
		a.call("POST", path, `{"chat":{"share_mode":"continue","history":{"currentId":"b","messages":{}}}}`, bob).is(200, "")
		if again := opened(path, bob); again.Mode == nil || *again.History.CurrentID != "b" {
			t.Errorf("sent back it is %+v", again)
		}
		empty := a.chat(bob, `{}`)
		if e := opened("/api/v1/chats/"+empty.ID, bob); e.Mode == nil {
			t.Errorf("an empty chat is %+v", e)
		}
		// A link, for somebody else and for nobody.
		var link struct {
			ID string `json:"share_id"`
		}
		a.call("POST", path+"/share", `{}`, bob).is(200, "").into(&link)
		if s := opened("/api/v1/chats/share/"+link.ID, ada); s.Params != nil || s.History.Messages["a"].Meta != nil ||
			s.Mode != nil {
			t.Errorf("behind the link is %+v", s)
		}
		// The page opens chats of others for admins as if their ids were links.
		if s := opened("/api/v1/chats/share/"+c.ID, ada); s.Params != nil || s.History.Messages["a"].Meta != nil ||
			*s.History.CurrentID != "b" {
			t.Errorf("an admin gets %+v by the id of the chat", s)
		}
		for _, token := range []string{bob, a.user("eve", model.RoleUser)} {
			a.call("GET", "/api/v1/chats/share/"+c.ID, nil, token).is(401, "We could not find what you're looking for :/")
		}
		// Where admins do not see the chats of others, their own is no link either.
		mine := a.chat(ada, `{}`)
		seeing := a.srv
		a.srv = openApp(t, a.probe.eng, func(o *server.Options) {
			o.Store = store.New(a.probe.eng, store.Options{Admins: store.AdminLimits{NoChats: true}})
		}).srv
		for _, id := range []string{c.ID, mine.ID} {
			a.call("GET", "/api/v1/chats/share/"+id, nil, ada).is(401, "We could not find what you're looking for :/")
		}
		a.srv = seeing
		a.call("GET", "/api/v1/chats/share/"+mine.ID, nil, ada).is(200, "")
		a.call("GET", "/api/v1/chats/share/"+link.ID, nil).
			is(401, "Your session has expired or the token is invalid. Please sign in again.")
		var copied struct {
			Chat struct {
				Original string `json:"originalChatId"`
				Params   json.RawMessage
				History  struct {
					Messages map[string]struct {
						User   struct{ Name string }
						UserID string `json:"user_id"`
					}
				}
			}
			UserID string `json:"user_id"`
		}
		a.call("POST", "/api/v1/chats/"+link.ID+"/clone/shared", nil, ada).is(200, "").into(&copied)
		m := copied.Chat.History.Messages["a"]
		if copied.Chat.Original != link.ID || copied.Chat.Params != nil || m.UserID != copied.UserID || m.User.Name != "Ada" {
			t.Errorf("the copy is %+v", copied)
		}
	})
}
