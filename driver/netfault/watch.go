package netfault

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// firstPatience is how long a server may be silent before it is asked whether it is
	// there, and answerLimit how long that answer may take. A server that lives
	// greets in milliseconds, whatever its statements take. Together they are what a
	// server that falls silent holds up everybody for: clusters may have another primary
	// after some three seconds.
	firstPatience, answerLimit = time.Second, 2 * time.Second

	// longestPatience bounds the time between two questions while a long statement
	// runs; it doubles from one to the next.
	longestPatience = time.Minute
)

// errSilent is what reading and writing says on a connection that was given up.
var errSilent = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ETIMEDOUT}

// Watch looks after connections to servers of which one can take the place of
// another. A server that is frozen, or behind a network that swallows
// everything, refuses nothing: statements would wait for it as long as they may
// last, while another one has taken over long ago. So where an answer is late
// the server is asked on a connection of its own whether it is there at all.
// When it is not, the connections to it fail as if they had been cut, those that
// wait for it and those that are kept for later, and no new ones are made to it
// before it greets again, for which it is asked in the background. The zero value is
// ready; it is to be closed.
type Watch struct {
	// Moved is for what stands before servers of which one takes the place of
	// another, as a gate does, and greets whoever of them is silent. It reports
	// whether what was sent at that time may wait for one that has been replaced,
	// and is called after each question, of which there is one a second then; the
	// connection is given up where it does. It is to be set before the connections
	// are made, and nil where a server speaks for itself.
	Moved func(sent time.Time) bool

	mu     sync.Mutex
	away   map[string]*absence   // servers that are not connected to, by address
	open   map[*watched]struct{} // all connections
	closed bool
	asking sync.WaitGroup
}

// Dial opens a watched connection with dial. alive reports whether the server at
// the address says anything to somebody new before ctx ends, for which it does not
// wait any longer.
func (w *Watch) Dial(ctx context.Context, network, addr string,
	dial func(ctx context.Context, network, addr string) (net.Conn, error),
	alive func(ctx context.Context) bool) (net.Conn, error) {
	if !w.mayTry(addr, alive) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("the server does not answer")}
	}
	nc, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nc, nil
	}
	c := &watched{TCPConn: tcp, w: w, addr: addr, alive: alive, heard: time.Now()}
	c.timer = time.AfterFunc(longestPatience, c.late)
	c.timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = map[*watched]struct{}{}
	}
	w.open[c] = struct{}{}
	return c, nil
}

// giveUp cuts the connections to a server on which nothing came lately, or at all:
// whoever has been connected to it meanwhile waits for the same greeting.
func (w *Watch) giveUp(addr string) {
	w.mu.Lock()
	var all []*watched
	for c := range w.open {
		if c.addr == addr {
			all = append(all, c)
		}
	}
	w.mu.Unlock()
	for _, c := range all {
		c.mu.Lock()
		if !c.closed && (!c.spoken || time.Since(c.heard) >= firstPatience) {
			c.cut()
		}
		c.mu.Unlock()
	}
}

// watched is a connection with a clock, which runs while an answer is waited for.
type watched struct {
	*net.TCPConn
	w     *Watch
	addr  string
	alive func(ctx context.Context) bool

	mu       sync.Mutex
	timer    *time.Timer
	waiting  bool      // the clock runs
	sent     time.Time // since when it does
	spoken   bool      // something was received at all
	heard    time.Time // when that was last, or when it was opened
	closed   bool
	silent   bool // given up
	patience time.Duration
}

// begin lets the clock run, from now where anew says so: not everything that is sent
// has an answer, as the end of a prepared statement has none, and the clock has run
// since then when the next statement is sent.
func (c *watched) begin(anew bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if (anew || !c.waiting) && !c.closed {
		c.waiting, c.sent, c.patience = true, time.Now(), firstPatience
		c.timer.Reset(c.patience)
	}
}

// Write sends b, after which an answer is waited for.
func (c *watched) Write(b []byte) (int, error) {
	c.begin(true)
	n, err := c.TCPConn.Write(b)
	return n, c.said(err)
}

// Read waits for what the server says, and stops the clock.
func (c *watched) Read(b []byte) (int, error) {
	c.begin(false)
	n, err := c.TCPConn.Read(b)
	c.mu.Lock()
	c.waiting = false
	c.timer.Stop()
	first := n > 0 && !c.spoken
	c.spoken = c.spoken || first
	if n > 0 {
		c.heard = time.Now()
	}
	c.mu.Unlock()
	if first {
		c.w.back(c.addr)
	}
	return n, c.said(err)
}

// said puts the reason in place of the error of a connection that was given up.
func (c *watched) said(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && c.silent {
		return errSilent
	}
	return err
}

// Close ends the connection.
func (c *watched) Close() error {
	c.w.mu.Lock()
	delete(c.w.open, c)
	c.w.mu.Unlock()
	c.mu.Lock()
	c.closed = true
	c.timer.Stop()
	cut := c.silent
	c.mu.Unlock()
	if err := c.TCPConn.Close(); !cut {
		return err
	}
	return nil // it is closed
}

// late asks whether the server is there.
func (c *watched) late() {
	if !c.waits() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	if !c.alive(ctx) {
		c.w.leave(c.addr, c.alive)
		if c.waits() { // it may have answered meanwhile
			c.w.giveUp(c.addr)
		}
		return
	}
	c.w.back(c.addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed || !c.waiting:
		return
	case c.w.Moved == nil:
		c.patience = min(2*c.patience, longestPatience)
	case c.w.Moved(c.sent):
		c.cut()
		return
	}
	c.timer.Reset(c.patience)
}

// cut gives the connection up. It is locked.
func (c *watched) cut() {
	c.silent = true
	_ = c.TCPConn.Close()
}

func (c *watched) waits() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.closed && c.waiting
}
