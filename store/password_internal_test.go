package store

import (
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// An unknown user must not be told from a known one by the time that the
// answer takes: the hash that is compared for nobody is a whole one, of the
// cost that new hashes have.
func TestTheHashOfNobodyCostsTheSame(t *testing.T) {
	for _, cost := range []int{bcrypt.MinCost, 9, 10, bcrypt.DefaultCost, 12} {
		got, err := bcrypt.Cost(dummyHash(cost))
		if err != nil || got != cost {
			t.Errorf("cost %d: %d, %v", cost, got, err)
		}
		if cost > 10 {
			continue
		}
		if err := bcrypt.CompareHashAndPassword(dummyHash(cost), []byte("x")); err != bcrypt.ErrMismatchedHashAndPassword {
			t.Errorf("cost %d: the comparison ends early: %v", cost, err)
		}
	}
}
