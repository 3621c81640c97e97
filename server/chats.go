package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
)

const chatPath = "/api/v1/chats/"

var chatRefusals = refusals{
	{dberr.ErrNotFound, http.StatusUnauthorized, msgNotFound},
	{chatdoc.ErrTooDeep, http.StatusBadRequest, "The chat is nested deeper than 400 levels. Send what is inside as text."},
	{chatdoc.ErrInfinite, http.StatusBadRequest, "A number in the chat is larger than any reader takes. Send it as text."},
	{dberr.ErrInvalid, http.StatusBadRequest, msgSomethingWrong},
	{store.ErrTagName, http.StatusBadRequest, "[ERROR: Tag name cannot be 'None']"},
}

func (s *Server) chatRoutes() []route {
	gone := refusal{dberr.ErrNotFound, http.StatusNotFound, msgNotFound}
	wrong := refusal{dberr.ErrNotFound, http.StatusUnauthorized, msgSomethingWrong}
	noMessage := refusal{store.ErrNoMessage, http.StatusNotFound, msgNotFound}
	nothingSet := refusal{store.ErrNothingSet, http.StatusBadRequest, "No message changes supplied"}
	tooLong := refusal{store.ErrVoiceTooLong, http.StatusBadRequest, "Voice metadata is too large"}
	return resource(chatRefusals,
		endpoint("GET", chatPath+"{$}", "One's chats, the last changed first", member, s.listChats),
		endpoint("GET", chatPath+"list", "The same as /api/v1/chats/", member, s.listChats).word(),
		endpoint("DELETE", chatPath+"{$}", "Delete all of one's chats", member, s.deleteChats),
		endpoint("POST", chatPath+"new", "Create a chat", member, s.createChat).refusing(gone),
		endpoint("POST", chatPath+"import", "Import chats", member, s.importChats).word(),
		endpoint("GET", chatPath+"{id}", "A chat with its whole document", member, s.getChat),
		endpoint("POST", chatPath+"{id}", "Update a chat: members are merged, messages united", member, s.updateChat),
		endpoint("DELETE", chatPath+"{id}", "Delete a chat", member, s.deleteChat).refusing(gone),
		endpoint("PATCH", chatPath+"{id}/params", "Set parameters that the chat asks models with", member, s.updateChatParams),
		endpoint("POST", chatPath+"{id}/messages/{message_id}", "Set members of one message, or add it", member, s.upsertMessage).orNothing().refusing(noMessage, nothingSet, tooLong),
		endpoint("DELETE", chatPath+"{id}/messages/{message_id}", "Delete one message and its answers", member, s.deleteMessage),
		endpoint("POST", chatPath+"{id}/messages/{message_id}/event", "Note what happens to a message", member, s.addMessageEvent),
		endpoint("POST", chatPath+"{id}/clone", "Copy a chat", member, s.cloneChat).refusing(wrong),
		endpoint("POST", chatPath+"{id}/fork", "Begin a chat with another one's messages up to one", member, s.forkChat).refusing(gone),
		endpoint("GET", chatPath+"{id}/pinned", "Whether a chat is pinned", member, s.chatPinned).refusing(wrong),
		endpoint("POST", chatPath+"{id}/pin", "Pin a chat, or unpin it", member, s.pinChat).refusing(wrong),
		endpoint("POST", chatPath+"{id}/archive", "Archive a chat, or bring it back", member, s.archiveChat).refusing(wrong),
		endpoint("POST", chatPath+"archive/all", "Archive all of one's chats", member, s.archiveChats),
		endpoint("POST", chatPath+"unarchive/all", "Bring all of one's chats back", member, s.unarchiveChats),
		endpoint("POST", chatPath+"{id}/folder", "Put a chat into a folder, or take it out", member, s.moveChat).refusing(gone),
		endpoint("POST", chatPath+"read", "Mark all of one's chats as read", member, s.readChats).word(),
		endpoint("POST", chatPath+"{id}/unread", "Mark a chat as unread", member, s.unreadChat).refusing(gone),
		endpoint("GET", chatPath+"{id}/tags", "The tags of a chat", member, s.chatTags),
		endpoint("POST", chatPath+"{id}/tags", "Give a chat a tag", member, s.tagChat).refusing(wrong),
		endpoint("DELETE", chatPath+"{id}/tags", "Take a tag from a chat", member, s.untagChat),
		endpoint("GET", chatPath+"all/tags", "All of one's tags", member, s.listTags),
		endpoint("POST", chatPath+"tags", "One's chats with a tag", member, s.chatsByTag).word(),
	)
}

