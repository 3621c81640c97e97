package store

import (
	"context"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// What is wrong with a file that is to be put into a base.
var (
	ErrFileUnread  = &Refusal{"no text was read out of the file; have it processed first, or send its text"}
	ErrNoDirectory = &Refusal{"there is no such directory in the knowledge base"}
	ErrNotInBase   = &Refusal{"the file is not in the knowledge base"}
)

// FileMissing names a file that is to be put into a base and is not there for
// who asks.
type FileMissing struct{ ID string }

// Error says so.
func (e *FileMissing) Error() string { return "the file " + e.ID + " is not there" }

// FileLink is a file that is to be in a base, in a directory of it; nil is the top.
type FileLink struct {
	FileID      string
	DirectoryID *string
}

// KnowledgeFile is a file in a base.
type KnowledgeFile struct {
	model.File          // without its text
	Owner               // who has put it there
	DirectoryID *string `db:"directory_id"`
	BaseID      string  `db:"knowledge_id"`
}

// KnowledgeFileFilter narrows a list of the files in bases; the zero value is all.
type KnowledgeFileFilter struct {
	Query     string  // in the name, without regard to case
	InText    bool    // look for it in the texts, too
	Mine      bool    // only those that w has put there
	Others    bool    // only those that others have
	Directory *string // only those in a directory; empty is the top
	Sort      string  // updated_at, created_at, name; empty is updated_at
	Ascending bool
}

func (f KnowledgeFileFilter) conds(w Who) []query.Cond {
	t, kf := tables.File, tables.KnowledgeFile
	c := []query.Cond{when(f.Mine, kf.UserID.Eq(w.ID)), when(f.Others, kf.UserID.Ne(w.ID)),
		when(f.Query != "" && !f.InText, t.Filename.ContainsFold(f.Query))}
	if f.Directory != nil {
		c = append(c, when(*f.Directory == "", kf.DirectoryID.IsNull()),
			when(*f.Directory != "", kf.DirectoryID.Eq(*f.Directory)))
	}
	return c
}

// fileText is what was read out of a file.
func fileText() query.Expr[string] { return tables.File.Data.Path("content").Text() }

// find returns a page of the files in bases, and how many there are in all.
func (k *Knowledge) find(ctx context.Context, w Who, f KnowledgeFileFilter, p Page,
	which query.Cond) ([]KnowledgeFile, int64, error) {
	t, kf, u, b := tables.File, tables.KnowledgeFile, tables.User, tables.Knowledge
	from := query.Select().From(kf.Table).Join(t.Table, t.ID.EqTo(kf.FileID)).Join(b.Table, b.ID.EqTo(kf.KnowledgeID)).
		Where(which).Where(f.conds(w)...)
	order := []query.Ordering{
		sorted(f.Sort, f.Ascending, t.UpdatedAt, map[string]sortable{"created_at": t.CreatedAt, "name": t.Filename}),
		t.ID, kf.KnowledgeID}
	var total int64
	var err error
	if f.InText && f.Query != "" { // texts are looked at once, for the page and for how many they are
		links, err := k.withText(ctx, f.Query, from, order)
		if err != nil {
			return nil, 0, err
		}
		total, from, p = int64(len(links)), from.Where(kf.ID.In(pageOf(links, p)...)), Page{}
	} else if total, err = query.Count(ctx, k.q, from.Columns(kf.ID).Named("knowledge.CountFiles")); err != nil {
		return nil, 0, err
	}
	st := from.LeftJoin(u.Table, u.ID.EqTo(kf.UserID)).Columns(append(fileColumns(false),
		append(ownerColumns(), kf.DirectoryID.As("directory_id"), kf.KnowledgeID.As("knowledge_id"))...)...)
	found, err := query.All[KnowledgeFile](ctx, k.q, p.apply(st.Named("knowledge.Files").OrderBy(order...)))
	return found, total, err
}

// withText are the files of a selection that have a text in their names or in what was
// read out of them: the ids of the rows that put them into bases.
func (k *Knowledge) withText(ctx context.Context, text string, from query.SelectStmt,
	order []query.Ordering) ([]string, error) {
	texts := fileTexts()
	may, err := texts.may(ctx, &k.base, []string{text}, from)
	if err != nil {
		return nil, err
	}
	return query.All[string](ctx, k.q, from.Columns(tables.KnowledgeFile.ID).Named("knowledge.WithText").Where(may,
		query.Or(tables.File.Filename.ContainsFold(text), fileText().ContainsFold(text))).OrderBy(order...))
}

// KnowledgeListing is what one sees of a base who has opened a directory of it.
type KnowledgeListing struct {
	Files       []KnowledgeFile
	Total       int64
	Directories []model.KnowledgeDirectory // inside the one that is open, by name
	Above       []model.KnowledgeDirectory // from the top to the one that is open
	Paths       map[string]string          // of all directories, by id: "docs/api"
}

// Files returns a page of the files in a base that w may read, with its
// directories. Errors: dberr.ErrNotFound, ErrNoAccess.
func (k *Knowledge) Files(ctx context.Context, w Who, id string, f KnowledgeFileFilter,
	p Page) (*KnowledgeListing, error) {
	if _, err := knowledge.get(ctx, &k.base, w, MayRead, id); err != nil {
		return nil, err
	}
	tree, err := k.tree(ctx, id)
	if err != nil {
		return nil, err
	}
	open := orZero(f.Directory)
	out := &KnowledgeListing{Directories: tree.inside(open), Above: tree.above(open), Paths: tree.paths()}
	out.Files, out.Total, err = k.find(ctx, w, f, p, tables.KnowledgeFile.KnowledgeID.Eq(id))
	return out, err
}

// Everywhere returns a page of the files in all bases that w owns or that are
// shared with w, and those bases.
func (k *Knowledge) Everywhere(ctx context.Context, w Who, f KnowledgeFileFilter,
	p Page) ([]KnowledgeFile, map[string]KnowledgeBase, int64, error) {
	if _, err := knowledge.permitted(ctx, &k.base, w); err != nil {
		return nil, nil, 0, err
	}
	found, total, err := k.find(ctx, w, f, p, knowledge.mine(w, MayRead))
	if err != nil || len(found) == 0 {
		return found, nil, total, err
	}
	ids := collect(found, func(x KnowledgeFile) string { return x.BaseID })
	rows, err := knowledge.list(ctx, &k.base, tables.Knowledge.UpdatedAt.Desc(), Page{}, tables.Knowledge.ID.In(ids...))
	if err != nil {
		return nil, nil, 0, err
	}
	grants, err := (&Grants{k.base}).Of(ctx, knowledge.resource, ids...)
	bases := map[string]KnowledgeBase{}
	for _, x := range rows {
		bases[x.ID] = KnowledgeBase{Knowledge: x, Grants: grants[x.ID]}
	}
	return found, bases, total, err
}

// Metas returns what is known of all files in a base, without texts and names of
// who has put them there. Empty for a base that w may not read or that is not
// there.
func (k *Knowledge) Metas(ctx context.Context, w Who, id string) ([]model.File, error) {
	t, kf := tables.File, tables.KnowledgeFile
	return query.All[model.File](ctx, k.q,
		query.Select(t.ID, t.UserID, t.Filename, t.Meta, t.CreatedAt, t.Hash, t.UpdatedAt, t.Path,
			query.Val(jsonvalue.Null()).As("data")).From(t.Table).Named("knowledge.Metas").
			Join(kf.Table, kf.FileID.EqTo(t.ID)).Join(tables.Knowledge.Table, tables.Knowledge.ID.EqTo(kf.KnowledgeID)).
			Where(kf.KnowledgeID.Eq(id), knowledge.allowed(&k.base, w, MayRead)).OrderBy(t.CreatedAt, t.ID))
}

// Export returns a base and what is known of its files, for an admin who wants
// all of their texts. Errors: ErrNotPermitted, dberr.ErrNotFound,
// ErrKnowledgeElsewhere.
func (k *Knowledge) Export(ctx context.Context, w Who, id string) (*model.Knowledge, []model.File, error) {
	if !w.Admin() {
		return nil, nil, ErrNotPermitted
	}
	x, err := k.changeable(ctx, w, id, query.SelectFrom(tables.Knowledge.Table).Named("knowledge.Get"))
	if err != nil {
		return nil, nil, err
	}
	files, err := k.Metas(ctx, w, id)
	return x, files, err
}

// Pending returns the files that were uploaded into a base that w may read, and
// are not in it yet because their text is still being read; the last first.
// Errors: dberr.ErrNotFound, ErrNoAccess.
func (k *Knowledge) Pending(ctx context.Context, w Who, id string) ([]model.File, error) {
	if _, err := knowledge.get(ctx, &k.base, w, MayRead, id); err != nil {
		return nil, err
	}
	return k.pendingFiles(ctx, id)
}

func (k *Knowledge) pendingFiles(ctx context.Context, id string) ([]model.File, error) {
	t, kf := tables.File, tables.KnowledgeFile
	return query.All[model.File](ctx, k.q,
		query.Select(fileColumns(true)...).From(t.Table).Named("knowledge.Pending").Where(
			t.Meta.Path("data", "knowledge_id").Text().Eq(id), t.Data.Path("status").Text().In("pending", "processing"),
			query.Not(query.Exists(query.Select(kf.ID).From(kf.Table).Where(kf.FileID.EqTo(t.ID), kf.KnowledgeID.Eq(id))))).
			OrderBy(t.CreatedAt.Desc(), t.ID))
}

// Add puts a file that w may read, and whose text was read, into a base that w
// may write to; one that is there stays where it is. Errors: dberr.ErrNotFound
// and ErrNoAccess for the base, ErrKnowledgeElsewhere, ErrNoDirectory,
// *FileMissing, ErrFileUnread, ErrFileEmpty.
func (k *Knowledge) Add(ctx context.Context, w Who, id string, link FileLink) (*KnowledgeBase, error) {
	return k.add(ctx, w, id, []FileLink{link}, func(f *readableFile) error {
		switch {
		case !f.Data.IsObject() || f.Data.String() == "{}":
			return ErrFileUnread
		case !f.HasText:
			return ErrFileEmpty
		}
		return nil
	})
}

// AddAll is Add for several files. Those whose text was not read are left out.
// Errors: those of Add but ErrFileUnread.
func (k *Knowledge) AddAll(ctx context.Context, w Who, id string, links []FileLink) (*KnowledgeBase, error) {
	return k.add(ctx, w, id, links, nil)
}

// readableFile is a file and whether it has a text.
type readableFile struct {
	ID      string         `db:"id"`
	Data    jsonvalue.JSON `db:"data"` // without the text
	HasText bool           `db:"has_text"`
}

func (k *Knowledge) add(ctx context.Context, w Who, id string, links []FileLink,
	check func(*readableFile) error) (*KnowledgeBase, error) {
	var x *model.Knowledge
	err := k.inTx(ctx, engine.TxOptions{Name: "knowledge.Add", Idempotent: true},
		func(ctx context.Context, b base) (err error) {
			k := Knowledge{b}
			if x, err = k.writable(ctx, w, id); err != nil {
				return err
			}
			if err := k.haveDirectories(ctx, id, links); err != nil {
				return err
			}
			found, err := (&Files{b}).readable(ctx, w, links)
			if err != nil {
				return err
			}
			var rows []model.KnowledgeFile
			now := b.now()
			for _, l := range links {
				f, ok := found[l.FileID]
				if !ok {
					return &FileMissing{l.FileID}
				}
				if check != nil {
					if err := check(&f); err != nil {
						return err
					}
				}
				if f.HasText {
					rows = append(rows, model.KnowledgeFile{ID: b.newID(), UserID: w.ID, KnowledgeID: id, FileID: l.FileID,
						DirectoryID: l.DirectoryID, CreatedAt: now, UpdatedAt: now})
				}
			}
			return b.link(ctx, rows...)
		})
	return k.seen(ctx, w, x, err)
}

// link puts files into bases, unless they are there.
func (b *base) link(ctx context.Context, rows ...model.KnowledgeFile) error {
	if len(rows) == 0 {
		return nil
	}
	kf := tables.KnowledgeFile
	_, err := query.Exec(ctx, b.q,
		query.InsertRows(kf.Table, rows).Named("knowledge.LinkFiles").OnConflict(kf.KnowledgeID, kf.FileID).DoNothing())
	return err
}

// readable returns those of the files that w may read, by their ids.
func (f *Files) readable(ctx context.Context, w Who, links []FileLink) (map[string]readableFile, error) {
	t := tables.File
	ids := collect(links, func(l FileLink) string { return l.FileID })
	which := query.And(t.ID.In(ids...), files.allowed(&f.base, w, MayRead))
	out := map[string]readableFile{}
	text := query.Case[bool]().When(t.Data.Path("content").Exists(), true).Else(false)
	st := query.Select(t.ID, t.Data.Path("content").Without().As("data"), text.As("has_text")).From(t.Table).
		Named("files.Readable")
	found, err := query.All[readableFile](ctx, f.q, st.Where(which))
	for _, x := range found {
		out[x.ID] = x
	}
	for _, id := range ids {
		if _, there := out[id]; there || err != nil {
			continue
		}
		var yes bool
		if yes, err = f.inModels(ctx, w, MayRead, id); err == nil && yes {
			var x readableFile
			if x, err = query.One[readableFile](ctx, f.q, st.Where(t.ID.Eq(id))); err == nil {
				out[id] = x
			}
		}
	}
	return out, err
}

// Refresh is what Open WebUI does to embed the text of a file in a base again.
// Here nothing has to be: it returns the base. Errors: as Add, ErrNotInBase.
func (k *Knowledge) Refresh(ctx context.Context, w Who, id, file string) (*KnowledgeBase, error) {
	var x *model.Knowledge
	err := k.inTx(ctx, engine.TxOptions{Name: "knowledge.Refresh", Idempotent: true},
		func(ctx context.Context, b base) (err error) {
			if x, err = (&Knowledge{b}).writable(ctx, w, id); err != nil {
				return err
			}
			t, kf := tables.File, tables.KnowledgeFile
			text, err := query.One[bool](ctx, b.q,
				query.Select(query.Case[bool]().When(t.Data.Path("content").Exists(), true).Else(false).As("has_text")).
					From(kf.Table).Named("knowledge.HasText").Join(t.Table, t.ID.EqTo(kf.FileID)).
					Where(kf.KnowledgeID.Eq(id), kf.FileID.Eq(file)))
			switch {
			case dberr.CodeOf(err) == dberr.NotFound:
				return ErrNotInBase
			case err == nil && !text:
				return ErrFileEmpty
			}
			return err
		})
	return k.seen(ctx, w, x, err)
}

// Move puts a file in a base that w may write to into another directory; nil is
// the top. Errors: dberr.ErrNotFound, ErrNoAccess, ErrNotInBase, ErrNoDirectory.
func (k *Knowledge) Move(ctx context.Context, w Who, id string, link FileLink) error {
	return k.inTx(ctx, engine.TxOptions{Name: "knowledge.Move", Idempotent: true},
		func(ctx context.Context, b base) error {
			k, kf := Knowledge{b}, tables.KnowledgeFile
			if _, err := k.writable(ctx, w, id); err != nil {
				return err
			}
			there, err := query.Found(ctx, b.q,
				query.Select(kf.ID).From(kf.Table).Named("knowledge.HasFile").
					Where(kf.KnowledgeID.Eq(id), kf.FileID.Eq(link.FileID)))
			switch {
			case err != nil:
				return err
			case !there:
				return ErrNotInBase
			}
			if err := k.haveDirectories(ctx, id, []FileLink{link}); err != nil {
				return err
			}
			_, err = query.Exec(ctx, b.q,
				query.Update(kf.Table).Named("knowledge.MoveFile").Where(kf.KnowledgeID.Eq(id), kf.FileID.Eq(link.FileID)).
					Set(kf.DirectoryID.SetPtr(link.DirectoryID), kf.UpdatedAt.Set(b.now())))
			return err
		})
}

// Remove takes a file out of a base that w may write to. With the file itself
// it is deleted, where w owns it or is an admin and no other base has it.
// Errors: dberr.ErrNotFound, ErrNoAccess, ErrKnowledgeElsewhere, ErrNotInBase.
func (k *Knowledge) Remove(ctx context.Context, w Who, id, file string, itself bool) (*KnowledgeBase, error) {
	kf := tables.KnowledgeFile
	x, n, err := k.takeOut(ctx, w, id, itself, kf.FileID.Eq(file))
	if err == nil && n == 0 {
		err = ErrNotInBase
	}
	return k.seen(ctx, w, x, err)
}

// Reset takes all files out of a base that w may write to, as Remove does with the
// files themselves, and removes its directories unless they are to stay. Errors:
// dberr.ErrNotFound, ErrNoAccess, ErrKnowledgeElsewhere.
func (k *Knowledge) Reset(ctx context.Context, w Who, id string, directories bool) (*KnowledgeBase, error) {
	if _, _, err := k.takeOut(ctx, w, id, true, query.Cond{}); err != nil {
		return nil, err
	}
	x, err := knowledge.update(ctx, &k.base, w, id,
		func(x *model.Knowledge) error { x.UpdatedAt = ptr(k.now()); return nil })
	if err == nil && directories {
		kd := tables.KnowledgeDirectory
		_, err = query.Exec(ctx, k.q,
			query.Delete(kd.Table).Named("knowledge.DeleteDirectories").Where(kd.KnowledgeID.Eq(id)))
	}
	return k.seen(ctx, w, x, err)
}

// takeOut takes files out of a base that w may write to, and returns how many
// there were.
func (k *Knowledge) takeOut(ctx context.Context, w Who, id string, themselves bool,
	which query.Cond) (x *model.Knowledge, n int64, err error) {
	t, kf := tables.File, tables.KnowledgeFile
	other := query.As(kf.Table, "elsewhere")
	elsewhere := query.Exists(query.Select(kf.ID.Of(other)).FromItem(other).
		Where(kf.FileID.Of(other).EqTo(t.ID), kf.KnowledgeID.Of(other).Ne(id)))
	inBase := t.ID.InQuery(query.Select(kf.FileID).From(kf.Table).Where(kf.KnowledgeID.Eq(id), which))
	if x, err = k.changeable(ctx, w, id, query.SelectFrom(tables.Knowledge.Table).Named("knowledge.Get")); err != nil {
		return nil, 0, err
	}
	for themselves { // some at a time, with their links
		gone, err := (&Files{k.base}).remove(ctx, inBase, query.Not(elsewhere), when(!w.Admin(), t.UserID.Eq(w.ID)))
		if err != nil {
			return nil, n, err
		}
		if n += int64(gone); gone == 0 {
			break
		}
	}
	left, err := query.Exec(ctx, k.q,
		query.Delete(kf.Table).Named("knowledge.UnlinkFiles").Where(kf.KnowledgeID.Eq(id), which))
	return x, n + left, err
}
