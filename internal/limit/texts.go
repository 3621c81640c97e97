package limit

import (
	"hash/maphash"
	"sync"
)

// Texts lets those who send the same text at the same time send it from one
// copy. It is safe for concurrent use.
type Texts struct {
	seed maphash.Seed
	mu   sync.Mutex
	now  map[uint64][]*Text
}

// NewTexts has no text yet.
func NewTexts() *Texts { return &Texts{seed: maphash.MakeSeed(), now: make(map[uint64][]*Text)} }

// Text is a text that somebody is sending.
type Text struct {
	of   *Texts
	hash uint64
	text string
	who  string
	uses int
}

// Share returns the text that is equal to s and is being sent already, or s,
// which is who's then: first says so. The caller forgets s, and releases the
// Text.
func (t *Texts) Share(s, who string) (text *Text, first bool) {
	h := maphash.String(t.seed, s)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, x := range t.now[h] {
		if x.text == s {
			x.uses++
			return x, false
		}
	}
	x := &Text{of: t, hash: h, text: s, who: who, uses: 1}
	t.now[h] = append(t.now[h], x)
	return x, true
}

// String is the text.
func (x *Text) String() string { return x.text }

// Owner is whose text it was at first.
func (x *Text) Owner() string { return x.who }

// Release says that one of its users has sent it. last says that it was the
// last one.
func (x *Text) Release() (last bool) {
	t := x.of
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.uses--; x.uses > 0 {
		return false
	}
	all := t.now[x.hash]
	for i := range all {
		if all[i] == x {
			all[i] = all[len(all)-1]
			all[len(all)-1] = nil
			t.now[x.hash] = all[:len(all)-1]
			break
		}
	}
	if len(t.now[x.hash]) == 0 {
		delete(t.now, x.hash)
	}
	return true
}
