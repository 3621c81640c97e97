package store

import (
	"context"
	"maps"
	"slices"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/search"
	"github.com/larder-db/larder/tables/own"
)

// looseTexts are as many notes, or files, as are looked at in every search until there
// is a part of the index for them.
const looseTexts = 32

// textsMark tells whether anything may have changed that an index over texts is of.
type textsMark struct {
	N     int64 `db:"n"`
	Last  int64 `db:"last"`
	Parts int64 `db:"parts"`
}

// mark reads a table once, without its texts.
func (x *searchedTexts) mark(ctx context.Context, b *base) (textsMark, error) {
	g := own.SearchSegment
	parts := query.Select(query.CountAll()).From(g.Table).Where(g.UserID.Eq(x.owner))
	return query.One[textsMark](ctx, b.q, query.Select(query.CountAll().As("n"),
		query.Max(x.updated).IfNull(0).As("last"), query.Scalar[int64](parts).As("parts")).From(x.table).
		Named("search.TextsMark"))
}

// now are the things as they are, but for those that do not say when they changed.
func (x *searchedTexts) now(ctx context.Context, b *base) (map[dated]bool, error) {
	out := make(map[dated]bool)
	for r, err := range query.Rows[version](ctx, b.q, query.Select(x.id.As("id"), x.updated.As("updated_at")).
		From(x.table).Named("search.TextsNow")) {
		if err != nil {
			return nil, err
		}
		if r.UpdatedAt != nil {
			out[dated{r.ID, *r.UpdatedAt}] = true
		}
	}
	return out, nil
}

// unchangedTexts reports whether nothing has changed since the index over texts was
// brought up to date.
func (x *SearchIndex) unchangedTexts(ctx context.Context) (bool, error) {
	for _, kind := range allSearchedTexts() {
		mark, err := kind.mark(ctx, &x.base)
		if last, ok := x.texts[kind.owner]; err != nil || !ok || mark != last {
			return false, err
		}
	}
	return true, nil
}

// takeTexts makes parts of the index of the texts that are in none.
func (x *SearchIndex) takeTexts(ctx context.Context) error {
	x.texts = make(map[string]textsMark)
	for _, kind := range allSearchedTexts() {
		for {
			settled, more, err := x.textPart(ctx, &kind)
			if err != nil {
				return err
			}
			if more {
				continue
			}
			mark, err := kind.mark(ctx, &x.base)
			if err != nil {
				return err
			}
			if settled {
				x.texts[kind.owner] = mark
			}
			break
		}
	}
	return nil
}

// textPart makes one part of the index, as [SearchIndex.part] does for chats. It
// reports whether everything has been left alone for long enough to be in one, and
// whether there is more to be done.
func (x *SearchIndex) textPart(ctx context.Context, kind *searchedTexts) (settled, more bool, err error) {
	until := x.clock().Add(-SearchSettle).Unix() * kind.perSecond // before anything is read
	loose, err := kind.now(ctx, &x.base)
	if err != nil {
		return false, false, err
	}
	parts, err := kind.parts(ctx, &x.base)
	if err != nil {
		return false, false, err
	}
	of := make(map[dated]int64, len(loose))
	for _, p := range parts {
		p.things(&search.Set{}, func(t dated, _ bool) {
			if loose[t] {
				delete(loose, t)
				of[t] = p.ID
			}
		})
	}
	all := len(loose)
	maps.DeleteFunc(loose, func(t dated, _ bool) bool { return t.updated >= until })
	settled = len(loose) == all
	live := make(map[int64]int64)
	for _, id := range of {
		live[id]++
	}
	old := dissolving(collect(parts, func(p textPart) partSize { return partSize{p.ID, p.Bits, p.Records, live[p.ID]} }))
	if len(loose) < looseTexts && len(old) == 0 {
		return settled, false, nil
	}
	for t, id := range of {
		if slices.Contains(old, id) {
			loose[t] = true
		}
	}
	if len(loose) == 0 {
		if err := x.dissolve(ctx, old); err != nil {
			return false, false, err
		}
		return settled, false, x.removeUnfinished(ctx)
	}
	x.done.TextsOf = max(x.done.TextsOf, x.done.Texts+int64(len(loose)))
	more, err = x.makeTextPart(ctx, kind, slices.SortedFunc(maps.Keys(loose), func(a, b dated) int {
		return order(hit{id: b.id, updated: b.updated}, hit{id: a.id, updated: a.updated})
	}), old)
	return settled, more, err
}

