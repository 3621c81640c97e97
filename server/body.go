package server

import (
	"io"
	"net/http"
)

// readBody reads the body into a buffer that grows with what comes: at most to
// twice as much, and not beyond the length that was announced.
func readBody(r *http.Request) ([]byte, error) {
	b := make([]byte, 0, 4<<10)
	for {
		n, err := r.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		case len(b) < cap(b):
			continue
		}
		room := 2 * cap(b)
		if rest := r.ContentLength + 1 - int64(len(b)); rest > 0 && rest < int64(room-len(b)) {
			room = len(b) + int(rest) // and one byte, for the end to be found in
		}
		b = append(make([]byte, 0, room), b...)
	}
}
