package migrate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// looking is the line of revisions, whose second and third look ahead.
func looking(second, third func(ctx context.Context, p *migrate.Preflight) error) []migrate.Revision {
	revs := line()
	revs[1].Preflight, revs[2].Preflight = second, third
	return revs
}

func TestPreflight(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		asked := 0
		second := func(ctx context.Context, p *migrate.Preflight) error {
			asked++
			if p.Table("users") == nil {
				return nil
			}
			rows, err := op.Get(ctx, p, "SELECT {id} FROM {users}")
			if err == nil && len(rows) > 1 {
				p.Stop(dberr.Check, "there are two users; delete one", "user 1: ada@example.com", "user 2")
			}
			return err
		}
		third := func(_ context.Context, p *migrate.Preflight) error {
			if p.Table("users") != nil {
				p.Note("users become active")
			}
			return nil
		}
		var planned []*migrate.Plan
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: looking(second, third)}},
			Events: func(e migrate.Event) {
				if e.Kind == migrate.Planned {
					planned = append(planned, e.Plan)
				}
			}})
		// Tables are not there yet.
		if p, err := r.Plan(t.Context(), migrate.Up, "head"); err != nil || len(p.Foreseen) != 0 || asked != 1 {
			t.Errorf("%v, asked %d times, %+v", err, asked, p)
		}
		upgrade(t, r, "+1")
		if asked != 1 {
			t.Error("a revision was asked that does not run")
		}
		execute(t, eng, "DELETE FROM users")
		execute(t, eng, "INSERT INTO users (id, name, email) VALUES ('1', 'a', 'a@x')")
		execute(t, eng, "INSERT INTO users (id, name, email) VALUES ('2', 'b', 'b@x')")
		p, err := r.Plan(t.Context(), migrate.Up, "head")
		if err != nil || len(p.Foreseen) != 2 || len(p.Steps) != 2 {
			t.Fatalf("%v, %+v", err, p)
		}
		if f := p.Foreseen[0]; !f.Stops || f.Revision != "ab2222222222" || f.Lineage != "main" || len(f.Details) != 2 {
			t.Errorf("foreseen %+v", f)
		}
		if f := p.Foreseen[1]; f.Stops || f.Revision != "ba3333333333" || f.Text != "users become active" {
			t.Errorf("foreseen %+v", f)
		}
		planned = nil
		rep, err := r.Upgrade(t.Context(), "head")
		var refused *migrate.PreflightError
		if dberr.CodeOf(err) != dberr.Check || !errors.As(err, &refused) || len(refused.Findings) != 1 || len(rep.Ran) != 0 ||
			len(planned) != 0 {
			t.Fatalf("%v, ran %v, planned %d", err, rep.Ran, len(planned))
		}
		if s := err.Error(); strings.Contains(s, "@") ||
			!strings.Contains(s, "there are two users; delete one; nothing was changed") {
			t.Error(s)
		}
		if got := rows(t, r); !slices.Equal(got, []string{"aa1111111111"}) {
			t.Errorf("at %v", got)
		}
		execute(t, eng, "DELETE FROM users WHERE id = '2'")
		upgrade(t, r, "head")
		if len(planned) != 1 || len(planned[0].Steps) != 2 || len(planned[0].Foreseen) != 1 || planned[0].Foreseen[0].Stops {
			t.Errorf("planned %+v", planned)
		}
		// The way down asks nobody.
		n := asked
		downgrade(t, r, "-2")
		if asked != n {
			t.Error("the way down asked")
		}
	})
}

// A hook is no part of the revision: it may be added to one that is applied,
// and a script knows nothing of it.
func TestPreflightIsNotRecorded(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, line()...), "head")
		never := func(context.Context, *migrate.Preflight) error {
			t.Error("asked")
			return nil
		}
		r := runner(t, eng, looking(never, never)...)
		found, err := r.Check(t.Context())
		if err != nil || len(found.Edited) != 0 {
			t.Errorf("%v, edited %v", err, found.Edited)
		}
		if a, b := sql(t, r, migrate.Up, "base", "ab2222222222"),
			sql(t, runner(t, eng, line()...), migrate.Up, "base", "ab2222222222"); a != b {
			t.Error("the script is another one")
		}
	})
}

func TestPreflightReadsOnly(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, line()...), "+1")
		for what, f := range map[string]func(ctx context.Context, p *migrate.Preflight) error{
			"a write": func(ctx context.Context, p *migrate.Preflight) error {
				_, err := op.Run(ctx, p, "DELETE FROM {users}")
				return err
			},
			"a table that is not there": func(ctx context.Context, p *migrate.Preflight) error {
				_, err := op.Get(ctx, p, "SELECT {id} FROM {nothere}")
				return err
			},
		} {
			want := map[string]dberr.Code{"a write": dberr.ReadOnly, "a table that is not there": dberr.SchemaMismatch}[what]
			r := runner(t, eng, looking(f, nil)...)
			rep, err := r.Upgrade(t.Context(), "head")
			if dberr.CodeOf(err) != want || !strings.Contains(err.Error(), "ab2222222222") || len(rep.Ran) != 0 {
				t.Errorf("%s: %v", what, err)
			}
			if _, err := r.Plan(t.Context(), migrate.Up, "head"); dberr.CodeOf(err) != want {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestStanding(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		ls := []migrate.Lineage{withTables(nil)}
		ls[0].Revisions = line()
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: ls})
		standing := func() *migrate.Status {
			t.Helper()
			s, err := r.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s := standing(); !s.Empty || s.AtHead() || s.Pending != 3 {
			t.Errorf("an empty one: %+v", s)
		}
		execute(t, eng, "CREATE TABLE somebody_elses (id INTEGER)")
		if s := standing(); !s.Empty {
			t.Errorf("with a table of others: %+v", s)
		}
		execute(t, eng, "CREATE TABLE users (id INTEGER)")
		if s := standing(); s.Empty || s.AtHead() {
			t.Errorf("with a table of ours: %+v", s)
		}
		execute(t, eng, "DROP TABLE users")
		upgrade(t, r, "+2")
		if s := standing(); s.Empty || s.AtHead() || s.Pending != 1 ||
			!slices.Equal(s.Rows["main"], []string{"ab2222222222"}) ||
			!slices.Equal(s.Heads["main"], []string{"ba3333333333"}) {
			t.Errorf("behind: %+v", s)
		}
		upgrade(t, r, "head")
		if s := standing(); !s.AtHead() || s.Empty {
			t.Errorf("at the head: %+v", s)
		}
		execute(t, eng, "INSERT INTO alembic_version (version_num) VALUES ('ff')")
		if s := standing(); s.AtHead() || !slices.Equal(s.Unknown, []string{"ff"}) {
			t.Errorf("at one of another program: %+v", s)
		}
		execute(t, eng, "DELETE FROM alembic_version WHERE version_num = 'ff'")
		downgrade(t, r, "base")
		if s := standing(); s.Empty || s.AtHead() || s.Pending != 3 {
			t.Errorf("back at nothing: %+v", s)
		}
		execute(t, eng, "CREATE TABLE larder_unfinished (id INTEGER)")
		if s := standing(); s.Empty || !s.Unfinished {
			t.Errorf("in the middle of being created: %+v", s)
		}
	})
}
