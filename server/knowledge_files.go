package server

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

// fileListed is a file in a base.
type fileListed struct {
	fileAnswer
	DirectoryID   *string          `json:"directory_id"`
	DirectoryPath string           `json:"directory_path"`
	HasOriginal   bool             `json:"has_original"`
	User          *userCard        `json:"user"`
	Collection    *knowledgeAnswer `json:"collection,omitempty"` // where files of several bases are listed
}

type fileListing struct {
	Items       []fileListed               `json:"items"`
	Directories []model.KnowledgeDirectory `json:"directories"`
	Breadcrumbs []model.KnowledgeDirectory `json:"breadcrumbs"`
	Total       int64                      `json:"total"`
}

// showListed shows a file without what was read out of it.
func showListed(f *store.KnowledgeFile) fileListed {
	out := fileListed{fileAnswer: showFile(f.File), HasOriginal: true, User: cardOf(f.Owner)}
	out.Data = "null"
	return out
}

type knowledgeFilesForm struct {
	byID
	Query     string  `query:"query" default:""`
	Content   bool    `query:"include_content" default:"false" about:"look into the texts, too"`
	View      string  `query:"view_option" default:"" about:"created or shared"`
	OrderBy   string  `query:"order_by" default:"" about:"name, created_at or updated_at"`
	Direction string  `query:"direction" default:"" about:"asc or desc"`
	Directory *string `query:"directory_id" about:"empty is the top"`
	Page      int     `query:"page" default:"1"`
	Limit     *int    `query:"limit" about:"for admins; else 30 per page"`
}

func (s *Server) knowledgeFiles(ctx context.Context, r *request, f knowledgeFilesForm) (*fileListing, error) {
	size := knowledgePage
	if f.Limit != nil && r.who().Admin() {
		size = max(1, *f.Limit)
	}
	l, err := s.store.Knowledge.Files(ctx, r.who(), f.ID, store.KnowledgeFileFilter{Query: f.Query, InText: f.Content, Mine: f.View == "created",
		Others: f.View == "shared", Sort: f.OrderBy, Ascending: f.Direction == "asc", Directory: f.Directory}, store.PageOf(f.Page, size))
	if err != nil {
		return nil, err
	}
	out := &fileListing{Directories: l.Directories, Breadcrumbs: l.Above, Total: l.Total}
	out.Items, err = answerList(l.Files, nil, func(x store.KnowledgeFile) fileListed {
		a := showListed(&x)
		a.DirectoryID, a.DirectoryPath, a.HasOriginal = x.DirectoryID, l.Paths[orZero(x.DirectoryID)], orZero(x.Path) != ""
		return a
	})
	return out, err
}

type everywhereForm struct {
	Query   string `query:"query" default:""`
	Content bool   `query:"include_content" default:"false" about:"look into the texts, too"`
	Page    int    `query:"page" default:"1" about:"30 per page"`
}

func (s *Server) searchKnowledgeFiles(ctx context.Context, r *request, f everywhereForm) (*fileListing, error) {
	files, bases, total, err := s.store.Knowledge.Everywhere(ctx, r.who(),
		store.KnowledgeFileFilter{Query: f.Query, InText: f.Content},
		store.PageOf(f.Page, knowledgePage))
	out := &fileListing{Directories: []model.KnowledgeDirectory{}, Breadcrumbs: []model.KnowledgeDirectory{}, Total: total}
	out.Items, err = answerList(files, err, func(x store.KnowledgeFile) fileListed {
		a, k := showListed(&x), bases[x.BaseID]
		show := showKnowledge(&k.Knowledge, k.Grants)
		a.Collection = &show
		return a
	})
	return out, err
}

type pendingForm struct {
	byID
	Stream bool `query:"stream" default:"false" about:"as events, until there are none"`
}

func (s *Server) pendingKnowledge(ctx context.Context, r *request, f pendingForm) (*pollAnswer, error) {
	return s.poll(ctx, r, f.Stream, 3*time.Second, time.Hour, func(ctx context.Context) (any, bool, error) {
		files, err := s.store.Knowledge.Pending(ctx, r.who(), f.ID)
		list, err := answerList(files, err, showFile)
		return list, len(list) == 0, err
	})
}

