package bench

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// doc has 15 columns; a list shows 6 of them.
var (
	doc   = schema.Define("bench_doc")
	docID = query.Col[string](doc.Text("id").Key(36).PrimaryKey())
	owner = query.Col[string](doc.Text("owner").Key(36))
	title = query.Col[string](doc.Text("title").Null())
	made  = query.Col[int64](doc.BigInt("created_at"))
	saved = query.Col[int64](doc.BigInt("updated_at"))
	done  = query.Col[bool](doc.Boolean("done"))
	c7    = query.Col[string](doc.Text("c7").Null())
	c8    = query.Col[string](doc.Text("c8").Null())
	c9    = query.Col[int64](doc.BigInt("c9"))
	c10   = query.Col[int64](doc.BigInt("c10"))
	c11   = query.Col[float64](doc.Float("c11"))
	c12   = query.Col[bool](doc.Boolean("c12"))
	c13   = query.Col[string](doc.Text("c13"))
	c14   = query.Col[string](doc.Text("c14"))
	body  = query.JSONCol(doc.JSON("body").Null())

	_ = doc.Index("ix_bench_doc_owner", "owner", "updated_at")
)

type docRow struct {
	ID    string         `db:"id"`
	Owner string         `db:"owner"`
	Title *string        `db:"title"`
	Made  int64          `db:"created_at"`
	Saved int64          `db:"updated_at"`
	Done  bool           `db:"done"`
	C7    *string        `db:"c7"`
	C8    *string        `db:"c8"`
	C9    int64          `db:"c9"`
	C10   int64          `db:"c10"`
	C11   float64        `db:"c11"`
	C12   bool           `db:"c12"`
	C13   string         `db:"c13"`
	C14   string         `db:"c14"`
	Body  jsonvalue.JSON `db:"body"`
}

type short struct {
	ID    string  `db:"id"`
	Title *string `db:"title"`
	Made  int64   `db:"created_at"`
	Saved int64   `db:"updated_at"`
	Done  bool    `db:"done"`
	Owner string  `db:"owner"`
}

var (
	getDoc = query.Prepare[docRow](query.SelectFrom(doc).Where(docID.EqTo(query.Param[string]("id"))).Named("bench.Get"))
	list   = query.Prepare[short](query.Select(docID, title, made, saved, done, owner).From(doc).
		Where(owner.EqTo(query.Param[string]("owner"))).OrderBy(saved.Desc(), docID).LimitTo(query.Param[int]("limit")).
		Named("bench.List"))
	scan = query.Prepare[docRow](query.SelectFrom(doc).OrderBy(docID).LimitTo(query.Param[int]("limit")).
		Named("bench.Scan"))
	add = query.Prepare[struct{}](query.Insert(doc).
		Params(docID, owner, title, made, saved, done, c7, c8, c9, c10, c11, c12, c13, c14, body).Named("bench.Insert"))
	putBody = query.Prepare[struct{}](query.Update(doc).Params(body).Where(docID.EqTo(query.Param[string]("id"))).
		Named("bench.PutBody"))
	getBody = query.Prepare[jsonvalue.JSON](query.Select(body).From(doc).Where(docID.EqTo(query.Param[string]("id"))).
		Named("bench.GetBody"))
)

func newRow(i int) docRow {
	s := "text of some length " + strconv.Itoa(i)
	return docRow{ID: fmt.Sprintf("id-%08d", i), Owner: "owner-" + strconv.Itoa(i%20), Title: &s, Made: int64(i), Saved: int64(i), Done: i%2 == 0,
		C7: &s, C9: int64(i), C10: -int64(i), C11: float64(i) / 7, C12: true, C13: s, C14: s, Body: jsonvalue.Text(`{"a":[1,2,3],"b":"` + s + `"}`)}
}

// queryBench is an engine and the raw driver on the same database.
type queryBench struct {
	eng  *engine.Engine
	raw  raw
	hold func(n int) string // the n-th placeholder
}

func open(b *testing.B, name string) *queryBench {
	db := testdb.New(b, name)
	eng, err := engine.Open(b.Context(), db.URL, engine.Options{Drivers: engines.All()})
	must(b, err)
	b.Cleanup(func() { eng.Close() })
	f := &queryBench{eng: eng, raw: openRaw(b, db.URL), hold: func(int) string { return "?" }}
	if name == testdb.PostgreSQL {
		f.hold = func(n int) string { return "$" + strconv.Itoa(n) }
	}
	b.Cleanup(f.raw.close)
	createOn(b, f.eng, doc)
	return f
}

func createOn(b *testing.B, eng *engine.Engine, t *schema.Table) {
	texts, err := eng.DDL().CreateTables(t)
	must(b, err)
	for _, s := range texts {
		_, err := eng.Exec(b.Context(), engine.Statement{SQL: s, Write: true})
		must(b, err)
	}
}

