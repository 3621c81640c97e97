package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

const (
	knowledgePath = "/api/v1/knowledge/"

	msgNotProcessed = "Extracted content is not available for this file. Please ensure that the file is processed before proceeding."
	msgElsewhere    = "External knowledge bases are read-only."
	msgNoVectors    = "There is no vector store behind this server: texts are not embedded, and are found by their words only."
	msgDirExists    = "Failed to create directory. A directory with this name may already exist at this level."
	msgDirPlace     = "Failed to update directory. This may be caused by a naming conflict or circular move."
)

func (s *Server) knowledgeRoutes() []route {
	bases := resource(refusals{ // a base that is not there, or not for one, is a bad request
		{dberr.ErrNotFound, http.StatusBadRequest, msgNotFound},
		{store.ErrNoAccess, http.StatusBadRequest, msgAccessProhibited},
		{store.ErrNotInBase, http.StatusBadRequest, msgNotFound},
		{store.ErrFileUnread, http.StatusBadRequest, msgNotProcessed},
		{store.ErrFileEmpty, http.StatusBadRequest, msgFileEmpty},
	},
		endpoint("GET", knowledgePath+"{id}", "A knowledge base", member, s.getKnowledge).refusing(
			refusal{dberr.ErrNotFound, http.StatusNotFound, msgNotFound}, refusal{store.ErrNoAccess, http.StatusUnauthorized,
				msgAccessProhibited}),
		endpoint("POST", knowledgePath+"{id}/update", "Change a knowledge base", member, s.updateKnowledge),
		endpoint("POST", knowledgePath+"{id}/access/update", "Share a knowledge base", member, s.shareKnowledge).refusing(
			refusal{dberr.ErrNotFound, http.StatusNotFound, msgNotFound}),
		endpoint("DELETE", knowledgePath+"{id}/delete", "Delete a knowledge base; its files stay", member, s.deleteKnowledge),
		endpoint("POST", knowledgePath+"{id}/reset", "Take all files out of a knowledge base", member, s.resetKnowledge),
		endpoint("GET", knowledgePath+"{id}/files", "The files in a knowledge base, and its directories", member, s.knowledgeFiles),
		streaming("GET", knowledgePath+"{id}/files/pending", "Files whose text is still read; as events until there are none",
			member, s.pendingKnowledge).
			refusing(refusal{dberr.ErrNotFound, http.StatusNotFound, msgNotFound}),
		endpoint("POST", knowledgePath+"{id}/file/add", "Put a file into a knowledge base", member, s.addKnowledgeFile),
		endpoint("POST", knowledgePath+"{id}/files/batch/add", "Put files into a knowledge base", member, s.addKnowledgeFiles),
		endpoint("POST", knowledgePath+"{id}/file/update", "Embed a file in a knowledge base again; here there is nothing to do", member, s.refreshKnowledgeFile),
		endpoint("POST", knowledgePath+"{id}/file/remove", "Take a file out of a knowledge base", member, s.removeKnowledgeFile),
	)
	inside := resource(refusals{{store.ErrNoAccess, http.StatusForbidden, msgAccessProhibited},
		{store.ErrNotInBase, http.StatusNotFound, msgNotFound}},
		endpoint("POST", knowledgePath+"{id}/sync/diff", "What to do so that a knowledge base has what a client has", member, s.compareKnowledge),
		endpoint("POST", knowledgePath+"{id}/sync/cleanup", "Take files and directories out of a knowledge base", member, s.cleanKnowledge),
		endpoint("POST", knowledgePath+"{id}/dirs/create", "Make a directory in a knowledge base", member, s.createDirectory).refusing(
			refusal{store.ErrNoDirectory, http.StatusNotFound, "Parent directory not found."}, refusal{store.ErrDirectoryPlace,
				http.StatusBadRequest, msgDirExists}),
		endpoint("POST", knowledgePath+"{id}/dirs/{dir_id}/update", "Rename or move a directory", member,
			s.updateDirectory).refusing(
			refusal{store.ErrNoDirectory, http.StatusNotFound, "Parent directory not found."}, refusal{store.ErrDirectoryPlace,
				http.StatusBadRequest, msgDirPlace}),
		endpoint("DELETE", knowledgePath+"{id}/dirs/{dir_id}/delete", "Delete a directory", member, s.deleteDirectory),
		endpoint("POST", knowledgePath+"{id}/file/move", "Put a file into another directory", member, s.moveKnowledgeFile),
		streaming("GET", knowledgePath+"{id}/export", "The texts of a knowledge base as a ZIP file", admin,
			s.exportKnowledge),
	)
	lists := resource(refusals{{store.ErrNotPermitted, http.StatusUnauthorized, msgUnauthorized}},
		endpoint("GET", knowledgePath+"{$}", "Knowledge bases, the last changed first", member, s.listKnowledge),
		endpoint("GET", knowledgePath+"search", "Knowledge bases by their words", member, s.searchKnowledge).word(),
		endpoint("GET", knowledgePath+"search/files", "Files in all knowledge bases", member, s.searchKnowledgeFiles),
		endpoint("POST", knowledgePath+"create", "Make a knowledge base", member, s.createKnowledge).word(),
		endpoint("POST", knowledgePath+"reindex", "Embed all files again; there is no vector store here", member, s.reindexKnowledge).word(),
		endpoint("POST", knowledgePath+"metadata/reindex", "Embed names and descriptions again; here none is", admin, s.reindexMetadata),
	)
	return resource(refusals{
		{store.ErrKnowledgeElsewhere, http.StatusBadRequest, msgElsewhere},
		{store.ErrNoDirectory, http.StatusNotFound, "Target directory not found."},
		{store.ErrNoVectors, http.StatusNotImplemented, msgNoVectors},
	}, append(append(lists, bases...), inside...)...)
}

