package archive

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// blockSize is about how many bytes of rows are in a block.
const blockSize = 1 << 20

// Writer writes a file. It is for one goroutine.
type Writer struct {
	w    io.Writer
	zstd *zstd.Encoder

	table  *schema.Table // that is being written
	sum    *canon.Summer
	total  canon.Sum
	row    []any
	end    tableEnd
	whole  fileEnd
	blocks chan block // to the goroutine that packs and writes
	free   chan []byte
	done   chan struct{}
	err    error // of that goroutine; read behind done
	buf    []byte
}

type block struct {
	frame frame
	data  []byte
	plain bool // it is stored as it is
	large bool // it is packed already; the frame says how long it was
	ours  bool // the data go back to who makes blocks
}

// NewWriter begins a file. Nothing else may be written to w until Close.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, &dberr.Error{Op: "archive", Code: dberr.Internal, Err: err}
	}
	head, err := marshal(h)
	if err != nil {
		return nil, err
	}
	a := &Writer{w: w, zstd: z, blocks: make(chan block), free: make(chan []byte, 2), done: make(chan struct{})}
	a.free <- make([]byte, 0, blockSize+blockSize/8)
	a.buf = make([]byte, 0, blockSize+blockSize/8)
	go a.pack()
	if err := a.send(block{frame: frame{kind: kindHeader}, data: head}); err != nil {
		return nil, errors.Join(err, a.stop())
	}
	return a, nil
}

// pack packs blocks and writes them, beside the making of the next ones.
func (a *Writer) pack() {
	defer close(a.done)
	var packed []byte
	if _, err := io.WriteString(a.w, magic); err != nil {
		a.err = unwritten(err)
		return
	}
	for b := range a.blocks {
		stored := b.data
		if !b.plain && !b.large {
			packed = a.zstd.EncodeAll(b.data, packed[:0])
			stored = packed
		}
		if b.frame.stored = uint32(len(stored)); !b.large {
			b.frame.raw = uint32(len(b.data))
		}
		_, err := a.w.Write(b.frame.head(stored))
		if err == nil {
			_, err = a.w.Write(stored)
		}
		if err != nil {
			a.err = unwritten(err)
			return
		}
		if cap(packed) > 8*blockSize {
			packed = nil
		}
		switch {
		case !b.ours:
		case cap(b.data) > 8*blockSize:
			a.free <- make([]byte, 0, blockSize+blockSize/8)
		default:
			a.free <- b.data[:0]
		}
	}
}

func unwritten(err error) error {
	return &dberr.Error{Op: "archive", Code: dberr.Unavailable, Msg: "the archive could not be written", Err: err}
}

func (a *Writer) send(b block) error {
	select {
	case a.blocks <- b:
		return nil
	case <-a.done:
		return a.err
	}
}

// Table ends the table that is being written and begins another one, which is
// one of the header's.
func (a *Writer) Table(t *schema.Table) error {
	if err := a.endTable(); err != nil {
		return err
	}
	types := make([]schema.Type, len(t.Columns))
	for i, c := range t.Columns {
		types[i] = c.Type
	}
	a.table, a.sum, a.end, a.row = t, canon.NewSummer(types), tableEnd{Table: t.Name}, make([]any, len(types))
	a.total = canon.Sum{}
	return a.send(block{frame: frame{kind: kindTable}, data: []byte(t.Name), plain: true})
}

// Row writes a row, with a value for each column, as canon.Raw leaves them.
func (a *Writer) Row(row []any) error {
	for i, c := range a.table.Columns {
		a.row[i], _ = canon.Read(c.Type, row[i]) // what is of another type is summed as it is
	}
	a.total.Add(a.sum.Row(a.row))
	a.end.Rows++
	if sizeOf(row) > largeBlock {
		return a.largeRow(row)
	}
	a.buf = append(canon.AppendLineRow(a.buf, row), '\n')
	if len(a.buf) >= blockSize {
		return a.flush()
	}
	return nil
}

func sizeOf(row []any) int {
	n := 0
	for _, v := range row {
		switch x := v.(type) {
		case string:
			n += len(x)
		case []byte:
			n += len(x)
		}
	}
	return n
}

// largeRow writes a block of one row, which is packed while it is made, so that
// it is not in memory a second time.
func (a *Writer) largeRow(row []any) error {
	if err := a.flush(); err != nil {
		return err
	}
	var packed bytes.Buffer
	z, err := zstd.NewWriter(&packed, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return &dberr.Error{Op: "archive", Code: dberr.Internal, Err: err}
	}
	c := &counter{w: z}
	err = canon.WriteLineRow(c, row)
	if err == nil {
		_, err = c.Write([]byte{'\n'})
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return unwritten(err)
	}
	a.end.Blocks++
	f := frame{kind: kindBlock, number: a.end.Blocks, raw: uint32(c.n)}
	return a.send(block{frame: f, data: packed.Bytes(), large: true})
}

// counter counts what goes through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (a *Writer) flush() error {
	if len(a.buf) == 0 {
		return nil
	}
	a.end.Blocks++
	if err := a.send(block{frame: frame{kind: kindBlock, number: a.end.Blocks}, data: a.buf, ours: true}); err != nil {
		return err
	}
	a.buf = nil
	select {
	case a.buf = <-a.free:
		return nil
	case <-a.done:
		return a.err
	}
}

func (a *Writer) endTable() error {
	if a.table == nil {
		return nil
	}
	if err := a.flush(); err != nil {
		return err
	}
	a.end.Sum = a.total.String()
	a.whole.Tables++
	a.whole.Rows += a.end.Rows
	a.table = nil
	b, err := marshal(a.end)
	if err != nil {
		return err
	}
	return a.send(block{frame: frame{kind: kindEnd}, data: b, plain: true})
}

// Close ends the file. A file that was not closed is not whole, and found so.
// It does not close w.
func (a *Writer) Close() error {
	err := a.endTable()
	if err == nil {
		var b []byte
		if b, err = marshal(a.whole); err == nil {
			err = a.send(block{frame: frame{kind: kindWhole}, data: b, plain: true})
		}
	}
	if serr := a.stop(); err == nil {
		err = serr
	}
	return err
}

// Abandon ends the writing of a file that is not to be whole.
func (a *Writer) Abandon() { _ = a.stop() }

func (a *Writer) stop() error {
	close(a.blocks)
	<-a.done
	return errors.Join(a.err, a.zstd.Close())
}
