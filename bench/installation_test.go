package bench

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/engine"
)

// large is how many chats the installation has that moves are measured with: with
// their 84,484 messages it is a file of some 230 MB.
const large = 5000

// installed is the URL of a file of an installation: a copy of the one that
// BENCH_INSTALLATION names, at the newest revision, or one of 5,000 chats that is made.
func installed(b *testing.B) string {
	b.Helper()
	path := os.Getenv("BENCH_INSTALLATION")
	if path == "" {
		return installation(b, large)
	}
	in, err := os.Open(path)
	must(b, err)
	defer in.Close()
	to := filepath.Join(b.TempDir(), "webui.db")
	out, err := os.Create(to)
	must(b, err)
	_, err = io.Copy(out, in)
	must(b, err)
	must(b, out.Close())
	return "sqlite:///" + to
}

// installation makes a file like that of an installation, from a seed: for each
// 25 chats a user, of 5 chats two files, 16 or 17 messages in a chat, in its
// document and as rows of their own. One chat has two messages for every five
// chats, and of 700 chats one has a message of one megabyte and more.
func installation(b *testing.B, chats int) string {
	b.Helper()
	url := "sqlite:///" + filepath.Join(b.TempDir(), "webui.db")
	db, err := larder.Open(b.Context(), url, larder.Options{})
	must(b, err)
	defer db.Close()
	made := &maker{b: b, eng: db.Engine(), random: rand.New(rand.NewPCG(1, 2)), words: strings.Fields(
		`the quick brown fox jumps over a lazy dog while \"somebody\" reads größer 数据 안녕하세요 👩‍👧 מרחבא \\ % _ and writes code`)}
	var users []string
	var accounts [][]any
	for i := range max(1, chats/25) {
		users = append(users, made.id())
		accounts = append(accounts, []any{users[i], fmt.Sprintf("User %d", i), fmt.Sprintf("user-%d@example.com", i), "user",
			"/user.png", int64(i), int64(i), int64(i)})
	}
	made.put("user", "id,name,email,role,profile_image_url,last_active_at,updated_at,created_at", accounts)
	var files [][]any
	for i := range chats * 2 / 5 {
		files = append(files, []any{made.id(), users[i%len(users)], "notes.txt", `{"name":"notes.txt"}`, int64(i),
			`{"content":"` + made.text(750) + `"}`, int64(i)})
	}
	made.put("file", "id,user_id,filename,meta,created_at,data,updated_at", files)
	for at := 0; at < chats; at += 100 {
		var docs, messages [][]any
		for i := at; i < min(at+100, chats); i++ {
			many, largest := 16+i%2, 0
			if i == 0 {
				many = chats * 2 / 5
			}
			if i%700 == 350 {
				largest = (1 + i/700) << 20
			}
			chat, said := made.chat(users[i%len(users)], int64(i), many, largest)
			docs, messages = append(docs, chat), append(messages, said...)
		}
		made.chats(docs, messages)
	}
	return url
}

// maker makes rows.
type maker struct {
	b      *testing.B
	eng    *engine.Engine
	random *rand.Rand
	words  []string
}

func (m *maker) put(table, columns string, rows [][]any) {
	m.b.Helper()
	_, err := engine.BulkInsert(m.b.Context(), m.eng, table, strings.Split(columns, ","), engine.BulkRows(rows))
	must(m.b, err)
}

func (m *maker) chats(chats, messages [][]any) {
	m.b.Helper()
	m.put("chat", "id,user_id,title,created_at,updated_at,archived,pinned,meta,chat,current_message_id", chats)
	m.put("chat_message", "id,chat_id,user_id,role,content,parent_id,model_id,done,usage,created_at,updated_at", messages)
}

func (m *maker) id() string {
	x, y := m.random.Uint64(), m.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", x>>32, x>>16&0xffff, x&0xfff, y>>48&0xfff, y&0xffffffffffff)
}

// text is the inside of a JSON string of n bytes and some more.
func (m *maker) text(n int) string {
	var s strings.Builder
	for s.Len() < n {
		s.WriteString(m.words[m.random.IntN(len(m.words))] + " ")
	}
	return s.String()
}

// chat is a row of a chat and those of its messages, each in answer to the one
// before; the last has at least largest bytes.
func (m *maker) chat(user string, at int64, many, largest int) (chat []any, messages [][]any) {
	const usage = `{"prompt_tokens":327,"completion_tokens":1938,"total_tokens":2265,"prompt_tokens_details":{"cached_tokens":0}}`
	id := m.id()
	var doc strings.Builder
	parent, this, next := any(nil), m.id(), m.id()
	for i := range many {
		size := 100 + m.random.IntN(800)
		if i == many-1 {
			size = max(size, largest)
		}
		said, role, model, used := m.text(size), "user", any(nil), any(nil)
		if i%2 == 1 {
			role, model, used = "assistant", "my-model", usage
		}
		before := "null"
		if parent != nil {
			before = fmt.Sprintf("%q", parent)
		}
		fmt.Fprintf(&doc, `,"%s":{"id":"%s","parentId":%s,"childrenIds":["%s"],"role":"%s","content":"%s","timestamp":%d,"usage":%s}`,
			this, this, before, next, role, said, 1700000000+i, usage)
		messages = append(messages, []any{id + "-" + this, id, user, role, `"` + said + `"`, parent, model, int64(1), used,
			1700000000 + int64(i), 1700000000 + int64(i)})
		parent, this, next = this, next, m.id()
	}
	return []any{id, user, m.text(30), at, at, int64(0), int64(0), "{}",
		fmt.Sprintf(`{"title":"a chat","history":{"messages":{%s},"currentId":%q}}`, doc.String()[1:], parent), parent}, messages
}
