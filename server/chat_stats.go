package server

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/store"
)

func (s *Server) chatStatsRoutes() []route {
	gone := refusal{dberr.ErrNotFound, http.StatusNotFound, msgNotFound}
	return resource(chatRefusals,
		endpoint("GET", chatPath+"stats/usage", "What can be counted in one's chats", member, s.chatUsage),
		endpoint("GET", chatPath+"stats/export", "The same with its messages, the longest unchanged first; as lines with stream=true", member, s.exportChatStats),
		endpoint("GET", chatPath+"stats/export/{chat_id}", "The same of one chat", member, s.chatStats).refusing(gone),
	)
}

type chatUsageForm struct {
	Rows int `query:"items_per_page" default:"50" about:"at most 1000"`
	Page int `query:"page" default:"1" about:"from 1"`
}

// countedChat is what the page shows of a chat's numbers.
type countedChat struct {
	ID              string           `json:"id"`
	Models          map[string]int64 `json:"models"`
	Branch          int64            `json:"message_count"`
	HistoryModels   map[string]int64 `json:"history_models"`
	Messages        int64            `json:"history_message_count"`
	UserMessages    int64            `json:"history_user_message_count"`
	Answers         int64            `json:"history_assistant_message_count"`
	ResponseTime    mean             `json:"average_response_time"`
	UserLength      mean             `json:"average_user_message_content_length"`
	AssistantLength mean             `json:"average_assistant_message_content_length"`
	Tags            []string         `json:"tags"`
	LastMessageAt   int64            `json:"last_message_at"`
	UpdatedAt       int64            `json:"updated_at"`
	CreatedAt       int64            `json:"created_at"`
}

func (s *Server) chatUsage(ctx context.Context, r *request, f chatUsageForm) (*found[countedChat], error) {
	const most = 1000
	total, err := s.store.Chats.Count(ctx, r.who(), everything)
	out := &found[countedChat]{Items: []countedChat{}, Total: total}
	if err != nil {
		return nil, err
	}
	for c, err := range s.store.Chats.Stats(ctx, r.who(), everything, store.PageOf(f.Page, min(max(f.Rows, 1), most))) {
		if err != nil {
			return nil, err
		}
		if c.Branch == 0 {
			continue
		}
		last := c.UpdatedAt // of messages that do not say when they were sent
		if c.LastAt != nil {
			last = *c.LastAt
		}
		out.Items = append(out.Items,
			countedChat{c.ID, c.Models, c.Branch, c.HistoryModels, int64(len(c.Messages)), c.UserMessages, c.Answers,
				mean(c.ResponseTime), mean(c.UserLength), mean(c.AssistantLength), notNil(c.Tags), last, c.UpdatedAt, c.CreatedAt})
	}
	return out, nil
}

type statsForm struct {
	UpdatedAt *int64 `query:"updated_at" about:"only chats that changed after this, in seconds"`
	Page      int    `query:"page" default:"1" about:"from 1; 10 per page"`
	Stream    bool   `query:"stream" default:"false" about:"all of them, one a line"`
}

func (f statsForm) filter() store.ChatFilter {
	filter := everything
	filter.Sort, filter.Ascending = store.ByUpdated, true
	filter.ChangedAfter = orZero(f.UpdatedAt)
	return filter
}

type exportedChat struct {
	ID        string       `json:"id"`
	UserID    string       `json:"user_id"`
	CreatedAt int64        `json:"created_at"`
	UpdatedAt int64        `json:"updated_at"`
	Tags      []string     `json:"tags"`
	Stats     exportedSums `json:"stats"`
	Chat      exportedBody `json:"chat"`
}

type exportedSums struct {
	ResponseTime    mean             `json:"average_response_time"`
	UserLength      mean             `json:"average_user_message_content_length"`
	AssistantLength mean             `json:"average_assistant_message_content_length"`
	Models          map[string]int64 `json:"models"`
	Branch          int64            `json:"message_count"`
	HistoryModels   map[string]int64 `json:"history_models"`
	Messages        int64            `json:"history_message_count"`
	UserMessages    int64            `json:"history_user_message_count"`
	Answers         int64            `json:"history_assistant_message_count"`
}

