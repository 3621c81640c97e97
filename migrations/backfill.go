package migrations

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// messageColumns are the columns that the backfill writes, in the order of
// the values of a row.
var messageColumns = []string{
	"id", "chat_id", "user_id", "role", "parent_id", "content", "output", "model_id", "files", "sources", "embeds",
	"done", "status_history", "error", "usage", "created_at", "updated_at",
}

// documentColumns are those of them that hold a part of the message as it is,
// with the name that it has there.
var documentColumns = []struct {
	at   int
	name string
}{{5, "content"}, {6, "output"}, {8, "files"}, {9, "sources"}, {10, "embeds"}, {12, "statusHistory"}, {13, "error"}, {14, "usage"}}

// largeChat is from how many characters on a document is read piece by piece.
const (
	largeChat = 1 << 19
	pieceSize = 1 << 20
	// A server unpacks the whole document for each piece, in its own memory.
	serverPiece = 8 << 20
)

// backfill makes a row of every message in the documents of the chats, in
// batches. Snapshots that were shared (their user is "shared-...") are left
// out. What cannot be a row is written down and counted: nothing is lost by
// it, the document has it all.
func backfill(ctx context.Context, d *op.Data) error {
	b := newBackfiller(d)
	err := eachChat(ctx, d, "{user_id} IS NULL OR {user_id} NOT LIKE 'shared-%'", []string{"user_id"},
		func(ctx context.Context, c *op.Chunk, chat chatText) error {
			if chat.row.Text("id") == c.Rows[0].Text("id") {
				b.skipped, b.rows, b.size = nil, nil, 0 // a batch begins, or begins again
			}
			if err := b.clear(ctx, c, chat.id); err != nil {
				return err
			}
			return b.chat(ctx, c, chat)
		},
		func(ctx context.Context, c *op.Chunk) error {
			if err := b.flush(ctx, c); err != nil {
				return err
			}
			for _, k := range b.skipped {
				if err := keep(ctx, c, k); err != nil {
					return err
				}
			}
			return nil
		})
	if err != nil {
		return err
	}
	return reportSkipped(ctx, d)
}

// reportSkipped says how many messages have no row, and why.
func reportSkipped(ctx context.Context, d *op.Data) error {
	rows, err := op.Get(ctx, d, "SELECT {item}, {reason}, count(*) AS {n} FROM {larder_kept} WHERE {revision} = ? GROUP BY {item}, {reason} ORDER BY {item}, {reason}", messageRevision)
	if err != nil {
		return err
	}
	for _, r := range rows {
		d.Notice(fmt.Sprintf("%d %s: %s; the chats have them as before, and larder_kept lists them", r.Int("n"), r.Text("item"), r.Text("reason")))
	}
	return nil
}

// known lets a server that plans by statistics look at a table that may have
// been loaded a moment ago.
func known(ops *op.Ops, table string) {
	ops.Execute("").When(schema.NativeJSON, "ANALYZE {"+table+"}").NoReverse()
}

// chatText is a chat whose document is about to be read.
type chatText struct {
	id   string
	row  op.Row
	text func() *scanner // begins to read
}

// eachChat gives the chats with their documents to fn, one after the other, in
// batches. A document is read piece by piece when it is large; of small ones
// some are read at once. done is called at the end of a batch.
func eachChat(ctx context.Context, d *op.Data, where string, columns []string, fn func(ctx context.Context, c *op.Chunk, chat chatText) error, done func(ctx context.Context, c *op.Chunk) error) error {
	text := documentText(d)
	// Only what is cheap to find decides which chats are next: a server that
	// knows nothing of the table yet would read all documents for each batch.
	return d.Rows(ctx, op.Scan{Table: "chat", Key: []string{"id"}, Columns: columns, Where: where, Size: 64}, func(ctx context.Context, c *op.Chunk) error {
		sizes, err := documentSizes(ctx, c, text)
		if err != nil {
			return err
		}
		for rest := c.Rows; len(rest) > 0; {
			id := rest[0].Text("id")
			if sizes[id] >= largeChat {
				if err := fn(ctx, c, chatText{id, rest[0], func() *scanner { return &scanner{more: pieces(ctx, c, text, id)} }}); err != nil {
					return err
				}
				rest = rest[1:]
				continue
			}
			n, size := 0, int64(0)
			for n < len(rest) && size < largeChat && sizes[rest[n].Text("id")] < largeChat {
				size += sizes[rest[n].Text("id")]
				n++
			}
			docs, err := documents(ctx, c, rest[:n])
			if err != nil {
				return err
			}
			for _, r := range rest[:n] {
				if err := fn(ctx, c, chatText{r.Text("id"), r, func() *scanner { return &scanner{buf: docs[r.Text("id")]} }}); err != nil {
					return err
				}
			}
			rest = rest[n:]
		}
		if done == nil {
			return nil
		}
		return done(ctx, c)
	})
}

