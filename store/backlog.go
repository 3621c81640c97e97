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
	there  atomic.Bool // the table was seen
	looked atomic.Bool // it was looked for
	older  atomic.Bool // as it was before it had the owners of chats: it is emptied, and nothing more waits in it

	mu    sync.Mutex
	chats map[string]waitingChat // in which this process has written, until they are folded
}

type waitingChat struct {
	owner       string
	last        time.Time // when the last message was written
	rows, bytes int64     // that this process wrote
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
	older := b.backlog.older.Load()
	err = fn(there)
	if !there || !errors.Is(err, dberr.ErrSchemaMismatch) {
		return err
	}
	b.backlog.there.Store(false)
	is, ferr := b.findWaiting(ctx)
	if ferr != nil || is && older == b.backlog.older.Load() {
		return err
	}
	return fn(is)
}

// withMoved calls fn as withWaiting does, for lists, and tells it whether messages
// that wait may have moved chats. It looks for the table once; whoever reads or
// writes a chat looks for it again.
func (b *base) withMoved(ctx context.Context, fn func(may bool) error) error {
	if b.backlog.looked.Load() && !b.backlog.there.Load() {
		return fn(false)
	}
	return b.withWaiting(ctx, func(there bool) error { return fn(there && !b.backlog.older.Load()) })
}

