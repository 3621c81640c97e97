// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// ChatTable is the type of [Chat].
type ChatTable struct {
	Table *schema.Table
	// UUID, lower case
	ID query.Column[string]
	// the owner
	UserID query.Column[string]
	// copy of the title in the document
	Title query.Column[string]
	// when the row was made (seconds)
	CreatedAt query.Column[int64]
	// when the program last changed the row (seconds)
	UpdatedAt query.Column[int64]
	// the shared_chat row; NULL when not shared
	ShareID query.Column[string]
	// out of the lists; NULL counts as false
	Archived query.Column[bool]
	// the whole client document: history, messages, models, files
	Chat query.JSONColumn
	// at the top of the list; NULL counts as false
	Pinned query.Column[bool]
	// {tags: [tag ids], internal, type, ...}; never NULL
	Meta query.JSONColumn
	// the folder; NULL for none
	FolderID query.Column[string]
	// what a long answer still has to do
	Tasks query.JSONColumn
	// what was said, for long contexts
	Summary query.Column[string]
	// when it was last read; unread when updated_at is later, NULL counts as 0
	// (seconds)
	LastReadAt query.Column[int64]
	// copy of history.currentId
	CurrentMessageID query.Column[string]
	// values for placeholders in prompts
	Variables query.JSONColumn
	// when a timer rings; only while one is pending (nanoseconds)
	TimerAt query.Column[int64]
}

// Chat is the table chat: conversations, with the whole client document and
// what lists need beside it.
var Chat = ChatTable{
	Table:            declared.Chat,
	ID:               query.ColumnOf[string](declared.Chat, "id"),
	UserID:           query.ColumnOf[string](declared.Chat, "user_id"),
	Title:            query.ColumnOf[string](declared.Chat, "title"),
	CreatedAt:        query.ColumnOf[int64](declared.Chat, "created_at"),
	UpdatedAt:        query.ColumnOf[int64](declared.Chat, "updated_at"),
	ShareID:          query.ColumnOf[string](declared.Chat, "share_id"),
	Archived:         query.ColumnOf[bool](declared.Chat, "archived"),
	Chat:             query.JSONColumnOf(declared.Chat, "chat"),
	Pinned:           query.ColumnOf[bool](declared.Chat, "pinned"),
	Meta:             query.JSONColumnOf(declared.Chat, "meta"),
	FolderID:         query.ColumnOf[string](declared.Chat, "folder_id"),
	Tasks:            query.JSONColumnOf(declared.Chat, "tasks"),
	Summary:          query.ColumnOf[string](declared.Chat, "summary"),
	LastReadAt:       query.ColumnOf[int64](declared.Chat, "last_read_at"),
	CurrentMessageID: query.ColumnOf[string](declared.Chat, "current_message_id"),
	Variables:        query.JSONColumnOf(declared.Chat, "variables"),
	TimerAt:          query.ColumnOf[int64](declared.Chat, "timer_at"),
}

// ChatMessageTable is the type of [ChatMessage].
type ChatMessageTable struct {
	Table *schema.Table
	// "<chat id>-<message id>"
	ID query.Column[string]
	// the chat
	ChatID query.Column[string]
	// who wrote it, or whose chat it is in
	UserID query.Column[string]
	// user, assistant, system
	Role query.Column[string]
	// the bare id of the message it answers; NULL for the first
	ParentID query.Column[string]
	// a string, or a list of parts
	Content query.JSONColumn
	// structured output of the model
	Output query.JSONColumn
	// the model that answered
	ModelID query.Column[string]
	// files that were attached
	Files query.JSONColumn
	// where the answer is from
	Sources query.JSONColumn
	// embedded content
	Embeds query.JSONColumn
	// false while the answer is still being written
	Done query.Column[bool]
	// steps that were shown while answering
	StatusHistory query.JSONColumn
	// why there is no answer
	Error query.JSONColumn
	// tokens: input_tokens, output_tokens
	Usage query.JSONColumn
	// the timestamp that the client sent; not checked, milliseconds are possible
	// (seconds)
	CreatedAt query.Column[int64]
	// when the program last changed the row (seconds)
	UpdatedAt query.Column[int64]
	// what was said before, for long contexts
	ContextSummary query.Column[string]
	// further properties
	Meta query.JSONColumn
}

