package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev40 = migrate.Revision{
	ID: "56359461a091", Down: []string{shareRevision}, Doc: "calendars", Path: "40_56359461a091_calendar_tables.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("calendar")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Key(idKey)
		t.Text("name")
		t.Text("color").Null()
		t.Boolean("is_default")
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Index("ix_calendar_user", "user_id")
		create(ops, t)

		t = schema.Define("calendar_event")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("calendar_id").Key(idKey)
		t.Text("user_id").Key(idKey)
		t.Text("title")
		t.Text("description").Null()
		t.BigInt("start_at")
		t.BigInt("end_at").Null()
		t.Boolean("all_day")
		t.Text("rrule").Null()
		t.Text("color").Null()
		t.Text("location").Null()
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.Boolean("is_cancelled")
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Index("ix_calendar_event_calendar", "calendar_id", "start_at")
		t.Index("ix_calendar_event_user_date", "user_id", "start_at")
		create(ops, t)

		t = schema.Define("calendar_event_attendee")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("event_id").Key(idKey)
		t.Text("user_id").Key(idKey)
		t.Text("status").Key(wordKey)
		t.JSON("meta").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("uq_event_attendee", "event_id", "user_id")
		t.Index("ix_calendar_event_attendee_user", "user_id", "status")
		create(ops, t)
	},
}
