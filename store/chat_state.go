package store

import (
	"context"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Pinned reports whether a chat of w is pinned. dberr.ErrNotFound when w has no
// such chat.
func (c *Chats) Pinned(ctx context.Context, w Who, id string) (bool, error) {
	if _, err := chats.permitted(ctx, &c.base, w); err != nil {
		return false, err
	}
	st := query.Select(tables.Chat.Pinned.IfNull(false).As("pinned")).From(tables.Chat.Table).Named("chats.Pinned")
	return query.One[bool](ctx, c.q, st.Where(tables.Chat.ID.Eq(id), chats.mine(w, MayRead)))
}

// TogglePinned pins a chat of w that is not pinned, and the other way round.
// Errors: dberr.ErrNotFound.
func (c *Chats) TogglePinned(ctx context.Context, w Who, id string) (*model.Chat, error) {
	return c.Update(ctx, w, id, func(x *model.Chat) error {
		x.Pinned = ptr(!orZero(x.Pinned))
		return nil
	})
}

// ToggleArchived archives a chat of w, which takes it out of its folder, or brings
// it back. Errors: dberr.ErrNotFound.
func (c *Chats) ToggleArchived(ctx context.Context, w Who, id string) (*model.Chat, error) {
	return c.Update(ctx, w, id, func(x *model.Chat) error {
		x.Archived, x.FolderID = ptr(!orZero(x.Archived)), nil
		return nil
	})
}

// ArchiveAll archives all chats of w, or brings all back, in one statement, and
// returns how many it changed.
func (c *Chats) ArchiveAll(ctx context.Context, w Who, archived bool) (int64, error) {
	t := tables.Chat
	set := []query.Assignment{t.Archived.Set(archived)}
	if archived {
		set = append(set, t.FolderID.SetNull())
	}
	return c.setAll(ctx, w, "chats.ArchiveAll", set, t.Archived.IfNull(false).Ne(archived))
}

// setAll changes columns of the chats of w for which a condition holds; internal
// ones, which no list shows, stay.
func (c *Chats) setAll(ctx context.Context, w Who, name string, set []query.Assignment,
	which query.Cond) (int64, error) {
	if _, err := chats.permitted(ctx, &c.base, w); err != nil {
		return 0, err
	}
	shown := tables.Chat.Meta.Path("internal").Bool().IfNull(false).Eq(false)
	return query.Exec(ctx, c.q,
		query.Update(tables.Chat.Table).Named(name).Set(set...).Where(tables.Chat.UserID.Eq(w.ID), shown, which))
}

// Move puts a chat of w into a folder that w may write to, or takes it out of
// one. It is then not pinned, and in a folder not archived. Errors: dberr.ErrNotFound for
// the chat and the folder.
func (c *Chats) Move(ctx context.Context, w Who, id string, folder *string) (*model.Chat, error) {
	var out *model.Chat
	err := c.inTx(ctx, engine.TxOptions{Name: "chats.Move", Idempotent: true}, func(ctx context.Context, b base) error {
		if folder != nil {
			if err := b.folderOf(ctx, w, *folder); err != nil {
				return err
			}
		}
		var err error
		out, err = (&Chats{b}).Update(ctx, w, id, func(x *model.Chat) error {
			x.FolderID, x.Pinned = folder, ptr(false)
			if folder != nil { // lists of folders leave archived chats out
				x.Archived = ptr(false)
			}
			return nil
		})
		return err
	})
	return out, err
}

// MarkAllRead notes that w has read all chats, and returns how many they are.
func (c *Chats) MarkAllRead(ctx context.Context, w Who) (int64, error) {
	t := tables.Chat
	return c.setAll(ctx, w, "chats.MarkAllRead", []query.Assignment{t.LastReadAt.SetTo(t.UpdatedAt)},
		t.Archived.IfNull(false).Eq(false))
}

// MarkUnread notes that w has not read a chat, and returns the folder it is in.
// Errors: dberr.ErrNotFound.
func (c *Chats) MarkUnread(ctx context.Context, w Who, id string) (folder *string, err error) {
	err = c.inTx(ctx, engine.TxOptions{Name: "chats.MarkUnread", Idempotent: true},
		func(ctx context.Context, b base) error {
			x, err := chats.get(ctx, &b, w, MayWrite, id)
			if err != nil {
				return err
			}
			folder = x.FolderID
			_, err = query.Exec(ctx, b.q,
				query.Update(tables.Chat.Table).Named("chats.MarkUnread").Set(tables.Chat.LastReadAt.Set(0)).
					Where(tables.Chat.ID.Eq(id)))
			return err
		})
	return folder, err
}

// UnreadIn returns how many unread chats w has in each of the folders; folders
// without any are not in the map.
func (c *Chats) UnreadIn(ctx context.Context, w Who, folders ...string) (map[string]int64, error) {
	t := tables.Chat
	rows, err := query.All[struct {
		Folder string `db:"folder_id"`
		N      int64  `db:"n"`
	}](ctx, c.q, query.Select(t.FolderID, query.CountAll().As("n")).From(t.Table).Named("chats.UnreadIn").
		Where(t.UserID.Eq(w.ID), when(folders != nil, t.FolderID.In(folders...)), t.FolderID.NotNull(),
			t.Archived.IfNull(false).Eq(false), unread()).
		GroupBy(t.FolderID))
	out := map[string]int64{}
	for _, r := range rows {
		out[r.Folder] = r.N
	}
	return out, err
}

// UpdateParams sets members of the parameters that a chat of w asks models with,
// and returns all of them. Errors: dberr.ErrNotFound; dberr.Invalid for parameters
// that are not JSON or too deep.
func (c *Chats) UpdateParams(ctx context.Context, w Who, id string, sent jsonvalue.JSON) (jsonvalue.JSON, error) {
	if err := chatdoc.CheckValue(sent.String(), 1); err != nil {
		return jsonvalue.JSON{}, err
	}
	var params jsonvalue.JSON
	o := engine.TxOptions{Name: "chats.UpdateParams", Idempotent: true}
	_, err := c.edit(ctx, o, w, id, func(_ *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
		if params = sent; doc.Member("params") != "" {
			params = jsonvalue.Text(doc.Member("params")).Merged(sent)
		}
		return doc.With("params", params.String()), nil
	})
	return params, err
}

// DeleteMessage removes one message of a chat of w, by the rules of
// [chatdoc.Document.Remove]; one that is not there is none. Errors:
// dberr.ErrNotFound.
func (c *Chats) DeleteMessage(ctx context.Context, w Who, chat, message string) (*model.Chat, error) {
	o := engine.TxOptions{Name: "chats.DeleteMessage", Idempotent: true}
	return c.edit(ctx, o, w, chat, func(_ *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
		return doc.Remove(message), nil
	})
}

// AddEvent stores what happens to one message of a chat of w while it is being
// answered: a status, more text or other text, files, embeds and sources. Other
// events are not stored, and are no error.
func (c *Chats) AddEvent(ctx context.Context, w Who, chat, message, kind string, data jsonvalue.JSON) error {
	if err := chatdoc.CheckValue(data.String(), inMessage+1); err != nil {
		return err
	}
	_, err := c.edit(ctx, engine.TxOptions{Name: "chats.AddEvent"}, w, chat,
		func(_ *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
			switch kind {
			case "status":
				return doc.Append(message, "statusHistory", data.String()), nil
			case "source", "citation":
				return doc.Append(message, "sources", data.String()), nil
			case "files", "chat:message:files", "embeds", "chat:message:embeds":
				name := map[bool]string{true: "files", false: "embeds"}[kind == "files" || kind == "chat:message:files"]
				return doc.Append(message, name, data.Member(name).Elements()...), nil
			case "message", "chat:message:delta", "replace", "chat:message":
				var was, more string
				decode(jsonvalue.Text(doc.Message(message)).Member("content"), &was)
				decode(data.Member("content"), &more)
				if kind == "message" || kind == "chat:message:delta" {
					more = was + more
				}
				if doc.Message(message) == "" {
					return doc, nil
				}
				text, err := jsonvalue.Of(more)
				return doc.Upsert(message, jsonvalue.Text("{}").With("content", text).String()), err
			}
			return doc, nil
		})
	return err
}

// folderOf returns dberr.ErrNotFound unless w may put chats into a folder.
func (b *base) folderOf(ctx context.Context, w Who, id string) error {
	ok, err := query.Found(ctx, b.q, query.Select(tables.Folder.ID).Named("folders.Found").From(tables.Folder.Table).
		Where(tables.Folder.ID.Eq(id), folders.allowed(b, w, MayWrite)))
	if err == nil && !ok {
		err = dberr.New(dberr.NotFound, "folders.Found", "there is no such folder")
	}
	return err
}
