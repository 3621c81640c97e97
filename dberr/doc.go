// Package dberr is the one vocabulary of failures in Larder: a closed list of
// codes, one error type that carries a code, and sentinels for errors.Is.
//
// An engine translates what its driver returns into a code once, by number,
// at its edge; everybody above acts on the code and never on the text:
//
//	_, err := st.Users.GetByEmail(ctx, "ada@example.com")
//	switch {
//	case errors.Is(err, dberr.ErrNotFound):
//		// nobody of that name
//	case dberr.Retryable(err):
//		// the same call may succeed when it is made again
//	}
//
// The text of an [Error] names the operation, the thing and the way out. It
// never holds a bound value or a password: the driver's own message, which may
// quote one, is reachable through errors.As for a debugger, and is not printed.
//
// What it will not do: map codes to HTTP (package server has that table), or
// retry (package engine does).
package dberr
