package model

import "github.com/larder-db/larder/jsonvalue"

// Chat is a row of table chat: a conversation.
type Chat struct {
	ID               string         `db:"id" json:"id"`
	UserID           *string        `db:"user_id" json:"user_id"`       // the owner
	Title            *string        `db:"title" json:"title"`           // copy of the title in the document
	CreatedAt        *int64         `db:"created_at" json:"created_at"` // seconds
	UpdatedAt        *int64         `db:"updated_at" json:"updated_at"` // seconds
	ShareID          *string        `db:"share_id" json:"share_id"`     // the SharedChat; nil when not shared
	Archived         *bool          `db:"archived" json:"archived"`     // nil counts as false
	Chat             jsonvalue.JSON `db:"chat" json:"chat"`             // the whole client document; see package chatdoc
	Pinned           *bool          `db:"pinned" json:"pinned"`         // nil counts as false
	Meta             jsonvalue.JSON `db:"meta" json:"meta"`             // {tags: [tag ids], internal, type, ...}; never NULL
	FolderID         *string        `db:"folder_id" json:"folder_id"`
	Tasks            jsonvalue.JSON `db:"tasks" json:"tasks"`
	Summary          *string        `db:"summary" json:"summary"`
	LastReadAt       *int64         `db:"last_read_at" json:"last_read_at"` // seconds; unread when UpdatedAt is later, nil counts as 0
	CurrentMessageID *string        `db:"current_message_id" json:"current_message_id"`
	Variables        jsonvalue.JSON `db:"variables" json:"variables"`
	TimerAt          *int64         `db:"timer_at" json:"timer_at"` // nanoseconds; only while a timer is pending
}

// Validate reports what no engine can know to be wrong with the row.
func (c *Chat) Validate() error {
	return firstOf(
		key("chat", "id", c.ID),
		check(c.UserID != nil && *c.UserID != "", "chat", "user_id", "is missing"),
	)
}

// ChatMessage is a row of table chat_message: one message of a chat's
// history, kept beside the document for search and analytics.
type ChatMessage struct {
	ID             string         `db:"id" json:"id"` // "<chat id>-<message id>"
	ChatID         string         `db:"chat_id" json:"chat_id"`
	UserID         *string        `db:"user_id" json:"user_id"`     // who wrote it, or whose chat it is in
	Role           string         `db:"role" json:"role"`           // user, assistant, system
	ParentID       *string        `db:"parent_id" json:"parent_id"` // the bare id of the message it answers
	Content        jsonvalue.JSON `db:"content" json:"content"`     // a string, or a list of parts
	Output         jsonvalue.JSON `db:"output" json:"output"`
	ModelID        *string        `db:"model_id" json:"model_id"`
	Files          jsonvalue.JSON `db:"files" json:"files"`
	Sources        jsonvalue.JSON `db:"sources" json:"sources"`
	Embeds         jsonvalue.JSON `db:"embeds" json:"embeds"`
	Done           *bool          `db:"done" json:"done"` // false while the answer is being written
	StatusHistory  jsonvalue.JSON `db:"status_history" json:"status_history"`
	Error          jsonvalue.JSON `db:"error" json:"error"`
	Usage          jsonvalue.JSON `db:"usage" json:"usage"`           // tokens: input_tokens, output_tokens
	CreatedAt      *int64         `db:"created_at" json:"created_at"` // the timestamp that the client sent: seconds, but milliseconds are possible
	UpdatedAt      *int64         `db:"updated_at" json:"updated_at"` // seconds
	ContextSummary *string        `db:"context_summary" json:"context_summary"`
	Meta           jsonvalue.JSON `db:"meta" json:"meta"`
}

// Validate reports what no engine can know to be wrong with the row.
func (m *ChatMessage) Validate() error {
	return firstOf(
		key("chat_message", "id", m.ID),
		key("chat_message", "chat_id", m.ChatID),
		key("chat_message", "role", m.Role),
		check(len(m.ID) > len(m.ChatID) && m.ID[:len(m.ChatID)] == m.ChatID && m.ID[len(m.ChatID)] == '-',
			"chat_message", "id", "does not begin with the id of the chat"),
	)
}

// SharedChat is a row of table shared_chat: the snapshot behind a link.
type SharedChat struct {
	ID        string         `db:"id" json:"id"` // the token in the link
	ChatID    string         `db:"chat_id" json:"chat_id"`
	UserID    string         `db:"user_id" json:"user_id"` // who shared it
	Title     *string        `db:"title" json:"title"`
	Chat      jsonvalue.JSON `db:"chat" json:"chat"`             // the document, and how it is shared
	CreatedAt *int64         `db:"created_at" json:"created_at"` // seconds
	UpdatedAt *int64         `db:"updated_at" json:"updated_at"` // seconds
}

// Validate reports what no engine can know to be wrong with the row.
func (s *SharedChat) Validate() error {
	return firstOf(key("shared_chat", "id", s.ID), key("shared_chat", "chat_id", s.ChatID), key("shared_chat", "user_id", s.UserID))
}

// Tag is a row of table tag: the name of a tag of a user. Which chat has which
// tag stands in Chat.Meta.
type Tag struct {
	ID     string         `db:"id" json:"id"` // the name, lower case, with _ for spaces
	Name   *string        `db:"name" json:"name"`
	UserID *string        `db:"user_id" json:"user_id"`
	Meta   jsonvalue.JSON `db:"meta" json:"meta"`
}

// Validate reports what no engine can know to be wrong with the row.
func (t *Tag) Validate() error {
	return firstOf(
		key("tag", "id", t.ID),
		check(t.ID != "none", "tag", "id", `is "none", which stands for chats without a tag`),
		check(t.UserID != nil && *t.UserID != "", "tag", "user_id", "is missing"),
	)
}

// Folder is a row of table folder; folders of a user form a tree.
type Folder struct {
	ID         string         `db:"id" json:"id"`
	ParentID   *string        `db:"parent_id" json:"parent_id"`
	UserID     string         `db:"user_id" json:"user_id"`
	Name       string         `db:"name" json:"name"`
	Items      jsonvalue.JSON `db:"items" json:"items"` // unused
	Meta       jsonvalue.JSON `db:"meta" json:"meta"`
	IsExpanded bool           `db:"is_expanded" json:"is_expanded"`
	CreatedAt  int64          `db:"created_at" json:"created_at"` // seconds
	UpdatedAt  int64          `db:"updated_at" json:"updated_at"` // seconds
	Data       jsonvalue.JSON `db:"data" json:"data"`             // {system_prompt, files, ...}
}

// Validate reports what no engine can know to be wrong with the row.
func (f *Folder) Validate() error {
	return firstOf(
		key("folder", "id", f.ID), key("folder", "user_id", f.UserID), key("folder", "name", f.Name),
		check(f.ParentID == nil || *f.ParentID != f.ID, "folder", "parent_id", "is the folder itself"),
	)
}
