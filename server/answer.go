package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// verbatim is JSON text in an answer that is sent from where it stands: it is
// neither encoded nor copied.
type verbatim string

// spliced is a JSON text in two parts, of which the second may be empty. Neither
// is copied.
type spliced struct{ head, tail verbatim }

func (spliced) schema() any { return object{} }

// sender is an answer that is not one JSON value.
type sender interface {
	send(r *request) error
	mediaTypes() []string // one or more; "*/*" is any
}

// further is a [sender] that answers with other statuses beside 200.
type further interface{ statuses() []int }

// senderOf says how answers of a type are sent.
func senderOf(t reflect.Type) func(r *request, answer any) error {
	switch {
	case t.Implements(reflect.TypeFor[sender]()):
		return func(r *request, answer any) error { return answer.(sender).send(r) }
	case holdsVerbatim(t):
		return func(r *request, answer any) error {
			parts, err := partsOf(answer)
			if err != nil {
				return err
			}
			return writeParts(r.w, parts)
		}
	}
	return func(r *request, answer any) error { return writeJSON(r.w, answer) }
}

// bounded reports whether what is answered holds no document and no content,
// which may be of any size. Within says which types it is in.
func bounded(t reflect.Type, within []reflect.Type) bool {
	if t.Implements(reflect.TypeFor[sender]()) || t.Implements(reflect.TypeFor[json.Marshaler]()) {
		return false
	}
	switch t.Kind() {
	case reflect.Interface:
		return false
	case reflect.String:
		return t != reflect.TypeFor[verbatim]()
	case reflect.Slice, reflect.Array:
		return t.Elem().Kind() != reflect.Uint8 && bounded(t.Elem(), within)
	case reflect.Pointer:
		return bounded(t.Elem(), within)
	case reflect.Map:
		return bounded(t.Key(), within) && bounded(t.Elem(), within)
	case reflect.Struct:
		if slices.Contains(within, t) {
			return true
		}
		for i := range t.NumField() {
			if f := t.Field(i); f.Name == "Content" || !bounded(f.Type, append(within, t)) {
				return false
			}
		}
	}
	return true
}

func holdsVerbatim(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String:
		return t == reflect.TypeFor[verbatim]()
	case reflect.Pointer, reflect.Slice:
		return holdsVerbatim(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsVerbatim(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

func partsOf(answer any) ([]string, error) {
	var p parts
	err := p.value(reflect.ValueOf(answer))
	return append(p.done, p.rest.String()), err
}

// sendParts writes an answer into one that has begun.
func sendParts(w io.Writer, answer any) error {
	parts, err := partsOf(answer)
	for _, p := range parts {
		if err == nil {
			_, err = io.WriteString(w, p)
		}
	}
	return err
}

// parts is an answer cut where verbatim texts stand in it.
type parts struct {
	done []string
	rest bytes.Buffer
}

func (p *parts) value(v reflect.Value) error {
	switch {
	case v.Type() == reflect.TypeFor[verbatim]():
		p.done = append(p.done, p.rest.String(), v.String())
		p.rest.Reset()
		return nil
	case v.Type() == reflect.TypeFor[spliced]():
		p.done = append(p.done, p.rest.String(), v.Field(0).String(), v.Field(1).String())
		p.rest.Reset()
		return nil
	case !holdsVerbatim(v.Type()) || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice) && v.IsNil():
		b, err := json.Marshal(v.Interface())
		p.rest.Write(b)
		return err
	case v.Kind() == reflect.Pointer:
		return p.value(v.Elem())
	case v.Kind() == reflect.Slice:
		p.rest.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				p.rest.WriteByte(',')
			}
			if err := p.value(v.Index(i)); err != nil {
				return err
			}
		}
		p.rest.WriteByte(']')
		return nil
	}
	p.rest.WriteByte('{')
	first := true
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		fv := v.FieldByIndex(f.Index)
		if f.Anonymous || name == "" || name == "-" || options == "omitempty" && fv.IsZero() {
			continue
		}
		if !first {
			p.rest.WriteByte(',')
		}
		first = false
		p.rest.WriteString(`"` + name + `":`)
		if err := p.value(fv); err != nil {
			return err
		}
	}
	p.rest.WriteByte('}')
	return nil
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone is no failure of ours
}

// together is up to how many bytes the parts of an answer are put together: a copy
// of more costs more than it saves.
const together = 64 << 10

// writeParts sends the parts one behind the other, and forgets each as it is
// sent: a large one may be sent from a copy that others send, too, and then the
// one that came here is garbage while a slow client takes its time. An error
// comes before anything was sent.
func writeParts(w http.ResponseWriter, parts []string) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if err := announce(w, n); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	if n < together { // what goes out at once costs fewer calls of the system
		_, _ = io.WriteString(w, strings.Join(parts, ""))
		return nil
	}
	for i, p := range parts {
		parts[i] = ""
		if _, err := io.WriteString(w, p); err != nil {
			return nil //nolint:nilerr // a client that is gone is no failure of ours
		}
	}
	return nil
}

// announce waits for room for an answer of n bytes, and says how large it is: a
// request whose answer was small before waits for no other one.
func announce(w http.ResponseWriter, n int) error {
	if rec, ok := w.(*record); ok && rec.flow != nil {
		if err := rec.flow.room(int64(n)); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(n))
	return nil
}

func writeJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := announce(w, len(body)); err != nil {
		return err
	}
	writeBody(w, http.StatusOK, body)
	return nil
}

// htmlPage is a page for people.
type htmlPage struct{ render func(w io.Writer) error }

func (htmlPage) mediaTypes() []string { return []string{"text/html"} }

func (p htmlPage) send(r *request) error {
	h := r.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	r.w.WriteHeader(http.StatusOK)
	return p.render(r.w)
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
