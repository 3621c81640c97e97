package value

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/schema"
)

// Limits is what an engine cannot hold. The zero value has no limits beyond
// those of the kinds themselves.
type Limits struct {
	Length    bool // String.Length binds
	KeyLength bool // Type.KeyLength binds
	IntRange  bool // Integer and SmallInt have 32 and 16 bits
	Years     bool // dates lie between the years 1 and 9999
	NaN       bool // floats are not NaN
	Inf       bool // floats are finite
	Whole     int  // digits before the point of a decimal without a precision; 0 is unlimited
	Fraction  int  // its digits behind the point, where Whole is set
	Depth     int  // of JSON documents; 0 is 1000
	Double    bool // numbers in JSON are not beyond a double
	Bytes     int  // of one value; 0 is unlimited
}

// Encode returns v as one of nil, bool, int64, float64, string, []byte and
// time.Time, by the kind of ty: decimals, UUIDs, JSON and times of day are
// strings, instants are in UTC to the microsecond. Pointers are followed; a nil
// one is nil. A value that is of another kind, or that no column of the type
// holds, is an error with the code invalid or too_large that does not hold the
// value.
func Encode(ty schema.Type, v any, l Limits) (any, error) {
	if ty.Codec != nil {
		return coded(ty, v, l)
	}
	if ty.Kind == schema.JSON || ty.Kind == schema.JSONB {
		if c, ok := v.(checked); ok {
			if depth, ok := c.Checked(); ok && depth <= l.depth() {
				return limited(c.String(), l)
			}
		}
	}
	v, err := plain(v)
	if v == nil || err != nil {
		return nil, err
	}
	var out any
	switch ty.Kind {
	case schema.String, schema.Text, schema.Enum:
		out, err = text(ty, v, l)
	case schema.UUID:
		out, err = uuid(v)
	case schema.Integer, schema.SmallInt, schema.BigInt:
		out, err = integer(ty, v, l)
	case schema.Boolean:
		out, err = boolean(v)
	case schema.Float:
		out, err = float(v, l)
	case schema.Numeric:
		out, err = decimal(ty, v, l)
	case schema.Date, schema.DateTime:
		out, err = instant(ty, v, l)
	case schema.Time:
		out, err = timeOfDay(ty, v)
	case schema.JSON, schema.JSONB:
		out, err = document(v, l)
	case schema.Bytes:
		out, err = octets(v)
	default:
		out, err = v, nil
	}
	if err != nil {
		return nil, err
	}
	return limited(out, l)
}

// coded is v as its codec stores it. A v of another type than the codec's is
// taken for what is stored already.
func coded(ty schema.Type, v any, l Limits) (any, error) {
	c := ty.Codec
	ty.Codec = nil
	r := reflect.ValueOf(v)
	for r.IsValid() && r.Type() != c.Go && r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	if !r.IsValid() || r.Type() != c.Go {
		return Encode(ty, v, l)
	}
	x, err := c.Encode(r.Interface())
	if err != nil {
		return nil, &dberr.Error{Code: dberr.Invalid, Msg: fmt.Sprintf("the %s cannot be stored: its encoding failed",
			c.Go), Err: err}
	}
	return Encode(ty, x, l)
}

// checked is a document whose text was found storable before.
type checked interface {
	// Checked is how deep the document is nested, and false when nobody has looked.
	Checked() (depth int, ok bool)
	String() string
}

func (l Limits) depth() int {
	if l.Depth == 0 {
		return 1000
	}
	return l.Depth
}

func limited(v any, l Limits) (any, error) {
	if l.Bytes > 0 {
		n := 0
		switch x := v.(type) {
		case string:
			n = len(x)
		case []byte:
			n = len(x)
		}
		if n > l.Bytes {
			return nil, tooLarge(fmt.Sprintf("the value has %d bytes and the server takes %d in one statement; raise its packet limit", n, l.Bytes))
		}
	}
	return v, nil
}

func invalid(msg string) error  { return dberr.New(dberr.Invalid, "", msg) }
func tooLarge(msg string) error { return dberr.New(dberr.TooLarge, "", msg) }

func wrong(v any, kind schema.Kind) error {
	return invalid(fmt.Sprintf("a %T is not a value for a column of kind %s", v, kind))
}

