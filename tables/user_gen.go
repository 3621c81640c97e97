// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"time"

	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// UserTable is the type of [User].
type UserTable struct {
	Table                 *schema.Table
	ID                    query.Column[string]    // UUID, lower case; also the id of the auth row
	Name                  query.Column[string]    // display name
	Email                 query.Column[string]    // e-mail address, lower case; unique without regard to case
	Role                  query.Column[string]    // pending, user or admin
	ProfileImageURL       query.Column[string]    // a path, an address, or the picture itself as a data URL
	LastActiveAt          query.Column[int64]     // when the user was last seen (seconds)
	UpdatedAt             query.Column[int64]     // when the program last changed the row (seconds)
	CreatedAt             query.Column[int64]     // when the row was made (seconds)
	Username              query.Column[string]    // a name to be addressed by, of at most 50 characters
	Bio                   query.Column[string]    // words about oneself
	Gender                query.Column[string]    // as the user states it
	DateOfBirth           query.Column[time.Time] // a calendar date, at midnight UTC
	ProfileBannerImageURL query.Column[string]    // a path, an address, or the picture itself as a data URL
	Timezone              query.Column[string]    // IANA name
	PresenceState         query.Column[string]    // what others see: active, away
	StatusEmoji           query.Column[string]    // shown beside the name
	StatusMessage         query.Column[string]    // shown beside the name
	StatusExpiresAt       query.Column[int64]     // when the status goes away by itself (seconds)
	OAuth                 query.JSONColumn        // identities at sign-in providers: {provider: {sub}}
	Info                  query.JSONColumn        // further properties that programs keep
	Settings              query.JSONColumn        // settings of the user interface: {ui: {...}}
	SCIM                  query.JSONColumn        // identities at provisioning services: {provider: {external_id}}
	Variables             query.JSONColumn        // values for placeholders in prompts
}

// User is the table user: people who may sign in, or wait to be let in.
var User = UserTable{
	Table:                 declared.User,
	ID:                    query.ColumnOf[string](declared.User, "id"),
	Name:                  query.ColumnOf[string](declared.User, "name"),
	Email:                 query.ColumnOf[string](declared.User, "email"),
	Role:                  query.ColumnOf[string](declared.User, "role"),
	ProfileImageURL:       query.ColumnOf[string](declared.User, "profile_image_url"),
	LastActiveAt:          query.ColumnOf[int64](declared.User, "last_active_at"),
	UpdatedAt:             query.ColumnOf[int64](declared.User, "updated_at"),
	CreatedAt:             query.ColumnOf[int64](declared.User, "created_at"),
	Username:              query.ColumnOf[string](declared.User, "username"),
	Bio:                   query.ColumnOf[string](declared.User, "bio"),
	Gender:                query.ColumnOf[string](declared.User, "gender"),
	DateOfBirth:           query.ColumnOf[time.Time](declared.User, "date_of_birth"),
	ProfileBannerImageURL: query.ColumnOf[string](declared.User, "profile_banner_image_url"),
	Timezone:              query.ColumnOf[string](declared.User, "timezone"),
	PresenceState:         query.ColumnOf[string](declared.User, "presence_state"),
	StatusEmoji:           query.ColumnOf[string](declared.User, "status_emoji"),
	StatusMessage:         query.ColumnOf[string](declared.User, "status_message"),
	StatusExpiresAt:       query.ColumnOf[int64](declared.User, "status_expires_at"),
	OAuth:                 query.JSONColumnOf(declared.User, "oauth"),
	Info:                  query.JSONColumnOf(declared.User, "info"),
	Settings:              query.JSONColumnOf(declared.User, "settings"),
	SCIM:                  query.JSONColumnOf(declared.User, "scim"),
	Variables:             query.JSONColumnOf(declared.User, "variables"),
}

// AuthTable is the type of [Auth].
type AuthTable struct {
	Table        *schema.Table
	ID           query.Column[string] // the id of the user
	Email        query.Column[string] // copy of the e-mail address
	Password     query.Column[string] // bcrypt or argon2 hash; empty for users who only sign in elsewhere
	Active       query.Column[bool]   // whether the password may be used
	MFA          query.JSONColumn     // second factors
	SessionStamp query.Column[string] // a change of it ends all sessions
}

// Auth is the table auth: the password of a user and what guards their
// sessions; same id as the user, without a foreign key.
var Auth = AuthTable{
	Table:        declared.Auth,
	ID:           query.ColumnOf[string](declared.Auth, "id"),
	Email:        query.ColumnOf[string](declared.Auth, "email"),
	Password:     query.ColumnOf[string](declared.Auth, "password"),
	Active:       query.ColumnOf[bool](declared.Auth, "active"),
	MFA:          query.JSONColumnOf(declared.Auth, "mfa"),
	SessionStamp: query.ColumnOf[string](declared.Auth, "session_stamp"),
}

// APIKeyTable is the type of [APIKey].
type APIKeyTable struct {
	Table      *schema.Table
	ID         query.Column[string] // "key_" and the id of the user
	UserID     query.Column[string] // the owner
	Key        query.Column[string] // "sk-" and hexadecimal digits, in clear text
	Data       query.JSONColumn     // further properties
	ExpiresAt  query.Column[int64]  // when it stops working; NULL for never (seconds)
	LastUsedAt query.Column[int64]  // when it was last used (seconds)
	CreatedAt  query.Column[int64]  // when the row was made (seconds)
	UpdatedAt  query.Column[int64]  // when the program last changed the row (seconds)
}

// APIKey is the table api_key: keys for programs, one per user, in clear text.
var APIKey = APIKeyTable{
	Table:      declared.APIKey,
	ID:         query.ColumnOf[string](declared.APIKey, "id"),
	UserID:     query.ColumnOf[string](declared.APIKey, "user_id"),
	Key:        query.ColumnOf[string](declared.APIKey, "key"),
	Data:       query.JSONColumnOf(declared.APIKey, "data"),
	ExpiresAt:  query.ColumnOf[int64](declared.APIKey, "expires_at"),
	LastUsedAt: query.ColumnOf[int64](declared.APIKey, "last_used_at"),
	CreatedAt:  query.ColumnOf[int64](declared.APIKey, "created_at"),
	UpdatedAt:  query.ColumnOf[int64](declared.APIKey, "updated_at"),
}

// OAuthSessionTable is the type of [OAuthSession].
type OAuthSessionTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // the owner
	Provider  query.Column[string] // name of the provider
	Token     query.Column[string] // encrypted JSON
	ExpiresAt query.Column[int64]  // when the token expires (seconds)
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
}

// OAuthSession is the table oauth_session: tokens of external sign-in
// providers, encrypted.
var OAuthSession = OAuthSessionTable{
	Table:     declared.OAuthSession,
	ID:        query.ColumnOf[string](declared.OAuthSession, "id"),
	UserID:    query.ColumnOf[string](declared.OAuthSession, "user_id"),
	Provider:  query.ColumnOf[string](declared.OAuthSession, "provider"),
	Token:     query.ColumnOf[string](declared.OAuthSession, "token"),
	ExpiresAt: query.ColumnOf[int64](declared.OAuthSession, "expires_at"),
	CreatedAt: query.ColumnOf[int64](declared.OAuthSession, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.OAuthSession, "updated_at"),
}
