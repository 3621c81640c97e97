//go:build upstream

package cli_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

// writer is a client of one of the programs, with what it was told is stored.
type writer struct {
	*side
	name  string
	rnd   *rand.Rand
	texts map[string]map[string]string // by chat and message
	gone  map[string]map[string]bool
	mine  []string // its own chats
	room  string   // everybody's chat
	fails []string // what was refused
}

func (w *writer) ask(method, path, body string, into any) bool {
	r := w.request("ben", method, path, body)
	if r.status != 200 && r.status != 204 {
		w.fails = append(w.fails, fmt.Sprintf("%s %s: %d %.200s", method, path, r.status, r.text))
		return false
	}
	if into != nil && json.Unmarshal([]byte(r.text), into) != nil {
		w.fails = append(w.fails, fmt.Sprintf("%s %s: %.200s", method, path, r.text))
		return false
	}
	return true
}

// anyOf is a message that it has written to a chat, and "" when there is none.
func (w *writer) anyOf(chat string) string {
	for id := range w.texts[chat] {
		return id
	}
	return ""
}

func (w *writer) keep(chat, id, text string) {
	if w.texts[chat] == nil {
		w.texts[chat], w.gone[chat] = map[string]string{}, map[string]bool{}
	}
	w.texts[chat][id] = text
}

// write does one thing: it makes a chat, or adds, edits or deletes a message.
func (w *writer) write(n int) {
	word := fmt.Sprintf("%s%dword", w.name, n)
	chat := w.room
	if len(w.mine) > 0 && n%2 == 0 {
		chat = w.mine[w.rnd.IntN(len(w.mine))]
	}
	id := fmt.Sprintf("%s-%d", w.name, n)
	message := fmt.Sprintf(`{"id":%q,"role":"user","content":%q,"parentId":"m0","childrenIds":[],"timestamp":%d}`, id,
		word, 1795839310+n)
	switch old := w.anyOf(chat); {
	case n%20 == 0:
		var x struct{ ID string }
		if w.ask("POST", "/api/v1/chats/new",
			`{"chat":{"title":"`+word+
				`","history":{"currentId":"m0","messages":{"m0":{"id":"m0","role":"user","content":"begin","parentId":null,"childrenIds":[],"timestamp":1795839310}}}}}`, &x) {
			w.mine = append(w.mine, x.ID)
			w.keep(x.ID, "m0", "begin")
		}
	case n%7 == 3 && old != "" && old != "m0":
		if w.ask("POST", "/api/v1/chats/"+chat+"/messages/"+old, `{"content":"`+word+`"}`, nil) {
			w.keep(chat, old, word)
		}
	case n%9 == 4 && old != "" && old != "m0":
		if w.ask("DELETE", "/api/v1/chats/"+chat+"/messages/"+old, "", nil) {
			delete(w.texts[chat], old)
			w.gone[chat][old] = true
		}
	case n%3 == 0 && strings.HasPrefix(w.name, "ours"):
		if w.ask("POST", "/api/v1/chats/"+chat+"/messages/"+id, message, nil) {
			w.keep(chat, id, word)
		}
	default:
		if w.ask("POST", "/api/v1/chats/"+chat,
			fmt.Sprintf(`{"chat":{"history":{"currentId":%q,"messages":{%q:%s}}}}`, id, id, message), nil) {
			w.keep(chat, id, word)
		}
	}
}

// complete looks whether a program shows all that was written with either, and
// whether it finds every text that is in a chat.
func complete(t *testing.T, who string, s *side, writers []*writer) {
	t.Helper()
	texts, gone := 0, 0
	for _, w := range writers {
		for chat, messages := range w.texts {
			var x struct {
				Chat struct {
					History struct {
						Messages map[string]struct{ Content any }
					}
				}
			}
			r := s.request("ben", "GET", "/api/v1/chats/"+chat, "")
			if err := json.Unmarshal([]byte(r.text), &x); err != nil || r.status != 200 {
				t.Errorf("%s: chat %s: %d, %v", who, chat, r.status, err)
				continue
			}
			for id, text := range messages {
				texts++
				if got := x.Chat.History.Messages[id].Content; got != text {
					t.Errorf("%s: message %s of chat %s is %v, want %s", who, id, chat, got, text)
				}
				if id == "m0" {
					continue
				}
				var found []struct{ ID string }
				r := s.request("ben", "GET", "/api/v1/chats/search?text="+url.QueryEscape(text), "")
				if err := json.Unmarshal([]byte(r.text), &found); err != nil || len(found) != 1 || found[0].ID != chat {
					t.Errorf("%s: %s is found in %v, want %s; %d, %v", who, text, found, chat, r.status, err)
				}
			}
			for id := range w.gone[chat] {
				gone++
				if _, ok := x.Chat.History.Messages[id]; ok {
					t.Errorf("%s: message %s of chat %s was deleted and is there", who, id, chat)
				}
			}
		}
	}
	t.Logf("%s: %d messages are there, %d are gone", who, texts, gone)
}

// TestOpenWebUIWritesBesideUs has Open WebUI and Larder work on one database at
// the same time, with two hundred writes each, to chats of their own and to one
// that both have. Nothing is lost.
func TestOpenWebUIWritesBesideUs(t *testing.T) {
	bin := openWebUI(t)
	theirs(t, func(t *testing.T, db testdb.DB) {
		dir := t.TempDir()
		ours := startOurs(t, dir, db.URL)
		a := newScenario(t, ours, nil).a
		a.tokens["ben"] = a.sign("signup", ada)
		upstream := startUpstream(t, bin, dir, db.URL)
		b := &side{upstream, a.tokens, a.ids}
		var room struct{ ID string }
		r := a.request("ben", "POST", "/api/v1/chats/new",
			`{"chat":{"title":"room","history":{"currentId":"m0","messages":{"m0":{"id":"m0","role":"user","content":"begin","parentId":null,"childrenIds":[],"timestamp":1795839310}}}}}`)
		if err := json.Unmarshal([]byte(r.text), &room); err != nil {
			t.Fatal(err)
		}
		var writers []*writer
		var wg sync.WaitGroup
		const workers, each = 4, 50
		for n := range workers {
			for name, s := range map[string]*side{"ours": a, "theirs": b} {
				w := &writer{side: s, name: fmt.Sprintf("%s%d", name, n), rnd: rand.New(rand.NewPCG(uint64(n), 1)), room: room.ID,
					texts: map[string]map[string]string{}, gone: map[string]map[string]bool{}}
				writers = append(writers, w)
				wg.Go(func() {
					for i := range each {
						w.write(i)
					}
				})
			}
		}
		wg.Wait()
		for _, w := range writers {
			if strings.HasPrefix(w.name, "ours") && len(w.fails) > 0 {
				t.Errorf("%s: %d writes fail: %s", w.name, len(w.fails), w.fails[0])
			} else if len(w.fails) > 0 {
				t.Logf("%s: %d writes fail: %s", w.name, len(w.fails), w.fails[0])
			}
		}
		complete(t, "Larder, at once", a, writers)
		ours.stop() // what waits goes into the documents
		complete(t, "Open WebUI", b, writers)
		upstream.kill()
		a.process = startOurs(t, dir, db.URL)
		complete(t, "Larder", a, writers)
		a.stop()
		invariants(t, db.URL, dir)
	})
}
