package chatdoc

import (
	"encoding/json"
	"errors"
	"iter"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/jsontext"
)

// DefaultTitle is the title of a chat whose document has none.
const DefaultTitle = "New Chat"

// Document is a chat document. It is a value that does not change: the
// functions of this package return new ones.
type Document struct {
	top  *jsontext.Object // parts of text
	text string
}

// inside is the way to the messages.
var inside = []string{"history", "messages"}

// Parse reads a document that a client sent, cleaned as [Clean] does. Text
// that is not a JSON object is a dberr.Invalid error. The text becomes part of
// the document: nobody writes to it any more.
func Parse(text []byte) (*Document, error) {
	s, err := clean(jsontext.String(text))
	if err != nil {
		return nil, err
	}
	return cut(s)
}

// ParseClean is [Parse] for text that is part of what [Clean] has returned. It
// is not checked again.
func ParseClean(text []byte) (*Document, error) { return cut(jsontext.String(text)) }

// ParseStored reads a document from a row. What older writers are known to
// have stored and is not JSON (NaN, raw control characters, broken UTF-8) is
// read as the nearest JSON; SQL NULL and JSON null are the empty document.
func ParseStored(text string) (*Document, error) {
	if text == "" || text == "null" {
		text = "{}"
	}
	text, err := Readable(text)
	if err != nil {
		return nil, err
	}
	return cut(text)
}

// Readable returns stored JSON text in a form that every JSON reader takes,
// with NUL removed; text itself when it is that already. Text that cannot be
// read as JSON is a dberr.Invalid error.
func Readable(text string) (string, error) {
	out, err := clean(text)
	if err == nil {
		return out, nil
	}
	return clean(string(mend([]byte(text))))
}

func cut(text string) (*Document, error) {
	top := jsontext.Cut(text, inside...)
	if top == nil {
		return nil, dberr.New(dberr.Invalid, "chatdoc", "the chat document is not a JSON object")
	}
	return &Document{top: top, text: text}, nil
}

// whole is the document with those members. Objects that have no text yet are
// its own from then on.
func whole(top *jsontext.Object) *Document {
	d := &Document{top: top, text: top.Encode()}
	top.Move(d.text, 0)
	return d
}

// MaxDepth is how deep a document may be nested: Open WebUI does not read back
// what is nested deeper.
const MaxDepth = 400

// What [CheckValue] refuses.
var (
	ErrTooDeep  = errors.New("the chat document is nested deeper than 400 levels; send what is inside as text")
	ErrInfinite = errors.New("a number in the chat document is larger than 1.8e308; send it as text")
)

// CheckValue returns a dberr.Invalid error, with [ErrTooDeep] or [ErrInfinite],
// for JSON text that a document cannot hold at a level (0 for the whole of it)
// since Open WebUI could not read it back: it is nested deeper than [MaxDepth], or
// has a number that no double holds. The text was checked to be JSON.
func CheckValue(text string, level int) error {
	wrong := func(err error) error {
		return &dberr.Error{Op: "chatdoc", Code: dberr.Invalid, Msg: err.Error(), Err: err}
	}
	switch depth, infinite := jsontext.Extent(text); {
	case depth+level > MaxDepth:
		return wrong(ErrTooDeep)
	case infinite:
		return wrong(ErrInfinite)
	}
	return nil
}

// Check returns a dberr.Invalid error for a document that Open WebUI cannot read
// back: its history, the messages in it and each of them have to be objects, and
// its own list of messages a list, as far as they are there. What it has to be
// besides says [CheckValue].
func (d *Document) Check() error {
	if err := CheckValue(d.text, 0); err != nil {
		return err
	}
	wrong := func(what string) error { return dberr.New(dberr.Invalid, "chatdoc", what) }
	history, list := d.top.Get("history"), d.top.Get("messages")
	switch messages := d.history().Get("messages"); {
	case history != "" && !jsontext.IsObject(history):
		return wrong("the history of the chat document is not an object")
	case messages != "" && !jsontext.IsObject(messages):
		return wrong("the messages in the history of the chat document are not an object")
	case list != "" && list != "null" && jsontext.Elements(list) == nil:
		return wrong("the messages of the chat document are not a list")
	}
	for _, msg := range d.messages().All() {
		if !jsontext.IsObject(msg) {
			return wrong("a message of the chat document is not an object")
		}
	}
	return nil
}

// JSON is the document's text.
func (d *Document) JSON() string { return d.text }

// Title is the document's own title; false when it has none that is a string.
func (d *Document) Title() (string, bool) { return jsontext.StringOf(d.top.Get("title")) }

// CurrentID is the id of the message that the chat stands at: what
// history.currentId says, else the document's currentId, its
// branchPointMessageId, or the id of the last entry in its list of messages.
// Empty when none of them says anything.
func (d *Document) CurrentID() string {
	for _, text := range []string{
		d.history().Get("currentId"), d.top.Get("currentId"), d.top.Get("branchPointMessageId"),
	} {
		if s, ok := jsontext.StringOf(text); ok && s != "" {
			return s
		}
	}
	if list := jsontext.Elements(d.top.Get("messages")); len(list) > 0 {
		if s, ok := jsontext.StringOf(jsontext.Cut(list[len(list)-1]).Get("id")); ok {
			return s
		}
	}
	return ""
}

// MessageIDs are the keys of history.messages, in the document's order.
func (d *Document) MessageIDs() []string {
	m := d.messages()
	if m == nil {
		return nil
	}
	ids := make([]string, 0, len(m.Members))
	for _, e := range m.Members {
		ids = append(ids, e.Key)
	}
	return ids
}

// Message returns the JSON text of one message of the history; empty when there
// is no such message.
func (d *Document) Message(id string) string { return d.messages().Get(id) }

// Contents are the ids of messages and the JSON texts of what they say: of those in
// the history, then of those in the document's own list, which may have no id.
func (d *Document) Contents() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		var has [2]string
		for id, msg := range d.messages().All() {
			if jsontext.Pick(msg, []string{"content"}, has[:1]) && has[0] != "" && !yield(id, has[0]) {
				return
			}
		}
		for _, msg := range jsontext.Elements(d.top.Get("messages")) {
			if jsontext.Pick(msg, []string{"content", "id"}, has[:]) && has[0] != "" {
				if id, _ := jsontext.StringOf(has[1]); !yield(id, has[0]) {
					return
				}
			}
		}
	}
}

// Member returns the JSON text of a top-level member; empty when there is none.
func (d *Document) Member(key string) string { return d.top.Get(key) }

// WithTitle returns the document with another title.
func (d *Document) WithTitle(title string) *Document {
	top := d.top.Clone()
	top.Set("title", jsontext.Quote(title))
	return whole(top)
}

func (d *Document) history() *jsontext.Object  { return d.top.Object("history") }
func (d *Document) messages() *jsontext.Object { return d.history().Object("messages") }

// CleanString removes U+0000 and what is no UTF-8 from s, for text columns
// that stand beside a document.
func CleanString(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	var out string
	if json.Unmarshal([]byte(jsontext.Replace(string(b), "", "")), &out) != nil {
		return ""
	}
	return out
}
