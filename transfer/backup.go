package transfer

import (
	"context"
	"io"
	"time"

	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/archive"
	"github.com/larder-db/larder/transfer/canon"
)

// About is what an archive says about how it came to be.
type About struct {
	Program string // that makes it
	Engine  string // that the rows come from: "PostgreSQL 15.20"
}

// Backup writes the rows of a source into an archive: every row as it is, also
// those that no other engine would take, with the order of Options.Tables left
// to what refers to what. Rules do not count. The archive is whole when Backup
// returns without an error, and found to be cut off otherwise.
func Backup(ctx context.Context, src Source, w io.Writer, about About, o Options) (*Report, error) {
	begun := time.Now()
	var tables []*schema.Table
	rep := &Report{}
	for _, t := range src.Tables() {
		if o.moves(t.Name) {
			tables = append(tables, t)
		} else {
			rep.Left = append(rep.Left, t.Name)
		}
	}
	tables, _ = schema.Sorted(tables)
	k := &walk{o: &o, src: src, stage: Copying, begun: begun}
	if o.Progress != nil {
		for _, t := range tables {
			n, err := src.Count(ctx, t)
			if err != nil {
				return rep, err
			}
			k.total += max(n, 0)
		}
	}
	a, err := archive.NewWriter(w, archive.Header{Program: about.Program, Engine: about.Engine,
		Made: begun.UTC().Truncate(time.Second), Tables: tables})
	if err != nil {
		return rep, err
	}
	for _, t := range tables {
		r := &TableReport{Table: t.Name, Problems: map[canon.Class]int64{}}
		rep.Tables = append(rep.Tables, r)
		if err := k.save(ctx, a, t, r); err != nil {
			a.Abandon()
			return rep, err
		}
	}
	k.done()
	rep.Elapsed = time.Since(begun)
	return rep, a.Close()
}

// save writes one table.
func (k *walk) save(ctx context.Context, a *archive.Writer, t *schema.Table, r *TableReport) error {
	if err := a.Table(t); err != nil {
		return err
	}
	for row, err := range k.src.Rows(ctx, t) {
		if err != nil {
			return err
		}
		if err := a.Row(row); err != nil {
			return err
		}
		size := sizeOf(row)
		r.Read++
		r.Written++
		r.Bytes += int64(size)
		k.progress(t.Name, size)
	}
	return nil
}
