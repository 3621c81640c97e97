package op_test

import (
	"slices"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Every column that can be declared for AddColumn is the one that a table of
// the same declaration has.
func TestDeclaredColumns(t *testing.T) {
	columns := []schema.ColumnDef{
		op.String("c_string", 40), op.Text("c_text"), op.Integer("c_integer"), op.BigInt("c_bigint"), op.SmallInt("c_smallint"),
		op.Boolean("c_boolean"), op.Float("c_float"), op.Numeric("c_numeric", 12,
			3), op.Date("c_date"), op.Time("c_time"), op.DateTime("c_datetime"),
		op.DateTimeTZ("c_datetimetz"), op.JSON("c_json"), op.JSONB("c_jsonb"), op.Bytes("c_bytes"), op.UUID("c_uuid"), op.Enum("c_enum", "c_enum_type", "a", "b"),
		op.Typed("c_typed", schema.Type{Kind: schema.DateTime, WithZone: true}),
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		add, whole := schema.Define("added"), schema.Define("whole")
		add.BigInt("id").PrimaryKey()
		whole.BigInt("id").PrimaryKey()
		if err := run(t, eng, op.CreateTable{Table: add}, op.CreateTable{Table: whole}); err != nil {
			t.Fatal(err)
		}
		var ops []op.Op
		for _, c := range columns {
			col := *c.Null().Column
			ops = append(ops, op.AddColumn{Table: "added", Column: &col})
			whole.Typed(c.Name, col.Type).Null()
		}
		if err := run(t, eng, ops...); err != nil {
			t.Fatal(err)
		}
		if err := run(t, eng, op.DropTable{Name: "whole"}, op.CreateTable{Table: whole}); err != nil {
			t.Fatal(err)
		}
		tables := inspect(t, eng)
		at := func(name string) *schema.Table {
			return tables[slices.IndexFunc(tables, func(x *schema.Table) bool { return x.Name == name })]
		}
		for _, c := range columns {
			a, w := at("added").Column(c.Name), at("whole").Column(c.Name)
			if a == nil || w == nil || a.Type.Kind != w.Type.Kind || a.Type.Raw != w.Type.Raw || a.Type.Length != w.Type.Length {
				t.Errorf("%s: %+v, in a table of its own %+v", c.Name, a, w)
			}
		}
	})
}