// plain follows pointers and asks a driver.Valuer for its value.
func plain(v any) (any, error) {
	switch x := v.(type) {
	case nil, string, int64, bool, float64, []byte, time.Time, int:
		return v, nil
	case *string:
		if x == nil {
			return nil, nil
		}
		return *x, nil
	case *int64:
		if x == nil {
			return nil, nil
		}
		return *x, nil
	}
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer {
		if r.IsNil() {
			return nil, nil
		}
		if val, ok := r.Interface().(driver.Valuer); ok {
			return valued(val)
		}
		r = r.Elem()
	}
	v = r.Interface()
	if val, ok := v.(driver.Valuer); ok {
		return valued(val)
	}
	return v, nil
}

func valued(val driver.Valuer) (any, error) {
	v, err := val.Value()
	if e := (*dberr.Error)(nil); errors.As(err, &e) {
		return nil, err
	}
	if err != nil {
		return nil, &dberr.Error{Code: dberr.Invalid, Msg: fmt.Sprintf("the %T has no value to store", val), Err: err}
	}
	return v, nil
}

func text(ty schema.Type, v any, l Limits) (any, error) {
	s, is := v.(string)
	if !is {
		switch r := reflect.ValueOf(v); {
		case r.Kind() == reflect.String:
			s = r.String()
		case r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8:
			s = string(r.Bytes())
		default:
			return nil, wrong(v, ty.Kind)
		}
	}
	if err := CheckText(s); err != nil {
		return nil, err
	}
	limit := 0
	switch {
	case l.Length && ty.Length > 0:
		limit = ty.Length
	case l.KeyLength && ty.KeyLength > 0:
		limit = ty.KeyLength
	}
	if limit > 0 && len(s) > limit {
		if n := utf8.RuneCountInString(s); n > limit {
			return nil, tooLarge(fmt.Sprintf("the text has %d characters and the column takes %d; shorten it", n, limit))
		}
	}
	if ty.Kind == schema.Enum && len(ty.Values) > 0 && !slices.Contains(ty.Values, s) {
		return nil, invalid("the text is not one of " + strings.Join(ty.Values, ", "))
	}
	if is {
		return v, nil // as it is: another interface value would be an allocation
	}
	return s, nil
}

// CheckText refuses what is not UTF-8 without NUL.
func CheckText(s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return invalid("the text holds the character U+0000 (NUL), which cannot be stored; remove it")
	}
	if !utf8.ValidString(s) {
		return invalid("the text is not valid UTF-8; correct its encoding")
	}
	return nil
}

func uuid(v any) (any, error) {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Array && r.Len() == 16 && r.Type().Elem().Kind() == reflect.Uint8 {
		b := make([]byte, 16)
		reflect.Copy(reflect.ValueOf(b), r)
		h := hex.EncodeToString(b)
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
	} else if r.Kind() == reflect.String {
		s := strings.ToLower(r.String())
		if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
			if _, err := hex.DecodeString(strings.ReplaceAll(s, "-", "")); err == nil {
				return s, nil
			}
		}
		return nil, invalid("the text is not a UUID of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
	}
	return nil, wrong(v, schema.UUID)
}

func integer(ty schema.Type, v any, l Limits) (any, error) {
	var n int64
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n = r.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if r.Uint() > math.MaxInt64 {
			return nil, outside(ty.Kind.Bits())
		}
		n = int64(r.Uint())
	case reflect.Float64, reflect.Float32:
		f := r.Float()
		if f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
			return nil, invalid("the number is not a whole number of 64 bits")
		}
		n = int64(f)
	case reflect.String:
		var err error
		if n, err = strconv.ParseInt(r.String(), 10, 64); err != nil {
			return nil, invalid("the text is not a whole number of 64 bits")
		}
	default:
		return nil, wrong(v, ty.Kind)
	}
	if bits := ty.Kind.Bits(); l.IntRange && !FitsBits(n, bits) {
		return nil, outside(bits)
	}
	if _, is := v.(int64); is {
		return v, nil
	}
	return n, nil
}

func outside(bits int) error { return tooLarge(OutOfRange(bits)) }

// OutOfRange says that a whole number is not one of so many bits.
func OutOfRange(bits int) string {
	return fmt.Sprintf("the number is out of the range of the column, which takes %d to %d; widen the column",
		int64(-1)<<(bits-1), int64(1)<<(bits-1)-1)
}

