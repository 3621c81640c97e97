package migrations

import (
	"context"
	"math/big"
	"strings"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// When a pending timer goes off gets a column, and lists of chats get their
// indexes.
var rev58 = migrate.Revision{
	ID: "d4c1a8e37b62", Down: []string{oauthRevision}, Doc: "timers, and indexes for lists of chats", Path: "58_d4c1a8e37b62_chat_timer_at.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("chat", op.BigInt("timer_at").Null(), op.IfNotExists)
		ops.Data("pending timers", pendingTimers).NoReverse()
		timers := schema.Define("").Index("timer_at_idx", "timer_at")
		timers.Where = "{timer_at} IS NOT NULL"
		ops.CreateIndex("chat", timers, op.IfNotExists)
		index(ops, "chat", "user_id_updated_at_id_idx", "user_id", "updated_at DESC", "id")
		timers = schema.Define("").Index("user_id_timer_at_idx", "user_id", "timer_at")
		timers.Where = "{timer_at} IS NOT NULL"
		ops.CreateIndex("chat", timers, op.IfNotExists)
		index(ops, "chat", "user_id_folder_unread_idx", "user_id", "folder_id", "archived", "updated_at", "last_read_at", "id")
		index(ops, "chat_message", "chat_message_chat_role_done_idx", "chat_id", "role", "done")
	},
}

func pendingTimers(ctx context.Context, d *op.Data) error {
	return d.Rows(ctx, op.Scan{Table: "chat", Key: []string{"id"}, Columns: []string{"meta"}}, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			text := r.Text("meta")
			if !strings.Contains(text, "timer") {
				continue
			}
			meta, _ := readObject(text)
			kind, _ := readString(meta.Get("type"))
			status, _ := readString(meta.Get("status"))
			at, ok := wholeNumber(meta.Get("timer_at"))
			if kind != "timer" || status != "pending" || !ok {
				continue
			}
			if err := c.Update(ctx, r, op.Values{"timer_at": at}); err != nil {
				return err
			}
		}
		return nil
	})
}

// wholeNumber reads a number, or a string that holds a whole one, and cuts off
// what is behind the point.
// True is 1, and false is 0.
func wholeNumber(raw string) (int64, bool) {
	switch raw {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	if s, ok := readString(raw); ok {
		if raw = strings.TrimSpace(s); strings.ContainsAny(raw, ".eE") {
			return 0, false
		}
	}
	// Nanoseconds have more digits than a float.
	if len(raw) > 64 {
		return 0, false
	}
	f, _, err := big.ParseFloat(raw, 10, 256, big.ToZero)
	if err != nil || f.IsInf() {
		return 0, false
	}
	n, _ := f.Int(nil)
	return n.Int64(), n.IsInt64()
}
