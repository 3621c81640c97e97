package canon

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/schema"
)

// Raw brings what a driver returned for a column into one of the Go types of
// a value, without looking whether it is of the column's type: text that comes
// as bytes is a string, instants are in UTC. The bytes of raw must not change
// any more.
func Raw(ty schema.Type, raw any) any {
	switch v := raw.(type) {
	case []byte:
		if ty.Kind != schema.Bytes {
			return jsontext.String(v)
		}
		if v == nil {
			return []byte{} // NULL is not bytes at all
		}
	case time.Time:
		return v.UTC()
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case int16:
		return int64(v)
	case float32:
		return float64(v)
	case [16]byte:
		h := hex.EncodeToString(v[:])
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	}
	return raw
}

// Read is [Raw] for a column of type ty, and an [*Error] where the value is not
// of that type; the value then is what Raw gives. Text and JSON are not looked
// into: whether their characters can be stored is the target's to say.
func Read(ty schema.Type, raw any) (any, error) {
	v := Raw(ty, raw)
	if v == nil {
		return nil, nil
	}
	switch k := ty.Kind; {
	case k == schema.JSON || k == schema.JSONB || k.IsText() || k == schema.Enum || k == schema.UUID:
		return text(ty, v)
	case k.IsWhole():
		return whole(v)
	case k == schema.Boolean:
		return boolean(v)
	case k == schema.Float:
		return float(v)
	case k == schema.Numeric:
		return decimal(v)
	case k == schema.Date || k == schema.DateTime:
		return instant(ty, v)
	case k == schema.Time:
		return timeOfDay(ty, v)
	case k == schema.Bytes:
		if s, ok := v.(string); ok {
			return []byte(s), nil
		}
	}
	return v, nil
}

// text reads what SQLite may hold as a number, in a column that prefers
// numbers or because somebody stored one.
func text(ty schema.Type, v any) (any, error) {
	switch x := v.(type) {
	case string:
		if ty.Kind == schema.UUID {
			return strings.ToLower(x), nil
		}
		return x, nil
	case time.Time:
		return x.Format(time.RFC3339Nano), nil
	}
	s, err := value.Text(v)
	if err != nil {
		return v, wrong(Numbers, "the value is not text")
	}
	return s, nil
}

func whole(v any) (any, error) {
	switch x := v.(type) {
	case int64:
		return x, nil
	case float64:
		if x == math.Trunc(x) && x >= -(1<<63) && x < 1<<63 {
			return v, wrong(Numbers, "a whole number is stored as a fraction")
		}
		return v, wrong(Numbers, "the number is not whole")
	case string:
		if _, err := strconv.ParseInt(x, 10, 64); err == nil {
			return v, wrong(Numbers, "a whole number is stored as text")
		}
		return v, wrong(Numbers, "text is stored in a column of whole numbers")
	}
	return v, wrong(Numbers, "the value is not a whole number")
}

func boolean(v any) (any, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case int64:
		if x == 0 || x == 1 {
			return x == 1, nil
		}
		return v, wrong(Booleans, "a boolean is stored as a number that is neither 0 nor 1")
	case string:
		return v, wrong(Booleans, "a boolean is stored as text")
	}
	return v, wrong(Booleans, "the value is not a boolean")
}

func float(v any) (any, error) {
	switch x := v.(type) {
	case float64:
		return x, nil
	case int64:
		return float64(x), nil
	case string:
		return v, wrong(Numbers, "a number is stored as text")
	}
	return v, wrong(Numbers, "the value is not a number")
}

// decimal reads an exact decimal, which engines give as text and SQLite as what
// it made of it.
func decimal(v any) (any, error) {
	var s string
	switch x := v.(type) {
	case string:
		s = x
	case int64:
		return strconv.FormatInt(x, 10), nil
	case float64:
		s = strconv.FormatFloat(x, 'f', -1, 64)
	}
	neg, before, behind, ok := value.Digits(s)
	if !ok {
		return v, wrong(Numbers, "the value is not a decimal number")
	}
	return plain(neg, before, behind), nil
}

// plain is a number without exponent and needless zeros.
func plain(neg bool, before, behind string) string {
	out := before
	if out == "" {
		out = "0"
	}
	if behind != "" {
		out += "." + behind
	}
	if neg {
		out = "-" + out
	}
	return out
}

// timeOfDay is its text in the one spelling. MySQL's type holds more than a day has.
func timeOfDay(ty schema.Type, v any) (any, error) {
	x, err := value.Encode(schema.Type{Kind: schema.Time, Precision: ty.Precision}, v, value.Limits{})
	if err != nil {
		return v, wrong(Times, "the value is not a time of day from 00:00:00 to 23:59:59.999999")
	}
	return x, nil
}

// layouts in which instants are found as text: ours, what CURRENT_TIMESTAMP
// gives, RFC 3339.
var layouts = []string{"2006-01-02 15:04:05.999999999", time.DateOnly, "2006-01-02T15:04:05.999999999",
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00"}

func instant(ty schema.Type, v any) (any, error) {
	t, ok := v.(time.Time)
	if s, isText := v.(string); isText {
		for _, l := range layouts {
			var err error
			if t, err = time.Parse(l, s); err == nil {
				ok = true
				break
			}
		}
	}
	if !ok {
		return v, wrong(Times, "the value is not a date or time")
	}
	t = t.UTC()
	if ty.Kind == schema.Date {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), nil
	}
	return t.Truncate(time.Microsecond), nil
}
