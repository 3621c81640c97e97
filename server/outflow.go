package server

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/larder-db/larder/internal/limit"
)

const (
	// large is from which size on an answer is charged to the memory of all
	// requests, and shared between those that send the same one.
	large = 256 << 10
	// loading is how much memory a byte of an answer takes until it is sent:
	// the database's copy, the driver's, and the answer.
	loading = 3
	// unknowns is how many requests are worked on at once whose answer may hold
	// documents, of nobody knows which size.
	unknowns = 2
	// chunk is what is written at once.
	chunk = 64 << 10
)

// departure is how slowly an answer may be taken: 16 KB/s, after half a minute.
var departure = limit.Pace{Grace: 30 * time.Second, Rate: 16 << 10}

// flows is what the requests in flight share.
type flows struct {
	memory   *limit.Budget
	texts    *limit.Texts
	sizes    *limit.Sizes
	unknown  chan struct{}
	patience time.Duration
	chunks   sync.Pool
}

func newFlows(memory int64, patience time.Duration) *flows {
	return &flows{memory: limit.NewBudget(memory), texts: limit.NewTexts(), sizes: limit.NewSizes(), unknown: make(chan struct{}, unknowns),
		patience: patience, chunks: sync.Pool{New: func() any { return new([chunk]byte) }}}
}

// flow is one request as far as memory is concerned.
type flow struct {
	*flows
	ctx     context.Context //nolint:containedctx // of the request, as the flow is
	in      *inflow
	share   *limit.Share
	key     string // of the size of the answer; empty when that is not large
	bounded bool   // as [route.bounded]
	who     string
	reads   bool // it changes nothing
	slot    bool
	begun   time.Time // of the answer
	pace    *http.ResponseController
	written int64
	streams bool
}

// account charges a request to who from now on, and limits its body.
func (s *Server) account(w http.ResponseWriter, r *http.Request, rt *route, who string) *flow {
	f := &flow{flows: s.flows, reads: r.Method == http.MethodGet, ctx: r.Context(), who: who,
		share: s.flows.memory.Share(who), pace: http.NewResponseController(w)}
	f.streams, f.bounded = rt.streams, rt.bounded
	if rt.auth > public && rt.data && !rt.streams && !(rt.terse && prefersMinimal(r)) { // what passes through takes no memory, however large it is
		f.key = rt.sizeKey(r, who)
	}
	f.in = &inflow{ReadCloser: r.Body, ctx: r.Context(), max: rt.bodyLimit(s.maxBody, s.maxFile), hold: math.MaxInt64,
		share: f.share, patience: f.patience, conn: f.pace, over: r.Body == http.NoBody}
	if !f.in.over && rt.form != nil && rt.form.hasBody() { // which is read to its end
		f.in.whole = f.admit
	}
	if rt.streams {
		f.in.hold = step
	}
	r.Body = f.in
	if rec, ok := w.(*record); ok {
		rec.flow = f
	}
	return f
}

// sizeKey names answers that are about as large as this one: those of the same
// type about the same thing, by whatever route.
func (rt *route) sizeKey(r *http.Request, who string) string {
	before, _, named := strings.Cut(strings.TrimSuffix(rt.path, "{$}"), "{")
	if !named { // what is there is another one for everybody
		return r.URL.Path + "\n" + who + "\n" + r.URL.RawQuery
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, before), "/")
	return before + id + "\n" + rt.answer.String()
}

// errLarge says that an answer turned out to be large, and that there is no
// room for it. Nothing of it was sent.
var errLarge = errors.New("there is no room for a large answer")

// run serves a request when there is room for its answer. Where it was not
// known how large that would be, a request that only reads is served again. One
// with a body waits for room when that has come: who is slow in sending it
// keeps nobody else waiting.
func (f *flow) run(serve func() error) error {
	if f.in.whole == nil {
		if err := f.admit(); err != nil {
			return err
		}
	}
	err := serve()
	if errors.Is(err, errLarge) {
		f.free()
		if err := f.admit(); err != nil {
			return err
		}
		err = serve()
	}
	return err
}

