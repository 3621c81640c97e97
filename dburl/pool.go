package dburl

import (
	"strconv"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
)

// PoolSettings are the settings of SQLAlchemy's QueuePool. The zero value asks
// for [DefaultPool]; see [PoolSettings.OrDefault].
type PoolSettings struct {
	Size        int           // connections that are kept when idle; 0 keeps none (SQLAlchemy's NullPool)
	MaxOverflow int           // connections beyond Size that are closed half a minute after they were needed; -1 is no limit, and closes them after use
	Timeout     time.Duration // how long to wait for a connection; 0 is as long as the context allows
	Recycle     time.Duration // age at which a connection is replaced; 0 is never
	PrePing     bool          // ask an idle connection whether it is alive before it is used
}

// DefaultPool is 5 connections and 10 more under load, 30 seconds to wait for
// one, each replaced after an hour and asked before use.
func DefaultPool() PoolSettings {
	return PoolSettings{Size: 5, MaxOverflow: 10, Timeout: 30 * time.Second, Recycle: time.Hour, PrePing: true}
}

// OrDefault returns p, or [DefaultPool] for the zero value.
func (p PoolSettings) OrDefault() PoolSettings {
	if p == (PoolSettings{}) {
		return DefaultPool()
	}
	return p
}

// MaxOpen is the most connections at a time, 0 for no limit, as
// sql.DB.SetMaxOpenConns takes it.
func (p PoolSettings) MaxOpen() int {
	if p.MaxOverflow < 0 || p.Size+p.MaxOverflow <= 0 {
		return 0
	}
	return p.Size + p.MaxOverflow
}

// MaxIdle is how many idle connections are kept for as long as they are not older
// than Recycle, -1 for none, as sql.DB.SetMaxIdleConns takes it.
func (p PoolSettings) MaxIdle() int {
	if p.Size <= 0 {
		return -1
	}
	return p.Size
}

// SQLiteSettings are the settings of SQLite connections. A nil or empty field
// is not set, and SQLite's own default holds. The zero value of the whole asks
// for [DefaultSQLite]; see [SQLiteSettings.OrDefault].
type SQLiteSettings struct {
	WAL              bool           // journal_mode WAL, otherwise DELETE; a property of the file
	Synchronous      string         // "OFF", "NORMAL", "FULL" or "EXTRA"
	BusyTimeout      *time.Duration // how long to wait for a lock, to the millisecond
	CacheSize        *int64         // pages, or when negative KiB, per connection
	TempStore        string         // "DEFAULT", "FILE" or "MEMORY"
	MmapSize         *int64         // bytes of the file that are mapped; 0 is off
	JournalSizeLimit *int64         // bytes to which the WAL or journal is cut; -1 is no limit

	given bool // made by DefaultSQLite or FromEnv: all unset is what is meant
}

// DefaultSQLite are WAL, synchronous NORMAL, 5 s busy timeout, 16 MiB of cache
// a connection, temporary tables in memory, nothing mapped, and a WAL cut to
// 64 MiB. They are Open WebUI's but for the memory: it caches 64 MiB and maps
// 256 MiB, all of which counts as resident once a table has been scanned.
func DefaultSQLite() SQLiteSettings {
	return SQLiteSettings{
		WAL:              true,
		Synchronous:      "NORMAL",
		BusyTimeout:      new(5 * time.Second),
		CacheSize:        new(int64(-16384)),
		TempStore:        "MEMORY",
		MmapSize:         new(int64(0)),
		JournalSizeLimit: new(int64(64 << 20)),
		given:            true,
	}
}

// OrDefault returns s, or [DefaultSQLite] for the zero value.
func (s SQLiteSettings) OrDefault() SQLiteSettings {
	if s == (SQLiteSettings{}) {
		return DefaultSQLite()
	}
	return s
}

// ForMigration are the settings of a program that goes over every row once, and
// may do so beside one that serves: no more memory than it needs. The file is
// not mapped, and what is sorted goes to disk, because an index may be larger
// than memory.
func (s SQLiteSettings) ForMigration() SQLiteSettings {
	s = s.OrDefault()
	const cache = -2 << 10 // KiB
	s.CacheSize, s.MmapSize, s.TempStore = new(int64(cache)), new(int64(0)), "FILE"
	return s
}

