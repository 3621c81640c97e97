package migrations

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/larder-db/larder/internal/jsontext"
)

// newID returns a random UUID, lower case, as Open WebUI makes its ids.
func newID() string {
	var b [16]byte
	// Read never fails: the program ends when the system has no randomness.
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func now() int64 { return time.Now().Unix() }

// slug makes the id of a tag of its name: lower case, spaces to underscores.
func slug(name string) string {
	return lower(strings.ReplaceAll(name, " ", "_"))
}

// lower is lower case as Python has it, whose ids are in the databases: a
// dotted capital I keeps its dot, and a sigma that ends a word has its form.
func lower(s string) string {
	if !strings.ContainsAny(s, "İΣ") {
		return strings.ToLower(s)
	}
	var b strings.Builder
	rs := []rune(s)
	for i, r := range rs {
		switch r {
		case 'İ':
			b.WriteString("i̇")
		case 'Σ':
			if cased(backwards(rs[:i])) && !cased(rs[i+1:]) {
				b.WriteRune('ς')
			} else {
				b.WriteRune('σ')
			}
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// cased reports whether the first rune that case does not ignore has case.
func cased(rs []rune) bool {
	for _, r := range rs {
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·’", r) {
			continue
		}
		return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
	}
	return false
}

func backwards(rs []rune) []rune {
	rs = slices.Clone(rs)
	slices.Reverse(rs)
	return rs
}

// isJSON reports whether s is a JSON document by its syntax.
func isJSON(s string) bool { return utf8.ValidString(s) && json.Valid([]byte(s)) }

// quote is s as JSON text.
func quote(s string) string { return jsontext.Quote(plain(s)) }

// plainText reports whether every engine can hold s as text.
func plainText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// plain is s as every engine can hold it: without NUL, and with U+FFFD for
// what is no character.
func plain(s string) string {
	if plainText(s) {
		return s
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\ufffd")
}

// readable is a JSON document as every engine can read it: without escapes for
// NUL, and with U+FFFD for half of a surrogate pair. ok is false when s is no
// JSON at all.
func readable(s string) (doc string, ok bool) {
	if _, err := jsontext.Check(s); err == nil {
		return s, true
	}
	if !isJSON(s) {
		return "", false
	}
	doc = jsontext.Replace(s, "", `\ufffd`)
	_, err := jsontext.Check(doc)
	return doc, err == nil
}

// readableOr is readable, or instead when there is no document.
func readableOr(s, instead string) string {
	if doc, ok := readable(s); ok {
		return doc
	}
	return instead
}
