package history

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/migrate/op"
)

// ChecksumOps is a digest of what operations say. Functions count by being
// there: what a data step does is not seen.
func ChecksumOps(ops ...op.Op) string {
	h := sha256.New()
	for _, o := range ops {
		dump(h, reflect.ValueOf(o))
		fmt.Fprint(h, "\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Checksum is a digest of a revision: its links and what its way up records.
// The way down is not part of it, so that one that was wrong can be put right.
func (m *Member) Checksum(id string) (string, error) {
	ops, err := m.up(id)
	if err != nil {
		return "", err
	}
	r := m.byID[id]
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s", r.ID, strings.Join(r.Down, ","), strings.Join(r.DependsOn, ","),
		ChecksumOps(ops...))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// dump writes a value so that two that mean the same give the same text: zero
// fields are left out, so that a field that is added later changes nothing.
func dump(w io.Writer, v reflect.Value) {
	if !v.IsValid() {
		fmt.Fprint(w, "nil")
		return
	}
	if t, ok := v.Interface().(time.Time); ok {
		fmt.Fprint(w, t.UTC().Format(time.RFC3339Nano))
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			fmt.Fprint(w, "nil")
			return
		}
		dump(w, v.Elem())
	case reflect.Struct:
		fmt.Fprint(w, v.Type().Name(), "{")
		for i := range v.NumField() {
			f := v.Type().Field(i)
			// Docs are for readers of the code, and some fields for its queries.
			if !f.IsExported() || v.Field(i).IsZero() || f.Name == "Doc" || f.Tag.Get("json") == "-" {
				continue
			}
			fmt.Fprint(w, f.Name, ":")
			dump(w, v.Field(i))
			fmt.Fprint(w, ";")
		}
		fmt.Fprint(w, "}")
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(w, "%x", v.Bytes())
			return
		}
		fmt.Fprint(w, "[")
		for i := range v.Len() {
			dump(w, v.Index(i))
			fmt.Fprint(w, ",")
		}
		fmt.Fprint(w, "]")
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		fmt.Fprint(w, "map[")
		for _, k := range keys {
			dump(w, k)
			fmt.Fprint(w, ":")
			dump(w, v.MapIndex(k))
			fmt.Fprint(w, ",")
		}
		fmt.Fprint(w, "]")
	case reflect.Func:
		fmt.Fprint(w, "func")
	case reflect.String:
		fmt.Fprintf(w, "%q", v.String())
	default:
		fmt.Fprintf(w, "%v", v)
	}
}
