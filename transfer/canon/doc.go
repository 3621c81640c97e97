// Package canon gives a value of a column one form, whichever engine it comes
// from: for checksums that can be compared between engines, for rows in files,
// and for bringing what one engine holds into what another one takes.
//
//	v, err := canon.Read(column.Type, raw) // what a driver returned
//	sum := canon.RowSum(types, row)
//
// A value is nil, a bool, an int64, a float64, a string, a []byte or a
// time.Time. JSON is its exact text, which every engine keeps; only where one of
// two sides keeps the value and not the text is it put into one spelling, see
// [JSON]. A value that is not of its column's type, as SQLite lets columns
// hold, is an error with a [Class] and comes back as it is.
//
// What it will not do: repair anything, or talk to a database.
package canon
