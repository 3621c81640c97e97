package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Workspace is one search over chats, snapshots of chats and notes.
type Workspace struct{ base }

// HitKind is what was found.
type HitKind string

// What is found.
const (
	HitChat     HitKind = "chat"   // of whoever searches
	HitSnapshot HitKind = "shared" // behind a link that was shared with them; the id is that of the link
	HitNote     HitKind = "note"   // that they may read
)

// WorkspaceFilter narrows a search. The zero value finds nothing.
type WorkspaceFilter struct {
	Text         string // words, of which twelve count: each in the title or in the text, without regard to case; none finds everything
	Chats, Notes bool   // look for them; snapshots are chats
	Mine, Others bool   // only what whoever searches owns, only what others do; neither for both
	Folder       string // only chats in this folder and those inside it; empty for anywhere
}

// Hit is one thing that was found.
type Hit struct {
	Kind      HitKind
	ID        string
	Title     string
	Text      string // of the message that was meant, else of the last one; of the note
	MessageID string // of the message in its chat; empty when none was meant
	Folder    string // the name of the chat's folder; empty for none
	Mine      bool   // belongs to whoever searches
	Shared    bool   // others may read it, or it belongs to others
	Pinned    bool   // by whoever searches
	UpdatedAt int64  // seconds
}

// WorkspaceFolder is a folder that a search can be narrowed to.
type WorkspaceFolder struct {
	ID       string  `db:"id"`
	Name     string  `db:"name"`
	ParentID *string `db:"parent_id"`
	Shared   bool    `db:"shared"` // it, or one that it is in
}

// WorkspacePage is a page of what was found.
type WorkspacePage struct {
	Hits    []Hit
	More    bool              // there are more behind it
	Folders []WorkspaceFolder // one's own and shared ones, by name without regard to case
	Notes   bool              // whoever searches has the permission for notes; without it none are found
}

// untitled is the rank of what is found by something else than its title.
const untitled = 3

// candidate is something found, before it is read.
type candidate struct {
	Kind      HitKind `db:"kind"`
	ID        string  `db:"id"`
	Rank      int64   `db:"place"`
	UpdatedAt float64 `db:"updated_at"` // seconds
}

// Search returns a page of what w may read and a filter leaves: what has the
// text as its title first, then what has it in the title; without a text what w
// has pinned; then the last changed. Archived and internal chats are left out.
// Chats are found by the index that [Chats.Search] has, where there is one.
func (s *Workspace) Search(ctx context.Context, w Who, f WorkspaceFilter, p Page) (*WorkspacePage, error) {
	if _, err := chats.permitted(ctx, &s.base, w); err != nil {
		return nil, err
	}
	s = &Workspace{s.lists()}
	out := &WorkspacePage{Notes: true}
	_, err := notes.permitted(ctx, &s.base, w)
	switch {
	case errors.Is(err, ErrNotPermitted):
		out.Notes = false
	case err != nil:
		return nil, err
	}
	if out.Folders, err = s.folders(ctx, w); err != nil {
		return nil, err
	}
	l := &lookup{base: s.base, w: w, text: strings.TrimSpace(f.Text), words: searchWords(f.Text), folders: out.Folders}
	var found []candidate
	err = s.withMoved(ctx, func(may bool) (err error) {
		l.waits = may
		found, err = l.candidates(ctx, f, out.Notes, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.More = len(found) > p.Limit; out.More {
		found = found[:p.Limit]
	}
	out.Hits, err = l.hits(ctx, found)
	return out, err
}

func searchWords(text string) []string {
	var out []string
	for _, word := range strings.Fields(text) {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, word) }) {
			out = append(out, word)
		}
	}
	return out[:min(len(out), 12)]
}

