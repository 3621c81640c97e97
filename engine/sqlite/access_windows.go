package sqlite

import "os"

// accessible asks whether the file can be read, or written too.
func accessible(path string, write bool) error {
	mode := os.O_RDONLY
	if write {
		mode = os.O_RDWR
	}
	f, err := os.OpenFile(path, mode, 0)
	if err != nil {
		return err
	}
	return f.Close()
}
