package chatdoc

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
)

// RowID is the id of the chat_message row of a message.
func RowID(chatID, messageID string) string { return chatID + "-" + messageID }

// Rows are the chat_message rows of the document's messages, in the order of
// the document, or of their ids when they are many. Messages without a role
// have none. UserID is the chat's owner, for messages that do not say who wrote
// them; now is in seconds, for those without a timestamp.
func (d *Document) Rows(chatID, userID string, now int64) iter.Seq[model.ChatMessage] {
	return d.rows(chatID, userID, now, func(string, string) bool { return true })
}

// RowsChanged are the rows of the messages that are not in before, or not with
// the same text.
func (d *Document) RowsChanged(before *Document, chatID, userID string, now int64) iter.Seq[model.ChatMessage] {
	old := before.messages()
	return d.rows(chatID, userID, now, func(id, msg string) bool { return old.Get(id) != msg })
}

// RowsGone are the ids of the rows that before has and d has not: of messages
// that are gone, or have lost their role.
func (d *Document) RowsGone(before *Document, chatID string) []string {
	now := d.messages()
	var ids []string
	for id, text := range before.messages().All() {
		if msg := now.Get(id); msg != text && hasRow(text) && !hasRow(msg) {
			ids = append(ids, RowID(chatID, id))
		}
	}
	return ids
}

func hasRow(msg string) bool {
	var role [1]string
	jsontext.Pick(msg, []string{"role"}, role[:])
	s, ok := jsontext.StringOf(role[0])
	return ok && s != ""
}

// inOrder is how many messages are many: from then on their rows come in the
// order of their ids, in which databases take them several times faster.
const inOrder = 1000

func (d *Document) rows(chatID, userID string, now int64, want func(id, msg string) bool) iter.Seq[model.ChatMessage] {
	return func(yield func(model.ChatMessage) bool) {
		messages := d.messages().All()
		if m := d.messages(); m != nil && len(m.Members) >= inOrder {
			messages = sorted(m.Members)
		}
		for id, text := range messages {
			if !want(id, text) {
				continue
			}
			if row, ok := rowOf(text, chatID, id, userID, now); ok && !yield(row) {
				return
			}
		}
	}
}

// sorted are members in the order of their keys.
func sorted(members []jsontext.Member) iter.Seq2[string, string] {
	order := make([]*jsontext.Member, len(members))
	for i := range members {
		order[i] = &members[i]
	}
	slices.SortFunc(order, func(a, b *jsontext.Member) int { return strings.Compare(a.Key, b.Key) })
	return func(yield func(string, string) bool) {
		for _, m := range order {
			if !yield(m.Key, m.Value()) {
				return
			}
		}
	}
}

// The members of a message that its row is made of, and their places.
const (
	mRole = iota
	mParent
	mContent
	mOutput
	mModel
	mFiles
	mSources
	mEmbeds
	mDone
	mStatus
	mError
	mUsage
	mTime
	mSummary
	mMeta
	mUser
	mAll
)

var memberNames = [mAll]string{
	mRole: "role", mParent: "parentId", mContent: "content", mOutput: "output", mModel: "model",
	mFiles: "files", mSources: "sources", mEmbeds: "embeds", mDone: "done",
	mStatus: "statusHistory", mError: "error", mUsage: "usage", mTime: "timestamp",
	mSummary: "contextSummary", mMeta: "meta", mUser: "user_id",
}

func rowOf(text, chatID, messageID, userID string, now int64) (model.ChatMessage, bool) {
	var msg [mAll]string
	jsontext.Pick(text, memberNames[:], msg[:])
	role, ok := jsontext.StringOf(msg[mRole])
	if !ok || role == "" {
		return model.ChatMessage{}, false
	}
	return newRow(&msg, role, chatID, messageID, userID, now), true
}

func newRow(msg *[mAll]string, role, chatID, messageID, userID string, now int64) model.ChatMessage {
	created := timestamp(msg[mTime], now)
	done := msg[mDone] != "false"
	row := model.ChatMessage{
		ID:             RowID(chatID, messageID),
		ChatID:         chatID,
		UserID:         &userID,
		Role:           role,
		ParentID:       optional(msg[mParent]),
		Content:        document(msg[mContent]),
		Output:         document(msg[mOutput]),
		ModelID:        optional(msg[mModel]),
		Files:          document(msg[mFiles]),
		Sources:        document(msg[mSources]),
		Embeds:         document(msg[mEmbeds]),
		Done:           &done,
		StatusHistory:  document(msg[mStatus]),
		Error:          document(msg[mError]),
		Usage:          usage(msg[mUsage]),
		CreatedAt:      &created,
		UpdatedAt:      &now,
		ContextSummary: optional(msg[mSummary]),
		Meta:           document(msg[mMeta]),
	}
	if by, ok := jsontext.StringOf(msg[mUser]); ok && by != "" {
		row.UserID = &by
	}
	return row
}

