package declared

import "github.com/larder-db/larder/schema"

// Channel is the table channel.
var Channel = define("channel", func(t *schema.Table) {
	t.Describe("channels in which users write to each other.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Null().Doc("the owner")
	t.Text("name").Null().Doc("display name")
	t.Text("description").Null().Doc("what it is for")
	t.JSON("data").Null().Doc("further properties")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc(changedAt)
	t.Text("type").Null().Doc("empty or NULL for a standard channel, group, or dm")
	t.Boolean("is_private").Null().Doc("whether only members see it")
	t.BigInt("archived_at").Null().Unit(schema.Nanoseconds).Doc("when it was archived; NULL while it is not")
	t.Text("archived_by").Null().Doc("who archived it")
	t.BigInt("deleted_at").Null().Unit(schema.Nanoseconds).Doc("when it was deleted; NULL while it is not")
	t.Text("deleted_by").Null().Doc("who deleted it")
	t.Text("updated_by").Null().Doc("who changed it last")
	t.Unique("", "id")
})

// Message is the table message.
var Message = define("message", func(t *schema.Table) {
	t.Describe("messages of channels; unrelated to chat_message.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Null().Doc("who wrote it")
	t.Text("channel_id").Null().Doc("the channel")
	t.Text("content").Null().Doc("text")
	t.JSON("data").Null().Doc("further properties")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc(changedAt)
	t.Text("parent_id").Null().Doc("the message that started the thread; NULL outside a thread")
	t.Text("reply_to_id").Null().Doc("the message that is quoted; NULL for none")
	t.Boolean("is_pinned").Default(false).Doc("whether it is pinned")
	t.BigInt("pinned_at").Null().Unit(schema.Nanoseconds).Doc("when it was pinned")
	t.Text("pinned_by").Null().Doc("who pinned it")
	t.Text("app_id").Key(idKey).Null().Doc("the app that wrote it; NULL for a user")
	t.Unique("", "id")
	t.Index("ix_message_app", "app_id")
})

// MessageReaction is the table message_reaction.
var MessageReaction = define("message_reaction", func(t *schema.Table) {
	t.Describe("reactions to messages of channels.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Doc("who reacted")
	t.Text("message_id").Doc("the message")
	t.Text("name").Doc("which reaction")
	t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc(madeAt)
	t.Unique("", "id")
})

// ChannelMember is the table channel_member.
var ChannelMember = define("channel_member", func(t *schema.Table) {
	t.Describe("who is in which channel; a user or an app, never both.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("channel_id").Key(idKey).Doc("the channel")
	t.Text("user_id").Null().Doc("the member; NULL for an app")
	t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc(madeAt)
	t.Text("status").Null().Doc("joined, invited, left")
	t.Boolean("is_active").Default(true).Doc("whether the channel is shown to the member")
	t.Boolean("is_channel_muted").Default(false).Doc("whether it stays silent")
	t.Boolean("is_channel_pinned").Default(false).Doc("whether it is at the top of the list")
	t.JSON("data").Null().Doc("further properties")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("joined_at").Unit(schema.Nanoseconds).Doc("when the member joined")
	t.BigInt("left_at").Null().Unit(schema.Nanoseconds).Doc("when the member left")
	t.BigInt("last_read_at").Null().Unit(schema.Nanoseconds).
		Doc("when it was last read; unread when updated_at is later, NULL counts as 0")
	t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc(changedAt)
	t.Text("role").Null().Doc("role in the channel")
	t.Text("invited_by").Null().Doc("who invited the member")
	t.BigInt("invited_at").Null().Unit(schema.Nanoseconds).Doc("when the member was invited")
	t.Text("app_id").Key(idKey).Null().Doc("the app; NULL for a user")
	t.Check("ck_channel_member_identity", "({user_id} IS NULL) <> ({app_id} IS NULL)")
	t.Unique("uq_channel_member_app", "channel_id", "app_id")
	t.Unique("", "id")
	t.Index("ix_channel_member_app_active", "app_id", "is_active")
})

// ChannelFile is the table channel_file.
var ChannelFile = define("channel_file", func(t *schema.Table) {
	t.Describe("which file was posted in which channel, once.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("who posted it")
	t.Text("channel_id").Key(idKey).References("channel", "id", schema.Cascade).Doc("the channel")
	t.Text("file_id").Key(idKey).References("file", "id", schema.Cascade).Doc("the file")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.Text("message_id").Key(idKey).Null().Doc("the message it was posted with")
	t.Unique("uq_channel_file_channel_file", "channel_id", "file_id")
	t.ForeignKey(&schema.ForeignKey{
		Name: "fk_channel_file_message_id", Columns: []string{"message_id"},
		RefTable: "message", RefColumns: []string{"id"}, OnDelete: schema.Cascade,
	})
	t.Index("ix_channel_file_channel_id", "channel_id")
	t.Index("ix_channel_file_file_id", "file_id")
	t.Index("ix_channel_file_user_id", "user_id")
})

// ChannelWebhook is the table channel_webhook.
var ChannelWebhook = define("channel_webhook", func(t *schema.Table) {
	t.Describe("addresses under which programs post into a channel.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Doc("the owner")
	t.Text("channel_id").Key(idKey).References("channel", "id", schema.Cascade).Doc("the channel")
	t.Text("name").Doc("display name")
	t.Text("profile_image_url").Null().Doc("a path, an address, or the picture itself as a data URL")
	t.Text("token").Doc("secret part of the address")
	t.BigInt("last_used_at").Null().Unit(schema.Nanoseconds).Doc("when it was last used")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc(changedAt)
	t.Unique("", "id")
})
