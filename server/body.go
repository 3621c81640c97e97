package server

import (
	"bytes"
	"io"
	"net/http"
)

// believed is how much of a body has to come before its announced length is
// taken for true.
const believed = 1 << 20

// readBody reads the body into a buffer of its length, which a large one does
// not outgrow again and again.
func readBody(r *http.Request) ([]byte, error) {
	var b bytes.Buffer
	if r.ContentLength > believed {
		if _, err := io.CopyN(&b, r.Body, believed); err != nil {
			return nil, err
		}
		b.Grow(int(r.ContentLength) - believed + bytes.MinRead)
	}
	_, err := b.ReadFrom(r.Body)
	return b.Bytes(), err
}
