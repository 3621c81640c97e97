package store

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/search"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// ChatItem is a chat in a list: everything but the document.
type ChatItem struct {
	ID         string  `db:"id"`
	Title      string  `db:"title"`
	UpdatedAt  int64   `db:"updated_at"`   // seconds
	CreatedAt  int64   `db:"created_at"`   // seconds
	LastReadAt *int64  `db:"last_read_at"` // seconds; nil for never
	Archived   bool    `db:"archived"`
	Snippet    *string // Search only: of the first message that was meant
}

// ChatSort is the column that a list of chats is sorted by.
type ChatSort string

// The sorts. Chats that are equal in them follow by id.
const (
	ByUpdated ChatSort = "updated_at" // the standard
	ByCreated ChatSort = "created_at"
	ByTitle   ChatSort = "title"             // by code point
	ByUnread  ChatSort = "unread_updated_at" // those that have changed since they were read first, then as ByUpdated
)

// ChatFilter narrows a list of chats. Archived and pinned chats, chats in
// folders and internal ones are left out unless they are asked for.
type ChatFilter struct {
	UserID          string // the owner; empty for whoever asks, and for everybody's when that is Program
	Everybody       bool   // everybody's chats, for an admin who may read them
	IncludeArchived bool
	IncludePinned   bool
	IncludeFolders  bool
	IncludeInternal bool

	Archived, Pinned, Shared *bool    // only those that are, or are not
	Folders                  []string // only those in one of the folders; nil for any
	Tags                     []string // only those with all the tags, by id
	Untagged                 bool     // only those without a tag
	Title                    string   // part of the title, without regard to case
	ChangedAfter             int64    // only those that changed later, in seconds; 0 for any

	Sort      ChatSort // empty is ByUpdated
	Ascending bool

	// After continues behind a chat of the list before, in the standard order
	// only. Unlike an offset it costs the same on every page.
	After *ChatKey
}

// ChatKey is a place in the standard order.
type ChatKey struct {
	UpdatedAt int64
	ID        string
}

// flag holds for rows in which a column is what is asked for; without a question
// for those in which it is not set, unless all are to be included.
func flag(c query.Column[bool], asked *bool, all bool) query.Cond {
	if asked == nil {
		return when(!all, c.IfNull(false).Eq(false))
	}
	return c.IfNull(false).Eq(*asked)
}

func (f ChatFilter) conds() []query.Cond { return f.condsAt(storedTimes()) }

func (f ChatFilter) condsAt(at times) []query.Cond {
	t := tables.Chat
	c := []query.Cond{
		when(f.UserID != "", t.UserID.Eq(f.UserID)),
		flag(t.Archived, f.Archived, f.IncludeArchived),
		flag(t.Pinned, f.Pinned, f.IncludePinned),
		when(f.Folders != nil, t.FolderID.In(f.Folders...)),
		when(f.Folders == nil && !f.IncludeFolders, t.FolderID.IsNull()),
		when(!f.IncludeInternal, t.Meta.Path("internal").Bool().IfNull(false).Eq(false)),
		when(f.Title != "", t.Title.ContainsFold(f.Title)),
		when(f.Untagged, t.Meta.Path("tags").Len().IfNull(0).Eq(0)),
		when(f.ChangedAfter != 0, at.updated.Gt(f.ChangedAfter)),
	}
	if f.Shared != nil {
		c = append(c, when(*f.Shared, t.ShareID.NotNull()), when(!*f.Shared, t.ShareID.IsNull()))
	}
	for _, tag := range f.Tags {
		c = append(c, t.Meta.Path("tags").Has(tag))
	}
	if k := f.After; k != nil {
		c = append(c, query.Or(at.updated.Lt(k.UpdatedAt), query.And(at.updated.Eq(k.UpdatedAt), t.ID.Gt(k.ID))))
	}
	return c
}

// unread holds for chats that have changed since they were read. A message that
// waits changes nothing about that.
func unread() query.Cond {
	return tables.Chat.UpdatedAt.GtTo(tables.Chat.LastReadAt.IfNull(0))
}

func (f ChatFilter) order(at times) ([]query.Ordering, error) {
	t := tables.Chat
	by := map[string]sortable{string(ByUpdated): at.updated, string(ByCreated): t.CreatedAt, string(ByTitle): t.Title,
		string(ByUnread): at.updated}
	sort := string(cmp.Or(f.Sort, ByUpdated))
	switch {
	case by[sort] == nil:
		return nil, dberr.New(dberr.Invalid, "chats.List", "there is no such order; use updated_at, created_at, title or unread_updated_at")
	case f.After != nil && (sort != string(ByUpdated) || f.Ascending):
		return nil, dberr.New(dberr.Invalid, "chats.List", "After works in the standard order only")
	}
	out := []query.Ordering{sorted(sort, f.Ascending, nil, by), t.ID}
	if f.Sort == ByUnread {
		out = append([]query.Ordering{query.Case[int64]().When(unread(), 0).Else(1).Asc()}, out...)
	}
	return out, nil
}

