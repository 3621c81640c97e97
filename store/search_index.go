package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/search"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// SearchLock is the name of the lock that whoever writes the tables of the search
// holds meanwhile.
const SearchLock = "larder_search"

// SearchSettle is how long ago a chat has to have changed for its text to be
// kept. Times of chats are in seconds: what changes again in the same one would
// not be noticed. It has room for clocks that differ.
const SearchSettle = 10 * time.Second

// Bounds of what stands in memory, and of what is looked at in every search.
const (
	maxRecordBytes  = 4 << 20   // longer texts are not kept
	mostTextBytes   = 16 << 20  // of chats that are read together, and the last one's
	chatsAtATime    = 40        // whose documents are read at a time
	looseChats      = 256       // in no part of the index, or
	looseBytes      = 3 << 19   // their texts together, until there is a part for them
	smallParts      = 8         // of the index, until they become one
	smallPart       = 1024      // chats; what has more is not small
	recordsAtATime  = 100       // that are read to make a part of the index
	maxSegmentBytes = 256 << 20 // of texts that go into one part of the index
)

// SearchIndex keeps what can be found of chats in step with them. Nothing waits
// for it: what it has not come to yet is found, too, only more slowly. Any number
// of processes may have one; one works at a time.
type SearchIndex struct {
	base
	eng      *engine.Engine
	progress func(SearchProgress)
	done     SearchProgress
	tidy     bool                 // it has come to its end
	bytes    int64                // of texts in the part that is being made
	texts    map[string]textsMark // of notes and files, when it had brought them up to date
}

// SearchProgress is how far it has come.
type SearchProgress struct {
	Chats, Of int64 // brought up to date, and to be
	Parts     int64 // of the index that were made
	Waiting   int64 // chats that have changed just now: they are left for later
	Never     int64 // chats that say no time, or one in the future: they are looked at themselves

	Texts, TextsOf int64 // notes and files that were put into parts, and that are to be
}

// NewSearchIndex makes an index over the chats of a database, which st is over, too.
// progress, if not nil, is told how far it is.
func NewSearchIndex(eng *engine.Engine, st *Store, progress func(SearchProgress)) *SearchIndex {
	b := st.b
	b.q = eng
	return &SearchIndex{base: b, eng: eng, progress: progress}
}

// SearchStatus says where the search of chats stands.
type SearchStatus struct {
	Tables  bool  `json:"tables"`               // false where there are none: every search reads all messages
	Chats   int64 `json:"chats"`                // that have an owner
	Kept    int64 `db:"kept" json:"kept"`       // of which there is a text
	Changed int64 `json:"changed"`              // since it was taken, those without one among them
	Parts   int64 `json:"parts"`                // of the index
	Indexed int64 `db:"indexed" json:"indexed"` // chats that are in one
	Bytes   int64 `db:"bytes" json:"bytes"`     // of texts

	Texts        int64 `json:"texts"`         // notes and files
	TextsIndexed int64 `json:"texts_indexed"` // those of them that are in a part as they are
}

// SearchStatus reads where the search of chats stands, in one state of the database.
// dberr.IsDenied holds for the error of a database whose user may not read that; its
// searches read all messages, too.
func (s *Store) SearchStatus(ctx context.Context) (st SearchStatus, err error) {
	err = s.b.inTx(ctx, engine.TxOptions{Name: "search.Status", Mode: engine.Read},
		func(ctx context.Context, b base) (err error) {
			k, t := own.SearchChat, tables.Chat
			indexed := query.Case[int64]().When(k.Segment.Gt(0), 1).Else(0)
			st, err = query.One[SearchStatus](ctx, b.q,
				query.Select(query.CountAll().As("kept"), query.Sum(k.Size).IfNull(0).As("bytes"),
					query.Sum(indexed).IfNull(0).As("indexed")).From(k.Table).Named("search.StatusKept"))
			if err != nil {
				return err
			}
			st.Tables = true
			parts := query.Select(own.SearchSegment.ID).From(own.SearchSegment.Table).Where(own.SearchSegment.UserID.Ne(""))
			if st.Parts, err = query.Count(ctx, b.q, parts); err != nil {
				return err
			}
			if st.Chats, err = query.Count(ctx, b.q, query.Select(t.ID).From(t.Table).Where(t.UserID.NotNull())); err != nil {
				return err
			}
			now, err := query.Count(ctx, b.q, query.Select(t.ID).From(t.Table).
				Join(k.Table, k.ChatID.EqTo(t.ID), k.UserID.EqTo(t.UserID), k.UpdatedAt.EqTo(t.UpdatedAt)))
			if st.Changed = st.Chats - now; err == nil {
				st.Texts, st.TextsIndexed, err = b.textsStatus(ctx)
			}
			return err
		})
	if errors.Is(err, dberr.ErrSchemaMismatch) {
		return SearchStatus{}, nil
	}
	return st, err
}

