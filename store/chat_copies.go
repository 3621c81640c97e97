package store

import (
	"context"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Clone makes a chat of w with the document of another chat that w may read.
// Without a title it is "Clone of" the other's. Errors: dberr.ErrNotFound.
func (c *Chats) Clone(ctx context.Context, w Who, id string, title *string) (*model.Chat, error) {
	x, doc, err := c.original(ctx, w, id)
	if err != nil {
		return nil, err
	}
	if title == nil {
		title = ptr("Clone of " + orZero(x.Title))
	}
	return c.copyOf(ctx, w, x, doc, *title, doc.CurrentID(), x.Meta)
}

// CloneShared makes a chat of w with the document behind a link that w may use.
// Errors: ErrNoAccess, dberr.ErrNotFound.
func (c *Chats) CloneShared(ctx context.Context, w Who, link string) (*model.Chat, error) {
	if _, err := chats.permitted(ctx, &c.base, w); err != nil {
		return nil, err
	}
	x, err := (&Shares{c.base}).Get(ctx, w, link)
	if err != nil {
		return nil, err
	}
	doc, err := chatdoc.ParseStored(x.Chat.String())
	if err != nil {
		return nil, err
	}
	if x.UserID != w.ID {
		doc = doc.ShownTo(w.ID, x.UserID).Adopted(x.UserID, w.author())
	}
	from := &model.Chat{ID: x.ID} // whose chat is behind the link is not told
	return c.copyOf(ctx, w, from, doc.With("share_mode", "null"), "Clone of "+orZero(x.Title), doc.CurrentID(),
		jsonvalue.JSON{})
}

// Fork makes a chat of w that begins like another chat of theirs, up to one of
// its messages; nil is where the other stands. dberr.ErrNotFound when there is
// no such message.
func (c *Chats) Fork(ctx context.Context, w Who, id string, message *string) (*model.Chat, error) {
	x, doc, err := c.original(ctx, w, id)
	if err != nil {
		return nil, err
	}
	at := orZero(message)
	if message == nil {
		at = doc.CurrentID()
	}
	branch := doc.Branch(at)
	if branch == nil {
		return nil, missing("chats.Fork", "message")
	}
	meta := objectOr(x.Meta).With("forked_from", quoted(x.ID)).With("forked_from_message_id", quoted(at))
	return c.copyOf(ctx, w, x, branch, orZero(x.Title)+" (fork)", at, meta)
}

// original is a chat of w, with its document.
func (c *Chats) original(ctx context.Context, w Who, id string) (*model.Chat, *chatdoc.Document, error) {
	x, err := c.get(ctx, w, MayWrite, id)
	if err != nil {
		return nil, nil, err
	}
	doc, err := chatdoc.ParseStored(x.Chat.String())
	return x, doc, err
}

// copyOf stores a new chat of w with a document that says where it comes from.
func (c *Chats) copyOf(ctx context.Context, w Who, x *model.Chat, doc *chatdoc.Document, title, at string,
	meta jsonvalue.JSON) (*model.Chat, error) {
	doc = doc.WithTitle(title).With("originalChatId", quoted(x.ID).String())
	if at != "" {
		doc = doc.With("branchPointMessageId", quoted(at).String())
	}
	made, err := c.store(ctx, w,
		[]ChatImport{{ChatInput: ChatInput{Document: doc, Variables: x.Variables, FolderID: x.FolderID}, Meta: meta,
			Pinned: orZero(x.Pinned)}})
	if err != nil {
		return nil, err
	}
	return &made[0], nil
}

// ChatImport is a chat with what stands beside its document.
type ChatImport struct {
	ChatInput
	Meta      jsonvalue.JSON // SQL NULL for none
	Pinned    bool
	Archived  bool
	CreatedAt *int64 // seconds; nil is now
	UpdatedAt *int64
}

// Import stores chats of w with the times and marks that they bring, and the tags
// that their meta names, in one transaction. A folder that w does not have is left
// out. Errors: ErrNotPermitted; dberr.Invalid for a document that is none.
func (c *Chats) Import(ctx context.Context, w Who, in []ChatImport) ([]model.Chat, error) {
	if _, err := c.permitted(ctx, w, "chat", "import"); err != nil {
		return nil, err
	}
	return c.store(ctx, w, in)
}

func (c *Chats) store(ctx context.Context, w Who, in []ChatImport) ([]model.Chat, error) {
	now := c.now()
	out := make([]model.Chat, len(in))
	docs := make([]*chatdoc.Document, len(in))
	var names []string
	for i, x := range in {
		if err := x.Document.Check(); err != nil {
			return nil, err
		}
		docs[i] = chatdoc.New(x.Document, w.author())
		out[i] = newChat(c.newID(), w.ID, now)
		out[i].Pinned, out[i].Archived, out[i].Meta = &x.Pinned, &x.Archived, objectOr(x.Meta)
		if !x.Variables.IsNull() {
			out[i].Variables = x.Variables
		}
		for to, at := range map[**int64]*int64{&out[i].CreatedAt: x.CreatedAt, &out[i].UpdatedAt: x.UpdatedAt} {
			if at != nil {
				*to = at
			}
		}
		if err := put(&out[i], docs[i]); err != nil {
			return nil, invalid("chats.Import", err)
		}
		if out[i].Title == nil {
			out[i].Title = ptr(chatdoc.DefaultTitle)
		}
		names = append(names, tagsOf(out[i].Meta)...)
	}
	err := c.inTx(ctx, engine.TxOptions{Name: "chats.Import", Applied: chatApplied(out)},
		func(ctx context.Context, b base) error {
			for i := range out {
				if out[i].FolderID = nil; in[i].FolderID != nil {
					switch err := b.folderOf(ctx, w, *in[i].FolderID); {
					case err == nil:
						out[i].FolderID = in[i].FolderID
					case dberr.CodeOf(err) != dberr.NotFound:
						return err
					}
				}
				if err := chats.insert(ctx, &b, &out[i]); err != nil {
					return err
				}
				if err := (&Messages{b}).add(ctx, docs[i].Rows(out[i].ID, w.ID, now)); err != nil {
					return err
				}
			}
			return (&Tags{b}).ensure(ctx, w.ID, names)
		})
	return out, err
}

// chatApplied tells whether the first of new chats is there: then all are.
func chatApplied(in []model.Chat) func(ctx context.Context, q engine.Queryer) (bool, error) {
	return func(ctx context.Context, q engine.Queryer) (bool, error) {
		if len(in) == 0 {
			return true, nil
		}
		return query.Found(ctx, q,
			query.Select(tables.Chat.ID).Named("chats.Applied").From(tables.Chat.Table).Where(tables.Chat.ID.Eq(in[0].ID)))
	}
}

func quoted(s string) jsonvalue.JSON {
	j, _ := jsonvalue.Of(s) // a string always has an encoding
	return j
}

// objectOr is the object in j, or the empty one.
func objectOr(j jsonvalue.JSON) jsonvalue.JSON {
	if j.IsObject() {
		return j
	}
	return jsonvalue.Text("{}")
}
