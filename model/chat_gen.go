// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Chat is a row of table chat: conversations, with the whole client document
// and what lists need beside it.
type Chat struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the owner
	UserID *string `db:"user_id" json:"user_id"`
	// copy of the title in the document
	Title *string `db:"title" json:"title"`
	// when the row was made (seconds)
	CreatedAt *int64 `db:"created_at" json:"created_at"`
	// when the program last changed the row (seconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"`
	// the shared_chat row; NULL when not shared
	ShareID *string `db:"share_id" json:"share_id"`
	// out of the lists; NULL counts as false
	Archived *bool `db:"archived" json:"archived"`
	// the whole client document: history, messages, models, files
	Chat jsonvalue.JSON `db:"chat" json:"chat"`
	// at the top of the list; NULL counts as false
	Pinned *bool `db:"pinned" json:"pinned"`
	// {tags: [tag ids], internal, type, ...}; never NULL
	Meta jsonvalue.JSON `db:"meta" json:"meta"`
	// the folder; NULL for none
	FolderID *string `db:"folder_id" json:"folder_id"`
	// what a long answer still has to do
	Tasks jsonvalue.JSON `db:"tasks" json:"tasks"`
	// what was said, for long contexts
	Summary *string `db:"summary" json:"summary"`
	// when it was last read; unread when updated_at is later, NULL counts as 0
	// (seconds)
	LastReadAt *int64 `db:"last_read_at" json:"last_read_at"`
	// copy of history.currentId
	CurrentMessageID *string `db:"current_message_id" json:"current_message_id"`
	// values for placeholders in prompts
	Variables jsonvalue.JSON `db:"variables" json:"variables"`
	// when a timer rings; only while one is pending (nanoseconds)
	TimerAt *int64 `db:"timer_at" json:"timer_at"`
}

// ChatMessage is a row of table chat_message: the messages of chats, one row
// each, kept beside the document for search and analytics.
type ChatMessage struct {
	// "<chat id>-<message id>"
	ID string `db:"id" json:"id"`
	// the chat
	ChatID string `db:"chat_id" json:"chat_id"`
	// who wrote it, or whose chat it is in
	UserID *string `db:"user_id" json:"user_id"`
	// user, assistant, system
	Role string `db:"role" json:"role"`
	// the bare id of the message it answers; NULL for the first
	ParentID *string `db:"parent_id" json:"parent_id"`
	// a string, or a list of parts
	Content jsonvalue.JSON `db:"content" json:"content"`
	// structured output of the model
	Output jsonvalue.JSON `db:"output" json:"output"`
	// the model that answered
	ModelID *string `db:"model_id" json:"model_id"`
	// files that were attached
	Files jsonvalue.JSON `db:"files" json:"files"`
	// where the answer is from
	Sources jsonvalue.JSON `db:"sources" json:"sources"`
	// embedded content
	Embeds jsonvalue.JSON `db:"embeds" json:"embeds"`
	// false while the answer is still being written
	Done *bool `db:"done" json:"done"`
	// steps that were shown while answering
	StatusHistory jsonvalue.JSON `db:"status_history" json:"status_history"`
	// why there is no answer
	Error jsonvalue.JSON `db:"error" json:"error"`
	// tokens: input_tokens, output_tokens
	Usage jsonvalue.JSON `db:"usage" json:"usage"`
	// the timestamp that the client sent; not checked, milliseconds are possible
	// (seconds)
	CreatedAt *int64 `db:"created_at" json:"created_at"`
	// when the program last changed the row (seconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"`
	// what was said before, for long contexts
	ContextSummary *string `db:"context_summary" json:"context_summary"`
	// further properties
	Meta jsonvalue.JSON `db:"meta" json:"meta"`
}

// SharedChat is a row of table shared_chat: snapshots of chats that were shared
// by link.
type SharedChat struct {
	ID        string         `db:"id" json:"id"`                 // the token in the link
	ChatID    string         `db:"chat_id" json:"chat_id"`       // the chat
	UserID    string         `db:"user_id" json:"user_id"`       // who shared it
	Title     *string        `db:"title" json:"title"`           // title of the chat
	Chat      jsonvalue.JSON `db:"chat" json:"chat"`             // the document, and how it is shared
	CreatedAt *int64         `db:"created_at" json:"created_at"` // when the row was made (seconds)
	UpdatedAt *int64         `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
}

// Tag is a row of table tag: tag names of a user. Which chat has which tag
// stands in chat.meta.
type Tag struct {
	ID     string         `db:"id" json:"id"`           // the name, lower case, with _ for spaces
	Name   *string        `db:"name" json:"name"`       // as it was written
	UserID *string        `db:"user_id" json:"user_id"` // the owner
	Meta   jsonvalue.JSON `db:"meta" json:"meta"`       // further properties
}

// ChatIDTag is a row of table chatidtag: dead; it held which chat has which
// tag, which stands in chat.meta now.
type ChatIDTag struct {
	ID        string  `db:"id" json:"id"`               // dead
	TagName   *string `db:"tag_name" json:"tag_name"`   // dead
	ChatID    *string `db:"chat_id" json:"chat_id"`     // dead
	UserID    *string `db:"user_id" json:"user_id"`     // dead
	Timestamp *int64  `db:"timestamp" json:"timestamp"` // dead (seconds)
}
