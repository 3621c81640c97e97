package larder_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

var owner = store.Who{ID: "u", Name: "U", Role: model.RoleUser}

// aMessageWaits is a new chat in whose document a message is not yet.
func aMessageWaits(t *testing.T, st *store.Store) (chat string) {
	t.Helper()
	doc, err := chatdoc.Parse([]byte(`{"title":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	c, err := st.Chats.Create(t.Context(), owner, store.ChatInput{Document: doc})
	if err != nil {
		t.Fatal(err)
	}
	setMessage(t, st, c.ID, "m1")
	return c.ID
}

func setMessage(t *testing.T, st *store.Store, chat, id string) {
	t.Helper()
	err := st.Chats.SetMessage(t.Context(), store.Program(), chat, id,
		jsonvalue.Text(`{"id":"`+id+`","parentId":null,"role":"user","content":"the text of `+id+`"}`))
	if err != nil {
		t.Fatal(err)
	}
}

// isStored reports whether the row of a chat, as Open WebUI reads it, has a message.
func isStored(t *testing.T, eng *engine.Engine, chat, id string) bool {
	t.Helper()
	doc, err := query.One[jsonvalue.JSON](t.Context(), eng,
		query.Select(tables.Chat.Chat).From(tables.Chat.Table).Where(tables.Chat.ID.Eq(chat)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(doc.String(), "the text of "+id)
}

// Whatever takes away the table in which messages wait puts them into their
// documents first, and a program that runs meanwhile goes on.
func TestMessagesThatWaitAreFoldedFirst(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		d := open(t, db.URL, larder.Options{NoSnapshot: true})
		eng, st := d.Engine(), d.Store()
		r, err := migrate.New(migrate.Options{Engine: enginetest.Open(t, db.URL, engine.Options{}),
			Lineages: larder.Lineages(""), Snapshot: migrate.SnapshotNever})
		if err != nil {
			t.Fatal(err)
		}
		ours, err := r.In("larder")
		if err != nil {
			t.Fatal(err)
		}
		for what, remove := range map[string]func() error{
			"downgrade": func() error { _, err := ours.Downgrade(t.Context(), "base"); return err },
			"detach": func() error {
				_, err := larder.Detach(t.Context(), enginetest.Open(t, db.URL, engine.Options{}))
				return err
			},
		} {
			if _, err := ours.Upgrade(t.Context(), "heads"); err != nil {
				t.Fatal(err)
			}
			if f, err := r.Check(t.Context()); err != nil || !f.OK() {
				t.Errorf("%s: the tables are not as they are declared: %+v, %v", what, f, err)
			}
			chat := aMessageWaits(t, st)
			if isStored(t, eng, chat, "m1") {
				t.Fatalf("%s: the message does not wait", what)
			}
			if err := remove(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if !isStored(t, eng, chat, "m1") {
				t.Errorf("%s: Open WebUI does not see the message", what)
			}
			setMessage(t, st, chat, "m2")
			if !isStored(t, eng, chat, "m2") {
				t.Errorf("%s: the message waits where nothing can", what)
			}
			if f, err := r.Check(t.Context()); err != nil || !f.OK() {
				t.Errorf("%s: the database is not in order: %+v, %v", what, f, err)
			}
		}
	})
}

// What waits in the table of before goes on waiting when that gets the owners of
// chats, and a program that runs meanwhile goes on.
func TestMessagesThatWaitComeThroughAnUpgrade(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		running := open(t, db.URL, larder.Options{NoSnapshot: true})
		chat := aMessageWaits(t, running.Store())
		r, err := migrate.New(migrate.Options{Engine: enginetest.Open(t, db.URL, engine.Options{}),
			Lineages: larder.Lineages(""), Snapshot: migrate.SnapshotNever})
		if err != nil {
			t.Fatal(err)
		}
		ours, err := r.In("larder")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ours.Downgrade(t.Context(), "c2f47ab0916d"); err != nil {
			t.Fatal(err)
		}
		if isStored(t, running.Engine(), chat, "m1") {
			t.Fatal("the message does not wait any more")
		}
		there := func(st *store.Store, ids ...string) {
			t.Helper()
			c, err := st.Chats.Get(t.Context(), owner, chat)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if !strings.Contains(c.Chat.String(), "the text of "+id) {
					t.Errorf("message %s is lost", id)
				}
			}
		}
		there(running.Store(), "m1")
		upgraded := open(t, db.URL, larder.Options{NoSnapshot: true})
		if isStored(t, running.Engine(), chat, "m1") {
			t.Fatal("the upgrade has folded the message")
		}
		there(upgraded.Store(), "m1")
		setMessage(t, upgraded.Store(), chat, "m2")
		there(upgraded.Store(), "m1", "m2")
		setMessage(t, running.Store(), chat, "m3")
		there(upgraded.Store(), "m1", "m2", "m3")
		there(running.Store(), "m1", "m2", "m3")
		if _, err := upgraded.Store().Chats.FoldLeft(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"m1", "m2", "m3"} {
			if !isStored(t, upgraded.Engine(), chat, id) {
				t.Errorf("Open WebUI does not see message %s", id)
			}
		}
	})
}

// A copy has what waits, also when only some tables are wanted.
func TestACopyHasTheMessagesThatWait(t *testing.T) {
	from := testdb.New(t, testdb.SQLite).URL
	d := open(t, from, larder.Options{NoSnapshot: true})
	chat := aMessageWaits(t, d.Store())
	for _, only := range [][]string{nil, {"user", "chat", "chat_message"}} {
		testdb.Each(t, func(t *testing.T, db testdb.DB) {
			var o larder.MoveOptions
			o.Transfer.Tables = only
			if _, err := larder.Copy(t.Context(), parsed(t, from), parsed(t, db.URL), o); err != nil {
				t.Fatal(err)
			}
			if _, err := larder.Verify(t.Context(), parsed(t, from), parsed(t, db.URL), o); err != nil {
				t.Error(err)
			}
			there := open(t, db.URL, larder.Options{NoSnapshot: true})
			if _, err := there.Store().Chats.FoldLeft(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if !isStored(t, there.Engine(), chat, "m1") {
				t.Error("the copy has lost the message")
			}
		})
	}
}

// A database that may not be changed is read without the tables of our own.
func TestADatabaseOfOpenWebUIIsReadWithoutOurTables(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		d := open(t, db.URL, larder.Options{NoSnapshot: true})
		chat := aMessageWaits(t, d.Store())
		if _, err := larder.Detach(t.Context(), d.Engine()); err != nil {
			t.Fatal(err)
		}
		d.Close()
		for _, o := range []larder.Options{{Migrate: larder.MigrateCheck}, {Migrate: larder.MigrateOff},
			{Engine: engine.Options{ReadOnly: true}}} {
			d := open(t, db.URL, o)
			c, err := d.Store().Chats.Get(t.Context(), store.Program(), chat)
			if err != nil || !strings.Contains(c.Chat.String(), "the text of m1") {
				t.Errorf("%+v: %v", o, err)
			}
			if found, err := larder.FindOwn(t.Context(), d.Engine()); err != nil || found != nil {
				t.Errorf("it was extended: %+v, %v", found, err)
			}
			d.Close()
		}
	})
}