// Pragma is one setting of a connection, ready to be written as
// PRAGMA Name = Value: both are of closed lists, or the value is a number.
type Pragma struct {
	Name, Value string
}

// JournalMode is "WAL" or "DELETE". It is no part of [SQLiteSettings.Pragmas],
// because it changes the file, and only a connection that may write can set it.
func (s SQLiteSettings) JournalMode() string {
	if s.WAL {
		return "WAL"
	}
	return "DELETE"
}

// Pragmas returns the settings for each new connection, busy_timeout first so
// that it holds for the others. A value that is not in a pragma's list or range
// is an invalid error.
func (s SQLiteSettings) Pragmas() ([]Pragma, error) {
	var out []Pragma
	for _, p := range pragmas {
		v := p.get(&s)
		if v == "" {
			continue
		}
		var canonical SQLiteSettings
		if mustBe := p.set(&canonical, v); mustBe != "" {
			return nil, dberr.New(dberr.Invalid, "SQLite settings", p.name+" must be "+mustBe)
		}
		out = append(out, Pragma{p.name, p.get(&canonical)})
	}
	return out, nil
}

// pragma ties an environment variable, a pragma and a field together.
type pragma struct {
	name string
	get  func(s *SQLiteSettings) string                    // "" when it is not set
	set  func(s *SQLiteSettings, v string) (mustBe string) // stores v if it is valid; "" unsets
}

func (p pragma) variable() string { return "DATABASE_SQLITE_PRAGMA_" + strings.ToUpper(p.name) }

var pragmas = []pragma{
	{"busy_timeout",
		func(s *SQLiteSettings) string {
			if s.BusyTimeout == nil {
				return ""
			}
			return strconv.FormatInt(s.BusyTimeout.Milliseconds(), 10)
		},
		func(s *SQLiteSettings, v string) string {
			var ms *int64
			m := setPragmaInt(&ms, v, 0, 1<<31-1)
			s.BusyTimeout = nil
			if ms != nil {
				s.BusyTimeout = new(time.Duration(*ms) * time.Millisecond)
			}
			return m
		}},
	wordPragma("synchronous", func(s *SQLiteSettings) *string { return &s.Synchronous }, "OFF", "NORMAL", "FULL", "EXTRA"),
	intPragma("cache_size", func(s *SQLiteSettings) **int64 { return &s.CacheSize }, -1<<31, 1<<31-1),
	wordPragma("temp_store", func(s *SQLiteSettings) *string { return &s.TempStore }, "DEFAULT", "FILE", "MEMORY"),
	intPragma("mmap_size", func(s *SQLiteSettings) **int64 { return &s.MmapSize }, -1, 1<<62),
	intPragma("journal_size_limit", func(s *SQLiteSettings) **int64 { return &s.JournalSizeLimit }, -1, 1<<62),
}

// wordPragma takes a word in any case, or its number, which is its place.
func wordPragma(name string, field func(*SQLiteSettings) *string, words ...string) pragma {
	return pragma{name,
		func(s *SQLiteSettings) string { return *field(s) },
		func(s *SQLiteSettings, v string) string {
			if v == "" {
				*field(s) = ""
				return ""
			}
			for i, w := range words {
				if strings.EqualFold(v, w) || v == strconv.Itoa(i) {
					*field(s) = w
					return ""
				}
			}
			return "one of " + strings.Join(words, ", ") + ", or empty to leave it unset"
		}}
}

func intPragma(name string, field func(*SQLiteSettings) **int64, low, high int64) pragma {
	return pragma{name,
		func(s *SQLiteSettings) string {
			if p := *field(s); p != nil {
				return strconv.FormatInt(*p, 10)
			}
			return ""
		},
		func(s *SQLiteSettings, v string) string { return setPragmaInt(field(s), v, low, high) }}
}

func setPragmaInt(to **int64, v string, low, high int64) (mustBe string) {
	if v == "" {
		*to = nil
		return ""
	}
	n, mustBe := readInt(v, low, high)
	if mustBe != "" {
		return mustBe + ", or empty to leave it unset"
	}
	*to = &n
	return ""
}
