package op_test

import (
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// TestConstraintsHold: a row that violates a constraint is refused once it is
// added, accepted once it is dropped, and refuses the constraint when it is
// there first.
func TestConstraintsHold(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		p := schema.Define("p")
		p.Integer("id").PrimaryKey()
		c := schema.Define("c")
		c.Integer("id")
		c.String("a", 20).Null()
		c.Integer("n").Null()
		c.Integer("p_id").Null()
		mustRun(t, eng, op.CreateTable{Table: p}, op.CreateTable{Table: c})
		must(t, eng, "INSERT INTO {p} ({id}) VALUES (1)")
		for n := range 3 {
			must(t, eng, "INSERT INTO {c} ({id}, {a}, {n}, {p_id}) VALUES (?, ?, ?, 1)", n, string(rune('a'+n)), n)
		}
		for _, x := range []struct {
			name      string
			add, drop func(ops *op.Ops)
			bad       string
			code      dberr.Code
		}{
			{"unique", func(ops *op.Ops) { ops.AddUnique("c", "", "a") }, func(ops *op.Ops) { ops.DropUnique("c", "", "a") },
				"INSERT INTO {c} ({id}, {a}) VALUES (9, 'a')", dberr.AlreadyExists},
			{"unique by name", func(ops *op.Ops) { ops.AddUnique("c", "uq_c", "a", "n") }, func(ops *op.Ops) { ops.DropUnique("c", "uq_c") },
				"INSERT INTO {c} ({id}, {a}, {n}) VALUES (9, 'a', 0)", dberr.AlreadyExists},
			{"unique index", func(ops *op.Ops) {
				ops.CreateIndex("c", &schema.Index{Name: "ux_c", Unique: true, Parts: []schema.IndexPart{{Column: "a"}}})
			}, func(ops *op.Ops) { ops.DropIndex("c", "ux_c") }, "INSERT INTO {c} ({id}, {a}) VALUES (9, 'a')",
				dberr.AlreadyExists},
			{"unique partial index", func(ops *op.Ops) {
				ops.CreateIndex("c", &schema.Index{Name: "ux_c", Unique: true, Parts: []schema.IndexPart{{Column: "a"}},
					Where: "{n} > 0"})
			}, func(ops *op.Ops) { ops.DropIndex("c", "ux_c") }, "INSERT INTO {c} ({id}, {a}, {n}) VALUES (9, 'b', 5)",
				dberr.AlreadyExists},
			{"unique expression index", func(ops *op.Ops) {
				ops.CreateIndex("c", &schema.Index{Name: "ux_c", Unique: true, Parts: []schema.IndexPart{{Expr: "lower({a})"}}})
			}, func(ops *op.Ops) { ops.DropIndex("c", "ux_c") }, "INSERT INTO {c} ({id}, {a}) VALUES (9, 'B')",
				dberr.AlreadyExists},
			{"foreign key", func(ops *op.Ops) {
				ops.AddForeignKey("c", schema.ForeignKey{Columns: []string{"p_id"}, RefTable: "p", RefColumns: []string{"id"},
					OnDelete: schema.Cascade, OnUpdate: schema.Cascade})
			}, func(ops *op.Ops) { ops.DropForeignKey("c", "", "p_id") }, "INSERT INTO {c} ({id}, {p_id}) VALUES (9, 77)",
				dberr.ForeignKey},
			{"check", func(ops *op.Ops) { ops.AddCheck("c", "", "{n} >= 0") }, func(ops *op.Ops) { ops.DropCheck("c", "ck_c_n") },
				"INSERT INTO {c} ({id}, {n}) VALUES (9, -1)", dberr.Check},
			{"check without a name", func(ops *op.Ops) {
				ops.Do(op.AddCheck{Table: "c", Check: &schema.Check{Expr: "{n}>=0 and {n}<100"}})
			}, func(ops *op.Ops) { ops.Do(op.DropCheck{Table: "c", Expr: "{n} >= 0 AND {n} < 100"}) },
				"INSERT INTO {c} ({id}, {n}) VALUES (9, 100)", dberr.Check},
			{"primary key", func(ops *op.Ops) { ops.SetPrimaryKey("c", "", "id") }, func(ops *op.Ops) { ops.SetPrimaryKey("c", "") },
				"INSERT INTO {c} ({id}) VALUES (0)", dberr.AlreadyExists},
			{"not null", func(ops *op.Ops) { ops.AlterColumn("c", "a").NotNull() }, func(ops *op.Ops) { ops.AlterColumn("c", "a").Null() },
				"INSERT INTO {c} ({id}, {a}) VALUES (9, NULL)", dberr.NotNull},
		} {
			before := state(t, eng)
			mustRun(t, eng, record(t, x.add)...)
			if _, err := op.Run(t.Context(), eng, x.bad); dberr.CodeOf(err) != x.code {
				t.Errorf("%s: a row that violates it: %v", x.name, err)
			}
			mustRun(t, eng, record(t, x.drop)...)
			if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
				t.Errorf("%s: dropped, there is left:%s", x.name, lines(d))
			}
			if _, err := op.Run(t.Context(), eng, x.bad); err != nil {
				t.Errorf("%s: the row after it was dropped: %v", x.name, err)
			}
			if err := run(t, eng, record(t, x.add)...); err == nil {
				t.Errorf("%s: it is added over a row that violates it", x.name)
			}
			if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
				t.Errorf("%s: refused, it left:%s", x.name, lines(d))
			}
			if got := table(t, eng, "SELECT count(*) AS n FROM {c}", "n"); got[0] != "4" {
				t.Errorf("%s: %s rows", x.name, got[0])
			}
			must(t, eng, "DELETE FROM {c} WHERE {id} = 9 OR {id} = 0 AND {a} IS NULL")
		}
	})
}