// CatchUp brings what has changed up to date, and returns how far it has come. It
// waits for another one that does, and a SearchIndex does one thing at a time.
// Everything is done in small steps: when it is cut off, the next one goes on.
// dberr.ErrSchemaMismatch where there are no tables for it.
func (x *SearchIndex) CatchUp(ctx context.Context) (SearchProgress, error) {
	done, err := x.catchUp(ctx)
	return done, x.searching.known(err)
}

func (x *SearchIndex) catchUp(ctx context.Context) (SearchProgress, error) {
	if x.tidy { // what another process may have left is looked for once
		behind, uncounted, err := x.users(ctx)
		same := false
		if err == nil && len(behind)+len(uncounted) == 0 {
			same, err = x.unchangedTexts(ctx)
		}
		if err != nil || same {
			return SearchProgress{}, err
		}
	}
	release, err := x.eng.Lock(ctx, SearchLock, nil)
	if err != nil {
		return SearchProgress{}, err
	}
	defer func() { _ = release() }()
	x.done, x.tidy = SearchProgress{}, false
	if err := x.removeUnfinished(ctx); err != nil {
		return x.done, err
	}
	behind, _, err := x.users(ctx)
	if err != nil {
		return x.done, err
	}
	todo := make(map[string][]string, len(behind))
	for _, u := range behind {
		if todo[u], err = x.behind(ctx, u); err != nil {
			return x.done, err
		}
		x.done.Of += int64(len(todo[u]))
	}
	for _, u := range behind {
		for ids := range slices.Chunk(todo[u], chatsAtATime) {
			if err := x.take(ctx, ids); err != nil {
				return x.done, err
			}
		}
	}
	_, uncounted, err := x.users(ctx)
	if err != nil {
		return x.done, err
	}
	for _, u := range uncounted {
		if err := x.count(ctx, u); err != nil {
			return x.done, err
		}
	}
	if err := x.parts(ctx); err != nil {
		return x.done, err
	}
	if err := x.takeTexts(ctx); err != nil {
		return x.done, err
	}
	x.tidy = true
	return x.done, nil
}

// Forget takes away all that is kept, so that it is made anew, some at a time. Until
// it is, chats are looked at themselves: nothing is missing, however it ends.
func (x *SearchIndex) Forget(ctx context.Context) error {
	release, err := x.eng.Lock(ctx, SearchLock, nil)
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	k, g := own.SearchChat, own.SearchSegment
	if _, err := query.Exec(ctx, x.q, query.Delete(own.SearchUser.Table).AllRows().
		Named("search.UncountAll")); err != nil {
		return err
	}
	for {
		some, err := query.All[string](ctx, x.q,
			query.Select(k.ChatID).From(k.Table).Named("search.SomeKept").Limit(rowsPerStatement))
		if err != nil {
			return err
		}
		if len(some) == 0 {
			break
		}
		if _, err := query.Exec(ctx, x.q, query.Delete(k.Table).Named("search.Forget").
			Where(k.ChatID.In(some...))); err != nil {
			return err
		}
	}
	parts, err := query.All[int64](ctx, x.q, query.Select(g.ID).From(g.Table).Named("search.AllParts"))
	if err != nil {
		return err
	}
	return x.removeParts(ctx, parts)
}

// tell says how far it is.
func (x *SearchIndex) tell() {
	if x.progress != nil {
		x.progress(x.done)
	}
}

// removeUnfinished takes away parts of the index that were not made to their end.
func (x *SearchIndex) removeUnfinished(ctx context.Context) error {
	t := own.SearchSegment
	ids, err := query.All[int64](ctx, x.q, query.Select(t.ID).From(t.Table).Named("search.Unfinished").
		Where(t.UserID.Eq("")))
	if err != nil {
		return err
	}
	return x.removeParts(ctx, ids)
}

