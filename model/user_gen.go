// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import (
	"time"

	"github.com/larder-db/larder/jsonvalue"
)

// User is a row of table user: people who may sign in, or wait to be let in.
type User struct {
	// UUID, lower case; also the id of the auth row
	ID string `db:"id" json:"id"`
	// display name
	Name *string `db:"name" json:"name"`
	// e-mail address, lower case; unique without regard to case
	Email *string `db:"email" json:"email"`
	// pending, user or admin
	Role *string `db:"role" json:"role"`
	// a path, an address, or the picture itself as a data URL
	ProfileImageURL *string `db:"profile_image_url" json:"profile_image_url"`
	// when the user was last seen (seconds)
	LastActiveAt *int64 `db:"last_active_at" json:"last_active_at"`
	// when the program last changed the row (seconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"`
	// when the row was made (seconds)
	CreatedAt *int64 `db:"created_at" json:"created_at"`
	// a name to be addressed by, of at most 50 characters
	Username *string `db:"username" json:"username"`
	// words about oneself
	Bio *string `db:"bio" json:"bio"`
	// as the user states it
	Gender *string `db:"gender" json:"gender"`
	// a calendar date, at midnight UTC
	DateOfBirth *time.Time `db:"date_of_birth" json:"date_of_birth"`
	// a path, an address, or the picture itself as a data URL
	ProfileBannerImageURL *string `db:"profile_banner_image_url" json:"profile_banner_image_url"`
	// IANA name
	Timezone *string `db:"timezone" json:"timezone"`
	// what others see: active, away
	PresenceState *string `db:"presence_state" json:"presence_state"`
	// shown beside the name
	StatusEmoji *string `db:"status_emoji" json:"status_emoji"`
	// shown beside the name
	StatusMessage *string `db:"status_message" json:"status_message"`
	// when the status goes away by itself (seconds)
	StatusExpiresAt *int64 `db:"status_expires_at" json:"status_expires_at"`
	// identities at sign-in providers: {provider: {sub}}
	OAuth jsonvalue.JSON `db:"oauth" json:"oauth"`
	// further properties that programs keep
	Info jsonvalue.JSON `db:"info" json:"info"`
	// settings of the user interface: {ui: {...}}
	Settings jsonvalue.JSON `db:"settings" json:"settings"`
	// identities at provisioning services: {provider: {external_id}}
	SCIM jsonvalue.JSON `db:"scim" json:"scim"`
	// values for placeholders in prompts
	Variables jsonvalue.JSON `db:"variables" json:"variables"`
}

// Auth is a row of table auth: the password of a user and what guards their
// sessions; same id as the user, without a foreign key.
type Auth struct {
	// the id of the user
	ID string `db:"id" json:"id"`
	// copy of the e-mail address
	Email *string `db:"email" json:"email"`
	// bcrypt or argon2 hash; empty for users who only sign in elsewhere
	Password *string `db:"password" json:"-"`
	// whether the password may be used
	Active *bool `db:"active" json:"active"`
	// second factors
	MFA jsonvalue.JSON `db:"mfa" json:"-"`
	// a change of it ends all sessions
	SessionStamp *string `db:"session_stamp" json:"-"`
}

// APIKey is a row of table api_key: keys for programs, one per user, in clear
// text.
type APIKey struct {
	ID         string         `db:"id" json:"id"`                     // "key_" and the id of the user
	UserID     *string        `db:"user_id" json:"user_id"`           // the owner
	Key        string         `db:"key" json:"key"`                   // "sk-" and hexadecimal digits, in clear text
	Data       jsonvalue.JSON `db:"data" json:"data"`                 // further properties
	ExpiresAt  *int64         `db:"expires_at" json:"expires_at"`     // when it stops working; NULL for never (seconds)
	LastUsedAt *int64         `db:"last_used_at" json:"last_used_at"` // when it was last used (seconds)
	CreatedAt  int64          `db:"created_at" json:"created_at"`     // when the row was made (seconds)
	UpdatedAt  int64          `db:"updated_at" json:"updated_at"`     // when the program last changed the row (seconds)
}

// OAuthSession is a row of table oauth_session: tokens of external sign-in
// providers, encrypted.
type OAuthSession struct {
	ID        string `db:"id" json:"id"`                 // UUID, lower case
	UserID    string `db:"user_id" json:"user_id"`       // the owner
	Provider  string `db:"provider" json:"provider"`     // name of the provider
	Token     string `db:"token" json:"token"`           // encrypted JSON
	ExpiresAt int64  `db:"expires_at" json:"expires_at"` // when the token expires (seconds)
	CreatedAt int64  `db:"created_at" json:"created_at"` // when the row was made (seconds)
	UpdatedAt int64  `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
}
