// Package limit keeps strangers from using a server up: its memory, its
// connections, its patience and its processors. It is for package server, and
// knows nothing of HTTP but what a connection does.
//
//	b := limit.NewBudget(128 << 20)
//	share := b.Share(address)
//	defer share.Close()
//	if err := share.Grow(ctx, n, 10*time.Second); err != nil { ... } // limit.ErrFull
//
// What it will not do: share anything with another process, or decide what is
// answered to who is over a limit.
package limit

import "errors"

// ErrFull says that there was no room in time.
var ErrFull = errors.New("there is no room")
