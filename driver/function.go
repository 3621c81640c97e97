package driver

import "github.com/larder-db/larder/schema"

// Rounding says where a number with digits to lose goes.
type Rounding int

// The roundings.
const (
	Nearest Rounding = iota // halves away from zero
	Down                    // to the next one that is not greater
	Up                      // to the next one that is not less
)

// TimeUnit is a part of an instant, in UTC.
type TimeUnit string

// The units. Week is for Truncated alone: weeks begin on Mondays. WeekDay (1 is
// Monday) and YearDay (from 1) are for TimePart alone.
const (
	Year    TimeUnit = "year"
	Quarter TimeUnit = "quarter" // from 1
	Month   TimeUnit = "month"   // from 1
	Week    TimeUnit = "week"
	Day     TimeUnit = "day"
	Hour    TimeUnit = "hour"
	Minute  TimeUnit = "minute"
	Second  TimeUnit = "second" // without its fraction
	WeekDay TimeUnit = "weekday"
	YearDay TimeUnit = "yearday"
)

// Functions writes functions that engines call by different names, or that give
// different results on them.
type Functions interface {
	// Rounded writes e, a float or a decimal, with digits behind the point; of a
	// float there is no negative zero.
	Rounded(b *Builder, how Rounding, e Typed, digits int)
	// TimePart writes a part of e, an instant or a date, as a whole number.
	TimePart(b *Builder, part TimeUnit, e Typed)
	// Truncated writes the instant at which the unit of e began.
	Truncated(b *Builder, unit TimeUnit, e Typed)
	// Epoch writes the whole seconds from 1970-01-01 UTC to e.
	Epoch(b *Builder, e Typed)
	// FromEpoch writes the instant so many seconds after 1970-01-01 UTC.
	FromEpoch(b *Builder, seconds Expr)
	// Shifted writes the instant so many microseconds after e, an instant or a
	// date; before it where there are less than 0.
	Shifted(b *Builder, e Typed, micros Expr)
	// TextAgg writes the texts of a group, NULLs left out, one after another with
	// separator between them, in the order that order writes; nil is any order.
	TextAgg(b *Builder, e Expr, separator string, order func())
	// JSONString writes e, a text, as a JSON string; NULL is NULL.
	JSONString(b *Builder, e Expr)
	// Upper writes e in upper case, Unicode.
	Upper(b *Builder, e Expr)
	// Call writes a function that is called by its own name. Whole numbers are taken
	// in the width that it asks for.
	Call(b *Builder, name string, args []Expr)
	// Written binds x, as Encode made it of a value of type ty, at a place where
	// nothing says what it is for, with the type that it would have as a literal there.
	Written(b *Builder, ty schema.Type, x any)
}

// WriteCall writes a function call.
func WriteCall(b *Builder, name string, args []Expr) {
	b.SQL(name).SQL("(")
	b.List(len(args), func(i int) { b.Expr(args[i]) })
	b.SQL(")")
}
