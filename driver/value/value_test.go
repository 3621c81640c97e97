package value_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

func TestDecimalsStayExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[-+]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][-+]?[0-9]{1,2})?`).Draw(t, "number")
		got, err := value.Encode(schema.Type{Kind: schema.Numeric}, s, value.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := new(big.Rat).SetString(s)
		is, ok := new(big.Rat).SetString(got.(string))
		if !ok || is.Cmp(want) != 0 || strings.ContainsAny(got.(string), "eE+") {
			t.Fatalf("%s became %s", s, got)
		}
	})
	for _, s := range []string{"", ".", "-", "1e", "1e9999", "0x1", "1_0", " 1", "1 ", "NaN", "--1", "1.2.3", "e5"} {
		if got, err := value.Encode(schema.Type{Kind: schema.Numeric}, s, value.Limits{}); err == nil {
			t.Errorf("%q became %v", s, got)
		}
	}
}

func TestTimes(t *testing.T) {
	zone := time.FixedZone("", -11*3600)
	at := time.Date(2024, 12, 31, 23, 0, 0, 999999999, zone)
	got, err := value.Encode(schema.Type{Kind: schema.DateTime}, at, value.Limits{Years: true})
	if err != nil || !got.(time.Time).Equal(at.Truncate(time.Microsecond)) || got.(time.Time).Location() != time.UTC {
		t.Errorf("got %v (%v)", got, err)
	}
	// A date is the day on the caller's calendar.
	got, err = value.Encode(schema.Type{Kind: schema.Date}, at, value.Limits{Years: true})
	if err != nil || !got.(time.Time).Equal(time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %v (%v)", got, err)
	}
	for _, year := range []int{0, -5, 10000} {
		if _, err := value.Encode(schema.Type{Kind: schema.DateTime}, time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC),
			value.Limits{Years: true}); err == nil {
			t.Errorf("the year %d is taken", year)
		}
	}
}

func TestPointersAndNULL(t *testing.T) {
	s, n := "x", int64(3)
	ps := &s
	for _, c := range []struct{ v, want any }{{&s, "x"}, {&ps, "x"}, {(*string)(nil), nil}, {nil, nil}} {
		if got, err := value.Encode(schema.Type{Kind: schema.Text}, c.v, value.Limits{}); err != nil || got != c.want {
			t.Errorf("%v became %v (%v)", c.v, got, err)
		}
	}
	if got, err := value.Encode(schema.Type{Kind: schema.BigInt}, &n, value.Limits{}); err != nil || got != int64(3) {
		t.Errorf("got %v (%v)", got, err)
	}
	if got, err := value.Encode(schema.Type{Kind: schema.UUID}, [16]byte{0x0f, 15: 0xff}, value.Limits{}); err != nil ||
		got != "0f000000-0000-0000-0000-0000000000ff" {
		t.Errorf("got %v (%v)", got, err)
	}
}
