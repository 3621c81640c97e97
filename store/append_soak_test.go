//go:build soak

package store_test

import (
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

// TestTwentyThousandAppends appends 20,000 messages to one chat. Readers hold the
// whole chat, so that the heap grows with it; it is to grow no faster.
func TestTwentyThousandAppends(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		heap := appendByMany(t, eng, 20_000/clients)
		t.Logf("heap in use by tenths of the messages, MB: %d", mega(heap))
		const perReader = 200 << 20 // several copies of a document of 4 MB, until they are collected
		if last := heap[len(heap)-1]; last > heap[0]+perReader {
			t.Errorf("the heap grew from %d to %d bytes", heap[0], last)
		}
	})
}

func mega(bytes []uint64) []uint64 {
	out := make([]uint64, len(bytes))
	for i, n := range bytes {
		out[i] = n >> 20
	}
	return out
}
