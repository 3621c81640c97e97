package server

import (
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

// userInfo is what everybody with an account may know of a user.
type userInfo struct {
	StatusEmoji     *string       `json:"status_emoji"`
	StatusMessage   *string       `json:"status_message"`
	StatusExpiresAt *int64        `json:"status_expires_at"`
	ID              string        `json:"id"`
	Name            string        `json:"name"`
	Email           string        `json:"email"`
	Role            string        `json:"role"`
	Bio             *string       `json:"bio"`
	LastActiveAt    *int64        `json:"last_active_at"`
	Timezone        *string       `json:"timezone"`
	Groups          []namedAnswer `json:"groups"`
	IsActive        bool          `json:"is_active"`
}

func showUserInfo(u model.User) userInfo {
	return userInfo{u.StatusEmoji, u.StatusMessage, u.StatusExpiresAt, u.ID, orZero(u.Name), orZero(u.Email), orZero(u.Role), u.Bio,
		u.LastActiveAt, u.Timezone, []namedAnswer{}, false}
}

// usersOnPage is how many users a page has.
const usersOnPage = 30

// usersPage is page n, from 1; what is below is the first.
func usersPage(n int) store.Page {
	p := store.PageNumber(n)
	return store.Page{Limit: usersOnPage, Offset: p.Offset / p.Limit * usersOnPage}
}