// folders are those that w may see, with those above them that are shared marked.
func (s *Workspace) folders(ctx context.Context, w Who) ([]WorkspaceFolder, error) {
	t, g := tables.Folder, tables.AccessGrant
	shared := query.Exists(query.Select(g.ID).From(g.Table).
		Where(g.ResourceType.Eq(folders.resource), g.ResourceID.EqTo(t.ID)))
	all, err := query.All[WorkspaceFolder](ctx, s.q,
		query.Select(t.ID, t.Name, t.ParentID, shared.As("shared")).From(t.Table).
			Named("workspace.Folders").Where(folders.mine(w, MayRead)))
	slices.SortFunc(all, func(a, b WorkspaceFolder) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	for changed := true; changed; {
		changed = false
		for i, x := range all {
			if !x.Shared && slices.ContainsFunc(all, func(up WorkspaceFolder) bool { return up.Shared && up.ID == orZero(x.ParentID) }) {
				all[i].Shared, changed = true, true
			}
		}
	}
	return all, err
}

// lookup is one search at work.
type lookup struct {
	base
	w       Who
	text    string
	words   []string
	folders []WorkspaceFolder
	waits   bool // messages may wait for documents
}

// candidates are what is found, and one more than the page has if there is one.
func (l *lookup) candidates(ctx context.Context, f WorkspaceFilter, notes bool, p Page) ([]candidate, error) {
	within := l.inside(f.Folder)
	var parts []query.Query
	var named []candidate
	if f.Chats && !f.Others && (f.Folder == "" || within != nil) {
		some, byIndex, err := l.indexed(ctx, l.chatsOf(within), p.Offset+p.Limit+1)
		switch {
		case err != nil:
			return nil, err
		case byIndex:
			named = some
		default:
			parts = append(parts, l.chats(within))
		}
	}
	if f.Chats && !f.Mine && f.Folder == "" {
		parts = append(parts, l.snapshots())
	}
	if f.Notes && notes && f.Folder == "" {
		of, err := l.notes(ctx, f)
		if err != nil {
			return nil, err
		}
		parts = append(parts, of)
	}
	const name = "workspace.Search"
	if len(named) == 0 {
		return l.stored(ctx, name, parts, Page{Limit: p.Limit + 1, Offset: p.Offset})
	}
	found, err := l.stored(ctx, name, parts, Page{Limit: p.Offset + p.Limit + 1}) // any may come before any of named
	if err != nil {
		return nil, err
	}
	found = append(named, found...)
	slices.SortStableFunc(found, candidateOrder) // numbers of a database may be more exact than ours
	found = found[min(p.Offset, len(found)):]
	return found[:min(p.Limit+1, len(found))], nil
}

// stored are what selections of candidates find, in order.
func (l *lookup) stored(ctx context.Context, name string, parts []query.Query, p Page) ([]candidate, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	st := query.UnionAll(parts...).Named(name).
		OrderBy(query.ByColumn("place", false), query.ByColumn("updated_at", true), query.ByColumn("kind", false),
			query.ByColumn("id", false)).Limit(p.Limit)
	if p.Offset > 0 {
		st = st.Offset(p.Offset)
	}
	return query.All[candidate](ctx, l.q, st)
}

// candidateOrder is the order of what is found.
func candidateOrder(a, b candidate) int {
	return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(b.UpdatedAt, a.UpdatedAt),
		strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.ID, b.ID))
}

// inside are the ids of a folder and of those in it, or none.
func (l *lookup) inside(id string) []string {
	var out []string
	if slices.ContainsFunc(l.folders, func(x WorkspaceFolder) bool { return x.ID == id }) {
		out = append(out, id)
	}
	for i := 0; i < len(out); i++ {
		for _, x := range l.folders {
			if orZero(x.ParentID) == out[i] && !slices.Contains(out, x.ID) {
				out = append(out, x.ID)
			}
		}
	}
	return out
}

// in selects what is found in a table: pinned holds for what w has pinned, and
// updated is in so many parts of a second.
func (l *lookup) in(from query.SelectStmt, kind HitKind, id, title query.Column[string], pinned query.Cond,
	updated query.Expr[int64], parts int64) query.SelectStmt {
	place := query.Case[int64]().When(pinned, 0).Else(untitled)
	if l.text != "" {
		place = query.Case[int64]().When(title.EqFold(l.text), 0).When(title.ContainsFold(l.text), 1).Else(untitled)
	}
	return from.Columns(query.Val(string(kind)).As("kind"), id.As("id"), place.As("place"),
		query.Div(updated.IfNull(0), query.Val(parts)).As("updated_at"))
}

// chatsOf are the chats that are looked for, in folders or in all.
func (l *lookup) chatsOf(within []string) ChatFilter {
	return ChatFilter{UserID: l.w.ID, IncludePinned: true, IncludeFolders: true, Folders: within}
}

func (l *lookup) chats(within []string) query.SelectStmt {
	each := make([]query.Cond, len(l.words))
	for i, word := range l.words {
		each[i] = mentions(word)
	}
	return l.inChats(l.chatsOf(within), each...)
}

