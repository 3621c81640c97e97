package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// A message that is written alone does not go into the document of its chat at
// once: it waits in the table larder_message, and every reader of the document
// goes through this file, which adds what waits. Whoever writes a document writes
// what waited with it.

// backlog is what a process knows of what waits. It is shared by all copies of a
// store.
type backlog struct {
	there atomic.Bool // the table was seen

	mu    sync.Mutex
	chats map[string]waitingChat // in which this process has written, until they are folded
}

type waitingChat struct {
	last        time.Time // when the last message was written
	rows, bytes int64
}

// withWaiting calls fn, and tells it whether there is a table in which messages
// wait. A database that Larder has not extended has none, and it may be taken
// away and made under a running program: fn is called again when it was there
// and is gone.
func (b *base) withWaiting(ctx context.Context, fn func(there bool) error) error {
	there, err := b.findWaiting(ctx)
	if err != nil {
		return err
	}
	err = fn(there)
	if !there || !errors.Is(err, dberr.ErrSchemaMismatch) {
		return err
	}
	b.backlog.there.Store(false)
	if is, ferr := b.findWaiting(ctx); ferr != nil || is {
		return err
	}
	return fn(false)
}

// findWaiting reports whether the table is there. Once it was it costs nothing.
func (b *base) findWaiting(ctx context.Context) (bool, error) {
	if b.backlog.there.Load() {
		return true, nil
	}
	// In a transaction of its own, or in a savepoint: the statement may fail.
	err := b.q.InTx(ctx, engine.TxOptions{Name: "waiting.Find", Mode: engine.Read}, func(ctx context.Context, tx *engine.Tx) error {
		_, err := query.All[int64](ctx, tx, query.Select(own.Message.Seq).From(own.Message.Table).Where(query.Or()).Named("waiting.Find"))
		return err
	})
	switch {
	case err == nil:
		b.backlog.there.Store(true)
		return true, nil
	case errors.Is(err, dberr.ErrSchemaMismatch):
		return false, nil
	}
	return false, err
}

// readChat is a chat as it is stored, and which messages wait for it.
type readChat struct {
	model.Chat
	First *int64 `db:"waiting_first"` // nil when none does
	Last  *int64 `db:"waiting_last"`
}

// readChats returns the chats that a statement over the table chat names, with
// the messages that wait for them in their documents. It is one statement, and one
// more for each chat for which messages wait.
func (b *base) readChats(ctx context.Context, name string, narrow func(query.SelectStmt) query.SelectStmt) ([]model.Chat, error) {
	return b.reading(ctx, func() ([]model.Chat, error) {
		return query.All[model.Chat](ctx, b.q, narrow(selectChats(name)))
	}, func() ([]readChat, error) {
		return query.All[readChat](ctx, b.q, narrow(selectWaiting(name)))
	})
}

// selectChats reads whole chats.
func selectChats(name string) query.SelectStmt { return query.SelectFrom(chats.table).Named(name) }

// selectWaiting is selectChats with which messages wait for each, for a [readChat].
func selectWaiting(name string) query.SelectStmt {
	m := own.Message
	seq := func(e query.Expr[int64]) query.Expr[int64] {
		return query.Scalar[int64](query.Select(e).From(m.Table).Where(m.ChatID.EqTo(tables.Chat.ID)))
	}
	cols := append(query.Columns(chats.table), seq(query.Min(m.Seq)).As("waiting_first"), seq(query.Max(m.Seq)).As("waiting_last"))
	return query.Select(cols...).From(chats.table).Named(name)
}

// oneChat are the statements that read a chat by its id, as readChats does: of
// everybody's, or of one's own.
var oneChat = struct {
	plain   variants[bool, model.Chat]
	waiting variants[bool, readChat]
}{
	variants[bool, model.Chat]{build: func(all bool) query.SelectStmt { return byIDAndOwner(selectChats("chats.Get"), all) }},
	variants[bool, readChat]{build: func(all bool) query.SelectStmt { return byIDAndOwner(selectWaiting("chats.Get"), all) }},
}

func byIDAndOwner(st query.SelectStmt, all bool) query.SelectStmt {
	t := tables.Chat
	return st.Where(t.ID.EqTo(query.Param[string]("id")), when(!all, t.UserID.EqTo(query.Param[string]("user"))))
}

// readOne returns the chat with that id if w has the right to it, or none.
func (b *base) readOne(ctx context.Context, w Who, r Right, id string) ([]model.Chat, error) {
	all, values := chats.everything(b, w, r), []any{id}
	if !all {
		values = append(values, w.ID)
	}
	return b.reading(ctx, func() ([]model.Chat, error) {
		return oneChat.plain.of(all).All(ctx, b.q, values...)
	}, func() ([]readChat, error) {
		return oneChat.waiting.of(all).All(ctx, b.q, values...)
	})
}

// reading returns the chats that plain reads, where no message can wait for a
// chat, else those that waiting reads, with what waits for them.
func (b *base) reading(ctx context.Context, plain func() ([]model.Chat, error), waiting func() ([]readChat, error)) (found []model.Chat, err error) {
	err = b.withWaiting(ctx, func(there bool) error {
		if there {
			found, err = b.united(ctx, waiting)
		} else {
			found, err = plain()
		}
		return err
	})
	for i := range found {
		found[i].Chat = b.checked.Check(found[i].Chat)
	}
	return found, err
}

