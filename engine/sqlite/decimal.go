package sqlite

import (
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// SQLite has no type for decimals. One of up to fifteen digits is stored as the
// number that it is nearest to, which leads back to it and is what other programs
// write; a longer one as the bytes of its text, which nothing rounds. Statements
// calculate with both through the functions here, exactly.

// exactDigits is how many digits a double holds of any decimal.
const exactDigits = 15

// storedDecimal is a decimal in plain notation as it is stored.
func storedDecimal(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if significant(s) <= exactDigits && len(s) < 300 {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	}
	return []byte(s)
}

// significant is the number of digits of a decimal in plain notation without
// the zeros at its ends.
func significant(s string) int {
	whole, frac, _ := strings.Cut(strings.TrimLeft(s, "-"), ".")
	return len(strings.Trim(whole+frac, "0"))
}

// decimal is n / 10^scale.
type decimal struct {
	n     *big.Int
	scale int
}

func parseDecimal(s string) (decimal, error) {
	neg, whole, frac, ok := value.Digits(s)
	if !ok {
		return decimal{}, errors.New("a value is not a decimal number")
	}
	n, ok := new(big.Int).SetString("0"+whole+frac, 10)
	if !ok {
		return decimal{}, errors.New("a value is not a decimal number")
	}
	if neg {
		n.Neg(n)
	}
	return decimal{n, len(frac)}, nil
}

func power(digits int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
}

// at is d with more digits behind the point.
func (d decimal) at(scale int) *big.Int {
	if scale == d.scale {
		return d.n
	}
	return new(big.Int).Mul(d.n, power(scale-d.scale))
}

func (d decimal) add(e decimal) decimal {
	scale := max(d.scale, e.scale)
	return decimal{new(big.Int).Add(d.at(scale), e.at(scale)), scale}
}

func (d decimal) sub(e decimal) decimal { return d.add(decimal{new(big.Int).Neg(e.n), e.scale}) }

func (d decimal) mul(e decimal) decimal {
	return decimal{new(big.Int).Mul(d.n, e.n), d.scale + e.scale}
}

// quo is d / e to a number of digits behind the point; halves go away from zero.
func (d decimal) quo(e decimal, scale int) decimal {
	up, down := new(big.Int).Mul(d.n, power(scale+e.scale)), new(big.Int).Mul(e.n, power(d.scale))
	neg := up.Sign()*down.Sign() < 0
	up.Abs(up)
	down.Abs(down)
	n := up.Lsh(up, 1)
	n.Add(n, down).Quo(n, new(big.Int).Lsh(down, 1))
	if neg {
		n.Neg(n)
	}
	return decimal{n, scale}
}

// String is the number in plain notation without zeros at its end.
func (d decimal) String() string {
	s := new(big.Int).Abs(d.n).String()
	if n := d.scale + 1 - len(s); n > 0 {
		s = strings.Repeat("0", n) + s
	}
	if point := len(s) - d.scale; d.scale > 0 {
		s = strings.TrimRight(strings.TrimRight(s[:point]+"."+s[point:], "0"), ".")
	}
	if d.n.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// stored is d as a column of decimals has it. The functions here give it back in
// that form, so that a number that was calculated and an equal one that was read
// are one to DISTINCT, UNION, GROUP BY and IN.
func (d decimal) stored() any { return storedDecimal(d.String()) }

// decimalFunctions are scalar; NULL in gives NULL out.
func decimalFunctions() []scalarFunction {
	two := func(f func(a, c decimal) decimal) func([]sqldriver.Value) (sqldriver.Value, error) {
		return texts(func(a []string) (sqldriver.Value, error) {
			x, err := parseDecimal(a[0])
			if err != nil {
				return nil, err
			}
			y, err := parseDecimal(a[1])
			if err != nil {
				return nil, err
			}
			return f(x, y).stored(), nil
		})
	}
	return []scalarFunction{
		{"larder_decimal", 1, texts(func(a []string) (sqldriver.Value, error) { return decimalKey(a[0]), nil })},
		{"larder_decimal_of", 1, texts(func(a []string) (sqldriver.Value, error) { return storedDecimal(decimalOf(a[0])), nil })},
		{"larder_decimal_plain", 1, texts(func(a []string) (sqldriver.Value, error) { return plainDecimal(a[0]), nil })},
		{"larder_decimal_add", 2, two(decimal.add)},
		{"larder_decimal_sub", 2, two(decimal.sub)},
		{"larder_decimal_mul", 2, two(decimal.mul)},
		{"larder_decimal_text", 2, texts(decimalText)},
		{"larder_decimal_quo", 3, texts(decimalQuotient)},
		{"larder_decimal_store", 3, texts(decimalStore)},
	}
}

// plainDecimal is a number, in digits, in the form in which a column has it; what is
// no number stays what it is.
func plainDecimal(s string) any {
	x, err := parseDecimal(s)
	if err != nil {
		return s
	}
	return x.stored()
}

// decimalText is the first number with as many digits behind the point as the
// second says, or as many more as it needs.
func decimalText(a []string) (sqldriver.Value, error) {
	x, err := parseDecimal(a[0])
	if err != nil {
		return nil, err
	}
	scale, err := strconv.Atoi(a[1])
	if err != nil {
		return nil, err
	}
	s := x.String()
	if n := scale - x.scale; n > 0 {
		if x.scale == 0 {
			s += "."
		}
		s += strings.Repeat("0", n)
	}
	return s, nil
}

// decimalQuotient is the first number by the second, rounded to as many digits
// as the third says; NULL where the second is 0.
func decimalQuotient(a []string) (sqldriver.Value, error) {
	x, err := parseDecimal(a[0])
	if err != nil {
		return nil, err
	}
	y, err := parseDecimal(a[1])
	if err != nil || y.n.Sign() == 0 {
		return nil, err
	}
	scale, err := strconv.Atoi(a[2])
	if err != nil {
		return nil, err
	}
	return x.quo(y, scale).stored(), nil
}

// decimalStore is a number as a column of that precision and scale stores it.
func decimalStore(a []string) (sqldriver.Value, error) {
	x, err := parseDecimal(a[0])
	if err != nil {
		return nil, err
	}
	precision, err := strconv.Atoi(a[1])
	if err != nil {
		return nil, err
	}
	scale, err := strconv.Atoi(a[2])
	if err != nil {
		return nil, err
	}
	if precision > 0 {
		if x.scale > scale {
			x = x.quo(decimal{big.NewInt(1), 0}, scale)
		}
		if new(big.Int).Abs(x.at(scale)).Cmp(power(precision)) >= 0 {
			return nil, fmt.Errorf("%s, which has %d digits, %d of them behind the point", outOfRange, precision, scale)
		}
	}
	return x.stored(), nil
}

// decimalKey is a text whose order, and equality, are those of the decimal
// number: a sign, the number of digits before the point, the digits. Those of
// negative numbers are complemented, as more of them is less.
func decimalKey(s string) string {
	neg, whole, frac, ok := value.Digits(s)
	if !ok {
		return " " + s
	}
	n := len(whole)
	key := []byte{'1', byte('0' + n/1000%10), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)}
	key = append(append(append(key, whole...), '.'), frac...)
	if !neg {
		return string(key)
	}
	key[0] = '0'
	for i := 1; i < len(key); i++ {
		if key[i] != '.' {
			key[i] = '9' - (key[i] - '0')
		}
	}
	// Of two negative numbers of which one has more digits, that one is less.
	return string(append(key, '~'))
}

// decimalOf is the number that decimalKey has made the key of.
func decimalOf(key string) string {
	if strings.HasPrefix(key, " ") || len(key) < 6 {
		return strings.TrimPrefix(key, " ")
	}
	k := []byte(strings.TrimSuffix(key[5:], "~"))
	sign := ""
	if key[0] == '0' {
		sign = "-"
		for i, c := range k {
			if c != '.' {
				k[i] = '9' - (c - '0')
			}
		}
	}
	whole, frac, _ := strings.Cut(string(k), ".")
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		frac = "." + frac
	}
	return sign + whole + frac
}

