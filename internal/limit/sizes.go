package limit

import (
	"hash/maphash"
	"math"
	"sync/atomic"
)

// Sizes remembers about how large answers were, in a fixed amount of memory.
// Two keys may share a place: then one is taken for as large as the other. It
// is safe for concurrent use.
type Sizes struct {
	seed   maphash.Seed
	places [1 << 16]atomic.Uint32 // KiB, and 1 more; 0 is not known
}

// NewSizes remembers nothing yet.
func NewSizes() *Sizes { return &Sizes{seed: maphash.MakeSeed()} }

func (s *Sizes) place(key string) *atomic.Uint32 {
	return &s.places[maphash.String(s.seed, key)%uint64(len(s.places))]
}

// Get is the size that was set last, rounded down to KiB.
func (s *Sizes) Get(key string) (size int64, known bool) {
	n := s.place(key).Load()
	if n == 0 {
		return 0, false
	}
	return int64(n-1) << 10, true
}

// Set remembers a size.
func (s *Sizes) Set(key string, size int64) {
	s.place(key).Store(uint32(min(size>>10, math.MaxUint32-1)) + 1)
}