// TestDropIndexedColumn drops a column that indexes, a unique constraint, a
// check and a foreign key are over, of a table with rows.
func TestDropIndexedColumn(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		makeRich(t, eng)
		rows := make([][]any, 1000)
		for n := range rows {
			rows[n] = []any{int64(n + 100), "x", int64(n + 1)}
			rows[n][1] = "row " + string(rune('a'+n%26)) + string(rune('a'+n/26%26)) + string(rune('a'+n/676))
		}
		mustRun(t, eng, op.BulkInsert{Table: "t", Columns: []string{"id", "a", "n"}, Rows: rows})
		before := state(t, eng)
		for _, column := range []string{"a", "p_id"} {
			ops := record(t, func(ops *op.Ops) { ops.DropColumn("t", column) })
			back, err := op.Reverse(before, ops)
			if err != nil {
				t.Fatal(err)
			}
			mustRun(t, eng, ops...)
			if got := table(t, eng, "SELECT count(*) AS n, sum({n}) AS s FROM {t}", "n", "s"); got[0] != "1003|500506" {
				t.Errorf("%s: rows %s", column, got[0])
			}
			if column == "a" {
				must(t, eng, "UPDATE {t} SET {n} = {n}") // nothing that hung on it is left
				continue                                 // its index is unique, and what comes back is one value
			}
			mustRun(t, eng, back...)
		}
		if tb := state(t, eng).Table("t"); tb.Column("a") != nil || tb.Column("p_id") == nil || len(tb.ForeignKeys) != 1 {
			t.Errorf("columns %v", tb.Columns)
		}
	})
}

// Two indexes over one expression come and go in any order, also where they
// share a column that the engine needs for it, which is named after one.
func TestIndexesThatShareAnExpression(t *testing.T) {
	index := func(name string) *schema.Index {
		return &schema.Index{Name: name, Unique: true, Parts: []schema.IndexPart{{Expr: "lower({c})"}}}
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		for _, order := range [][2]string{{"ix_b", "ix_a"}, {"ix_a", "ix_b"}} {
			made := schema.Define("t")
			made.BigInt("id").PrimaryKey()
			made.String("c", 40).Null()
			mustRun(t, eng, op.CreateTable{Table: made})
			before := state(t, eng)
			for _, name := range order {
				mustRun(t, eng, op.CreateIndex{Table: "t", Index: index(name)})
			}
			mustRun(t, eng, record(t, func(ops *op.Ops) {
				ops.Batch("t", func(ops *op.Ops) {
					ops.DropIndex("t", "ix_a")
					ops.DropIndex("t", "ix_b")
				})
			})...)
			if diff := lines(schema.Diff(state(t, eng).Tables(), before.Tables())); diff != "" {
				t.Errorf("%v: %s", order, diff)
			}
			mustRun(t, eng, op.DropColumn{Table: "t", Column: "c"}, op.DropTable{Name: "t"})
		}
	})
}