type fileLinkForm struct {
	File      string  `json:"file_id"`
	Directory *string `json:"directory_id"`
}

func (f *fileLinkForm) link() store.FileLink {
	return store.FileLink{FileID: f.File, DirectoryID: f.Directory}
}

type knowledgeFileForm struct {
	byID
	fileLinkForm
}

func (s *Server) addKnowledgeFile(ctx context.Context, r *request, f knowledgeFileForm) (*knowledgeDetail, error) {
	k, err := s.store.Knowledge.Add(ctx, r.who(), f.ID, f.link())
	return s.answerChanged(ctx, r, k, err)
}

type knowledgeBatchForm struct {
	byID
	Links []fileLinkForm `whole:"list"`
}

func (s *Server) addKnowledgeFiles(ctx context.Context, r *request, f knowledgeBatchForm) (*knowledgeDetail, error) {
	links := make([]store.FileLink, len(f.Links))
	for i := range f.Links {
		links[i] = f.Links[i].link()
	}
	k, err := s.store.Knowledge.AddAll(ctx, r.who(), f.ID, links)
	var missing *store.FileMissing
	if errors.As(err, &missing) {
		return nil, fail(http.StatusBadRequest, "File "+missing.ID+" not found")
	}
	return s.answerChanged(ctx, r, k, err)
}

func (s *Server) refreshKnowledgeFile(ctx context.Context, r *request, f knowledgeFileForm) (*knowledgeDetail, error) {
	k, err := s.store.Knowledge.Refresh(ctx, r.who(), f.ID, f.File)
	return s.answerChanged(ctx, r, k, err)
}

type removeKnowledgeFileForm struct {
	knowledgeFileForm
	Itself bool `query:"delete_file" default:"true" about:"also delete the file, where it is one's own and in no other base"`
}

func (s *Server) removeKnowledgeFile(ctx context.Context, r *request,
	f removeKnowledgeFileForm) (*knowledgeDetail, error) {
	k, err := s.store.Knowledge.Remove(ctx, r.who(), f.ID, f.File, f.Itself)
	return s.answerChanged(ctx, r, k, err)
}

func (s *Server) moveKnowledgeFile(ctx context.Context, r *request, f knowledgeFileForm) (statusAnswer, error) {
	return statusAnswer{true}, s.store.Knowledge.Move(ctx, r.who(), f.ID, f.link())
}

type directoryForm struct {
	byID
	Name   string  `json:"name"`
	Parent *string `json:"parent_id"`
}

func (s *Server) createDirectory(ctx context.Context, r *request, f directoryForm) (*model.KnowledgeDirectory, error) {
	return s.store.Knowledge.CreateDirectory(ctx, r.who(), f.ID, f.Name, orZero(f.Parent))
}

type directoryByID struct {
	byID
	Dir string `path:"dir_id"`
}

type directoryUpdateForm struct {
	directoryByID
	Name   *string       `json:"name"`
	Parent maybe[string] `json:"parent_id"` // null is the top
}

func (s *Server) updateDirectory(ctx context.Context, r *request,
	f directoryUpdateForm) (*model.KnowledgeDirectory, error) {
	var parent *string
	if to := orZero(f.Parent.Value); f.Parent.Sent && to != "__unset__" {
		parent = &to
	}
	return s.store.Knowledge.UpdateDirectory(ctx, r.who(), f.ID, f.Dir, f.Name, parent)
}

type directoryDeleteForm struct {
	directoryByID
	MoveFiles bool `query:"move_files" default:"true" about:"to the directory above; else they are taken out"`
}

type directoryGone struct {
	statusAnswer
	Files []string `json:"file_ids"`
}

func (s *Server) deleteDirectory(ctx context.Context, r *request, f directoryDeleteForm) (directoryGone, error) {
	files, err := s.store.Knowledge.DeleteDirectory(ctx, r.who(), f.ID, f.Dir, f.MoveFiles)
	return directoryGone{statusAnswer{true}, files}, err
}

type compareForm struct {
	byID
	Manifest []struct {
		Filename string `json:"filename"`
		Path     string `json:"path"`
		Checksum string `json:"checksum"`
		Size     int64  `json:"size"`
	} `json:"manifest"`
}

