package chatdoc

import (
	"slices"
	"strconv"

	"github.com/larder-db/larder/internal/jsontext"
)

// Begun is a patch with what Open WebUI adds to it when there is no such message
// yet: its id, the parent that has it among its children, null for none, no children, the
// role that comes after the parent's, and the time, at, in seconds. It is the patch itself
// when the message is there, or when the patch says its role.
func (d *Document) Begun(id, patch string, at int64) string {
	all := d.messages()
	msg := jsontext.Cut(patch)
	if role, _ := jsontext.StringOf(msg.Get("role")); role != "" || jsontext.IsObject(all.Get(id)) {
		return patch
	}
	msg = msg.Clone()
	parent, ok := jsontext.StringOf(msg.Get("parentId"))
	if !ok {
		parent = parentOf(all, id)
		msg.Set("parentId", orNull(parent))
	}
	if said, _ := jsontext.StringOf(msg.Get("id")); said == "" {
		msg.Set("id", jsontext.Quote(id))
	}
	if jsontext.Elements(msg.Get("childrenIds")) == nil {
		msg.Set("childrenIds", "[]")
	}
	msg.Set("role", jsontext.Quote(roleAfter(all.Get(parent), msg.Get("output"))))
	if t := msg.Get("timestamp"); t == "" || t == "null" || t == "0" {
		msg.Set("timestamp", strconv.FormatInt(at, 10))
	}
	return msg.Encode()
}

// parentOf is the first message that has another one among its children; empty for none.
func parentOf(messages *jsontext.Object, id string) string {
	for key, msg := range messages.All() {
		if children, _ := childrenOf(msg); slices.Contains(children, id) {
			return key
		}
	}
	return ""
}

// roleAfter is the role of a message without one: that of its output, or the
// other one than its parent's.
func roleAfter(parent, output string) string {
	for _, item := range jsontext.Elements(output) {
		if role, _ := jsontext.StringOf(jsontext.Cut(item).Get("role")); role != "" {
			return role
		}
	}
	if role, _ := jsontext.StringOf(jsontext.Cut(parent).Get("role")); role == "assistant" {
		return "user"
	}
	return "assistant"
}

func orNull(id string) string {
	if id == "" {
		return "null"
	}
	return jsontext.Quote(id)
}
