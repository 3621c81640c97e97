package dberr

import (
	"errors"
	"strings"
)

// Code says what kind of failure an [Error] is. Programs act on codes.
type Code string

// The closed list of codes.
const (
	NotFound       Code = "not_found"       // the row, table or object asked for does not exist
	AlreadyExists  Code = "already_exists"  // a unique or primary key holds the value already
	ForeignKey     Code = "foreign_key"     // the row refers to, or is referred to by, another row; or other objects of the schema depend on this one
	NotNull        Code = "not_null"        // a required column was given no value
	Check          Code = "check"           // a check constraint refused the row
	Invalid        Code = "invalid"         // the input is malformed: a bad URL, argument or value
	TooLarge       Code = "too_large"       // the value is over a limit of the engine; nothing was cut
	Conflict       Code = "conflict"        // a concurrent transaction won: deadlock, serialization failure, lost optimistic lock
	Busy           Code = "busy"            // a lock or connection could not be obtained in time
	Unavailable    Code = "unavailable"     // the server is away, is starting, or dropped the connection
	Canceled       Code = "canceled"        // the caller's context was canceled
	Timeout        Code = "timeout"         // the caller's deadline, or the server's statement timeout, passed
	ReadOnly       Code = "read_only"       // a write where only reads are allowed
	Full           Code = "full"            // there is no room left for what is written: the disk, or a quota
	Unsupported    Code = "unsupported"     // the engine cannot do this, whatever the data
	SchemaMismatch Code = "schema_mismatch" // the database lacks a table or column this build expects
	Internal       Code = "internal"        // a fault of Larder or of the engine
)

// Codes lists every code, in the order in which they are documented.
func Codes() []Code {
	return []Code{NotFound, AlreadyExists, ForeignKey, NotNull, Check, Invalid, TooLarge, Conflict, Busy,
		Unavailable, Canceled, Timeout, ReadOnly, Full, Unsupported, SchemaMismatch, Internal}
}

// Sentinels for errors.Is. An [Error] is its code's sentinel, and only that one.
var (
	ErrNotFound       = &Error{Code: NotFound}
	ErrAlreadyExists  = &Error{Code: AlreadyExists}
	ErrForeignKey     = &Error{Code: ForeignKey}
	ErrNotNull        = &Error{Code: NotNull}
	ErrCheck          = &Error{Code: Check}
	ErrInvalid        = &Error{Code: Invalid}
	ErrTooLarge       = &Error{Code: TooLarge}
	ErrConflict       = &Error{Code: Conflict}
	ErrBusy           = &Error{Code: Busy}
	ErrUnavailable    = &Error{Code: Unavailable}
	ErrCanceled       = &Error{Code: Canceled}
	ErrTimeout        = &Error{Code: Timeout}
	ErrReadOnly       = &Error{Code: ReadOnly}
	ErrFull           = &Error{Code: Full}
	ErrUnsupported    = &Error{Code: Unsupported}
	ErrSchemaMismatch = &Error{Code: SchemaMismatch}
	ErrInternal       = &Error{Code: Internal}
)

// Error is a classified failure.
type Error struct {
	Op         string // what was being done, in the caller's words: "chats.Update", "connect"
	Code       Code
	Engine     string // "sqlite", "postgresql", "mysql", "mariadb"; empty when no engine was asked
	Constraint string // the constraint or index that refused, as the database names it; empty when unknown
	Native     string // the engine's own number: SQLSTATE, MySQL errno, SQLite extended code; empty when none
	Msg        string // one sentence that names the thing and the way out; holds no bound value
	Unsent     bool   // the statement certainly did not take effect: it may be sent again even outside a transaction
	Denied     bool   // the database user lacks a privilege that Msg names; Code is Invalid
	Err        error  // the driver's error; never printed, because it may quote a value
}

// New makes an [Error] that no driver caused.
func New(code Code, op, msg string) *Error { return &Error{Code: code, Op: op, Msg: msg} }

// Error renders "op: message (engine, constraint, native number)".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	if e.Msg != "" {
		b.WriteString(e.Msg)
	} else {
		b.WriteString(sentence(e.Code))
	}
	var tail []string
	if e.Engine != "" {
		if e.Native != "" {
			tail = append(tail, e.Engine+" "+e.Native)
		} else {
			tail = append(tail, e.Engine)
		}
	}
	if e.Constraint != "" {
		tail = append(tail, "constraint "+e.Constraint)
	}
	if len(tail) > 0 {
		b.WriteString(" (" + strings.Join(tail, ", ") + ")")
	}
	return b.String()
}

// Unwrap gives the driver's error to errors.As.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the sentinel of e's code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && *t == Error{Code: e.Code}
}

// CodeOf returns the code of the first [Error] in err's chain, Internal for
// any other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Retryable reports whether the same transaction may succeed when it is run
// again as a whole: conflict, busy and unavailable. Whether a run that ended
// in unavailable at its commit has taken effect is unknown; engine.InTx
// knows the difference and does not apply a transaction twice.
func Retryable(err error) bool {
	switch CodeOf(err) {
	case Conflict, Busy, Unavailable:
		return true
	}
	return false
}

// IsDenied reports whether the first [Error] in err's chain says that the database
// user lacks a privilege for what was asked; false for any other error, and nil.
func IsDenied(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Denied
}

// WithEngine returns err with the name of the engine that it comes from, when
// there is an *Error in it; any other error, and nil, stays as it is.
func WithEngine(err error, engine string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Engine = engine
	return &c
}

// WithOp returns err with op in front, keeping code and cause. A nil err stays nil.
func WithOp(err error, op string) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		c := *e
		if c.Op != "" {
			c.Op = op + ": " + c.Op
		} else {
			c.Op = op
		}
		return &c
	}
	return &Error{Op: op, Code: Internal, Err: err}
}

func sentence(c Code) string {
	switch c {
	case NotFound:
		return "not found"
	case AlreadyExists:
		return "a row with this key exists already"
	case ForeignKey:
		return "a row that this one refers to is missing, or other rows still refer to this one"
	case NotNull:
		return "a required column has no value"
	case Check:
		return "a check constraint refused the row"
	case Invalid:
		return "the input is not valid"
	case TooLarge:
		return "the value is larger than the engine can hold"
	case Conflict:
		return "a concurrent transaction got in the way; run the transaction again"
	case Busy:
		return "the database is busy; try again, or allow more time"
	case Unavailable:
		return "the database server cannot be reached or dropped the connection"
	case Canceled:
		return "canceled by the caller"
	case Timeout:
		return "the deadline passed before the database answered"
	case ReadOnly:
		return "a write was refused because this connection or transaction is read-only"
	case Full:
		return "there is no room left on the disk or in the quota of the database; free some, then try again"
	case Unsupported:
		return "the engine does not support this"
	case SchemaMismatch:
		return "the database does not have the table or column this build expects; run the migrations"
	}
	return "the operation failed"
}
