package server

import (
	"context"
	"net/http"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func (s *Server) folderRoutes() []route {
	const folders = "/api/v1/folders/"
	return resource(refusals{
		{store.ErrFolderExists, http.StatusBadRequest, "[ERROR: Folder already exists]"},
		{store.ErrFolderInside, http.StatusBadRequest,
			"[ERROR: Cannot move a folder into itself or one of its subfolders]"},
		{store.ErrNotPermitted, http.StatusForbidden, msgAccessProhibited},
		{dberr.ErrInvalid, http.StatusBadRequest, msgSomethingWrong},
	},
		endpoint("GET", folders+"{$}", "One's folders", member, s.listFolders),
		endpoint("POST", folders+"{$}", "Create a folder", member, s.createFolder),
		endpoint("GET", folders+"shared", "Folders of others that are shared with one", member, s.sharedFolders).word(),
		endpoint("GET", folders+"{id}", "A folder", member, s.getFolder),
		endpoint("DELETE", folders+"{id}", "Delete a folder and those inside it, with their chats or without", member, s.deleteFolder),
		endpoint("POST", folders+"{id}/update", "Change a folder: members are merged", member, s.updateFolder),
		endpoint("POST", folders+"{id}/update/parent", "Move a folder", member, s.moveFolder),
		endpoint("POST", folders+"{id}/update/expanded", "Note whether a folder is shown open", member, s.expandFolder),
		endpoint("POST", folders+"{id}/access/update", "Share a folder", member, s.shareFolder),
		endpoint("GET", folders+"{id}/shared/chats", "Chats in a folder, of all who may write to it", member, s.sharedFolderChats),
		endpoint("POST", folders+"{id}/read", "Mark one's chats in a folder as read", member, s.readFolder),
	)
}

type folderForm struct {
	Name   string          `json:"name"`
	Data   *jsonvalue.JSON `json:"data"`
	Meta   *jsonvalue.JSON `json:"meta"`
	Parent *string         `json:"parent_id"`
}

type folderUpdateForm struct {
	byID
	Name *string         `json:"name"`
	Data *jsonvalue.JSON `json:"data"`
	Meta *jsonvalue.JSON `json:"meta"`
}

type folderAnswer struct {
	ID         string   `json:"id"`
	ParentID   *string  `json:"parent_id"`
	UserID     string   `json:"user_id"`
	Name       string   `json:"name"`
	Items      verbatim `json:"items"`
	Meta       verbatim `json:"meta"`
	Data       verbatim `json:"data"`
	IsExpanded bool     `json:"is_expanded"`
	CreatedAt  int64    `json:"created_at"`
	UpdatedAt  int64    `json:"updated_at"`
}

type folderDetail struct {
	folderAnswer
	Grants   []model.AccessGrant `json:"access_grants"`
	MayWrite bool                `json:"write_access"`
}

type folderItem struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Meta       verbatim `json:"meta"`
	ParentID   *string  `json:"parent_id"`
	IsExpanded bool     `json:"is_expanded"`
	Unread     int64    `json:"unread_count"`
	CreatedAt  int64    `json:"created_at"`
	UpdatedAt  int64    `json:"updated_at"`
}

func answerFolder(f *model.Folder, err error) (*folderAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &folderAnswer{f.ID, f.ParentID, f.UserID, f.Name, readable(f.Items), readable(f.Meta), readable(f.Data),
		f.IsExpanded, f.CreatedAt, f.UpdatedAt}, nil
}

func detailed(f store.Folder) folderDetail {
	a, _ := answerFolder(&f.Folder, nil) // fails only with an error
	return folderDetail{*a, notNil(f.Grants), f.MayWrite}
}

func answerDetail(f *store.Folder, err error) (*folderDetail, error) {
	if err != nil {
		return nil, err
	}
	out := detailed(*f)
	return &out, nil
}

func (s *Server) listFolders(ctx context.Context, r *request, _ none) ([]folderItem, error) {
	items, err := s.store.Folders.List(ctx, r.who())
	return answerList(items, err, func(f store.FolderItem) folderItem {
		return folderItem{f.ID, f.Name, readable(f.Meta), f.ParentID, f.IsExpanded, f.Unread, f.CreatedAt, f.UpdatedAt}
	})
}

