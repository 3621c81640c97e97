package limit_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/larder-db/larder/internal/limit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBudget(100)
		first, second, third := b.Share("a"), b.Share("b"), b.Share("c")
		take := func(s *limit.Share, n int64, want error) {
			t.Helper()
			if err := s.Grow(t.Context(), n, time.Second); !errors.Is(err, want) {
				t.Fatalf("Grow by %d: %v, want %v (%d used)", n, err, want, b.Used())
			}
		}
		take(first, 50, nil)
		take(second, 40, nil)
		take(third, 20, limit.ErrFull)
		take(third, 10, nil)
		take(first, 1000, nil) // the oldest gets what it asks for
		take(second, 1, limit.ErrFull)
		// Room is given to who waits.
		got := make(chan error)
		go func() { got <- second.Grow(t.Context(), 1, time.Minute) }()
		synctest.Wait()
		first.Close()
		first.Close()
		if err := <-got; err != nil {
			t.Error(err)
		}
		gone, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := third.Grow(gone, 90, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		third.Set(7)
		if b.Used() != 48 || third.Held() != 7 {
			t.Errorf("%d used, %d held", b.Used(), third.Held())
		}
		second.Close()
		third.Close()
		b.Add("x", 5)
		b.Add("x", -5)
		if b.Used() != 0 {
			t.Errorf("%d used at the end", b.Used())
		}
	})
}

// Nobody takes more than half from others; alone, all of it.
func TestABudgetIsShared(t *testing.T) {
	b := limit.NewBudget(100)
	other := b.Share("other")
	if err := other.Grow(t.Context(), 1, 0); err != nil {
		t.Fatal(err)
	}
	var got int
	for range 10 {
		if b.Share("greedy").Grow(t.Context(), 10, 0) == nil {
			got++
		}
	}
	if got != 5 {
		t.Errorf("%d shares of 10", got)
	}
	if err := b.Share("third").Grow(t.Context(), 40, 0); err != nil {
		t.Error(err)
	}
	if err := limit.NewBudget(100).Share("alone").Grow(t.Context(), 100, 0); err != nil {
		t.Error(err)
	}
}

