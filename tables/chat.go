package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// ChatTable is the type of [Chat].
type ChatTable struct {
	Table            *schema.Table
	ID               query.Column[string] // UUID, lower case
	UserID           query.Column[string] // the owner
	Title            query.Column[string] // copy of the title in the document
	CreatedAt        query.Column[int64]  // when the row was made (seconds)
	UpdatedAt        query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	ShareID          query.Column[string] // the shared_chat row; NULL when not shared
	Archived         query.Column[bool]   // out of the lists; NULL counts as false
	Chat             query.JSONColumn     // the whole client document: history, messages, models, files
	Pinned           query.Column[bool]   // at the top of the list; NULL counts as false
	Meta             query.JSONColumn     // tags (list of tag ids), internal, type
	FolderID         query.Column[string] // the folder; NULL for none
	Tasks            query.JSONColumn     // what a long answer still has to do
	Summary          query.Column[string] // what was said, for long contexts
	LastReadAt       query.Column[int64]  // when it was last read; unread when updated_at is later, NULL counts as 0 (seconds)
	CurrentMessageID query.Column[string] // copy of history.currentId
	Variables        query.JSONColumn     // values for placeholders in prompts
	TimerAt          query.Column[int64]  // when a timer rings; only while one is pending (nanoseconds)
}

// Chat is the table chat: conversations, with the whole client document and what lists need beside it.
var Chat = defineChat()

func defineChat() ChatTable {
	t := schema.Define("chat").Describe("conversations, with the whole client document and what lists need beside it.")
	c := ChatTable{
		Table:            t,
		ID:               query.Col[string](t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:           query.Col[string](t.String("user_id", 0).Key(idKey).Null().Doc("the owner")),
		Title:            query.Col[string](t.Text("title").Null().Doc("copy of the title in the document")),
		CreatedAt:        query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt:        query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		ShareID:          query.Col[string](t.Text("share_id").Key(idKey).Null().Doc("the shared_chat row; NULL when not shared")),
		Archived:         query.Col[bool](t.Boolean("archived").Null().Doc("out of the lists; NULL counts as false")),
		Chat:             query.JSONCol(t.JSON("chat").Null().Doc("the whole client document: history, messages, models, files")),
		Pinned:           query.Col[bool](t.Boolean("pinned").Null().Doc("at the top of the list; NULL counts as false")),
		Meta:             query.JSONCol(t.JSON("meta").Default("{}").Doc("tags (list of tag ids), internal, type")),
		FolderID:         query.Col[string](t.Text("folder_id").Key(idKey).Null().Doc("the folder; NULL for none")),
		Tasks:            query.JSONCol(t.JSON("tasks").Null().Doc("what a long answer still has to do")),
		Summary:          query.Col[string](t.Text("summary").Null().Doc("what was said, for long contexts")),
		LastReadAt:       query.Col[int64](t.BigInt("last_read_at").Null().Unit(schema.Seconds).Doc("when it was last read; unread when updated_at is later, NULL counts as 0")),
		CurrentMessageID: query.Col[string](t.Text("current_message_id").Null().Doc("copy of history.currentId")),
		Variables:        query.JSONCol(t.JSON("variables").Null().Doc("values for placeholders in prompts")),
		TimerAt:          query.Col[int64](t.BigInt("timer_at").Null().Unit(schema.Nanoseconds).Doc("when a timer rings; only while one is pending")),
	}
	t.Unique("", "share_id")
	t.Index("folder_id_idx", "folder_id")
	t.Index("folder_id_user_id_idx", "folder_id", "user_id")
	t.Index("timer_at_idx", "timer_at").Where = "{timer_at} IS NOT NULL"
	t.Index("updated_at_user_id_idx", "updated_at", "user_id")
	t.Index("user_id_archived_idx", "user_id", "archived")
	t.Index("user_id_folder_unread_idx", "user_id", "folder_id", "archived", "updated_at", "last_read_at", "id")
	t.Index("user_id_pinned_idx", "user_id", "pinned")
	t.Index("user_id_timer_at_idx", "user_id", "timer_at").Where = "{timer_at} IS NOT NULL"
	t.Index("user_id_updated_at_id_idx", "user_id", "updated_at DESC", "id")
	return c
}

// ChatMessageTable is the type of [ChatMessage].
type ChatMessageTable struct {
	Table          *schema.Table
	ID             query.Column[string] // "<chat id>-<message id>"
	ChatID         query.Column[string] // the chat
	UserID         query.Column[string] // who wrote it, or whose chat it is in
	Role           query.Column[string] // user, assistant, system
	ParentID       query.Column[string] // the bare id of the message it answers; NULL for the first
	Content        query.JSONColumn     // a string, or a list of parts
	Output         query.JSONColumn     // structured output of the model
	ModelID        query.Column[string] // the model that answered
	Files          query.JSONColumn     // files that were attached
	Sources        query.JSONColumn     // where the answer is from
	Embeds         query.JSONColumn     // embedded content
	Done           query.Column[bool]   // false while the answer is still being written
	StatusHistory  query.JSONColumn     // steps that were shown while answering
	Error          query.JSONColumn     // why there is no answer
	Usage          query.JSONColumn     // tokens: input_tokens, output_tokens
	CreatedAt      query.Column[int64]  // the timestamp that the client sent; not checked, milliseconds are possible (seconds)
	UpdatedAt      query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	ContextSummary query.Column[string] // what was said before, for long contexts
	Meta           query.JSONColumn     // further properties
}

// ChatMessage is the table chat_message: the messages of chats, one row each, kept beside the document for search and analytics.
var ChatMessage = defineChatMessage()

func defineChatMessage() ChatMessageTable {
	t := schema.Define("chat_message").Describe("the messages of chats, one row each, kept beside the document for search and analytics.")
	c := ChatMessageTable{
		Table:          t,
		ID:             query.Col[string](t.Text("id").Key(messageKey).PrimaryKey().Doc("\"<chat id>-<message id>\"")),
		ChatID:         query.Col[string](t.Text("chat_id").Key(idKey).Doc("the chat")),
		UserID:         query.Col[string](t.Text("user_id").Key(idKey).Null().Doc("who wrote it, or whose chat it is in")),
		Role:           query.Col[string](t.Text("role").Key(wordKey).Doc("user, assistant, system")),
		ParentID:       query.Col[string](t.Text("parent_id").Key(idKey).Null().Doc("the bare id of the message it answers; NULL for the first")),
		Content:        query.JSONCol(t.JSON("content").Null().Doc("a string, or a list of parts")),
		Output:         query.JSONCol(t.JSON("output").Null().Doc("structured output of the model")),
		ModelID:        query.Col[string](t.Text("model_id").Key(modelKey).Null().Doc("the model that answered")),
		Files:          query.JSONCol(t.JSON("files").Null().Doc("files that were attached")),
		Sources:        query.JSONCol(t.JSON("sources").Null().Doc("where the answer is from")),
		Embeds:         query.JSONCol(t.JSON("embeds").Null().Doc("embedded content")),
		Done:           query.Col[bool](t.Boolean("done").Null().Doc("false while the answer is still being written")),
		StatusHistory:  query.JSONCol(t.JSON("status_history").Null().Doc("steps that were shown while answering")),
		Error:          query.JSONCol(t.JSON("error").Null().Doc("why there is no answer")),
		Usage:          query.JSONCol(t.JSON("usage").Null().Doc("tokens: input_tokens, output_tokens")),
		CreatedAt:      query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("the timestamp that the client sent; not checked, milliseconds are possible")),
		UpdatedAt:      query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		ContextSummary: query.Col[string](t.Text("context_summary").Null().Doc("what was said before, for long contexts")),
		Meta:           query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
	}
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"chat_id"}, RefTable: "chat", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Index("chat_message_chat_parent_idx", "chat_id", "parent_id")
	t.Index("chat_message_chat_role_done_idx", "chat_id", "role", "done")
	t.Index("chat_message_model_created_idx", "model_id", "created_at")
	t.Index("chat_message_user_created_idx", "user_id", "created_at")
	t.Index("ix_chat_message_chat_id", "chat_id")
	t.Index("ix_chat_message_created_at", "created_at")
	t.Index("ix_chat_message_model_id", "model_id")
	t.Index("ix_chat_message_user_id", "user_id")
	return c
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
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// SharedChat is the table shared_chat: snapshots of chats that were shared by link.
var SharedChat = defineSharedChat()

