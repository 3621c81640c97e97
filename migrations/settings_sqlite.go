package migrations

import "github.com/larder-db/larder/dburl"

// SQLiteSettings are the settings with which a program opens a SQLite file to
// migrate it, made of those with which it opens it to work: the file is not
// mapped and what is sorted goes to disk, so that building the indexes of a
// large table takes little memory.
func SQLiteSettings(s dburl.SQLiteSettings) dburl.SQLiteSettings {
	s.MmapSize, s.CacheSize, s.TempStore = new(int64(0)), new(int64(-8<<10)), "FILE"
	return s
}
