package server

import (
	"context"
	_ "embed" // the picture of who has none
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// nobody is the picture of users who have none: a silhouette.
//
//go:embed nobody.png
var nobody []byte

// pictureOf is where the picture of a user is.
func pictureOf(id string) string { return "/api/v1/users/" + id + "/profile/image" }

// image is a picture as a file, or where it is.
type image struct {
	kind     string
	data     []byte
	location string
}

func (image) mediaTypes() []string { return []string{"image/*"} }

func (image) statuses() []int {
	return []int{http.StatusFound, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable}
}

func (m image) send(r *request) error {
	h := r.w.Header()
	if m.location != "" {
		h.Set("Location", m.location)
		r.w.WriteHeader(http.StatusFound)
		return nil
	}
	h.Set("Content-Type", m.kind)
	h.Set("Content-Disposition", "inline")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Length", strconv.Itoa(len(m.data)))
	_, err := r.w.Write(m.data)
	return err
}

func (s *Server) userPicture(ctx context.Context, r *request, f byUser) (image, error) {
	stored, err := s.store.Users.Picture(ctx, r.who(), f.ID)
	if err != nil {
		return image{}, err
	}
	if lower := strings.ToLower(stored); strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return image{location: stored}, nil
	}
	if kind, data, ok := pictureData(stored); ok {
		return image{kind: kind, data: data}, nil
	}
	return image{kind: "image/png", data: nobody}, nil
}

// pictureData is the picture in a data URL that a browser may be given.
func pictureData(stored string) (kind string, data []byte, ok bool) {
	rest, ok := cutFold(stored, "data:image/")
	if !ok {
		return "", nil, false
	}
	kind, text, ok := strings.Cut(rest, ";base64,")
	kind = strings.ToLower(kind)
	if _, known := pictureKinds[kind]; !ok || !known {
		return "", nil, false
	}
	data, err := base64.StdEncoding.DecodeString(text)
	return "image/" + kind, data, err == nil
}
