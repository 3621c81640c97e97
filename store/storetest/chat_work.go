package storetest

import (
	"errors"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/store"
)

var noteChatCases = []testCase{
	{"chats about a note", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		n := s.note(bob, "n", "text")
		var first string
		s.max(5, func() {
			c, err := s.Store.Notes.Chat(s.ctx(), bob.Who(), n.ID)
			s.ok(err)
			first = c.ID
		})
		c, err := s.Store.Notes.Chat(s.ctx(), bob.Who(), n.ID)
		s.ok(err)
		equal(s, "asked again", c.ID, first)
		s.sameJSON("meta", c.Meta.String(), `{"internal":true,"type":"note","note_id":"`+n.ID+`"}`)
		s.later(10)
		second, err := s.Store.Notes.NewChat(s.ctx(), bob.Who(), n.ID)
		s.ok(err)
		all, err := s.Store.Notes.Chats(s.ctx(), bob.Who(), n.ID)
		s.ok(err)
		equal(s, "how many", len(all), 2)
		equal(s, "the last changed", all[0].ID, second.ID)
		c, err = s.Store.Notes.Chat(s.ctx(), bob.Who(), n.ID)
		s.ok(err)
		equal(s, "the last changed", c.ID, second.ID)
		listed, err := s.Store.Chats.List(s.ctx(), bob.Who(), store.ChatFilter{}, store.Page{})
		s.ok(err)
		equal(s, "chats in the list", len(listed), 0)
		// Everybody has their own; who may not read the note has none.
		of, err := s.Store.Notes.Chats(s.ctx(), ada.Who(), n.ID)
		s.ok(err)
		equal(s, "of the admin", len(of), 0)
		if _, err := s.Store.Notes.Chat(s.ctx(), eve.Who(), n.ID); !errors.Is(err, store.ErrNoAccess) {
			s.Errorf("a foreign note: %v", err)
		}
		if _, err := s.Store.Notes.NewChat(s.ctx(), bob.Who(), "none"); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("no note: %v", err)
		}
	}},
}

// waiting is a chat of bob in which tools wait.
func (s *Suite) waiting(by *store.Identity, output string) string {
	s.Helper()
	return s.chat(by, `{"title":"t","history":{"currentId":"u2","messages":{"u":{"id":"u","role":"user","content":"x","parentId":null},
		"a":{"id":"a","role":"assistant","parentId":"u","n":1.0,"done":true,"output":`+output+`},"u2":{"id":"u2","role":"user","content":"y","parentId":"u"}}}}`).ID
}

var toolCallCases = []testCase{
	{"answers to tools that wait", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		id := s.waiting(bob, `[{"type":"function_call","call_id":"one","name":"rm","status":"pending","arguments":"{}"},
			{"type":"function_call","id":"two","name":"ask_user","status":"requires_approval"}]`)
		resolve := func(call string, a store.ToolAction, answers string) error {
			in := store.ToolAnswer{CallID: call, Action: a}
			if answers != "" {
				in.Answers = jsonvalue.Text(answers)
			}
			_, err := s.Store.Chats.ResolveToolCall(s.ctx(), bob.Who(), id, "a", in)
			return err
		}
		refused := func(what string, err, want error) {
			s.Helper()
			if !errors.Is(err, want) {
				s.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		refused("no such call", resolve("three", store.ApproveTool, ""), store.ErrNoToolCall)
		refused("approving a question", resolve("two", store.ApproveTool, ""), store.ErrAnswerExpected)
		refused("answering no question", resolve("one", store.AnswerTool, `{}`), store.ErrNoAnswers)
		refused("no answer", resolve("two", store.AnswerTool, ""), store.ErrAnswerMissing)
		s.ok(resolve("one", store.RejectTool, ""))
		refused("again", resolve("one", store.RejectTool, ""), store.ErrToolResolved)
		s.ok(resolve("two", store.AnswerTool, `{"colour":"red"}`))
		c, err := s.Store.Chats.Get(s.ctx(), bob.Who(), id)
		s.ok(err)
		doc := s.doc(c.Chat.String())
		equal(s, "the chat stands", doc.CurrentID(), "u2")
		out := jsonvalue.Text(doc.Message("a")).Member("output").Elements()
		equal(s, "parts", len(out), 5)
		s.sameJSON("the rejected call", out[0], `{"type":"function_call","call_id":"one","name":"rm","status":"rejected","arguments":"{}"}`)
		s.sameJSON("the answered call", out[1], `{"type":"function_call","id":"two","name":"ask_user","status":"completed","call_id":"two"}`)
		s.sameJSON("the rejection", out[2], `{"type":"function_call_output","id":"fco_one","call_id":"one","status":"rejected",
			"output":[{"type":"input_text","text":"Error: tool call rejected by user."}]}`)
		s.sameJSON("the answer", out[3], `{"type":"function_call_output","id":"fco_two","call_id":"two","status":"completed",
			"output":[{"type":"input_text","text":"{\"status\":\"answered\",\"answers\":{\"colour\":\"red\"}}"}]}`)
		if !strings.Contains(out[4], `"in_progress"`) || !strings.Contains(doc.Message("a"), `"n":1.0`) ||
			jsonvalue.Text(doc.Message("a")).Member("done").String() != "false" {
			s.Errorf("the message became %s", doc.Message("a"))
		}
		s.inStep(id)
		// Of others.
		_, err = s.Store.Chats.ResolveToolCall(s.ctx(), eve.Who(), id, "a",
			store.ToolAnswer{CallID: "one", Action: store.RejectTool})
		refused("a foreign chat", err, dberr.ErrNotFound)
		_, err = s.Store.Chats.ResolveToolCall(s.ctx(), bob.Who(), id, "none",
			store.ToolAnswer{CallID: "one", Action: store.RejectTool})
		refused("no message", err, store.ErrNoMessage)
		id = s.waiting(bob, `{"x":1}`)
		refused("no list", resolve("one", store.RejectTool, ""), store.ErrNoOutput)
		id = s.waiting(bob, `[{"type":"function_call","call_id":"one","name":"rm","status":"pending"},{"type":"function_call","call_id":"two","name":"rm","status":"queued"}]`)
		s.ok(resolve("one", store.ApproveTool, ""))
		s.ok(resolve("two", store.RejectTool, ""))
		c, err = s.Store.Chats.Get(s.ctx(), bob.Who(), id)
		s.ok(err)
		out = jsonvalue.Text(s.doc(c.Chat.String()).Message("a")).Member("output").Elements()
		s.sameJSON("the approved call", out[0],
			`{"type":"function_call","call_id":"one","name":"rm","status":"queued","approved":true}`)
		equal(s, "parts while one is under way", len(out), 3)
	}},
}
