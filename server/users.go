package server

import (
	"context"
	"net/http"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func (s *Server) userRoutes() []route {
	const users = "/api/v1/users/"
	return resource(refusals{
		{dberr.ErrNotFound, http.StatusBadRequest, msgNotFound}, // 400, as Open WebUI has it
		{store.ErrPrimaryAdmin, http.StatusForbidden, msgActionProhibited},
		{store.ErrNoStatus, http.StatusForbidden, msgActionProhibited},
		{store.ErrEmailForm, http.StatusBadRequest, msgInvalidEmail},
		{store.ErrRole, http.StatusBadRequest, msgInvalidUserRole},
		{store.ErrPasswordTooLong, http.StatusBadRequest, msgPasswordTooLong},
		{dberr.ErrAlreadyExists, http.StatusBadRequest, msgEmailTaken},
	},
		endpoint("GET", users+"{$}", "Users with everything that is known of them, 30 per page", admin, s.listUsers),
		endpoint("GET", users+"all", "All users", admin, s.allUsers),
		endpoint("GET", users+"search", "Users by part of their name or address, 30 per page", member, s.searchUsers),
		endpoint("GET", users+"groups", "One's groups", member, s.ownGroups),
		endpoint("GET", users+"permissions", "What one may do", member, s.ownPermissions),
		endpoint("GET", users+"default/permissions", "What everybody may do", admin, s.defaultPermissions),
		endpoint("POST", users+"default/permissions", "Set what everybody may do", admin, s.setDefaultPermissions),
		endpoint("GET", users+"default/permissions/defaults", "What everybody may do when nothing was set", admin, s.standardPermissions),
		endpoint("GET", users+"user/status", "Oneself, with one's status", member, s.ownStatus),
		endpoint("POST", users+"user/status/update", "Set one's status", member, s.setStatus),
		endpoint("GET", users+"user/info", "What programs keep with one's account", member, s.ownInfo),
		endpoint("POST", users+"user/info/update", "Change it: members are merged", member, s.setInfo),
		endpoint("GET", users+"user/variables", "One's values for placeholders in prompts", member, s.ownVariables),
		endpoint("POST", users+"user/variables/update", "Set them", member, s.setVariables),
		endpoint("GET", users+"usage", "What one has done: messages and tokens by day", member, s.usage),
		endpoint("GET", users+"{user_id}", "A user with everything that is known of them", admin, s.getUser),
		endpoint("DELETE", users+"{user_id}", "Delete a user with what is theirs alone", admin, s.deleteUser),
		endpoint("GET", users+"{user_id}/info", "What everybody may know of a user", member, s.userInfo),
		endpoint("GET", users+"{user_id}/oauth/sessions", "A user's sign-ins at other providers", admin, s.oauthSessions),
		endpoint("GET", users+"{user_id}/profile/image", "A user's picture", member, s.userPicture),
		endpoint("GET", users+"{user_id}/active", "Whether a user was seen in the last three minutes", member, s.userActive),
		endpoint("POST", users+"{user_id}/sessions/revoke", "End all sessions of a user", admin, s.revokeSessions).
			refusing(refusal{dberr.ErrNotFound, http.StatusNotFound, "User not found."}),
		endpoint("POST", users+"{user_id}/update", "Change a user", admin, s.updateUser),
		endpoint("GET", users+"{user_id}/groups", "A user's groups", admin, s.userGroups),
		endpoint("GET", users+"{user_id}/preview", "What a user can read", admin, s.previewUser).
			refusing(refusal{dberr.ErrNotFound, http.StatusNotFound, msgNotFound}),
	)
}

type byUser struct {
	ID string `path:"user_id"`
}

type usersQuery struct {
	Query     string `query:"query" default:"" about:"part of name or address"`
	OrderBy   string `query:"order_by" default:"" about:"name, email, role, created_at, last_active_at, updated_at, or group_id: and an id"`
	Direction string `query:"direction" default:"" about:"asc or desc"`
	Page      int    `query:"page" default:"1" about:"from 1; 30 per page"`
}

func (f usersQuery) filter() store.UserFilter {
	return store.UserFilter{Query: f.Query, Sort: f.OrderBy, Ascending: f.Direction == "asc"}
}

type groupsQuery struct {
	Inherited bool `query:"include_inherited" default:"false" about:"with the groups above those"`
}

type userGroupsForm struct {
	byUser
	groupsQuery
}

type statusForm struct {
	Emoji   *string `json:"status_emoji"`
	Message *string `json:"status_message"`
	Expires *int64  `json:"status_expires_at"`
}

type infoForm struct {
	Sent jsonvalue.JSON `whole:"object"`
}

type userUpdateForm struct {
	byUser
	Role     *string  `json:"role"`
	Name     *string  `json:"name"`
	Email    *string  `json:"email"`
	Picture  *picture `json:"profile_image_url"`
	Password *string  `json:"password"`
}

// userAnswer is everything that admins, and users of themselves, may know.
type userAnswer struct {
	ID              string   `json:"id"`
	Email           string   `json:"email"`
	Username        *string  `json:"username"`
	Role            string   `json:"role"`
	Name            string   `json:"name"`
	Picture         string   `json:"profile_image_url"`
	Banner          *string  `json:"profile_banner_image_url"`
	Bio             *string  `json:"bio"`
	Gender          *string  `json:"gender"`
	DateOfBirth     *string  `json:"date_of_birth"`
	Timezone        *string  `json:"timezone"`
	PresenceState   *string  `json:"presence_state"`
	StatusEmoji     *string  `json:"status_emoji"`
	StatusMessage   *string  `json:"status_message"`
	StatusExpiresAt *int64   `json:"status_expires_at"`
	Info            verbatim `json:"info"`
	Settings        verbatim `json:"settings"`
	OAuth           verbatim `json:"oauth"`
	SCIM            verbatim `json:"scim"`
	LastActiveAt    int64    `json:"last_active_at"`
	UpdatedAt       int64    `json:"updated_at"`
	CreatedAt       int64    `json:"created_at"`
}

type listedUser struct {
	userAnswer
	GroupIDs []string `json:"group_ids"`
}

type usersPageOf[T any] struct {
	Users []T   `json:"users"`
	Total int64 `json:"total"`
}

type userDetail struct {
	userAnswer
	Groups   []namedAnswer `json:"groups"`
	IsActive bool          `json:"is_active"`
}

type ownedGroup struct {
	groupAnswer
	Membership string `json:"membership_type,omitempty"`
}

type oauthSession struct {
	ID        string  `json:"id"`
	UserID    string  `json:"user_id"`
	Provider  string  `json:"provider"`
	Token     *string `json:"token"` // is told nobody
	ExpiresAt int64   `json:"expires_at"`
	CreatedAt int64   `json:"created_at"`
	UpdatedAt int64   `json:"updated_at"`
}

type userPreview struct {
	User      namedAnswer        `json:"user"`
	Groups    []namedAnswer      `json:"groups"`
	Models    found[namedAnswer] `json:"models"`
	Knowledge found[namedAnswer] `json:"knowledge"`
	Tools     found[namedAnswer] `json:"tools"`
}

type activeAnswer struct {
	Active bool `json:"active"`
}

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
	return userInfo{u.StatusEmoji, u.StatusMessage, u.StatusExpiresAt, u.ID, orZero(u.Name), orZero(u.Email),
		orZero(u.Role), u.Bio,
		u.LastActiveAt, u.Timezone, []namedAnswer{}, false}
}

