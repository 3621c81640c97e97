//go:build soak

package migrations_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrations"
)

// everyFixture on every engine, not only on those that Open WebUI runs on.
const everyFixture = true

// Variables that make the test binary a child that migrates a database.
const (
	childURL    = "LARDER_TEST_MIGRATIONS_URL"
	childTarget = "LARDER_TEST_MIGRATIONS_TARGET"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		if err := child(context.Background(), url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(ctx context.Context, url string) error {
	settings := dburl.DefaultSQLite().ForMigration()
	eng, err := engine.Open(ctx, url, engine.Options{Drivers: engines.All(), SQLite: &settings})
	if err != nil {
		return err
	}
	var last time.Time
	r, err := migrate.New(migrate.Options{
		Engine: eng, Snapshot: migrate.SnapshotNever,
		Lineages: []migrate.Lineage{{VersionTable: "alembic_version", Revisions: migrations.All()}},
		Events: func(e migrate.Event) {
			if e.Kind == migrate.DataProgress && time.Since(last) < time.Second {
				return
			}
			last = time.Now()
			fmt.Printf("%s %s: %d of %d; %d MB resident, %d of them files\n", e.Kind, e.Statement, e.Done, e.Total, status("VmRSS"), status("RssFile"))
		},
	})
	if err != nil {
		return err
	}
	began := time.Now()
	_, err = r.Upgrade(ctx, os.Getenv(childTarget))
	fmt.Printf("took %v, %d MB at the most\n", time.Since(began).Round(time.Millisecond), peak())
	return err
}

// status reads a number of /proc/self/status, in MB.
func status(key string) int {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n / 1024
		}
	}
	return 0
}

func peak() int { return status("VmHWM") }

// start starts a child that upgrades a database.
func start(t *testing.T, url, target string, env ...string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childURL+"="+url, childTarget+"="+target), env...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out
}

// Killed at any moment, an upgrade that is run again ends with what an
// uninterrupted one gives. SOAK_KILLS is how often on each engine; 200 when it
// is not set.
func TestKilledUpgradesAreFinished(t *testing.T) {
	kills := 200
	if n, err := strconv.Atoi(os.Getenv("SOAK_KILLS")); err == nil {
		kills = n
	}
	at := fixtures(t)
	for _, e := range testdb.Engines() {
		t.Run(e, func(t *testing.T) {
			wants := map[string]map[string][]string{}
			took := map[string]time.Duration{}
			killed := 0
			for n := range kills {
				id := at[n%8] // the older ones have the data steps ahead of them
				// Each has connections of its own, which it gives back.
				ok := t.Run(fmt.Sprintf("%d-%s", n, id), func(t *testing.T) {
					if wants[id] == nil {
						eng := atRevision(t, e, id)
						began := time.Now()
						upgrade(t, eng, "head")
						took[id], wants[id] = time.Since(began), content(t, eng, true)
					}
					url := copyAt(t, e, id)
					for range 3 {
						cmd, _ := start(t, url, "head")
						time.Sleep(time.Duration(rand.Int64N(int64(took[id]) * 5 / 4)))
						_ = cmd.Process.Signal(syscall.SIGKILL)
						if err := cmd.Wait(); err != nil {
							killed++
						}
					}
					cmd, out := start(t, url, "head")
					if err := cmd.Wait(); err != nil {
						t.Fatalf("after the kills: %v\n%s", err, out)
					}
					eng := enginetest.Open(t, url, engine.Options{})
					sameContent(t, "after the kills", wants[id], content(t, eng, true), nil)
				})
				if !ok {
					break
				}
			}
			t.Logf("%d databases, %d upgrades killed", kills, killed)
		})
	}
}