func (s *Server) sharedFolders(ctx context.Context, r *request, _ none) ([]folderDetail, error) {
	items, err := s.store.Folders.Shared(ctx, r.who())
	return answerList(items, err, detailed)
}

func (s *Server) createFolder(ctx context.Context, r *request, f folderForm) (*folderAnswer, error) {
	return answerFolder(s.store.Folders.Create(ctx, r.who(), f.Name, f.Parent, jsonOr(f.Data, "null"),
		jsonOr(f.Meta, "null")))
}

func (s *Server) getFolder(ctx context.Context, r *request, f byID) (*folderDetail, error) {
	return answerDetail(s.store.Folders.Get(ctx, r.who(), f.ID))
}

func (s *Server) updateFolder(ctx context.Context, r *request, f folderUpdateForm) (*folderAnswer, error) {
	return answerFolder(s.store.Folders.Update(ctx, r.who(), f.ID, func(x *model.Folder) error {
		if f.Name != nil {
			x.Name = *f.Name
		}
		x.Data, x.Meta = x.Data.Merged(orZero(f.Data)), x.Meta.Merged(orZero(f.Meta))
		return nil
	}))
}

type folderParentForm struct {
	byID
	Parent *string `json:"parent_id"`
}

func (s *Server) moveFolder(ctx context.Context, r *request, f folderParentForm) (*folderAnswer, error) {
	return answerFolder(s.store.Folders.Update(ctx, r.who(), f.ID,
		func(x *model.Folder) error { x.ParentID = f.Parent; return nil }))
}

type folderExpandedForm struct {
	byID
	Expanded bool `json:"is_expanded"`
}

func (s *Server) expandFolder(ctx context.Context, r *request, f folderExpandedForm) (*folderAnswer, error) {
	return answerFolder(s.store.Folders.Update(ctx, r.who(), f.ID,
		func(x *model.Folder) error { x.IsExpanded = f.Expanded; return nil }))
}

type deleteFolderForm struct {
	byID
	Contents bool `query:"delete_contents" default:"true" about:"also the chats; else they are in no folder any more"`
}

func (s *Server) deleteFolder(ctx context.Context, r *request, f deleteFolderForm) (bool, error) {
	return true, s.store.Folders.Delete(ctx, r.who(), f.ID, f.Contents)
}

func (s *Server) shareFolder(ctx context.Context, r *request, f shareForm) (*folderDetail, error) {
	return answerDetail(s.store.Folders.Share(ctx, r.who(), f.ID, f.Grants))
}

type folderChatsAnswer struct {
	Chats      []chatItem `json:"chats"`
	Permission string     `json:"folder_permission"`
	Total      *int64     `json:"total,omitempty"` // as HasMore, of pages only
	HasMore    *bool      `json:"has_more,omitempty"`
}

func (s *Server) sharedFolderChats(ctx context.Context, r *request, f folderListForm) (*folderChatsAnswer, error) {
	x, items, total, err := s.store.Folders.Chats(ctx, r.who(), f.ID, f.filter(), f.page())
	if err != nil {
		return nil, err
	}
	out := &folderChatsAnswer{Permission: "read"}
	if f.Page != nil {
		more := int64(f.page().Offset+len(items)) < total
		out.Total, out.HasMore = &total, &more
	}
	if x.MayWrite {
		out.Permission = "write"
	}
	out.Chats, err = chatItems(items, nil)
	return out, err
}

type readFolderAnswer struct {
	ID  string   `json:"folder_id"`
	IDs []string `json:"folder_ids"`
	readAnswer
}

func (s *Server) readFolder(ctx context.Context, r *request, f byID) (*readFolderAnswer, error) {
	ids, n, err := s.store.Folders.MarkRead(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	unread, err := s.store.Folders.Unread(ctx, r.who())
	return &readFolderAnswer{f.ID, ids, readAnswer{n, unread}}, err
}
