package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"github.com/spf13/pflag"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/transfer/archive"
)

// keyFlags say how an archive is encrypted.
type keyFlags struct {
	recipients []string
	identity   string
	passphrase string
}

func (k *keyFlags) registerSeal(flags *pflag.FlagSet) {
	flags.StringSliceVar(&k.recipients, "encrypt-to", nil, "encrypt the archive to these age recipients (age1...)")
	flags.StringVar(&k.passphrase, "passphrase-file", "",
		"encrypt the archive by the passphrase that is the first line of this file")
}

func (k *keyFlags) registerOpen(flags *pflag.FlagSet) {
	flags.StringVar(&k.identity, "identity", "", "the file with the age identity that decrypts the archive")
	flags.StringVar(&k.passphrase, "passphrase-file", "", "the file whose first line is the passphrase that decrypts the archive")
}

func (k *keyFlags) readPassphrase() (string, error) {
	b, err := os.ReadFile(k.passphrase)
	if err != nil {
		return "", &dberr.Error{Op: "archive", Code: dberr.NotFound,
			Msg: "the file " + k.passphrase + " with the passphrase cannot be read", Err: err}
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", &usageError{"the first line of --passphrase-file is empty"}
	}
	return line, nil
}

// plain is a writer whose end is somebody else's.
type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// seals reports whether encryption was asked for.
func (k *keyFlags) seals() bool { return len(k.recipients) > 0 || k.passphrase != "" }

// seal encrypts what is written, if that was asked for.
func (k *keyFlags) seal(w io.Writer) (io.WriteCloser, error) {
	var to []age.Recipient
	for _, r := range k.recipients {
		parsed, err := age.ParseRecipients(strings.NewReader(r))
		if err != nil {
			return nil, &usageError{"--encrypt-to is a recipient of age, which begins with age1"}
		}
		to = append(to, parsed...)
	}
	if k.passphrase != "" {
		if len(to) > 0 {
			return nil, &usageError{"give --encrypt-to or --passphrase-file, not both"}
		}
		word, err := k.readPassphrase()
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(word)
		if err != nil {
			return nil, &usageError{"the passphrase cannot be used"}
		}
		to = append(to, r)
	}
	if len(to) == 0 {
		return plain{w}, nil
	}
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return nil, &dberr.Error{Op: "backup", Code: dberr.Unavailable, Msg: "the encryption could not begin", Err: err}
	}
	return sealed, nil
}

const ageMark = "age-encryption.org/"

// opened opens an archive in a file, encrypted or not.
func (k *keyFlags) opened(file *os.File, size int64) (*archive.Archive, error) {
	begin, err := bufio.NewReader(io.NewSectionReader(file, 0, size)).Peek(len(ageMark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &dberr.Error{Op: "archive", Code: dberr.Unavailable, Msg: "the archive cannot be read", Err: err}
	}
	if !bytes.Equal(begin, []byte(ageMark)) {
		return archive.Open(file, size)
	}
	ids, err := k.identities()
	if err != nil {
		return nil, err
	}
	r, n, err := age.DecryptReaderAt(file, size, ids...)
	if err != nil {
		return nil, &dberr.Error{Op: "archive", Code: dberr.Invalid,
			Msg: "the archive cannot be decrypted: the key is another one, or the file is damaged", Err: err}
	}
	return archive.Open(r, n)
}

func (k *keyFlags) identities() ([]age.Identity, error) {
	switch {
	case k.identity != "":
		f, err := os.Open(k.identity)
		if err != nil {
			return nil, &dberr.Error{Op: "archive", Code: dberr.NotFound,
				Msg: "the file " + k.identity + " with the identity cannot be read", Err: err}
		}
		defer f.Close()
		ids, err := age.ParseIdentities(f)
		if err != nil {
			return nil, &dberr.Error{Op: "archive", Code: dberr.Invalid,
				Msg: "the file " + k.identity + " holds no identity of age", Err: err}
		}
		return ids, nil
	case k.passphrase != "":
		word, err := k.readPassphrase()
		if err != nil {
			return nil, err
		}
		id, err := age.NewScryptIdentity(word)
		if err != nil {
			return nil, &usageError{"the passphrase cannot be used"}
		}
		return []age.Identity{id}, nil
	}
	return nil, &usageError{"the archive is encrypted; name the key with --identity or --passphrase-file"}
}
