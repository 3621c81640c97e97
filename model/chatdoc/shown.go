package chatdoc

import (
	"slices"
	"strconv"

	"github.com/larder-db/larder/internal/jsontext"
)

// Settled returns the document with the message that the chat stands at, as
// Open WebUI finds it: every message is a child of its parent; the chat stands
// at the end of the branch on which history.currentId is, or, when that names
// nothing that is a message, at the leaf with the latest time. It is d itself
// when the document says all that.
func (d *Document) Settled() *Document {
	all := d.messages()
	if all == nil || len(all.Members) == 0 {
		return d
	}
	messages, changed := linked(all)
	current := d.currentMessage()
	at := current
	if m := placeOf(messages.Get(current)); m.isMessage() && !(m.answersNothing() && len(messages.Members) > 1) {
		at = branchEnd(messages, current)
	} else if last := latestLeaf(messages); last != "" {
		at = last
	}
	switch {
	case at != current:
		return d.rebuilt(messages, at)
	case changed:
		history, top := d.history().Clone(), d.top.Clone()
		history.SetObject("messages", messages)
		top.SetObject("history", history)
		return whole(top)
	}
	return d
}

// linked are the messages, each among the children of its parent.
func linked(all *jsontext.Object) (messages *jsontext.Object, changed bool) {
	more := map[string][]string{}
	named := map[string]map[string]bool{} // the children that a parent names: one may have most of the messages
	for id, msg := range all.All() {
		parent, ok := jsontext.StringOf(factsOf(msg).parentID)
		if !ok || !jsontext.IsObject(all.Get(parent)) {
			continue
		}
		has, read := named[parent]
		if !read {
			ids, _ := childrenOf(all.Get(parent))
			has = make(map[string]bool, len(ids))
			for _, child := range ids {
				has[child] = true
			}
			named[parent] = has
		}
		if !has[id] {
			more[parent] = append(more[parent], jsontext.Quote(id))
		}
	}
	if len(more) == 0 {
		return all, false
	}
	messages = all.Clone()
	for parent, ids := range more {
		m := jsontext.Cut(messages.Get(parent))
		m.Set("childrenIds", jsontext.Array(append(jsontext.Elements(m.Get("childrenIds")), ids...)))
		messages.Set(parent, m.Encode())
	}
	return messages, true
}

// childrenOf are the ids of a message's children, as far as they are texts, and
// how many entries the list has.
func childrenOf(msg string) (ids []string, entries int) {
	list := jsontext.Elements(factsOf(msg).childrenID)
	for _, text := range list {
		if id, ok := jsontext.StringOf(text); ok {
			ids = append(ids, id)
		}
	}
	return ids, len(list)
}

// place is what makes an entry of the history a message in its tree.
type place struct{ id, role, parent, time, output string } // JSON texts

func placeOf(msg string) (p place) {
	var v [5]string
	if jsontext.Pick(msg, []string{"id", "role", "parentId", "timestamp", "output"}, v[:]) {
		p = place{v[0], v[1], v[2], v[3], v[4]}
	}
	return p
}

func says(text string) bool { return !slices.Contains([]string{"", "null", `""`, "0", "false"}, text) }

func (p place) isMessage() bool { return says(p.id) && says(p.role) }

// answersNothing holds for what a model has begun to say and nobody has asked for.
func (p place) answersNothing() bool {
	for _, item := range jsontext.Elements(p.output) {
		if role := jsontext.Cut(item).Get("role"); says(role) {
			return role == `"assistant"` && !says(p.parent) && !says(p.time)
		}
	}
	return false
}

// branchEnd is where one gets from a message by last children that are messages.
func branchEnd(messages *jsontext.Object, id string) string {
	seen := map[string]bool{}
	for {
		seen[id] = true
		children, _ := childrenOf(messages.Get(id))
		slices.Reverse(children)
		next := slices.IndexFunc(children, func(c string) bool {
			m := placeOf(messages.Get(c))
			own, _ := jsontext.StringOf(m.id)
			parent, _ := jsontext.StringOf(m.parent)
			return !seen[c] && m.isMessage() && own == c && parent == id
		})
		if next < 0 {
			return id
		}
		id = children[next]
	}
}

// latestLeaf is the message without children that has the latest time, the
// first of several; empty when there is none.
func latestLeaf(messages *jsontext.Object) string {
	last, latest := "", -1.0
	for id, msg := range messages.All() {
		m := placeOf(msg)
		if _, entries := childrenOf(msg); entries > 0 || !says(m.role) {
			continue
		}
		at, err := strconv.ParseFloat(m.time, 64)
		if err != nil {
			at = 0
		}
		if at > latest {
			last, latest = id, at
		}
	}
	return last
}

// ShownTo returns the document as somebody else than its owner sees it: without
// what the owner asks models with, and without what only the author of a message
// is told of it.
func (d *Document) ShownTo(viewer, owner string) *Document {
	out := d
	for _, key := range []string{"params", "tool_servers", "tool_ids", "filter_ids", "variables"} {
		if out.Member(key) != "" {
			out = out.With(key, "")
		}
	}
	return out.eachMessage(func(m *jsontext.Object) bool {
		if m.Get("meta") == "" || writtenBy(m, owner) == viewer && viewer != "" {
			return false
		}
		m.Remove("meta")
		return true
	})
}

// Adopted returns the document with the messages of its owner as those of
// somebody else, who has copied it.
func (d *Document) Adopted(owner string, by Author) *Document {
	w := writerOf(by)
	return d.eachMessage(func(m *jsontext.Object) bool {
		if writtenBy(m, owner) != owner {
			return false
		}
		m.Set("user_id", w.id)
		if m.Get("role") == `"user"` {
			m.Set("user", w.user)
		}
		return true
	})
}

func writtenBy(m *jsontext.Object, owner string) string {
	if id, ok := jsontext.StringOf(m.Get("user_id")); ok && id != "" {
		return id
	}
	return owner
}

// eachMessage returns the document with the messages of its history and of its
// own list as change leaves them; change says whether it did something.
func (d *Document) eachMessage(change func(m *jsontext.Object) bool) *Document {
	top, changed := d.top.Clone(), false
	if all := d.messages(); all != nil {
		messages := all.Clone()
		for id, msg := range all.All() {
			if m := jsontext.Cut(msg); m != nil && change(m) {
				messages.Set(id, m.Encode())
				changed = true
			}
		}
		history := d.history().Clone()
		history.SetObject("messages", messages)
		top.SetObject("history", history)
	}
	list := jsontext.Elements(d.top.Get("messages"))
	for i := range list {
		if m := jsontext.Cut(list[i]); m != nil && change(m) {
			list[i], changed = m.Encode(), true
		}
	}
	if !changed {
		return d
	}
	if list != nil {
		top.Set("messages", jsontext.Array(list))
	}
	return whole(top)
}
