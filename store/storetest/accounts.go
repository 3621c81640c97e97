package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

func userNames[T any](rows []T, total int64, err error, name func(T) *string) string {
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, r := range rows {
		out = append(out, *name(r))
	}
	return fmt.Sprintf("%s of %d", strings.Join(out, " "), total)
}

var accountCases = []testCase{
	{"lists of users", func(s *Suite) {
		ada := s.admin()
		s.later(1)
		bob := s.user("bob")
		s.later(1)
		eve := s.user("eve")
		g := s.group(ada, "g", "", "")
		s.join(ada, g, bob)
		list := func(f store.UserFilter, p store.Page) string {
			rows, total, err := s.Store.Users.List(s.ctx(), ada.Who(), f, p)
			return userNames(rows, total, err, func(u store.UserItem) *string { return u.Name })
		}
		for want, f := range map[string]store.UserFilter{
			"eve bob Ada of 3": {}, "Ada bob eve of 3": {Ascending: true}, "bob of 1": {Query: "BOB@"}, "eve bob of 2": {Role: model.RoleUser},
			"bob Ada eve of 3": {Sort: "group_id:" + g}, "Ada eve bob of 3": {Sort: "group_id:" + g, Ascending: true},
		} {
			equal(s, fmt.Sprint(f), list(f, store.Page{}), want)
		}
		equal(s, "by address", list(store.UserFilter{Sort: "email", Ascending: true}, store.Page{Limit: 2, Offset: 1}),
			"bob eve of 3")
		s.max(3, func() {
			rows, _, err := s.Store.Users.List(s.ctx(), ada.Who(), store.UserFilter{Query: "bob"}, store.Page{Limit: 30})
			s.ok(err)
			equal(s, "groups", slices.Equal(rows[0].GroupIDs, []string{g}), true)
		})
		s.max(2, func() {
			rows, total, err := s.Store.Users.Search(s.ctx(), bob.Who(), store.UserFilter{}, store.Page{})
			equal(s, "search", userNames(rows, total, err, func(u model.User) *string { return u.Name }), "eve bob Ada of 3")
			equal(s, "what is not for all", rows[0].ProfileImageURL == nil && rows[0].Settings.IsNull(), true)
		})
		s.max(2, func() {
			u, err := s.Store.Users.Info(s.ctx(), eve.Who(), bob.ID)
			s.ok(err)
			equal(s, "info", fmt.Sprint(*u.Name+*u.Groups[0].Name, u.Active, u.Settings.IsNull()), "bobgtrue true")
		})
		s.later(181)
		active, err := s.Store.Users.Active(s.ctx(), eve.Who(), bob.ID)
		s.ok(err)
		equal(s, "active later", active, false)
		for what, err := range map[string]error{
			"list": errOf2(s.Store.Users.List(s.ctx(), bob.Who(), store.UserFilter{}, store.Page{})), "detail": errOf(s.Store.Users.Detail(s.ctx(), bob.Who(), bob.ID)),
			"preview": errOf(s.Store.Users.Preview(s.ctx(), bob.Who(), bob.ID)), "change": errOf(s.Store.Users.Change(s.ctx(), bob.Who(), bob.ID, store.UserChange{Role: ptr("admin")})),
			"delete": s.Store.Users.Delete(s.ctx(), bob.Who(), eve.ID), "revoke": s.Store.Users.Revoke(s.ctx(), bob.Who(), bob.ID),
			"permissions": errOf(s.Store.Users.DefaultPermissions(s.ctx(), bob.Who())), "sessions": errOf(s.Store.Users.OAuthSessions(s.ctx(), bob.Who(), bob.ID)),
			"set":     s.Store.Users.SetDefaultPermissions(s.ctx(), bob.Who(), jsonvalue.Text("{}")),
			"nobody":  errOf2(s.Store.Users.Search(s.ctx(), store.Who{ID: bob.ID}, store.UserFilter{}, store.Page{})),
			"picture": errOf(s.Store.Users.Picture(s.ctx(), store.Who{}, bob.ID)),
		} {
			if !errors.Is(err, store.ErrNotPermitted) {
				s.Errorf("%s: %v, want not permitted", what, err)
			}
		}
	}},
	{"what an admin changes of a user", func(s *Suite) {
		ada := s.admin()
		s.later(1)
		bob := s.user("bob")
		eve, err := s.Store.Users.Add(s.ctx(), store.Program(),
			store.NewUser{Name: "eve", Email: "eve@example.com", Password: "pw-eve", Role: model.RoleAdmin})
		s.ok(err)
		var u *model.User
		s.max(6, func() { // within a savepoint, where the engine names them
			u, err = s.Store.Users.Change(s.ctx(), eve.Who(), bob.ID,
				store.UserChange{Role: ptr("admin"), Name: ptr("Bob"), Email: ptr("Bob2@Example.com"), Password: ptr("new")})
			s.ok(err)
		})
		equal(s, "changed", *u.Role+*u.Name+*u.Email, "adminBobbob2@example.com")
		id, err := s.Store.Auths.SignIn(s.ctx(), "bob2@example.com", "new")
		s.ok(err)
		equal(s, "sessions ended", id.SessionStamp != bob.SessionStamp, true)
		equal(s, "address of the auth row", s.count(query.Select(tables.Auth.ID).From(tables.Auth.Table).Where(tables.Auth.Email.Eq("bob2@example.com"))), 1)
		for _, c := range []struct {
			by   *store.Identity
			id   string
			to   store.UserChange
			want error
		}{
			{eve, ada.ID, store.UserChange{Name: ptr("x")}, store.ErrPrimaryAdmin},
			{ada, ada.ID, store.UserChange{Role: ptr("user")}, store.ErrPrimaryAdmin},
			{eve, bob.ID, store.UserChange{Role: ptr("root")}, store.ErrRole},
			{eve, bob.ID, store.UserChange{Email: ptr("none")}, store.ErrEmailForm},
			{eve, bob.ID, store.UserChange{Email: ptr("ADA@example.com")}, dberr.ErrAlreadyExists},
			{eve, bob.ID, store.UserChange{Password: ptr(strings.Repeat("x", 73))}, store.ErrPasswordTooLong},
			{eve, "nobody", store.UserChange{Name: ptr("x")}, dberr.ErrNotFound},
		} {
			if _, err := s.Store.Users.Change(s.ctx(), c.by.Who(), c.id, c.to); !errors.Is(err, c.want) {
				s.Errorf("%v, want %v", err, c.want)
			}
		}
		_, err = s.Store.Users.Change(s.ctx(), ada.Who(), ada.ID, store.UserChange{Name: ptr("Ada L."), Role: ptr("admin")})
		s.ok(err)
		if err := s.Store.Users.Revoke(s.ctx(), eve.Who(), ada.ID); !errors.Is(err, store.ErrPrimaryAdmin) {
			s.Errorf("revoke of the first: %v", err)
		}
		s.ok(s.Store.Users.Revoke(s.ctx(), eve.Who(), bob.ID))
		// A status, while users have one.
		_, err = s.Store.Users.SetStatus(s.ctx(), bob.Who(), ptr("🦊"), ptr("away"), nil)
		s.ok(err)
		u, err = s.Store.Users.Status(s.ctx(), bob.Who())
		s.ok(err)
		equal(s, "status", *u.StatusEmoji+*u.StatusMessage, "🦊away")
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"users.enable_status": jsonvalue.Text("null")}))
		if _, err := s.Store.Users.Status(s.ctx(), bob.Who()); !errors.Is(err, store.ErrNoStatus) {
			s.Errorf("with the setting off: %v", err)
		}
	}},
	{"admins change settings, all or none", func(s *Suite) {
		ada, bob := s.admin(), s.user("bob")
		put := func(w store.Who, values map[string]string) (bool, error) {
			m := map[string]jsonvalue.JSON{}
			for k, v := range values {
				m[k] = jsonvalue.Text(v)
			}
			return s.Store.Config.Change(s.ctx(), w, m)
		}
		s.max(5, func() { // one; on MySQL and MariaDB one for each row
			s.ok(errOf(put(ada.Who(), map[string]string{"ui.watermark": `"W"`, "x": "1", "x1": "1", "x2": "1", "x3": "1"})))
		})
		var all map[string]jsonvalue.JSON
		s.max(1, func() {
			var err error
			all, err = s.Store.Config.All(s.ctx(), ada.Who(), "ui.")
			s.ok(err)
		})
		equal(s, "stored", all["ui.watermark"].String(), `"W"`)
		equal(s, "default", all["ui.enable_login_form"].String(), "true")
		equal(s, "of another prefix", all["x"].IsNull(), true)
		_, err := put(ada.Who(), map[string]string{"ui.watermark": `"X"`, "y": "{"})
		if !errors.Is(err, dberr.ErrInvalid) {
			s.Errorf("no JSON: %v", err)
		}
		_, err = put(ada.Who(), map[string]string{"ui.watermark": `"X"`, "auth.mfa.enable": "true"})
		if !errors.Is(err, store.ErrNoFactors) {
			s.Errorf("second factors: %v", err)
		}
		byKey := ada.Who()
		byKey.ByKey = true
		if _, err := put(byKey, map[string]string{"auth.mfa.enable": "false"}); !errors.Is(err, store.ErrNoSession) {
			s.Errorf("by a key: %v", err)
		}
		got, err := s.Store.Config.Read(s.ctx(), ada.Who(), "ui.watermark", "y")
		s.ok(err)
		equal(s, "after what was refused", got["ui.watermark"].String(), `"W"`)
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"auth.mfa.enable": jsonvalue.Text("true")}))
		ended, err := put(ada.Who(), map[string]string{"auth.mfa.enable": "false"})
		s.ok(err)
		equal(s, "sessions ended", ended, true)
		id, err := s.Store.Auths.Identity(s.ctx(), bob.ID)
		s.ok(err)
		equal(s, "of everybody", id.SessionStamp != bob.SessionStamp, true)
		n, err := s.Store.Config.Unset(s.ctx(), ada.Who(), "ui.watermark", "none")
		s.ok(err)
		equal(s, "unset", n, 1)
		for what, err := range map[string]error{
			"change": errOf(put(bob.Who(), map[string]string{"x": "2"})), "read": errOf(s.Store.Config.Read(s.ctx(), bob.Who(), "x")),
			"all": errOf(s.Store.Config.All(s.ctx(), bob.Who(), "")), "unset": errOf(s.Store.Config.Unset(s.ctx(), bob.Who(), "x")),
			"seen": s.Store.Users.Seen(s.ctx(), ada.Who(), bob.ID), "used": s.Store.APIKeys.Used(s.ctx(), ada.Who(), "sk-1"),
			"contact": errOf2(s.Store.Users.Contact(s.ctx(), store.Who{})),
		} {
			if !errors.Is(err, store.ErrNotPermitted) {
				s.Errorf("%s: %v, want not permitted", what, err)
			}
		}
		var out map[string]jsonvalue.JSON
		s.max(1, func() { out, err = s.Store.Config.Read(s.ctx(), store.Program(), "ui.watermark") })
		s.ok(err)
		equal(s, "the default again", out["ui.watermark"].String(), `""`)
	}},
	{"what a user has done", func(s *Suite) {
		bob, eve := s.user("bob"), s.user("eve")
		_, err := s.Store.Users.Update(s.ctx(), bob.Who(), bob.ID,
			func(u *model.User) error { u.Timezone = ptr("Asia/Tokyo"); return nil })
		s.ok(err)
		chat := s.chat(bob, `{"title":"t"}`)
		s.chat(eve, twoMessages)
		n := 0
		say := func(at int64, role, modelID, usage, output string) {
			n++
			m := model.ChatMessage{ID: fmt.Sprintf("m%d", n), ChatID: chat.ID, UserID: &bob.ID, Role: role, CreatedAt: &at,
				UpdatedAt: &at, Done: ptr(true)}
			if modelID != "" {
				m.ModelID = &modelID
			}
			if usage != "" {
				m.Usage = jsonvalue.Text(usage)
			}
			if output != "" {
				m.Output = jsonvalue.Text(output)
			}
			s.insert(query.Insert(tables.ChatMessage.Table).Row(m))
		}
		const day = 86400
		// The clock says 2023-11-14 22:13:20 UTC, which is the 15th in Tokyo.
		say(epoch-10*day, "assistant", "old", `{"input_tokens":100}`, "")
		say(epoch-day, "user", "", "", "")
		say(epoch-day+60, "assistant", "m1", `{"prompt_tokens":3,"completion_tokens":4}`, `[{"type":"function_call","name":"search"},{"type":"message"}]`)
		say(epoch-100, "user", "", "", "")
		say(epoch-50, "assistant", "m2", `{"input_tokens":5,"output_tokens":6,"prompt_tokens":9}`, `[{"type":"tool","tool_name":"search"},{"type":"tool","function":{"name":"draw"}}]`)
		say(epoch-40, "assistant", "m2", "", "")
		var u *store.Usage
		s.max(6, func() {
			u, err = s.Store.Users.Usage(s.ctx(), bob.Who(), epoch-6*day, epoch)
			s.ok(err)
		})
		equal(s, "totals", u.Totals, store.UsageTotals{Tokens: 118, Input: 108, Output: 10, PeakTokens: 11, LongestChat: 120, CurrentStreak: 2, LongestStreak: 2,
			Chats: 1, ActiveDays: 2, Models: 3, Messages: 5, UserMessages: 2, AssistantMessages: 3})
		var days []string
		for _, d := range u.Days {
			days = append(days, fmt.Sprint(d.Date[8:], ":", d.Messages, "/", d.Tokens))
		}
		equal(s, "days", strings.Join(days, " "), "09:0/0 10:0/0 11:0/0 12:0/0 13:0/0 14:2/7 15:3/11")
		equal(s, "weeks", fmt.Sprint(len(u.Weeks), u.Weeks[1].Date, u.Weeks[1].Messages, u.Weeks[1].Models), "22023-11-135 map[m1:1 m2:2]")
		equal(s, "cumulative", fmt.Sprint(u.Cumulative[6].Messages, u.Cumulative[6].Models), "5 map[m1:1 m2:2]")
		equal(s, "models", fmt.Sprint(u.TopModels), "[{m2 2 5 6 11} {m1 1 3 4 7}]")
		equal(s, "tools", fmt.Sprint(u.TopTools), "[{search 2} {draw 1}]")
		equal(s, "insights", fmt.Sprint(*u.Insights.MostUsedModel, u.Insights.TokensPerChat, u.Insights.MessagesPerDay, u.Insights.UserShare, u.Insights.AssistantShare),
			"m2118 2.5 40 60")
		u, err = s.Store.Users.Usage(s.ctx(), eve.Who(), 0, 1<<40)
		s.ok(err)
		equal(s, "a period of ever", len(u.Days) < 3 && u.Totals.Chats == 1, true)
	}},
	{"whoever signs up is in the default group", func(s *Suite) {
		ada := s.admin()
		g := s.group(ada, "all", "", "")
		s.ok(s.Store.Config.Set(s.ctx(),
			map[string]jsonvalue.JSON{"ui.default_group_id": jsonvalue.Text(`"` + g + `"`),
				"ui.enable_signup": jsonvalue.Text("true")}))
		_, err := s.Store.Users.SignUp(s.ctx(), store.NewUser{Name: "x", Email: "x@example.com", Password: "pw"})
		s.ok(err)
		s.user("bob")
		x, err := s.Store.Groups.Get(s.ctx(), ada.Who(), g)
		s.ok(err)
		equal(s, "members", x.Members, 2)
		s.ok(s.Store.Groups.Delete(s.ctx(), ada.Who(), g))
		s.user("eve")
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{"ui.enable_login_form": jsonvalue.Text("false")}))
		if err := s.Store.Users.MaySignUp(s.ctx()); !errors.Is(err, store.ErrSignUpClosed) {
			s.Errorf("without the form: %v", err)
		}
	}},
	{"the files of a deleted user go with their bytes", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		s.file(bob, "own.txt", "x")
		used := s.file(bob, "used.txt", "y")
		s.file(eve, "hers.txt", "z")
		s.insert(query.Insert(tables.Knowledge.Table).Row(model.Knowledge{ID: "k", UserID: eve.ID, Name: "k"}))
		s.insert(query.Insert(tables.KnowledgeFile.Table).Row(model.KnowledgeFile{ID: "k", KnowledgeID: "k", FileID: used.ID, UserID: bob.ID}))
		equal(s, "before", s.kept(), 3)
		s.ok(s.Store.Users.Delete(s.ctx(), ada.Who(), bob.ID))
		equal(s, "after", s.kept(), 2)
		equal(s, "what a knowledge base has", s.bytes(ada.Who(), used.ID), "y")
	}},
	{"a deleted user leaves nothing of their own behind", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		for _, id := range []string{ada.ID, eve.ID} {
			if err := s.Store.Users.Delete(s.ctx(), eve.Who(), id); !errors.Is(err, store.ErrNotPermitted) {
				s.Errorf("by a user: %v", err)
			}
		}
		if err := s.Store.Users.Delete(s.ctx(), ada.Who(), ada.ID); !errors.Is(err, store.ErrPrimaryAdmin) {
			s.Errorf("oneself: %v", err)
		}
		s.fill(bob.ID, "b")
		s.fill(eve.ID, "e")
		before := s.rowsOf(eve.ID)
		s.max(45, func() { s.ok(s.Store.Users.Delete(s.ctx(), ada.Who(), bob.ID)) })
		s.ok(s.Store.Users.Delete(s.ctx(), ada.Who(), bob.ID)) // is gone already
		equal(s, "of eve", s.rowsOf(eve.ID), before)
		stay := strings.Fields("knowledge.user_id knowledge_directory.user_id knowledge_file.user_id prompt.user_id prompt_history.user_id tool.user_id " +
			"tool_history.user_id function.user_id function_history.user_id skill.user_id skill_history.user_id model.user_id model_history.user_id " +
			"feedback.user_id channel.user_id channel.archived_by channel.deleted_by channel.updated_by message.user_id message.pinned_by " +
			"channel_file.user_id channel_member.invited_by channel_webhook.user_id group.user_id app.user_id calendar_event.user_id " +
			"chat_message.user_id file.user_id chatidtag.user_id document.user_id")
		for _, c := range userColumns() {
			n := s.count(query.Select(c).From(c.Table()).Where(c.Eq(bob.ID)))
			name := c.Table().Name + "." + c.Name()
			if n > 0 && !slices.Contains(stay, name) {
				s.Errorf("%d rows name the user in %s", n, name)
			}
		}
		for _, c := range references {
			n := s.count(query.Select(c.from).From(c.from.Table()).
				Where(c.from.NotNull(), c.from.NotInQuery(query.Select(c.to).From(c.to.Table()))))
			equal(s, "rows that name what is not there in "+c.from.Table().Name+"."+c.from.Name(), n, 0)
		}
		grants := tables.AccessGrant
		equal(s, "grants", s.count(query.Select(grants.ID).From(grants.Table).Where(grants.PrincipalID.Eq(bob.ID))), 0)
	}},
}

