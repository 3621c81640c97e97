package own

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// SearchChatTable is the type of [SearchChat].
type SearchChatTable struct {
	Table     *schema.Table
	ChatID    query.Column[string]
	UserID    query.Column[string]
	UpdatedAt query.Column[int64]
	Segment   query.Column[int64]
	Size      query.Column[int64]
	Text      query.Column[[]byte]
}

// SearchChat is the table larder_search_chat: what can be found of a chat.
var SearchChat = searchChat(schema.Define("larder_search_chat"))

func searchChat(t *schema.Table) SearchChatTable {
	t.Describe("what can be found of a chat, as it was at a time; a chat that has changed since is looked at itself.")
	s := SearchChatTable{
		Table:     t,
		ChatID:    query.Col[string](t.Text("chat_id").Key(idKey).PrimaryKey().Doc("the chat")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("its owner")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("the chat's updated_at then")),
		Segment:   query.Col[int64](t.BigInt("segment").Doc("the part of the index it is in; 0 for none yet, below 0 for none ever")),
		Size:      query.Col[int64](t.BigInt("size").Doc("how long text is")),
		Text:      query.Col[[]byte](t.Bytes("text").Null().Doc("its texts, each behind its length; NULL when they are too long to be kept")),
	}
	t.Note("column text has a way of storage of its own") // on PostgreSQL; revision 7d3e81f0b5a6 makes it
	t.Index("larder_search_chat_user_idx", "user_id", "segment", "updated_at", "chat_id")
	return s
}

// SearchSegmentTable is the type of [SearchSegment].
type SearchSegmentTable struct {
	Table   *schema.Table
	ID      query.Column[int64]
	UserID  query.Column[string]
	Bits    query.Column[int64]
	Records query.Column[int64]
	Chats   query.Column[[]byte]
}

// SearchSegment is the table larder_search_segment: the parts of the index.
var SearchSegment = searchSegment(schema.Define("larder_search_segment"))

func searchSegment(t *schema.Table) SearchSegmentTable {
	t.Describe("the parts of the index over a user's chats.")
	s := SearchSegmentTable{
		Table: t,
		ID:    query.Col[int64](t.BigInt("id").PrimaryKey().Doc("drawn at random")),
		UserID: query.Col[string](t.Text("user_id").Key(idKey).Doc("the owner of the chats; /notes or /files, " +
			"which no user is called, of all notes or files; empty while it is being written")),
		Bits:    query.Col[int64](t.BigInt("bits").Doc("how many bits of a gram number its row")),
		Records: query.Col[int64](t.BigInt("records").Doc("how many records it was made of")),
		Chats:   query.Col[[]byte](t.Bytes("chats").Doc("updated_at and id of each")),
	}
	t.Index("larder_search_segment_user_idx", "user_id")
	return s
}

// SearchRowTable is the type of [SearchRow].
type SearchRowTable struct {
	Table   *schema.Table
	Segment query.Column[int64]
	Number  query.Column[int64]
	Data    query.Column[[]byte]
}

// SearchRow is the table larder_search_row: which chats of a part have which grams.
var SearchRow = searchRow(schema.Define("larder_search_row"))

func searchRow(t *schema.Table) SearchRowTable {
	t.Describe("which chats of a part of the index have which groups of characters.")
	s := SearchRowTable{
		Table:   t,
		Segment: query.Col[int64](t.BigInt("segment").Doc("the part")),
		Number:  query.Col[int64](t.BigInt("number").Doc("the first bits of the grams that are in the row")),
		Data:    query.Col[[]byte](t.Bytes("data").Doc("grams, each with its chats")),
	}
	t.Primary("", "segment", "number")
	return s
}

// SearchUserTable is the type of [SearchUser].
type SearchUserTable struct {
	Table     *schema.Table
	UserID    query.Column[string]
	Chats     query.Column[int64]
	UpdatedAt query.Column[int64]
}

// SearchUser is the table larder_search_user: what is kept of a user's chats, counted.
var SearchUser = searchUser(schema.Define("larder_search_user"))

func searchUser(t *schema.Table) SearchUserTable {
	t.Describe("the rows of larder_search_chat of a user, counted; who changes them takes the row of the user away.")
	return SearchUserTable{
		Table:     t,
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).PrimaryKey().Doc("the owner of the chats")),
		Chats:     query.Col[int64](t.BigInt("chats").Doc("how many there are")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Doc("their updated_at, added up")),
	}
}

// SearchChatRow is a row of [SearchChat].
type SearchChatRow struct {
	ChatID    string `db:"chat_id"`
	UserID    string `db:"user_id"`
	UpdatedAt int64  `db:"updated_at"`
	Segment   int64  `db:"segment"`
	Size      int64  `db:"size"`
	Text      []byte `db:"text"`
}

// SearchSegmentRow is a row of [SearchSegment].
type SearchSegmentRow struct {
	ID      int64  `db:"id"`
	UserID  string `db:"user_id"`
	Bits    int64  `db:"bits"`
	Records int64  `db:"records"`
	Chats   []byte `db:"chats"`
}

// SearchRowRow is a row of [SearchRow].
type SearchRowRow struct {
	Segment int64  `db:"segment"`
	Number  int64  `db:"number"`
	Data    []byte `db:"data"`
}

// SearchUserRow is a row of [SearchUser].
type SearchUserRow struct {
	UserID    string `db:"user_id"`
	Chats     int64  `db:"chats"`
	UpdatedAt int64  `db:"updated_at"`
}

// Search are the tables of the search.
func Search() []*schema.Table {
	return []*schema.Table{SearchChat.Table, SearchSegment.Table, SearchRow.Table, SearchUser.Table}
}