func (b *base) united(ctx context.Context, read func() ([]readChat, error)) ([]model.Chat, error) {
	for {
		rows, err := read()
		if err != nil {
			return nil, err
		}
		out := make([]model.Chat, 0, len(rows))
		for i := range rows {
			ok, err := b.unite(ctx, &rows[i])
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
			out = append(out, rows[i].Chat)
		}
		if len(out) == len(rows) {
			return out, nil
		}
	}
}

// unite adds to a chat the messages that waited for it when it was read. It
// reports false when some of them have gone into the document since then: the
// chat has to be read again.
func (b *base) unite(ctx context.Context, c *readChat) (bool, error) {
	if c.First == nil || c.Last == nil {
		return true, nil
	}
	rows, err := query.All[own.MessageRow](ctx, b.q, query.SelectFrom(own.Message.Table).Named("waiting.Read").
		Where(own.Message.ChatID.Eq(c.ID), own.Message.Seq.Le(*c.Last)).OrderBy(own.Message.Seq))
	if err != nil || len(rows) == 0 || rows[0].Seq != *c.First {
		return false, err
	}
	doc, _ := chatdoc.ParseStored(c.Chat.Chat.String())
	if doc == nil {
		return true, nil // it is shown as it is, and cannot be folded into
	}
	return true, into(&c.Chat, doc.Fold(patchesOf(rows)))
}

// into makes doc, which messages have gone into, the document of chat.
func into(chat *model.Chat, doc *chatdoc.Document) (err error) {
	if chat.Chat, err = jsonvalue.Parse(doc.JSON()); err != nil {
		return err
	}
	if id := doc.CurrentID(); id != "" {
		chat.CurrentMessageID = &id
	}
	return nil
}

func patchesOf(rows []own.MessageRow) []chatdoc.Patch {
	return collect(rows, func(r own.MessageRow) chatdoc.Patch {
		return chatdoc.Patch{MessageID: r.MessageID, Members: r.Patch.String()}
	})
}

// locked is a chat that nobody else writes to until the transaction ends.
type locked struct {
	model.Chat                   // as it is stored
	doc        *chatdoc.Document // as it is stored; nil when it cannot be read
	broken     error             // why it cannot
	whole      *chatdoc.Document // doc with what waits; doc itself when nothing does
	last       int64             // of what waits; 0 for nothing
	rows       int64             // how many wait
}

// lockChat reads a chat to which w has the right, and takes the lock of its row:
// appending and folding take it, too. there says whether there is a table in which
// messages wait.
func (b *base) lockChat(ctx context.Context, w Who, r Right, id string, there bool) (*locked, error) {
	x, err := chats.find(ctx, b, w, r, query.SelectFrom(tables.Chat.Table).Named("chats.Lock").ForUpdate(), id)
	if err != nil {
		return nil, err
	}
	return b.withWaitingOf(ctx, x, own.Message, there)
}

// withWaitingOf reads what waits in a table for a chat that is under lock.
func (b *base) withWaitingOf(ctx context.Context, x *model.Chat, in own.MessageTable, there bool) (*locked, error) {
	l := &locked{Chat: *x}
	l.doc, l.broken = chatdoc.ParseStored(x.Chat.String())
	if l.whole = l.doc; !there {
		return l, nil
	}
	rows, err := query.All[own.MessageRow](ctx, b.q, query.SelectFrom(in.Table).Named("waiting.OfLocked").Where(in.ChatID.Eq(x.ID)).OrderBy(in.Seq))
	if err != nil || len(rows) == 0 {
		return l, err
	}
	l.last, l.rows = rows[len(rows)-1].Seq, int64(len(rows))
	if l.doc != nil {
		l.whole = l.doc.Fold(patchesOf(rows))
	}
	return l, nil
}

// united is the chat with what waits for it.
func (l *locked) united() (*model.Chat, error) {
	x := l.Chat
	if l.whole == l.doc {
		return &x, nil
	}
	return &x, into(&x, l.whole)
}

// folded deletes the rows that were read under lock, whose messages are in the
// document from now on.
func (l *locked) folded(ctx context.Context, b *base, in own.MessageTable) error {
	if l.last == 0 {
		return nil
	}
	_, err := query.Exec(ctx, b.q, query.Delete(in.Table).Named("waiting.Folded").Where(in.ChatID.Eq(l.ID), in.Seq.Le(l.last)))
	return err
}

// removeWaiting deletes what waits for chats.
func removeWaiting(ctx context.Context, b *base, ids query.SelectStmt) error {
	there, err := b.findWaiting(ctx)
	if err != nil || !there {
		return err
	}
	_, err = query.Exec(ctx, b.q, query.Delete(own.Message.Table).Named("waiting.DeleteOfChats").Where(own.Message.ChatID.InQuery(ids)))
	if errors.Is(err, dberr.ErrSchemaMismatch) {
		b.backlog.there.Store(false)
	}
	return err
}
