//go:build unix

package postgres

import (
	"net"
	"testing"
	"time"
)

// pair is a connection with both its ends.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func TestALookAtTheSocket(t *testing.T) {
	client, server := pair(t)
	if disturbed(client) {
		t.Error("a quiet connection is disturbed")
	}
	if _, err := server.Write([]byte("farewell")); err != nil {
		t.Fatal(err)
	}
	eventually(t, client)
	buf := make([]byte, 8)
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "farewell" {
		t.Errorf("the look took bytes away: %q, %v", buf[:n], err)
	}
	if disturbed(client) {
		t.Error("it is quiet again, and disturbed")
	}
	server.Close()
	eventually(t, client)
	client.Close()
	if !disturbed(client) {
		t.Error("a connection that was closed here is quiet")
	}
}

func eventually(t *testing.T, c net.Conn) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Second); !disturbed(c); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what happened on the connection is not seen")
		}
	}
}

// After a slow write pgx leaves a reader in the background, which stays in
// Read for as long as the server is quiet. The look must not wait for it.
func TestALookAtTheSocketDoesNotWaitForAReader(t *testing.T) {
	client, _ := pair(t)
	reading := make(chan struct{})
	go func() {
		close(reading)
		_, _ = client.Read(make([]byte, 1)) // until the connection is closed
	}()
	<-reading
	time.Sleep(20 * time.Millisecond)
	done := make(chan bool, 1)
	go func() { done <- disturbed(client) }()
	select {
	case d := <-done:
		if d {
			t.Error("a quiet connection is disturbed")
		}
	case <-time.After(2 * time.Second):
		t.Error("it waits for the reader")
	}
}
