package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// ChannelTable is the type of [Channel].
type ChannelTable struct {
	Table       *schema.Table
	ID          query.Column[string] // UUID, lower case
	UserID      query.Column[string] // the owner
	Name        query.Column[string] // display name
	Description query.Column[string] // what it is for
	Data        query.JSONColumn     // further properties
	Meta        query.JSONColumn     // further properties
	CreatedAt   query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt   query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
	Type        query.Column[string] // empty or NULL for a standard channel, group, or dm
	IsPrivate   query.Column[bool]   // whether only members see it
	ArchivedAt  query.Column[int64]  // when it was archived; NULL while it is not (nanoseconds)
	ArchivedBy  query.Column[string] // who archived it
	DeletedAt   query.Column[int64]  // when it was deleted; NULL while it is not (nanoseconds)
	DeletedBy   query.Column[string] // who deleted it
	UpdatedBy   query.Column[string] // who changed it last
}

// Channel is the table channel: channels in which users write to each other.
var Channel = defineChannel()

func defineChannel() ChannelTable {
	t := schema.Define("channel").Describe("channels in which users write to each other.")
	c := ChannelTable{
		Table:       t,
		ID:          query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:      query.Col[string](t.Text("user_id").Null().Doc("the owner")),
		Name:        query.Col[string](t.Text("name").Null().Doc("display name")),
		Description: query.Col[string](t.Text("description").Null().Doc("what it is for")),
		Data:        query.JSONCol(t.JSON("data").Null().Doc("further properties")),
		Meta:        query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		CreatedAt:   query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt:   query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
		Type:        query.Col[string](t.Text("type").Null().Doc("empty or NULL for a standard channel, group, or dm")),
		IsPrivate:   query.Col[bool](t.Boolean("is_private").Null().Doc("whether only members see it")),
		ArchivedAt:  query.Col[int64](t.BigInt("archived_at").Null().Unit(schema.Nanoseconds).Doc("when it was archived; NULL while it is not")),
		ArchivedBy:  query.Col[string](t.Text("archived_by").Null().Doc("who archived it")),
		DeletedAt:   query.Col[int64](t.BigInt("deleted_at").Null().Unit(schema.Nanoseconds).Doc("when it was deleted; NULL while it is not")),
		DeletedBy:   query.Col[string](t.Text("deleted_by").Null().Doc("who deleted it")),
		UpdatedBy:   query.Col[string](t.Text("updated_by").Null().Doc("who changed it last")),
	}
	t.Unique("", "id").Needs = schema.RepeatedKey
	return c
}

// MessageTable is the type of [Message].
type MessageTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // who wrote it
	ChannelID query.Column[string] // the channel
	Content   query.Column[string] // text
	Data      query.JSONColumn     // further properties
	Meta      query.JSONColumn     // further properties
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
	ParentID  query.Column[string] // the message that started the thread; NULL outside a thread
	ReplyToID query.Column[string] // the message that is quoted; NULL for none
	IsPinned  query.Column[bool]   // whether it is pinned
	PinnedAt  query.Column[int64]  // when it was pinned (nanoseconds)
	PinnedBy  query.Column[string] // who pinned it
	AppID     query.Column[string] // the app that wrote it; NULL for a user
}

// Message is the table message: messages of channels; unrelated to chat_message.
var Message = defineMessage()

func defineMessage() MessageTable {
	t := schema.Define("message").Describe("messages of channels; unrelated to chat_message.")
	c := MessageTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Null().Doc("who wrote it")),
		ChannelID: query.Col[string](t.Text("channel_id").Null().Doc("the channel")),
		Content:   query.Col[string](t.Text("content").Null().Doc("text")),
		Data:      query.JSONCol(t.JSON("data").Null().Doc("further properties")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
		ParentID:  query.Col[string](t.Text("parent_id").Null().Doc("the message that started the thread; NULL outside a thread")),
		ReplyToID: query.Col[string](t.Text("reply_to_id").Null().Doc("the message that is quoted; NULL for none")),
		IsPinned:  query.Col[bool](t.Boolean("is_pinned").Default(false).Doc("whether it is pinned")),
		PinnedAt:  query.Col[int64](t.BigInt("pinned_at").Null().Unit(schema.Nanoseconds).Doc("when it was pinned")),
		PinnedBy:  query.Col[string](t.Text("pinned_by").Null().Doc("who pinned it")),
		AppID:     query.Col[string](t.Text("app_id").Key(idKey).Null().Doc("the app that wrote it; NULL for a user")),
	}
	t.Unique("", "id").Needs = schema.RepeatedKey
	t.Index("ix_message_app", "app_id")
	return c
}

