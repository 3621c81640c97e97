package server_test

import (
	"testing"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/server"
)

func TestWhatThePageIsTold(t *testing.T) {
	a := local(t)
	var out struct {
		Name          string
		DefaultLocale string `json:"default_locale"`
		Onboarding    bool
		Features      map[string]any
		Permissions   map[string]any
		UI            map[string]any
		Audio         map[string]any
	}
	token := func(kind string) string { // who asks
		switch kind {
		case "admin":
			return a.admin()
		case "nobody":
			return ""
		}
		return a.user(kind, kind)
	}
	a.call("GET", "/api/config", nil).is(200, "").into(&out)
	if !out.Onboarding || out.Features["enable_signup"] != true || out.Features["enable_websocket"] != false ||
		out.UI != nil || len(out.Features) > 9 {
		t.Errorf("before the first user: %+v", out)
	}
	admin := token("admin")
	for _, c := range []struct {
		who      string
		features int
		ui       int
		members  bool
	}{{"nobody", 8, 0, false}, {model.RolePending, 30, 2, false}, {model.RoleUser, 30, 6, true}} {
		out.Onboarding, out.Features, out.UI, out.Permissions = false, nil, nil, nil
		a.call("GET", "/api/config", nil, token(c.who)).is(200, "").into(&out)
		if out.Onboarding || len(out.Features) < c.features || len(out.UI) != c.ui || (out.Permissions != nil) != c.members {
			t.Errorf("%s is told %d features, %v, permissions %v, onboarding %v", c.who, len(out.Features), out.UI,
				out.Permissions != nil, out.Onboarding)
		}
		if c.members && (out.Features["enable_notes"] != true || out.Features["enable_channels"] != false ||
			out.Audio["tts"] == nil) {
			t.Errorf("%s is told %v", c.who, out.Features)
		}
	}
	// A token that is no longer valid is nobody's, and no failure: the page shows the sign-in.
	a.call("GET", "/api/config", nil, admin+"x").is(200, "")

	// What is stored counts; the language is the operator's.
	err := a.store.Config.Set(t.Context(),
		map[string]jsonvalue.JSON{"notes.enable": jsonvalue.Text("false"), "ui.default_locale": jsonvalue.Text(`"fr-FR"`)})
	if err != nil {
		t.Fatal(err)
	}
	b := openApp(t, a.probe.eng, func(o *server.Options) { o.Site = server.Site{Name: "Pantry", Locale: "de-DE"} })
	b.call("GET", "/api/config", nil, admin).is(200, "").into(&out)
	if out.Features["enable_notes"] != false || out.Name != "Pantry" || out.DefaultLocale != "de-DE" {
		t.Errorf("with settings: %s %s %v", out.Name, out.DefaultLocale, out.Features["enable_notes"])
	}
}
