package migratetest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Kit is what the tests work with.
type Kit struct {
	Lineages []migrate.Lineage
	// Open returns an engine on an empty database, a new one at each call,
	// and closes it when the test ends.
	Open func(t testing.TB) *engine.Engine
	// Floor is the revision below which downgrades are not tested, because one
	// of those cannot be undone; empty is base.
	Floor string
	// Args are what data steps are told; see op.Data.Arg.
	Args map[string]string
}

func (k Kit) runner(t testing.TB, eng *engine.Engine) *migrate.Runner {
	t.Helper()
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: k.Lineages, Snapshot: migrate.SnapshotNever,
		Args: k.Args})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// All runs every test of this package as a subtest.
func All(t *testing.T, k Kit) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t testing.TB, k Kit)
	}{
		{"single head", func(t testing.TB, k Kit) { t.Helper(); SingleHead(t, k.Lineages...) }},
		{"upgrade", Upgrade}, {"models match", ModelsMatch}, {"up and down", UpDown}, {"stairway", Stairway}, {"no trace",
			NoTrace},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, k) })
	}
}

// SingleHead asserts that each lineage has one head: nobody forgot a merge.
func SingleHead(t testing.TB, lineages ...migrate.Lineage) {
	t.Helper()
	r, err := migrate.New(migrate.Options{Lineages: lineages})
	if err != nil {
		t.Fatal(err)
	}
	heads, err := r.Heads(false)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string][]string{}
	for _, h := range heads {
		by[h.Lineage] = append(by[h.Lineage], h.ID)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if len(by[name]) > 1 {
			t.Errorf("lineage %s has %d heads: %s; merge them", name, len(by[name]), strings.Join(by[name], ", "))
		}
	}
}

// Upgrade asserts that an empty database can be brought to the heads, and that
// there is nothing to do then.
func Upgrade(t testing.TB, k Kit) {
	t.Helper()
	r := k.runner(t, k.Open(t))
	if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
		t.Fatalf("upgrade of an empty database: %v", err)
	}
	rep, err := r.Upgrade(t.Context(), "heads")
	if err != nil || len(rep.Ran) > 0 {
		t.Errorf("at the heads, upgrade ran %v: %v", rep.Ran, err)
	}
}

// ModelsMatch asserts that the migrations make the tables that the lineages
// declare.
func ModelsMatch(t testing.TB, k Kit) {
	t.Helper()
	r := k.runner(t, k.Open(t))
	if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
		t.Fatalf("upgrade of an empty database: %v", err)
	}
	f, err := r.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Differences {
		t.Errorf("the migrations do not make what lineage %s declares; to do: %s", d.Lineage, d.Text)
	}
}

// ids returns the revisions of the lineages, oldest first.
func (k Kit) ids(t testing.TB, r *migrate.Runner) []migrate.RevisionInfo {
	t.Helper()
	l, err := r.History(context.Background(), "", false)
	if err != nil {
		t.Fatal(err)
	}
	// Lineages come one after the other, each newest first.
	var out []migrate.RevisionInfo
	for _, name := range r.Lineages() {
		var part []migrate.RevisionInfo
		for _, x := range l {
			if x.Lineage == name {
				part = append(part, x)
			}
		}
		slices.Reverse(part)
		out = append(out, part...)
	}
	return out
}

// below reports which revisions are at or below the floor, by id.
func (k Kit) below(t testing.TB, r *migrate.Runner) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	if k.Floor == "" {
		return out
	}
	l, err := r.History(context.Background(), ":"+k.Floor, false)
	if err != nil {
		t.Fatalf("the floor: %v", err)
	}
	for _, x := range l {
		out[x.ID] = true
	}
	return out
}

// in returns the runner of a revision's lineage.
func in(t testing.TB, r *migrate.Runner, x migrate.RevisionInfo) *migrate.Runner {
	t.Helper()
	only, err := r.In(x.Lineage)
	if err != nil {
		t.Fatal(err)
	}
	return only
}

// UpDown asserts that every revision can be applied, one by one, and then
// undone, one by one, down to the floor.
func UpDown(t testing.TB, k Kit) {
	t.Helper()
	r := k.runner(t, k.Open(t))
	ids, below := k.ids(t, r), k.below(t, r)
	for _, x := range ids {
		if _, err := in(t, r, x).Upgrade(t.Context(), x.ID); err != nil {
			t.Fatalf("upgrade to %s: %v", x.ID, err)
		}
	}
	for _, x := range slices.Backward(ids) {
		if below[x.ID] {
			continue
		}
		if _, err := in(t, r, x).Downgrade(t.Context(), down(x)); err != nil {
			t.Fatalf("downgrade of %s: %v", x.ID, err)
		}
	}
}

// down is the target that undoes a revision.
func down(x migrate.RevisionInfo) string {
	if len(x.Down) == 0 {
		return x.ID + "@base"
	}
	return x.Down[0]
}

