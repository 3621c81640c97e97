package store

import (
	"context"
	"errors"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
)

// kind is a table whose rows belong to users and may be shared: what get, list,
// count, create, update and delete of notes, chats, users and the like have in
// common, and the one place where it is decided who may do them.
type kind[T any, R row[T]] struct {
	name    string // of one row, for refusals: "note"
	table   *schema.Table
	id      query.Column[string]
	owner   query.Column[string]
	updated query.Column[int64]
	touch   func(R, int64) // sets the time of the last change, see later

	resource   string                            // what grants call it; empty for what cannot be shared
	permission []string                          // that everything asks of users; none for what all may
	sharing    string                            // what the permissions to share call it: "notes"
	admins     func(l AdminLimits, r Right) bool // whether admins have the right to everybody's rows; nil for always
	hidden     bool                              // a row of somebody else is as if it were not there
	pending    bool                              // also for users who are not let in yet
	through    func(w Who, r Right) query.Cond   // rights that come with something else; nil for none

	with []part // rows that go with one
}

// part is rows of another table that name a row.
type part struct {
	name string // of the statement that deletes them
	by   query.Column[string]
}

func (p part) of(id string) query.DeleteStmt {
	return query.Delete(p.by.Table()).Named(p.name).Where(p.by.Eq(id))
}

// row is a pointer to a row type.
type row[T any] interface {
	*T
	Validate() error
}

// mine holds for rows that w owns, that are shared with w, or that come with
// something else.
func (k *kind[T, R]) mine(w Who, r Right) query.Cond {
	ways := []query.Cond{k.owner.Eq(w.ID)}
	if k.resource != "" {
		ways = append(ways, granted(k.resource, k.id, w.ID, r))
	}
	if k.through != nil {
		ways = append(ways, k.through(w, r))
	}
	return query.Or(ways...)
}

// allowed holds for the rows to which w has the right: mine, or all.
func (k *kind[T, R]) allowed(b *base, w Who, r Right) query.Cond {
	if k.everything(b, w, r) {
		return query.Cond{}
	}
	return k.mine(w, r)
}

// listed holds for the rows that lists and searches show to w.
func (k *kind[T, R]) listed(b *base, w Who, r Right) query.Cond {
	if b.admins.ListsAsUsers && !w.program {
		return k.mine(w, r)
	}
	return k.allowed(b, w, r)
}

func (k *kind[T, R]) everything(b *base, w Who, r Right) bool {
	return w.program || w.Admin() && (k.admins == nil || k.admins(b.admins, r))
}

// permitted returns the permissions of w where it had to look at them, or
// ErrNotPermitted.
func (k *kind[T, R]) permitted(ctx context.Context, b *base, w Who) (Permissions, error) {
	if k.pending {
		return nil, nil
	}
	return b.permitted(ctx, w, k.permission...)
}

// get returns the row to which w has the right. It is one statement: a second
// one tells dberr.ErrNotFound from ErrNoAccess.
func (k *kind[T, R]) get(ctx context.Context, b *base, w Who, r Right, id string) (R, error) {
	if _, err := k.permitted(ctx, b, w); err != nil {
		return nil, err
	}
	return k.find(ctx, b, w, r, query.SelectFrom(k.table).Named(k.name+".Get"), id)
}

func (k *kind[T, R]) find(ctx context.Context, b *base, w Who, r Right, st query.SelectStmt, id string) (R, error) {
	x, err := query.One[T](ctx, b.q, st.Where(k.id.Eq(id), k.allowed(b, w, r)))
	if err != nil {
		return nil, k.refusal(ctx, b, w, r, id, err)
	}
	return &x, nil
}

// refusal is err, or ErrNoAccess when the row is there all the same.
func (k *kind[T, R]) refusal(ctx context.Context, b *base, w Who, r Right, id string, err error) error {
	if k.hidden || !errors.Is(err, dberr.ErrNotFound) || k.everything(b, w, r) {
		return err
	}
	there, ferr := query.Found(ctx, b.q, query.Select(k.id).Named(k.name+".Found").From(k.table).Where(k.id.Eq(id)))
	switch {
	case ferr != nil:
		return ferr
	case there:
		return ErrNoAccess
	}
	return err
}

// has reports whether w has the right to a row that w may read.
func (k *kind[T, R]) has(ctx context.Context, b *base, w Who, r Right, id string) (bool, error) {
	if k.everything(b, w, r) {
		return true, nil
	}
	return query.Found(ctx, b.q, query.Select(k.id).Named(k.name+".May").From(k.table).Where(k.id.Eq(id), k.mine(w, r)))
}

// list returns whole rows in an order, then by id. The conditions say which,
// rights among them.
func (k *kind[T, R]) list(ctx context.Context, b *base, order query.Ordering, p Page,
	conds ...query.Cond) ([]T, error) {
	st := query.SelectFrom(k.table).Named(k.name+".List").Where(conds...).OrderBy(order, k.id)
	return query.All[T](ctx, b.q, p.apply(st))
}

