package jsonvalue

import (
	"hash/maphash"
	"sync"
)

// Memory remembers which documents were checked, by their length and a hash that
// is another one in each process, so that a large document that is read again
// and again is looked through once. It is safe for concurrent use.
type Memory struct {
	seed maphash.Seed

	mu            sync.Mutex
	fresh, before map[known]int16 // the depths of documents, and 1 more; before is dropped when fresh is full
}

type known struct {
	hash   uint64
	length int
}

// remembered is how many documents are known at least, once there were so many,
// and half of how many at most.
const remembered = 4096

// worth is the least length of a document for which a memory is asked: shorter
// ones are checked sooner than found.
const worth = 512

// NewMemory returns an empty memory.
func NewMemory() *Memory { return &Memory{seed: maphash.MakeSeed(), fresh: map[known]int16{}} }

// Check is j known to be storable, as [Parse] has it, if it is; else j as it is.
func (m *Memory) Check(j JSON) JSON {
	if !j.set || j.depth > 0 {
		return j
	}
	if len(j.text) < worth {
		_ = j.check()
		return j
	}
	k := known{maphash.String(m.seed, j.text), len(j.text)}
	if depth := m.find(k); depth > 0 {
		j.depth = depth
		return j
	}
	if j.check() == nil && j.depth > 0 {
		m.add(k, j.depth)
	}
	return j
}

func (m *Memory) find(k known) int16 {
	m.mu.Lock()
	defer m.mu.Unlock()
	depth, ok := m.fresh[k]
	if !ok {
		if depth, ok = m.before[k]; ok {
			m.put(k, depth)
		}
	}
	return depth
}

func (m *Memory) add(k known, depth int16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(k, depth)
}

func (m *Memory) put(k known, depth int16) {
	if len(m.fresh) >= remembered {
		m.fresh, m.before = make(map[known]int16, remembered), m.fresh
	}
	m.fresh[k] = depth
}