// FitsBits reports whether n is a whole number of that many bits with a sign.
func FitsBits(n int64, bits int) bool {
	return n >= int64(-1)<<(bits-1) && n <= int64(1)<<(bits-1)-1
}

func boolean(v any) (any, error) {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Bool:
		return r.Bool(), nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		if n := r.Int(); n == 0 || n == 1 {
			return n == 1, nil
		}
	}
	return nil, wrong(v, schema.Boolean)
}

func float(v any, l Limits) (any, error) {
	var f float64
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Float64, reflect.Float32:
		f = r.Float()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f = float64(r.Int())
	case reflect.String:
		var err error
		if f, err = strconv.ParseFloat(r.String(), 64); err != nil {
			return nil, invalid("the text is not a number")
		}
	default:
		return nil, wrong(v, schema.Float)
	}
	if l.NaN && math.IsNaN(f) {
		return nil, invalid("NaN cannot be stored; store NULL instead")
	}
	if l.Inf && math.IsInf(f, 0) {
		return nil, invalid("an infinite number cannot be stored; store NULL instead")
	}
	return f, nil
}

func instant(ty schema.Type, v any, l Limits) (any, error) {
	t, ok := v.(time.Time)
	if !ok {
		return nil, wrong(v, ty.Kind)
	}
	if ty.Kind == schema.Date {
		// A date is the day that the caller sees, wherever that is.
		y, m, d := t.Date()
		t = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	} else {
		t = t.UTC().Truncate(time.Microsecond)
	}
	if y := t.Year(); l.Years && (y < 1 || y > 9999) {
		return nil, tooLarge("the year is not between 1 and 9999")
	}
	return t, nil
}

// timeLayout spells times of day.
const timeLayout = "15:04:05.000000"

// timeOfDay is the text of a time of day, which is a time since midnight or a text.
func timeOfDay(ty schema.Type, v any) (any, error) {
	var d time.Duration
	switch r := reflect.ValueOf(v); {
	case r.Type() == reflect.TypeFor[time.Duration]():
		d = time.Duration(r.Int())
	case r.Kind() == reflect.String:
		var ok bool
		if d, ok = ParseTimeOfDay(r.String()); !ok {
			return nil, invalid("the text is not a time of day from 00:00:00 to 23:59:59.999999")
		}
	default:
		return nil, wrong(v, ty.Kind)
	}
	if d < 0 || d >= 24*time.Hour {
		return nil, tooLarge("the time of day is not between 00:00:00 and 23:59:59.999999")
	}
	unit := time.Microsecond
	for range 6 - cmp.Or(ty.Precision, 6) {
		unit *= 10
	}
	return time.Time{}.Add(d.Truncate(unit)).Format(timeLayout), nil
}

// ParseTimeOfDay reads hours, minutes and seconds, which may have a fraction or be
// missing, as the time since midnight; false when the text is none.
func ParseTimeOfDay(s string) (time.Duration, bool) {
	for _, l := range []string{"15:04:05.999999999", "15:04"} {
		if t, err := time.Parse(l, s); err == nil {
			return t.Sub(t.Truncate(24 * time.Hour)), true
		}
	}
	return 0, false
}

// instantLayouts are the ways in which programs spell instants.
var instantLayouts = []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.RFC3339Nano,
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04", time.DateOnly}

