package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
)

type chatForm struct {
	Chat      map[string]any `json:"chat"`
	Variables map[string]any `json:"variables,omitempty"`
	FolderID  *string        `json:"folder_id"`
}

type chatItem struct {
	ID         string  `json:"id"`
	Title      string  `json:"title"`
	UpdatedAt  int64   `json:"updated_at"`
	CreatedAt  int64   `json:"created_at"`
	LastReadAt *int64  `json:"last_read_at"`
	Snippet    *string `json:"snippet"`
	Active     bool    `json:"active"`
	Archived   bool    `json:"archived"`
}

type chatAnswer struct {
	ID               string          `json:"id"`
	UserID           string          `json:"user_id"`
	Title            string          `json:"title"`
	Chat             json.RawMessage `json:"chat"`
	UpdatedAt        int64           `json:"updated_at"`
	CreatedAt        int64           `json:"created_at"`
	ShareID          *string         `json:"share_id"`
	Archived         bool            `json:"archived"`
	Pinned           bool            `json:"pinned"`
	Meta             json.RawMessage `json:"meta"`
	Variables        json.RawMessage `json:"variables"`
	FolderID         *string         `json:"folder_id"`
	Tasks            json.RawMessage `json:"tasks"`
	Summary          *string         `json:"summary"`
	CurrentMessageID *string         `json:"current_message_id"`
	ContextUsage     json.RawMessage `json:"context_usage"`
}

// writeChat answers a chat. The document goes out as it is stored: it is put
// into the finished answer in place of an empty one, not decoded and encoded.
func writeChat(w http.ResponseWriter, c *model.Chat) error {
	doc, err := chatdoc.ParseStored(c.Chat.String())
	if err != nil {
		return &failure{status: http.StatusInternalServerError, detail: msgInvalidDocument, err: err}
	}
	head, err := json.Marshal(chatAnswer{
		ID: c.ID, UserID: orEmpty(c.UserID), Title: orEmpty(c.Title), Chat: json.RawMessage("{}"),
		UpdatedAt: orZero(c.UpdatedAt), CreatedAt: orZero(c.CreatedAt), ShareID: c.ShareID,
		Archived: isTrue(c.Archived), Pinned: isTrue(c.Pinned), Meta: objectOr(c.Meta), Variables: objectOr(c.Variables),
		FolderID: c.FolderID, Tasks: orNull(c.Tasks), Summary: c.Summary, CurrentMessageID: c.CurrentMessageID, ContextUsage: json.RawMessage("null"),
	})
	if err != nil {
		return err
	}
	before, after, ok := bytes.Cut(head, []byte(emptyChat))
	if !ok {
		return errors.New("the answer has no place for the document")
	}
	writeParts(w, http.StatusOK, string(before), `"chat":`, doc.JSON(), string(after))
	return nil
}

// emptyChat comes before anything that a client could have written, except id,
// user_id and title, whose quotes are escaped.
const emptyChat = `"chat":{}`

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func isTrue(b *bool) bool { return b != nil && *b }

func orNull(j jsonvalue.JSON) json.RawMessage {
	text, err := chatdoc.Readable(j.String())
	if err != nil {
		return json.RawMessage("null")
	}
	return json.RawMessage(text)
}

// objectOr is the object in j, or the empty one.
func objectOr(j jsonvalue.JSON) json.RawMessage {
	text := orNull(j)
	if len(text) == 0 || text[0] != '{' {
		return json.RawMessage("{}")
	}
	return text
}

func (s *Server) listChats(w http.ResponseWriter, r *http.Request, c *caller) error {
	q := queryOf(r)
	page := q.integer("page")
	f := store.ChatFilter{UserID: c.ID}
	f.IncludePinned, f.IncludeFolders = q.boolean("include_pinned"), q.boolean("include_folders")
	if err := q.err(); err != nil {
		return err
	}
	by, err := q.word("sort_by", "updated_at", "created_at", "title")
	if err != nil {
		return err
	}
	dir, err := q.word("sort_dir", "desc", "asc")
	if err != nil {
		return err
	}
	f.Sort, f.Ascending = store.ChatSort(by), dir == "asc"
	var p store.Page
	if page != nil {
		p = store.PageNumber(*page)
	}
	items, err := s.store.Chats.List(r.Context(), f, p)
	if err != nil {
		return err
	}
	out := make([]chatItem, len(items))
	for i, it := range items {
		out[i] = chatItem{ID: it.ID, Title: it.Title, UpdatedAt: it.UpdatedAt, CreatedAt: it.CreatedAt, LastReadAt: it.LastReadAt, Archived: it.Archived}
	}
	return writeJSON(w, out)
}

