package model_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/larder-db/larder/model"
)

func p(s string) *string { return &s }

func TestValidate(t *testing.T) {
	self := "x"
	for _, c := range []struct {
		what string
		v    interface{ Validate() error }
		want string // table.column, or empty
	}{
		{"a user", &model.User{ID: "u", Email: p("a@example.com"), Role: p(model.RoleAdmin)}, ""},
		{"a user of nulls", &model.User{ID: "u"}, ""},
		{"a user without id", &model.User{}, "user.id"},
		{"a user with NUL in the id", &model.User{ID: "a\x00"}, "user.id"},
		{"a user with another role", &model.User{ID: "u", Role: p("root")}, "user.role"},
		{"a user with an address that is none", &model.User{ID: "u", Email: p("a@b")}, "user.email"},
		{"a user with a long name of 4-byte characters", &model.User{ID: "u", Username: p(strings.Repeat("🦊", 50))}, ""},
		{"a user with a longer one", &model.User{ID: "u", Username: p(strings.Repeat("🦊", 51))}, "user.username"},
		{"an auth", &model.Auth{ID: "u"}, ""},
		{"an auth without id", &model.Auth{}, "auth.id"},
		{"a key", &model.APIKey{ID: "key_u", UserID: p("u"), Key: "sk-1"}, ""},
		{"a key of nobody", &model.APIKey{ID: "key_u", Key: "sk-1"}, "api_key.user_id"},
		{"a key of another form", &model.APIKey{ID: "key_u", UserID: p("u"), Key: "pk-1"}, "api_key.key"},
		{"a chat", &model.Chat{ID: "c", UserID: p("u")}, ""},
		{"a chat of nobody", &model.Chat{ID: "c"}, "chat.user_id"},
		{"a message", &model.ChatMessage{ID: "c-m", ChatID: "c", Role: "user"}, ""},
		{"a message of another chat", &model.ChatMessage{ID: "d-m", ChatID: "c", Role: "user"}, "chat_message.id"},
		{"a message without a role", &model.ChatMessage{ID: "c-m", ChatID: "c"}, "chat_message.role"},
		{"a share", &model.SharedChat{ID: "s", ChatID: "c", UserID: "u"}, ""},
		{"a tag", &model.Tag{ID: "ü", UserID: p("u")}, ""},
		{"the tag that stands for none", &model.Tag{ID: "none", UserID: p("u")}, "tag.id"},
		{"a folder", &model.Folder{ID: "x", UserID: "u", Name: "n"}, ""},
		{"a folder in itself", &model.Folder{ID: "x", UserID: "u", Name: "n", ParentID: &self}, "folder.parent_id"},
		{"a setting", &model.Config{Key: "a.b"}, ""},
		{"a setting without a key", &model.Config{}, "config.key"},
		{"a group in itself", &model.Group{ID: "x", ParentGroupID: &self}, "group.parent_group_id"},
		{"a member", &model.GroupMember{ID: "x", GroupID: "g", UserID: "u"}, ""},
		{"a grant", &model.AccessGrant{ID: "x", ResourceType: "note", ResourceID: "n", PrincipalType: "user", PrincipalID: "*", Permission: "read"}, ""},
		{"a grant to all", &model.AccessGrant{ID: "x", ResourceType: "note", ResourceID: "n", PrincipalType: "user", PrincipalID: "*", Permission: "own"}, "access_grant.permission"},
		{"a file of a chat", &model.ChatFile{ID: "x", UserID: "u", ChatID: "c", FileID: "f"}, ""},
	} {
		err := c.v.Validate()
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
			continue
		}
		var f *model.Fault
		if !errors.As(err, &f) || f.Table+"."+f.Column != c.want {
			t.Errorf("%s: %v, want a fault of %s", c.what, err, c.want)
		}
	}
}
