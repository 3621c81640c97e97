package store

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// Chats is the table chat, and what hangs on it: the rows of the messages,
// shares, links to files, tags that only this chat has.
type Chats struct{ base }

var chats = kind[model.Chat, *model.Chat]{name: "chats", table: tables.Chat.Table, id: tables.Chat.ID, owner: tables.Chat.UserID,
	updated: tables.Chat.UpdatedAt, touch: func(c *model.Chat, now int64) { c.UpdatedAt = later(c.UpdatedAt, now) }, hidden: true,
	// Admins read and delete the chats of others, and write to none.
	admins: func(l AdminLimits, r Right) bool { return r == MayDelete || r == MayRead && !l.NoChats }}

// sharedChatResource is what grants call a shared chat; they name the chat's id.
const sharedChatResource = "shared_chat"

// Get returns a chat with its document, as it is stored, or dberr.ErrNotFound:
// one's own, and everybody's to admins.
func (c *Chats) Get(ctx context.Context, w Who, id string) (*model.Chat, error) {
	return c.get(ctx, w, MayRead, id)
}

func (c *Chats) get(ctx context.Context, w Who, r Right, id string) (*model.Chat, error) {
	if _, err := chats.permitted(ctx, &c.base, w); err != nil {
		return nil, err
	}
	found, err := c.readOne(ctx, w, r, id)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, missing("chats.Get", "chat")
	}
	return &found[0], nil
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
	if err := in.Document.Check(); err != nil {
		return nil, err
	}
	now, folder := c.now(), in.FolderID // not in itself: while rows are written nobody needs what was sent any more
	doc := chatdoc.New(in.Document, w.author())
	chat := newChat(c.newID(), w.ID, now)
	chat.FolderID = folder
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
	err := c.inTx(ctx, engine.TxOptions{Name: "chats.Create", Applied: chatApplied([]model.Chat{{ID: chat.ID}})},
		func(ctx context.Context, b base) error {
			if folder != nil {
				if err := b.folderOf(ctx, w, *folder); err != nil {
					return err
				}
			}
			if err := chats.insert(ctx, &b, &chat); err != nil {
				return err
			}
			return (&Messages{b}).add(ctx, doc.Rows(chat.ID, w.ID, now))
		})
	return one(chat, err)
}

