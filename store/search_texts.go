package store

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/search"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// How notes and texts of files are searched. Conditions on their rows decide, in the
// database; parts of the index only tell which rows need not be looked at. A part
// names each of its rows with the updated_at that it had: a row that says another one
// is looked at, whoever has changed it.

// searchedTexts is a kind of things whose texts parts of the index have, those of all
// users together.
type searchedTexts struct {
	owner     string // of the parts, in place of a user: no id of one begins with a slash
	table     *schema.Table
	id        query.Column[string]
	updated   query.Column[int64]
	perSecond int64                // of updated
	texts     []query.Expr[string] // as conditions look at them
}

// allSearchedTexts are the kinds that there are.
func allSearchedTexts() []searchedTexts { return []searchedTexts{noteTexts(), fileTexts()} }

func noteTexts() searchedTexts {
	t := tables.Note
	return searchedTexts{owner: "/notes", table: t.Table, id: t.ID, updated: t.UpdatedAt, perSecond: 1_000_000_000,
		texts: []query.Expr[string]{bare(t.Title.Expr), bare(noteText())}}
}

func fileTexts() searchedTexts {
	t := tables.File
	return searchedTexts{owner: "/files", table: t.Table, id: t.ID, updated: t.UpdatedAt, perSecond: 1,
		texts: []query.Expr[string]{t.Filename.Expr, fileText()}}
}

// dated is one thing as it was at one time.
type dated struct {
	id      string
	updated int64
}

// textPart is a part of the index over texts.
type textPart struct {
	indexPart
	Records int64  `db:"records"`
	Things  []byte `db:"chats"`
}

// appendThing appends what a part of the index is over to what it is over already.
// all says that it is to be looked at whatever is looked for.
func appendThing(list []byte, x dated, all bool) []byte {
	n := uint64(len(x.id)) << 1
	if all {
		n |= 1
	}
	list = binary.AppendVarint(list, x.updated)
	return append(binary.AppendUvarint(list, n), x.id...)
}

// things calls f with each thing that the part is over, and whether a text may be in
// it: it is, if it is in a set.
func (p *textPart) things(in *search.Set, f func(x dated, may bool)) {
	list := p.Things
	for i := 0; len(list) > 0; i++ {
		at, n := binary.Varint(list)
		size, k := binary.Uvarint(list[max(n, 0):])
		if n <= 0 || k <= 0 || size>>1 > uint64(len(list)-n-k) {
			return
		}
		end := n + k + int(size>>1)
		f(dated{string(list[n+k : end]), at}, size&1 == 1 || in.Has(i))
		list = list[end:]
	}
}

// parts are those of the index over the texts.
func (x *searchedTexts) parts(ctx context.Context, b *base) ([]textPart, error) {
	g := own.SearchSegment
	return query.All[textPart](ctx, b.q, query.Select(g.ID, g.Bits, g.Records, g.Chats).From(g.Table).
		Named("search.TextParts").Where(g.UserID.Eq(x.owner)))
}

// mostNamed is of how many things a condition tells which they are: more are found
// faster by looking at all.
const mostNamed = 4096

// may holds for those of the things of a selection without columns in which each of
// some words may be: those that the index names, and those that have changed since.
// It holds for all where there is no index, and where that is not worth its while.
func (x *searchedTexts) may(ctx context.Context, b *base, words []string, from query.SelectStmt) (query.Cond, error) {
	if len(words) == 0 {
		return query.Cond{}, nil
	}
	var which query.Cond
	err := b.inTx(ctx, engine.TxOptions{Name: "search.Texts", Mode: engine.Read},
		func(ctx context.Context, b base) error {
			which = query.Cond{}
			parts, err := x.parts(ctx, &b)
			if err != nil || len(parts) == 0 {
				return err
			}
			sets, err := b.sets(ctx, collect(parts, func(p textPart) indexPart { return p.indexPart }),
				search.Each(words).Grams())
			if err != nil {
				return err
			}
			known := make(map[dated]bool)
			for _, p := range parts {
				p.things(sets[p.ID], func(t dated, may bool) { known[t] = known[t] || may })
			}
			var ids []string
			for r, err := range query.Rows[version](ctx, b.q, from.Columns(x.id.As("id"), x.updated.As("updated_at")).
				Named("search.TextVersions")) {
				if err != nil {
					return err
				}
				if r.UpdatedAt != nil {
					if may, ok := known[dated{r.ID, *r.UpdatedAt}]; ok && !may {
						continue
					}
				}
				ids = append(ids, r.ID)
			}
			slices.Sort(ids)
			if ids = slices.Compact(ids); len(ids) <= mostNamed {
				which = x.id.In(ids...)
			}
			return nil
		})
	if err = b.searching.known(err); indexless(err) {
		return query.Cond{}, nil
	}
	return which, err
}
