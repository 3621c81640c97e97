package store

import (
	"context"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Settings returns what w has set for the page, as it is stored; SQL NULL or
// JSON null for nothing. With defaults, what w has not set of the page's own
// settings ("ui") is what an admin has set for everybody.
func (u *Users) Settings(ctx context.Context, w Who, defaults bool) (jsonvalue.JSON, error) {
	set, err := query.One[jsonvalue.JSON](ctx, u.q, query.Select(tables.User.Settings).Named("users.Settings").
		From(tables.User.Table).Where(tables.User.ID.Eq(w.ID)))
	if err != nil || !defaults {
		return set, err
	}
	values, err := (&Config{u.base}).Values(ctx, "ui.default_interface_settings")
	if standard := values["ui.default_interface_settings"]; err == nil && len(standard.String()) > len("{}") {
		set = set.With("ui", standard.Merged(set.Member("ui")))
	}
	return set, err
}

// UpdateSettings puts what is sent into the settings of w, member by member,
// and those of "ui" one level deeper. What needs a permission that w lacks is
// left out: servers of tools, webhooks, system prompts and parameters.
func (u *Users) UpdateSettings(ctx context.Context, w Who, sent jsonvalue.JSON) (jsonvalue.JSON, error) {
	p, err := u.permitted(ctx, w, "settings", "interface")
	if err != nil {
		return jsonvalue.JSON{}, err
	}
	ui := sent.Member("ui")
	if p != nil {
		for name, needed := range map[string][]string{"toolServers": {"features", "direct_tool_servers"}, "params": {"chat", "controls"},
			"system": {"chat", "system_prompt"}} {
			if !p.Allows(needed...) {
				ui = ui.Without(name)
			}
		}
		if n := ui.Member("notifications"); !p.Allows("features", "webhooks") && !n.IsNull() {
			ui = ui.With("notifications", n.Without("webhook_url"))
		}
	}
	x, err := users.update(ctx, &u.base, w, w.ID, func(x *model.User) error {
		before := x.Settings.Member("ui")
		x.Settings = x.Settings.Merged(sent)
		if !ui.IsNull() {
			x.Settings = x.Settings.With("ui", before.Merged(ui))
		}
		return nil
	})
	if err != nil {
		return jsonvalue.JSON{}, err
	}
	return x.Settings, nil
}
