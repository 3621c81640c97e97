package server_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// stored is the document of a chat as Open WebUI reads it.
func (a *app) stored(chat string) string {
	a.t.Helper()
	doc, err := query.One[jsonvalue.JSON](a.t.Context(), a.probe.eng,
		query.Select(tables.Chat.Chat).From(tables.Chat.Table).Where(tables.Chat.ID.Eq(chat)))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc.String()
}

// One message is written whole, or by what Open WebUI takes of it; who prefers
// that is answered nothing.
func TestWritingOneMessage(t *testing.T) {
	a := local(t)
	a.admin()
	token := a.user("bob", model.RoleUser)
	c := a.chat(token, `{"title":"x","history":{"messages":{"m1":{"id":"m1","parentId":null,"childrenIds":[],"role":"user","content":"hello"}},"currentId":"m1"}}`)
	path := "/api/v1/chats/" + c.ID + "/messages/"
	send := func(id, body, prefer string) *answer {
		t.Helper()
		headers := map[string]string{"Authorization": "Bearer " + token}
		if prefer != "" {
			headers["Prefer"] = prefer
		}
		return a.sent("POST", path+id, body, headers)
	}
	for i, prefer := range []string{"return=minimal", "respond-async, return=minimal; wait=1", `Return="minimal"`} {
		w := send("m2", `{"id":"other","parentId":"m1","role":"assistant","content":"hi","extra":[1.0,12345678901234567890]}`, prefer)
		if w.Code != 204 || w.Body.Len() != 0 || w.Header().Get("Preference-Applied") != "return=minimal" {
			t.Errorf("%d: status %d, %q, applied %q", i, w.Code, w.Body, w.Header().Get("Preference-Applied"))
		}
	}
	text := a.call("GET", "/api/v1/chats/"+c.ID, nil, token).is(200, "").Body.String()
	for _, want := range []string{`"extra":[1.0,12345678901234567890]`, `"childrenIds":["m2"]`, `"currentId":"m2"`,
		`"current_message_id":"m2"`, `"id":"m2"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the chat has no %s: %s", want, text)
		}
	}
	for _, prefer := range []string{"", "return=representation", "return=representation, return=minimal", "minimal"} {
		w := send("m2", `{"content":"edited","extra":"not taken"}`, prefer)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"content":"edited"`) ||
			strings.Contains(w.Body.String(), "not taken") {
			t.Errorf("%q: status %d, %s", prefer, w.Code, w.Body)
		}
	}
	for _, body := range []string{`{"content":5}`, `{"content":["x"]}`, `{"role":"user","content":5}`,
		`{"role":"user","parentId":5}`, `[]`, `"x"`, `{`} {
		if w := send("m2", body, "return=minimal"); w.Code != 422 {
			t.Errorf("%s: status %d, %s", body, w.Code, w.Body)
		}
	}
	send("m3", `{"role":"user","content":[{"type":"text","text":"parts"}]}`, "return=minimal").is(204, "")
	other := a.user("eve", model.RoleUser)
	a.sent("POST", path+"m2", `{"content":"hers"}`, map[string]string{"Authorization": "Bearer " + other,
		"Prefer": "return=minimal"}).is(401, "")
	if strings.Contains(a.stored(c.ID), "m3") {
		t.Error("the document was written")
	}
}

// A server that ends leaves nothing that waits.
func TestAServerThatEndsFolds(t *testing.T) {
	a := local(t)
	token := a.admin()
	c := a.chat(token, `{"title":"x"}`)
	a.sent("POST", "/api/v1/chats/"+c.ID+"/messages/m1", `{"role":"user","content":"the last words"}`,
		map[string]string{"Authorization": "Bearer " + token, "Prefer": "return=minimal"}).is(204, "")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := a.srv.Serve(ctx, l); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(a.stored(c.ID), "the last words") {
		t.Error("Open WebUI does not see the message")
	}
}

// What Open WebUI answers to a message that is named and not there, to one that is
// spoken, and to a link that leads nowhere.
func TestWhatIsSaidOfMessagesAndLinks(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		token := a.admin()
		c := a.chat(token, `{"title":"t","history":{"messages":{"m":{"id":"m","role":"user","content":"x"}},"currentId":"m"}}`)
		path := "/api/v1/chats/" + c.ID + "/messages/"
		a.call("POST", path+"m", `{}`, token).is(400, "No message changes supplied")
		a.call("POST", path+"nope", `{"voice":{"a":1}}`, token).is(404, "We could not find what you're looking for :/")
		a.call("POST", path+"m", `{"voice":{"a":"`+strings.Repeat("y", 100_000)+`"}}`, token).is(400, "Voice metadata is too large")
		var got struct {
			Chat struct {
				History struct {
					Current  string                    `json:"currentId"`
					Messages map[string]map[string]any `json:"messages"`
				} `json:"history"`
			} `json:"chat"`
		}
		a.call("POST", path+"m", `{"voice":{"a":1}}`, token).is(200, "").into(&got)
		if meta := fmt.Sprint(got.Chat.History.Messages["m"]["meta"]); meta != "map[voice:map[a:1]]" {
			t.Errorf("the meta of the message is %s", meta)
		}
		a.call("POST", path+"new", `{"content":"c"}`, token).is(200, "").into(&got)
		if got.Chat.History.Current != "new" || got.Chat.History.Messages["new"]["role"] != "assistant" {
			t.Errorf("the chat stands at %s: %v", got.Chat.History.Current, got.Chat.History.Messages["new"])
		}
		a.call("GET", "/api/v1/chats/share/nope", nil, token).is(401, "We could not find what you're looking for :/")
		a.call("POST", "/api/v1/chats/nope/clone/shared", nil, token).is(401, "We could not find what you're looking for :/")
	})
}