// makeTextPart makes a part of things in place of old ones, and reports whether some
// of them are left.
func (x *SearchIndex) makeTextPart(ctx context.Context, kind *searchedTexts, all []dated, old []int64) (bool, error) {
	id, err := x.beginPart(ctx)
	if err != nil {
		return false, err
	}
	var b search.Builder
	var list []byte
	var records, size, n int64
	for some := range slices.Chunk(all, recordsAtATime) {
		if b.Full() || b.Records()+len(some) > search.MaxRecords || size > maxSegmentBytes {
			break
		}
		n += int64(len(some))
		for r, err := range query.Rows[textsRow](ctx, x.q, kind.read(some)) {
			if err != nil {
				return false, err
			}
			if !slices.Contains(some, dated{r.ID, r.UpdatedAt}) {
				continue // it has changed meanwhile
			}
			var texts search.Record
			texts.Add(orZero(r.Title), orZero(r.Text))
			b.Add(texts.Bytes())
			list = appendThing(list, dated{r.ID, r.UpdatedAt}, r.Length > maxRecordBytes)
			records, size = records+1, size+int64(len(texts.Bytes()))
		}
		x.done.Texts += int64(len(some))
		x.tell()
	}
	done := own.SearchSegmentRow{ID: id, UserID: kind.owner, Bits: int64(b.Bits()), Records: records, Chats: list}
	if err := x.writeRows(ctx, id, &b); err != nil {
		return false, err
	}
	err = x.inTx(ctx, engine.TxOptions{Name: "search.FinishTexts", Idempotent: true},
		func(ctx context.Context, b base) error {
			if err := b.finishPart(ctx, done); err != nil {
				return err
			}
			return b.dissolve(ctx, old)
		})
	if err != nil {
		return false, err
	}
	x.done.Parts++
	x.tell()
	return n < int64(len(all)), x.removeUnfinished(ctx)
}

// textsRow is what a part of the index is made of.
type textsRow struct {
	ID        string  `db:"id"`
	UpdatedAt int64   `db:"updated_at"`
	Title     *string `db:"title"`
	Text      *string `db:"text"`   // nil for one that is too long, too
	Length    int64   `db:"length"` // of the text, in characters
}

// read selects the texts of some things.
func (x *searchedTexts) read(some []dated) query.SelectStmt {
	title, text := x.texts[0], x.texts[1]
	length := query.Length(text).IfNull(0)
	return query.Select(x.id.As("id"), x.updated.As("updated_at"), title.As("title"), length.As("length"),
		query.Case[string]().WhenTo(length.Le(maxRecordBytes), text).End().As("text")).From(x.table).
		Named("search.ReadTexts").Where(x.id.In(collect(some, func(t dated) string { return t.id })...))
}

// textsStatus are how many texts there are, and how many of them are in the index as
// they are.
func (b *base) textsStatus(ctx context.Context) (all, indexed int64, err error) {
	for _, kind := range allSearchedTexts() {
		mark, err := kind.mark(ctx, b)
		if err != nil {
			return 0, 0, err
		}
		all += mark.N
		now, err := kind.now(ctx, b)
		if err != nil {
			return 0, 0, err
		}
		parts, err := kind.parts(ctx, b)
		if err != nil {
			return 0, 0, err
		}
		for _, p := range parts {
			p.things(&search.Set{}, func(t dated, _ bool) {
				if now[t] {
					delete(now, t)
					indexed++
				}
			})
		}
	}
	return all, indexed, nil
}
