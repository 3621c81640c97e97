package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/search"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// How chats are searched. What can be found of a chat stands in larder_search_chat,
// with the updated_at that the chat had then. No writer of chats keeps that up:
// a chat that says another updated_at is looked at itself, whoever has changed it,
// until a [SearchIndex] has caught up. So nothing that is stored is ever missing.

// hit is a chat that may be found.
type hit struct {
	id      string
	updated int64  // seconds
	kept    *int64 // what is kept of it says so, where that is not what it says itself
	dated   bool   // updated is what the chat says, not 0 for nothing; of those that are looked at themselves only
	itself  bool   // the chat is to be looked at, not what is kept of it
}

// order of hits is the standard one of lists.
func order(a, b hit) int {
	return cmp.Or(cmp.Compare(b.updated, a.updated), cmp.Compare(a.id, b.id))
}

// indexed is [Chats.Search] by what is kept of the chats of one user. It is
// dberr.ErrSchemaMismatch where there are no tables for that.
func (c *Chats) indexed(ctx context.Context, w Who, text string, f ChatFilter, p Page) (found []ChatItem, err error) {
	err = c.withMoved(ctx, func(may bool) error {
		return c.inTx(ctx, engine.TxOptions{Name: "chats.Search", Mode: engine.Read},
			func(ctx context.Context, b base) error {
				s := chatSearch{base: b, who: w, filter: f, query: search.Parse(text), waits: may}
				hits, err := s.hits(ctx)
				if err == nil {
					found, err = s.page(ctx, hits, p)
				}
				return err
			})
	})
	return found, c.searching.known(err)
}

// chatSearch is one search, of one user's chats.
type chatSearch struct {
	base
	who    Who
	filter ChatFilter
	query  *search.Query
	waits  bool // messages may wait for documents

	someWait bool // and some do
}

// hits are the chats in which the text may be found, in the standard order. A chat
// may come twice; one of them says its updated_at.
func (s *chatSearch) hits(ctx context.Context) ([]hit, error) {
	hits, err := s.waiting(ctx)
	if err != nil {
		return nil, err
	}
	changed, err := s.changed(ctx, s.filter.UserID)
	if err != nil {
		return nil, err
	}
	skip := make(map[string]bool, len(hits)+len(changed))
	for _, w := range hits {
		skip[w.id] = true
	}
	for _, c := range changed {
		if !skip[c.id] {
			skip[c.id] = true
			hits = append(hits, c)
		}
	}
	more, err := s.loose(ctx)
	if err != nil {
		return nil, err
	}
	parts, err := s.segments(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range append(more, parts...) {
		if !skip[h.id] {
			hits = append(hits, h)
		}
	}
	slices.SortFunc(hits, order)
	return hits, nil
}

// waiting are the chats for which messages wait. Their rows do not say yet that they
// have changed.
func (s *chatSearch) waiting(ctx context.Context) ([]hit, error) {
	if !s.waits {
		return nil, nil
	}
	t, of := tables.Chat, query.Field[string]("waiting", "chat_id")
	at := timesMovedTo(query.Field[int64]("waiting", "last"))
	rows, err := query.All[version](ctx, s.q, query.Select(t.ID, at.updated.As("updated_at")).From(t.Table).
		JoinItem(waitingOf(s.filter.UserID), of.EqTo(t.ID)).Named("search.OfWaiting"))
	return collect(rows, func(v version) hit {
		s.someWait = true
		return hit{id: v.ID, updated: orZero(v.UpdatedAt), itself: true, dated: true}
	}), err
}

// loose are the chats that are in no part of the index.
func (s *chatSearch) loose(ctx context.Context) ([]hit, error) {
	t := own.SearchChat
	rows, err := query.All[struct {
		ChatID    string `db:"chat_id"`
		UpdatedAt int64  `db:"updated_at"`
		Segment   int64  `db:"segment"`
	}](ctx, s.q, query.Select(t.ChatID, t.UpdatedAt, t.Segment).From(t.Table).Named("search.Loose").
		Where(t.UserID.Eq(s.filter.UserID), t.Segment.Le(0)))
	return collect(rows, func(r struct {
		ChatID    string `db:"chat_id"`
		UpdatedAt int64  `db:"updated_at"`
		Segment   int64  `db:"segment"`
	}) hit {
		return hit{id: r.ChatID, updated: r.UpdatedAt, itself: r.Segment < 0}
	}), err
}

// segments are the chats that parts of the index name.
func (s *chatSearch) segments(ctx context.Context) ([]hit, error) {
	t := own.SearchSegment
	parts, err := query.All[own.SearchSegmentRow](ctx, s.q, query.SelectFrom(t.Table).Named("search.Segments").
		Where(t.UserID.Eq(s.filter.UserID)))
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	lists := s.query.Grams()
	var keys [][]any
	for _, part := range parts {
		for _, grams := range lists {
			for _, g := range grams {
				keys = append(keys, []any{part.ID, search.RowOf(g, int(part.Bits))})
			}
		}
	}
	type place struct{ segment, number int64 }
	data := make(map[place][]byte, len(keys))
	r := own.SearchRow
	const few = 256
	for some := range slices.Chunk(keys, few) {
		rows, err := query.All[own.SearchRowRow](ctx, s.q, query.SelectFrom(r.Table).Named("search.Rows").
			Where(query.Tuple(r.Segment, r.Number).In(some...)))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			data[place{row.Segment, row.Number}] = row.Data
		}
	}
	var out []hit
	for _, part := range parts {
		in := &search.Set{}
		for _, grams := range lists {
			all := search.All()
			for _, g := range grams {
				all.Keep(data[place{part.ID, search.RowOf(g, int(part.Bits))}], g)
			}
			in.Add(all)
		}
		if !in.Empty() {
			out = named(out, part.Chats, in)
		}
	}
	return out, nil
}

