package bench

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
)

// raw is database/sql as a careful programmer sets it up for one engine: the
// same driver, the same pool, the same settings of the connections.
type raw struct {
	reader, writer *sql.DB
}

func (r raw) close() {
	r.reader.Close()
	r.writer.Close()
}

func openRaw(b *testing.B, rawURL string) raw {
	b.Helper()
	u, err := dburl.Parse(rawURL)
	if err != nil {
		b.Fatal(err)
	}
	must := func(db *sql.DB, err error) *sql.DB {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
		return db
	}
	switch u.Backend {
	case dburl.SQLite:
		t, err := u.SQLite()
		if err != nil {
			b.Fatal(err)
		}
		q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
			"cache_size(-16384)", "temp_store(MEMORY)", "mmap_size(0)"}}
		reader := must(sql.Open("sqlite", "file:"+t.Path+"?"+q.Encode()+"&_pragma=query_only(1)"))
		reader.SetMaxOpenConns(15)
		reader.SetMaxIdleConns(15) // as Larder does for half a minute
		writer := must(sql.Open("sqlite", "file:"+t.Path+"?"+q.Encode()+"&_txlock=immediate"))
		writer.SetMaxOpenConns(1)
		return raw{reader, writer}
	case dburl.PostgreSQL:
		t, err := u.Postgres()
		if err != nil {
			b.Fatal(err)
		}
		cfg, err := pgx.ParseConfig(t.ConnString())
		if err != nil {
			b.Fatal(err)
		}
		db := stdlib.OpenDB(*cfg)
		db.SetMaxOpenConns(15)
		db.SetMaxIdleConns(15) // as Larder does for half a minute
		return raw{db, db}
	}
	t, err := u.MySQL()
	if err != nil {
		b.Fatal(err)
	}
	cfg := mysqldriver.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.Passwd, cfg.DBName = "tcp", t.Hosts[0].Address(), t.User, t.Password(), t.Database
	cfg.ParseTime, cfg.ClientFoundRows, cfg.MaxAllowedPacket = true, true, 0
	c, err := mysqldriver.NewConnector(cfg)
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(15)
	db.SetMaxIdleConns(15) // as Larder does for half a minute
	return raw{db, db}
}

// fixture is one database with both ways to it.
type fixture struct {
	eng     *engine.Engine
	raw     raw
	holders func(text string) string // ? becomes the engine's placeholder
}

var columns = strings.Split("id,user_id,title,archived,pinned,meta,folder_id,share_id,created_at,updated_at,c1,c2,c3,c4,c5", ",")

const rowsInTable = 1000

func newFixture(b *testing.B, name string) *fixture {
	b.Helper()
	db := testdb.New(b, name)
	eng, err := engine.Open(b.Context(), db.URL, engine.Options{Drivers: engines.All()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { eng.Close() })
	f := &fixture{eng: eng}
	f.holders = func(text string) string {
		var out []byte
		n := 0
		for i := range len(text) {
			if text[i] != '?' {
				out = append(out, text[i])
				continue
			}
			n++
			out = eng.Dialect().AppendPlaceholder(out, n)
		}
		return string(out)
	}
	for _, table := range []string{"chat", "sink", "bulk"} {
		f.exec(b, "CREATE TABLE "+table+
			" (id varchar(64) NOT NULL PRIMARY KEY, user_id varchar(64), title varchar(200), archived boolean, pinned boolean, meta text, folder_id varchar(64), share_id varchar(64), created_at bigint, updated_at bigint, c1 varchar(64), c2 varchar(64), c3 bigint, c4 bigint, c5 varchar(64))")
	}
	var rows [][]any
	for i := range rowsInTable {
		rows = append(rows, f.row(i))
	}
	if _, err := engine.BulkInsert(b.Context(), eng, "chat", columns, engine.BulkRows(rows)); err != nil {
		b.Fatal(err)
	}
	f.raw = openRaw(b, db.URL)
	b.Cleanup(f.raw.close)
	return f
}

func (f *fixture) exec(b *testing.B, text string) {
	b.Helper()
	if _, err := f.eng.Exec(b.Context(), engine.Statement{SQL: text, Write: true}); err != nil {
		b.Fatal(err)
	}
}

func (f *fixture) row(i int) []any {
	return []any{fmt.Sprintf("id-%08d", i), "user-1", fmt.Sprintf("A chat about subject %d", i), i%2 == 0, false,
		`{"tags":["a","b"],"n":1}`,
		nil, nil, int64(1700000000 + i), int64(1700000000 + i), "x", "y", int64(i), int64(2 * i), "the last one"}
}

type scanner interface {
	Next() bool
	Scan(...any) error
	Err() error
	Close() error
}

type chat struct {
	id, user, title, meta, c1, c2, c5 string
	archived, pinned                  bool
	folder, share                     sql.NullString
	created, updated, c3, c4          int64
}

func readAll(b *testing.B, rows scanner, err error, want int) {
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var c chat
		if err := rows.Scan(&c.id, &c.user, &c.title, &c.archived, &c.pinned, &c.meta, &c.folder, &c.share, &c.created,
			&c.updated, &c.c1, &c.c2, &c.c3, &c.c4, &c.c5); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil || n != want {
		b.Fatal(n, err)
	}
}

func readSix(b *testing.B, rows scanner, err error, want int) {
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var c chat
		if err := rows.Scan(&c.id, &c.title, &c.archived, &c.pinned, &c.created, &c.updated); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil || n != want {
		b.Fatal(n, err)
	}
}

// way is one way to do the same work; the first one of a comparison is what
// the others are measured by.
type way struct {
	name string
	do   func(i int)
}

// compare runs the ways in turns, pass by pass, and reports the median of the
// ratios within a pass: what else the machine does hits all of them alike.
func compare(b *testing.B, ways ...way) {
	b.Helper()
	const passes, passTime = 21, 25 * time.Millisecond
	n := 0
	times := func(w way, count int) time.Duration {
		begin := time.Now()
		for range count {
			w.do(n)
			n++
		}
		return time.Since(begin)
	}
	count := 1
	for times(ways[0], count) < passTime {
		count *= 2
	}
	for _, w := range ways {
		times(w, count)
	}
	taken := make([][]time.Duration, len(ways))
	for p := range passes {
		for k := range ways {
			i := (k + p) % len(ways)
			taken[i] = append(taken[i], times(ways[i], count))
		}
	}
	last := len(ways) - 1
	for i := range last {
		ratios := make([]float64, passes)
		for p := range passes {
			ratios[p] = float64(taken[last][p]) / float64(taken[i][p])
		}
		slices.Sort(ratios)
		b.ReportMetric(ratios[passes/2], "x-"+ways[i].name)
	}
	slices.Sort(taken[last])
	b.ReportMetric(float64(taken[last][passes/2].Nanoseconds())/float64(count), "ns/op")
}

func each(b *testing.B, fn func(b *testing.B, f *fixture)) {
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) { fn(b, newFixture(b, name)) })
	}
}

