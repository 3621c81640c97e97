package store

import (
	"context"
	"strings"

	"golang.org/x/text/cases"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Folders is the table folder: the folders of a user are trees.
type Folders struct{ base }

var folders = kind[model.Folder, *model.Folder]{name: "folders", table: tables.Folder.Table, id: tables.Folder.ID, owner: tables.Folder.UserID,
	updated: tables.Folder.UpdatedAt, touch: func(f *model.Folder, now int64) { f.UpdatedAt = max(f.UpdatedAt, now) },
	resource: "folder", permission: []string{"features", "folders"}, sharing: "folders", hidden: true,
	// Folders are nobody's concern but their owner's and those they are shared with.
	admins: func(AdminLimits, Right) bool { return false }}

// Folder is a folder as one of its readers sees it.
type Folder struct {
	model.Folder
	MayWrite bool
	Grants   []model.AccessGrant
}

// FolderItem is a folder in a list.
type FolderItem struct {
	model.Folder
	Unread int64 // chats in it and in those inside it that have changed since they were read
}

// The refusals of a folder's name and place.
var (
	ErrFolderExists = &Refusal{"there is a folder with this name in the same place"}
	ErrFolderInside = &Refusal{"a folder cannot be inside itself, or inside one that is in it"}
)

// List returns the folders of w, the first to be made first.
func (f *Folders) List(ctx context.Context, w Who) ([]FolderItem, error) {
	if _, err := folders.permitted(ctx, &f.base, w); err != nil {
		return nil, err
	}
	all, err := f.of(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	n, err := f.unread(ctx, w, all)
	return collect(all, func(x model.Folder) FolderItem { return FolderItem{x, n[x.ID]} }), err
}

// Unread returns how many chats w has not read in each of their folders and in
// those inside it, also for folders without any.
func (f *Folders) Unread(ctx context.Context, w Who) (map[string]int64, error) {
	tree, err := f.of(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	return f.unread(ctx, w, tree)
}

func (f *Folders) unread(ctx context.Context, w Who, tree []model.Folder) (map[string]int64, error) {
	direct, err := (&Chats{f.base}).UnreadIn(ctx, w)
	return summed(tree, direct), err
}

// summed adds what is counted for each folder to that of the one around it, from
// the innermost outwards. Of folders that are inside each other each has its own.
func summed(tree []model.Folder, direct map[string]int64) map[string]int64 {
	parent, inside, out := map[string]string{}, map[string]int{}, map[string]int64{}
	for _, x := range tree {
		out[x.ID] = direct[x.ID]
		if x.ParentID != nil {
			parent[x.ID] = *x.ParentID
			inside[*x.ParentID]++
		}
	}
	var ready []string
	for id := range out {
		if inside[id] == 0 {
			ready = append(ready, id)
		}
	}
	for len(ready) > 0 {
		id := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		around, ok := parent[id]
		if _, known := out[around]; !ok || !known {
			continue
		}
		out[around] += out[id]
		if inside[around]--; inside[around] == 0 {
			ready = append(ready, around)
		}
	}
	return out
}

func (f *Folders) of(ctx context.Context, user string) ([]model.Folder, error) {
	return folders.list(ctx, &f.base, tables.Folder.CreatedAt.Asc(), Page{}, tables.Folder.UserID.Eq(user))
}

// Shared returns the folders of others that are shared with w.
func (f *Folders) Shared(ctx context.Context, w Who) ([]Folder, error) {
	if _, err := folders.permitted(ctx, &f.base, w); err != nil {
		return nil, err
	}
	all, err := folders.list(ctx, &f.base, tables.Folder.CreatedAt.Asc(), Page{}, tables.Folder.UserID.Ne(w.ID),
		folders.mine(w, MayRead))
	out := make([]Folder, len(all))
	for i := range all {
		if err == nil {
			out[i] = Folder{Folder: all[i]}
			out[i].MayWrite, err = folders.has(ctx, &f.base, w, MayWrite, all[i].ID)
		}
	}
	return out, err
}

// Get returns a folder that w owns or that is shared with w, or dberr.ErrNotFound.
func (f *Folders) Get(ctx context.Context, w Who, id string) (*Folder, error) {
	x, err := folders.get(ctx, &f.base, w, MayRead, id)
	if err != nil {
		return nil, err
	}
	out := &Folder{Folder: *x, MayWrite: x.UserID == w.ID}
	if !out.MayWrite {
		out.MayWrite, err = folders.has(ctx, &f.base, w, MayWrite, id)
		return out, err
	}
	grants, err := (&Grants{f.base}).Of(ctx, folders.resource, id)
	out.Grants = grants[id]
	return out, err
}

// sameName compares names as Open WebUI does: without regard to case and to
// spaces around them.
func sameName(a, b string) bool {
	fold := cases.Fold()
	return fold.String(strings.TrimSpace(a)) == fold.String(strings.TrimSpace(b))
}

// room returns ErrFolderExists when w has another folder with the name in the
// same place, and dberr.ErrNotFound when the place is no folder of w. Tree are
// all folders of w.
func room(tree []model.Folder, id, name string, parent *string) error {
	there := parent == nil
	for _, x := range tree {
		if parent != nil && x.ID == *parent {
			there = true
		}
		if x.ID != id && orZero(x.ParentID) == orZero(parent) && sameName(x.Name, name) {
			return ErrFolderExists
		}
	}
	if !there {
		return missing("folders.Room", "folder")
	}
	return nil
}

// Create makes a folder of w. Errors: ErrFolderExists, dberr.ErrNotFound for
// the parent.
func (f *Folders) Create(ctx context.Context, w Who, name string, parent *string, data,
	meta jsonvalue.JSON) (*model.Folder, error) {
	if _, err := folders.permitted(ctx, &f.base, w); err != nil {
		return nil, err
	}
	now := f.now()
	x := &model.Folder{ID: f.newID(), UserID: w.ID, Name: strings.TrimSpace(chatdoc.CleanString(name)), ParentID: parent, Data: data, Meta: meta,
		Items: jsonvalue.Null(), CreatedAt: now, UpdatedAt: now}
	err := f.inTx(ctx, engine.TxOptions{Name: "folders.Create"}, func(ctx context.Context, b base) error {
		tree, err := (&Folders{b}).lockTree(ctx, w.ID)
		if err != nil {
			return err
		}
		if err := room(tree, x.ID, x.Name, parent); err != nil {
			return err
		}
		return folders.insert(ctx, &b, x)
	})
	return x, err
}

// lockTree reads all folders of a user, and lets nobody else change them: the
// row of the user is the lock.
func (f *Folders) lockTree(ctx context.Context, user string) ([]model.Folder, error) {
	lock := query.Select(tables.User.ID).From(tables.User.Table).Named("folders.Lock").
		Where(tables.User.ID.Eq(user)).ForUpdate()
	if _, err := query.All[string](ctx, f.q, lock); err != nil {
		return nil, err
	}
	return f.of(ctx, user)
}

// Update gives a folder that w may write to edit. A name or parent that edit
// changes has to be free. Errors: ErrFolderExists, dberr.ErrNotFound, also for
// the parent, and ErrFolderInside.
func (f *Folders) Update(ctx context.Context, w Who, id string, edit func(*model.Folder) error) (*model.Folder, error) {
	var out *model.Folder
	err := f.inTx(ctx, engine.TxOptions{Name: "folders.Update", Idempotent: true},
		func(ctx context.Context, b base) error {
			was, err := folders.get(ctx, &b, w, MayWrite, id)
			if err != nil {
				return err
			}
			tree, err := (&Folders{b}).lockTree(ctx, was.UserID)
			if err != nil {
				return err
			}
			out, err = folders.update(ctx, &b, w, id, func(x *model.Folder) error {
				if err := edit(x); err != nil {
					return err
				}
				x.Name = strings.TrimSpace(chatdoc.CleanString(x.Name))
				if x.Name == was.Name && orZero(x.ParentID) == orZero(was.ParentID) {
					return nil
				}
				for _, inside := range below(tree, id) {
					if x.ParentID != nil && *x.ParentID == inside {
						return ErrFolderInside
					}
				}
				return room(tree, id, x.Name, x.ParentID)
			})
			return err
		})
	return out, err
}

// below are the ids of a folder and of all inside it.
func below(tree []model.Folder, id string) []string {
	ids := []string{id}
	seen := map[string]bool{id: true}
	for i := 0; i < len(ids); i++ {
		for _, x := range tree {
			if x.ParentID != nil && *x.ParentID == ids[i] && !seen[x.ID] {
				seen[x.ID] = true
				ids = append(ids, x.ID)
			}
		}
	}
	return ids
}

// Below returns the ids of a folder that w may read and of all inside it. Errors:
// dberr.ErrNotFound.
func (f *Folders) Below(ctx context.Context, w Who, id string) ([]string, error) {
	x, err := folders.get(ctx, &f.base, w, MayRead, id)
	if err != nil {
		return nil, err
	}
	tree, err := f.of(ctx, x.UserID)
	return below(tree, id), err
}

// Named returns the ids of the folders of w with one of the names, in which
// spaces may be written as _, and of all inside them. Empty when there is none.
func (f *Folders) Named(ctx context.Context, w Who, names ...string) ([]string, error) {
	tree, err := f.of(ctx, w.ID)
	ids := []string{}
	for _, x := range tree {
		for _, name := range names {
			if sameName(strings.ReplaceAll(x.Name, " ", "_"), strings.ReplaceAll(name, " ", "_")) {
				ids = append(ids, below(tree, x.ID)...)
			}
		}
	}
	return ids, err
}

// Delete removes a folder of w with the folders inside it. With contents their
// chats go too, for which users need the permission chat.delete; else those are in
// no folder any more. Errors: dberr.ErrNotFound, ErrNotPermitted.
func (f *Folders) Delete(ctx context.Context, w Who, id string, contents bool) error {
	return f.inTx(ctx, engine.TxOptions{Name: "folders.Delete"}, func(ctx context.Context, b base) error {
		x, err := folders.get(ctx, &b, w, MayDelete, id)
		if err != nil {
			return err
		}
		tree, err := (&Folders{b}).lockTree(ctx, x.UserID)
		if err != nil {
			return err
		}
		ids := below(tree, id)
		in := query.And(tables.Chat.UserID.Eq(x.UserID), tables.Chat.FolderID.In(ids...))
		if err := (&Folders{b}).empty(ctx, w, x.UserID, in, contents); err != nil {
			return err
		}
		for _, st := range []query.Statement{
			deleteGrants(folders.resource, tables.AccessGrant.ResourceID.In(ids...)),
			query.Update(tables.Automation.Table).Named("automations.LeaveFolders").Set(tables.Automation.FolderID.SetNull()).
				Where(tables.Automation.FolderID.In(ids...)),
			query.Delete(tables.Folder.Table).Named("folders.Delete").
				Where(tables.Folder.UserID.Eq(x.UserID), tables.Folder.ID.In(ids...)),
		} {
			if _, err := query.Exec(ctx, b.q, st); err != nil {
				return err
			}
		}
		return nil
	})
}

// empty deletes chats, or takes them out of their folders.
func (f *Folders) empty(ctx context.Context, w Who, owner string, which query.Cond, contents bool) error {
	if !contents {
		_, err := query.Exec(ctx, f.q,
			query.Update(tables.Chat.Table).Named("chats.LeaveFolders").Set(tables.Chat.FolderID.SetNull()).Where(which))
		return err
	}
	metas, err := query.All[jsonvalue.JSON](ctx, f.q,
		query.Select(tables.Chat.Meta).From(tables.Chat.Table).Named("chats.MetaIn").Where(which))
	if err != nil || len(metas) == 0 {
		return err
	}
	if _, err := f.permitted(ctx, w, "chat", "delete"); err != nil {
		return err
	}
	if _, err := removeChats(ctx, &f.base, which); err != nil {
		return err
	}
	var tags []string
	for _, m := range metas {
		tags = append(tags, tagsOf(m)...)
	}
	return (&Tags{f.base}).removeOrphans(ctx, owner, tags)
}

// Share makes grants the whole set of a folder that w may write to. Errors:
// dberr.ErrNotFound, ErrAudience.
func (f *Folders) Share(ctx context.Context, w Who, id string, grants []Grant) (*Folder, error) {
	if _, err := folders.share(ctx, &f.base, w, id, grants); err != nil {
		return nil, err
	}
	return f.Get(ctx, w, id)
}

// Chats returns a page of the chats in a folder that w may read, of the owner and
// of others to whom it is shared, and how many there are in all. The folder says
// whether w may write to it. Errors: dberr.ErrNotFound.
func (f *Folders) Chats(ctx context.Context, w Who, id string, filter ChatFilter,
	p Page) (*Folder, []ChatItem, int64, error) {
	x, err := f.Get(ctx, w, id)
	if err != nil {
		return nil, nil, 0, err
	}
	filter.Folders, filter.IncludePinned, filter.UserID = []string{id}, true, ""
	list := Chats{f.base}
	total, err := list.Count(ctx, Program(), filter)
	if err != nil {
		return nil, nil, 0, err
	}
	found, err := list.List(ctx, Program(), filter, p)
	return x, found, total, err
}

// MarkRead notes that w has read all of their chats in a folder and, when it is
// theirs, in those inside it, and returns which folders that are and how many
// chats had changed. Errors: dberr.ErrNotFound.
func (f *Folders) MarkRead(ctx context.Context, w Who, id string) (ids []string, n int64, err error) {
	x, err := folders.get(ctx, &f.base, w, MayRead, id)
	if err != nil {
		return nil, 0, err
	}
	if ids = []string{id}; x.UserID == w.ID {
		tree, err := f.of(ctx, w.ID)
		if err != nil {
			return nil, 0, err
		}
		ids = below(tree, id)
	}
	t := tables.Chat
	n, err = (&Chats{f.base}).
		setAll(ctx, w, "folders.MarkRead", []query.Assignment{t.LastReadAt.SetTo(t.UpdatedAt)}, t.FolderID.In(ids...))
	return ids, n, err
}
