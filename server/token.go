package server

import (
	"crypto/sha256"
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
}

const sessionToken = "session"

func (c *claims) session() store.Session {
	return store.Session{UserID: c.UserID, Stamp: c.SessionStamp, Method: c.AuthMethod, Verified: orZero(c.MFAVerified)}
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
}

// ended are tokens that were signed out, by their hashes, and until when they
// would have been valid. Each process knows its own.
type ended struct {
	mu    sync.Mutex
	until map[[sha256.Size]byte]int64
}

// mostEnded bounds how many are remembered; each was a valid token.
const mostEnded = 100_000

func (e *ended) has(token string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.until[sha256.Sum256([]byte(token))]
	return ok
}

func (e *ended) add(token string, until, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = map[[sha256.Size]byte]int64{}
	}
	if len(e.until) >= mostEnded {
		maps.DeleteFunc(e.until, func(_ [sha256.Size]byte, until int64) bool { return until <= now })
	}
	if len(e.until) < mostEnded {
		e.until[sha256.Sum256([]byte(token))] = until
	}
}

// end makes a token invalid that is valid, for this process.
func (t *tokens) end(token string) {
	c, err := t.read(token)
	if err != nil {
		return
	}
	until := int64(math.MaxInt64)
	if c.Expires != nil {
		until = *c.Expires
	}
	t.ended.add(token, until, t.now().Unix())
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
	c := &claims{}
	_, err := jwt.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return t.secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(t.now))
	if err != nil {
		return nil, err
	}
	if c.Type != sessionToken || c.UserID == "" || t.ended.has(token) {
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
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
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
