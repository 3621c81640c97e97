package store

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/larder-db/larder/dberr"
)

// MaxPassword is the most bytes of a new password: bcrypt reads no further.
const MaxPassword = 72

// Passwords makes and checks password hashes. One processor is left to everything
// else, and the queue has an end: who would wait longer than a few seconds is
// told to come again, with dberr.Busy.
type Passwords struct {
	cost   int
	slots  chan struct{}
	queued atomic.Int64
}

// queue is how many hashes may wait for each that is being computed.
const queue = 12

// NewPasswords returns a checker that makes bcrypt hashes of the given cost; 0
// is the cost that Open WebUI uses.
func NewPasswords(cost int) *Passwords {
	if cost == 0 {
		cost = 12
	}
	return &Passwords{cost: cost, slots: make(chan struct{}, HashPlaces())}
}

// HashPlaces is how many hashes are computed at once.
func HashPlaces() int { return max(1, runtime.GOMAXPROCS(0)-1) }

func (p *Passwords) slot(ctx context.Context) (release func(), err error) {
	defer p.queued.Add(-1)
	if p.queued.Add(1) > int64(queue*cap(p.slots)) {
		return nil, dberr.New(dberr.Busy, "password", "too many passwords are being checked at the moment; try again")
	}
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, &dberr.Error{Op: "password", Code: dberr.Canceled, Err: ctx.Err()}
	}
}

// Hash makes the hash of a new password, in the form that Open WebUI reads. A
// password of more than [MaxPassword] bytes is a dberr.TooLarge error.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxPassword {
		return "", dberr.New(dberr.TooLarge, "password", "the password is longer than 72 bytes; choose a shorter one")
	}
	release, err := p.slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	h, err := bcrypt.GenerateFromPassword([]byte(password), p.cost)
	if err != nil {
		return "", &dberr.Error{Op: "password", Code: dberr.Internal, Err: err}
	}
	// The same algorithm; 2b is how Python's bcrypt spells it.
	return "$2b$" + strings.TrimPrefix(string(h), "$2a$"), nil
}

// Verify reports whether password is the one that hash was made from. Hashes are
// bcrypt ($2a$, $2b$, $2y$) or argon2 ($argon2id$, $argon2i$) as Python's
// libraries write them. An empty or unknown hash matches no password and takes as
// long as one that does. It fails only when ctx ends before its turn.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (bool, error) {
	release, err := p.slot(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	switch {
	case strings.HasPrefix(hash, "$2a$"), strings.HasPrefix(hash, "$2b$"), strings.HasPrefix(hash, "$2y$"):
		return verifyBcrypt(hash, password), nil
	case strings.HasPrefix(hash, "$argon2"):
		return verifyArgon2(hash, password), nil
	}
	// The answer is no, but not sooner than for a user who exists.
	_ = bcrypt.CompareHashAndPassword(dummyHash(p.cost), []byte(cut72(password)))
	return false, nil
}

// dummyHash is a well-formed bcrypt hash that no password is known for.
func dummyHash(cost int) []byte {
	c := strconv.Itoa(cost)
	if cost < 10 {
		c = "0" + c
	}
	return []byte("$2a$" + c + "$" + strings.Repeat(".", 21) + "u" + strings.Repeat(".", 31))
}

func cut72(s string) string {
	if len(s) > MaxPassword {
		return s[:MaxPassword]
	}
	return s
}

// verifyBcrypt compares the first 72 bytes, which is all that older versions
// of Python's bcrypt put into a hash.
func verifyBcrypt(hash, password string) bool {
	return bcrypt.CompareHashAndPassword([]byte("$2a$"+hash[4:]), []byte(cut72(password))) == nil
}

// maxArgon2Memory bounds what a hash in the database may make us allocate, in KiB.
const maxArgon2Memory = 1 << 20

// verifyArgon2 reads $argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>.
func verifyArgon2(hash, password string) bool {
	f := strings.Split(hash, "$")
	if len(f) != 6 || f[2] != "v=19" {
		return false
	}
	var m, t, threads uint64
	for _, kv := range strings.Split(f[3], ",") {
		k, v, _ := strings.Cut(kv, "=")
		n, err := strconv.ParseUint(v, 10, 32)
		if err != nil {
			return false
		}
		switch k {
		case "m":
			m = n
		case "t":
			t = n
		case "p":
			threads = n
		}
	}
	if t == 0 || t > 1000 || threads == 0 || threads > math.MaxUint8 || m < 8*threads || m > maxArgon2Memory {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(f[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(f[5])
	if err != nil || len(want) < 4 || len(want) > 1024 {
		return false
	}
	var got []byte
	switch f[1] {
	case "argon2id":
		got = argon2.IDKey([]byte(password), salt, uint32(t), uint32(m), uint8(threads), uint32(len(want)))
	case "argon2i":
		got = argon2.Key([]byte(password), salt, uint32(t), uint32(m), uint8(threads), uint32(len(want)))
	default:
		return false
	}
	return subtle.ConstantTimeCompare(got, want) == 1
}
