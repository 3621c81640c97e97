package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// document makes a file with a text in a base of its owner.
func (s *searched) document(who store.Who, age int64, name, text string) {
	s.Helper()
	data, err := json.Marshal(map[string]any{"content": text, "status": "completed"})
	s.ok(err)
	at := now - age
	s.exec(query.Insert(tables.File.Table).Row(model.File{ID: "file-" + name, UserID: &who.ID, Filename: &name,
		Data: jsonvalue.Text(string(data)), CreatedAt: &at, UpdatedAt: &at}))
	s.exec(query.Insert(tables.Knowledge.Table).Row(model.Knowledge{ID: "base-" + who.ID, UserID: who.ID, Name: "base",
		Description: &name, CreatedAt: at, UpdatedAt: &at}).OnConflict(tables.Knowledge.ID).DoNothing())
	s.exec(query.Insert(tables.KnowledgeFile.Table).Row(model.KnowledgeFile{ID: "kf-" + name,
		KnowledgeID: "base-" + who.ID, FileID: "file-" + name, UserID: who.ID, CreatedAt: at, UpdatedAt: at}))
}

func (s *searched) exec(st query.Statement) {
	s.Helper()
	_, err := query.Exec(s.Context(), s.eng, st)
	s.ok(err)
}

// notes are the titles of the notes that are found, with how many are said to be.
func (s *searched) notes(text string) string {
	s.Helper()
	found, total, err := s.st.Notes.Search(s.Context(), s.who, store.NoteFilter{Query: text}, store.Page{})
	if err != nil {
		s.Fatalf("search of notes for %q: %v", text, err)
	}
	return fmt.Sprintf("%d %q", total, titles(found, func(n store.NoteItem) string { return n.Title }))
}

// documents are the names of the files that are found, with how many are said to be.
func (s *searched) documents(text string) string {
	s.Helper()
	found, _, total, err := s.st.Knowledge.Everywhere(s.Context(), s.who,
		store.KnowledgeFileFilter{Query: text, InText: true}, store.Page{})
	if err != nil {
		s.Fatalf("search of files for %q: %v", text, err)
	}
	return fmt.Sprintf("%d %q", total, titles(found, func(f store.KnowledgeFile) string { return *f.Filename }))
}

func titles[T any](list []T, title func(T) string) (out []string) {
	for _, x := range list {
		out = append(out, title(x))
	}
	return out
}

// oddNotes are notes whose rows lack something, or are not what they should be.
func (s *searched) oddNotes() {
	s.Helper()
	at, future := int64((now-500)*1_000_000_000), int64((now+500)*1_000_000_000)
	title := func(s string) *string { return &s }
	for i, n := range []model.Note{
		{Title: title("undated needle"), Data: jsonvalue.Text(`{"content":{"md":"needle"}}`)},
		{Title: title("future"), Data: jsonvalue.Text(`{"content":{"md":"needle"}}`), UpdatedAt: &future},
		{Data: jsonvalue.Text(`{"content":{"md":"a needle without a title"}}`), UpdatedAt: &at},
		{Title: title("needle without data"), Data: jsonvalue.Null(), UpdatedAt: &at},
		{Title: title("a number"), Data: jsonvalue.Text(`{"content":{"md":4711}}`), UpdatedAt: &at},
		{Title: title("an array"), Data: jsonvalue.Text(`{"content":{"md":["needle", 1]}}`), UpdatedAt: &at},
		{Title: title("null"), Data: jsonvalue.Text(`{"content":{"md":null}}`), UpdatedAt: &at},
		{Title: title("no object"), Data: jsonvalue.Text(`["needle"]`), UpdatedAt: &at},
		{Title: title("hy-phens"), Data: jsonvalue.Text(`{"content":{"md":"a nee-dle and h a y stack"}}`), UpdatedAt: &at},
	} {
		n.ID, n.UserID = fmt.Sprintf("odd%d", i), &s.who.ID
		s.exec(query.Insert(tables.Note.Table).Row(n))
	}
}

