package server_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

const counted = `{"title":"t","models":["gpt-x"],"history":{"currentId":"a2","messages":{
	"u1":{"id":"u1","role":"user","content":"hällo","parentId":null,"timestamp":100},
	"a1":{"id":"a1","role":"assistant","content":"four","parentId":"u1","model":"gpt-x","timestamp":103,"annotation":{"rating":1,"tags":["good"]}},
	"a2":{"role":"assistant","content":[{"type":"text","text":"ab"},{"type":"image"}],"parentId":"u1","model":"gpt-y","timestamp":105.5}}}}`

func TestChatStats(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		admin := a.admin()
		bob := a.user("bob", "user")
		id := a.chat(bob, counted).ID
		a.chat(bob, `{"title":"empty"}`)
		got := a.call("GET", "/api/v1/chats/stats/usage?items_per_page=5", nil, bob).is(200, "").Body.String()
		for _, want := range []string{`"total":2`, `"models":{"gpt-y":1}`, `"message_count":2`,
			`"history_models":{"gpt-x":1,"gpt-y":1}`, `"history_message_count":3`,
			`"average_response_time":4.0`, `"average_user_message_content_length":5.0`, `"average_assistant_message_content_length":3.0`, `"last_message_at":105`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
		got = a.call("GET", "/api/v1/chats/stats/export/"+id, nil, bob).is(200, "").Body.String()
		for _, want := range []string{`"a1":{"id":"a1","role":"assistant","model":"gpt-x","content_length":4,"token_count":null,"timestamp":103,"rating":1,"tags":["good"]}`,
			`"a2":{"id":"a2"`, `"content_length":2`, `"currentId":"a2"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
		lines := a.call("GET", "/api/v1/chats/stats/export?stream=true", nil, bob).is(200, "")
		if n := strings.Count(lines.Body.String(), "\n"); n != 2 {
			t.Errorf("%d lines", n)
		}
		var page struct {
			Items []struct{ ID string }
			Total int
		}
		a.call("GET", "/api/v1/chats/stats/export?page=2", nil, bob).is(200, "").into(&page)
		if page.Total != 2 || len(page.Items) != 0 {
			t.Errorf("the second page is %+v", page)
		}
		a.call("GET", "/api/v1/chats/stats/export?updated_at=99999999999", nil, bob).is(200, "").into(&page)
		if page.Total != 0 {
			t.Errorf("%d chats changed later", page.Total)
		}
		a.call("POST", "/api/v1/configs/import", `{"config":{"ui.enable_community_sharing":false}}`, admin).is(200, "")
		a.call("GET", "/api/v1/chats/stats/export", nil, bob).is(401, "")
		a.call("GET", "/api/v1/chats/stats/export/"+id, nil, bob).is(401, "")
		a.call("GET", "/api/v1/chats/stats/export/"+id, nil, admin).is(200, "")
	})
}

func TestChatConfig(t *testing.T) {
	a := local(t)
	admin := a.admin()
	const standard = `{"CONTEXT_COMPACTION_MODEL":"","CONTEXT_COMPACTION_PROMPT_TEMPLATE":"","CONTEXT_COMPACTION_RETENTION_PERCENTAGE":40,` +
		`"CONTEXT_COMPACTION_TOKEN_CAP":80000,"CONTEXT_COMPACTION_TOKEN_THRESHOLD":80000,"ENABLE_CONTEXT_COMPACTION":false,"ENABLE_TOOL_PERMISSIONS":false,` +
		`"ENABLE_TOOL_SEARCH":false,"TOOL_SEARCH_ALWAYS_LOADED":[],"TOOL_SEARCH_DEFER_BUILTIN_TOOLS":true,"TOOL_SEARCH_DEFER_THRESHOLD":400}`
	if got := strings.TrimSpace(a.call("GET", "/api/v1/chats/config", nil, admin).
		is(200, "").Body.String()); got != standard {
		t.Errorf("at first %s", got)
	}
	got := a.call("POST", "/api/v1/chats/config", `{"ENABLE_CONTEXT_COMPACTION":true,"CONTEXT_COMPACTION_PROMPT_TEMPLATE":"p","CONTEXT_COMPACTION_TOKEN_THRESHOLD":-5,
		"CONTEXT_COMPACTION_RETENTION_PERCENTAGE":99,"TOOL_SEARCH_ALWAYS_LOADED":[" a ",""],"TOOL_SEARCH_DEFER_THRESHOLD":-1}`, admin).is(200, "").Body.String()
	for _, want := range []string{`"CONTEXT_COMPACTION_TOKEN_THRESHOLD":1`, `"CONTEXT_COMPACTION_TOKEN_CAP":1`,
		`"CONTEXT_COMPACTION_RETENTION_PERCENTAGE":50`,
		`"TOOL_SEARCH_ALWAYS_LOADED":["a"]`, `"TOOL_SEARCH_DEFER_THRESHOLD":0`, `"ENABLE_CONTEXT_COMPACTION":true`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	// Now there is something to sum up, which is a model's work.
	id := a.chat(admin, counted).ID
	a.call("POST", "/api/v1/chats/"+id+"/compact", nil, admin).is(501, "")
	empty := a.chat(admin, `{"title":"empty"}`).ID
	a.call("POST", "/api/v1/chats/"+empty+"/compact", nil, admin).is(400, "No model found for context compaction.")
	var answer struct {
		OK, Compacted bool
		Reason        string
	}
	a.call("POST", "/api/v1/chats/"+empty+"/compact", `{"model":"m"}`, admin).is(200, "").into(&answer)
	if !answer.OK || answer.Compacted || answer.Reason != "empty" {
		t.Errorf("an empty chat: %+v", answer)
	}
}

// What Open WebUI could not read back is not stored; each engine may take less.
func TestDocumentsThatAreTooDeep(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		admin := a.admin()
		nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
		id := a.chat(admin, `{"title":"t","history":{"messages":{"m":{"role":"user","content":"x"}},"currentId":"m"}}`).ID
		note := a.call("POST", "/api/v1/notes/create", `{"title":"n","data":{}}`, admin).is(200, "")
		var n struct{ ID string }
		note.into(&n)
		a.call("POST", "/api/v1/chats/new", `{"chat":{"title":"t","x":`+nested(20)+`}}`, admin).is(200, "")
		for what, value := range map[string]string{"deep": nested(500), "very deep": nested(5000),
			"a long number": strings.Repeat("9", 400), "an exponent": "1e999"} {
			for route, body := range map[string]string{
				"POST /api/v1/chats/new":                         `{"chat":{"title":"t","x":` + value + `}}`,
				"POST /api/v1/chats/import":                      `{"chats":[{"chat":{"title":"t","x":` + value + `}}]}`,
				"POST /api/v1/chats/" + id:                       `{"chat":{"x":` + value + `}}`,
				"PATCH /api/v1/chats/" + id + "/params":          `{"x":` + value + `}`,
				"POST /api/v1/chats/" + id + "/messages/m":       `{"content":"x","voice":{"x":` + value + `}}`,
				"POST /api/v1/chats/" + id + "/messages/m/event": `{"type":"status","data":{"x":` + value + `}}`,
			} {
				method, path, _ := strings.Cut(route, " ")
				got := a.call(method, path, body, admin)
				if got.Code < 400 || got.Code > 499 || !strings.Contains(got.Body.String(), `"detail"`) {
					t.Errorf("%s in %s: %d %.200s", what, route, got.Code, got.Body)
				}
			}
			for route, body := range map[string]string{
				"POST /api/v1/notes/create":                `{"title":"t","data":{"x":` + value + `}}`,
				"POST /api/v1/notes/" + n.ID + "/update":   `{"title":"t","meta":{"x":` + value + `}}`,
				"POST /api/v1/folders/":                    `{"name":"f","data":{"x":` + value + `}}`,
				"POST /api/v1/users/user/settings/update":  `{"ui":{"x":` + value + `}}`,
				"POST /api/v1/users/user/info/update":      `{"x":` + value + `}`,
				"POST /api/v1/configs/import":              `{"config":{"x.y":` + value + `}}`,
				"POST /api/v1/users/user/variables/update": `{"variables":{"x":` + value + `}}`,
			} {
				method, path, _ := strings.Cut(route, " ")
				if got := a.call(method, path, body, admin); got.Code >= 500 {
					t.Errorf("%s in %s: %d %.200s", what, route, got.Code, got.Body)
				}
			}
		}
	})
}
