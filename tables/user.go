package tables

import (
	"time"

	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
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
	UpdatedAt             query.Column[int64]     // when the row was last changed; set by the program, never by the database (seconds)
	CreatedAt             query.Column[int64]     // when the row was made (seconds)
	Username              query.Column[string]    // a name to be addressed by
	Bio                   query.Column[string]    // words about oneself
	Gender                query.Column[string]    // as the user states it
	DateOfBirth           query.Column[time.Time] // calendar date
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
var User = defineUser()

func defineUser() UserTable {
	t := schema.Define("user").Describe("people who may sign in, or wait to be let in.")
	c := UserTable{
		Table:                 t,
		ID:                    query.Col[string](t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case; also the id of the auth row")),
		Name:                  query.Col[string](t.String("name", 0).Null().Doc("display name")),
		Email:                 query.Col[string](t.String("email", 0).Key(nameKey).Null().Doc("e-mail address, lower case; unique without regard to case")),
		Role:                  query.Col[string](t.String("role", 0).Null().Doc("pending, user or admin")),
		ProfileImageURL:       query.Col[string](t.Text("profile_image_url").Null().Doc("a path, an address, or the picture itself as a data URL")),
		LastActiveAt:          query.Col[int64](t.BigInt("last_active_at").Null().Unit(schema.Seconds).Doc("when the user was last seen")),
		UpdatedAt:             query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		CreatedAt:             query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		Username:              query.Col[string](t.String("username", 50).Null().Doc("a name to be addressed by")),
		Bio:                   query.Col[string](t.Text("bio").Null().Doc("words about oneself")),
		Gender:                query.Col[string](t.Text("gender").Null().Doc("as the user states it")),
		DateOfBirth:           query.Col[time.Time](t.Date("date_of_birth").Null().Doc("calendar date")),
		ProfileBannerImageURL: query.Col[string](t.Text("profile_banner_image_url").Null().Doc("a path, an address, or the picture itself as a data URL")),
		Timezone:              query.Col[string](t.String("timezone", 0).Null().Doc("IANA name")),
		PresenceState:         query.Col[string](t.String("presence_state", 0).Null().Doc("what others see: active, away")),
		StatusEmoji:           query.Col[string](t.String("status_emoji", 0).Null().Doc("shown beside the name")),
		StatusMessage:         query.Col[string](t.Text("status_message").Null().Doc("shown beside the name")),
		StatusExpiresAt:       query.Col[int64](t.BigInt("status_expires_at").Null().Unit(schema.Seconds).Doc("when the status goes away by itself")),
		OAuth:                 query.JSONCol(t.JSON("oauth").Null().Doc("identities at sign-in providers: {provider: {sub}}")),
		Info:                  query.JSONCol(t.JSON("info").Null().Doc("further properties that programs keep")),
		Settings:              query.JSONCol(t.JSON("settings").Null().Doc("settings of the user interface: {ui: {...}}")),
		SCIM:                  query.JSONCol(t.JSON("scim").Null().Doc("identities at provisioning services: {provider: {external_id}}")),
		Variables:             query.JSONCol(t.JSON("variables").Null().Doc("values for placeholders in prompts")),
	}
	// E-mail addresses are unique without regard to case.
	t.Indexes = append(t.Indexes, &schema.Index{Name: "uq_user_email_lower", Unique: true, Parts: []schema.IndexPart{{Expr: "lower({email})"}}, Where: "{email} IS NOT NULL"})
	t.Order("id", "name", "email", "role", "profile_image_url", "last_active_at", "updated_at", "created_at", "settings", "info")
	return c
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

// Auth is the table auth: the password of a user and what guards their sessions; same id as the user, without a foreign key.
var Auth = defineAuth()

func defineAuth() AuthTable {
	t := schema.Define("auth").Describe("the password of a user and what guards their sessions; same id as the user, without a foreign key.")
	c := AuthTable{
		Table:        t,
		ID:           query.Col[string](t.String("id", 0).Key(idKey).PrimaryKey().Doc("the id of the user")),
		Email:        query.Col[string](t.String("email", 0).Null().Doc("copy of the e-mail address")),
		Password:     query.Col[string](t.Text("password").Null().Doc("bcrypt or argon2 hash; empty for users who only sign in elsewhere")),
		Active:       query.Col[bool](t.Boolean("active").Null().Doc("whether the password may be used")),
		MFA:          query.JSONCol(t.JSON("mfa").Null().Doc("second factors")),
		SessionStamp: query.Col[string](t.Text("session_stamp").Null().Doc("a change of it ends all sessions")),
	}
	return c
}

// APIKeyTable is the type of [APIKey].
type APIKeyTable struct {
	Table      *schema.Table
	ID         query.Column[string] // "key_" and the id of the user
	UserID     query.Column[string] // the owner
	Key        query.Column[string] // "sk-" and hexadecimal digits
	Data       query.JSONColumn     // further properties
	ExpiresAt  query.Column[int64]  // when it stops working; NULL for never (seconds)
	LastUsedAt query.Column[int64]  // when it was last used (seconds)
	CreatedAt  query.Column[int64]  // when the row was made (seconds)
	UpdatedAt  query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// APIKey is the table api_key: keys for programs, one per user, in clear text.
var APIKey = defineAPIKey()

func defineAPIKey() APIKeyTable {
	t := schema.Define("api_key").Describe("keys for programs, one per user, in clear text.")
	c := APIKeyTable{
		Table:      t,
		ID:         query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("\"key_\" and the id of the user")),
		UserID:     query.Col[string](t.Text("user_id").Key(idKey).Null().Doc("the owner")),
		Key:        query.Col[string](t.Text("key").Key(nameKey).Doc("\"sk-\" and hexadecimal digits")),
		Data:       query.JSONCol(t.JSON("data").Null().Doc("further properties")),
		ExpiresAt:  query.Col[int64](t.BigInt("expires_at").Null().Unit(schema.Seconds).Doc("when it stops working; NULL for never")),
		LastUsedAt: query.Col[int64](t.BigInt("last_used_at").Null().Unit(schema.Seconds).Doc("when it was last used")),
		CreatedAt:  query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt:  query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Unique("", "id").Needs = schema.RepeatedKey
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"user_id"}, RefTable: "user", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Unique("", "key")
	return c
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
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// OAuthSession is the table oauth_session: tokens of external sign-in providers, encrypted.
var OAuthSession = defineOAuthSession()

func defineOAuthSession() OAuthSessionTable {
	t := schema.Define("oauth_session").Describe("tokens of external sign-in providers, encrypted.")
	c := OAuthSessionTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("the owner")),
		Provider:  query.Col[string](t.Text("provider").Key(nameKey).Doc("name of the provider")),
		Token:     query.Col[string](t.Text("token").Doc("encrypted JSON")),
		ExpiresAt: query.Col[int64](t.BigInt("expires_at").Unit(schema.Seconds).Doc("when the token expires")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Unique("", "id").Needs = schema.RepeatedKey
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"user_id"}, RefTable: "user", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Index("idx_oauth_session_expires_at", "expires_at")
	t.Index("idx_oauth_session_user_id", "user_id")
	t.Index("idx_oauth_session_user_provider", "user_id", "provider")
	return c
}
