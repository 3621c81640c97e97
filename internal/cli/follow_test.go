package cli_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb"
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
						time.Sleep(50 * time.Millisecond)
					}
				})
			}
			time.Sleep(2 * time.Second)
			if code, out, log := larder(t, "freeze", "--database-url", from, "--why", "to "+e); code != 0 || !strings.Contains(out, "stop Open WebUI") {
				t.Fatalf("%d %s%s", code, out, log)
			}
			frozen := time.Now()
			wg.Wait()
			if err := copying.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, log.String())
			}
			t.Logf("%d chats were written; the target was ready %v after the source was frozen", len(written), time.Since(frozen).Round(time.Millisecond))
			status, said := old.ask("POST", "/api/v1/chats/new", user, `{"chat":{"title":"too late"}}`)
			if status != 503 || !strings.Contains(said, "larder thaw") {
				t.Errorf("a change of the frozen one: %d %s", status, said)
			}
			if status, _ := old.ask("GET", "/api/v1/chats/", user, ""); status != 200 {
				t.Errorf("reading the frozen one: %d", status)
			}
			fresh := start(t, nil, "--database-url", to, "--data-dir", dir)
			there := fresh.send("GET", "/api/v1/chats/all", token(t, fresh.send("POST", "/api/v1/auths/signin", "", ada, 200)), "", 200)
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
			if code, out, log := larder(t, "thaw", "--database-url", from); code != 0 || !strings.Contains(out, "can be changed again") {
				t.Fatalf("%d %s%s", code, out, log)
			}
			if late.says(`msg=serving`) == nil {
				t.Fatal(late.text())
			}
			late.stop()
		})
	}
}
