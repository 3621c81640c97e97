package storetest

import (
	"errors"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// begunCases are about messages that a client names by their ids only.
var begunCases = []testCase{
	{"a message that is not there begins as Open WebUI begins it", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		s.set(bob, c.ID, "new", `{"content":"c"}`)
		doc := s.doc(s.get(c.ID).Chat.String())
		equal(s, "where the chat stands", doc.CurrentID(), "new")
		for member, want := range map[string]string{"id": `"new"`, "role": `"assistant"`, "parentId": "null",
			"childrenIds": "[]", "content": `"c"`} {
			equal(s, "its "+member, jsonvalue.Text(doc.Message("new")).Member(member).String(), want)
		}
		m := tables.ChatMessage
		equal(s, "rows", s.count(query.Select(m.ID).From(m.Table).Where(m.ChatID.Eq(c.ID), m.Role.Eq("assistant"))), 2)
	}},
	{"how a message is spoken stands beside what its meta has", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		c := s.chat(bob, twoMessages)
		s.set(bob, c.ID, "m2", `{"meta":{"task_id":"t","voice":{"old":1}}}`)
		voice, text := jsonvalue.Text(`{"file":"f"}`), "spoken"
		x, err := s.Store.Chats.SetVoice(s.ctx(), bob.Who(), c.ID, "m2", &text, voice)
		s.ok(err)
		msg := jsonvalue.Text(s.doc(x.Chat.String()).Message("m2"))
		s.sameJSON("meta", msg.Member("meta").String(), `{"task_id":"t","voice":{"file":"f"}}`)
		equal(s, "content", msg.Member("content").String(), `"spoken"`)
		long := jsonvalue.Text(`{"x":"` + strings.Repeat("y", 100_000) + `"}`)
		for what, try := range map[string]struct {
			who     *store.Identity
			message string
			text    *string
			voice   jsonvalue.JSON
			want    error
		}{
			"a message that is not there": {bob, "nope", nil, voice, store.ErrNoMessage},
			"too long":                    {bob, "m2", nil, long, store.ErrVoiceTooLong},
			"nothing":                     {bob, "m2", nil, jsonvalue.JSON{}, store.ErrNothingSet},
			"a chat of somebody else":     {eve, "m2", nil, voice, dberr.ErrNotFound},
		} {
			if _, err := s.Store.Chats.SetVoice(s.ctx(), try.who.Who(), c.ID, try.message, try.text,
				try.voice); !errors.Is(err, try.want) {
				s.Errorf("%s: %v, want %v", what, err, try.want)
			}
		}
	}},
	{"settings of a page are written by one statement", func(s *Suite) {
		values := map[string]jsonvalue.JSON{}
		for _, key := range strings.Fields("a b c d e f g h i j k l m n o p q r s t u v w x y z") {
			values["test."+key] = jsonvalue.Text(`"` + key + `"`)
		}
		for range 2 { // made, and changed
			s.max(1, func() { s.ok(s.Store.Config.Set(s.ctx(), values)) })
		}
		got, err := s.Store.Config.Get(s.ctx(), "test.a", "test.z")
		s.ok(err)
		equal(s, "the settings", got["test.a"].String()+got["test.z"].String(), `"a""z"`)
	}},
	{"a chat that leaves its folder stays archived, one that enters a folder does not", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		_, err := s.Store.Chats.ToggleArchived(s.ctx(), bob.Who(), c.ID)
		s.ok(err)
		x, err := s.Store.Chats.Move(s.ctx(), bob.Who(), c.ID, nil)
		s.ok(err)
		equal(s, "archived, out of a folder", *x.Archived, true)
		f, err := s.Store.Folders.Create(s.ctx(), bob.Who(), "F", nil, jsonvalue.Null(), jsonvalue.Null())
		s.ok(err)
		x, err = s.Store.Chats.Move(s.ctx(), bob.Who(), c.ID, &f.ID)
		s.ok(err)
		equal(s, "archived, in a folder", *x.Archived, false)
	}},
}
