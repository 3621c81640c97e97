package query

import (
	"math"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// encode brings a value into the form in which d's driver takes it. What is not
// the same on every engine is refused on each of them: a whole number that only
// some hold in a narrow column, a floating point number that is none.
func encode(d driver.Dialect, ty schema.Type, v any) (any, error) {
	x, err := d.Encode(ty, v)
	if err == nil {
		if err = everywhere(ty, x); err != nil {
			err = dberr.WithEngine(err, d.Engine())
		}
	}
	if err != nil {
		return nil, err
	}
	return x, nil
}

// everywhere refuses a value, as a driver takes it, that another engine would not hold.
func everywhere(ty schema.Type, x any) error {
	switch n := x.(type) {
	case int64:
		if bits := ty.Kind.Bits(); bits > 0 && !value.FitsBits(n, bits) {
			return dberr.New(dberr.TooLarge, "", value.OutOfRange(bits))
		}
	case float64:
		if ty.Kind == schema.Float && (math.IsNaN(n) || math.IsInf(n, 0)) {
			return dberr.New(dberr.Invalid, "", "NaN and infinity are not numbers that every engine stores; store NULL instead")
		}
	}
	return nil
}

// bound writes the placeholder of a value of the column of, if it is one's.
func bound(b *driver.Builder, ty schema.Type, of string, v any) {
	x, err := encode(b.Dialect(), ty, v)
	if err != nil {
		b.Fail(named(err, of))
		return
	}
	b.Encoded(ty, x)
}