// Stairway asserts for every revision above the floor that it can be applied,
// undone and applied again, each from where the one before it left off.
func Stairway(t testing.TB, k Kit) {
	t.Helper()
	stairs(t, k, nil)
}

// NoTrace asserts for every revision above the floor that undoing it leaves
// the schema as it was before it was applied.
func NoTrace(t testing.TB, k Kit) {
	t.Helper()
	stairs(t, k, func(before, after []*schema.Table, x migrate.RevisionInfo) {
		for _, d := range schema.Diff(after, before) {
			t.Errorf("revision %s leaves a trace when it is undone; to do: %s", x.ID, d)
		}
	})
}

func stairs(t testing.TB, k Kit, compare func(before, after []*schema.Table, x migrate.RevisionInfo)) {
	t.Helper()
	eng := k.Open(t)
	r := k.runner(t, eng)
	below := k.below(t, r)
	for _, x := range k.ids(t, r) {
		one := in(t, r, x)
		up := func(how string) {
			t.Helper()
			if _, err := one.Upgrade(t.Context(), x.ID); err != nil {
				t.Fatalf("%s to %s: %v", how, x.ID, err)
			}
		}
		if below[x.ID] || len(x.Down) > 1 {
			up("upgrade")
			continue
		}
		before := k.schema(t, eng)
		up("upgrade")
		if _, err := one.Downgrade(t.Context(), down(x)); err != nil {
			t.Fatalf("downgrade of %s: %v", x.ID, err)
		}
		if compare != nil {
			compare(before, k.schema(t, eng), x)
		}
		up("second upgrade")
	}
}

// schema reads the tables without those of the runner.
func (k Kit) schema(t testing.TB, eng *engine.Engine) []*schema.Table {
	t.Helper()
	ts, err := eng.Inspect(t.Context(), driver.InspectOptions{Tables: func(name string) bool {
		return !strings.HasPrefix(name, "larder_migration_") &&
			!slices.ContainsFunc(k.Lineages, func(l migrate.Lineage) bool {
				return name == l.VersionTable || l.VersionTable == "" && name == migrate.DefaultVersionTable
			})
	}})
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// Row is a row to insert: values by column.
type Row map[string]any

// Place is a database at a revision, with rows to try a migration on.
type Place struct {
	Engine *engine.Engine
	t      testing.TB
	r      *migrate.Runner
}

// At brings an empty database to a revision.
func At(t testing.TB, k Kit, target string) *Place {
	t.Helper()
	eng := k.Open(t)
	p := &Place{Engine: eng, t: t, r: k.runner(t, eng)}
	p.Upgrade(target)
	return p
}

// Before brings an empty database to what a revision finds: to the revisions
// that it follows and depends on.
func Before(t testing.TB, k Kit, id string) *Place {
	t.Helper()
	eng := k.Open(t)
	p := &Place{Engine: eng, t: t, r: k.runner(t, eng)}
	l, err := p.r.Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if len(l) != 1 {
		t.Fatalf("%s means %d revisions; name one", id, len(l))
	}
	p.r = in(t, p.r, l[0])
	for _, to := range slices.Concat(l[0].Down, l[0].DependsOn) {
		p.Upgrade(to)
	}
	return p
}

// Insert inserts rows into a table as it is at this revision.
func (p *Place) Insert(table string, rows ...Row) *Place {
	p.t.Helper()
	ctx := p.t.Context()
	ts, err := p.Engine.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool { return name == table }})
	if err != nil {
		p.t.Fatal(err)
	}
	s, err := op.NewState(p.Engine.DDL(), ts...)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, row := range rows {
		columns := slices.Sorted(maps.Keys(row))
		values := make([]any, len(columns))
		for i, c := range columns {
			values[i] = row[c]
		}
		steps, err := op.Compile(op.BulkInsert{Table: table, Columns: columns, Rows: [][]any{values}}, s,
			op.Target{Dialect: p.Engine.Dialect(), DDL: p.Engine.DDL()})
		if err != nil {
			p.t.Fatalf("insert into %s: %v", table, err)
		}
		for _, st := range steps[0].Statements {
			if _, err := p.Engine.Exec(ctx, st); err != nil {
				p.t.Fatalf("insert into %s: %v", table, err)
			}
		}
	}
	return p
}

// Upgrade goes on to a target.
func (p *Place) Upgrade(target string) *Place {
	p.t.Helper()
	if _, err := p.r.Upgrade(p.t.Context(), target); err != nil {
		p.t.Fatalf("upgrade to %s: %v", target, err)
	}
	return p
}

// Downgrade goes back to a target.
func (p *Place) Downgrade(target string) *Place {
	p.t.Helper()
	if _, err := p.r.Downgrade(p.t.Context(), target); err != nil {
		p.t.Fatalf("downgrade to %s: %v", target, err)
	}
	return p
}

// Get runs a query written as op.Execute describes and returns its rows.
func (p *Place) Get(sql string, args ...any) []op.Row {
	p.t.Helper()
	rows, err := op.Get(p.t.Context(), p.Engine, sql, args...)
	if err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
	return rows
}
