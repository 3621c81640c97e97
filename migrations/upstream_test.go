package migrations_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// The databases in testdata/steps stand at the revisions that those in
// testdata/revisions leave out: Open WebUI's own migrations took the nearest
// one before each there (the first one back, because nothing is before it).
// Members of channels are left out where these migrations fail on them.

// Each step makes the schema and the rows that Open WebUI's own migration makes
// of the same database, except for the differences of
// docs/upstream-differences.md; and what Open WebUI has left at that revision
// comes to the head like the database that it was made of.
func TestStepsAreOpenWebUIs(t *testing.T) {
	steps, err := os.ReadDir("testdata/steps")
	if err != nil {
		t.Fatal(err)
	}
	order, seeded := ids(), fixtures(t)
	at := func(id string) int { return slices.Index(order, id) }
	if len(steps)+len(seeded) != len(order) {
		t.Errorf("%d databases for %d revisions", len(steps)+len(seeded), len(order))
	}
	for _, s := range steps {
		id, from := s.Name(), seeded[0]
		for _, f := range seeded {
			if at(f) < at(id) {
				from = f
			}
		}
		eachUpstream(t, id, func(t *testing.T, e string) {
			ours, theirs := atRevision(t, e, from), stored(t, e, "testdata/steps/"+id, "")
			if members := "2f1211949ecc"; at(from) < at(members) && at(members) <= at(id) {
				run(t, ours, "DELETE FROM {channel_member}")
			}
			if at(id) > at(from) {
				upgrade(t, ours, id)
			} else {
				downgrade(t, ours, id)
			}
			sameAsUpstream(t, "at "+id, theirs, ours, yearsAreTimes(e, id))
			upgrade(t, theirs, "head")
			upgrade(t, ours, "head")
			sameAsUpstream(t, "at the head", theirs, ours, yearsAreTimes(e, id))
		})
	}
}

// The databases in testdata/releases were begun by Open WebUI 0.3.35, before
// this history, and started by one release after the other up to the one that
// they are named after. What today's Open WebUI makes of them lies beside them.

// Databases that began before this history, which have other layouts of their
// first tables to this day, come to the head as with Open WebUI, and are in
// order there.
func TestDatabasesOfOlderReleases(t *testing.T) {
	releases, err := os.ReadDir("testdata/releases")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range releases {
		dir := "testdata/releases/" + r.Name()
		eachUpstream(t, r.Name(), func(t *testing.T, e string) {
			ours := stored(t, e, dir, "")
			before := ask(t, ours, "name", "SELECT {name} FROM {migratehistory}")
			upgrade(t, ours, "head")
			sameAsUpstream(t, "at the head", stored(t, e, dir, ".head"), ours, func(want map[string][]string) {
				if r.Name() == "peewee" { // TestRevision06TagsOfOtherUsers
					want["tag"] = append(want["tag"], `{"id":"work","meta":"NULL","name":"work","user_id":"v"}`)
				}
			})
			if after := ask(t, ours, "name", "SELECT {name} FROM {migratehistory}"); !slices.Equal(before, after) {
				t.Errorf("its own history was %v and is %v", before, after)
			}
			if found := drift(t, ours); len(found) > 0 {
				t.Errorf("check finds %v", found)
			}
			// What is not known of such databases is found.
			run(t, ours, "DROP INDEX {chat_share_id}")
			run(t, ours, "CREATE UNIQUE INDEX {user_by_name} ON {user} ({name})")
			run(t, ours, "ALTER TABLE {tool} ADD COLUMN {mine} INTEGER")
			want(t, "drift", drift(t, ours), "drop unique index user_by_name (name) of user", "drop column tool.mine", "add unique (share_id) to chat")
		})
	}
}

// eachUpstream runs a test on the engines that Open WebUI runs on.
func eachUpstream(t *testing.T, name string, f func(t *testing.T, e string)) {
	for _, e := range []string{testdb.SQLite, testdb.PostgreSQL} {
		if slices.Contains(testdb.Engines(), e) {
			t.Run(name+"/"+e, func(t *testing.T) {
				t.Parallel()
				f(t, e)
			})
		}
	}
}

