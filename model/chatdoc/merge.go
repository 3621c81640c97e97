package chatdoc

import "slices"

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
	if stored == nil {
		top := &object{}
		for _, m := range sent.top.members {
			top.put(mergeMember(m, nil, by))
		}
		return &Document{top: top}
	}
	var top *object // a copy of stored's, once something is different
	for _, m := range sent.top.members {
		if m.key == "history" && m.sub == nil && stored.history() != nil {
			continue
		}
		m = mergeMember(m, stored.history(), by)
		if m.sub != nil && m.sub == stored.history() || m.val != "" && m.val == stored.top.get(m.key) {
			continue
		}
		if top == nil {
			top = stored.top.clone()
		}
		top.put(m)
	}
	if top == nil {
		same := &Document{top: stored.top, text: stored.JSON()}
		same.encode.Do(func() {})
		return same
	}
	return &Document{top: top}
}

// mergeMember is what a top-level member that was sent becomes beside the
// stored history.
func mergeMember(m member, history *object, by Author) member {
	switch m.key {
	case "history":
		if m.sub != nil {
			m.val, m.sub = "", mergeHistory(history, m.sub, by)
		}
	case "messages":
		m.val = signList(m.val, by)
	}
	return m
}

// mergeHistory is stored itself when nothing is different.
func mergeHistory(stored, sent *object, by Author) *object {
	h := stored.clone()
	changed := stored == nil
	for _, m := range sent.members {
		if m.key != "messages" && (h.find(m.key) < 0 || h.get(m.key) != m.val) {
			h.put(m)
			changed = true
		}
	}
	old, sentMessages := stored.object("messages"), sent.object("messages")
	if old == nil && sentMessages == nil {
		if raw := sent.get("messages"); raw != "" && raw != h.get("messages") {
			h.set("messages", raw)
			changed = true
		}
		if !changed {
			return stored
		}
		return h
	}
	messages := unite(old, sentMessages, by)
	if messages != old {
		h.setObject("messages", messages)
		changed = true
	}
	if settleCurrentID(h, stored, messages) {
		changed = true
	}
	if !changed {
		return stored
	}
	return h
}

// unite is what the messages become: old itself when nothing is different.
func unite(old, sent *object, by Author) *object {
	messages := old.clone()
	known := make([]facts, len(messages.members), len(messages.members)+8)
	for i := range messages.members {
		known[i] = factsOf(messages.members[i].val)
	}
	changed := old == nil
	for id, val := range sent.all() {
		i := messages.find(id)
		if i < 0 {
			msg := sign(val, factsOf(val), none, by)
			messages.set(id, msg)
			known = append(known, factsOf(msg))
			changed = true
			continue
		}
		was, is := known[i], known[i]
		if val != messages.members[i].val {
			is = factsOf(val)
		}
		if keepsStored(was, is, by) {
			continue
		}
		if msg := sign(val, is, was, by); msg != messages.members[i].val {
			messages.members[i].val = msg
			known[i] = factsOf(msg)
			changed = true
		}
	}
	if deriveChildren(messages, known) {
		changed = true
	}
	if !changed {
		return old
	}
	return messages
}

// facts are the members of a message that the rules look at, as text; empty
// for those that it does not have.
type facts struct {
	object                                         bool
	role, done, userID, user, parentID, childrenID string
}

var (
	factKeys = []string{"role", "done", "user_id", "user", "parentId", "childrenIds"}
	none     facts
)

func factsOf(msg string) facts {
	var v [6]string
	ok := pick(msg, factKeys, v[:])
	return facts{ok, v[0], v[1], v[2], v[3], v[4], v[5]}
}

// keepsStored says whether the stored copy of a message counts, not the sent one.
func keepsStored(stored, sent facts, by Author) bool {
	if !stored.object {
		return false
	}
	if !sent.object {
		return true
	}
	if role, _ := stringOf(stored.role); role == "assistant" && stored.done == "false" {
		return true
	}
	owner, ok := stringOf(stored.userID)
	return ok && owner != "" && owner != by.ID
}

// sign adds who wrote a message where the message does not say: what the
// stored copy says, else the author.
func sign(msg string, is, was facts, by Author) string {
	if !is.object {
		return msg
	}
	var out *object // a copy of the message, once something is different
	set := func(key, val string) {
		if out == nil {
			out = cutObject(msg)
		}
		out.set(key, val)
	}
	userID := is.userID
	if _, ok := stringOf(userID); !ok && by.ID != "" {
		userID = was.userID
		if _, ok := stringOf(userID); !ok {
			userID = quote(by.ID)
		}
		set("user_id", userID)
	}
	if role, _ := stringOf(is.role); role == "user" && !isObject(is.user) {
		user := was.user
		if owner, _ := stringOf(userID); !isObject(user) && owner == by.ID && by.ID != "" {
			u := &object{}
			u.set("id", quote(by.ID))
			u.set("name", quote(by.Name))
			user = u.encode()
		}
		if isObject(user) {
			set("user", user)
		}
	}
	if out == nil {
		return msg
	}
	return out.encode()
}

// signList signs the linear copy of the messages that clients keep beside the history.
func signList(list string, by Author) string {
	items := elements(list)
	if items == nil {
		return list
	}
	changed := false
	for i, v := range items {
		if s := sign(v, factsOf(v), none, by); s != v {
			items[i], changed = s, true
		}
	}
	if !changed {
		return list
	}
	return encodeArray(items)
}

// deriveChildren makes childrenIds agree with parentId, and reports whether it
// changed anything. Children that are listed already keep their order; the
// others follow in the order of the messages. A message whose list is right
// keeps its text.
func deriveChildren(messages *object, known []facts) bool {
	children := make(map[string][]string)
	for i, m := range messages.members {
		parent, ok := stringOf(known[i].parentID)
		if !ok || parent == m.key || messages.find(parent) < 0 {
			continue
		}
		children[parent] = append(children[parent], m.key)
	}
	changed := false
	for i := range messages.members {
		m := &messages.members[i]
		if !known[i].object {
			continue
		}
		listed, raw := stringList(known[i].childrenID)
		want := orderChildren(children[m.key], listed)
		if raw && slices.Equal(want, listed) || !raw && len(want) == 0 {
			continue
		}
		items := make([]string, len(want))
		for k, id := range want {
			items[k] = quote(id)
		}
		c := cutObject(m.val)
		c.set("childrenIds", encodeArray(items))
		m.val, changed = c.encode(), true
	}
	return changed
}

// stringList returns the strings of a JSON array, and whether text is an array
// of nothing but strings.
func stringList(text string) ([]string, bool) {
	items := elements(text)
	if items == nil {
		return nil, false
	}
	for i, v := range items {
		s, ok := stringOf(v)
		if !ok {
			return items[:i], false
		}
		items[i] = s
	}
	return items, true
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

// settleCurrentID keeps currentId when it is null, absent or a message, and
// reports whether it changed it.
func settleCurrentID(h, stored, messages *object) bool {
	id, ok := stringOf(h.get("currentId"))
	if !ok || messages.find(id) >= 0 || len(messages.members) == 0 {
		return false
	}
	if was, ok := stringOf(stored.get("currentId")); ok && messages.find(was) >= 0 {
		h.set("currentId", quote(was))
	} else {
		h.set("currentId", quote(messages.members[len(messages.members)-1].key))
	}
	return true
}
