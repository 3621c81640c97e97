package bench

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
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
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/transfer"
)

// The tables that are moved, with what they have most of.
var moved = []struct {
	table   string
	columns []string
}{
	{"user", []string{"id", "name", "email", "role", "profile_image_url", "last_active_at", "updated_at", "created_at"}},
	{"chat", []string{"id", "user_id", "title", "created_at", "updated_at", "archived", "pinned", "meta", "chat"}},
	{"chat_message", []string{"id", "chat_id", "user_id", "role", "content", "created_at", "updated_at"}},
}

// installation makes a file like that of an installation, from a seed: chats of
// 20 messages, in the document and as rows of their own.
func installation(b *testing.B, chats int) string {
	b.Helper()
	url := "sqlite:///" + filepath.Join(b.TempDir(), "webui.db")
	db, err := larder.Open(b.Context(), url, larder.Options{})
	must(b, err)
	defer db.Close()
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the quick brown fox jumps over a lazy dog while \\\"somebody\\\" reads größer 数据 and writes code")
	text := func(n int) string {
		var s strings.Builder
		for s.Len() < n {
			s.WriteString(words[r.IntN(len(words))] + " ")
		}
		return s.String()
	}
	put := func(i int, rows [][]any) {
		_, err := engine.BulkInsert(b.Context(), db.Engine(), moved[i].table, moved[i].columns, engine.BulkRows(rows))
		must(b, err)
	}
	put(0, [][]any{{"u", "Ada", "ada@example.com", "user", "", int64(1), int64(1), int64(1)}})
	for at := 0; at < chats; at += 100 {
		var docs, messages [][]any
		for i := at; i < at+100; i++ {
			id := fmt.Sprintf("%08x-chat", r.Uint32())
			var doc strings.Builder
			for m := range 20 {
				said := text(600)
				fmt.Fprintf(&doc, `,"%d":{"id":"%d","role":"user","content":"%s"}`, m, m, said)
				messages = append(messages,
					[]any{fmt.Sprintf("%s-%d", id, m), id, "u", "user", `"` + said + `"`, int64(i), int64(i)})
			}
			docs = append(docs, []any{id, "u", text(30), int64(i), int64(i), int64(0), int64(0), "{}",
				`{"history":{"messages":{` + doc.String()[1:] + `}}}`})
		}
		put(1, docs)
		put(2, messages)
	}
	return url
}

// target is an empty database at the head.
func target(b *testing.B, name string) (*engine.Engine, raw) {
	b.Helper()
	url := testdb.New(b, name).URL
	eng, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All()})
	must(b, err)
	b.Cleanup(func() { eng.Close() })
	must(b, fresh.Create(b.Context(), eng, tables.All(), []string{tables.Head}))
	r := openRaw(b, url)
	b.Cleanup(r.close)
	return eng, r
}

