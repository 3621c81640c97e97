package cli_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// difference is a member of the answer to a route that may differ from Open WebUI's:
// regular expressions for "METHOD path " and for the member, and how the line of
// docs/upstream-differences.md begins that tells of it.
type difference struct{ route, path, told string }

// onPurpose is where the answers may differ.
var onPurpose = []difference{
	{`^GET /api/changelog $`, `^\.\d+\.\d+\.\d+$`, "`GET /api/changelog` tells what changed in Open WebUI"},
	{`^GET /api/events $`, `^\.(events|schema)$`, "`GET events` lists 191 events"},
	{`^GET /api/config $`, `^\.features\.enable_websocket$`, "`enable_websocket` is true"},
	{`^GET /api/config $`, `web_search_confirmation_content$`, "settings name texts for language models"},
	{`^(GET|POST) /api/v1/configs/(export|import) $`, `comfyui.workflow|rag\.|confirmation.content`, "settings name texts for language models"},
	{`^GET /api/v1/chats/stats/export/\{chat_id\} $`, `^ status$`, "`stats/export/{id}` of somebody else's chat is 401"},
	{`^POST /api/v1/chats/\{soup\} $`, `^\.detail$`, "`stats/export/{id}` of somebody else's chat is 401"},
	{`^GET /api/v1/chats/stats/usage $`, `^ status$`, "a chat whose last message has no time"},
	{`^GET /api/v1/folders/\{\w+\}(/shared/chats\S*)? $`, `^ status$`, "a folder may be moved into one that is not there"},
	{`^POST /api/v1/folders/\{kitchen\}/update/parent $`, `^ status$`, "a folder may be moved into one that is not there"},
	{`^GET /api/v1/knowledge/(search)?(\?page=1|\?query=e)? $`, `^\.(items|total)$`, "a grant to write alone"},
	{`^GET /api/v1/knowledge/\{id\}(/files\S*)? $`, `^ status$`, "a grant to write alone"},
	{`^GET /api/v1/users/\{user_id\}/preview $`, `^\.knowledge\.items$`, "a grant to write alone"},
	{`^GET /api/v1/knowledge/search\?\S*source=local $`, `^\.(items|total)$`, "with `source=local` bases"},
	{`^GET /api/v1/models/model/profile/image(\?\S*)? $`, `^ status$`, "a model without a picture has one"},
	{`^GET /api/v1/search(\?\S*)? $`, `^\.(kinds|scopes)$`, "`GET search` finds messages of channels"},
	{`^GET /api/v1/search(\?q=&kind=all\S*)? $`, `^\.items\[\d+\]\.(id|kind|title|context|shared|updated_at)$`,
		"`GET search` finds messages of channels"},
	{`^GET /api/v1/search(\?\S*)? $`, `^\.items(\[\d+\]\.(snippet|preview|url))?$`, "`chats/search` shows the first message with the words"},
	{`^GET /api/v1/chats/search\?\S* $`, `^\[\d+\]\.snippet$`, "`chats/search` shows the first message with the words"},
	{`^GET /api/v1/chats/search\?text=%25 $`, `^$`, "`%` and `_` in a search for chats"},
	{`^GET /api/v1/chats/search\?text=&page=2 $`, `^ status$`, "`GET chats/search` with an empty text answers 500"},
	{`^GET /api/v1/(channels|functions|skills|tools)/ $`, `^$`, "lists of models, channels, tools, skills"},
	{`^GET /api/v1/chats/search\?text=(a|S%C3%9C%C3%9F) $`, `^$`, "on PostgreSQL a search finds nothing in messages that are lists"},
	{`^POST /api/v1/files/\{note_file\}/data/content/update $`, `^ status$`, "`data/content/update` embeds the text"},
	{`^GET /api/v1/files/\{note_file\}/process/status $`, `^\.status$`, "`data/content/update` embeds the text"},
	{`^POST /api/v1/files/\{note_file\}/rename $`, `^\.(data\.(error|status)|hash)$`, "`data/content/update` embeds the text"},
	{`^GET /api/v1/files/search\?filename=\*\.txt $`, `^\[\d+\]\.(data\.(error|status)|hash)$`, "`data/content/update` embeds the text"},
	{`^GET /api/v1/users/(\?query=e)? $`, `^\.users\[\d+\]\.`, "`GET users/?query=` without `order_by`"},
	{`^GET /api/v1/users/\?order_by=last_active_at&direction=desc $`, `^\.users\[\d+\]\.`, "`user.last_active_at` is written by requests"},
	{`^GET /api/v1/users/(search\?query=e|\{user_id\}/info) $`, `\.last_active_at$`, "`user.last_active_at` is written by requests"},
	{`^GET /api/v1/users/\{user_id\}/profile/image $`, `^ text$`, "a silhouette of its own"},
	{`^POST /api/v1/chats/\{soup\}/fork |^GET /api/v1/chats/(all/archived|all|\{fork\}) |^POST /api/v1/chats/\{fork\}/archive `, `\.messages`,
		"a fork and statistics take messages from their rows"},
	{`^GET /api/v1/chats/stats/(usage|export)(/\{soup\})? $`, `\.(messages|stats)`, "a fork and statistics take messages from their rows"},
	{`^POST /api/v1/chats/\{bare\}/unread $`, `^\.folder_unread_counts\.`, "a chat is unread for who has written to it"},
}

// TestTheDifferencesAreTold holds the page and the list against each other.
func TestTheDifferencesAreTold(t *testing.T) {
	page, err := os.ReadFile("../../docs/upstream-differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range onPurpose {
		for _, expr := range []string{d.route, d.path} {
			if _, err := regexp.Compile(expr); err != nil {
				t.Error(err)
			}
		}
		if n := strings.Count(string(page), "\n| "+d.told); n != 1 {
			t.Errorf("%d lines begin with %q, which is to tell of %s %s", n, d.told, d.route, d.path)
		}
	}
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| ") || !strings.Contains(line, "`make upstream`") {
			continue
		}
		found := false
		for _, d := range onPurpose {
			found = found || strings.HasPrefix(line, "| "+d.told)
		}
		if !found {
			t.Errorf("no difference is told by %.120s", line)
		}
	}
}
