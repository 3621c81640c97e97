package store

import (
	"context"
	"errors"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Whoever may use what a file is part of may use the file. To change or delete
// it, the two must have the same owner as well: else one could put a file that
// one may only read into something of one's own, and would own it.

// inKnowledge holds for files in knowledge bases to which w has the right.
func inKnowledge(w Who, r Right) query.Cond {
	kf, k := tables.KnowledgeFile, tables.Knowledge
	return query.Exists(query.Select(kf.ID).From(kf.Table).Join(k.Table, k.ID.EqTo(kf.KnowledgeID)).Where(
		kf.FileID.EqTo(tables.File.ID), query.Or(k.UserID.Eq(w.ID), granted("knowledge", k.ID, w.ID, r)),
		when(r != MayRead, k.UserID.EqTo(tables.File.UserID))))
}

// inChannels holds for files in channels that w may read.
func inChannels(w Who) query.Cond {
	cf, c, m := tables.ChannelFile, tables.Channel, tables.ChannelMember
	closed := c.Type.IfNull("").In("group", "dm")
	member := query.Exists(query.Select(m.ID).From(m.Table).
		Where(m.ChannelID.EqTo(c.ID), m.UserID.Eq(w.ID), m.IsActive.Eq(true)))
	return query.Exists(query.Select(cf.ID).From(cf.Table).Join(c.Table, c.ID.EqTo(cf.ChannelID)).Where(
		cf.FileID.EqTo(tables.File.ID), c.DeletedAt.IsNull(), c.ArchivedAt.IsNull(), query.Or(
			query.And(closed, member),
			query.And(query.Not(closed), query.Or(c.UserID.Eq(w.ID), granted("channel", c.ID, w.ID, MayRead))))))
}

// inChats holds for files in chats that w may read because of a link or a folder.
func inChats(w Who) query.Cond {
	cf, c, f := tables.ChatFile, tables.Chat, tables.Folder
	shared := query.WithRecursive("readable_folders",
		query.Select(f.ID).From(f.Table).
			Where(query.Or(f.UserID.Eq(w.ID), granted(folders.resource, f.ID, w.ID, MayRead))), true,
		func(self *query.CTE) query.SelectStmt {
			return query.Select(f.ID).From(f.Table).
				JoinItem(self, f.ParentID.EqTo(query.Field[string]("readable_folders", "id")))
		})
	inFolder := c.FolderID.InQuery(query.Select(query.Field[string]("readable_folders", "id")).With(shared).
		FromItem(shared))
	return query.Exists(query.Select(cf.ID).From(cf.Table).Join(c.Table, c.ID.EqTo(cf.ChatID)).Where(
		cf.FileID.EqTo(tables.File.ID), query.Or(c.ShareID.NotNull(), c.FolderID.NotNull()),
		query.Or(c.UserID.Eq(w.ID), granted(sharedChatResource, c.ID, w.ID, MayRead), inFolder)))
}

// inNotes holds for files that their owner has attached to notes that w may
// read. What others attach gives no right.
func inNotes(w Who) query.Cond {
	n := tables.Note
	el := n.Data.Path("files").Elements("attached")
	attached := query.JSONDoc(el.Value())
	return query.Exists(query.Select(n.ID).From(n.Table).JoinItem(el).Where(n.UserID.EqTo(tables.File.UserID),
		attached.Path("type").Text().Eq("file"), attached.Path("id").Text().
			EqTo(tables.File.ID), granted(notes.resource, n.ID, w.ID, MayRead)))
}

// fileThrough holds for the files of others to which w has a right through
// something else.
func fileThrough(w Who, r Right) query.Cond {
	if r != MayRead {
		return inKnowledge(w, r)
	}
	return query.Or(inKnowledge(w, r), inChannels(w), inChats(w), inNotes(w))
}

// inModels reports whether w has the right to a file through a model whose
// settings name it. They are JSON in a column of text, which no statement can
// look into on every engine.
func (f *Files) inModels(ctx context.Context, w Who, r Right, id string) (bool, error) {
	m := tables.Model
	rows, err := query.All[struct {
		Based bool           `db:"based"`
		Meta  jsonvalue.JSON `db:"meta"`
	}](ctx, f.q, query.Select(query.Case[bool]().When(m.BaseModelID.NotNull(), true).Else(false).As("based"), m.Meta).
		From(m.Table).Named("models.WithFile").
		Where(m.Meta.Contains(id), query.Or(m.UserID.Eq(w.ID), granted("model", m.ID, w.ID, r)),
			when(r != MayRead, m.UserID.InQuery(query.Select(tables.File.UserID).From(tables.File.Table).
				Where(tables.File.ID.Eq(id))))))
	for _, x := range rows {
		if names(x.Meta, id, r == MayRead) && (x.Based || r == MayRead) {
			return true, nil
		}
	}
	return false, err
}

// names reports whether the settings of a model name a file: as knowledge, or
// as a picture or the face of a voice.
func names(meta jsonvalue.JSON, id string, pictures bool) bool {
	for _, text := range meta.Member("knowledge").Elements() {
		x := jsonvalue.Text(text)
		if textOf(x.Member("type")) == "file" && textOf(x.Member("id")) == id {
			return true
		}
	}
	if !pictures {
		return false
	}
	avatar := meta.Member("voice_avatar")
	assets := []jsonvalue.JSON{avatar}
	var states map[string]jsonvalue.JSON
	decode(avatar.Member("states"), &states)
	for _, x := range states {
		assets = append(assets, x)
	}
	for _, text := range avatar.Member("gestures").Elements() {
		assets = append(assets, jsonvalue.Text(text))
	}
	for _, x := range assets {
		if textOf(x.Member("file_id")) == id {
			return true
		}
	}
	return textOf(meta.Member("background_image_url")) == "/api/v1/files/"+id+"/content"
}

// textOf is the text that j is; empty for anything else.
func textOf(j jsonvalue.JSON) string {
	var s string
	decode(j, &s)
	return s
}

// asAllowed does something with a file on behalf of w. When the file seems not
// to be there for w, and w has the right through a model, it is done all the same.
func asAllowed[T any](ctx context.Context, f *Files, w Who, r Right, id string, do func(Who) (T, error)) (T, error) {
	if _, err := files.permitted(ctx, &f.base, w); err != nil {
		var none T
		return none, err
	}
	out, err := do(w)
	if !errors.Is(err, dberr.ErrNotFound) || files.everything(&f.base, w, r) {
		return out, err
	}
	switch yes, merr := f.inModels(ctx, w, r, id); {
	case merr != nil:
		return out, merr
	case !yes:
		return out, err
	}
	return do(Program())
}