// documentSizes are about how long the documents of the chats are.
func documentSizes(ctx context.Context, c *op.Chunk, text string) (map[string]int64, error) {
	list, args := listOfIDs(c.Rows)
	rows, err := op.Get(ctx, c, "SELECT {id}, length("+text+") AS {n} FROM {chat} WHERE {id} IN ("+list+")", args...)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Text("id")] = r.Int("n")
	}
	return out, nil
}

// documents reads the documents of the chats.
func documents(ctx context.Context, c *op.Chunk, chats []op.Row) (map[string]string, error) {
	list, args := listOfIDs(chats)
	rows, err := op.Get(ctx, c, "SELECT {id}, {chat} FROM {chat} WHERE {id} IN ("+list+")", args...)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Text("id")] = r.Text("chat")
	}
	return out, nil
}

func listOfIDs(rows []op.Row) (list string, args []any) {
	for _, r := range rows {
		args = append(args, r.Text("id"))
	}
	return strings.TrimSuffix(strings.Repeat("?, ", len(rows)), ", "), args
}

// documentText is the document of a chat as text.
func documentText(d *op.Data) string {
	if d.Dialect().Has(schema.NativeJSON) {
		return "CAST({chat} AS text)"
	}
	return "{chat}"
}

// pieces reads a document.
func pieces(ctx context.Context, q engine.Queryer, text, id string) func() (string, error) {
	at, size := 1, pieceSize
	if q.Dialect().Has(driver.ServerProcess) {
		size = serverPiece
	}
	return func() (string, error) {
		rows, err := op.Get(ctx, q, fmt.Sprintf("SELECT substr(%s, %d, %d) AS {piece} FROM {chat} WHERE {id} = ?", text, at, size), id)
		if err != nil || len(rows) == 0 {
			return "", err
		}
		at += size
		return rows[0].Text("piece"), nil
	}
}

// backfiller makes rows of messages.
type backfiller struct {
	now     int64
	types   []schema.Type
	fields  map[string]int // of messages: place in found
	stale   bool           // there may be rows from a run that was cut off
	rows    [][]any        // not yet inserted
	size    int            // bytes of them
	skipped []kept
}

// How much is inserted at once.
const (
	mostRows  = 1000
	mostBytes = 1 << 20
)

func newBackfiller(d *op.Data) *backfiller {
	t := d.Table("chat_message")
	// The indexes are made last, but not by Open WebUI.
	b := &backfiller{now: now(), fields: map[string]int{}, stale: t.IndexNamed("ix_chat_message_chat_id") != nil}
	for _, n := range messageColumns {
		b.types = append(b.types, t.Column(n).Type)
	}
	for i, f := range messageFields {
		b.fields[f] = i
	}
	return b
}

// messageFields are the members of a message that rows have columns for.
var messageFields = []string{"role", "parentId", "model", "done", "timestamp", "content", "output", "files", "sources", "embeds", "statusHistory", "error", "usage"}

// clear removes rows that a chat has already: an upgrade by Open WebUI that was
// cut off may have left some, and they are made again.
func (b *backfiller) clear(ctx context.Context, c *op.Chunk, chat string) error {
	if !b.stale {
		return nil
	}
	_, err := op.Run(ctx, c, "DELETE FROM {chat_message} WHERE {chat_id} = ?", chat)
	return err
}

func (b *backfiller) skip(item, key, reason string) {
	b.skipped = append(b.skipped, kept{revision: messageRevision, item: item, key: key, reason: reason})
}

// Why something has no row.
const (
	noObject  = "what stands for the message is no object"
	noRole    = "the message has no role"
	oddRole   = "the role of the message is no text"
	twice     = "the message is there twice; the first one has a row"
	unfit     = "the message holds something that a row cannot"
	listOnly  = "the chat has a list of messages and no history"
	noJSON    = "the document is no JSON from some place on"
	badObject = "the message is no JSON"
	lacking   = "its row lacks characters that no engine can read as text"
)

// flush inserts the rows that have come together.
func (b *backfiller) flush(ctx context.Context, c *op.Chunk) error {
	if len(b.rows) == 0 {
		return nil
	}
	_, err := engine.BulkInsert(ctx, c.Queryer, "chat_message", messageColumns, func(yield func([]any, error) bool) {
		for _, row := range b.rows {
			if !yield(row, nil) {
				return
			}
		}
	})
	clear(b.rows)
	b.rows, b.size = b.rows[:0], 0
	return err
}

// chat goes through the messages of one chat.
func (b *backfiller) chat(ctx context.Context, c *op.Chunk, chat chatText) error {
	user := any(nil)
	if !chat.row.Null("user_id") {
		user = chat.row.Text("user_id")
	}
	seen, some := map[string]bool{}, false
	m := &messages{scanner: chat.text()}
	err := m.each(func(id, raw string) error {
		some = true
		key := chat.id + "-" + id
		if seen[id] {
			b.skip("chat_message", key, twice)
			return nil
		}
		seen[strings.Clone(id)] = true // a part of the document would keep all of it
		row, why := b.row(c, chat.id, key, user, raw)
		if why != "" {
			b.skip("chat_message", key, why)
			return nil
		}
		b.rows = append(b.rows, row)
		if b.size += len(raw); len(b.rows) >= mostRows || b.size >= mostBytes {
			return b.flush(ctx, c)
		}
		return nil
	})
	switch {
	case errors.Is(err, errNoJSON):
		b.skip("chat", chat.id, noJSON)
		return nil
	case err == nil && m.list && !some:
		b.skip("chat", chat.id, listOnly)
	}
	return err
}

