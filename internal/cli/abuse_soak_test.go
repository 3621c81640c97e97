//go:build soak

package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// victim is a server under attack, with a user who attacks and another one who
// goes on working.
type victim struct {
	*process
	token string // of who attacks
	bo    string // the token of who works
	small string // a chat of bo
}

// newVictim starts a server with at most that many open files; 0 is no limit
// of ours.
func newVictim(t *testing.T, files int, args ...string) *victim {
	t.Helper()
	dir := t.TempDir()
	if files > 0 {
		// The limit is inherited by way of a shell, which becomes the program.
		larder, err := exec.LookPath("larder")
		if err != nil {
			t.Fatal(err)
		}
		shell := filepath.Join(dir, "larder")
		script := fmt.Sprintf("#!/bin/sh\nulimit -n %d\nexec %s \"$@\"\n", files, larder)
		if err := os.WriteFile(shell, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":"+filepath.Dir(larder)+":/bin:/usr/bin")
	}
	v := &victim{process: start(t, nil, append(args, "--data-dir", dir)...)}
	v.token = token(t, v.send("POST", "/api/v1/auths/signup", "", ada, 200))
	v.bo = token(t, v.send("POST", "/api/v1/auths/add", v.token,
		`{"name":"Bo","email":"bo@example.com","password":"pw-bo","role":"user"}`, 200))
	v.small = v.chat(v.bo, `{"title":"small"}`)
	for _, path := range v.paths() {
		v.send("GET", path, v.bo, "", 200)
	}
	return v
}

// paths are what a user asks for.
func (v *victim) paths() []string {
	return []string{"/api/v1/chats/", "/api/v1/chats/" + v.small, "/api/v1/auths/", "/api/config"}
}

func (v *victim) chat(token, doc string) string {
	v.t.Helper()
	var c struct{ ID string }
	if err := json.Unmarshal([]byte(v.send("POST", "/api/v1/chats/new", token, `{"chat":`+doc+`}`, 200)), &c); err != nil {
		v.t.Fatal(err)
	}
	return c.ID
}

// figures of an attack.
type figures struct {
	took   []time.Duration // of ordinary requests
	failed int
	most   int64 // bytes resident
}

func (f *figures) p(percent int) time.Duration {
	slices.Sort(f.took)
	return f.took[min(len(f.took)*percent/100, len(f.took)-1)].Round(time.Millisecond / 10)
}

// during works as an ordinary user for that long while attack goes on, and says
// how that was. attack returns when stop is closed.
func (v *victim) during(length time.Duration, attack func(stop <-chan struct{})) *figures {
	v.t.Helper()
	stop := make(chan struct{})
	over := make(chan struct{})
	go func() { defer close(over); attack(stop) }()
	f := &figures{}
	client := &http.Client{Timeout: 30 * time.Second}
	end := time.Now().Add(length)
	for i := 0; time.Now().Before(end); i++ {
		paths := v.paths()
		r, err := http.NewRequestWithContext(v.t.Context(), "GET", "http://"+v.addr+paths[i%len(paths)], nil)
		if err != nil {
			v.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+v.bo)
		begin := time.Now()
		resp, err := client.Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		if err != nil || resp.StatusCode != 200 {
			f.failed++
		}
		f.took = append(f.took, time.Since(begin))
		f.most = max(f.most, resident(v.t, v.cmd.Process.Pid))
		time.Sleep(5 * time.Millisecond)
	}
	close(stop)
	<-over
	v.t.Logf("%d ordinary requests, %d failed, p50 %v, p99 %v, the longest %v; %d MB resident", len(f.took), f.failed,
		f.p(50), f.p(99), f.p(100), f.most>>20)
	if f.failed > 0 || f.p(99) > 100*time.Millisecond || f.most > 300<<20 {
		v.t.Error("that is more than an attack may cost")
	}
	return f
}

// raw sends a request's beginning on a connection of its own; nil when the
// connection could not be had.
func (v *victim) raw(head string) net.Conn {
	c, err := net.DialTimeout("tcp", v.addr, 5*time.Second)
	if err != nil {
		return nil
	}
	if _, err := io.WriteString(c, head); err != nil {
		c.Close()
		return nil
	}
	return c
}

// many runs n attackers that each begin again until stop is closed.
func many(n int, stop <-chan struct{}, one func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					one(i)
				}
				time.Sleep(time.Second)
			}
		})
	}
	wg.Wait()
}

