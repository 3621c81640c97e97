package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// stored is the document as it stands in the row, without what waits for it.
func (s *Suite) stored(chat string) string {
	s.Helper()
	doc, err := query.One[jsonvalue.JSON](s.ctx(), s.Eng,
		query.Select(tables.Chat.Chat).From(tables.Chat.Table).Where(tables.Chat.ID.Eq(chat)))
	s.ok(err)
	return doc.String()
}

// wait is how many messages wait for a chat.
func (s *Suite) wait(chat string) int64 {
	s.Helper()
	return s.count(query.Select(own.Message.Seq).From(own.Message.Table).Where(own.Message.ChatID.Eq(chat)))
}

func (s *Suite) set(by *store.Identity, chat, message, patch string) {
	s.Helper()
	s.ok(s.Store.Chats.SetMessage(s.ctx(), by.Who(), chat, message, jsonvalue.Text(patch)))
}

func (s *Suite) get(chat string) *model.Chat {
	s.Helper()
	c, err := s.Store.Chats.Get(s.ctx(), store.Program(), chat)
	s.ok(err)
	return c
}

const answer = `{"id":"m3","parentId":"m2","role":"user","content":"and \"more\" 😀","timestamp":1700000002}`

var messageCases = []testCase{
	{"a message waits, and every reader sees it", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		before := s.stored(c.ID)
		s.later(10)
		s.max(3, func() { s.set(bob, c.ID, "m3", answer) })
		want := s.doc(before).Upsert("m3", answer)

		equal(s, "the row of the chat", s.stored(c.ID), before)
		equal(s, "what waits", s.wait(c.ID), 1)
		got := s.get(c.ID)
		equal(s, "the document", got.Chat.String(), want.JSON())
		equal(s, "where it stands", *got.CurrentMessageID, "m3")
		equal(s, "when it changed", *got.UpdatedAt, epoch+10)
		equal(s, "it counts as read", *got.LastReadAt, epoch+10)
		s.inStep(c.ID)

		s.set(bob, c.ID, "m2", `{"content":"other"}`)
		want = want.Upsert("m2", `{"content":"other"}`)
		equal(s, "the document", s.get(c.ID).Chat.String(), want.JSON())
		s.inStep(c.ID)
		list, err := s.Store.Chats.List(s.ctx(), bob.Who(), store.ChatFilter{}, store.Page{})
		s.ok(err)
		equal(s, "when it changed in a list", list[0].UpdatedAt, epoch+10)
		for x, err := range s.Store.Chats.Each(s.ctx(), bob.Who(), store.ChatFilter{}, store.Page{}) {
			s.ok(err)
			equal(s, "an export", x.Chat.String(), want.JSON())
		}
		stats, err := s.Store.Chats.StatsOf(s.ctx(), bob.Who(), c.ID)
		s.ok(err)
		equal(s, "messages that are counted", len(stats.Messages), 3)
		clone, err := s.Store.Chats.Clone(s.ctx(), bob.Who(), c.ID, nil)
		s.ok(err)
		equal(s, "messages of a clone", len(s.doc(clone.Chat.String()).MessageIDs()), 3)
		fork, err := s.Store.Chats.Fork(s.ctx(), bob.Who(), c.ID, ptr("m3"))
		s.ok(err)
		equal(s, "messages of a fork", len(s.doc(fork.Chat.String()).MessageIDs()), 3)
		shared, err := s.Store.Shares.Share(s.ctx(), bob.Who(), c.ID, "")
		s.ok(err)
		equal(s, "the answer to a share", shared.Chat.String(), want.JSON())
		snapshot, err := s.Store.Shares.Get(s.ctx(), bob.Who(), *shared.ShareID)
		s.ok(err)
		equal(s, "messages that are shared", len(s.doc(snapshot.Chat.String()).MessageIDs()), 3)
		pinned, err := s.Store.Chats.TogglePinned(s.ctx(), bob.Who(), c.ID)
		s.ok(err)
		equal(s, "the answer to a pin", pinned.Chat.String(), want.JSON())
		equal(s, "what waits", s.wait(c.ID), 2)
		equal(s, "the row of the chat", s.stored(c.ID), before)

		s.later(100)
		was := s.get(c.ID)
		n, err := s.Store.Chats.Fold(s.ctx(), c.ID)
		s.ok(err)
		equal(s, "rows that were folded", n, 2)
		equal(s, "what waits", s.wait(c.ID), 0)
		equal(s, "the document that is stored", s.stored(c.ID), want.JSON())
		now := s.get(c.ID)
		equal(s, "where it stands", *now.CurrentMessageID, *was.CurrentMessageID)
		equal(s, "when it changed", *now.UpdatedAt, *was.UpdatedAt)
		s.inStep(c.ID)
		n, err = s.Store.Chats.Fold(s.ctx(), c.ID)
		s.ok(err)
		equal(s, "rows that were folded again", n, 0)
	}},
	{"a message that waits moves its chat, and not the row of it", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		seen, unseen, last, hers := s.chat(bob, twoMessages), s.chat(bob, twoMessages), s.chat(bob, twoMessages),
			s.chat(eve, twoMessages)
		row := func(id string) *model.Chat {
			x, err := query.One[model.Chat](s.ctx(), s.Eng, query.SelectFrom(tables.Chat.Table).Where(tables.Chat.ID.Eq(id)))
			s.ok(err)
			return &x
		}
		for i, c := range []*model.Chat{seen, unseen, last} {
			s.exec(query.Update(tables.Chat.Table).
				Set(tables.Chat.UpdatedAt.Set(epoch+int64(i)), tables.Chat.LastReadAt.Set(epoch+10*int64(1-i))).
				Where(tables.Chat.ID.Eq(c.ID)))
		}
		list := func(f store.ChatFilter, p store.Page) string {
			s.Helper()
			items, err := s.Store.Chats.List(s.ctx(), bob.Who(), f, p)
			s.ok(err)
			names := map[string]string{seen.ID: "seen", unseen.ID: "unseen", last.ID: "last"}
			var out []string
			for _, x := range items {
				out = append(out, fmt.Sprint(names[x.ID], " ", x.UpdatedAt-epoch, " ", *x.LastReadAt-epoch))
			}
			return strings.Join(out, ", ")
		}
		equal(s, "the list before", list(store.ChatFilter{}, store.Page{}), "last 2 -10, unseen 1 0, seen 0 10")
		before := map[string]*model.Chat{seen.ID: row(seen.ID), unseen.ID: row(unseen.ID)}
		s.later(20)
		s.set(eve, hers.ID, "m3", answer)
		s.max(1, func() { list(store.ChatFilter{}, store.Page{}) })
		s.set(bob, seen.ID, "m3", answer)
		s.later(10)
		s.set(bob, unseen.ID, "m3", answer)
		for id, was := range before {
			equal(s, "the row of the chat", fmt.Sprint(*row(id).UpdatedAt, *row(id).LastReadAt),
				fmt.Sprint(*was.UpdatedAt, *was.LastReadAt))
		}
		check := func() {
			s.Helper()
			equal(s, "the list", list(store.ChatFilter{}, store.Page{}), "unseen 30 0, seen 20 20, last 2 -10")
			equal(s, "its first page", list(store.ChatFilter{}, store.Page{Limit: 1}), "unseen 30 0")
			equal(s, "its second page", list(store.ChatFilter{}, store.Page{Limit: 1, Offset: 1}), "seen 20 20")
			equal(s, "upwards", list(store.ChatFilter{Sort: store.ByUpdated, Ascending: true}, store.Page{}), "last 2 -10, seen 20 20, unseen 30 0")
			equal(s, "unread first", list(store.ChatFilter{Sort: store.ByUnread}, store.Page{}), "unseen 30 0, last 2 -10, seen 20 20")
			equal(s, "behind the first", list(store.ChatFilter{After: &store.ChatKey{UpdatedAt: epoch + 30, ID: unseen.ID}}, store.Page{}), "seen 20 20, last 2 -10")
			equal(s, "what has changed", list(store.ChatFilter{ChangedAfter: epoch + 19}, store.Page{}), "unseen 30 0, seen 20 20")
			n, err := s.Store.Chats.Count(s.ctx(), bob.Who(), store.ChatFilter{ChangedAfter: epoch + 25})
			s.ok(err)
			equal(s, "how many have changed", n, 1)
			var each []string
			for x, err := range s.Store.Chats.Each(s.ctx(), bob.Who(), store.ChatFilter{}, store.Page{}) {
				s.ok(err)
				each = append(each, fmt.Sprint(*x.UpdatedAt-epoch))
			}
			equal(s, "an export", strings.Join(each, " "), "30 20 2")
			found, err := s.Store.Chats.Search(s.ctx(), bob.Who(), "more", store.ChatFilter{}, store.PageNumber(1))
			s.ok(err)
			equal(s, "found", fmt.Sprint(len(found), found[0].ID == unseen.ID, found[0].UpdatedAt-epoch,
				found[1].UpdatedAt-epoch), "2 true 30 20")
			page, err := s.Store.Workspace.Search(s.ctx(), bob.Who(), store.WorkspaceFilter{Chats: true, Text: "more"},
				store.Page{Limit: 10})
			s.ok(err)
			equal(s, "found on the page",
				fmt.Sprint(len(page.Hits), page.Hits[0].ID == unseen.ID, page.Hits[0].UpdatedAt-epoch), "2 true 30")
		}
		check()
		for id := range before {
			_, err := s.Store.Chats.Fold(s.ctx(), id)
			s.ok(err)
		}
		equal(s, "the row of the chat", fmt.Sprint(*row(seen.ID).UpdatedAt-epoch, *row(seen.ID).LastReadAt-epoch), "20 20")
		check()
	}},
	{"a table of before, without owners, is emptied", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		s.exec(query.Text("drop", true, "DROP TABLE {larder_message}"))
		older := schema.Define("larder_message")
		older.Text("chat_id").Key(191)
		older.BigInt("seq")
		older.Text("message_id")
		older.JSON("patch")
		older.BigInt("number")
		older.BigInt("bytes")
		older.BigInt("at")
		older.Primary("", "chat_id", "seq")
		_, err := s.Eng.CreateTables(s.ctx(), older)
		s.ok(err)
		s.exec(query.Insert(own.Message.Table).
			Row(own.MessageRow{ChatID: c.ID, Seq: 1, MessageID: "m3", Patch: jsonvalue.Text(answer), Number: 1,
				Bytes: 1, At: epoch}))
		equal(s, "messages", len(s.doc(s.get(c.ID).Chat.String()).MessageIDs()), 3)
		s.set(bob, c.ID, "m4", `{"id":"m4","parentId":"m3","role":"user","content":"4"}`)
		equal(s, "messages that are stored", len(s.doc(s.stored(c.ID)).MessageIDs()), 4)
		equal(s, "what waits", s.wait(c.ID), 0)
		list, err := s.Store.Chats.List(s.ctx(), bob.Who(), store.ChatFilter{}, store.Page{})
		s.ok(err)
		equal(s, "chats", len(list), 1)
		s.inStep(c.ID)
		s.exec(query.Text("drop", true, "DROP TABLE {larder_message}"))
		_, err = s.Eng.CreateTables(s.ctx(), own.Message.Table)
		s.ok(err)
	}},
	{"writing one message costs the same in every chat", func(s *Suite) {
		bob := s.user("bob")
		var sent [2]int
		for i, n := range []int{2, 2000} {
			c := s.chat(bob, thread(n, "some text"))
			s.set(bob, c.ID, "x", `{"id":"x","parentId":"m1","role":"user","content":"1"}`)
			sent[i] = len(s.statements(func() {
				s.set(bob, c.ID, "y", `{"id":"y","parentId":"x","role":"assistant","content":"2"}`)
				s.set(bob, c.ID, "m0", `{"content":"3"}`)
			}))
		}
		equal(s, "statements in a long chat", sent[1], sent[0])
	}},
	{"what is written to the document folds", func(s *Suite) {
		bob := s.user("bob")
		for name, write := range map[string]func(id string) error{
			"an update": func(id string) error {
				_, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), id,
					s.input(`{"title":"new","history":{"messages":{"m9":{"id":"m9","parentId":"m3","role":"user","content":"9"}},"currentId":"m9"}}`))
				return err
			},
			"a title": func(id string) error {
				_, err := s.Store.Chats.Update(s.ctx(), bob.Who(), id,
					func(c *model.Chat) error { c.Title = ptr("new"); return nil })
				return err
			},
			"parameters": func(id string) error {
				_, err := s.Store.Chats.UpdateParams(s.ctx(), bob.Who(), id, jsonvalue.Text(`{"a":1}`))
				return err
			},
			"a deletion": func(id string) error {
				_, err := s.Store.Chats.DeleteMessage(s.ctx(), bob.Who(), id, "m2")
				return err
			},
			"an update of much": func(id string) error {
				var sent strings.Builder
				for i := range 30 {
					fmt.Fprintf(&sent, `%s"x%d":{"id":"x%d","parentId":"m3","role":"user","content":"9"}`,
						strings.Repeat(",", min(i, 1)), i, i)
				}
				_, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), id,
					s.input(`{"history":{"messages":{`+sent.String()+`},"currentId":"x29"}}`))
				return err
			},
		} {
			c := s.chat(bob, twoMessages)
			s.set(bob, c.ID, "m3", answer)
			s.ok(write(c.ID))
			equal(s, "what waits after "+name, s.wait(c.ID), 0)
			got := s.get(c.ID)
			equal(s, "the document after "+name, s.stored(c.ID), got.Chat.String())
			if doc := s.doc(got.Chat.String()); (doc.Message("m3") == "") != (name == "a deletion") {
				s.Errorf("%s: message m3 is %q", name, doc.Message("m3"))
			}
			s.inStep(c.ID)
		}
	}},
	{"of a document that is sent whole the messages that differ wait", func(s *Suite) {
		bob := s.user("bob")
		list := func(doc string) string { // clients keep the branch beside the history
			x := s.doc(doc)
			var out []string
			for at := x.CurrentID(); at != ""; {
				out = append([]string{x.Message(at)}, out...)
				var up string
				_ = jsonvalue.Text(x.Message(at)).Member("parentId").Decode(&up)
				at = up
			}
			return x.With("messages", "["+strings.Join(out, ",")+"]").JSON()
		}
		for _, listed := range []bool{false, true} {
			c := s.chat(bob, thread(40, "some text"))
			shape := func(doc string) string {
				if listed {
					return list(doc)
				}
				return doc
			}
			send := func(what string, waits int64, change func(doc *chatdoc.Document) *chatdoc.Document) {
				s.Helper()
				before := s.stored(c.ID)
				want := shape(change(s.doc(s.get(c.ID).Chat.String())).JSON())
				s.later(1)
				got, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, s.input(want))
				s.ok(err)
				equal(s, what+": the answer", got.Chat.String(), want)
				equal(s, what+": what readers see", s.get(c.ID).Chat.String(), want)
				equal(s, what+": when it changed", *s.get(c.ID).UpdatedAt, s.now().Unix())
				equal(s, what+": what waits", s.wait(c.ID) > 0, waits > 0)
				if waits > 0 {
					equal(s, what+": the row of the chat", s.stored(c.ID), before)
				}
				s.inStep(c.ID)
			}
			same := func(doc *chatdoc.Document) *chatdoc.Document { return doc }
			if listed { // it is not there yet
				_, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, s.input(shape(c.Chat.String())))
				s.ok(err)
				_, err = s.Store.Chats.Fold(s.ctx(), c.ID)
				s.ok(err)
			}
			send("nothing", 0, same)
			send("an edit", 1, func(doc *chatdoc.Document) *chatdoc.Document {
				return doc.Upsert("m7", `{"content":"another \"text\" 😀","edited":true}`)
			})
			send("a question and its answer", 1, func(doc *chatdoc.Document) *chatdoc.Document {
				return doc.Upsert("q", `{"id":"q","parentId":"m39","childrenIds":[],"role":"user","content":"?","user_id":"`+bob.ID+
					`","user":{"id":"`+bob.ID+`","name":"bob"}}`).
					Upsert("a", `{"id":"a","parentId":"q","childrenIds":[],"role":"assistant","content":"!","user_id":"`+bob.ID+
						`","done":true}`)
			})
			send("another answer", 1, func(doc *chatdoc.Document) *chatdoc.Document {
				return doc.Upsert("b", `{"id":"b","parentId":"q","childrenIds":[],"role":"assistant","content":"or !","user_id":"`+
					bob.ID+`","done":true}`)
			})
			send("the other branch", 1, func(doc *chatdoc.Document) *chatdoc.Document { return doc.Upsert("a", `{}`) })
			s.ok(s.Store.Chats.AddEvent(s.ctx(), bob.Who(), c.ID, "a", "status", jsonvalue.Text(`{"done":true}`)))
			s.ok(s.Store.Chats.AddEvent(s.ctx(), bob.Who(), c.ID, "a", "message", jsonvalue.Text(`{"content":" more"}`)))
			equal(s, "the answer after an event",
				jsonvalue.Text(s.doc(s.get(c.ID).Chat.String()).Message("a")).Member("content").String(), `"! more"`)
			if strings.Contains(s.stored(c.ID), "another ") {
				s.Error("the document was written")
			}
			want := s.get(c.ID).Chat.String()
			_, err := s.Store.Chats.Fold(s.ctx(), c.ID)
			s.ok(err)
			equal(s, "the document that is stored", s.stored(c.ID), want)
			s.inStep(c.ID)
			if !listed {
				got, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID,
					s.input(`{"history": {"messages": {"z": {"id": "z", "parentId": "a", "role": "user", "content": "with  spaces"}}, "currentId": "z"}}`))
				s.ok(err)
				equal(s, "what waits of a document with white space", s.wait(c.ID), 1)
				equal(s, "its text", jsonvalue.Text(s.doc(got.Chat.String()).Message("z")).Member("content").String(), `"with  spaces"`)
			}
		}
	}},
	{"what cannot wait goes into the document", func(s *Suite) {
		bob := s.user("bob")
		for patch, message := range map[string]string{`{"content":"x"}`: "new", `{"role":null,"content":"y"}`: "m2",
			`{"role":""}`: "m1"} {
			c := s.chat(bob, twoMessages)
			doc := s.doc(s.stored(c.ID))
			want := doc.Upsert(message, doc.Begun(message, patch, s.now().Unix())).JSON()
			s.set(bob, c.ID, message, patch)
			equal(s, "what waits", s.wait(c.ID), 0)
			equal(s, "the document", s.stored(c.ID), want)
			s.inStep(c.ID)
		}
	}},
	{"one message that cannot be written", func(s *Suite) {
		root, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		c := s.chat(bob, twoMessages)
		s.set(bob, c.ID, "m3", answer)
		for name, err := range map[string]error{
			"of another user": s.Store.Chats.SetMessage(s.ctx(), eve.Who(), c.ID, "m3", jsonvalue.Text(answer)),
			"of an admin":     s.Store.Chats.SetMessage(s.ctx(), root.Who(), c.ID, "m3", jsonvalue.Text(answer)),
			"in no chat":      s.Store.Chats.SetMessage(s.ctx(), bob.Who(), "nope", "m3", jsonvalue.Text(answer)),
		} {
			if !errors.Is(err, dberr.ErrNotFound) {
				s.Errorf("%s: %v", name, err)
			}
		}
		if err := s.Store.Chats.SetMessage(s.ctx(), store.Who{}, c.ID, "m3", jsonvalue.Text(answer)); !errors.Is(err,
			store.ErrNotPermitted) {
			s.Errorf("of nobody: %v", err)
		}
		for _, patch := range []string{"", "null", "[]", `{"a":`, "5", `{"a":1e999}`,
			`{"a":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "}"} {
			if err := s.Store.Chats.SetMessage(s.ctx(), bob.Who(), c.ID, "m3", jsonvalue.Text(patch)); !errors.Is(err,
				dberr.ErrInvalid) {
				s.Errorf("%.20q: %v", patch, err)
			}
		}
		equal(s, "what waits", s.wait(c.ID), 1)
		s.set(bob, c.ID, "m4", `{"id":"m4","parentId":"m3","role":"user","content":"a\u0000b\ud800"}`)
		equal(s, "a text that no engine holds",
			jsonvalue.Text(s.doc(s.get(c.ID).Chat.String()).Message("m4")).Member("content").String(), `"ab"`)
		s.inStep(c.ID)
	}},
	{"who removes a chat removes what waits for it", func(s *Suite) {
		bob := s.user("bob")
		c, gone := s.chat(bob, twoMessages), s.chat(bob, twoMessages)
		s.set(bob, c.ID, "m3", answer)
		s.set(bob, gone.ID, "m3", answer)
		s.ok(s.Store.Chats.Delete(s.ctx(), bob.Who(), c.ID))
		equal(s, "what waits", s.wait(c.ID), 0)
		// Open WebUI knows nothing of what waits.
		s.exec(query.Delete(tables.ChatMessage.Table).Where(tables.ChatMessage.ChatID.Eq(gone.ID)))
		s.exec(query.Delete(tables.Chat.Table).Where(tables.Chat.ID.Eq(gone.ID)))
		equal(s, "what waits", s.wait(gone.ID), 1)
		_, err := s.Store.Chats.FoldLeft(s.ctx(), 0)
		s.ok(err)
		equal(s, "what waits", s.wait(gone.ID), 0)
		equal(s, "rows of messages", s.count(query.Select(tables.ChatMessage.ID).From(tables.ChatMessage.Table)), 0)
	}},
	{"when chats are folded", func(s *Suite) {
		bob := s.user("bob")
		when := store.FoldWhen{Idle: 5e9, Rows: 3, Bytes: 1000}
		quiet, many, large := s.chat(bob, twoMessages), s.chat(bob, twoMessages), s.chat(bob, twoMessages)
		s.set(bob, quiet.ID, "m3", answer)
		fold := func(want int) {
			s.Helper()
			equal(s, "something is due", s.Store.Chats.AnyDue(when), want > 0)
			n, err := s.Store.Chats.FoldDue(s.ctx(), when)
			s.ok(err)
			equal(s, "chats that were folded", n, want)
		}
		fold(0)
		s.later(5)
		fold(1)
		for range 2 {
			s.set(bob, many.ID, "m3", answer)
		}
		fold(0)
		s.set(bob, many.ID, "m3", answer)
		s.set(bob, large.ID, "m3", `{"role":"user","content":"`+strings.Repeat("x", 1000)+`"}`)
		fold(2)
		fold(0)
		// Another process has written, and was killed.
		s.set(bob, quiet.ID, "m4", answer)
		other := store.New(s.Eng, store.Options{Now: s.now})
		n, err := other.Chats.FoldLeft(s.ctx(), 5e9)
		s.ok(err)
		equal(s, "chats that were left just now", n, 0)
		s.later(5)
		n, err = other.Chats.FoldLeft(s.ctx(), 5e9)
		s.ok(err)
		equal(s, "chats that were left", n, 1)
		n, err = s.Store.Chats.FoldDue(s.ctx(), when)
		s.ok(err)
		equal(s, "chats that somebody else has folded", n, 0)
	}},
	{"a document that is no object takes nothing in", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.Chat.Set(jsonvalue.Text(`["x"]`))).
			Where(tables.Chat.ID.Eq(c.ID)))
		s.set(bob, c.ID, "m3", answer)
		equal(s, "the document", s.get(c.ID).Chat.String(), `["x"]`)
		if _, err := s.Store.Chats.Fold(s.ctx(), c.ID); err == nil || !strings.Contains(err.Error(), c.ID) {
			s.Errorf("Fold: %v", err)
		}
		equal(s, "what waits", s.wait(c.ID), 1)
	}},
	{"a database without the table", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		s.exec(query.Text("drop", true, "DROP TABLE {larder_message}"))
		s.set(bob, c.ID, "m3", answer)
		equal(s, "the document", s.get(c.ID).Chat.String(), s.stored(c.ID))
		_, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, s.input(`{"title":"new"}`))
		s.ok(err)
		equal(s, "messages", len(s.doc(s.stored(c.ID)).MessageIDs()), 3)
		_, err = s.Store.Chats.FoldLeft(s.ctx(), 0)
		s.ok(err)
		s.inStep(c.ID)
		x := s.chat(bob, twoMessages)
		s.ok(s.Store.Chats.Delete(s.ctx(), bob.Who(), x.ID))

		_, err = s.Eng.CreateTables(s.ctx(), own.Message.Table)
		s.ok(err)
		s.set(bob, c.ID, "m4", `{"id":"m4","parentId":"m3","role":"user","content":"4"}`)
		equal(s, "what waits", s.wait(c.ID), 1)
		equal(s, "messages", len(s.doc(s.get(c.ID).Chat.String()).MessageIDs()), 4)
	}},
	{"whatever happens in whatever order", func(s *Suite) {
		bob := s.user("bob")
		for seed := range uint64(6) {
			newMessageModel(s, bob, seed).run(40)
		}
	}},
	{"many write, read and fold at once", func(s *Suite) {
		const writers, each = 6, 12
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		var done atomic.Bool
		errs := together(writers+2, func(i int) error {
			switch i {
			case writers: // folds, as another replica
				defer done.Store(true)
				other := store.New(s.Eng, store.Options{})
				for !done.Load() {
					if _, err := other.Chats.Fold(s.ctx(), c.ID); err != nil {
						return err
					}
				}
				return nil
			case writers + 1: // reads: what was there once stays
				defer done.Store(true)
				seen := 0
				for !done.Load() {
					got, err := s.Store.Chats.Get(s.ctx(), bob.Who(), c.ID)
					if err != nil {
						return err
					}
					doc, err := chatdoc.ParseStored(got.Chat.String())
					if err != nil {
						return err
					}
					n := len(doc.MessageIDs())
					if n < seen {
						return fmt.Errorf("%d messages after %d", n, seen)
					}
					if seen = n; n == 2+writers*each {
						done.Store(true)
					}
				}
				return nil
			}
			for n := range each {
				id := fmt.Sprintf("w%d-%d", i, n)
				parent := fmt.Sprintf("w%d-%d", i, n-1)
				if n == 0 {
					parent = "m2"
				}
				err := s.Store.Chats.SetMessage(s.ctx(), bob.Who(), c.ID, id,
					jsonvalue.Text(fmt.Sprintf(`{"id":%q,"parentId":%q,"role":"user","content":"%d"}`, id, parent, n)))
				if err != nil {
					done.Store(true)
					return err
				}
			}
			return nil
		})
		s.ok(errors.Join(errs...))
		_, err := s.Store.Chats.Fold(s.ctx(), c.ID)
		s.ok(err)
		doc := s.doc(s.stored(c.ID))
		ids := doc.MessageIDs()
		equal(s, "messages", len(ids), 2+writers*each)
		for i := range writers {
			at := -1
			for n := range each {
				next := slices.Index(ids, fmt.Sprintf("w%d-%d", i, n))
				if next < at {
					s.Errorf("message %d of writer %d stands before the one ahead of it", n, i)
				}
				at = next
			}
		}
		s.inStep(c.ID)
	}},
}

// messageModel does to a document in memory what it does to a chat.
type messageModel struct {
	*Suite
	by      *store.Identity
	rnd     *rand.Rand
	chat    string
	row     *chatdoc.Document // in the row of the chat
	waits   []chatdoc.Patch
	history []string
	n       int
}

func newMessageModel(s *Suite, by *store.Identity, seed uint64) *messageModel {
	m := &messageModel{Suite: s, by: by, rnd: rand.New(rand.NewPCG(seed, 1)),
		history: []string{fmt.Sprintf("seed %d", seed)}}
	m.chat = s.chat(by, twoMessages).ID
	m.row = s.doc(s.stored(m.chat))
	return m
}

func (m *messageModel) whole() *chatdoc.Document { return m.row.Fold(m.waits) }

// some is a message that is there.
func (m *messageModel) some() string {
	ids := m.whole().MessageIDs()
	if len(ids) == 0 {
		return "none"
	}
	return ids[m.rnd.IntN(len(ids))]
}

// message is a whole one, which is new or not.
func (m *messageModel) message() (id, text string) {
	m.n++
	id = fmt.Sprintf("n%d", m.n)
	if m.rnd.IntN(4) == 0 {
		id = m.some()
	}
	return id, fmt.Sprintf(`{"id":%q,"parentId":%q,"role":"assistant","content":"text %d","done":true,"timestamp":%d}`, id,
		m.some(), m.n, epoch+m.n)
}

func (m *messageModel) run(steps int) {
	m.Helper()
	for range steps {
		m.step()
		if got := m.get(m.chat).Chat.String(); got != m.whole().JSON() {
			m.Fatalf("%s:\ngot  %s\nwant %s", strings.Join(m.history, ", "), got, m.whole().JSON())
		}
	}
	_, err := m.Store.Chats.Fold(m.ctx(), m.chat)
	m.ok(err)
	equal(m.Suite, "the stored document after "+strings.Join(m.history, ", "), m.stored(m.chat), m.whole().JSON())
	m.inStep(m.chat)
}

// wrote says that the document was written with what waited.
func (m *messageModel) wrote(doc *chatdoc.Document) { m.row, m.waits = doc, nil }

func (m *messageModel) step() {
	m.Helper()
	does := func(format string, args ...any) { m.history = append(m.history, fmt.Sprintf(format, args...)) }
	switch m.rnd.IntN(10) {
	case 0, 1, 2:
		id, text := m.message()
		does("set %s", id)
		m.set(m.by, m.chat, id, text)
		m.waits = append(m.waits, chatdoc.Patch{MessageID: id, Members: text})
	case 3, 4:
		id, text := m.some(), fmt.Sprintf(`{"content":"edit %d","childrenIds":[%q]}`, m.n, m.some())
		does("edit %s", id)
		m.set(m.by, m.chat, id, text)
		if id == "none" {
			m.wrote(m.whole().Upsert(id, text))
			return
		}
		m.waits = append(m.waits, chatdoc.Patch{MessageID: id, Members: text})
	case 5:
		id, text := m.message()
		does("update with %s", id)
		in := m.input(fmt.Sprintf(`{"history":{"messages":{%q:%s},"currentId":%q}}`, id, text, id))
		_, err := m.Store.Chats.Merge(m.ctx(), m.by.Who(), m.chat, in)
		m.ok(err)
		m.wrote(chatdoc.Merge(m.whole(), in.Document, authorOf(m.by)))
	case 6:
		id := m.some()
		does("remove %s", id)
		_, err := m.Store.Chats.DeleteMessage(m.ctx(), m.by.Who(), m.chat, id)
		m.ok(err)
		if doc := m.whole(); doc.Message(id) != "" {
			m.wrote(doc.Remove(id))
		}
	case 7:
		does("fold")
		_, err := m.Store.Chats.Fold(m.ctx(), m.chat)
		m.ok(err)
		m.wrote(m.whole())
	case 8:
		does("pin")
		_, err := m.Store.Chats.TogglePinned(m.ctx(), m.by.Who(), m.chat)
		m.ok(err)
	case 9: // Open WebUI knows the row of the chat, and writes what it makes of it
		id, text := m.message()
		does("%s by Open WebUI", id)
		m.row = chatdoc.Merge(m.row, m.doc(fmt.Sprintf(`{"history":{"messages":{%q:%s},"currentId":%q}}`, id, text, id)),
			authorOf(m.by))
		doc, err := jsonvalue.Parse(m.row.JSON())
		m.ok(err)
		m.exec(query.Update(tables.Chat.Table).Set(tables.Chat.Chat.Set(doc)).Where(tables.Chat.ID.Eq(m.chat)))
		rows := slices.Collect(m.row.Rows(m.chat, m.by.ID, epoch))
		m.exec(query.InsertRows(tables.ChatMessage.Table, rows).OnConflict(tables.ChatMessage.ID).DoUpdate(
			tables.ChatMessage.Content, tables.ChatMessage.ParentID, tables.ChatMessage.Done, tables.ChatMessage.Role))
	}
}
