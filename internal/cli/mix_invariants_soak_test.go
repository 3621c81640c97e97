//go:build soak

package cli_test

// acknowledged looks whether all that the clients were told is stored is there,
// and what they were told is gone is not.
func (m *mix) acknowledged(clients []*client) {
	messages, files, links, gone := 0, 0, 0, 0
	for _, c := range clients {
		for chat, texts := range c.messages {
			var x struct {
				Chat struct {
					History struct {
						Messages map[string]struct{ Content string }
					}
				}
			}
			if _, err := c.json("look", "GET", "/api/v1/chats/"+chat, "", &x, 200); err != nil {
				m.t.Errorf("chat %s of client %d: %v", chat, c.n, err)
				continue
			}
			for id, text := range texts {
				messages++
				if got := x.Chat.History.Messages[id].Content; got != text {
					m.t.Errorf("message %s of chat %s is %.60q, want %.60q", id, chat, got, text)
				}
			}
		}
		for id, bytes := range c.files {
			files++
			if got, _, err := c.call("look", "GET", "/api/v1/files/"+id+"/content", "", "", 200); err != nil ||
				string(got) != bytes {
				m.t.Errorf("file %s: %d bytes, want %d; %v", id, len(got), len(bytes), err)
			}
		}
		for chat, link := range c.shared {
			links++
			var x struct {
				Link string `json:"share_id"`
			}
			if _, err := c.json("look", "GET", "/api/v1/chats/"+chat, "", &x, 200); err != nil || x.Link != link {
				m.t.Errorf("the link of chat %s is %q, want %q; %v", chat, x.Link, link, err)
			}
		}
		for _, path := range c.gone {
			gone++
			if _, status, err := c.call("look", "GET", path, "", "", 401, 404); err != nil {
				m.t.Errorf("%s was deleted, and its status is %d: %v", path, status, err)
			}
		}
	}
	m.t.Logf("%d messages, %d files and %d links are there, %d things that were deleted are not", messages,
		files, links, gone)
	if messages == 0 || files == 0 || links == 0 || gone == 0 {
		m.t.Error("the clients did not do all they should")
	}
}
