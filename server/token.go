package server

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/larder-db/larder/store"
)

// claims are what Open WebUI puts into a session token.
type claims struct {
	UserID       string `json:"id"`
	Type         string `json:"typ"`
	AuthMethod   string `json:"auth_method,omitempty"`
	AuthTime     int64  `json:"auth_time,omitempty"`
	SessionStamp string `json:"session_stamp,omitempty"`
	MFAVerified  *bool  `json:"mfa_verified,omitempty"`
	Expires      *int64 `json:"exp,omitempty"`
	ID           string `json:"jti,omitempty"`
	Issued       int64  `json:"iat,omitempty"`

	digest digest // of the token that was read
}

const sessionToken = "session"

func (c *claims) session() store.Session {
	return store.Session{UserID: c.UserID, Stamp: c.SessionStamp, Method: c.AuthMethod, Verified: orZero(c.MFAVerified),
		Token: c.digest.String()}
}

// The methods below make claims a jwt.Claims.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) {
	if c.Expires == nil {
		return nil, nil
	}
	return jwt.NewNumericDate(time.Unix(*c.Expires, 0)), nil
}
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)  { return nil, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }
func (c *claims) GetIssuer() (string, error)              { return "", nil }
func (c *claims) GetSubject() (string, error)             { return "", nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)  { return nil, nil }

// tokens signs and reads session tokens, so that those of Open WebUI with the
// same WEBUI_SECRET_KEY are valid here and the other way round.
type tokens struct {
	secret []byte
	now    func() time.Time
	ended  ended
	signed signed
}

// digest is what a token is remembered by.
type digest [sha256.Size]byte

func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// signed are tokens whose signature was right, with their claims: a session sends
// the same one with each request. What is claimed is looked at each time.
type signed struct {
	mu            sync.Mutex
	fresh, before map[digest]*claims // before is dropped when fresh is full
}

// mostSigned is how many are remembered, twice at most.
const mostSigned = 4096

func (s *signed) get(d digest) *claims {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.fresh[d]
	if c == nil && s.before[d] != nil {
		c = s.before[d]
		s.put(d, c)
	}
	return c
}

func (s *signed) add(d digest, c *claims) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(d, c)
}

func (s *signed) put(d digest, c *claims) {
	if s.fresh == nil || len(s.fresh) >= mostSigned {
		s.fresh, s.before = map[digest]*claims{}, s.fresh
	}
	s.fresh[d] = c
}

// ended are tokens that were signed out, by their hashes, and until when they
// would have been valid. Each process knows its own for itself; those of others are
// in the database.
type ended struct {
	mu    sync.Mutex
	until map[digest]int64
}

// mostEnded bounds how many are remembered; each was a valid token.
const mostEnded = 100_000

func (e *ended) has(d digest) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.until[d]
	return ok
}

func (e *ended) add(d digest, until, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = map[digest]int64{}
	}
	if len(e.until) >= mostEnded {
		maps.DeleteFunc(e.until, func(_ digest, until int64) bool { return until <= now })
	}
	if len(e.until) < mostEnded {
		e.until[d] = until
	}
}

// end makes a token invalid that is valid, for this process, and returns how
// others know it and until when it would have been valid; false when it is not.
func (t *tokens) end(token string) (d digest, until int64, valid bool) {
	c, err := t.read(token)
	if err != nil {
		return digest{}, 0, false
	}
	until = math.MaxInt64
	if c.Expires != nil {
		until = *c.Expires
	}
	t.ended.add(c.digest, until, t.now().Unix())
	return c.digest, until, true
}

// issue signs a token for a user who has just given a password; with
// viaPassword false one that an admin gets for a user. Life 0 never expires.
func (t *tokens) issue(userID, stamp string, life time.Duration, viaPassword bool) (string, *int64, error) {
	now := t.now().Unix()
	c := &claims{UserID: userID, Type: sessionToken, SessionStamp: stamp, ID: uuid.NewString(), Issued: now}
	if viaPassword {
		no := false
		c.AuthMethod, c.AuthTime, c.MFAVerified = "password", now, &no
	}
	if life > 0 {
		exp := now + int64(life/time.Second)
		c.Expires = &exp
	}
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(t.secret)
	return s, c.Expires, err
}

var errNotASession = errors.New("the token is not a session token")

// read checks signature and expiry.
func (t *tokens) read(token string) (*claims, error) {
	d := digestOf(token)
	c := t.signed.get(d)
	if c != nil {
		if err := jwt.NewValidator(jwt.WithTimeFunc(t.now)).Validate(c); err != nil {
			return nil, err
		}
	} else {
		c = &claims{digest: d}
		_, err := jwt.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return t.secret, nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(t.now))
		if err != nil {
			return nil, err
		}
		t.signed.add(d, c)
	}
	if c.Type != sessionToken || c.UserID == "" || t.ended.has(d) {
		return nil, errNotASession
	}
	return c, nil
}

// parseLife reads a lifetime as Open WebUI writes it: numbers with a unit (ms,
// s, m, h, d, w), added up; "-1" and "0" for ever. What cannot be read is
// false.
func parseLife(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if s == "-1" || s == "0" {
		return 0, true
	}
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	var sum time.Duration
	for s != "" {
		n := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if n <= 0 {
			return 0, false
		}
		v, err := strconv.ParseFloat(s[:n], 64)
		if err != nil {
			return 0, false
		}
		s = s[n:]
		m := strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
		if m < 0 {
			m = len(s)
		}
		u, ok := units[s[:m]]
		if !ok || v*float64(u) > float64(100*365*24*time.Hour) {
			return 0, false
		}
		sum += time.Duration(v * float64(u))
		s = s[m:]
	}
	return sum, sum > 0
}