// removeParts takes parts of the index away: what they hold before they are gone
// themselves, so that nothing is left of one that was cut off.
func (x *SearchIndex) removeParts(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		if _, err := query.Exec(ctx, x.q, query.Delete(own.SearchRow.Table).Named("search.RemoveRows").
			Where(own.SearchRow.Segment.Eq(id))); err != nil {
			return err
		}
		if _, err := query.Exec(ctx, x.q, query.Delete(own.SearchSegment.Table).Named("search.RemovePart").
			Where(own.SearchSegment.ID.Eq(id))); err != nil {
			return err
		}
	}
	return nil
}

// behind are the chats of a user whose texts are to be taken. What is kept of
// chats that are gone is removed.
func (x *SearchIndex) behind(ctx context.Context, user string) ([]string, error) {
	k, t := own.SearchChat, tables.Chat
	gone, err := query.All[string](ctx, x.q, query.Select(k.ChatID).From(k.Table).Named("search.Gone").
		LeftJoin(t.Table, t.ID.EqTo(k.ChatID), t.UserID.EqTo(k.UserID)).Where(k.UserID.Eq(user), t.ID.IsNull()))
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(gone, rowsPerStatement) {
		which := query.And(k.ChatID.In(some...), k.UserID.Eq(user))
		if err := x.change(ctx, query.Delete(k.Table).Named("search.RemoveGone").Where(which), which); err != nil {
			return nil, err
		}
	}
	changed, err := x.versions(ctx, user)
	if err != nil {
		return nil, err
	}
	now := x.clock()
	settled := now.Add(-SearchSettle).Unix()
	var ids []string
	for _, c := range changed {
		switch {
		case !c.dated || c.updated > now.Unix():
			x.done.Never++
		case c.updated >= settled:
			x.done.Waiting++
		default:
			ids = append(ids, c.id)
		}
	}
	return ids, nil
}

// take keeps the texts of chats as they are now.
func (x *SearchIndex) take(ctx context.Context, ids []string) error {
	for n := len(ids); len(ids) > 0; n = len(ids) {
		rest, err := x.takeSome(ctx, ids)
		if err != nil {
			return err
		}
		ids = rest
		x.done.Chats += int64(n - len(rest))
		x.tell()
	}
	return nil
}

func (x *SearchIndex) takeSome(ctx context.Context, ids []string) (rest []string, err error) {
	settled := x.clock().Add(-SearchSettle).Unix() // when they are read, or before
	var records map[string]record
	err = x.inTx(ctx, engine.TxOptions{Name: "search.Read", Mode: engine.Read},
		func(ctx context.Context, b base) (err error) {
			records, rest, err = b.records(ctx, ids, true)
			return err
		})
	if err != nil {
		return nil, err
	}
	var rows []own.SearchChatRow
	size := 0
	put := func() error {
		if len(rows) == 0 {
			return nil
		}
		k := own.SearchChat
		which := k.ChatID.In(collect(rows, func(r own.SearchChatRow) string { return r.ChatID })...)
		owners := slices.Compact(slices.Sorted(slices.Values(
			collect(rows, func(r own.SearchChatRow) string { return r.UserID }))))
		err := x.change(ctx, query.InsertRows(k.Table, rows).Named("search.Keep").OnConflict(k.ChatID).
			DoUpdate(k.UserID, k.UpdatedAt, k.Segment, k.Size, k.Text), which, owners...)
		rows, size = rows[:0], 0
		return err
	}
	for _, id := range ids {
		r, ok := records[id]
		if !ok || r.updated == nil || *r.updated >= settled || r.user == "" {
			continue // it has changed meanwhile
		}
		row := own.SearchChatRow{ChatID: id, UserID: r.user, UpdatedAt: *r.updated, Size: int64(len(r.text)),
			Text: r.text}
		if len(r.text) > maxRecordBytes || tooLong(x.eng.Dialect().Limits().Packet, len(r.text)) {
			row.Segment, row.Text = -1, nil
		}
		if size+len(row.Text) > bytesPerStatement {
			if err := put(); err != nil {
				return nil, err
			}
		}
		rows, size = append(rows, row), size+len(row.Text)
	}
	return rest, put()
}

// tooLong reports whether a text does not fit in a statement.
func tooLong(packet, n int) bool { return packet > 0 && n > packet/3 }

