package migrations_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/schema"
)

// byHand are the operations of a revision that another program does without
// rows: those of the schema, with the indexes of a new table one by one behind
// it, as Open WebUI makes them.
func byHand(t testing.TB, r migrate.Revision) []op.Op {
	t.Helper()
	ops, err := op.Record(r.Upgrade)
	if err != nil {
		t.Fatal(err)
	}
	var out []op.Op
	for o := range op.All(ops) {
		switch o := o.(type) {
		case op.DataStep, op.Execute, op.BulkInsert:
			continue
		case op.CreateTable:
			if o.Table.Name == "larder_kept" {
				continue
			}
			bare := o.Table.Clone()
			bare.Indexes = nil
			out = append(out, op.CreateTable{Table: bare, IfNotExists: true})
			for _, i := range o.Table.Indexes {
				out = append(out, op.CreateIndex{Table: bare.Name, Index: i, IfNotExists: true})
			}
			continue
		}
		out = append(out, o)
	}
	return out
}

// telling reports whether an operation leaves something that says who has been
// there.
func telling(o op.Op) bool {
	switch o := o.(type) {
	case op.DropIndex, op.DropUnique, op.DropForeignKey, op.DropCheck:
		return false
	case op.AlterColumn:
		return slices.Contains(o.Facets, schema.TypeFacet)
	}
	return true
}

// stateOf is a database as operations see it.
func stateOf(t testing.TB, eng *engine.Engine) (*op.State, op.Target) {
	t.Helper()
	tables, err := eng.Inspect(t.Context(), driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := op.NewState(eng.DDL(), tables...)
	if err != nil {
		t.Fatal(err)
	}
	return s, op.Target{Dialect: eng.Dialect(), DDL: eng.DDL(), Extras: func(table string) (x driver.Extras, err error) {
		err = eng.OnReader(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
			x, err = eng.DDL().Extras(ctx, conn, driver.InspectOptions{Schema: eng.Schema()}, table)
			return err
		})
		return x, err
	}}
}

// change makes one operation. It reports false when that changed nothing, or
// could not be done to the rows that are there.
func change(t testing.TB, eng *engine.Engine, o op.Op) bool {
	t.Helper()
	state, target := stateOf(t, eng)
	steps, err := op.Compile(o, state, target)
	if err != nil {
		return false // what it builds on was left out
	}
	done := false
	for i := range steps {
		if err := steps[i].Resolve(target); err != nil {
			t.Fatal(err)
		}
		if steps[i].Script.Empty() {
			continue
		}
		var failed error
		err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
			failed = driver.RunScript(ctx, conn, steps[i].Script, driver.RunOptions{Transactional: eng.Dialect().Has(schema.TransactionalDDL),
				Fault: func(err error) error { return eng.Classify(ctx, "", err) }})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if failed != nil {
			return done
		}
		done = true
	}
	return done
}

// loses reports whether an operation takes away rows or values.
func loses(t testing.TB, eng *engine.Engine, o op.Op) bool {
	t.Helper()
	n := []string{"0"}
	switch o := o.(type) {
	case op.DropTable:
		if s, _ := stateOf(t, eng); s.Table(o.Name) != nil {
			n = ask(t, eng, "n", "SELECT count(*) AS {n} FROM {"+o.Name+"}")
		}
	case op.DropColumn:
		if s, _ := stateOf(t, eng); s.Table(o.Table) != nil && s.Table(o.Table).Column(o.Column) != nil {
			where := "{" + o.Column + "} IS NOT NULL"
			if o.Column == "access_control" {
				where = "1 = 1" // NULL is everybody
			}
			n = ask(t, eng, "n", "SELECT count(*) AS {n} FROM {"+o.Table+"} WHERE "+where)
		}
	}
	return n[0] != "0"
}

// cutOff makes the first n operations, as far as they lose nothing: from there
// on Open WebUI is in a transaction.
func cutOff(t testing.TB, eng *engine.Engine, ops []op.Op, n int) (made []op.Op) {
	t.Helper()
	for _, o := range ops[:n] {
		if loses(t, eng, o) {
			break
		}
		if change(t, eng, o) {
			made = append(made, o)
		}
	}
	return made
}

// someOf makes some of the operations, in any order in which they can be made.
func someOf(t testing.TB, eng *engine.Engine, ops []op.Op, rnd *rand.Rand) (made []op.Op) {
	t.Helper()
	for _, i := range rnd.Perm(len(ops)) {
		if rnd.IntN(2) == 0 || loses(t, eng, ops[i]) {
			continue
		}
		if change(t, eng, ops[i]) {
			made = append(made, ops[i])
		}
	}
	return made
}

