package chatdoc

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
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
	w := writerOf(by)
	if stored == nil {
		top := &jsontext.Object{}
		for _, m := range sent.top.Members {
			top.Put(mergeMember(m, nil, w))
		}
		return whole(top)
	}
	var top *jsontext.Object // a copy of stored's, once something is different
	for _, m := range sent.top.Members {
		if m.Key == "history" && m.Sub == nil && stored.history() != nil {
			continue
		}
		m = mergeMember(m, stored.history(), w)
		if m.Sub != nil && m.Sub == stored.history() || m.Val != "" && m.Val == stored.top.Get(m.Key) {
			continue
		}
		if top == nil {
			top = stored.top.Clone()
		}
		top.Put(m)
	}
	if top == nil {
		return &Document{top: stored.top, text: stored.text}
	}
	return whole(top)
}

// mergeMember is what a top-level member that was sent becomes beside the
// stored history.
func mergeMember(m jsontext.Member, history *jsontext.Object, w *writer) jsontext.Member {
	switch m.Key {
	case "history":
		if m.Sub != nil {
			m.Val, m.Sub = "", mergeHistory(history, m.Sub, w)
		}
	case "messages":
		m.Val = signList(m.Val, w)
	}
	return m
}

// mergeHistory is stored itself when nothing is different.
func mergeHistory(stored, sent *jsontext.Object, w *writer) *jsontext.Object {
	h := stored.Clone()
	changed := stored == nil
	for _, m := range sent.Members {
		if m.Key != "messages" && (h.Find(m.Key) < 0 || h.Get(m.Key) != m.Val) {
			h.Put(m)
			changed = true
		}
	}
	old, sentMessages := stored.Object("messages"), sent.Object("messages")
	if old == nil && sentMessages == nil {
		if raw := sent.Get("messages"); raw != "" && raw != h.Get("messages") {
			h.Set("messages", raw)
			changed = true
		}
		if !changed {
			return stored
		}
		return h
	}
	messages := unite(old, sentMessages, w)
	if messages != old {
		h.SetObject("messages", messages)
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
func unite(old, sent *jsontext.Object, w *writer) *jsontext.Object {
	if old == nil {
		messages := sent.Clone()
		tree := make([]branch, len(messages.Members))
		for i := range messages.Members {
			m := &messages.Members[i]
			var f facts
			m.Val, m.Tail, f = w.sign(m.Val, factsOf(m.Val), none)
			tree[i] = f.branch
		}
		deriveChildren(messages, tree)
		return messages
	}
	messages, changed := old.Clone(), false
	tree := make([]branch, len(messages.Members), messages.Room(sent))
	for i := range messages.Members {
		m := &messages.Members[i]
		was := factsOf(m.Val)
		tree[i] = was.branch
		k := sent.Find(m.Key)
		if k < 0 {
			continue
		}
		is, val := was, sent.Members[k].Val
		if val != m.Val {
			is = factsOf(val)
		}
		if keepsStored(was, is, w.by) {
			continue
		}
		if text, tail, f := w.sign(val, is, was); tail != "" || text != m.Val {
			m.Val, m.Tail, tree[i], changed = text, tail, f.branch, true
		}
	}
	for id, val := range sent.All() {
		if messages.Find(id) >= 0 {
			continue
		}
		m := jsontext.Member{Key: id, Name: jsontext.Quote(id)}
		var f facts
		m.Val, m.Tail, f = w.sign(val, factsOf(val), none)
		messages.Put(m)
		tree, changed = append(tree, f.branch), true
	}
	if deriveChildren(messages, tree) {
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
	branch
	role, done, userID, user string
}

// branch is what a message says about its place in the tree.
type branch struct {
	object               bool
	parentID, childrenID string
}

var (
	factKeys = []string{"parentId", "childrenIds", "role", "done", "user_id", "user"}
	none     facts
)

func factsOf(msg string) facts {
	var v [6]string
	ok := jsontext.Pick(msg, factKeys, v[:])
	return facts{branch{ok, v[0], v[1]}, v[2], v[3], v[4], v[5]}
}

// keepsStored says whether the stored copy of a message counts, not the sent one.
func keepsStored(stored, sent facts, by Author) bool {
	if !stored.object {
		return false
	}
	if !sent.object {
		return true
	}
	if role, _ := jsontext.StringOf(stored.role); role == "assistant" && stored.done == "false" {
		return true
	}
	owner, ok := jsontext.StringOf(stored.userID)
	return ok && owner != "" && owner != by.ID
}

// writer is an author as text of messages.
type writer struct {
	by       Author
	id, user string
	tails    [4]string // what is added behind a message: with bit 0 the id, with bit 1 the user
}

func writerOf(by Author) *writer {
	w := &writer{by: by, id: jsontext.Quote(by.ID)}
	u := &jsontext.Object{}
	u.Set("id", w.id)
	u.Set("name", jsontext.Quote(by.Name))
	w.user = u.Encode()
	for i := range w.tails {
		if i&1 != 0 {
			w.tails[i] += `,"user_id":` + w.id
		}
		if i&2 != 0 {
			w.tails[i] += `,"user":` + w.user
		}
		w.tails[i] += "}"
	}
	return w
}

// sign adds who wrote a message where the message does not say: what the
// stored copy says, else the author. It returns the message in two parts, the
// second of which is empty or short, and its facts.
func (w *writer) sign(msg string, is, was facts) (text, tail string, now facts) {
	now = is
	if !is.object {
		return msg, "", now
	}
	id, user := false, false
	if _, ok := jsontext.StringOf(is.userID); !ok && w.by.ID != "" {
		id, now.userID = true, was.userID
		if _, ok := jsontext.StringOf(now.userID); !ok {
			now.userID = w.id
		}
	}
	if role, _ := jsontext.StringOf(is.role); role == "user" && !jsontext.IsObject(is.user) {
		now.user = was.user
		if owner, _ := jsontext.StringOf(now.userID); !jsontext.IsObject(now.user) && owner == w.by.ID && w.by.ID != "" {
			now.user = w.user
		}
		if user = jsontext.IsObject(now.user); !user {
			now.user = is.user
		}
	}
	which := 0
	if id {
		which |= 1
	}
	if user {
		which |= 2
	}
	if which == 0 {
		return msg, "", now
	}
	// Mostly nothing is replaced, and the message need not be copied.
	body := strings.TrimRight(msg[:len(msg)-1], " \t\r\n")
	if (!id || is.userID == "" && now.userID == w.id) && (!user || is.user == "" && now.user == w.user) &&
		len(body) > 1 {
		return body, w.tails[which], now
	}
	out := jsontext.Cut(msg)
	if id {
		out.Set("user_id", now.userID)
	}
	if user {
		out.Set("user", now.user)
	}
	return out.Encode(), "", now
}

// signList signs the linear copy of the messages that clients keep beside the history.
func signList(list string, w *writer) string {
	items := jsontext.Elements(list)
	if items == nil {
		return list
	}
	changed := false
	for i, v := range items {
		if text, tail, _ := w.sign(v, factsOf(v), none); tail != "" || text != v {
			items[i], changed = text+tail, true
		}
	}
	if !changed {
		return list
	}
	return jsontext.Array(items)
}

// deriveChildren makes childrenIds agree with parentId, and reports whether it
// changed anything. Children that are listed already keep their order; the
// others follow in the order of the messages. A message whose list is right
// keeps its text.
func deriveChildren(messages *jsontext.Object, tree []branch) bool {
	parents := make([]int32, len(tree)) // the parent's number, and 1 more; 0 is none
	first := make([]int32, len(tree)+1) // where the children of a message begin in children, and those of the next
	for i := range messages.Members {
		id, ok := jsontext.StringOf(tree[i].parentID)
		if !ok || id == messages.Members[i].Key {
			continue
		}
		if p := messages.Find(id); p >= 0 {
			parents[i] = int32(p) + 1
			first[p+1]++
		}
	}
	for i := range tree {
		first[i+1] += first[i]
	}
	children, next := make([]int32, first[len(tree)]), slices.Clone(first)
	for i, p := range parents {
		if p > 0 {
			children[next[p-1]] = int32(i)
			next[p-1]++
		}
	}
	changed := false
	for i := range messages.Members {
		m := &messages.Members[i]
		if !tree[i].object {
			continue
		}
		listed, raw := stringList(tree[i].childrenID)
		var have []string
		for _, k := range children[first[i]:first[i+1]] {
			have = append(have, messages.Members[k].Key)
		}
		want := orderChildren(have, listed)
		if raw && slices.Equal(want, listed) || !raw && len(want) == 0 {
			continue
		}
		items := make([]string, len(want))
		for k, id := range want {
			items[k] = jsontext.Quote(id)
		}
		c := jsontext.Cut(m.Value())
		c.Set("childrenIds", jsontext.Array(items))
		m.Val, m.Tail, changed = c.Encode(), "", true
	}
	return changed
}

// stringList returns the strings of a JSON array, and whether text is an array
// of nothing but strings.
func stringList(text string) ([]string, bool) {
	items := jsontext.Elements(text)
	if items == nil {
		return nil, false
	}
	for i, v := range items {
		s, ok := jsontext.StringOf(v)
		if !ok {
			return items[:i], false
		}
		items[i] = s
	}
	return items, true
}

func orderChildren(have, listed []string) []string {
	if len(have) <= 1 {
		return have
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
func settleCurrentID(h, stored, messages *jsontext.Object) bool {
	id, ok := jsontext.StringOf(h.Get("currentId"))
	if !ok || messages.Find(id) >= 0 || len(messages.Members) == 0 {
		return false
	}
	if was, ok := jsontext.StringOf(stored.Get("currentId")); ok && messages.Find(was) >= 0 {
		h.Set("currentId", jsontext.Quote(was))
	} else {
		h.Set("currentId", jsontext.Quote(messages.Members[len(messages.Members)-1].Key))
	}
	return true
}

// derived makes childrenIds of all messages agree with parentId.
func derived(messages *jsontext.Object) {
	tree := make([]branch, len(messages.Members))
	for i := range messages.Members {
		tree[i] = factsOf(messages.Members[i].Value()).branch
	}
	deriveChildren(messages, tree)
}
