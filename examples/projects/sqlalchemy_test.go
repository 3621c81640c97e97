package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

const page = "../../docs/sqlalchemy.md"

// squeezed is a text without spaces and line ends.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// TestThePageIsCode: every piece of Go in the tables of docs/sqlalchemy.md stands
// in this program or its tests, which are compiled and run.
func TestThePageIsCode(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	source := ""
	for _, name := range []string{"main.go", "sqlalchemy_test.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source += squeezed(string(b)) + "\n"
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 3 || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| SQLAlchemy") {
			continue
		}
		rows++
		spans := strings.Split(cells[1], "`")
		if len(spans) < 3 {
			t.Errorf("no code for %s", cells[0])
		}
		for i := 1; i < len(spans); i += 2 {
			if !strings.Contains(source, squeezed(spans[i])) {
				t.Errorf("nothing runs %s", spans[i])
			}
		}
	}
	if rows < 80 {
		t.Errorf("%d rows", rows)
	}
}

// cast is the rows that the lines of the page are tried on.
type cast struct {
	t        *testing.T
	eng      *engine.Engine
	ada, bob User
	cyd      User
	apollo   string
}

func newCast(t *testing.T, eng *engine.Engine) *cast {
	t.Helper()
	c := &cast{t: t, eng: eng, apollo: "11111111-1111-1111-1111-111111111111"}
	ok[int](c)(eng.CreateTables(c.t.Context(), Users, Projects, Members))
	add := func(u User) User {
		return ok[User](c)(query.One[User](c.t.Context(), eng,
			query.Insert(Users).Row(u).Returning(query.ColumnsFor[User](Users)...)))
	}
	c.ada = add(User{Email: "ada@x", Name: "Ada", Role: "admin", Balance: "10.10",
		Settings: jsonvalue.As(Settings{Theme: "dark", Tags: []string{"a", "b"}})})
	c.bob = add(User{Email: "bob@x", Name: "Bob", Balance: "0.20", ManagerID: &c.ada.ID})
	c.cyd = add(User{Email: "cyd@x", Name: "Cyd", Balance: "5", ManagerID: &c.bob.ID})
	ok[int64](c)(query.Exec(c.t.Context(), eng, query.InsertRows(Projects, []Project{
		{ID: c.apollo, Name: "Apollo", OwnerID: c.ada.ID, Budget: "100.50"},
		{ID: "22222222-2222-2222-2222-222222222222", Name: "Gemini", OwnerID: c.ada.ID, Status: "closed", Budget: "0.10"},
		{ID: "33333333-3333-3333-3333-333333333333", Name: "Mercury", OwnerID: c.bob.ID, Budget: "0.20"}})))
	ok[int64](c)(query.Exec(c.t.Context(), eng,
		query.Insert(Members).Values(MemberProject.Set(c.apollo), MemberUser.Set(c.bob.ID)).
			Values(MemberProject.Set(c.apollo), MemberUser.Set(c.cyd.ID))))
	return c
}

// ok fails the test on an error.
func ok[T any](c *cast) func(T, error) T {
	return func(v T, err error) T {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err, errors.Unwrap(err))
		}
		return v
	}
}

// names expects the texts that a statement of one column gives.
func (c *cast) names(want string, st query.Reader) {
	c.t.Helper()
	if got := strings.Join(ok[[]string](c)(query.All[string](c.t.Context(), c.eng, st)), " "); got != want {
		c.t.Errorf("got %q, want %q", got, want)
	}
}

// who expects the users for which conditions hold.
func (c *cast) who(want string, conds ...query.Cond) {
	c.t.Helper()
	c.names(want, query.Select(UserName).From(Users).Where(conds...).OrderBy(UserName))
}

// gives expects one value of a statement, as text.
func (c *cast) gives(want string, st query.Reader) {
	c.t.Helper()
	rows := ok[[]map[string]any](c)(query.All[map[string]any](c.t.Context(), c.eng, st))
	got := ""
	for _, r := range rows {
		for _, v := range r {
			got += fmt.Sprint(v) + " "
		}
	}
	if got = strings.TrimSpace(got); got != want {
		c.t.Errorf("got %q, want %q", got, want)
	}
}

func (c *cast) is(got, want any) {
	c.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("got %v, want %v", got, want)
	}
}

