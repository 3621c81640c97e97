package netfault

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

const (
	// rotation is how long the place that a password comes from may lag behind
	// the server: whoever changes both cannot do it in one moment.
	rotation = 5 * time.Second

	firstWait, longestWait = 50 * time.Millisecond, 500 * time.Millisecond
)

// Admission opens connections with a password that may change while the program
// runs. The zero value of Ask is for one that does not.
type Admission struct {
	Ask        func(context.Context) (string, error)
	Engine     string // as errors name it
	Where      string // the addresses, without a password
	Refused    []string
	Classifier driver.Classifier

	admitted atomic.Bool
}

// Admitted reports whether a connection has come about already.
func (a *Admission) Admitted() bool { return a.admitted.Load() }

// Password asks for the password of one connection. What a source says in a
// *dberr.Error is passed on, any other error of it may quote the password.
func (a *Admission) Password(ctx context.Context) (string, error) {
	p, err := a.Ask(ctx)
	if err == nil {
		return p, nil
	}
	e := &dberr.Error{Op: "connect", Code: dberr.Unavailable, Engine: a.Engine, Unsent: true, Err: err,
		Msg: "the password for the connection to " + a.Where + " could not be had"}
	var said *dberr.Error
	if errors.As(err, &said) {
		e.Msg += ": " + said.Msg
	}
	return "", e
}

// Open calls connect, which asks for the password anew, until the server does not
// refuse what it is given: once more at first, and for five seconds where it has
// let somebody in before. Its error is the last one of connect.
func (a *Admission) Open(ctx context.Context, connect func() error) error {
	err := connect()
	wait, until := firstWait, time.Now().Add(rotation)
	for a.Ask != nil && a.refused(err) {
		again := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			again.Stop()
			return err
		case <-again.C:
		}
		err = connect()
		if !a.admitted.Load() || time.Now().After(until) {
			break
		}
		wait = min(2*wait, longestWait)
	}
	if err == nil {
		a.admitted.Store(true)
	}
	return err
}

func (a *Admission) refused(err error) bool {
	if err == nil {
		return false
	}
	f := a.Classifier.Classify(err)
	for _, number := range a.Refused {
		if f.Native == number {
			return true
		}
	}
	return false
}
