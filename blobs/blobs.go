package blobs

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
)

// Store keeps bytes in a bucket. It is safe for concurrent use, by several
// programs over the same bucket too.
type Store struct {
	bucket Bucket
	now    func() time.Time
}

// New makes a store over a bucket. A nil now is time.Now; the bucket's own
// clock should not be far from it.
func New(b Bucket, now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{bucket: b, now: now}
}

// Close lets go of the bucket. Errors are those of the storage.
func (s *Store) Close() error { return s.bucket.Close() }

// longest is the longest name in bytes that file systems take: 255 on most,
// 143 on those that encrypt names.
const longest = 143

// nameFor is under which name the bytes of a file are kept: <id>_<name> as Open
// WebUI has it, or <id>.<extension> where that is too long or no plain name.
func nameFor(id, name string) string {
	full := id + "_" + name
	if len(full) <= longest && filepath.IsLocal(full) && !strings.ContainsAny(name, "/\x00") && utf8.ValidString(name) {
		return full
	}
	ext := strings.ToLower(filepath.Ext(name))
	if len(ext) < 2 || len(ext) > 16 || strings.ContainsAny(ext, "/\\\x00") || !utf8.ValidString(ext) {
		return id
	}
	return id + ext
}

// nameAt is the name of the bytes that a row places at a location: its last
// segment. Empty for what can name nothing.
func nameAt(location string) string {
	name := location[strings.LastIndexByte(location, '/')+1:]
	if name == location { // a path of Windows, perhaps
		name = location[strings.LastIndexByte(location, '\\')+1:]
	}
	if name == "." || name == ".." || strings.HasPrefix(name, claims[:len(claims)-1]) || strings.IndexByte(name, 0) >= 0 {
		return ""
	}
	return name
}

// Open opens the bytes at the location that a row names, whatever directory or
// bucket that speaks of. Errors: dberr.ErrNotFound.
func (s *Store) Open(ctx context.Context, location string) (*Blob, error) {
	name := nameAt(location)
	if name == "" {
		return nil, dberr.New(dberr.NotFound, "blobs.Open", "the location of the file names nothing")
	}
	return s.bucket.Open(ctx, name)
}

// Written is bytes that have come, and are nobody's until their row is there.
type Written struct {
	*Claim
	Size   int64
	Text   bool   // they are UTF-8 without NUL
	Head   []byte // the first 512 at most
	SHA256 string // of the bytes, hexadecimal

	location string
}

// Location is what the row of the file has as its path.
func (w *Written) Location() string { return w.location }

// Create claims and writes the bytes of a new file. The caller then stores the
// row and calls Release, or Remove when there will be none; a sweep does it for
// one that is killed in between. After an error nothing is left to do.
func (s *Store) Create(ctx context.Context, id, name string, r io.Reader) (*Written, error) {
	item := Item{ID: id, Name: nameFor(id, name)}
	c, err := s.Claim(ctx, item)
	if err != nil {
		return nil, err
	}
	m := &meter{ctx: ctx, claim: c, r: r, sum: sha256.New()}
	if err := s.bucket.Create(ctx, item.Name, m); err != nil {
		return nil, errors.Join(err, c.Remove(context.WithoutCancel(ctx)))
	}
	return &Written{Claim: c, Size: m.n, Text: m.text.ends(), Head: m.head, SHA256: hex.EncodeToString(m.sum.Sum(nil)),
		location: s.bucket.Location(item.Name)}, nil
}

// meter looks at bytes as they come, and keeps their claim young.
type meter struct {
	ctx   context.Context //nolint:containedctx // of the call that reads
	claim *Claim
	r     io.Reader
	n     int64
	head  []byte
	sum   hash.Hash
	text  utf8Scan
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	m.sum.Write(p[:n])
	m.text.add(p[:n])
	if room := 512 - len(m.head); room > 0 {
		m.head = append(m.head, p[:min(room, n)]...)
	}
	if rerr := m.claim.Renew(m.ctx); rerr != nil {
		return n, rerr
	}
	return n, err
}

// utf8Scan finds out whether bytes that come in parts are UTF-8 without NUL.
type utf8Scan struct {
	rest []byte // the beginning of a character
	bad  bool
}

func (u *utf8Scan) add(p []byte) {
	if u.bad || len(p) == 0 {
		return
	}
	if len(u.rest) > 0 {
		n := min(utf8.UTFMax, len(p))
		first := append(u.rest, p[:n]...)
		if !utf8.FullRune(first) {
			u.rest = first
			return
		}
		r, size := utf8.DecodeRune(first)
		if r == utf8.RuneError && size <= 1 {
			u.bad = true
			return
		}
		p = p[size-len(u.rest):]
		u.rest = nil
	}
	end := len(p)
	for i := 1; i <= utf8.UTFMax && i <= len(p); i++ {
		if utf8.RuneStart(p[len(p)-i]) {
			if !utf8.FullRune(p[len(p)-i:]) {
				end = len(p) - i
			}
			break
		}
	}
	u.rest = append([]byte(nil), p[end:]...)
	u.bad = !utf8.Valid(p[:end]) || bytes.IndexByte(p[:end], 0) >= 0
}

func (u *utf8Scan) ends() bool { return !u.bad && len(u.rest) == 0 }

// Item is the bytes of one file.
type Item struct {
	ID   string `json:"id"`   // of the row
	Name string `json:"name"` // in the bucket
}

// At is the item of a row; without a name when its path names nothing.
func At(id, location string) Item { return Item{ID: id, Name: nameAt(location)} }

const (
	// claims is where claims are kept.
	claims = ".larder/"
	// renewal is how often a claim whose bytes are still coming is written anew.
	renewal = 5 * time.Minute
	// Idle is how long a claim has not been renewed when nobody can be at work
	// any more.
	Idle = time.Hour
)

// Claim says that bytes are about to lose or to get their row.
type Claim struct {
	s       *Store
	name    string
	items   []Item
	renewed time.Time
}

// Claim claims the bytes of files whose rows are about to come or to go. Errors
// are those of the storage.
func (s *Store) Claim(ctx context.Context, items ...Item) (*Claim, error) {
	c := &Claim{s: s, items: items}
	if len(items) > 0 {
		// Two may claim the same file at once, and each ends its own claim.
		c.name = claims + items[0].ID + "-" + rand.Text()
		return c, c.write(ctx)
	}
	return c, nil
}

func (c *Claim) write(ctx context.Context) error {
	text, err := json.Marshal(c.items)
	if err != nil {
		return &dberr.Error{Op: "blobs.Claim", Code: dberr.Internal, Err: err}
	}
	c.renewed = c.s.now()
	return c.s.bucket.Replace(ctx, c.name, text)
}

// Renew makes the claim young again, if it was not written a moment ago. It is
// called ahead of the transaction that decides. Errors are those of the storage.
func (c *Claim) Renew(ctx context.Context) error {
	if c.name == "" || c.s.now().Sub(c.renewed) < renewal {
		return nil
	}
	return c.write(ctx)
}

// Release ends the claim; the bytes stay. Errors are those of the storage.
func (c *Claim) Release(ctx context.Context) error {
	if c.name == "" {
		return nil
	}
	return c.s.bucket.Remove(ctx, c.name)
}

// Remove deletes the bytes and ends the claim. Errors are those of the storage.
func (c *Claim) Remove(ctx context.Context) error {
	for _, x := range c.items {
		if x.Name == "" {
			continue
		}
		if err := c.s.bucket.Remove(ctx, x.Name); err != nil {
			return err // the claim stays, and a sweep tries again
		}
	}
	return c.Release(ctx)
}
