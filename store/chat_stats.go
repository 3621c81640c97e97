package store

import (
	"context"
	"encoding/json"
	"iter"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
)

// ChatStats is what can be counted in the document of a chat.
type ChatStats struct {
	ID        string
	UserID    string
	CreatedAt int64    // seconds
	UpdatedAt int64    // seconds
	Tags      []string // ids

	CurrentID string           // where the chat stands; empty for nowhere
	Branch    int64            // messages from the first one to there
	Models    map[string]int64 // answers on the branch, by model
	LastAt    *int64           // when the last message of the branch was sent, in seconds; nil for not known

	Messages        []MessageStats // all, in the document's order
	HistoryModels   map[string]int64
	UserMessages    int64
	Answers         int64
	ResponseTime    float64 // seconds from question to answer, on average
	UserLength      float64 // characters of a user's message, on average
	AssistantLength float64 // characters of an answer, on average
}

// MessageStats is what can be counted in a message.
type MessageStats struct {
	Key       string // that it has in the document
	ID        string // that it says itself; else the key
	Role      string
	Model     *string
	Length    int64  // characters of the text
	Timestamp *int64 // seconds
	Rating    *int64
	Tags      []string // of the rating; nil for none
	parent    string
}

// Stats counts in the documents of the chats of a list, one after the other, as
// [Chats.Each] reads them; a chat whose document cannot be read is left out. An
// error is the last thing that it yields: those of [Chats.List].
func (c *Chats) Stats(ctx context.Context, w Who, f ChatFilter, p Page) iter.Seq2[*ChatStats, error] {
	return func(yield func(*ChatStats, error) bool) {
		for chat, err := range c.Each(ctx, w, f, p) {
			if err != nil {
				yield(nil, err)
				return
			}
			if s, err := statsOf(&chat, false); err == nil && !yield(s, nil) {
				return
			}
		}
	}
}

// StatsOf counts in the document of one chat that w may read, as it is when the
// chat is opened (see [chatdoc.Document.Settled]). Errors: dberr.ErrNotFound; dberr.ErrInvalid for a document that cannot be read.
func (c *Chats) StatsOf(ctx context.Context, w Who, id string) (*ChatStats, error) {
	chat, err := c.Get(ctx, w, id)
	if err != nil {
		return nil, err
	}
	return statsOf(chat, true)
}

// MayExportStats returns ErrNotPermitted unless w is an admin, or the setting
// ui.enable_community_sharing lets everybody take the numbers of chats along.
func (c *Chats) MayExportStats(ctx context.Context, w Who) error {
	const key = "ui.enable_community_sharing"
	if _, err := chats.permitted(ctx, &c.base, w); err != nil || w.Admin() {
		return err
	}
	values, err := (&Config{c.base}).Values(ctx, key)
	if err == nil && !Flag(values[key], false) {
		err = ErrNotPermitted
	}
	return err
}

// statsOf counts in a document as it is stored, or as it is when it is opened.
func statsOf(c *model.Chat, settled bool) (*ChatStats, error) {
	doc, err := chatdoc.ParseStored(c.Chat.String())
	if err != nil {
		return nil, err
	}
	if err := doc.Check(); err != nil {
		return nil, err
	}
	if settled {
		doc = doc.Settled()
	}
	s := &ChatStats{ID: c.ID, UserID: orZero(c.UserID), CreatedAt: orZero(c.CreatedAt), UpdatedAt: orZero(c.UpdatedAt), Tags: tagsOf(c.Meta),
		CurrentID: doc.CurrentID(), Models: map[string]int64{}, HistoryModels: map[string]int64{}}
	byID := map[string]*MessageStats{}
	for _, id := range doc.MessageIDs() {
		if m := messageStats(id, doc.Message(id)); m != nil {
			s.Messages = append(s.Messages, *m)
			byID[id] = m
		}
	}
	s.count(byID)
	s.walk(byID)
	return s, nil
}

// count sums over all messages.
func (s *ChatStats) count(byID map[string]*MessageStats) {
	var waited, users, answers, waits int64
	for _, m := range s.Messages {
		switch m.Role {
		case "user":
			s.UserMessages++
			users += m.Length
		case "assistant":
			s.Answers++
			answers += m.Length
			if m.Model != nil {
				s.HistoryModels[*m.Model]++
			}
			if q := byID[m.parent]; q != nil && orZero(q.Timestamp) != 0 && orZero(m.Timestamp) != 0 {
				waited, waits = waited+*m.Timestamp-*q.Timestamp, waits+1
			}
		}
	}
	mean := func(sum, n int64) float64 { return float64(sum) / float64(max(n, 1)) }
	s.UserLength, s.AssistantLength, s.ResponseTime = mean(users, s.UserMessages), mean(answers, s.Answers),
		mean(waited, waits)
}

