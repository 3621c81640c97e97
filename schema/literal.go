package schema

import (
	"math"
	"strconv"

	"github.com/larder-db/larder/schema/sqltext"
)

// Literal brings the literal default of a column of type ty into the Go type
// that belongs to it: bool for Boolean, int64 for the integers, float64 for
// Float and Numeric, string for the others, and for a Numeric that no float64
// holds to the last digit. A value that cannot be read so comes back as it is.
func (ty Type) Literal(v any) any {
	switch n := v.(type) {
	case int:
		v = int64(n)
	case int32:
		v = int64(n)
	case float32:
		v = float64(n)
	}
	switch ty.Kind {
	case Boolean:
		return asBool(v)
	case Integer, BigInt, SmallInt:
		return asInteger(v)
	case Float:
		return asFloat(v)
	case Numeric:
		return asDecimal(v)
	case Other:
		return v
	}
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return v
}

func asBool(v any) any {
	switch v := v.(type) {
	case int64:
		if v == 0 || v == 1 {
			return v == 1
		}
	case string:
		switch v {
		case "1", "t", "true", "yes", "on":
			return true
		case "0", "f", "false", "no", "off":
			return false
		}
	}
	return v
}

func asInteger(v any) any {
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case float64:
		if float64(int64(v)) == v {
			return int64(v)
		}
	case string:
		if i, err := strconv.ParseInt(v, 10, 64); err == nil {
			return i
		}
	}
	return v
}

func asFloat(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN"
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
	}
	return v
}

func asDecimal(v any) any {
	if s, ok := v.(string); ok {
		if n, ok := sqltext.Number(s); ok {
			v = n
		}
		if _, exact := v.(string); exact {
			return v
		}
	}
	return asFloat(v)
}
