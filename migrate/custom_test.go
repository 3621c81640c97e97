package migrate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// createView is an operation of a program's own.
type createView struct{ Name, Query string }

func (o createView) String() string { return "create view " + o.Name }

func (o createView) Record(ops *op.Ops) {
	ops.Execute("CREATE VIEW {" + o.Name + "} AS " + o.Query).ChangesSchema()
}

func (o createView) Undo(ops *op.Ops) {
	ops.Execute("DROP VIEW {" + o.Name + "}").ChangesSchema().NoReverse()
}

// withView uses it beside an operation of the package.
var withView = migrate.Revision{ID: "cc4444444444", Down: []string{"ba3333333333"}, Doc: "a view", Upgrade: func(ops *op.Ops) {
	ops.AddColumn("users", op.Text("bio").Null())
	ops.Use(createView{"people", "SELECT {id}, {name} FROM {users} WHERE {bio} IS NULL"})
}}

// TestCustomOperations: a program's own operation is planned, written as a
// script, run, recorded, and undone.
func TestCustomOperations(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		eng := enginetest.Open(t, db.URL, engine.Options{})
		revs := append(line(), withView)
		r := runner(t, eng, revs...)
		upgrade(t, r, "ba33")
		before := snapshotOf(t, eng)
		p, err := r.Plan(t.Context(), migrate.Up, "head")
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := p.WriteText(&text); err != nil || !p.Steps[0].Reversible ||
			!strings.Contains(text.String(), "CREATE VIEW ") {
			t.Errorf("plan %v\n%s", err, text.String())
		}
		upgrade(t, r, "head")
		if n := one[int](t, eng, "SELECT count(*) FROM people"); n != 2 {
			t.Errorf("the view has %d rows", n)
		}
		if f, err := r.Check(t.Context()); err != nil || !f.OK() {
			t.Errorf("check %+v %v", f, err)
		}
		downgrade(t, r, "-1")
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "SELECT * FROM people", Write: true}); err == nil {
			t.Error("the view stayed")
		}
		if d := schema.Diff(snapshotOf(t, eng), before); len(d) > 0 {
			t.Errorf("after the way back: %v", d)
		}
		feed(t, db, sql(t, offline(t, db.URL, revs...), migrate.Up, "ba33", "head"))
		if n := one[int](t, eng, "SELECT count(*) FROM people"); n != 2 {
			t.Errorf("by a script the view has %d rows", n)
		}
		feed(t, db, sql(t, offline(t, db.URL, revs...), migrate.Down, "head", "ba33"))
		upgrade(t, r, "head")
	})
}

// TestTriggersAreOneStatement: the body of what a statement makes is part of it.
func TestTriggersAreOneStatement(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		eng := enginetest.Open(t, db.URL, engine.Options{})
		r := runner(t, eng, append(line(), migrate.Revision{ID: "cc4444444444", Down: []string{"ba3333333333"}, Upgrade: func(ops *op.Ops) {
			ops.CreateTable(func() *schema.Table { t := schema.Define("seen"); t.String("id", 36); return t }())
			ops.Execute("CREATE TRIGGER {see} AFTER INSERT ON {users} FOR EACH ROW BEGIN INSERT INTO {seen} ({id}) VALUES (NEW.{id}); INSERT INTO {seen} ({id}) VALUES ('again'); END").
				When(schema.NativeJSON, "").ChangesSchema().NoReverse()
		}})...)
		upgrade(t, r, "head")
	})
}

