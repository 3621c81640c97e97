package server_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/model"
)

// What the page's search shows is found by its words, with a link to the message.
func TestSearchOfTheWorkspace(t *testing.T) {
	a := local(t)
	a.admin()
	bob := a.user("bob", model.RoleUser)
	long := strings.Repeat("before ", 100) + "the Needle & thread " + strings.Repeat("after ", 1000)
	c := a.chat(bob, `{"title":"sewing","history":{"currentId":"m 1","messages":{"m 1":{"role":"user","content":"`+long+`"}}}}`)
	var n struct{ ID string }
	a.call("POST", "/api/v1/notes/create", `{"title":"haystack","data":{"content":{"md":"a needle"}}}`, bob).
		is(200, "").into(&n)
	var f struct{ ID string }
	a.call("POST", "/api/v1/folders/", `{"name":"Hobbies"}`, bob).is(200, "").into(&f)
	a.call("POST", "/api/v1/chats/"+c.ID+"/folder", `{"folder_id":"`+f.ID+`"}`, bob).is(200, "")

	type found struct {
		Items []struct {
			ID, Kind, Title, Context, Snippet, Preview, URL string
			UpdatedAt                                       int64 `json:"updated_at"`
			Shared, Pinned                                  bool
		}
		More   bool `json:"has_more"`
		Scopes []struct{ ID, Name, Kind string }
		Kinds  []string
	}
	search := func(query string) (out found) {
		t.Helper()
		a.call("GET", "/api/v1/search?"+query, nil, bob).is(200, "").into(&out)
		return out
	}
	all := search("q=+needle+")
	if len(all.Items) != 2 || all.More || strings.Join(all.Kinds, " ") != "chat note" {
		t.Fatalf("found %+v", all)
	}
	if s := all.Scopes; len(s) != 1 || s[0].ID != "folder:"+f.ID || s[0].Name != "Hobbies" || s[0].Kind != "folder" {
		t.Errorf("scopes %+v", s)
	}
	for _, x := range all.Items {
		switch x.Kind {
		case "chat":
			if x.ID != "chat:"+c.ID || x.Title != "sewing" || x.Context != "Hobbies" || x.URL != "/c/"+c.ID+"?message=m+1" {
				t.Errorf("the chat is %+v", x)
			}
			if n := len([]rune(x.Snippet)); !strings.Contains(x.Snippet, "Needle & thread") || n > 202 ||
				!strings.HasPrefix(x.Snippet, "…") {
				t.Errorf("the snippet is %q, %d characters", x.Snippet, n)
			}
			if n := len([]rune(x.Preview)); n < 1000 || n > 2402 || !strings.HasSuffix(x.Preview, "…") {
				t.Errorf("the preview has %d characters", n)
			}
		case "note":
			if x.ID != "note:"+n.ID || x.Context != "Personal note" || x.URL != "/notes/"+n.ID+"?search=needle" ||
				x.Snippet != "a needle" || x.UpdatedAt > 1e11 {
				t.Errorf("the note is %+v", x)
			}
		}
	}
	for query, want := range map[string]int{
		"q=needle&kind=chat": 1, "q=needle&kind=note": 1, "q=needle&kind=message": 0, "q=needle&sharing=mine": 2, "q=needle&sharing=shared": 0,
		"q=needle&page=2": 0, "q=needle&scope=folder:" + f.ID: 1, "q=needle&scope=folder:x": 0, "q=needle&scope=channel:x": 0,
		"q=needle&scope=folder:": 0, "q=": 2, "": 2, "q=needle+sewing": 1, "q=%25": 0, "q=NEEDLE": 2,
	} {
		if got := search(query); len(got.Items) != want {
			t.Errorf("%s finds %d, want %d", query, len(got.Items), want)
		}
	}
	a.call("GET", "/api/v1/search?q="+strings.Repeat("x", 501), nil, bob).is(422, "")
	a.call("GET", "/api/v1/search?q="+strings.Repeat("%C3%A9", 500), nil, bob).is(200, "")
	a.call("GET", "/api/v1/search?page=0", nil, bob).is(422, "")
}

func TestAFolderIsNotInsideItself(t *testing.T) {
	a := local(t)
	token := a.admin()
	var kitchen, soup struct{ ID string }
	a.call("POST", "/api/v1/folders/", `{"name":"kitchen"}`, token).is(200, "").into(&kitchen)
	a.call("POST", "/api/v1/folders/", `{"name":"soup","parent_id":"`+kitchen.ID+`"}`, token).is(200, "").into(&soup)
	for _, into := range []string{kitchen.ID, soup.ID} {
		a.call("POST", "/api/v1/folders/"+kitchen.ID+"/update/parent", `{"parent_id":"`+into+`"}`, token).
			is(400, "[ERROR: Cannot move a folder into itself or one of its subfolders]")
	}
}