// scope is f with the chats that w may list: their own unless an admin asks for
// those of somebody else, or of everybody.
func (c *Chats) scope(ctx context.Context, w Who, f ChatFilter) (ChatFilter, error) {
	if f.UserID == "" && !w.program && !f.Everybody {
		f.UserID = w.ID
	}
	if f.UserID != w.ID && !chats.everything(&c.base, w, MayRead) {
		return f, ErrNotPermitted
	}
	_, err := chats.permitted(ctx, &c.base, w)
	return f, err
}

// List returns chats without their documents, which it does not read: the last
// changed first, then by id. Errors: ErrNotPermitted for the chats of others;
// dberr.Invalid for an order that there is not.
func (c *Chats) List(ctx context.Context, w Who, f ChatFilter, p Page) ([]ChatItem, error) {
	c = &Chats{c.lists()}
	return c.list(ctx, w, f, p)
}

// itemColumns are what a [ChatItem] is read from.
func itemColumns(at times) []query.Selectable {
	t := tables.Chat
	return []query.Selectable{t.ID, t.Title.IfNull(chatdoc.DefaultTitle).As("title"),
		at.updated.IfNull(0).As("updated_at"),
		t.CreatedAt.IfNull(0).As("created_at"), at.read.As("last_read_at"), t.Archived.IfNull(false).As("archived")}
}

func (c *Chats) list(ctx context.Context, w Who, f ChatFilter, p Page, more ...query.Cond) ([]ChatItem, error) {
	f, err := c.scope(ctx, w, f)
	if err != nil {
		return nil, err
	}
	if _, err := f.order(storedTimes()); err != nil {
		return nil, err
	}
	var found []ChatItem
	err = c.withMoved(ctx, func(may bool) (err error) {
		waits := may && c.backlog.knows(f.UserID)
		if !waits {
			found, waits, err = c.items(ctx, f, p, may, more)
		}
		if err == nil && waits {
			found, err = c.itemsMoved(ctx, f, p, more)
		}
		return err
	})
	return found, err
}

// listedItem is a chat of a list as its row has it, and whether messages wait for any
// of the chats that the list may have.
type listedItem struct {
	ChatItem
	Waits bool `db:"waits"`
}

// items reads a list by what stands in the rows of chats. It reports whether that
// may not be so, because messages wait for some: then it takes more than an index.
func (c *Chats) items(ctx context.Context, f ChatFilter, p Page, maybe bool,
	more []query.Cond) ([]ChatItem, bool, error) {
	var rows []listedItem
	var err error
	if form, ok := f.form(); ok && len(more) == 0 && p.Limit > 0 {
		form.maybe = maybe
		rows, err = chatLists.of(form).All(ctx, c.q, form.values(f, p)...)
	} else {
		by, _ := f.order(storedTimes()) // whoever asks has looked
		st := query.Select(listedColumns(maybe, when(f.UserID != "", own.Message.UserID.Eq(f.UserID)))...).
			Named("chats.List").
			From(tables.Chat.Table)
		rows, err = query.All[listedItem](ctx, c.q, p.apply(st.Where(f.conds()...).Where(more...).OrderBy(by...)))
	}
	waits := maybe && len(rows) == 0 && (f.After != nil || f.ChangedAfter != 0)
	return collect(rows, func(r listedItem) ChatItem {
		waits = waits || r.Waits
		return r.ChatItem
	}), waits, err
}

// listedColumns are what a [listedItem] is read from.
func listedColumns(maybe bool, owned query.Cond) []query.Selectable {
	cols := itemColumns(storedTimes())
	if maybe {
		cols = append(cols, anyWaits(owned).As("waits"))
	}
	return cols
}

// itemsMoved reads a list with the times that chats have by what waits for them.
func (c *Chats) itemsMoved(ctx context.Context, f ChatFilter, p Page, more []query.Cond) ([]ChatItem, error) {
	st, at := moved(query.Select().Named("chats.ListMoved").From(tables.Chat.Table), f.UserID)
	by, err := f.order(at)
	if err != nil {
		return nil, err
	}
	return query.All[ChatItem](ctx, c.q,
		p.apply(st.Columns(itemColumns(at)...).Where(f.condsAt(at)...).Where(more...).OrderBy(by...)))
}