func TestThePageOnDeclarations(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		encode := func(d time.Duration) (int64, error) { return int64(d), nil }
		decode := func(n int64) (time.Duration, error) { return time.Duration(n), nil }
		notes := schema.Define("notes").Describe("what people write")
		id := query.Col[string](notes.Text("id").Key(36).PrimaryKey())
		stars := query.Col[int64](notes.Integer("stars").Default(int64(3)).Comment("from 0 to 5"))
		made := query.Col[time.Time](notes.DateTime("made").DefaultExpr(schema.Now))
		took := query.Col(notes.BigInt("took").Null(), query.Coded(encode, decode))
		twice := query.Col[int64](notes.Integer("twice").Generated("{stars} * 2", true))
		shown := query.Col[bool](notes.Boolean("shown").Default(true))
		opens := query.Col[query.TimeOfDay](notes.Time("opens").Default("08:30"))
		notes.Index("ix_notes_made", "made DESC").Where = "{stars} > 0"
		c := &cast{t: t, eng: eng}
		ok[int](c)(eng.CreateTables(ctx, notes))
		ok[int64](c)(query.Exec(ctx, eng, query.Insert(notes).Values(id.Set("n"), took.Set(time.Minute))))
		row := ok[[]map[string]any](c)(query.All[map[string]any](ctx, eng,
			query.Select(stars, took, twice, shown, opens).From(notes).
				Where(made.Le(time.Now().Add(time.Hour)), opens.Ge(query.Clock(8, 30, 0)))))
		c.is(row, "[map[opens:08:30:00 shown:true stars:3 took:1m0s twice:6]]")
		live := ok[[]*schema.Table](c)(eng.Inspect(ctx, driver.InspectOptions{}))
		c.is(live[0].Name, "notes")
	})
}

func TestThePageOnReading(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		c := newCast(t, eng)
		ctx, ada := c.t.Context(), c.ada
		c.is(ok[User](c)(query.One[User](ctx, eng, query.SelectFor[User](Users).Where(UserID.Eq(ada.ID)))).Name, "Ada")
		c.is(len(ok[[]User](c)(query.All[User](ctx, eng, query.SelectFor[User](Users)))), 3)
		c.is(ok[string](c)(query.One[string](ctx, eng, query.Select(UserName).From(Users).Where(UserEmail.Eq("ada@x")))), "Ada")
		c.is(ok[User](c)(query.First[User](ctx, eng, query.SelectFor[User](Users).OrderBy(UserName.Desc()))).Name, "Cyd")
		_, err := query.One[User](ctx, eng, query.SelectFor[User](Users).Where(UserID.Eq(-1)))
		c.is(errors.Is(err, dberr.ErrNotFound), true)
		for u, err := range query.Rows[User](ctx, eng, query.SelectFor[User](Users).OrderBy(UserName)) {
			c.is(u.Name, "Ada")
			c.is(err, nil)
			break
		}
		c.is(ok[[]map[string]any](c)(query.All[map[string]any](ctx, eng, query.Select(UserName, UserRole).From(Users).Where(UserName.Eq("Bob")))), "[map[name:Bob role:user]]")
		c.is(*ok[*query.Decimal](c)(query.Value[query.Decimal](ctx, eng, query.Select(query.Sum(UserBalance).As("sum")).From(Users))), "15.30")
		c.is(ok[int64](c)(query.Count(ctx, eng, query.SelectFrom(Users))), 3)
		c.is(ok[bool](c)(query.Found(ctx, eng, query.SelectFrom(Users).Where(UserRole.Eq("guest")))), false)
		byEmail := query.Prepare[User](query.SelectFor[User](Users).Where(UserEmail.EqTo(query.Param[string]("email"))))
		c.is(ok[User](c)(byEmail.One(ctx, eng, "bob@x")).Name, "Bob")
		named := query.Prepare[User](query.SelectFor[User](Users).Where(UserName.InParam(query.ListParam[string]("names"))))
		c.is(len(ok[[]User](c)(named.All(ctx, eng, []string{"Ada", "Cyd", "Nobody"}))), 2)
		text, _, _ := query.SQL(query.SelectFrom(Users), eng.Dialect())
		c.is(strings.HasPrefix(text, "SELECT"), true)

		c.who("Cyd", UserRole.Eq("user"), UserName.Ne("Bob"))
		c.who("Ada Cyd", query.Or(UserName.Eq("Ada"), UserName.Eq("Cyd")))
		c.who("Bob Cyd", query.Not(UserRole.Eq("admin")))
		c.who("Ada Bob", UserName.In("Ada", "Bob"))
		c.who("", UserName.In([]string{}...))
		c.who("Ada", query.Tuple(UserRole, UserName).In([]any{"admin", "Ada"}, []any{"user", "Ada"}))
		c.who("Ada", UserManager.IsNull())
		c.who("Bob Cyd", UserBalance.Between("0.20", "9"))
		c.who("Ada", UserName.Like("A%"))
		c.who("Ada", UserName.StartsWith("A"))
		c.who("Ada", UserName.ContainsFold("AD"))
		c.who("Ada Bob", UserName.Regexp("^[AB]"))
		c.who("Bob Cyd", UserManager.DistinctFrom(nil))
		c.who("Ada", query.RawCond("{role} = ?", "admin"))
		c.names("Cyd Bob Ada", query.Select(UserName).From(Users).OrderBy(UserManager.Desc().NullsLast()))
		c.names("Bob", query.Select(UserName).From(Users).OrderBy(UserName).Limit(1).Offset(1))
		c.names("Bob Cyd", query.Select(UserName).From(Users).OrderBy(UserName, UserID).Page(2, "Ada", ada.ID))
		c.names("admin user", query.Select(UserRole).From(Users).Distinct().OrderBy(UserRole))
		c.is(len(ok[[]map[string]any](c)(query.All[map[string]any](ctx, eng, query.Select(query.ColumnsBut(Users, UserSettings)...).From(Users)))[0]), 8)
		err = eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			_, err := query.One[User](ctx, tx, query.SelectFor[User](Users).Where(UserID.Eq(ada.ID)).ForUpdate())
			return err
		})
		c.is(err, nil)
	})
}