// leave leaves copies of some tables, as a rebuild by Alembic that was cut off.
func leave(t testing.TB, eng *engine.Engine, rnd *rand.Rand) (names []string) {
	t.Helper()
	state, _ := stateOf(t, eng)
	tables := slices.DeleteFunc(state.Tables(), func(tab *schema.Table) bool {
		return tab.Name == "alembic_version" || strings.HasPrefix(tab.Name, "larder_")
	})
	if len(tables) == 0 {
		return nil
	}
	for range 1 + rnd.IntN(2) {
		of := tables[rnd.IntN(len(tables))]
		name := "_alembic_tmp_" + of.Name
		if slices.Contains(names, name) {
			continue
		}
		bare := &schema.Table{Name: name}
		for _, c := range of.Columns {
			if c.Generated == nil {
				bare.Columns = append(bare.Columns, &schema.Column{Name: c.Name, Type: c.Type, Nullable: true})
			}
		}
		if !change(t, eng, op.CreateTable{Table: bare}) {
			t.Fatalf("no copy of %s could be made", of.Name)
		}
		if rnd.IntN(2) == 0 {
			var list []string
			for _, c := range bare.Columns {
				list = append(list, "{"+c.Name+"}")
			}
			run(t, eng, fmt.Sprintf("INSERT INTO {%s} (%s) SELECT %s FROM {%s}", name, strings.Join(list, ", "), strings.Join(list, ", "), of.Name))
		}
		names = append(names, name)
	}
	return names
}

// databaseBefore makes a database before the n-th revision, from 0, with rows.
func databaseBefore(t testing.TB, e string, n int) (url string) {
	t.Helper()
	order := ids()
	if n == 0 {
		url = testdb.New(t, e).URL
		if _, err := runner(t, enginetest.Open(t, url, engine.Options{}), migrations.Options{}, nil).EnsureVersion(t.Context()); err != nil {
			t.Fatal(err)
		}
		return url
	}
	if dir := "testdata/steps/" + order[n-1]; e == testdb.SQLite || e == testdb.PostgreSQL {
		if _, err := os.Stat(dir); err == nil {
			return copyOf(t, e, dir) // made by Open WebUI itself
		}
	}
	at := ""
	for _, id := range fixtures(t) {
		if slices.Index(order, id) <= n-1 || at == "" {
			at = id
		}
	}
	url = copyAt(t, e, at)
	eng := enginetest.Open(t, url, engine.Options{})
	if slices.Index(order, at) > n-1 {
		downgrade(t, eng, order[n-1])
	} else {
		upgrade(t, eng, order[n-1])
	}
	return url
}

// copyOf makes a copy of a database of testdata.
func copyOf(t testing.TB, e, dir string) (url string) {
	t.Helper()
	if e == testdb.PostgreSQL {
		return postgresCopy(t, dir+"/pg.sql.gz")
	}
	return sqliteCopy(t, dir+"/webui.db.gz")
}

// outcome is what an upgrade to the head ends with.
type outcome struct {
	tables []*schema.Table
	rows   map[string][]string
}

func outcomeOf(t testing.TB, eng *engine.Engine) outcome {
	t.Helper()
	return outcome{live(t, eng), content(t, eng, true)}
}

func (o outcome) same(t testing.TB, what string, eng *engine.Engine) {
	t.Helper()
	sameSchema(t, what, o.tables, live(t, eng))
	sameContent(t, what, o.rows, content(t, eng, true), nil)
}

// cut is a way to leave a revision half-way.
type cut struct {
	name string
	make func(t testing.TB, eng *engine.Engine, ops []op.Op) []op.Op
	seed uint64
}

// cuts are the ways for a revision: each prefix, and some subsets.
func cuts(ops []op.Op, subsets int) []cut {
	var out []cut
	for n := range ops {
		out = append(out, cut{fmt.Sprintf("the first %d", n+1), func(t testing.TB, eng *engine.Engine, ops []op.Op) []op.Op {
			t.Helper()
			return cutOff(t, eng, ops, n+1)
		}, uint64(n)})
	}
	for n := range subsets {
		rnd := rand.New(rand.NewPCG(uint64(n), uint64(len(ops))))
		out = append(out, cut{fmt.Sprintf("subset %d", n), func(t testing.TB, eng *engine.Engine, ops []op.Op) []op.Op {
			t.Helper()
			return someOf(t, eng, ops, rnd)
		}, uint64(100 + n)})
	}
	return out
}

// stage makes the same half-way database as often as it is wanted.
type stage struct {
	e    string
	n    int
	file []byte // SQLite: the database before the revision
}

