package tables

import (
	"github.com/larder-db/larder/schema"
)

// Chat is the table chat: conversations: the client document as a whole, and what lists need beside it.
var Chat = defineChat()

func defineChat() *schema.Table {
	t := schema.Define("chat").Describe("conversations: the client document as a whole, and what lists need beside it.")
	t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.String("user_id", 0).Key(idKey).Null().Doc("the owner")
	t.Text("title").Null().Doc("copy of the title in the document")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.Text("share_id").Key(idKey).Null().Doc("the shared_chat row; NULL when not shared")
	t.Boolean("archived").Null().Doc("out of the lists; NULL counts as false")
	t.JSON("chat").Null().Doc("the whole client document: history, messages, models, files")
	t.Boolean("pinned").Null().Doc("at the top of the list; NULL counts as false")
	t.JSON("meta").Default("{}").Doc("tags (list of tag ids), internal, type")
	t.Text("folder_id").Key(idKey).Null().Doc("the folder; NULL for none")
	t.JSON("tasks").Null().Doc("what a long answer still has to do")
	t.Text("summary").Null().Doc("what was said, for long contexts")
	t.BigInt("last_read_at").Null().Unit(schema.Seconds).Doc("when it was last read; unread when updated_at is later, NULL counts as 0")
	t.Text("current_message_id").Null().Doc("copy of history.currentId")
	t.JSON("variables").Null().Doc("values for placeholders in prompts")
	t.BigInt("timer_at").Null().Unit(schema.Nanoseconds).Doc("when a timer rings; only while one is pending")
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
	return t
}

// ChatMessage is the table chat_message: the messages of chats, one row each, kept beside the document for search and analytics.
var ChatMessage = defineChatMessage()

func defineChatMessage() *schema.Table {
	t := schema.Define("chat_message").Describe("the messages of chats, one row each, kept beside the document for search and analytics.")
	t.Text("id").Key(messageKey).PrimaryKey().Doc("\"<chat id>-<message id>\"")
	t.Text("chat_id").Key(idKey).Doc("the chat")
	t.Text("user_id").Key(idKey).Null().Doc("who wrote it, or whose chat it is in")
	t.Text("role").Key(wordKey).Doc("user, assistant, system")
	t.Text("parent_id").Key(idKey).Null().Doc("the bare id of the message it answers; NULL for the first")
	t.JSON("content").Null().Doc("a string, or a list of parts")
	t.JSON("output").Null().Doc("structured output of the model")
	t.Text("model_id").Key(modelKey).Null().Doc("the model that answered")
	t.JSON("files").Null().Doc("files that were attached")
	t.JSON("sources").Null().Doc("where the answer is from")
	t.JSON("embeds").Null().Doc("embedded content")
	t.Boolean("done").Null().Doc("false while the answer is still being written")
	t.JSON("status_history").Null().Doc("steps that were shown while answering")
	t.JSON("error").Null().Doc("why there is no answer")
	t.JSON("usage").Null().Doc("tokens: input_tokens, output_tokens")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("the timestamp that the client sent; not checked, milliseconds are possible")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.Text("context_summary").Null().Doc("what was said before, for long contexts")
	t.JSON("meta").Null().Doc("further properties")
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"chat_id"}, RefTable: "chat", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Index("chat_message_chat_parent_idx", "chat_id", "parent_id")
	t.Index("chat_message_chat_role_done_idx", "chat_id", "role", "done")
	t.Index("chat_message_model_created_idx", "model_id", "created_at")
	t.Index("chat_message_user_created_idx", "user_id", "created_at")
	t.Index("ix_chat_message_chat_id", "chat_id")
	t.Index("ix_chat_message_created_at", "created_at")
	t.Index("ix_chat_message_model_id", "model_id")
	t.Index("ix_chat_message_user_id", "user_id")
	return t
}

// SharedChat is the table shared_chat: snapshots of chats that were shared by link.
var SharedChat = defineSharedChat()

func defineSharedChat() *schema.Table {
	t := schema.Define("shared_chat").Describe("snapshots of chats that were shared by link.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("the token in the link")
	t.Text("chat_id").Key(idKey).Doc("the chat")
	t.Text("user_id").Doc("who shared it")
	t.Text("title").Null().Doc("title of the chat")
	t.JSON("chat").Null().Doc("the document, and how it is shared")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"chat_id"}, RefTable: "chat", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	return t
}

// Tag is the table tag: tag names of a user. Which chat has which tag stands in chat.meta.
var Tag = defineTag()

func defineTag() *schema.Table {
	t := schema.Define("tag").Describe("tag names of a user. Which chat has which tag stands in chat.meta.")
	t.String("id", 0).Key(tagKey).Doc("the name, lower case, with _ for spaces")
	t.String("name", 0).Null().Doc("as it was written")
	t.String("user_id", 0).Key(idKey).Null().Doc("the owner")
	t.JSON("meta").Null().Doc("further properties")
	t.Primary("pk_id_user_id", "id", "user_id")
	t.Index("user_id_idx", "user_id")
	return t
}

// ChatIDTag is the table chatidtag: dead: the tag assignments of old versions, moved into chat.meta.
var ChatIDTag = defineChatIDTag()

func defineChatIDTag() *schema.Table {
	t := schema.Define("chatidtag").Describe("dead: the tag assignments of old versions, moved into chat.meta.")
	t.String("id", 0).Key(idKey).PrimaryKey().Doc("dead")
	t.String("tag_name", 0).Null().Doc("dead")
	t.String("chat_id", 0).Null().Doc("dead")
	t.String("user_id", 0).Null().Doc("dead")
	t.BigInt("timestamp").Null().Unit(schema.Seconds).Doc("dead")
	return t
}
