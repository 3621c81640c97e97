// Package namedlock is what the named locks of all engines have in common:
// trying again until the lock is free, and saying why it could not be had. It
// is for those who implement a [driver.Locker]:
//
//	err := namedlock.Wait(ctx, waiting, 100*time.Millisecond, func() (bool, error) { return tryLock(ctx, conn) })
//	if err != nil {
//		return nil, namedlock.Error("mysql", name, errors.Join(err, conn.Close()), classifier)
//	}
//	return sync.OnceValue(conn.Close), nil
//
// What it will not do: hold a lock. What holds one, a connection, a file or a
// map, differs from engine to engine.
package namedlock

import (
	"context"
	"errors"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Wait calls try until it has the lock, with a pause between two attempts, and
// waiting, if it is not nil, about once a second with the time waited so far.
// It returns the error of try, or that of a ctx that is done.
func Wait(ctx context.Context, waiting func(time.Duration), pause time.Duration, try func() (bool, error)) error {
	begin, told := time.Now(), time.Duration(0)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if ok, err := try(); ok || err != nil {
			return err
		}
		if w := time.Since(begin); waiting != nil && w-told >= time.Second {
			told = w
			waiting(w)
		}
		timer.Reset(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Error says why the lock of that name could not be had. A deadline that passed
// is dberr.Busy: somebody else has the lock.
func Error(engine, name string, err error, c driver.Classifier) error {
	var known *dberr.Error
	if errors.As(err, &known) {
		return dberr.WithOp(known, "lock")
	}
	f := c.Classify(err)
	e := &dberr.Error{Op: "lock", Code: f.Code, Engine: engine, Native: f.Native, Msg: f.Detail, Unsent: true, Err: err}
	switch {
	case f.Code == dberr.Timeout:
		e.Code, e.Msg = dberr.Busy, "another process holds the lock "+name+"; wait until it is done, or end it"
	case e.Msg == "" && f.Code == dberr.Internal:
		e.Msg = "the lock " + name + " could not be taken"
	}
	return e
}
