package migrations_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrations"
)

// twoAnns is a database far ahead of revision 55 in which two users have one
// e-mail, written in different ways.
func twoAnns(t *testing.T, eng *engine.Engine) {
	t.Helper()
	upgrade(t, eng, ids()[2])
	for _, u := range [][]any{{"old", "Ann@Example.com", 10}, {"new", "ann@example.com", 30}, {"nobody", nil, 5}} {
		run(t, eng, "INSERT INTO {user} ({id}, {name}, {email}, {last_active_at}, {created_at}) VALUES (?, 'n', ?, ?, 1)", u...)
	}
}

// E-mails that differ only in case stop an upgrade ahead of all revisions, not
// at the 55th; a plan shows the users and what each choice makes of them.
func TestSameEmailsAreKnownAheadOfAll(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		twoAnns(t, eng)
		for same, want := range map[migrations.SameEmail][]string{
			"": {
				"stop: revision f0bd01a18a3d: ", "ids new and old", "--same-email keep-newest or --same-email rename",
				"user new (ann@example.com, last active 1970-01-01T00:00:30Z) would keep the e-mail with keep-newest and rename\n",
				"user old (Ann@Example.com, last active 1970-01-01T00:00:10Z) would lose it with keep-newest, and get ann+old@example.com with rename\n",
			},
			migrations.KeepNewestEmail: {"note: revision f0bd01a18a3d: ", "ids new and old", "user new (ann@example.com, last active 1970-01-01T00:00:30Z) keeps the e-mail\n", " loses it\n"},
			migrations.RenameSameEmail: {"note: revision f0bd01a18a3d: ", " gets ann+old@example.com\n"},
		} {
			p, err := runner(t, eng, migrations.Options{SameEmail: same}, nil).Plan(t.Context(), migrate.Up, "head")
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if err := p.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			for _, w := range want {
				if !strings.Contains(text.String(), w) {
					t.Errorf("%s: the plan does not say %q:\n%.900s", same, w, text.String())
				}
			}
			if len(p.Steps) != 63 || len(p.Foreseen) != 1 || p.Foreseen[0].Stops != (same == "") || strings.Contains(p.Foreseen[0].Text, "@") {
				t.Errorf("%s: %d steps, foreseen %+v", same, len(p.Steps), p.Foreseen)
			}
			b, err := json.Marshal(p)
			if err != nil || !strings.Contains(string(b), `"foreseen":[{"lineage":"main","revision":"f0bd01a18a3d"`) {
				t.Errorf("%v: %.300s", err, b)
			}
		}
		// A plan that does not go so far has nothing to say.
		if p, err := runner(t, eng, migrations.Options{}, nil).Plan(t.Context(), migrate.Up, ids()[53]); err != nil || len(p.Foreseen) != 0 {
			t.Errorf("%v, foreseen %+v", err, p.Foreseen)
		}
		rep, err := runner(t, eng, migrations.Options{}, nil).Upgrade(t.Context(), "head")
		var refused *migrate.PreflightError
		if dberr.CodeOf(err) != dberr.AlreadyExists || !errors.As(err, &refused) || len(refused.Findings) != 1 {
			t.Fatalf("%v", err)
		}
		if len(rep.Ran) != 0 || strings.Contains(err.Error(), "@") || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%d revisions ran; %v", len(rep.Ran), err)
		}
		want(t, "the revision", ask(t, eng, "version_num", "SELECT {version_num} FROM {alembic_version}"), ids()[2])
		upgrade(t, eng, ids()[53])
		var notices []string
		if _, err := runner(t, eng, migrations.Options{SameEmail: migrations.RenameSameEmail}, &notices).Upgrade(t.Context(), "head"); err != nil {
			t.Fatal(err)
		}
		want(t, "e-mails", ask(t, eng, "email", "SELECT {id}, {email} FROM {user} ORDER BY {id}"), "ann@example.com", "NULL", "ann+old@example.com")
	})
}

// An old history that is not at its end, and tables without a revision that
// revision 1 does not make, are refused while nothing is changed.
func TestTablesThatCannotBeTakenOver(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		refused := func(what string) {
			t.Helper()
			was := live(t, eng)
			rep, err := runner(t, eng, migrations.Options{}, nil).Upgrade(t.Context(), "head")
			if dberr.CodeOf(err) != dberr.SchemaMismatch || !strings.Contains(err.Error(), what) || len(rep.Ran) != 0 {
				t.Errorf("%d revisions ran, %v", len(rep.Ran), err)
			}
			sameSchema(t, "after a refusal", was, live(t, eng))
		}
		upgrade(t, eng, ids()[0])
		run(t, eng, "DROP TABLE {alembic_version}")
		run(t, eng, "CREATE TABLE {migratehistory} ({id} INTEGER NOT NULL PRIMARY KEY, {name} VARCHAR(255) NOT NULL)")
		refused("ends at none instead of 018_add_function_is_global")
		run(t, eng, "INSERT INTO {migratehistory} VALUES (16, '016_add_valves_and_is_active')")
		refused("ends at 016_add_valves_and_is_active instead of")
		run(t, eng, "INSERT INTO {migratehistory} VALUES (18, '018_add_function_is_global')")
		run(t, eng, "INSERT INTO {user} ({id}, {email}) VALUES ('u', 'a@b')")
		upgrade(t, eng, "head")
		want(t, "users", ask(t, eng, "id", "SELECT {id} FROM {user}"), "u")
		run(t, eng, "DELETE FROM {alembic_version}")
		run(t, eng, "DROP TABLE {migratehistory}")
		refused("record the revision with stamp")
	})
}

// What a downgrade leaves does not keep the database from going up again.
func TestUpAgainFromNothing(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, eng, ids()[9])
		downgrade(t, eng, "base")
		upgrade(t, eng, ids()[9])
	})
}
