package query

import (
	sqldriver "database/sql/driver"
	"errors"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/value"
)

// TimeOfDay is a time of day without a date or a zone: the time since 00:00:00, of
// which there are 0 to less than 24 hours, to the microsecond. Columns of kind Time
// are Column[TimeOfDay]. The zero value is midnight. What lies outside of a day is a
// dberr.TooLarge error when it is bound.
type TimeOfDay time.Duration

// Clock is the time of day of hours from 0 to 23, minutes and seconds from 0 to 59.
// What is beyond them is carried over.
func Clock(hour, minute, second int) TimeOfDay {
	return TimeOfDay(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)
}

// ClockOf is the time of day that t has in its own zone, to the microsecond.
func ClockOf(t time.Time) TimeOfDay {
	return Clock(t.Clock()) + TimeOfDay(t.Nanosecond()).micro()
}

func (d TimeOfDay) micro() TimeOfDay { return d - d%TimeOfDay(time.Microsecond) }

// Clock is the hour from 0 to 23, the minute and the second from 0 to 59; the
// fraction of the second is left out.
func (d TimeOfDay) Clock() (hour, minute, second int) { return d.midnight().Clock() }

// On is the instant at which d is on the day of t, in the zone of t.
func (d TimeOfDay) On(t time.Time) time.Time {
	hour, minute, second := d.Clock()
	return time.Date(t.Year(), t.Month(), t.Day(), hour, minute, second, int(time.Duration(d)%time.Second), t.Location())
}

func (d TimeOfDay) midnight() time.Time { return time.Time{}.Add(time.Duration(d)) }

// String is the time as 15:04:05, with as many digits of the second's fraction as
// there are, up to six.
func (d TimeOfDay) String() string { return d.micro().midnight().Format("15:04:05.999999") }

// MarshalText is String; JSON has a time of day as such a text. There is no error.
func (d TimeOfDay) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 15:04:05, with or without a fraction, or 15:04; another text
// is an error.
func (d *TimeOfDay) UnmarshalText(text []byte) error { return d.Scan(string(text)) }

// Value is for drivers and database/sql: the text, or an error outside of a day.
func (d TimeOfDay) Value() (sqldriver.Value, error) {
	if d < 0 || d >= TimeOfDay(24*time.Hour) {
		return nil, dberr.New(dberr.TooLarge, "", "the time of day is not between 00:00:00 and 23:59:59.999999")
	}
	return d.midnight().Format(driver.TimeLayout), nil
}

// Scan takes the time in whatever form the driver has it. A time beyond a day, as
// MySQL's type can hold, is an error.
func (d *TimeOfDay) Scan(src any) error {
	switch x := src.(type) {
	case []byte:
		src = string(x)
	case time.Time:
		*d = ClockOf(x)
		return nil
	}
	s, _ := src.(string)
	t, ok := value.ParseTimeOfDay(s)
	if !ok {
		return errors.New("the value is not a time of day from 00:00:00 to 23:59:59.999999")
	}
	*d = TimeOfDay(t)
	return nil
}