type chatForm struct {
	Chat      document        `json:"chat"`
	Variables *jsonvalue.JSON `json:"variables"`
	FolderID  *string         `json:"folder_id"`
}

func (f chatForm) input() (store.ChatInput, error) {
	in := store.ChatInput{Document: f.Chat.Document, Variables: orZero(f.Variables), FolderID: f.FolderID}
	if in.Document.Member("title") == "null" {
		return in, fail(http.StatusBadRequest, msgSomethingWrong)
	}
	return in, nil
}

type chatAnswer struct {
	ID               string   `json:"id"`
	UserID           string   `json:"user_id"`
	Title            string   `json:"title"`
	Chat             spliced  `json:"chat"`
	UpdatedAt        int64    `json:"updated_at"`
	CreatedAt        int64    `json:"created_at"`
	ShareID          *string  `json:"share_id"`
	Archived         bool     `json:"archived"`
	Pinned           bool     `json:"pinned"`
	Meta             verbatim `json:"meta"`
	Variables        verbatim `json:"variables"`
	FolderID         *string  `json:"folder_id"`
	Tasks            verbatim `json:"tasks"`
	Summary          *string  `json:"summary"`
	CurrentMessageID *string  `json:"current_message_id"`
	ContextUsage     *string  `json:"context_usage"`
}

// answerChat shows a chat. The document goes out as it is stored.
func answerChat(c *model.Chat, err error) (*chatAnswer, error) {
	if err != nil {
		return nil, err
	}
	doc, err := storedDocument(c.Chat)
	if err != nil {
		return nil, err
	}
	return &chatAnswer{
		ID: c.ID, UserID: orZero(c.UserID), Title: orZero(c.Title), Chat: spliced{head: doc},
		UpdatedAt: orZero(c.UpdatedAt), CreatedAt: orZero(c.CreatedAt), ShareID: c.ShareID,
		Archived: orZero(c.Archived), Pinned: orZero(c.Pinned), Meta: readableObject(c.Meta), Variables: readableObject(c.Variables),
		FolderID: c.FolderID, Tasks: readable(c.Tasks), Summary: c.Summary, CurrentMessageID: c.CurrentMessageID,
	}, nil
}

func (s *Server) createChat(ctx context.Context, r *request, f chatForm) (*chatAnswer, error) {
	in, err := f.input()
	if err != nil {
		return nil, err
	}
	return answerChat(s.store.Chats.Create(ctx, r.who(), in))
}

func (s *Server) getChat(ctx context.Context, r *request, f byID) (*chatAnswer, error) {
	return s.openChat(ctx, r.who(), f.ID)
}

func (s *Server) openChat(ctx context.Context, w store.Who, id string) (*chatAnswer, error) {
	c, err := s.store.Chats.Get(ctx, w, id)
	if err != nil {
		return nil, err
	}
	return s.shown(ctx, c, func(c *model.Chat) (*chatAnswer, error) { return openedChat(c, w.ID) })
}

