package chatdoc

import "github.com/larder-db/larder/internal/jsontext"

// Patch is what was written to one message: members that are set in it, as a
// JSON object that was checked.
type Patch struct {
	MessageID string
	Members   string
}

// Whole reports whether the patch can make a message that is not there: it says
// its role.
func (p Patch) Whole() bool { return hasRow(p.Members) }

// Fold returns the document with patches in their order, each as [Document.Upsert]
// does it; d itself when there are none. A patch for a message that is not there,
// and that does not say what role it has, is left out: the message was removed
// meanwhile.
func (d *Document) Fold(patches []Patch) *Document {
	messages := d.messages().Clone()
	last := ""
	for _, p := range patches {
		was := messages.Get(p.MessageID)
		if was == "" && !p.Whole() {
			continue
		}
		patch, msg := jsontext.Cut(p.Members), jsontext.Cut(was).Clone()
		moved := was != "" && patch.Find("parentId") >= 0 && patch.Get("parentId") != msg.Get("parentId")
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
	if last == "" {
		return d
	}
	derived(messages)
	return d.rebuilt(messages, leaf(messages, last))
}