func defineSharedChat() SharedChatTable {
	t := schema.Define("shared_chat").Describe("snapshots of chats that were shared by link.")
	c := SharedChatTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("the token in the link")),
		ChatID:    query.Col[string](t.Text("chat_id").Key(idKey).Doc("the chat")),
		UserID:    query.Col[string](t.Text("user_id").Doc("who shared it")),
		Title:     query.Col[string](t.Text("title").Null().Doc("title of the chat")),
		Chat:      query.JSONCol(t.JSON("chat").Null().Doc("the document, and how it is shared")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"chat_id"}, RefTable: "chat", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	return c
}

// TagTable is the type of [Tag].
type TagTable struct {
	Table  *schema.Table
	ID     query.Column[string] // the name, lower case, with _ for spaces
	Name   query.Column[string] // as it was written
	UserID query.Column[string] // the owner
	Meta   query.JSONColumn     // further properties
}

// Tag is the table tag: tag names of a user. Which chat has which tag stands in chat.meta.
var Tag = defineTag()

func defineTag() TagTable {
	t := schema.Define("tag").Describe("tag names of a user. Which chat has which tag stands in chat.meta.")
	c := TagTable{
		Table:  t,
		ID:     query.Col[string](t.String("id", 0).Key(tagKey).Doc("the name, lower case, with _ for spaces")),
		Name:   query.Col[string](t.String("name", 0).Null().Doc("as it was written")),
		UserID: query.Col[string](t.String("user_id", 0).Key(idKey).Null().Doc("the owner")),
		Meta:   query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
	}
	t.Primary("pk_id_user_id", "id", "user_id")
	t.Index("user_id_idx", "user_id")
	return c
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

// ChatIDTag is the table chatidtag: dead; it held which chat has which tag, which stands in chat.meta now.
var ChatIDTag = defineChatIDTag()

func defineChatIDTag() ChatIDTagTable {
	t := schema.Define("chatidtag").Describe("dead; it held which chat has which tag, which stands in chat.meta now.")
	c := ChatIDTagTable{
		Table:     t,
		ID:        query.Col[string](t.String("id", 0).Key(idKey).PrimaryKey().Doc("dead")),
		TagName:   query.Col[string](t.String("tag_name", 0).Null().Doc("dead")),
		ChatID:    query.Col[string](t.String("chat_id", 0).Null().Doc("dead")),
		UserID:    query.Col[string](t.String("user_id", 0).Null().Doc("dead")),
		Timestamp: query.Col[int64](t.BigInt("timestamp").Null().Unit(schema.Seconds).Doc("dead")),
	}
	return c
}