// listForm is a list as far as the text of its statement goes: of a filter
// without values but for the owner.
type listForm struct {
	owned, archivedToo, pinnedToo, foldersToo, internalToo bool
	archived, pinned, shared                               choice
	sort                                                   ChatSort
	ascending                                              bool
	maybe                                                  bool // messages may wait for some
}

// choice is a *bool that can be compared.
type choice int8

func choiceOf(b *bool) choice {
	switch {
	case b == nil:
		return 0
	case *b:
		return 1
	}
	return -1
}

func (c choice) bool() *bool {
	if c == 0 {
		return nil
	}
	return ptr(c > 0)
}

// form is what of f is in the text of a statement, if that is all but the owner.
func (f ChatFilter) form() (listForm, bool) {
	valued := f.Folders != nil || f.Tags != nil || f.Untagged || f.Title != "" || f.ChangedAfter != 0 || f.After != nil
	return listForm{
		owned: f.UserID != "", archivedToo: f.IncludeArchived, pinnedToo: f.IncludePinned, foldersToo: f.IncludeFolders, internalToo: f.IncludeInternal,
		archived: choiceOf(f.Archived), pinned: choiceOf(f.Pinned), shared: choiceOf(f.Shared), sort: f.Sort, ascending: f.Ascending,
	}, !valued
}

func (l listForm) filter() ChatFilter {
	return ChatFilter{IncludeArchived: l.archivedToo, IncludePinned: l.pinnedToo, IncludeFolders: l.foldersToo, IncludeInternal: l.internalToo,
		Archived: l.archived.bool(), Pinned: l.pinned.bool(), Shared: l.shared.bool(), Sort: l.sort, Ascending: l.ascending}
}

func (l listForm) values(f ChatFilter, p Page) []any {
	if !l.owned {
		return []any{p.Limit, p.Offset}
	}
	return []any{f.UserID, p.Limit, p.Offset}
}

// chatLists are the lists that the page asks for all the time.
var chatLists = variants[listForm, listedItem]{build: func(l listForm) query.SelectStmt {
	f, user := l.filter(), query.Param[string]("user")
	by, _ := f.order(storedTimes()) // whoever asks has looked
	return query.Select(listedColumns(l.maybe, when(l.owned, own.Message.UserID.EqTo(user)))...).Named("chats.List").
		From(tables.Chat.Table).
		Where(when(l.owned, tables.Chat.UserID.EqTo(user))).Where(f.conds()...).OrderBy(by...).
		LimitTo(query.Param[int]("limit")).OffsetTo(query.Param[int]("offset"))
}}

// Count returns how many chats a list has. Errors: ErrNotPermitted for the chats
// of others.
func (c *Chats) Count(ctx context.Context, w Who, f ChatFilter) (int64, error) {
	f, err := c.scope(ctx, w, f)
	if err != nil {
		return 0, err
	}
	if f.After == nil && f.ChangedAfter == 0 {
		return chats.count(ctx, &c.base, f.conds()...)
	}
	var n int64
	err = c.withMoved(ctx, func(may bool) error {
		st, at := overChats(may, f.UserID)
		n, err = query.Count(ctx, c.q, st.Columns(tables.Chat.ID).Named("chats.Count").Where(f.condsAt(at)...))
		return err
	})
	return n, err
}

// overChats starts a statement over chats, with the times that they have by what waits
// where that may have moved them.
func overChats(may bool, user string) (query.SelectStmt, times) {
	st := query.Select().From(tables.Chat.Table)
	if !may {
		return st, storedTimes()
	}
	return moved(st, user)
}

// Each returns the chats of a list with their documents, in the list's order: the
// ids in one statement, then a few chats at a time. It holds no connection between
// them; a chat that is deleted meanwhile is left out. An error is the last thing
// that it yields: those of List.
func (c *Chats) Each(ctx context.Context, w Who, f ChatFilter, p Page) iter.Seq2[model.Chat, error] {
	const few = 25
	return func(yield func(model.Chat, error) bool) {
		f, err := c.scope(ctx, w, f)
		if err != nil {
			yield(model.Chat{}, err)
			return
		}
		var ids []string
		err = c.withMoved(ctx, func(may bool) error {
			st, at := overChats(may, f.UserID)
			by, err := f.order(at)
			if err == nil {
				ids, err = query.All[string](ctx, c.q,
					p.apply(st.Columns(tables.Chat.ID).Named("chats.EachID").Where(f.condsAt(at)...).OrderBy(by...)))
			}
			return err
		})
		if err != nil {
			yield(model.Chat{}, err)
			return
		}
		for some := range slices.Chunk(ids, few) {
			found, err := c.readChats(ctx, "chats.Each", func(st query.SelectStmt, _ times) query.SelectStmt {
				return st.Where(tables.Chat.ID.In(some...))
			})
			if err != nil {
				yield(model.Chat{}, err)
				return
			}
			slices.SortFunc(found, func(x, y model.Chat) int { return cmp.Compare(slices.Index(some, x.ID), slices.Index(some, y.ID)) })
			for _, x := range found {
				if !yield(x, nil) {
					return
				}
			}
		}
	}
}

