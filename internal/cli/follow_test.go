package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// A whole installation moves while people go on writing: nothing that was
// acknowledged is lost, and both servers say where they stand.
func TestMovingWithoutDowntime(t *testing.T) {
	for _, e := range testdb.Engines() {
		t.Run(e, func(t *testing.T) {
			dir := t.TempDir()
			from, to := "sqlite:///"+filepath.Join(dir, "webui.db"), testdb.New(t, e).URL
			old := start(t, nil, "--database-url", from, "--data-dir", dir)
			user := token(t, old.send("POST", "/api/v1/auths/signup", "", ada, 200))
			copying := exec.CommandContext(t.Context(), "larder", "copy", "--from", from, "--to", to, "--follow")
			var log bytes.Buffer
			copying.Stderr = &log
			if err := copying.Start(); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var written []string
			var wg sync.WaitGroup
			for who := range 4 {
				wg.Go(func() {
					for n := 0; ; n++ {
						title := fmt.Sprintf("chat %d of %d", n, who)
						status, _ := old.ask("POST", "/api/v1/chats/new", user, `{"chat":{"title":"`+title+`"}}`)
						if status != 200 {
							return // it is frozen
						}
						mu.Lock()
						written = append(written, title)
						mu.Unlock()
						time.Sleep(60 * time.Millisecond)
					}
				})
			}
			some := func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(written) > 10
			}
			for begun := time.Now(); time.Since(begun) < followedFor ||
				!some() && time.Since(begun) < followedFor+2*time.Minute; {
				time.Sleep(20 * time.Millisecond)
			}
			frozen := time.Now()
			if code, out, log := larder(t, "freeze", "--database-url", from, "--why", "to "+e); code != 0 ||
				!strings.Contains(out, "stop Open WebUI") {
				t.Fatalf("%d %s%s", code, out, log)
			}
			wg.Wait()
			if err := copying.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, log.String())
			}
			t.Logf("%d chats were written; the target was ready %v after the source began to be frozen", len(written),
				time.Since(frozen).Round(time.Millisecond))
			status, said := old.ask("POST", "/api/v1/chats/new", user, `{"chat":{"title":"too late"}}`)
			if status != 503 || !strings.Contains(said, "moved elsewhere (to "+e+"): use it where it has gone") {
				t.Errorf("a change of the frozen one: %d %s", status, said)
			}
			if status, _ := old.ask("GET", "/api/v1/chats/", user, ""); status != 200 {
				t.Errorf("reading the frozen one: %d", status)
			}
			fresh := start(t, nil, "--database-url", to, "--data-dir", dir)
			there := fresh.send("GET", "/api/v1/chats/all",
				token(t, fresh.send("POST", "/api/v1/auths/signin", "", ada, 200)), "", 200)
			for _, title := range written {
				if !strings.Contains(there, title+`"`) {
					t.Errorf("%q was acknowledged and is not there", title)
				}
			}
			if len(written) == 0 {
				t.Error("no chat was written")
			}
			late := launch(t, nil, "--database-url", from, "--data-dir", dir)
			for status, said := 0, ""; status != 503 || !strings.Contains(said, "larder thaw"); {
				if status, said = late.ask("GET", "/ready", "", ""); status == 200 {
					t.Fatal("a frozen database is served")
				}
				time.Sleep(20 * time.Millisecond)
			}
			if code, out, log := larder(t, "thaw", "--database-url", from); code != 0 ||
				!strings.Contains(out, "can be changed again") {
				t.Fatalf("%d %s%s", code, out, log)
			}
			if late.says(`msg=serving`) == nil {
				t.Fatal(late.text())
			}
			late.stop()
		})
	}
}

// A change that waits behind a lock while the database is frozen is refused, and
// nothing is changed any more once freezing has returned.
func TestAChangeThatWaitsIsCutOffByTheFreeze(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		p := start(t, nil, "--database-url", db.URL, "--data-dir", t.TempDir())
		user := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
		var chat struct{ ID string }
		if err := json.Unmarshal([]byte(p.send("POST", "/api/v1/chats/new", user, `{"chat":{"title":"before"}}`, 200)),
			&chat); err != nil {
			t.Fatal(err)
		}
		eng := enginetest.Open(t, db.URL, engine.Options{})
		title := func() string {
			s, err := query.One[string](t.Context(), eng,
				query.Select(tables.Chat.Title).From(tables.Chat.Table).Where(tables.Chat.ID.Eq(chat.ID)))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		held, let := make(chan struct{}), make(chan struct{})
		holder := make(chan error, 1)
		go func() { // somebody has the row
			holder <- eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1}, func(ctx context.Context, tx *engine.Tx) error {
				_, err := query.Exec(ctx, tx,
					query.Update(tables.Chat.Table).Set(tables.Chat.Archived.Set(true)).Where(tables.Chat.ID.Eq(chat.ID)))
				close(held)
				<-let
				return err
			})
		}()
		<-held
		type answer struct {
			status int
			text   string
		}
		answered, frozen := make(chan answer, 1), make(chan string, 1)
		go func() {
			status, text := p.ask("POST", "/api/v1/chats/"+chat.ID, user, `{"chat":{"title":"after"}}`)
			answered <- answer{status, text}
		}()
		time.Sleep(200 * time.Millisecond) // it waits
		go func() {
			_, _, log := larder(t, "freeze", "--database-url", db.URL, "--why", "moved to the new server")
			frozen <- log
		}()
		var got answer
		if eng.Dialect().Has(driver.ServerProcess) { // else one lock is that of all, and freezing waits for it as well
			got = <-answered
		}
		close(let)
		if err := <-holder; err != nil {
			t.Fatal(err)
		}
		if log := <-frozen; strings.Contains(log, "larder:") {
			t.Fatal(log)
		}
		now := title()
		if got.status == 0 {
			got = <-answered
		}
		if got.status == 200 != (now == "after") ||
			got.status != 200 && (got.status != 503 || !strings.Contains(got.text, "(moved to the new server)")) {
			t.Errorf("answered with %d %s, and the title is %q", got.status, got.text, now)
		}
		if eng.Dialect().Has(driver.ServerProcess) && got.status == 200 {
			t.Error("it was not cut off")
		}
		time.Sleep(300 * time.Millisecond)
		if then := title(); then != now {
			t.Errorf("the title became %q after the database was frozen", then)
		}
	})
}
