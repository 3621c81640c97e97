package server

import (
	"context"
	"net/http"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func (s *Server) chatRoutes() []route {
	const chats = "/api/v1/chats/"
	gone := refusal{dberr.ErrNotFound, http.StatusNotFound, msgNotFound}
	return resource(refusals{{dberr.ErrNotFound, http.StatusUnauthorized, msgNotFound}},
		endpoint("GET", chats+"{$}", "One's chats, the last changed first", member, s.listChats),
		endpoint("GET", chats+"list", "The same as /api/v1/chats/", member, s.listChats),
		endpoint("DELETE", chats+"{$}", "Delete all of one's chats", member, s.deleteChats),
		endpoint("POST", chats+"new", "Create a chat", member, s.createChat).refusing(gone),
		endpoint("GET", chats+"{id}", "A chat with its whole document", member, s.getChat),
		endpoint("POST", chats+"{id}", "Update a chat: members are merged, messages united", member, s.updateChat),
		endpoint("DELETE", chats+"{id}", "Delete a chat", member, s.deleteChat).refusing(gone),
	)
}

type chatForm struct {
	Chat      document        `json:"chat"`
	Variables *jsonvalue.JSON `json:"variables"`
	FolderID  *string         `json:"folder_id"`
}

func (f chatForm) input() store.ChatInput {
	return store.ChatInput{Document: f.Chat.Document, Variables: orZero(f.Variables), FolderID: f.FolderID}
}

type chatItem struct {
	ID         string  `json:"id"`
	Title      string  `json:"title"`
	UpdatedAt  int64   `json:"updated_at"`
	CreatedAt  int64   `json:"created_at"`
	LastReadAt *int64  `json:"last_read_at"`
	Snippet    *string `json:"snippet"`
	Active     bool    `json:"active"`
	Archived   bool    `json:"archived"`
}

type chatAnswer struct {
	ID               string   `json:"id"`
	UserID           string   `json:"user_id"`
	Title            string   `json:"title"`
	Chat             verbatim `json:"chat"`
	UpdatedAt        int64    `json:"updated_at"`
	CreatedAt        int64    `json:"created_at"`
	ShareID          *string  `json:"share_id"`
	Archived         bool     `json:"archived"`
	Pinned           bool     `json:"pinned"`
	Meta             verbatim `json:"meta"`
	Variables        verbatim `json:"variables"`
	FolderID         *string  `json:"folder_id"`
	Tasks            verbatim `json:"tasks"`
	Summary          *string  `json:"summary"`
	CurrentMessageID *string  `json:"current_message_id"`
	ContextUsage     *string  `json:"context_usage"`
}

// answerChat shows a chat. The document goes out as it is stored.
func answerChat(c *model.Chat, err error) (*chatAnswer, error) {
	if err != nil {
		return nil, err
	}
	doc, err := storedDocument(c.Chat)
	if err != nil {
		return nil, err
	}
	return &chatAnswer{
		ID: c.ID, UserID: orZero(c.UserID), Title: orZero(c.Title), Chat: doc,
		UpdatedAt: orZero(c.UpdatedAt), CreatedAt: orZero(c.CreatedAt), ShareID: c.ShareID,
		Archived: orZero(c.Archived), Pinned: orZero(c.Pinned), Meta: readableObject(c.Meta), Variables: readableObject(c.Variables),
		FolderID: c.FolderID, Tasks: readable(c.Tasks), Summary: c.Summary, CurrentMessageID: c.CurrentMessageID,
	}, nil
}

type chatListForm struct {
	Page           *int   `query:"page" about:"from 1; 60 chats per page; all chats without it"`
	IncludePinned  bool   `query:"include_pinned" default:"false" about:"also those that are pinned"`
	IncludeFolders bool   `query:"include_folders" default:"false" about:"also those in folders"`
	SortBy         string `query:"sort_by" default:"updated_at" words:"updated_at,created_at,title"`
	SortDir        string `query:"sort_dir" default:"desc" words:"desc,asc"`
}

func (s *Server) listChats(ctx context.Context, r *request, f chatListForm) ([]chatItem, error) {
	filter := store.ChatFilter{IncludePinned: f.IncludePinned, IncludeFolders: f.IncludeFolders,
		Sort: store.ChatSort(f.SortBy), Ascending: f.SortDir == "asc"}
	return chatItems(s.store.Chats.List(ctx, r.who(), filter, paged{f.Page}.page()))
}

func chatItems(items []store.ChatItem, err error) ([]chatItem, error) {
	return answerList(items, err, func(it store.ChatItem) chatItem {
		return chatItem{ID: it.ID, Title: it.Title, UpdatedAt: it.UpdatedAt, CreatedAt: it.CreatedAt, LastReadAt: it.LastReadAt, Archived: it.Archived}
	})
}

func (s *Server) createChat(ctx context.Context, r *request, f chatForm) (*chatAnswer, error) {
	return answerChat(s.store.Chats.Create(ctx, r.who(), f.input()))
}

func (s *Server) getChat(ctx context.Context, r *request, f byID) (*chatAnswer, error) {
	return answerChat(s.store.Chats.Get(ctx, r.who(), f.ID))
}

type chatUpdateForm struct {
	byID
	chatForm
}

func (s *Server) updateChat(ctx context.Context, r *request, f chatUpdateForm) (*chatAnswer, error) {
	return answerChat(s.store.Chats.Merge(ctx, r.who(), f.ID, f.input()))
}

func (s *Server) deleteChat(ctx context.Context, r *request, f byID) (bool, error) {
	return true, s.store.Chats.Delete(ctx, r.who(), f.ID)
}

func (s *Server) deleteChats(ctx context.Context, r *request, _ none) (bool, error) {
	_, err := s.store.Chats.DeleteAll(ctx, r.who())
	return true, err
}