// named appends the chats of a part of the index that are in a set.
func named(out []hit, chats []byte, in *search.Set) []hit {
	for i := 0; len(chats) > 0; i++ {
		at, n := binary.Varint(chats)
		size, k := binary.Uvarint(chats[max(n, 0):])
		if n <= 0 || k <= 0 || size > uint64(len(chats)-n-k) {
			break
		}
		end := n + k + int(size)
		if in.Has(i) {
			out = append(out, hit{id: string(chats[n+k : end]), updated: at})
		}
		chats = chats[end:]
	}
	return out
}

// How many hits are looked at together: those of which the texts are kept, those
// that are looked at themselves, whose documents may be large, and those that may
// be too many for every one to be looked at when a filter leaves few of them.
const (
	textsAtATime     = 128
	fewTexts         = 8
	documentsAtATime = 25
	manyHits         = 512
)

// page looks at hits until a page is full.
func (s *chatSearch) page(ctx context.Context, hits []hit, p Page) ([]ChatItem, error) {
	if by := cmp.Or(s.filter.Sort, ByUpdated); by != ByUpdated || s.filter.Ascending {
		return s.sorted(ctx, hits, p)
	}
	most := 0
	if p.Limit > 0 {
		most = p.Offset + p.Limit
	}
	found, err := s.matching(ctx, hits, most)
	if err != nil {
		return nil, err
	}
	found = found[min(p.Offset, len(found)):]
	if p.Limit > 0 {
		found = found[:min(p.Limit, len(found))]
	}
	return found, nil
}

// sorted looks at all hits, and has the database sort what is found.
func (s *chatSearch) sorted(ctx context.Context, hits []hit, p Page) ([]ChatItem, error) {
	found, err := s.matching(ctx, hits, 0)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	snippets := make(map[string]*string, len(found))
	for _, x := range found {
		snippets[x.ID] = x.Snippet
	}
	items, err := (&Chats{s.base}).list(ctx, s.who, s.filter, p, tables.Chat.ID.In(collect(found,
		func(x ChatItem) string { return x.ID })...))
	for i := range items {
		items[i].Snippet = snippets[items[i].ID]
	}
	return items, err
}

// matching are the first of the hits, at least most of them if there are so many,
// in which the text is found and that the filter leaves; all for most 0.
func (s *chatSearch) matching(ctx context.Context, hits []hit, most int) ([]ChatItem, error) {
	hits, err := s.narrowed(ctx, hits)
	if err != nil {
		return nil, err
	}
	var found []ChatItem
	for len(hits) > 0 && (most == 0 || len(found) < most) {
		n := min(textsAtATime, len(hits))
		if missing := most - len(found); most > 0 {
			n = min(n, missing+missing/4+fewTexts) // most of those that may have it do
		}
		some := make(map[string]ChatItem, n)
		if err := s.look(ctx, hits[:n], some); err != nil {
			return nil, err
		}
		for _, h := range hits[:n] {
			if x, ok := some[h.id]; ok {
				found = append(found, x)
				delete(some, h.id)
			}
		}
		hits = hits[n:]
	}
	return found, nil
}