// Search returns chats in which a text is found: as a whole in the title or in one
// message, or each of its words of a-z and 0-9 somewhere. Without a text it is
// List. Each has the beginning of the first message that was meant. None is an
// empty slice. Errors: those of List.
func (c *Chats) Search(ctx context.Context, w Who, text string, f ChatFilter, p Page) ([]ChatItem, error) {
	c = &Chats{c.lists()}
	text = strings.TrimSpace(text)
	if text == "" {
		return c.List(ctx, w, f, p)
	}
	f, err := c.scope(ctx, w, f)
	if err != nil {
		return nil, err
	}
	if f.UserID != "" {
		if found, err := c.indexed(ctx, w, text, f, p); !indexless(err) {
			return found, err
		}
	}
	return c.scan(ctx, w, text, f, p)
}

// scan is Search where there is no index: every message is read.
func (c *Chats) scan(ctx context.Context, w Who, text string, f ChatFilter, p Page) ([]ChatItem, error) {
	terms := search.Words(text)
	var each []query.Cond
	for _, term := range terms {
		each = append(each, mentions(term))
	}
	meant := mentions(text)
	if len(each) > 0 {
		meant = query.Or(meant, query.And(each...))
	}
	found, err := c.list(ctx, w, f, p, meant)
	if err != nil || len(found) == 0 {
		return found, err
	}
	return found, c.snippets(ctx, found, append([]string{text}, terms...))
}

func messageText() query.Expr[string] { return tables.ChatMessage.Content.Doc().Text() }

// mentions holds for chats in which a text is found.
func mentions(text string) query.Cond {
	m := tables.ChatMessage
	return query.Or(tables.Chat.Title.ContainsFold(text), query.Exists(query.Select(m.ID).From(m.Table).
		Where(m.ChatID.EqTo(tables.Chat.ID), messageText().ContainsFold(text))))
}

// snippets adds to chats the beginning of their first message that mentions the
// first of the texts, else of the first that mentions any.
func (c *Chats) snippets(ctx context.Context, found []ChatItem, texts []string) error {
	m := tables.ChatMessage
	ids := collect(found, func(x ChatItem) string { return x.ID })
	some := make([]query.Cond, len(texts))
	for i, t := range texts {
		some[i] = messageText().ContainsFold(t)
	}
	whole := query.Case[int64]().When(some[0], 0).Else(1)
	number := query.RowNumber().PartitionBy(m.ChatID).OrderBy(whole.Asc(), m.CreatedAt.Asc(), m.ID.Asc())
	matching := query.Select(m.ChatID, messageText().As("text"), number.As("number")).From(m.Table).
		Where(m.ChatID.In(ids...), query.Or(some...)).Subquery("matching")
	rows, err := query.All[struct {
		ChatID string  `db:"chat_id"`
		Text   *string `db:"text"`
	}](ctx, c.q, query.Select(query.Field[string]("matching", "chat_id").As("chat_id"),
		query.Field[string]("matching", "text").As("text")).
		Named("chats.Snippets").FromItem(matching).Where(query.Field[int64]("matching", "number").Eq(1)))
	if err != nil {
		return err
	}
	of := map[string]*string{}
	for _, r := range rows {
		if r.Text != nil {
			of[r.ChatID] = ptr(excerpt(*r.Text, texts))
		}
	}
	for i := range found {
		found[i].Snippet = of[found[i].ID]
	}
	return nil
}

// excerpt is at most two hundred characters around the first of the texts.
func excerpt(s string, texts []string) string {
	const around = 200
	r := []rune(s)
	if len(r) <= around {
		return s
	}
	lower, start := strings.ToLower(s), 0
	for _, t := range texts {
		if i := strings.Index(lower, strings.ToLower(t)); i >= 0 {
			start = max(0, min(len([]rune(lower[:i]))-around/4, len(r)-around))
			break
		}
	}
	return string(r[start:min(start+around, len(r))])
}
