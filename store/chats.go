package store

import (
	"cmp"
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

var chats = kind[model.Chat, *model.Chat]{name: "chats", table: tables.Chat.Table, id: tables.Chat.ID, owner: tables.Chat.UserID,
	updated: tables.Chat.UpdatedAt, touch: func(c *model.Chat, now int64) { c.UpdatedAt = &now }, hidden: true,
	// Admins read and delete the chats of others, and write to none.
	admins: func(l AdminLimits, r Right) bool { return r == MayDelete || r == MayRead && !l.NoChats }}

// sharedChatResource is what grants call a shared chat; they name the chat's id.
const sharedChatResource = "shared_chat"

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
	UserID          string // the owner; empty for whoever asks, and for everybody's when that is Program
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
	by := map[string]sortable{string(ByUpdated): tables.Chat.UpdatedAt, string(ByCreated): tables.Chat.CreatedAt, string(ByTitle): tables.Chat.Title}
	sort := string(cmp.Or(f.Sort, ByUpdated))
	switch {
	case by[sort] == nil:
		return nil, dberr.New(dberr.Invalid, "chats.List", "there is no such order; use updated_at, created_at or title")
	case f.After != nil && (sort != string(ByUpdated) || f.Ascending):
		return nil, dberr.New(dberr.Invalid, "chats.List", "After works in the standard order only")
	}
	return sorted(sort, f.Ascending, nil, by), nil
}

// scope is f with the chats that w may list: their own unless an admin asks for
// those of somebody else, or of everybody.
func (c *Chats) scope(ctx context.Context, w Who, f ChatFilter) (ChatFilter, error) {
	if f.UserID == "" && !w.program {
		f.UserID = w.ID
	}
	if f.UserID != w.ID && !chats.everything(&c.base, w, MayRead) {
		return f, ErrNotPermitted
	}
	_, err := chats.permitted(ctx, &c.base, w)
	return f, err
}

