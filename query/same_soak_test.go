//go:build soak

package query_test

import (
	"fmt"
	"testing"
)

// A million statements, 200 over each table. A part of them is run with
// -run 'TestStatementsMeanTheSameForLong/^7$'.
func TestStatementsMeanTheSameForLong(t *testing.T) {
	const parts, tables, statements = 100, 50, 200
	for i := range parts {
		t.Run(fmt.Sprint(i), func(t *testing.T) { sameEverywhere(t, 1000+i*tables, 1000+(i+1)*tables, statements) })
	}
}
