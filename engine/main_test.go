package engine_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
)

func TestMain(m *testing.M) {
	if child := os.Getenv("LARDER_ENGINE_CHILD"); child != "" {
		os.Exit(runChild(child))
	}
	goleak.VerifyTestMain(m)
}

// st makes a statement for the dialect of q; ? stands for each placeholder.
func st(q engine.Queryer, write bool, text string, args ...any) engine.Statement {
	var b []byte
	n := 0
	for i := range len(text) {
		if text[i] == '?' {
			n++
			b = q.Dialect().AppendPlaceholder(b, n)
			continue
		}
		b = append(b, text[i])
	}
	name, _, _ := strings.Cut(text, " ")
	return engine.Statement{Name: "test." + strings.ToLower(name), SQL: string(b), Args: args, Write: write, Cache: true}
}

// do runs a writing statement that must succeed.
func do(t testing.TB, q engine.Queryer, text string, args ...any) {
	t.Helper()
	if _, err := q.Exec(t.Context(), st(q, true, text, args...)); err != nil {
		t.Fatalf("%s: %v (%v)", text, err, errors.Unwrap(err))
	}
}

// number reads one integer.
func number(t testing.TB, q engine.Queryer, text string, args ...any) int64 {
	t.Helper()
	n, err := readNumber(t.Context(), q, text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

func readNumber(ctx context.Context, q engine.Queryer, text string, args ...any) (int64, error) {
	rows, err := q.Query(ctx, st(q, false, text, args...))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var n int64
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// code fails the test unless err has the code.
func code(t testing.TB, err error, want dberr.Code) {
	t.Helper()
	if dberr.CodeOf(err) != want {
		t.Fatalf("code %q, want %q: %v (%v)", dberr.CodeOf(err), want, err, errors.Unwrap(err))
	}
}

func table(t testing.TB, q engine.Queryer) {
	t.Helper()
	do(t, q, "CREATE TABLE item (id integer NOT NULL PRIMARY KEY, name varchar(100), n integer NOT NULL DEFAULT 0)")
}

func drivers() []driver.Driver { return engines.All() }
