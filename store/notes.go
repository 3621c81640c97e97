package store

import (
	"cmp"
	"context"
	"strings"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Notes is the table note, with who has pinned which.
type Notes struct{ base }

var notes = kind[model.Note, *model.Note]{name: "notes", table: tables.Note.Table, id: tables.Note.ID, owner: tables.Note.UserID,
	updated: tables.Note.UpdatedAt, touch: func(n *model.Note, now int64) { n.UpdatedAt = later(n.UpdatedAt, now) },
	resource: "note", permission: []string{"features", "notes"}, sharing: "notes",
	with: []part{{"pins.DeleteOfNote", tables.PinnedNote.NoteID}}}

// Note is a note as one of its readers sees it.
type Note struct {
	model.Note
	Pinned   bool // by the reader
	MayWrite bool // the reader
	Grants   []model.AccessGrant
}

// NoteItem is a note in a list.
type NoteItem struct {
	ID        string         `db:"id"`
	UserID    string         `db:"user_id"`
	Title     string         `db:"title"`
	HasText   bool           `db:"has_text"`
	Text      string         `db:"text"` // Markdown, the first thousand characters
	Meta      jsonvalue.JSON `db:"meta"`
	CreatedAt int64          `db:"created_at"` // nanoseconds
	UpdatedAt int64          `db:"updated_at"` // nanoseconds
	Pinned    bool           `db:"pinned"`     // by the reader
	Owner
	Grants []model.AccessGrant // Search only
}

// NoteFilter narrows a search of notes; the zero value is all that a user may write.
type NoteFilter struct {
	Query     string // words, each in title or text, without regard to case, spaces and hyphens
	Mine      bool   // only one's own
	Others    bool   // only those of others
	Right     Right  // that the reader must have; empty is MayWrite, as in Open WebUI
	ReadOnly  bool   // only those that the reader may not change
	Sort      string // updated_at, created_at, name; empty is updated_at
	Ascending bool
}

func (f NoteFilter) conds(b *base, w Who) []query.Cond {
	n := tables.Note
	c := []query.Cond{notes.listed(b, w, cmp.Or(f.Right, MayWrite)), when(f.ReadOnly, query.Not(notes.mine(w, MayWrite))),
		when(f.Mine, n.UserID.Eq(w.ID)), when(f.Others, n.UserID.Ne(w.ID))}
	return c
}

// words are those of the query, bare.
func (f NoteFilter) words() []string {
	return collect(strings.Fields(f.Query), bareWord)
}

// bareWord is a text without spaces and hyphens, as [bare] has it.
func bareWord(s string) string { return strings.NewReplacer("-", "", " ", "").Replace(s) }

// bare is a text without spaces and hyphens.
func bare(e query.Expr[string]) query.Expr[string] {
	return query.Raw[string]("REPLACE(REPLACE(?, '-', ''), ' ', '')", e)
}

// noteText is the text of a note, Markdown.
func noteText() query.Expr[string] { return tables.Note.Data.Path("content", "md").Text() }

func (f NoteFilter) order() query.Ordering {
	t := tables.Note
	return sorted(f.Sort, f.Ascending, t.UpdatedAt, map[string]sortable{"created_at": t.CreatedAt, "name": t.Title})
}

// pinned holds for notes that a user has pinned.
func pinned(user string) query.Cond {
	p := tables.PinnedNote
	return query.Exists(query.Select(p.ID).From(p.Table).Where(p.UserID.Eq(user), p.NoteID.EqTo(tables.Note.ID)))
}

// items reads a list without the texts, but for their beginnings.
func (n *Notes) items(ctx context.Context, w Who, f NoteFilter, p Page, conds ...query.Cond) ([]NoteItem, error) {
	t := tables.Note
	beginning := query.Raw[string]("SUBSTR(?, 1, 1000)", t.Data.Path("content", "md").Text())
	st := query.Select(append(ownerColumns(), t.ID, t.UserID.IfNull("").As("user_id"),
		t.Title.IfNull("").As("title"), t.Meta,
		t.Data.HasKey("content").As("has_text"), beginning.IfNull("").As("text"), pinned(w.ID).As("pinned"),
		t.CreatedAt.IfNull(0).As("created_at"), t.UpdatedAt.IfNull(0).As("updated_at"))...).
		From(t.Table).Named("notes.List").LeftJoin(tables.User.Table, tables.User.ID.EqTo(t.UserID)).
		Where(conds...).OrderBy(f.order(), t.ID)
	return query.All[NoteItem](ctx, n.q, p.apply(st))
}

// List returns the notes that w owns or that are shared with w, the last changed
// first. Errors: ErrNotPermitted.
func (n *Notes) List(ctx context.Context, w Who, p Page) ([]NoteItem, error) {
	n = &Notes{n.lists()}
	if _, err := notes.permitted(ctx, &n.base, w); err != nil {
		return nil, err
	}
	return n.items(ctx, w, NoteFilter{}, p, notes.mine(w, MayRead))
}

// Pinned returns the notes that w has pinned and may read, the last changed first.
// Errors: ErrNotPermitted.
func (n *Notes) Pinned(ctx context.Context, w Who) ([]NoteItem, error) {
	if _, err := notes.permitted(ctx, &n.base, w); err != nil {
		return nil, err
	}
	return n.items(ctx, w, NoteFilter{}, Page{}, notes.mine(w, MayRead), pinned(w.ID))
}

// Search returns a page of the notes that a filter leaves, with their grants, and
// how many they are in all. Admins find everybody's. Errors: ErrNotPermitted.
func (n *Notes) Search(ctx context.Context, w Who, f NoteFilter, p Page) ([]NoteItem, int64, error) {
	n = &Notes{n.lists()}
	if _, err := notes.permitted(ctx, &n.base, w); err != nil {
		return nil, 0, err
	}
	conds, words := f.conds(&n.base, w), f.words()
	var ids []string
	if len(words) > 0 { // texts are looked at once, for the page and for how many they are
		var err error
		if ids, err = n.withWords(ctx, f, words, conds); err != nil {
			return nil, 0, err
		}
		conds, p = []query.Cond{tables.Note.ID.In(pageOf(ids, p)...)}, Page{}
	}
	found, err := n.items(ctx, w, f, p, conds...)
	if err != nil {
		return nil, 0, err
	}
	grants, err := (&Grants{n.base}).Of(ctx, notes.resource, collect(found, func(n NoteItem) string { return n.ID })...)
	if err != nil {
		return nil, 0, err
	}
	for i := range found {
		found[i].Grants = grants[found[i].ID]
	}
	if len(words) > 0 {
		return found, int64(len(ids)), nil
	}
	total, err := notes.count(ctx, &n.base, conds...)
	return found, total, err
}

// withWords are the notes that conditions leave and that have all of some words, in
// the order of a filter.
func (n *Notes) withWords(ctx context.Context, f NoteFilter, words []string, conds []query.Cond) ([]string, error) {
	t, texts := tables.Note, noteTexts()
	may, err := texts.may(ctx, &n.base, words, query.Select().From(t.Table).Where(conds...))
	if err != nil {
		return nil, err
	}
	st := query.Select(t.ID).From(t.Table).Named("notes.WithWords").Where(conds...).Where(may).OrderBy(f.order(), t.ID)
	for _, word := range words {
		st = st.Where(query.Or(bare(t.Title.Expr).ContainsFold(word), bare(noteText()).ContainsFold(word)))
	}
	return query.All[string](ctx, n.q, st)
}

// seen adds to a note what its reader sees beside it.
func (n *Notes) seen(ctx context.Context, w Who, x *model.Note, err error) (*Note, error) {
	if err != nil {
		return nil, err
	}
	grants, err := (&Grants{n.base}).Of(ctx, notes.resource, x.ID)
	if err != nil {
		return nil, err
	}
	out := &Note{Note: *x, MayWrite: orZero(x.UserID) == w.ID, Grants: grants[x.ID]}
	if !out.MayWrite {
		if out.MayWrite, err = notes.has(ctx, &n.base, w, MayWrite, x.ID); err != nil {
			return nil, err
		}
	}
	p := tables.PinnedNote
	out.Pinned, err = query.Found(ctx, n.q,
		query.Select(p.ID).From(p.Table).Named("pins.Of").Where(p.UserID.Eq(w.ID), p.NoteID.Eq(x.ID)))
	return out, err
}

// Get returns a note that w may read. Errors: dberr.ErrNotFound, ErrNoAccess.
func (n *Notes) Get(ctx context.Context, w Who, id string) (*Note, error) {
	x, err := notes.get(ctx, &n.base, w, MayRead, id)
	return n.seen(ctx, w, x, err)
}

// Create stores a new note of w, shared as grants say. Errors: ErrAudience.
func (n *Notes) Create(ctx context.Context, w Who, title string, data, meta jsonvalue.JSON,
	grants []Grant) (*Note, error) {
	now := notes.now(&n.base)
	x := &model.Note{ID: n.newID(), UserID: &w.ID, Title: ptr(chatdoc.CleanString(title)), Data: data, Meta: meta,
		CreatedAt: &now, UpdatedAt: &now}
	return n.seen(ctx, w, x, notes.create(ctx, &n.base, w, x.ID, x, grants))
}

// Update gives a note that w may write to edit, under lock; it may run more
// than once. Errors: dberr.ErrNotFound, ErrNoAccess.
func (n *Notes) Update(ctx context.Context, w Who, id string, edit func(*model.Note) error) (*Note, error) {
	x, err := notes.update(ctx, &n.base, w, id, edit)
	return n.seen(ctx, w, x, err)
}

// Share makes grants the whole set of a note that w may write. Errors:
// dberr.ErrNotFound, ErrNoAccess, ErrAudience.
func (n *Notes) Share(ctx context.Context, w Who, id string, grants []Grant) (*Note, error) {
	x, err := notes.share(ctx, &n.base, w, id, grants)
	return n.seen(ctx, w, x, err)
}

// TogglePin pins a note that w may read and has not pinned, and the other way
// round. The note itself does not change. Errors: dberr.ErrNotFound, ErrNoAccess.
func (n *Notes) TogglePin(ctx context.Context, w Who, id string) (*Note, error) {
	x, err := notes.get(ctx, &n.base, w, MayRead, id)
	if err != nil {
		return nil, err
	}
	err = n.inTx(ctx, engine.TxOptions{Name: "notes.TogglePin"}, func(ctx context.Context, b base) error {
		p := tables.PinnedNote
		gone, err := query.Exec(ctx, b.q,
			query.Delete(p.Table).Named("pins.Delete").Where(p.UserID.Eq(w.ID), p.NoteID.Eq(id)))
		if err != nil || gone > 0 {
			return err
		}
		row := model.PinnedNote{ID: b.newID(), UserID: w.ID, NoteID: id, CreatedAt: notes.now(&b)}
		_, err = query.Exec(ctx, b.q,
			query.Insert(p.Table).Named("pins.Insert").Row(row).OnConflict(p.UserID, p.NoteID).DoNothing())
		return err
	})
	return n.seen(ctx, w, x, err)
}

// Delete removes a note that w may write, with its pins and grants. Errors:
// dberr.ErrNotFound, ErrNoAccess.
func (n *Notes) Delete(ctx context.Context, w Who, id string) error {
	return notes.delete(ctx, &n.base, w, id)
}
