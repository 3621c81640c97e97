package migrations

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// A chat says which message it is at: what its document says, if there is such
// a message, else the newest one that nobody has answered.
var rev50 = migrate.Revision{
	ID: "9a1b2c3d4e5f", Down: []string{"856c5b02fb54"}, Doc: "the message that a chat is at", Path: "50_9a1b2c3d4e5f_current_message_id.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("chat", op.Text("current_message_id").Null(), op.IfNotExists)
		known(ops, "chat")
		known(ops, "chat_message")
		ops.Data("the message that a chat is at", currentMessages).Batched().NoReverse()
	},
}

func currentMessages(ctx context.Context, d *op.Data) error {
	return eachChat(ctx, d, "1 = 1", []string{"current_message_id"}, func(ctx context.Context, c *op.Chunk, chat chatText) error {
		at, err := currentMessage(ctx, c, chat)
		if err != nil || at == "" || at == chat.row.Text("current_message_id") || !plainText(at) {
			return err
		}
		return c.Update(ctx, chat.row, op.Values{"current_message_id": at})
	}, nil)
}

// tree is messages by id, with what is asked of them.
type tree struct {
	order []string
	at    map[string]node
}

type node struct {
	parent string
	time   float64
}

func (t *tree) add(id, parent string, time float64) {
	if t.at == nil {
		t.at = map[string]node{}
	}
	id = strings.Clone(id)
	if _, ok := t.at[id]; !ok {
		t.order = append(t.order, id)
	}
	// Parts of the document would keep all of it.
	t.at[id] = node{strings.Clone(parent), time}
}

// newest is the newest message without an answer, or of all when each has
// one; "" when there is none.
func (t *tree) newest() string {
	answered := map[string]bool{}
	for _, n := range t.at {
		answered[n.parent] = true
	}
	leaves := slices.DeleteFunc(slices.Clone(t.order), func(id string) bool { return answered[id] })
	if len(leaves) == 0 {
		leaves = t.order
	}
	best := ""
	for i, id := range leaves {
		if i == 0 || t.at[id].time > t.at[best].time {
			best = id
		}
	}
	return best
}

func currentMessage(ctx context.Context, c *op.Chunk, chat chatText) (string, error) {
	candidates, doc, err := readTree(chat)
	if err != nil {
		return "", err
	}
	prefix := chat.id + "-"
	// The first of them that has a row.
	for _, id := range candidates {
		if !plainText(id) {
			continue
		}
		there, err := op.Get(ctx, c, "SELECT {id} FROM {chat_message} WHERE {id} = ? AND {chat_id} = ?", prefix+id, chat.id)
		if err != nil {
			return "", err
		}
		if len(there) > 0 {
			return id, nil
		}
	}
	// In the order of the table, as Open WebUI reads them: of messages of one
	// time the first counts.
	rows, err := op.Get(ctx, c, "SELECT {id}, {parent_id}, {created_at} FROM {chat_message} WHERE {chat_id} = ?", chat.id)
	if err != nil {
		return "", err
	}
	if len(rows) > 0 {
		var t tree
		for _, r := range rows {
			t.add(strings.TrimPrefix(r.Text("id"), prefix), strings.TrimPrefix(r.Text("parent_id"), prefix), float64(r.Int("created_at")))
		}
		return t.newest(), nil
	}
	for _, id := range candidates {
		if _, ok := doc.at[id]; ok {
			return id, nil
		}
	}
	return doc.newest(), nil
}

// readTree reads which messages a document names as the current one, best
// first, and the messages themselves.
func readTree(chat chatText) (candidates []string, t tree, err error) {
	m := &messages{scanner: chat.text()}
	var list tree
	var history, top, branch string
	text := func(into *string) (bool, error) {
		raw, err := m.value()
		*into, _ = readString(raw)
		return true, err
	}
	m.hist = func(key string) (bool, error) {
		if key == "currentId" {
			return text(&history)
		}
		return false, nil
	}
	m.top = func(key string) (bool, error) {
		switch key {
		case "currentId":
			return text(&top)
		case "branchPointMessageId":
			return text(&branch)
		}
		return false, nil
	}
	m.item = func(raw string) {
		if o, ok := readObject(raw); ok {
			if id, ok := readString(o.Get("id")); ok && id != "" {
				list.add(id, parentOf(o), timeOf(o))
			}
		}
	}
	err = m.each(func(id, raw string) error {
		o, _ := readObject(raw)
		t.add(id, parentOf(o), timeOf(o))
		return nil
	})
	if err != nil {
		// A document that is no JSON names nothing.
		if m.scanner.err != nil {
			return nil, tree{}, m.scanner.err
		}
		return nil, tree{}, nil
	}
	if len(t.order) == 0 {
		t = list
	}
	for _, id := range []string{chat.row.Text("current_message_id"), history, top, branch} {
		if id = strings.TrimPrefix(id, chat.id+"-"); id != "" && !slices.Contains(candidates, id) {
			candidates = append(candidates, id)
		}
	}
	return candidates, t, nil
}

func parentOf(o *jsontext.Object) string {
	s, _ := readString(o.Get("parentId"))
	return s
}

func timeOf(o *jsontext.Object) float64 {
	raw := o.Get("timestamp")
	if s, ok := readString(raw); ok {
		raw = s
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return 0
	}
	return f
}
