// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
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
	UpdatedAt query.Column[int64]  // when the program last changed the row (nanoseconds)
}

// Calendar is the table calendar: calendars.
var Calendar = CalendarTable{
	Table:     declared.Calendar,
	ID:        query.ColumnOf[string](declared.Calendar, "id"),
	UserID:    query.ColumnOf[string](declared.Calendar, "user_id"),
	Name:      query.ColumnOf[string](declared.Calendar, "name"),
	Color:     query.ColumnOf[string](declared.Calendar, "color"),
	IsDefault: query.ColumnOf[bool](declared.Calendar, "is_default"),
	Data:      query.JSONColumnOf(declared.Calendar, "data"),
	Meta:      query.JSONColumnOf(declared.Calendar, "meta"),
	CreatedAt: query.ColumnOf[int64](declared.Calendar, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.Calendar, "updated_at"),
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
	UpdatedAt   query.Column[int64]  // when the program last changed the row (nanoseconds)
}

// CalendarEvent is the table calendar_event: events of calendars.
var CalendarEvent = CalendarEventTable{
	Table:       declared.CalendarEvent,
	ID:          query.ColumnOf[string](declared.CalendarEvent, "id"),
	CalendarID:  query.ColumnOf[string](declared.CalendarEvent, "calendar_id"),
	UserID:      query.ColumnOf[string](declared.CalendarEvent, "user_id"),
	Title:       query.ColumnOf[string](declared.CalendarEvent, "title"),
	Description: query.ColumnOf[string](declared.CalendarEvent, "description"),
	StartAt:     query.ColumnOf[int64](declared.CalendarEvent, "start_at"),
	EndAt:       query.ColumnOf[int64](declared.CalendarEvent, "end_at"),
	AllDay:      query.ColumnOf[bool](declared.CalendarEvent, "all_day"),
	RRule:       query.ColumnOf[string](declared.CalendarEvent, "rrule"),
	Color:       query.ColumnOf[string](declared.CalendarEvent, "color"),
	Location:    query.ColumnOf[string](declared.CalendarEvent, "location"),
	Data:        query.JSONColumnOf(declared.CalendarEvent, "data"),
	Meta:        query.JSONColumnOf(declared.CalendarEvent, "meta"),
	IsCancelled: query.ColumnOf[bool](declared.CalendarEvent, "is_cancelled"),
	CreatedAt:   query.ColumnOf[int64](declared.CalendarEvent, "created_at"),
	UpdatedAt:   query.ColumnOf[int64](declared.CalendarEvent, "updated_at"),
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
	UpdatedAt query.Column[int64]  // when the program last changed the row (nanoseconds)
}

// CalendarEventAttendee is the table calendar_event_attendee: who takes part in
// an event, once.
var CalendarEventAttendee = CalendarEventAttendeeTable{
	Table:     declared.CalendarEventAttendee,
	ID:        query.ColumnOf[string](declared.CalendarEventAttendee, "id"),
	EventID:   query.ColumnOf[string](declared.CalendarEventAttendee, "event_id"),
	UserID:    query.ColumnOf[string](declared.CalendarEventAttendee, "user_id"),
	Status:    query.ColumnOf[string](declared.CalendarEventAttendee, "status"),
	Meta:      query.JSONColumnOf(declared.CalendarEventAttendee, "meta"),
	CreatedAt: query.ColumnOf[int64](declared.CalendarEventAttendee, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.CalendarEventAttendee, "updated_at"),
}
