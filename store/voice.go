package store

import (
	"context"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
)

// mostVoiceBytes is how long what is noted of a message's speech may be.
const mostVoiceBytes = 100_000

// The refusals of [Chats.SetVoice] beside ErrNoMessage.
var (
	ErrNothingSet   = &Refusal{"nothing is to be set in the message"}
	ErrVoiceTooLong = &Refusal{"what is noted of the message's speech is longer than 100,000 bytes"}
)

// SetVoice notes in meta.voice of a message how it is spoken, and sets its content
// unless that is nil; what else meta has stays. Voice is a JSON object, or nothing. It
// returns the chat. Errors: dberr.ErrNotFound for the chat, ErrNoMessage, ErrVoiceTooLong,
// ErrNothingSet when there is neither.
func (c *Chats) SetVoice(ctx context.Context, w Who, chat, message string, content *string,
	voice jsonvalue.JSON) (*model.Chat, error) {
	message = chatdoc.CleanString(message)
	o := engine.TxOptions{Name: "chats.SetVoice", Idempotent: true}
	return c.edit(ctx, o, w, chat, func(_ *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
		stored := doc.Message(message)
		switch {
		case voice.IsNull() && content == nil:
			return nil, ErrNothingSet
		case len(voice.String()) > mostVoiceBytes:
			return nil, ErrVoiceTooLong
		case !voice.IsNull() && !jsonvalue.Text(stored).IsObject():
			return nil, ErrNoMessage
		}
		patch := jsonvalue.Text("{}")
		if content != nil {
			patch = patch.With("content", jsonvalue.Text(jsontext.Quote(*content)))
		}
		if !voice.IsNull() {
			patch = patch.With("meta", objectOr(jsonvalue.Text(stored).Member("meta")).With("voice", voice))
		}
		p, err := patchFor(message, patch)
		if err != nil {
			return nil, err
		}
		return doc.Upsert(message, doc.Begun(message, p.Members, c.now())), nil
	})
}
