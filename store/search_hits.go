package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/search"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

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

// hits are the chats of one search in which the text may be found, in the standard
// order. Those that parts of the index name are read when it is their turn: the page
// of a common word takes the newest part, however many there are. A chat may come
// twice; one of them says its updated_at.
type hits struct {
	s     *chatSearch
	skip  map[string]bool // those that are not to be named by what is kept of them
	ready []hit           // in order
	parts []indexPart     // that are not read yet, the one with the last changed chat first
	some  int             // how many of them are read next
	seen  int             // hits
	left  map[string]bool // by the filter; nil until that was asked for
}

// indexPart is a part of the index.
type indexPart struct {
	ID     int64  `db:"id"`
	Bits   int64  `db:"bits"`
	Newest *int64 `db:"newest"` // the updated_at of its last changed chat; nil when none is left
}

// hits are those of the search but for some chats.
func (s *chatSearch) hits(ctx context.Context, but map[string]bool) (*hits, error) {
	h := &hits{s: s, skip: make(map[string]bool), some: 1}
	first, loose, err := s.outside(ctx)
	if err != nil {
		return nil, err
	}
	if h.parts, err = s.parts(ctx); err != nil {
		return nil, err
	}
	times := collect(loose, func(x hit) int64 { return x.updated })
	for _, p := range h.parts {
		times = append(times, *p.Newest)
	}
	changed, err := s.changed(ctx, s.filter.UserID, times)
	if err != nil {
		return nil, err
	}
	for id := range but {
		h.skip[id] = true
	}
	for _, some := range [][]hit{first, changed} {
		for _, x := range some {
			if !h.skip[x.id] {
				h.skip[x.id] = true
				h.ready = append(h.ready, x)
			}
		}
	}
	return h, h.add(ctx, loose)
}

// add puts more hits among those that are ready.
func (h *hits) add(ctx context.Context, more []hit) error {
	for _, x := range more {
		if !h.skip[x.id] {
			h.ready = append(h.ready, x)
		}
	}
	h.seen += len(more)
	if err := h.narrow(ctx); err != nil {
		return err
	}
	slices.SortFunc(h.ready, order)
	return nil
}

// next are the next hits: n, unless fewer are left.
func (h *hits) next(ctx context.Context, n int) ([]hit, error) {
	for len(h.parts) > 0 && (len(h.ready) < n || h.ready[n-1].updated <= *h.parts[0].Newest) {
		some := h.parts[:min(h.some, len(h.parts))]
		h.parts, h.some = h.parts[len(some):], 2*h.some
		named, err := h.s.namedBy(ctx, some)
		if err == nil {
			err = h.add(ctx, named)
		}
		if err != nil {
			return nil, err
		}
	}
	n = min(n, len(h.ready))
	out := h.ready[:n]
	h.ready = h.ready[n:]
	return out, nil
}

// manyHits may be too many for every one to be looked at when a filter leaves few of
// them.
const manyHits = 512

// narrow leaves out what the filter does, where that may be most of many.
func (h *hits) narrow(ctx context.Context) error {
	f := h.s.filter
	narrow := f.Tags != nil || f.Untagged || f.Folders != nil || f.Pinned != nil || f.Archived != nil || f.Shared != nil ||
		f.After != nil || f.Title != "" || f.ChangedAfter != 0
	if !narrow || h.seen < manyHits {
		return nil
	}
	if h.left == nil {
		st, at := overChats(h.s.waits, f.UserID)
		ids, err := query.All[string](ctx, h.s.q,
			st.Columns(tables.Chat.ID).Named("search.Narrow").Where(f.condsAt(at)...))
		if err != nil {
			return err
		}
		h.left = make(map[string]bool, len(ids))
		for _, id := range ids {
			h.left[id] = true
		}
	}
	h.ready = slices.DeleteFunc(h.ready, func(x hit) bool { return !h.left[x.id] })
	return nil
}

