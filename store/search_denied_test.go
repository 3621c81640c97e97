package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// A program that connects as somebody who may not use the tables of the search reads
// every message, deletes chats without them, and is told what is missing where it asks
// for the index itself.
func TestSearchReadsEverythingWithoutPrivileges(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		account, password, owned := "`%s`@'%%'", " IDENTIFIED BY 'p'", ""
		switch db.Engine {
		case testdb.SQLite:
			t.Skip("a file has no accounts")
		case testdb.PostgreSQL:
			account, password, owned = `"%s"`, " PASSWORD 'p'", "DROP OWNED BY "
		}
		admin := &searched{T: t, eng: enginetest.Open(t, db.URL, engine.Options{})}
		admin.ok(fresh.Create(t.Context(), admin.eng, tables.All(), []string{tables.Head}))
		admin.st = store.New(admin.eng, searchedOptions())
		admin.who = admin.user("ada")
		_, err := admin.eng.CreateTables(t.Context(), own.All()...)
		admin.ok(err)
		for i := range 3 {
			admin.chat(admin.who, int64(100+i), fmt.Sprintf("chat %d", i), "needle")
		}
		admin.catchUp()

		u, err := dburl.Parse(db.URL)
		admin.ok(err)
		name := u.Database[max(0, len(u.Database)-32):] // as long as a name of MySQL may be
		account = fmt.Sprintf(account, name)
		run := func(ctx context.Context, sql string) {
			t.Helper()
			if _, err := admin.eng.Exec(ctx, engine.Statement{SQL: sql, Write: true}); err != nil {
				t.Error(err)
			}
		}
		run(t.Context(), "CREATE USER "+account+password)
		t.Cleanup(func() {
			if owned != "" {
				run(context.Background(), owned+account)
			}
			run(context.Background(), "DROP USER "+account)
		})
		grant := func(privileges string, on []*schema.Table) {
			t.Helper()
			for _, x := range on {
				table, err := admin.eng.Dialect().AppendIdent(nil, x.Name)
				admin.ok(err)
				run(t.Context(), "GRANT "+privileges+" ON TABLE "+string(table)+" TO "+account)
			}
		}
		grant("SELECT, INSERT, UPDATE, DELETE", slices.DeleteFunc(append(tables.All(), own.All()...),
			func(x *schema.Table) bool { return slices.Contains(own.Search(), x) }))
		s := *admin
		s.eng = enginetest.Open(t, u.WithUser(name).WithPassword("p").Reveal(), engine.Options{})
		s.st = store.New(s.eng, searchedOptions())

		for _, privileges := range []string{"", "SELECT"} {
			if privileges != "" {
				grant(privileges, own.Search())
			}
			got := s.search("needle")
			if len(got) == 0 {
				t.Fatalf("with %q on the tables of the search nothing is found", privileges)
			}
			hits, err := s.st.Workspace.Search(t.Context(), s.who,
				store.WorkspaceFilter{Text: "needle", Chats: true}, store.Page{Limit: 9})
			if err != nil || len(hits.Hits) != len(got) {
				t.Errorf("with %q the workspace has %+v, %v", privileges, hits, err)
			}
			if _, err := s.st.SearchStatus(t.Context()); dberr.IsDenied(err) != (privileges == "") {
				t.Errorf("the status with %q: %v", privileges, err)
			}
			if _, err := store.NewSearchIndex(s.eng, s.st, nil).CatchUp(t.Context()); privileges == "" &&
				!dberr.IsDenied(err) {
				t.Errorf("caught up with %q: %v", privileges, err)
			}
			items, err := s.st.Chats.Search(t.Context(), s.who, "needle", store.ChatFilter{}, store.Page{Limit: 1})
			s.ok(err)
			s.ok(s.st.Chats.Delete(t.Context(), store.Who{ID: s.who.ID, Role: model.RoleAdmin}, items[0].ID))
			if left := s.search("needle"); len(left) != len(got)-1 {
				t.Errorf("with %q: %q are left of %q", privileges, left, got)
			}
		}
		kept, err := query.Count(t.Context(), admin.eng, query.SelectFrom(own.SearchChat.Table))
		admin.ok(err)
		if kept != 3 {
			t.Errorf("texts of %d chats are left", kept)
		}
		admin.catchUp()
		if got := admin.search("needle"); len(got) != 1 {
			t.Errorf("%q found", got)
		}
	})
}
