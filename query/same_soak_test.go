//go:build soak

package query_test

import (
	"fmt"
	"testing"
)

// A million statements would be 83,334 seeds; these are as many as an hour has
// room for. A part of them is run with -run 'TestStatementsMeanTheSameForLong/7'.
func TestStatementsMeanTheSameForLong(t *testing.T) {
	const parts, size = 100, 200
	for i := range parts {
		t.Run(fmt.Sprint(i), func(t *testing.T) { sameEverywhere(t, 1000+i*size, 1000+(i+1)*size) })
	}
}