// outside are the chats that are in no part of the index: those for which messages wait,
// whose rows do not say yet that they have changed, and the others.
func (s *chatSearch) outside(ctx context.Context) (waiting, loose []hit, err error) {
	t, k := tables.Chat, own.SearchChat
	const waits = -2 // no segment has that number
	kept := query.Select(k.ChatID.As("id"), k.UpdatedAt.As("updated_at"), k.Segment.As("segment")).From(k.Table).
		Named("search.Loose").Where(k.UserID.Eq(s.filter.UserID), k.Segment.Le(0))
	var st query.Query = kept
	if s.waits {
		of := query.Field[string]("waiting", "chat_id")
		at := timesMovedTo(query.Field[int64]("waiting", "last"))
		st = query.UnionAll(kept, query.Select(t.ID.As("id"), at.updated.IfNull(0).As("updated_at"),
			query.Val[int64](waits).As("segment")).From(t.Table).JoinItem(waitingOf(s.filter.UserID), of.EqTo(t.ID))).
			Named("search.Loose")
	}
	rows, err := query.All[struct {
		ID        string `db:"id"`
		UpdatedAt int64  `db:"updated_at"`
		Segment   int64  `db:"segment"`
	}](ctx, s.q, st)
	for _, r := range rows {
		if r.Segment == waits {
			s.someWait = true
			waiting = append(waiting, hit{id: r.ID, updated: r.UpdatedAt, itself: true, dated: true})
		} else {
			loose = append(loose, hit{id: r.ID, updated: r.UpdatedAt, itself: r.Segment < 0})
		}
	}
	return waiting, loose, err
}

// parts are those of the index over the user's chats.
func (s *chatSearch) parts(ctx context.Context) ([]indexPart, error) {
	g, k := own.SearchSegment, own.SearchChat
	newest := query.Scalar[int64](query.Select(k.UpdatedAt).From(k.Table).
		Where(k.UserID.Eq(s.filter.UserID), k.Segment.EqTo(g.ID)).OrderBy(k.UpdatedAt.Desc()).Limit(1))
	parts, err := query.All[indexPart](ctx, s.q, query.Select(g.ID, g.Bits, newest.As("newest")).From(g.Table).
		Named("search.Segments").Where(g.UserID.Eq(s.filter.UserID)))
	parts = slices.DeleteFunc(parts, func(p indexPart) bool { return p.Newest == nil })
	slices.SortFunc(parts, func(a, b indexPart) int { return cmp.Compare(*b.Newest, *a.Newest) })
	return parts, err
}

// namedBy are the chats that parts of the index name.
func (s *chatSearch) namedBy(ctx context.Context, parts []indexPart) ([]hit, error) {
	sets, err := s.sets(ctx, parts, s.query.Grams())
	if err != nil {
		return nil, err
	}
	var having []int64
	for _, part := range parts {
		if !sets[part.ID].Empty() {
			having = append(having, part.ID)
		}
	}
	if len(having) == 0 {
		return nil, nil
	}
	g := own.SearchSegment
	rows, err := query.All[struct {
		ID    int64  `db:"id"`
		Chats []byte `db:"chats"`
	}](ctx, s.q, query.Select(g.ID, g.Chats).From(g.Table).Named("search.SegmentChats").Where(g.ID.In(having...)))
	var out []hit
	for _, row := range rows {
		out = named(out, row.Chats, sets[row.ID])
	}
	return out, err
}

// sets are the numbers of what has all grams of one of some lists, for each of some
// parts of the index by its id.
func (b *base) sets(ctx context.Context, parts []indexPart, lists [][]uint32) (map[int64]*search.Set, error) {
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
		rows, err := query.All[own.SearchRowRow](ctx, b.q, query.SelectFrom(r.Table).Named("search.Rows").
			Where(query.Tuple(r.Segment, r.Number).In(some...)))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			data[place{row.Segment, row.Number}] = row.Data
		}
	}
	sets := make(map[int64]*search.Set, len(parts))
	for _, part := range parts {
		in := &search.Set{}
		for _, grams := range lists {
			all := search.All()
			for _, g := range grams {
				all.Keep(data[place{part.ID, search.RowOf(g, int(part.Bits))}], g)
			}
			in.Add(all)
		}
		sets[part.ID] = in
	}
	return sets, nil
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
