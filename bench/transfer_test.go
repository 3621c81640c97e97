package bench

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/klauspost/compress/zstd"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/transfer"
)

// moved is a table that the raw way moves, with all of its columns.
type moved struct {
	*schema.Table
	columns []string
}

// filled are the tables that have rows, in an order in which they can be filled.
func filled(b *testing.B, from *sql.DB) []moved {
	b.Helper()
	var out []moved
	sorted, _ := schema.Sorted(tables.All())
	for _, t := range sorted {
		var some int
		must(b, from.QueryRowContext(b.Context(), `SELECT count(*) FROM (SELECT 1 FROM "`+t.Name+`" LIMIT 1)`).Scan(&some))
		if some == 0 {
			continue
		}
		m := moved{Table: t}
		for _, c := range t.Columns {
			m.columns = append(m.columns, c.Name)
		}
		out = append(out, m)
	}
	return out
}

// target is an empty database at the head.
func target(b *testing.B, name string) (*engine.Engine, raw) {
	b.Helper()
	url := testdb.New(b, name).URL
	eng, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All()})
	must(b, err)
	must(b, fresh.Create(b.Context(), eng, tables.All(), []string{tables.Head}))
	return eng, openRaw(b, url)
}

// rawRows reads a table as a programmer would, and gives each row.
func rawRows(b *testing.B, from *sql.DB, m moved, each func(row []any) error) error {
	b.Helper()
	rows, err := from.QueryContext(b.Context(), `SELECT "`+strings.Join(m.columns, `", "`)+`" FROM "`+m.Name+`" ORDER BY "`+
		strings.Join(m.PrimaryKey.Columns, `", "`)+`"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	values, dest := make([]any, len(m.columns)), make([]any, len(m.columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := each(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// batchBytes is how much goes in one statement of the raw way at most, so that it
// has not all of the large rows in memory, either.
const batchBytes = 8 << 20

// bytesOf is how long the texts of a row are.
func bytesOf(row []any) int {
	size := 0
	for _, v := range row {
		if s, ok := v.(string); ok {
			size += len(s)
		}
	}
	return size
}

// rawCopy moves the rows by COPY on PostgreSQL, by statements of 256 rows elsewhere.
func rawCopy(b *testing.B, from *sql.DB, eng *engine.Engine, to raw) {
	b.Helper()
	for _, m := range filled(b, from) {
		if eng.URL().Backend == dburl.PostgreSQL {
			rawCopyIn(b, from, to.writer, m)
		} else {
			rawInsert(b, from, to.writer, m)
		}
	}
}

// rawInsert writes statements of 256 rows, or of 8 MB, all of a table in one transaction.
func rawInsert(b *testing.B, from, to *sql.DB, m moved) {
	b.Helper()
	tx, err := to.BeginTx(b.Context(), nil)
	must(b, err)
	one := "(?" + strings.Repeat(",?", len(m.columns)-1) + ")"
	text := "INSERT INTO `" + m.Name + "` (`" + strings.Join(m.columns, "`,`") + "`) VALUES " + one
	rows := min(256, 32000/len(m.columns))
	full, err := tx.PrepareContext(b.Context(), text+strings.Repeat(","+one, rows-1))
	must(b, err)
	var args []any
	size := 0
	flush := func() error {
		n := len(args) / len(m.columns)
		if n == rows {
			_, err = full.ExecContext(b.Context(), args...)
		} else if n > 0 {
			_, err = tx.ExecContext(b.Context(), text+strings.Repeat(","+one, n-1), args...)
		}
		args, size = args[:0], 0
		return err
	}
	must(b, rawRows(b, from, m, func(row []any) error {
		args = append(args, row...)
		size += bytesOf(row)
		if len(args) == rows*len(m.columns) || size > batchBytes {
			return flush()
		}
		return nil
	}))
	must(b, flush())
	must(b, full.Close())
	must(b, tx.Commit())
}

// rawCopyIn is COPY by pgx, of 8 MB at a time.
func rawCopyIn(b *testing.B, from, to *sql.DB, m moved) {
	b.Helper()
	conn, err := to.Conn(b.Context())
	must(b, err)
	defer conn.Close()
	must(b, conn.Raw(func(c any) error {
		var batch [][]any
		pg := c.(*stdlib.Conn).Conn()
		size := 0
		flush := func() error {
			_, err := pg.CopyFrom(b.Context(), pgx.Identifier{m.Name}, m.columns, pgx.CopyFromRows(batch))
			batch, size = batch[:0], 0
			return err
		}
		err := rawRows(b, from, m, func(row []any) error {
			row = slices.Clone(row)
			for i, v := range row {
				if m.Columns[i].Type.Kind == schema.Boolean && v != nil {
					row[i] = v != int64(0) && v != false
				}
			}
			batch = append(batch, row)
			if size += bytesOf(row); size > batchBytes {
				return flush()
			}
			return nil
		})
		if err != nil {
			return err
		}
		return flush()
	}))
}

// ourCopy moves the same tables by package transfer.
func ourCopy(b *testing.B, from *engine.Engine, to *engine.Engine, only []moved, verify bool) {
	b.Helper()
	o := transfer.Options{NoVerify: !verify}
	for _, m := range only {
		o.Tables = append(o.Tables, m.Name)
	}
	must(b, transfer.Snapshot(b.Context(), from, func(ctx context.Context, s transfer.Source) error {
		run, err := transfer.Begin(ctx, to, "copy", o)
		if err != nil {
			return err
		}
		if _, err := run.Copy(ctx, s); err != nil {
			return err
		}
		return run.Finish(ctx)
	}))
}

// intoEmpty is how long a way takes into an empty database, of which nothing is left
// afterwards.
func intoEmpty(b *testing.B, name string, way func(eng *engine.Engine, to raw)) float64 {
	b.Helper()
	eng, to := target(b, name)
	begin := time.Now()
	way(eng, to)
	took := time.Since(begin).Seconds()
	to.close()
	sorted, _ := schema.Sorted(tables.All())
	for _, t := range slices.Backward(sorted) {
		must(b, eng.DropTable(b.Context(), "bench", t))
	}
	must(b, eng.Close())
	return took
}

// BenchmarkTransferCopy moves the rows of a large installation into each engine,
// against what a programmer would write for these tables: COPY of the same rows
// on PostgreSQL, statements of 256 rows elsewhere. x-raw is without the comparison
// of both sides in the end, x-verified with it, both of the medians. Each way is
// once the first of a round, once the second and once the last: a server has to
// write out what the one before has left in its memory, and one that comes after
// a comparison finds that done.
func BenchmarkTransferCopy(b *testing.B) {
	url := installed(b)
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			from := openRaw(b, url)
			defer from.close()
			src, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All(), ReadOnly: true})
			must(b, err)
			defer src.Close()
			only := filled(b, from.reader)
			ways := []func(eng *engine.Engine, to raw){
				func(eng *engine.Engine, to raw) { rawCopy(b, from.reader, eng, to) },
				func(eng *engine.Engine, _ raw) { ourCopy(b, src, eng, only, false) },
				func(eng *engine.Engine, _ raw) { ourCopy(b, src, eng, only, true) },
			}
			took := make([][]float64, len(ways))
			for round := range ways {
				for i := range ways {
					way := (round + i) % len(ways)
					took[way] = append(took[way], intoEmpty(b, name, ways[way]))
				}
			}
			byHand, plain, verified := median(took[0]), median(took[1]), median(took[2])
			b.ReportMetric(plain/byHand, "x-raw")
			b.ReportMetric(verified/byHand, "x-verified")
			b.ReportMetric(plain, "s/copy")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkTransferBackup writes an archive of the same installation, against
// reading its rows and compressing their values.
func BenchmarkTransferBackup(b *testing.B) {
	url := installed(b)
	from := openRaw(b, url)
	defer from.close()
	u, err := dburl.Parse(url)
	must(b, err)
	var ratios, took []float64
	for range 3 {
		begin := time.Now()
		z, err := zstd.NewWriter(io.Discard, zstd.WithEncoderConcurrency(1))
		must(b, err)
		for _, m := range filled(b, from.reader) {
			must(b, rawRows(b, from.reader, m, func(row []any) error {
				for _, v := range row {
					if _, err := fmt.Fprintf(z, "%v\n", v); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		must(b, z.Close())
		raw := time.Since(begin)
		begin = time.Now()
		_, err = larder.Backup(b.Context(), u, io.Discard, larder.MoveOptions{})
		must(b, err)
		took = append(took, time.Since(begin).Seconds())
		ratios = append(ratios, took[len(took)-1]/raw.Seconds())
	}
	b.ReportMetric(median(ratios), "x-raw")
	b.ReportMetric(median(took), "s/backup")
	b.ReportMetric(0, "ns/op")
}
