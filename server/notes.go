package server

import (
	"context"
	"net/http"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func (s *Server) noteRoutes() []route {
	const notes = "/api/v1/notes/"
	return resource(refusals{{store.ErrNotPermitted, http.StatusUnauthorized, msgUnauthorized}},
		endpoint("GET", notes+"{$}", "Notes of one's own and shared ones, the last changed first", member, s.listNotes),
		endpoint("GET", notes+"pinned", "Notes that one has pinned", member, s.pinnedNotes),
		endpoint("GET", notes+"search", "Notes that one may write, or read, by their words", member, s.searchNotes),
		endpoint("POST", notes+"create", "Create a note", member, s.createNote),
		endpoint("GET", notes+"{id}", "A note", member, s.getNote),
		endpoint("POST", notes+"{id}/update", "Change a note", member, s.updateNote),
		endpoint("POST", notes+"{id}/access/update", "Share a note", member, s.shareNote),
		endpoint("POST", notes+"{id}/pin", "Pin a note, or unpin it", member, s.pinNote),
		endpoint("DELETE", notes+"{id}/delete", "Delete a note", member, s.deleteNote),
	)
}

type noteForm struct {
	Title  string          `json:"title"`
	Data   *jsonvalue.JSON `json:"data"`
	Meta   *jsonvalue.JSON `json:"meta"`
	Grants grantList       `json:"access_grants,omitempty"`
}

type noteUpdateForm struct {
	byID
	Title *string         `json:"title"`
	Data  *jsonvalue.JSON `json:"data"`
	Meta  *jsonvalue.JSON `json:"meta"`
}

type noteSearchForm struct {
	Query      string `query:"query" default:""`
	View       string `query:"view_option" default:"" about:"created or shared"`
	Permission string `query:"permission" default:"" about:"write, read, or read_only"`
	OrderBy    string `query:"order_by" default:"" about:"updated_at, created_at or name"`
	Direction  string `query:"direction" default:"" about:"asc or desc"`
	Page       int    `query:"page" default:"1"`
}

type noteAnswer struct {
	ID        string              `json:"id"`
	UserID    string              `json:"user_id"`
	Title     string              `json:"title"`
	Data      verbatim            `json:"data"`
	Meta      verbatim            `json:"meta"`
	IsPinned  bool                `json:"is_pinned"`
	Grants    []model.AccessGrant `json:"access_grants"`
	CreatedAt int64               `json:"created_at"`
	UpdatedAt int64               `json:"updated_at"`
}

type noteDetail struct {
	noteAnswer
	WriteAccess bool `json:"write_access"`
}

type noteItem struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Data      any       `json:"data"`
	IsPinned  bool      `json:"is_pinned"`
	UpdatedAt int64     `json:"updated_at"`
	CreatedAt int64     `json:"created_at"`
	User      *userCard `json:"user"`
}

type noteFound struct {
	noteItem
	UserID string              `json:"user_id"`
	Meta   jsonvalue.JSON      `json:"meta"`
	Grants []model.AccessGrant `json:"access_grants"`
}

type noteSearchAnswer struct {
	Items []noteFound `json:"items"`
	Total int64       `json:"total"`
}

func answerNote(n *store.Note, err error) (*noteDetail, error) {
	if err != nil {
		return nil, err
	}
	return &noteDetail{noteAnswer{ID: n.ID, UserID: orZero(n.UserID), Title: orZero(n.Title), Data: readable(n.Data), Meta: readable(n.Meta),
		IsPinned: n.Pinned, Grants: notNil(n.Grants), CreatedAt: orZero(n.CreatedAt), UpdatedAt: orZero(n.UpdatedAt)}, n.MayWrite}, nil
}

// answerChanged is the note without what only its own page asks.
func answerChanged(n *store.Note, err error) (*noteAnswer, error) {
	out, err := answerNote(n, err)
	if err != nil {
		return nil, err
	}
	return &out.noteAnswer, nil
}

func listed(n store.NoteItem) noteItem {
	it := noteItem{ID: n.ID, Title: n.Title, Data: object{}, IsPinned: n.Pinned, UpdatedAt: n.UpdatedAt, CreatedAt: n.CreatedAt, User: cardOf(n.Owner)}
	if n.HasText {
		it.Data = object{"content": object{"md": n.Text}}
	}
	return it
}

func answerNotes(found []store.NoteItem, err error) ([]noteItem, error) {
	out := make([]noteItem, len(found))
	for i, n := range found {
		out[i] = listed(n)
	}
	return out, err
}

func (s *Server) listNotes(ctx context.Context, r *request, f paged) ([]noteItem, error) {
	return answerNotes(s.store.Notes.List(ctx, r.who(), f.page()))
}

func (s *Server) pinnedNotes(ctx context.Context, r *request, _ none) ([]noteItem, error) {
	return answerNotes(s.store.Notes.Pinned(ctx, r.who()))
}

func (s *Server) searchNotes(ctx context.Context, r *request, f noteSearchForm) (*noteSearchAnswer, error) {
	filter := store.NoteFilter{Query: f.Query, Mine: f.View == "created", Others: f.View == "shared",
		ReadOnly: f.Permission == "read_only", Sort: f.OrderBy, Ascending: f.Direction == "asc"}
	if f.Permission == "read" || filter.ReadOnly {
		filter.Right = store.MayRead
	}
	found, total, err := s.store.Notes.Search(ctx, r.who(), filter, store.PageNumber(f.Page))
	out := &noteSearchAnswer{Items: make([]noteFound, len(found)), Total: total}
	for i, n := range found {
		out.Items[i] = noteFound{noteItem: listed(n), UserID: n.UserID, Meta: n.Meta, Grants: notNil(n.Grants)}
	}
	return out, err
}

func (s *Server) createNote(ctx context.Context, r *request, f noteForm) (*noteAnswer, error) {
	data, meta := jsonvalue.Text("{}"), jsonvalue.Null()
	if f.Data != nil {
		data = *f.Data
	}
	if f.Meta != nil {
		meta = *f.Meta
	}
	return answerChanged(s.store.Notes.Create(ctx, r.who(), f.Title, data, meta, f.Grants))
}

func (s *Server) getNote(ctx context.Context, r *request, f byID) (*noteDetail, error) {
	return answerNote(s.store.Notes.Get(ctx, r.who(), f.ID))
}

func (s *Server) updateNote(ctx context.Context, r *request, f noteUpdateForm) (*noteAnswer, error) {
	return answerChanged(s.store.Notes.Update(ctx, r.who(), f.ID, func(n *model.Note) error {
		if f.Title != nil {
			n.Title = f.Title
		}
		n.Data, n.Meta = n.Data.Merged(orZero(f.Data)), n.Meta.Merged(orZero(f.Meta))
		return nil
	}))
}

type shareForm struct {
	byID
	Grants grantList `json:"access_grants"`
}

func (s *Server) shareNote(ctx context.Context, r *request, f shareForm) (*noteAnswer, error) {
	return answerChanged(s.store.Notes.Share(ctx, r.who(), f.ID, f.Grants))
}

func (s *Server) pinNote(ctx context.Context, r *request, f byID) (*noteAnswer, error) {
	return answerChanged(s.store.Notes.TogglePin(ctx, r.who(), f.ID))
}

func (s *Server) deleteNote(ctx context.Context, r *request, f byID) (bool, error) {
	return true, s.store.Notes.Delete(ctx, r.who(), f.ID)
}