// decimalSum is the sum of the numbers of a group, or of the frame of a window.
type decimalSum struct {
	sum   decimal
	count int
}

func (s *decimalSum) step(v sqldriver.Value, sign func(a, c decimal) decimal, by int) error {
	_, err := texts(func(a []string) (sqldriver.Value, error) {
		x, err := parseDecimal(a[0])
		if err != nil {
			return nil, err
		}
		if s.sum.n == nil {
			s.sum.n = new(big.Int)
		}
		s.sum = sign(s.sum, x)
		s.count += by
		return nil, nil
	})([]sqldriver.Value{v})
	return err
}

func (s *decimalSum) add(v sqldriver.Value) error    { return s.step(v, decimal.add, 1) }
func (s *decimalSum) remove(v sqldriver.Value) error { return s.step(v, decimal.sub, -1) }

// total is NULL without a number.
func (s *decimalSum) total() sqldriver.Value {
	if s.count == 0 {
		return nil
	}
	return s.sum.stored()
}

var decimalOps = map[string]string{"+": "add", "-": "sub", "*": "mul"}

// Arithmetic calls the function of the operation.
func (Dialect) Arithmetic(b *driver.Builder, op string, a, c driver.Typed) {
	b.SQL("larder_decimal_" + decimalOps[op] + "(").Expr(a).SQL(", ").Expr(c).SQL(")")
}

// DecimalSum is an aggregate function of our own.
func (Dialect) DecimalSum(b *driver.Builder, e driver.Typed, over func()) {
	b.SQL("larder_decimal_sum(").Expr(e).SQL(")")
	over()
}

// DecimalExtreme goes by the order of the keys.
func (Dialect) DecimalExtreme(b *driver.Builder, fn string, e driver.Typed, over func()) {
	b.SQL("larder_decimal_of(" + fn + "(larder_decimal(").Expr(e).SQL("))")
	over()
	b.SQL(")")
}

// AsDecimal needs no care: whatever is a decimal has the form in which it is stored.
func (Dialect) AsDecimal(b *driver.Builder, e driver.Typed) { b.Expr(e) }

// Quotient rounds as it divides.
func (Dialect) Quotient(b *driver.Builder, a, c driver.Expr, scale int) {
	b.SQL("larder_decimal_quo(").Expr(a).SQL(", ").Expr(c).SQL(", " + strconv.Itoa(scale) + ")")
}

// Stored keeps to the column's scale and range, which the type does not enforce here.
func (Dialect) Stored(b *driver.Builder, e driver.Expr, ty schema.Type) {
	if bits := ty.Kind.Bits(); bits > 0 {
		if b.Script() {
			b.Expr(e)
			return
		}
		b.SQL("larder_integer(").Expr(e).SQL(", " + strconv.Itoa(bits) + ")")
		return
	}
	b.SQL("larder_decimal_store(").Expr(e).SQL(", " + strconv.Itoa(ty.Precision) + ", " + strconv.Itoa(ty.Scale) + ")")
}
