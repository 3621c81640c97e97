package bench

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

func pointers(of []sql.NullString) []any {
	out := make([]any, len(of))
	for i := range of {
		out[i] = &of[i]
	}
	return out
}

// BenchmarkAppend appends a message to chats of several lengths: as "wait", beside the
// document, which is folded when 512 wait, against the driver inserting and committing
// the row of the message alone; and as "document", into it.
// It reads the whole chat, too, before, against the driver reading its row.
func BenchmarkAppend(b *testing.B) {
	text := strings.Repeat("some words of an answer ", 20)
	message := func(id, parent string) string {
		return fmt.Sprintf(`{"id":%q,"parentId":%q,"role":"user","content":%q,"timestamp":1700000000}`, id, parent, text)
	}
	for _, name := range testdb.Engines() {
		for _, length := range []int{20, 200, 2000, 20_000} {
			b.Run(fmt.Sprintf("%s/%d", name, length), func(b *testing.B) {
				url := testdb.New(b, name).URL
				eng, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All()})
				must(b, err)
				defer eng.Close()
				must(b, fresh.Create(b.Context(), eng, slices.Concat(tables.All(), own.All()), []string{tables.Head}))
				st, who := store.New(eng, store.Options{}), store.Who{ID: "u", Name: "U", Role: model.RoleUser}
				var doc strings.Builder
				doc.WriteString(`{"title":"x","history":{"messages":{`)
				for i := range length {
					if i > 0 {
						doc.WriteByte(',')
					}
					fmt.Fprintf(&doc, `"m%d":%s`, i, message(fmt.Sprintf("m%d", i), fmt.Sprintf("m%d", i-1)))
				}
				fmt.Fprintf(&doc, `},"currentId":"m%d"}}`, length-1)
				parsed, err := chatdoc.Parse([]byte(doc.String()))
				must(b, err)
				chat, err := st.Chats.Create(b.Context(), who, store.ChatInput{Document: parsed})
				must(b, err)
				n := 0
				next := func() (id, text string) {
					n++
					return fmt.Sprintf("a%d", n), message(fmt.Sprintf("a%d", n), fmt.Sprintf("m%d", length-1))
				}
				b.Run("get", func(b *testing.B) {
					r := openRaw(b, url)
					defer r.close()
					one, args, err := query.SQL(query.SelectFrom(tables.Chat.Table).Where(tables.Chat.ID.Eq(chat.ID)), eng.Dialect())
					must(b, err)
					columns := make([]sql.NullString, len(tables.Chat.Table.Columns))
					against(b, 1, func(int) {
						_, err := st.Chats.Get(b.Context(), who, chat.ID)
						must(b, err)
					}, func(int) {
						must(b, r.reader.QueryRowContext(b.Context(), one, args...).Scan(pointers(columns)...))
					})
				})
				b.Run("wait", func(b *testing.B) {
					r := openRaw(b, url)
					defer r.close()
					_, text := next()
					row, _ := chatdoc.PatchRow(chatdoc.Patch{MessageID: "raw", Members: text}, chat.ID, who.ID, 1_700_000_000)
					insert, args, err := query.SQL(query.Insert(tables.ChatMessage.Table).Row(row), eng.Dialect())
					must(b, err)
					against(b, 8, func(int) {
						id, text := next()
						must(b, st.Chats.SetMessage(b.Context(), who, chat.ID, id, jsonvalue.Text(text)))
						if n%512 == 0 {
							_, err := st.Chats.Fold(b.Context(), chat.ID)
							must(b, err)
						}
					}, func(int) {
						args[0], _ = next()
						_, err = r.writer.ExecContext(b.Context(), insert, args...)
						must(b, err)
					})
				})
				b.Run("document", func(b *testing.B) {
					for b.Loop() {
						id, text := next()
						in, err := chatdoc.Parse([]byte(`{"history":{"messages":{"` + id + `":` + text + `},"currentId":"` + id + `"}}`))
						must(b, err)
						_, err = st.Chats.Merge(b.Context(), who, chat.ID, store.ChatInput{Document: in})
						must(b, err)
					}
				})
			})
		}
	}
}
