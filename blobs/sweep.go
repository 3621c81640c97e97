package blobs

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
)

// Swept is what a sweep has done.
type Swept struct {
	Claims  int // that were left behind
	Removed int // files without a row
}

// Kept says which of some ids have a row.
type Kept func(ctx context.Context, ids []string) (map[string]bool, error)

// Sweep ends the claims that have not been renewed for idle; [Idle] is what leaves
// everybody who may still be at work alone. Bytes with a row stay, those of the
// others are deleted. Errors are those of the storage and of kept; what was swept
// until then is counted.
func (s *Store) Sweep(ctx context.Context, idle time.Duration, kept Kept) (Swept, error) {
	var done Swept
	var failed []error
	for entry, err := range s.bucket.List(ctx, claims) {
		if err != nil {
			return done, errors.Join(append(failed, err)...)
		}
		if s.now().Sub(entry.Changed) < idle {
			continue
		}
		if err := s.sweep(ctx, entry.Name, kept, &done); err != nil {
			failed = append(failed, err) // the others are tried all the same
		}
	}
	return done, errors.Join(failed...)
}

func (s *Store) sweep(ctx context.Context, name string, kept Kept, done *Swept) error {
	items, err := s.readClaim(ctx, name)
	if errors.Is(err, dberr.ErrNotFound) {
		return nil // somebody was faster
	}
	if err != nil {
		return err
	}
	ids := make([]string, len(items))
	for i, x := range items {
		ids[i] = x.ID
	}
	stay := map[string]bool{}
	if len(ids) > 0 {
		if stay, err = kept(ctx, ids); err != nil {
			return err
		}
	}
	for _, x := range items {
		if stay[x.ID] || x.Name == "" {
			continue
		}
		if err := s.bucket.Remove(ctx, x.Name); err != nil {
			return err
		}
		done.Removed++
	}
	done.Claims++
	return s.bucket.Remove(ctx, name)
}

// readClaim reads a claim. One that is not whole was cut off before anything
// was done under it, and claims nothing.
func (s *Store) readClaim(ctx context.Context, name string) ([]Item, error) {
	b, err := s.bucket.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	text, err := io.ReadAll(b)
	if err != nil {
		return nil, &dberr.Error{Op: "blobs.Sweep", Code: dberr.Unavailable, Msg: "a claim cannot be read", Err: err}
	}
	var items []Item
	if json.Unmarshal(text, &items) != nil {
		return nil, nil
	}
	for i, x := range items {
		if strings.Contains(x.Name, "/") || nameAt(x.Name) != x.Name {
			items[i].Name = "" // nobody here has written that
		}
	}
	return items, nil
}
