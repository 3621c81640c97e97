package dburl

import (
	"regexp"
	"strings"
)

var (
	schemeMark = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_+.-]*://`)
	dsnMark    = regexp.MustCompile(`@(tcp|tcp4|tcp6|unix|cloudsql)?\(`)
	secretArg  = regexp.MustCompile(`(?i)(password|passwd|pwd|passphrase)(\s*=\s*)('(?:[^'\\]|\\.)*'?|"[^"]*"?|[^\s&;,'"]+)`)
)

// Redact hides the passwords of database URLs inside any text, such as the
// message of a driver: what stands between user and host in a URL or a Go DSN,
// and the value of password= and its like. Where text is ambiguous it hides too
// much rather than too little. Redacting twice is redacting once.
func Redact(text string) string {
	if strings.Contains(text, "://") {
		text = redactURLs(text)
	}
	if dsnMark.MatchString(text) {
		text = redactDSNs(text)
	}
	return secretArg.ReplaceAllString(text, "${1}${2}"+mask)
}

func redactURLs(text string) string {
	var b strings.Builder
	for {
		m := schemeMark.FindStringIndex(text)
		if m == nil {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:m[1]])
		text = text[m[1]:]
		from, to := passwordIn(text)
		if from < 0 {
			continue
		}
		b.WriteString(text[:from])
		b.WriteString(mask)
		text = text[to:]
	}
}

// passwordIn finds the password in text that follows "://"; -1 when there is none.
func passwordIn(text string) (from, to int) {
	line := text
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		line = text[:i]
	}
	colon := strings.IndexAny(line, ":/")
	if colon < 0 || line[colon] != ':' || strings.HasPrefix(line, "[") {
		return -1, -1
	}
	from = colon + 1
	rest := line[from:]
	word := rest
	if i := strings.IndexAny(rest, " \t\r\"'`<>"); i >= 0 {
		word = rest[:i]
	}
	// The last @ of the word, because a password with an unencoded @ is common.
	if at := strings.LastIndexByte(word, '@'); at >= 0 {
		return from, from + at
	}
	// A password may hold a space as it is; everything else in it is encoded.
	if at := strings.IndexByte(rest, '@'); at >= 0 && encodedPassword(rest[:at]) {
		return from, from + at
	}
	if portOnly(word) || strings.Contains(line[:colon], "@") { // user@host:port
		return -1, -1
	}
	if at := strings.IndexByte(rest, '@'); at >= 0 {
		return from, from + at
	}
	return from, from + len(word)
}

func encodedPassword(s string) bool {
	for i := range len(s) {
		if c := s[i]; !unreserved(c) && c != '%' && c != ' ' && c != '+' {
			return false
		}
	}
	return true
}

// portOnly reports whether a word begins with a port, or with nothing, and not
// with a password.
func portOnly(word string) bool {
	i := 0
	for i < len(word) && word[i] >= '0' && word[i] <= '9' {
		i++
	}
	return i == len(word) || strings.IndexByte("/?:,;.)]}", word[i]) >= 0
}

// redactDSNs hides the password before each "@tcp(".
func redactDSNs(text string) string {
	var b strings.Builder
	for {
		m := dsnMark.FindStringIndex(text)
		if m == nil {
			b.WriteString(text)
			return b.String()
		}
		head := text[:m[0]]
		start := strings.LastIndexAny(head, " \t\r\n\"'`<>") + 1
		if slash := strings.LastIndex(head, "://"); slash >= start {
			start = slash + len("://")
		}
		if colon := strings.IndexByte(head[start:], ':'); colon >= 0 {
			head = head[:start+colon+1] + mask
		}
		b.WriteString(head)
		b.WriteString(text[m[0]:m[1]])
		text = text[m[1]:]
	}
}
