package model

import "regexp"

// Role says what a user may do.
type Role = string

// The roles.
const (
	RolePending Role = "pending" // signed up, not let in yet
	RoleUser    Role = "user"
	RoleAdmin   Role = "admin"
)

// emailShape is what Open WebUI takes for an address.
var emailShape = regexp.MustCompile(`^[^@]+@[^@]+\.[^@]+`)

// ValidEmail reports whether s has the form of an e-mail address.
func ValidEmail(s string) bool { return emailShape.MatchString(s) }

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (u *User) Validate() error {
	return firstOf(
		key("user", "id", u.ID),
		oneOf("user", "role", u.Role, RolePending, RoleUser, RoleAdmin),
		atMost("user", "username", u.Username, 50),
		check(u.Email == nil || ValidEmail(*u.Email), "user", "email", "is not an e-mail address"),
	)
}

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (a *Auth) Validate() error { return key("auth", "id", a.ID) }

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (k *APIKey) Validate() error {
	return firstOf(
		key("api_key", "id", k.ID),
		check(k.UserID != nil && *k.UserID != "", "api_key", "user_id", "is missing"),
		check(len(k.Key) > 3 && k.Key[:3] == "sk-", "api_key", "key", `does not begin with "sk-"`),
	)
}
