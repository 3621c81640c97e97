package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/larder-db/larder/store"
)

type spec struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		Security    []any
		RequestBody *struct {
			Content map[string]struct{ Schema json.RawMessage }
		}
		Parameters []struct{ Name, In string }
		Responses  map[string]struct {
			Content map[string]struct{ Schema json.RawMessage }
		}
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]any
			Required   []string
		}
	}
}

// ref follows a reference; nil properties for anything else.
func (s *spec) fields(t *testing.T, raw json.RawMessage) (props map[string]any, required []string) {
	t.Helper()
	var x struct {
		Ref   string `json:"$ref"`
		Items json.RawMessage
	}
	if err := json.Unmarshal(raw, &x); err != nil {
		t.Fatal(err)
	}
	if x.Items != nil {
		return s.fields(t, x.Items)
	}
	name, ok := strings.CutPrefix(x.Ref, "#/components/schemas/")
	if !ok {
		return nil, nil
	}
	sch, ok := s.Components.Schemas[name]
	if !ok {
		t.Fatalf("%s leads nowhere", x.Ref)
	}
	return sch.Properties, sch.Required
}

func TestTheDescriptionIsTrue(t *testing.T) {
	a := newWorld(t)
	token := a.tokens["owner"]
	var s spec
	a.call("GET", "/openapi.json", nil).is(200, "").into(&s)
	if !strings.HasPrefix(s.OpenAPI, "3.1") || len(s.Paths) < 15 {
		t.Fatalf("OpenAPI %q with %d paths", s.OpenAPI, len(s.Paths))
	}
	a.made("/api/v1/chats/")
	a.made("/api/v1/chats/share/")
	a.call("POST", "/api/v1/chats/"+a.made("/api/v1/chats/")+"/pin", nil, token).is(200, "")
	a.call("POST", "/api/v1/chats/"+a.made("/api/v1/chats/")+"/archive", nil, token).is(200, "")
	a.share(a.made("/api/v1/folders/"))
	a.made("/api/v1/groups/")
	a.file(token, "x.txt", "x")
	a.call("POST", "/api/v1/notes/"+a.made("/api/v1/notes/")+"/pin", nil, token)
	for path, item := range s.Paths {
		actual := a.real(path)
		if strings.HasSuffix(path, "{share_id}") {
			a.open(actual[strings.LastIndexByte(actual, '/')+1:])
		} else if strings.HasSuffix(path, "shared/{id}/access") {
			a.grant(strings.Split(actual, "/")[5])
		}
		for method, op := range item {
			m := strings.ToUpper(method)
			// Every operation exists, and asks for a session where it says so.
			w := a.call(m, actual, nil)
			if w.Code == http.StatusMethodNotAllowed || w.Code == http.StatusNotFound {
				t.Errorf("%s %s is described and answers %d", m, path, w.Code)
			}
			if (w.Code == http.StatusUnauthorized) != (len(op.Security) > 0) {
				t.Errorf("%s %s answers %d without a session, and its description has %d kinds of security", m, path, w.Code,
					len(op.Security))
			}
			if _, ok := op.Responses[fmt.Sprint(w.Code)]; !ok {
				t.Errorf("%s %s answers %d, which is not described", m, path, w.Code)
			}
			if op.RequestBody != nil {
				other := `[]`
				var sch struct{ Type string }
				if json.Unmarshal(op.RequestBody.Content["application/json"].Schema, &sch) == nil && sch.Type == "array" {
					other = `{}`
				}
				if w := a.call(m, actual, other, a.tokens["admin"]); w.Code != 422 {
					t.Errorf("%s %s has a form, and answers %s with %d", m, path, other, w.Code)
				}
			}
			if m != "GET" {
				continue
			}
			// What it answers has the members that are described.
			w = a.call(m, actual, nil, token)
			c, ok := op.Responses[fmt.Sprint(w.Code)].Content["application/json"]
			if !ok || w.Code != 200 {
				continue
			}
			props, required := s.fields(t, c.Schema)
			if props == nil {
				continue
			}
			v := w.decode()
			if list, ok := v.([]any); ok {
				if len(list) == 0 {
					t.Errorf("%s %s: the list is empty", m, path)
					continue
				}
				v = list[0]
			}
			obj := v.(map[string]any)
			for k := range obj {
				if _, ok := props[k]; !ok {
					t.Errorf("%s %s answers %s, which is not described", m, path, k)
				}
			}
			for _, k := range required {
				if _, ok := obj[k]; !ok {
					t.Errorf("%s %s does not answer %s", m, path, k)
				}
			}
		}
	}
	// What is not described does not exist: the recorded requests say which paths there are to try.
	for _, x := range exchanges(t) {
		path, _, _ := strings.Cut(x.Path, "?")
		item, ok := s.Paths[path]
		for described := range s.Paths {
			pattern := regexp.MustCompile("^" + regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(described, "[^/]+") + "$")
			if !ok && pattern.MatchString(path) {
				item, ok = s.Paths[described], true
			}
		}
		if !ok {
			t.Errorf("%s is served and not described", path)
		}
		if _, ok := item[strings.ToLower(x.Method)]; !ok && x.Status != http.StatusMethodNotAllowed && item != nil {
			t.Errorf("%s %s is served and not described", x.Method, path)
		}
	}
}

// grant lets everybody who is signed in use the link to a chat.
func (w *world) grant(chat string, more ...store.Grant) {
	w.t.Helper()
	grants := append(more, store.Grant{PrincipalType: "user", PrincipalID: "*", Permission: "read"})
	if _, err := w.store.Shares.SetGrants(w.t.Context(), store.Program(), chat, grants); err != nil {
		w.t.Fatal(err)
	}
}

// open lets anyone use a link.
func (w *world) open(link string) {
	w.t.Helper()
	x, err := w.store.Shares.Get(w.t.Context(), store.Program(), link)
	if err != nil {
		w.t.Fatal(err)
	}
	w.grant(x.ChatID, store.Grant{PrincipalType: "anyone", PrincipalID: "*", Permission: "read"})
}

// share gives the folder to another user, and lets the owner have one of theirs.
func (w *world) share(folder string) {
	w.t.Helper()
	var x struct{ ID string }
	w.call("POST", "/api/v1/folders/", `{"name":"shared"}`, w.tokens["other"]).is(200, "").into(&x)
	for _, id := range []string{folder, x.ID} {
		grants := []store.Grant{{PrincipalType: "user", PrincipalID: "*", Permission: "read"}}
		if _, err := w.store.Folders.Share(w.t.Context(), store.Program(), id, grants); err != nil {
			w.t.Fatal(err)
		}
	}
}