// A million messages, one chat of 40 MB among them, become rows in little
// memory and fast enough; killed, the step goes on where it was. SOAK_MESSAGES
// is how many.
func TestMillionMessages(t *testing.T) {
	total := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("SOAK_MESSAGES")); err == nil {
		total = n
	}
	for _, e := range testdb.Engines() {
		t.Run(e, func(t *testing.T) {
			url := testdb.New(t, e).URL
			eng := enginetest.Open(t, url, engine.Options{})
			before(t, eng, 31)
			made := fillChats(t, eng, total)
			began := time.Now()
			cmd, _ := start(t, url, ids()[30], "GOMEMLIMIT=96MiB")
			time.Sleep(8 * time.Second)
			_ = cmd.Process.Signal(syscall.SIGKILL)
			_ = cmd.Wait()
			first, _ := strconv.Atoi(ask(t, eng, "n", "SELECT count(*) AS {n} FROM {chat_message}")[0])
			firstTook := time.Since(began)
			began = time.Now()
			cmd, out := start(t, url, ids()[30], "GOMEMLIMIT=96MiB")
			if err := cmd.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			secondTook := time.Since(began)
			want(t, "rows", ask(t, eng, "n", "SELECT count(*) AS {n} FROM {chat_message}"), fmt.Sprint(made))
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			t.Logf("processor time of the second run: %v", cpu.Round(time.Millisecond))
			rate := float64(made) / (firstTook + secondTook).Seconds()
			t.Logf("%s: %d messages; killed after %v with %d rows; then %v for the rest with its indexes: %.0f messages a second; the second run %s",
				e, made, firstTook.Round(time.Second), first, secondTook.Round(time.Second), rate, lines[len(lines)-1])
			var most int
			if _, err := fmt.Sscanf(lines[len(lines)-1][strings.Index(lines[len(lines)-1], ", ")+2:], "%d MB", &most); err != nil || most > 128 {
				t.Errorf("%d MB resident, 128 are allowed (%v)", most, err)
			}
			if e == testdb.SQLite || e == testdb.PostgreSQL {
				if rate < 20000 {
					t.Errorf("%.0f messages a second, 20,000 are wanted", rate)
				}
			}
		})
	}
}

// fillChats makes chats with that many messages; one has a document of 40 MB.
func fillChats(t *testing.T, eng *engine.Engine, total int) int {
	t.Helper()
	rnd := rand.New(rand.NewPCG(7, 7))
	made := 0
	document := func(n, size int) string {
		var b strings.Builder
		b.WriteString(`{"title": "t", "history": {"messages": {`)
		for i := range n {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, `"%08x-%04x-4000-8000-%012x": {"role": "assistant", "parentId": null, "childrenIds": [], "model": "m%d", "timestamp": %d, "content": "%s", "usage": {"prompt_tokens": %d}}`,
				rnd.Uint32(), i&0xffff, rnd.Uint64()&0xffffffffffff, i%7, 1700000000+i, strings.Repeat("word ü ", size), i)
		}
		b.WriteString(`}, "currentId": null}}`)
		made += n
		return b.String()
	}
	columns := []string{"id", "user_id", "chat", "created_at", "updated_at"}
	const per = 100
	_, err := engine.BulkInsert(t.Context(), eng, "chat", columns, func(yield func([]any, error) bool) {
		row := func(doc string) bool {
			return yield([]any{fmt.Sprintf("%08x-0000-4000-8000-%012x", rnd.Uint32(), rnd.Uint64()&0xffffffffffff), "user", doc, int64(1), int64(2)}, nil)
		}
		large := 20000
		if n := eng.Dialect().Limits().Packet; n > 0 {
			large = min(large, n/3/2200) // what the server takes at all
		}
		if !row(document(large, 230)) {
			return
		}
		for made < total {
			if !row(document(per, 30)) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// A server goes on with a statement when the process that sent it is killed:
// the next upgrade finds it at work, or done, and goes on behind it.
func TestKilledWhileTheServerGoesOn(t *testing.T) {
	for _, e := range testdb.Engines() {
		t.Run(e, func(t *testing.T) {
			url := testdb.New(t, e).URL
			eng := enginetest.Open(t, url, engine.Options{})
			before(t, eng, 31)
			made := fillChats(t, eng, 100_000)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childURL+"="+url, childTarget+"="+ids()[30])
			pipe, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(pipe)
			for lines.Scan() {
				if strings.Contains(lines.Text(), "chat_message_chat_parent_idx") {
					time.Sleep(30 * time.Millisecond)
					break
				}
			}
			_ = cmd.Process.Signal(syscall.SIGKILL)
			killed := cmd.Wait() != nil
			again, out := start(t, url, ids()[30])
			if err := again.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			want(t, "rows", ask(t, eng, "n", "SELECT count(*) AS {n} FROM {chat_message}"), fmt.Sprint(made))
			whole := enginetest.Open(t, testdb.New(t, e).URL, engine.Options{})
			upgrade(t, whole, ids()[30])
			sameSchema(t, "finished", live(t, whole), live(t, eng))
			t.Logf("killed: %v", killed)
		})
	}
}
