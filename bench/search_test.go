package bench

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

var (
	searchedChats = flag.Int("chats", 5000, "of how many chats of 17 messages BenchmarkSearch searches")
	scanned       = flag.Bool("scan", true, "BenchmarkSearch also reads every message, once for each text")
)

// BenchmarkSearch searches the chats of one user, 17 messages each, for a word that
// is in most of them, in few and in none, for two words, and for two characters of
// Chinese, by the index and by reading every message, and makes the index. Of the
// index it reports how large it is beside the texts of which it is made.
func BenchmarkSearch(b *testing.B) {
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			url := testdb.New(b, name).URL
			eng, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All()})
			must(b, err)
			defer eng.Close()
			must(b, fresh.Create(b.Context(), eng, tables.All(), []string{tables.Head}))
			who := store.Who{ID: "ada", Role: model.RoleUser}
			fillSearched(b, eng, who.ID)
			vacuum := func() {
				if name == "postgresql" { // as a server does by itself, but for those of the tests
					_, err := eng.Exec(b.Context(), engine.Statement{SQL: "VACUUM ANALYZE", Write: true})
					must(b, err)
				}
			}
			vacuum()
			st := store.New(eng, store.Options{})
			texts := []struct{ name, text string }{{"common", "database"}, {"rare", "w4999x"}, {"absent", "xylophonist"},
				{"two", "migration python"}, {"CJK", "迁移"}}
			find := func(text string) (time.Duration, int) {
				begin := time.Now()
				found, err := st.Chats.Search(b.Context(), who, text, store.ChatFilter{}, store.PageNumber(1))
				must(b, err)
				return time.Since(begin), len(found)
			}
			scan, n := map[string]time.Duration{}, map[string]int{}
			for _, t := range texts {
				if *scanned {
					scan[t.name], n[t.name] = find(t.text)
				}
			}
			db, err := larder.Open(b.Context(), url, larder.Options{}) // it makes the tables of the search
			must(b, err)
			db.Close()
			begin := time.Now()
			_, err = store.NewSearchIndex(eng, st, nil).CatchUp(b.Context())
			must(b, err)
			took := time.Since(begin)
			vacuum()
			status, err := st.SearchStatus(b.Context())
			must(b, err)
			for _, t := range texts {
				b.Run(t.name, func(b *testing.B) {
					for b.Loop() {
						if _, is := find(t.text); *scanned && is != n[t.name] {
							b.Fatalf("%d found, not %d", is, n[t.name])
						}
					}
					each := b.Elapsed() / time.Duration(b.N)
					b.ReportMetric(float64(each.Microseconds())/1000, "ms")
					if *scanned {
						b.ReportMetric(float64(scan[t.name])/float64(each), "x-faster")
					}
					b.ReportMetric(0, "ns/op")
				})
			}
			b.Run("reindex", func(b *testing.B) {
				for b.Loop() { // it was done above, once
				}
				b.ReportMetric(float64(17**searchedChats)/took.Seconds(), "messages/s")
				b.ReportMetric(float64(status.Bytes)/1e6, "texts-MB")
				b.ReportMetric(float64(indexBytes(b, eng))/1e6, "index-MB")
				b.ReportMetric(0, "ns/op")
			})
		})
	}
}

// BenchmarkReindex makes the index over a large installation anew, by the program as it
// is built, and reports the most that was resident.
func BenchmarkReindex(b *testing.B) {
	program := build(b, b.TempDir())
	from := installation(b, large)
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			url := testdb.New(b, name).URL
			called(b, program, "copy", "--quiet", "--from", from, "--to", url)
			made := called(b, program, "search", "reindex", "--all", "--quiet", "--database-url", url)
			b.ReportMetric(float64(made.resident)/(1<<20), "MB")
			b.ReportMetric(made.elapsed.Seconds(), "s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// indexBytes is how long what the index holds is, without the texts.
func indexBytes(b *testing.B, eng *engine.Engine) (n int64) {
	b.Helper()
	for row, err := range query.Rows[own.SearchRowRow](b.Context(), eng, query.SelectFrom(own.SearchRow.Table)) {
		must(b, err)
		n += int64(len(row.Data))
	}
	return n
}

func fillSearched(b *testing.B, eng *engine.Engine, user string) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("database migration python golang Größe café привет 迁移数据库 こんにちは 안녕하세요 🚀 index schema persistence fox dog lazy quick")
	for i := range 5000 {
		words = append(words, fmt.Sprintf("w%dx", i))
	}
	zipf := rand.NewZipf(random, 1.1, 4, uint64(len(words)-2)) // the last one is rarer still
	content := func() string {
		var t strings.Builder
		for range 20 + random.IntN(60) {
			t.WriteString(words[zipf.Uint64()] + " ")
		}
		return t.String()
	}
	const first = 1_600_000_000
	var chats []model.Chat
	var messages []model.ChatMessage
	flush := func() {
		_, err := query.BulkInsert(b.Context(), eng, tables.Chat.Table, values(chats))
		must(b, err)
		_, err = query.BulkInsert(b.Context(), eng, tables.ChatMessage.Table, values(messages))
		must(b, err)
		chats, messages = chats[:0], messages[:0]
	}
	for i := range *searchedChats {
		id, at := fmt.Sprintf("chat-%06d", i*7919%1_000_003), int64(first+i)
		all := map[string]any{}
		for k := range 17 {
			text := content()
			if k == 0 && i%1000 == 7 {
				text += words[len(words)-1]
			}
			m := fmt.Sprintf("m%d", k)
			all[m] = map[string]any{"id": m, "role": "user", "content": text, "timestamp": at, "parentId": nil,
				"childrenIds": []string{}}
			j, err := json.Marshal(text)
			must(b, err)
			messages = append(messages,
				model.ChatMessage{ID: id + "-" + m, ChatID: id, UserID: &user, Role: "user", Content: jsonvalue.Text(string(j)),
					CreatedAt: &at, UpdatedAt: &at})
		}
		doc, err := json.Marshal(map[string]any{"title": id, "history": map[string]any{"messages": all, "currentId": "m0"}})
		must(b, err)
		no := false
		chats = append(chats, model.Chat{ID: id, UserID: &user, Title: &id, CreatedAt: &at, UpdatedAt: &at, Archived: &no,
			Pinned: &no, Chat: jsonvalue.Text(string(doc)), Meta: jsonvalue.Text("{}")})
		if len(chats) == 500 {
			flush()
		}
	}
	flush()
}

func values[T any](rows []T) func(func(T, error) bool) {
	return func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}