// MessageReactionTable is the type of [MessageReaction].
type MessageReactionTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // who reacted
	MessageID query.Column[string] // the message
	Name      query.Column[string] // which reaction
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
}

// MessageReaction is the table message_reaction: reactions to messages of channels.
var MessageReaction = defineMessageReaction()

func defineMessageReaction() MessageReactionTable {
	t := schema.Define("message_reaction").Describe("reactions to messages of channels.")
	c := MessageReactionTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Doc("who reacted")),
		MessageID: query.Col[string](t.Text("message_id").Doc("the message")),
		Name:      query.Col[string](t.Text("name").Doc("which reaction")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc("when the row was made")),
	}
	t.Unique("", "id").Needs = schema.RepeatedKey
	return c
}

// ChannelMemberTable is the type of [ChannelMember].
type ChannelMemberTable struct {
	Table           *schema.Table
	ID              query.Column[string] // UUID, lower case
	ChannelID       query.Column[string] // the channel
	UserID          query.Column[string] // the member; NULL for an app
	CreatedAt       query.Column[int64]  // when the row was made (nanoseconds)
	Status          query.Column[string] // joined, invited, left
	IsActive        query.Column[bool]   // whether the channel is shown to the member
	IsChannelMuted  query.Column[bool]   // whether it stays silent
	IsChannelPinned query.Column[bool]   // whether it is at the top of the list
	Data            query.JSONColumn     // further properties
	Meta            query.JSONColumn     // further properties
	JoinedAt        query.Column[int64]  // when the member joined (nanoseconds)
	LeftAt          query.Column[int64]  // when the member left (nanoseconds)
	LastReadAt      query.Column[int64]  // when it was last read; unread when updated_at is later, NULL counts as 0 (nanoseconds)
	UpdatedAt       query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
	Role            query.Column[string] // role in the channel
	InvitedBy       query.Column[string] // who invited the member
	InvitedAt       query.Column[int64]  // when the member was invited (nanoseconds)
	AppID           query.Column[string] // the app; NULL for a user
}

// ChannelMember is the table channel_member: who is in which channel; a user or an app, never both.
var ChannelMember = defineChannelMember()

func defineChannelMember() ChannelMemberTable {
	t := schema.Define("channel_member").Describe("who is in which channel; a user or an app, never both.")
	c := ChannelMemberTable{
		Table:           t,
		ID:              query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		ChannelID:       query.Col[string](t.Text("channel_id").Key(idKey).Doc("the channel")),
		UserID:          query.Col[string](t.Text("user_id").Null().Doc("the member; NULL for an app")),
		CreatedAt:       query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc("when the row was made")),
		Status:          query.Col[string](t.Text("status").Null().Doc("joined, invited, left")),
		IsActive:        query.Col[bool](t.Boolean("is_active").Default(true).Doc("whether the channel is shown to the member")),
		IsChannelMuted:  query.Col[bool](t.Boolean("is_channel_muted").Default(false).Doc("whether it stays silent")),
		IsChannelPinned: query.Col[bool](t.Boolean("is_channel_pinned").Default(false).Doc("whether it is at the top of the list")),
		Data:            query.JSONCol(t.JSON("data").Null().Doc("further properties")),
		Meta:            query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		JoinedAt:        query.Col[int64](t.BigInt("joined_at").Unit(schema.Nanoseconds).Doc("when the member joined")),
		LeftAt:          query.Col[int64](t.BigInt("left_at").Null().Unit(schema.Nanoseconds).Doc("when the member left")),
		LastReadAt:      query.Col[int64](t.BigInt("last_read_at").Null().Unit(schema.Nanoseconds).Doc("when it was last read; unread when updated_at is later, NULL counts as 0")),
		UpdatedAt:       query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
		Role:            query.Col[string](t.Text("role").Null().Doc("role in the channel")),
		InvitedBy:       query.Col[string](t.Text("invited_by").Null().Doc("who invited the member")),
		InvitedAt:       query.Col[int64](t.BigInt("invited_at").Null().Unit(schema.Nanoseconds).Doc("when the member was invited")),
		AppID:           query.Col[string](t.Text("app_id").Key(idKey).Null().Doc("the app; NULL for a user")),
	}
	t.Check("ck_channel_member_identity", "({user_id} IS NULL) <> ({app_id} IS NULL)")
	t.Unique("uq_channel_member_app", "channel_id", "app_id")
	t.Unique("", "id").Needs = schema.RepeatedKey
	t.Index("ix_channel_member_app_active", "app_id", "is_active")
	return c
}

