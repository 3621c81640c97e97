package query

import (
	"fmt"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Shift is the instant d after t, or before it when d is negative, to the
// microsecond: what is finer in d is cut off. NULL where t is, and where it would
// leave the years 1 to 9999. A date counts from its start.
//
//	query.Select(ID).From(Jobs).Where(query.Shift(Started, time.Hour).LtTo(query.Val(time.Now())))
//
// Months and years have no one length: calculate them with time.AddDate.
func Shift(t Operand[time.Time], d time.Duration) Expr[time.Time] {
	at := exprOf(t)
	if at.ty.Kind == schema.Date {
		at = Cast[time.Time](t, instantType)
	}
	d = d.Truncate(time.Microsecond)
	within := at.Le(lastInstant.Add(-d))
	if d < 0 {
		within = at.Ge(firstInstant.Add(-d))
	}
	return shifted(t, within, Val(d.Microseconds()))
}

// ShiftBy is the instant n units after t, or before it when n is negative, for a
// number that the database knows: ShiftBy(Started, Days, query.Day). The units are
// those of one length: Week, Day of 24 hours, Hour, Minute and Second; others are
// refused. NULL where t or n is, and where it would leave the years 1 to 9999.
func ShiftBy(t Operand[time.Time], n Operand[int64], unit TimeUnit) Expr[time.Time] {
	seconds, ok := map[TimeUnit]int64{Week: 7 * 86400, Day: 86400, Hour: 3600, Minute: 60, Second: 1}[unit]
	if !ok {
		return failed[time.Time](dberr.New(dberr.Invalid, "shift",
			fmt.Sprintf("a %s has no one length; shift by Week, Day, Hour, Minute or Second, or calculate with time.AddDate", unit)))
	}
	// What engines have calculated may have fewer bits, and so may what is bound beside it.
	amount := Expr[int64]{n: conversion{n, bigint}, ty: bigint}
	most := (lastInstant.Unix() - firstInstant.Unix()) / seconds
	ends := Add(Epoch(t), amount.Times(seconds))
	// Whether it is so many that nothing can be calculated comes first.
	within := Case[bool]().When(Or(amount.Lt(-most), amount.Gt(most)), false).
		ElseTo(ends.Between(firstInstant.Unix(), lastInstant.Unix()).Expr())
	return shifted(t, Cond{n: within}, amount.Times(seconds*1e6))
}

// The instants that every engine has lie between these.
var (
	firstInstant = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastInstant  = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
)

func shifted(t Operand[time.Time], within Cond, micros driver.Expr) Expr[time.Time] {
	return Expr[time.Time]{ty: instantType, n: driver.ExprFunc(func(b *driver.Builder) {
		b.SQL("CASE WHEN ").Expr(within).SQL(" THEN ")
		b.Dialect().Shifted(b, t, micros)
		b.SQL(" END")
	})}
}

// exprOf is an operand as an expression, with all that can be asked of one.
func exprOf[T any](o Operand[T]) Expr[T] {
	switch e := o.(type) {
	case Expr[T]:
		return e
	case Column[T]:
		return e.Expr
	}
	return Expr[T]{n: o, ty: schema.Type{Kind: o.SQLType().Kind}}
}
