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
		endpoint("GET", notes+"{id}/chat", "One's chat about a note; it is made at the first time", member, s.noteChat).making(),
		endpoint("POST", notes+"{id}/chat", "Make another chat about a note", member, s.newNoteChat),
		endpoint("GET", notes+"{id}/chats", "One's chats about a note", member, s.noteChats),
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
	MayWrite  *bool               `json:"write_access,omitempty"` // of one note that is asked for
}

type noteItem struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Data      verbatim  `json:"data"`
	IsPinned  bool      `json:"is_pinned"`
	UpdatedAt int64     `json:"updated_at"`
	CreatedAt int64     `json:"created_at"`
	User      *userCard `json:"user"`
}

type noteFound struct {
	noteAnswer
	User *userCard `json:"user"`
}

func answerNote(n *store.Note, err error) (*noteAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &noteAnswer{n.ID, orZero(n.UserID), orZero(n.Title), readable(n.Data), readable(n.Meta), n.Pinned,
		notNil(n.Grants),
		orZero(n.CreatedAt), orZero(n.UpdatedAt), nil}, nil
}

// excerpt is the data of a note in a list.
func excerpt(n *store.NoteItem) verbatim {
	if !n.HasText {
		return "{}"
	}
	return encoded(object{"content": object{"md": n.Text}})
}

func answerNotes(items []store.NoteItem, err error) ([]noteItem, error) {
	return answerList(items, err, func(n store.NoteItem) noteItem {
		return noteItem{n.ID, n.Title, excerpt(&n), n.Pinned, n.UpdatedAt, n.CreatedAt, cardOf(n.Owner)}
	})
}

func (s *Server) listNotes(ctx context.Context, r *request, f paged) ([]noteItem, error) {
	return answerNotes(s.store.Notes.List(ctx, r.who(), f.page()))
}

func (s *Server) pinnedNotes(ctx context.Context, r *request, _ none) ([]noteItem, error) {
	return answerNotes(s.store.Notes.Pinned(ctx, r.who()))
}

func (s *Server) searchNotes(ctx context.Context, r *request, f noteSearchForm) (*found[noteFound], error) {
	filter := store.NoteFilter{Query: f.Query, Mine: f.View == "created", Others: f.View == "shared",
		ReadOnly: f.Permission == "read_only", Sort: f.OrderBy, Ascending: f.Direction == "asc"}
	if f.Permission == "read" || filter.ReadOnly {
		filter.Right = store.MayRead
	}
	items, total, err := s.store.Notes.Search(ctx, r.who(), filter, store.PageNumber(f.Page))
	return answerFound(items, total, err, func(n store.NoteItem) noteFound {
		return noteFound{noteAnswer{n.ID, n.UserID, n.Title, excerpt(&n), readable(n.Meta), n.Pinned, notNil(n.Grants),
			n.CreatedAt, n.UpdatedAt, nil}, cardOf(n.Owner)}
	})
}

func (s *Server) createNote(ctx context.Context, r *request, f noteForm) (*noteAnswer, error) {
	data, meta := jsonOr(f.Data, "{}"), jsonOr(f.Meta, "null")
	return answerNote(s.store.Notes.Create(ctx, r.who(), f.Title, data, meta, f.Grants))
}

func (s *Server) getNote(ctx context.Context, r *request, f byID) (*noteAnswer, error) {
	n, err := s.store.Notes.Get(ctx, r.who(), f.ID)
	out, err := answerNote(n, err)
	if err == nil {
		out.MayWrite = &n.MayWrite
	}
	return out, err
}

func (s *Server) updateNote(ctx context.Context, r *request, f noteUpdateForm) (*noteAnswer, error) {
	return answerNote(s.store.Notes.Update(ctx, r.who(), f.ID, func(n *model.Note) error {
		if f.Title != nil {
			n.Title = f.Title
		}
		n.Data, n.Meta = n.Data.Merged(orZero(f.Data)), n.Meta.Merged(orZero(f.Meta))
		return nil
	}))
}

func (s *Server) shareNote(ctx context.Context, r *request, f shareForm) (*noteAnswer, error) {
	return answerNote(s.store.Notes.Share(ctx, r.who(), f.ID, f.Grants))
}

func (s *Server) pinNote(ctx context.Context, r *request, f byID) (*noteAnswer, error) {
	return answerNote(s.store.Notes.TogglePin(ctx, r.who(), f.ID))
}

func (s *Server) deleteNote(ctx context.Context, r *request, f byID) (bool, error) {
	return true, s.store.Notes.Delete(ctx, r.who(), f.ID)
}

func (s *Server) noteChat(ctx context.Context, r *request, f byID) (*chatAnswer, error) {
	return answerChat(s.store.Notes.Chat(ctx, r.who(), f.ID))
}

func (s *Server) newNoteChat(ctx context.Context, r *request, f byID) (*chatAnswer, error) {
	return answerChat(s.store.Notes.NewChat(ctx, r.who(), f.ID))
}

func (s *Server) noteChats(ctx context.Context, r *request, f byID) ([]chatAnswer, error) {
	return answerChats(s.store.Notes.Chats(ctx, r.who(), f.ID))
}
