package chatdoc

import (
	"slices"

	"github.com/larder-db/larder/internal/jsontext"
)

// With returns the document with a top-level member, whose value is JSON text;
// empty text removes it.
func (d *Document) With(key, text string) *Document {
	top := d.top.Clone()
	if text == "" {
		top.Remove(key)
	} else {
		top.Set(key, text)
	}
	return whole(top)
}

// Upsert returns the document with members of a message set; a message that is
// not there is added with them. The chat then stands at the end of the branch
// that the message is on. Patch is a JSON object that was checked.
func (d *Document) Upsert(id, patch string) *Document {
	messages := d.messages().Clone()
	msg := jsontext.Cut(messages.Get(id)).Clone()
	for key, val := range jsontext.Cut(patch).All() {
		msg.Set(key, val)
	}
	messages.Set(id, msg.Encode())
	derived(messages)
	return d.rebuilt(messages, leaf(messages, id))
}

// Set returns the document with members of a message set, while the chat stands
// where it stood; d itself when there is no such message. Patch is a JSON object
// that was checked.
func (d *Document) Set(id, patch string) *Document {
	msg := jsontext.Cut(d.Message(id))
	if msg == nil {
		return d
	}
	for key, val := range jsontext.Cut(patch).All() {
		msg.Set(key, val)
	}
	messages := d.messages().Clone()
	messages.Set(id, msg.Encode())
	return d.rebuilt(messages, d.currentMessage())
}

// Append returns the document with values behind those of a list in a message;
// d itself when there is no such message.
func (d *Document) Append(id, member string, values ...string) *Document {
	msg := jsontext.Cut(d.Message(id))
	if msg == nil {
		return d
	}
	msg.Set(member, jsontext.Array(append(jsontext.Elements(msg.Get(member)), values...)))
	messages := d.messages().Clone()
	messages.Set(id, msg.Encode())
	return d.rebuilt(messages, d.currentMessage())
}

// Remove returns the document without a message and its children, whose own
// children become those of the message's parent; d itself when there is no such
// message. A chat that stood at one of them then stands at the end of the
// parent's branch.
func (d *Document) Remove(id string) *Document {
	all := d.messages()
	if all.Find(id) < 0 {
		return d
	}
	gone := map[string]bool{id: true}
	for key, msg := range all.All() {
		if p, ok := jsontext.StringOf(factsOf(msg).parentID); ok && p == id && key != id {
			gone[key] = true
		}
	}
	parent := factsOf(all.Get(id)).parentID
	if p, ok := jsontext.StringOf(parent); !ok || all.Find(p) < 0 || gone[p] {
		parent = "null"
	}
	messages := &jsontext.Object{}
	for key, msg := range all.All() {
		if gone[key] {
			continue
		}
		if p, ok := jsontext.StringOf(factsOf(msg).parentID); ok && gone[p] {
			m := jsontext.Cut(msg)
			m.Set("parentId", parent)
			msg = m.Encode()
		}
		messages.Set(key, msg)
	}
	derived(messages)
	current := d.currentMessage()
	if gone[current] {
		p, _ := jsontext.StringOf(parent)
		if current = leaf(messages, p); current == "" && len(messages.Members) > 0 {
			current = leaf(messages, messages.Members[len(messages.Members)-1].Key)
		}
	}
	return d.rebuilt(messages, current)
}

// Branch returns the document with the messages from the root to one of them,
// and that as the one the chat stands at; nil when there is no such message.
func (d *Document) Branch(id string) *Document {
	all := d.messages()
	ids := path(all, id)
	if ids == nil {
		return nil
	}
	messages := &jsontext.Object{}
	for _, at := range ids {
		messages.Set(at, all.Get(at))
	}
	derived(messages)
	out := d.rebuilt(messages, id)
	if jsontext.Elements(d.top.Get("messages")) != nil {
		out = out.With("messages", jsontext.Array(texts(messages, ids)))
	}
	return out
}

// path are the messages from the root to one of them; none when it is not there.
func path(messages *jsontext.Object, id string) []string {
	var out []string
	seen := map[string]bool{}
	for at := id; messages.Find(at) >= 0 && !seen[at]; {
		seen[at] = true
		out = append(out, at)
		at, _ = jsontext.StringOf(factsOf(messages.Get(at)).parentID)
	}
	slices.Reverse(out)
	return out
}

func texts(messages *jsontext.Object, ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = messages.Get(id)
	}
	return out
}

// currentMessage is the message that history.currentId names.
func (d *Document) currentMessage() string {
	id, _ := jsontext.StringOf(d.history().Get("currentId"))
	return id
}

// rebuilt is the document with other messages; current is empty for none.
func (d *Document) rebuilt(messages *jsontext.Object, current string) *Document {
	history := d.history().Clone()
	history.SetObject("messages", messages)
	if current == "" {
		history.Set("currentId", "null")
	} else {
		history.Set("currentId", jsontext.Quote(current))
	}
	top := d.top.Clone()
	top.SetObject("history", history)
	return whole(top)
}

// leaf is the message at which one gets by last children; empty when id is none.
func leaf(messages *jsontext.Object, id string) string {
	if messages.Find(id) < 0 {
		return ""
	}
	seen := map[string]bool{}
	for {
		seen[id] = true
		children, _ := stringList(factsOf(messages.Get(id)).childrenID)
		next := ""
		for _, c := range children {
			if messages.Find(c) >= 0 && !seen[c] {
				next = c
			}
		}
		if next == "" {
			return id
		}
		id = next
	}
}