// sentChat reads the form of create and update.
func sentChat(r *http.Request) (*store.ChatInput, error) {
	f, err := readForm(r)
	if err != nil {
		return nil, err
	}
	chat, vars, folder := f.requiredObject("chat"), f.optionalObject("variables"), f.optionalText("folder_id")
	if err := f.err(); err != nil {
		return nil, err
	}
	doc, err := chatdoc.Parse(chat)
	if err != nil {
		return nil, err
	}
	in := &store.ChatInput{Document: doc, FolderID: folder}
	if vars != nil {
		clean, err := chatdoc.Clean(vars)
		if err != nil {
			return nil, err
		}
		in.Variables = jsonvalue.Text(string(clean))
	}
	return in, nil
}

func author(c *caller) chatdoc.Author { return chatdoc.Author{ID: c.ID, Name: c.Name} }

func (s *Server) createChat(w http.ResponseWriter, r *http.Request, c *caller) error {
	in, err := sentChat(r)
	if err != nil {
		return err
	}
	chat, err := s.store.Chats.Create(r.Context(), author(c), *in)
	if err != nil {
		return err
	}
	return writeChat(w, chat)
}

// chatNotFound is how Open WebUI says that there is no such chat, or not for you.
func chatNotFound(err error, status int) error {
	if errors.Is(err, dberr.ErrNotFound) {
		return &failure{status: status, detail: msgNotFound, err: err}
	}
	return err
}

// chatID is the id in the path; false for a text that no engine can hold, and
// that is no chat's id for that reason.
func chatID(r *http.Request) (string, bool) {
	id := r.PathValue("id")
	return id, utf8.ValidString(id) && !strings.ContainsRune(id, 0) && len(id) <= maxID
}

// maxID is more bytes than any id has.
const maxID = 1024

func (s *Server) getChat(w http.ResponseWriter, r *http.Request, c *caller) error {
	id, ok := chatID(r)
	if !ok {
		return fail(http.StatusUnauthorized, msgNotFound)
	}
	chat, err := s.store.Chats.Get(r.Context(), id)
	if err != nil {
		return chatNotFound(err, http.StatusUnauthorized)
	}
	if orEmpty(chat.UserID) != c.ID && !c.isAdmin() {
		return fail(http.StatusUnauthorized, msgNotFound)
	}
	return writeChat(w, chat)
}

func (s *Server) updateChat(w http.ResponseWriter, r *http.Request, c *caller) error {
	in, err := sentChat(r)
	if err != nil {
		return err
	}
	id, ok := chatID(r)
	if !ok {
		return fail(http.StatusUnauthorized, msgNotFound)
	}
	chat, err := s.store.Chats.Merge(r.Context(), id, author(c), *in)
	if err != nil {
		return chatNotFound(err, http.StatusUnauthorized)
	}
	return writeChat(w, chat)
}

// mayDelete asks for the permission that users, but not admins, need.
func (s *Server) mayDelete(r *http.Request, c *caller) error {
	if c.isAdmin() {
		return nil
	}
	ok, err := s.permitted(r.Context(), c, "chat", "delete")
	if err == nil && !ok {
		err = fail(http.StatusUnauthorized, msgAccessProhibited)
	}
	return err
}

func (s *Server) deleteChat(w http.ResponseWriter, r *http.Request, c *caller) error {
	if err := s.mayDelete(r, c); err != nil {
		return err
	}
	id, ok := chatID(r)
	if !ok {
		return fail(http.StatusNotFound, msgNotFound)
	}
	owner := c.ID
	if c.isAdmin() {
		owner = "" // of whomever
	}
	if err := s.store.Chats.Delete(r.Context(), id, owner); err != nil {
		return chatNotFound(err, http.StatusNotFound)
	}
	return writeJSON(w, true)
}

func (s *Server) deleteChats(w http.ResponseWriter, r *http.Request, c *caller) error {
	if err := s.mayDelete(r, c); err != nil {
		return err
	}
	if _, err := s.store.Chats.DeleteAll(r.Context(), c.ID); err != nil {
		return err
	}
	return writeJSON(w, true)
}
