package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
)

func (s *Server) shareRoutes() []route {
	prohibited := []refusal{{dberr.ErrNotFound, http.StatusUnauthorized, msgAccessProhibited},
		{store.ErrNoAccess, http.StatusUnauthorized, msgAccessProhibited}}
	behind := []refusal{{dberr.ErrNotFound, http.StatusUnauthorized, msgNotFound},
		{store.ErrNoAccess, http.StatusUnauthorized, msgAccessProhibited}}
	gone := refusal{dberr.ErrNotFound, http.StatusNotFound, msgNotFound}
	return resource(chatRefusals,
		endpoint("POST", chatPath+"{id}/share", "Make a link to a chat, or bring what is behind it up to date", member, s.shareChat).refusing(prohibited...),
		endpoint("DELETE", chatPath+"{id}/share", "Remove the link to a chat", member, s.unshareChat).refusing(prohibited...),
		endpoint("DELETE", chatPath+"share/all", "Remove the links to all of one's chats", member, s.unshareChats),
		endpoint("GET", chatPath+"share/{share_id}", "What is behind a link", public, s.getShare).refusing(behind...),
		endpoint("POST", chatPath+"{id}/clone/shared", "Copy what is behind a link", member, s.cloneShared).refusing(behind...),
		endpoint("GET", chatPath+"shared", "Links that one has made", member, s.listShares).word(),
		endpoint("GET", chatPath+"shared/{id}/access", "Who may use the link to a chat", member, s.shareGrants).refusing(gone),
		endpoint("POST", chatPath+"shared/{id}/access/update", "Say who may use the link to a chat", member, s.setShareGrants).refusing(gone),
	)
}

type shareChatForm struct {
	_ optionalBody
	byID
	Mode *string `json:"share_mode"`
}

func (s *Server) shareChat(ctx context.Context, r *request, f shareChatForm) (*chatAnswer, error) {
	return answerChat(s.store.Shares.Share(ctx, r.who(), f.ID, orZero(f.Mode)))
}

func (s *Server) unshareChat(ctx context.Context, r *request, f byID) (bool, error) {
	return s.store.Shares.Unshare(ctx, r.who(), f.ID)
}

func (s *Server) unshareChats(ctx context.Context, r *request, _ none) (bool, error) {
	return true, s.store.Shares.UnshareAll(ctx, r.who())
}

type shareID struct {
	ID string `path:"share_id"`
}

func (s *Server) getShare(ctx context.Context, r *request, f shareID) (*chatAnswer, error) {
	c, err := s.visitor(r)
	if err != nil {
		return nil, err
	}
	x, err := s.store.Shares.Get(ctx, c.Who(), f.ID)
	switch {
	case errors.Is(err, store.ErrNoAccess) && c.ID == "":
		return nil, fail(http.StatusUnauthorized, msgInvalidToken)
	case errors.Is(err, dberr.ErrNotFound) && c.Who().Admin() && s.store.AdminsSeeChats():
		// The id of a chat, which the page opens like this for admins that see everybody's.
		return s.openChat(ctx, c.Who(), f.ID)
	}
	if err != nil {
		return nil, err
	}
	return answerShare(x, c.ID)
}

// answerShare shows a snapshot as a chat whose id is the link, to nobody who is
// signed in when viewer is empty.
func answerShare(x *model.SharedChat, viewer string) (*chatAnswer, error) {
	doc, err := chatdoc.ParseStored(x.Chat.String())
	if err != nil {
		return nil, err
	}
	if viewer != x.UserID {
		doc = doc.ShownTo(viewer, x.UserID)
	}
	no := false
	return answerChat(&model.Chat{ID: x.ID, UserID: &x.UserID, Title: x.Title, Chat: jsonvalue.Text(doc.With("share_mode", "null").JSON()), CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt,
		ShareID: &x.ID, Archived: &no, Pinned: &no, Tasks: jsonvalue.Null()}, nil)
}

func (s *Server) cloneShared(ctx context.Context, r *request, f byID) (*chatAnswer, error) {
	return answerChat(s.store.Chats.CloneShared(ctx, r.who(), f.ID))
}

type shareItem struct {
	ID        string  `json:"id"`
	ChatID    string  `json:"chat_id"`
	Title     *string `json:"title"`
	ShareID   string  `json:"share_id"`
	UpdatedAt int64   `json:"updated_at"`
	CreatedAt int64   `json:"created_at"`
}

func (s *Server) listShares(ctx context.Context, r *request, f orderForm) ([]shareItem, error) {
	items, err := s.store.Shares.List(ctx, r.who(), f.Query, f.OrderBy, f.Direction == "asc", f.page())
	return answerList(items, err, func(x store.ShareItem) shareItem {
		return shareItem{x.ChatID, x.ChatID, x.Title, x.ID, x.UpdatedAt, x.CreatedAt}
	})
}

// shareGrant is who may use a link, without what is clear from the path.
type shareGrant struct {
	ID            string `json:"id"`
	PrincipalType string `json:"principal_type"`
	PrincipalID   string `json:"principal_id"`
	Permission    string `json:"permission"`
}

func (s *Server) shareGrants(ctx context.Context, r *request, f byID) ([]shareGrant, error) {
	grants, err := s.store.Shares.Grants(ctx, r.who(), f.ID)
	return answerList(grants, err, func(g model.AccessGrant) shareGrant {
		return shareGrant{g.ID, g.PrincipalType, g.PrincipalID, g.Permission}
	})
}

func (s *Server) setShareGrants(ctx context.Context, r *request, f shareForm) (*chatAnswer, error) {
	return answerChat(s.store.Shares.SetGrants(ctx, r.who(), f.ID, f.Grants))
}
