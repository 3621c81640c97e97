package store

import (
	"encoding/json"
	"strings"

	"github.com/larder-db/larder/jsonvalue"
)

// Flag reads a setting that is on or off: true and false, 1 and 0, and their
// names as text. What is neither (null, or whatever somebody has put there) is
// shut, the answer that lets nobody do more than was meant.
func Flag(v jsonvalue.JSON, shut bool) bool {
	switch v.String() { // as nearly all are written, and each request reads one
	case "true":
		return true
	case "false":
		return false
	}
	var x any
	if v.Decode(&x) != nil {
		return shut
	}
	switch x := x.(type) {
	case bool:
		return x
	case json.Number:
		if x == "0" || x == "1" {
			return x == "1"
		}
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "true", "1", "yes", "on":
			return true
		case "false", "0", "no", "off", "":
			return false
		}
	}
	return shut
}