func newStage(t testing.TB, e string, n int) *stage {
	t.Helper()
	b := &stage{e: e, n: n}
	if e == testdb.SQLite {
		eng := enginetest.Open(t, databaseBefore(t, e, n), engine.Options{})
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := eng.Snapshot(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		var err error
		if b.file, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *stage) open(t testing.TB) *engine.Engine {
	t.Helper()
	if b.e != testdb.SQLite {
		return enginetest.Open(t, databaseBefore(t, b.e, b.n), engine.Options{})
	}
	file := filepath.Join(t.TempDir(), "webui.db")
	if err := os.WriteFile(file, b.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return enginetest.Open(t, "sqlite:///"+file, engine.Options{})
}

// halfway is a database that stands half-way.
type halfway struct {
	made []op.Op
	left []string
}

func (b *stage) cut(t testing.TB, c cut) (*engine.Engine, halfway) {
	t.Helper()
	eng := b.open(t)
	var h halfway
	h.made = c.make(t, eng, byHand(t, migrations.All()[b.n]))
	if rnd := rand.New(rand.NewPCG(c.seed, uint64(b.n))); rnd.IntN(2) == 0 {
		h.left = leave(t, eng, rnd)
	}
	return eng, h
}

// explains looks at what check says of it.
func (h halfway) explains(t testing.TB, eng *engine.Engine, id string) {
	t.Helper()
	before, rows := live(t, eng), content(t, eng, false)
	f := check(t, eng)
	if n := slices.IndexFunc(f.Partial, func(x migrate.Partial) bool { return x.Revision == id }); n < 0 && slices.ContainsFunc(h.made, telling) {
		t.Errorf("check does not see that %s is half-way: it found %+v", id, f.Partial)
	}
	var left []string
	for _, x := range f.Leftovers {
		if left = append(left, x.Table); !x.Safe() {
			t.Errorf("%s", x)
		}
	}
	slices.Sort(h.left)
	want(t, "leftovers", left, h.left...)
	sameSchema(t, "check wrote", before, live(t, eng))
	sameContent(t, "check wrote", rows, content(t, eng, false), nil)
}

// A database that is left half-way in any of the revisions, at any of its
// schema statements and at some of them only, is explained, finished by repair
// and by upgrade, and taken back where nothing is lost.
func TestEachRevisionLeftHalfway(t *testing.T) {
	for _, e := range testdb.Engines() {
		for n, rev := range migrations.All() {
			switch {
			case e == testdb.SQLite && !everyFixture && n%9 != 0:
				continue
			case e != testdb.SQLite && everyFixture && n%9 != 3:
				continue
			case e != testdb.SQLite && !everyFixture && (n != 57 || e != testdb.PostgreSQL):
				continue // the others take long for each of the upgrades
			}
			t.Run(e+"/"+rev.ID, func(t *testing.T) {
				t.Parallel()
				b := newStage(t, e, n)
				whole := b.open(t)
				before := outcomeOf(t, whole)
				upgrade(t, whole, "head")
				end := outcomeOf(t, whole)
				all := cuts(byHand(t, rev), 4)
				if !everyFixture || e != testdb.SQLite {
					rnd := rand.New(rand.NewPCG(uint64(n), 9))
					rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
					all = all[:min(len(all), 2)]
				}
				for _, c := range all {
					t.Run(c.name, func(t *testing.T) { leftHalfway(t, b, c, rev.ID, before, end) })
				}
			})
		}
	}
}

func leftHalfway(t *testing.T, b *stage, c cut, id string, before, end outcome) {
	eng, h := b.cut(t, c)
	if len(h.made)+len(h.left) == 0 {
		return
	}
	h.explains(t, eng, id)
	r := runner(t, eng, migrations.Options{}, nil)
	did, err := r.Repair(t.Context(), migrate.RepairOptions{})
	if err != nil {
		t.Fatalf("repair with %v, %v: %v", h.made, h.left, err)
	}
	if len(did) == 0 && slices.ContainsFunc(h.made, telling) {
		t.Error("repair did nothing")
	}
	silent(t, "repaired", eng)
	upgrade(t, eng, "head")
	end.same(t, "repaired and upgraded", eng)

	eng, _ = b.cut(t, c)
	upgrade(t, eng, "head")
	end.same(t, "upgraded", eng)

	eng, h = b.cut(t, c)
	switch did, err = runner(t, eng, migrations.Options{}, nil).Repair(t.Context(), migrate.RepairOptions{Undo: true}); {
	case dberr.CodeOf(err) == dberr.Unsupported:
		if len(did) > 0 {
			t.Errorf("an undo that was refused did %q", did)
		}
	case err != nil:
		t.Fatalf("undo: %v", err)
	default:
		silent(t, "taken back", eng)
		if slices.ContainsFunc(h.made, func(o op.Op) bool { return !telling(o) }) {
			break // it stays, and is no matter
		}
		sameContent(t, "taken back", without(before.rows), without(content(t, eng, true)), nil)
	}
	upgrade(t, eng, "head")
	end.same(t, "taken back and upgraded", eng)
}

// without leaves our own tables out.
func without(rows map[string][]string) map[string][]string {
	rows = maps.Clone(rows)
	maps.DeleteFunc(rows, func(name string, _ []string) bool { return strings.HasPrefix(name, "larder_") })
	return rows
}