func errOf2[A, B any](_ A, _ B, err error) error { return err }

// userColumns are all columns that hold the id of a user.
func userColumns() []query.Column[string] {
	var out []query.Column[string]
	for _, t := range tables.All() {
		for _, c := range t.Columns {
			if c.Name == "user_id" || strings.HasSuffix(c.Name, "_by") {
				out = append(out, query.ColumnOf[string](t, c.Name))
			}
		}
	}
	return out
}

// references are what rows name in other tables.
var references = []struct{ from, to query.Column[string] }{
	{tables.ChatMessage.ChatID, tables.Chat.ID}, {tables.SharedChat.ChatID, tables.Chat.ID}, {tables.ChatFile.ChatID, tables.Chat.ID},
	{tables.Chat.FolderID, tables.Folder.ID}, {tables.PinnedNote.NoteID, tables.Note.ID}, {tables.CalendarEvent.CalendarID, tables.Calendar.ID},
	{tables.CalendarEventAttendee.EventID, tables.CalendarEvent.ID}, {tables.AutomationRun.AutomationID, tables.Automation.ID},
	{tables.AutomationRun.ChatID, tables.Chat.ID}, {tables.Automation.FolderID, tables.Folder.ID}, {tables.GroupMember.GroupID, tables.Group.ID},
	{tables.GroupMember.UserID, tables.User.ID}, {tables.APIKey.UserID, tables.User.ID}, {tables.OAuthSession.UserID, tables.User.ID},
	{tables.Auth.ID, tables.User.ID}, {tables.MessageReaction.MessageID, tables.Message.ID}, {tables.ChannelMember.ChannelID, tables.Channel.ID},
}

