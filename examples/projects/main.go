// Projects is a small application with three tables: what it does to them is what
// applications do. One code runs on SQLite, PostgreSQL, MySQL and MariaDB.
//
//	go run ./examples/projects sqlite:///projects.db
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// The tables, once: their DDL, the typed columns of queries, and what goes with them.
var (
	Users        = schema.Define("users")
	UserID       = query.Col[int64](Users.BigInt("id").Identity().PrimaryKey())
	UserEmail    = query.Col[string](Users.String("email", 255).Key(255).Unique())
	UserName     = query.Col[string](Users.String("name", 150).Key(150))
	UserRole     = query.Col(Users.String("role", 16), query.DefaultTo("user"))
	UserSettings = query.TypedJSONCol[Settings](Users.JSON("settings").Null())
	UserBalance  = query.Col[query.Decimal](Users.Numeric("balance", 12, 2))
	UserManager  = query.Col[int64](Users.BigInt("manager_id").Null().References("users", "id", schema.SetNull))
	UserVersion  = query.Col(Users.Integer("version"), query.Version[int64]())
	UserCreated  = query.Col(Users.DateTime("created_at"), query.Default(time.Now))
	_            = Users.Check("users_role_valid", "{role} IN ('user', 'admin', 'guest')")

	Projects      = schema.Define("projects")
	ProjectID     = query.Col[string](Projects.UUID("id").PrimaryKey())
	ProjectName   = query.Col[string](Projects.String("name", 200).Key(200))
	ProjectOwner  = query.Col[int64](Projects.BigInt("owner_id").References("users", "id", schema.Cascade))
	ProjectStatus = query.Col(Projects.Enum("status", "project_status", "open", "closed", "paused"), query.DefaultTo("open"))
	ProjectBudget = query.Col[query.Decimal](Projects.Numeric("budget", 12, 2))
	ProjectDue    = query.Col[time.Time](Projects.Date("due").Null())
	ProjectSaved  = query.Col(Projects.DateTime("updated_at"), query.Default(time.Now), query.OnUpdate(time.Now))
	_             = Projects.Unique("uq_projects_owner_name", "owner_id", "name")

	Members       = schema.Define("project_members").Primary("", "project_id", "user_id")
	MemberProject = query.Col[string](Members.UUID("project_id").References("projects", "id", schema.Cascade))
	MemberUser    = query.Col[int64](Members.BigInt("user_id").References("users", "id", schema.Cascade))
	MemberRole    = query.Col(Members.String("role", 16), query.DefaultTo("member"))

	UserProjects   = query.HasMany(Projects, func(u *User) *[]Project { return &u.Projects }, ProjectOwner).OrderBy(ProjectName)
	UserBoss       = query.BelongsTo(Users, func(u *User) **User { return &u.Manager }, UserManager)
	ProjectMembers = query.ManyToMany(Users, func(p *Project) *[]User { return &p.Members }, MemberProject, MemberUser).OrderBy(UserName)
)

type Settings struct {
	Theme string   `json:"theme"`
	Tags  []string `json:"tags,omitempty"`
}

type User struct {
	ID        int64                     `db:"id"`
	Email     string                    `db:"email"`
	Name      string                    `db:"name"`
	Role      string                    `db:"role"`
	Settings  jsonvalue.Typed[Settings] `db:"settings"`
	Balance   query.Decimal             `db:"balance"`
	ManagerID *int64                    `db:"manager_id"`
	Version   int64                     `db:"version"`
	Projects  []Project
	Manager   *User
}

type Project struct {
	ID      string        `db:"id"`
	Name    string        `db:"name"`
	OwnerID int64         `db:"owner_id"`
	Status  string        `db:"status"`
	Budget  query.Decimal `db:"budget"`
	Members []User
}

func main() {
	eng := must(engine.Open(context.Background(), os.Args[1], engine.Options{Drivers: engines.All()}))
	defer eng.Close()
	run(context.Background(), eng, os.Stdout)
}

