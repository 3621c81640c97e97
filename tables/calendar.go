package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// CalendarTable is the type of [Calendar].
type CalendarTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Color     query.Column[string] // of the entries
	IsDefault query.Column[bool]   // whether new events go here
	Data      query.JSONColumn     // further properties
	Meta      query.JSONColumn     // further properties
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
}

// Calendar is the table calendar: calendars.
var Calendar = defineCalendar()

func defineCalendar() CalendarTable {
	t := schema.Define("calendar").Describe("calendars.")
	c := CalendarTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("the owner")),
		Name:      query.Col[string](t.Text("name").Doc("display name")),
		Color:     query.Col[string](t.Text("color").Null().Doc("of the entries")),
		IsDefault: query.Col[bool](t.Boolean("is_default").Doc("whether new events go here")),
		Data:      query.JSONCol(t.JSON("data").Null().Doc("further properties")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Index("ix_calendar_user", "user_id")
	return c
}

// CalendarEventTable is the type of [CalendarEvent].
type CalendarEventTable struct {
	Table       *schema.Table
	ID          query.Column[string] // UUID, lower case
	CalendarID  query.Column[string] // the calendar
	UserID      query.Column[string] // the owner
	Title       query.Column[string] // title
	Description query.Column[string] // text
	StartAt     query.Column[int64]  // when it starts (nanoseconds)
	EndAt       query.Column[int64]  // when it ends; NULL for open (nanoseconds)
	AllDay      query.Column[bool]   // whether times of day count
	RRule       query.Column[string] // recurrence as iCalendar writes it
	Color       query.Column[string] // of the entry
	Location    query.Column[string] // where
	Data        query.JSONColumn     // further properties
	Meta        query.JSONColumn     // further properties
	IsCancelled query.Column[bool]   // whether it was called off
	CreatedAt   query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt   query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
}

// CalendarEvent is the table calendar_event: events of calendars.
var CalendarEvent = defineCalendarEvent()

func defineCalendarEvent() CalendarEventTable {
	t := schema.Define("calendar_event").Describe("events of calendars.")
	c := CalendarEventTable{
		Table:       t,
		ID:          query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		CalendarID:  query.Col[string](t.Text("calendar_id").Key(idKey).Doc("the calendar")),
		UserID:      query.Col[string](t.Text("user_id").Key(idKey).Doc("the owner")),
		Title:       query.Col[string](t.Text("title").Doc("title")),
		Description: query.Col[string](t.Text("description").Null().Doc("text")),
		StartAt:     query.Col[int64](t.BigInt("start_at").Unit(schema.Nanoseconds).Doc("when it starts")),
		EndAt:       query.Col[int64](t.BigInt("end_at").Null().Unit(schema.Nanoseconds).Doc("when it ends; NULL for open")),
		AllDay:      query.Col[bool](t.Boolean("all_day").Doc("whether times of day count")),
		RRule:       query.Col[string](t.Text("rrule").Null().Doc("recurrence as iCalendar writes it")),
		Color:       query.Col[string](t.Text("color").Null().Doc("of the entry")),
		Location:    query.Col[string](t.Text("location").Null().Doc("where")),
		Data:        query.JSONCol(t.JSON("data").Null().Doc("further properties")),
		Meta:        query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		IsCancelled: query.Col[bool](t.Boolean("is_cancelled").Doc("whether it was called off")),
		CreatedAt:   query.Col[int64](t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt:   query.Col[int64](t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Index("ix_calendar_event_calendar", "calendar_id", "start_at")
	t.Index("ix_calendar_event_user_date", "user_id", "start_at")
	return c
}

// CalendarEventAttendeeTable is the type of [CalendarEventAttendee].
type CalendarEventAttendeeTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	EventID   query.Column[string] // the event
	UserID    query.Column[string] // who takes part
	Status    query.Column[string] // pending, accepted, declined, tentative
	Meta      query.JSONColumn     // further properties
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
}

// CalendarEventAttendee is the table calendar_event_attendee: who takes part in an event, once.
var CalendarEventAttendee = defineCalendarEventAttendee()

func defineCalendarEventAttendee() CalendarEventAttendeeTable {
	t := schema.Define("calendar_event_attendee").Describe("who takes part in an event, once.")
	c := CalendarEventAttendeeTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		EventID:   query.Col[string](t.Text("event_id").Key(idKey).Doc("the event")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("who takes part")),
		Status:    query.Col[string](t.Text("status").Key(wordKey).Doc("pending, accepted, declined, tentative")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Unique("uq_event_attendee", "event_id", "user_id")
	t.Index("ix_calendar_event_attendee_user", "user_id", "status")
	return c
}