type knowledgeAnswer struct {
	ID          string              `json:"id"`
	UserID      string              `json:"user_id"`
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Meta        verbatim            `json:"meta"`
	Grants      []model.AccessGrant `json:"access_grants"`
	CreatedAt   int64               `json:"created_at"`
	UpdatedAt   int64               `json:"updated_at"`
}

// knowledgeMade is a base that was just made, or emptied.
type knowledgeMade struct {
	knowledgeAnswer
	Files *[]fileMetaAnswer `json:"files"` // null
}

type knowledgeDetail struct {
	knowledgeMade
	MayWrite bool `json:"write_access"`
}

type knowledgeListed struct {
	knowledgeAnswer
	User      *userCard `json:"user"`
	FileCount int64     `json:"file_count"`
	MayWrite  bool      `json:"write_access"`
}

// fileMetaAnswer is a file in a base that was changed.
type fileMetaAnswer struct {
	ID        string   `json:"id"`
	Hash      *string  `json:"hash"`
	Meta      verbatim `json:"meta"`
	CreatedAt int64    `json:"created_at"`
	UpdatedAt int64    `json:"updated_at"`
}

func showKnowledge(k *model.Knowledge, grants []model.AccessGrant) knowledgeAnswer {
	return knowledgeAnswer{k.ID, k.UserID, k.Name, orZero(k.Description), readable(k.Meta), notNil(grants), k.CreatedAt,
		orZero(k.UpdatedAt)}
}

func answerMade(k *store.KnowledgeBase, err error) (*knowledgeMade, error) {
	if err != nil {
		return nil, err
	}
	return &knowledgeMade{showKnowledge(&k.Knowledge, k.Grants), nil}, nil
}

// answerChanged is a base with its files, as it is shown to who has changed it.
func (s *Server) answerChanged(ctx context.Context, r *request, k *store.KnowledgeBase,
	err error) (*knowledgeDetail, error) {
	var missing *store.FileMissing
	switch {
	case errors.As(err, &missing):
		return nil, fail(http.StatusBadRequest, msgNotFound)
	case err != nil:
		return nil, err
	}
	files, err := s.store.Knowledge.Metas(ctx, r.who(), k.ID)
	list, err := answerList(files, err, func(f model.File) fileMetaAnswer {
		return fileMetaAnswer{f.ID, f.Hash, readable(f.Meta), orZero(f.CreatedAt), orZero(f.UpdatedAt)}
	})
	return &knowledgeDetail{knowledgeMade{showKnowledge(&k.Knowledge, k.Grants), orNull(list)}, false}, err
}

