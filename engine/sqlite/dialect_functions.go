package sqlite

import (
	sqldriver "database/sql/driver"
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/fold"
	"github.com/larder-db/larder/driver/value"
)

// scalarFunctions are the SQL functions that the dialect needs and SQLite
// lacks. They are for statements only: a schema that used one could not be
// read by any other program. NULL in gives NULL out.
func scalarFunctions() []scalarFunction {
	var p patterns
	return append(append(decimalFunctions(), roundingFunctions()...), []scalarFunction{
		{"larder_integer", 2, integerStore},
		{"larder_upper", 1, texts(func(a []string) (sqldriver.Value, error) { return strings.ToUpper(a[0]), nil })},
		{"larder_lower", 1, texts(func(a []string) (sqldriver.Value, error) { return strings.ToLower(a[0]), nil })},
		{"larder_instant", 1, texts(func(a []string) (sqldriver.Value, error) { return instant(a[0]), nil })},
		{"larder_shift", 2, shift},
		{"larder_like", 3, texts(func(a []string) (sqldriver.Value, error) { return truth(like(a[0], a[1], a[2])), nil })},
		{"larder_regexp", 2, texts(func(a []string) (sqldriver.Value, error) {
			re, err := p.compile(a[1])
			if err != nil {
				return nil, err
			}
			return truth(re.MatchString(a[0])), nil
		})},
		{"larder_match_fold", 3, texts(func(a []string) (sqldriver.Value, error) {
			return truth(matchFold(a[0], a[1], driver.Anchor(a[2][0]-'0'))), nil
		})},
	}...)
}

// outOfRange begins the text of the error about a number that its column does not
// hold: a function of ours has no number for its failures.
const outOfRange = "a number does not fit its column"

// integerStore is a whole number as a column of that many bits stores it. What
// is more than 64 bits has become a floating point number by now.
func integerStore(args []sqldriver.Value) (sqldriver.Value, error) {
	bits, _ := args[1].(int64)
	switch n := args[0].(type) {
	case int64:
		if !value.FitsBits(n, int(bits)) {
			return nil, fmt.Errorf("%s, which has %d bits", outOfRange, bits)
		}
	case float64:
		if n != math.Trunc(n) || !(n >= math.MinInt64 && n < math.MaxInt64) || !value.FitsBits(int64(n), int(bits)) {
			return nil, fmt.Errorf("%s, which has %d bits", outOfRange, bits)
		}
		return int64(n), nil
	}
	return args[0], nil
}

// shift is the text of the instant so many microseconds after another; NULL where
// one of the two is none.
func shift(args []sqldriver.Value) (sqldriver.Value, error) {
	micros, ok := args[1].(int64)
	if !ok {
		return nil, nil
	}
	return texts(func(a []string) (sqldriver.Value, error) {
		t, ok := value.ParseInstant(a[0])
		if !ok {
			return nil, nil
		}
		// A Duration does not hold the microseconds of all years.
		return time.Unix(t.Unix()+micros/1e6, int64(t.Nanosecond())+micros%1e6*1e3).UTC().Format(dateTimeLayout), nil
	})(args[:1])
}

// texts calls f with the arguments as text, unless one of them is NULL.
func texts(f func([]string) (sqldriver.Value, error)) func([]sqldriver.Value) (sqldriver.Value, error) {
	return func(args []sqldriver.Value) (sqldriver.Value, error) {
		out := make([]string, len(args))
		for i, a := range args {
			switch x := a.(type) {
			case nil:
				return nil, nil
			case string:
				out[i] = x
			case []byte:
				out[i] = string(x)
			default:
				s, err := value.Text(x)
				if err != nil {
					return nil, err
				}
				out[i] = s
			}
		}
		return f(out)
	}
}

func truth(b bool) sqldriver.Value {
	if b {
		return int64(1)
	}
	return int64(0)
}

// patterns keeps compiled regular expressions: a scan calls the function with
// the same pattern for each row.
type patterns struct {
	mu sync.Mutex
	m  map[string]*regexp.Regexp
}

const maxPatterns = 64

func (p *patterns) compile(s string) (*regexp.Regexp, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if re, ok := p.m[s]; ok {
		return re, nil
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, err
	}
	if p.m == nil || len(p.m) >= maxPatterns {
		p.m = make(map[string]*regexp.Regexp)
	}
	p.m[s] = re
	return re, nil
}

func matchFold(text, part string, at driver.Anchor) bool {
	text, part = fold.Fold(text), fold.Fold(part)
	switch at {
	case driver.AtStart:
		return strings.HasPrefix(text, part)
	case driver.AtEnd:
		return strings.HasSuffix(text, part)
	case driver.Whole:
		return text == part
	}
	return strings.Contains(text, part)
}

// like is a case-sensitive LIKE. It is linear but for the backtracking to the
// last %, as is usual.
func like(text, pattern, escape string) bool {
	esc, _ := utf8.DecodeRuneInString(escape)
	if escape == "" {
		esc = -1
	}
	starPattern, starText := -1, 0
	i, j := 0, 0
	for i < len(text) {
		if j < len(pattern) {
			p, n := utf8.DecodeRuneInString(pattern[j:])
			literal := false
			if p == esc && j+n < len(pattern) {
				var m int
				p, m = utf8.DecodeRuneInString(pattern[j+n:])
				n += m
				literal = true
			}
			if p == '%' && !literal {
				starPattern, starText = j+n, i
				j += n
				continue
			}
			r, m := utf8.DecodeRuneInString(text[i:])
			if p == '_' && !literal || p == r {
				i += m
				j += n
				continue
			}
		}
		if starPattern < 0 {
			return false
		}
		_, m := utf8.DecodeRuneInString(text[starText:])
		starText += m
		i, j = starText, starPattern
	}
	for j < len(pattern) && pattern[j] == '%' {
		j++
	}
	return j == len(pattern)
}
