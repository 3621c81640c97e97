package chatdoc

import (
	"bytes"
)

// Author is the user who sends a document.
type Author struct {
	ID   string
	Name string // shown beside the author's messages
}

// New is the document of a new chat: sent, with the author's name on the
// messages that carry none, and childrenIds that agree with parentId.
func New(sent *Document, by Author) *Document { return Merge(nil, sent, by) }

// Merge is what the chat's document becomes when a client that may not have
// seen all of stored sends a document. Stored is nil for a new chat.
//
//   - Top-level members: stored ones stay unless sent has them, too.
//   - history: the same, one level down; messages are united. Of a message
//     that both have, sent's copy counts, unless stored's is an assistant's
//     answer that is not done (the server is still writing it) or belongs to
//     another user.
//   - childrenIds are derived from parentId again.
//   - A currentId that names no message falls back to the stored one, then to
//     the last message.
//   - sent's messages get their author's id and name where they have none.
//
// A history that is no object does not replace one that is.
func Merge(stored, sent *Document, by Author) *Document {
	var top *object
	var before *object
	if stored != nil {
		top = stored.top.clone()
		before = stored.history()
	} else {
		top = &object{}
	}
	for _, m := range sent.top.members {
		switch m.key {
		case "history":
			h := cutObject(m.val)
			switch {
			case h != nil:
				m.val = mergeHistory(before, h, by).encode()
			case before != nil:
				continue
			}
		case "messages":
			m.val = signList(m.val, by)
		}
		top.put(m)
	}
	return &Document{top: top}
}

func mergeHistory(stored, sent *object, by Author) *object {
	h := stored.clone()
	for _, m := range sent.members {
		if m.key != "messages" {
			h.put(m)
		}
	}
	old, sentMessages := cutObject(stored.get("messages")), cutObject(sent.get("messages"))
	if old == nil && sentMessages == nil {
		if raw := sent.get("messages"); raw != nil {
			h.set("messages", raw)
		}
		return h
	}
	messages := old.clone()
	for id, val := range sentMessages.all() {
		was := old.get(id)
		if was != nil && keepsStored(was, val, by) {
			continue
		}
		messages.set(id, sign(val, was, by))
	}
	deriveChildren(messages)
	h.set("messages", messages.encode())
	settleCurrentID(h, stored, messages)
	return h
}

// keepsStored says whether the stored copy of a message counts, not the sent one.
func keepsStored(stored, sent []byte, by Author) bool {
	s := cutObject(stored)
	if s == nil {
		return false
	}
	if cutObject(sent) == nil {
		return true
	}
	if role, _ := stringOf(s.get("role")); role == "assistant" && string(s.get("done")) == "false" {
		return true
	}
	owner, ok := stringOf(s.get("user_id"))
	return ok && owner != "" && owner != by.ID
}

// sign adds who wrote a message where the message does not say: what the
// stored copy says, else the author.
func sign(msg, stored []byte, by Author) []byte {
	m := cutObject(msg)
	if m == nil {
		return msg
	}
	was := cutObject(stored)
	out := m
	if _, ok := stringOf(m.get("user_id")); !ok && by.ID != "" {
		out = m.clone()
		id := was.get("user_id")
		if _, ok := stringOf(id); !ok {
			id = quote(by.ID)
		}
		out.set("user_id", id)
	}
	if role, _ := stringOf(m.get("role")); role == "user" && cutObject(m.get("user")) == nil {
		user := was.get("user")
		if owner, _ := stringOf(out.get("user_id")); cutObject(user) == nil && owner == by.ID && by.ID != "" {
			u := &object{}
			u.set("id", quote(by.ID))
			u.set("name", quote(by.Name))
			user = u.encode()
		}
		if cutObject(user) != nil {
			if out == m {
				out = m.clone()
			}
			out.set("user", user)
		}
	}
	if out == m {
		return msg
	}
	return out.encode()
}

// signList signs the linear copy of the messages that clients keep beside the history.
func signList(list []byte, by Author) []byte {
	items := elements(list)
	if items == nil {
		return list
	}
	changed := false
	for i, v := range items {
		s := sign(v, nil, by)
		if !bytes.Equal(s, v) {
			items[i], changed = s, true
		}
	}
	if !changed {
		return list
	}
	return encodeArray(items)
}

// deriveChildren makes childrenIds agree with parentId. Children that are
// listed already keep their order; the others follow in the order of the
// messages. A message whose list is right keeps its text.
func deriveChildren(messages *object) {
	cuts := make([]*object, len(messages.members))
	children := make(map[string][]string)
	for i, m := range messages.members {
		cuts[i] = cutObject(m.val)
		parent, ok := stringOf(cuts[i].get("parentId"))
		if !ok || parent == m.key || messages.find(parent) < 0 {
			continue
		}
		children[parent] = append(children[parent], m.key)
	}
	for i := range messages.members {
		m := &messages.members[i]
		if cuts[i] == nil {
			continue
		}
		listed, raw := stringList(cuts[i].get("childrenIds"))
		want := orderChildren(children[m.key], listed)
		if raw && equal(want, listed) || !raw && len(want) == 0 {
			continue
		}
		items := make([][]byte, len(want))
		for k, id := range want {
			items[k] = quote(id)
		}
		c := cuts[i].clone()
		c.set("childrenIds", encodeArray(items))
		m.val = c.encode()
	}
}

// stringList returns the strings of a JSON array, and whether text is an array
// of nothing but strings.
func stringList(text []byte) ([]string, bool) {
	items := elements(text)
	if items == nil {
		return nil, false
	}
	out := make([]string, 0, len(items))
	for _, v := range items {
		s, ok := stringOf(v)
		if !ok {
			return out, false
		}
		out = append(out, s)
	}
	return out, true
}

func orderChildren(have, listed []string) []string {
	if len(have) == 0 {
		return nil
	}
	left := make(map[string]bool, len(have))
	for _, id := range have {
		left[id] = true
	}
	out := make([]string, 0, len(have))
	for _, ids := range [][]string{listed, have} {
		for _, id := range ids {
			if left[id] {
				left[id] = false
				out = append(out, id)
			}
		}
	}
	return out
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// settleCurrentID keeps currentId when it is null, absent or a message.
func settleCurrentID(h, stored, messages *object) {
	id, ok := stringOf(h.get("currentId"))
	if !ok || messages.find(id) >= 0 || len(messages.members) == 0 {
		return
	}
	if was, ok := stringOf(stored.get("currentId")); ok && messages.find(was) >= 0 {
		h.set("currentId", quote(was))
		return
	}
	h.set("currentId", quote(messages.members[len(messages.members)-1].key))
}
