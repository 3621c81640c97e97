package server

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// picture is the address of a picture in a form: a path at which this server
// has one, an http or https URL, or a picture itself as data:image/...;base64. Anything
// else a browser might run: scripts, pages, SVG.
type picture string

const (
	maxAddress = 2 << 10
	maxPicture = 700 << 10 // as base64; the page makes pictures of 250 by 250
)

// ownPictures are paths at which the page has pictures. Of others a picture
// would be a request in the name of whoever looks at it.
var ownPictures = []string{"/user.png", "/favicon.png", "/static/favicon.png"}

var userPicturePath = regexp.MustCompile(`^/api/v1/users/[^/?#]+/profile/image$`)

// pictureKinds are the kinds of picture that nothing can be run in, with the
// bytes that each begins with.
var pictureKinds = map[string]string{"png": "\x89PNG\r\n", "jpeg": "\xff\xd8\xff", "jpg": "\xff\xd8\xff", "gif": "GIF8",
	"webp": "RIFF"}

const msgPicture = "Value error, Invalid profile image URL: must be a known internal path, " +
	"an HTTP(S) URL with a host, or a data:image URI (png/jpeg/gif/webp)."

func (p *picture) fromForm(f *form, loc []any, raw json.RawMessage) {
	var text string
	f.value(loc, raw, reflect.ValueOf(&text).Elem())
	if len(raw) > 0 && raw[0] == '"' && !pictureAddress(text) {
		f.wrong(loc, "value_error", msgPicture, text)
	}
	*p = picture(text)
}

func (picture) schema() any { return object{"type": "string"} }

func pictureAddress(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return false // browsers leave some of them out, and read on
	}
	if rest, ok := cutFold(s, "data:image/"); ok {
		kind, data, ok := strings.Cut(rest, ";base64,")
		magic, known := pictureKinds[strings.ToLower(kind)]
		if !ok || !known || len(data) > maxPicture {
			return false
		}
		b, err := base64.StdEncoding.DecodeString(data)
		return err == nil && strings.HasPrefix(string(b), magic)
	}
	switch {
	case s == "":
		return true
	case len(s) > maxAddress, strings.HasPrefix(s, "//"):
		return false
	case s[0] == '/':
		return slices.Contains(ownPictures, s) || userPicturePath.MatchString(s)
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// cutFold is strings.CutPrefix for prefixes in any case.
func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
