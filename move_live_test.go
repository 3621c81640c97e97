package larder_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
	"github.com/larder-db/larder/transfer"
	"github.com/larder-db/larder/transfer/archive"
)

// load is what a writer has changed at one moment: two chats are called by the
// same number, and there are as many memories of its own.
type load struct{ first, last, memories string }

func (l load) ok() bool { return l.first == l.last && l.first == l.memories }

// number is how many changes there were.
func (l load) number(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(l.first)
	if err != nil || !l.ok() {
		t.Fatalf("it is not one moment: %+v", l)
	}
	return n
}

func loadOf(t *testing.T, u *dburl.URL) load {
	t.Helper()
	eng := opened(t, u)
	title := func(id string) string {
		s, err := query.One[string](t.Context(), eng,
			query.Select(tables.Chat.Title).From(tables.Chat.Table).Where(tables.Chat.ID.Eq(id)))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	n, err := query.Count(t.Context(), eng, query.SelectFrom(tables.Memory.Table).Where(tables.Memory.UserID.Eq("loaded")))
	if err != nil {
		t.Fatal(err)
	}
	return load{title("0-first"), title("zz-last"), strconv.FormatInt(n, 10)}
}

// loaded writes to a database until stop is called. more waits until there were
// some changes more.
func loaded(t *testing.T, u *dburl.URL) (more, stop func()) {
	t.Helper()
	eng := opened(t, u)
	for _, id := range []string{"0-first", "zz-last"} {
		chat := "INSERT INTO chat (id, user_id, title, created_at, updated_at, archived, pinned, meta, chat) SELECT '" + id +
			"', user_id, '0', created_at, updated_at, archived, pinned, meta, chat FROM (SELECT * FROM chat LIMIT 1) AS c"
		if err := change(t.Context(), eng, chat); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, changes := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(changes) // nobody waits for one who has failed
		for n := 1; ; n++ {
			err := eng.InTx(ctx, engine.TxOptions{Name: "load"}, func(ctx context.Context, tx *engine.Tx) error {
				for _, s := range []string{
					fmt.Sprintf("UPDATE chat SET title = '%d' WHERE id = '0-first'", n),
					fmt.Sprintf("INSERT INTO memory (id, user_id, content, created_at, updated_at) VALUES ('load-%d', 'loaded', 'x', 1, 1)", n),
					fmt.Sprintf("UPDATE chat SET title = '%d' WHERE id = 'zz-last'", n)} {
					if _, err := tx.Exec(ctx, engine.Statement{SQL: s, Write: true}); err != nil {
						return err
					}
				}
				return nil
			})
			if ctx.Err() != nil {
				err = nil
			}
			if err != nil || ctx.Err() != nil {
				done <- err
				return
			}
			select {
			case changes <- struct{}{}:
			default:
			}
		}
	}()
	more = func() {
		for range 3 {
			<-changes
		}
	}
	return more, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// A backup and a copy of a database that is being changed are one moment of it,
// on each engine; the backup is restored into others, in the soak into each.
func TestWhatIsTakenUnderLoadIsOneMoment(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		file := unpacked(t, small)
		from := file
		if db.Engine != testdb.SQLite {
			from = parsed(t, db.URL)
			if _, err := larder.Copy(t.Context(), file, from, larder.MoveOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		more, stop := loaded(t, from)
		more()
		midway := func(transfer.Progress) { more() } // it is told when the first rows were read
		var kept bytes.Buffer
		o := larder.MoveOptions{Transfer: transfer.Options{Progress: midway}}
		if _, err := larder.Backup(t.Context(), from, &kept, o); err != nil {
			t.Fatal(err)
		}
		copied := parsed(t, testdb.New(t, testdb.SQLite).URL)
		if rep, err := larder.Copy(t.Context(), from, copied, o); err != nil || !rep.Clean() {
			t.Fatalf("%v %+v", err, rep)
		}
		stop()
		last, then := loadOf(t, from).number(t), loadOf(t, copied).number(t)
		a, err := archive.Open(bytes.NewReader(kept.Bytes()), int64(kept.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range restoredInto(t, db.Engine) {
			if rep, err := larder.Receive(t.Context(), a, to, larder.MoveOptions{}); err != nil || !rep.Clean() {
				t.Fatalf("%s: %v %+v", to, err, rep)
			}
			if rep, err := larder.VerifySource(t.Context(), a, to, larder.MoveOptions{}); err != nil || !rep.Clean() ||
				rep.Totals().Read == 0 {
				t.Errorf("%s: %v %+v", to, err, rep)
			}
			if saved := loadOf(t, to).number(t); saved == 0 || saved >= then || then >= last {
				t.Errorf("%s: the backup has %d changes, the copy %d, and in the end there were %d", to, saved, then, last)
			}
		}
	})
}

// What waits for the document of its chat is followed like everything, and what
// is made again of other tables stays where it is.
func TestMessagesThatWaitAreFollowed(t *testing.T) {
	for _, to := range chain(t) {
		t.Run(to.Backend, func(t *testing.T) {
			from := unpacked(t, small)
			d := open(t, from.Reveal(), larder.Options{NoSnapshot: true})
			st := d.Store()
			index := store.NewSearchIndex(d.Engine(), st, nil)
			chat := aMessageWaits(t, st)
			frozen := make(chan error, 1)
			rounds := 0
			rep, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{Follow: &larder.Follow{Pause: time.Millisecond, Round: func(transfer.Round) {
				switch rounds++; rounds {
				case 1:
					setMessage(t, st, chat, "m2")
					if _, err := index.CatchUp(t.Context()); err != nil {
						t.Error(err)
					}
				case 2:
					if _, err := st.Chats.Fold(t.Context(), chat); err != nil {
						t.Error(err)
					}
					setMessage(t, st, chat, "m3")
					go func() { frozen <- larder.Freeze(t.Context(), d.Engine(), "") }()
				}
			}}})
			if err != nil || !rep.Clean() {
				t.Fatalf("%v %+v", err, rep)
			}
			if err := <-frozen; err != nil {
				t.Fatal(err)
			}
			was, is := dump(t, from), dump(t, to)
			indexed := len(was[own.SearchChat.Table.Name])
			for _, all := range []map[string][]string{was, is} {
				maps.DeleteFunc(all, func(name string, _ []string) bool {
					return name == "larder_frozen" || strings.HasPrefix(name, "larder_search_") ||
						strings.HasPrefix(name, "larder_migration_")
				})
			}
			if diff := cmp.Diff(was, is); diff != "" || indexed == 0 {
				t.Errorf("%d chats were indexed (-source +target):\n%.2000s", indexed, diff)
			}
			there := open(t, to.Reveal(), larder.Options{NoSnapshot: true})
			if _, err := there.Store().Chats.FoldLeft(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"m1", "m2", "m3"} {
				if !isStored(t, there.Engine(), chat, id) {
					t.Errorf("message %s is lost", id)
				}
			}
		})
	}
}

// An archive of an old revision that is restored to the head is what migrating
// the database would have made of it, in which engines differ. Each of them takes
// some of ten revisions, of which the soak takes all.
func TestArchivesOfOldRevisionsAreBroughtToTheHead(t *testing.T) {
	all := larder.Lineages("")[0].Revisions
	first := slices.IndexFunc(all, func(r migrate.Revision) bool { return r.ID == early })
	const many = 10
	for _, i := range oldRevisions {
		revision := all[first+i*(len(all)-1-first)/many].ID
		engines := testdb.Engines()
		t.Run(revision, func(t *testing.T) {
			on := engines[i%len(engines)]
			from, to := parsed(t, testdb.New(t, on).URL), parsed(t, testdb.New(t, on).URL)
			run(t, seed(t, from, early),
				"INSERT INTO chat (id, user_id, title, chat, created_at, updated_at, archived, pinned, meta, share_id) VALUES "+
					`('c', 'u', 't', '{"title":"t","tags":["a b"],"history":{"messages":{"m":{"id":"m","role":"user","content":"hello","timestamp":1700000000}},"currentId":"m"}}', 1700000000, 1700000001, false, true, '{"tags":["a_b"]}', NULL)`,
				"INSERT INTO {user} (id, name, email, role, profile_image_url, last_active_at, updated_at, created_at) VALUES ('u', 'n', 'A@example.com', 'admin', '', 1, 1, 1)")
			seed(t, from, revision)
			var kept bytes.Buffer
			if _, err := larder.Backup(t.Context(), from, &kept, larder.MoveOptions{}); err != nil {
				t.Fatal(err)
			}
			a, err := archive.Open(bytes.NewReader(kept.Bytes()), int64(kept.Len()))
			if err != nil {
				t.Fatal(err)
			}
			if rep, err := larder.Receive(t.Context(), a, to, larder.MoveOptions{Upgrade: true}); err != nil || !rep.Clean() {
				t.Fatalf("%v %+v", err, rep)
			}
			seed(t, from, "heads")
			want, got := dump(t, from), dump(t, to)
			for _, all := range []map[string][]string{want, got} {
				maps.DeleteFunc(all, func(name string, _ []string) bool { return strings.HasPrefix(name, "larder_migration_") })
			}
			if diff := cmp.Diff(want, got); diff != "" || len(want["chat"]) != 1 {
				t.Errorf("(-migrated +restored):\n%.3000s", diff)
			}
		})
	}
}

// seed brings a database to a revision and returns its URL.
func seed(t *testing.T, u *dburl.URL, revision string) string {
	t.Helper()
	to(t, u.Reveal(), revision)
	return u.Reveal()
}
