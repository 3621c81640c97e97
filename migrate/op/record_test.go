package op_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

func note() *schema.Table {
	t := schema.Define("note")
	t.String("id", 36).PrimaryKey()
	t.Text("body").Null()
	t.Integer("words").Default(int64(0))
	t.Index("ix_note_words", "words")
	return t
}

func ExampleRecord() {
	ops, err := op.Record(func(ops *op.Ops) {
		ops.AddColumn("note", op.Text("title").Null())
		ops.AlterColumn("note", "words").Type(schema.Type{Kind: schema.BigInt}).NotNull()
		ops.CreateIndex("note", &schema.Index{Parts: []schema.IndexPart{{Column: "title"}}})
	})
	if err != nil {
		panic(err)
	}
	for _, o := range ops {
		fmt.Println(o)
	}
	before, err := op.NewState(nil, note())
	if err != nil {
		panic(err)
	}
	back, err := op.Reverse(before, ops)
	if err != nil {
		panic(err)
	}
	for o := range op.All(back) {
		fmt.Println("back:", o)
	}
	// Output:
	// add column note.title text null
	// alter column note.words: type bigint, not null
	// create index ix_note_title (title) on note
	// back: drop index ix_note_title of note
	// back: alter column note.words: type integer, not null
	// back: drop column note.title
}

func TestReverseGivesBackTheState(t *testing.T) {
	ops, err := op.Record(func(ops *op.Ops) {
		ops.CreateTable(note())
		ops.AddColumn("note", op.String("parent", 36).Null().References("note", "id", schema.Cascade))
		ops.AddCheck("note", "", "{words} >= 0")
		ops.AddUnique("note", "", "body", "words")
		ops.RenameColumn("note", "words", "size")
		ops.RenameTable("note", "page")
		ops.SetPrimaryKey("page", "", "id", "size")
		ops.DropColumn("page", "body")
		ops.Comment("page", "what was written")
		ops.DropTable("page")
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := op.NewState(nil)
	if err != nil {
		t.Fatal(err)
	}
	// After each prefix, the reversal of the rest leads back to it.
	for n := range ops {
		at := s.Clone()
		if err := at.Apply(ops[:n]...); err != nil {
			t.Fatal(err)
		}
		end := at.Clone()
		if err := end.Apply(ops[n:]...); err != nil {
			t.Fatal(err)
		}
		back, err := op.Reverse(at, ops[n:])
		if err != nil {
			t.Fatal(err)
		}
		if err := end.Apply(back...); err != nil {
			t.Fatalf("from %d: %v", n, err)
		}
		if d := schema.Diff(at.Tables(), end.Tables()); len(d) > 0 {
			t.Errorf("from %d: %v", n, d)
		}
	}
}

func TestLoss(t *testing.T) {
	s, err := op.NewState(nil, note())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    func(ops *op.Ops)
		want string
	}{
		{func(ops *op.Ops) { ops.AddColumn("note", op.Text("x").Null()) }, ""},
		{func(ops *op.Ops) { ops.DropColumn("note", "body") }, "column note.body with its values"},
		{func(ops *op.Ops) { ops.DropColumn("note", "body", op.Moved) }, ""},
		{func(ops *op.Ops) { ops.DropColumn("note", "nothing", op.IfExists) }, ""},
		{func(ops *op.Ops) { ops.DropTable("note") }, "table note with its rows"},
		{func(ops *op.Ops) { ops.DropTable("note", op.Moved) }, ""},
		{func(ops *op.Ops) { ops.AlterColumn("note", "words").Type(schema.Type{Kind: schema.BigInt}) }, ""},
		{func(ops *op.Ops) { ops.AlterColumn("note", "words").Type(schema.Type{Kind: schema.Boolean}) }, "what of note.words is more than yes or no (integer to boolean)"},
		{func(ops *op.Ops) { ops.Execute("DELETE FROM {note}").NoReverse("all notes") }, "all notes"},
	} {
		ops, err := op.Record(c.f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := op.Loss(s, ops)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%v: loss is %q, want %q", ops, got, c.want)
		}
	}
}

func TestIrreversibleNamesTheOperation(t *testing.T) {
	s, err := op.NewState(nil, note())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []func(ops *op.Ops){
		func(ops *op.Ops) { ops.Execute("DELETE FROM {note}") },
		func(ops *op.Ops) { ops.Data("count words", func(context.Context, *op.Data) error { return nil }) },
	} {
		ops, err := op.Record(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := op.Reverse(s, ops); !errors.Is(err, dberr.ErrUnsupported) ||
			!strings.Contains(err.Error(), ops[0].String()) {
			t.Errorf("reverse of %s: %v", ops[0], err)
		}
	}
}

func TestRecordRefuses(t *testing.T) {
	for name, f := range map[string]func(ops *op.Ops){
		"another table in a batch": func(ops *op.Ops) {
			ops.Batch("note", func(ops *op.Ops) { ops.DropColumn("page", "x") })
		},
		"rows in a batch": func(ops *op.Ops) {
			ops.Batch("note", func(ops *op.Ops) { ops.BulkInsert("note", []string{"id"}, []any{"a"}) })
		},
		"row too short": func(ops *op.Ops) { ops.BulkInsert("note", []string{"id", "body"}, []any{"a"}) },
		"key by column": func(ops *op.Ops) { ops.AddColumn("note", op.Integer("n").PrimaryKey()) },
	} {
		if _, err := op.Record(f); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestName(t *testing.T) {
	if n := op.Name("ix", "chat", "user_id", "at"); n != "ix_chat_user_id_at" {
		t.Error(n)
	}
	long := strings.Repeat("ä", 60)
	a, b := op.Name("uq", long, "x"), op.Name("uq", long, "y")
	if len(a) > schema.NameLimit || a == b || a != op.Name("uq", long, "x") || strings.ToValidUTF8(a, "?") != a {
		t.Errorf("%q %q", a, b)
	}
	if op.Name("ix", strings.Repeat("a", 70), "b_c") == op.Name("ix", strings.Repeat("a", 70)+"_b", "c") {
		t.Error("two declarations have one name")
	}
}

func TestGroup(t *testing.T) {
	ops, err := op.Record(func(ops *op.Ops) {
		ops.AddColumn("a", op.Text("x").Null())
		ops.DropColumn("a", "y")
		ops.AddColumn("b", op.Text("x").Null())
		ops.RenameColumn("b", "x", "y")
		ops.DropIndex("b", "i", op.Concurrently)
		ops.DropIndex("b", "j")
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range op.Group(ops) {
		got = append(got, o.String())
	}
	want := []string{"change table a: add column a.x text null; drop column a.y", "add column b.x text null",
		"rename column b.x to y",
		"drop index i of b concurrently", "drop index j of b"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", got)
	}
}
