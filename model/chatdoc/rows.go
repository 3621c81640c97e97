package chatdoc

import (
	"iter"
	"math"
	"strconv"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
)

// RowID is the id of the chat_message row of a message.
func RowID(chatID, messageID string) string { return chatID + "-" + messageID }

// Rows are the chat_message rows of the document's messages, in the order of
// the document. Messages without a role have none. UserID is the chat's owner,
// for messages that do not say who wrote them; now is in seconds, for those
// without a timestamp.
func (d *Document) Rows(chatID, userID string, now int64) iter.Seq[model.ChatMessage] {
	return d.rows(chatID, userID, now, func(string, string) bool { return true })
}

// RowsChanged are the rows of the messages that are not in before, or not with
// the same text.
func (d *Document) RowsChanged(before *Document, chatID, userID string, now int64) iter.Seq[model.ChatMessage] {
	old := before.messages()
	return d.rows(chatID, userID, now, func(id, msg string) bool { return old.get(id) != msg })
}

// RowsGone are the ids of the rows that before has and d has not: of messages
// that are gone, or have lost their role.
func (d *Document) RowsGone(before *Document, chatID string) []string {
	now := d.messages()
	var ids []string
	for id, text := range before.messages().all() {
		if msg := now.get(id); msg != text && hasRow(text) && !hasRow(msg) {
			ids = append(ids, RowID(chatID, id))
		}
	}
	return ids
}

func hasRow(msg string) bool {
	var role [1]string
	pick(msg, []string{"role"}, role[:])
	s, ok := stringOf(role[0])
	return ok && s != ""
}

func (d *Document) rows(chatID, userID string, now int64, want func(id, msg string) bool) iter.Seq[model.ChatMessage] {
	return func(yield func(model.ChatMessage) bool) {
		for id, text := range d.messages().all() {
			if !want(id, text) {
				continue
			}
			if row, ok := rowOf(cutObject(text), chatID, id, userID, now); ok && !yield(row) {
				return
			}
		}
	}
}

func rowOf(msg *object, chatID, messageID, userID string, now int64) (model.ChatMessage, bool) {
	role, ok := stringOf(msg.get("role"))
	if !ok || role == "" {
		return model.ChatMessage{}, false
	}
	created := timestamp(msg.get("timestamp"), now)
	done := msg.get("done") != "false"
	row := model.ChatMessage{
		ID:             RowID(chatID, messageID),
		ChatID:         chatID,
		UserID:         &userID,
		Role:           role,
		ParentID:       optional(msg.get("parentId")),
		Content:        document(msg.get("content")),
		Output:         document(msg.get("output")),
		ModelID:        optional(msg.get("model")),
		Files:          document(msg.get("files")),
		Sources:        document(msg.get("sources")),
		Embeds:         document(msg.get("embeds")),
		Done:           &done,
		StatusHistory:  document(msg.get("statusHistory")),
		Error:          document(msg.get("error")),
		Usage:          usage(msg.get("usage")),
		CreatedAt:      &created,
		UpdatedAt:      &now,
		ContextSummary: optional(msg.get("contextSummary")),
		Meta:           document(msg.get("meta")),
	}
	if by, ok := stringOf(msg.get("user_id")); ok && by != "" {
		row.UserID = &by
	}
	return row, true
}

func optional(text string) *string {
	if s, ok := stringOf(text); ok {
		return &s
	}
	return nil
}

// document is the JSON of a member; JSON null when there is none, which is
// what Open WebUI's own writes leave in these columns.
func document(text string) jsonvalue.JSON {
	if text == "" {
		return jsonvalue.Null()
	}
	return jsonvalue.Text(text)
}

// timestamp is the message's own time in whatever unit the client has written
// it, without its fraction.
func timestamp(text string, now int64) int64 {
	s := text
	if q, ok := stringOf(text); ok {
		s = q
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) >= math.MaxInt64 {
		return now
	}
	return int64(f)
}

// The names that model servers give to the same three numbers.
var (
	inputTokens  = []string{"input_tokens", "prompt_tokens", "prompt_eval_count", "prompt_n"}
	outputTokens = []string{"output_tokens", "completion_tokens", "eval_count", "predicted_n"}
)

// usage is the message's usage with input_tokens, output_tokens and
// total_tokens beside whatever else it has.
func usage(text string) jsonvalue.JSON {
	u := cutObject(text)
	if u == nil || len(u.members) == 0 {
		return document(text)
	}
	in, out := firstCount(u, inputTokens), firstCount(u, outputTokens)
	total := firstCount(u, []string{"total_tokens"})
	if total == 0 {
		total = in + out
	}
	c := u.clone()
	for _, kv := range []struct {
		key string
		n   int64
	}{{"input_tokens", in}, {"output_tokens", out}, {"total_tokens", total}} {
		c.set(kv.key, strconv.FormatInt(kv.n, 10))
	}
	return jsonvalue.Text(c.encode())
}

func firstCount(u *object, keys []string) int64 {
	for _, k := range keys {
		if n := timestamp(u.get(k), 0); n != 0 {
			return n
		}
	}
	return 0
}
