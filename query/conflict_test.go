package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// accounts has a unique key of each sort.
type accounts struct {
	t     *schema.Table
	id    query.Column[int64]
	mail  query.Column[string]
	team  query.Column[string]
	slug  query.Column[string]
	gone  query.Column[bool]
	count query.Column[int64]
}

func newAccounts(t *testing.T, eng *engine.Engine) accounts {
	t.Helper()
	tab := schema.Define("account")
	a := accounts{t: tab, id: query.Col[int64](tab.BigInt("id").PrimaryKey()), mail: query.Col[string](tab.String("mail", 80).Key(80).Null()),
		team: query.Col[string](tab.String("team", 20).Key(20)), slug: query.Col[string](tab.String("slug", 20).Key(20).Null()),
		gone: query.Col[bool](tab.Boolean("gone")), count: query.Col[int64](tab.BigInt("count"))}
	tab.Unique("account_team_slug", "team", "slug")
	tab.Indexes = append(tab.Indexes,
		&schema.Index{Name: "account_mail_lower", Unique: true, Parts: []schema.IndexPart{{Expr: "lower({mail})"}}},
		&schema.Index{Name: "account_slug_live", Unique: true, Parts: []schema.IndexPart{{Column: "slug"}},
			Where: "{gone} = FALSE"})
	create(t, eng, tab)
	return a
}

func (a accounts) row(id int64, mail, team, slug string, gone bool, count int64) []query.Assignment {
	return []query.Assignment{a.id.Set(id), a.mail.Set(mail), a.team.Set(team), a.slug.Set(slug), a.gone.Set(gone),
		a.count.Set(count)}
}

func (a accounts) state(t *testing.T, eng *engine.Engine) string {
	t.Helper()
	type row struct {
		ID    int64 `db:"id"`
		Count int64 `db:"count"`
	}
	return fmt.Sprint(all[row](t, eng, query.Select(a.id, a.count).From(a.t).OrderBy(a.id)))
}

