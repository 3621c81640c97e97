package migrate_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// TestNothingRemains: a revision that failed before anything of it took effect
// was not begun, on the way up and on the way down; every way is open.
func TestNothingRemains(t *testing.T) {
	first := func(ops *op.Ops) { ops.AddCheck("users", "ck_users_name", "{name} <> 'same'") }
	for name, up := range map[string]func(ops *op.Ops){
		"in its place":             first,
		"outside of a transaction": func(ops *op.Ops) { ops.OutsideTx(first) },
		"with more behind it":      func(ops *op.Ops) { first(ops); ops.AddColumn("users", op.Text("bio").Null()) },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
				if name == "outside of a transaction" && !eng.Dialect().Has(schema.AlterInPlace) {
					t.Skip("a rebuild begins with a table of its own, which stands")
				}
				broken := migrate.Revision{ID: "bb3333333333", Down: []string{"ab2222222222"}, Upgrade: up}
				r := runner(t, eng, createUsers, addPosts, broken)
				upgrade(t, r, "ab22")
				if _, err := op.Run(t.Context(), eng, "UPDATE {users} SET {name} = 'same'"); err != nil {
					t.Fatal(err)
				}
				_, err := r.Upgrade(t.Context(), "head")
				if err == nil || !strings.Contains(err.Error(), "nothing of this revision remains") {
					t.Fatalf("got %v", err)
				}
				f, err := r.Check(t.Context())
				if err != nil || len(f.HalfApplied) > 0 || len(f.Partial) > 0 || len(f.Behind) != 1 {
					t.Errorf("check: %+v %v", f, err)
				}
				if did, err := r.Repair(t.Context(), migrate.RepairOptions{}); err != nil || len(did) > 0 {
					t.Errorf("repaired %v: %v", did, err)
				}
				downgrade(t, r, "aa11")
				upgrade(t, r, "ab22")
				if _, err := op.Run(t.Context(), eng, "UPDATE {users} SET {name} = {id}"); err != nil {
					t.Fatal(err)
				}
				upgrade(t, r, "head")
			})
		})
	}
}
