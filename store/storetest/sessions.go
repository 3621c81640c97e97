package storetest

import (
	"errors"
	"math"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

var sessionCases = []testCase{
	{"sign-in", func(s *Suite) {
		bob := s.user("bob")
		for _, email := range []string{"bob@example.com", "BOB@EXAMPLE.COM"} {
			id, err := s.Store.Auths.SignIn(s.ctx(), email, "pw-bob")
			s.ok(err)
			equal(s, "id", id.ID, bob.ID)
			equal(s, "stamp", id.SessionStamp, bob.SessionStamp)
		}
		s.max(1, func() {
			_, err := s.Store.Auths.SignIn(s.ctx(), "bob@example.com", "pw-bob")
			s.ok(err)
		})
		for _, c := range [][2]string{{"bob@example.com", "pw"}, {"bob@example.com", ""},
			{"nobody@example.com", "pw-bob"}, {"", ""}} {
			if _, err := s.Store.Auths.SignIn(s.ctx(), c[0], c[1]); !errors.Is(err, store.ErrWrongPassword) {
				s.Errorf("%v: %v, want that it is wrong", c, err)
			}
		}
	}},
	{"passwords that do not let in", func(s *Suite) {
		bob := s.user("bob")
		set := func(a ...query.Assignment) {
			s.exec(query.Update(tables.Auth.Table).Set(a...).Where(tables.Auth.ID.Eq(bob.ID)))
		}
		refused := func(what, password string) {
			s.Helper()
			if _, err := s.Store.Auths.SignIn(s.ctx(), "bob@example.com", password); !errors.Is(err, store.ErrWrongPassword) {
				s.Errorf("%s: %v, want that it is wrong", what, err)
			}
		}
		set(tables.Auth.Active.Set(false))
		refused("switched off", "pw-bob")
		set(tables.Auth.Active.SetNull())
		_, err := s.Store.Auths.SignIn(s.ctx(), "bob@example.com", "pw-bob")
		s.ok(err)
		set(tables.Auth.Password.Set(""))
		refused("no password", "")
		set(tables.Auth.Password.SetNull())
		refused("no password", "")
		set(tables.Auth.Password.Set("pw-bob"))
		refused("a password that is no hash", "pw-bob")
		s.exec(query.Delete(tables.Auth.Table).Where(tables.Auth.ID.Eq(bob.ID)))
		refused("no auth row", "pw-bob")
		if _, err := s.Store.Auths.Identity(s.ctx(), bob.ID); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("identity without an auth row: %v", err)
		}
	}},
	{"a second factor is not passed over", func(s *Suite) {
		bob := s.user("bob")
		factor := func(text string) {
			s.Helper()
			s.exec(query.Update(tables.Auth.Table).Set(tables.Auth.MFA.Set(jsonvalue.Text(text))).
				Where(tables.Auth.ID.Eq(bob.ID)))
		}
		set := func(values map[string]jsonvalue.JSON) { s.Helper(); s.ok(s.Store.Config.Set(s.ctx(), values)) }
		factor(`{"secret":"x"}`)
		_, err := s.Store.Auths.SignIn(s.ctx(), "bob@example.com", "pw-bob")
		s.ok(err) // second factors are off
		set(map[string]jsonvalue.JSON{"auth.mfa.enable": jsonvalue.Text("true")})
		for _, stored := range []string{`{"secret":"x"}`, `{}`, `null`} {
			factor(stored)
			if _, err := s.Store.Auths.SignIn(s.ctx(), "bob@example.com", "pw-bob"); !errors.Is(err, store.ErrSecondFactor) {
				s.Errorf("with the second factor %s: %v", stored, err)
			}
			if _, err := s.Store.Auths.SignIn(s.ctx(), "bob@example.com", "wrong"); !errors.Is(err, store.ErrWrongPassword) {
				s.Errorf("with the second factor %s and the wrong password: %v", stored, err)
			}
		}
		if err := s.Store.Users.MaySignUp(s.ctx()); !errors.Is(err, store.ErrSecondFactor) {
			s.Errorf("MaySignUp: %v", err)
		}
		if _, err := s.Store.Users.SignUp(s.ctx(), store.NewUser{Name: "eve", Email: "eve@example.com",
			Password: "x"}); !errors.Is(err, store.ErrSecondFactor) {
			s.Errorf("SignUp: %v", err)
		}
	}},
	{"the first user does not sign up without a second factor", func(s *Suite) {
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"auth.mfa.enable": jsonvalue.Text("true")}))
		if _, err := s.Store.Users.SignUp(s.ctx(), store.NewUser{Name: "eve", Email: "eve@example.com",
			Password: "x"}); !errors.Is(err, store.ErrSecondFactor) {
			s.Errorf("SignUp: %v", err)
		}
		someone, err := s.Store.Users.Any(s.ctx())
		s.ok(err)
		equal(s, "somebody is there", someone, false)
	}},
	{"a session that was signed out is over, and no other one", func(s *Suite) {
		bob := s.user("bob")
		by := func(token string) store.Session {
			return store.Session{UserID: bob.ID, Stamp: bob.SessionStamp, Method: "password", Token: token}
		}
		now := s.now().Unix()
		s.ok(s.Store.Auths.EndSession(s.ctx(), "one", now+3600))
		s.ok(s.Store.Auths.EndSession(s.ctx(), "one", now+3600)) // twice is as once
		s.max(1, func() {
			if _, err := s.Store.Auths.Session(s.ctx(), by("one")); !errors.Is(err, dberr.ErrNotFound) {
				s.Errorf("a session that was signed out: %v", err)
			}
		})
		s.max(1, func() {
			id, err := s.Store.Auths.Session(s.ctx(), by("another"))
			s.ok(err)
			equal(s, "who", *id, *bob)
		})
		// What has ended by itself is forgotten.
		s.ok(s.Store.Auths.EndSession(s.ctx(), "old", now-3600))
		s.ok(s.Store.Auths.EndSession(s.ctx(), "another", math.MaxInt64))
		kept, err := query.All[string](s.ctx(), s.Eng,
			query.Select(own.EndedSession.Token).From(own.EndedSession.Table).OrderBy(own.EndedSession.Token))
		s.ok(err)
		equal(s, "kept", strings.Join(kept, " "), "another one")
	}},
	{"sessions without a second factor are none where one is wanted", func(s *Suite) {
		bob := s.user("bob")
		plain := store.Session{UserID: bob.ID, Stamp: bob.SessionStamp, Method: "password"}
		by := func(method string, verified bool) store.Session {
			return store.Session{UserID: bob.ID, Stamp: bob.SessionStamp, Method: method, Verified: verified}
		}
		s.max(1, func() {
			id, err := s.Store.Auths.Session(s.ctx(), plain)
			s.ok(err)
			equal(s, "who", *id, *bob)
		})
		for _, over := range []store.Session{{UserID: bob.ID}, {UserID: bob.ID, Stamp: "x"},
			{UserID: "nobody", Stamp: bob.SessionStamp}} {
			if _, err := s.Store.Auths.Session(s.ctx(), over); !errors.Is(err, dberr.ErrNotFound) {
				s.Errorf("%+v: %v", over, err)
			}
		}
		const whole = `{"secret":"x","reset_required":false}`
		for _, c := range []struct {
			enable, oauth, header, stored string
			session                       store.Session
			ok                            bool
		}{
			{"true", "", "", whole, plain, false},
			{"true", "", "", whole, by("password", true), true},
			{"true", "", "", whole, by("", false), false}, // what an admin got
			{"true", "", "", `{"secret":"x"}`, by("ldap", true), true},
			{"true", "", "", `null`, by("password", true), false},
			{"true", "", "", `{"secret":null}`, by("password", true), false},
			{"true", "", "", `{"secret":""}`, by("password", true), false},
			{"true", "", "", `[]`, by("password", true), false},
			{"true", "", "", `{"secret":"x","reset_required":true}`, by("password", true), false},
			{"true", "", "", `{"secret":"x","reset_required":"?"}`, by("password", true), false},
			{"true", "false", "true", whole, by("oauth", false), false},
			{"true", "true", "false", whole, by("oauth", false), true},
			{"true", "true", "false", whole, by("trusted_header", false), false},
			{"true", "false", "true", whole, by("trusted_header", false), true},
			{"true", "true", "true", whole, plain, false},
			{"true", "7", "7", whole, by("oauth", false), false}, // neither yes nor no
			{"null", "", "", whole, plain, false},
			{"[]", "", "", whole, plain, false},
			{"1", "", "", whole, plain, false},
			{"false", "", "", whole, plain, true},
			{"0", "", "", `null`, plain, true},
		} {
			s.exec(query.Update(tables.Auth.Table).Set(tables.Auth.MFA.Set(jsonvalue.Text(c.stored))).
				Where(tables.Auth.ID.Eq(bob.ID)))
			_, err := s.Store.Config.Unset(s.ctx(), store.Program(), "auth.mfa.allow_oauth_bypass",
				"auth.mfa.allow_trusted_header_bypass")
			s.ok(err)
			for key, text := range map[string]string{"enable": c.enable, "allow_oauth_bypass": c.oauth,
				"allow_trusted_header_bypass": c.header} {
				if text != "" {
					s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"auth.mfa." + key: jsonvalue.Text(text)}))
				}
			}
			if _, err := s.Store.Auths.Session(s.ctx(), c.session); c.ok && err != nil ||
				!c.ok && !errors.Is(err, store.ErrSecondFactor) {
				s.Errorf("%+v: %v", c, err)
			}
		}
	}},
	{"a new password ends all sessions", func(s *Suite) {
		bob := s.user("bob")
		if err := s.Store.Auths.ChangePassword(s.ctx(), bob.Who(), "wrong", "new"); !errors.Is(err, store.ErrWrongPassword) {
			s.Errorf("the wrong old one: %v", err)
		}
		if err := s.Store.Auths.ChangePassword(s.ctx(), bob.Who(), "pw-bob", strings.Repeat("x", 73)); !errors.Is(err,
			store.ErrPasswordTooLong) {
			s.Errorf("too long: %v", err)
		}
		s.ok(s.Store.Auths.ChangePassword(s.ctx(), bob.Who(), "pw-bob", strings.Repeat("x", 72)))
		id, err := s.Store.Auths.SignIn(s.ctx(), "bob@example.com", strings.Repeat("x", 72))
		s.ok(err)
		if id.SessionStamp == bob.SessionStamp {
			s.Error("the stamp is the same")
		}
		s.ok(s.Store.Auths.EndSessions(s.ctx(), store.Program(), bob.ID))
		now, err := s.Store.Auths.Identity(s.ctx(), bob.ID)
		s.ok(err)
		if now.SessionStamp == id.SessionStamp {
			s.Error("the stamp is the same after EndSessions")
		}
		for _, err := range []error{
			s.Store.Auths.SetPassword(s.ctx(), store.Program(), "nobody", "x"),
			s.Store.Auths.EndSessions(s.ctx(), store.Program(), "nobody"),
			s.Store.Auths.ChangePassword(s.ctx(), store.Who{ID: "nobody"}, "x", "y"),
		} {
			if !errors.Is(err, dberr.ErrNotFound) {
				s.Errorf("nobody: %v", err)
			}
		}
	}},
	{"who somebody is takes one statement", func(s *Suite) {
		bob := s.user("bob")
		s.max(1, func() {
			id, err := s.Store.Auths.Identity(s.ctx(), bob.ID)
			s.ok(err)
			equal(s, "identity", *id, *bob)
		})
	}},
	{"API keys", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		if _, err := s.Store.APIKeys.Create(s.ctx(), bob.Who()); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("keys are off: %v", err)
		}
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"auth.enable_api_keys": jsonvalue.Text("true")}))
		if _, err := s.Store.APIKeys.Create(s.ctx(), bob.Who()); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("without the permission: %v", err)
		}
		s.ok(s.Store.Config.Set(s.ctx(),
			map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`{"features":{"api_keys":true}}`)}))
		if _, err := s.Store.APIKeys.Get(s.ctx(), bob.Who()); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("no key yet: %v", err)
		}
		first, err := s.Store.APIKeys.Create(s.ctx(), bob.Who())
		s.ok(err)
		equal(s, "id", first.ID, "key_"+bob.ID)
		if !strings.HasPrefix(first.Key, "sk-") || len(first.Key) != 35 {
			s.Errorf("the key has the form %q", first.Key)
		}
		second, err := s.Store.APIKeys.Create(s.ctx(), bob.Who())
		s.ok(err)
		_, err = s.Store.APIKeys.Create(s.ctx(), eve.Who())
		s.ok(err)
		if _, err := s.Store.Auths.IdentityByAPIKey(s.ctx(), first.Key); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("the replaced key: %v", err)
		}
		s.max(1, func() {
			id, err := s.Store.Auths.IdentityByAPIKey(s.ctx(), second.Key)
			s.ok(err)
			equal(s, "owner", id.ID, bob.ID)
		})
		s.exec(query.Update(tables.APIKey.Table).Set(tables.APIKey.ExpiresAt.Set(epoch + 5)).
			Where(tables.APIKey.ID.Eq(second.ID)))
		_, err = s.Store.Auths.IdentityByAPIKey(s.ctx(), second.Key)
		s.ok(err)
		s.later(5)
		if _, err := s.Store.Auths.IdentityByAPIKey(s.ctx(), second.Key); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("the expired key: %v", err)
		}
		s.ok(s.Store.APIKeys.Delete(s.ctx(), bob.Who()))
		if err := s.Store.APIKeys.Delete(s.ctx(), bob.Who()); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("deleted twice: %v", err)
		}
		_, err = s.Store.APIKeys.Get(s.ctx(), eve.Who())
		s.ok(err)
	}},
}