type exportedBody struct {
	History exportedHistory `json:"history"`
}

type exportedHistory struct {
	Messages  map[string]exportedMessage `json:"messages"`
	CurrentID *string                    `json:"currentId"`
}

// mean is an average, written with a point as Open WebUI does.
type mean float64

// MarshalJSON writes 31 as 31.0.
func (m mean) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(float64(m))
	if err == nil && !bytes.ContainsAny(b, ".e") {
		b = append(b, ".0"...)
	}
	return b, err
}

func (mean) schema() any { return object{"type": "number"} }

type exportedMessage struct {
	ID        string    `json:"id"`
	Role      string    `json:"role"`
	Model     *string   `json:"model"`
	Length    int64     `json:"content_length"`
	Tokens    *int64    `json:"token_count"` // nobody counts them
	Timestamp *int64    `json:"timestamp"`
	Rating    *int64    `json:"rating"`
	Tags      *[]string `json:"tags"`
}

func exported(c *store.ChatStats) exportedChat {
	out := exportedChat{ID: c.ID, UserID: c.UserID, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Tags: notNil(c.Tags),
		Stats: exportedSums{mean(c.ResponseTime), mean(c.UserLength), mean(c.AssistantLength), c.Models, c.Branch, c.HistoryModels,
			int64(len(c.Messages)), c.UserMessages, c.Answers}}
	h := &out.Chat.History
	h.Messages = map[string]exportedMessage{}
	if c.CurrentID != "" {
		h.CurrentID = &c.CurrentID
	}
	for _, m := range c.Messages {
		h.Messages[m.Key] = exportedMessage{ID: m.ID, Role: m.Role, Model: m.Model, Length: m.Length, Timestamp: m.Timestamp,
			Rating: m.Rating, Tags: orNull(m.Tags)}
	}
	return out
}

// statsExport is a page of the numbers of chats, or all of them as lines.
type statsExport struct {
	Type  string         `json:"type"`
	Items []exportedChat `json:"items"`
	Total int64          `json:"total"`
	Page  int            `json:"page"`

	lines iter.Seq2[*store.ChatStats, error]
	name  string // of the file with the lines
}

func (e *statsExport) mediaTypes() []string {
	return []string{"application/json", "application/x-ndjson"}
}

func (e *statsExport) send(r *request) error {
	if e.lines == nil {
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		writeBody(r.w, http.StatusOK, body)
		return nil
	}
	r.w.Header().Set("Content-Type", "application/x-ndjson")
	r.w.Header().Set("Content-Disposition", "attachment; filename="+e.name)
	to := json.NewEncoder(r.w)
	for c, err := range e.lines {
		if err != nil {
			return err
		}
		if to.Encode(exported(c)) != nil {
			return nil // the client is gone
		}
	}
	return nil
}

func (s *Server) exportChatStats(ctx context.Context, r *request, f statsForm) (*statsExport, error) {
	const rows = 10
	if err := s.store.Chats.MayExportStats(ctx, r.who()); err != nil {
		return nil, err
	}
	if f.Stream {
		return &statsExport{lines: s.store.Chats.Stats(ctx, r.who(), f.filter(), store.Page{}),
			name: "chat-stats-export-" + r.ID + ".jsonl"}, nil
	}
	total, err := s.store.Chats.Count(ctx, r.who(), f.filter())
	if err != nil {
		return nil, err
	}
	out := &statsExport{Type: "chats", Items: []exportedChat{}, Total: total, Page: f.Page}
	for c, err := range s.store.Chats.Stats(ctx, r.who(), f.filter(), store.PageOf(f.Page, rows)) {
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, exported(c))
	}
	return out, nil
}

type chatStatsForm struct {
	ID string `path:"chat_id"`
}

func (s *Server) chatStats(ctx context.Context, r *request, f chatStatsForm) (*exportedChat, error) {
	if err := s.store.Chats.MayExportStats(ctx, r.who()); err != nil {
		return nil, err
	}
	c, err := s.store.Chats.StatsOf(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	out := exported(c)
	return &out, nil
}
