package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// LocalFile is a file that a client has, and wants to have in a base.
type LocalFile struct {
	Name     string // "readme.md"
	Path     string // of its directory: "docs/api"; empty is the top
	Checksum string // SHA-256 of its bytes
}

// Changed is a file that a base has in another version.
type Changed struct {
	LocalFile
	FileID string // of the version in the base
}

// SyncPlan is what is to be done that a base has what a client has.
type SyncPlan struct {
	Add         []LocalFile
	Change      []Changed
	Remove      []Changed         // without a checksum
	Make        []string          // paths of directories, the upper ones first
	Drop        []string          // ids of directories
	Same        int               // files that are there as they are
	Directories map[string]string // ids of those that are there, by path
}

// waiting is how long a file that is being read counts as one that is there.
const waiting = time.Hour

// Compare says how a base that w may write to differs from what a client has.
// Errors: dberr.ErrNotFound, ErrNoAccess, ErrKnowledgeElsewhere.
func (k *Knowledge) Compare(ctx context.Context, w Who, id string, local []LocalFile) (*SyncPlan, error) {
	if _, err := k.changeable(ctx, w, id, query.SelectFrom(tables.Knowledge.Table).Named("knowledge.Get")); err != nil {
		return nil, err
	}
	tree, err := k.tree(ctx, id)
	if err != nil {
		return nil, err
	}
	paths := tree.paths()
	plan := &SyncPlan{Add: []LocalFile{}, Change: []Changed{}, Remove: []Changed{}, Make: []string{}, Drop: []string{},
		Directories: map[string]string{}}
	for _, d := range tree {
		plan.Directories[paths[d.ID]] = d.ID
	}
	there, pending, err := k.present(ctx, w, id, paths)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	type place struct{ path, name string }
	at, seen := map[place]Changed{}, map[place]bool{}
	for _, x := range there {
		at[place{x.Path, x.Name}] = x
	}
	for _, f := range local {
		here := place{f.Path, f.Name}
		seen[here] = true
		for i, c := range f.Path + "/" {
			if c == '/' && i > 0 {
				wanted[f.Path[:i]] = true
			}
		}
		switch x, known := at[here]; {
		case known && x.Checksum == f.Checksum, !known && pending[f]:
			plan.Same++
		case known:
			plan.Change = append(plan.Change, Changed{f, x.FileID})
		default:
			plan.Add = append(plan.Add, f)
		}
	}
	for _, x := range there {
		if !seen[place{x.Path, x.Name}] {
			plan.Remove = append(plan.Remove, x)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(wanted)) {
		if _, ok := plan.Directories[path]; !ok {
			plan.Make = append(plan.Make, path)
		}
	}
	slices.SortStableFunc(plan.Make,
		func(a, b string) int { return cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")) })
	for _, path := range slices.Sorted(maps.Keys(plan.Directories)) {
		if !wanted[path] {
			plan.Drop = append(plan.Drop, plan.Directories[path])
		}
	}
	return plan, nil
}

// present are the files that a base has, and those that it is about to have.
func (k *Knowledge) present(ctx context.Context, w Who, id string,
	paths map[string]string) (there []Changed, pending map[LocalFile]bool, err error) {
	files, _, err := k.find(ctx, w, KnowledgeFileFilter{}, Page{}, tables.KnowledgeFile.KnowledgeID.Eq(id))
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		there = append(there, Changed{LocalFile{orZero(f.Filename), paths[orZero(f.DirectoryID)],
			textOf(f.Meta.Member("file_hash"))}, f.File.ID})
	}
	coming, err := k.pendingFiles(ctx, id)
	pending = map[LocalFile]bool{}
	for _, f := range coming {
		if orZero(f.CreatedAt) >= k.clock().Add(-waiting).Unix() {
			dir := textOf(f.Meta.Member("data").Member("directory_id"))
			pending[LocalFile{orZero(f.Filename), paths[dir], textOf(f.Meta.Member("file_hash"))}] = true
		}
	}
	return there, pending, err
}

// CleanUp takes files and directories out of a base that w may write to, as
// Remove and DeleteDirectory do with the files themselves. What is not in the
// base is left alone. Errors: dberr.ErrNotFound, ErrNoAccess,
// ErrKnowledgeElsewhere.
func (k *Knowledge) CleanUp(ctx context.Context, w Who, id string, files, directories []string) error {
	if _, _, err := k.takeOut(ctx, w, id, true, tables.KnowledgeFile.FileID.In(files...)); err != nil {
		return err
	}
	tree, err := k.tree(ctx, id)
	if err != nil {
		return err
	}
	var ids []string
	for _, d := range directories {
		if tree.byID(d) != nil {
			ids = append(ids, tree.below(d)...)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, _, err := k.takeOut(ctx, w, id, true, tables.KnowledgeFile.DirectoryID.In(ids...)); err != nil {
		return err
	}
	t := tables.KnowledgeDirectory
	_, err = query.Exec(ctx, k.q,
		query.Delete(t.Table).Named("knowledge.DeleteDirectory").Where(t.KnowledgeID.Eq(id), t.ID.In(ids...)))
	return err
}
