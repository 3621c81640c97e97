package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Primary result codes of SQLite, in the lower eight bits of an extended one.
const (
	codeError      = 1
	codePerm       = 3
	codeAbort      = 4
	codeBusy       = 5
	codeLocked     = 6
	codeNoMem      = 7
	codeReadOnly   = 8
	codeInterrupt  = 9
	codeIOErr      = 10
	codeCorrupt    = 11
	codeFull       = 13
	codeCantOpen   = 14
	codeProtocol   = 15
	codeSchema     = 17
	codeTooBig     = 18
	codeConstraint = 19
	codeMismatch   = 20
	codeMisuse     = 21
	codeAuth       = 23
	codeRange      = 25
	codeNotADB     = 26
)

// Extended codes that mean something else than their primary code.
const (
	codeBusySnapshot         = 517
	codeAbortRollback        = 516
	codeConstraintCheck      = 275
	codeConstraintForeignKey = 787
	codeConstraintNotNull    = 1299
	codeConstraintPrimaryKey = 1555
	codeConstraintTrigger    = 1811
	codeConstraintUnique     = 2067
	codeConstraintRowID      = 2579
	codeConstraintDataType   = 3091
)

type classifier struct{}

// Classify says which failure err is, by SQLite's extended result code.
func (classifier) Classify(err error) driver.Fault {
	switch {
	case errors.Is(err, context.Canceled):
		return driver.Fault{Code: dberr.Canceled, TxLost: true}
	case errors.Is(err, context.DeadlineExceeded):
		return driver.Fault{Code: dberr.Timeout, TxLost: true}
	}
	code, text, ok := nativeError(err)
	if !ok {
		switch {
		case errors.Is(err, sqldriver.ErrBadConn):
			return driver.Fault{Code: dberr.Unavailable, Unsent: true, Broken: true,
				Detail: "the connection was given up before the statement was sent"}
		case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
			return driver.Fault{Code: dberr.Invalid, Detail: "the connection or transaction is over"}
		}
		return driver.Fault{Code: dberr.Internal}
	}
	f := driver.Fault{Code: dberr.Internal, Native: strconv.Itoa(code)}
	switch code {
	case codeConstraintUnique, codeConstraintPrimaryKey, codeConstraintRowID:
		f.Code, f.Constraint = dberr.AlreadyExists, constraintOf(text)
		return f
	case codeConstraintForeignKey:
		f.Code = dberr.ForeignKey
		return f
	case codeConstraintNotNull:
		f.Code, f.Constraint = dberr.NotNull, constraintOf(text)
		return f
	case codeConstraintCheck:
		f.Code, f.Constraint = dberr.Check, constraintOf(text)
		return f
	case codeConstraintTrigger:
		f.Code, f.Detail = dberr.Check, "a trigger refused the change"
		return f
	case codeConstraintDataType:
		f.Code, f.Detail = dberr.Invalid, "a value has not the type of its column"
		return f
	case codeBusySnapshot:
		f.Code, f.TxLost = dberr.Conflict, true
		return f
	}
	switch code & 0xff {
	case codeConstraint:
		f.Code = dberr.Check
	case codeBusy, codeLocked, codeProtocol:
		f.Code, f.Detail = dberr.Busy, "another connection held the database's lock for longer than the busy timeout"
	case codeInterrupt:
		f.Code, f.TxLost = dberr.Canceled, true
	case codeAbort:
		f.Code, f.TxLost = dberr.Conflict, true
	case codeReadOnly, codePerm:
		f.Code = dberr.ReadOnly
	case codeTooBig:
		f.Code, f.Detail = dberr.TooLarge, "a value or statement is over SQLite's limit of length; make it smaller"
	case codeFull:
		f.Code, f.TxLost, f.Detail = dberr.Full, true,
			"the disk is full, or the database has reached its largest size; free space, or raise max_page_count"
	case codeIOErr:
		f.TxLost, f.Detail = true, "the disk reported an error"
	case codeNoMem:
		f.TxLost, f.Detail = true, "SQLite ran out of memory"
	case codeCorrupt:
		f.Detail = "the database file is damaged; restore it from a backup"
	case codeNotADB:
		f.Code, f.Detail = dberr.Invalid, "the file is not a SQLite database, or is encrypted"
	case codeCantOpen:
		f.Code, f.Detail = dberr.Invalid,
			"the database file cannot be opened; check the permissions of the file and of its directory"
	case codeSchema:
		f.Code, f.Detail = dberr.Conflict, "the schema changed while the statement ran"
	case codeMismatch:
		f.Code, f.Detail = dberr.Invalid, "a value has not the type of its column"
	case codeRange, codeMisuse:
		f.Code, f.Detail = dberr.Invalid, "the statement has another number of placeholders than values"
	case codeAuth:
		f.Code, f.Detail = dberr.Unsupported, "the statement is not allowed"
	case codeError:
		// SQLite has one number for everything that is wrong with a statement;
		// only the words tell a missing table from a typing error.
		f = ofWords(text, f)
	}
	return f
}

// constraintOf takes the identifiers from the fixed form of SQLite's messages,
// "UNIQUE constraint failed: chat.id, chat.user_id": SQLite names columns, or
// a check or an index with expressions, and never a value.
func constraintOf(text string) string {
	const mark = " constraint failed: "
	_, names, ok := strings.Cut(text, mark)
	if !ok {
		return ""
	}
	// A driver may put the code behind: " (2067)".
	if i := strings.LastIndex(names, " ("); i > 0 {
		if _, err := strconv.Atoi(strings.TrimSuffix(names[i+2:], ")")); err == nil {
			names = names[:i]
		}
	}
	if index, isIndex := strings.CutPrefix(names, "index '"); isIndex {
		return strings.TrimSuffix(index, "'")
	}
	return names
}
