package declared

import "github.com/larder-db/larder/schema"

// User is the table user.
var User = define("user", func(t *schema.Table) {
	t.Describe("people who may sign in, or wait to be let in.")
	t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case; also the id of the auth row")
	t.String("name", 0).Null().Doc("display name")
	t.String("email", 0).Key(nameKey).Null().Doc("e-mail address, lower case; unique without regard to case")
	t.String("role", 0).Null().Doc("pending, user or admin")
	t.Text("profile_image_url").Null().Doc("a path, an address, or the picture itself as a data URL")
	t.BigInt("last_active_at").Null().Unit(schema.Seconds).Doc("when the user was last seen")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.String("username", 50).Null().Doc("a name to be addressed by, of at most 50 characters")
	t.Text("bio").Null().Doc("words about oneself")
	t.Text("gender").Null().Doc("as the user states it")
	t.Date("date_of_birth").Null().Doc("a calendar date, at midnight UTC")
	t.Text("profile_banner_image_url").Null().Doc("a path, an address, or the picture itself as a data URL")
	t.String("timezone", 0).Null().Doc("IANA name")
	t.String("presence_state", 0).Null().Doc("what others see: active, away")
	t.String("status_emoji", 0).Null().Doc("shown beside the name")
	t.Text("status_message").Null().Doc("shown beside the name")
	t.BigInt("status_expires_at").Null().Unit(schema.Seconds).Doc("when the status goes away by itself")
	t.JSON("oauth").Null().Doc("identities at sign-in providers: {provider: {sub}}")
	t.JSON("info").Null().Doc("further properties that programs keep")
	t.JSON("settings").Null().Doc("settings of the user interface: {ui: {...}}")
	t.JSON("scim").Null().Doc("identities at provisioning services: {provider: {external_id}}")
	t.JSON("variables").Null().Doc("values for placeholders in prompts")
	// E-mail addresses are unique without regard to case.
	t.Indexes = append(t.Indexes, &schema.Index{
		Name: "uq_user_email_lower", Unique: true,
		Parts: []schema.IndexPart{{Expr: "lower({email})"}},
		Where: "{email} IS NOT NULL",
	})
	t.On(schema.AlterInPlace).Order = []string{"id", "name", "email", "role", "profile_image_url", "last_active_at",
		"updated_at", "created_at", "settings", "info"}
})

// Auth is the table auth.
var Auth = define("auth", func(t *schema.Table) {
	t.Describe("the password of a user and what guards their sessions; same id as the user, without a foreign key.")
	t.String("id", 0).Key(idKey).PrimaryKey().Doc("the id of the user")
	t.String("email", 0).Null().Doc("copy of the e-mail address")
	t.Text("password").Null().Doc("bcrypt or argon2 hash; empty for users who only sign in elsewhere")
	t.Boolean("active").Null().Doc("whether the password may be used")
	t.JSON("mfa").Null().Doc("second factors")
	t.Text("session_stamp").Null().Doc("a change of it ends all sessions")
})

// APIKey is the table api_key.
var APIKey = define("api_key", func(t *schema.Table) {
	t.Describe("keys for programs, one per user, in clear text.")
	t.Text("id").Key(idKey).PrimaryKey().Doc(`"key_" and the id of the user`)
	t.Text("user_id").Key(idKey).Null().References("user", "id", schema.Cascade).Doc("the owner")
	t.Text("key").Key(nameKey).Doc(`"sk-" and hexadecimal digits, in clear text`)
	t.JSON("data").Null().Doc("further properties")
	t.BigInt("expires_at").Null().Unit(schema.Seconds).Doc("when it stops working; NULL for never")
	t.BigInt("last_used_at").Null().Unit(schema.Seconds).Doc("when it was last used")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.Unique("", "id")
	t.Unique("", "key")
})

// OAuthSession is the table oauth_session.
var OAuthSession = define("oauth_session", func(t *schema.Table) {
	t.Describe("tokens of external sign-in providers, encrypted.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).References("user", "id", schema.Cascade).Doc("the owner")
	t.Text("provider").Key(nameKey).Doc("name of the provider")
	t.Text("token").Doc("encrypted JSON")
	t.BigInt("expires_at").Unit(schema.Seconds).Doc("when the token expires")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.Unique("", "id")
	t.Index("idx_oauth_session_expires_at", "expires_at")
	t.Index("idx_oauth_session_user_id", "user_id")
	t.Index("idx_oauth_session_user_provider", "user_id", "provider")
})
