package store

import (
	"cmp"
	"context"
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

// indexed is [Chats.Search] by what is kept of the chats of one user. Where there is
// nothing of that to be read the error is an indexless one.
func (c *Chats) indexed(ctx context.Context, w Who, text string, f ChatFilter, p Page) (found []ChatItem, err error) {
	err = c.withMoved(ctx, func(may bool) error {
		return c.inTx(ctx, engine.TxOptions{Name: "chats.Search", Mode: engine.Read},
			func(ctx context.Context, b base) error {
				s := chatSearch{base: b, who: w, filter: f, query: search.Parse(text), waits: may}
				hits, err := s.hits(ctx, nil)
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

// How many hits are looked at together: those of which the texts are kept, those
// that are looked at themselves, whose documents may be large.
const (
	textsAtATime     = 128
	fewTexts         = 4 // with a page of sixty a power of two, as lists of parameters have
	documentsAtATime = 25
)

// page looks at hits until a page is full.
func (s *chatSearch) page(ctx context.Context, hits *hits, p Page) ([]ChatItem, error) {
	if by := cmp.Or(s.filter.Sort, ByUpdated); by != ByUpdated || s.filter.Ascending {
		return s.sorted(ctx, hits, p)
	}
	most := 0
	if p.Limit > 0 {
		most = p.Offset + p.Limit
	}
	found, err := s.matching(ctx, hits, most)
	return pageOf(found, p), err
}

// sorted looks at all hits, and has the database sort what is found.
func (s *chatSearch) sorted(ctx context.Context, hits *hits, p Page) ([]ChatItem, error) {
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
func (s *chatSearch) matching(ctx context.Context, hits *hits, most int) (found []ChatItem, err error) {
	done := make(map[string]bool) // what is made anew may be named twice
	for most == 0 || len(found) < most {
		n := textsAtATime
		if missing := most - len(found); most > 0 {
			n = min(n, missing+fewTexts) // nearly all of those that may have it do
		}
		next, err := hits.next(ctx, n)
		if err != nil || len(next) == 0 {
			return found, err
		}
		some := make(map[string]ChatItem, len(next))
		if err := s.look(ctx, next, some); err != nil {
			return nil, err
		}
		for _, h := range next {
			if x, ok := some[h.id]; ok && !done[h.id] {
				found = append(found, x)
				done[h.id] = true
			}
		}
	}
	return found, nil
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
		at := storedTimes()
		rows, err := query.All[struct {
			ChatItem
			Kept int64  `db:"kept"`
			Text []byte `db:"text"`
		}](ctx, s.q, query.Select(append(itemColumns(at), t.UpdatedAt.As("kept"), t.Text)...).Named("search.Texts").
			From(tables.Chat.Table).Join(t.Table, t.ChatID.EqTo(tables.Chat.ID)).Where(s.left(ids, at)...))
		if err != nil {
			return err
		}
		for _, r := range rows {
			// A part of the index may name a chat as it was before; then it, or
			// another one, names it as it is, too.
			if r.Kept == r.UpdatedAt && slices.Contains(kept[r.ID], r.Kept) {
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

// left holds for those of some chats that the filter leaves. It gives a database
// nothing but their ids to find them by: by an index over what the filter names it
// might come to all chats of the user, and compare each with all the ids.
func (s *chatSearch) left(ids []string, at times) []query.Cond {
	by := query.Case[int64]().When(query.And(s.filter.condsAt(at)...), 1).Else(0)
	return []query.Cond{tables.Chat.ID.In(ids...), by.Eq(1)}
}

func (s *chatSearch) put(found map[string]ChatItem, item ChatItem, record []byte) {
	ok, text := s.query.Match(record)
	if !ok {
		return
	}
	if text != nil {
		item.Snippet = ptr(s.query.Snippet(text))
	}
	found[item.ID] = item
}

// lookAt looks at chats of which no text is kept, or not the one of now.
func (s *chatSearch) lookAt(ctx context.Context, ids []string, found map[string]ChatItem) error {
	st, at := overChats(s.waits, s.filter.UserID)
	rows, err := query.All[ChatItem](ctx, s.q, st.Columns(itemColumns(at)...).Named("search.Changed").
		Where(s.left(ids, at)...))
	if err != nil {
		return err
	}
	items := make(map[string]ChatItem, len(rows))
	for _, x := range rows {
		items[x.ID] = x
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

// indexless is the error of a database without the tables of the search, or of one
// whose user may not use them.
func indexless(err error) bool { return errors.Is(err, dberr.ErrSchemaMismatch) || dberr.IsDenied(err) }
