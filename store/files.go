package store

import (
	"context"
	"path"
	"strings"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Files is the table file, with the bytes that belong to its rows; see
// Options.Blobs.
type Files struct{ base }

var files = kind[model.File, *model.File]{name: "files", table: tables.File.Table, id: tables.File.ID, owner: tables.File.UserID,
	updated: tables.File.UpdatedAt, touch: func(f *model.File, now int64) { f.UpdatedAt = later(f.UpdatedAt, now) },
	through: fileThrough, hidden: true,
	with: []part{{"knowledge.ForgetFiles", tables.KnowledgeFile.FileID}, {"chats.ForgetFiles", tables.ChatFile.FileID},
		{"channels.ForgetFiles", tables.ChannelFile.FileID}}}

// fileColumns are those of a file. Without the text it is left in the database.
func fileColumns(text bool) []query.Selectable {
	f := tables.File
	if text {
		return []query.Selectable{f.ID, f.UserID, f.Filename, f.Meta, f.CreatedAt, f.Hash, f.UpdatedAt, f.Path, f.Data}
	}
	return []query.Selectable{f.ID, f.UserID, f.Filename, f.Meta, f.CreatedAt, f.Hash, f.UpdatedAt, f.Path,
		f.Data.Path("content").Without().As("data")}
}

// FileFilter narrows a list of files; the zero value is all that belong to w,
// and for admins everybody's.
type FileFilter struct {
	Pattern  string // of names, without regard to case: * is anything, ? one character; empty is any name
	Mine     bool   // only those of w, for admins too
	WithText bool   // also the texts, which can be long
	ByChange bool   // the last changed first; else the last uploaded
}

func (f FileFilter) conds(b *base, w Who) []query.Cond {
	everybodys := files.everything(b, w, MayRead) && (w.program || !b.admins.ListsAsUsers)
	return []query.Cond{when(f.Mine || !everybodys, tables.File.UserID.Eq(w.ID)), glob(tables.File.Filename, f.Pattern)}
}

// List returns a page of files. Errors: ErrNotPermitted.
func (f *Files) List(ctx context.Context, w Who, filter FileFilter, p Page) ([]model.File, error) {
	if _, err := files.permitted(ctx, &f.base, w); err != nil {
		return nil, err
	}
	f = &Files{f.lists()}
	t := tables.File
	order := query.Ordering(t.CreatedAt.Desc())
	if filter.ByChange {
		order = t.UpdatedAt.Desc()
	}
	st := query.Select(fileColumns(filter.WithText)...).From(t.Table).Named("files.List").
		Where(filter.conds(&f.base, w)...).OrderBy(order, t.ID.Desc())
	return query.All[model.File](ctx, f.q, p.apply(st))
}

// Count returns how many files a list has. Errors: ErrNotPermitted.
func (f *Files) Count(ctx context.Context, w Who, filter FileFilter) (int64, error) {
	if _, err := files.permitted(ctx, &f.base, w); err != nil {
		return 0, err
	}
	return files.count(ctx, &f.base, filter.conds(&f.base, w)...)
}

// Get returns a file with its text. It is for its owner, admins, and whoever
// may read a knowledge base, chat, channel, note or model that it is part of.
// Errors: dberr.ErrNotFound.
func (f *Files) Get(ctx context.Context, w Who, id string) (*model.File, error) {
	return f.get(ctx, w, id, true)
}

func (f *Files) get(ctx context.Context, w Who, id string, text bool) (*model.File, error) {
	return asAllowed(ctx, f, w, MayRead, id, func(w Who) (*model.File, error) {
		return files.find(ctx, &f.base, w, MayRead,
			query.Select(fileColumns(text)...).From(tables.File.Table).Named("files.Get"), id)
	})
}

// FileContent is the bytes of a file and what is known of them.
type FileContent struct {
	model.File             // without its text
	Bytes      *blobs.Blob // nil when they are gone; to be closed
	ByAdmin    bool        // the owner is an admin
}

// Open opens the bytes of a file that w may read. Errors: dberr.ErrNotFound.
func (f *Files) Open(ctx context.Context, w Who, id string) (*FileContent, error) {
	if f.blobs == nil {
		return nil, errNoBlobs
	}
	u := tables.User
	x, err := asAllowed(ctx, f, w, MayRead, id, func(w Who) (*fileOfOwner, error) {
		st := query.Select(append(fileColumns(false), u.Role.As("owner_role"))...).From(tables.File.Table).
			Named("files.Open").
			LeftJoin(u.Table, u.ID.EqTo(tables.File.UserID)).Where(tables.File.ID.Eq(id), files.allowed(&f.base, w, MayRead))
		return one(query.One[fileOfOwner](ctx, f.q, st))
	})
	if err != nil {
		return nil, err
	}
	out := &FileContent{File: x.File, ByAdmin: orZero(x.OwnerRole) == model.RoleAdmin}
	out.Bytes, err = f.blobs.Open(ctx, orZero(x.Path))
	if dberr.CodeOf(err) == dberr.NotFound {
		err = nil
	}
	return out, err
}

type fileOfOwner struct {
	model.File
	OwnerRole *string `db:"owner_role"`
}

// FileText is what was read out of a file.
type FileText struct {
	Content string
	Status  string // pending, processing, completed, failed; empty when nobody was to read it
	Error   string // why it failed
}

// Text returns what was read out of a file that w may read. Errors: dberr.ErrNotFound.
func (f *Files) Text(ctx context.Context, w Who, id string) (*FileText, error) {
	x, err := f.Get(ctx, w, id)
	if err != nil {
		return nil, err
	}
	return &FileText{textOf(x.Data.Member("content")), textOf(x.Data.Member("status")),
		textOf(x.Data.Member("error"))}, nil
}

// Status is Text without the content. Errors: dberr.ErrNotFound.
func (f *Files) Status(ctx context.Context, w Who, id string) (*FileText, error) {
	x, err := f.get(ctx, w, id, false)
	if err != nil {
		return nil, err
	}
	return &FileText{Status: textOf(x.Data.Member("status")), Error: textOf(x.Data.Member("error"))}, nil
}

// Rename gives a file that w may change another name. Its bytes stay where
// they are. Errors: dberr.ErrNotFound.
func (f *Files) Rename(ctx context.Context, w Who, id, name string) (*model.File, error) {
	name = chatdoc.CleanString(name)
	quoted, err := jsonvalue.Of(name)
	if err != nil {
		return nil, err
	}
	return f.update(ctx, w, id, func(x *model.File) error {
		x.Filename, x.Meta = &name, x.Meta.With("name", quoted)
		return nil
	})
}

// SetText puts a text in place of what was read out of a file that w may
// change. Errors: dberr.ErrNotFound, ErrFileEmpty, *FileRefused.
func (f *Files) SetText(ctx context.Context, w Who, id, text string) (*model.File, error) {
	limits, err := f.limits(ctx)
	if err != nil {
		return nil, err
	}
	return f.update(ctx, w, id, func(x *model.File) error {
		switch {
		case strings.TrimSpace(text) == "":
			return ErrFileEmpty
		case limits.bytes > 0 && int64(len(text)) > limits.bytes:
			return &FileRefused{MaxMB: limits.bytes >> 20}
		}
		data, hash, err := readText(text)
		x.Data, x.Hash = x.Data.Merged(data), &hash
		return err
	})
}

func (f *Files) update(ctx context.Context, w Who, id string, edit func(*model.File) error) (*model.File, error) {
	return asAllowed(ctx, f, w, MayWrite, id,
		func(w Who) (*model.File, error) { return files.update(ctx, &f.base, w, id, edit) })
}

// Delete removes a file that w may change: row, links, grants and bytes.
// Errors: dberr.ErrNotFound.
func (f *Files) Delete(ctx context.Context, w Who, id string) error {
	_, err := asAllowed(ctx, f, w, MayDelete, id, func(w Who) (struct{}, error) {
		n, err := f.remove(ctx, tables.File.ID.Eq(id), files.allowed(&f.base, w, MayDelete))
		if err == nil && n == 0 {
			err = missing("files.Delete", "file")
		}
		return struct{}{}, err
	})
	return err
}

// DeleteAll removes all files of everybody, which admins may, and returns how many
// there were. Errors: ErrNotPermitted.
func (f *Files) DeleteAll(ctx context.Context, w Who) (int, error) {
	if !w.Admin() {
		return 0, ErrNotPermitted
	}
	total := 0
	for {
		n, err := f.remove(ctx, tables.File.ID.NotNull())
		if total += n; err != nil || n == 0 {
			return total, err
		}
	}
}

// batch is how many files are removed in one transaction.
const batch = 500

// remove deletes some of the files that conditions name: the bytes are claimed,
// the rows go, and then the bytes. It returns how many there were.
func (f *Files) remove(ctx context.Context, which ...query.Cond) (int, error) {
	found, err := query.All[place](ctx, f.q,
		query.Select(tables.File.ID, tables.File.Path.IfNull("").As("path")).From(tables.File.Table).Named("files.Places").
			Where(which...).OrderBy(tables.File.ID).Limit(batch))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	claim, err := f.claim(ctx, found)
	if err != nil {
		return 0, err
	}
	err = f.inTx(ctx, engine.TxOptions{Name: "files.Delete"}, func(ctx context.Context, b base) error {
		return claim.remove(ctx, &b)
	})
	return len(found), claim.ends(ctx, err)
}

// place is where the bytes of a file are.
type place struct {
	ID   string `db:"id"`
	Path string `db:"path"`
}

// glob holds for texts of a pattern, without regard to case.
func glob(c query.Column[string], pattern string) query.Cond {
	if strings.Trim(pattern, "*") == "" {
		return query.Cond{}
	}
	pattern = query.EscapeLike(strings.ToLower(chatdoc.CleanString(pattern)), '/')
	return query.Lower(c).LikeEscape(strings.NewReplacer("*", "%", "?", "_").Replace(pattern), '/')
}

// baseName is the last segment of a path that a client sent as a name.
func baseName(name string) string {
	name = chatdoc.CleanString(name)
	if strings.HasSuffix(name, "/") {
		return ""
	}
	if name = path.Base(name); name == "." {
		return ""
	}
	return name
}