func showUser(u model.User) userAnswer {
	out := userAnswer{ID: u.ID, Email: orZero(u.Email), Username: u.Username, Role: orZero(u.Role), Name: orZero(u.Name),
		Picture: orZero(u.ProfileImageURL), Banner: u.ProfileBannerImageURL, Bio: u.Bio, Gender: u.Gender, Timezone: u.Timezone,
		PresenceState: u.PresenceState, StatusEmoji: u.StatusEmoji, StatusMessage: u.StatusMessage, StatusExpiresAt: u.StatusExpiresAt,
		Info: readable(u.Info), Settings: showSettings(u.Settings), OAuth: readable(u.OAuth), SCIM: readable(u.SCIM),
		LastActiveAt: orZero(u.LastActiveAt), UpdatedAt: orZero(u.UpdatedAt), CreatedAt: orZero(u.CreatedAt)}
	if out.Picture == "" {
		out.Picture = pictureOf(u.ID)
	}
	if u.DateOfBirth != nil {
		day := u.DateOfBirth.Format(time.DateOnly)
		out.DateOfBirth = &day
	}
	return out
}

func answerUser(u *model.User, err error) (*userAnswer, error) {
	if err != nil {
		return nil, err
	}
	out := showUser(*u)
	return &out, nil
}

// usersOnPage is how many users a page has.
const usersOnPage = 30

// usersPage is page n, from 1; what is below is the first.
func usersPage(n int) store.Page {
	p := store.PageNumber(n)
	return store.Page{Limit: usersOnPage, Offset: p.Offset / p.Limit * usersOnPage}
}

func (s *Server) listUsers(ctx context.Context, r *request, f usersQuery) (*usersPageOf[listedUser], error) {
	rows, total, err := s.store.Users.List(ctx, r.who(), f.filter(), usersPage(f.Page))
	users, err := answerList(rows, err,
		func(u store.UserItem) listedUser { return listedUser{showUser(u.User), notNil(u.GroupIDs)} })
	return &usersPageOf[listedUser]{users, total}, err
}

func (s *Server) allUsers(ctx context.Context, r *request, _ none) (*usersPageOf[userInfo], error) {
	rows, total, err := s.store.Users.Search(ctx, r.who(), store.UserFilter{}, store.Page{})
	users, err := answerList(rows, err, showUserInfo)
	return &usersPageOf[userInfo]{users, total}, err
}