func prepare(b *testing.B, db *sql.DB, text string) *sql.Stmt {
	b.Helper()
	s, err := db.Prepare(text)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkEngineGet reads one row by its key.
func BenchmarkEngineGet(b *testing.B) {
	each(b, func(b *testing.B, f *fixture) {
		ctx := b.Context()
		text := f.holders("SELECT " + strings.Join(columns, ", ") + " FROM chat WHERE id = ?")
		st := prepare(b, f.raw.reader, text)
		key := func(i int) string { return fmt.Sprintf("id-%08d", i%rowsInTable) }
		compare(b,
			way{"raw", func(i int) {
				rows, err := f.raw.reader.QueryContext(ctx, text, key(i))
				readAll(b, rows, err, 1)
			}},
			way{"prepared", func(i int) {
				rows, err := st.QueryContext(ctx, key(i))
				readAll(b, rows, err, 1)
			}},
			way{"engine", func(i int) {
				rows, err := f.eng.Query(ctx, engine.Statement{Name: "get", SQL: text, Args: []any{key(i)}, Cache: true})
				readAll(b, rows, err, 1)
			}})
	})
}

// BenchmarkEngineList reads 60 rows of 6 columns.
func BenchmarkEngineList(b *testing.B) {
	each(b, func(b *testing.B, f *fixture) {
		ctx := b.Context()
		text := f.holders("SELECT id, title, archived, pinned, created_at, updated_at FROM chat WHERE user_id = ? ORDER BY id LIMIT 60")
		st := prepare(b, f.raw.reader, text)
		compare(b,
			way{"raw", func(int) {
				rows, err := f.raw.reader.QueryContext(ctx, text, "user-1")
				readSix(b, rows, err, 60)
			}},
			way{"prepared", func(int) {
				rows, err := st.QueryContext(ctx, "user-1")
				readSix(b, rows, err, 60)
			}},
			way{"engine", func(int) {
				rows, err := f.eng.Query(ctx, engine.Statement{Name: "list", SQL: text, Args: []any{"user-1"}, Cache: true})
				readSix(b, rows, err, 60)
			}})
	})
}

// BenchmarkEngineScan reads 1,000 rows of 15 columns.
func BenchmarkEngineScan(b *testing.B) {
	each(b, func(b *testing.B, f *fixture) {
		ctx := b.Context()
		text := "SELECT " + strings.Join(columns, ", ") + " FROM chat"
		compare(b,
			way{"raw", func(int) {
				rows, err := f.raw.reader.QueryContext(ctx, text)
				readAll(b, rows, err, rowsInTable)
			}},
			way{"engine", func(int) {
				rows, err := f.eng.Query(ctx, engine.Statement{Name: "scan", SQL: text, Cache: true})
				readAll(b, rows, err, rowsInTable)
			}})
	})
}

// BenchmarkEngineInsert inserts one row of 15 columns.
func BenchmarkEngineInsert(b *testing.B) {
	each(b, func(b *testing.B, f *fixture) {
		ctx := b.Context()
		text := f.holders("INSERT INTO sink (" + strings.Join(columns, ", ") + ") VALUES (?" +
			strings.Repeat(", ?", 14) + ")")
		st := prepare(b, f.raw.writer, text)
		check := func(err error) {
			if err != nil {
				b.Fatal(err)
			}
		}
		compare(b,
			way{"raw", func(i int) {
				_, err := f.raw.writer.ExecContext(ctx, text, f.row(i)...)
				check(err)
			}},
			way{"prepared", func(i int) {
				_, err := st.ExecContext(ctx, f.row(i)...)
				check(err)
			}},
			way{"engine", func(i int) {
				_, err := f.eng.Exec(ctx, engine.Statement{Name: "insert", SQL: text, Args: f.row(i), Write: true, Cache: true})
				check(err)
			}})
	})
}

// BenchmarkEngineTx is a transaction of a read and two writes.
func BenchmarkEngineTx(b *testing.B) {
	each(b, func(b *testing.B, f *fixture) {
		ctx := b.Context()
		get, put := f.holders("SELECT c3 FROM chat WHERE id = ?"), f.holders("UPDATE chat SET c3 = ? WHERE id = ?")
		key := func(i int) string { return fmt.Sprintf("id-%08d", i%rowsInTable) }
		compare(b,
			way{"raw", func(i int) {
				tx, err := f.raw.writer.BeginTx(ctx, nil)
				if err != nil {
					b.Fatal(err)
				}
				defer tx.Rollback()
				var n int64
				if err := tx.QueryRowContext(ctx, get, key(i)).Scan(&n); err != nil {
					b.Fatal(err)
				}
				for k := range 2 {
					if _, err := tx.ExecContext(ctx, put, n+1, key(i+k)); err != nil {
						b.Fatal(err)
					}
				}
				if err := tx.Commit(); err != nil {
					b.Fatal(err)
				}
			}},
			way{"engine", func(i int) {
				err := f.eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
					rows, err := tx.Query(ctx, engine.Statement{SQL: get, Args: []any{key(i)}})
					if err != nil {
						return err
					}
					defer rows.Close()
					var n int64
					for rows.Next() {
						if err := rows.Scan(&n); err != nil {
							return err
						}
					}
					for k := range 2 {
						if _, err := tx.Exec(ctx, engine.Statement{SQL: put, Args: []any{n + 1, key(i + k)}, Write: true}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}})
	})
}

// BenchmarkEngineBulk inserts 1,000 rows of 15 columns, against the portable
// ways: statements of 100 rows, and one prepared statement row by row.
func BenchmarkEngineBulk(b *testing.B) {
	each(b, func(b *testing.B, f *fixture) {
		ctx := b.Context()
		one := "(?" + strings.Repeat(", ?", 14) + ")"
		head := "INSERT INTO bulk (" + strings.Join(columns, ", ") + ") VALUES "
		hundred, single := f.holders(head+one+strings.Repeat(", "+one, 99)), f.holders(head+one)
		var rows [][]any
		for i := range rowsInTable {
			rows = append(rows, f.row(i))
		}
		empty := func() {
			if _, err := f.raw.writer.ExecContext(ctx, "DELETE FROM bulk"); err != nil {
				b.Fatal(err)
			}
		}
		inTx := func(fn func(tx *sql.Tx) error) {
			tx, err := f.raw.writer.BeginTx(ctx, nil)
			if err == nil {
				err = fn(tx)
			}
			if err == nil {
				err = tx.Commit()
			}
			if err != nil {
				b.Fatal(err)
			}
			empty()
		}
		compare(b,
			way{"raw-multirow", func(int) {
				inTx(func(tx *sql.Tx) error {
					args := make([]any, 0, 1500)
					for at := 0; at < len(rows); at += 100 {
						args = args[:0]
						for _, r := range rows[at : at+100] {
							args = append(args, r...)
						}
						if _, err := tx.ExecContext(ctx, hundred, args...); err != nil {
							return err
						}
					}
					return nil
				})
			}},
			way{"raw-rowwise", func(int) {
				inTx(func(tx *sql.Tx) error {
					st, err := tx.PrepareContext(ctx, single)
					if err != nil {
						return err
					}
					defer st.Close()
					for _, r := range rows {
						if _, err := st.ExecContext(ctx, r...); err != nil {
							return err
						}
					}
					return nil
				})
			}},
			way{"engine", func(int) {
				if _, err := engine.BulkInsert(ctx, f.eng, "bulk", columns, engine.BulkRows(rows)); err != nil {
					b.Fatal(err)
				}
				empty()
			}})
	})
}
