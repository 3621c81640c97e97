package canon

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"time"

	"github.com/larder-db/larder/schema"
)

// Sum is the checksum of a set of rows, whatever their order: sums of parts add
// up. The zero value is that of no rows.
type Sum [4]uint64

// Add adds the rows that o stands for.
func (s *Sum) Add(o Sum) {
	for i := range s {
		s[i] += o[i]
	}
}

// String is the sum in hexadecimal digits.
func (s Sum) String() string {
	var b [32]byte
	for i, w := range s {
		binary.BigEndian.PutUint64(b[8*i:], w)
	}
	return hex.EncodeToString(b[:])
}

// ParseSum reads what String writes; false for anything else.
func ParseSum(text string) (s Sum, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 8*len(s) {
		return s, false
	}
	for i := range s {
		s[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return s, true
}

// Summer makes checksums of rows. It is for one goroutine.
type Summer struct {
	types []schema.Type
	spell []bool // columns whose JSON is put into one spelling
	h     hash.Hash
	buf   []byte
	out   [sha256.Size]byte
}

// NewSummer returns what sums rows with columns of these types.
func NewSummer(types []schema.Type) *Summer {
	s := &Summer{types: types, spell: make([]bool, len(types)), h: sha256.New()}
	for i, ty := range types {
		s.spell[i] = ty.Kind == schema.JSONB
	}
	return s
}

// Row is the checksum of one row, whose values are as [Read] gives them.
func (s *Summer) Row(row []any) Sum {
	s.h.Reset()
	s.buf = s.buf[:0]
	for i, v := range row {
		if text, ok := v.(string); ok && s.spell[i] {
			v = JSON(text)
		}
		s.value(s.types[i], v)
	}
	s.flush()
	return s.sum()
}

// Key is the checksum of some values that are a key.
func (s *Summer) Key(row []any, columns []int) Sum {
	s.h.Reset()
	s.buf = s.buf[:0]
	for _, i := range columns {
		s.value(s.types[i], row[i])
	}
	s.flush()
	return s.sum()
}

func (s *Summer) sum() Sum {
	b := s.h.Sum(s.out[:0])
	var out Sum
	for i := range out {
		out[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return out
}

func (s *Summer) flush() {
	s.h.Write(s.buf)
	s.buf = s.buf[:0]
}

// long is from which length on a text is summed where it is, not copied first.
const long = 512

// The marks that tell values of different types apart.
const (
	markNull = iota
	markFalse
	markTrue
	markInt
	markFloat
	markText
	markBytes
	markTime
)

func (s *Summer) value(ty schema.Type, v any) {
	switch x := v.(type) {
	case nil:
		s.buf = append(s.buf, markNull)
	case bool:
		if x {
			s.buf = append(s.buf, markTrue)
		} else {
			s.buf = append(s.buf, markFalse)
		}
	case int64:
		s.buf = binary.AppendVarint(append(s.buf, markInt), x)
	case float64:
		if x == 0 {
			x = 0 // the negative one, which some engines do not keep
		}
		s.buf = binary.BigEndian.AppendUint64(append(s.buf, markFloat), math.Float64bits(x))
	case time.Time:
		s.buf = binary.AppendVarint(append(s.buf, markTime), x.UnixMicro())
	case string:
		if ty.Kind == schema.JSON {
			x = scalar(x)
		}
		s.buf = binary.AppendUvarint(append(s.buf, markText), uint64(len(x)))
		if len(x) < long {
			s.buf = append(s.buf, x...)
			return
		}
		s.flush()
		s.h.Write(unsafeBytes(x))
	case []byte:
		s.buf = binary.AppendUvarint(append(s.buf, markBytes), uint64(len(x)))
		s.flush()
		s.h.Write(x)
	}
}
