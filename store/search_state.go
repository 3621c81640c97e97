package store

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/search"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// searching is what a process knows of the tables of the search. It is shared by
// all copies of a store.
type searching struct {
	there atomic.Bool // they were used
}

// known notes whether the tables of the search are there, by how a use of them ended.
func (s *searching) known(err error) error {
	switch {
	case err == nil:
		s.there.Store(true)
	case indexless(err):
		s.there.Store(false)
	}
	return err
}

// forget removes what can be found of chats that are about to be deleted, ahead of
// them. Where the tables are not known to be there a [SearchIndex] does it later.
func (b *base) forget(ctx context.Context, chats query.Query) error {
	if !b.searching.there.Load() {
		return nil
	}
	k := own.SearchChat
	// In a savepoint: somebody may have taken the tables away.
	err := b.inTx(ctx, engine.TxOptions{Name: "search.Forget"}, func(ctx context.Context, b base) error {
		which := k.ChatID.InQuery(chats)
		if err := b.uncount(ctx, which); err != nil {
			return err
		}
		_, err := query.Exec(ctx, b.q, query.Delete(k.Table).Named("search.Forget").Where(which))
		return err
	})
	if err = b.searching.known(err); indexless(err) {
		return nil
	}
	return err
}

// version is a chat as it is, and as it was when its text was taken.
type version struct {
	ID        string `db:"id"`
	UpdatedAt *int64 `db:"updated_at"`
	Kept      *int64 `db:"kept"`
}

// changed are the chats of a user that are not as they were when their texts were
// taken, or of which there is none. The latest of times is the last updated_at of which
// there is a text; there are none without texts. It reads a range of an index and no
// row, unless there are such chats that are older.
func (b *base) changed(ctx context.Context, user string, times []int64) ([]hit, error) {
	if len(times) == 0 {
		return b.versions(ctx, user)
	}
	t, newest := tables.Chat, slices.Max(times)
	// An index finds each of these by itself; of all in one condition it may find the user's chats only.
	count := func(which query.Cond) query.Expr[int64] {
		return query.Scalar[int64](query.Select(query.CountAll()).From(t.Table).Where(t.UserID.Eq(user), which))
	}
	newer, undated := t.UpdatedAt.Gt(newest), t.UpdatedAt.IsNull()
	n, sum := counted(user)
	chats, err := query.One[struct {
		sums
		Newer   int64  `db:"newer"`
		Undated int64  `db:"undated"`
		KeptN   *int64 `db:"kept_n"`
		KeptSum *int64 `db:"kept_sum"`
	}](ctx, b.q, query.Select(query.CountAll().As("n"), query.Sum(t.UpdatedAt).IfNull(0).As("sum"),
		count(newer).As("newer"), count(undated).As("undated"), n.As("kept_n"), sum.As("kept_sum")).From(t.Table).
		Named("search.Chats").Where(t.UserID.Eq(user), t.UpdatedAt.Le(newest)))
	if err != nil {
		return nil, err
	}
	kept := sums{orZero(chats.KeptN), orZero(chats.KeptSum)}
	if chats.KeptN == nil { // somebody has changed it since it was counted
		if kept, err = b.countKept(ctx, user); err != nil {
			return nil, err
		}
	}
	var out []hit
	for _, some := range []struct {
		n     int64
		which query.Cond
	}{{chats.Newer, newer}, {chats.Undated, undated}} {
		if some.n == 0 {
			continue
		}
		hits, err := b.versions(ctx, user, some.which)
		if err != nil {
			return nil, err
		}
		out = append(out, hits...)
	}
	for _, h := range out {
		if h.kept != nil {
			kept.N--
			kept.Sum -= *h.kept
		}
	}
	if chats.sums != kept {
		return b.versions(ctx, user)
	}
	return out, nil
}

