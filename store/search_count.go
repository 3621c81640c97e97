package store

import (
	"context"
	"maps"
	"slices"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// sums tell whether anything has changed: how many there are, and their updated_at
// together.
type sums struct {
	N   int64 `db:"n"`
	Sum int64 `db:"sum"`
}

// counted are the sums of what is kept of a user's chats, as they were counted: NULL when
// somebody has changed it since.
func counted(user string) (n, sum query.Expr[int64]) {
	u := own.SearchUser
	of := func(c query.Column[int64]) query.Expr[int64] {
		return query.Scalar[int64](query.Select(c).From(u.Table).Where(u.UserID.Eq(user)))
	}
	return of(u.Chats), of(u.UpdatedAt)
}

// countKept counts what is kept of a user's chats: a range of an index.
func (b *base) countKept(ctx context.Context, user string) (sums, error) {
	k := own.SearchChat
	return query.One[sums](ctx, b.q, query.Select(query.CountAll().As("n"), query.Sum(k.UpdatedAt).IfNull(0).As("sum")).
		From(k.Table).Named("search.Kept").Where(k.UserID.Eq(user)))
}

// uncount takes away what was counted of the owners of some of what is kept, before it is
// changed, and of others. MariaDB would read all rows to delete those of a subquery.
func (b *base) uncount(ctx context.Context, which query.Cond, others ...string) error {
	k, u := own.SearchChat, own.SearchUser
	owners, err := query.All[string](ctx, b.q, query.Select(k.UserID).From(k.Table).Named("search.Owners").
		Where(which).Distinct())
	if owners = append(owners, others...); err != nil || len(owners) == 0 {
		return err
	}
	_, err = query.Exec(ctx, b.q, query.Delete(u.Table).Named("search.Uncount").Where(u.UserID.In(owners...)))
	return err
}

// users are those whose chats are not those of which there are texts, and those whose
// texts are not counted. It reads one index of each of two tables, no row of them, and
// what is counted.
func (x *SearchIndex) users(ctx context.Context) (behind, uncounted []string, err error) {
	t, k, u := tables.Chat, own.SearchChat, own.SearchUser
	chats, err := x.perUser(ctx, query.Select(t.UserID, query.CountAll().As("n"), query.Sum(t.UpdatedAt).IfNull(0).
		As("sum")).From(t.Table).Named("search.UsersChats").Where(t.UserID.NotNull()).GroupBy(t.UserID))
	if err != nil {
		return nil, nil, err
	}
	kept, err := x.perUser(ctx, query.Select(k.UserID, query.CountAll().As("n"), query.Sum(k.UpdatedAt).IfNull(0).
		As("sum")).From(k.Table).Named("search.UsersKept").GroupBy(k.UserID))
	if err != nil {
		return nil, nil, err
	}
	counted, err := x.perUser(ctx, query.Select(u.UserID, u.Chats.As("n"), u.UpdatedAt.As("sum")).From(u.Table).
		Named("search.UsersCounted"))
	return unequal(chats, kept), unequal(kept, counted), err
}

func (x *SearchIndex) perUser(ctx context.Context, st query.SelectStmt) (map[string]sums, error) {
	type perUser struct {
		UserID string `db:"user_id"`
		sums
	}
	rows, err := query.All[perUser](ctx, x.q, st)
	out := make(map[string]sums, len(rows))
	for _, r := range rows {
		out[r.UserID] = r.sums
	}
	return out, err
}

// unequal are the users who are in one of two, or come to something else in them.
func unequal(a, b map[string]sums) []string {
	differ := maps.Clone(a)
	for u, s := range b {
		if a[u] == s {
			delete(differ, u)
		} else {
			differ[u] = s
		}
	}
	return slices.Sorted(maps.Keys(differ))
}

// count notes what is kept of a user's chats, for searches.
func (x *SearchIndex) count(ctx context.Context, user string) error {
	return x.inTx(ctx, engine.TxOptions{Name: "search.Count", Idempotent: true}, func(ctx context.Context, b base) error {
		kept, err := b.countKept(ctx, user)
		if err != nil {
			return err
		}
		u := own.SearchUser
		if kept.N == 0 {
			_, err = query.Exec(ctx, b.q, query.Delete(u.Table).Named("search.Uncount").Where(u.UserID.Eq(user)))
			return err
		}
		_, err = query.Exec(ctx, b.q, query.Insert(u.Table).Named("search.Count").
			Row(own.SearchUserRow{UserID: user, Chats: kept.N, UpdatedAt: kept.Sum}).OnConflict(u.UserID).
			DoUpdate(u.Chats, u.UpdatedAt))
		return err
	})
}

// change runs a statement that changes some of what is kept, of owners that may have none
// of it yet.
func (x *SearchIndex) change(ctx context.Context, st query.Statement, which query.Cond, owners ...string) error {
	return x.inTx(ctx, engine.TxOptions{Name: "search.Change", Idempotent: true}, func(ctx context.Context, b base) error {
		if err := b.uncount(ctx, which, owners...); err != nil {
			return err
		}
		_, err := query.Exec(ctx, b.q, st)
		return err
	})
}