// ParseInstant reads the text of an instant, which is in UTC unless it says
// otherwise; false when the text is none.
func ParseInstant(s string) (time.Time, bool) {
	for _, l := range instantLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// DefaultText is a text as the default of a column, spelled as a bound value of
// the column is stored: UUIDs in small letters, instants in the layout, dates
// without a time.
func DefaultText(ty schema.Type, s, instant string) string {
	switch ty.Kind {
	case schema.UUID:
		return strings.ToLower(s)
	case schema.DateTime:
		if t, ok := ParseInstant(s); ok {
			return t.Format(instant)
		}
	case schema.Date:
		if t, ok := ParseInstant(s); ok {
			return t.Format(time.DateOnly)
		}
	case schema.Time:
		if d, ok := ParseTimeOfDay(s); ok {
			layout := timeLayout
			if strings.HasSuffix(instant, ".999999") {
				layout = "15:04:05.999999"
			}
			return time.Time{}.Add(d).Format(layout)
		}
	}
	return s
}

func octets(v any) (any, error) {
	switch r := reflect.ValueOf(v); {
	case r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8:
		if r.IsNil() {
			return nil, nil
		}
		return r.Bytes(), nil
	case r.Kind() == reflect.String:
		return []byte(r.String()), nil
	}
	return nil, wrong(v, schema.Bytes)
}

func document(v any, l Limits) (any, error) {
	s, ok := v.(string)
	if !ok {
		switch r := reflect.ValueOf(v); {
		case r.Kind() == reflect.String && r.Type() != reflect.TypeFor[json.Number]():
			s = r.String()
		case r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8:
			s = string(r.Bytes())
		default:
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(v); err != nil {
				return nil, &dberr.Error{Code: dberr.Invalid, Msg: fmt.Sprintf("a %T has no JSON form", v), Err: err}
			}
			s = strings.TrimSuffix(b.String(), "\n")
		}
	}
	depth, huge, err := jsontext.Measure(s)
	switch {
	case err != nil:
		return nil, invalid(err.Error())
	case huge && l.Double:
		return nil, tooLarge("the JSON document holds a number beyond 1.8e308 and the engine takes none; store it as a string")
	}
	if depth > l.depth() {
		return nil, tooLarge(fmt.Sprintf("the JSON document is nested %d levels deep and the engine takes %d",
			depth, l.depth()))
	}
	return s, nil
}

// decimal returns the number in plain notation, exactly.
func decimal(ty schema.Type, v any, l Limits) (any, error) {
	var s string
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		s = r.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s = strconv.FormatInt(r.Int(), 10)
	case reflect.Float64, reflect.Float32:
		s = strconv.FormatFloat(r.Float(), 'f', -1, 64)
	default:
		return nil, wrong(v, schema.Numeric)
	}
	neg, whole, frac, ok := Digits(s)
	if !ok {
		return nil, invalid("the text is not a decimal number")
	}
	if p := ty.Precision; p > 0 {
		if len(frac) > ty.Scale {
			return nil, tooLarge(fmt.Sprintf("the number has %d digits behind the point and the column keeps %d; round it",
				len(frac), ty.Scale))
		}
		if len(whole) > p-ty.Scale {
			return nil, tooLarge(fmt.Sprintf("the number has %d digits before the point and the column takes %d",
				len(whole), p-ty.Scale))
		}
	}
	if ty.Precision == 0 && l.Whole > 0 && (len(whole) > l.Whole || len(frac) > l.Fraction) {
		return nil, tooLarge(fmt.Sprintf("the number has %d digits before the point and %d behind it, and the engine calculates with %d and %d; round it",
			len(whole), len(frac), l.Whole, l.Fraction))
	}
	if whole == "" {
		whole = "0"
	}
	out := whole
	if frac != "" {
		out += "." + frac
	}
	if neg {
		out = "-" + out
	}
	return out, nil
}

// maxExponent bounds how long a number in plain notation gets.
const maxExponent = 1000

// Digits takes a decimal number apart: the digits before the point without
// leading zeros, those behind it without trailing ones. Zero has neither, and
// no sign. It is false for what is no number, or has an exponent over 1000.
func Digits(s string) (neg bool, whole, frac string, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		var err error
		mantissa = s[:i]
		if exponent, err = strconv.Atoi(s[i+1:]); err != nil || exponent > maxExponent || exponent < -maxExponent {
			return false, "", "", false
		}
	}
	whole, frac, _ = strings.Cut(mantissa, ".")
	if whole == "" && frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return false, "", "", false
	}
	switch {
	case exponent > 0:
		frac += strings.Repeat("0", max(0, exponent-len(frac)))
		whole, frac = whole+frac[:exponent], frac[exponent:]
	case exponent < 0:
		whole = strings.Repeat("0", max(0, -exponent-len(whole))) + whole
		point := len(whole) + exponent
		whole, frac = whole[:point], whole[point:]+frac
	}
	whole = strings.TrimLeft(whole, "0")
	frac = strings.TrimRight(frac, "0")
	if whole == "" && frac == "" {
		neg = false
	}
	return neg, whole, frac, true
}

// Text is a number or truth value as a column of text would have it.
func Text(v any) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case []byte:
		return string(x), nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), nil
	case bool:
		return strconv.FormatBool(x), nil
	}
	return "", invalid(fmt.Sprintf("a %T is not text", v))
}
