package dberr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
)

func TestEveryCodeHasItsOwnSentinelAndSentence(t *testing.T) {
	sentinels := map[dberr.Code]error{
		dberr.NotFound: dberr.ErrNotFound, dberr.AlreadyExists: dberr.ErrAlreadyExists, dberr.ForeignKey: dberr.ErrForeignKey,
		dberr.NotNull: dberr.ErrNotNull, dberr.Check: dberr.ErrCheck, dberr.Invalid: dberr.ErrInvalid, dberr.TooLarge: dberr.ErrTooLarge,
		dberr.Conflict: dberr.ErrConflict, dberr.Busy: dberr.ErrBusy, dberr.Unavailable: dberr.ErrUnavailable, dberr.Canceled: dberr.ErrCanceled,
		dberr.Timeout: dberr.ErrTimeout, dberr.ReadOnly: dberr.ErrReadOnly, dberr.Full: dberr.ErrFull, dberr.Unsupported: dberr.ErrUnsupported,
		dberr.SchemaMismatch: dberr.ErrSchemaMismatch, dberr.Internal: dberr.ErrInternal,
	}
	seen := map[string]dberr.Code{}
	for _, c := range dberr.Codes() {
		err := error(&dberr.Error{Code: c, Op: "op", Engine: "sqlite", Err: errors.New("driver")})
		for other, s := range sentinels {
			if got := errors.Is(fmt.Errorf("wrapped: %w", err), s); got != (other == c) {
				t.Errorf("%s is the sentinel of %s: %v", c, other, got)
			}
		}
		text := (&dberr.Error{Code: c}).Error()
		if prev, dup := seen[text]; dup {
			t.Errorf("%s and %s say the same sentence", c, prev)
		}
		seen[text] = c
	}
	if len(sentinels) != len(dberr.Codes()) {
		t.Errorf("%d sentinels for %d codes", len(sentinels), len(dberr.Codes()))
	}
}

func TestTheDriversTextIsNeverPrinted(t *testing.T) {
	cause := errors.New("Duplicate entry 'ada@example.com' for key 'email'")
	err := dberr.WithOp(&dberr.Error{Code: dberr.AlreadyExists, Engine: "mysql", Native: "1062", Constraint: "email",
		Err: cause}, "users.Create")
	for _, s := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%s", err)} {
		if strings.Contains(s, "ada@example.com") {
			t.Errorf("the bound value is printed: %s", s)
		}
		if !strings.Contains(s, "users.Create") || !strings.Contains(s, "mysql 1062") ||
			!strings.Contains(s, "constraint email") {
			t.Errorf("the message names too little: %s", s)
		}
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is not reachable")
	}
}

func TestCodeOfAndRetryable(t *testing.T) {
	if got := dberr.CodeOf(nil); got != "" {
		t.Errorf("CodeOf(nil) = %q", got)
	}
	if got := dberr.CodeOf(errors.New("x")); got != dberr.Internal {
		t.Errorf("CodeOf(unclassified) = %q", got)
	}
	if dberr.WithOp(nil, "x") != nil {
		t.Error("WithOp(nil) is not nil")
	}
	for _, c := range dberr.Codes() {
		want := c == dberr.Conflict || c == dberr.Busy || c == dberr.Unavailable
		if got := dberr.Retryable(&dberr.Error{Code: c}); got != want {
			t.Errorf("Retryable(%s) = %v", c, got)
		}
	}
}
