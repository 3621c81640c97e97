package sqlite

import (
	"io/fs"
	"os"
)

// giveOwner leaves a file to the directory's rules, which say who may read it.
func giveOwner(*os.File, fs.FileInfo) {}