// List returns chats without their documents, which it does not read: the last
// changed first, then by id.
func (c *Chats) List(ctx context.Context, w Who, f ChatFilter, p Page) ([]ChatItem, error) {
	f, err := c.scope(ctx, w, f)
	if err != nil {
		return nil, err
	}
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
func (c *Chats) Count(ctx context.Context, w Who, f ChatFilter) (int64, error) {
	f, err := c.scope(ctx, w, f)
	if err != nil {
		return 0, err
	}
	return chats.count(ctx, &c.base, f.conds()...)
}

// Get returns a chat with its document, as it is stored, or dberr.ErrNotFound:
// one's own, and everybody's to admins.
func (c *Chats) Get(ctx context.Context, w Who, id string) (*model.Chat, error) {
	return chats.get(ctx, &c.base, w, MayRead, id)
}

// ChatInput is what a client sends to create or update a chat.
type ChatInput struct {
	Document  *chatdoc.Document
	Variables jsonvalue.JSON // SQL NULL leaves them as they are
	FolderID  *string        // Create only; nil for none
}

// Create stores a new chat of w and the rows of its messages, in one
// transaction. The title is the document's, or "New Chat". A folder that does
// not exist is dberr.ErrNotFound.
func (c *Chats) Create(ctx context.Context, w Who, in ChatInput) (*model.Chat, error) {
	if _, err := chats.permitted(ctx, &c.base, w); err != nil {
		return nil, err
	}
	by := w.author()
	now, folder := c.now(), in.FolderID // not in itself: while rows are written nobody needs what was sent any more
	doc := chatdoc.New(in.Document, by)
	chat := model.Chat{ID: c.newID(), UserID: &by.ID, CreatedAt: &now, UpdatedAt: &now, LastReadAt: &now,
		Archived: ptr(false), Pinned: ptr(false), Meta: jsonvalue.Text("{}"), Variables: jsonvalue.Text("{}"), Tasks: jsonvalue.Null(), FolderID: folder}
	if !in.Variables.IsNull() {
		chat.Variables = in.Variables
	}
	if err := put(&chat, doc); err != nil {
		return nil, invalid("chats.Create", err)
	}
	if chat.Title == nil {
		chat.Title = ptr(chatdoc.DefaultTitle)
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
				return missing("chats.Create", "folder")
			}
		}
		if err := chats.insert(ctx, &b, &chat); err != nil {
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
// document without a title leaves the title as it is. The document is checked
// here: neither writing nor answering it looks again.
func put(chat *model.Chat, doc *chatdoc.Document) (err error) {
	if chat.Chat, err = jsonvalue.Parse(doc.JSON()); err != nil {
		return err
	}
	if t, ok := doc.Title(); ok {
		chat.Title = &t
	}
	chat.CurrentMessageID = nil
	if id := doc.CurrentID(); id != "" {
		chat.CurrentMessageID = &id
	}
	return nil
}

// Merge puts what a client sends into a chat of w by the rules of
// [chatdoc.Merge], under lock: clients that save at the same time lose nothing
// of each other. A chat that does not exist or has another owner is
// dberr.ErrNotFound.
func (c *Chats) Merge(ctx context.Context, w Who, id string, in ChatInput) (*model.Chat, error) {
	// A merge that took effect can be done again: it adds nothing twice.
	o := engine.TxOptions{Name: "chats.Merge", Idempotent: true}
	return c.edit(ctx, o, w, id, func(chat *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
		if !in.Variables.IsNull() {
			chat.Variables = in.Variables
		}
		return chatdoc.Merge(doc, in.Document, w.author()), nil
	})
}

// Update gives the chat to edit, under lock, and writes what edit changed, in
// one transaction: the chat, and the rows of messages that are different. Edit
// may run more than once. A title that edit changes goes into the document,
// and a document that edit changes brings its own; updated_at is set unless
// edit sets it. dberr.ErrNotFound when there is no such chat.
func (c *Chats) Update(ctx context.Context, w Who, id string, edit func(*model.Chat) error) (*model.Chat, error) {
	o := engine.TxOptions{Name: "chats.Update"}
	return c.edit(ctx, o, w, id, func(chat *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
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

// change makes of a chat and its document what they are to be.
type change func(*model.Chat, *chatdoc.Document) (*chatdoc.Document, error)

func (c *Chats) edit(ctx context.Context, o engine.TxOptions, w Who, id string, change change) (*model.Chat, error) {
	if _, err := chats.permitted(ctx, &c.base, w); err != nil {
		return nil, err
	}
	var after model.Chat
	op := o.Name
	err := c.inTx(ctx, o, func(ctx context.Context, b base) error {
		lock := query.SelectFrom(tables.Chat.Table).Named("chats.Lock").ForUpdate()
		before, err := chats.find(ctx, &b, w, MayWrite, lock, id)
		if err != nil {
			return err
		}
		stored, err := chatdoc.ParseStored(before.Chat.String())
		if err != nil {
			return &dberr.Error{Op: op, Code: dberr.Internal, Msg: "the stored document of the chat is not JSON; repair the row first", Err: err}
		}
		after = *before
		doc, err := change(&after, stored)
		if err != nil {
			return err
		}
		if doc != stored {
			if err := put(&after, doc); err != nil {
				return invalid(op, err)
			}
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
		if st := query.Update(tables.Chat.Table).Named("chats.Update").Diff(*before, after); !st.Empty() {
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
// and tags that no other chat of the owner has, in one transaction. Users need
// the permission chat.delete, and delete their own; admins delete everybody's.
// Errors: ErrNotPermitted, dberr.ErrNotFound.
func (c *Chats) Delete(ctx context.Context, w Who, id string) error {
	if _, err := c.permitted(ctx, w, "chat", "delete"); err != nil {
		return err
	}
	return c.inTx(ctx, engine.TxOptions{Name: "chats.Delete"}, func(ctx context.Context, b base) error {
		st := query.Select(tables.Chat.UserID, tables.Chat.Meta).From(tables.Chat.Table).Named("chats.LockForDelete").ForUpdate()
		chat, err := query.One[struct {
			UserID *string        `db:"user_id"`
			Meta   jsonvalue.JSON `db:"meta"`
		}](ctx, b.q, st.Where(tables.Chat.ID.Eq(id), chats.allowed(&b, w, MayDelete)))
		if err != nil {
			return err
		}
		if _, err := removeChats(ctx, &b, tables.Chat.ID.Eq(id)); err != nil {
			return err
		}
		return (&Tags{b}).removeOrphans(ctx, orZero(chat.UserID), tagsOf(chat.Meta))
	})
}

// DeleteAll removes all chats of w, in one transaction, as Delete does, and
// returns how many there were.
func (c *Chats) DeleteAll(ctx context.Context, w Who) (int64, error) {
	if _, err := c.permitted(ctx, w, "chat", "delete"); err != nil {
		return 0, err
	}
	if w.ID == "" {
		return 0, dberr.New(dberr.Invalid, "chats.DeleteAll", "the owner is missing")
	}
	var n int64
	err := c.inTx(ctx, engine.TxOptions{Name: "chats.DeleteAll", Idempotent: true}, func(ctx context.Context, b base) (err error) {
		if n, err = removeChats(ctx, &b, tables.Chat.UserID.Eq(w.ID)); err != nil {
			return err
		}
		_, err = query.Exec(ctx, b.q, query.Delete(tables.Tag.Table).Named("tags.DeleteOfUser").Where(tables.Tag.UserID.Eq(w.ID)))
		return err
	})
	return n, err
}

// removeChats deletes chats with the rows that go with them, but for tags, and
// returns how many there were.
func removeChats(ctx context.Context, b *base, which query.Cond) (int64, error) {
	ids := query.Select(tables.Chat.ID).From(tables.Chat.Table).Where(which)
	for _, st := range []query.DeleteStmt{
		query.Delete(tables.ChatMessage.Table).Named("messages.DeleteOfChats").Where(tables.ChatMessage.ChatID.InQuery(ids)),
		query.Delete(tables.SharedChat.Table).Named("shares.DeleteOfChats").Where(tables.SharedChat.ChatID.InQuery(ids)),
		query.Delete(tables.ChatFile.Table).Named("files.DeleteOfChats").Where(tables.ChatFile.ChatID.InQuery(ids)),
		deleteGrants(sharedChatResource, tables.AccessGrant.ResourceID.InQuery(ids)),
	} {
		if _, err := query.Exec(ctx, b.q, st); err != nil {
			return 0, err
		}
	}
	return query.Exec(ctx, b.q, query.Delete(tables.Chat.Table).Named("chats.Delete").Where(which))
}