// TestConcurrentlyInATransaction: written by hand, an index that is made
// concurrently needs a block; the message says so, and nothing stands.
func TestConcurrentlyInATransaction(t *testing.T) {
	eng := enginetest.Open(t, testdb.New(t, testdb.PostgreSQL).URL, engine.Options{})
	byHand := migrate.Revision{ID: "cc4444444444", Down: []string{"ba3333333333"}, Upgrade: func(ops *op.Ops) {
		ops.AddColumn("users", op.Text("bio").Null())
		ops.Execute("CREATE INDEX CONCURRENTLY {ix_by_hand} ON {users} ({name})").NoReverse()
	}}
	r := runner(t, eng, append(line(), byHand)...)
	_, err := r.Upgrade(t.Context(), "head")
	if err == nil || !strings.Contains(err.Error(), "transaction") ||
		!strings.Contains(err.Error(), "nothing of this revision remains") {
		t.Errorf("got %v", err)
	}
	inBlock := byHand
	inBlock.Upgrade = func(ops *op.Ops) {
		ops.OutsideTx(func(ops *op.Ops) {
			ops.Execute("CREATE INDEX CONCURRENTLY {ix_by_hand} ON {users} ({name})").NoReverse()
			ops.Execute("CREATE INDEX CONCURRENTLY {ix_too} ON {users} ({nothing})").NoReverse()
		})
	}
	r = runner(t, eng, append(line(), inBlock)...)
	if _, err := r.Upgrade(t.Context(), "head"); err == nil ||
		!strings.Contains(err.Error(), "this step of the revision has been applied and remains") {
		t.Errorf("got %v", err)
	}
	if got := rows(t, r); len(got) != 1 || got[0] != "ba3333333333" {
		t.Errorf("at %v", got)
	}
	inBlock.Upgrade = func(ops *op.Ops) {
		ops.OutsideTx(func(ops *op.Ops) {
			ops.Execute("CREATE INDEX CONCURRENTLY {ix_by_hand} ON {users} ({name})").NoReverse()
			ops.Execute("CREATE INDEX CONCURRENTLY {ix_too} ON {users} ({email})").NoReverse()
			ops.Execute("VACUUM {users}").NoReverse()
		})
	}
	r = runner(t, eng, append(line(), inBlock)...)
	if rep := upgrade(t, r, "head"); len(rep.Ran) != 1 || !rep.Ran[0].Resumed {
		t.Errorf("ran %+v", rep.Ran)
	}
	if n := one[int](t, eng, "SELECT count(*) FROM pg_indexes WHERE indexname IN ('ix_by_hand', 'ix_too')"); n != 2 {
		t.Errorf("%d indexes", n)
	}
}

// TestCommentsThatAnEngineDoesNotKeep: that nothing is done is said, in the
// plan and in the script.
func TestCommentsThatAnEngineDoesNotKeep(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		eng := enginetest.Open(t, db.URL, engine.Options{})
		revs := append(line(), migrate.Revision{ID: "cc4444444444", Down: []string{"ba3333333333"}, Upgrade: func(ops *op.Ops) {
			ops.Comment("users", "who uses it")
			ops.AlterColumn("posts", "body").Comment("what they say")
		}})
		r := runner(t, eng, revs...)
		upgrade(t, r, "ba33")
		p, err := r.Plan(t.Context(), migrate.Up, "head")
		if err != nil {
			t.Fatal(err)
		}
		kept := eng.Dialect().Has(schema.Comments)
		for _, o := range p.Steps[0].Operations {
			if kept != (len(o.Statements) > 0) || kept == strings.Contains(o.Note, "makes no difference") {
				t.Errorf("%s: %+v", o.Operation, o)
			}
		}
		script := sql(t, offline(t, db.URL, revs...), migrate.Up, "ba33", "head")
		if kept == strings.Contains(script,
			"comment on table users: \"who uses it\": it makes no difference on this engine") {
			t.Errorf("the script\n%s", script)
		}
		upgrade(t, r, "head")
		users := snapshotOf(t, eng)[slices.IndexFunc(snapshotOf(t, eng),
			func(x *schema.Table) bool { return x.Name == "users" })]
		if want := map[bool]string{true: "who uses it"}[kept]; users.Comment != want {
			t.Errorf("the comment is %q", users.Comment)
		}
		downgrade(t, r, "-1")
	})
}
