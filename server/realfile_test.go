package server_test

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
)

// unpack copies the real file into a directory of the test.
func unpack(t *testing.T) string {
	t.Helper()
	f, err := os.Open("testdata/small.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "webui.db")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, z); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// rawRows reads a query past everything that is under test.
func rawRows(t *testing.T, path, text string, args ...any) [][]any {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]any
	for rows.Next() {
		row := make([]any, len(cols))
		to := make([]any, len(cols))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// checksums are a sum of the rows of each table, and of the schema.
func checksums(t *testing.T, path string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	add := func(name, text string) int {
		var lines []string
		for _, row := range rawRows(t, path, text) {
			lines = append(lines, fmt.Sprintf("%#v", row))
		}
		slices.Sort(lines)
		h := sha256.Sum256([]byte(strings.Join(lines, "\n")))
		sums[name] = hex.EncodeToString(h[:])
		return len(lines)
	}
	add("the schema", "SELECT type, name, tbl_name, sql FROM sqlite_master")
	rows := 0
	for _, r := range rawRows(t, path, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		name := r[0].(string)
		rows += add(name, `SELECT * FROM "`+name+`"`)
	}
	if len(sums) < 48 || rows < 900 {
		t.Fatalf("only %d tables with %d rows in %s", len(sums)-1, rows, path)
	}
	return sums
}

// readEverything signs the users of the real file in and reads their chats,
// and compares them with what the file holds.
func readEverything(t *testing.T, a *app, file string) {
	t.Helper()
	ada := a.token("signin", map[string]any{"email": "ada@example.com", "password": "Passw0rd!ada"})
	bob := a.token("signin", map[string]any{"email": "BOB@example.com", "password": "Passw0rd!bob"})
	a.call("POST", "/api/v1/auths/signin", map[string]any{"email": "ada@example.com", "password": "Passw0rd!bob"}).is(http.StatusBadRequest, "The email or password provided is incorrect. Please check for typos and try logging in again.")
	a.call("GET", "/api/v1/auths/", nil, ada).is(http.StatusOK, "")
	a.call("GET", "/api/config", nil).is(http.StatusOK, "")

	for user, token := range map[string]string{"ada@example.com": ada, "bob@example.com": bob} {
		id := rawRows(t, file, "SELECT id FROM user WHERE email = ?", user)[0][0].(string)
		var want []map[string]any
		for _, r := range rawRows(t, file, `SELECT id, title, updated_at, created_at, last_read_at, archived FROM chat
			WHERE user_id = ? AND NOT coalesce(archived, 0) AND NOT coalesce(pinned, 0) AND folder_id IS NULL
			AND NOT coalesce(json_extract(meta, '$.internal'), 0) ORDER BY updated_at DESC, id`, id) {
			want = append(want, map[string]any{"id": r[0], "title": r[1], "updated_at": r[2], "created_at": r[3],
				"last_read_at": r[4]})
		}
		var got []map[string]any
		for page := 1; ; page++ {
			items := a.call("GET", fmt.Sprint("/api/v1/chats/?page=", page), nil, token).is(http.StatusOK, "").decode().([]any)
			if len(items) == 0 {
				break
			}
			for _, it := range items {
				m := it.(map[string]any)
				got = append(got, map[string]any{"id": m["id"], "title": m["title"], "updated_at": number(t, m["updated_at"]),
					"created_at": number(t, m["created_at"]), "last_read_at": number(t, m["last_read_at"])})
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the chats of %s differ (-file +list):\n%s", user, diff)
		}
	}

	chats := rawRows(t, file,
		"SELECT id, title, chat, meta, variables, created_at, updated_at, share_id, pinned, archived, current_message_id FROM chat")
	if len(chats) != 73 {
		t.Fatalf("%d chats in the file, want 73", len(chats))
	}
	for _, r := range chats {
		for who, token := range map[string]string{"the owner": bob, "an admin": ada} {
			got := a.call("GET", "/api/v1/chats/"+r[0].(string), nil, token).is(http.StatusOK, "").decode().(map[string]any)
			want := decode(t, []byte(r[2].(string))).(map[string]any)
			if want["share_mode"] = "continue"; who == "an admin" { // who may not go on with it, nor see how it is asked
				want["share_mode"] = nil
				delete(want, "params")
			}
			if diff := cmp.Diff(want, got["chat"]); diff != "" {
				t.Errorf("chat %s differs for %s (-file +answer):\n%s", r[0], who, diff)
			}
			for k, i := range map[string]int{"meta": 3, "variables": 4} {
				if diff := cmp.Diff(decode(t, []byte(r[i].(string))), got[k]); diff != "" {
					t.Errorf("%s of chat %s differs:\n%s", k, r[0], diff)
				}
			}
			if got["title"] != r[1] || number(t, got["created_at"]) != r[5] || number(t, got["updated_at"]) != r[6] ||
				got["share_id"] != r[7] ||
				got["current_message_id"] != r[10] {
				t.Errorf("chat %s: %v", r[0], got)
			}
		}
	}
	// What is not to be had.
	a.call("GET", "/api/v1/chats/does-not-exist", nil, bob).is(http.StatusUnauthorized, "We could not find what you're looking for :/")
	a.call("GET", "/api/v1/chats/?page=3", nil, bob).is(http.StatusOK, "")
	a.call("GET", "/api/v1/auths/api_key", nil, bob).is(http.StatusOK, "")
}

func number(t *testing.T, v any) any {
	t.Helper()
	if v == nil {
		return nil
	}
	n, err := v.(interface{ Int64() (int64, error) }).Int64()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestARealFileIsServedAndNotChanged(t *testing.T) {
	path := unpack(t)
	before := checksums(t, path)
	func() {
		eng := enginetest.Open(t, "sqlite:///"+path, engine.Options{})
		defer func() {
			if err := eng.Close(); err != nil {
				t.Error(err)
			}
		}()
		readEverything(t, openApp(t, eng, nil), path)
	}()
	if diff := cmp.Diff(before, checksums(t, path)); diff != "" {
		t.Errorf("reading has changed the file (-before +after):\n%s", diff)
	}
}

// The same rows on every engine give the same answers.
func TestTheRowsOfARealFileOnEveryEngine(t *testing.T) {
	path := unpack(t)
	file := enginetest.Open(t, "sqlite:///"+path, engine.Options{})
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		if err := fresh.Create(ctx, eng, tables.All(), []string{tables.Head}); err != nil {
			t.Fatal(err)
		}
		copyRows[model.User](ctx, t, file, eng, tables.User.Table)
		copyRows[model.Auth](ctx, t, file, eng, tables.Auth.Table)
		copyRows[model.APIKey](ctx, t, file, eng, tables.APIKey.Table)
		copyRows[model.Config](ctx, t, file, eng, tables.Config.Table)
		copyRows[model.Group](ctx, t, file, eng, tables.Group.Table)
		copyRows[model.GroupMember](ctx, t, file, eng, tables.GroupMember.Table)
		copyRows[model.Folder](ctx, t, file, eng, tables.Folder.Table)
		copyRows[model.Chat](ctx, t, file, eng, tables.Chat.Table)
		copyRows[model.ChatMessage](ctx, t, file, eng, tables.ChatMessage.Table)
		copyRows[model.Tag](ctx, t, file, eng, tables.Tag.Table)
		readEverything(t, openApp(t, eng, nil), path)
	})
}

func copyRows[T any](ctx context.Context, t *testing.T, from, to *engine.Engine, table *schema.Table) {
	t.Helper()
	rows, err := query.All[T](ctx, from, query.SelectFrom(table))
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(rows, 100) {
		if _, err := query.Exec(ctx, to, query.InsertRows(table, part)); err != nil {
			t.Fatalf("%s: %v", table.Name, err)
		}
	}
}
