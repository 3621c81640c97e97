package store

import (
	"context"
	"errors"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Knowledge is the table knowledge: bases of files, with the directories inside
// them and which file is in which.
type Knowledge struct{ base }

var knowledge = kind[model.Knowledge, *model.Knowledge]{name: "knowledge", table: tables.Knowledge.Table, id: tables.Knowledge.ID,
	owner: tables.Knowledge.UserID, updated: tables.Knowledge.UpdatedAt, touch: func(k *model.Knowledge, now int64) { k.UpdatedAt = &now },
	resource: "knowledge", sharing: "knowledge",
	with: []part{{"knowledge.UnlinkFiles", tables.KnowledgeFile.KnowledgeID},
		{"knowledge.DeleteDirectories", tables.KnowledgeDirectory.KnowledgeID}}}

// What bases refuse.
var (
	// ErrKnowledgeElsewhere is the refusal to put files into a base whose files
	// are in another database.
	ErrKnowledgeElsewhere = &Refusal{"the files of this knowledge base are kept elsewhere; it cannot be changed here"}
	// ErrNoVectors is the refusal of what needs texts to be embedded.
	ErrNoVectors = &Refusal{"there is no vector store here; texts are found by their words only"}
)

// KnowledgeBase is a base as one of its readers sees it.
type KnowledgeBase struct {
	model.Knowledge
	MayWrite bool
	Grants   []model.AccessGrant
}

// KnowledgeItem is a base in a list.
type KnowledgeItem struct {
	model.Knowledge
	Owner
	Files    int64 `db:"file_count"`
	MayWrite bool  `db:"may_write"`
	Grants   []model.AccessGrant
}

// KnowledgeFilter narrows a search of bases; the zero value is all that a user
// may read.
type KnowledgeFilter struct {
	Query     string // in name, description, or the owner's name or address; without regard to case
	Mine      bool   // only one's own
	Others    bool   // only those of others
	Source    string // local, external; empty is both
	Sort      string // updated_at, created_at, name; empty is updated_at
	Ascending bool
}

func (f KnowledgeFilter) conds(b *base, w Who) []query.Cond {
	k, u := tables.Knowledge, tables.User
	source := k.Meta.Path("source").Text().IfNull("")
	c := []query.Cond{knowledge.listed(b, w, MayRead), when(f.Mine, k.UserID.Eq(w.ID)), when(f.Others, k.UserID.Ne(w.ID)),
		when(f.Source == "local", source.Ne("external")), when(f.Source == "external", source.Eq("external"))}
	if f.Query != "" {
		c = append(c, query.Or(k.Name.ContainsFold(f.Query), k.Description.ContainsFold(f.Query),
			u.Name.ContainsFold(f.Query),
			u.Email.ContainsFold(f.Query), u.Username.ContainsFold(f.Query)))
	}
	return c
}

// mayWrite is whether w may write to a base in a list.
func (k *Knowledge) mayWrite(w Who) query.Expr[bool] {
	return query.Case[bool]().
		When(query.And(tables.Knowledge.ID.NotNull(), knowledge.listed(&k.base, w, MayWrite)), true).Else(false)
}

// List returns a page of bases, and how many there are in all. Admins see
// everybody's.
func (k *Knowledge) List(ctx context.Context, w Who, f KnowledgeFilter, p Page) ([]KnowledgeItem, int64, error) {
	if _, err := knowledge.permitted(ctx, &k.base, w); err != nil {
		return nil, 0, err
	}
	k = &Knowledge{k.lists()}
	t, kf, u := tables.Knowledge, tables.KnowledgeFile, tables.User
	files := query.Scalar[int64](query.Select(query.CountAll().As("n")).From(kf.Table).Where(kf.KnowledgeID.EqTo(t.ID)))
	conds := f.conds(&k.base, w)
	st := query.SelectFrom(t.Table).
		Columns(append(ownerColumns(), files.IfNull(0).As("file_count"), k.mayWrite(w).As("may_write"))...).
		Named("knowledge.List").
		LeftJoin(u.Table, u.ID.EqTo(t.UserID)).Where(conds...).
		OrderBy(sorted(f.Sort, f.Ascending, t.UpdatedAt, map[string]sortable{"created_at": t.CreatedAt,
			"name": t.Name}), t.ID)
	items, err := query.All[KnowledgeItem](ctx, k.q, p.apply(st))
	if err != nil {
		return nil, 0, err
	}
	grants, err := (&Grants{k.base}).
		Of(ctx, knowledge.resource, collect(items, func(x KnowledgeItem) string { return x.Knowledge.ID })...)
	if err != nil {
		return nil, 0, err
	}
	for i := range items {
		items[i].Grants = grants[items[i].Knowledge.ID]
	}
	total, err := query.Count(ctx, k.q,
		query.Select(t.ID).Named("knowledge.Count").From(t.Table).LeftJoin(u.Table, u.ID.EqTo(t.UserID)).Where(conds...))
	return items, total, err
}

// Get returns a base that w may read. Errors: dberr.ErrNotFound, ErrNoAccess.
func (k *Knowledge) Get(ctx context.Context, w Who, id string) (*KnowledgeBase, error) {
	x, err := knowledge.get(ctx, &k.base, w, MayRead, id)
	return k.seen(ctx, w, x, err)
}

// seen adds to a base what its reader sees beside it.
func (k *Knowledge) seen(ctx context.Context, w Who, x *model.Knowledge, err error) (*KnowledgeBase, error) {
	if err != nil {
		return nil, err
	}
	grants, err := (&Grants{k.base}).Of(ctx, knowledge.resource, x.ID)
	if err != nil {
		return nil, err
	}
	out := &KnowledgeBase{Knowledge: *x, MayWrite: x.UserID == w.ID, Grants: grants[x.ID]}
	if !out.MayWrite {
		t := tables.Knowledge
		out.MayWrite, err = query.Found(ctx, k.q, query.Select(t.ID).From(t.Table).Named("knowledge.May").
			Where(t.ID.Eq(x.ID), knowledge.listed(&k.base, w, MayWrite)))
	}
	return out, err
}

// Create makes a base of w, for which users need the permission
// workspace.knowledge. What they may not share with is left out. Errors:
// ErrNotPermitted.
func (k *Knowledge) Create(ctx context.Context, w Who, name, description string, meta jsonvalue.JSON,
	grants []Grant) (*KnowledgeBase, error) {
	p, err := k.permitted(ctx, w, "workspace", "knowledge")
	if err != nil {
		return nil, err
	}
	now := k.now()
	x := &model.Knowledge{ID: k.newID(), UserID: w.ID, Name: chatdoc.CleanString(name), Description: ptr(chatdoc.CleanString(description)), Meta: meta,
		CreatedAt: now, UpdatedAt: &now}
	return k.seen(ctx, w, x, knowledge.create(ctx, &k.base, w, x.ID, x, shareable(p, knowledge.sharing, grants)))
}

// shareable is those of the grants that users with these permissions may give
// when they make something; nil permissions may give all.
func shareable(p Permissions, what string, grants []Grant) []Grant {
	if p != nil && !p.Allows("sharing", what) {
		return nil
	}
	var out []Grant
	for _, g := range grants {
		if mayShare(p, what, []Grant{g}) == nil {
			out = append(out, g)
		}
	}
	return out
}

// Update gives a base that w may write to another name and description.
// Errors: dberr.ErrNotFound, ErrNoAccess.
func (k *Knowledge) Update(ctx context.Context, w Who, id string,
	edit func(*model.Knowledge) error) (*KnowledgeBase, error) {
	x, err := knowledge.update(ctx, &k.base, w, id, edit)
	return k.seen(ctx, w, x, err)
}

// Share makes grants the whole set of a base that w may write to. Errors:
// dberr.ErrNotFound, ErrNoAccess, ErrAudience.
func (k *Knowledge) Share(ctx context.Context, w Who, id string, grants []Grant) (*KnowledgeBase, error) {
	x, err := knowledge.share(ctx, &k.base, w, id, grants)
	return k.seen(ctx, w, x, err)
}

// Delete removes a base that w may write to, with its directories, links to
// files and grants, and takes it out of the settings of models. The files stay.
// With the last base that an admin deletes goes its connection.
// Errors: dberr.ErrNotFound, ErrNoAccess.
func (k *Knowledge) Delete(ctx context.Context, w Who, id string) error {
	return k.inTx(ctx, engine.TxOptions{Name: "knowledge.Delete"}, func(ctx context.Context, b base) error {
		x, err := knowledge.get(ctx, &b, w, MayDelete, id)
		if err == nil {
			err = knowledge.delete(ctx, &b, w, id)
		}
		if err == nil {
			err = forgetKnowledge(ctx, &b, id)
		}
		conn := ""
		if err == nil {
			conn = textOf(x.Meta.Member("external").Member("connection_id"))
		}
		if err != nil || conn == "" || !w.Admin() {
			return err
		}
		err = (&Knowledge{b}).DeleteConnection(ctx, w, conn) // unless others need it
		if errors.Is(err, ErrConnectionUsed) || errors.Is(err, dberr.ErrNotFound) {
			err = nil
		}
		return err
	})
}

// forgetKnowledge takes a base out of the settings of the models that name it.
func forgetKnowledge(ctx context.Context, b *base, id string) error {
	m := tables.Model
	rows, err := query.All[struct {
		ID   string         `db:"id"`
		Meta jsonvalue.JSON `db:"meta"`
	}](ctx, b.q, query.Select(m.ID, m.Meta).From(m.Table).Named("models.WithKnowledge").
		Where(m.Meta.Contains(id)).ForUpdate())
	if err != nil {
		return err
	}
	for _, x := range rows {
		var left []jsonvalue.JSON
		all := x.Meta.Member("knowledge").Elements()
		for _, text := range all {
			if j := jsonvalue.Text(text); textOf(j.Member("id")) != id {
				left = append(left, j)
			}
		}
		if len(left) == len(all) {
			continue
		}
		list, err := jsonvalue.Of(append([]jsonvalue.JSON{}, left...))
		if err != nil {
			return err
		}
		st := query.Update(m.Table).Named("models.ForgetKnowledge").Where(m.ID.Eq(x.ID)).
			Set(m.Meta.Set(x.Meta.With("knowledge", list).String()), m.UpdatedAt.Set(b.now()))
		if _, err := query.Exec(ctx, b.q, st); err != nil {
			return err
		}
	}
	return nil
}

// Reindex would embed the texts of all files again, which admins may ask for.
// It is always refused: ErrNotPermitted, ErrNoVectors.
func (k *Knowledge) Reindex(_ context.Context, w Who) error {
	if !w.Admin() {
		return ErrNotPermitted
	}
	return ErrNoVectors
}

// writable returns a base that w may write to, and whose files are here. It is
// locked until the transaction ends.
func (k *Knowledge) writable(ctx context.Context, w Who, id string) (*model.Knowledge, error) {
	return k.changeable(ctx, w, id, query.SelectFrom(tables.Knowledge.Table).Named("knowledge.Lock").ForUpdate())
}

func (k *Knowledge) changeable(ctx context.Context, w Who, id string, st query.SelectStmt) (*model.Knowledge, error) {
	if _, err := knowledge.permitted(ctx, &k.base, w); err != nil {
		return nil, err
	}
	x, err := knowledge.find(ctx, &k.base, w, MayWrite, st, id)
	if err == nil && textOf(x.Meta.Member("source")) == "external" {
		err = ErrKnowledgeElsewhere
	}
	return x, err
}