// findWaiting reports whether the table is there. Once it was it costs nothing.
func (b *base) findWaiting(ctx context.Context) (bool, error) {
	if b.backlog.there.Load() {
		return true, nil
	}
	defer b.backlog.looked.Store(true)
	for older, column := range []query.Selectable{own.Message.UserID, own.Message.Seq} {
		// In a transaction of its own, or in a savepoint: the statement may fail.
		err := b.q.InTx(ctx, engine.TxOptions{Name: "waiting.Find", Mode: engine.Read},
			func(ctx context.Context, tx *engine.Tx) error {
				_, err := query.All[any](ctx, tx,
					query.Select(column).From(own.Message.Table).Where(query.Or()).Named("waiting.Find"))
				return err
			})
		if err == nil {
			b.backlog.older.Store(older == 1)
			b.backlog.there.Store(true)
			return true, nil
		}
		if !errors.Is(err, dberr.ErrSchemaMismatch) {
			return false, err
		}
	}
	return false, nil
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
func (b *base) readChats(ctx context.Context, name string,
	narrow func(query.SelectStmt, times) query.SelectStmt) ([]model.Chat, error) {
	return b.reading(ctx, func() ([]model.Chat, error) {
		return query.All[model.Chat](ctx, b.q, narrow(selectChats(name), storedTimes()))
	}, func() ([]readChat, error) {
		last := query.Scalar[int64](query.Select(query.Max(own.Message.At)).From(own.Message.Table).
			Where(own.Message.ChatID.EqTo(tables.Chat.ID)))
		return query.All[readChat](ctx, b.q, narrow(selectWaiting(name), timesMovedTo(last)))
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
	cols := append(query.Columns(chats.table), seq(query.Min(m.Seq)).As("waiting_first"),
		seq(query.Max(m.Seq)).As("waiting_last"))
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
		return oneOrNone(oneChat.plain.of(all).One(ctx, b.q, values...))
	}, func() ([]readChat, error) {
		return oneOrNone(oneChat.waiting.of(all).One(ctx, b.q, values...))
	})
}

// oneOrNone makes a list of what One returns.
func oneOrNone[T any](found T, err error) ([]T, error) {
	switch {
	case errors.Is(err, dberr.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []T{found}, nil
}

// reading returns the chats that plain reads, where no message can wait for a
// chat, else those that waiting reads, with what waits for them.
func (b *base) reading(ctx context.Context,
	plain func() ([]model.Chat, error), waiting func() ([]readChat, error)) (found []model.Chat, err error) {
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
	rows, err := query.All[own.MessageRow](ctx, b.q,
		query.SelectFor[own.MessageRow](own.Message.Table).Named("waiting.Read").
			Where(own.Message.ChatID.Eq(c.ID), own.Message.Seq.Le(*c.Last)).OrderBy(own.Message.Seq))
	if err != nil || len(rows) == 0 || rows[0].Seq != *c.First {
		return false, err
	}
	move(&c.Chat, rows)
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
	waits      []own.MessageRow
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
	var err error
	l.waits, err = query.All[own.MessageRow](ctx, b.q,
		query.SelectFor[own.MessageRow](in.Table).Named("waiting.OfLocked").Where(in.ChatID.Eq(x.ID)).OrderBy(in.Seq))
	if err == nil && l.doc != nil && len(l.waits) > 0 {
		l.whole = l.doc.Fold(patchesOf(l.waits))
	}
	return l, err
}

// united is the chat with what waits for it.
func (l *locked) united() (*model.Chat, error) {
	x := l.Chat
	move(&x, l.waits)
	if l.whole == l.doc {
		return &x, nil
	}
	return &x, into(&x, l.whole)
}

// folded deletes the rows that were read under lock, whose messages are in the
// document from now on.
func (l *locked) folded(ctx context.Context, b *base, in own.MessageTable) error {
	if len(l.waits) == 0 {
		return nil
	}
	last := l.waits[len(l.waits)-1].Seq
	_, err := query.Exec(ctx, b.q,
		query.Delete(in.Table).Named("waiting.Folded").Where(in.ChatID.Eq(l.ID), in.Seq.Le(last)))
	return err
}

// times are the columns of a chat that a message which waits for it moves, too.
type times struct{ updated, read query.Expr[int64] }

func storedTimes() times { return times{tables.Chat.UpdatedAt.Expr, tables.Chat.LastReadAt.Expr} }

// timesMovedTo are the times of a chat for which the last message that waits was
// written then, or none: see move.
func timesMovedTo(last query.Expr[int64]) times {
	t := tables.Chat
	seen := query.And(t.LastReadAt.IfNull(0).GeTo(t.UpdatedAt.IfNull(0)), last.GtTo(t.LastReadAt.IfNull(0)))
	return times{
		updated: query.Case[int64]().WhenTo(last.GtTo(t.UpdatedAt.IfNull(0)), last).ElseTo(t.UpdatedAt),
		read:    query.Case[int64]().WhenTo(seen, last).ElseTo(t.LastReadAt),
	}
}

// move gives a chat the times that it has by what waits. Whoever has seen a chat
// has seen what is written to it.
func move(x *model.Chat, waits []own.MessageRow) {
	var last int64
	for _, r := range waits {
		last = max(last, r.At)
	}
	if orZero(x.LastReadAt) >= orZero(x.UpdatedAt) && last > orZero(x.LastReadAt) {
		x.LastReadAt = &last
	}
	if last > orZero(x.UpdatedAt) {
		x.UpdatedAt = &last
	}
}

// waitingOf selects the chats of a user, or of all for an empty id, for which
// messages wait, with when the last was written.
func waitingOf(user string) query.Derived {
	m := own.Message
	return query.Select(m.ChatID, query.Max(m.At).As("last")).From(m.Table).Where(when(user != "", m.UserID.Eq(user))).
		GroupBy(m.ChatID).Subquery("waiting")
}

// moved is a statement over chats with the times that they have by what waits.
func moved(st query.SelectStmt, user string) (query.SelectStmt, times) {
	of := query.Field[string]("waiting", "chat_id")
	return st.LeftJoinItem(waitingOf(user), of.EqTo(tables.Chat.ID)), timesMovedTo(query.Field[int64]("waiting", "last"))
}

// anyWaits holds when messages wait for a chat, of those that a condition of the
// owner leaves.
func anyWaits(of query.Cond) query.Cond {
	m := own.Message
	return query.Exists(query.Select(m.Seq).From(m.Table).Where(of))
}

// removeWaiting deletes what waits for chats.
func removeWaiting(ctx context.Context, b *base, ids query.SelectStmt) error {
	there, err := b.findWaiting(ctx)
	if err != nil || !there {
		return err
	}
	_, err = query.Exec(ctx, b.q,
		query.Delete(own.Message.Table).Named("waiting.DeleteOfChats").Where(own.Message.ChatID.InQuery(ids)))
	if errors.Is(err, dberr.ErrSchemaMismatch) {
		b.backlog.there.Store(false)
	}
	return err
}
