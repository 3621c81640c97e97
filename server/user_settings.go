package server

import (
	"context"

	"github.com/larder-db/larder/jsonvalue"
)

func (s *Server) settingRoutes() []route {
	const settings = "/api/v1/users/user/settings"
	return []route{
		endpoint("GET", settings, "One's settings of the page; null before they are set", member, s.getSettings),
		endpoint("POST", settings+"/update", "Change one's settings: members are merged", member, s.updateSettings),
	}
}

type settingsQuery struct {
	Raw bool `query:"raw" default:"false" about:"without what an admin has set for everybody"`
}

func (s *Server) getSettings(ctx context.Context, r *request, f settingsQuery) (verbatim, error) {
	set, err := s.store.Users.Settings(ctx, r.who(), !f.Raw)
	return showSettings(set), err
}

type settingsForm struct {
	Sent jsonvalue.JSON `whole:"object"`
}

func (s *Server) updateSettings(ctx context.Context, r *request, f settingsForm) (verbatim, error) {
	if ui := f.Sent.Member("ui"); !ui.IsNull() && !ui.IsJSONNull() && !ui.IsObject() {
		return "", invalid(problem{Type: "dict_type", Loc: []any{"body", "ui"}, Msg: "Input should be a valid dictionary"})
	}
	set, err := s.store.Users.UpdateSettings(ctx, r.who(), f.Sent)
	return showSettings(set), err
}

// showSettings are settings with those of the page's own, which may be none.
func showSettings(set jsonvalue.JSON) verbatim {
	if set.IsObject() && set.Member("ui").IsNull() {
		set = set.With("ui", jsonvalue.Text("{}"))
	}
	return readable(set)
}
