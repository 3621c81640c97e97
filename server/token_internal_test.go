package server

import (
	"testing"
	"time"
)

// A token whose signature is remembered ends as any other does: by its time, and
// by a sign-out.
func TestARememberedTokenEnds(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	tk := &tokens{secret: []byte("a secret"), now: func() time.Time { return now }}
	brief, _, err := tk.issue("u1", "stamp", time.Hour, true)
	if err != nil {
		t.Fatal(err)
	}
	forever, _, err := tk.issue("u1", "stamp", 0, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{brief, forever, brief, forever} { // the second time from memory
		c, err := tk.read(token)
		if err != nil || c.UserID != "u1" || c.SessionStamp != "stamp" {
			t.Fatalf("read: %+v, %v", c, err)
		}
	}
	if _, err := (&tokens{secret: []byte("another"), now: tk.now}).read(brief); err == nil {
		t.Error("a token with another signature was taken")
	}
	now = now.Add(2 * time.Hour)
	if _, err := tk.read(brief); err == nil {
		t.Error("a token was taken after its time")
	}
	tk.end(forever)
	if _, err := tk.read(forever); err == nil {
		t.Error("a token was taken after a sign-out")
	}
}

func TestRememberedTokensHaveAnEnd(t *testing.T) {
	var s signed
	for i := range 5 * mostSigned {
		d := digest{byte(i), byte(i >> 8), byte(i >> 16)}
		s.add(d, &claims{})
		if s.get(d) == nil {
			t.Fatal("a token was forgotten at once")
		}
	}
	if n := len(s.fresh) + len(s.before); n > 2*mostSigned {
		t.Errorf("%d tokens are remembered, want at most %d", n, 2*mostSigned)
	}
}
