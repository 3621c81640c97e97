package store

import (
	"context"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/search"
	"github.com/larder-db/larder/tables"
)

// indexed are the first of the chats in which all the words are found, by what is
// kept of them, at most so many: those that have the text in the title, then the last
// changed. ok is false where nothing can be kept, or nothing is looked for.
func (l *lookup) indexed(ctx context.Context, f ChatFilter, most int) (found []candidate, ok bool, err error) {
	if len(l.words) == 0 {
		return nil, false, nil
	}
	err = l.inTx(ctx, engine.TxOptions{Name: "workspace.Chats", Mode: engine.Read},
		func(ctx context.Context, b base) error {
			inside := *l
			inside.base = b
			found, err = inside.stored(ctx, "workspace.Titles",
				[]query.Query{l.inChats(f, tables.Chat.Title.ContainsFold(l.text))}, Page{Limit: most})
			if err != nil || len(found) == most {
				return err
			}
			s := chatSearch{base: b, who: l.w, filter: f, query: search.Each(l.words), waits: l.waits}
			titled := make(map[string]bool, len(found))
			for _, x := range found {
				titled[x.ID] = true
			}
			hits, err := s.hits(ctx, titled)
			if err != nil {
				return err
			}
			rest, err := s.matching(ctx, hits, most-len(found))
			for _, x := range rest {
				found = append(found, candidate{HitChat, x.ID, untitled, float64(x.UpdatedAt)})
			}
			return err
		})
	if err = l.searching.known(err); indexless(err) {
		return nil, false, nil
	}
	return found, true, err
}
