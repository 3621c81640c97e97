package bench

import (
	"encoding/json"
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
)

// BenchmarkSearchTexts looks for words in notes of 2 kB and in documents of 20 kB, a
// page of them and how many they are in all. x-faster is against the same search where
// there are no tables for it, which reads all of them.
func BenchmarkSearchTexts(b *testing.B) {
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			url := testdb.New(b, name).URL
			eng, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All()})
			must(b, err)
			defer eng.Close()
			must(b, fresh.Create(b.Context(), eng, tables.All(), []string{tables.Head}))
			who := store.Who{ID: "ada", Role: model.RoleAdmin}
			fillTexts(b, eng, who.ID)
			st := store.New(eng, store.Options{})
			in := map[string]func(word string) int64{
				"notes": func(word string) int64 {
					_, n, err := st.Notes.Search(b.Context(), who, store.NoteFilter{Query: word}, store.PageNumber(1))
					must(b, err)
					return n
				},
				"documents": func(word string) int64 {
					_, _, n, err := st.Knowledge.Everywhere(b.Context(), who,
						store.KnowledgeFileFilter{Query: word, InText: true}, store.PageNumber(1))
					must(b, err)
					return n
				},
			}
			words := []struct{ name, text string }{{"common", "w1x"}, {"rare", "w1733x"}, {"absent", "xylophonist"}}
			read, n := map[string]time.Duration{}, map[string]int64{}
			for kind, find := range in {
				for _, w := range words {
					begin := time.Now()
					n[kind+w.name] = find(w.text)
					read[kind+w.name] = time.Since(begin)
				}
			}
			db, err := larder.Open(b.Context(), url, larder.Options{}) // it makes the tables of the search
			must(b, err)
			db.Close()
			begin := time.Now()
			_, err = store.NewSearchIndex(eng, st, nil).CatchUp(b.Context())
			must(b, err)
			took := time.Since(begin)
			for kind, find := range in {
				for _, w := range words {
					b.Run(kind+"/"+w.name, func(b *testing.B) {
						for b.Loop() {
							if is := find(w.text); is != n[kind+w.name] {
								b.Fatalf("%d found, not %d", is, n[kind+w.name])
							}
						}
						each := b.Elapsed() / time.Duration(b.N)
						b.ReportMetric(float64(each.Microseconds())/1000, "ms")
						b.ReportMetric(float64(read[kind+w.name])/float64(each), "x-faster")
						b.ReportMetric(float64(n[kind+w.name]), "found")
						b.ReportMetric(0, "ns/op")
					})
				}
			}
			b.Run("reindex", func(b *testing.B) {
				for b.Loop() { // it was done above, once
				}
				b.ReportMetric(took.Seconds(), "s")
				b.ReportMetric(float64(indexBytes(b, eng))/1e6, "index-MB")
				b.ReportMetric(0, "ns/op")
			})
		})
	}
}

func fillTexts(b *testing.B, eng *engine.Engine, user string) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.1, 4, 5000)
	text := func(size int) string {
		var t strings.Builder
		for t.Len() < size {
			fmt.Fprintf(&t, "w%dx ", zipf.Uint64())
		}
		return t.String()
	}
	data := func(v any) jsonvalue.JSON {
		out, err := json.Marshal(v)
		must(b, err)
		return jsonvalue.Text(string(out))
	}
	const first = 1_600_000_000
	var notes []model.Note
	for i := range 5000 {
		title, at := fmt.Sprintf("note %d", i), int64(first+i)*1_000_000_000
		notes = append(notes, model.Note{ID: fmt.Sprintf("note-%d", i), UserID: &user, Title: &title,
			Data: data(map[string]any{"content": map[string]any{"md": text(2000)}}), CreatedAt: &at, UpdatedAt: &at})
	}
	_, err := query.BulkInsert(b.Context(), eng, tables.Note.Table, values(notes))
	must(b, err)
	_, err = query.BulkInsert(b.Context(), eng, tables.Knowledge.Table, values([]model.Knowledge{{ID: "base", UserID: user,
		Name: "base"}}))
	must(b, err)
	var files []model.File
	var links []model.KnowledgeFile
	for i := range 2000 {
		id, name, at := fmt.Sprintf("file-%d", i), fmt.Sprintf("document %d.txt", i), int64(first+i)
		files = append(files, model.File{ID: id, UserID: &user, Filename: &name,
			Data: data(map[string]any{"content": text(20_000)}), CreatedAt: &at, UpdatedAt: &at})
		links = append(links, model.KnowledgeFile{ID: id, KnowledgeID: "base", FileID: id, UserID: user, CreatedAt: at,
			UpdatedAt: at})
	}
	_, err = query.BulkInsert(b.Context(), eng, tables.File.Table, values(files))
	must(b, err)
	_, err = query.BulkInsert(b.Context(), eng, tables.KnowledgeFile.Table, values(links))
	must(b, err)
}
