package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

const filePath = "/api/v1/files/"

const (
	msgFileEmpty = "The content provided is empty. Please ensure that there is text or data present before proceeding."
	msgNoFiles   = "No files found matching the pattern."
)

// fileTooLarge is the sentence about a limit that an admin has set.
func fileTooLarge(megabytes int64) string {
	return "Oops! The file you're trying to upload is too large. Please upload a file that is less than " +
		strconv.FormatInt(megabytes, 10) + " MB."
}

func (s *Server) fileRoutes() []route {
	return resource(refusals{{store.ErrFileEmpty, http.StatusBadRequest, msgFileEmpty}},
		streaming("POST", filePath+"{$}", "Upload a file: a form with its bytes as file, and a JSON object as metadata",
			member, s.uploadFile).uploading(),
		endpoint("GET", filePath+"{$}", "One's files, for admins everybody's, the last changed first", member, s.listFiles),
		endpoint("GET", filePath+"search", "Files by their names, for admins everybody's", member, s.searchFiles).word().refusing(refusal{dberr.ErrNotFound, http.StatusNotFound, msgNoFiles}),
		endpoint("GET", filePath+"user/search", "One's own files by their names", member, s.searchOwnFiles),
		endpoint("GET", filePath+"count", "How many files one has; for admins, there are", member, s.countFiles).word(),
		endpoint("GET", filePath+"user/count", "How many files one has", member, s.countOwnFiles),
		endpoint("DELETE", filePath+"all", "Delete everybody's files", admin, s.deleteAllFiles).word(),
		endpoint("GET", filePath+"{id}", "A file, without its bytes", member, s.getFile),
		endpoint("DELETE", filePath+"{id}", "Delete a file", member, s.deleteFile),
		streaming("GET", filePath+"{id}/process/status", "Whether the text of a file has been read; as events until it has",
			member, s.fileStatus),
		endpoint("GET", filePath+"{id}/data/content", "The text that was read out of a file", member, s.fileText),
		endpoint("POST", filePath+"{id}/data/content/update", "Put a text in place of what was read out of a file", member, s.setFileText),
		streaming("GET", filePath+"{id}/content", "The bytes of a file, or a part of them", member, s.fileContent),
		streaming("GET", filePath+"{id}/content/html", "A page that an admin has uploaded", member, s.filePage),
		streaming("GET", filePath+"{id}/content/{file_name}", "The bytes of a file to be kept, or its text where they are gone", member, s.fileDownload),
		endpoint("POST", filePath+"{id}/rename", "Give a file another name", member, s.renameFile),
	)
}

// fileAnswer is a file in lists.
type fileAnswer struct {
	ID        string   `json:"id"`
	UserID    string   `json:"user_id"`
	Hash      *string  `json:"hash"`
	Filename  string   `json:"filename"`
	Data      verbatim `json:"data"`
	Meta      verbatim `json:"meta"`
	CreatedAt int64    `json:"created_at"`
	UpdatedAt int64    `json:"updated_at"`
}

// fileDetail is a file that was asked for by its id.
type fileDetail struct {
	fileAnswer
	Path *string `json:"path"`
}

// uploadAnswer has the path where the text was wanted, as in Open WebUI.
type uploadAnswer struct {
	fileAnswer
	Path   *string `json:"path,omitempty"`
	Status *bool   `json:"status,omitempty"`
}

func showFile(f model.File) fileAnswer {
	return fileAnswer{f.ID, orZero(f.UserID), f.Hash, orZero(f.Filename), readable(f.Data), fileMeta(f.Meta),
		orZero(f.CreatedAt), orZero(f.UpdatedAt)}
}

// fileMeta is the meta of a file in a list: three members are always there.
func fileMeta(meta jsonvalue.JSON) verbatim {
	if !meta.IsObject() {
		return readable(meta)
	}
	for _, name := range []string{"name", "content_type", "size"} {
		if meta.Member(name).IsNull() {
			meta = meta.With(name, jsonvalue.Null())
		}
	}
	return readable(meta)
}

func answerFile(f *model.File, err error) (*fileDetail, error) {
	if err != nil {
		return nil, tooMuch(err)
	}
	out := &fileDetail{showFile(*f), f.Path}
	out.Meta = readable(f.Meta)
	return out, nil
}