// ChannelFileTable is the type of [ChannelFile].
type ChannelFileTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // who posted it
	ChannelID query.Column[string] // the channel
	FileID    query.Column[string] // the file
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	MessageID query.Column[string] // the message it was posted with
}

// ChannelFile is the table channel_file: which file was posted in which channel, once.
var ChannelFile = defineChannelFile()

func defineChannelFile() ChannelFileTable {
	t := schema.Define("channel_file").Describe("which file was posted in which channel, once.")
	c := ChannelFileTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("who posted it")),
		ChannelID: query.Col[string](t.Text("channel_id").Key(idKey).Doc("the channel")),
		FileID:    query.Col[string](t.Text("file_id").Key(idKey).Doc("the file")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		MessageID: query.Col[string](t.Text("message_id").Key(idKey).Null().Doc("the message it was posted with")),
	}
	t.Unique("uq_channel_file_channel_file", "channel_id", "file_id")
	t.ForeignKey(&schema.ForeignKey{Name: "fk_channel_file_message_id", Columns: []string{"message_id"}, RefTable: "message", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"channel_id"}, RefTable: "channel", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"file_id"}, RefTable: "file", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Index("ix_channel_file_channel_id", "channel_id")
	t.Index("ix_channel_file_file_id", "file_id")
	t.Index("ix_channel_file_user_id", "user_id")
	return c
}

// ChannelWebhookTable is the type of [ChannelWebhook].
type ChannelWebhookTable struct {
	Table           *schema.Table
	ID              query.Column[string] // UUID, lower case
	UserID          query.Column[string] // the owner
	ChannelID       query.Column[string] // the channel
	Name            query.Column[string] // display name
	ProfileImageURL query.Column[string] // a path, an address, or the picture itself as a data URL
	Token           query.Column[string] // secret part of the address
	LastUsedAt      query.Column[int64]  // when it was last used (nanoseconds)
	CreatedAt       query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt       query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
}

// ChannelWebhook is the table channel_webhook: addresses under which programs post into a channel.
var ChannelWebhook = defineChannelWebhook()

func defineChannelWebhook() ChannelWebhookTable {
	t := schema.Define("channel_webhook").Describe("addresses under which programs post into a channel.")
	c := ChannelWebhookTable{
		Table:           t,
		ID:              query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:          query.Col[string](t.Text("user_id").Doc("the owner")),
		ChannelID:       query.Col[string](t.Text("channel_id").Key(idKey).Doc("the channel")),
		Name:            query.Col[string](t.Text("name").Doc("display name")),
		ProfileImageURL: query.Col[string](t.Text("profile_image_url").Null().Doc("a path, an address, or the picture itself as a data URL")),
		Token:           query.Col[string](t.Text("token").Doc("secret part of the address")),
		LastUsedAt:      query.Col[int64](t.BigInt("last_used_at").Null().Unit(schema.Nanoseconds).Doc("when it was last used")),
		CreatedAt:       query.Col[int64](t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt:       query.Col[int64](t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Unique("", "id").Needs = schema.RepeatedKey
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"channel_id"}, RefTable: "channel", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	return c
}
