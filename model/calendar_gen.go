// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Calendar is a row of table calendar: calendars.
type Calendar struct {
	ID        string         `db:"id" json:"id"`                 // UUID, lower case
	UserID    string         `db:"user_id" json:"user_id"`       // the owner
	Name      string         `db:"name" json:"name"`             // display name
	Color     *string        `db:"color" json:"color"`           // of the entries
	IsDefault bool           `db:"is_default" json:"is_default"` // whether new events go here
	Data      jsonvalue.JSON `db:"data" json:"data"`             // further properties
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`             // further properties
	CreatedAt int64          `db:"created_at" json:"created_at"` // when the row was made (nanoseconds)
	UpdatedAt int64          `db:"updated_at" json:"updated_at"` // when the program last changed the row (nanoseconds)
}

// CalendarEvent is a row of table calendar_event: events of calendars.
type CalendarEvent struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the calendar
	CalendarID string `db:"calendar_id" json:"calendar_id"`
	// the owner
	UserID string `db:"user_id" json:"user_id"`
	// title
	Title string `db:"title" json:"title"`
	// text
	Description *string `db:"description" json:"description"`
	// when it starts (nanoseconds)
	StartAt int64 `db:"start_at" json:"start_at"`
	// when it ends; NULL for open (nanoseconds)
	EndAt *int64 `db:"end_at" json:"end_at"`
	// whether times of day count
	AllDay bool `db:"all_day" json:"all_day"`
	// recurrence as iCalendar writes it
	RRule *string `db:"rrule" json:"rrule"`
	// of the entry
	Color *string `db:"color" json:"color"`
	// where
	Location *string `db:"location" json:"location"`
	// further properties
	Data jsonvalue.JSON `db:"data" json:"data"`
	// further properties
	Meta jsonvalue.JSON `db:"meta" json:"meta"`
	// whether it was called off
	IsCancelled bool `db:"is_cancelled" json:"is_cancelled"`
	// when the row was made (nanoseconds)
	CreatedAt int64 `db:"created_at" json:"created_at"`
	// when the program last changed the row (nanoseconds)
	UpdatedAt int64 `db:"updated_at" json:"updated_at"`
}

// CalendarEventAttendee is a row of table calendar_event_attendee: who takes
// part in an event, once.
type CalendarEventAttendee struct {
	ID        string         `db:"id" json:"id"`                 // UUID, lower case
	EventID   string         `db:"event_id" json:"event_id"`     // the event
	UserID    string         `db:"user_id" json:"user_id"`       // who takes part
	Status    string         `db:"status" json:"status"`         // pending, accepted, declined, tentative
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`             // further properties
	CreatedAt int64          `db:"created_at" json:"created_at"` // when the row was made (nanoseconds)
	UpdatedAt int64          `db:"updated_at" json:"updated_at"` // when the program last changed the row (nanoseconds)
}