// inChats selects the chats that a filter and conditions leave.
func (l *lookup) inChats(f ChatFilter, conds ...query.Cond) query.SelectStmt {
	t := tables.Chat
	from, at := overChats(l.waits, f.UserID)
	return l.in(from, HitChat, t.ID, t.Title, t.Pinned.IfNull(false).Eq(true), at.updated, 1).
		Where(f.condsAt(at)...).Where(conds...)
}

// snapshots are found by their titles, and when they were shared with w or a
// group of theirs: what is for everybody is for who has the link.
func (l *lookup) snapshots() query.SelectStmt {
	t, g := tables.SharedChat, tables.AccessGrant
	conds := []query.Cond{t.UserID.Ne(l.w.ID), query.Exists(query.Select(g.ID).From(g.Table).Where(
		g.ResourceType.Eq(sharedChatResource), g.ResourceID.EqTo(t.ChatID), query.Or(
			query.And(g.PrincipalType.Eq("user"), g.PrincipalID.Eq(l.w.ID)),
			query.And(g.PrincipalType.Eq("group"), g.PrincipalID.InQuery(groupsOf(l.w.ID))))))}
	for _, word := range l.words {
		conds = append(conds, t.Title.ContainsFold(word))
	}
	return l.in(query.Select().From(t.Table), HitSnapshot, t.ID, t.Title, t.ID.IsNull(), t.UpdatedAt.Expr, 1).
		Where(conds...)
}

func (l *lookup) notes(ctx context.Context, f WorkspaceFilter) (query.SelectStmt, error) {
	t, texts := tables.Note, noteTexts()
	from := query.Select().From(t.Table).Where(notes.mine(l.w, MayRead), when(f.Mine, t.UserID.Eq(l.w.ID)),
		when(f.Others, t.UserID.Ne(l.w.ID)))
	may, err := texts.may(ctx, &l.base, collect(l.words, bareWord), from)
	if err != nil {
		return from, err
	}
	for _, word := range l.words {
		from = from.Where(query.Or(t.Title.ContainsFold(word), noteText().ContainsFold(word)))
	}
	return l.in(from, HitNote, t.ID, t.Title, pinned(l.w.ID), t.UpdatedAt.Expr, 1_000_000_000).Where(may), nil
}

// hits reads what was found. What is gone meanwhile is left out.
func (l *lookup) hits(ctx context.Context, found []candidate) ([]Hit, error) {
	of, read := map[HitKind][]string{}, map[candidate]Hit{}
	for _, c := range found {
		of[c.Kind] = append(of[c.Kind], c.ID)
	}
	for kind, reader := range map[HitKind]func(context.Context, []string) ([]Hit, error){
		HitChat: l.readChats, HitSnapshot: l.readSnapshots, HitNote: l.readNotes,
	} {
		if len(of[kind]) == 0 {
			continue
		}
		some, err := reader(ctx, of[kind])
		if err != nil {
			return nil, err
		}
		for _, h := range some {
			h.Kind = kind
			read[candidate{Kind: kind, ID: h.ID}] = h
		}
	}
	var out []Hit
	for _, c := range found {
		if h, ok := read[candidate{Kind: c.Kind, ID: c.ID}]; ok {
			h.UpdatedAt = int64(c.UpdatedAt)
			out = append(out, h)
		}
	}
	return out, nil
}

func (l *lookup) readChats(ctx context.Context, ids []string) ([]Hit, error) {
	t := tables.Chat
	rows, err := query.All[struct {
		ID     string  `db:"id"`
		Title  string  `db:"title"`
		Folder *string `db:"folder_id"`
		Share  *string `db:"share_id"`
		Pinned bool    `db:"pinned"`
	}](ctx, l.q, query.Select(t.ID, t.Title.IfNull(chatdoc.DefaultTitle).As("title"), t.FolderID, t.ShareID,
		t.Pinned.IfNull(false).As("pinned")).
		From(t.Table).Named("workspace.Chats").Where(t.ID.In(ids...), t.UserID.Eq(l.w.ID)))
	if err != nil {
		return nil, err
	}
	meant, err := l.messages(ctx, ids)
	out := make([]Hit, len(rows))
	for i, r := range rows {
		h := Hit{ID: r.ID, Title: r.Title, Mine: true, Shared: r.Share != nil, Pinned: r.Pinned}
		for _, x := range l.folders {
			if x.ID == orZero(r.Folder) {
				h.Folder, h.Shared = x.Name, h.Shared || x.Shared
			}
		}
		m := meant[r.ID]
		if h.Text = orZero(m.Text); m.Place < 2 {
			h.MessageID = strings.TrimPrefix(m.ID, r.ID+"-")
		}
		out[i] = h
	}
	return out, err
}

