//go:build !unix

package server

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// Lease is the right to use a server.
type Lease struct{ Endpoint Endpoint }

// Release gives the server back.
func (l *Lease) Release() {}

// Alive reports whether the server may be there.
func (l *Lease) Alive() bool { return true }

// errUnix says why there is no server of our own.
var errUnix = errors.New("servers are started on Unix systems only")

// Share leases the server of engine that the environment names.
func Share(ctx context.Context, engine string, _ func(string)) (*Lease, error) {
	e, ok, err := FromEnvironment(ctx, engine)
	if err == nil && !ok {
		err = fmt.Errorf("%w. %s", errUnix, Ways(engine))
	}
	if err != nil {
		return nil, err
	}
	return &Lease{Endpoint: e}, nil
}

// Client returns an error here.
func (e Endpoint) Client(context.Context, string, func(string)) (*exec.Cmd, error) {
	return nil, errUnix
}

// ForgetFailure does nothing here, where nothing is fetched.
func ForgetFailure(string) error { return nil }

// Private is a server that no other process uses.
type Private struct{}

// NewPrivate returns an error here.
func NewPrivate(context.Context, string, func(string)) (*Private, error) { return nil, errUnix }

// Endpoint is the server's address.
func (p *Private) Endpoint() Endpoint { return Endpoint{} }

// Close ends the server.
func (p *Private) Close() error { return errUnix }

// Start starts the server.
func (p *Private) Start(context.Context) error { return errUnix }

// Stop ends the server cleanly.
func (p *Private) Stop(context.Context) error { return errUnix }

// Kill ends the server at once.
func (p *Private) Kill() error { return errUnix }

// Pause stops the server where it is.
func (p *Private) Pause() error { return errUnix }

// Resume lets a paused server go on.
func (p *Private) Resume() error { return errUnix }

// Dir is the server's directory.
func (p *Private) Dir() string { return "" }