// Notes and the texts of files are found by the index as by reading them.
func TestNotesAndFilesAreSearchedByTheIndex(t *testing.T) {
	chats, queries := corpus(t)
	queries = append(queries, "needle", "nee-dle", "h-aystack", "4711", "xylophonist", "-", "1")
	eachSearched(t, func(s *searched) {
		eve := s.user("eve")
		for i, c := range chats {
			name, text := fmt.Sprintf("%s %d", c[0], i), strings.Join(c[1:], "\n")
			s.note(s.who, int64(100+i), name, text)
			s.document(s.who, int64(100+i), name, text)
			s.note(eve, int64(100+i), "hers "+name, text)
			s.document(eve, int64(100+i), "hers "+name, text)
		}
		s.oddNotes()
		of := func(q string) [3]string {
			return [3]string{s.notes(q), s.documents(q), s.page(store.WorkspaceFilter{Text: q, Notes: true}, 1)}
		}
		want := map[string][3]string{}
		found := 0
		for _, q := range queries {
			if want[q] = of(q); want[q][0] != "0 []" && want[q][1] != "0 []" {
				found++
			}
		}
		if found < 20 {
			s.Fatalf("%d of %d queries find anything", found, len(queries))
		}
		same := func(when string) {
			s.Helper()
			for _, q := range queries {
				if got := of(q); got != want[q] {
					s.Errorf("%s, %q finds\n%q, not\n%q", when, q, got, want[q])
				}
			}
		}
		s.extend()
		same("before the index has begun")
		all := int64(4*len(chats) + 9)
		if p := s.catchUp(); p.Texts != all-2 || p.TextsOf != all-2 || p.Parts != 2 {
			s.Errorf("caught up: %+v, and there are %d texts", p, all)
		}
		same("caught up")
		st, err := s.st.SearchStatus(s.Context())
		s.ok(err)
		if st.Texts != all || st.TextsIndexed != all-2 {
			s.Errorf("status: %+v, and there are %d texts", st, all)
		}
		if p := s.catchUp(); p != (store.SearchProgress{}) {
			s.Errorf("there was something to do again: %+v", p)
		}
		// The index is what is asked: of a text that changes behind its back nothing is known
		// until the row says that it has changed.
		n, f := tables.Note, tables.File
		s.exec(query.Update(n.Table).Set(n.Data.Set(jsonvalue.Text(`{"content":{"md":"xylophonist"}}`))).
			Where(n.Title.Eq(chats[0][0] + " 0")))
		s.exec(query.Update(f.Table).Set(f.Data.Set(jsonvalue.Text(`{"content":"xylophonist"}`))).
			Where(f.Filename.Eq(chats[0][0] + " 0")))
		if got := of("xylophonist"); got != want["xylophonist"] {
			s.Errorf("texts are read for a word that is nowhere: %q", got)
		}
		s.exec(query.Update(n.Table).Set(n.UpdatedAt.Set((now - 20) * 1_000_000_000)).Where(n.Title.Eq(chats[0][0] + " 0")))
		s.exec(query.Update(f.Table).Set(f.UpdatedAt.Set(now - 20)).Where(f.Filename.Eq(chats[0][0] + " 0")))
		changed := fmt.Sprintf("1 [%q]", chats[0][0]+" 0")
		if got := of("xylophonist"); got[0] != changed || got[1] != changed {
			s.Errorf("changed, a word finds %q, not %q", got, changed)
		}
		s.ok(store.NewSearchIndex(s.eng, s.st, nil).Forget(s.Context()))
		if p := s.catchUp(); p.Texts != all-2 {
			s.Errorf("made anew: %+v, and there are %d texts", p, all)
		}
		if got := of("xylophonist"); got[0] != changed || got[1] != changed {
			s.Errorf("made anew, a word finds %q, not %q", got, changed)
		}
	})
}

// A text that is too long for the index is looked at, whatever is looked for.
func TestALongTextIsLookedAt(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.extend()
		for i := range 40 {
			s.document(s.who, int64(100+i), fmt.Sprintf("document %d", i), "a short text")
		}
		s.document(s.who, 99, "long", strings.Repeat("a long text. ", 400_000)+"Ürümqi")
		if p := s.catchUp(); p.Texts != 41 || p.Parts != 1 {
			s.Errorf("caught up: %+v", p)
		}
		if got := s.documents("ürümqi"); got != `1 ["long"]` {
			s.Errorf("found are %s", got)
		}
		if p := s.catchUp(); p != (store.SearchProgress{}) {
			s.Errorf("there was something to do again: %+v", p)
		}
	})
}

// Whatever is written and taken away, and however often parts of the index are made of
// others, each note has its word and no other one.
func TestTextsAreFoundWhileTheyChange(t *testing.T) {
	eachSearched(t, func(s *searched) {
		s.extend()
		random := rand.New(rand.NewPCG(now, 11))
		x := store.NewSearchIndex(s.eng, s.st, nil)
		words := map[string]string{} // by title
		n := tables.Note
		for step := range 40 {
			for i := range 20 {
				title := fmt.Sprintf("t%d.%d", step, i)
				words[title] = fmt.Sprintf("q%dq", len(words)*100+step)
				s.note(s.who, int64(20+random.IntN(900)), title, "the word is "+words[title])
			}
			for title := range words {
				switch random.IntN(len(words) / 4) {
				case 0:
					s.exec(query.Delete(n.Table).Where(n.Title.Eq(title)))
					delete(words, title)
				case 1:
					words[title] = fmt.Sprintf("w%dw", 1000*step+random.IntN(1000))
					text := jsonvalue.Text(`{"content":{"md":"now it is ` + words[title] + `"}}`)
					at := (now-11)*int64(1_000_000_000) - random.Int64N(1e9)
					s.exec(query.Update(n.Table).Set(n.Data.Set(text), n.UpdatedAt.Set(at)).Where(n.Title.Eq(title)))
				}
			}
			if random.IntN(3) > 0 {
				_, err := x.CatchUp(s.Context())
				s.ok(err)
			}
			for range 5 {
				title := pick(random, words)
				var want []string
				for t, w := range words {
					if w == words[title] {
						want = append(want, t)
					}
				}
				found, total, err := s.st.Notes.Search(s.Context(), s.who, store.NoteFilter{Query: words[title]}, store.Page{})
				s.ok(err)
				got := titles(found, func(n store.NoteItem) string { return n.Title })
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) || total != int64(len(want)) {
					s.Fatalf("step %d: %q finds %q of %d, not %q", step, words[title], got, total, want)
				}
			}
		}
		st, err := s.st.SearchStatus(s.Context())
		s.ok(err)
		if st.Texts != int64(len(words)) || st.TextsIndexed < st.Texts-100 || st.Parts > 9 {
			s.Errorf("status: %+v, and there are %d notes", st, len(words))
		}
	})
}

func pick(random *rand.Rand, of map[string]string) string {
	all := make([]string, 0, len(of))
	for k := range of {
		all = append(all, k)
	}
	slices.Sort(all)
	return all[random.IntN(len(all))]
}
