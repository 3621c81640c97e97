package server

import (
	"context"
	"io"
	"iter"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func (s *Server) chatListRoutes() []route {
	return resource(chatRefusals,
		endpoint("GET", chatPath+"search", "One's chats by their words, and by tag:, folder:, pinned:, archived:, shared:", member, s.searchChats).readingDocuments().word(),
		endpoint("GET", chatPath+"pinned", "Chats that one has pinned", member, s.pinnedChats).word(),
		endpoint("GET", chatPath+"archived", "Chats that one has archived", member, s.archivedChats).word(),
		endpoint("GET", chatPath+"archived/count", "How many chats one has archived", member, s.countArchived),
		endpoint("GET", chatPath+"all", "All of one's chats with their documents, one a line", member, s.allChats).word(),
		endpoint("GET", chatPath+"all/archived", "One's archived chats with their documents", member, s.allArchived),
		endpoint("GET", chatPath+"all/db", "Everybody's chats with their documents", admin, s.everybodysChats),
		endpoint("GET", chatPath+"list/user/{user_id}", "A user's chats", admin, s.chatsOfUser),
		endpoint("GET", chatPath+"folder/{id}", "The chats in a folder and those inside it, with their documents", member, s.folderChats),
		endpoint("GET", chatPath+"folder/{id}/list", "The chats in a folder", member, s.folderChatList),
	)
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

func chatItems(items []store.ChatItem, err error) ([]chatItem, error) {
	return answerList(items, err, func(it store.ChatItem) chatItem {
		return chatItem{ID: it.ID, Title: it.Title, UpdatedAt: it.UpdatedAt, CreatedAt: it.CreatedAt, LastReadAt: it.LastReadAt,
			Snippet: it.Snippet, Archived: it.Archived}
	})
}

type chatListForm struct {
	paged
	IncludePinned  bool   `query:"include_pinned" default:"false" about:"also those that are pinned"`
	IncludeFolders bool   `query:"include_folders" default:"false" about:"also those in folders"`
	SortBy         string `query:"sort_by" default:"updated_at" words:"updated_at,created_at,title"`
	SortDir        string `query:"sort_dir" default:"desc" words:"desc,asc"`
}

func (s *Server) listChats(ctx context.Context, r *request, f chatListForm) ([]chatItem, error) {
	filter := store.ChatFilter{IncludePinned: f.IncludePinned, IncludeFolders: f.IncludeFolders,
		Sort: store.ChatSort(f.SortBy), Ascending: f.SortDir == "asc"}
	return chatItems(s.store.Chats.List(ctx, r.who(), filter, f.page()))
}

func yes() *bool { t := true; return &t }

func (s *Server) pinnedChats(ctx context.Context, r *request, _ none) ([]chatItem, error) {
	return chatItems(s.store.Chats.List(ctx, r.who(), store.ChatFilter{Pinned: yes(), IncludeFolders: true}, store.Page{}))
}

// orderForm is the form of lists that people sort and narrow.
type orderForm struct {
	Page      *int   `query:"page" about:"from 1; 60 per page"`
	Query     string `query:"query" default:"" about:"part of the title"`
	OrderBy   string `query:"order_by" default:"updated_at" words:"updated_at,created_at,title"`
	Direction string `query:"direction" default:"desc" words:"desc,asc"`
}

func (f orderForm) page() store.Page {
	if f.Page == nil {
		return store.PageNumber(1)
	}
	return store.PageNumber(*f.Page)
}

func (f orderForm) narrow(filter store.ChatFilter) store.ChatFilter {
	filter.Title, filter.Sort, filter.Ascending = f.Query, store.ChatSort(f.OrderBy), f.Direction == "asc"
	return filter
}

var archived = store.ChatFilter{Archived: yes(), IncludePinned: true, IncludeFolders: true}

func (s *Server) archivedChats(ctx context.Context, r *request, f orderForm) ([]chatItem, error) {
	items, err := chatItems(s.store.Chats.List(ctx, r.who(), f.narrow(archived), f.page()))
	for i := range items { // as in Open WebUI, whose page knows what it has asked for
		items[i].Archived, items[i].LastReadAt = false, nil
	}
	return items, err
}

func (s *Server) countArchived(ctx context.Context, r *request, _ none) (int64, error) {
	return s.store.Chats.Count(ctx, r.who(), archived)
}

type userChatsForm struct {
	orderForm
	User string `path:"user_id"`
}

func (s *Server) chatsOfUser(ctx context.Context, r *request, f userChatsForm) ([]chatItem, error) {
	all := store.ChatFilter{UserID: f.User, IncludeArchived: true, IncludePinned: true, IncludeFolders: true}
	items, err := chatItems(s.store.Chats.List(ctx, r.who(), f.narrow(all), f.page()))
	for i := range items {
		items[i].Archived = false
	}
	return items, err
}

// chatStream is chats with their documents, sent one by one: as lines, or as
// the elements of an array.
type chatStream struct {
	chats iter.Seq2[model.Chat, error]
	show  func(ctx context.Context, c *model.Chat) (*chatAnswer, error)
	lines bool
}

func (st chatStream) mediaTypes() []string {
	return []string{"application/x-ndjson", "application/json"}
}

func (st chatStream) send(r *request) error {
	open, between, end := "[", ",", "]"
	r.w.Header().Set("Content-Type", "application/json")
	if st.lines {
		r.w.Header().Set("Content-Type", "application/x-ndjson")
		open, between, end = "", "", ""
	}
	first := true
	for c, err := range st.chats {
		if err != nil {
			return err // also in the middle: the answer is cut off
		}
		one, err := st.show(r.http.Context(), &c)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(r.w, open); err != nil {
			return nil // the client is gone
		}
		open = between
		if err := sendParts(r.w, one); err != nil {
			return err
		}
		if st.lines {
			_, _ = io.WriteString(r.w, "\n")
		}
		first = false
	}
	if first {
		_, _ = io.WriteString(r.w, strings.TrimSuffix(open, between))
	}
	_, _ = io.WriteString(r.w, end)
	return nil
}

var everything = store.ChatFilter{IncludeArchived: true, IncludePinned: true, IncludeFolders: true}

func (s *Server) allChats(ctx context.Context, r *request, _ none) (chatStream, error) {
	return chatStream{s.store.Chats.Each(ctx, r.who(), everything, store.Page{}), s.whole, true}, nil
}

func (s *Server) everybodysChats(ctx context.Context, r *request, _ none) (chatStream, error) {
	f := everything
	f.Everybody = true
	return chatStream{s.store.Chats.Each(ctx, r.who(), f, store.Page{}), s.whole, false}, nil
}

func (s *Server) collectChats(ctx context.Context, r *request, f store.ChatFilter) ([]chatAnswer, error) {
	out := []chatAnswer{}
	for c, err := range s.store.Chats.Each(ctx, r.who(), f, store.Page{}) {
		if err != nil {
			return nil, err
		}
		one, err := s.whole(ctx, &c)
		if err != nil {
			return nil, err
		}
		out = append(out, *one)
	}
	return out, nil
}

func (s *Server) allArchived(ctx context.Context, r *request, _ none) ([]chatAnswer, error) {
	return s.collectChats(ctx, r, archived)
}

func (s *Server) folderChats(ctx context.Context, r *request, f byID) ([]chatAnswer, error) {
	ids, err := s.store.Folders.Below(ctx, r.who(), f.ID)
	if err != nil {
		return []chatAnswer{}, none404(err)
	}
	return s.collectChats(ctx, r, store.ChatFilter{Folders: ids})
}

type folderListForm struct {
	byID
	Page    *int   `query:"page" about:"from 1; 10 per page"`
	SortBy  string `query:"sort_by" default:"unread_updated_at" words:"unread_updated_at,updated_at,created_at,title"`
	SortDir string `query:"sort_dir" default:"desc" words:"desc,asc"`
}

func (f folderListForm) page() store.Page {
	if f.Page == nil {
		return store.PageNumber(1)
	}
	p := store.PageNumber(*f.Page)
	return store.Page{Limit: 10, Offset: p.Offset / p.Limit * 10}
}

func (f folderListForm) filter() store.ChatFilter {
	return store.ChatFilter{Folders: []string{f.ID}, Sort: store.ChatSort(f.SortBy), Ascending: f.SortDir == "asc"}
}

func (s *Server) folderChatList(ctx context.Context, r *request, f folderListForm) ([]chatItem, error) {
	return chatItems(s.store.Chats.List(ctx, r.who(), f.filter(), f.page()))
}

// none404 is nil for what is not there: the list of it is empty.
func none404(err error) error {
	if dberr.CodeOf(err) == dberr.NotFound {
		return nil
	}
	return err
}

type tagFilterForm struct {
	Name  string `json:"name"`
	Skip  *int   `json:"skip"`
	Limit *int   `json:"limit"`
}

func (s *Server) chatsByTag(ctx context.Context, r *request, f tagFilterForm) ([]chatItem, error) {
	p := store.Page{Limit: 50, Offset: max(orZero(f.Skip), 0)}
	if f.Limit != nil {
		p.Limit = min(max(*f.Limit, 1), 1000)
	}
	filter := store.ChatFilter{Tags: []string{store.TagID(f.Name)}, IncludePinned: true, IncludeFolders: true}
	return chatItems(s.store.Chats.List(ctx, r.who(), filter, p))
}

type chatSearchForm struct {
	Text string `query:"text"`
	Page *int   `query:"page" about:"from 1; 60 per page"`
}

// searchChats takes words like tag:x out of the text, and searches for the rest.
func (s *Server) searchChats(ctx context.Context, r *request, f chatSearchForm) ([]chatItem, error) {
	filter := store.ChatFilter{IncludePinned: true, IncludeFolders: true}
	var words, folders []string
	for _, word := range strings.Fields(f.Text) {
		key, value, ok := strings.Cut(word, ":")
		is := value == "true"
		switch {
		case ok && key == "tag" && value == "none":
			filter.Untagged = true
		case ok && key == "tag":
			filter.Tags = append(filter.Tags, store.TagID(value))
		case ok && key == "folder":
			folders = append(folders, value)
		case ok && key == "pinned" && (is || value == "false"):
			filter.Pinned = &is
		case ok && key == "archived" && (is || value == "false"):
			filter.Archived = &is
		case ok && key == "shared" && (is || value == "false"):
			filter.Shared = &is
		default:
			words = append(words, word)
		}
	}
	if folders != nil {
		ids, err := s.store.Folders.Named(ctx, r.who(), folders...)
		if err != nil {
			return nil, err
		}
		filter.Folders = ids
	}
	return chatItems(s.store.Chats.Search(ctx, r.who(), strings.Join(words, " "), filter, orderForm{Page: f.Page}.page()))
}