type syncItem struct {
	FileID   *string `json:"file_id,omitempty"`
	Filename string  `json:"filename"`
	Path     *string `json:"path,omitempty"`
	Stale    *string `json:"stale_file_id,omitempty"`
}

type syncAnswer struct {
	Added       []syncItem        `json:"added"`
	Modified    []syncItem        `json:"modified"`
	Deleted     []syncItem        `json:"deleted"`
	Make        []string          `json:"mkdir"`
	Remove      []string          `json:"rmdir"`
	Unmodified  int               `json:"unmodified_count"`
	Directories map[string]string `json:"directory_map"`
}

func (s *Server) compareKnowledge(ctx context.Context, r *request, f compareForm) (*syncAnswer, error) {
	local := make([]store.LocalFile, len(f.Manifest))
	for i, x := range f.Manifest {
		local[i] = store.LocalFile{Name: x.Filename, Path: x.Path, Checksum: x.Checksum}
	}
	p, err := s.store.Knowledge.Compare(ctx, r.who(), f.ID, local)
	if err != nil {
		return nil, err
	}
	out := &syncAnswer{Make: p.Make, Remove: p.Drop, Unmodified: p.Same, Directories: p.Directories}
	out.Added, _ = answerList(p.Add, nil,
		func(x store.LocalFile) syncItem { return syncItem{Filename: x.Name, Path: &x.Path} })
	out.Modified, _ = answerList(p.Change, nil,
		func(x store.Changed) syncItem { return syncItem{Filename: x.Name, Path: &x.Path, Stale: &x.FileID} })
	out.Deleted, _ = answerList(p.Remove, nil,
		func(x store.Changed) syncItem { return syncItem{FileID: &x.FileID, Filename: x.Name} })
	return out, nil
}

type cleanForm struct {
	byID
	Files       []string `json:"file_ids"`
	Directories []string `json:"dir_ids,omitempty"`
}

func (s *Server) cleanKnowledge(ctx context.Context, r *request, f cleanForm) (statusAnswer, error) {
	return statusAnswer{true}, s.store.Knowledge.CleanUp(ctx, r.who(), f.ID, f.Files, f.Directories)
}

// knowledgeZIP is the texts of a base, packed while they are read.
type knowledgeZIP struct {
	name  string
	files []model.File
	text  func(id string) (string, error)
}

func (*knowledgeZIP) mediaTypes() []string { return []string{"application/zip"} }

func (s *Server) exportKnowledge(ctx context.Context, r *request, f byID) (*knowledgeZIP, error) {
	k, files, err := s.store.Knowledge.Export(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	return &knowledgeZIP{k.Name, files, func(id string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, r.timeout)
		defer cancel()
		text, err := s.store.Files.Text(ctx, r.who(), id)
		if err != nil {
			return "", err
		}
		return text.Content, nil
	}}, nil
}

// send packs one text after another; it has one of them in memory at a time.
func (z *knowledgeZIP) send(r *request) error {
	name := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsNumber(c) || strings.ContainsRune(" -_", c) {
			return c
		}
		return '_'
	}, z.name)
	r.w.Header().Set("Content-Type", "application/zip")
	r.w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+percentEncoded(name+".zip"))
	r.w.WriteHeader(http.StatusOK)
	w, taken := zip.NewWriter(r.w), map[string]bool{}
	for i := range z.files {
		text, err := z.text(z.files[i].ID)
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: nameInZIP(&z.files[i], taken), Method: zip.Deflate,
			Modified: time.Unix(orZero(z.files[i].UpdatedAt), 0)})
		if err == nil {
			_, err = io.WriteString(to, text)
		}
		if err != nil {
			return err
		}
	}
	return w.Close()
}

// nameInZIP is a name that leads nowhere else, and that no other file has.
func nameInZIP(f *model.File, taken map[string]bool) string {
	name := strings.NewReplacer("/", "_", `\`, "_").Replace(orZero(f.Filename))
	if name == "" || name == "." || name == ".." {
		name = f.ID
	}
	if path.Ext(name) != ".txt" {
		name += ".txt"
	}
	if taken[name] {
		name = f.ID + "_" + name
	}
	taken[name] = true
	return name
}
