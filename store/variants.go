package store

import (
	"sync"

	"github.com/larder-db/larder/query"
)

// variants are the forms of a statement that is sent so often that writing its
// text each time is felt. There are as few of them as there are values of K.
type variants[K comparable, T any] struct {
	build func(K) query.SelectStmt
	made  sync.Map // of *query.Prepared[T], by K
}

// of is the statement in one form, made when it is first asked for.
func (v *variants[K, T]) of(k K) *query.Prepared[T] {
	made, ok := v.made.Load(k)
	if !ok {
		made, _ = v.made.LoadOrStore(k, query.Prepare[T](v.build(k)))
	}
	p, _ := made.(*query.Prepared[T])
	return p
}
