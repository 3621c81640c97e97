package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
)

// ToolAnswer is what a user says to a tool that waits for it.
type ToolAnswer struct {
	CallID   string
	Action   ToolAction
	Answers  jsonvalue.JSON // to AnswerTool only; SQL NULL for none
	TimedOut bool           // nobody answered in time: an answer, too
}

// ToolAction is what is to become of a tool that waits.
type ToolAction string

// The actions.
const (
	ApproveTool ToolAction = "approve"
	RejectTool  ToolAction = "reject"
	AnswerTool  ToolAction = "answer" // to the tool that asks users
)

// asking is the tool that asks users, and takes answers.
const asking = "ask_user"

// What is refused when somebody answers a tool.
var (
	ErrNoMessage      = &Refusal{"there is no such message in the chat"}
	ErrNotAsked       = &Refusal{"the message belongs to somebody else, whom the tool waits for"}
	ErrNoOutput       = &Refusal{"the output of the message is not a list"}
	ErrNoToolCall     = &Refusal{"the message calls no such tool"}
	ErrToolResolved   = &Refusal{"somebody has said already what is to become of the tool"}
	ErrAnswerMissing  = &Refusal{"the tool waits for an answer, and there is none"}
	ErrAnswerExpected = &Refusal{"the tool waits for an answer or a rejection"}
	ErrNoAnswers      = &Refusal{"the tool takes no answers"}
)

// ResolveToolCall stores what a user says to a tool for which a message of a
// chat of w waits. Whoever runs the models goes on from there. Errors: those
// above, and dberr.ErrNotFound for the chat.
func (c *Chats) ResolveToolCall(ctx context.Context, w Who, chat, message string, a ToolAnswer) (*model.Chat, error) {
	if err := chatdoc.CheckValue(a.Answers.String(), inMessage); err != nil {
		return nil, err
	}
	o := engine.TxOptions{Name: "chats.ResolveToolCall"}
	return c.edit(ctx, o, w, chat, func(x *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
		msg := jsonvalue.Text(doc.Message(message))
		if msg.String() == "" {
			return nil, ErrNoMessage
		}
		if author := cmp.Or(textOf(msg.Member("user_id")), orZero(x.UserID)); author != w.ID {
			return nil, ErrNotAsked
		}
		out := msg.Member("output")
		if !out.IsNull() && !out.IsJSONNull() && !strings.HasPrefix(strings.TrimSpace(out.String()), "[") {
			return nil, ErrNoOutput
		}
		items, err := a.resolve(outputItems(out), c.newID)
		if err != nil {
			return nil, err
		}
		patch := jsonvalue.Text("{}").With("output", items).With("done", jsonvalue.Text("false"))
		return doc.Set(message, patch.String()), nil
	})
}

// outputItem is a part of what a message has put out.
type outputItem struct {
	doc          jsonvalue.JSON
	kind, status string
	call, name   string
	approved     bool
}

func outputItems(list jsonvalue.JSON) []outputItem {
	var items []outputItem
	for _, text := range list.Elements() {
		doc := jsonvalue.Text(text)
		it := outputItem{doc: doc, kind: textOf(doc.Member("type")), status: textOf(doc.Member("status")), name: textOf(doc.Member("name")),
			call: cmp.Or(textOf(doc.Member("call_id")), textOf(doc.Member("id")))}
		decode(doc.Member("approved"), &it.approved)
		items = append(items, it)
	}
	return items
}

// with sets a member.
func (it *outputItem) with(name, text string) { it.doc = it.doc.With(name, jsonvalue.Text(text)) }

// waits holds for calls that nothing has come back of.
func (it *outputItem) waits(items []outputItem) bool {
	return it.kind == "function_call" &&
		slices.Contains([]string{"pending", "queued", "requires_approval", "in_progress"}, it.status) &&
		!slices.ContainsFunc(items, func(o outputItem) bool { return o.kind == "function_call_output" && o.call == it.call })
}

// resolve is the list with what the answer makes of it.
func (a ToolAnswer) resolve(items []outputItem, newID func() string) (jsonvalue.JSON, error) {
	at := slices.IndexFunc(items, func(it outputItem) bool { return it.kind == "function_call" && it.call == a.CallID })
	if at < 0 {
		return jsonvalue.JSON{}, ErrNoToolCall
	}
	call := &items[at]
	switch {
	case !call.waits(items), call.status == "in_progress", call.approved:
		return jsonvalue.JSON{}, ErrToolResolved
	case a.Action == ApproveTool && call.name == asking:
		return jsonvalue.JSON{}, ErrAnswerExpected
	case a.Action == AnswerTool && call.name != asking:
		return jsonvalue.JSON{}, ErrNoAnswers
	case a.Action == AnswerTool && (a.Answers.IsNull() || a.Answers.IsJSONNull()) && !a.TimedOut:
		return jsonvalue.JSON{}, ErrAnswerMissing
	}
	busy := slices.ContainsFunc(items,
		func(it outputItem) bool { return it.waits(items) && (it.approved || it.status == "in_progress") })
	if call.doc.Member("call_id").IsNull() {
		call.doc = call.doc.With("call_id", quoted(a.CallID))
	}
	result := ""
	switch a.Action {
	case ApproveTool:
		call.with("status", `"queued"`)
		call.with("approved", "true")
		call.status, call.approved = "queued", true
	case RejectTool:
		call.status, result = "rejected", "Error: tool call rejected by user."
		call.with("status", `"rejected"`)
	case AnswerTool:
		call.status, result = "completed", a.text()
		call.with("status", `"completed"`)
	default:
		return jsonvalue.JSON{},
			dberr.New(dberr.Invalid, "chats.ResolveToolCall", "the action must be approve, reject or answer")
	}
	if result != "" {
		items = append(items, outputItem{kind: "function_call_output", call: a.CallID,
			doc: resultOf(a.CallID, result, call.status)})
	}
	if !busy && a.Action != ApproveTool {
		next := slices.IndexFunc(items, func(it outputItem) bool { return it.waits(items) })
		if next >= 0 {
			items[next].with("status", `"pending"`)
		} else {
			items = append(items, outputItem{doc: continuation(newID())})
		}
	}
	return jsonvalue.Of(collect(items, func(it outputItem) jsonvalue.JSON { return it.doc }))
}

// text is an answer as the model reads it.
func (a ToolAnswer) text() string {
	answers := jsonvalue.Text("{}")
	if !a.TimedOut {
		if a.Answers.IsObject() || len(a.Answers.Elements()) > 0 {
			answers = a.Answers
		}
		return jsonvalue.Text("{}").With("status", quoted("answered")).With("answers", answers).String()
	}
	return jsonvalue.Text("{}").With("status", quoted("cancelled")).With("answers", answers).
		With("timed_out", jsonvalue.Text("true")).String()
}

// resultOf is what came of a call.
func resultOf(call, text, status string) jsonvalue.JSON {
	part := jsonvalue.Text("{}").With("type", quoted("input_text")).With("text", quoted(text))
	return jsonvalue.Text("{}").With("type", quoted("function_call_output")).With("id", quoted("fco_"+call)).
		With("call_id", quoted(call)).
		With("output", jsonvalue.Text("["+part.String()+"]")).With("status", quoted(status))
}

// continuation is where the model goes on writing.
func continuation(id string) jsonvalue.JSON {
	return jsonvalue.Text("{}").With("type", quoted("message")).With("id", quoted("msg_"+strings.ReplaceAll(id, "-", ""))).
		With("status", quoted("in_progress")).With("role", quoted("assistant")).
		With("content", jsonvalue.Text(`[{"type":"output_text","text":""}]`))
}
