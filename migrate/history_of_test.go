package migrate_test

import (
	"context"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// A small history that the tests run: three revisions in a line.

func usersTable() *schema.Table {
	t := schema.Define("users")
	t.String("id", 36).PrimaryKey()
	t.String("email", 100)
	t.Text("name").Null()
	return t
}

var createUsers = migrate.Revision{
	ID: "aa1111111111", Doc: "one",
	Upgrade:   func(ops *op.Ops) { ops.CreateTable(usersTable()) },
	Downgrade: func(ops *op.Ops) { ops.DropTable("users") },
}

var addPosts = migrate.Revision{
	ID: "ab2222222222", Down: []string{"aa1111111111"}, Doc: "two",
	Upgrade: func(ops *op.Ops) {
		ops.BulkInsert("users", []string{"id", "email", "name"}, []any{"u1", "ada@example.com", "Ada ' ? % :x {y}"},
			[]any{"u2", "bob@example.com", nil})
		t := schema.Define("posts")
		t.BigInt("id").PrimaryKey()
		t.String("user_id", 36).References("users", "id", schema.Cascade)
		t.Text("body")
		t.Index("ix_posts_user_id", "user_id")
		ops.CreateTable(t)
		ops.Execute("INSERT INTO {posts} ({id}, {user_id}, {body}) VALUES (?, ?, ?)", 1, "u1", "it's ? a 'body'").NoReverse()
	},
	Downgrade: func(ops *op.Ops) {
		ops.DropTable("posts")
		ops.Execute("DELETE FROM {users} WHERE {id} IN ('u1', 'u2')").NoReverse()
	},
}

var alterUsers = migrate.Revision{
	ID: "ba3333333333", Down: []string{"ab2222222222"}, Doc: "three",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("users", op.Boolean("active").Default(true))
		ops.AlterColumn("users", "email").Type(schema.Type{Kind: schema.String, Length: 200})
		ops.CreateIndex("users",
			&schema.Index{Name: "uq_users_email", Unique: true, Parts: []schema.IndexPart{{Column: "email"}}})
	},
}

func line() []migrate.Revision { return []migrate.Revision{createUsers, addPosts, alterUsers} }

// runner is a runner of one lineage.
func runner(t testing.TB, eng *engine.Engine, revs ...migrate.Revision) *migrate.Runner {
	t.Helper()
	return runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: revs}}})
}

func runnerWith(t testing.TB, o migrate.Options) *migrate.Runner {
	t.Helper()
	r, err := migrate.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rows(t testing.TB, r *migrate.Runner) []string {
	t.Helper()
	p, err := r.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p[0].Rows
}

func upgrade(t testing.TB, r *migrate.Runner, target string) *migrate.Report {
	t.Helper()
	rep, err := r.Upgrade(t.Context(), target)
	if err != nil {
		t.Fatalf("upgrade %s: %v", target, err)
	}
	return rep
}

func downgrade(t testing.TB, r *migrate.Runner, target string) *migrate.Report {
	t.Helper()
	rep, err := r.Downgrade(t.Context(), target)
	if err != nil {
		t.Fatalf("downgrade %s: %v", target, err)
	}
	return rep
}

func one[T any](t testing.TB, q engine.Queryer, sql string) T {
	t.Helper()
	rs, err := q.Query(context.WithoutCancel(t.Context()), engine.Statement{SQL: sql})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rs.Close()
	var v T
	if !rs.Next() {
		t.Fatalf("%s: no row (%v)", sql, rs.Err())
	}
	if err := rs.Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// generator writes revisions of the package x, or as the layout says.
func generator(t testing.TB, o migrate.Options, y autogen.Layout) *autogen.Generator {
	t.Helper()
	if y.Package == "" {
		y.Package = "x"
	}
	g, err := autogen.New(autogen.Options{Engine: o.Engine, Target: o.Target, Lineages: o.Lineages, Layout: y, Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
