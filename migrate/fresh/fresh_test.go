package fresh_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
)

// helperURL, when it is set, makes the test binary a process that creates the
// database at that URL and prints what came out of it.
const helperURL = "LARDER_FRESH_TEST_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(helperURL); url != "" {
		os.Exit(helper(url))
	}
	os.Exit(m.Run())
}

func helper(url string) int {
	ctx := context.Background()
	eng, err := engine.Open(ctx, url, engine.Options{Drivers: engines.All()})
	if err != nil {
		fmt.Println("open:", err)
		return 1
	}
	defer eng.Close()
	fmt.Println("ready")
	switch err := fresh.Create(ctx, eng, tables.All(), []string{tables.Head}); {
	case err == nil:
		fmt.Println("created")
	case errors.Is(err, dberr.ErrAlreadyExists):
		fmt.Println("exists")
	default:
		fmt.Println("failed:", err)
		return 1
	}
	return 0
}

// everything is what Create makes.
func everything() []*schema.Table {
	return append(tables.All(), ledger.VersionTable("alembic_version"))
}

func normal(t testing.TB, eng *engine.Engine, ts []*schema.Table) []*schema.Table {
	t.Helper()
	out := make([]*schema.Table, len(ts))
	for i, tab := range ts {
		n, err := eng.DDL().Normalize(tab)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = n
	}
	return out
}

func inspect(t testing.TB, eng *engine.Engine) []*schema.Table {
	t.Helper()
	live, err := eng.Inspect(t.Context(), driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// whole fails the test unless the database is exactly what Create makes.
func whole(t *testing.T, eng *engine.Engine) {
	t.Helper()
	live, want := inspect(t, eng), normal(t, eng, everything())
	for _, c := range schema.Diff(live, want) {
		t.Errorf("live to declared: %s", c)
	}
	for _, c := range schema.Diff(want, live) {
		t.Errorf("declared to live: %s", c)
	}
	if got := stamps(t, eng); !slices.Equal(got, []string{tables.Head}) {
		t.Errorf("stamped %v", got)
	}
}

func stamps(t *testing.T, eng *engine.Engine) []string {
	t.Helper()
	rows, err := eng.Query(t.Context(), engine.Statement{SQL: "SELECT version_num FROM alembic_version ORDER BY 1"})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func create(t testing.TB, eng *engine.Engine) {
	t.Helper()
	if err := fresh.Create(t.Context(), eng, tables.All(), []string{tables.Head}); err != nil {
		t.Fatal(err)
	}
}

func TestCreate(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		start := time.Now()
		create(t, eng)
		t.Logf("created in %s", time.Since(start).Round(time.Millisecond))
		whole(t, eng)

		// Again: refused, nothing changed.
		err := fresh.Create(t.Context(), eng, tables.All(), []string{"other"})
		if !errors.Is(err, dberr.ErrAlreadyExists) {
			t.Errorf("a second time: %v, want already_exists", err)
		}
		if !strings.Contains(fmt.Sprint(err), "access_grant") {
			t.Errorf("the message names no table: %v", err)
		}
		whole(t, eng)
	})
}

func TestCreateRefusesADatabaseWithOneOfTheTables(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		own := schema.Define("user")
		own.BigInt("id").PrimaryKey()
		if err := fresh.CreateLocked(t.Context(), eng, []*schema.Table{own}, nil); err != nil {
			t.Fatal(err)
		}
		if got := stamps(t, eng); len(got) != 0 {
			t.Errorf("stamped %v where nothing was asked for", got)
		}
		before := inspect(t, eng)
		if err := fresh.Create(t.Context(), eng, tables.All(), []string{tables.Head}); !errors.Is(err,
			dberr.ErrAlreadyExists) {
			t.Errorf("%v, want already_exists", err)
		}
		for _, c := range schema.Diff(before, inspect(t, eng)) {
			t.Errorf("changed: %s", c)
		}
	})
}

func TestCreateBesideOtherTables(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		other := schema.Define("somebody_elses")
		other.BigInt("id").PrimaryKey()
		statements, err := eng.DDL().CreateTables(other)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			if _, err := eng.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
				t.Fatal(err)
			}
		}
		create(t, eng)
		if len(inspect(t, eng)) != len(everything())+1 {
			t.Error("not all tables are there")
		}
	})
}

