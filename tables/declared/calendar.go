package declared

import "github.com/larder-db/larder/schema"

// Calendar is the table calendar.
var Calendar = define("calendar", func(t *schema.Table) {
	t.Describe("calendars.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("the owner")
	t.Text("name").Doc("display name")
	t.Text("color").Null().Doc("of the entries")
	t.Boolean("is_default").Doc("whether new events go here")
	t.JSON("data").Null().Doc("further properties")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc(changedAt)
	t.Index("ix_calendar_user", "user_id")
})

// CalendarEvent is the table calendar_event.
var CalendarEvent = define("calendar_event", func(t *schema.Table) {
	t.Describe("events of calendars.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("calendar_id").Key(idKey).Doc("the calendar")
	t.Text("user_id").Key(idKey).Doc("the owner")
	t.Text("title").Doc("title")
	t.Text("description").Null().Doc("text")
	t.BigInt("start_at").Unit(schema.Nanoseconds).Doc("when it starts")
	t.BigInt("end_at").Null().Unit(schema.Nanoseconds).Doc("when it ends; NULL for open")
	t.Boolean("all_day").Doc("whether times of day count")
	t.Text("rrule").Null().Doc("recurrence as iCalendar writes it")
	t.Text("color").Null().Doc("of the entry")
	t.Text("location").Null().Doc("where")
	t.JSON("data").Null().Doc("further properties")
	t.JSON("meta").Null().Doc("further properties")
	t.Boolean("is_cancelled").Doc("whether it was called off")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc(changedAt)
	t.Index("ix_calendar_event_calendar", "calendar_id", "start_at")
	t.Index("ix_calendar_event_user_date", "user_id", "start_at")
})

// CalendarEventAttendee is the table calendar_event_attendee.
var CalendarEventAttendee = define("calendar_event_attendee", func(t *schema.Table) {
	t.Describe("who takes part in an event, once.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("event_id").Key(idKey).Doc("the event")
	t.Text("user_id").Key(idKey).Doc("who takes part")
	t.Text("status").Key(wordKey).Doc("pending, accepted, declined, tentative")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc(changedAt)
	t.Unique("uq_event_attendee", "event_id", "user_id")
	t.Index("ix_calendar_event_attendee_user", "user_id", "status")
})