// must ends the program as an exception would that nobody catches.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func run(ctx context.Context, eng *engine.Engine, out io.Writer) {
	say := func(a ...any) { fmt.Fprintln(out, a...) }
	exec := func(st query.Statement) int64 { return must(query.Exec(ctx, eng, st)) }
	show := func(what string, st query.Reader) {
		for _, row := range must(query.All[map[string]any](ctx, eng, st)) {
			say(what, row)
		}
	}
	must(eng.CreateTables(ctx, Users, Projects, Members))

	// Rows in: one with what the server and the program gave it, some, and a stream of many.
	add := func(u User) User {
		return must(query.One[User](ctx, eng, query.Insert(Users).Row(u).Returning(query.ColumnsFor[User](Users)...)))
	}
	ada := add(User{Email: "ada@x", Name: "Ada", Role: "admin", Balance: "10.10", Settings: jsonvalue.As(Settings{"dark", []string{"a", "b"}})})
	bob := add(User{Email: "bob@x", Name: "Bob", Balance: "0.20", ManagerID: &ada.ID})
	cyd := add(User{Email: "cyd@x", Name: "Cyd", Balance: "99999999.99", ManagerID: &bob.ID})
	say("inserted", ada.ID < bob.ID, bob.Role, bob.Version, must(ada.Settings.Get()).Tags, bob.Settings.IsNull())
	apollo := Project{ID: "11111111-1111-1111-1111-111111111111", Name: "Apollo", OwnerID: ada.ID, Budget: "100.50"}
	exec(query.InsertRows(Projects, []Project{apollo,
		{ID: "22222222-2222-2222-2222-222222222222", Name: "Gemini", OwnerID: ada.ID, Status: "closed", Budget: "0.10"},
		{ID: "33333333-3333-3333-3333-333333333333", Name: "Mercury", OwnerID: bob.ID, Budget: "0.20"}}))
	exec(query.Insert(Members).Values(MemberProject.Set(apollo.ID), MemberUser.Set(bob.ID)).Values(MemberProject.Set(apollo.ID), MemberUser.Set(cyd.ID)))
	say("bulk", must(query.BulkInsert(ctx, eng, Users, func(yield func(User, error) bool) {
		for i := 0; i < 3000 && yield(User{Email: fmt.Sprint(i, "@x"), Name: "Bulk", Balance: "1.10"}, nil); i++ {
		}
	})))

	// What the database refuses says why, in the same words everywhere.
	for _, u := range []User{{Email: "ada@x", Balance: "0"}, {Role: "root", Balance: "0"}, {ManagerID: new(int64(-1)), Balance: "0"}, {Balance: "12345678901"}} {
		_, err := query.Exec(ctx, eng, query.Insert(Users).Row(u))
		say("refused", dberr.CodeOf(err))
	}

	// Rows out: joined, with their relations, counted and summed, over windows, in a tree.
	member := query.As(Users, "member")
	show("join", query.Select(ProjectName, UserName.As("owner"), UserName.Of(member).As("member")).From(Projects).
		Join(Users, UserID.EqTo(ProjectOwner)).LeftJoin(Members, MemberProject.EqTo(ProjectID)).
		LeftJoinItem(member, UserID.Of(member).EqTo(MemberUser)).OrderBy(ProjectName, UserName.Of(member)))
	for _, u := range must(query.AllWith(ctx, eng, query.SelectFor[User](Users).OrderBy(UserName), UserBoss, UserProjects.With(ProjectMembers))) {
		for _, p := range u.Projects {
			say("eager", u.Name, u.Manager != nil, p.Name, len(p.Members))
		}
	}
	n := query.CountAll().As("n")
	show("by status", query.Select(ProjectStatus, n, query.Sum(ProjectBudget).As("sum")).From(Projects).GroupBy(ProjectStatus).Having(n.Ge(1)).OrderBy(n.Desc()))
	show("window", query.Select(ProjectName, query.RowNumber().PartitionBy(ProjectOwner).OrderBy(ProjectName).As("no"),
		query.Over(query.Sum(ProjectBudget)).OrderBy(ProjectName).As("running")).From(Projects).OrderBy(ProjectName))
	depth := query.Field[int64]("chain", "depth")
	chain := query.WithRecursive("chain", query.Select(UserID, UserName, query.Val[int64](0).As("depth")).From(Users).Where(UserName.Eq("Ada")),
		false, func(self *query.CTE) query.SelectStmt {
			return query.Select(UserID, UserName, depth.Plus(1).As("depth")).From(Users).JoinItem(self, query.Field[int64]("chain", "id").EqTo(UserManager))
		})
	show("recursive", query.Select(query.Field[string]("chain", "name"), depth).FromItem(chain).With(chain).OrderBy(depth))
	show("related", query.Select(UserName).From(Users).Where(UserProjects.Has(ProjectStatus.Eq("closed"))))

	// Changes: upserts, differences, versions, transactions in transactions, documents.
	show("upsert", query.Insert(Users).Row(User{Email: "ada@x", Name: "Ada L.", Balance: "5"}).OnConflict(UserEmail).
		DoUpdate(UserName).Returning(UserName, UserVersion))
	after := bob
	after.Name = "Bobby"
	say("changed", exec(query.Update(Users).Diff(bob, after)))
	_, err := query.Exec(ctx, eng, query.Update(Users).Diff(bob, after))
	say("too late", dberr.CodeOf(err))
	show("raised", query.Update(Users).Set(UserBalance.SetTo(UserBalance.Plus("0.20"))).Where(UserName.Eq("Bobby")).Returning(UserBalance))
	say("committed", eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
		must(query.Exec(ctx, tx, query.Update(Users).Set(UserRole.Set("guest")).Where(UserID.Eq(cyd.ID))))
		say("savepoint", dberr.CodeOf(tx.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			_, err := query.Exec(ctx, tx, query.Update(Users).Set(UserEmail.Set("ada@x")).Where(UserID.Eq(cyd.ID)))
			return err
		})))
		return nil
	}), must(query.Count(ctx, eng, query.SelectFrom(Users).Where(UserRole.Eq("guest")))))
	exec(query.Update(Users).Set(UserSettings.SetPath(jsonvalue.Text("7"), "ui", "new key"), UserSettings.RemovePath("tags", 0)).Where(UserID.Eq(ada.ID)))
	tag := UserSettings.Path("tags").Elements("tag")
	show("document", query.Select(UserSettings.Path("theme").Text(), tag.Value().As("tag"), UserSettings.Path("ui", "new key").JSON().As("ui")).From(Users).
		JoinItem(tag).Where(UserSettings.Path("tags").Has("b"), UserSettings.HasKey("ui")))
	show("deleted", query.Delete(Projects).Where(ProjectName.Eq("Apollo")).Returning(ProjectName))
	say("deleted", exec(query.Delete(Users).Where(UserName.Eq("Bulk"))), must(query.Count(ctx, eng, query.SelectFrom(Members))))
}
