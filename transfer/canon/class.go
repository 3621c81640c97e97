package canon

import "slices"

// Class is a way in which a value or a row cannot go where it should.
type Class string

// The classes.
const (
	NUL         Class = "nul"          // text with the character U+0000, as such or escaped in JSON
	Encoding    Class = "encoding"     // text that is not UTF-8, JSON with half of a surrogate pair
	InvalidJSON Class = "invalid-json" // text in a JSON column that is no JSON
	Booleans    Class = "booleans"     // a boolean stored as 2 or 'true'
	Numbers     Class = "numbers"      // a number stored as text, a fraction in a column of whole numbers
	Times       Class = "times"        // a date or time stored as something that is none
	TooLong     Class = "too-long"     // over the length of a key or column, or over the packet of the server
	JSONLimits  Class = "json-limits"  // JSON nested deeper, or with greater numbers, than the target takes
	Nulls       Class = "nulls"        // no value in a column that must have one
	Orphans     Class = "orphans"      // a row that refers to one that is not there
	Duplicates  Class = "duplicates"   // two rows with a key that the target has only once
	Unknown     Class = "unknown"      // a table or column that the target does not have
)

// Classes lists all of them in the order of the constants.
func Classes() []Class {
	return []Class{NUL, Encoding, InvalidJSON, Booleans, Numbers, Times, TooLong, JSONLimits, Nulls, Orphans,
		Duplicates, Unknown}
}

// Valid reports whether c is one of [Classes].
func (c Class) Valid() bool { return slices.Contains(Classes(), c) }

// Error says why a value does not fit its column. It never holds the value.
type Error struct {
	Class Class
	Why   string // half a sentence: "the text holds the character U+0000"
}

// Error is Why.
func (e *Error) Error() string { return e.Why }

func wrong(c Class, why string) error { return &Error{Class: c, Why: why} }