// shown is the answer that show gives for a chat. Of one whose document cannot be read
// it is made of the rows of its messages; what is stored stays as it is.
func (s *Server) shown(ctx context.Context, c *model.Chat,
	show func(*model.Chat) (*chatAnswer, error)) (*chatAnswer, error) {
	out, err := show(c)
	if !errors.Is(err, errUnreadable) {
		return out, err
	}
	rows, err := s.store.Messages.List(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	made := *c
	made.Chat = jsonvalue.Text(chatdoc.FromRows(orZero(c.Title), orZero(c.CurrentMessageID), rows).JSON())
	return show(&made)
}

// whole is a chat with all that it has, for its owner or an admin.
func (s *Server) whole(ctx context.Context, c *model.Chat) (*chatAnswer, error) {
	return s.shown(ctx, c, func(c *model.Chat) (*chatAnswer, error) { return answerChat(c, nil) })
}

// openedChat shows a chat to somebody who opens it: where it stands, whether
// they may go on with it, and not what is its owner's alone. A document that
// says where it stands goes to its owner as it is stored.
func openedChat(c *model.Chat, viewer string) (*chatAnswer, error) {
	out, err := answerChat(c, nil)
	if err != nil {
		return nil, err
	}
	const mode = "share_mode"
	own, text := viewer != "" && viewer == out.UserID, strings.TrimRight(string(out.Chat.head), " \t\r\n")
	if own && c.CurrentMessageID != nil && len(text) > len("{}") && !strings.Contains(text, `"`+mode+`"`) {
		out.Chat = spliced{verbatim(text[:len(text)-1]), `,"` + mode + `":"continue"}`}
		return out, nil
	}
	doc, err := chatdoc.ParseStored(text)
	if err != nil {
		return nil, err
	}
	if doc = doc.Settled(); own {
		doc = doc.With(mode, `"continue"`)
	} else {
		doc, out.Variables = doc.ShownTo(viewer, out.UserID).With(mode, "null"), "{}"
	}
	out.Chat = spliced{head: verbatim(doc.JSON())}
	return out, nil
}

type chatUpdateForm struct {
	byID
	chatForm
}

func (s *Server) updateChat(ctx context.Context, r *request, f chatUpdateForm) (*chatAnswer, error) {
	in, err := f.input()
	if err != nil {
		return nil, err
	}
	return answerChat(s.store.Chats.Merge(ctx, r.who(), f.ID, in))
}

func (s *Server) deleteChat(ctx context.Context, r *request, f byID) (bool, error) {
	return true, s.store.Chats.Delete(ctx, r.who(), f.ID)
}

func (s *Server) deleteChats(ctx context.Context, r *request, _ none) (bool, error) {
	_, err := s.store.Chats.DeleteAll(ctx, r.who())
	return true, err
}

type importForm struct {
	Chats []struct {
		chatForm
		Meta      *jsonvalue.JSON `json:"meta"`
		Pinned    *bool           `json:"pinned"`
		Archived  *bool           `json:"archived"`
		CreatedAt *int64          `json:"created_at"`
		UpdatedAt *int64          `json:"updated_at"`
	} `json:"chats"`
}

func (s *Server) importChats(ctx context.Context, r *request, f importForm) ([]chatAnswer, error) {
	in := make([]store.ChatImport, len(f.Chats))
	for i, x := range f.Chats {
		chat, err := x.input()
		if err != nil {
			return nil, err
		}
		in[i] = store.ChatImport{ChatInput: chat, Meta: orZero(x.Meta), Pinned: orZero(x.Pinned), Archived: orZero(x.Archived),
			CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt}
	}
	made, err := s.store.Chats.Import(ctx, r.who(), in)
	return answerChats(made, err)
}

func answerChats(chats []model.Chat, err error) ([]chatAnswer, error) {
	out := make([]chatAnswer, len(chats))
	for i := range chats {
		if err == nil {
			var one *chatAnswer
			if one, err = answerChat(&chats[i], nil); err == nil {
				out[i] = *one
			}
		}
	}
	return out, err
}

type paramsForm struct {
	byID
	Params jsonvalue.JSON `whole:"object"`
}

func (s *Server) updateChatParams(ctx context.Context, r *request, f paramsForm) (verbatim, error) {
	params, err := s.store.Chats.UpdateParams(ctx, r.who(), f.ID, f.Params)
	return readable(params), err
}

type messageID struct {
	byID
	Message string `path:"message_id"`
}

type messageForm struct {
	messageID
	Sent sentMessage `whole:"object"`
}

func (s *Server) upsertMessage(ctx context.Context, r *request, f messageForm) (*chatAnswer, error) {
	patch := f.Sent.JSON
	switch content, voice := f.Sent.Content.Value, f.Sent.Voice.Value; {
	case f.Sent.whole:
		patch = patch.With("id", jsonvalue.Text(jsontext.Quote(f.Message)))
	case voice != nil || content == nil:
		x, err := s.store.Chats.SetVoice(ctx, r.who(), f.ID, f.Message, content, orZero(voice))
		if err != nil || r.minimal() {
			return nil, err
		}
		return answerChat(x, nil)
	default:
		patch = jsonvalue.Text("{}").With("content", jsonvalue.Text(jsontext.Quote(*content)))
	}
	if r.minimal() {
		return nil, s.store.Chats.SetMessage(ctx, r.who(), f.ID, f.Message, patch)
	}
	return answerChat(s.store.Chats.UpsertMessage(ctx, r.who(), f.ID, f.Message, patch))
}

func (s *Server) deleteMessage(ctx context.Context, r *request, f messageID) (*chatAnswer, error) {
	return answerChat(s.store.Chats.DeleteMessage(ctx, r.who(), f.ID, f.Message))
}

type eventForm struct {
	messageID
	Type string         `json:"type"`
	Data jsonvalue.JSON `json:"data"`
}

func (s *Server) addMessageEvent(ctx context.Context, r *request, f eventForm) (bool, error) {
	return true, s.store.Chats.AddEvent(ctx, r.who(), f.ID, f.Message, f.Type, f.Data)
}

type cloneForm struct {
	_ optionalBody
	byID
	Title *string `json:"title"`
}

func (s *Server) cloneChat(ctx context.Context, r *request, f cloneForm) (*chatAnswer, error) {
	return answerChat(s.store.Chats.Clone(ctx, r.who(), f.ID, f.Title))
}

type forkForm struct {
	_ optionalBody
	byID
	Message *string `json:"message_id"`
}

func (s *Server) forkChat(ctx context.Context, r *request, f forkForm) (*chatAnswer, error) {
	return answerChat(s.store.Chats.Fork(ctx, r.who(), f.ID, f.Message))
}

func (s *Server) chatPinned(ctx context.Context, r *request, f byID) (bool, error) {
	return s.store.Chats.Pinned(ctx, r.who(), f.ID)
}

func (s *Server) pinChat(ctx context.Context, r *request, f byID) (*chatAnswer, error) {
	return answerChat(s.store.Chats.TogglePinned(ctx, r.who(), f.ID))
}

func (s *Server) archiveChat(ctx context.Context, r *request, f byID) (*chatAnswer, error) {
	return answerChat(s.store.Chats.ToggleArchived(ctx, r.who(), f.ID))
}

func (s *Server) archiveChats(ctx context.Context, r *request, _ none) (bool, error) {
	_, err := s.store.Chats.ArchiveAll(ctx, r.who(), true)
	return true, err
}

func (s *Server) unarchiveChats(ctx context.Context, r *request, _ none) (bool, error) {
	_, err := s.store.Chats.ArchiveAll(ctx, r.who(), false)
	return true, err
}

type moveForm struct {
	byID
	Folder *string `json:"folder_id"`
}

func (s *Server) moveChat(ctx context.Context, r *request, f moveForm) (*chatAnswer, error) {
	return answerChat(s.store.Chats.Move(ctx, r.who(), f.ID, f.Folder))
}

type readAnswer struct {
	Updated int64            `json:"updated_count"`
	Unread  map[string]int64 `json:"folder_unread_counts"`
}

func (s *Server) readChats(ctx context.Context, r *request, _ none) (readAnswer, error) {
	n, err := s.store.Chats.MarkAllRead(ctx, r.who())
	if err != nil {
		return readAnswer{}, err
	}
	unread, err := s.store.Folders.Unread(ctx, r.who())
	return readAnswer{n, unread}, err
}

type unreadAnswer struct {
	ID         string           `json:"chat_id"`
	LastReadAt int64            `json:"last_read_at"`
	Folder     *string          `json:"folder_id"`
	Unread     map[string]int64 `json:"folder_unread_counts"`
}

func (s *Server) unreadChat(ctx context.Context, r *request, f byID) (*unreadAnswer, error) {
	folder, err := s.store.Chats.MarkUnread(ctx, r.who(), f.ID)
	if err != nil {
		return nil, err
	}
	unread, err := s.store.Folders.Unread(ctx, r.who())
	return &unreadAnswer{ID: f.ID, Folder: folder, Unread: unread}, err
}

type tagForm struct {
	byID
	Name string `json:"name"`
}

func (s *Server) chatTags(ctx context.Context, r *request, f byID) ([]model.Tag, error) {
	return s.store.Tags.Of(ctx, r.who(), f.ID)
}

func (s *Server) tagChat(ctx context.Context, r *request, f tagForm) ([]model.Tag, error) {
	tags, err := s.store.Tags.Add(ctx, r.who(), f.ID, f.Name)
	return notNil(tags), err
}

func (s *Server) untagChat(ctx context.Context, r *request, f tagForm) ([]model.Tag, error) {
	tags, err := s.store.Tags.Remove(ctx, r.who(), f.ID, f.Name)
	return notNil(tags), err
}

func (s *Server) listTags(ctx context.Context, r *request, _ none) ([]model.Tag, error) {
	return s.store.Tags.List(ctx, r.ID)
}
