package larder_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/transfer"
)

func opened(t *testing.T, u *dburl.URL) *engine.Engine {
	t.Helper()
	eng, err := engine.OpenURL(t.Context(), u, engine.Options{Drivers: engines.All()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

// change runs statements on a database.
func change(ctx context.Context, eng *engine.Engine, statements ...string) error {
	for _, s := range statements {
		if _, err := eng.Exec(ctx, engine.Statement{SQL: s, Write: true}); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// A copy that follows takes over everything that is written until the source is
// frozen, to and from every engine.
func TestACopyFollowsUntilTheSourceIsFrozen(t *testing.T) {
	from := unpacked(t, small)
	for _, to := range chain(t) {
		t.Run(from.Backend+" to "+to.Backend, func(t *testing.T) {
			source := opened(t, from)
			var rounds atomic.Int64
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			written := make(chan error, 1)
			go func() { // until it is frozen
				var err error
				for n := 0; err == nil && (rounds.Load() < 3 || n < 20); n++ {
					err = change(ctx, source,
						fmt.Sprintf("INSERT INTO memory (id, user_id, content, created_at, updated_at) VALUES ('%s-%d', 'u', 'x', 1, 1)", to.Backend, n),
						fmt.Sprintf("UPDATE chat SET title = 'round %d' WHERE id = (SELECT i FROM (SELECT min(id) AS i FROM chat) AS c)", n),
						"DELETE FROM tag WHERE id = (SELECT i FROM (SELECT min(id) AS i FROM tag) AS t)")
					time.Sleep(20 * time.Millisecond)
				}
				if err == nil {
					err = larder.Freeze(ctx, source, "to "+to.Backend)
				}
				written <- err
			}()
			rep, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{Follow: &larder.Follow{
				Pause: 50 * time.Millisecond, Round: func(transfer.Round) { rounds.Add(1) }}})
			stop()
			if werr := <-written; werr != nil {
				t.Fatal(werr)
			}
			if err != nil || !rep.Clean() {
				t.Fatalf("%v %v", err, rep)
			}
			was := dump(t, from)
			if len(was["larder_frozen"]) != 1 {
				t.Error("it is not frozen")
			}
			delete(was, "larder_frozen")
			if diff := cmp.Diff(was, dump(t, to)); diff != "" {
				t.Errorf("(-source +target):\n%.2000s", diff)
			}
			if thawed, err := larder.Thaw(t.Context(), source); err != nil || !thawed {
				t.Errorf("%v, %v", thawed, err)
			}
		})
		from = to // the next one follows this one
	}
}

// A run that is stopped while it follows leaves a target that nobody takes for
// whole, and resuming it without following ends it at one moment.
func TestAStoppedFollowerIsTakenUp(t *testing.T) {
	from := unpacked(t, small)
	source := opened(t, from)
	for _, to := range chain(t) {
		t.Run(to.Backend, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			_, err := larder.Copy(ctx, from, to, larder.MoveOptions{Follow: &larder.Follow{Pause: time.Millisecond, Round: func(transfer.Round) {
				if err := change(t.Context(), source, "DELETE FROM feedback", "UPDATE chat SET title = title || '!'"); err != nil {
					t.Error(err)
				}
				stop()
			}}})
			if !errors.Is(err, dberr.ErrCanceled) {
				t.Fatalf("stopped: %v", err)
			}
			if _, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{}); !errors.Is(err, dberr.ErrConflict) {
				t.Errorf("not taken up: %v", err)
			}
			o := larder.MoveOptions{}
			o.Transfer.Resume = true
			rep, err := larder.Copy(t.Context(), from, to, o)
			if err != nil || !rep.Clean() {
				t.Fatalf("%v %v", err, rep)
			}
			if diff := cmp.Diff(dump(t, from), dump(t, to)); diff != "" {
				t.Errorf("(-source +target):\n%.2000s", diff)
			}
		})
	}
}