// narrowed leaves out what the filter does, where that may be most of many.
func (s *chatSearch) narrowed(ctx context.Context, hits []hit) ([]hit, error) {
	f := s.filter
	narrow := f.Tags != nil || f.Untagged || f.Folders != nil || f.Pinned != nil || f.Archived != nil || f.Shared != nil ||
		f.After != nil || f.Title != "" || f.ChangedAfter != 0
	if !narrow || len(hits) < manyHits {
		return hits, nil
	}
	st, at := overChats(s.waits, f.UserID)
	ids, err := query.All[string](ctx, s.q, st.Columns(tables.Chat.ID).Named("search.Narrow").Where(f.condsAt(at)...))
	if err != nil {
		return nil, err
	}
	in := make(map[string]bool, len(ids))
	for _, id := range ids {
		in[id] = true
	}
	return slices.DeleteFunc(hits, func(h hit) bool { return !in[h.id] }), nil
}

// look puts the hits in which the text is found into found.
func (s *chatSearch) look(ctx context.Context, hits []hit, found map[string]ChatItem) error {
	kept := make(map[string][]int64)
	var ids, themselves []string
	for _, h := range hits {
		if h.itself {
			themselves = append(themselves, h.id)
			continue
		}
		if kept[h.id] == nil {
			ids = append(ids, h.id)
		}
		kept[h.id] = append(kept[h.id], h.updated)
	}
	if len(ids) > 0 {
		t := own.SearchChat
		rows, err := query.All[struct {
			ChatItem
			Owner *string `db:"user_id"`
			Kept  int64   `db:"kept"`
			Text  []byte  `db:"text"`
		}](ctx, s.q, query.Select(append(itemColumns(storedTimes()), tables.Chat.UserID, t.UpdatedAt.As("kept"), t.Text)...).
			Named("search.Texts").
			From(tables.Chat.Table).
			Join(t.Table, t.ChatID.EqTo(tables.Chat.ID)).Where(tables.Chat.ID.In(ids...)).Where(s.anybodys().conds()...))
		if err != nil {
			return err
		}
		for _, r := range rows {
			// A part of the index may name a chat as it was before; then it, or
			// another one, names it as it is, too.
			if orZero(r.Owner) == s.filter.UserID && r.Kept == r.UpdatedAt && slices.Contains(kept[r.ID], r.Kept) {
				s.put(found, r.ChatItem, r.Text)
			}
		}
	}
	for some := range slices.Chunk(themselves, documentsAtATime) {
		if err := s.lookAt(ctx, some, found); err != nil {
			return err
		}
	}
	return nil
}

// anybodys is the filter of what is asked for by ids, without the owner: a database
// may take the index over owners otherwise, and compare each of their chats with all
// the ids. Whose it is, is seen in the row.
func (s *chatSearch) anybodys() ChatFilter {
	f := s.filter
	f.UserID = ""
	return f
}

func (s *chatSearch) put(found map[string]ChatItem, item ChatItem, record []byte) {
	ok, text := s.query.Match(record)
	if !ok {
		return
	}
	if text != nil {
		item.Snippet = ptr(s.query.Snippet(string(text)))
	}
	found[item.ID] = item
}

// lookAt looks at chats of which no text is kept, or not the one of now.
func (s *chatSearch) lookAt(ctx context.Context, ids []string, found map[string]ChatItem) error {
	st, at := overChats(s.waits, s.filter.UserID)
	rows, err := query.All[struct {
		ChatItem
		Owner *string `db:"user_id"`
	}](ctx, s.q, st.Columns(append(itemColumns(at), tables.Chat.UserID)...).Named("search.Changed").
		Where(tables.Chat.ID.In(ids...)).Where(s.anybodys().condsAt(at)...))
	if err != nil {
		return err
	}
	items := make(map[string]ChatItem, len(rows))
	for _, r := range rows {
		if orZero(r.Owner) == s.filter.UserID {
			items[r.ID] = r.ChatItem
		}
	}
	for left := slices.Sorted(maps.Keys(items)); len(left) > 0; {
		records, rest, err := s.records(ctx, left, s.someWait)
		if err != nil {
			return err
		}
		for id, r := range records {
			s.put(found, items[id], r.text)
		}
		left = rest
	}
	return nil
}

// indexless is the error of a database without the tables of the search.
func indexless(err error) bool { return errors.Is(err, dberr.ErrSchemaMismatch) }