// parts makes parts of the index of what is in none, where that is much.
func (x *SearchIndex) parts(ctx context.Context) error {
	k := own.SearchChat
	size := query.Sum(k.Size)
	users, err := query.All[string](ctx, x.q, query.Select(k.UserID).From(k.Table).Named("search.Loose").
		Where(k.Segment.Eq(0)).
		GroupBy(k.UserID).Having(query.Or(query.CountAll().Ge(looseChats), size.Ge(looseBytes))))
	if err != nil {
		return err
	}
	for _, u := range users {
		for {
			more, err := x.part(ctx, u)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// part makes one part of the index of chats of a user that are in none, and of
// those that are in small parts when there are many, or in parts of which little is
// left. It reports whether there is more to be done.
func (x *SearchIndex) part(ctx context.Context, user string) (bool, error) {
	old, err := x.dissolved(ctx, user)
	if err != nil {
		return false, err
	}
	k := own.SearchChat
	from := k.Segment.In(append(slices.Clone(old), 0)...)
	all, err := query.All[struct {
		ChatID    string `db:"chat_id"`
		UpdatedAt int64  `db:"updated_at"`
		Segment   int64  `db:"segment"`
		Size      int64  `db:"size"`
	}](ctx, x.q, query.Select(k.ChatID, k.UpdatedAt, k.Segment, k.Size).From(k.Table).Named("search.Sources").
		Where(k.UserID.Eq(user), from).OrderBy(k.UpdatedAt, k.ChatID))
	if err != nil {
		return false, err
	}
	var left, leftBytes int64
	for _, r := range all {
		left, leftBytes = left+1, leftBytes+r.Size
	}
	if left == 0 || left < looseChats && leftBytes < looseBytes && len(old) == 0 {
		return false, nil
	}
	id, err := x.beginPart(ctx)
	if err != nil {
		return false, err
	}
	var b search.Builder
	var chats []byte
	in := make(map[string]int64)
	x.bytes = 0
	for some := range slices.Chunk(all, recordsAtATime) {
		if b.Full() || len(in)+len(some) > search.MaxRecords || x.bytes > maxSegmentBytes {
			break
		}
		ids := make([]string, len(some))
		for i := range some {
			ids[i] = some[i].ChatID
		}
		for r, err := range query.Rows[own.SearchChatRow](ctx, x.q, query.Select(k.ChatID, k.UpdatedAt, k.Text).
			From(k.Table).Named("search.Records").Where(k.ChatID.In(ids...))) {
			if err != nil {
				return false, err
			}
			b.Add(r.Text)
			x.bytes += int64(len(r.Text))
			in[r.ChatID] = r.UpdatedAt
			chats = binary.AppendVarint(chats, r.UpdatedAt)
			chats = binary.AppendUvarint(chats, uint64(len(r.ChatID)))
			chats = append(chats, r.ChatID...)
		}
	}
	done := own.SearchSegmentRow{ID: id, UserID: user, Bits: int64(b.Bits()), Records: int64(len(in)), Chats: chats}
	if err := x.writeRows(ctx, id, &b); err != nil {
		return false, err
	}
	if err := x.finish(ctx, done, in, from, old); err != nil {
		return false, err
	}
	x.done.Parts++
	x.tell()
	return len(in) < len(all), x.removeUnfinished(ctx)
}

// beginPart makes a part of the index that counts for nothing yet. What was cut off is
// known by having no owner.
func (x *SearchIndex) beginPart(ctx context.Context) (id int64, err error) {
	id = rand.Int64N(1<<62) + 1
	_, err = query.Exec(ctx, x.q, query.Insert(own.SearchSegment.Table).Named("search.Begin").
		Row(own.SearchSegmentRow{ID: id, Chats: []byte{}}))
	return id, err
}

// partSize is how many records a part of the index was made of, and how many of them
// are as they were.
type partSize struct {
	ID      int64 `db:"id"`
	Bits    int64 `db:"bits"`
	Records int64 `db:"records"`
	Live    int64 `db:"live"`
}

// dissolved are the parts of a user's index whose chats go into a new one.
func (x *SearchIndex) dissolved(ctx context.Context, user string) ([]int64, error) {
	k, g := own.SearchChat, own.SearchSegment
	parts, err := query.All[partSize](ctx, x.q, query.Select(g.ID, g.Bits, g.Records, query.CountOf(k.ChatID).As("live")).
		From(g.Table).Named("search.Parts").
		LeftJoin(k.Table, k.UserID.EqTo(g.UserID), k.Segment.EqTo(g.ID)).Where(g.UserID.Eq(user)).
		GroupBy(g.ID, g.Bits, g.Records))
	return dissolving(parts), err
}

// dissolving are those of some parts that go into a new one: many small ones, and those
// of which little is left.
func dissolving(parts []partSize) []int64 {
	var small, old []int64
	for _, p := range parts {
		switch {
		case 2*p.Live < p.Records:
			old = append(old, p.ID)
		case p.Live < smallPart && !search.Large(int(p.Bits)):
			small = append(small, p.ID)
		}
	}
	if len(small) >= smallParts {
		old = append(old, small...)
	}
	return old
}

// writeRows writes what a part of the index holds, some rows at a time.
func (x *SearchIndex) writeRows(ctx context.Context, id int64, b *search.Builder) error {
	var rows []own.SearchRowRow
	size := 0
	put := func() error {
		if len(rows) == 0 {
			return nil
		}
		_, err := query.Exec(ctx, x.q, query.InsertRows(own.SearchRow.Table, rows).Named("search.WriteRows"))
		rows, size = rows[:0], 0
		return err
	}
	for n, data := range b.Rows() {
		if len(rows) == rowsPerStatement || size+len(data) > bytesPerStatement/4 {
			if err := put(); err != nil {
				return err
			}
		}
		rows, size = append(rows, own.SearchRowRow{Segment: id, Number: n, Data: bytes.Clone(data)}), size+len(data)
	}
	return put()
}

// finish lets a part of the index count for the chats that are in it, in place of
// old ones. Chats of which another text was kept meanwhile stay where they are.
func (x *SearchIndex) finish(ctx context.Context, done own.SearchSegmentRow, in map[string]int64, from query.Cond,
	old []int64) error {
	k := own.SearchChat
	return x.inTx(ctx, engine.TxOptions{Name: "search.Finish", Idempotent: true}, func(ctx context.Context, b base) error {
		if err := b.finishPart(ctx, done); err != nil {
			return err
		}
		now, err := query.All[own.SearchChatRow](ctx, b.q, query.Select(k.ChatID, k.UpdatedAt).From(k.Table).
			Named("search.LockKept").ForUpdate().
			Where(k.UserID.Eq(done.UserID), from))
		if err != nil {
			return err
		}
		var ids []string
		for _, r := range now {
			if at, ok := in[r.ChatID]; ok && at == r.UpdatedAt {
				ids = append(ids, r.ChatID)
			}
		}
		for some := range slices.Chunk(ids, 2*rowsPerStatement) {
			if _, err := query.Exec(ctx, b.q, query.Update(k.Table).Named("search.Move").Set(k.Segment.Set(done.ID)).
				Where(k.ChatID.In(some...), from)); err != nil {
				return err
			}
		}
		if len(old) == 0 {
			return nil
		}
		if _, err := query.Exec(ctx, b.q, query.Update(k.Table).Named("search.Loosen").Set(k.Segment.Set(0)).
			Where(k.UserID.Eq(done.UserID), k.Segment.In(old...))); err != nil {
			return err
		}
		return b.dissolve(ctx, old)
	})
}

// finishPart lets a part of the index count.
func (b *base) finishPart(ctx context.Context, done own.SearchSegmentRow) error {
	g := own.SearchSegment
	n, err := query.Exec(ctx, b.q, query.Update(g.Table).Named("search.Finish").
		Set(g.UserID.Set(done.UserID), g.Bits.Set(done.Bits), g.Records.Set(done.Records), g.Chats.Set(done.Chats)).
		Where(g.ID.Eq(done.ID)))
	if err == nil && n == 0 {
		return dberr.New(dberr.Conflict, "search.Finish", "another program has taken away what was made; it makes it again")
	}
	return err
}

// dissolve lets parts of the index count for nothing, so that they are removed.
func (b *base) dissolve(ctx context.Context, old []int64) error {
	g := own.SearchSegment
	_, err := query.Exec(ctx, b.q, query.Update(g.Table).Named("search.Dissolve").Set(g.UserID.Set("")).
		Where(g.ID.In(old...)))
	return err
}