// rawRows reads a table as a programmer would, and gives each row.
func rawRows(b *testing.B, from *sql.DB, table string, columns []string, each func(row []any) error) error {
	b.Helper()
	rows, err := from.QueryContext(b.Context(), `SELECT "`+strings.Join(columns, `", "`)+`" FROM "`+table+`" ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	values, dest := make([]any, len(columns)), make([]any, len(columns))
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

// rawCopy moves the rows by COPY on PostgreSQL, by statements of 256 rows elsewhere.
func rawCopy(b *testing.B, from *sql.DB, eng *engine.Engine, to raw) {
	b.Helper()
	for _, m := range moved {
		if eng.URL().Backend == dburl.PostgreSQL {
			rawCopyIn(b, from, to.writer, m.table, m.columns)
			continue
		}
		tx, err := to.writer.BeginTx(b.Context(), nil)
		must(b, err)
		var args []any
		flush := func() error {
			if len(args) == 0 {
				return nil
			}
			one := "(?" + strings.Repeat(",?", len(m.columns)-1) + ")"
			text := "INSERT INTO `" + m.table + "` (`" + strings.Join(m.columns, "`,`") + "`) VALUES " +
				one + strings.Repeat(","+one, len(args)/len(m.columns)-1)
			_, err := tx.ExecContext(b.Context(), text, args...)
			args = args[:0]
			return err
		}
		must(b, rawRows(b, from, m.table, m.columns, func(row []any) error {
			args = append(args, row...)
			if len(args) == 256*len(m.columns) {
				return flush()
			}
			return nil
		}))
		must(b, flush())
		must(b, tx.Commit())
	}
}

// rawCopyIn is COPY by pgx, of 8 MB at a time.
func rawCopyIn(b *testing.B, from, to *sql.DB, table string, columns []string) {
	b.Helper()
	conn, err := to.Conn(b.Context())
	must(b, err)
	defer conn.Close()
	must(b, conn.Raw(func(c any) error {
		var batch [][]any
		pg := c.(*stdlib.Conn).Conn()
		flush := func() error {
			_, err := pg.CopyFrom(b.Context(), pgx.Identifier{table}, columns, pgx.CopyFromRows(batch))
			batch = batch[:0]
			return err
		}
		size := 0
		err := rawRows(b, from, table, columns, func(row []any) error {
			row = slices.Clone(row)
			for i, v := range row {
				if columns[i] == "archived" || columns[i] == "pinned" {
					row[i] = v != int64(0) && v != false
				}
				if s, ok := v.(string); ok {
					size += len(s)
				}
			}
			batch = append(batch, row)
			if size > 8<<20 {
				size = 0
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

// BenchmarkTransferCopy moves the rows of an installation of 16 MB into each
// engine, against what a programmer would write for these tables: COPY of the
// same rows on PostgreSQL, statements of 256 rows elsewhere. x-raw is without
// the comparison of both sides in the end, x-verified with it.
func BenchmarkTransferCopy(b *testing.B) {
	url := installation(b, 600)
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			from := openRaw(b, url)
			defer from.close()
			src, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All(), ReadOnly: true})
			must(b, err)
			defer src.Close()
			ours := func(verify bool) time.Duration {
				eng, _ := target(b, name)
				begin := time.Now()
				must(b, transfer.Snapshot(b.Context(), src, func(ctx context.Context, s transfer.Source) error {
					run, err := transfer.Begin(ctx, eng, "copy",
						transfer.Options{NoVerify: !verify, Tables: []string{"user", "chat", "chat_message"}})
					if err != nil {
						return err
					}
					if _, err := run.Copy(ctx, s); err != nil {
						return err
					}
					return run.Finish(ctx)
				}))
				return time.Since(begin)
			}
			var plain, verified []float64
			var took time.Duration
			for range 3 {
				eng, to := target(b, name)
				begin := time.Now()
				rawCopy(b, from.reader, eng, to)
				raw := time.Since(begin)
				took = ours(false)
				plain = append(plain, float64(took)/float64(raw))
				verified = append(verified, float64(ours(true))/float64(raw))
			}
			slices.Sort(plain)
			slices.Sort(verified)
			b.ReportMetric(plain[1], "x-raw")
			b.ReportMetric(verified[1], "x-verified")
			b.ReportMetric(float64(took.Milliseconds()), "ms/copy")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkTransferBackup writes an archive of the same installation, against
// reading its rows and compressing their values.
func BenchmarkTransferBackup(b *testing.B) {
	url := installation(b, 600)
	from := openRaw(b, url)
	defer from.close()
	u, err := dburl.Parse(url)
	must(b, err)
	var ratios []float64
	for range 3 {
		begin := time.Now()
		z, err := zstd.NewWriter(io.Discard, zstd.WithEncoderConcurrency(1))
		must(b, err)
		for _, m := range moved {
			must(b, rawRows(b, from.reader, m.table, m.columns, func(row []any) error {
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
		ratios = append(ratios, float64(time.Since(begin))/float64(raw))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[1], "x-raw")
	b.ReportMetric(0, "ns/op")
}