var settingCases = []testCase{
	{"settings without rows are the defaults", func(s *Suite) {
		var set *store.Settings
		s.max(1, func() {
			var err error
			set, err = s.Store.Config.Settings(s.ctx())
			s.ok(err)
		})
		equal(s, "settings", *set,
			store.Settings{EnableSignUp: true, EnableLoginForm: true, DefaultUserRole: "pending", JWTExpiry: "4w"})
	}},
	{"settings with rows, also odd ones", func(s *Suite) {
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{
			"ui.enable_signup":               jsonvalue.Text("false"),
			"ui.default_user_role":           jsonvalue.Null(),
			"auth.api_key.allowed_endpoints": jsonvalue.Text(`"/fr 🇫🇷"`),
			"auth.jwt_expiry":                jsonvalue.Text(`"-1"`),
			"auth.enable_api_keys":           jsonvalue.Text(`true`),
			"ui.enable_login_form":           jsonvalue.Text(`"yes"`), // a text that says it
			"something.else":                 jsonvalue.Text(`{"big":12345678901234567890,"f":1.0}`),
			"auth.mfa.enable":                jsonvalue.Text(`1`),
			"ui.with.empty.objects":          jsonvalue.Text(`{}`),
		}))
		set, err := s.Store.Config.Settings(s.ctx())
		s.ok(err)
		equal(s, "settings", *set,
			store.Settings{EnableLoginForm: true, DefaultUserRole: "pending", APIKeyAllowedEndpoints: "/fr 🇫🇷", JWTExpiry: "-1",
				EnableAPIKeys: true, EnableMFA: true})
		s.later(3)
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"auth.jwt_expiry": jsonvalue.Text(`"1d"`)}))
		got, err := s.Store.Config.Get(s.ctx(), "auth.jwt_expiry", "something.else", "not there")
		s.ok(err)
		equal(s, "rows", len(got), 2)
		equal(s, "value", got["auth.jwt_expiry"].String(), `"1d"`)
		equal(s, "exact", got["something.else"].String(), `{"big":12345678901234567890,"f":1.0}`)
		if err := s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"": jsonvalue.Text("1")}); !errors.Is(err,
			dberr.ErrInvalid) {
			s.Errorf("an empty key: %v", err)
		}
		if err := s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"x": jsonvalue.Text("{")}); !errors.Is(err,
			dberr.ErrInvalid) {
			s.Errorf("no JSON: %v", err)
		}
		s.ok(s.Store.Config.Set(s.ctx(), nil))
		none, err := s.Store.Config.Get(s.ctx())
		s.ok(err)
		equal(s, "no keys", len(none), 0)
	}},
	{"flags that cannot be read allow nothing", func(s *Suite) {
		for text, on := range map[string]bool{"true": true, "1": true, `"True"`: true, "false": false, "0": false,
			`"false"`: false, `"off"`: false, `""`: false} {
			equal(s, text, store.Flag(jsonvalue.Text(text), !on), on)
		}
		for _, text := range []string{"null", `"perhaps"`, "2", "-1", "[]", "{}", "[true]"} {
			s.ok(s.Store.Config.Set(s.ctx(),
				map[string]jsonvalue.JSON{"ui.enable_signup": jsonvalue.Text(text), "auth.enable_api_keys": jsonvalue.Text(text),
					"auth.mfa.enable": jsonvalue.Text(text), "auth.api_key.endpoint_restrictions": jsonvalue.Text(text)}))
			set, err := s.Store.Config.Settings(s.ctx())
			s.ok(err)
			equal(s, text, [4]bool{set.EnableSignUp, set.EnableAPIKeys, set.EnableMFA, set.APIKeyEndpointRestrictions},
				[4]bool{false, false, true, true})
		}
		bob := s.user("bob")
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`"all"`)}))
		p, err := s.Store.Users.Permissions(s.ctx(), bob.ID)
		s.ok(err)
		equal(s, "chat.delete", p.Allows("chat", "delete"), false)
	}},
	{"an account that is switched off ends its sessions and its keys", func(s *Suite) {
		bob := s.user("bob")
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"auth.enable_api_keys": jsonvalue.Text("true"),
			"user.permissions": jsonvalue.Text(`{"features":{"api_keys":true}}`)}))
		key, err := s.Store.APIKeys.Create(s.ctx(), bob.Who())
		s.ok(err)
		for _, active := range []bool{true, false} {
			s.exec(query.Update(tables.Auth.Table).Set(tables.Auth.Active.Set(active)).Where(tables.Auth.ID.Eq(bob.ID)))
			for what, get := range map[string]func() (*store.Identity, error){
				"session": func() (*store.Identity, error) {
					return s.Store.Auths.Session(s.ctx(), store.Session{UserID: bob.ID, Stamp: bob.SessionStamp})
				},
				"user": func() (*store.Identity, error) { return s.Store.Auths.Identity(s.ctx(), bob.ID) },
				"key":  func() (*store.Identity, error) { return s.Store.Auths.IdentityByAPIKey(s.ctx(), key.Key) },
			} {
				if _, err := get(); active && err != nil || !active && !errors.Is(err, dberr.ErrNotFound) {
					s.Errorf("the %s of an account that is active: %v: %v", what, active, err)
				}
			}
		}
	}},
	{"permissions are defaults, settings and groups together", func(s *Suite) {
		bob := s.user("bob")
		may := func(path ...string) bool {
			s.Helper()
			var p store.Permissions
			s.max(2, func() {
				var err error
				p, err = s.Store.Users.Permissions(s.ctx(), bob.ID)
				s.ok(err)
			})
			return p.Allows(path...)
		}
		equal(s, "chat.delete by default", may("chat", "delete"), true)
		equal(s, "features.api_keys by default", may("features", "api_keys"), false)
		equal(s, "no such permission", may("features", "no", "such"), false)
		s.ok(s.Store.Config.Set(s.ctx(),
			map[string]jsonvalue.JSON{"user.permissions": jsonvalue.Text(`{"chat":{"delete":false}}`)}))
		equal(s, "chat.delete by settings", may("chat", "delete"), false)
		equal(s, "chat.edit is filled in", may("chat", "edit"), true)
		for _, g := range []model.Group{
			{ID: "g1", Name: ptr("one"), Permissions: jsonvalue.Text(`{"chat":{"delete":true,"edit":false},"extra":{"x":true}}`)},
			{ID: "g2", Name: ptr("two"), Permissions: jsonvalue.Text(`{"chat":{"delete":false}}`)},
			{ID: "g3", Name: ptr("three"), Permissions: jsonvalue.Null()},
			{ID: "g4", Name: ptr("not a member"), Permissions: jsonvalue.Text(`{"features":{"api_keys":true}}`)},
		} {
			s.insert(query.Insert(tables.Group.Table).Row(g))
			if g.ID != "g4" {
				s.insert(query.Insert(tables.GroupMember.Table).
					Row(model.GroupMember{ID: "m-" + g.ID, GroupID: g.ID, UserID: bob.ID}))
			}
		}
		equal(s, "chat.delete by a group", may("chat", "delete"), true)
		equal(s, "chat.edit stays", may("chat", "edit"), true)
		equal(s, "extra", may("extra", "x"), true)
		equal(s, "of another group", may("features", "api_keys"), false)
	}},
}