// Raise is a row that the program has.
type Raise struct {
	Name string        `db:"name"`
	By   query.Decimal `db:"by"`
}

// A view is read by a table that is declared over it and that no migration is given.
func TestAView(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		c := newCast(t, eng)
		ctx := c.t.Context()
		ok[int64](c)(query.Exec(ctx, eng,
			query.Text("view", true, "CREATE VIEW {admins} AS SELECT {id}, {name} FROM {users} WHERE {role} = 'admin'")))
		admins := schema.Define("admins")
		adminName := query.Col[string](admins.Text("name"))
		adminID := query.Col[int64](admins.BigInt("id"))
		c.names("Ada", query.Select(adminName).From(admins))
		c.names("Apollo Gemini", query.Select(ProjectName).From(Projects).Join(admins, adminID.EqTo(ProjectOwner)).OrderBy(ProjectName))
		// What the database is found to have are its tables: a migration neither makes nor drops a view.
		found := map[string]bool{}
		for _, live := range ok[[]*schema.Table](c)(eng.Inspect(ctx, driver.InspectOptions{})) {
			found[live.Name] = true
		}
		c.is(fmt.Sprint(found["users"], found["admins"]), "true false")
	})
}

func TestThePageOnJoins(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		c := newCast(t, eng)
		ctx := c.t.Context()
		c.names("Ada Ada Bob", query.Select(UserName).From(Projects).Join(Users, UserID.EqTo(ProjectOwner)).OrderBy(UserName))
		c.names("Cyd", query.Select(UserName).From(Users).LeftJoin(Projects, ProjectOwner.EqTo(UserID)).Where(ProjectID.IsNull()))
		boss := query.As(Users, "boss")
		c.names("Ada Bob", query.Select(UserName.Of(boss).As("boss")).From(Users).JoinItem(boss, UserID.Of(boss).EqTo(UserManager)).OrderBy(UserName))
		c.names("Cyd", query.Select(UserName.Of(boss).As("name")).FromItem(boss).FullJoin(Users, UserID.Of(boss).EqTo(UserManager)).Where(UserID.IsNull()))
		c.names("Ada Ada Bob Cyd", query.Select(UserName).From(Projects).RightJoin(Users, UserID.EqTo(ProjectOwner)).OrderBy(UserName))
		c.names("Mercury Gemini", query.Select(ProjectName).From(Projects).DistinctOn(ProjectOwner).OrderBy(ProjectName.Desc()).Limit(2))
		raises := query.Values("r", []Raise{{"Ada", "1"}, {"Bob", "2"}})
		c.names("Ada Bob", query.Select(query.Field[string]("r", "name")).FromItem(raises).
			OrderBy(query.Field[string]("r", "name")))
		c.who("Ada Bob", query.Exists(query.Select(ProjectID).From(Projects).Where(ProjectOwner.EqTo(UserID))))
		c.who("Bob Cyd", UserID.InQuery(query.Select(MemberUser).From(Members)))
		n := query.CountAll().As("n")
		owned := query.Scalar[int64](query.Select(n).From(Projects).Where(ProjectOwner.EqTo(UserID))).As("owned")
		c.names("Ada Bob Cyd", query.Select(UserName).From(Users).OrderBy(owned.Desc(), UserName))
		per := query.Select(ProjectOwner, n).From(Projects).GroupBy(ProjectOwner).Subquery("per")
		c.names("Ada", query.Select(UserName).From(Users).JoinItem(per, query.Field[int64]("per", "owner_id").EqTo(UserID)).
			Where(query.Field[int64]("per", "n").Gt(1)))
		rich := query.With("rich", query.Select(ProjectOwner).From(Projects).Where(ProjectBudget.Gt("100")))
		c.names("Ada", query.Select(UserName).From(Users).
			JoinItem(rich, query.Field[int64]("rich", "owner_id").EqTo(UserID)).With(rich))
		depth := query.Field[int64]("chain", "depth")
		chain := query.WithRecursive("chain",
			query.Select(UserID, UserName, query.Val[int64](0).As("depth")).From(Users).Where(UserName.Eq("Ada")),
			false, func(self *query.CTE) query.SelectStmt {
				return query.Select(UserID, UserName, depth.Plus(1).As("depth")).From(Users).
					JoinItem(self, query.Field[int64]("chain", "id").EqTo(UserManager))
			})
		c.names("Ada Bob Cyd", query.Select(query.Field[string]("chain", "name")).FromItem(chain).With(chain).OrderBy(depth))
		c.names("Ada Apollo", query.Union(query.Select(UserName).From(Users), query.Select(ProjectName).From(Projects)).OrderBy(query.ByColumn("name", false)).Limit(2))

		people := ok[[]User](c)(query.AllWith(ctx, eng, query.SelectFor[User](Users).OrderBy(UserName), UserBoss,
			UserProjects.With(ProjectMembers)))
		c.is(people[1].Manager.Name+people[0].Projects[0].Members[1].Name, "AdaCyd")
		one := ok[User](c)(query.OneWith(ctx, eng, query.SelectFor[User](Users).Where(UserName.Eq("Ada")),
			UserProjects.Where(ProjectStatus.Eq("open")).Limit(5)))
		c.is(len(one.Projects), 1)
		c.who("Ada", UserProjects.Has(ProjectStatus.Eq("closed")))
		c.who("Cyd", query.Not(UserProjects.Has()))
		c.names("Apollo", query.Select(ProjectName).From(Projects).Where(ProjectMembers.Has(UserName.Eq("Cyd"))))
	})
}

