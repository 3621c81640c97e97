package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/store"
)

func TestVerify(t *testing.T) {
	p := store.NewPasswords(bcrypt.MinCost)
	long := strings.Repeat("x", 100)
	cut, err := p.Hash(t.Context(), long[:72])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, hash, password string
		want                 bool
	}{
		// From a database of Open WebUI 0.12.4.
		{"bcrypt of Python", "$2b$12$iLzX6mqRUBbTl1vHY1YkWOr2RwyiRRPl5HcrDBCUis7D0r8oLR8yu", "Passw0rd!ada", true},
		{"bcrypt, another password", "$2b$12$iLzX6mqRUBbTl1vHY1YkWOr2RwyiRRPl5HcrDBCUis7D0r8oLR8yu", "passw0rd!ada", false},
		{"bcrypt 2a", "$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6", "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa", true},
		{"of a password that was cut at 72 bytes", cut, long, true},
		// From the documentation of argon2-cffi.
		{"argon2id", "$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg", "correct horse battery staple", true},
		{"argon2id, another password", "$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg", "correct horse", false},
		{"empty", "", "", false},
		{"empty with a password", "", "x", false},
		{"clear text", "x", "x", false},
		{"a bcrypt hash cut short", "$2b$12$iLzX6mqRUBbTl1vHY1YkWO", "Passw0rd!ada", false},
		{"a cost out of range", "$2b$99$iLzX6mqRUBbTl1vHY1YkWOr2RwyiRRPl5HcrDBCUis7D0r8oLR8yu", "Passw0rd!ada", false},
		{"argon2 of too much memory", "$argon2id$v=19$m=4294967295,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg", "x", false},
		{"argon2 without parameters", "$argon2id$v=19$$MIIRqgvgQbgj220jfp0MPA$YfwJ", "x", false},
		{"argon2 of no length", "$argon2id$v=19$m=64,t=1,p=1$MIIRqgvgQbgj220jfp0MPA$", "x", false},
		{"argon2d", "$argon2d$v=19$m=64,t=1,p=1$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ", "x", false},
	} {
		got, err := p.Verify(t.Context(), c.hash, c.password)
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", c.what, got, err, c.want)
		}
	}
}

func TestHash(t *testing.T) {
	p := store.NewPasswords(0)
	h, err := p.Hash(t.Context(), "päss 🦊")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(h, "$2b$12$") || len(h) != 60 {
		t.Errorf("the hash has the form %.10s, %d characters", h, len(h))
	}
	if ok, err := p.Verify(t.Context(), h, "päss 🦊"); !ok || err != nil {
		t.Errorf("its own hash: %v %v", ok, err)
	}
	if _, err := p.Hash(t.Context(), strings.Repeat("é", 37)); !errors.Is(err, dberr.ErrTooLarge) {
		t.Errorf("74 bytes: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // a slot may be free, and then either is right
		if _, err := store.NewPasswords(bcrypt.MinCost).Hash(ctx, "x"); err != nil && !errors.Is(err, dberr.ErrCanceled) {
			t.Errorf("canceled: %v", err)
		}
	}
}
