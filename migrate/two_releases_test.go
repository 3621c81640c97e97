package migrate_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// The table of a program whose releases rename column name to title, as
// docs/DIRECTIVE_database_migration.md says, and its columns as each knows them.
var (
	notesKnown = schema.Define("notes")
	noteID     = query.Col[int64](notesKnown.BigInt("id").PrimaryKey())
	noteName   = query.Col[string](notesKnown.Text("name"))
	noteTitle  = query.Col[string](notesKnown.Text("title"))
)

// release is what one release of the program writes, and reads.
type release struct {
	writes []query.Column[string]
	reads  query.Column[string]
}

func (r release) set(text string) (set []query.Assignment) {
	for _, c := range r.writes {
		set = append(set, c.Set(text))
	}
	return set
}

func (r release) insert(ctx context.Context, eng *engine.Engine, id int64, text string) error {
	_, err := query.Exec(ctx, eng, query.Insert(notesKnown).Values(append(r.set(text), noteID.Set(id))...))
	return err
}

func (r release) update(ctx context.Context, eng *engine.Engine, id int64, text string) error {
	_, err := query.Exec(ctx, eng, query.Update(notesKnown).Set(r.set(text)...).Where(noteID.Eq(id)))
	return err
}

func (r release) read(ctx context.Context, eng *engine.Engine, id int64, want string) error {
	got, err := query.One[string](ctx, eng, query.Select(r.reads).From(notesKnown).Where(noteID.Eq(id)))
	if err == nil && got != want {
		err = fmt.Errorf("note %d is %q, want %q", id, got, want)
	}
	return err
}

var renamed = []migrate.Revision{
	{ID: "e00000000001", Doc: "notes", Upgrade: func(ops *op.Ops) {
		t := schema.Define("notes")
		t.BigInt("id").PrimaryKey()
		t.Text("name")
		ops.CreateTable(t)
	}},
	{ID: "e00000000002", Doc: "expand", Down: []string{"e00000000001"}, Upgrade: func(ops *op.Ops) {
		ops.AddColumn("notes", op.Text("title").Null())
	}},
	{ID: "e00000000003", Doc: "copy", Down: []string{"e00000000002"}, Upgrade: func(ops *op.Ops) {
		ops.Data("copy names", func(ctx context.Context, d *op.Data) error {
			// Not only NULL: the release before wrote names of notes that have a title.
			const other = "({title} IS NULL OR {title} <> {name})"
			return d.Rows(ctx, op.Scan{Table: "notes", Where: other, Size: 50}, func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows { // of which a program may have changed one meanwhile
					if _, err := op.Run(ctx, c, "UPDATE {notes} SET {title} = {name} WHERE {id} = ? AND "+other, r.Int("id")); err != nil {
						return err
					}
				}
				return nil
			})
		}).Batched()
	}},
	{ID: "e00000000004", Doc: "loosen", Down: []string{"e00000000003"}, Upgrade: func(ops *op.Ops) {
		ops.AlterColumn("notes", "name").Null()
	}},
	{ID: "e00000000005", Doc: "contract", Down: []string{"e00000000004"}, Upgrade: func(ops *op.Ops) {
		ops.DropColumn("notes", "name")
	}},
}

// rollout is clients of the program at work while releases come and go.
type rollout struct {
	sync.RWMutex // held for reading by a client at work, for writing to change the releases
	old, next    release
	last         atomic.Int64 // note that was made
	stop         atomic.Bool
}

// work makes notes with one release and goes on with them in the other, both ways,
// each with its own connections.
func (r *rollout) work(ctx context.Context, a, b *engine.Engine) error {
	for !r.stop.Load() {
		r.RLock()
		old, next, id := r.old, r.next, r.last.Add(1)
		err := old.insert(ctx, a, id, "made")
		for _, step := range []func() error{
			func() error { return next.read(ctx, b, id, "made") },
			func() error { return next.update(ctx, b, id, "changed") },
			func() error { return old.read(ctx, a, id, "changed") },
			func() error { return old.update(ctx, a, id, "changed back") },
			func() error { return next.read(ctx, b, id, "changed back") },
		} {
			if err == nil {
				err = step()
			}
		}
		r.RUnlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// run lets the releases work side by side until they have made so many notes more.
func (r *rollout) run(ctx context.Context, old, next release) {
	r.Lock()
	r.old, r.next = old, next
	r.Unlock()
	for until := r.last.Load() + 40; r.last.Load() < until && ctx.Err() == nil; {
		time.Sleep(10 * time.Millisecond)
	}
}

// TestTwoReleasesAtOnce rolls four releases out one after another, each beside the
// one before it, with revisions in between, and no client has an error or reads
// anything but what was written last.
func TestTwoReleasesAtOnce(t *testing.T) {
	both := []query.Column[string]{noteName, noteTitle}
	releases := []release{
		{writes: both[:1], reads: noteName},  // before anything
		{writes: both, reads: noteName},      // after expand
		{writes: both, reads: noteTitle},     // after copy
		{writes: both[1:], reads: noteTitle}, // after loosen; before contract
	}
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		t.Parallel()
		eng := enginetest.Open(t, db.URL, engine.Options{})
		upgrade(t, runner(t, eng, renamed...), "e00000000001")
		const before = 500 // notes, of which there is only the name
		r := &rollout{old: releases[0], next: releases[0]}
		for range before {
			id := r.last.Add(1)
			if err := r.old.insert(t.Context(), eng, id, "from before"); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		defer func() { r.stop.Store(true); cancel(nil) }()
		var clients sync.WaitGroup
		for range 4 {
			a, b := enginetest.Open(t, db.URL, engine.Options{}), enginetest.Open(t, db.URL, engine.Options{})
			clients.Go(func() {
				if err := r.work(t.Context(), a, b); err != nil {
					cancel(err)
				}
			})
		}
		for n, revision := range renamed[1:] {
			r.run(ctx, releases[n], releases[n])
			upgrade(t, runner(t, eng, renamed...), revision.ID)
			if n+1 < len(releases) {
				r.run(ctx, releases[n], releases[n+1])
			}
		}
		r.run(ctx, releases[3], releases[3])
		r.stop.Store(true)
		clients.Wait()
		if err := context.Cause(ctx); err != nil {
			t.Fatal(err)
		}
		total := one[int](t, eng, "SELECT count(*) FROM notes WHERE title IN ('from before', 'changed back')")
		if total != int(r.last.Load()) {
			t.Errorf("%d of %d notes are whole", total, r.last.Load())
		}
		t.Logf("%d notes", r.last.Load()-before)
	})
}