// A failure in the middle leaves nothing where that can be, and is told as what
// it is; once its cause is gone, the creation goes through.
func TestAFailureInTheMiddle(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		wrong := tables.All()
		bad := tables.Note.Table.Clone()
		bad.ForeignKey(&schema.ForeignKey{Name: "note_wrong", Columns: []string{"user_id"}, RefTable: "user",
			RefColumns: []string{"name"}})
		bad.Check("note_check", "no_such_function({title}) > 0")
		wrong[slices.IndexFunc(wrong, func(t *schema.Table) bool { return t.Name == "note" })] = bad
		if err := fresh.Create(t.Context(), eng, wrong, []string{tables.Head}); err == nil {
			t.Fatal("an impossible table was created")
		}
		left := inspect(t, eng)
		if eng.Dialect().Has(schema.TransactionalDDL) && len(left) != 0 {
			t.Errorf("%d tables are left, the first is %s", len(left), left[0].Name)
		}
		create(t, eng)
		whole(t, eng)
	})
}

// What an unfinished creation left is compared before it counts as done.
func TestAnUnfinishedCreationOfSomethingElse(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		if eng.Dialect().Has(schema.TransactionalDDL) {
			return // nothing unfinished can be left
		}
		other := tables.User.Table.Clone()
		other.Columns = other.Columns[:5]
		other.Indexes, other.Variants = nil, nil
		impossible := schema.Define("impossible")
		impossible.BigInt("id").PrimaryKey()
		impossible.Check("impossible_check", "no_such_function({id}) > 0")
		if err := fresh.Create(t.Context(), eng, []*schema.Table{other, impossible}, nil); err == nil {
			t.Fatal("an impossible table was created")
		}
		err := fresh.Create(t.Context(), eng, tables.All(), []string{tables.Head})
		if !errors.Is(err, dberr.ErrSchemaMismatch) || !strings.Contains(fmt.Sprint(err), "user") {
			t.Errorf("%v, want schema_mismatch that names the table", err)
		}
	})
}

func TestEightProcessesCreateOneDatabase(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		const processes = 8
		var mu sync.Mutex
		var wg sync.WaitGroup
		counts := map[string]int{}
		for range processes {
			wg.Go(func() {
				cmd := exec.CommandContext(t.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), helperURL+"="+db.URL)
				out, err := cmd.CombinedOutput()
				last := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(out)), "ready"))
				mu.Lock()
				defer mu.Unlock()
				counts[last]++
				if err != nil {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
		wg.Wait()
		if counts["created"] != 1 || counts["exists"] != processes-1 {
			t.Errorf("%v", counts)
		}
		whole(t, enginetest.Open(t, db.URL, engine.Options{}))
	})
}

// A process that is killed while it creates leaves a database that the next one
// finishes, or an empty one.
func TestKilledWhileCreating(t *testing.T) {
	testdb.Each(t, func(t *testing.T, first testdb.DB) {
		interrupted := 0
		for round := range 4 {
			db := first
			if round > 0 {
				db = testdb.New(t, first.Engine)
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), helperURL+"="+db.URL)
			pipe, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := pipe.Read(make([]byte, 16)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(2+round*round*20) * time.Millisecond)
			_ = cmd.Process.Kill()
			_ = cmd.Wait()

			eng := enginetest.Open(t, db.URL, engine.Options{})
			switch err := fresh.Create(t.Context(), eng, tables.All(), []string{tables.Head}); {
			case err == nil:
				interrupted++
			case errors.Is(err, dberr.ErrAlreadyExists):
				// It had finished before it was killed.
			default:
				t.Errorf("round %d: %v", round, err)
			}
			whole(t, eng)
		}
		t.Logf("%d of 4 creations were interrupted", interrupted)
	})
}

func BenchmarkCreate(b *testing.B) {
	for _, e := range testdb.Engines() {
		b.Run(e, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				db := testdb.New(b, e)
				eng := enginetest.Open(b, db.URL, engine.Options{})
				b.StartTimer()
				create(b, eng)
			}
		})
	}
}
