package model

import (
	"regexp"
	"time"

	"github.com/larder-db/larder/jsonvalue"
)

// Role says what a user may do.
type Role = string

// The roles.
const (
	RolePending Role = "pending" // signed up, not let in yet
	RoleUser    Role = "user"
	RoleAdmin   Role = "admin"
)

// User is a row of table user.
type User struct {
	ID                    string         `db:"id" json:"id"` // UUID, lower case; also the id of the Auth row
	Name                  *string        `db:"name" json:"name"`
	Email                 *string        `db:"email" json:"email"` // lower case; unique without regard to case
	Role                  *Role          `db:"role" json:"role"`
	ProfileImageURL       *string        `db:"profile_image_url" json:"profile_image_url"` // path, address or data URL
	LastActiveAt          *int64         `db:"last_active_at" json:"last_active_at"`       // seconds
	UpdatedAt             *int64         `db:"updated_at" json:"updated_at"`               // seconds
	CreatedAt             *int64         `db:"created_at" json:"created_at"`               // seconds
	Username              *string        `db:"username" json:"username"`                   // at most 50 characters
	Bio                   *string        `db:"bio" json:"bio"`
	Gender                *string        `db:"gender" json:"gender"`
	DateOfBirth           *time.Time     `db:"date_of_birth" json:"date_of_birth"` // a calendar date, midnight UTC
	ProfileBannerImageURL *string        `db:"profile_banner_image_url" json:"profile_banner_image_url"`
	Timezone              *string        `db:"timezone" json:"timezone"` // IANA name
	PresenceState         *string        `db:"presence_state" json:"presence_state"`
	StatusEmoji           *string        `db:"status_emoji" json:"status_emoji"`
	StatusMessage         *string        `db:"status_message" json:"status_message"`
	StatusExpiresAt       *int64         `db:"status_expires_at" json:"status_expires_at"` // seconds
	OAuth                 jsonvalue.JSON `db:"oauth" json:"oauth"`                         // {provider: {sub}}
	Info                  jsonvalue.JSON `db:"info" json:"info"`
	Settings              jsonvalue.JSON `db:"settings" json:"settings"` // {ui: {...}}
	SCIM                  jsonvalue.JSON `db:"scim" json:"scim"`         // {provider: {external_id}}
	Variables             jsonvalue.JSON `db:"variables" json:"variables"`
}

// emailShape is what Open WebUI takes for an address.
var emailShape = regexp.MustCompile(`^[^@]+@[^@]+\.[^@]+`)

// ValidEmail reports whether s has the form of an e-mail address.
func ValidEmail(s string) bool { return emailShape.MatchString(s) }

// Validate reports what no engine can know to be wrong with the row.
func (u *User) Validate() error {
	return firstOf(
		key("user", "id", u.ID),
		oneOf("user", "role", u.Role, RolePending, RoleUser, RoleAdmin),
		atMost("user", "username", u.Username, 50),
		check(u.Email == nil || ValidEmail(*u.Email), "user", "email", "is not an e-mail address"),
	)
}

// Auth is a row of table auth: the password of the user with the same id.
type Auth struct {
	ID           string         `db:"id" json:"id"`
	Email        *string        `db:"email" json:"email"`
	Password     *string        `db:"password" json:"-"` // bcrypt or argon2 hash; empty for users who only sign in elsewhere
	Active       *bool          `db:"active" json:"active"`
	MFA          jsonvalue.JSON `db:"mfa" json:"-"`
	SessionStamp *string        `db:"session_stamp" json:"-"` // a change of it ends all sessions
}

// Validate reports what no engine can know to be wrong with the row.
func (a *Auth) Validate() error { return key("auth", "id", a.ID) }

// APIKey is a row of table api_key; a user has at most one.
type APIKey struct {
	ID         string         `db:"id" json:"id"` // "key_" and the user's id
	UserID     *string        `db:"user_id" json:"user_id"`
	Key        string         `db:"key" json:"key"` // "sk-" and hexadecimal digits, in clear text
	Data       jsonvalue.JSON `db:"data" json:"data"`
	ExpiresAt  *int64         `db:"expires_at" json:"expires_at"`     // seconds; nil for never
	LastUsedAt *int64         `db:"last_used_at" json:"last_used_at"` // seconds
	CreatedAt  int64          `db:"created_at" json:"created_at"`     // seconds
	UpdatedAt  int64          `db:"updated_at" json:"updated_at"`     // seconds
}

// Validate reports what no engine can know to be wrong with the row.
func (k *APIKey) Validate() error {
	return firstOf(
		key("api_key", "id", k.ID),
		check(k.UserID != nil && *k.UserID != "", "api_key", "user_id", "is missing"),
		check(len(k.Key) > 3 && k.Key[:3] == "sk-", "api_key", "key", `does not begin with "sk-"`),
	)
}