// versions are the chats of a user, or some of them, that are not as they were.
func (b *base) versions(ctx context.Context, user string, which ...query.Cond) ([]hit, error) {
	k, t := own.SearchChat, tables.Chat
	rows, err := query.All[version](ctx, b.q, query.Select(t.ID, t.UpdatedAt, k.UpdatedAt.As("kept")).From(t.Table).
		Named("search.Versions").
		LeftJoin(k.Table, k.ChatID.EqTo(t.ID), k.UserID.EqTo(t.UserID)).Where(t.UserID.Eq(user)).Where(which...))
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows,
		func(v version) bool { return v.UpdatedAt != nil && v.Kept != nil && *v.Kept == *v.UpdatedAt })
	return collect(rows, func(v version) hit {
		return hit{id: v.ID, updated: orZero(v.UpdatedAt), itself: true, dated: v.UpdatedAt != nil, kept: v.Kept}
	}), nil
}

// record is what can be found of a chat.
type record struct {
	user    string
	updated *int64
	text    []byte
}

// waitingIn are the messages of chats of which something waits for their documents,
// as their rows are called: what those have is not what the messages say any more.
func (b *base) waitingIn(ctx context.Context, chats []string) (map[string]bool, error) {
	t := own.Message
	var rows []own.MessageRow
	err := b.withWaiting(ctx, func(there bool) (err error) {
		if rows = nil; there {
			rows, err = query.All[own.MessageRow](ctx, b.q, query.Select(t.ChatID, t.MessageID).From(t.Table).
				Named("search.Waiting").Where(t.ChatID.In(chats...)).Distinct())
		}
		return err
	})
	out := make(map[string]bool, len(rows))
	for _, r := range rows {
		out[chatdoc.RowID(r.ChatID, r.MessageID)] = true
	}
	return out, err
}

// records are what can be found of chats, by id: their titles, the texts of their
// messages, the oldest first, and what only their documents have. A document that
// cannot be read keeps nothing else from being found. Where the texts are too much
// to stand in memory together, the rest are the chats that are to be asked for again.
// waits says whether messages may wait for the documents.
func (b *base) records(ctx context.Context, ids []string,
	waits bool) (out map[string]record, rest []string, err error) {
	texts, rest, err := b.textsOfMessages(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(rest, id) })
	var waiting map[string]bool
	if waits {
		if waiting, err = b.waitingIn(ctx, ids); err != nil {
			return nil, nil, err
		}
	}
	out = make(map[string]record, len(ids))
	t := tables.Chat
	documents := query.Select(t.ID, t.UserID, t.Title, t.UpdatedAt, t.Chat).From(t.Table).Named("search.Documents").
		Where(t.ID.In(ids...))
	for c, err := range query.Rows[model.Chat](ctx, b.q, documents) { // one after the other: each may be large
		if err != nil {
			return nil, nil, err
		}
		r := texts[c.ID]
		if r == nil {
			r = &search.Record{}
		}
		r.SetTitle(orZero(c.Title))
		if doc, err := chatdoc.ParseStored(c.Chat.String()); err == nil {
			for id, content := range doc.Contents() {
				if !waiting[chatdoc.RowID(c.ID, id)] {
					r.Add(search.Texts(content)...)
				}
			}
		}
		out[c.ID] = record{user: orZero(c.UserID), updated: c.UpdatedAt, text: r.Bytes()}
	}
	return out, rest, nil
}

// textsOfMessages are the texts of the messages of chats, one message read after the
// other. The rest are the chats behind those whose texts are much together.
func (b *base) textsOfMessages(ctx context.Context,
	ids []string) (of map[string]*search.Record, rest []string, err error) {
	m := tables.ChatMessage
	of = make(map[string]*search.Record, len(ids))
	size, last := 0, ""
	for x, err := range query.Rows[model.ChatMessage](ctx, b.q, query.Select(m.ID, m.ChatID, m.Content).From(m.Table).
		Named("search.Messages").Where(m.ChatID.In(ids...)).OrderBy(m.ChatID, m.CreatedAt, m.ID)) {
		if err != nil {
			return nil, nil, err
		}
		if x.ChatID != last {
			if last != "" {
				size += len(of[last].Bytes())
			}
			if size > mostTextBytes {
				return of, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return of[id] != nil }), nil
			}
			last = x.ChatID
			of[last] = &search.Record{}
			of[last].Add("")
		}
		of[last].Add(search.Texts(x.Content.String())...)
	}
	return of, nil, nil
}