// meantMessage is the message of a chat that words mean.
type meantMessage struct {
	ID     string  `db:"id"`
	ChatID string  `db:"chat_id"`
	Text   *string `db:"text"`
	Place  int64   `db:"place"` // 0 when it has all the words, 1 when some, 2 when none
}

// messages are, by chat, the first message with all the words, else the first
// with one of them, else the last.
func (l *lookup) messages(ctx context.Context, chats []string) (map[string]meantMessage, error) {
	m := tables.ChatMessage
	place, some := query.Val[int64](2), m.ID.IsNull()
	if len(l.words) > 0 {
		each := collect(l.words, func(word string) query.Cond { return messageText().ContainsFold(word) })
		some = query.Or(each...)
		place = query.Case[int64]().When(query.And(each...), 0).When(some, 1).Else(2)
	}
	number := query.RowNumber().PartitionBy(m.ChatID).
		OrderBy(place.Asc(), query.Case[int64]().WhenTo(some, m.CreatedAt).End().Asc(), m.CreatedAt.Desc(), m.ID.Asc())
	of := query.Select(m.ID, m.ChatID, messageText().As("text"), place.As("place"), number.As("number")).
		From(m.Table).Where(m.ChatID.In(chats...)).Subquery("of")
	found, err := query.All[meantMessage](ctx, l.q,
		query.Select(query.Field[string]("of", "id").As("id"), query.Field[string]("of", "chat_id").As("chat_id"),
			query.Field[string]("of", "text").As("text"), query.Field[int64]("of", "place").As("place")).
			Named("workspace.Messages").FromItem(of).Where(query.Field[int64]("of", "number").Eq(1)))
	out := map[string]meantMessage{}
	for _, id := range chats {
		out[id] = meantMessage{Place: 2}
	}
	for _, x := range found {
		out[x.ChatID] = x
	}
	return out, err
}

func (l *lookup) readSnapshots(ctx context.Context, ids []string) ([]Hit, error) {
	t := tables.SharedChat
	rows, err := query.All[model.SharedChat](ctx, l.q,
		query.SelectFrom(t.Table).Named("workspace.Snapshots").Where(t.ID.In(ids...)))
	return collect(rows, func(r model.SharedChat) Hit {
		h := Hit{ID: r.ID, Title: orZero(r.Title), Shared: true}
		if doc, err := chatdoc.ParseStored(r.Chat.String()); err == nil {
			h.Text, h.MessageID = l.passage(doc, r.ChatID)
		}
		return h
	}), err
}

// passage is the text of the first message with all the words, else with one of
// them, and its id; else of the last message, without an id.
func (l *lookup) passage(doc *chatdoc.Document, chat string) (text, id string) {
	best := 0
	for row := range doc.Rows(chat, "", 0) {
		var content string
		if row.Content.Decode(&content) != nil {
			continue
		}
		n := 0
		for _, word := range l.words {
			if strings.Contains(strings.ToLower(content), strings.ToLower(word)) {
				n++
			}
		}
		switch all := n == len(l.words); {
		case n > 0 && best == 0, n > best && all:
			text, id, best = content, strings.TrimPrefix(row.ID, chat+"-"), n
		case best == 0:
			text = content
		}
	}
	return text, id
}

func (l *lookup) readNotes(ctx context.Context, ids []string) ([]Hit, error) {
	t, g := tables.Note, tables.AccessGrant
	shared := query.Exists(query.Select(g.ID).From(g.Table).
		Where(g.ResourceType.Eq(notes.resource), g.ResourceID.EqTo(t.ID)))
	rows, err := query.All[struct {
		ID     string  `db:"id"`
		Owner  *string `db:"user_id"`
		Title  *string `db:"title"`
		Text   *string `db:"text"`
		Pinned bool    `db:"pinned"`
		Shared bool    `db:"shared"`
	}](ctx, l.q, query.Select(t.ID, t.UserID, t.Title, noteText().As("text"), pinned(l.w.ID).As("pinned"),
		shared.As("shared")).
		From(t.Table).Named("workspace.Notes").Where(t.ID.In(ids...), notes.mine(l.w, MayRead)))
	out := make([]Hit, len(rows))
	for i, r := range rows {
		mine := orZero(r.Owner) == l.w.ID
		out[i] = Hit{ID: r.ID, Title: orZero(r.Title), Text: orZero(r.Text), Mine: mine, Shared: r.Shared || !mine,
			Pinned: r.Pinned}
	}
	return out, err
}
