package server

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/store"
)

const (
	hitsPerPage = 24
	snippet     = 200  // characters of what was found
	preview     = 2400 // characters of it that are shown beside the list
)

func (s *Server) workspaceRoutes() []route {
	return resource(refusals{{store.ErrNotPermitted, http.StatusUnauthorized, msgUnauthorized}},
		endpoint("GET", "/api/v1/search", "Chats, snapshots that were shared with one, and notes, by their words", member,
			s.searchWorkspace).readingDocuments(),
	)
}

type workspaceForm struct {
	Text    string `query:"q" default:"" longest:"500" about:"words, each in the title or the text"`
	Kind    string `query:"kind" default:"all" words:"all,chat,message,note"`
	Sharing string `query:"sharing" default:"all" words:"all,mine,shared"`
	Scope   string `query:"scope" default:"" longest:"200" about:"folder: and the id of one"`
	Page    int    `query:"page" default:"1" least:"1" most:"100000"`
}

type hitAnswer struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Title     string `json:"title"`
	Context   string `json:"context"`
	Snippet   string `json:"snippet"`
	Preview   string `json:"preview"`
	URL       string `json:"url"`
	UpdatedAt int64  `json:"updated_at"`
	Shared    bool   `json:"shared"`
	Pinned    bool   `json:"pinned"`
}

type scopeAnswer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
}

type workspaceAnswer struct {
	Items  []hitAnswer   `json:"items"`
	More   bool          `json:"has_more"`
	Scopes []scopeAnswer `json:"scopes"`
	Kinds  []string      `json:"kinds"`
}

func (s *Server) searchWorkspace(ctx context.Context, r *request, f workspaceForm) (*workspaceAnswer, error) {
	filter := store.WorkspaceFilter{Text: f.Text, Mine: f.Sharing == "mine", Others: f.Sharing == "shared"}
	folder, ok := strings.CutPrefix(f.Scope, "folder:")
	if filter.Folder = folder; f.Scope == "" || ok && folder != "" { // another scope, like that of a channel, has nothing
		filter.Chats = f.Kind == "all" || f.Kind == "chat"
		filter.Notes = f.Kind == "all" || f.Kind == "note"
	}
	found, err := s.store.Workspace.Search(ctx, r.who(), filter, store.PageOf(f.Page, hitsPerPage))
	if err != nil {
		return nil, err
	}
	out := &workspaceAnswer{Items: []hitAnswer{}, More: found.More, Scopes: []scopeAnswer{}, Kinds: []string{"chat"}}
	if found.Notes {
		out.Kinds = append(out.Kinds, "note")
	}
	for _, x := range found.Folders {
		out.Scopes = append(out.Scopes, scopeAnswer{"folder:" + x.ID, x.Name, "folder"})
	}
	for _, h := range found.Hits {
		out.Items = append(out.Items, hitOf(h, strings.TrimSpace(f.Text)))
	}
	return out, nil
}

func hitOf(h store.Hit, text string) hitAnswer {
	words := strings.Fields(text)
	out := hitAnswer{ID: fmt.Sprintf("%s:%s", h.Kind, h.ID), Kind: "chat", Title: h.Title, Snippet: around(h.Text, words, snippet),
		Preview: around(h.Text, words, preview), UpdatedAt: h.UpdatedAt, Shared: h.Shared, Pinned: h.Pinned}
	if out.Title == "" {
		out.Title = "Untitled"
	}
	more := url.Values{}
	if h.MessageID != "" {
		more.Set("message", h.MessageID)
	}
	switch h.Kind {
	case store.HitNote:
		out.Kind, out.URL, out.Context = "note", "/notes/"+h.ID, "Personal note"
		if h.Shared {
			out.Context = "Shared note"
		}
		if text != "" {
			more.Set("search", text)
		}
	case store.HitSnapshot:
		out.URL, out.Context = "/s/"+h.ID, "Shared snapshot"
	default:
		out.URL, out.Context = "/c/"+h.ID, "Personal chat"
		if h.Folder != "" {
			out.Context = h.Folder
		}
	}
	if len(more) > 0 {
		out.URL += "?" + more.Encode()
	}
	return out
}

// around is at most n characters of a text, about the first of the words that is
// in it, with … where something is left out.
func around(text string, words []string, n int) string {
	lower, at := strings.ToLower(text), -1
	for _, word := range words {
		if i := strings.Index(lower, strings.ToLower(word)); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	r, start := []rune(text), 0
	if at > 0 {
		start = max(0, min(utf8.RuneCountInString(lower[:at])-n/4, len(r)-1))
	}
	end := min(start+n, len(r))
	out := strings.TrimSpace(string(r[start:end]))
	if start > 0 {
		out = "…" + out
	}
	if end < len(r) {
		out += "…"
	}
	return out
}
