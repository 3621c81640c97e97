package chatdoc

import (
	"slices"

	"github.com/larder-db/larder/internal/jsontext"
)

// With returns the document with a top-level member, whose value is JSON text;
// empty text removes it.
func (d *Document) With(key, text string) *Document {
	top := d.top.clone()
	if text == "" {
		top.remove(key)
	} else {
		top.set(key, text)
	}
	return whole(top)
}

// Upsert returns the document with members of a message set; a message that is
// not there is added with them. The chat then stands at the end of the branch
// that the message is on. Patch is a JSON object that was checked.
func (d *Document) Upsert(id, patch string) *Document {
	messages := d.messages().clone()
	msg := cutObject(messages.get(id)).clone()
	for key, val := range cutObject(patch).all() {
		msg.set(key, val)
	}
	messages.set(id, msg.encode())
	derived(messages)
	return d.rebuilt(messages, leaf(messages, id))
}

// Append returns the document with values behind those of a list in a message;
// d itself when there is no such message.
func (d *Document) Append(id, member string, values ...string) *Document {
	msg := cutObject(d.Message(id))
	if msg == nil {
		return d
	}
	msg.set(member, encodeArray(append(jsontext.Elements(msg.get(member)), values...)))
	messages := d.messages().clone()
	messages.set(id, msg.encode())
	return d.rebuilt(messages, d.currentMessage())
}

// Remove returns the document without a message and its children, whose own
// children become those of the message's parent; d itself when there is no such
// message. A chat that stood at one of them then stands at the end of the
// parent's branch.
func (d *Document) Remove(id string) *Document {
	all := d.messages()
	if all.find(id) < 0 {
		return d
	}
	gone := []string{id}
	for key, msg := range all.all() {
		if p, ok := stringOf(factsOf(msg).parentID); ok && p == id && key != id {
			gone = append(gone, key)
		}
	}
	parent := factsOf(all.get(id)).parentID
	if p, ok := stringOf(parent); !ok || all.find(p) < 0 || slices.Contains(gone, p) {
		parent = "null"
	}
	messages := &object{}
	for key, msg := range all.all() {
		if slices.Contains(gone, key) {
			continue
		}
		if p, ok := stringOf(factsOf(msg).parentID); ok && slices.Contains(gone, p) {
			m := cutObject(msg)
			m.set("parentId", parent)
			msg = m.encode()
		}
		messages.set(key, msg)
	}
	derived(messages)
	current := d.currentMessage()
	if slices.Contains(gone, current) {
		p, _ := stringOf(parent)
		if current = leaf(messages, p); current == "" && len(messages.members) > 0 {
			current = leaf(messages, messages.members[len(messages.members)-1].key)
		}
	}
	return d.rebuilt(messages, current)
}

// Branch returns the document with the messages from the root to one of them,
// and that as the one the chat stands at; nil when there is no such message.
func (d *Document) Branch(id string) *Document {
	all := d.messages()
	var path []string
	for at := id; all.find(at) >= 0 && !slices.Contains(path, at); {
		path = append(path, at)
		at, _ = stringOf(factsOf(all.get(at)).parentID)
	}
	if path == nil {
		return nil
	}
	slices.Reverse(path)
	messages := &object{}
	for _, at := range path {
		messages.set(at, all.get(at))
	}
	derived(messages)
	list := make([]string, len(path))
	for i := range messages.members {
		list[i] = messages.members[i].value()
	}
	out := d.rebuilt(messages, id)
	if jsontext.Elements(d.top.get("messages")) != nil {
		out = out.With("messages", encodeArray(list))
	}
	return out
}

// currentMessage is the message that history.currentId names.
func (d *Document) currentMessage() string {
	id, _ := stringOf(d.history().get("currentId"))
	return id
}

// rebuilt is the document with other messages; current is empty for none.
func (d *Document) rebuilt(messages *object, current string) *Document {
	history := d.history().clone()
	history.setObject("messages", messages)
	if current == "" {
		history.set("currentId", "null")
	} else {
		history.set("currentId", quote(current))
	}
	top := d.top.clone()
	top.setObject("history", history)
	return whole(top)
}

// leaf is the message at which one gets by last children; empty when id is none.
func leaf(messages *object, id string) string {
	if messages.find(id) < 0 {
		return ""
	}
	seen := map[string]bool{}
	for {
		seen[id] = true
		children, _ := stringList(factsOf(messages.get(id)).childrenID)
		next := ""
		for _, c := range children {
			if messages.find(c) >= 0 && !seen[c] {
				next = c
			}
		}
		if next == "" {
			return id
		}
		id = next
	}
}