// ChatMessage is the table chat_message: the messages of chats, one row each,
// kept beside the document for search and analytics.
var ChatMessage = ChatMessageTable{
	Table:          declared.ChatMessage,
	ID:             query.ColumnOf[string](declared.ChatMessage, "id"),
	ChatID:         query.ColumnOf[string](declared.ChatMessage, "chat_id"),
	UserID:         query.ColumnOf[string](declared.ChatMessage, "user_id"),
	Role:           query.ColumnOf[string](declared.ChatMessage, "role"),
	ParentID:       query.ColumnOf[string](declared.ChatMessage, "parent_id"),
	Content:        query.JSONColumnOf(declared.ChatMessage, "content"),
	Output:         query.JSONColumnOf(declared.ChatMessage, "output"),
	ModelID:        query.ColumnOf[string](declared.ChatMessage, "model_id"),
	Files:          query.JSONColumnOf(declared.ChatMessage, "files"),
	Sources:        query.JSONColumnOf(declared.ChatMessage, "sources"),
	Embeds:         query.JSONColumnOf(declared.ChatMessage, "embeds"),
	Done:           query.ColumnOf[bool](declared.ChatMessage, "done"),
	StatusHistory:  query.JSONColumnOf(declared.ChatMessage, "status_history"),
	Error:          query.JSONColumnOf(declared.ChatMessage, "error"),
	Usage:          query.JSONColumnOf(declared.ChatMessage, "usage"),
	CreatedAt:      query.ColumnOf[int64](declared.ChatMessage, "created_at"),
	UpdatedAt:      query.ColumnOf[int64](declared.ChatMessage, "updated_at"),
	ContextSummary: query.ColumnOf[string](declared.ChatMessage, "context_summary"),
	Meta:           query.JSONColumnOf(declared.ChatMessage, "meta"),
}

// SharedChatTable is the type of [SharedChat].
type SharedChatTable struct {
	Table     *schema.Table
	ID        query.Column[string] // the token in the link
	ChatID    query.Column[string] // the chat
	UserID    query.Column[string] // who shared it
	Title     query.Column[string] // title of the chat
	Chat      query.JSONColumn     // the document, and how it is shared
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
}

// SharedChat is the table shared_chat: snapshots of chats that were shared by
// link.
var SharedChat = SharedChatTable{
	Table:     declared.SharedChat,
	ID:        query.ColumnOf[string](declared.SharedChat, "id"),
	ChatID:    query.ColumnOf[string](declared.SharedChat, "chat_id"),
	UserID:    query.ColumnOf[string](declared.SharedChat, "user_id"),
	Title:     query.ColumnOf[string](declared.SharedChat, "title"),
	Chat:      query.JSONColumnOf(declared.SharedChat, "chat"),
	CreatedAt: query.ColumnOf[int64](declared.SharedChat, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.SharedChat, "updated_at"),
}

// TagTable is the type of [Tag].
type TagTable struct {
	Table  *schema.Table
	ID     query.Column[string] // the name, lower case, with _ for spaces
	Name   query.Column[string] // as it was written
	UserID query.Column[string] // the owner
	Meta   query.JSONColumn     // further properties
}

// Tag is the table tag: tag names of a user. Which chat has which tag stands in
// chat.meta.
var Tag = TagTable{
	Table:  declared.Tag,
	ID:     query.ColumnOf[string](declared.Tag, "id"),
	Name:   query.ColumnOf[string](declared.Tag, "name"),
	UserID: query.ColumnOf[string](declared.Tag, "user_id"),
	Meta:   query.JSONColumnOf(declared.Tag, "meta"),
}

// ChatIDTagTable is the type of [ChatIDTag].
type ChatIDTagTable struct {
	Table     *schema.Table
	ID        query.Column[string] // dead
	TagName   query.Column[string] // dead
	ChatID    query.Column[string] // dead
	UserID    query.Column[string] // dead
	Timestamp query.Column[int64]  // dead (seconds)
}

// ChatIDTag is the table chatidtag: dead; it held which chat has which tag,
// which stands in chat.meta now.
var ChatIDTag = ChatIDTagTable{
	Table:     declared.ChatIDTag,
	ID:        query.ColumnOf[string](declared.ChatIDTag, "id"),
	TagName:   query.ColumnOf[string](declared.ChatIDTag, "tag_name"),
	ChatID:    query.ColumnOf[string](declared.ChatIDTag, "chat_id"),
	UserID:    query.ColumnOf[string](declared.ChatIDTag, "user_id"),
	Timestamp: query.ColumnOf[int64](declared.ChatIDTag, "timestamp"),
}
