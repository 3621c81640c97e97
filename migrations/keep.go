package migrations

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// keptTable holds what a revision could not leave where it was.
const keptTable = "larder_kept"

// keepAside makes the table for what is kept aside, where there is none yet.
func keepAside(ops *op.Ops) {
	t := schema.Define(keptTable)
	t.String("revision", 32).Key(32) // which revision put it here
	t.String("item", 0).Key(64)      // what it is: "chat.chat", a table and a column, or a table
	t.String("row_key", 0).Key(600)  // of which row
	t.Text("reason")                 // why, in words
	t.Text("value").Null()           // what was there
	t.Primary("", "revision", "item", "row_key")
	ops.Do(op.CreateTable{Table: t, IfNotExists: true})
}

// kept is one entry.
type kept struct{ revision, item, key, reason, value string }

// hexed marks a value that no engine holds as text.
const hexed = "\\x"

// keep writes an entry, in place of the one with the same key.
func keep(ctx context.Context, q engine.Queryer, k kept) error {
	v := k.value
	if !plainText(v) || strings.HasPrefix(v, hexed) {
		v = hexed + hex.EncodeToString([]byte(v))
	}
	if !plainText(k.key) {
		k.key = hexed + hex.EncodeToString([]byte(k.key))
	}
	if err := forget(ctx, q, k.revision, k.item, k.key); err != nil {
		return err
	}
	_, err := op.Run(ctx, q, "INSERT INTO {larder_kept} ({revision}, {item}, {row_key}, {reason}, {value}) VALUES (?, ?, ?, ?, ?)",
		k.revision, k.item, k.key, k.reason, v)
	return err
}

func forget(ctx context.Context, q engine.Queryer, revision, item, key string) error {
	_, err := op.Run(ctx, q, "DELETE FROM {larder_kept} WHERE {revision} = ? AND {item} = ? AND {row_key} = ?", revision, item, key)
	return err
}

// forgetAll removes the entries of an item.
func forgetAll(ctx context.Context, q engine.Queryer, revision, item string) error {
	_, err := op.Run(ctx, q, "DELETE FROM {larder_kept} WHERE {revision} = ? AND {item} = ?", revision, item)
	return err
}

// recall returns the value of an entry.
func recall(ctx context.Context, q engine.Queryer, revision, item, key string) (value string, found bool, err error) {
	rows, err := op.Get(ctx, q, "SELECT {value} FROM {larder_kept} WHERE {revision} = ? AND {item} = ? AND {row_key} = ?", revision, item, key)
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	v, err := unhex(rows[0].Text("value"))
	return v, true, err
}

func unhex(v string) (string, error) {
	if h, ok := strings.CutPrefix(v, hexed); ok {
		b, err := hex.DecodeString(h)
		return string(b), err
	}
	return v, nil
}

// eachKept gives the entries of an item to fn, in the order of their keys,
// some at a time.
func eachKept(ctx context.Context, d *op.Data, revision, item string, fn func(ctx context.Context, c *op.Chunk, k kept) error) error {
	if d.Table(keptTable) == nil {
		return nil
	}
	s := op.Scan{Table: keptTable, Columns: []string{"reason", "value"}, Where: "{revision} = ? AND {item} = ?", Args: []any{revision, item}}
	return d.Rows(ctx, s, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			v, err := unhex(r.Text("value"))
			if err != nil {
				return err
			}
			key, err := unhex(r.Text("row_key"))
			if err != nil {
				return err
			}
			if err := fn(ctx, c, kept{revision, item, key, r.Text("reason"), v}); err != nil {
				return err
			}
		}
		return nil
	})
}

// asJSON says why a text cannot stay as it is in a column of JSON, and what can
// stand there instead, if anything; a text that can stay has no reason.
func asJSON(text string) (doc, reason string) {
	doc, ok := readable(text)
	switch {
	case ok && doc == text:
		return "", ""
	case ok:
		return doc, "the document has characters that not every engine can read; they are replaced"
	}
	return "", "the text is no JSON and the column takes nothing else"
}

// keepBadJSON keeps aside what is no JSON in columns that become JSON, and
// leaves instead in its place.
func keepBadJSON(revision, table, key string, instead any, columns ...string) func(ctx context.Context, d *op.Data) error {
	return func(ctx context.Context, d *op.Data) error {
		return d.Rows(ctx, op.Scan{Table: table, Key: []string{key}, Columns: columns}, func(ctx context.Context, c *op.Chunk) error {
			for _, r := range c.Rows {
				set := op.Values{}
				for _, col := range columns {
					if r.Null(col) {
						continue
					}
					doc, reason := asJSON(r.Text(col))
					if reason == "" {
						continue
					}
					if err := keep(ctx, c, kept{revision, table + "." + col, r.Text(key), reason, r.Text(col)}); err != nil {
						return err
					}
					if set[col] = instead; doc != "" {
						set[col] = doc
					}
				}
				if err := c.Update(ctx, r, set); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// putBack writes what was kept of a column into the rows of those ids, where
// the column still has what was left in its place.
func putBack(revision, table, column, instead string) func(ctx context.Context, d *op.Data) error {
	return func(ctx context.Context, d *op.Data) error {
		err := eachKept(ctx, d, revision, table+"."+column, func(ctx context.Context, c *op.Chunk, k kept) error {
			still, args := "{"+column+"} IS NULL", []any{k.value, k.key}
			instead := instead
			if doc, reason := asJSON(k.value); reason != "" && doc != "" {
				instead = doc
			}
			if instead != "" {
				still, args = "{"+column+"} = ?", append(args, instead)
			}
			_, err := op.Run(ctx, c, "UPDATE {"+table+"} SET {"+column+"} = ? WHERE {id} = ? AND "+still, args...)
			return err
		})
		if err != nil {
			return err
		}
		return forgetAll(ctx, d, revision, table+"."+column)
	}
}

// insert inserts a row outside of a scan.
func insert(ctx context.Context, d *op.Data, table string, row op.Values) error {
	t := d.Table(table)
	var columns []string
	var values []any
	for _, n := range slices.Sorted(maps.Keys(row)) {
		v, err := d.Dialect().Encode(t.Column(n).Type, row[n])
		if err != nil {
			return err
		}
		columns, values = append(columns, n), append(values, v)
	}
	return insertRow(ctx, d, table, columns, values)
}

func insertRow(ctx context.Context, d *op.Data, table string, columns []string, values []any) error {
	_, err := engine.BulkInsert(ctx, d.Queryer, table, columns, func(yield func([]any, error) bool) { yield(values, nil) })
	return err
}
