package op_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// owners are two tables that refer to each other's world: users, and projects
// that belong to them.
func owners() []*schema.Table {
	users := schema.Define("users")
	users.Integer("id").PrimaryKey()
	users.String("name", 50).Null()
	users.String("email", 50).Null()
	users.Integer("age").Null()
	projects := schema.Define("projects")
	projects.Integer("id").PrimaryKey()
	projects.Integer("owner").Null()
	return []*schema.Table{users, projects}
}

// copies counts how often a script copies each table to change it.
func copies(t testing.TB, eng *engine.Engine, ops []op.Op) map[string]int {
	t.Helper()
	s := state(t, eng)
	out := map[string]int{}
	for _, o := range op.Group(op.Together(ops)) {
		steps, err := op.Compile(o, s, op.Target{Dialect: eng.Dialect(), DDL: eng.DDL()})
		if err != nil {
			t.Fatalf("%v: %v", o, err)
		}
		for _, st := range steps {
			for _, x := range st.Script.Statements {
				if strings.HasPrefix(x.SQL, "INSERT INTO") && x.Lock == driver.RewriteWrite {
					out[o.On()]++
				}
			}
		}
	}
	return out
}

// TestOneRebuild: what a revision does to one table is one copy of it, whatever
// stands between.
func TestOneRebuild(t *testing.T) {
	for name, c := range map[string]struct {
		ops      func(ops *op.Ops)
		users    int
		projects int
	}{
		"another table between": {func(ops *op.Ops) {
			ops.AlterColumn("users", "name").NotNull()
			ops.AlterColumn("projects", "owner").NotNull()
			ops.AddCheck("users", "ck_age", "{age} > 0")
			ops.AddCheck("projects", "ck_owner", "{owner} > 0")
			ops.AddUnique("users", "uq_email", "email")
		}, 1, 1},
		"a value for rows that exist": {func(ops *op.Ops) {
			ops.AlterColumn("users", "name").NotNull()
			ops.AddColumn("users", op.String("folded", 50)).Fill("lower({name})")
			ops.AddColumn("users", op.Integer("twice")).Fill("{age} * 2")
			ops.AlterColumn("users", "email").Type(schema.Type{Kind: schema.Text, KeyLength: 50}).NotNull()
			ops.AddCheck("users", "ck_age", "{age} > 0")
		}, 1, 0},
		"a value of a column that becomes another": {func(ops *op.Ops) {
			ops.AlterColumn("users", "age").Type(schema.Type{Kind: schema.Text, KeyLength: 20})
			ops.AddColumn("users", op.String("old", 50)).Fill("{age} || ' years'")
		}, 2, 0},
		"a foreign key to the table between": {func(ops *op.Ops) {
			ops.AlterColumn("users", "name").NotNull()
			ops.AddForeignKey("projects",
				schema.ForeignKey{Name: "fk_owner", Columns: []string{"owner"}, RefTable: "users", RefColumns: []string{"id"}})
			ops.AddCheck("users", "ck_age", "{age} > 0")
		}, 1, 1},
		"a new table that refers to it between": {func(ops *op.Ops) {
			ops.AddUnique("users", "uq_email", "email")
			mail := schema.Define("mail")
			mail.Integer("id").PrimaryKey()
			mail.String("to", 50).Null().References("users", "email", schema.Cascade)
			ops.CreateTable(mail)
			ops.AlterColumn("users", "name").NotNull()
		}, 1, 0},
		"a renamed column between": {func(ops *op.Ops) {
			ops.AlterColumn("users", "name").NotNull()
			ops.RenameColumn("users", "age", "years")
			ops.AddUnique("users", "uq_email", "email")
		}, 1, 0},
		"the renamed column itself": {func(ops *op.Ops) {
			ops.AddCheck("users", "ck_age", "{age} > 0")
			ops.RenameColumn("users", "age", "years")
			ops.AlterColumn("users", "years").NotNull()
		}, 2, 0},
		"rows between": {func(ops *op.Ops) {
			ops.AlterColumn("users", "name").NotNull()
			ops.Execute("UPDATE {users} SET {email} = {name} WHERE {email} IS NULL")
			ops.AlterColumn("users", "email").NotNull()
		}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
				defer clean(t, eng)
				for _, tb := range owners() {
					mustRun(t, eng, op.CreateTable{Table: tb})
				}
				mustRun(t, eng, op.BulkInsert{Table: "users", Columns: []string{"id", "name", "email", "age"},
					Rows: [][]any{{int64(1), "Ada", "ada@x", int64(36)}, {int64(2), "Bo", "bo@x", int64(7)}}})
				ops := record(t, c.ops)
				want := state(t, eng)
				if err := want.Apply(ops...); err != nil {
					t.Fatal(err)
				}
				if !eng.Dialect().Has(schema.AlterInPlace) {
					if n := copies(t, eng, ops); n["users"] != c.users || n["projects"] != c.projects {
						t.Errorf("copies %v, wanted %d of users and %d of projects", n, c.users, c.projects)
					}
				}
				mustRun(t, eng, op.Together(ops)...)
				if d := schema.Diff(inspect(t, eng), want.Tables()); len(d) > 0 {
					t.Errorf("differs:%s", lines(d))
				}
				if name == "a value for rows that exist" {
					if got := table(t, eng, "SELECT {folded}, {twice} FROM {users} ORDER BY {id}", "folded",
						"twice"); strings.Join(got, " ") != "ada|72 bo|14" {
						t.Errorf("rows %v", got)
					}
				}
				if name == "a value of a column that becomes another" {
					if got := table(t, eng, "SELECT {old} FROM {users} ORDER BY {id}", "old"); strings.Join(got,
						", ") != "36 years, 7 years" {
						t.Errorf("rows %v", got)
					}
				}
			})
		})
	}
}

// TestOneRebuildOfAComparison: so do the changes that a comparison finds, in
// whatever order it finds them.
func TestOneRebuildOfAComparison(t *testing.T) {
	eng := sqliteWith(t, nil)
	before := owners()
	for _, tb := range before {
		mustRun(t, eng, op.CreateTable{Table: tb})
	}
	after := owners()
	users, projects := after[0], after[1]
	users.Column("name").Nullable, projects.Column("owner").Nullable = false, false
	users.Column("age").Type.Kind = schema.BigInt
	users.Check("ck_age", "{age} > 0")
	users.Index("ix_users_name", "name")
	users.Uniques = append(users.Uniques, &schema.Unique{Name: "uq_email", Columns: []string{"email"}})
	projects.Check("ck_owner", "{owner} > 0")
	projects.ForeignKey(&schema.ForeignKey{Name: "fk_owner", Columns: []string{"owner"}, RefTable: "users",
		RefColumns: []string{"id"}})
	live := inspect(t, eng)
	ops := op.FromChanges(schema.Diff(live, normalize(t, eng, after)), live...)
	if n := copies(t, eng, ops); n["users"] != 1 || n["projects"] != 1 {
		t.Errorf("copies %v of\n%v", n, ops)
	}
	mustRun(t, eng, op.Together(ops)...)
	if d := schema.Diff(inspect(t, eng), normalize(t, eng, after)); len(d) > 0 {
		t.Errorf("differs:%s", lines(d))
	}
}
