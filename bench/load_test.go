package bench

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// work is something that several do at once: each worker gets a function of its
// own, which does it once.
type work func() (once func() error, end func())

// burst has workers do it for a while, and returns how long it took each time, as
// if one after the other.
func (w work) burst(b *testing.B, workers int, long time.Duration) time.Duration {
	b.Helper()
	var done atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, workers)
	begin := make(chan time.Time)
	for range workers {
		once, end := w()
		wg.Go(func() {
			defer end()
			from, ok := <-begin
			for ok && time.Since(from) < long {
				if err := once(); err != nil {
					failed <- err
					return
				}
				done.Add(1)
			}
		})
	}
	now := time.Now()
	for range workers {
		begin <- now
	}
	wg.Wait()
	took := time.Since(now)
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
	return took / time.Duration(max(done.Load(), 1))
}

// request is an HTTP request that each worker sends over one connection. It reads
// the answer as cheaply as it can: client and server share the processors.
func request(b *testing.B, url, path, token string) work {
	host := strings.TrimPrefix(url, "http://")
	text := []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token + "\r\n\r\n")
	return func() (once func() error, end func()) {
		conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", host)
		must(b, err)
		answers := bufio.NewReaderSize(conn, 64<<10)
		return func() error {
			if _, err := conn.Write(text); err != nil {
				return err
			}
			return skipAnswer(answers)
		}, func() { _ = conn.Close() }
	}
}

// skipAnswer reads one answer, which has to be 200 and say how long it is.
func skipAnswer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("answered %s", line)
	}
	length := -1
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(n)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("the answer does not say how long it is")
	}
	_, err = r.Discard(length)
	return err
}

// BenchmarkServeReads asks for a page of 60 chats, of 300 with documents of 13 kB
// on SQLite, for one of them, and for one of 950 kB, over one connection and over
// 16. Beside requests a second it reports them as a part of those to /health over
// one connection (of-health), and the time of a request as a multiple of what the
// driver takes to read the same rows on as many connections (x-raw); of the large
// one, to read its column and write that to a socket. All take turns.
func BenchmarkServeReads(b *testing.B) {
	dir := b.TempDir()
	cmd, url := start(b, build(b, dir), dir)
	var user struct {
		ID    string `json:"id"`
		Token string `json:"token"`
	}
	must(b, json.Unmarshal(post(b, url+"/api/v1/auths/signup", "",
		`{"name":"Ada","email":"ada@example.com","password":"a long password"}`), &user))
	chat := func(title string, size int) string {
		var made struct {
			ID string `json:"id"`
		}
		text := strings.Repeat("some text ", size/10)
		must(b, json.Unmarshal(post(b, url+"/api/v1/chats/new", user.Token,
			fmt.Sprintf(`{"chat":{"title":"%s","history":{"currentId":"m","messages":{"m":{"id":"m","parentId":null,"childrenIds":[],"role":"user","content":"%s"}}}}}`, title, text)), &made))
		return made.ID
	}
	large, small := chat("large", 950_000), ""
	for i := range 300 {
		small = chat(fmt.Sprintf("chat %d", i), 13_000)
	}
	db := openRaw(b, "sqlite:///"+filepath.Join(dir, "webui.db"))
	defer db.close()
	list := prepare(b, db.reader,
		"SELECT id, title, updated_at, created_at, last_read_at, archived FROM chat WHERE user_id = ? AND archived = 0 AND pinned = 0"+
			" AND folder_id IS NULL AND coalesce(json_extract(meta, '$.internal'), 0) = 0 ORDER BY updated_at DESC, id LIMIT 60")
	get := prepare(b, db.reader, "SELECT chat FROM chat WHERE id = ? AND user_id = ?")
	health := request(b, url, "/health", user.Token)
	for _, x := range []struct {
		name, path string
		raw        work
	}{
		{"list", "/api/v1/chats/?page=1", rawList(b, list, user.ID)},
		{"get13kB", "/api/v1/chats/" + small, rawGet(b, get, small, user.ID)},
		{"get950kB", "/api/v1/chats/" + large, rawGet(b, get, large, user.ID)},
	} {
		for _, connections := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/connections=%d", x.name, connections), func(b *testing.B) {
				ours := request(b, url, x.path, user.Token)
				const turn = 100 * time.Millisecond
				ours.burst(b, connections, turn)
				x.raw.burst(b, connections, turn)
				var rate, alive, xraw []float64 // of each round
				b.ResetTimer()
				for b.Loop() {
					took := ours.burst(b, connections, turn)
					rate = append(rate, 1/took.Seconds())
					alive = append(alive, float64(health.burst(b, 1, turn))/float64(took))
					xraw = append(xraw, float64(took)/float64(x.raw.burst(b, connections, turn)))
				}
				b.ReportMetric(median(rate), "requests/s")
				b.ReportMetric(median(alive), "of-health")
				b.ReportMetric(median(xraw), "x-raw")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
	b.Logf("resident at most %d MB", memory(b, cmd, "VmHWM")>>20)
	stop(b, cmd)
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

func rawList(b *testing.B, list *sql.Stmt, user string) work {
	return func() (once func() error, end func()) {
		return func() error {
			rows, err := list.QueryContext(b.Context(), user)
			if err != nil {
				return err
			}
			defer rows.Close()
			var id, title string
			var updated, created int64
			var read *int64
			var archived bool
			n := 0
			for ; rows.Next(); n++ {
				if err := rows.Scan(&id, &title, &updated, &created, &read, &archived); err != nil {
					return err
				}
			}
			if n != 60 {
				return fmt.Errorf("%d rows", n)
			}
			return rows.Err()
		}, func() {}
	}
}

// rawGet reads the document and writes it to a socket, at whose other end
// somebody reads it.
func rawGet(b *testing.B, get *sql.Stmt, id, user string) work {
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	must(b, err)
	b.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, conn)
				_ = conn.Close()
			}()
		}
	}()
	return func() (once func() error, end func()) {
		conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", l.Addr().String())
		must(b, err)
		return func() error {
			var text sql.RawBytes
			rows, err := get.QueryContext(b.Context(), id, user)
			if err != nil {
				return err
			}
			defer rows.Close()
			if !rows.Next() {
				return errors.Join(errors.New("there is no such chat"), rows.Err())
			}
			if err := rows.Scan(&text); err != nil {
				return err
			}
			_, err = conn.Write(text)
			return err
		}, func() { _ = conn.Close() }
	}
}
