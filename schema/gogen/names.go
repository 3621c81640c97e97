package gogen

import (
	"maps"
	"strings"
	"unicode"
)

// capitals are words of names that Go writes in capitals.
var capitals = func() map[string]string {
	out := map[string]string{}
	for _, w := range strings.Fields("acl api ascii cpu css dns eof guid html http https id ip json lhs qps ram rhs " +
		"rpc sla smtp sql ssh tcp tls ttl udp ui uid uri url utf8 uuid vm xml xmpp xsrf xss") {
		out[w] = strings.ToUpper(w)
	}
	return out
}()

// naming makes Go names of the database's.
type naming struct{ words map[string]string }

func newNaming(words map[string]string) naming {
	all := maps.Clone(capitals)
	for w, as := range words {
		all[strings.ToLower(w)] = as
	}
	return naming{all}
}

// exported is the exported Go name of a table or column: "user_id" is UserID,
// "createdAt" CreatedAt, "2fa" X2fa.
func (n naming) exported(name string) string {
	var b strings.Builder
	for _, w := range words(name) {
		if as, ok := n.words[strings.ToLower(w)]; ok {
			b.WriteString(as)
			continue
		}
		first, rest := w[:len(string([]rune(w)[0]))], w[len(string([]rune(w)[0])):]
		b.WriteString(strings.ToUpper(first) + rest)
	}
	out := b.String()
	if out == "" || !unicode.IsUpper([]rune(out)[0]) {
		out = "X" + out
	}
	return out
}

// words splits a name where something stands that is no part of a Go name, and
// before a capital that follows a small letter. A word in capitals only, as old
// databases have it, comes in small letters.
func words(name string) []string {
	var out []string
	apart := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, part := range strings.FieldsFunc(name, apart) {
		if strings.ToUpper(part) == part {
			part = strings.ToLower(part)
		}
		start, small := 0, false
		for i, r := range part {
			if small && unicode.IsUpper(r) {
				out = append(out, part[start:i])
				start = i
			}
			small = unicode.IsLower(r)
		}
		out = append(out, part[start:])
	}
	return out
}

// taken keeps names apart that would be the same.
type taken map[string]bool

// free is name, or name with as many underscores behind it as it takes, so
// that none of what is made of it is taken; all of them are then.
func (t taken) free(name string, made func(name string) []string) string {
	for {
		ok := true
		for _, m := range made(name) {
			ok = ok && !t[m]
		}
		if ok {
			break
		}
		name += "_"
	}
	for _, m := range made(name) {
		t[m] = true
	}
	return name
}