func (f *queryBench) fill(b testing.TB, n int) {
	b.Helper()
	if _, err := query.BulkInsert(b.Context(), f.eng, doc, func(yield func(docRow, error) bool) {
		for i := range n {
			if !yield(newRow(i), nil) {
				return
			}
		}
	}); err != nil {
		b.Fatal(err)
	}
	if _, err := f.raw.writer.ExecContext(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
}

func (f *queryBench) prepare(b testing.TB, text string) *sql.Stmt {
	b.Helper()
	for n := 1; strings.Contains(text, "%"); n++ {
		text = strings.Replace(text, "%", f.hold(n), 1)
	}
	db := f.raw.reader
	if !strings.HasPrefix(text, "SELECT") {
		db = f.raw.writer
	}
	st, err := db.PrepareContext(b.Context(), text)
	if err != nil {
		b.Fatal(err, text)
	}
	b.Cleanup(func() { st.Close() })
	return st
}

// eachQuery runs a benchmark on the engines that figures are asked for.
func eachQuery(b *testing.B, f func(b *testing.B, f *queryBench)) {
	for _, name := range []string{testdb.SQLite, testdb.PostgreSQL} {
		b.Run(name, func(b *testing.B) { f(b, open(b, name)) })
	}
}

// against measures ours and raw in turns, so that what else the machine does
// hits both, and reports the median of the ratios as x-raw.
func against(b *testing.B, per int, ours, raw func(i int)) {
	const passes = 101
	pass := func(f func(i int), from int) time.Duration {
		start := time.Now()
		for i := range per {
			f(from + i)
		}
		return time.Since(start)
	}
	pass(ours, 0)
	pass(raw, per)
	var ratios []float64
	var mine, theirs time.Duration
	b.ResetTimer()
	for b.Loop() {
		for k := range passes {
			from := (k + 1) * 2 * per
			var o, r time.Duration
			if k%2 == 0 {
				o, r = pass(ours, from), pass(raw, from+per)
			} else {
				r, o = pass(raw, from+per), pass(ours, from)
			}
			mine, theirs = mine+o, theirs+r
			ratios = append(ratios, float64(o)/float64(r))
		}
	}
	slices.Sort(ratios)
	ops := float64(len(ratios) * per)
	b.ReportMetric(ratios[len(ratios)/2], "x-raw")
	b.ReportMetric(float64(mine.Microseconds())/ops, "us/op")
	b.ReportMetric(float64(theirs.Microseconds())/ops, "raw-us/op")
	b.ReportMetric(0, "ns/op")
}

func must(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

const allColumns = "id, owner, title, created_at, updated_at, done, c7, c8, c9, c10, c11, c12, c13, c14, body"

func (r *docRow) fields() []any {
	return []any{&r.ID, &r.Owner, &r.Title, &r.Made, &r.Saved, &r.Done, &r.C7, &r.C8, &r.C9, &r.C10, &r.C11, &r.C12,
		&r.C13, &r.C14, &r.Body}
}

func BenchmarkQueryGet(b *testing.B) {
	eachQuery(b, func(b *testing.B, f *queryBench) {
		f.fill(b, 5000)
		ctx := b.Context()
		st := f.prepare(b, "SELECT "+allColumns+" FROM bench_doc WHERE id = %")
		id := func(i int) string { return fmt.Sprintf("id-%08d", rand.IntN(5000)) }
		against(b, 40, func(i int) {
			_, err := getDoc.One(ctx, f.eng, id(i))
			must(b, err)
		}, func(i int) {
			var r docRow
			must(b, st.QueryRowContext(ctx, id(i)).Scan(r.fields()...))
		})
	})
}

func BenchmarkQueryList(b *testing.B) {
	eachQuery(b, func(b *testing.B, f *queryBench) {
		f.fill(b, 5000)
		ctx := b.Context()
		st := f.prepare(b, "SELECT id, title, created_at, updated_at, done, owner FROM bench_doc WHERE owner = % ORDER BY updated_at DESC, id LIMIT %")
		against(b, 10, func(i int) {
			rows, err := list.All(ctx, f.eng, "owner-"+strconv.Itoa(i%20), 60)
			if must(b, err); len(rows) != 60 {
				b.Fatal(len(rows))
			}
		}, func(i int) {
			rows, err := st.QueryContext(ctx, "owner-"+strconv.Itoa(i%20), 60)
			must(b, err)
			out := []short{}
			for rows.Next() {
				var r short
				must(b, rows.Scan(&r.ID, &r.Title, &r.Made, &r.Saved, &r.Done, &r.Owner))
				out = append(out, r)
			}
			must(b, rows.Close())
			if len(out) != 60 {
				b.Fatal(len(out))
			}
		})
	})
}

func BenchmarkQueryScan(b *testing.B) {
	eachQuery(b, func(b *testing.B, f *queryBench) {
		f.fill(b, 5000)
		ctx := b.Context()
		st := f.prepare(b, "SELECT "+allColumns+" FROM bench_doc ORDER BY id LIMIT %")
		against(b, 2, func(int) {
			rows, err := scan.All(ctx, f.eng, 1000)
			if must(b, err); len(rows) != 1000 {
				b.Fatal(len(rows))
			}
		}, func(int) {
			rows, err := st.QueryContext(ctx, 1000)
			must(b, err)
			out := []docRow{}
			for rows.Next() {
				var r docRow
				must(b, rows.Scan(r.fields()...))
				out = append(out, r)
			}
			must(b, rows.Close())
			if len(out) != 1000 {
				b.Fatal(len(out))
			}
		})
	})
}

// content is what a program knows of a document.
type content struct {
	A []int  `json:"a"`
	B string `json:"b"`
}

type labelled struct {
	ID   string                   `db:"id"`
	Word string                   `db:"word"`
	Next int64                    `db:"next"`
	Body jsonvalue.Typed[content] `db:"body"`
}

// BenchmarkQueryListTyped is a list with documents that are read as a type, and with
// expressions that have names and are ordered by. Words are of columns, or members of
// documents: to tell a string from true costs another look into the document, which
// the raw statement does without.
func BenchmarkQueryListTyped(b *testing.B) {
	for name, c := range map[string]struct {
		word query.Selectable
		raw  string
	}{
		"column": {query.Coalesce(title, query.Val("")).As("word"), "coalesce(title, '')"},
		"member": {body.Path("b").Text().As("word"), "body ->> '$.b'"},
	} {
		b.Run(name, func(b *testing.B) { listTyped(b, c.word, c.raw) })
	}
}

func listTyped(b *testing.B, word query.Selectable, raw string) {
	next := saved.Plus(1).As("next")
	typed := query.Prepare[labelled](query.Select(docID, word, next, body).From(doc).
		Where(owner.EqTo(query.Param[string]("owner"))).OrderBy(next.Desc(), docID).LimitTo(query.Param[int]("limit")).
		Named("bench.ListTyped"))
	f := open(b, testdb.SQLite)
	f.fill(b, 5000)
	ctx := b.Context()
	st := f.prepare(b, "SELECT id, "+raw+" AS word, updated_at + 1 AS next, body FROM bench_doc WHERE owner = % "+
		"ORDER BY next DESC, id LIMIT %")
	against(b, 10, func(i int) {
		rows, err := typed.All(ctx, f.eng, "owner-"+strconv.Itoa(i%20), 60)
		if must(b, err); len(rows) != 60 {
			b.Fatal(len(rows))
		}
		for _, r := range rows {
			v, err := r.Body.Get()
			if must(b, err); len(v.A) != 3 || r.Word != v.B {
				b.Fatal(r)
			}
		}
	}, func(i int) {
		rows, err := st.QueryContext(ctx, "owner-"+strconv.Itoa(i%20), 60)
		must(b, err)
		n := 0
		for rows.Next() {
			var id, word string
			var next int64
			var text []byte
			var v content
			must(b, rows.Scan(&id, &word, &next, &text))
			if must(b, json.Unmarshal(text, &v)); len(v.A) != 3 || word != v.B {
				b.Fatal(id)
			}
			n++
		}
		must(b, rows.Close())
		if n != 60 {
			b.Fatal(n)
		}
	})
}

// BenchmarkQueryInsert is one row in a transaction of its own, as a server does it.
func BenchmarkQueryInsert(b *testing.B) {
	eachQuery(b, func(b *testing.B, f *queryBench) {
		ctx := b.Context()
		st := f.prepare(b, "INSERT INTO bench_doc ("+allColumns+") VALUES ("+
			strings.TrimSuffix(strings.Repeat("%, ", 15), ", ")+")")
		n := 0
		against(b, 10, func(int) {
			n++
			r := newRow(n)
			_, err := add.Exec(ctx, f.eng, query.By(&r))
			must(b, err)
		}, func(int) {
			n++
			r := newRow(n)
			_, err := st.ExecContext(ctx, r.ID, r.Owner, r.Title, r.Made, r.Saved, r.Done, r.C7, r.C8, r.C9, r.C10, r.C11, r.C12,
				r.C13, r.C14, r.Body)
			must(b, err)
		})
	})
}

// bigDocument is 1.3 MB of chat: many short strings with quotes in them.
func bigDocument() string {
	var s strings.Builder
	s.WriteString(`{"messages":[`)
	for i := 0; s.Len() < 1300000; i++ {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"id":"%08d","role":"user","content":"He said \"hello\" and left.\nThen \"nothing\": {\"a\": [1, 2]} äöü 🐍","timestamp":%d}`, i, 1700000000+i)
	}
	s.WriteString(`]}`)
	return s.String()
}

func BenchmarkQueryWriteDocument(b *testing.B) {
	text := bigDocument()
	eachQuery(b, func(b *testing.B, f *queryBench) {
		f.fill(b, 1)
		ctx := b.Context()
		j, err := jsonvalue.Parse(text) // once, as a request's body is
		must(b, err)
		st := f.prepare(b, "UPDATE bench_doc SET body = % WHERE id = %")
		against(b, 1, func(int) {
			n, err := putBody.Exec(ctx, f.eng, j, "id-00000000")
			if must(b, err); n != 1 {
				b.Fatal(n)
			}
		}, func(int) {
			_, err := st.ExecContext(ctx, text, "id-00000000")
			must(b, err)
		})
	})
}

func BenchmarkQueryReadDocument(b *testing.B) {
	text := bigDocument()
	eachQuery(b, func(b *testing.B, f *queryBench) {
		f.fill(b, 1)
		ctx := b.Context()
		_, err := putBody.Exec(ctx, f.eng, jsonvalue.Text(text), "id-00000000")
		must(b, err)
		st := f.prepare(b, "SELECT body FROM bench_doc WHERE id = %")
		against(b, 1, func(int) {
			j, err := getBody.One(ctx, f.eng, "id-00000000")
			if must(b, err); len(j.String()) != len(text) {
				b.Fatal(len(j.String()))
			}
		}, func(int) {
			var s string
			if must(b, st.QueryRowContext(ctx, "id-00000000").Scan(&s)); len(s) != len(text) {
				b.Fatal(len(s))
			}
		})
	})
}

type pair struct {
	ID int64  `db:"id"`
	V  string `db:"v"`
}

var (
	streamed = schema.Define("bench_stream")
	pairID   = query.Col[int64](streamed.BigInt("id").PrimaryKey())
	pairV    = query.Col[string](streamed.Text("v"))
	pairs    = query.Prepare[pair](query.Select(pairID, pairV).From(streamed).Named("bench.Stream"))
)

const (
	streamRows = 1000000
	streamURL  = "BENCH_STREAM_URL"
)

// BenchmarkQueryStream reads 1,000,000 rows in a process of its own, and
// reports the most memory that the process had resident.
func BenchmarkQueryStream(b *testing.B) {
	if url := os.Getenv(streamURL); url != "" {
		readStream(b, url)
		return
	}
	for _, name := range []string{testdb.SQLite, testdb.PostgreSQL} {
		b.Run(name, func(b *testing.B) {
			db := testdb.New(b, name)
			eng, err := engine.Open(b.Context(), db.URL, engine.Options{Drivers: engines.All()})
			must(b, err)
			createOn(b, eng, streamed)
			_, err = query.BulkInsert(b.Context(), eng, streamed, func(yield func(pair, error) bool) {
				for i := range int64(streamRows) {
					if !yield(pair{i, "a value of some fifty bytes, as a title may have it"}, nil) {
						return
					}
				}
			})
			must(b, err)
			must(b, eng.Close())
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkQueryStream$",
					"-test.benchtime=1x")
				cmd.Env = append(os.Environ(), streamURL+"="+db.URL)
				out, err := cmd.CombinedOutput()
				if err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				for _, unit := range []string{"resident-MB", "rows/s"} {
					b.ReportMetric(metric(b, string(out), unit), unit)
				}
			}
		})
	}
}

// metric finds a figure in the output of a benchmark.
func metric(b *testing.B, out, unit string) float64 {
	fields := strings.Fields(out)
	i := slices.Index(fields, unit)
	if i < 1 {
		b.Fatalf("no %s in %s", unit, out)
	}
	v, err := strconv.ParseFloat(fields[i-1], 64)
	must(b, err)
	return v
}

func readStream(b *testing.B, url string) {
	for b.Loop() {
		eng, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All()})
		must(b, err)
		peak, count := 0, 0
		start := time.Now()
		for _, err := range pairs.Rows(b.Context(), eng) {
			must(b, err)
			if count++; count%5000 == 0 {
				peak = max(peak, resident(b))
			}
		}
		took := time.Since(start)
		if count != streamRows {
			b.Fatal(count)
		}
		must(b, eng.Close())
		b.ReportMetric(float64(peak)/(1<<20), "resident-MB")
		b.ReportMetric(float64(count)/took.Seconds(), "rows/s")
	}
}

// resident is the bytes of memory that the process has, with the pages of files
// that it maps (VmRSS).
func resident(b testing.TB) int {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	must(b, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			must(b, err)
			return kb << 10
		}
	}
	b.Fatal("the system does not say how much memory the process has")
	return 0
}