// FromRows is what the chat_message rows of a chat, the oldest first, still say of a
// document that cannot be read: its title, its messages, and that it stands at
// current, or, where that is none of them, at the last one.
func FromRows(title, current string, rows []model.ChatMessage) *Document {
	messages, history, top := &jsontext.Object{}, &jsontext.Object{}, &jsontext.Object{}
	for i := range rows {
		id := strings.TrimPrefix(rows[i].ID, RowID(rows[i].ChatID, ""))
		messages.SetObject(id, messageOf(&rows[i], id))
	}
	if messages.Get(current) != "" {
		history.Set("currentId", jsontext.Quote(current))
	}
	history.SetObject("messages", messages)
	top.Set("title", jsontext.Quote(title))
	top.SetObject("history", history)
	return whole(top).Settled()
}

// messageOf is the message of which a row was made, as far as the row has it.
func messageOf(row *model.ChatMessage, id string) *jsontext.Object {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return jsontext.Quote(*s)
	}
	values := [mAll]string{
		mRole: jsontext.Quote(row.Role), mParent: cmp.Or(text(row.ParentID), "null"),
		mContent: cmp.Or(readable(row.Content), `""`), mOutput: readable(row.Output), mModel: text(row.ModelID),
		mFiles: readable(row.Files), mSources: readable(row.Sources), mEmbeds: readable(row.Embeds),
		mStatus: readable(row.StatusHistory), mError: readable(row.Error), mUsage: readable(row.Usage),
		mSummary: text(row.ContextSummary), mMeta: readable(row.Meta), mUser: text(row.UserID),
	}
	if row.Done != nil {
		values[mDone] = strconv.FormatBool(*row.Done)
	}
	if row.CreatedAt != nil {
		values[mTime] = strconv.FormatInt(*row.CreatedAt, 10)
	}
	m := &jsontext.Object{}
	m.Set("id", jsontext.Quote(id))
	for i, v := range values {
		if v != "" {
			m.Set(memberNames[i], v)
		}
	}
	return m
}

// readable is a column of a row; empty for one that has nothing, or nothing that can
// be read.
func readable(j jsonvalue.JSON) string {
	if j.IsNull() || j.IsJSONNull() {
		return ""
	}
	text, err := Readable(j.String())
	if err != nil {
		return ""
	}
	return text
}

// columnNames are the columns of a row that members of a message fill.
var columnNames = [mAll]string{
	mRole: "role", mParent: "parent_id", mContent: "content", mOutput: "output", mModel: "model_id",
	mFiles: "files", mSources: "sources", mEmbeds: "embeds", mDone: "done",
	mStatus: "status_history", mError: "error", mUsage: "usage",
	mSummary: "context_summary", mMeta: "meta", mUser: "user_id",
}

// PatchRow is the chat_message row of a message of which only a patch is known,
// and the columns of it that the patch says something about; created_at is none
// of them, since a message was made when it was first said. UserID is the chat's
// owner and now in seconds, as in [Document.Rows].
func PatchRow(p Patch, chatID, userID string, now int64) (row model.ChatMessage, columns []string) {
	var msg [mAll]string
	jsontext.Pick(p.Members, memberNames[:], msg[:])
	for i, name := range columnNames {
		if name != "" && msg[i] != "" {
			columns = append(columns, name)
		}
	}
	role, _ := jsontext.StringOf(msg[mRole])
	return newRow(&msg, role, chatID, p.MessageID, userID, now), append(columns, "updated_at")
}

func optional(text string) *string {
	if s, ok := jsontext.StringOf(text); ok {
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
	if q, ok := jsontext.StringOf(text); ok {
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
	u := jsontext.Cut(text)
	if u == nil || len(u.Members) == 0 {
		return document(text)
	}
	in, out := firstCount(u, inputTokens), firstCount(u, outputTokens)
	total := firstCount(u, []string{"total_tokens"})
	if total == 0 {
		total = in + out
	}
	c := u.Clone()
	for _, kv := range []struct {
		key string
		n   int64
	}{{"input_tokens", in}, {"output_tokens", out}, {"total_tokens", total}} {
		c.Set(kv.key, strconv.FormatInt(kv.n, 10))
	}
	return jsonvalue.Text(c.Encode())
}

func firstCount(u *jsontext.Object, keys []string) int64 {
	for _, k := range keys {
		if n := timestamp(u.Get(k), 0); n != 0 {
			return n
		}
	}
	return 0
}
