package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/larder-db/larder/internal/limit"
	"github.com/larder-db/larder/store"
)

// Passwords may be wrong this often, for one account and from one address, and
// as often somebody may sign up from an address, as for Open WebUI. Each
// process counts for itself: of n replicas somebody gets n times as many.
const (
	mostAttempts  = 15
	attemptWindow = 3 * time.Minute
)

var errTooManyAttempts = errors.New("too many attempts")

// tooMany is how clients are told.
var tooMany = refusal{errTooManyAttempts, http.StatusTooManyRequests, msgTooMany}

// attempts guards what can be guessed.
type attempts struct {
	accounts  *limit.Attempts
	addresses *limit.Attempts
	signUps   *limit.Attempts
	told      *limit.Attempts // who was refused is logged once in a while, not each time
	known     *limit.Attempts // addresses from which somebody was signed in
	hashing   *limit.Queue
}

// hashQueue is how many may wait for a password to be hashed or checked, which
// takes about a quarter of a second, for each that is at it.
const hashQueue = 12

func newAttempts() *attempts {
	return &attempts{accounts: limit.NewAttempts(mostAttempts, attemptWindow), addresses: limit.NewAttempts(mostAttempts, attemptWindow),
		signUps: limit.NewAttempts(mostAttempts, attemptWindow), told: limit.NewAttempts(1, time.Minute), known: limit.NewAttempts(1, 30*24*time.Hour),
		hashing: limit.NewQueue(store.HashPlaces(), hashQueue*store.HashPlaces())}
}

// network is what counts as one address: an IPv6 site has as many as it likes.
func network(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil || a.Is4() {
		return addr
	}
	const site = 64
	return netip.PrefixFrom(a, site).Masked().String()
}

// guess is asked ahead of each check of a password of an account, and told
// afterwards what came of it: only a wrong password stays counted.
func (s *Server) guess(r *request, account string, check func() error) error {
	addr := s.clientAddr(r.http)
	name := s.accountKey(account)
	now := s.now()
	ok, again := s.attempts.addresses.Begin(network(addr), now)
	if ok {
		if ok, again = s.attempts.accounts.Begin(name, now); !ok {
			s.attempts.addresses.Undo(network(addr))
		}
	}
	if !ok {
		if first, _ := s.attempts.told.Begin(network(addr)+" "+name, now); first {
			s.failedSignIn(r, addr, name, "too many attempts")
		}
		return s.comeAgain(r, again)
	}
	// Who has been here before comes ahead of strangers, and who has guessed
	// wrong behind who has not.
	rank := max(s.attempts.addresses.Made(network(addr), now), s.attempts.accounts.Made(name, now))
	if s.attempts.known.Made(network(addr), now) > 0 {
		rank -= mostAttempts
	}
	leave, err := s.hashing(r, rank)
	if err == nil {
		err = check()
		leave()
	}
	if errors.Is(err, store.ErrWrongPassword) {
		s.failedSignIn(r, addr, name, "wrong password")
		return err
	}
	s.attempts.addresses.Undo(network(addr))
	s.attempts.accounts.Undo(name)
	if err == nil {
		s.attempts.known.Begin(network(addr), now)
	}
	return err
}

// hashing waits until a password can be hashed. The rank says who is let in first.
func (s *Server) hashing(r *request, rank int) (leave func(), err error) {
	leave, err = s.attempts.hashing.Enter(r.http.Context(), rank)
	if errors.Is(err, limit.ErrFull) {
		err = &failure{status: http.StatusServiceUnavailable, detail: msgManySignIns, retry: later, err: err}
	}
	return leave, err
}

// signingUp limits how many accounts one address makes, and how often somebody
// tries to make one account from wherever.
func (s *Server) signingUp(r *request, account string, do func() error) error {
	addr := s.clientAddr(r.http)
	ok, again := s.attempts.signUps.Begin(network(addr), s.now())
	if ok {
		if ok, again = s.attempts.signUps.Begin("account "+s.accountKey(account), s.now()); !ok {
			s.attempts.signUps.Undo(network(addr))
		}
	}
	if ok {
		leave, err := s.hashing(r, s.attempts.signUps.Made(network(addr), s.now()))
		if err != nil {
			return err
		}
		defer leave()
		return do()
	}
	if first, _ := s.attempts.told.Begin("sign-up "+network(addr), s.now()); first {
		s.log.LogAttrs(r.http.Context(), slog.LevelWarn, "sign-up refused", slog.String("address", addr),
			slog.String("reason", "too many attempts"))
	}
	return s.comeAgain(r, again)
}

func (s *Server) comeAgain(r *request, in time.Duration) error {
	r.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(in.Seconds()))))
	return errTooManyAttempts
}

// failedSignIn writes the line that programs look for which lock addresses out.
func (s *Server) failedSignIn(r *request, addr, account, reason string) {
	s.log.LogAttrs(r.http.Context(), slog.LevelWarn, "sign-in failed", slog.String("address", addr),
		slog.String("account", account),
		slog.String("reason", reason), slog.String("request_id", RequestID(r.http.Context())))
}

// accountKey names an account in the log: the same one each time, and not to
// be told from the address by who does not have the secret.
func (s *Server) accountKey(email string) string {
	mac := hmac.New(sha256.New, s.tokens.secret)
	mac.Write([]byte("larder account\n" + strings.ToLower(strings.TrimSpace(email))))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
