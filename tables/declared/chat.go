package declared

import "github.com/larder-db/larder/schema"

// Chat is the table chat.
var Chat = define("chat", func(t *schema.Table) {
	t.Describe("conversations, with the whole client document and what lists need beside it.")
	t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.String("user_id", 0).Key(idKey).Null().Doc("the owner")
	t.Text("title").Null().Doc("copy of the title in the document")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.Text("share_id").Key(idKey).Null().Doc("the shared_chat row; NULL when not shared")
	t.Boolean("archived").Null().Doc("out of the lists; NULL counts as false")
	t.JSON("chat").Null().Doc("the whole client document: history, messages, models, files")
	t.Boolean("pinned").Null().Doc("at the top of the list; NULL counts as false")
	t.JSON("meta").Default("{}").Doc("{tags: [tag ids], internal, type, ...}; never NULL")
	t.Text("folder_id").Key(idKey).Null().Doc("the folder; NULL for none")
	t.JSON("tasks").Null().Doc("what a long answer still has to do")
	t.Text("summary").Null().Doc("what was said, for long contexts")
	t.BigInt("last_read_at").Null().Unit(schema.Seconds).
		Doc("when it was last read; unread when updated_at is later, NULL counts as 0")
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
})

// ChatMessage is the table chat_message.
var ChatMessage = define("chat_message", func(t *schema.Table) {
	t.Describe("the messages of chats, one row each, kept beside the document for search and analytics.")
	t.Text("id").Key(messageKey).PrimaryKey().Doc(`"<chat id>-<message id>"`)
	t.Text("chat_id").Key(idKey).References("chat", "id", schema.Cascade).Doc("the chat")
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
	t.BigInt("created_at").Null().Unit(schema.Seconds).
		Doc("the timestamp that the client sent; not checked, milliseconds are possible")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.Text("context_summary").Null().Doc("what was said before, for long contexts")
	t.JSON("meta").Null().Doc("further properties")
	t.Index("chat_message_chat_parent_idx", "chat_id", "parent_id")
	t.Index("chat_message_chat_role_done_idx", "chat_id", "role", "done")
	t.Index("chat_message_model_created_idx", "model_id", "created_at")
	t.Index("chat_message_user_created_idx", "user_id", "created_at")
	t.Index("ix_chat_message_chat_id", "chat_id")
	t.Index("ix_chat_message_created_at", "created_at")
	t.Index("ix_chat_message_model_id", "model_id")
	t.Index("ix_chat_message_user_id", "user_id")
})

// SharedChat is the table shared_chat.
var SharedChat = define("shared_chat", func(t *schema.Table) {
	t.Describe("snapshots of chats that were shared by link.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("the token in the link")
	t.Text("chat_id").Key(idKey).References("chat", "id", schema.Cascade).Doc("the chat")
	t.Text("user_id").Doc("who shared it")
	t.Text("title").Null().Doc("title of the chat")
	t.JSON("chat").Null().Doc("the document, and how it is shared")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
})

// Tag is the table tag.
var Tag = define("tag", func(t *schema.Table) {
	t.Describe("tag names of a user. Which chat has which tag stands in chat.meta.")
	t.String("id", 0).Key(tagKey).Doc("the name, lower case, with _ for spaces")
	t.String("name", 0).Null().Doc("as it was written")
	t.String("user_id", 0).Key(idKey).Null().Doc("the owner")
	t.JSON("meta").Null().Doc("further properties")
	t.Primary("pk_id_user_id", "id", "user_id")
	t.Index("user_id_idx", "user_id")
})

// ChatIDTag is the table chatidtag.
var ChatIDTag = define("chatidtag", func(t *schema.Table) {
	t.Describe("dead; it held which chat has which tag, which stands in chat.meta now.")
	t.String("id", 0).Key(idKey).PrimaryKey().Doc("dead")
	t.String("tag_name", 0).Null().Doc("dead")
	t.String("chat_id", 0).Null().Doc("dead")
	t.String("user_id", 0).Null().Doc("dead")
	t.BigInt("timestamp").Null().Unit(schema.Seconds).Doc("dead")
})
