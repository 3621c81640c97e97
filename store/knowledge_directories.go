package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// ErrDirectoryPlace is the refusal of a directory whose name is taken where it
// is to be, or that would be inside itself.
var ErrDirectoryPlace = &Refusal{"there is a directory with this name in the same place, or the directory would be inside itself"}

// directoryTree is all directories of a base, by name.
type directoryTree []model.KnowledgeDirectory

func (k *Knowledge) tree(ctx context.Context, id string) (directoryTree, error) {
	d := tables.KnowledgeDirectory
	return query.All[model.KnowledgeDirectory](ctx, k.q,
		query.SelectFrom(d.Table).Named("knowledge.Directories").Where(d.KnowledgeID.Eq(id)).OrderBy(d.Name, d.ID))
}

// byID is the directory with an id, or nil.
func (t directoryTree) byID(id string) *model.KnowledgeDirectory {
	for i := range t {
		if t[i].ID == id {
			return &t[i]
		}
	}
	return nil
}

// inside are the directories directly inside one; empty is the top.
func (t directoryTree) inside(id string) []model.KnowledgeDirectory {
	out := []model.KnowledgeDirectory{}
	for _, d := range t {
		if orZero(d.ParentID) == id {
			out = append(out, d)
		}
	}
	return out
}

// above are the directories from the top to one, with it. A circle ends it.
func (t directoryTree) above(id string) []model.KnowledgeDirectory {
	out := []model.KnowledgeDirectory{}
	for d := t.byID(id); d != nil && len(out) <= len(t); d = t.byID(orZero(d.ParentID)) {
		out = append(out, *d)
	}
	slices.Reverse(out)
	return out
}

// below are the ids of a directory and of all inside it.
func (t directoryTree) below(id string) []string {
	ids := []string{id}
	for i := 0; i < len(ids); i++ {
		for _, d := range t {
			if orZero(d.ParentID) == ids[i] && !slices.Contains(ids, d.ID) {
				ids = append(ids, d.ID)
			}
		}
	}
	return ids
}

// paths are the names from the top to each directory, with slashes between, by id.
func (t directoryTree) paths() map[string]string {
	byID := make(map[string]*model.KnowledgeDirectory, len(t))
	for i := range t {
		byID[t[i].ID] = &t[i]
	}
	out := make(map[string]string, len(t))
	for id := range byID {
		var names []string
		for d := byID[id]; d != nil && len(names) < len(t); d = byID[orZero(d.ParentID)] { // a circle ends it
			names = append(names, d.Name)
		}
		slices.Reverse(names)
		out[id] = strings.Join(names, "/")
	}
	return out
}

// haveDirectories returns ErrNoDirectory unless all directories that links name
// are in a base.
func (k *Knowledge) haveDirectories(ctx context.Context, id string, links []FileLink) error {
	var want []string
	for i, l := range links {
		if orZero(l.DirectoryID) == "" {
			links[i].DirectoryID = nil
		} else if !slices.Contains(want, *l.DirectoryID) {
			want = append(want, *l.DirectoryID)
		}
	}
	if len(want) == 0 {
		return nil
	}
	d := tables.KnowledgeDirectory
	n, err := query.Count(ctx, k.q,
		query.Select(d.ID).From(d.Table).Named("knowledge.HasDirectories").Where(d.KnowledgeID.Eq(id), d.ID.In(want...)))
	if err == nil && n < int64(len(want)) {
		err = ErrNoDirectory
	}
	return err
}

// CreateDirectory makes a directory in a base that w may write to; an empty
// parent is the top. Errors: dberr.ErrNotFound, ErrNoAccess,
// ErrKnowledgeElsewhere, ErrNoDirectory, ErrDirectoryPlace.
func (k *Knowledge) CreateDirectory(ctx context.Context, w Who, id, name,
	parent string) (*model.KnowledgeDirectory, error) {
	now := k.now()
	d := &model.KnowledgeDirectory{ID: k.newID(), KnowledgeID: id, Name: chatdoc.CleanString(name), UserID: w.ID,
		CreatedAt: now, UpdatedAt: now}
	if parent != "" {
		d.ParentID = &parent
	}
	err := k.inTx(ctx, engine.TxOptions{Name: "knowledge.CreateDirectory"}, func(ctx context.Context, b base) error {
		k := Knowledge{b}
		if _, err := k.writable(ctx, w, id); err != nil {
			return err
		}
		if err := k.haveDirectories(ctx, id, []FileLink{{DirectoryID: d.ParentID}}); err != nil {
			return err
		}
		_, err := query.Exec(ctx, b.q,
			query.Insert(tables.KnowledgeDirectory.Table).Named("knowledge.CreateDirectory").Row(*d))
		return err
	})
	return d, inTheWay(err)
}

