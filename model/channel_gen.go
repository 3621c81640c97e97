// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Channel is a row of table channel: channels in which users write to each
// other.
type Channel struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the owner
	UserID *string `db:"user_id" json:"user_id"`
	// display name
	Name *string `db:"name" json:"name"`
	// what it is for
	Description *string `db:"description" json:"description"`
	// further properties
	Data jsonvalue.JSON `db:"data" json:"data"`
	// further properties
	Meta jsonvalue.JSON `db:"meta" json:"meta"`
	// when the row was made (nanoseconds)
	CreatedAt *int64 `db:"created_at" json:"created_at"`
	// when the program last changed the row (nanoseconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"`
	// empty or NULL for a standard channel, group, or dm
	Type *string `db:"type" json:"type"`
	// whether only members see it
	IsPrivate *bool `db:"is_private" json:"is_private"`
	// when it was archived; NULL while it is not (nanoseconds)
	ArchivedAt *int64 `db:"archived_at" json:"archived_at"`
	// who archived it
	ArchivedBy *string `db:"archived_by" json:"archived_by"`
	// when it was deleted; NULL while it is not (nanoseconds)
	DeletedAt *int64 `db:"deleted_at" json:"deleted_at"`
	// who deleted it
	DeletedBy *string `db:"deleted_by" json:"deleted_by"`
	// who changed it last
	UpdatedBy *string `db:"updated_by" json:"updated_by"`
}

// Message is a row of table message: messages of channels; unrelated to
// chat_message.
type Message struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// who wrote it
	UserID *string `db:"user_id" json:"user_id"`
	// the channel
	ChannelID *string `db:"channel_id" json:"channel_id"`
	// text
	Content *string `db:"content" json:"content"`
	// further properties
	Data jsonvalue.JSON `db:"data" json:"data"`
	// further properties
	Meta jsonvalue.JSON `db:"meta" json:"meta"`
	// when the row was made (nanoseconds)
	CreatedAt *int64 `db:"created_at" json:"created_at"`
	// when the program last changed the row (nanoseconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"`
	// the message that started the thread; NULL outside a thread
	ParentID *string `db:"parent_id" json:"parent_id"`
	// the message that is quoted; NULL for none
	ReplyToID *string `db:"reply_to_id" json:"reply_to_id"`
	// whether it is pinned
	IsPinned bool `db:"is_pinned" json:"is_pinned"`
	// when it was pinned (nanoseconds)
	PinnedAt *int64 `db:"pinned_at" json:"pinned_at"`
	// who pinned it
	PinnedBy *string `db:"pinned_by" json:"pinned_by"`
	// the app that wrote it; NULL for a user
	AppID *string `db:"app_id" json:"app_id"`
}

// MessageReaction is a row of table message_reaction: reactions to messages of
// channels.
type MessageReaction struct {
	ID        string `db:"id" json:"id"`                 // UUID, lower case
	UserID    string `db:"user_id" json:"user_id"`       // who reacted
	MessageID string `db:"message_id" json:"message_id"` // the message
	Name      string `db:"name" json:"name"`             // which reaction
	CreatedAt *int64 `db:"created_at" json:"created_at"` // when the row was made (nanoseconds)
}

// ChannelMember is a row of table channel_member: who is in which channel; a
// user or an app, never both.
type ChannelMember struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the channel
	ChannelID string `db:"channel_id" json:"channel_id"`
	// the member; NULL for an app
	UserID *string `db:"user_id" json:"user_id"`
	// when the row was made (nanoseconds)
	CreatedAt *int64 `db:"created_at" json:"created_at"`
	// joined, invited, left
	Status *string `db:"status" json:"status"`
	// whether the channel is shown to the member
	IsActive bool `db:"is_active" json:"is_active"`
	// whether it stays silent
	IsChannelMuted bool `db:"is_channel_muted" json:"is_channel_muted"`
	// whether it is at the top of the list
	IsChannelPinned bool `db:"is_channel_pinned" json:"is_channel_pinned"`
	// further properties
	Data jsonvalue.JSON `db:"data" json:"data"`
	// further properties
	Meta jsonvalue.JSON `db:"meta" json:"meta"`
	// when the member joined (nanoseconds)
	JoinedAt int64 `db:"joined_at" json:"joined_at"`
	// when the member left (nanoseconds)
	LeftAt *int64 `db:"left_at" json:"left_at"`
	// when it was last read; unread when updated_at is later, NULL counts as 0
	// (nanoseconds)
	LastReadAt *int64 `db:"last_read_at" json:"last_read_at"`
	// when the program last changed the row (nanoseconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"`
	// role in the channel
	Role *string `db:"role" json:"role"`
	// who invited the member
	InvitedBy *string `db:"invited_by" json:"invited_by"`
	// when the member was invited (nanoseconds)
	InvitedAt *int64 `db:"invited_at" json:"invited_at"`
	// the app; NULL for a user
	AppID *string `db:"app_id" json:"app_id"`
}

// ChannelFile is a row of table channel_file: which file was posted in which
// channel, once.
type ChannelFile struct {
	ID        string  `db:"id" json:"id"`                 // UUID, lower case
	UserID    string  `db:"user_id" json:"user_id"`       // who posted it
	ChannelID string  `db:"channel_id" json:"channel_id"` // the channel
	FileID    string  `db:"file_id" json:"file_id"`       // the file
	CreatedAt int64   `db:"created_at" json:"created_at"` // when the row was made (seconds)
	UpdatedAt int64   `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
	MessageID *string `db:"message_id" json:"message_id"` // the message it was posted with
}

// ChannelWebhook is a row of table channel_webhook: addresses under which
// programs post into a channel.
type ChannelWebhook struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the owner
	UserID string `db:"user_id" json:"user_id"`
	// the channel
	ChannelID string `db:"channel_id" json:"channel_id"`
	// display name
	Name string `db:"name" json:"name"`
	// a path, an address, or the picture itself as a data URL
	ProfileImageURL *string `db:"profile_image_url" json:"profile_image_url"`
	// secret part of the address
	Token string `db:"token" json:"token"`
	// when it was last used (nanoseconds)
	LastUsedAt *int64 `db:"last_used_at" json:"last_used_at"`
	// when the row was made (nanoseconds)
	CreatedAt int64 `db:"created_at" json:"created_at"`
	// when the program last changed the row (nanoseconds)
	UpdatedAt int64 `db:"updated_at" json:"updated_at"`
}
