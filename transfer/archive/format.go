package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
)

// magic begins a file; its last byte but one is the version of the format.
const magic = "LARDER\x01\n"

// Version is that of the format that is written, and the newest that is read.
const Version = 1

// Header is what a file says about itself.
type Header struct {
	Program string          `json:"program"` // that wrote it
	Made    time.Time       `json:"made"`
	Engine  string          `json:"engine"` // that the rows come from: "PostgreSQL 15.20"
	Tables  []*schema.Table `json:"tables"` // in the order in which they are in the file
}

// The kinds of frames.
const (
	kindHeader = 'H'
	kindTable  = 'T' // a table begins: its name
	kindBlock  = 'B' // rows of it
	kindEnd    = 'E' // a table ends: tableEnd
	kindWhole  = 'Z' // the file ends: fileEnd
)

// frameHead is what stands before what a frame holds: kind, number, length of
// what it holds when it is unpacked, length as it is stored, SHA-256 of these
// and of what is stored.
const (
	lengthsSize = 1 + 4 + 4 + 4
	headSize    = lengthsSize + sha256.Size
)

// mostStored bounds what is believed of a length: a row with the largest value
// that an engine has.
const mostStored = 1<<31 - 1

type frame struct {
	kind   byte
	number uint32 // of a block in its table, from 1; 0 of other frames
	raw    uint32 // length when it is unpacked
	stored uint32
	sum    [sha256.Size]byte
}

// head is the frame's head for what it holds.
func (f *frame) head(stored []byte) []byte {
	b := append(make([]byte, 0, headSize), f.lengths()...)
	f.sum = f.sumOf(stored)
	return append(b, f.sum[:]...)
}

func (f *frame) lengths() []byte {
	b := []byte{f.kind}
	b = binary.BigEndian.AppendUint32(b, f.number)
	b = binary.BigEndian.AppendUint32(b, f.raw)
	return binary.BigEndian.AppendUint32(b, f.stored)
}

func (f *frame) sumOf(stored []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(f.lengths())
	h.Write(stored)
	return [sha256.Size]byte(h.Sum(nil))
}

func parseHead(b []byte) frame {
	f := frame{kind: b[0], number: binary.BigEndian.Uint32(b[1:]),
		raw: binary.BigEndian.Uint32(b[5:]), stored: binary.BigEndian.Uint32(b[9:])}
	copy(f.sum[:], b[lengthsSize:])
	return f
}

type tableEnd struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	Blocks uint32 `json:"blocks"`
	Sum    string `json:"sum"` // canon.Sum of the rows
}

type fileEnd struct {
	Tables int   `json:"tables"`
	Rows   int64 `json:"rows"`
}

func damaged(what string) error {
	return dberr.New(dberr.Invalid, "archive", "the archive is damaged: "+what+"; take another backup")
}

// marshal is JSON of what always has a JSON form.
func marshal(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, &dberr.Error{Op: "archive", Code: dberr.Internal,
			Msg: "what an archive says about itself could not be written", Err: err}
	}
	return b, nil
}
