package op_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// inspect reads the live schema.
func inspect(t testing.TB, eng *engine.Engine) []*schema.Table {
	t.Helper()
	tables, err := eng.Inspect(t.Context(), driver.InspectOptions{})
	if err != nil {
		t.Fatalf("inspect: %v", err)
	}
	return tables
}

func state(t testing.TB, eng *engine.Engine) *op.State {
	t.Helper()
	s, err := op.NewState(eng.DDL(), inspect(t, eng)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs operations one after the other, as found in the live database.
func run(t testing.TB, eng *engine.Engine, ops ...op.Op) error {
	t.Helper()
	s := state(t, eng)
	for _, o := range op.Group(ops) {
		var rows []engine.Statement
		err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
			target := op.Target{Dialect: eng.Dialect(), DDL: eng.DDL(), Extras: func(table string) (driver.Extras, error) {
				return eng.DDL().Extras(ctx, conn, driver.InspectOptions{}, table)
			}}
			steps, err := op.Compile(o, s, target)
			if err != nil {
				return err
			}
			for _, st := range steps {
				if err := st.Resolve(target); err != nil {
					return err
				}
				if err := runScript(ctx, eng, conn, st.Script); err != nil {
					return err
				}
				rows = append(rows, st.Statements...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			for _, st := range rows {
				if _, err := tx.Exec(ctx, st); err != nil {
					return fmt.Errorf("%s: %w", st.SQL, cause(err))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// runScript runs a script and looks at its probes: none answers before its
// statement, each does afterwards.
func runScript(ctx context.Context, eng *engine.Engine, conn *sql.Conn, s driver.Script) error {
	last, probe := "", ""
	answers := func(query string, want bool) error {
		rows, err := conn.QueryContext(ctx, query)
		if err != nil {
			return fmt.Errorf("probe %s: %w", query, err)
		}
		got := rows.Next()
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("probe %s answers %v", query, got)
		}
		return nil
	}
	each := func(st driver.ScriptStatement) error {
		if probe != "" {
			if err := answers(probe, true); err != nil {
				return err
			}
		}
		last, probe = st.SQL, st.Probe
		if probe != "" {
			return answers(probe, false)
		}
		return nil
	}
	err := driver.RunScript(ctx, conn, s, driver.RunOptions{
		Transactional: eng.Dialect().Has(schema.TransactionalDDL),
		Each:          func(_ int, st driver.ScriptStatement) error { return each(st) },
	})
	if err != nil {
		return fmt.Errorf("%w\nat: %s", cause(err), last)
	}
	return each(driver.ScriptStatement{})
}

// cause shows the driver's error, which an Error never prints.
func cause(err error) error {
	deep := err
	for {
		u := errors.Unwrap(deep)
		if u == nil {
			break
		}
		deep = u
	}
	if deep == err || deep.Error() == err.Error() {
		return err
	}
	return fmt.Errorf("%w: %v", err, deep)
}

func mustRun(t testing.TB, eng *engine.Engine, ops ...op.Op) {
	t.Helper()
	if err := run(t, eng, ops...); err != nil {
		t.Fatalf("%v: %v", ops, err)
	}
}

// record is op.Record for calls that are right.
func record(t testing.TB, f func(ops *op.Ops)) []op.Op {
	t.Helper()
	ops, err := op.Record(f)
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

// must runs a portable statement.
func must(t testing.TB, eng *engine.Engine, text string, args ...any) {
	t.Helper()
	if _, err := op.Run(t.Context(), eng, text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// table reads rows as text, columns joined by "|", NULL as "-".
func table(t testing.TB, eng *engine.Engine, query string, columns ...string) []string {
	t.Helper()
	rows, err := op.Get(t.Context(), eng, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	out := make([]string, len(rows))
	for n, r := range rows {
		parts := make([]string, len(columns))
		for i, c := range columns {
			if parts[i] = "-"; !r.Null(c) {
				parts[i] = r.Text(c)
			}
		}
		out[n] = strings.Join(parts, "|")
	}
	return out
}

func normalize(t testing.TB, eng *engine.Engine, tables []*schema.Table) []*schema.Table {
	t.Helper()
	out := make([]*schema.Table, len(tables))
	for i, tb := range tables {
		n, err := eng.DDL().Normalize(tb)
		if err != nil {
			t.Fatalf("normalize %s: %v", tb.Name, err)
		}
		out[i] = n
	}
	return out
}

func lines(changes []schema.Change) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString("\n  " + c.String())
	}
	return b.String()
}
