// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
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
	UpdatedAt   query.Column[int64]  // when the program last changed the row (nanoseconds)
	Type        query.Column[string] // empty or NULL for a standard channel, group, or dm
	IsPrivate   query.Column[bool]   // whether only members see it
	ArchivedAt  query.Column[int64]  // when it was archived; NULL while it is not (nanoseconds)
	ArchivedBy  query.Column[string] // who archived it
	DeletedAt   query.Column[int64]  // when it was deleted; NULL while it is not (nanoseconds)
	DeletedBy   query.Column[string] // who deleted it
	UpdatedBy   query.Column[string] // who changed it last
}

// Channel is the table channel: channels in which users write to each other.
var Channel = ChannelTable{
	Table:       declared.Channel,
	ID:          query.ColumnOf[string](declared.Channel, "id"),
	UserID:      query.ColumnOf[string](declared.Channel, "user_id"),
	Name:        query.ColumnOf[string](declared.Channel, "name"),
	Description: query.ColumnOf[string](declared.Channel, "description"),
	Data:        query.JSONColumnOf(declared.Channel, "data"),
	Meta:        query.JSONColumnOf(declared.Channel, "meta"),
	CreatedAt:   query.ColumnOf[int64](declared.Channel, "created_at"),
	UpdatedAt:   query.ColumnOf[int64](declared.Channel, "updated_at"),
	Type:        query.ColumnOf[string](declared.Channel, "type"),
	IsPrivate:   query.ColumnOf[bool](declared.Channel, "is_private"),
	ArchivedAt:  query.ColumnOf[int64](declared.Channel, "archived_at"),
	ArchivedBy:  query.ColumnOf[string](declared.Channel, "archived_by"),
	DeletedAt:   query.ColumnOf[int64](declared.Channel, "deleted_at"),
	DeletedBy:   query.ColumnOf[string](declared.Channel, "deleted_by"),
	UpdatedBy:   query.ColumnOf[string](declared.Channel, "updated_by"),
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
	UpdatedAt query.Column[int64]  // when the program last changed the row (nanoseconds)
	ParentID  query.Column[string] // the message that started the thread; NULL outside a thread
	ReplyToID query.Column[string] // the message that is quoted; NULL for none
	IsPinned  query.Column[bool]   // whether it is pinned
	PinnedAt  query.Column[int64]  // when it was pinned (nanoseconds)
	PinnedBy  query.Column[string] // who pinned it
	AppID     query.Column[string] // the app that wrote it; NULL for a user
}

