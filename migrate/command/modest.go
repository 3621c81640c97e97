package command

import "github.com/larder-db/larder/dburl"

// Modest are the settings of a database file for migrations: less memory than
// a server takes, because a migration goes over every row once and may run
// beside one. Nil is the defaults, made modest.
func Modest(s *dburl.SQLiteSettings) *dburl.SQLiteSettings {
	var out dburl.SQLiteSettings
	if s != nil {
		out = *s
	}
	out = out.OrDefault()
	const cache = -16 << 10 // KiB
	if out.CacheSize == nil || *out.CacheSize < cache {
		out.CacheSize = new(int64(cache))
	}
	out.MmapSize = new(int64(0))
	out.TempStore = "DEFAULT" // what an index is sorted with may be larger than memory
	return &out
}