// row makes the row of a message, or says why there is none.
func (b *backfiller) row(c *op.Chunk, chat, key string, user any, raw string) (row []any, why string) {
	sc := scanner{buf: raw}
	if sc.token() != '{' {
		return nil, noObject
	}
	var found [13]string
	err := sc.members(func(name string) error {
		v, err := sc.value()
		if i, ok := b.fields[name]; ok {
			found[i] = v
		}
		return err
	})
	if err != nil {
		return nil, badObject
	}
	role, isText := readString(found[0])
	switch {
	case falsy(found[0]):
		return nil, noRole
	case !isText:
		return nil, oddRole
	}
	at := timestamp(found[4], b.now)
	row = []any{
		key, chat, user, role, textOf(found[1]), nil, nil, textOf(found[2]), nil, nil, nil,
		doneOf(found[3]), nil, nil, nil, at, at,
	}
	for i, col := range documentColumns {
		v := found[5+i] //nolint:gosec // found has one place for each of messageFields, the last of which are these columns
		if v == "" {
			v = "null"
		}
		doc, ok := readable(v)
		switch {
		case !ok:
			return nil, badObject
		case doc != v:
			b.skip("part of chat_message", key, lacking)
		}
		row[col.at] = doc
	}
	d := c.Dialect()
	for i, v := range row {
		if v == nil {
			continue
		}
		if row[i], err = d.Encode(b.types[i], v); err != nil {
			return nil, unfit
		}
	}
	return row, ""
}

// falsy is what counts as nothing: no member, null, "", 0, false, an empty
// list or object.
func falsy(raw string) bool {
	switch strings.TrimSpace(raw) {
	case "", "null", `""`, "0", "-0", "0.0", "false", "[]", "{}":
		return true
	}
	return false
}

// textOf is a string, or what else is written there; nil for nothing.
func textOf(raw string) any {
	if raw == "" || raw == "null" {
		return nil
	}
	if s, ok := readString(raw); ok {
		return s
	}
	return raw
}

// doneOf is whether a message is finished, which it is when nobody says so.
func doneOf(raw string) any {
	switch raw {
	case "":
		return true
	case "null":
		return nil
	}
	return !falsy(raw)
}

const (
	year2020 = 1577836800
	aDay     = 86400
)

// timestamp is a time in seconds: from over 10,000,000,000 on it was written
// in milliseconds; before 2020, later than tomorrow, or no number at all, it
// is the time of the upgrade.
func timestamp(raw string, now int64) int64 {
	if s, ok := readString(raw); ok {
		raw = strings.TrimSpace(s)
	}
	switch raw {
	case "true":
		raw = "1"
	case "false":
		raw = "0"
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(raw, "_", ""), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1<<62 {
		return now
	}
	n := int64(f)
	if n > 10_000_000_000 {
		n /= 1000
	}
	if n < year2020 || n > now+aDay {
		return now
	}
	return n
}

// messages goes through the messages in the document of a chat, which stand
// in history.messages, each by its id.
type messages struct {
	*scanner
	list bool // there is a list of messages beside, or instead of, the history

	top  func(key string) (taken bool, err error) // other members of the document; may be nil
	hist func(key string) (taken bool, err error) // other members of the history; may be nil
	item func(raw string)                         // elements of the list; may be nil
}

// element takes an element of the list of messages.
func (m *messages) element() error {
	if m.item == nil {
		return m.drop()
	}
	raw, err := m.value()
	if err == nil {
		m.item(raw)
	}
	return err
}

func (m *messages) each(do func(id, raw string) error) error {
	switch m.peek() {
	case 0:
		return m.err
	case '{':
		m.pos++
	default:
		return m.drop()
	}
	was := false
	return m.members(func(key string) error {
		switch {
		case key == "history" && !was && m.peek() == '{':
			was = true
			m.pos++
			return m.history(do)
		case key == "messages" && m.peek() == '[':
			m.pos++
			if m.peek() != ']' {
				m.list = true
			}
			return m.elements(m.element)
		}
		if m.top != nil {
			if taken, err := m.top(key); taken || err != nil {
				return err
			}
		}
		return m.drop()
	})
}

func (m *messages) history(do func(id, raw string) error) error {
	was := false
	return m.members(func(key string) error {
		if key == "messages" && !was && m.peek() == '{' {
			was = true
			m.pos++
			return m.members(func(id string) error {
				raw, err := m.value()
				if err != nil {
					return err
				}
				return do(id, raw)
			})
		}
		if m.hist != nil {
			if taken, err := m.hist(key); taken || err != nil {
				return err
			}
		}
		return m.drop()
	})
}