// tooMuch is how clients are told of a limit that an admin has set for files.
func tooMuch(err error) error {
	var refused *store.FileRefused
	switch {
	case !errors.As(err, &refused):
		return err
	case refused.MaxMB > 0:
		return fail(http.StatusRequestEntityTooLarge, fileTooLarge(refused.MaxMB))
	}
	return fail(http.StatusBadRequest, "[ERROR: File type "+refused.Extension+" is not allowed]")
}

type fileListForm struct {
	Page    int  `query:"page" default:"1" least:"1" about:"50 per page"`
	Content bool `query:"content" default:"true" about:"with the texts"`
}

func (s *Server) listFiles(ctx context.Context, r *request, f fileListForm) (*found[fileAnswer], error) {
	filter := store.FileFilter{WithText: f.Content, ByChange: true}
	total, err := s.store.Files.Count(ctx, r.who(), filter)
	if err != nil {
		return nil, err
	}
	items, err := s.store.Files.List(ctx, r.who(), filter, store.PageOf(f.Page, 50))
	return answerFound(items, total, err, showFile)
}

type fileSearchForm struct {
	Filename string `query:"filename" about:"* is anything, ? one character"`
	Content  bool   `query:"content" default:"true" about:"with the texts"`
	Skip     int    `query:"skip" default:"0" least:"0"`
	Limit    int    `query:"limit" default:"100" least:"1" most:"1000"`
}

func (s *Server) searchFiles(ctx context.Context, r *request, f fileSearchForm) ([]fileAnswer, error) {
	items, err := s.store.Files.List(ctx, r.who(), store.FileFilter{Pattern: f.Filename, WithText: f.Content},
		store.Page{Limit: f.Limit, Offset: f.Skip})
	if err == nil && len(items) == 0 {
		return nil, fail(http.StatusNotFound, msgNoFiles)
	}
	return answerList(items, err, showFile)
}

type ownFileSearchForm struct {
	Filename string `query:"filename" default:"*" about:"* is anything, ? one character"`
	Content  bool   `query:"content" default:"false" about:"with the texts"`
	Skip     int    `query:"skip" default:"0" least:"0"`
	Limit    int    `query:"limit" default:"50" least:"1" most:"1000"`
}

func (s *Server) searchOwnFiles(ctx context.Context, r *request, f ownFileSearchForm) ([]fileAnswer, error) {
	filter := store.FileFilter{Pattern: f.Filename, WithText: f.Content, Mine: true}
	items, err := s.store.Files.List(ctx, r.who(), filter, store.Page{Limit: f.Limit, Offset: f.Skip})
	return answerList(items, err, showFile)
}

func (s *Server) countFiles(ctx context.Context, r *request, _ none) (int64, error) {
	return s.store.Files.Count(ctx, r.who(), store.FileFilter{})
}

func (s *Server) countOwnFiles(ctx context.Context, r *request, _ none) (int64, error) {
	return s.store.Files.Count(ctx, r.who(), store.FileFilter{Mine: true})
}

type doneAnswer struct {
	Message string `json:"message"`
}

func (s *Server) deleteAllFiles(ctx context.Context, r *request, _ none) (doneAnswer, error) {
	_, err := s.store.Files.DeleteAll(ctx, r.who())
	return doneAnswer{"All files deleted successfully"}, err
}

func (s *Server) getFile(ctx context.Context, r *request, f byID) (*fileDetail, error) {
	return answerFile(s.store.Files.Get(ctx, r.who(), f.ID))
}

func (s *Server) deleteFile(ctx context.Context, r *request, f byID) (doneAnswer, error) {
	return doneAnswer{"File deleted successfully"}, s.store.Files.Delete(ctx, r.who(), f.ID)
}

type fileTextAnswer struct {
	Content string `json:"content"`
}

func (s *Server) fileText(ctx context.Context, r *request, f byID) (fileTextAnswer, error) {
	text, err := s.store.Files.Text(ctx, r.who(), f.ID)
	if err != nil {
		return fileTextAnswer{}, err
	}
	return fileTextAnswer{text.Content}, nil
}

type fileTextForm struct {
	byID
	Content string `json:"content"`
}

func (s *Server) setFileText(ctx context.Context, r *request, f fileTextForm) (fileTextAnswer, error) {
	_, err := s.store.Files.SetText(ctx, r.who(), f.ID, f.Content)
	return fileTextAnswer{f.Content}, tooMuch(err)
}

type fileNameForm struct {
	byID
	Filename string `json:"filename"`
}

func (s *Server) renameFile(ctx context.Context, r *request, f fileNameForm) (*fileDetail, error) {
	return answerFile(s.store.Files.Rename(ctx, r.who(), f.ID, f.Filename))
}