// walk counts on the branch at whose end the chat stands.
func (s *ChatStats) walk(byID map[string]*MessageStats) {
	seen := map[string]bool{}
	for id := s.CurrentID; byID[id] != nil && !seen[id]; id = byID[id].parent {
		m := byID[id]
		seen[id] = true
		if s.Branch++; s.Branch == 1 {
			s.LastAt = m.Timestamp
		}
		if m.Role == "assistant" && m.Model != nil {
			s.Models[*m.Model]++
		}
	}
}

// messageStats is nil for what no client takes for a message.
func messageStats(id, text string) *MessageStats {
	var x struct {
		ID         any             `json:"id"`
		Role       any             `json:"role"`
		Model      any             `json:"model"`
		Parent     any             `json:"parentId"`
		Timestamp  any             `json:"timestamp"`
		Content    json.RawMessage `json:"content"`
		Annotation json.RawMessage `json:"annotation"`
	}
	if jsonvalue.Text(text).Decode(&x) != nil {
		return nil
	}
	m := &MessageStats{Key: id, ID: id, Length: lengthOf(x.Content), Timestamp: whole(x.Timestamp)}
	if s, ok := x.ID.(string); ok {
		m.ID = s
	}
	m.parent, _ = x.Parent.(string)
	if m.Role, _ = x.Role.(string); m.Role == "" {
		return nil
	}
	if s, ok := x.Model.(string); ok && s != "" {
		m.Model = &s
	}
	var rating struct {
		Rating any `json:"rating"`
		Tags   any `json:"tags"`
	}
	if len(x.Annotation) > 0 && jsonvalue.Text(string(x.Annotation)).Decode(&rating) == nil {
		m.Rating = whole(rating.Rating)
		if tags, ok := rating.Tags.([]any); ok {
			m.Tags = []string{}
			for _, t := range tags {
				if s, ok := t.(string); ok {
					m.Tags = append(m.Tags, s)
				}
			}
		}
	}
	return m
}

// whole is the integer part of a number; nil for what is none.
func whole(v any) *int64 {
	n, ok := v.(json.Number)
	if !ok {
		return nil
	}
	if i, err := n.Int64(); err == nil {
		return &i
	}
	const most = 1 << 53
	f, err := n.Float64()
	if err != nil || f < -most || f > most {
		return nil
	}
	return ptr(int64(f))
}

// lengthOf is how many characters of text a message has, which is a text or a
// list of parts.
func lengthOf(content json.RawMessage) int64 {
	if len(content) == 0 {
		return 0
	}
	var text string
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	doc := jsonvalue.Text(string(content))
	if doc.Decode(&text) == nil {
		return int64(utf8.RuneCountInString(text))
	}
	if doc.Decode(&parts) != nil {
		return 0
	}
	n := 0
	for _, p := range parts {
		if p.Type == "text" {
			n += utf8.RuneCountInString(p.Text)
		}
	}
	return int64(n)
}

// Compaction is what becomes of a request to sum up the older messages of a chat.
type Compaction string

// The reasons for which there is nothing to do, and that there is something.
const (
	CompactionOff   Compaction = "disabled"  // the setting chat.context_compaction.enable
	CompactionEmpty Compaction = "empty"     // the chat stands nowhere
	CompactionShort Compaction = "too_short" // there is one message
	CompactionDue   Compaction = ""
)

// ErrNoModel is the refusal to sum a chat up with no model.
var ErrNoModel = &Refusal{"no model is named, and none has answered in the chat"}

// Compaction returns why the older messages of a chat of w need not be summed
// up, or CompactionDue: a model has to do that. Errors: ErrNoModel,
// dberr.ErrNotFound.
func (c *Chats) Compaction(ctx context.Context, w Who, id string, model string) (Compaction, error) {
	chat, err := c.get(ctx, w, MayWrite, id)
	if err != nil {
		return "", err
	}
	doc, err := chatdoc.ParseStored(chat.Chat.String())
	if err != nil {
		return "", &dberr.Error{Op: "chats.Compaction", Code: dberr.Invalid,
			Msg: "the stored document of the chat is not JSON", Err: err}
	}
	s, err := statsOf(chat, true)
	if err != nil {
		return "", err
	}
	var listed []string
	decode(jsonvalue.Text(doc.Member("models")), &listed)
	if model == "" && len(s.Models) == 0 && (len(listed) == 0 || listed[0] == "") {
		return "", ErrNoModel
	}
	const key = "chat.context_compaction.enable"
	values, err := (&Config{c.base}).Values(ctx, key)
	switch {
	case err != nil:
		return "", err
	case !Flag(values[key], false):
		return CompactionOff, nil
	case s.CurrentID == "":
		return CompactionEmpty, nil
	case s.Branch <= 1:
		return CompactionShort, nil
	}
	return CompactionDue, nil
}