// rowsOf counts the rows that name a user, by column.
func (s *Suite) rowsOf(user string) string {
	s.Helper()
	var out []string
	for _, c := range userColumns() {
		out = append(out, fmt.Sprint(c.Table().Name, ".", c.Name(), ":",
			s.count(query.Select(c).From(c.Table()).Where(c.Eq(user)))))
	}
	return strings.Join(out, " ")
}

// fill writes a row of a user into every table; they name each other.
func (s *Suite) fill(user, prefix string) {
	s.Helper()
	names := map[string]string{"event_id": "calendar_event"} // what does not follow from the name of the column
	for _, t := range tables.All() {
		if t.Name == "user" || t.Name == "auth" || t.Name == "config" || t.Name == "config_old" || t.Name == "app" {
			continue
		}
		row := map[string]any{}
		for _, c := range t.Columns {
			of := names[c.Name]
			if base, ok := strings.CutSuffix(c.Name, "_id"); ok && of == "" {
				of = base
			}
			refers := isTable(of)
			switch {
			case c.Name == "user_id":
				row[c.Name] = user
			case c.Name == "id":
				row[c.Name] = prefix + "-" + t.Name
			case c.Name == "app_id" || c.Name == "message_id" && t.Name == "chat_file":
			case refers:
				row[c.Name] = prefix + "-" + of
			case c.Nullable:
			case c.Type.Kind == "json":
				row[c.Name] = jsonvalue.Text("{}")
			case c.Type.Kind == "boolean":
				row[c.Name] = true
			case c.Type.Kind.IsWhole():
				row[c.Name] = 1
			default:
				row[c.Name] = prefix + "-" + c.Name
			}
		}
		if t.Name == "access_grant" {
			row["principal_type"], row["principal_id"], row["permission"] = "user", user, "read"
		}
		s.insert(query.Insert(t).Map(row))
	}
	for _, kind := range []string{"note", "folder", "calendar"} {
		s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: prefix + "-grant-" + kind, ResourceType: kind,
			ResourceID: prefix + "-" + kind, PrincipalType: "group", PrincipalID: "g", Permission: "read"}))
	}
}

func isTable(name string) bool {
	for _, t := range tables.All() {
		if t.Name == name {
			return true
		}
	}
	return false
}
