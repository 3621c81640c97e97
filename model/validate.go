package model

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fault is what Validate reports: a field that cannot be right.
type Fault struct {
	Table  string // "chat"
	Column string // "user_id"
	What   string // "is missing"; never the value
}

// Error names table, column and fault.
func (f *Fault) Error() string { return f.Table + "." + f.Column + " " + f.What }

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func check(ok bool, table, column, what string) error {
	if ok {
		return nil
	}
	return &Fault{Table: table, Column: column, What: what}
}

// key checks a text that rows are found by.
func key(table, column, v string) error {
	return firstOf(
		check(v != "", table, column, "is missing"),
		check(utf8.ValidString(v) && !strings.ContainsRune(v, 0), table, column, "is not UTF-8 without NUL"),
	)
}

func atMost(table, column string, v *string, n int) error {
	fits := v == nil || utf8.RuneCountInString(*v) <= n
	return check(fits, table, column, "has more than "+strconv.Itoa(n)+" characters")
}

// oneOf accepts nil.
func oneOf(table, column string, v *string, words ...string) error {
	return check(v == nil || slices.Contains(words, *v), table, column, "is none of "+strings.Join(words, ", "))
}