func TestThePageOnExpressions(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		c := newCast(t, eng)
		one := func(want string, e query.Selectable) {
			t.Helper()
			c.gives(want, query.Select(e).From(Users).Where(UserName.Eq("Ada")))
		}
		one("boss", query.Case[string]().When(UserRole.Eq("admin"), "boss").Else("other").As("x"))
		one("-1", query.Coalesce(UserManager, query.Val[int64](-1)).As("x"))
		one("1", query.Cast[string](UserVersion, schema.Type{Kind: schema.Text}).As("x"))
		one("Ada <ada@x>", query.Concat(UserName, query.Val(" <"), UserEmail, query.Val(">")).As("x"))
		one("ADA", query.Upper(UserName).As("x"))
		one("ada", query.Lower(UserName).As("x"))
		one("3", query.Length(UserName).As("x"))
		one("da", query.Substr(UserName, 2, 2).As("x"))
		one("Aba", query.Replace(UserName, "d", "b").As("x"))
		one("Ada", query.Trim(query.Concat(query.Val("  "), UserName, query.Val(" "))).As("x"))
		one("10.1", query.Round(UserBalance, 1).As("x"))
		one("10", query.Floor(UserBalance).As("x"))
		one("11", query.Ceil(UserBalance).As("x"))
		one("1", query.Mod(query.Val[int64](7), query.Val[int64](2)).As("x"))
		one("7", query.Abs(query.Val[int64](-7)).As("x"))
		one(fmt.Sprint(time.Now().UTC().Year()), query.Part(query.Year, UserCreated).As("x"))
		one("0", query.Part(query.Second, query.Trunc(query.Day, UserCreated)).As("x"))
		one("90", query.Epoch(query.FromEpoch(query.Val[int64](90))).As("x"))
		one("true", query.Shift(UserCreated, time.Hour).GtTo(UserCreated).As("x"))
		one("true", query.ShiftBy(UserCreated, UserVersion, query.Day).EqTo(query.Shift(UserCreated, 24*time.Hour)).As("x"))
		one("3600", query.Sub(query.Epoch(query.Shift(UserCreated, time.Hour)), query.Epoch(UserCreated)).As("x"))
		one("20.20", UserBalance.Times("2").As("x"))
		one("1.5", query.Div(query.Val[int64](3), query.Val[int64](2)).As("x"))

		n := query.CountAll().As("n")
		c.gives("1 2", query.Select(n).From(Users).GroupBy(UserRole).OrderBy(UserRole))
		c.names("user", query.Select(UserRole).From(Users).GroupBy(UserRole).Having(query.CountAll().Gt(1)))
		c.gives("2", query.Select(query.CountDistinct(UserRole).As("n")).From(Users))
		c.gives("15.30", query.Select(query.Sum(UserBalance).As("sum")).From(Users))
		c.gives("5.10", query.Select(query.AvgTo(UserBalance, 2).As("avg")).From(Users))
		c.gives("1", query.Select(query.Filter(query.CountAll(), UserRole.Eq("admin")).As("n")).From(Users))
		c.gives("Cyd, Bob, Ada", query.Select(query.JoinText(UserName, ", ", UserName.Desc()).As("names")).From(Users))
		c.gives(`["Ada","Bob","Cyd"]`, query.Select(query.JSONArray(UserName, UserName).As("names")).From(Users))
		c.gives("1 2 1", query.Select(query.RowNumber().PartitionBy(UserRole).OrderBy(UserName.Desc()).As("no")).From(Users).OrderBy(UserName.Desc()))
		c.gives("10.10 10.30 15.30", query.Select(query.Over(query.Sum(UserBalance)).OrderBy(UserName).As("running")).From(Users).OrderBy(UserName))
		week := query.Frame{}.OrderBy(UserID).Rows(query.Preceding(1), query.CurrentRow())
		c.gives("1 2 2", query.Select(query.Over(query.CountAll()).In(week).As("n")).From(Users).OrderBy(UserID))
		c.gives("<nil> Ada Bob", query.Select(query.Lag(UserName).OrderBy(UserName).As("before")).From(Users).OrderBy(UserName))

		one("dark", UserSettings.Path("theme").Text().As("x"))
		one("b", UserSettings.Path("tags", -1).Text().As("x"))
		one("2", UserSettings.Path("tags").Len().As("x"))
		c.who("Ada", UserSettings.Path("tags").Has("a"))
		c.who("Ada", UserSettings.HasKey("theme"))
		c.who("Ada", UserSettings.Contains("{\"theme\": \"dark\"}"))
		tag := UserSettings.Path("tags").Elements("tag")
		c.gives(`"a" "b"`, query.Select(tag.Value().As("tag")).From(Users).JoinItem(tag).OrderBy(tag.Position()))
	})
}

