package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// Archive is a file that is open. It is for one goroutine.
type Archive struct {
	r      io.ReaderAt
	size   int64
	zstd   *zstd.Decoder
	header Header
	parts  []part
}

// part is where a table is in the file.
type part struct {
	table *schema.Table
	first int64 // the offset of its first block
	end   tableEnd
}

// Open reads what the file says about itself and where its tables are. A file
// that is no archive, was cut off, or is of a newer format than this program
// reads, is an error now; blocks are checked when they are read.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostStored))
	if err != nil {
		return nil, &dberr.Error{Op: "archive", Code: dberr.Internal, Err: err}
	}
	a := &Archive{r: r, size: size, zstd: z}
	if err := a.begin(); err != nil {
		return nil, err
	}
	if err := a.index(); err != nil {
		return nil, err
	}
	return a, nil
}

// begin reads the beginning of the file.
func (a *Archive) begin() error {
	b := make([]byte, len(magic))
	if _, err := a.r.ReadAt(b, 0); err != nil && err != io.EOF {
		return unread(err)
	}
	if string(b[:6]) != magic[:6] || b[7] != magic[7] {
		return dberr.New(dberr.Invalid, "archive",
			"the file is no archive of larder, or its first bytes are damaged, or it is encrypted")
	}
	if b[6] > Version {
		return dberr.New(dberr.Unsupported, "archive",
			fmt.Sprintf("the archive has format %d, and the newest that this program reads is %d; use a newer larder",
				b[6], Version))
	}
	if b[6] != Version {
		return damaged("it has no version")
	}
	f, stored, _, err := a.frame(int64(len(magic)), "its header", true)
	if err != nil {
		return err
	}
	if f.kind != kindHeader {
		return damaged("it has no header")
	}
	raw, err := a.zstd.DecodeAll(stored, nil)
	if err != nil || json.Unmarshal(raw, &a.header) != nil {
		return damaged("its header cannot be read")
	}
	for _, t := range a.header.Tables {
		if t == nil || slices.Contains(t.Columns, nil) {
			return damaged("its header has a table that is none")
		}
		for _, c := range t.Columns {
			if c.Default != nil {
				if n, ok := c.Default.Value.(float64); ok && c.Type.Kind != schema.Float {
					c.Default.Value = int64(n)
				}
			}
		}
	}
	return nil
}

// Header is what the file says about itself.
func (a *Archive) Header() Header { return a.header }

// Name is for people.
func (a *Archive) Name() string {
	return "an archive of " + a.header.Made.UTC().Format("2006-01-02 15:04:05")
}

// Tables are those that the file has, in order of their rows in it.
func (a *Archive) Tables() []*schema.Table { return a.header.Tables }

// Count is how many rows of a table the file has.
func (a *Archive) Count(_ context.Context, t *schema.Table) (int64, error) {
	p, err := a.part(t.Name)
	if err != nil {
		return 0, err
	}
	return p.end.Rows, nil
}

func (a *Archive) part(table string) (*part, error) {
	for i := range a.parts {
		if a.parts[i].table.Name == table {
			return &a.parts[i], nil
		}
	}
	return nil, dberr.New(dberr.NotFound, "archive", "the archive has no table "+table)
}

func unread(err error) error {
	return &dberr.Error{Op: "archive", Code: dberr.Unavailable, Msg: "the archive could not be read", Err: err}
}

// frame reads the frame at an offset; what names it for people. With whole,
// what it holds is read and checked. next is the offset behind it.
func (a *Archive) frame(at int64, what string, whole bool) (f frame, stored []byte, next int64, err error) {
	head := make([]byte, headSize)
	if at+headSize > a.size {
		return f, nil, 0, damaged("it ends in " + what)
	}
	if _, err := a.r.ReadAt(head, at); err != nil && err != io.EOF {
		return f, nil, 0, a.unread(err, what)
	}
	f = parseHead(head)
	next = at + headSize + int64(f.stored)
	if f.stored > mostStored || f.raw > mostStored || next > a.size {
		return f, nil, 0, damaged(what + " says that it is longer than the file")
	}
	if !whole {
		return f, nil, next, nil
	}
	stored = make([]byte, f.stored)
	if _, err := a.r.ReadAt(stored, at+headSize); err != nil && err != io.EOF {
		return f, nil, 0, a.unread(err, what)
	}
	if f.sumOf(stored) != f.sum {
		return f, nil, next, damaged(what + " is not what was written")
	}
	return f, stored, next, nil
}

// unread says where reading failed: what lies below may know of damage first.
func (a *Archive) unread(err error, what string) error {
	return &dberr.Error{Op: "archive", Code: dberr.Invalid,
		Msg: "the archive cannot be read at " + what + "; it is damaged, or was encrypted with another key", Err: err}
}

// index goes over the heads of all frames.
func (a *Archive) index() error {
	_, _, at, err := a.frame(int64(len(magic)), "its header", false)
	if err != nil {
		return err
	}
	var open *part
	blocks := uint32(0)
	for {
		what := "the end of the file"
		if open != nil {
			what = fmt.Sprintf("table %s, block %d", open.table.Name, blocks+1)
		} else if len(a.parts) < len(a.header.Tables) {
			what = "the beginning of table " + a.header.Tables[len(a.parts)].Name
		}
		f, _, next, err := a.frame(at, what, false)
		if err != nil {
			return err
		}
		if f.kind != kindBlock {
			var stored []byte
			if f, stored, next, err = a.frame(at, what, true); err != nil {
				return err
			}
			done, err := a.mark(f, stored, next, &open, blocks, what)
			if done && err == nil && next != a.size {
				err = damaged("there is something behind its end")
			}
			if done || err != nil {
				return err
			}
			blocks = 0
		} else {
			blocks++
			if open == nil || f.number != blocks {
				return damaged(what + " is not where it should be")
			}
		}
		at = next
	}
}