const knowledgePage = 30

type knowledgeSearchForm struct {
	Query     string `query:"query" default:""`
	View      string `query:"view_option" default:"" about:"created or shared"`
	Source    string `query:"source" default:"" about:"local or external"`
	Page      int    `query:"page" default:"1" about:"30 per page"`
	OrderBy   string `query:"order_by" default:"" about:"name, created_at or updated_at"`
	Direction string `query:"direction" default:"" about:"asc or desc"`
}

func (s *Server) searchKnowledge(ctx context.Context, r *request,
	f knowledgeSearchForm) (*found[knowledgeListed], error) {
	filter := store.KnowledgeFilter{Query: f.Query, Mine: f.View == "created", Others: f.View == "shared", Source: f.Source, Sort: f.OrderBy,
		Ascending: f.Direction == "asc"}
	items, total, err := s.store.Knowledge.List(ctx, r.who(), filter, store.PageOf(f.Page, knowledgePage))
	return answerFound(items, total, err, func(k store.KnowledgeItem) knowledgeListed {
		return knowledgeListed{showKnowledge(&k.Knowledge, k.Grants), cardOf(k.Owner), k.Files, k.MayWrite}
	})
}

type knowledgeListForm struct {
	Page int `query:"page" default:"1" about:"30 per page"`
}

func (s *Server) listKnowledge(ctx context.Context, r *request, f knowledgeListForm) (*found[knowledgeListed], error) {
	return s.searchKnowledge(ctx, r, knowledgeSearchForm{Page: f.Page})
}

type knowledgeForm struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Grants      grantList `json:"access_grants,omitempty"`
}

func (s *Server) createKnowledge(ctx context.Context, r *request, f knowledgeForm) (*knowledgeMade, error) {
	return answerMade(s.store.Knowledge.Create(ctx, r.who(), f.Name, f.Description, jsonvalue.Null(), f.Grants))
}

func (s *Server) getKnowledge(ctx context.Context, r *request, f byID) (*knowledgeDetail, error) {
	k, err := s.store.Knowledge.Get(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	return &knowledgeDetail{knowledgeMade{showKnowledge(&k.Knowledge, k.Grants), nil}, k.MayWrite}, nil
}

type knowledgeUpdateForm struct {
	byID
	knowledgeForm
}

func (s *Server) updateKnowledge(ctx context.Context, r *request, f knowledgeUpdateForm) (*knowledgeDetail, error) {
	k, err := s.store.Knowledge.Update(ctx, r.who(), f.ID, func(k *model.Knowledge) error {
		k.Name, k.Description = f.Name, &f.Description
		return nil
	})
	return s.answerChanged(ctx, r, k, err)
}

func (s *Server) shareKnowledge(ctx context.Context, r *request, f shareForm) (*knowledgeDetail, error) {
	k, err := s.store.Knowledge.Share(ctx, r.who(), f.ID, f.Grants)
	return s.answerChanged(ctx, r, k, err)
}

func (s *Server) deleteKnowledge(ctx context.Context, r *request, f byID) (bool, error) {
	return true, s.store.Knowledge.Delete(ctx, r.who(), f.ID)
}

type knowledgeResetForm struct {
	byID
	Directories bool `query:"include_directories" default:"true"`
}

func (s *Server) resetKnowledge(ctx context.Context, r *request, f knowledgeResetForm) (*knowledgeMade, error) {
	return answerMade(s.store.Knowledge.Reset(ctx, r.who(), f.ID, f.Directories))
}

func (s *Server) reindexKnowledge(ctx context.Context, r *request, _ none) (bool, error) {
	return true, s.store.Knowledge.Reindex(ctx, r.who())
}

type reindexAnswer struct {
	Total   int64 `json:"total"`
	Success int64 `json:"success"`
}

// reindexMetadata answers as Open WebUI does when nothing can be embedded.
func (s *Server) reindexMetadata(ctx context.Context, r *request, _ none) (reindexAnswer, error) {
	_, total, err := s.store.Knowledge.List(ctx, r.who(), store.KnowledgeFilter{}, store.Page{Limit: 1})
	return reindexAnswer{total, 0}, err
}