func (s *Server) searchUsers(ctx context.Context, r *request, f usersQuery) (*usersPageOf[userInfo], error) {
	rows, total, err := s.store.Users.Search(ctx, r.who(), f.filter(), usersPage(f.Page))
	users, err := answerList(rows, err, showUserInfo)
	return &usersPageOf[userInfo]{users, total}, err
}

func (s *Server) ownGroups(ctx context.Context, r *request, f groupsQuery) ([]ownedGroup, error) {
	return s.groupsOf(ctx, r, r.ID, f.Inherited)
}

func (s *Server) userGroups(ctx context.Context, r *request, f userGroupsForm) ([]ownedGroup, error) {
	return s.groupsOf(ctx, r, f.ID, f.Inherited)
}

func (s *Server) groupsOf(ctx context.Context, r *request, id string, inherited bool) ([]ownedGroup, error) {
	all, err := s.store.Groups.Of(ctx, r.who(), id, inherited)
	return answerList(all, err, func(g store.OwnGroup) ownedGroup {
		out := ownedGroup{groupAnswer: showGroup(g.Group)}
		switch {
		case inherited && g.Direct:
			out.Membership = string(store.Direct)
		case inherited:
			out.Membership = string(store.Inherited)
		}
		return out
	})
}

func (s *Server) ownPermissions(ctx context.Context, r *request, _ none) (store.Permissions, error) {
	return s.store.Users.Permissions(ctx, r.ID)
}

func (s *Server) ownStatus(ctx context.Context, r *request, _ none) (*userAnswer, error) {
	return answerUser(s.store.Users.Status(ctx, r.who()))
}

func (s *Server) setStatus(ctx context.Context, r *request, f statusForm) (*userAnswer, error) {
	return answerUser(s.store.Users.SetStatus(ctx, r.who(), f.Emoji, f.Message, f.Expires))
}

func (s *Server) ownInfo(ctx context.Context, r *request, _ none) (verbatim, error) {
	u, err := s.store.Users.Get(ctx, r.who(), r.ID)
	return readable(orZero(u).Info), err
}

func (s *Server) setInfo(ctx context.Context, r *request, f infoForm) (verbatim, error) {
	u, err := s.store.Users.Update(ctx, r.who(), r.ID,
		func(u *model.User) error { u.Info = u.Info.Merged(f.Sent); return nil })
	return readable(orZero(u).Info), err
}

func (s *Server) getUser(ctx context.Context, r *request, f byUser) (*userDetail, error) {
	u, err := s.store.Users.Detail(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	groups, err := answerList(u.Groups, nil, showNamed)
	return &userDetail{showUser(u.User), groups, u.Active}, err
}

func (s *Server) userInfo(ctx context.Context, r *request, f byUser) (*userInfo, error) {
	u, err := s.store.Users.Info(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	out := showUserInfo(u.User)
	out.IsActive = u.Active
	out.Groups, err = answerList(u.Groups, nil, showNamed)
	return &out, err
}

func (s *Server) userActive(ctx context.Context, r *request, f byUser) (activeAnswer, error) {
	yes, err := s.store.Users.Active(ctx, r.who(), f.ID)
	return activeAnswer{yes}, err
}

func (s *Server) oauthSessions(ctx context.Context, r *request, f byUser) ([]oauthSession, error) {
	all, err := s.store.Users.OAuthSessions(ctx, r.who(), f.ID)
	if err == nil && len(all) == 0 {
		err = fail(http.StatusBadRequest, msgNotFound)
	}
	return answerList(all, err, func(x model.OAuthSession) oauthSession {
		return oauthSession{x.ID, x.UserID, x.Provider, nil, x.ExpiresAt, x.CreatedAt, x.UpdatedAt}
	})
}

func (s *Server) revokeSessions(ctx context.Context, r *request, f byUser) (bool, error) {
	return true, s.store.Users.Revoke(ctx, r.who(), f.ID)
}

func (s *Server) updateUser(ctx context.Context, r *request, f userUpdateForm) (*userAnswer, error) {
	return answerUser(s.store.Users.Change(ctx, r.who(), f.ID, store.UserChange{Role: f.Role, Name: f.Name, Email: f.Email,
		Picture: (*string)(f.Picture), Password: f.Password}))
}

func (s *Server) deleteUser(ctx context.Context, r *request, f byUser) (bool, error) {
	return true, s.store.Users.Delete(ctx, r.who(), f.ID)
}

func (s *Server) previewUser(ctx context.Context, r *request, f byUser) (*userPreview, error) {
	p, err := s.store.Users.Preview(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	groups, err := answerList(p.Groups, nil, showNamed)
	return &userPreview{showNamed(p.User), groups, showReach(p.Reach["models"]), showReach(p.Reach["knowledge"]),
		showReach(p.Reach["tools"])}, err
}