// Many that have half of what they need do not wait for each other for ever.
func TestABudgetHasNoDeadlock(t *testing.T) {
	b := limit.NewBudget(100)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			s := b.Share(string(rune('a' + i)))
			defer s.Close()
			for range 9 {
				if err := s.Grow(t.Context(), 10, time.Minute); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	wg.Wait()
	if b.Used() != 0 {
		t.Errorf("%d used at the end", b.Used())
	}
}

func TestPace(t *testing.T) {
	p := limit.Pace{Grace: 10 * time.Second, Rate: 100}
	start := time.Now()
	for _, c := range []struct {
		after, until time.Duration
		done         int64
	}{
		{0, 10 * time.Second, 0},
		{5 * time.Second, 15 * time.Second, 500},
		{5 * time.Second, 12 * time.Second, 200},     // slower than the rate
		{5 * time.Second, 15 * time.Second, 1 << 30}, // and who was fast may not stand still
		{time.Hour, 10 * time.Second, 0},
	} {
		if got := p.Deadline(start, start.Add(c.after), c.done).Sub(start); got != c.until {
			t.Errorf("%d bytes after %v: until %v, want %v", c.done, c.after, got, c.until)
		}
	}
}

func TestSizes(t *testing.T) {
	s := limit.NewSizes()
	if _, known := s.Get("a"); known {
		t.Error("it knows")
	}
	for _, n := range []int64{0, 1 << 10, 30 << 20, 1 << 50} {
		s.Set("a", n)
		if got, known := s.Get("a"); !known || got > n || got < min(n, 1<<42)/2 {
			t.Errorf("%d is %d, %v", n, got, known)
		}
	}
}

func TestTexts(t *testing.T) {
	ts := limit.NewTexts()
	a, first := ts.Share(strings.Repeat("x", 100), "a")
	b, second := ts.Share(strings.Repeat("x", 100), "b")
	c, third := ts.Share(strings.Repeat("y", 100), "b")
	if !first || second || !third || a != b || a == c || b.Owner() != "a" || c.String()[0] != 'y' {
		t.Error(first, second, third)
	}
	if a.Release() || !b.Release() || !c.Release() {
		t.Error("the last one")
	}
	if _, again := ts.Share(strings.Repeat("x", 100), "c"); !again {
		t.Error("it was kept")
	}
}

// serve answers on a listener with limits; "/wait" answers when gate is closed.
// door is what requests for /wait stand at: they come, and wait until it is open.
type door struct{ came, open chan struct{} }

func newDoor() *door { return &door{came: make(chan struct{}), open: make(chan struct{})} }

func serve(t *testing.T, limits limit.ConnLimits, gate *door) (addr string, l *limit.Listener) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = limit.Listen(inner, limits)
	srv := &http.Server{ReadHeaderTimeout: time.Minute, ConnState: l.ConnState, ConnContext: l.ConnContext, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit.Working(r.Context(), true)
		switch r.URL.Path {
		case "/wait":
			gate.came <- struct{}{}
			<-gate.open
		case "/session":
			limit.Session(r.Context())
		}
		_, _ = io.WriteString(w, "ok")
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return inner.Addr().String(), l
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a request on a connection and returns the status; 0 when it was closed.
func ask(t *testing.T, c net.Conn, path string) string {
	t.Helper()
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return ""
	}
	b := make([]byte, 12)
	if _, err := io.ReadFull(c, b); err != nil {
		return ""
	}
	return string(b[9:])
}

// Connections that do nothing make room for those that do.
func TestStalledConnectionsMakeRoom(t *testing.T) {
	for what, limits := range map[string]limit.ConnLimits{"of one address": {PerAddress: 10}, "in all": {Total: 10}} {
		t.Run(what, func(t *testing.T) {
			addr, l := serve(t, limits, nil)
			for range 50 {
				c := dial(t, addr)
				_, _ = io.WriteString(c, "GET /session HTTP/1.1\r\nHo")
			}
			for range 20 {
				c := dial(t, addr)
				if got := ask(t, c, "/"); got != "200" {
					t.Fatalf("status %q", got)
				}
			}
			if open, dropped := l.Open(); open > 10 || dropped < 50 {
				t.Errorf("%d open, %d dropped", open, dropped)
			}
		})
	}
}

// What is being answered is not given up for what has just come, and neither is
// a session for a stranger.
func TestConnectionsThatAreKept(t *testing.T) {
	gate := newDoor()
	addr, _ := serve(t, limit.ConnLimits{Total: 4}, gate)
	known := dial(t, addr)
	if got := ask(t, known, "/session"); got != "200" {
		t.Fatalf("status %q", got)
	}
	answers := make(chan string)
	go func() { answers <- ask(t, dial(t, addr), "/wait") }()
	<-gate.came
	for range 20 {
		dial(t, addr)
	}
	time.Sleep(50 * time.Millisecond)
	close(gate.open)
	if got := <-answers; got != "200" {
		t.Errorf("the one at work: status %q", got)
	}
}

func TestAllAtWork(t *testing.T) {
	gate := newDoor()
	addr, _ := serve(t, limit.ConnLimits{PerAddress: 2}, gate)
	answers := make(chan string)
	for range 2 {
		go func() { answers <- ask(t, dial(t, addr), "/wait") }()
	}
	for range 2 {
		<-gate.came
	}
	if got := ask(t, dial(t, addr), "/"); got != "" {
		t.Errorf("the third one: status %q", got)
	}
	close(gate.open)
	for range 2 {
		if got := <-answers; got != "200" {
			t.Errorf("status %q", got)
		}
	}
}

func TestProxiesAreNotCountedByAddress(t *testing.T) {
	addr, l := serve(t, limit.ConnLimits{PerAddress: 2, Exempt: netip.Addr.IsLoopback}, nil)
	for range 10 {
		if got := ask(t, dial(t, addr), "/"); got != "200" {
			t.Errorf("status %q", got)
		}
	}
	if open, dropped := l.Open(); open != 10 || dropped != 0 {
		t.Errorf("%d open, %d dropped", open, dropped)
	}
}

// Who has shown a session is no stranger.
func TestSessionsAreNotCountedByAddress(t *testing.T) {
	addr, l := serve(t, limit.ConnLimits{PerAddress: 2}, nil)
	for range 10 {
		if got := ask(t, dial(t, addr), "/session"); got != "200" {
			t.Errorf("status %q", got)
		}
	}
	if open, _ := l.Open(); open != 10 {
		t.Errorf("%d open", open)
	}
}

func TestAttempts(t *testing.T) {
	a := limit.NewAttempts(3, time.Minute)
	now := time.Now()
	is := func(key string, want bool, again time.Duration) {
		t.Helper()
		if ok, left := a.Begin(key, now); ok != want || left != again {
			t.Errorf("%s: %v, again in %v", key, ok, left)
		}
	}
	for range 3 {
		is("a", true, 0)
		now = now.Add(10 * time.Second)
	}
	is("a", false, 30*time.Second)
	is("b", true, 0)
	if n := a.Made("a", now); n != 3 || a.Made("c", now) != 0 {
		t.Errorf("%d attempts", n)
	}
	a.Undo("a")
	a.Undo("nobody")
	is("a", true, 0)
	is("a", false, 30*time.Second)
	now = now.Add(30 * time.Second)
	is("a", true, 0)
	is("a", false, 10*time.Second)
	// Who has many keys does not make it forget those who are over the limit.
	for i := range 200_000 {
		a.Begin(strconv.Itoa(i), now)
	}
	is("a", false, 10*time.Second)
	now = now.Add(time.Hour)
	is("a", true, 0)
}

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := limit.NewQueue(1, 3)
		leave, err := q.Enter(t.Context(), 9)
		if err != nil {
			t.Fatal(err)
		}
		var order []int
		turned := 0
		var wg sync.WaitGroup
		for _, rank := range []int{5, 0, 5, 3, 7, 0} {
			wg.Go(func() {
				leave, err := q.Enter(t.Context(), rank)
				if err != nil {
					if turned++; !errors.Is(err, limit.ErrFull) {
						t.Error(err)
					}
					return
				}
				order = append(order, rank)
				leave()
			})
			synctest.Wait()
		}
		gone, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := q.Enter(gone, 0); !errors.Is(err, context.DeadlineExceeded) { // in the place of 3
			t.Error(err)
		}
		leave()
		wg.Wait()
		if !slices.Equal(order, []int{0, 0}) || turned != 4 {
			t.Errorf("in the order %v, %d turned away", order, turned)
		}
		if _, err := q.Enter(t.Context(), 9); err != nil {
			t.Error(err)
		}
	})
}

// Nobody who gives up takes a place with them.
func TestAQueueLosesNoPlace(t *testing.T) {
	q := limit.NewQueue(2, 5)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*time.Millisecond)
			defer cancel()
			if leave, err := q.Enter(ctx, i%3); err == nil {
				time.Sleep(time.Millisecond)
				leave()
			}
		})
	}
	wg.Wait()
	for range 2 {
		if _, err := q.Enter(t.Context(), 0); err != nil {
			t.Error(err)
		}
	}
}
