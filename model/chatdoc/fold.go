package chatdoc

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/larder-db/larder/internal/jsontext"
)

// Patch is what was written to one message: members that are set in it, as a
// JSON object that was checked.
type Patch struct {
	MessageID string
	Members   string
}

// Whole reports whether the patch can make a message that is not there: it says
// its role.
func (p Patch) Whole() bool { return hasRow(p.Members) }

// ofBranch are the members of a patch of no message: the list of messages that
// clients keep beside the history becomes that of the branch the chat stands on.
const ofBranch = `{"messages":"branch"}`

func (p Patch) listsBranch() bool { return p.MessageID == "" && p.Members == ofBranch }

// Fold returns the document with patches in their order, each as [Document.Upsert]
// does it; d itself when there are none. A patch for a message that is not there,
// and that does not say what role it has, is left out: the message was removed
// meanwhile.
func (d *Document) Fold(patches []Patch) *Document {
	messages := d.messages().Clone()
	current, branch := d.currentMessage(), -1
	for i, p := range patches {
		if p.listsBranch() {
			branch = i // each is written over by the next
		}
	}
	last, list := "", ""
	for i, p := range patches {
		if p.listsBranch() {
			if i == branch {
				derived(messages)
				if last != "" {
					current = leaf(messages, last)
				}
				list = jsontext.Array(texts(messages, path(messages, current)))
			}
			continue
		}
		was := messages.Get(p.MessageID)
		if was == "" && !p.Whole() {
			continue
		}
		patch, msg := jsontext.Cut(p.Members), jsontext.Cut(was).Clone()
		moved := was != "" && patch.Find("parentId") >= 0 && patch.Get("parentId") != msg.Get("parentId")
		if moved { // the parent had it as a child until now
			derived(messages)
			msg = jsontext.Cut(messages.Get(p.MessageID)).Clone()
		}
		for key, val := range patch.All() {
			msg.Set(key, val)
		}
		messages.Set(p.MessageID, msg.Encode())
		last = p.MessageID
		// The order of children tells which branch a chat stands on. It is that
		// of the patches when it is settled after each that could change it.
		if moved || len(jsontext.Elements(patch.Get("childrenIds"))) > 0 {
			derived(messages)
		}
	}
	out := d
	if last != "" {
		derived(messages)
		out = d.rebuilt(messages, leaf(messages, last))
	}
	if list != "" {
		out = out.With("messages", list)
	}
	return out
}

// Difference returns patches, at most so many, that make of before by
// [Document.Fold] what after is but for white space, and the document that they
// make; none where they cannot, or where nothing differs.
func Difference(before, after *Document, most int) ([]Patch, *Document) {
	was, is := before.messages(), after.messages()
	if was == nil || is == nil || len(was.Members) > len(is.Members) ||
		!equalBut(before.top, after.top, "history", "messages") ||
		!equalBut(before.history(), after.history(), "messages", "currentId") {
		return nil, nil
	}
	var patches []Patch
	last := -1
	for id, text := range is.All() {
		old := was.Get(id)
		if old == text {
			continue
		}
		p, ok := differing(id, old, text)
		if !ok || len(patches) == most {
			return nil, nil
		}
		if p.Members == "{}" {
			continue
		}
		if old != "" && id == after.currentMessage() {
			last = len(patches)
		}
		patches = append(patches, p)
	}
	if last >= 0 { // that of the message where the chat is to stand counts for that
		p := patches[last]
		patches = append(slices.Delete(patches, last, last+1), p)
	}
	if stands := after.currentMessage(); is.Find(stands) >= 0 && (len(patches) > 0 || stands != before.currentMessage()) &&
		(len(patches) == 0 || patches[len(patches)-1].MessageID != stands) {
		patches = append(patches, Patch{MessageID: stands, Members: "{}"})
	}
	if before.top.Get("messages") != after.top.Get("messages") {
		patches = append(patches, Patch{Members: ofBranch})
	}
	if len(patches) == 0 {
		return nil, nil
	}
	made := before.Fold(patches)
	if !alike(made, after) {
		return nil, nil
	}
	return patches, made
}

// differing sets what a message has other than before, but for its children, which
// follow from their parents. It reports false when members are gone, or its row.
func differing(id, before, after string) (Patch, bool) {
	is := jsontext.Cut(after)
	if is == nil || before == "" {
		return Patch{MessageID: id, Members: after}, is != nil && hasRow(after)
	}
	was, set := jsontext.Cut(before), &jsontext.Object{}
	if was == nil || hasRow(before) != hasRow(after) {
		return Patch{}, false
	}
	for key := range was.All() {
		if key != "childrenIds" && is.Find(key) < 0 {
			return Patch{}, false
		}
	}
	for key, val := range is.All() {
		if key != "childrenIds" && val != was.Get(key) {
			set.Set(key, val)
		}
	}
	return Patch{MessageID: id, Members: set.Encode()}, true
}

// equalBut reports whether two objects have the same members, in any order, but for
// those of some names.
func equalBut(a, b *jsontext.Object, but ...string) bool {
	within := func(a, b *jsontext.Object) bool {
		for i := range a.Members {
			m := &a.Members[i]
			if !slices.Contains(but, m.Key) && (b.Find(m.Key) < 0 || b.Get(m.Key) != m.Value()) {
				return false
			}
		}
		return true
	}
	return within(a, b) && within(b, a)
}

// alike reports whether two documents with the same members but for messages differ
// in nothing but white space.
func alike(a, b *Document) bool {
	is, other := a.messages(), b.messages()
	if a.currentMessage() != b.currentMessage() || len(is.Members) != len(other.Members) {
		return false
	}
	for i := range is.Members {
		if is.Members[i].Key != other.Members[i].Key || !sameJSON(is.Members[i].Value(), other.Members[i].Value()) {
			return false
		}
	}
	return sameJSON(a.top.Get("messages"), b.top.Get("messages"))
}

func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	var x, y bytes.Buffer
	return json.Compact(&x, []byte(a)) == nil && json.Compact(&y, []byte(b)) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}