// count returns how many rows a list has.
func (k *kind[T, R]) count(ctx context.Context, b *base, conds ...query.Cond) (int64, error) {
	return query.Count(ctx, b.q, query.Select(k.id).Named(k.name+".Count").From(k.table).Where(conds...))
}

// create stores a new row of w, shared as grants say.
func (k *kind[T, R]) create(ctx context.Context, b *base, w Who, id string, x R, grants []Grant) error {
	p, err := k.permitted(ctx, b, w)
	if err == nil {
		err = mayShare(p, k.sharing, grants)
	}
	switch {
	case err != nil:
		return err
	case len(grants) == 0:
		return k.insert(ctx, b, x)
	}
	return b.inTx(ctx, engine.TxOptions{Name: k.name + ".Create"}, func(ctx context.Context, b base) error {
		if err := k.insert(ctx, &b, x); err != nil {
			return err
		}
		return (&Grants{b}).replace(ctx, k.resource, id, grants)
	})
}

// insert stores a new row.
func (k *kind[T, R]) insert(ctx context.Context, b *base, x R) error {
	if err := x.Validate(); err != nil {
		return invalid(k.name+".Create", err)
	}
	_, err := query.Exec(ctx, b.q, query.Insert(k.table).Named(k.name+".Create").Row(*x))
	return err
}

// update gives a row to which w may write to edit, under lock, and writes what
// edit changed, if anything; unless edit says when, now. Edit may run more than
// once.
func (k *kind[T, R]) update(ctx context.Context, b *base, w Who, id string, edit func(R) error) (R, error) {
	if _, err := k.permitted(ctx, b, w); err != nil {
		return nil, err
	}
	var after T
	err := b.inTx(ctx, engine.TxOptions{Name: k.name + ".Update"}, func(ctx context.Context, b base) error {
		before, err := k.find(ctx, &b, w, MayWrite, query.SelectFrom(k.table).Named(k.name+".Lock").ForUpdate(), id)
		if err != nil {
			return err
		}
		after = *before
		if err := edit(&after); err != nil {
			return err
		}
		if err := R(&after).Validate(); err != nil {
			return invalid(k.name+".Update", err)
		}
		changes := query.Update(k.table).Named(k.name+".Update").Diff(*before, after)
		switch {
		case changes.Empty():
			return nil
		case !slices.Contains(changes.Changes(), k.updated.Name()):
			k.touch(&after, k.now(&b))
			changes = query.Update(k.table).Named(k.name+".Update").Diff(*before, after)
		}
		_, err = query.Exec(ctx, b.q, changes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &after, nil
}

// share makes grants the whole set of a row to which w may write.
func (k *kind[T, R]) share(ctx context.Context, b *base, w Who, id string, grants []Grant) (R, error) {
	p, err := k.permitted(ctx, b, w)
	if err != nil {
		return nil, err
	}
	var x R
	err = b.inTx(ctx, engine.TxOptions{Name: k.name + ".Share", Idempotent: true},
		func(ctx context.Context, b base) error {
			x, err = k.find(ctx, &b, w, MayWrite, query.SelectFrom(k.table).Named(k.name+".Lock").ForUpdate(), id)
			if err != nil {
				return err
			}
			if p == nil && k.sharing != "" && len(grants) > 0 && !w.Admin() { // nobody had to look at them yet
				if p, err = (&Users{b}).Permissions(ctx, w.ID); err != nil {
					return err
				}
			}
			if err := mayShare(p, k.sharing, grants); err != nil {
				return err
			}
			return (&Grants{b}).replace(ctx, k.resource, id, grants)
		})
	return x, err
}

// delete removes a row that w may delete, the rows that go with it, and its grants.
func (k *kind[T, R]) delete(ctx context.Context, b *base, w Who, id string) error {
	if _, err := k.permitted(ctx, b, w); err != nil {
		return err
	}
	return b.inTx(ctx, engine.TxOptions{Name: k.name + ".Delete"}, func(ctx context.Context, b base) error {
		st := query.Select(k.id).From(k.table).Named(k.name + ".LockForDelete").ForUpdate()
		if _, err := query.One[string](ctx, b.q, st.Where(k.id.Eq(id), k.allowed(&b, w, MayDelete))); err != nil {
			return k.refusal(ctx, &b, w, MayDelete, id, err)
		}
		return k.remove(ctx, &b, id)
	})
}

// remove deletes a row that is under lock, and what goes with it.
func (k *kind[T, R]) remove(ctx context.Context, b *base, id string) error {
	var gone []query.DeleteStmt
	for _, p := range k.with {
		gone = append(gone, p.of(id))
	}
	if k.resource != "" {
		gone = append(gone, deleteGrants(k.resource, tables.AccessGrant.ResourceID.Eq(id)))
	}
	for _, st := range append(gone, query.Delete(k.table).Named(k.name+".Delete").Where(k.id.Eq(id))) {
		if _, err := query.Exec(ctx, b.q, st); err != nil {
			return err
		}
	}
	return nil
}

// now is the time in the unit in which the table counts.
func (k *kind[T, R]) now(b *base) int64 {
	if k.updated.Def().Unit == schema.Nanoseconds {
		return b.clock().UnixNano()
	}
	return b.now()
}
