package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/transfer"
)

func (p *program) backup() *cobra.Command {
	var f moveFlags
	var k keyFlags
	var keep string
	cmd := &cobra.Command{
		Use:   "backup FILE|FOLDER|OBJECT",
		Short: "Write everything in a database into an archive",
		Long: `Write everything that is in a database into one archive, in one consistent moment,
while the database is in use. "-" is standard output.

The archive is independent of the engine: larder restore puts it into SQLite,
PostgreSQL, MySQL or MariaDB, larder verify proves that it is whole. Files that
were uploaded are not part of the database, nor of the archive.

With --encrypt-to or --passphrase-file it is encrypted by age.

In a folder that exists the archive is named by the time (of UTC). With --keep,
older ones in it are removed when the new one is whole: 7d,4w,12m keeps the last
of each of seven days, four weeks and twelve months on which there are any.

An address like s3://bucket/monday.larder?region=eu-central-1 (or gs://, azblob://)
is an object, where the program was built with object storages; one that ends with
a slash, as s3://bucket/nightly/, is a folder.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.runBackup(cmd, args[0], keep, &f, &k) },
	}
	f.registerFrom(cmd.Flags())
	f.registerPart(cmd.Flags())
	cmd.Flags().StringVar(&keep, "keep", "", "remove older archives in the folder, except the last of so many hours, days, weeks, months, years: 7d,4w,12m")
	k.registerSeal(cmd.Flags())
	return cmd
}

func (p *program) runBackup(cmd *cobra.Command, path, keep string, f *moveFlags, k *keyFlags) error {
	log := p.logger()
	var bucket blobs.Bucket
	if isObject(path) {
		var err error
		if bucket, path, err = p.object(cmd.Context(), path); err != nil {
			return err
		}
		defer func() { _ = bucket.Close() }() // what was written is there already
	}
	into, err := seriesOf(bucket, path, keep)
	if err != nil {
		return err
	}
	if into != nil {
		path = into.name(k.seals())
	}
	from, err := p.source(f, log)
	if err != nil {
		return err
	}
	o, err := p.moveOptions(f, log)
	if err != nil {
		return err
	}
	save := func(w io.Writer) (rep *transfer.Report, err error) {
		sealed, err := k.seal(w)
		if err != nil {
			return nil, err
		}
		rep, err = larder.Backup(cmd.Context(), from, sealed, o)
		err = onceMore(err)
		if cerr := sealed.Close(); err == nil && cerr != nil {
			err = unsaved(path, cerr)
		}
		return rep, err
	}
	if path == "-" && bucket == nil {
		_, err := save(p.env.Stdout)
		return err
	}
	var rep *transfer.Report
	if bucket != nil {
		rep, err = saveObject(cmd.Context(), bucket, path, save)
	} else {
		rep, err = saveAs(path, save)
	}
	if err != nil {
		return err
	}
	if into != nil {
		log.Info("the backup is whole", "file", path)
		err = into.thin(cmd.Context(), log)
	}
	return errors.Join(p.tell(rep, false), err)
}

// onceMore adds the way out to a backup that its server has left.
func onceMore(err error) error {
	var known *dberr.Error
	if errors.As(err, &known) && known.Code == dberr.Unavailable && known.Engine != "" {
		return fmt.Errorf("%w. A backup is of one moment, and cannot be taken up: run it again", err)
	}
	return err
}

// saveAs writes a file that is there only when it is whole. One that is there
// already stays as it is.
func saveAs(path string, save func(w io.Writer) (*transfer.Report, error)) (rep *transfer.Report, err error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, dberr.New(dberr.AlreadyExists, "backup", "the file "+path+" is there already; name another one")
	}
	part := path + unfinished
	w, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, unsaved(path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	rep, err = save(w)
	if err == nil {
		err = w.Sync()
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	var known *dberr.Error
	if err != nil && !errors.As(err, &known) {
		err = unsaved(path, err)
	}
	return rep, err
}

func unsaved(path string, err error) error {
	return &dberr.Error{Op: "backup", Code: dberr.Unavailable, Msg: "the file " + path + " could not be written", Err: err}
}