func TestUpsertByAnyUniqueKey(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newAccounts(t, eng)
		exec(t, eng, query.Insert(a.t).Values(a.row(1, "ada@x", "t1", "s1", false, 1)...).
			Values(a.row(2, "bob@x", "t1", "s2", true, 1)...))
		more := a.count.SetTo(query.Add[int64](a.count, query.Excluded(a.count)))
		step := func(what string, st query.InsertStmt, rows int64, want string) {
			t.Helper()
			n, err := query.Exec(t.Context(), eng, st)
			if got := a.state(t, eng); err != nil || n != rows || got != want {
				t.Errorf("%s: %d rows, %s, want %s (%v %v)", what, n, got, want, err, unwrapped(err))
			}
		}
		step("an expression", query.Insert(a.t).Values(a.row(9, "ADA@x", "t9", "s9", true, 10)...).OnConflictKey("account_mail_lower").DoUpdateSet(more), 1, "[{1 11} {2 1}]")
		step("a constraint", query.Insert(a.t).Values(a.row(9, "eve@x", "t1", "s2", true, 10)...).OnConflictKey("account_team_slug").DoUpdateSet(more), 1, "[{1 11} {2 11}]")
		step("columns in another order", query.Insert(a.t).Values(a.row(9, "eve@x", "t1", "s2", true, 10)...).OnConflict(a.slug, a.team).DoUpdate(a.count), 1, "[{1 11} {2 10}]")
		step("a part of the rows", query.Insert(a.t).Values(a.row(9, "eve@x", "t9", "s1", false, 100)...).OnConflict(a.slug).DoUpdateSet(more), 1, "[{1 111} {2 10}]")
		step("by its name, left", query.Insert(a.t).Values(a.row(9, "eve@x", "t9", "s1", false, 100)...).OnConflictKey("account_slug_live").DoNothing(), 0, "[{1 111} {2 10}]")
		step("outside of the part", query.Insert(a.t).Values(a.row(3, "eve@x", "t9", "s1", true, 5)...).OnConflict(a.slug).DoUpdateSet(more), 1, "[{1 111} {2 10} {3 5}]")
		step("beside a row outside", query.Insert(a.t).Values(a.row(4, "joe@x", "t8", "s2", false, 6)...).OnConflict(a.slug).DoUpdateSet(more), 1, "[{1 111} {2 10} {3 5} {4 6}]")
		step("with a condition", query.Insert(a.t).Values(a.row(9, "JOE@X", "t9", "s9", true, 1)...).OnConflictKey("account_mail_lower").DoUpdateSet(more).UpdateWhere(a.count.Gt(6)), 0, "[{1 111} {2 10} {3 5} {4 6}]")

		// A conflict in another key is an error, whatever engine.
		for what, st := range map[string]query.InsertStmt{
			"primary key":  query.Insert(a.t).Values(a.row(1, "new@x", "t7", "s7", false, 1)...).OnConflict(a.slug).DoUpdateSet(more),
			"expression":   query.Insert(a.t).Values(a.row(7, "ADA@x", "t7", "s7", false, 1)...).OnConflict(a.id).DoUpdateSet(more),
			"left alone":   query.Insert(a.t).Values(a.row(7, "new@x", "t7", "s1", false, 1)...).OnConflictKey("account_mail_lower").DoNothing(),
			"a constraint": query.Insert(a.t).Values(a.row(7, "new@x", "t1", "s1", true, 1)...).OnConflict(a.id).DoNothing(),
		} {
			if _, err := query.Exec(t.Context(), eng, st); dberr.CodeOf(err) != dberr.AlreadyExists {
				t.Errorf("a conflict in another key, %s: %v", what, err)
			}
		}
		type back struct {
			ID    int64 `db:"id"`
			Count int64 `db:"count"`
		}
		got, err := query.One[back](t.Context(), eng,
			query.Insert(a.t).Values(a.row(9, "BOB@x", "t9", "s9", true, 3)...).OnConflictKey("account_mail_lower").
				DoUpdateSet(more).Returning(a.id, a.count))
		if err != nil || got != (back{2, 13}) {
			t.Errorf("returned %+v, %v (%v)", got, err, unwrapped(err))
		}

		for what, c := range map[string]struct {
			st    query.InsertStmt
			names string
		}{
			"no key":     {query.Insert(a.t).Values(a.id.Set(1)).OnConflict(a.count).DoNothing(), "(count)"},
			"half a key": {query.Insert(a.t).Values(a.id.Set(1)).OnConflict(a.team).DoNothing(), "(team)"},
			"no name":    {query.Insert(a.t).Values(a.id.Set(1)).OnConflictKey("nope").DoNothing(), `"nope"`},
			"no columns": {query.Insert(a.t).Values(a.id.Set(1)).OnConflict().DoNothing(), "OnConflict names"},
		} {
			if _, err := query.Exec(t.Context(), eng, c.st); dberr.CodeOf(err) != dberr.Invalid ||
				!strings.Contains(err.Error(), c.names) || unwrapped(err).Error() != err.Error() {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// The rows of one statement go one after another, also when two have one key.
func TestUpsertOfRowsWithOneKey(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newAccounts(t, eng)
		more := a.count.SetTo(query.Add[int64](a.count, query.Excluded(a.count)))
		rows := query.Insert(a.t).Values(a.row(1, "a@x", "t", "1", false, 1)...).
			Values(a.row(2, "b@x", "t", "2", false, 2)...).
			Values(a.row(1, "c@x", "t", "3", false, 4)...).Values(a.row(1, "d@x", "t", "4", false, 8)...)
		if n := exec(t, eng, rows.OnConflict(a.id).DoUpdateSet(more)); n != 4 || a.state(t, eng) != "[{1 13} {2 2}]" {
			t.Errorf("%d rows, %s", n, a.state(t, eng))
		}
		if n := exec(t, eng, rows.OnConflict(a.id).DoUpdate(a.count)); n != 4 || a.state(t, eng) != "[{1 8} {2 2}]" {
			t.Errorf("%d rows, %s", n, a.state(t, eng))
		}
		exec(t, eng, query.Delete(a.t).AllRows())
		if n := exec(t, eng, rows.OnConflict(a.id).DoNothing()); n != 2 || a.state(t, eng) != "[{1 1} {2 2}]" {
			t.Errorf("left: %d rows, %s", n, a.state(t, eng))
		}
		exec(t, eng, query.Delete(a.t).AllRows())
		same := query.Insert(a.t).Values(a.row(1, "a@x", "t", "1", false, 1)...).
			Values(a.row(2, "A@x", "t", "2", false, 2)...)
		got := all[int64](t, eng, same.OnConflictKey("account_mail_lower").DoUpdateSet(more).Returning(a.count))
		if len(got) != 2 || got[1] != 3 {
			t.Errorf("returned %v", got)
		}
		_, err := query.Exec(t.Context(), eng,
			query.Insert(a.t).Values(a.row(5, "p@x", "t", "5", false, 1)...).Values(a.row(5, "q@x", "t", "6", false, 2)...))
		if dberr.CodeOf(err) != dberr.AlreadyExists {
			t.Errorf("rows with one key and no OnConflict: %v", err)
		}
	})
}