// Message is the table message: messages of channels; unrelated to
// chat_message.
var Message = MessageTable{
	Table:     declared.Message,
	ID:        query.ColumnOf[string](declared.Message, "id"),
	UserID:    query.ColumnOf[string](declared.Message, "user_id"),
	ChannelID: query.ColumnOf[string](declared.Message, "channel_id"),
	Content:   query.ColumnOf[string](declared.Message, "content"),
	Data:      query.JSONColumnOf(declared.Message, "data"),
	Meta:      query.JSONColumnOf(declared.Message, "meta"),
	CreatedAt: query.ColumnOf[int64](declared.Message, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.Message, "updated_at"),
	ParentID:  query.ColumnOf[string](declared.Message, "parent_id"),
	ReplyToID: query.ColumnOf[string](declared.Message, "reply_to_id"),
	IsPinned:  query.ColumnOf[bool](declared.Message, "is_pinned"),
	PinnedAt:  query.ColumnOf[int64](declared.Message, "pinned_at"),
	PinnedBy:  query.ColumnOf[string](declared.Message, "pinned_by"),
	AppID:     query.ColumnOf[string](declared.Message, "app_id"),
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

// MessageReaction is the table message_reaction: reactions to messages of
// channels.
var MessageReaction = MessageReactionTable{
	Table:     declared.MessageReaction,
	ID:        query.ColumnOf[string](declared.MessageReaction, "id"),
	UserID:    query.ColumnOf[string](declared.MessageReaction, "user_id"),
	MessageID: query.ColumnOf[string](declared.MessageReaction, "message_id"),
	Name:      query.ColumnOf[string](declared.MessageReaction, "name"),
	CreatedAt: query.ColumnOf[int64](declared.MessageReaction, "created_at"),
}

// ChannelMemberTable is the type of [ChannelMember].
type ChannelMemberTable struct {
	Table *schema.Table
	// UUID, lower case
	ID query.Column[string]
	// the channel
	ChannelID query.Column[string]
	// the member; NULL for an app
	UserID query.Column[string]
	// when the row was made (nanoseconds)
	CreatedAt query.Column[int64]
	// joined, invited, left
	Status query.Column[string]
	// whether the channel is shown to the member
	IsActive query.Column[bool]
	// whether it stays silent
	IsChannelMuted query.Column[bool]
	// whether it is at the top of the list
	IsChannelPinned query.Column[bool]
	// further properties
	Data query.JSONColumn
	// further properties
	Meta query.JSONColumn
	// when the member joined (nanoseconds)
	JoinedAt query.Column[int64]
	// when the member left (nanoseconds)
	LeftAt query.Column[int64]
	// when it was last read; unread when updated_at is later, NULL counts as 0
	// (nanoseconds)
	LastReadAt query.Column[int64]
	// when the program last changed the row (nanoseconds)
	UpdatedAt query.Column[int64]
	// role in the channel
	Role query.Column[string]
	// who invited the member
	InvitedBy query.Column[string]
	// when the member was invited (nanoseconds)
	InvitedAt query.Column[int64]
	// the app; NULL for a user
	AppID query.Column[string]
}

// ChannelMember is the table channel_member: who is in which channel; a user or
// an app, never both.
var ChannelMember = ChannelMemberTable{
	Table:           declared.ChannelMember,
	ID:              query.ColumnOf[string](declared.ChannelMember, "id"),
	ChannelID:       query.ColumnOf[string](declared.ChannelMember, "channel_id"),
	UserID:          query.ColumnOf[string](declared.ChannelMember, "user_id"),
	CreatedAt:       query.ColumnOf[int64](declared.ChannelMember, "created_at"),
	Status:          query.ColumnOf[string](declared.ChannelMember, "status"),
	IsActive:        query.ColumnOf[bool](declared.ChannelMember, "is_active"),
	IsChannelMuted:  query.ColumnOf[bool](declared.ChannelMember, "is_channel_muted"),
	IsChannelPinned: query.ColumnOf[bool](declared.ChannelMember, "is_channel_pinned"),
	Data:            query.JSONColumnOf(declared.ChannelMember, "data"),
	Meta:            query.JSONColumnOf(declared.ChannelMember, "meta"),
	JoinedAt:        query.ColumnOf[int64](declared.ChannelMember, "joined_at"),
	LeftAt:          query.ColumnOf[int64](declared.ChannelMember, "left_at"),
	LastReadAt:      query.ColumnOf[int64](declared.ChannelMember, "last_read_at"),
	UpdatedAt:       query.ColumnOf[int64](declared.ChannelMember, "updated_at"),
	Role:            query.ColumnOf[string](declared.ChannelMember, "role"),
	InvitedBy:       query.ColumnOf[string](declared.ChannelMember, "invited_by"),
	InvitedAt:       query.ColumnOf[int64](declared.ChannelMember, "invited_at"),
	AppID:           query.ColumnOf[string](declared.ChannelMember, "app_id"),
}

// ChannelFileTable is the type of [ChannelFile].
type ChannelFileTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // who posted it
	ChannelID query.Column[string] // the channel
	FileID    query.Column[string] // the file
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
	MessageID query.Column[string] // the message it was posted with
}

// ChannelFile is the table channel_file: which file was posted in which
// channel, once.
var ChannelFile = ChannelFileTable{
	Table:     declared.ChannelFile,
	ID:        query.ColumnOf[string](declared.ChannelFile, "id"),
	UserID:    query.ColumnOf[string](declared.ChannelFile, "user_id"),
	ChannelID: query.ColumnOf[string](declared.ChannelFile, "channel_id"),
	FileID:    query.ColumnOf[string](declared.ChannelFile, "file_id"),
	CreatedAt: query.ColumnOf[int64](declared.ChannelFile, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.ChannelFile, "updated_at"),
	MessageID: query.ColumnOf[string](declared.ChannelFile, "message_id"),
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
	UpdatedAt       query.Column[int64]  // when the program last changed the row (nanoseconds)
}

// ChannelWebhook is the table channel_webhook: addresses under which programs
// post into a channel.
var ChannelWebhook = ChannelWebhookTable{
	Table:           declared.ChannelWebhook,
	ID:              query.ColumnOf[string](declared.ChannelWebhook, "id"),
	UserID:          query.ColumnOf[string](declared.ChannelWebhook, "user_id"),
	ChannelID:       query.ColumnOf[string](declared.ChannelWebhook, "channel_id"),
	Name:            query.ColumnOf[string](declared.ChannelWebhook, "name"),
	ProfileImageURL: query.ColumnOf[string](declared.ChannelWebhook, "profile_image_url"),
	Token:           query.ColumnOf[string](declared.ChannelWebhook, "token"),
	LastUsedAt:      query.ColumnOf[int64](declared.ChannelWebhook, "last_used_at"),
	CreatedAt:       query.ColumnOf[int64](declared.ChannelWebhook, "created_at"),
	UpdatedAt:       query.ColumnOf[int64](declared.ChannelWebhook, "updated_at"),
}