// A check, a unique constraint or a foreign key without a name stands beside one
// of the same meaning that has one: without a name it is dropped again.
func TestUnnamedBesideNamed(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		p := schema.Define("p")
		p.BigInt("id").PrimaryKey()
		c := schema.Define("c")
		c.BigInt("id").PrimaryKey()
		c.BigInt("n")
		c.Check("a_first", "{n} > 0")
		c.Check("z_last", "{n} > 0")
		key := schema.ForeignKey{Columns: []string{"n"}, RefTable: "p", RefColumns: []string{"id"}}
		named := key
		named.Name = "a_key"
		c.ForeignKeys = append(c.ForeignKeys, &named)
		c.UniqueIndex("a_unique", "n", "id") // some engines keep a constraint as the like
		c.UniqueIndex("z_unique", "n", "id")
		mustRun(t, eng, op.CreateTable{Table: p}, op.CreateTable{Table: c})
		before := inspect(t, eng)
		key.OnDelete = schema.Cascade
		for _, x := range []struct{ add, drop op.Op }{
			{op.AddCheck{Table: "c", Check: &schema.Check{Expr: "{n} > 0"}}, op.DropCheck{Table: "c", Expr: "{n} > 0"}},
			{op.AddForeignKey{Table: "c", ForeignKey: &key}, op.DropForeignKey{Table: "c", Columns: []string{"n"}}},
			{op.AddUnique{Table: "c", Unique: &schema.Unique{Columns: []string{"n", "id"}}}, op.DropUnique{Table: "c", Columns: []string{"n", "id"}}},
		} {
			mustRun(t, eng, x.add)
			if d := schema.Diff(inspect(t, eng), before); len(d) == 0 {
				t.Errorf("%v: nothing was added", x.add)
			}
			mustRun(t, eng, x.drop)
			if d := schema.Diff(inspect(t, eng), before); len(d) > 0 {
				t.Errorf("%v: there is left:%s", x.drop, lines(d))
			}
		}
	})
}

// An index over an expression stays when a generated column, or another index,
// over the same one goes; and one of UUIDs can be partial.
func TestIndexesOverOneExpression(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		c := schema.Define("c")
		c.BigInt("id").PrimaryKey()
		c.String("a", 20).Null()
		c.UUID("u").Null()
		c.Indexes = append(c.Indexes, &schema.Index{Name: "ix_lower", Parts: []schema.IndexPart{{Expr: "lower({a})"}}},
			&schema.Index{Name: "ux_u", Unique: true, Parts: []schema.IndexPart{{Column: "u"}}, Where: "{a} <> ''"})
		mustRun(t, eng, op.CreateTable{Table: c})
		before := inspect(t, eng)
		g := &schema.Column{Name: "g", Type: schema.Type{Kind: schema.String, Length: 200}, Nullable: true,
			Generated: &schema.Generated{Expr: "lower({a})", Stored: true}}
		second := &schema.Index{Name: "ix_more", Parts: []schema.IndexPart{{Expr: "lower({a})"}, {Column: "id"}}}
		mustRun(t, eng, op.AddColumn{Table: "c", Column: g}, op.CreateIndex{Table: "c", Index: second})
		with := c.Clone()
		with.Columns, with.Indexes = append(with.Columns, g), append(with.Indexes, second)
		if d := schema.Diff(inspect(t, eng), normalize(t, eng, []*schema.Table{with})); len(d) > 0 {
			t.Errorf("with both:%s", lines(d))
		}
		mustRun(t, eng, op.DropColumn{Table: "c", Column: "g"}, op.DropIndex{Table: "c", Name: "ix_more"})
		if d := schema.Diff(inspect(t, eng), before); len(d) > 0 {
			t.Errorf("without both:%s", lines(d))
		}
		for n, code := range []dberr.Code{"", "", dberr.AlreadyExists} {
			_, err := op.Run(t.Context(), eng, "INSERT INTO {c} ({id}, {a}, {u}) VALUES (?, ?, ?)", n, []string{"", "x", "x"}[n],
				"6ba7b810-9dad-11d1-80b4-00c04fd430c8")
			if dberr.CodeOf(err) != code {
				t.Errorf("row %d: %v", n, err)
			}
		}
	})
}