// mark notes where a table begins and ends; done says that the file ends too.
func (a *Archive) mark(f frame, stored []byte, next int64, open **part, blocks uint32,
	what string) (done bool, err error) {
	switch f.kind {
	case kindTable:
		n := len(a.parts)
		if *open != nil || n >= len(a.header.Tables) || a.header.Tables[n].Name != string(stored) {
			return false, damaged(what + " is another table")
		}
		*open = &part{table: a.header.Tables[n], first: next}
		return false, nil
	case kindEnd:
		if *open == nil || json.Unmarshal(stored, &(*open).end) != nil ||
			(*open).end.Table != (*open).table.Name || (*open).end.Blocks != blocks {
			return false, damaged(what + " is missing")
		}
		a.parts = append(a.parts, **open)
		*open = nil
		return false, nil
	case kindWhole:
		var end fileEnd
		if *open != nil || json.Unmarshal(stored, &end) != nil ||
			end.Tables != len(a.parts) || end.Tables != len(a.header.Tables) {
			return false, damaged(what + " is missing")
		}
		return true, nil
	}
	return false, damaged(what + " is of no kind")
}

// Rows gives the rows of a table as they were written. A damaged block is an
// error that names it.
func (a *Archive) Rows(ctx context.Context, t *schema.Table) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		p, err := a.part(t.Name)
		if err != nil {
			yield(nil, err)
			return
		}
		at := p.first
		row := make([]any, 0, len(p.table.Columns))
		var raw []byte
		for n := uint32(1); n <= p.end.Blocks; n++ {
			if err := ctx.Err(); err != nil {
				yield(nil, &dberr.Error{Op: "archive", Code: dberr.Canceled, Err: err})
				return
			}
			raw, at, err = a.block(at, p.table.Name, n)
			if err != nil {
				yield(nil, err)
				return
			}
			large := len(raw) > largeBlock
			for len(raw) > 0 {
				end := bytes.IndexByte(raw, '\n') + 1
				if end == 0 {
					end = len(raw)
				}
				row, err = parseRow(row[:0], raw[:end])
				if raw = raw[end:]; len(raw) == 0 {
					raw = nil
				}
				if err == nil && len(row) != len(p.table.Columns) {
					err = fmt.Errorf("a row has %d values", len(row))
				}
				if err != nil {
					yield(nil, damaged(blockName(p.table.Name, n)+" cannot be read"))
					return
				}
				if large {
					letGo(row)
				}
				if !yield(row, nil) {
					return
				}
			}
			if large {
				clear(row)
				debug.FreeOSMemory()
			}
		}
	}
}

// largeBlock is from which size on a block is not kept in memory by the rows that
// are made of it: there is a large text in it, which is a copy.
const largeBlock = 8 << 20

// letGo makes copies of the short texts of a row.
func letGo(row []any) {
	for i, v := range row {
		if s, ok := v.(string); ok && len(s) < largeBlock/8 {
			row[i] = strings.Clone(s)
		}
	}
}

func blockName(table string, n uint32) string { return fmt.Sprintf("table %s, block %d", table, n) }

// block unpacks the block at an offset.
func (a *Archive) block(at int64, table string, n uint32) (raw []byte, next int64, err error) {
	what := blockName(table, n)
	f, stored, next, err := a.frame(at, what, true)
	if err != nil {
		return nil, next, err
	}
	if f.kind != kindBlock || f.number != n {
		return nil, next, damaged(what + " is not where it should be")
	}
	raw, err = a.zstd.DecodeAll(stored, make([]byte, 0, f.raw))
	if err != nil || uint32(len(raw)) != f.raw {
		return nil, next, damaged(what + " cannot be unpacked")
	}
	return raw, next, nil
}

// parseRow reads a line. Texts without escapes are parts of it.
func parseRow(row []any, line []byte) ([]any, error) {
	text := strings.TrimSuffix(jsontext.String(line), "\n")
	if _, err := jsontext.Check(text); err != nil {
		return nil, err
	}
	for _, e := range jsontext.Elements(text) {
		if e[0] == '"' {
			row = append(row, unquote(e))
			continue
		}
		v, err := canon.ParseLine(json.RawMessage(e))
		if err != nil {
			return nil, err
		}
		row = append(row, v)
	}
	return row, nil
}

// unquote is the text of a JSON string that canon.AppendLine wrote, whose escapes
// are few in kind.
func unquote(e string) string {
	e = e[1 : len(e)-1]
	at := strings.IndexByte(e, '\\')
	if at < 0 {
		return e
	}
	out := make([]byte, 0, len(e))
	for ; at >= 0; at = strings.IndexByte(e, '\\') {
		out = append(out, e[:at]...)
		n := 2
		switch c := e[at+1]; c {
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'u':
			// A pair of surrogates is one character.
			n = 6
			if at+12 <= len(e) && e[at+6] == '\\' && e[at+7] == 'u' && (e[at+2]|0x20) == 'd' && e[at+3] >= '8' {
				n = 12
			}
			out = append(out, jsontext.Unquote(`"`+e[at:at+n]+`"`)...)
		default:
			out = append(out, c)
		}
		e = e[at+n:]
	}
	return jsontext.String(append(out, e...))
}
