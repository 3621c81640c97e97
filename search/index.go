package search

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// Bounds of one index: what it is built from stays in memory until it is written.
const (
	MaxRecords = 2048
	maxPairs   = 6 << 20 // of a gram and a record, 8 bytes each

	pairsPerRow = 2048 // about as many bytes
	parts       = 256  // into which pairs are divided to be sorted
)

// Builder makes an index over records, numbered from 0 in the order in which they
// are added. The zero value is empty.
type Builder struct {
	records, pairs int
	part           [parts][]uint64 // gram << 16 | record
	set            gramSet
	buf            []byte
}

// Full reports whether no more records should be added.
func (b *Builder) Full() bool { return b.records >= MaxRecords || b.pairs >= maxPairs }

// Records is how many there are.
func (b *Builder) Records() int { return b.records }

// Add puts in the next record.
func (b *Builder) Add(data []byte) {
	b.set.reset()
	for _, t := range texts(data) {
		b.buf = appendFold(b.buf[:0], t)
		b.set.add(b.buf)
	}
	for _, g := range b.set.list {
		p := g >> 24
		b.part[p] = append(b.part[p], uint64(g)<<16|uint64(b.records))
	}
	b.pairs += len(b.set.list)
	b.records++
}

// Bits is how many of the first bits of a gram tell in which row it is.
func (b *Builder) Bits() int { return max(8, min(16, bits.Len(uint(b.pairs/pairsPerRow)))) }

// Large reports whether an index with so many [Builder.Bits] has at least two thirds of the
// pairs that one may have: it may be full with few records.
func Large(n int) bool { return n >= bits.Len(maxPairs/pairsPerRow) }

// Rows are the rows of the index that hold something, by number. A row is valid
// until the next one. The builder is empty when they are through.
func (b *Builder) Rows() iter.Seq2[int64, []byte] {
	return func(yield func(int64, []byte) bool) {
		shift := 48 - b.Bits()
		var row []byte
		for p := range b.part {
			pairs := b.part[p]
			b.part[p] = nil
			slices.Sort(pairs)
			for len(pairs) > 0 {
				at := pairs[0] >> shift
				n := 0
				for n < len(pairs) && pairs[n]>>shift == at {
					n++
				}
				row = appendPostings(row[:0], pairs[:n])
				if !yield(int64(at), row) {
					return
				}
				pairs = pairs[n:]
			}
		}
		*b = Builder{}
	}
}

// appendPostings appends, for each gram, how far it is from the one before, how
// many bytes its records take, and how far each of them is from the one before.
func appendPostings(row []byte, pairs []uint64) []byte {
	var last uint64
	var list []byte
	for len(pairs) > 0 {
		g := pairs[0] >> 16
		list = list[:0]
		var before uint64
		n := 0
		for n < len(pairs) && pairs[n]>>16 == g {
			r := pairs[n] & 0xffff
			list = binary.AppendUvarint(list, r-before)
			before = r
			n++
		}
		row = binary.AppendUvarint(row, g-last)
		row = binary.AppendUvarint(row, uint64(len(list)))
		row = append(row, list...)
		last = g
		pairs = pairs[n:]
	}
	return row
}

// RowOf is the number of the row that has a gram, in an index with so many [Builder.Bits].
func RowOf(g uint32, bits int) int64 { return int64(g >> (32 - bits)) }

// Set is a set of numbers of records.
type Set [MaxRecords / 64]uint64

// All is the set of all numbers.
func All() *Set {
	var s Set
	for i := range s {
		s[i] = ^uint64(0)
	}
	return &s
}

// Keep leaves in s what a row says to have the gram. A row that cannot be read
// leaves everything.
func (s *Set) Keep(row []byte, g uint32) {
	var has Set
	var at uint64
	for len(row) > 0 {
		step, a := binary.Uvarint(row)
		if a <= 0 {
			return
		}
		size, c := binary.Uvarint(row[a:])
		if c <= 0 || size > uint64(len(row)-a-c) {
			return
		}
		list := row[a+c : a+c+int(size)]
		row = row[a+c+len(list):]
		if at += step; at < uint64(g) {
			continue
		}
		if at == uint64(g) && !has.read(list) {
			return
		}
		break
	}
	for i := range s {
		s[i] &= has[i]
	}
}

func (s *Set) read(list []byte) bool {
	var r uint64
	for len(list) > 0 {
		step, n := binary.Uvarint(list)
		if r += step; n <= 0 || r >= MaxRecords {
			return false
		}
		s[r/64] |= 1 << (r % 64)
		list = list[n:]
	}
	return true
}

// Add puts the numbers of other into s.
func (s *Set) Add(other *Set) {
	for i := range s {
		s[i] |= other[i]
	}
}

// Empty reports whether there is none in s.
func (s *Set) Empty() bool { return *s == Set{} }

// Numbers are those in s, from below.
func (s *Set) Numbers() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range s {
			for ; w != 0; w &= w - 1 {
				if !yield(64*i + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// Has reports whether a number is in s.
func (s *Set) Has(n int) bool { return n < MaxRecords && s[n/64]>>(n%64)&1 == 1 }