// newChat is a chat of a user with nothing in it.
func newChat(id, user string, now int64) model.Chat {
	return model.Chat{ID: id, UserID: &user, CreatedAt: &now, UpdatedAt: ptr(now), LastReadAt: ptr(now), Archived: ptr(false), Pinned: ptr(false),
		Meta: jsonvalue.Text("{}"), Variables: jsonvalue.Text("{}"), Tasks: jsonvalue.Null()}
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
	if err := in.Document.Check(); err != nil {
		return nil, err
	}
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

// edit changes a chat, and lets what differs wait where it may.
func (c *Chats) edit(ctx context.Context, o engine.TxOptions, w Who, id string, change change) (*model.Chat, error) {
	return c.editing(ctx, o, w, id, true, change)
}

// rewrite is edit for what is known not to wait.
func (c *Chats) rewrite(ctx context.Context, o engine.TxOptions, w Who, id string, change change) (*model.Chat, error) {
	return c.editing(ctx, o, w, id, false, change)
}

func (c *Chats) editing(ctx context.Context, o engine.TxOptions, w Who, id string, mayWait bool,
	change change) (*model.Chat, error) {
	if _, err := chats.permitted(ctx, &c.base, w); err != nil {
		return nil, err
	}
	var after *model.Chat
	err := c.withWaiting(ctx, func(there bool) error {
		run := func(mayWait bool) error {
			return c.inTx(ctx, o, func(ctx context.Context, b base) (err error) {
				after, err = b.edit(ctx, o.Name, w, id, there, mayWait, change)
				return err
			})
		}
		err := run(mayWait && there && !c.backlog.older.Load())
		if errors.Is(err, errIntoDocument) {
			err = run(false)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// edit changes a chat in a transaction. Where few messages differ and may wait, they
// do; else the document is written, with what waits for it.
func (b *base) edit(ctx context.Context, op string, w Who, id string, there, mayWait bool,
	change change) (*model.Chat, error) {
	before, err := b.lockChat(ctx, w, MayWrite, id, there)
	if err != nil {
		return nil, err
	}
	if before.broken != nil {
		return nil, unreadable(op, id, before.broken)
	}
	after, err := before.united()
	if err != nil {
		return nil, err
	}
	united := *after
	from := united // what waits goes on waiting where the document does not change
	doc, err := change(after, before.whole)
	if err != nil {
		return nil, err
	}
	written := doc != before.whole
	var patches []chatdoc.Patch
	dated := orZero(after.UpdatedAt) != orZero(united.UpdatedAt) || orZero(after.LastReadAt) != orZero(united.LastReadAt)
	if written && mayWait && !dated { // what waits says when it was written
		if patches, doc = differing(before.whole, doc); patches != nil {
			written = false
		}
	}
	if written || patches != nil {
		if err := put(after, doc); err != nil {
			return nil, invalid(op, err)
		}
		release(doc)
	}
	if written {
		from = before.Chat
	}
	if err := after.Validate(); err != nil {
		return nil, invalid(op, err)
	}
	now := b.now()
	if saved(after, &united, now) && patches != nil {
		from.UpdatedAt, from.LastReadAt = after.UpdatedAt, after.LastReadAt
	}
	if patches != nil { // what the document says goes with it
		from.Chat, from.CurrentMessageID = after.Chat, after.CurrentMessageID
	}
	if st := query.Update(tables.Chat.Table).Named("chats.Update").Diff(from, *after); !st.Empty() {
		if _, err := query.Exec(ctx, b.q, st); err != nil {
			return nil, err
		}
	}
	m := &Messages{*b}
	switch {
	case patches != nil:
		if err := b.waitAll(ctx, id, orZero(after.UserID), patches); err != nil {
			return nil, err
		}
		return after, m.put(ctx, slices.Collect(doc.RowsChanged(before.whole, id, orZero(after.UserID), now)))
	case !written:
		return after, nil
	}
	if err := m.remove(ctx, doc.RowsGone(before.whole, id)); err != nil {
		return nil, err
	}
	if err := m.put(ctx, slices.Collect(doc.RowsChanged(before.doc, id, orZero(after.UserID), now))); err != nil {
		return nil, err
	}
	return after, before.folded(ctx, b, own.Message)
}

// saved notes when a chat was saved, unless the change says so itself.
func saved(after, before *model.Chat, now int64) bool {
	if orZero(after.UpdatedAt) != orZero(before.UpdatedAt) {
		return false
	}
	after.UpdatedAt = later(before.UpdatedAt, now)
	if orZero(before.LastReadAt) >= orZero(before.UpdatedAt) {
		after.LastReadAt = after.UpdatedAt // whoever saves a chat has seen it
	}
	return true
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
		st := query.Select(tables.Chat.UserID, tables.Chat.Meta).From(tables.Chat.Table).
			Named("chats.LockForDelete").ForUpdate()
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
// returns how many there were. Errors: ErrNotPermitted; dberr.Invalid without a
// user.
func (c *Chats) DeleteAll(ctx context.Context, w Who) (int64, error) {
	if _, err := c.permitted(ctx, w, "chat", "delete"); err != nil {
		return 0, err
	}
	if w.ID == "" {
		return 0, dberr.New(dberr.Invalid, "chats.DeleteAll", "the owner is missing")
	}
	var n int64
	err := c.inTx(ctx, engine.TxOptions{Name: "chats.DeleteAll", Idempotent: true},
		func(ctx context.Context, b base) (err error) {
			if n, err = removeChats(ctx, &b, tables.Chat.UserID.Eq(w.ID)); err != nil {
				return err
			}
			_, err = query.Exec(ctx, b.q,
				query.Delete(tables.Tag.Table).Named("tags.DeleteOfUser").Where(tables.Tag.UserID.Eq(w.ID)))
			return err
		})
	return n, err
}

// removeChats deletes chats with the rows that go with them, but for tags, and
// returns how many there were.
func removeChats(ctx context.Context, b *base, which query.Cond) (int64, error) {
	ids := query.Select(tables.Chat.ID).From(tables.Chat.Table).Where(which)
	if err := removeWaiting(ctx, b, ids); err != nil {
		return 0, err
	}
	if err := b.forget(ctx, ids); err != nil {
		return 0, err
	}
	for _, st := range []query.Statement{
		query.Update(tables.AutomationRun.Table).Named("runs.ForgetChats").Set(tables.AutomationRun.ChatID.SetNull()).
			Where(tables.AutomationRun.ChatID.InQuery(ids)),
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
