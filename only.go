package larder

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/transfer"
)

// part says which rows of a table go with users when they are moved alone: all
// of its conditions hold.
type part struct {
	owner string            // the column that holds the id of one of them; empty for rows that anybody may have made
	of    map[string]string // columns that hold the id of a row that goes too, with its table
}

// parts are the tables that have rows of users, by name. What is written by
// others in a chat or a channel of one of them goes with it. Groups and settings
// belong to nobody and stay, as does everything in tables that are not here.
func parts() map[string]part {
	owned, below := part{owner: "user_id"},
		func(column, table string) part { return part{of: map[string]string{column: table}} }
	out := map[string]part{
		"user": {owner: "id"}, "auth": {owner: "id"},
		"chat_message": below("chat_id", "chat"), "shared_chat": below("chat_id", "chat"), "larder_message": below("chat_id", "chat"),
		"chat_file":           {of: map[string]string{"chat_id": "chat", "file_id": "file"}},
		"knowledge_directory": below("knowledge_id", "knowledge"),
		"knowledge_file":      {of: map[string]string{"knowledge_id": "knowledge", "file_id": "file"}},
		"pinned_note":         {owner: "user_id", of: map[string]string{"note_id": "note"}},
		"message":             below("channel_id", "channel"), "message_reaction": below("message_id", "message"),
		"channel_member": below("channel_id", "channel"), "channel_webhook": below("channel_id", "channel"),
		"channel_file":   {of: map[string]string{"channel_id": "channel", "file_id": "file"}},
		"calendar_event": below("calendar_id", "calendar"), "calendar_event_attendee": below("event_id", "calendar_event"),
		"automation_run": below("automation_id", "automation"),
		grants:           {},
	}
	for _, table := range []string{"api_key", "app", "automation", "calendar", "channel", "chat", "chatidtag", "document",
		"feedback", "file", "folder",
		"function", "knowledge", "memory", "model", "note", "oauth_session", "prompt", "skill", "tag", "tool"} {
		out[table] = owned
	}
	for _, kind := range []string{"function", "model", "prompt", "skill", "tool"} {
		out[kind+"_history"] = below(kind+"_id", kind)
	}
	return out
}

// grants says who may do what with rows of other tables, and granted which
// table each kind of them is: those of rows that go do, when they are for
// everybody or for one of the users.
const grants = "access_grant"

func granted(kind string) string {
	switch kind {
	case "shared_chat":
		return "chat"
	case "knowledge", "model", "prompt", "tool", "skill", "note", "channel", "folder", "file", "calendar":
		return kind
	}
	return ""
}

// ofUsers is what some users have in a source.
type ofUsers struct {
	transfer.Source
	rules map[string]part
	users map[string]bool
	above map[string]bool            // the tables that others ask about
	kept  map[string]map[string]bool // of those, the ids of the rows that go, once they were read
}

// onlyUsers leaves of a source the users with these ids or e-mails, and what is
// theirs. One that is not there is dberr.NotFound.
func onlyUsers(ctx context.Context, src transfer.Source, who []string) (*ofUsers, error) {
	s := &ofUsers{Source: src, rules: parts(), users: map[string]bool{}, above: map[string]bool{},
		kept: map[string]map[string]bool{}}
	for name, rule := range s.rules {
		for _, above := range rule.of {
			s.above[above] = true
		}
		if granted(name) == name {
			s.above[name] = true
		}
	}
	t := s.table("user")
	switch {
	case len(who) == 0:
		return nil, dberr.New(dberr.Invalid, "copy", "no user is named; give ids or e-mails")
	case t == nil:
		return nil, dberr.New(dberr.SchemaMismatch, "copy", "the source has no users: it is no database of Open WebUI")
	}
	wanted := slices.Clone(who)
	for row, err := range src.Rows(ctx, t) {
		if err != nil {
			return nil, err
		}
		id, email := valueOf(t, row, "id"), valueOf(t, row, "email")
		was := len(wanted)
		wanted = slices.DeleteFunc(wanted, func(w string) bool { return w != "" && (w == id || strings.EqualFold(w, email)) })
		if len(wanted) < was {
			s.users[id] = true
		}
	}
	if len(wanted) > 0 {
		return nil, dberr.New(dberr.NotFound, "copy", "the source has no user "+strings.Join(wanted, ", ")+
			"; name ids or e-mails of users that it has")
	}
	return s, nil
}

func (s *ofUsers) table(name string) *schema.Table {
	all := s.Source.Tables()
	if i := slices.IndexFunc(all, func(t *schema.Table) bool { return t.Name == name }); i >= 0 {
		return all[i]
	}
	return nil
}

// Tables are those that users have rows in, and those that every copy needs.
func (s *ofUsers) Tables() []*schema.Table {
	var out []*schema.Table
	for _, t := range s.Source.Tables() {
		if _, theirs := s.rules[t.Name]; theirs || versions(t.Name) {
			out = append(out, t)
		}
	}
	return out
}

func versions(table string) bool {
	return slices.ContainsFunc(LookFor(), func(n string) bool { return n == table && n != tables.Chat.Table.Name })
}

// Count implements transfer.Source: nobody knows before they were read.
func (s *ofUsers) Count(context.Context, *schema.Table) (int64, error) { return -1, nil }

// Rows implements transfer.Source.
func (s *ofUsers) Rows(ctx context.Context, t *schema.Table) iter.Seq2[[]any, error] {
	rule, theirs := s.rules[t.Name]
	if !theirs {
		return s.Source.Rows(ctx, t)
	}
	return func(yield func([]any, error) bool) {
		if err := s.readAhead(ctx, t, rule); err != nil {
			yield(nil, err)
			return
		}
		ids := map[string]bool{}
		for row, err := range s.Source.Rows(ctx, t) {
			if err == nil && !s.goes(t, rule, row) {
				continue
			}
			if err == nil && s.above[t.Name] {
				ids[valueOf(t, row, "id")] = true
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		s.kept[t.Name] = ids
	}
}

// readAhead learns which rows go of the tables that one refers to.
func (s *ofUsers) readAhead(ctx context.Context, t *schema.Table, rule part) error {
	for name := range s.above {
		asked := t.Name == grants
		for _, above := range rule.of {
			asked = asked || above == name
		}
		parent := s.table(name)
		if !asked || parent == nil || s.kept[name] != nil {
			continue
		}
		for _, err := range s.Rows(ctx, parent) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// goes reports whether a row goes with the users.
func (s *ofUsers) goes(t *schema.Table, rule part, row []any) bool {
	if rule.owner != "" && !s.users[valueOf(t, row, rule.owner)] {
		return false
	}
	for column, table := range rule.of {
		if id := valueOf(t, row, column); id == "" || !s.kept[table][id] {
			return false
		}
	}
	if t.Name != grants {
		return true
	}
	who := valueOf(t, row, "principal_id")
	return (who == "*" || s.users[who]) &&
		s.kept[granted(valueOf(t, row, "resource_type"))][valueOf(t, row, "resource_id")]
}

// valueOf is the text in a column of a row; empty for NULL, and where there is
// no such column.
func valueOf(t *schema.Table, row []any, column string) string {
	i := slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return c.Name == column })
	if i < 0 {
		return ""
	}
	switch v := row[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}