// stall sends size bytes of a body that is announced as 127 MiB, and waits.
func (v *victim) stall(path, token string, size int, stop <-chan struct{}) {
	head := "POST " + path + " HTTP/1.1\r\nHost: " + v.addr + "\r\nContent-Type: application/json\r\n"
	if token != "" {
		head += "Authorization: Bearer " + token + "\r\n"
	}
	c := v.raw(head + fmt.Sprintf("Content-Length: %d\r\n\r\n", 127<<20))
	if c == nil {
		return
	}
	defer c.Close()
	go func() { <-stop; c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.WriteString(c, `{"email":"`+strings.Repeat("x", size))
	_, _ = io.ReadAll(c)
}

const attacked = 20 * time.Second

func TestStalledSignIns(t *testing.T) {
	v := newVictim(t, 0)
	v.during(attacked, func(stop <-chan struct{}) {
		many(100, stop, func(int) { v.stall("/api/v1/auths/signin", "", 2<<20, stop) })
	})
	v.stop()
}

func TestStalledUploads(t *testing.T) {
	v := newVictim(t, 0)
	v.during(attacked, func(stop <-chan struct{}) {
		many(100, stop, func(int) { v.stall("/api/v1/chats/new", v.token, 4<<20, stop) })
	})
	v.stop()
}

// slowly reads a chat at about 20 KB a second.
func (v *victim) slowly(id string, stop <-chan struct{}) {
	c := v.raw("GET /api/v1/chats/" + id + " HTTP/1.1\r\nHost: " + v.addr + "\r\nAuthorization: Bearer " +
		v.token + "\r\n\r\n")
	if c == nil {
		return
	}
	defer c.Close()
	b := make([]byte, 20<<10)
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Second):
		}
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		if n, err := c.Read(b); n == 0 || err != nil {
			return
		}
	}
}

func TestSlowReaders(t *testing.T) {
	for what, chats := range map[string]int{"one chat": 1, "many chats": 20} {
		t.Run(what, func(t *testing.T) {
			v := newVictim(t, 0)
			var ids []string
			for i := range chats {
				ids = append(ids, v.chat(v.token, fmt.Sprintf(`{"title":"large","n":%d,"x":"%s"}`, i, strings.Repeat("x", 30<<20))))
			}
			v.during(attacked, func(stop <-chan struct{}) {
				many(40, stop, func(i int) { v.slowly(ids[i%len(ids)], stop) })
			})
			v.kill() // the readers are not waited for
		})
	}
}

func TestStalledConnections(t *testing.T) {
	v := newVictim(t, 1024)
	v.during(attacked, func(stop <-chan struct{}) {
		many(1300, stop, func(int) {
			c := v.raw("GET / HTTP/1.1\r\nHo")
			if c == nil {
				return
			}
			defer c.Close()
			go func() { <-stop; c.Close() }()
			_, _ = io.ReadAll(c)
		})
	})
	v.stop()
}

// signIn tries from an address of its own, and returns the status.
func (v *victim) signIn(client *http.Client, addr, email, password string) int {
	body := fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)
	r, err := http.NewRequestWithContext(v.t.Context(), "POST", "http://"+v.addr+"/api/v1/auths/signin",
		strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", addr)
	resp, err := client.Do(r)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// A hundred who guess, each from an address of its own, hold nobody up who
// works, and for seconds who signs in again where he has been before.
func TestGuessers(t *testing.T) {
	v := newVictim(t, 0, "--trusted-proxy", "127.0.0.1")
	client := &http.Client{Timeout: time.Minute}
	if status := v.signIn(client, "203.0.113.1", "bo@example.com", "pw-bo"); status != 200 {
		t.Fatalf("status %d", status)
	}
	var longest time.Duration
	signedIn, refused := 0, 0
	v.during(attacked, func(stop <-chan struct{}) {
		var wg sync.WaitGroup
		wg.Go(func() {
			many(100, stop, func(i int) {
				v.signIn(client, fmt.Sprintf("198.51.100.%d", i), fmt.Sprintf("user%d@example.com", i), "guess")
			})
		})
		wg.Go(func() {
			many(1, stop, func(int) {
				begin := time.Now()
				for {
					status := v.signIn(client, "203.0.113.1", "bo@example.com", "pw-bo")
					if status == 200 {
						break
					}
					if refused++; status != 503 {
						v.t.Errorf("a good sign-in: status %d", status)
						return
					}
					time.Sleep(time.Second)
				}
				signedIn++
				longest = max(longest, time.Since(begin))
			})
		})
		wg.Wait()
	})
	t.Logf("%d good sign-ins, %d times told to come again, the longest took %v", signedIn, refused, longest)
	if signedIn == 0 || longest > 15*time.Second {
		t.Error("good sign-ins are held up")
	}
	v.stop()
}
