// Package policy decides what becomes of a row on its way into a table that may
// not take it as it is: whether it goes, is repaired, stays behind, or ends the
// whole. It is for package transfer, which asks it about every row:
//
//	j := policy.NewJudge(rules, dialect, table)
//	v := j.Row(raw)
//	if v.Fate == policy.Stays { ... }
//
// Each class of what can be wrong has a rule: fail (the default), repair or
// skip. What is repaired or skipped becomes a line of a quarantine file, with
// the row as it was, complete: see [Line].
//
// What it will not do: read or write a database, or drop anything without
// saying so.
package policy
