package search

import "unicode/utf8"

// gram stands for one, two or three characters that follow each other in a folded
// text. Different ones may have the same; that costs a look at a text too many.
type gram uint32

// gramOf is the gram of the last n of three characters.
func gramOf(n int, a, b, c rune) gram {
	switch n {
	case 1:
		a, b = 0, 0
	case 2:
		a = 0
	}
	h := uint64(a)<<42 | uint64(b)<<21 | uint64(c)
	h = (h + uint64(n)<<62) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	return gram(h >> 32)
}

// gramSet is a set of grams that can be emptied at no cost.
type gramSet struct {
	slots []uint64 // open addressing: the round in which a gram was put in, and the gram
	round uint64   // from 1
	list  []gram   // in the order in which they came
}

func (s *gramSet) reset() { s.round, s.list = s.round+1, s.list[:0] }

// place is the slot of a gram, or the empty one where it would be.
func (s *gramSet) place(g gram) *uint64 {
	for i := int(g) & (len(s.slots) - 1); ; i = (i + 1) & (len(s.slots) - 1) {
		if at := &s.slots[i]; *at>>32 != s.round || gram(*at) == g {
			return at
		}
	}
}

func (s *gramSet) put(g gram) {
	if 2*len(s.list) >= len(s.slots) {
		s.round++
		s.slots = make([]uint64, max(1024, 2*len(s.slots)))
		for _, g := range s.list {
			*s.place(g) = s.round<<32 | uint64(g)
		}
	}
	if at := s.place(g); *at>>32 != s.round {
		*at = s.round<<32 | uint64(g)
		s.list = append(s.list, g)
	}
}

// add puts in all grams of a folded text.
func (s *gramSet) add(folded []byte) {
	var a, b rune
	for i, n := 0, 0; i < len(folded); n++ {
		c, size := rune(folded[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(folded[i:])
		}
		i += size
		s.put(gramOf(1, a, b, c))
		if n > 0 {
			s.put(gramOf(2, a, b, c))
		}
		if n > 1 {
			s.put(gramOf(3, a, b, c))
		}
		a, b = b, c
	}
}

// addNeedle puts in the longest grams of a folded text: a text that holds it has
// them all.
func (s *gramSet) addNeedle(folded []byte) {
	length := min(utf8.RuneCount(folded), 3)
	var a, b rune
	n := 0
	for _, c := range string(folded) {
		if n++; n >= length {
			s.put(gramOf(length, a, b, c))
		}
		a, b = b, c
	}
}