func TestThePageOnWriting(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		c := newCast(t, eng)
		ctx, ada, bob := c.t.Context(), c.ada, c.bob
		exec := func(want int64, st query.Statement) {
			t.Helper()
			c.is(ok[int64](c)(query.Exec(ctx, eng, st)), want)
		}
		dee := User{Email: "dee@x", Name: "Dee", Balance: "1"}
		exec(1, query.Insert(Users).Row(dee))
		exec(1, query.Insert(Users).Values(UserEmail.Set("eve@x"), UserName.Set("Eve"), UserBalance.Set("0")))
		exec(1, query.Insert(Users).Map(map[string]any{"email": "fay@x", "name": "Fay", "balance": "0"}))
		exec(2, query.InsertRows(Users, []User{{Email: "g@x", Name: "G", Balance: "0"}, {Email: "h@x", Name: "H", Balance: "0"}}))
		c.names("I", query.Insert(Users).Row(User{Email: "i@x", Name: "I", Balance: "0"}).Returning(UserName))
		many := slices.Values([]User{{Email: "j@x", Name: "J", Balance: "0"}, {Email: "k@x", Name: "K", Balance: "0"}})
		stream := func(yield func(User, error) bool) { many(func(u User) bool { return yield(u, nil) }) }
		c.is(ok[int64](c)(query.BulkInsert(ctx, eng, Users, stream)), 2)
		exec(3, query.Insert(Members).
			FromSelect(query.Select(query.Cast[string](query.Val("33333333-3333-3333-3333-333333333333"), schema.Type{Kind: schema.UUID}).As("p"), UserID, query.Val("guest").As("r")).From(Users).Where(UserName.In("Ada", "Bob", "Cyd")), MemberProject, MemberUser, MemberRole))
		dee.Name = "Dee D."
		exec(1, query.Insert(Users).Row(dee).OnConflict(UserEmail).DoUpdate(UserName, UserBalance))
		exec(1, query.Insert(Users).Row(dee).OnConflict(UserEmail).DoUpdateSet(UserBalance.SetTo(UserBalance.Plus("1"))))
		exec(0, query.Insert(Users).Row(dee).OnConflict(UserEmail).DoNothing())
		c.who("Dee D.", UserBalance.Eq("2"))

		exec(1, query.Update(Users).Set(UserRole.Set("guest")).Where(UserName.Eq("Cyd")))
		exec(11, query.Update(Users).Set(UserBalance.SetTo(UserBalance.Times("2"))).AllRows())
		c.gives("20.20", query.Update(Users).Set(UserRole.Set("admin")).Where(UserID.Eq(ada.ID)).Returning(UserBalance))
		before := ok[User](c)(query.One[User](ctx, eng, query.SelectFor[User](Users).Where(UserID.Eq(ada.ID))))
		after := before
		after.Name = "Ada L."
		exec(1, query.Update(Users).Diff(before, after))
		_, err := query.Exec(ctx, eng, query.Update(Users).Diff(before, after))
		c.is(errors.Is(err, dberr.ErrConflict), true)
		exec(1, query.Update(Users).Set(UserSettings.SetPath(jsonvalue.Text("\"light\""), "theme")).Where(UserID.Eq(ada.ID)))
		exec(1, query.Update(Users).Set(UserSettings.RemovePath("tags", 0)).Where(UserID.Eq(ada.ID)))
		c.gives("light", query.Select(UserSettings.Path("theme").Text()).From(Users).Where(UserID.Eq(ada.ID)))
		c.who("Ada L.", UserSettings.Path("tags").Len().Eq(1))

		_, err = query.Exec(ctx, eng, query.Insert(Users).Row(User{Email: "ada@x", Name: "Twin", Balance: "0"}))
		c.is(errors.Is(err, dberr.ErrAlreadyExists), true)
		err = eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			err := tx.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				_, err := query.Exec(ctx, tx, query.Delete(Projects).AllRows())
				return errors.Join(err, dberr.ErrCheck)
			})
			c.is(errors.Is(err, dberr.ErrCheck), true)
			return nil
		})
		c.is(err, nil)
		apollo := ok[Project](c)(query.One[Project](ctx, eng, query.SelectFor[Project](Projects).Where(ProjectName.Eq("Apollo"))))
		apollo.ID, apollo.Budget = "44444444-4444-4444-4444-444444444444", "7"
		exec(1, query.Insert(Projects).Row(apollo).OnConflictKey("uq_projects_owner_name").DoUpdate(ProjectBudget))
		poor := query.With("poor", query.Select(ProjectID).From(Projects).Where(ProjectBudget.Eq("7")))
		exec(1, query.Update(Projects).Set(ProjectBudget.Set("8")).
			Where(ProjectID.InQuery(query.Select(query.Field[string]("poor", "id")).With(poor).FromItem(poor))))
		c.names("Apollo", query.Select(ProjectName).From(Projects).Where(ProjectBudget.Eq("8")))
		exec(1, query.Delete(Projects).Where(ProjectName.Eq("Gemini")))
		c.names("Mercury", query.Delete(Projects).Where(ProjectOwner.Eq(bob.ID)).Returning(ProjectName))
		exec(1, query.Update(Projects).From(Users).
			Set(ProjectName.SetTo(query.Concat(ProjectName, query.Val(" of "), UserName))).Where(ProjectOwner.EqTo(UserID)))
		c.names("Apollo of Ada L.", query.Select(ProjectName).From(Projects))
		exec(1, query.Delete(Members).Using(Users).Where(MemberUser.EqTo(UserID), UserRole.Eq("guest")))
	})
}
