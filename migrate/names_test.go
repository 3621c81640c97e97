package migrate_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// TestNamesByConvention: revisions and declarations are named alike, so that a
// database made by the ones is what the others say, and what is generated has
// the names.
func TestNamesByConvention(t *testing.T) {
	names := &schema.Convention{PrimaryKey: "pk_{table}", Unique: "uq_{table}_{columns}",
		ForeignKey: "fk_{table}_{column}_{ref_table}", Check: "ck_{table}_{columns}", Index: "ix_{table}_{columns}"}
	note := func(more bool) []*schema.Table {
		p := schema.Define("owner")
		p.String("id", 36).PrimaryKey()
		n := schema.Define("note")
		n.String("id", 36).PrimaryKey()
		n.String("slug", 50).Unique()
		n.Integer("stars").Default(int64(0))
		n.Check("", "{stars} >= 0 AND {stars} < 6")
		n.String("owner_id", 36).Null().References("owner", "id", schema.Cascade)
		n.Index("", "stars DESC", "slug")
		if more {
			n.String("code", 20).Null().Unique()
			n.Check("", "{code} <> ''")
			n.Index("", "code")
		}
		return []*schema.Table{p, n}
	}
	create := migrate.Revision{ID: "a1", Upgrade: func(ops *op.Ops) {
		for _, x := range note(false) {
			ops.CreateTable(x)
		}
	}}
	more := migrate.Revision{ID: "a2", Down: []string{"a1"}, Upgrade: func(ops *op.Ops) {
		ops.AddColumn("note", op.String("code", 20).Null().Unique())
		ops.AddCheck("note", "", "{code} <> ''")
		ops.CreateIndex("note", schema.Define("").Index("", "code"))
	}}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		l := migrate.Lineage{Revisions: []migrate.Revision{create, more}, Tables: note(true), Names: names}
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}})
		upgrade(t, r, "head")
		if f, err := r.Check(t.Context()); err != nil || !f.OK() {
			t.Errorf("check %+v %v", f, err)
		}
		downgrade(t, r, "-1")
		g, err := generator(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: []migrate.Revision{create}, Tables: note(true), Names: names}}}, autogen.Layout{}).
			Autogenerate(t.Context(), autogen.Draft{ID: "a2"}, autogen.Renames{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"uq_note_code", "ck_note_code", "ix_note_code"} {
			if !strings.Contains(string(g.Source), `"`+want+`"`) {
				t.Errorf("%s is not in\n%s", want, g.Source)
			}
		}
		downgrade(t, r, "base")
	})
	if _, err := migrate.New(migrate.Options{Lineages: []migrate.Lineage{{Names: &schema.Convention{Index: "{tabel}"}}}}); dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "{tabel}") {
		t.Errorf("got %v", err)
	}
}
