package store

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Settings returns what w has set for the page, as it is stored; SQL NULL or JSON
// null for nothing. With defaults, what w has not set of the page's own settings
// ("ui") is what an admin has set for everybody, object by object. Errors:
// dberr.ErrNotFound.
func (u *Users) Settings(ctx context.Context, w Who, defaults bool) (jsonvalue.JSON, error) {
	set, err := query.One[jsonvalue.JSON](ctx, u.q, query.Select(tables.User.Settings).Named("users.Settings").
		From(tables.User.Table).Where(tables.User.ID.Eq(w.ID)))
	if err != nil || !defaults {
		return set, err
	}
	values, err := (&Config{u.base}).Values(ctx, "ui.default_interface_settings")
	if standard := values["ui.default_interface_settings"]; err == nil && standard.IsObject() &&
		len(standard.String()) > len("{}") {
		set = set.With("ui", over(standard, set.Member("ui")))
	}
	return set, err
}

// over is an object with the members of another one over its own, objects in
// objects likewise; null changes nothing.
func over(under, upper jsonvalue.JSON) jsonvalue.JSON {
	for name, v := range membersOf(upper) {
		was := under.Member(name)
		switch {
		case v.IsJSONNull():
			continue
		case v.IsObject() && was.IsObject():
			v = over(was, v)
		}
		under = under.With(name, v)
	}
	return under
}

// membersOf yields the members of an object by their names, in order; none of
// what is no object.
func membersOf(j jsonvalue.JSON) iter.Seq2[string, jsonvalue.JSON] {
	var m map[string]jsonvalue.JSON
	if j.IsObject() {
		decode(j, &m)
	}
	return func(yield func(string, jsonvalue.JSON) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

// interfaceSettings are those of the page's own settings that need the
// permission settings.interface.
var interfaceSettings = []string{
	"autoTags", "autoFollowUps", "highContrastMode", "detectArtifacts", "responseAutoCopy", "showUsername",
	"showUpdateToast", "showChangelog", "showEmojiInCall", "voiceInterruption", "displayMultiModelResponsesInTabs",
	"chatFadeStreamingText", "richTextInput", "showFormattingToolbar", "insertPromptAsRichText",
	"promptAutocomplete", "insertSuggestionPrompt", "keepFollowUpPrompts", "insertFollowUpPrompt", "regenerateMenu",
	"enableMessageQueue", "largeTextAsFile", "copyFormatted", "collapseCodeBlocks", "renderMarkdownInUserMessages",
	"renderMarkdownInAssistantMessages", "expandDetails", "chatHoverPreview", "renderMarkdownInPreviews",
	"chatBubble", "widescreenMode", "splitLargeChunks", "scrollOnBranchChange", "scrollOnResponseGeneration",
	"showFilesOnTerminalSelect", "temporaryChatByDefault", "userLocation", "showChatTitleInTab",
	"iframeSandboxAllowScripts", "iframeSandboxAllowSameOrigin", "iframeSandboxAllowForms",
	"iframeSandboxAllowDownloads", "terminalPreviewAllowSameOrigin", "stylizedPdfExport", "hapticFeedback",
	"ctrlEnterToSend", "showFloatingActionButtons", "imageCompression", "imageCompressionInChannels",
	"landingPageMode", "chatDirection", "terminalFileDisplay", "defaultUploadContext", "webSearch", "models",
	"backgroundImageUrl", "fontFamily", "textScale", "title", "imageCompressionSize", "floatingActionButtons",
}

// permittedSettings are what is sent without what needs a permission that is
// missing: how the page looks, servers of tools, webhooks, system prompts.
func permittedSettings(p Permissions, sent jsonvalue.JSON) jsonvalue.JSON {
	ui := sent.Member("ui")
	if ui.IsObject() {
		if !p.Allows("settings", "interface") {
			ui = ui.Without(interfaceSettings...)
		}
		if !p.Allows("chat", "controls") || !p.Allows("chat", "system_prompt") {
			ui = ui.Without("system")
		}
		if !p.Allows("features", "direct_tool_servers") {
			ui = ui.Without("toolServers")
		}
	}
	if !p.Allows("features", "webhooks") {
		if n := ui.Member("notifications"); n.IsObject() {
			ui = ui.With("notifications", n.Without("webhook_url"))
		}
		sent = sent.Without("notifications")
	}
	if ui.IsObject() {
		sent = sent.With("ui", ui)
	}
	return sent
}

// UpdateSettings puts what is sent into the settings of w, member by member, and
// those of "ui" one level deeper, where null takes a setting away. What needs a
// permission that w lacks is left out. Errors: dberr.ErrNotFound.
func (u *Users) UpdateSettings(ctx context.Context, w Who, sent jsonvalue.JSON) (jsonvalue.JSON, error) {
	if _, err := u.permitted(ctx, w); err != nil {
		return jsonvalue.JSON{}, err
	}
	if !w.Admin() {
		p, err := u.Permissions(ctx, w.ID)
		if err != nil {
			return jsonvalue.JSON{}, err
		}
		sent = permittedSettings(p, sent)
	}
	x, err := users.update(ctx, &u.base, w, w.ID, func(x *model.User) error {
		before := x.Settings.Member("ui")
		if !before.IsObject() {
			before = jsonvalue.Text("{}")
		}
		x.Settings = x.Settings.Merged(sent.Without("ui"))
		ui := sent.Member("ui")
		if !ui.IsObject() {
			return nil
		}
		for name, v := range membersOf(ui) {
			if v.IsJSONNull() {
				before = before.Without(name)
			} else {
				before = before.With(name, v)
			}
		}
		x.Settings = x.Settings.With("ui", before)
		return nil
	})
	if err != nil {
		return jsonvalue.JSON{}, err
	}
	return x.Settings, nil
}
