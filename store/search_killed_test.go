package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

const killedAnew = "LARDER_TEST_KILLED_ANEW"

// TestIsKilledIndexing is the program that is killed: it makes the index, or all of
// it anew.
func TestIsKilledIndexing(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv(killedAt))
	if err != nil {
		t.Skip("this is a part of TestKilledIndexing")
	}
	eng := enginetest.Open(t, "sqlite:///"+filepath.Join(os.Getenv(killedIn), "webui.db"), engine.Options{})
	index := store.NewSearchIndex(eng, store.New(eng, searchedOptions()), nil)
	eng.Observe(&deadlyHook{deadly{steps: at}})
	if os.Getenv(killedAnew) != "" {
		if err := index.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := index.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Wherever a program is killed that makes the index, nothing is missing, and the next
// one goes on.
func TestKilledIndexing(t *testing.T) {
	const chats = 300
	dir := t.TempDir()
	s := &searched{T: t, eng: enginetest.Open(t, "sqlite:///"+filepath.Join(dir, "webui.db"), engine.Options{})}
	s.ok(fresh.Create(t.Context(), s.eng, tables.All(), []string{tables.Head}))
	s.st = store.New(s.eng, searchedOptions())
	s.who = s.user("ada")
	for i := range chats {
		s.chat(s.who, int64(1000+i), fmt.Sprintf("chat %d", i), fmt.Sprintf("needle n%dn", i))
	}
	s.extend()
	for _, anew := range []string{"", "yes"} {
		killed := 0
		for at := 3; ; at += 7 {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIsKilledIndexing$")
			cmd.Env = append(os.Environ(), killedAt+"="+strconv.Itoa(at), killedIn+"="+dir, killedAnew+"="+anew)
			out, ended := cmd.CombinedOutput()
			if ended != nil && !strings.Contains(ended.Error(), "killed") {
				t.Fatalf("step %d: %v\n%s", at, ended, out)
			}
			if n := len(s.search("needle")); n != chats {
				t.Errorf("killed at step %d, %d are found", at, n)
			}
			if got := s.search("n77n"); len(got) != 1 || got[0] != "chat 77" {
				t.Errorf("killed at step %d, %q is found", at, got)
			}
			if ended == nil {
				break
			}
			killed++
		}
		if killed < 4 {
			t.Errorf("it was killed at %d steps only", killed)
		}
		if p := s.catchUp(); p.Chats != 0 || p.Of != 0 {
			t.Errorf("something was left: %+v", p)
		}
		if st, err := s.st.SearchStatus(t.Context()); err != nil || st.Kept != chats || st.Parts != 1 || st.Indexed != chats {
			t.Errorf("the index is %+v, %v", st, err)
		}
	}
}