// stored opens a database of a directory of testdata.
func stored(t *testing.T, e, dir, part string) *engine.Engine {
	t.Helper()
	if e == testdb.PostgreSQL {
		return postgres(t, dir+"/pg"+part+".sql.gz")
	}
	return sqliteFile(t, dir+"/webui"+part+".db.gz")
}

// sameAsUpstream compares schemas, order of columns and rows; adjust makes of
// Open WebUI's rows what is to be.
func sameAsUpstream(t *testing.T, what string, theirs, ours *engine.Engine, adjust func(rows map[string][]string)) {
	t.Helper()
	want, got := live(t, theirs), live(t, ours)
	sameSchema(t, what+": schema", want, got)
	sameOrder(t, what+": schema", want, got)
	rows := content(t, theirs, true)
	adjust(rows)
	sameContent(t, what+": rows", rows, content(t, ours, true), nil)
}

// yearsAreTimes puts right what Open WebUI's revision 11 makes of times of
// folders on SQLite: see TestRevision11FolderTimes.
func yearsAreTimes(e, id string) func(rows map[string][]string) {
	return func(rows map[string][]string) {
		if e != testdb.SQLite || id != "4ace53fd72c8" {
			return
		}
		for i, row := range rows["folder"] {
			rows["folder"][i] = strings.ReplaceAll(row, `_at":"2023"`, `_at":"1700000000"`)
		}
	}
}

// drift lists what check finds in the tables, without the names of constraints
// that only PostgreSQL keeps.
func drift(t *testing.T, eng *engine.Engine) []string {
	t.Helper()
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{
		Revisions: migrations.All(), Tables: tables.All(), Ignore: migrations.OldLayout,
		Owns: func(name string) bool {
			return name != "migratehistory" && name != "config_old" && name != "larder_kept"
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, d := range found.Differences {
		out = append(out, strings.Replace(d.Text, " chat_share_id_key", "", 1))
	}
	return out
}

// The store writes to tables of databases that are older than this history,
// where more columns are NOT NULL, as to today's.
func TestStoreOnOldLayouts(t *testing.T) {
	ok := func(t *testing.T, what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for _, release := range []string{"peewee", "0.6.43"} {
		eachUpstream(t, release, func(t *testing.T, e string) {
			st, ctx := store.New(stored(t, e, "testdata/releases/"+release, ".head"), store.Options{}), t.Context()
			eve, err := st.Users.SignUp(ctx, store.NewUser{Name: "Eve", Email: "eve@example.com", Password: "correct horse"})
			ok(t, "sign up", err)
			by := store.Who{ID: eve.ID, Name: "Eve", Role: model.RoleAdmin}
			ok(t, "change the password", st.Auths.ChangePassword(ctx, eve.Who(), "correct horse", "battery staple"))
			_, err = st.Auths.SignIn(ctx, "eve@example.com", "battery staple")
			ok(t, "sign in", err)
			ok(t, "allow API keys", st.Config.Set(ctx, map[string]jsonvalue.JSON{"auth.enable_api_keys": jsonvalue.Text("true")}))
			_, err = st.APIKeys.Create(ctx, by)
			ok(t, "API key", err)
			doc, err := chatdoc.Parse([]byte(`{"history":{"messages":{"a":{"id":"a","role":"user","content":"hi","timestamp":1700000000}},"currentId":"a"}}`))
			ok(t, "parse", err)
			c, err := st.Chats.Create(ctx, by, store.ChatInput{Document: doc})
			ok(t, "create a chat", err)
			_, err = st.Chats.Merge(ctx, by, c.ID, store.ChatInput{Document: doc})
			ok(t, "merge", err)
			_, err = st.Chats.Update(ctx, store.Program(), c.ID, func(c *model.Chat) error { c.Title = new("other"); return nil })
			ok(t, "update", err)
			for _, owner := range []string{eve.ID, "u"} {
				list, err := st.Chats.List(ctx, store.Program(), store.ChatFilter{UserID: owner}, store.Page{})
				ok(t, "list", err)
				if len(list) != 1 {
					t.Errorf("%s has %d chats", owner, len(list))
				}
			}
			ok(t, "delete a chat", st.Chats.Delete(ctx, by, c.ID))
			ok(t, "delete a chat that was there", st.Chats.Delete(ctx, store.Who{ID: "u", Role: model.RoleUser}, "c"))
		})
	}
}