// room is asked ahead of an answer of n bytes.
func (f *flow) room(n int64) error {
	if n < large || f.key == "" || f.share.Held() >= n {
		return nil
	}
	f.sizes.Set(f.key, n)
	if !f.reads { // what was done is done
		_ = f.share.Grow(f.ctx, n, f.patience)
		return nil
	}
	if f.share.Grow(f.ctx, n, 0) != nil {
		return errLarge
	}
	return nil
}

// admit waits until there is room for the answer.
func (f *flow) admit() error {
	if f.key == "" {
		return nil
	}
	switch size, known := f.sizes.Get(f.key); {
	case !known && f.bounded:
	case !known:
		t := time.NewTimer(f.patience)
		defer t.Stop()
		select {
		case f.unknown <- struct{}{}:
			f.slot = true
		case <-t.C:
			return noRoom(limit.ErrFull)
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
	case size >= large:
		return noRoom(f.share.Grow(f.ctx, size*loading, f.patience))
	}
	return nil
}

// answer is called ahead of the first byte of an answer of n bytes; -1 is not known.
func (f *flow) answer(n int64) {
	f.begun = time.Now()
	f.free()
	if f.key != "" && n >= 0 {
		f.sizes.Set(f.key, n)
	}
	f.share.Set(0) // what the body and the loading took is garbage; what is sent is charged where it is
	_ = f.pace.SetWriteDeadline(departure.Deadline(f.begun, f.begun, max(n, 0)))
}

// pass writes what passes through, no slower than is bearable.
func (f *flow) pass(w io.Writer, b []byte) (int, error) {
	f.hurry()
	n, err := w.Write(b)
	f.written += int64(n)
	return n, err
}

// anew says that what is sent from now on has time of its own: what came before
// had to be waited for.
func (r *request) anew() {
	if rec, ok := r.w.(*record); ok && rec.flow != nil {
		rec.flow.begun, rec.flow.written = time.Now(), 0
	}
}

// hold waits for the memory that a request which streams needs all the same.
func (r *request) hold(ctx context.Context, n int64) error {
	if rec, ok := r.w.(*record); ok && rec.flow != nil {
		return noRoom(rec.flow.share.Grow(ctx, n, rec.flow.patience))
	}
	return nil
}

func (f *flow) free() {
	if f.slot {
		f.slot = false
		<-f.unknown
	}
}

// end gives back what the request holds. A client that has not sent all of its
// body gets no time to go on with it.
func (f *flow) end() {
	f.free()
	f.share.Close()
	if !f.in.over {
		_ = f.pace.SetReadDeadline(time.Now().Add(2 * time.Second))
	}
}

// copyText writes a large text: from one copy, where others send the same one,
// and no slower than is bearable.
func (f *flow) copyText(w http.ResponseWriter, s string) (int, error) {
	text, first := f.texts.Share(s, f.who)
	s = text.String()
	if first {
		f.memory.Add(f.who, int64(len(s)))
	}
	defer func() {
		if text.Release() {
			f.memory.Add(text.Owner(), -int64(len(text.String())))
		}
	}()
	buf, _ := f.chunks.Get().(*[chunk]byte)
	defer f.chunks.Put(buf)
	limit.Working(f.ctx, false)
	n := 0
	for n < len(s) {
		f.hurry()
		m, err := w.Write(buf[:copy(buf[:], s[n:])])
		n += m
		f.written += int64(m)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// copyBytes is copyText for bytes, which nobody shares.
func (f *flow) copyBytes(w http.ResponseWriter, b []byte) (int, error) {
	f.share.Set(int64(len(b)))
	limit.Working(f.ctx, false)
	n := 0
	for n < len(b) {
		f.hurry()
		m, err := w.Write(b[n:min(n+chunk, len(b))])
		n += m
		f.written += int64(m)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (f *flow) hurry() {
	_ = f.pace.SetWriteDeadline(departure.Deadline(f.begun, time.Now(), f.written))
}

// announced is the length of an answer that its header says; -1 for none.
func announced(h http.Header) int64 {
	n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}
