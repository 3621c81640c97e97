package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// Line is a line of a quarantine file: a row that stayed behind, or went in
// another form, as it was in the source. Values are written as
// canon.AppendLine does.
type Line struct {
	Table    string                     `json:"table"`
	Key      map[string]json.RawMessage `json:"key,omitempty"`
	Action   string                     `json:"action"` // "skipped" or "repaired"
	Problems []Problem                  `json:"problems"`
	Row      map[string]json.RawMessage `json:"row"`
}

// The actions of a Line.
const (
	Skipped  = "skipped"
	Repaired = "repaired"
)

// LineOf makes the line for a row of a table, whose values are as the driver
// gave them.
func LineOf(t *schema.Table, raw []any, fate Fate, problems []Problem) Line {
	l := Line{Table: t.Name, Action: Repaired, Problems: problems,
		Row: map[string]json.RawMessage{}, Key: map[string]json.RawMessage{}}
	if fate != Goes {
		l.Action = Skipped
	}
	for i, c := range t.Columns {
		l.Row[c.Name] = canon.AppendLine(nil, canon.Raw(c.Type, raw[i]))
	}
	if t.PrimaryKey != nil {
		for _, c := range t.PrimaryKey.Columns {
			l.Key[c] = l.Row[c]
		}
	}
	return l
}

// KeyText is the key of a row for people: id "x"; empty for a table without one.
func (l *Line) KeyText() string {
	if len(l.Key) == 0 {
		return ""
	}
	b, err := json.Marshal(l.Key)
	if err != nil {
		return ""
	}
	return string(b)
}

// Write appends the line to w.
func (l *Line) Write(w io.Writer) error {
	b, err := json.Marshal(l)
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	if err != nil {
		return Unwritten(err)
	}
	return nil
}

// Unwritten is the error for a quarantine file that could not be written.
func Unwritten(err error) error {
	return &dberr.Error{Op: "quarantine", Code: dberr.Unavailable, Err: err,
		Msg: "the quarantine file could not be written"}
}

// ReadLines gives the lines of a quarantine file. An error names the line.
func ReadLines(r io.Reader) func(yield func(Line, error) bool) {
	return func(yield func(Line, error) bool) {
		d := json.NewDecoder(r)
		for n := 1; ; n++ {
			var l Line
			err := d.Decode(&l)
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && (l.Table == "" || l.Row == nil) {
				err = fmt.Errorf("it has no table or no row")
			}
			if err != nil {
				yield(l, &dberr.Error{Op: "quarantine", Code: dberr.Invalid, Err: err,
					Msg: fmt.Sprintf("line %d of the quarantine file is not a row of it: %v", n, err)})
				return
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}
