package store

import (
	"context"
	"runtime/debug"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Chats is the table chat, and what hangs on it: the rows of the messages,
// shares, links to files, tags that only this chat has.
type Chats struct{ base }

// ChatItem is a chat in a list: everything but the document.
type ChatItem struct {
	ID         string `db:"id"`
	Title      string `db:"title"`
	UpdatedAt  int64  `db:"updated_at"`   // seconds
	CreatedAt  int64  `db:"created_at"`   // seconds
	LastReadAt *int64 `db:"last_read_at"` // seconds; nil for never
	Archived   bool   `db:"archived"`
}

// ChatSort is the column that a list of chats is sorted by.
type ChatSort string

// The sorts. Chats that are equal in them follow by id.
const (
	ByUpdated ChatSort = "updated_at" // the standard
	ByCreated ChatSort = "created_at"
	ByTitle   ChatSort = "title" // by code point
)

// ChatFilter narrows a list of chats. Archived and pinned chats, chats in
// folders and internal ones are left out unless they are asked for.
type ChatFilter struct {
	UserID          string // the owner; empty for everybody's
	IncludeArchived bool
	IncludePinned   bool
	IncludeFolders  bool
	IncludeInternal bool

	Sort      ChatSort // empty is ByUpdated
	Ascending bool

	// After continues behind a chat of the list before, in the standard order
	// only. Unlike an offset it costs the same on every page.
	After *ChatKey
}

// ChatKey is a place in the standard order.
type ChatKey struct {
	UpdatedAt int64
	ID        string
}

func (f ChatFilter) conds() []query.Cond {
	var c []query.Cond
	if f.UserID != "" {
		c = append(c, tables.Chat.UserID.Eq(f.UserID))
	}
	if !f.IncludeArchived {
		c = append(c, tables.Chat.Archived.IfNull(false).Eq(false))
	}
	if !f.IncludePinned {
		c = append(c, tables.Chat.Pinned.IfNull(false).Eq(false))
	}
	if !f.IncludeFolders {
		c = append(c, tables.Chat.FolderID.IsNull())
	}
	if !f.IncludeInternal {
		c = append(c, tables.Chat.Meta.Path("internal").Bool().IfNull(false).Eq(false))
	}
	if k := f.After; k != nil {
		c = append(c, query.Or(tables.Chat.UpdatedAt.Lt(k.UpdatedAt), query.And(tables.Chat.UpdatedAt.Eq(k.UpdatedAt), tables.Chat.ID.Gt(k.ID))))
	}
	return c
}

func (f ChatFilter) order() (query.Ordering, error) {
	by := map[ChatSort][2]query.Ordering{
		"":        {tables.Chat.UpdatedAt.Desc(), tables.Chat.UpdatedAt.Asc()},
		ByUpdated: {tables.Chat.UpdatedAt.Desc(), tables.Chat.UpdatedAt.Asc()},
		ByCreated: {tables.Chat.CreatedAt.Desc(), tables.Chat.CreatedAt.Asc()},
		ByTitle:   {tables.Chat.Title.Desc(), tables.Chat.Title.Asc()},
	}
	o, ok := by[f.Sort]
	standard := (f.Sort == "" || f.Sort == ByUpdated) && !f.Ascending
	switch {
	case !ok:
		return nil, dberr.New(dberr.Invalid, "chats.List", "there is no such order; use updated_at, created_at or title")
	case f.After != nil && !standard:
		return nil, dberr.New(dberr.Invalid, "chats.List", "After works in the standard order only")
	case f.Ascending:
		return o[1], nil
	}
	return o[0], nil
}

// List returns chats without their documents, which it does not read: the last
// changed first, then by id.
func (c *Chats) List(ctx context.Context, f ChatFilter, p Page) ([]ChatItem, error) {
	by, err := f.order()
	if err != nil {
		return nil, err
	}
	st := query.Select(
		tables.Chat.ID,
		tables.Chat.Title.IfNull(chatdoc.DefaultTitle).As("title"),
		tables.Chat.UpdatedAt.IfNull(0).As("updated_at"),
		tables.Chat.CreatedAt.IfNull(0).As("created_at"),
		tables.Chat.LastReadAt,
		tables.Chat.Archived.IfNull(false).As("archived"),
	).Named("chats.List").From(tables.Chat.Table).Where(f.conds()...).OrderBy(by, tables.Chat.ID)
	return query.All[ChatItem](ctx, c.q, p.apply(st))
}

// Count returns how many chats a list has.
func (c *Chats) Count(ctx context.Context, f ChatFilter) (int64, error) {
	return query.Count(ctx, c.q, query.Select(tables.Chat.ID).Named("chats.Count").From(tables.Chat.Table).Where(f.conds()...))
}

// Get returns a chat with its document, as it is stored, or dberr.ErrNotFound.
func (c *Chats) Get(ctx context.Context, id string) (*model.Chat, error) {
	x, err := query.One[model.Chat](ctx, c.q, query.SelectFrom(tables.Chat.Table).Named("chats.Get").Where(tables.Chat.ID.Eq(id)))
	return one(x, err)
}

// ChatInput is what a client sends to create or update a chat.
type ChatInput struct {
	Document  *chatdoc.Document
	Variables jsonvalue.JSON // SQL NULL leaves them as they are
	FolderID  *string        // Create only; nil for none
}

// Create stores a new chat of the author and the rows of its messages, in one
// transaction. The title is the document's, or "New Chat". A folder that does
// not exist is dberr.ErrNotFound.
func (c *Chats) Create(ctx context.Context, by chatdoc.Author, in ChatInput) (*model.Chat, error) {
	now, folder := c.now(), in.FolderID // not in itself: while rows are written nobody needs what was sent any more
	doc := chatdoc.New(in.Document, by)
	chat := model.Chat{ID: c.newID(), UserID: &by.ID, CreatedAt: &now, UpdatedAt: &now, LastReadAt: &now,
		Archived: ptr(false), Pinned: ptr(false), Meta: jsonvalue.Text("{}"), Variables: jsonvalue.Text("{}"), Tasks: jsonvalue.Null(), FolderID: folder}
	if !in.Variables.IsNull() {
		chat.Variables = in.Variables
	}
	put(&chat, doc)
	if chat.Title == nil {
		chat.Title = ptr(chatdoc.DefaultTitle)
	}
	if err := chat.Validate(); err != nil {
		return nil, invalid("chats.Create", err)
	}
	release(doc)
	applied := func(ctx context.Context, q engine.Queryer) (bool, error) {
		return query.Found(ctx, q, query.Select(tables.Chat.ID).Named("chats.Applied").From(tables.Chat.Table).Where(tables.Chat.ID.Eq(chat.ID)))
	}
	err := c.inTx(ctx, engine.TxOptions{Name: "chats.Create", Applied: applied}, func(ctx context.Context, b base) error {
		if folder != nil {
			ok, err := query.Found(ctx, b.q, query.Select(tables.Folder.ID).Named("folders.Found").From(tables.Folder.Table).
				Where(tables.Folder.ID.Eq(*folder), tables.Folder.UserID.Eq(by.ID)))
			if err != nil {
				return err
			}
			if !ok {
				return dberr.New(dberr.NotFound, "chats.Create", "there is no such folder")
			}
		}
		if _, err := query.Exec(ctx, b.q, query.Insert(tables.Chat.Table).Named("chats.Insert").Row(chat)); err != nil {
			return err
		}
		return (&Messages{b}).add(ctx, doc.Rows(chat.ID, by.ID, now))
	})
	return one(chat, err)
}

// largeDocument is the size in bytes from which a document is worth a garbage
// collection of its own: that takes some hundredths of a second, writing the
// document many times that.
const largeDocument = 16 << 20

// release gives back what a large document was put together from, the request
// among it. Otherwise that stands in memory beside the copies that drivers and
// databases make of the document, and many times beside them when several
// clients send large ones.
func release(doc *chatdoc.Document) {
	if len(doc.JSON()) >= largeDocument {
		debug.FreeOSMemory()
	}
}

// put makes doc the document of chat, with the copies that lists read. A
// document without a title leaves the title as it is.
func put(chat *model.Chat, doc *chatdoc.Document) {
	chat.Chat = jsonvalue.Text(doc.JSON())
	if t, ok := doc.Title(); ok {
		chat.Title = &t
	}
	chat.CurrentMessageID = nil
	if id := doc.CurrentID(); id != "" {
		chat.CurrentMessageID = &id
	}
}

// Merge puts what a client sends into the author's chat by the rules of
// [chatdoc.Merge], under lock: clients that save at the same time lose nothing
// of each other. A chat that does not exist or has another owner is
// dberr.ErrNotFound.
func (c *Chats) Merge(ctx context.Context, id string, by chatdoc.Author, in ChatInput) (*model.Chat, error) {
	// A merge that took effect can be done again: it adds nothing twice.
	return c.edit(ctx, engine.TxOptions{Name: "chats.Merge", Idempotent: true}, id, func(chat *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
		if orZero(chat.UserID) != by.ID {
			return nil, dberr.New(dberr.NotFound, "chats.Merge", "there is no such chat")
		}
		if !in.Variables.IsNull() {
			chat.Variables = in.Variables
		}
		return chatdoc.Merge(doc, in.Document, by), nil
	})
}

// Update gives the chat to edit, under lock, and writes what edit changed, in
// one transaction: the chat, and the rows of messages that are different. Edit
// may run more than once. A title that edit changes goes into the document,
// and a document that edit changes brings its own; updated_at is set unless
// edit sets it. dberr.ErrNotFound when there is no such chat.
func (c *Chats) Update(ctx context.Context, id string, edit func(*model.Chat) error) (*model.Chat, error) {
	return c.edit(ctx, engine.TxOptions{Name: "chats.Update"}, id, func(chat *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
		title, was := orZero(chat.Title), chat.Chat
		if err := edit(chat); err != nil {
			return nil, err
		}
		if chat.Chat.IsNull() != was.IsNull() || chat.Chat.String() != was.String() {
			return chatdoc.Parse([]byte(chat.Chat.String()))
		}
		if t := orZero(chat.Title); t != title {
			chat.Title = ptr(chatdoc.CleanString(t))
			return doc.WithTitle(*chat.Title), nil
		}
		return doc, nil
	})
}

func (c *Chats) edit(ctx context.Context, o engine.TxOptions, id string, change func(*model.Chat, *chatdoc.Document) (*chatdoc.Document, error)) (*model.Chat, error) {
	var after model.Chat
	op := o.Name
	err := c.inTx(ctx, o, func(ctx context.Context, b base) error {
		before, err := query.One[model.Chat](ctx, b.q, query.SelectFrom(tables.Chat.Table).Named("chats.Lock").Where(tables.Chat.ID.Eq(id)).ForUpdate())
		if err != nil {
			return err
		}
		stored, err := chatdoc.ParseStored(before.Chat.String())
		if err != nil {
			return &dberr.Error{Op: op, Code: dberr.Internal, Msg: "the stored document of the chat is not JSON; repair the row first", Err: err}
		}
		after = before
		doc, err := change(&after, stored)
		if err != nil {
			return err
		}
		if doc != stored {
			put(&after, doc)
			release(doc)
		}
		if err := after.Validate(); err != nil {
			return invalid(op, err)
		}
		now := b.now()
		if orZero(after.UpdatedAt) == orZero(before.UpdatedAt) {
			after.UpdatedAt = &now
			if orZero(before.LastReadAt) >= orZero(before.UpdatedAt) {
				after.LastReadAt = &now // whoever saves a chat has seen it
			}
		}
		if st := query.Update(tables.Chat.Table).Named("chats.Update").Diff(before, after); !st.Empty() {
			if _, err := query.Exec(ctx, b.q, st); err != nil {
				return err
			}
		}
		if doc == stored {
			return nil
		}
		m := &Messages{b}
		if err := m.remove(ctx, doc.RowsGone(stored, id)); err != nil {
			return err
		}
		return m.put(ctx, slices.Collect(doc.RowsChanged(stored, id, orZero(after.UserID), now)))
	})
	return one(after, err)
}

// Delete removes a chat with its messages, shares, grants and links to files,
// and tags that no other chat of the owner has, in one transaction. Owner, if
// not empty, is whose chat it must be. dberr.ErrNotFound when there is none.
func (c *Chats) Delete(ctx context.Context, id, owner string) error {
	return c.inTx(ctx, engine.TxOptions{Name: "chats.Delete"}, func(ctx context.Context, b base) error {
		chat, err := query.One[struct {
			UserID *string        `db:"user_id"`
			Meta   jsonvalue.JSON `db:"meta"`
		}](ctx, b.q, query.Select(tables.Chat.UserID, tables.Chat.Meta).Named("chats.LockForDelete").From(tables.Chat.Table).Where(tables.Chat.ID.Eq(id)).ForUpdate())
		if err != nil {
			return err
		}
		if owner != "" && orZero(chat.UserID) != owner {
			return dberr.New(dberr.NotFound, "chats.Delete", "there is no such chat")
		}
		for _, st := range []query.DeleteStmt{
			query.Delete(tables.ChatMessage.Table).Named("messages.DeleteOfChat").Where(tables.ChatMessage.ChatID.Eq(id)),
			query.Delete(tables.SharedChat.Table).Named("shares.DeleteOfChat").Where(tables.SharedChat.ChatID.Eq(id)),
			query.Delete(tables.ChatFile.Table).Named("files.DeleteOfChat").Where(tables.ChatFile.ChatID.Eq(id)),
			query.Delete(tables.AccessGrant.Table).Named("grants.DeleteOfChat").Where(tables.AccessGrant.ResourceType.Eq("shared_chat"), tables.AccessGrant.ResourceID.Eq(id)),
			query.Delete(tables.Chat.Table).Named("chats.Delete").Where(tables.Chat.ID.Eq(id)),
		} {
			if _, err := query.Exec(ctx, b.q, st); err != nil {
				return err
			}
		}
		return (&Tags{b}).removeOrphans(ctx, orZero(chat.UserID), tagsOf(chat.Meta))
	})
}

// DeleteAll removes all chats of a user, in one transaction, as Delete does,
// and returns how many there were.
func (c *Chats) DeleteAll(ctx context.Context, owner string) (int64, error) {
	if owner == "" {
		return 0, dberr.New(dberr.Invalid, "chats.DeleteAll", "the owner is missing")
	}
	var n int64
	err := c.inTx(ctx, engine.TxOptions{Name: "chats.DeleteAll", Idempotent: true}, func(ctx context.Context, b base) error {
		mine := query.Select(tables.Chat.ID).From(tables.Chat.Table).Where(tables.Chat.UserID.Eq(owner))
		for _, st := range []query.DeleteStmt{
			query.Delete(tables.ChatMessage.Table).Named("messages.DeleteOfUser").Where(tables.ChatMessage.ChatID.InQuery(mine)),
			query.Delete(tables.SharedChat.Table).Named("shares.DeleteOfUser").Where(tables.SharedChat.ChatID.InQuery(mine)),
			query.Delete(tables.ChatFile.Table).Named("files.DeleteOfUser").Where(tables.ChatFile.ChatID.InQuery(mine)),
			query.Delete(tables.AccessGrant.Table).Named("grants.DeleteOfUser").Where(tables.AccessGrant.ResourceType.Eq("shared_chat"), tables.AccessGrant.ResourceID.InQuery(mine)),
			query.Delete(tables.Tag.Table).Named("tags.DeleteOfUser").Where(tables.Tag.UserID.Eq(owner)),
		} {
			if _, err := query.Exec(ctx, b.q, st); err != nil {
				return err
			}
		}
		var err error
		n, err = query.Exec(ctx, b.q, query.Delete(tables.Chat.Table).Named("chats.DeleteOfUser").Where(tables.Chat.UserID.Eq(owner)))
		return err
	})
	return n, err
}
