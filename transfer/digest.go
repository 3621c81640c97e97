package transfer

import (
	"github.com/larder-db/larder/transfer/canon"
)

// buckets is into how many parts the rows of a table are divided by their keys,
// so that where two sides differ not all of them have to be looked at.
const buckets = 256

// digest is what is known of the rows of one side of a table.
type digest struct {
	rows int64
	of   [buckets]canon.Sum
}

// bucket is where a row belongs: by its key, or by all of it without one.
func bucket(key canon.Sum) int { return int(key[3] % buckets) }

func (d *digest) add(key, row canon.Sum) {
	d.rows++
	d.of[bucket(key)].Add(row)
}

// replace takes a row for another one with the same key.
func (d *digest) replace(key, was, is canon.Sum) {
	b := &d.of[bucket(key)]
	for i := range b {
		b[i] += is[i] - was[i]
	}
}

// sum is that of all rows.
func (d *digest) sum() canon.Sum {
	var all canon.Sum
	for _, s := range d.of {
		all.Add(s)
	}
	return all
}

// differ lists the buckets in which two sides are not the same.
func (d *digest) differ(o *digest) map[int]bool {
	out := map[int]bool{}
	for i := range d.of {
		if d.of[i] != o.of[i] {
			out[i] = true
		}
	}
	return out
}