// inTheWay is err, or ErrDirectoryPlace when a directory has the name already.
func inTheWay(err error) error {
	if errors.Is(err, dberr.ErrAlreadyExists) {
		return ErrDirectoryPlace
	}
	return err
}

// UpdateDirectory renames a directory, or moves it: to the top with an empty
// parent. Nil leaves things as they are. Errors: as CreateDirectory;
// dberr.ErrNotFound for the directory, too.
func (k *Knowledge) UpdateDirectory(ctx context.Context, w Who, id, dir string, name,
	parent *string) (*model.KnowledgeDirectory, error) {
	var out model.KnowledgeDirectory
	err := k.inTx(ctx, engine.TxOptions{Name: "knowledge.UpdateDirectory", Idempotent: true},
		func(ctx context.Context, b base) error {
			tree, before, err := (&Knowledge{b}).directory(ctx, w, id, dir)
			if err != nil {
				return err
			}
			out = *before
			if name != nil {
				out.Name = chatdoc.CleanString(*name)
			}
			if parent != nil {
				switch to := *parent; {
				case to == "":
					out.ParentID = nil
				case tree.byID(to) == nil:
					return ErrNoDirectory
				case slices.Contains(tree.below(dir), to):
					return ErrDirectoryPlace
				default:
					out.ParentID = &to
				}
			}
			if name != nil || parent != nil {
				out.UpdatedAt = b.now()
			}
			t := tables.KnowledgeDirectory
			changes := query.Update(t.Table).Named("knowledge.UpdateDirectory").Diff(*before, out)
			if changes.Empty() {
				return nil
			}
			_, err = query.Exec(ctx, b.q, changes)
			return err
		})
	return &out, inTheWay(err)
}

// directory returns all directories of a base that w may write to, and one of
// them.
func (k *Knowledge) directory(ctx context.Context, w Who, id,
	dir string) (directoryTree, *model.KnowledgeDirectory, error) {
	if _, err := k.writable(ctx, w, id); err != nil {
		return nil, nil, err
	}
	tree, err := k.tree(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	d := tree.byID(dir)
	if d == nil {
		return nil, nil, missing("knowledge.Directory", "directory")
	}
	return tree, d, nil
}

// DeleteDirectory removes a directory and those inside it. Their files go to
// the directory above, or out of the base, as Remove does with the files
// themselves: their ids are returned. Errors: dberr.ErrNotFound, ErrNoAccess,
// ErrKnowledgeElsewhere.
func (k *Knowledge) DeleteDirectory(ctx context.Context, w Who, id, dir string, keepFiles bool) ([]string, error) {
	if _, err := k.changeable(ctx, w, id, query.SelectFrom(tables.Knowledge.Table).Named("knowledge.Get")); err != nil {
		return nil, err
	}
	tree, err := k.tree(ctx, id)
	if err != nil {
		return nil, err
	}
	d := tree.byID(dir)
	if d == nil {
		return nil, missing("knowledge.DeleteDirectory", "directory")
	}
	kf := tables.KnowledgeFile
	ids := tree.below(dir)
	inside := kf.DirectoryID.In(ids...)
	gone := []string{}
	if !keepFiles {
		gone, err = query.All[string](ctx, k.q,
			query.Select(kf.FileID).From(kf.Table).Named("knowledge.FilesInside").Where(kf.KnowledgeID.Eq(id), inside).
				OrderBy(kf.FileID))
		if err == nil {
			_, _, err = k.takeOut(ctx, w, id, true, inside)
		}
		if err != nil {
			return nil, err
		}
	}
	return gone, k.inTx(ctx, engine.TxOptions{Name: "knowledge.DeleteDirectory", Idempotent: true},
		func(ctx context.Context, b base) error {
			t := tables.KnowledgeDirectory
			for _, st := range []query.Statement{
				query.Update(kf.Table).Named("knowledge.MoveFiles").Set(kf.DirectoryID.SetPtr(d.ParentID)).
					Where(kf.KnowledgeID.Eq(id), inside),
				query.Delete(t.Table).Named("knowledge.DeleteDirectory").Where(t.KnowledgeID.Eq(id), t.ID.In(ids...)),
			} {
				if _, err := query.Exec(ctx, b.q, st); err != nil {
					return err
				}
			}
			return nil
		})
}
